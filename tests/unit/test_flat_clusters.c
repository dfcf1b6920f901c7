/*
 * test_flat_clusters.c
 *	  A mixture of Gaussians as a clustering: as bytes and back, what it must
 *	  keep, and what it says of a row.
 *
 * The probability of a component is weight times normal density over the sum
 * of these; the density is computed as its definition has it, in long double,
 * and the place is the largest of them.
 */
#include "flat_clusters.h"

#include "pack.h"
#include "tap.h"

/* ln(2 pi) / 2 */
#define HALF_LOG_2PI 0.918938533204672741780329736406L

/* Clusters of a mixture that no rows were fitted to. */
static Clusters
draw_mixture(int k, int dim, Covariance covariance, ScaleMethod scale)
{
	Clusters	c = clusters_alloc(k, dim);
	Size		triangle = triangle_size(dim);
	double		sum = 0;

	c.scaling = (Scaling) {
		.method = scale,
		.dim = dim,
		.offset = core_alloc0(dim, sizeof(double)),
		.unit = core_alloc(dim, sizeof(double)),
	};
	for (int j = 0; j < dim; j++)
	{
		c.scaling.offset[j] = scale == SCALE_NONE ? 0 : draw_normal();
		c.scaling.unit[j] = scale == SCALE_NONE ? 1 : ldexp(1, draw_int(-3, 3));
	}
	c.is_mixture = true;
	c.mixture = mixture_alloc(k, dim, covariance);
	c.fit = (MixtureFit) {
		.log_likelihood = draw_int(0, 9) ? draw_normal() * 100 : -INFINITY,
		.entropy = draw_unit(),
		.iterations = draw_int(0, 300),
		.floored = draw_int(0, 3),
		.converged = draw_int(0, 1),
	};
	for (int i = 0; i < k; i++)
		sum += c.mixture.weight[i] = 0.1 + draw_unit();
	for (int i = 0; i < k; i++)
	{
		double	   *factor = c.mixture.factor + i * triangle;

		c.mixture.weight[i] /= sum;
		c.size[i] = draw_int(i == 0, 100);
		c.inertia[i] = draw_unit();
		c.radius[i] = draw_unit();
		for (int j = 0; j < dim; j++)
		{
			c.centroid[i * dim + j] = i == 0 ? draw_normal() :
				c.centroid[(i - 1) * dim + j] + draw_unit();
			c.mean[i * dim + j] = draw_normal();
			c.spread[i * dim + j] = draw_unit();
			for (int b = 0; b <= j; b++)
				factor[triangle_at(j, b)] = b < j ? draw_normal() : 0.1 + draw_unit();
		}
		for (int j = 0; j < dim; j++)
			for (int b = 0; b <= j; b++)
			{
				double	   *number = &factor[triangle_at(j, b)];

				if (covariance == COVARIANCE_TIED)
					*number = c.mixture.factor[triangle_at(j, b)];
				else if (covariance != COVARIANCE_FULL && b < j)
					*number = 0;
				else if (covariance == COVARIANCE_SPHERICAL)
					*number = factor[0];
			}
	}
	c.inertia_lower = c.inertia_upper = clusters_inertia(&c);
	return c;
}

static Clusters
draw_any(void)
{
	return draw_mixture(draw_int(1, 5), draw_int(1, 4), (Covariance) draw_int(0, COVARIANCES - 1),
						(ScaleMethod) draw_int(0, SCALE_METHODS - 1));
}

static void
test_bytes(void)
{
	Check		kept = {.name = "a mixture as a value: all it says is there"};
	Check		same = {.name = "written and read again it is the same"};
	Check		cut = {.name = "bytes too few or too many are refused"};

	for (int set = 0; set < 2000; set++)
	{
		Clusters	before = draw_any();
		Clustering *clustering = clustering_of(METHOD_GMM, &before, 0);
		Clusters	c = clustering_open(clustering);
		Size		length = clustering_packed_bytes(clustering);
		uint8	   *bytes = core_alloc(1, length + 8);
		Clustering *copy = NULL;
		const char *problem = clustering_problem(clustering);
		Size		numbers = c.k * triangle_size(c.dim);

		check_that(&kept, problem == NULL && c.is_mixture && c.k == before.k &&
				   c.dim == before.dim && c.mixture.k == c.k && c.mixture.dim == c.dim &&
				   c.mixture.covariance == before.mixture.covariance &&
				   c.fit.log_likelihood == before.fit.log_likelihood &&
				   c.fit.entropy == before.fit.entropy &&
				   c.fit.iterations == before.fit.iterations &&
				   c.fit.floored == before.fit.floored && c.fit.converged == before.fit.converged &&
				   memcmp(c.mixture.weight, before.mixture.weight, sizeof(double) * c.k) == 0 &&
				   memcmp(c.mixture.factor, before.mixture.factor, sizeof(double) * numbers) == 0 &&
				   memcmp(c.spread, before.spread, sizeof(double) * c.k * c.dim) == 0,
				   "set %d: %s", set, problem ? problem : "not the same");

		clustering_pack(clustering, bytes);
		memset(bytes + length, 0, 8);
		problem = clustering_unpack(bytes, length, &copy);
		check_that(&same, problem == NULL &&
				   memcmp(copy, clustering, clustering_bytes(clustering)) == 0,
				   "set %d: %s", set, problem ? problem : "not the same");
		check_that(&cut, clustering_unpack(bytes, length - 8, &copy) != NULL &&
				   clustering_unpack(bytes, length + 8, &copy) != NULL, "set %d", set);
		standalone_reset();
	}
	check_end(&kept);
	check_end(&same);
	check_end(&cut);
}

/* Each thing that must not be, alone. */
static void
test_problems(void)
{
	enum
	{
		WEIGHT_ZERO, WEIGHT_NAN, WEIGHTS_ABOVE_1, FACTOR_INFINITE, DIAGONAL_ZERO,
		DIAGONAL_NEGATIVE, BESIDE_DIAGONAL, NOT_SPHERICAL, NOT_TIED, COVARIANCE_UNKNOWN,
		LIKELIHOOD_NAN, LIKELIHOOD_INFINITE, ENTROPY_NEGATIVE, ITERATIONS_NEGATIVE,
		FLOORED_NEGATIVE, CONVERGED_TWICE, NO_ROWS, SIZE_NEGATIVE, DISAGREEMENT, KINDS
	};
	Check		check = {.name = "what a mixture must not be is told"};
	Check		others = {.name = "k-means has no likelihood"};

	for (int kind = 0; kind < KINDS; kind++)
		for (int set = 0; set < 20; set++)
		{
			Covariance	covariance = kind == BESIDE_DIAGONAL ? COVARIANCE_DIAG :
				kind == NOT_SPHERICAL ? COVARIANCE_SPHERICAL :
				kind == NOT_TIED ? COVARIANCE_TIED : COVARIANCE_FULL;
			Clusters	before = draw_mixture(draw_int(2, 4), draw_int(2, 3), covariance,
											  SCALE_NONE);
			Clustering *clustering = clustering_of(METHOD_GMM, &before, 0);
			Clusters	c = clustering_open(clustering);
			double	   *last = c.mixture.factor + c.k * triangle_size(c.dim) - 1;

			Assert(clustering_problem(clustering) == NULL);
			switch (kind)
			{
				case WEIGHT_ZERO:
					c.mixture.weight[0] += c.mixture.weight[1];
					c.mixture.weight[1] = 0;
					break;
				case WEIGHT_NAN:
					c.mixture.weight[1] = NAN;
					break;
				case WEIGHTS_ABOVE_1:
					c.mixture.weight[1] += 1e-6;
					break;
				case FACTOR_INFINITE:
					last[-1] = INFINITY;
					break;
				case DIAGONAL_ZERO:
					*last = 0;
					break;
				case DIAGONAL_NEGATIVE:
					*last = -*last;
					break;
				case BESIDE_DIAGONAL:
					last[-1] = 1;
					break;
				case NOT_SPHERICAL:
				case NOT_TIED:
					*last += 1;
					break;
				case COVARIANCE_UNKNOWN:
					clustering->covariance = COVARIANCES;
					break;
				case LIKELIHOOD_NAN:
					clustering->log_likelihood = NAN;
					break;
				case LIKELIHOOD_INFINITE:
					clustering->log_likelihood = INFINITY;
					break;
				case ENTROPY_NEGATIVE:
					clustering->entropy = -1;
					break;
				case ITERATIONS_NEGATIVE:
					clustering->iterations = -1;
					break;
				case FLOORED_NEGATIVE:
					clustering->floored = -1;
					break;
				case CONVERGED_TWICE:
					clustering->converged = 2;
					break;
				case NO_ROWS:
					memset(c.size, 0, sizeof(int64) * c.k);
					break;
				case SIZE_NEGATIVE:
					c.size[1] = -1;
					break;
				case DISAGREEMENT:
					clustering->disagreement = 0.5;
					break;
			}
			check_that(&check, clustering_problem(clustering) != NULL, "kind %d", kind);
			standalone_reset();
		}
	for (int field = 0; field < 6; field++)
	{
		Clusters	before = draw_mixture(2, 2, COVARIANCE_FULL, SCALE_NONE);
		Clustering *clustering;

		before.is_mixture = false;
		before.size[1] = 1;
		clustering = clustering_of(METHOD_KMEANS, &before, 0);
		Assert(clustering_problem(clustering) == NULL);
		clustering->covariance = field == 0;
		clustering->iterations = field == 1;
		clustering->floored = field == 2;
		clustering->converged = field == 3;
		clustering->log_likelihood = field == 4;
		clustering->entropy = field == 5;
		check_that(&others, clustering_problem(clustering) != NULL, "field %d", field);
		standalone_reset();
	}
	check_end(&check);
	check_end(&others);
}

/* The logarithm of weight times density of component i at a row. */
static long double
log_share(const Clusters *c, int i, const double *row)
{
	const double *factor = c->mixture.factor + i * triangle_size(c->dim);
	long double z[4];
	long double result = logl(c->mixture.weight[i]);

	for (int j = 0; j < c->dim; j++)
	{
		z[j] = (long double) scaling_apply(&c->scaling, j, row[j]) -
			scaling_apply(&c->scaling, j, c->centroid[i * c->dim + j]);
		for (int b = 0; b < j; b++)
			z[j] -= factor[triangle_at(j, b)] * z[b];
		z[j] /= factor[triangle_at(j, j)];
		result -= HALF_LOG_2PI + logl(factor[triangle_at(j, j)]) + z[j] * z[j] / 2;
	}
	return result;
}

static void
test_rows(void)
{
	Check		place = {.name = "a row goes to its most probable component"};
	Check		same = {.name = "and what weighs the row agrees"};
	Check		distance_check = {.name = "its distance is that to the mean, in the fitted space"};
	Check		probability_check = {.name = "probabilities are as defined"};
	Check		sum_check = {.name = "and add up to 1"};
	Check		density_check = {.name = "density of the mixture, in input units"};
	Check		entropy_check = {.name = "entropy of the probabilities"};
	Check		far = {.name = "rows at any distance have a place and probabilities"};

	for (int set = 0; set < 3000; set++)
	{
		Clusters	c = draw_any();
		Scorer		scorer = scorer_create(&c);
		bool		is_far = set % 4 == 0;
		double		row[4];
		double		probability[5];
		double		distance;
		double		log_density;
		double		entropy;
		long double expected;
		long double disorder = 0;
		long double share[5];
		long double most = -INFINITY;
		long double sum = 0;
		long double own = 0;
		double		found = 0;
		int			answer;

		for (int j = 0; j < c.dim; j++)
			row[j] = is_far ? draw_normal() * pow(10, draw_int(0, 307)) : draw_normal() * 2;
		answer = scorer_place(&scorer, row, &distance);
		check_that(&same, scorer_weigh(&scorer, row, probability) == answer,
				   "set %d", set);
		log_density = scorer_log_density(&scorer, row, &entropy);
		for (int i = 0; i < c.k; i++)
		{
			share[i] = log_share(&c, i, row);
			most = Max(most, share[i]);
			found += probability[i];
			if (!(probability[i] >= 0 && probability[i] <= probability[answer]))
				found = NAN;
		}
		check_that(&sum_check, fabs(found - 1) <= 1e-15 * c.k, "set %d: %.17g", set, found);
		if (is_far)
		{
			check_that(&far, answer >= 0 && answer < c.k && distance >= 0 && !isnan(log_density) && entropy >= 0 &&
					   share[answer] >= most - 1e-9L * fabsl(most), "set %d: %Lg, %Lg", set,
					   share[answer], most);
			standalone_reset();
			continue;
		}
		for (int i = 0; i < c.k; i++)
			sum += expl(share[i] - most);
		check_that(&place, share[answer] >= most - 1e-12L * (1 + fabsl(most)), "set %d: %Lg, %Lg",
				   set, share[answer], most);
		for (int i = 0; i < c.k; i++)
			check_that(&probability_check,
					   fabsl(probability[i] - expl(share[i] - most) / sum) <=
					   1e-12L * (1 + fabsl(most)), "set %d: %.17g, not %.17Lg", set, probability[i],
					   expl(share[i] - most) / sum);

		/* in input units: times the slopes of the scaling */
		expected = most + logl(sum);
		for (int j = 0; j < c.dim; j++)
		{
			long double x = row[j];

			expected -= logl(c.scaling.unit[j]) +
				(c.scaling.method == SCALE_LOG ? log1pl(x * x) / 2 : 0);
		}
		check_that(&density_check, fabsl(log_density - expected) <=
				   1e-12L * (1 + fabsl(most) + fabsl(expected)), "set %d: %.17g, not %.17Lg", set,
				   log_density, expected);
		for (int i = 0; i < c.k; i++)
		{
			long double p = expl(share[i] - most) / sum;

			disorder -= p > 0 ? p * logl(p) : 0;
		}
		check_that(&entropy_check, fabsl(entropy - disorder) <= 1e-11L * (1 + fabsl(most)),
				   "set %d: %.17g, not %.17Lg", set, entropy, disorder);
		for (int j = 0; j < c.dim; j++)
		{
			long double d = (long double) scaling_apply(&c.scaling, j, row[j]) -
				scaling_apply(&c.scaling, j, c.centroid[answer * c.dim + j]);

			own += d * d;
		}
		check_that(&distance_check, fabsl(distance - sqrtl(own)) <= 1e-14L * (1 + sqrtl(own)),
				   "set %d: %.17g, not %.17Lg", set, distance, sqrtl(own));
		standalone_reset();
	}
	check_end(&place);
	check_end(&same);
	check_end(&distance_check);
	check_end(&probability_check);
	check_end(&sum_check);
	check_end(&density_check);
	check_end(&entropy_check);
	check_end(&far);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_bytes();
	test_problems();
	test_rows();
	return tap_end();
}
