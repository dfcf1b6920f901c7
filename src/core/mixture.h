/*
 * mixture.h
 *	  A mixture of Gaussians: its components, and what a row owes to each.
 */
#ifndef SEGMENT_MIXTURE_H
#define SEGMENT_MIXTURE_H

#include "core.h"

typedef enum Covariance
{
	COVARIANCE_FULL,			/* one for each component */
	COVARIANCE_TIED,			/* one for all components */
	COVARIANCE_DIAG,			/* full ones without correlations */
	COVARIANCE_SPHERICAL,		/* one variance for each component */
} Covariance;

#define COVARIANCES 4

/*
 * k components of dim features, in the fitted space.  Whatever the kind of
 * covariance, factor[] holds for each component the lower triangle, row by
 * row, of the Cholesky factor L of its covariance L L'.  Components ascend by
 * mean, feature by feature: that is their numbering.
 */
typedef struct Mixture
{
	int			k;
	int			dim;
	Covariance	covariance;
	double	   *weight;			/* [k], above 0, together 1 */
	double	   *mean;			/* [k * dim] */
	double	   *factor;			/* [k * dim (dim + 1) / 2], diagonals above 0 */
} Mixture;

/* What placing a row needs: constants of the components, and room. */
typedef struct MixtureScorer
{
	const Mixture *mixture;
	double	   *constant;		/* [k] log of weight and of the density at the mean */
	double	   *distance2;		/* [k] of the row at hand */
	double	   *z;				/* [dim] */
} MixtureScorer;

/* The numbers of a triangle of dim rows; the place of its element (i, j), j <= i. */
static inline Size
triangle_size(int dim)
{
	return (Size) dim * ((Size) dim + 1) / 2;
}

static inline Size
triangle_at(int i, int j)
{
	return (Size) i * ((Size) i + 1) / 2 + j;
}

extern Mixture mixture_alloc(int k, int dim, Covariance covariance);
extern void mixture_free(Mixture *mixture);
extern void mixture_copy(Mixture *to, const Mixture *from);
extern void mixture_number(Mixture *mixture);
extern void mixture_multiply(Mixture *mixture, int exponent);
extern double mixture_parameters(const Mixture *mixture);
extern double mixture_bic(const Mixture *mixture, double log_likelihood, double rows);
extern double mixture_icl(const Mixture *mixture, double log_likelihood, double entropy,
						  double rows);

extern MixtureScorer mixture_scorer_create(const Mixture *mixture);
extern void mixture_scorer_free(MixtureScorer *scorer);
extern int	mixture_densities(MixtureScorer *scorer, const double *point, double *log_density);
extern double mixture_posterior(const double *log_density, int k, int best,
								double *probability);

#endif							/* SEGMENT_MIXTURE_H */
