/*
 * hdbscan.h
 *	  HDBSCAN*: clusters of any density, noise, and outlier scores.
 */
#ifndef SEGMENT_HDBSCAN_H
#define SEGMENT_HDBSCAN_H

#include "rows.h"

#define NOISE (-1)

extern int	hdbscan(const Rows *rows, int64 min_cluster_size, int64 min_samples, int *label,
					double *outlier);
extern Size hdbscan_memory(int64 n, int dim, int64 rows, int64 min_cluster_size,
						   int64 min_samples);

#endif							/* SEGMENT_HDBSCAN_H */
