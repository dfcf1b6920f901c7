/*
 * flat_clusters.h
 *	  A fitted clustering as one block of memory: the value that is stored.
 */
#ifndef SEGMENT_FLAT_CLUSTERS_H
#define SEGMENT_FLAT_CLUSTERS_H

#include "clusters.h"

typedef enum ClusteringMethod
{
	METHOD_KMEANS,
	METHOD_HCLUST,
	METHOD_GMM,
} ClusteringMethod;

#define METHODS 3

#define CLUSTERING_FORMAT 1

/*
 * Without pointers or padding, so that equal values have equal bytes.
 * Numbers are finite but for inertia, radius and log-likelihood, and zero is
 * +0.
 *
 *	 header | offset[dim] unit[dim] | size[k] inertia[k] radius[k]
 *			| centroid[k * dim] mean[k * dim] spread[k * dim]
 *	 and, of a mixture,
 *			| weight[k] factor[k * dim (dim + 1) / 2]
 *
 * Everything after the header takes 8 bytes; sizes are int64, the rest
 * double.  struct Clusters says what they mean.  What the header says of a
 * mixture is 0 for the other methods.
 */
typedef struct Clustering
{
	int32		vl_len_;		/* the server's; not ours to touch */
	uint8		format;
	uint8		method;
	uint8		scale;
	uint8		covariance;		/* of a mixture */
	int32		k;
	int32		dim;
	int32		iterations;		/* of a mixture, as in MixtureFit */
	int32		floored;
	int32		converged;
	int32		reserved;		/* 0 */
	double		disagreement;	/* hclust: share of the rows that the nearest
								 * centroid puts into another cluster */
	double		inertia_lower;	/* bounds of the rows' inertia, as in Clusters */
	double		inertia_upper;
	double		log_likelihood; /* of a mixture, as in MixtureFit */
	double		entropy;
	double		data[FLEXIBLE_ARRAY_MEMBER];
} Clustering;

extern bool clustering_is_possible(ClusteringMethod method, int64 k, int64 dim);
extern Size clustering_bytes(const Clustering *clustering);
extern Clustering *clustering_create(ClusteringMethod method, int k, int dim);
extern Clustering *clustering_of(ClusteringMethod method, const Clusters *clusters,
								 double disagreement);
extern Clusters clustering_open(Clustering *clustering);
extern const char *clustering_problem(Clustering *clustering);

extern Size clustering_packed_bytes(const Clustering *clustering);
extern void clustering_pack(Clustering *clustering, uint8 *bytes);
extern const char *clustering_unpack(const uint8 *bytes, Size length, Clustering **clustering);

#endif							/* SEGMENT_FLAT_CLUSTERS_H */
