/*
 * test_gmm.c
 *	  Gaussian mixtures against their definition, in long double.
 *
 * The reference goes over the input rows one by one: density of a row under
 * each component from the inverse of L, posteriors, and from them the next
 * mixture.  A fit of t + 1 iterations must be the reference's step from the fit
 * of t iterations, which covers E and M of every kind of covariance, weights,
 * cells and all instruction sets; and the last step must change nothing.
 * The log-likelihood for the mall customers is the best that scikit-learn found.
 */
#include "fit.h"
#include "gmm.h"
#include "gmm_pass.h"
#include "instruction_set.h"

#include "tap.h"

#define NO_LIMIT ((Size) 1 << 40)
#define MAX_DIM 12
#define MAX_K 6
#define LEAST_SHARE 1e-6

/* As in gmm_pass.c. */
#define COMPLETING_ROUNDS 3
#define LEAST_WITHIN 0x1p-40L

typedef long double Real;

static const char *const covariance_name[COVARIANCES] = {"full", "tied", "diag", "spherical"};

/* Of what rows are made. */
typedef enum Kind
{
	KIND_BLOBS,					/* around some centers, correlated */
	KIND_CLOUD,
	KIND_OFFSET,				/* blobs at 1e9 */
	KIND_SKEWED,
	KIND_INTEGERS,				/* few values: covariances are singular */
	KIND_CONSTANT,				/* blobs, one column constant */
	KIND_EQUAL,					/* blobs, two columns equal */
} Kind;

#define KINDS 7
#define PROPER_KINDS 4			/* those that reach no floor, as a rule */

/* n rows of dim features, row by row. */
static double *
draw_input(Kind kind, int n, int dim)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);
	double		center[4][MAX_DIM];
	double		spread[MAX_DIM];

	for (int j = 0; j < dim; j++)
	{
		spread[j] = draw_between(0.5, 2);
		for (int b = 0; b < 4; b++)
			center[b][j] = draw_between(-4, 4);
	}
	for (int i = 0; i < n; i++)
	{
		int			blob = draw_int(0, 3);
		double		common = draw_normal() * 0.5;

		for (int j = 0; j < dim; j++)
		{
			double		z = draw_normal();
			double	   *x = &input[i * dim + j];

			switch (kind)
			{
				case KIND_CLOUD:
					*x = z;
					break;
				case KIND_SKEWED:
					*x = exp(z);
					break;
				case KIND_INTEGERS:
					*x = draw_int(0, 3);
					break;
				default:
					*x = center[blob][j] + spread[j] * (z + common);
			}
			if (kind == KIND_OFFSET)
				*x += 1e9;
		}
		if (kind == KIND_CONSTANT)
			input[i * dim + dim - 1] = 42;
		if (kind == KIND_EQUAL && dim > 1)
			input[i * dim + dim - 1] = input[i * dim];
	}
	return input;
}

/* The reference's rows, as they come, and what it makes of a mixture. */
typedef struct Reference
{
	const double *x;			/* [n * dim] */
	const double *variance;		/* of cells, or NULL */
	bool		completes;		/* cells have the component's correlations */
	int			n;
	int			dim;
	Real		log_likelihood;
	Real		entropy;

	/* the next mixture */
	Real		total;
	Real		share[MAX_K];
	Real		mean[MAX_K][MAX_DIM];
	Real		scatter[MAX_K][MAX_DIM][MAX_DIM];
} Reference;

/* The inverse of the factor of component c. */
static void
invert_factor(const Mixture *m, int c, Real inverse[MAX_DIM][MAX_DIM])
{
	const double *factor = m->factor + c * triangle_size(m->dim);

	for (int i = 0; i < m->dim; i++)
		for (int j = 0; j < m->dim; j++)
		{
			Real		rest = i == j;

			for (int b = j; b < i; b++)
				rest -= factor[triangle_at(i, b)] * inverse[b][j];
			inverse[i][j] = j > i ? 0 : rest / factor[triangle_at(i, i)];
		}
}

static Real
covariance_of(const Mixture *m, int c, int a, int b)
{
	const double *factor = m->factor + c * triangle_size(m->dim);
	Real		sum = 0;

	for (int t = 0; t <= Min(a, b); t++)
		sum += (Real) factor[triangle_at(a, t)] * factor[triangle_at(b, t)];
	return sum;
}

/* to[] becomes the inverse of a positive definite matrix: Gauss and Jordan. */
static void
invert(Real from[MAX_DIM][MAX_DIM], int dim, Real to[MAX_DIM][MAX_DIM])
{
	Real		m[MAX_DIM][MAX_DIM];

	memcpy(m, from, sizeof(m));
	for (int i = 0; i < dim; i++)
		for (int j = 0; j < dim; j++)
			to[i][j] = i == j;
	for (int pivot = 0; pivot < dim; pivot++)
		for (int i = 0; i < dim; i++)
		{
			Real		factor = (m[i][pivot] - (i == pivot)) / m[pivot][pivot];

			for (int j = 0; j < dim; j++)
			{
				m[i][j] -= factor * m[pivot][j];
				to[i][j] -= factor * to[pivot][j];
			}
		}
}

/*
 * The covariance that cell i has for component c: of all with the cell's
 * variances, the nearest to the component's by the Kullback-Leibler divergence.
 * Its inverse differs from the component's on the diagonal alone; each round
 * sets these elements one after the other such that the variance is right.
 */
static void
complete(const Reference *r, const Mixture *m, int c, int i, Real inverse[MAX_DIM][MAX_DIM],
		 int rounds, Real within[MAX_DIM][MAX_DIM])
{
	Real		precision[MAX_DIM][MAX_DIM] = {{0}};

	for (int a = 0; a < r->dim; a++)
		for (int b = 0; b < r->dim; b++)
		{
			within[a][b] = covariance_of(m, c, a, b);
			for (int t = Max(a, b); t < r->dim; t++)
				precision[a][b] += inverse[t][a] * inverse[t][b];
		}
	for (int round = 0; round < rounds; round++)
		for (int j = 0; j < r->dim; j++)
		{
			Real		variance = Max(r->variance[i * r->dim + j],
									   LEAST_WITHIN * covariance_of(m, c, j, j));

			precision[j][j] += 1 / variance - 1 / within[j][j];
			invert(precision, r->dim, within);
		}
}

/* Logarithm of weight times (expected) density of component c at row i. */
static Real
log_density(const Reference *r, const Mixture *m, int c, int i,
			Real inverse[MAX_DIM][MAX_DIM])
{
	Real		sum = logl(m->weight[c]) - r->dim * logl(2 * acosl(-1)) / 2;

	for (int a = 0; a < r->dim; a++)
	{
		Real		z = 0;

		for (int b = 0; b <= a; b++)
		{
			z += inverse[a][b] * ((Real) r->x[i * r->dim + b] - m->mean[c * r->dim + b]);
			if (r->variance && !r->completes)
				sum -= inverse[a][b] * inverse[a][b] * r->variance[i * r->dim + b] / 2;
		}
		sum += logl(inverse[a][a]) - z * z / 2;
	}
	if (r->completes)
	{
		Real		within[MAX_DIM][MAX_DIM];

		/* the trace of within times the inverse covariance */
		complete(r, m, c, i, inverse, COMPLETING_ROUNDS, within);
		for (int t = 0; t < r->dim; t++)
			for (int a = 0; a <= t; a++)
				for (int b = 0; b <= t; b++)
					sum -= inverse[t][a] * inverse[t][b] * within[a][b] / 2;
	}
	return sum;
}

/* One step of EM by definition. */
static void
step(Reference *r, const Mixture *m)
{
	static Real inverse[MAX_K][MAX_DIM][MAX_DIM];
	Real	   *share = core_alloc(r->n, sizeof(Real) * MAX_K);

	r->log_likelihood = r->entropy = r->total = 0;
	memset(r->share, 0, sizeof(r->share));
	memset(r->mean, 0, sizeof(r->mean));
	memset(r->scatter, 0, sizeof(r->scatter));
	for (int c = 0; c < m->k; c++)
		invert_factor(m, c, inverse[c]);
	for (int i = 0; i < r->n; i++)
	{
		Real		all[MAX_K];
		Real		most = -INFINITY;
		Real		sum = 0;

		for (int c = 0; c < m->k; c++)
		{
			all[c] = log_density(r, m, c, i, inverse[c]);
			most = Max(most, all[c]);
		}
		for (int c = 0; c < m->k; c++)
			sum += expl(all[c] - most);
		r->total++;
		r->log_likelihood += most + logl(sum);
		for (int c = 0; c < m->k; c++)
		{
			Real		p = expl(all[c] - most) / sum;

			if (p > 0)
				r->entropy -= p * logl(p);
			share[i * MAX_K + c] = p;
			r->share[c] += p;
			for (int j = 0; j < r->dim; j++)
				r->mean[c][j] += p * r->x[i * r->dim + j];
		}
	}
	for (int c = 0; c < m->k; c++)
		for (int j = 0; j < r->dim; j++)
			r->mean[c][j] /= r->share[c];
	for (int i = 0; i < r->n; i++)
		for (int c = 0; c < m->k; c++)
			for (int a = 0; a < r->dim; a++)
			{
				for (int b = 0; b < r->dim; b++)
					r->scatter[c][a][b] += share[i * MAX_K + c] *
						(r->x[i * r->dim + a] - r->mean[c][a]) * (r->x[i * r->dim + b] - r->mean[c][b]);
				if (r->variance)
					r->scatter[c][a][a] += share[i * MAX_K + c] * r->variance[i * r->dim + a];
			}
	for (int i = 0; i < r->n && r->completes; i++)
		for (int c = 0; c < m->k; c++)
		{
			Real		within[MAX_DIM][MAX_DIM];

			complete(r, m, c, i, inverse[c], COMPLETING_ROUNDS, within);
			for (int a = 0; a < r->dim; a++)
				for (int b = 0; b < r->dim; b++)
					if (a != b)
						r->scatter[c][a][b] += share[i * MAX_K + c] * within[a][b];
		}
	pfree(share);
}

/* Element (a, b) of the covariance of component c, no floor being reached. */
static Real
next_covariance(const Reference *r, int k, Covariance covariance, int c, int a, int b)
{
	Real		sum = 0;

	switch (covariance)
	{
		case COVARIANCE_FULL:
			return r->scatter[c][a][b] / r->share[c];
		case COVARIANCE_TIED:
			for (int other = 0; other < k; other++)
				sum += r->scatter[other][a][b];
			return sum / r->total;
		case COVARIANCE_DIAG:
			return a == b ? r->scatter[c][a][a] / r->share[c] : 0;
		case COVARIANCE_SPHERICAL:
			for (int j = 0; j < r->dim; j++)
				sum += r->scatter[c][j][j];
			return a == b ? sum / r->dim / r->share[c] : 0;
	}
	return 0;
}

/*
 * How far a mixture is from the reference's next one: the largest difference
 * of a weight, of a mean in deviations, of a covariance in products of them.
 * Components are compared by number.
 */
static double
distance_from_next(const Reference *r, const Mixture *m)
{
	Real		most = 0;

	for (int c = 0; c < m->k; c++)
	{
		most = Max(most, fabsl(m->weight[c] - r->share[c] / r->total));
		for (int a = 0; a < m->dim; a++)
		{
			Real		deviation = sqrtl(covariance_of(m, c, a, a));

			most = Max(most, fabsl(m->mean[c * m->dim + a] - r->mean[c][a]) / deviation);
			for (int b = 0; b <= a; b++)
				most = Max(most, fabsl(covariance_of(m, c, a, b) -
									   next_covariance(r, m->k, m->covariance, c, a, b)) /
						   deviation / sqrtl(covariance_of(m, c, b, b)));
		}
	}
	return (double) most;
}

/* A problem: its canonical rows, some repeated, and the same for the reference. */
typedef struct Problem
{
	Rows		rows;
	Reference	reference;
	double	   *x;
	double	   *variance;
} Problem;

static Problem
draw_problem(Kind kind, int n, int dim, bool of_cells)
{
	Problem		p = {.x = draw_input(kind, n, dim)};
	int		   *row_of = core_alloc(n, sizeof(int));

	for (int i = 1; i < n; i++)
		if (draw_int(0, 4) == 0)
			memcpy(p.x + i * dim, p.x + draw_int(0, i - 1) * dim, sizeof(double) * dim);
	p.rows = rows_canonical(p.x, n, dim, row_of);
	if (of_cells)
	{
		p.variance = core_alloc(n, sizeof(double) * dim);
		p.rows.variance = core_alloc(p.rows.n, sizeof(double) * dim);
		for (int i = 0; i < p.rows.n * dim; i++)
			p.rows.variance[i] = draw_int(0, 3) == 0 ? 0 : draw_unit();
		for (int i = 0; i < n; i++)
			for (int j = 0; j < dim; j++)
				p.variance[i * dim + j] = p.rows.variance[j * p.rows.n + row_of[i]];
	}
	p.reference = (Reference) {.x = p.x, .variance = p.variance, .n = n, .dim = dim};
	pfree(row_of);
	return p;
}

static void
free_problem(Problem *p)
{
	rows_free(&p->rows);
	pfree(p->x);
	if (p->variance)
		pfree(p->variance);
}

static GmmFacts
solve(const Problem *p, int k, Covariance covariance, int n_init, int max_iter, Mixture *m)
{
	*m = mixture_alloc(k, p->rows.dim, covariance);
	return gmm_solve(&p->rows, k, covariance, 0, n_init, max_iter, m);
}

/*
 * Component c of "to" is the one that was c in "from": the step's components
 * are numbered by their means after it, so match them by the reference's.
 */
static void
renumber_reference(Reference *r, int k)
{
	for (int c = 0; c < k; c++)
		for (int other = c + 1; other < k; other++)
		{
			int			j = 0;
			Reference	copy;

			while (j < r->dim && r->mean[c][j] == r->mean[other][j])
				j++;
			if (j == r->dim || r->mean[c][j] < r->mean[other][j])
				continue;
			copy = *r;
			r->share[c] = copy.share[other];
			r->share[other] = copy.share[c];
			memcpy(r->mean[c], copy.mean[other], sizeof(copy.mean[c]));
			memcpy(r->mean[other], copy.mean[c], sizeof(copy.mean[c]));
			memcpy(r->scatter[c], copy.scatter[other], sizeof(copy.scatter[c]));
			memcpy(r->scatter[other], copy.scatter[c], sizeof(copy.scatter[c]));
		}
}

/*
 * Cells of full and tied covariances are completed at the end (gmm.c), after
 * iterations without; they are left to test_completion.
 *
 * An iteration may lower the likelihood by as much as rounding does.  A maximum
 * is flat, but not where the floor holds a variance above its own: there the
 * likelihood of a row changes by half of what the variance does, as a share of
 * it.  Covariances are rounded by DBL_EPSILON of their largest eigenvalue,
 * which is 1 / LEAST_SHARE of the floor, once for each of dim features.
 */
static void
test_step(void)
{
	Check		log_likelihood = {.name = "log-likelihood and entropy are as defined"};
	Check		next = {.name = "an iteration is a step of EM as defined"};
	Check		rises = {.name = "no iteration lowers the likelihood"};

	for (int set = 0; set < 400; set++)
	{
		Covariance	covariance = (Covariance) (set % COVARIANCES);
		bool		of_cells = covariance >= COVARIANCE_DIAG && set / COVARIANCES % 2;
		Kind		kind = (Kind) draw_int(0, KINDS - 1);
		int			dim = draw_int(1, MAX_DIM);
		int			n = draw_int(5, 600);
		Problem		p = draw_problem(kind, n, dim, of_cells && kind != KIND_OFFSET);
		int			k = draw_int(1, Min(MAX_K, p.rows.n));
		int			t = draw_int(1, 8);
		Mixture		before;
		Mixture		after;
		GmmFacts	facts = solve(&p, k, covariance, 1, t, &before);
		GmmFacts	next_facts = solve(&p, k, covariance, 1, t + 1, &after);
		double		scale = p.reference.n * (1.0 + fabs(facts.log_likelihood) / n);

		step(&p.reference, &before);
		check_that(&log_likelihood,
				   fabsl(facts.log_likelihood - p.reference.log_likelihood) <= 1e-9 * scale &&
				   fabsl(facts.entropy - p.reference.entropy) <= 1e-8 * n,
				   "set %d, %s, kind %d, n %d, dim %d, k %d: %.12g, not %.12Lg; entropy %.12g, not %.12Lg",
				   set, covariance_name[covariance], kind, n, dim, k, facts.log_likelihood,
				   p.reference.log_likelihood, facts.entropy, p.reference.entropy);
		if (after.k == before.k && next_facts.iterations == facts.iterations + 1)
		{
			double		rounding = next_facts.floored > 0 ?
				dim * (DBL_EPSILON / LEAST_SHARE) : 1e-11;

			check_that(&rises,
					   next_facts.log_likelihood >= facts.log_likelihood - rounding * scale,
					   "set %d, %s, kind %d, n %d, dim %d, k %d, iteration %d: from %.12g to %.12g",
					   set, covariance_name[covariance], kind, n, dim, k, t, facts.log_likelihood,
					   next_facts.log_likelihood);
			if (next_facts.floored == 0)
			{
				double		distance;

				renumber_reference(&p.reference, before.k);
				distance = distance_from_next(&p.reference, &after);
				check_that(&next, distance <= (kind == KIND_OFFSET ? 1e-5 : 1e-8),
						   "set %d, %s, kind %d, n %d, dim %d, k %d, iteration %d: %g off", set,
						   covariance_name[covariance], kind, n, dim, k, t, distance);
			}
		}
		mixture_free(&before);
		mixture_free(&after);
		free_problem(&p);
	}
	check_end(&log_likelihood);
	check_end(&next);
	check_end(&rises);
}

/* The divergence of a normal distribution from a component, less what all of its variances share. */
static Real
divergence(Real covariance[MAX_DIM][MAX_DIM], int dim, Real inverse[MAX_DIM][MAX_DIM])
{
	Real		factor[MAX_DIM][MAX_DIM];
	Real		sum = 0;

	for (int a = 0; a < dim; a++)
		for (int b = 0; b <= a; b++)
		{
			Real		rest = covariance[a][b];

			for (int t = 0; t < b; t++)
				rest -= factor[a][t] * factor[b][t];
			if (a == b && rest <= 0)
				return INFINITY;
			factor[a][b] = a == b ? sqrtl(rest) : rest / factor[b][b];
			if (a == b)
				sum -= logl(rest) / 2;
		}
	for (int t = 0; t < dim; t++)
		for (int a = 0; a <= t; a++)
			for (int b = 0; b <= t; b++)
				sum += inverse[t][a] * inverse[t][b] * covariance[a][b] / 2;
	return sum;
}

/*
 * Cells with correlations: a pass against the reference, which inverts whole
 * matrices, after as many rounds; and the covariance that many rounds lead to
 * against others with the same variances, none of which may be nearer to the
 * component's.
 */
static void
test_completion(void)
{
	Check		sums = {.name = "a pass that completes cells gives the sums of the definition"};
	Check		nearest = {.name = "of all covariances with a cell's variances the nearest one is found"};

	for (int set = 0; set < 120; set++)
	{
		int			dim = draw_int(1, 6);
		int			n = draw_int(2, 40);
		Problem		p = draw_problem((Kind) (set % 2), n, dim, true);
		int			k = draw_int(1, Min(3, p.rows.n));
		Mixture		m;
		Reference  *r = &p.reference;
		GmmPass		pass = gmm_pass_create(k, dim, false);
		Real		inverse[MAX_DIM][MAX_DIM];
		Real		within[MAX_DIM][MAX_DIM];
		Real		least;
		Real		most = 0;

		solve(&p, k, set % 4 < 2 ? COVARIANCE_FULL : COVARIANCE_TIED, 1, 3, &m);
		gmm_pass_complete(&pass);
		gmm_pass_prepare(&pass, &m, true);
		gmm_pass(&pass, &p.rows);
		r->completes = true;
		step(r, &m);
		for (int c = 0; c < m.k; c++)
		{
			Real		weight = pass.weight[c];

			most = Max(most, fabsl(weight - r->share[c]) / n);
			for (int a = 0; a < dim; a++)
			{
				Real		shift = pass.shift[c * dim + a] / weight;

				most = Max(most, fabsl(m.mean[c * dim + a] + shift - r->mean[c][a]) /
						   sqrtl(covariance_of(&m, c, a, a)) * r->share[c] / n);
				for (int b = 0; b <= a; b++)
				{
					Real		scatter = pass.scatter[c * triangle_size(dim) + triangle_at(a, b)] -
						weight * shift * (pass.shift[c * dim + b] / weight);

					most = Max(most, fabsl(scatter - r->scatter[c][a][b]) / n /
							   sqrtl(covariance_of(&m, c, a, a) * covariance_of(&m, c, b, b)));
				}
			}
		}
		check_that(&sums, most <= 1e-9L &&
				   fabsl(pass.log_likelihood - r->log_likelihood) <=
				   1e-9L * (n + fabsl(r->log_likelihood)),
				   "set %d, n %d, dim %d, k %d: %Lg off, likelihood %.12g, not %.12Lg", set, n, dim,
				   m.k, most, pass.log_likelihood, r->log_likelihood);

		invert_factor(&m, 0, inverse);
		complete(r, &m, 0, 0, inverse, 1000, within);
		least = divergence(within, dim, inverse);
		for (int t = 0; t < 20; t++)
		{
			Real		other[MAX_DIM][MAX_DIM];
			double		size = ldexp(1, -draw_int(1, 12));

			memcpy(other, within, sizeof(other));
			for (int a = 0; a < dim; a++)
				for (int b = 0; b < a; b++)
					other[a][b] = other[b][a] += draw_between(-size, size) *
						sqrtl(within[a][a] * within[b][b]);
			check_that(&nearest,
					   divergence(other, dim, inverse) >= least - 1e-12L * fabsl(least),
					   "set %d, dim %d: %.12Lg, %.12Lg", set, dim,
					   divergence(other, dim, inverse), least);
		}
		mixture_free(&m);
		gmm_pass_free(&pass);
		free_problem(&p);
	}
	check_end(&sums);
	check_end(&nearest);
}

/* At the end another step by definition changes nothing that counts. */
static void
test_stationary(void)
{
	Check		check = {.name = "where a fit has converged another step moves nothing"};

	for (int set = 0; set < 100; set++)
	{
		Covariance	covariance = (Covariance) (set % COVARIANCES);
		Kind		kind = (Kind) draw_int(0, PROPER_KINDS - 1);
		int			dim = draw_int(1, 6);
		int			n = draw_int(100, 500);
		Problem		p = draw_problem(kind, n, dim, false);
		Mixture		m;
		GmmFacts	facts = solve(&p, draw_int(1, 4), covariance, 3, 2000, &m);

		if (facts.converged && facts.floored == 0)
		{
			double		distance;

			step(&p.reference, &m);
			renumber_reference(&p.reference, m.k);
			distance = distance_from_next(&p.reference, &m);
			check_that(&check, distance <= 5e-3, "set %d, %s, kind %d, n %d, dim %d, k %d: %g", set,
					   covariance_name[covariance], kind, n, dim, m.k, distance);
		}
		mixture_free(&m);
		free_problem(&p);
	}
	check_end(&check);
}

/* Is the covariance of every component at least the floor, to rounding? */
static bool
is_above_floor(const Problem *p, const Mixture *m)
{
	int			dim = m->dim;
	Real		least[MAX_DIM];
	Real		mean_of_varying = 0;
	Real		mean = 0;
	int			varying = 0;

	for (int j = 0; j < dim; j++)
	{
		Real		center = 0;
		Real		square = 0;

		for (int i = 0; i < p->reference.n; i++)
			center += (Real) p->x[i * dim + j] / p->reference.n;
		for (int i = 0; i < p->reference.n; i++)
			square += (p->x[i * dim + j] - center) * (p->x[i * dim + j] - center);
		least[j] = LEAST_SHARE * square / p->reference.n;
		if (fabsl(square) < 1e-20L)
			least[j] = 0;
		varying += least[j] > 0;
		mean_of_varying += least[j];
	}
	if (varying == 0)
		return true;
	for (int j = 0; j < dim; j++)
	{
		if (least[j] == 0)
			least[j] = mean_of_varying / varying;
		mean += least[j] / dim;
	}
	for (int c = 0; c < m->k; c++)
	{
		Real		factor[MAX_DIM][MAX_DIM];

		/* covariance less the floor, but for 1e-6 of that, is positive definite */
		for (int a = 0; a < dim; a++)
			for (int b = 0; b <= a; b++)
			{
				Real		rest = covariance_of(m, c, a, b);

				if (a == b)
					rest -= (1 - 1e-6L) * (m->covariance == COVARIANCE_SPHERICAL ? mean : least[a]);
				for (int t = 0; t < b; t++)
					rest -= factor[a][t] * factor[b][t];
				if (a == b && rest <= 0)
					return false;
				factor[a][b] = a == b ? sqrtl(rest) : rest / factor[b][b];
			}
	}
	return true;
}

/* Rows that make covariances singular. */
static void
test_floor(void)
{
	Check		above = {.name = "no covariance is below the floor"};
	Check		finite = {.name = "singular data: all is finite, weights are above 0 and add up to 1"};
	Check		told = {.name = "a constant column, or an equal one, is told"};

	for (int set = 0; set < 300; set++)
	{
		Covariance	covariance = (Covariance) (set % COVARIANCES);
		Kind		kind = (Kind) draw_int(KIND_INTEGERS, KIND_EQUAL);
		int			dim = draw_int(2, 8);
		int			n = draw_int(1, 120);
		Problem		p = draw_problem(kind, n, dim, false);
		int			k = set % 3 == 0 ? Min(p.rows.n, MAX_K) : draw_int(1, Min(MAX_K, p.rows.n));
		Mixture		m;
		GmmFacts	facts = solve(&p, k, covariance, 3, 100, &m);
		double		sum = 0;
		bool		good = isfinite(facts.log_likelihood) && facts.entropy >= 0;

		for (int c = 0; c < m.k; c++)
		{
			sum += m.weight[c];
			good &= m.weight[c] > 0;
			for (int j = 0; j < dim; j++)
				good &= isfinite(m.mean[c * dim + j]) &&
					m.factor[c * triangle_size(dim) + triangle_at(j, j)] > 0;
		}
		check_that(&finite, good && fabs(sum - 1) < 1e-12,
				   "set %d, %s, kind %d, n %d, dim %d, k %d", set, covariance_name[covariance], kind, n,
				   dim, k);
		check_that(&above, is_above_floor(&p, &m), "set %d, %s, kind %d, n %d, dim %d, k %d", set,
				   covariance_name[covariance], kind, n, dim, k);
		if (kind == KIND_CONSTANT ? covariance != COVARIANCE_SPHERICAL :
			kind == KIND_EQUAL && covariance <= COVARIANCE_TIED)
			check_that(&told, facts.floored == m.k, "set %d, %s, kind %d: %d of %d", set,
					   covariance_name[covariance], kind, facts.floored, m.k);
		mixture_free(&m);
		free_problem(&p);
	}
	check_end(&above);
	check_end(&finite);
	check_end(&told);
}

static bool
same_mixture(const Mixture *a, const Mixture *b)
{
	return a->k == b->k && memcmp(a->weight, b->weight, sizeof(double) * a->k) == 0 &&
		memcmp(a->mean, b->mean, sizeof(double) * a->k * a->dim) == 0 &&
		memcmp(a->factor, b->factor, sizeof(double) * a->k * triangle_size(a->dim)) == 0;
}

static void
test_instruction_sets(void)
{
	char		names[INSTRUCTION_SETS][80];

	for (int isa = 0; isa < INSTRUCTION_SETS; isa++)
	{
		Check		check = {.name = names[isa]};

		snprintf(names[isa], sizeof(names[isa]), "%s gives the bits of the baseline",
				 instruction_set_name[isa]);
		if (!gmm_pass_force(instruction_set_name[isa]))
		{
			tap_skip(names[isa], "not on this CPU");
			continue;
		}
		for (int set = 0; set < 120; set++)
		{
			Covariance	covariance = (Covariance) (set % COVARIANCES);
			int			n = draw_int(1, 600);
			Problem		p = draw_problem((Kind) (set % KINDS), n, draw_int(1, MAX_DIM), set % 3 == 0);
			int			k = draw_int(1, Min(MAX_K, p.rows.n));
			Mixture		a;
			Mixture		b;
			GmmFacts	facts;
			GmmFacts	other;

			gmm_pass_force("baseline");
			facts = solve(&p, k, covariance, 2, 8, &a);
			gmm_pass_force(instruction_set_name[isa]);
			other = solve(&p, k, covariance, 2, 8, &b);
			check_that(&check, same_mixture(&a, &b) &&
					   memcmp(&facts.log_likelihood, &other.log_likelihood, sizeof(double)) == 0 &&
					   memcmp(&facts.entropy, &other.entropy, sizeof(double)) == 0,
					   "set %d, %s, n %d, dim %d, k %d: %.17g, %.17g", set,
					   covariance_name[covariance], n, p.rows.dim, k, facts.log_likelihood,
					   other.log_likelihood);
			mixture_free(&a);
			mixture_free(&b);
			free_problem(&p);
		}
		check_end(&check);
	}
	gmm_pass_force(NULL);
	tap_ok(!gmm_pass_force("abacus") && gmm_pass_force(NULL),
		   "an unknown instruction set is refused");
}

/* A fit of n rows, and what it takes to free it. */
typedef struct Fit
{
	int		   *label;
	Clusters	clusters;
	FitFacts	facts;
} Fit;

static Fit
fit(const double *input, int n, int dim, int k, Covariance covariance, ScaleMethod scale)
{
	GmmOptions	options = {
		.k = k, .covariance = covariance, .scale = scale, .n_init = 3, .max_iter = 60,
	};
	Fit			f = {.label = core_alloc(n, sizeof(int))};

	if (!fit_gmm(input, n, dim, &options, NO_LIMIT, f.label, &f.clusters, &f.facts))
		abort();
	return f;
}

static void
free_fit(Fit *f)
{
	pfree(f->label);
	free_clusters(&f->clusters);
	pfree(f->clusters.mixture.weight);
	pfree(f->clusters.mixture.factor);
}

static void
test_order(void)
{
	Check		check = {.name = "the order of the rows changes no bit"};
	Check		scored = {.name = "labels are the most probable components of the mixture kept"};
	Check		ascend = {.name = "components ascend by mean"};

	for (int set = 0; set < 150; set++)
	{
		int			n = draw_int(1, 200);
		int			dim = draw_int(1, 8);
		Covariance	covariance = (Covariance) (set % COVARIANCES);
		ScaleMethod scale = (ScaleMethod) (set % SCALE_METHODS);
		int			k = draw_int(1, 7);
		double	   *input = draw_input((Kind) (set % KINDS), n, dim);
		int		   *order = core_alloc(n, sizeof(int));
		double	   *moved;
		Fit			f = fit(input, n, dim, k, covariance, scale);
		Fit			g;
		Scorer		scorer = scorer_create(&f.clusters);
		bool		same;

		draw_order(n, order);
		moved = reordered(input, n, dim, order);
		g = fit(moved, n, dim, k, covariance, scale);
		same = f.clusters.k == g.clusters.k &&
			memcmp(f.clusters.centroid, g.clusters.centroid, sizeof(double) * f.clusters.k * dim) == 0 &&
			memcmp(&f.clusters.fit.log_likelihood, &g.clusters.fit.log_likelihood, sizeof(double)) == 0;
		for (int i = 0; i < n && same; i++)
			same = g.label[i] == f.label[order[i]];
		check_that(&check, same, "set %d, n %d, dim %d, k %d", set, n, dim, k);

		for (int i = 0; i < n; i++)
		{
			double		probability[7];
			int			best = scorer_weigh(&scorer, input + i * dim, probability);
			bool		good = f.label[i] == best;
			double		sum = 0;

			for (int c = 0; c < f.clusters.k; c++)
			{
				good &= probability[c] <= probability[best];
				sum += probability[c];
			}
			check_that(&scored, good && fabs(sum - 1) < 1e-14, "set %d, row %d: %d, not %d", set, i,
					   f.label[i], best);
		}
		for (int c = 1; c < f.clusters.k; c++)
		{
			const double *mean = f.clusters.centroid + c * dim;
			int			j = 0;

			while (j < dim - 1 && mean[j] == mean[j - dim])
				j++;
			check_that(&ascend, mean[j] >= mean[j - dim], "set %d, component %d", set, c);
		}
		scorer_free(&scorer);
		free_fit(&f);
		free_fit(&g);
		pfree(moved);
		pfree(order);
		pfree(input);
	}
	check_end(&check);
	check_end(&scored);
	check_end(&ascend);
}

/*
 * A power of two as unit changes no label, and the likelihood as densities
 * change with their unit.
 */
static void
test_units(void)
{
	Check		labels = {.name = "any power of two as unit gives the same labels"};
	Check		density = {.name = "and the likelihood of the input's units"};
	Check		scaled = {.name = "a full covariance has the same likelihood in every scale"};
	Check		far = {.name = "values around 1e300, 1e-300 and 1e9 get the labels they get around 1"};
	static const double factor[] = {1e300, 1e-300, 1e-290, 1e155, 1e-155, 1};

	for (int set = 0; set < 60; set++)
	{
		int			n = draw_int(20, 200);
		int			dim = draw_int(1, 4);
		int			k = set / COVARIANCES % 3 + 1;
		int			e = draw_int(-500, 500);
		Covariance	covariance = (Covariance) (set % COVARIANCES);
		double	   *input = draw_input(KIND_BLOBS, n, dim);
		double	   *moved = core_alloc(n, sizeof(double) * dim);
		Fit			f = fit(input, n, dim, k, covariance, SCALE_NONE);
		Fit			g;

		for (int i = 0; i < n * dim; i++)
			moved[i] = ldexp(input[i], e);
		g = fit(moved, n, dim, k, covariance, SCALE_NONE);
		check_that(&labels, memcmp(f.label, g.label, sizeof(int) * n) == 0, "set %d, 2^%d", set, e);
		check_that(&density, fabs(g.clusters.fit.log_likelihood + n * dim * e * log(2) -
								  f.clusters.fit.log_likelihood) < 1e-9 * n * (1 + dim * abs(e)),
				   "set %d, 2^%d: %g, %g", set, e, f.clusters.fit.log_likelihood,
				   g.clusters.fit.log_likelihood);
		free_fit(&g);
		if (k == 1 && covariance == COVARIANCE_FULL)
			for (int scale = SCALE_ZSCORE; scale < SCALE_LOG; scale++)
			{
				g = fit(input, n, dim, 1, covariance, (ScaleMethod) scale);
				check_that(&scaled, fabs(g.clusters.fit.log_likelihood -
										 f.clusters.fit.log_likelihood) < 1e-8 * n,
						   "set %d, scale %d: %g, %g", set, scale, f.clusters.fit.log_likelihood,
						   g.clusters.fit.log_likelihood);
				free_fit(&g);
			}
		free_fit(&f);

		/* blobs far from each other, so that rounding decides nothing */
		for (int i = 0; i < n; i++)
			for (int j = 0; j < dim; j++)
				input[i * dim + j] = (i + j) % 3 * 10 + draw_unit();
		for (int t = 0; t < 6; t++)
		{
			bool		good = true;

			for (int i = 0; i < n * dim; i++)
				moved[i] = factor[t] == 1 ? 1e9 + input[i] / 1000 : input[i] * factor[t];
			g = fit(moved, n, dim, 3, covariance, SCALE_NONE);
			for (int i = 0; i < n; i++)
				good &= g.label[i] == i % 3;
			check_that(&far, good, "set %d, %s, dim %d, times %g", set, covariance_name[covariance],
					   dim, factor[t]);
			free_fit(&g);
		}
		pfree(moved);
		pfree(input);
	}
	check_end(&labels);
	check_end(&density);
	check_end(&scaled);
	check_end(&far);
}

/* Magnitudes that do not belong together. */
static void
test_extremes(void)
{
	static const double value[] = {
		0, 1, -1, DBL_MAX, -DBL_MAX, 1e300, -1e300, 1e-300, -1e-300, 0x1p-1074, 0x1p-1073,
		1e154, 1e-154, 1e-170, 3e-170, 1e9, 1e9 + 1,
	};
	Check		check = {.name = "mixed magnitudes: components and labels that are possible"};

	for (int set = 0; set < 1000; set++)
	{
		int			n = draw_int(1, 12);
		int			dim = draw_int(1, 3);
		double	   *input = core_alloc(n, sizeof(double) * dim);
		Fit			f;
		bool		good = true;
		double		sum = 0;

		for (int i = 0; i < n * dim; i++)
			input[i] = value[draw_int(0, 16)];
		f = fit(input, n, dim, draw_int(1, 6), (Covariance) (set % COVARIANCES),
				(ScaleMethod) draw_int(0, SCALE_METHODS - 1));
		for (int i = 0; i < n; i++)
			good &= f.label[i] >= 0 && f.label[i] < f.clusters.k;
		for (int c = 0; c < f.clusters.k; c++)
		{
			good &= f.clusters.mixture.weight[c] > 0;
			sum += f.clusters.mixture.weight[c];
			for (int j = 0; j < dim; j++)
				good &= fabs(f.clusters.centroid[c * dim + j]) <= DBL_MAX;
			for (Size t = 0; t < triangle_size(dim); t++)
				good &= fabs(f.clusters.mixture.factor[c * triangle_size(dim) + t]) <= DBL_MAX;
			for (int j = 0; j < dim; j++)
				good &= f.clusters.mixture.factor[c * triangle_size(dim) + triangle_at(j, j)] > 0;
		}
		check_that(&check, good && fabs(sum - 1) < 1e-12 &&
				   !isnan(f.clusters.fit.log_likelihood),
				   "set %d, %d rows, dim %d, k %d", set, n, dim, f.clusters.k);
		free_fit(&f);
		pfree(input);
	}
	check_end(&check);
}

/* Fewer rows that differ than components asked for. */
static void
test_few_rows(void)
{
	static const double input[] = {2, 1, 2, 2, 1, 1, 1, 1, 1, 2};
	bool		good = true;

	for (int covariance = 0; covariance < COVARIANCES; covariance++)
		for (int k = 4; k <= 7; k += 3)
		{
			Fit			f = fit(input, 5, 2, k, (Covariance) covariance, SCALE_NONE);

			good &= f.facts.distinct == 4 && f.clusters.k == 4 && f.label[0] == 2 &&
				f.label[1] == 3 && f.label[2] == 0 && f.label[3] == 0 && f.label[4] == 1;
			free_fit(&f);
			f = fit(input, 1, 2, k, (Covariance) covariance, SCALE_ZSCORE);
			good &= f.clusters.k == 1 && f.label[0] == 0 && f.clusters.centroid[0] == 2 &&
				f.clusters.centroid[1] == 1;
			free_fit(&f);
		}
	tap_ok(good, "as many components as rows differ, and one row has one");
}

/* Memory is named before it is taken; with as much as was named, the fit is made. */
static void
test_memory(void)
{
	double	   *input = draw_input(KIND_BLOBS, 100, 2);
	int			label[100];
	GmmOptions	options = {.k = 3, .n_init = 1, .max_iter = 100};
	FitFacts	facts;
	Size		needed;
	bool		refused = !fit_gmm(input, 100, 2, &options, 1000, label, NULL, &facts);

	needed = facts.memory_needed;
	tap_ok(refused && needed > 1000 &&
		   !fit_gmm(input, 100, 2, &options, needed - 1, label, NULL, &facts) &&
		   fit_gmm(input, 100, 2, &options, needed, label, NULL, &facts),
		   "the memory named is the limit");
	pfree(input);
}

static void
test_mall(void)
{
	static const MallColumn columns[] = {MALL_INCOME, MALL_SCORE};
	Check		check = {.name = "mall customers: the log-likelihood of k = 5, full, from any seed"};
	double	   *input = mall_customers(columns, 2);

	if (!input)
	{
		tap_skip(check.name, "data/mall_customers.csv is not here");
		return;
	}
	for (int seed = 0; seed < 20; seed++)
	{
		GmmOptions	options = {.k = 5, .seed = seed, .max_iter = 300};
		int			label[MALL_ROWS];
		FitFacts	facts;
		Clusters	clusters;

		fit_gmm(input, MALL_ROWS, 2, &options, NO_LIMIT, label, &clusters, &facts);
		check_that(&check, clusters.fit.log_likelihood >= -1755.4004 && facts.converged &&
				   facts.floored == 0, "seed %d: %.6f, floored %d", seed,
				   clusters.fit.log_likelihood, facts.floored);
	}
	check_end(&check);
	pfree(input);
}

/* With more rows than starts are made on: a mixture that is known is found. */
static void
test_many_rows(void)
{
	int			n = 60000;
	double	   *input = core_alloc(n, 2 * sizeof(double));
	GmmOptions	options = {.k = 3, .max_iter = 300};
	int		   *label = core_alloc(n, sizeof(int));
	Clusters	clusters;
	FitFacts	facts;
	bool		good;

	for (int i = 0; i < n; i++)
	{
		int			c = i % 6 < 3 ? 0 : i % 6 < 5 ? 1 : 2;
		double		common = draw_normal();

		input[2 * i] = c * 4 + common;
		input[2 * i + 1] = c * c * 3 + (c + 1) * draw_normal() / 2 + common;
	}
	fit_gmm(input, n, 2, &options, NO_LIMIT, label, &clusters, &facts);
	good = clusters.k == 3 && facts.converged;
	for (int c = 0; c < 3 && good; c++)
		good = fabs(clusters.mixture.weight[c] - (3 - c) / 6.0) < 0.02 &&
			fabs(clusters.centroid[2 * c] - 4 * c) < 0.1 &&
			fabs(clusters.centroid[2 * c + 1] - 3 * c * c) < 0.15;
	tap_ok(good, "60,000 rows of a known mixture give its weights and means");
	pfree(label);
	pfree(input);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_step();
	test_completion();
	test_stationary();
	test_floor();
	test_instruction_sets();
	test_order();
	test_units();
	test_extremes();
	test_few_rows();
	test_memory();
	test_mall();
	test_many_rows();
	return tap_end();
}
