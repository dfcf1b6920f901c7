/*
 * gmm_pass.h
 *	  One pass of the EM algorithm over rows.
 */
#ifndef SEGMENT_GMM_PASS_H
#define SEGMENT_GMM_PASS_H

#include "mixture.h"
#include "rows.h"

/* Rows are looked at in blocks of this many; a pass polls between blocks. */
#define PASS_BLOCK 256

/*
 * The components as a pass reads them, what it finds, and its room.  Triangles
 * are laid out as in mixture.h.
 */
typedef struct GmmPass
{
	int			dim;
	bool		diagonal;		/* no covariance has correlations */
	bool		completes;		/* cells have correlations as well: see gmm_pass.c */
	int			k;

	/* the components, set by gmm_pass_prepare */
	double	   *constant;		/* [k] log of weight and of the density at the mean */
	double	   *mean;			/* [k * dim] */
	double	   *factor;			/* [k * triangle] diagonals are reciprocals */
	double	   *precision;		/* [k * dim] diagonal of the inverse covariance; for cells */

	/* for cells whose correlations are found */
	double	   *covariance;		/* [k * triangle] */
	double	   *inverse;		/* [k * triangle] twice what is beside the diagonal */
	double	   *within;			/* [(triangle + dim) * 8] of some cells at a time */

	/* sums over the rows, by the posterior of each component */
	double	   *weight;			/* [k] */
	double	   *shift;			/* [k * dim] of x - mean */
	double	   *scatter;		/* [k * triangle] of (x - mean) (x - mean)', of which
								 * a pass of diagonal covariances fills diagonals only */
	double		log_likelihood;
	double		entropy;		/* of the posteriors */

	/* for a block of rows */
	double	   *posterior;		/* [k * PASS_BLOCK] */
	double	   *difference;		/* [(dim + 1) * PASS_BLOCK] x - mean */
	double	   *weighted;		/* [(dim + 1) * PASS_BLOCK] times the posterior */
} GmmPass;

extern GmmPass gmm_pass_create(int k, int dim, bool diagonal);
extern void gmm_pass_complete(GmmPass *pass);
extern void gmm_pass_free(GmmPass *pass);
extern void gmm_pass_prepare(GmmPass *pass, const Mixture *mixture, bool of_cells);
extern void gmm_pass(GmmPass *pass, const Rows *rows);
extern Size gmm_pass_memory(int dim, int k);

extern bool gmm_pass_force(const char *isa);

#endif							/* SEGMENT_GMM_PASS_H */
