/*
 * clusters.h
 *	  A fitted clustering: its clusters, and the place of a row among them.
 */
#ifndef SEGMENT_CLUSTERS_H
#define SEGMENT_CLUSTERS_H

#include "scaling.h"

/*
 * k clusters of dim features.  Centroids, means and spreads are in the units
 * of the input; inertia and radius are in the fitted space (scaling.h).
 * Arrays over clusters and features are indexed [cluster * dim + feature].
 * Clusters ascend by centroid, feature by feature: that is their numbering.
 */
typedef struct Clusters
{
	int			k;
	int			dim;
	Scaling		scaling;
	int64	   *size;			/* [k] members, each cluster at least one */
	double	   *inertia;		/* [k] sum of squared distances to the centroid */
	double	   *radius;			/* [k] largest distance to the centroid */
	double	   *centroid;		/* what rows are compared with */
	double	   *mean;			/* of the members; under 'log' not the centroid */
	double	   *spread;			/* population standard deviation of the members */
	double		inertia_lower;	/* the inertia of the rows with these centroids */
	double		inertia_upper;	/* lies between; both are it unless from cells */
} Clusters;

/* What placing a row needs: the centroids in the fitted space, and room. */
typedef struct Scorer
{
	const Clusters *clusters;
	double	   *position;		/* [k * dim] */
	double	   *point;			/* [dim] the row at hand, in the fitted space */
	double	   *small_position;	/* [k * dim] see scorer_nearest */
	double	   *small_point;	/* [dim] */
} Scorer;

extern Clusters clusters_alloc(int k, int dim);
extern void clusters_number(Clusters *clusters, const Rows *raw, int *label);
extern void clusters_measure(Clusters *clusters, const Rows *raw, const int *label);
extern void clusters_bound(Clusters *clusters, const Rows *raw, const int *label,
						   const double *rounding);
extern void clusters_z(const Clusters *clusters, double *z);
extern double clusters_inertia(const Clusters *clusters);

extern Scorer scorer_create(const Clusters *clusters);
extern void scorer_free(Scorer *scorer);
extern int	scorer_nearest(Scorer *scorer, const double *row, double *distance);

#endif							/* SEGMENT_CLUSTERS_H */
