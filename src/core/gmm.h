/*
 * gmm.h
 *	  Gaussian mixtures over canonical, weighted rows.
 */
#ifndef SEGMENT_GMM_H
#define SEGMENT_GMM_H

#include "mixture.h"
#include "rows.h"

typedef struct GmmFacts
{
	double		log_likelihood; /* of all rows, in nats */
	double		entropy;		/* of all rows' posteriors together */
	int			iterations;		/* of the start that was kept, on all rows */
	bool		converged;		/* within max_iter */
	int			floored;		/* components whose variance was raised to the least */
} GmmFacts;

extern GmmFacts gmm_solve(const Rows *rows, int k, Covariance covariance, int64 seed, int n_init,
						  int max_iter, Mixture *mixture);
extern Size gmm_memory(int64 n, int dim, int k);

#endif							/* SEGMENT_GMM_H */
