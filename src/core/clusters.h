/*
 * clusters.h
 *	  A fitted clustering: its clusters, and the place of a row among them.
 */
#ifndef SEGMENT_CLUSTERS_H
#define SEGMENT_CLUSTERS_H

#include "mixture.h"
#include "scaling.h"

/* How well a mixture fits the rows that it was fitted to, all together. */
typedef struct MixtureFit
{
	double		log_likelihood; /* natural, by densities in input units */
	double		entropy;		/* of their posteriors, in nats */
	int			iterations;		/* of the start that was kept */
	int			floored;		/* variances that are the floor */
	bool		converged;		/* within the iterations allowed */
} MixtureFit;

/*
 * k clusters of dim features.  Centroids, means and spreads are in the units
 * of the input; inertia and radius are in the fitted space (scaling.h).
 * Arrays over clusters and features are indexed [cluster * dim + feature].
 * Clusters ascend by centroid, feature by feature: that is their numbering.
 *
 * A cluster is the rows nearest to a centroid or, of a mixture of Gaussians,
 * the rows for which a component is the most probable one: then there may be
 * none, and the centroid is the component's mean.
 */
typedef struct Clusters
{
	int			k;
	int			dim;
	Scaling		scaling;
	int64	   *size;			/* [k] members, each cluster at least one unless
								 * of a mixture */
	double	   *inertia;		/* [k] sum of squared distances to the centroid */
	double	   *radius;			/* [k] largest distance to the centroid */
	double	   *centroid;		/* what rows are compared with */
	double	   *mean;			/* of the members; under 'log' not the centroid */
	double	   *spread;			/* population standard deviation of the members */
	double		inertia_lower;	/* the inertia of the rows with these centroids */
	double		inertia_upper;	/* lies between; both are it unless from cells */
	bool		is_mixture;
	Mixture		mixture;		/* without its means, which the centroids are */
	MixtureFit	fit;
} Clusters;

/*
 * What placing a row needs: the centroids in the fitted space, with which a
 * mixture is complete, and room.
 */
typedef struct Scorer
{
	const Clusters *clusters;
	double	   *position;		/* [k * dim] */
	double	   *point;			/* [dim] the row at hand, in the fitted space */
	double	   *small_position;	/* [k * dim] see nearest_at_any_size */
	double	   *small_point;	/* [dim] */
	Mixture    *mixture;		/* NULL: the nearest centroid decides */
	MixtureScorer components;	/* of the mixture */
	double	   *log_density;	/* [k] */
	double	   *probability;	/* [k] */
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
extern int	scorer_place(Scorer *scorer, const double *row, double *distance);
extern void scorer_distances(Scorer *scorer, const double *row, double *distance);
extern int	scorer_weigh(Scorer *scorer, const double *row, double *probability);
extern double scorer_log_density(Scorer *scorer, const double *row, double *entropy);

#endif							/* SEGMENT_CLUSTERS_H */
