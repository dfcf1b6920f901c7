/*
 * clustering.h
 *	  The SQL type "clustering": the core's Clustering as a varlena.
 */
#ifndef SEGMENT_CLUSTERING_H
#define SEGMENT_CLUSTERING_H

#include "compat.h"

#include "flat_clusters.h"

#define DatumGetClustering(d) ((Clustering *) PG_DETOAST_DATUM(d))
#define PG_GETARG_CLUSTERING(n) DatumGetClustering(PG_GETARG_DATUM(n))

extern Clustering *clustering_value(Clustering *clustering);
extern Clustering *clustering_alloc(ClusteringMethod method, int64 k, int64 dim);
extern Clustering *clustering_make(ClusteringMethod method, const Clusters *clusters,
								   double disagreement);
extern void clustering_check(Clustering *clustering);

#endif							/* SEGMENT_CLUSTERING_H */
