/*
 * clustering.h
 *	  The SQL type "clustering": a fitted clustering as a flat value.
 */
#ifndef SEGMENT_CLUSTERING_H
#define SEGMENT_CLUSTERING_H

#include "compat.h"

#include "clusters.h"
#include "fit.h"

typedef enum ClusteringMethod
{
	METHOD_KMEANS,
	METHOD_HCLUST,
} ClusteringMethod;

#define METHODS 2

#define CLUSTERING_FORMAT 1

/*
 * A flat varlena without pointers or padding, so that equal values have equal
 * bytes.  Numbers are finite but for inertia and radius, and zero is +0.
 *
 *	 header | offset[dim] unit[dim] | size[k] inertia[k] radius[k]
 *			| centroid[k * dim] mean[k * dim] spread[k * dim]
 *
 * Everything after the header takes 8 bytes; sizes are int64, the rest
 * float8.  struct Clusters says what they mean.
 */
typedef struct Clustering
{
	int32		vl_len_;		/* varlena header (do not touch directly!) */
	uint8		format;
	uint8		method;
	uint8		scale;
	uint8		reserved;		/* 0 */
	int32		k;
	int32		dim;
	double		disagreement;	/* hclust: share of the rows that the nearest
								 * centroid puts into another cluster */
	double		inertia_lower;	/* bounds of the rows' inertia, as in Clusters */
	double		inertia_upper;
	double		data[FLEXIBLE_ARRAY_MEMBER];
} Clustering;

#define DatumGetClustering(d) ((Clustering *) PG_DETOAST_DATUM(d))
#define PG_GETARG_CLUSTERING(n) DatumGetClustering(PG_GETARG_DATUM(n))

extern Clustering *clustering_alloc(int k, int dim);
extern Clusters clustering_open(Clustering *clustering);
extern Clustering *clustering_make(ClusteringMethod method, const Clusters *clusters,
								   double disagreement);
extern void clustering_check(Clustering *clustering);
extern void clustering_check_size(int64 k, int64 dim);

#endif							/* SEGMENT_CLUSTERING_H */
