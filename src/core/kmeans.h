/*
 * kmeans.h
 *	  k-means over canonical, weighted rows.
 */
#ifndef SEGMENT_KMEANS_H
#define SEGMENT_KMEANS_H

#include "rows.h"

/* Iterations of a start, at most, when the caller does not say. */
#define KMEANS_MAX_ITER 300

typedef struct KMeansFacts
{
	double		inertia;		/* sum of weight times squared distance */
	int			iterations;		/* of the start that was kept */
	bool		converged;		/* within max_iter */
	bool		fixed_point;	/* and to where no label changes any more */
} KMeansFacts;

extern KMeansFacts kmeans_solve(const Rows *rows, int k, int64 seed, int n_init, int max_iter,
								double *centroid, int *label);
extern KMeansFacts kmeans_descend(const Rows *rows, int k, int max_iter,
								  double *centroid, int *label);
extern Size kmeans_memory(int64 n, int dim, int k);

#endif							/* SEGMENT_KMEANS_H */
