/*
 * mixture.c
 *	  A mixture of Gaussians: its components, and what a row owes to each.
 *
 * The density of a mixture at a row x is the sum over its components of weight
 * times the normal density
 *
 *	(2 pi)^(-dim/2) / det L * exp(-|z|^2 / 2),	L z = x - mean,
 *
 * L being the Cholesky factor of the covariance: |z| is the distance of x from
 * the mean as the covariance measures it (Mahalanobis).  z comes by forward
 * substitution, never from an inverse, and everything is kept as logarithms,
 * for densities leave the range of a double soon.
 *
 * Every finite row gets a component, also one so far away that no square of a
 * distance is finite, and one whose densities are equal to all digits: that
 * goes to the lowest number.  O(k dim^2) for a row.
 *
 * McLachlan, Peel: Finite Mixture Models, 2000, doi:10.1002/0471721182.  BIC:
 * Schwarz: Estimating the Dimension of a Model, The Annals of Statistics 6(2),
 * 1978, doi:10.1214/aos/1176344136.  ICL: Biernacki, Celeux, Govaert:
 * Assessing a Mixture Model for Clustering with the Integrated Completed
 * Likelihood, IEEE TPAMI 22(7), 2000, doi:10.1109/34.865189 (with BIC's
 * approximation, and posteriors instead of labels).
 */
#include "mixture.h"

#include "realmath.h"

/* ln(2 pi) / 2 */
#define HALF_LOG_2PI 0.91893853320467274178

/* A deviation is never 0: what is left of one that is too small for a double. */
#define LEAST_DEVIATION 0x1p-1074

/*
 * By how much coordinates are made smaller, again and again, until a distance
 * has a finite square; after the last round all of them are 0.
 */
#define SHRINK 0x1p-500
#define SHRINK_ROUNDS 3

Mixture
mixture_alloc(int k, int dim, Covariance covariance)
{
	return (Mixture) {
		.k = k,
		.dim = dim,
		.covariance = covariance,
		.weight = core_alloc0(k, sizeof(double)),
		.mean = core_alloc0(k, mul_size(dim, sizeof(double))),
		.factor = core_alloc0(k, mul_size(triangle_size(dim), sizeof(double))),
	};
}

void
mixture_free(Mixture *mixture)
{
	pfree(mixture->weight);
	pfree(mixture->mean);
	pfree(mixture->factor);
	mixture->weight = mixture->mean = mixture->factor = NULL;
}

/* "to" has room for the components of "from". */
void
mixture_copy(Mixture *to, const Mixture *from)
{
	Assert(to->dim == from->dim);
	to->k = from->k;
	to->covariance = from->covariance;
	memcpy(to->weight, from->weight, sizeof(double) * from->k);
	memcpy(to->mean, from->mean, sizeof(double) * from->k * from->dim);
	memcpy(to->factor, from->factor, sizeof(double) * from->k * triangle_size(from->dim));
}

/* Do component a's numbers precede b's: by mean, then by weight, then by covariance? */
static bool
precedes(const Mixture *m, int a, int b)
{
	Size		triangle = triangle_size(m->dim);

	for (int j = 0; j < m->dim; j++)
	{
		double		x = m->mean[(Size) a * m->dim + j];
		double		y = m->mean[(Size) b * m->dim + j];

		if (x != y)
			return x < y;
	}
	if (m->weight[a] != m->weight[b])
		return m->weight[a] < m->weight[b];
	for (Size t = 0; t < triangle; t++)
	{
		double		x = m->factor[a * triangle + t];
		double		y = m->factor[b * triangle + t];

		if (x != y)
			return x < y;
	}
	return a < b;
}

/* Number the components: by ascending means, feature by feature.  O(k^2 dim). */
void
mixture_number(Mixture *mixture)
{
	Mixture		before = mixture_alloc(mixture->k, mixture->dim, mixture->covariance);
	Size		triangle = triangle_size(mixture->dim);
	int			dim = mixture->dim;

	mixture_copy(&before, mixture);
	for (int c = 0; c < before.k; c++)
	{
		int			number = 0;

		for (int other = 0; other < before.k; other++)
			number += other != c && precedes(&before, other, c);
		mixture->weight[number] = before.weight[c];
		memcpy(mixture->mean + (Size) number * dim, before.mean + (Size) c * dim,
			   sizeof(double) * dim);
		memcpy(mixture->factor + number * triangle, before.factor + c * triangle,
			   sizeof(double) * triangle);
	}
	mixture_free(&before);
}

/* To the space in which all coordinates are 2^exponent times as large. */
void
mixture_multiply(Mixture *mixture, int exponent)
{
	Size		means = (Size) mixture->k * mixture->dim;

	for (Size i = 0; i < means; i++)
		mixture->mean[i] = ldexp(mixture->mean[i], exponent);
	for (int c = 0; c < mixture->k; c++)
		for (int i = 0; i < mixture->dim; i++)
		{
			double	   *row = mixture->factor + c * triangle_size(mixture->dim) + triangle_at(i, 0);

			for (int j = 0; j <= i; j++)
				row[j] = ldexp(row[j], exponent);
			row[i] = Max(row[i], LEAST_DEVIATION);
		}
}

/* How many numbers of the mixture are free: its weights add up to 1. */
double
mixture_parameters(const Mixture *mixture)
{
	double		k = mixture->k;
	double		dim = mixture->dim;
	double		covariances = 0;

	switch (mixture->covariance)
	{
		case COVARIANCE_FULL:
			covariances = k * dim * (dim + 1) / 2;
			break;
		case COVARIANCE_TIED:
			covariances = dim * (dim + 1) / 2;
			break;
		case COVARIANCE_DIAG:
			covariances = k * dim;
			break;
		case COVARIANCE_SPHERICAL:
			covariances = k;
			break;
	}
	return k - 1 + k * dim + covariances;
}

/* Of so many rows with this log-likelihood; the lower the better. */
double
mixture_bic(const Mixture *mixture, double log_likelihood, double rows)
{
	return mixture_parameters(mixture) * real_log(rows) - 2 * log_likelihood;
}

/*
 * As BIC, and a cost for components that overlap: "entropy" is the sum over
 * the rows of that of their posterior, in nats.
 */
double
mixture_icl(const Mixture *mixture, double log_likelihood, double entropy, double rows)
{
	return mixture_bic(mixture, log_likelihood, rows) + 2 * entropy;
}

MixtureScorer
mixture_scorer_create(const Mixture *mixture)
{
	MixtureScorer scorer = {
		.mixture = mixture,
		.constant = core_alloc(mixture->k, sizeof(double)),
		.distance2 = core_alloc(mixture->k, sizeof(double)),
		.z = core_alloc(mixture->dim, sizeof(double)),
	};

	for (int c = 0; c < mixture->k; c++)
	{
		const double *factor = mixture->factor + c * triangle_size(mixture->dim);

		scorer.constant[c] = real_log(mixture->weight[c]);
		for (int i = 0; i < mixture->dim; i++)
			scorer.constant[c] -= HALF_LOG_2PI + real_log(factor[triangle_at(i, i)]);
	}
	return scorer;
}

void
mixture_scorer_free(MixtureScorer *scorer)
{
	pfree(scorer->constant);
	pfree(scorer->distance2);
	pfree(scorer->z);
}

/*
 * distance2[c] becomes the square of the distance of a point from the mean of
 * component c, in the measure of its covariance, after all coordinates were
 * multiplied by "shrink"; infinite where it cannot be told.
 */
static void
measure(MixtureScorer *scorer, const double *point, double shrink)
{
	const Mixture *m = scorer->mixture;
	const double *mean = m->mean;
	const double *factor = m->factor;
	double	   *z = scorer->z;

	for (int c = 0; c < m->k; c++)
	{
		double		sum = 0;

		for (int i = 0; i < m->dim; i++)
		{
			double		rest = point[i] * shrink - mean[i] * shrink;

			for (int j = 0; j < i; j++)
				rest -= *factor++ * z[j];
			z[i] = rest / *factor++;
			sum += z[i] * z[i];
		}
		scorer->distance2[c] = sum <= DBL_MAX ? sum : INFINITY;
		mean += m->dim;
	}
}

/*
 * log_density[c] becomes the logarithm of weight times density of component c
 * at a point of finite coordinates in the fitted space; returns the most
 * probable component, the lowest number of equals.  Where all are beyond
 * reach (-infinity) that is the one whose mean is nearest, each measuring by
 * its covariance.
 */
int
mixture_densities(MixtureScorer *scorer, const double *point, double *log_density)
{
	int			k = scorer->mixture->k;
	double		most = -INFINITY;
	int			best = -1;
	double		shrink = 1;

	measure(scorer, point, 1);
	for (int c = 0; c < k; c++)
	{
		log_density[c] = scorer->constant[c] - 0.5 * scorer->distance2[c];
		if (log_density[c] > most)
		{
			most = log_density[c];
			best = c;
		}
	}
	for (int round = 0; best < 0 && round < SHRINK_ROUNDS; round++)
	{
		double		least = INFINITY;

		shrink *= SHRINK;
		measure(scorer, point, shrink);
		for (int c = 0; c < k; c++)
			if (scorer->distance2[c] < least)
			{
				least = scorer->distance2[c];
				best = c;
			}
	}
	Assert(best >= 0);
	return best;
}

/*
 * probability[c], unless NULL, becomes the posterior of component c: they are
 * 0 to 1, and add up to 1.  "best" is the component that mixture_densities
 * gave.  Returns the logarithm of the mixture's density at the point.
 */
double
mixture_posterior(const double *log_density, int k, int best, double *probability)
{
	double		most = log_density[best];
	double		sum = 0;

	if (most == -INFINITY)
	{
		if (probability)
			for (int c = 0; c < k; c++)
				probability[c] = c == best;
		return most;
	}
	for (int c = 0; c < k; c++)
	{
		double		p = real_exp(log_density[c] - most);

		sum += p;
		if (probability)
			probability[c] = p;
	}
	if (probability)
		for (int c = 0; c < k; c++)
			probability[c] /= sum;
	return most + real_log(sum);
}
