/*
 * hdbscan.h
 *	  HDBSCAN*: clusters of any density, noise, and outlier scores.
 */
#ifndef SEGMENT_HDBSCAN_H
#define SEGMENT_HDBSCAN_H

#include "rows.h"

extern int	hdbscan(const Rows *rows, int64 min_cluster_size, int64 min_samples, int *label,
					double *outlier);
extern int64 hdbscan_most_clusters(int64 n, double rows, int64 min_cluster_size);
extern Size hdbscan_memory(int64 n, int dim, double rows, int64 min_cluster_size,
						   int64 min_samples);

#endif							/* SEGMENT_HDBSCAN_H */
