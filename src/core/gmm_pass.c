/*
 * gmm_pass.c
 *	  One pass of the EM algorithm over rows.
 *
 * For every row the pass finds its posterior, the share that each component
 * has in it (the E step), and adds up what the M step needs: the posteriors,
 * and by them the offsets x - mean and their products.  Both are of the mean
 * that the component has now.  Near convergence that is the mean to be, so
 * sums of squares lose nothing where values share a large common part, and
 * one pass does for two; see also gmm.c.
 *
 * Rows that stand for the cells of a sketch count as their members would, on
 * average: the expected logarithm of the density has the trace of inverse
 * covariance times the cell's variance in it, and the products have the
 * variance.
 *
 * Of a cell only the variances are known.  In a cell that is small against a
 * component that is all there is, but where features depend on each other a
 * component is thin, and its rows in the cell do so too; taken for independent
 * they would blur it.  So a pass may complete the cells: the covariance that a
 * cell has for a component is the one nearest to the component's (by the
 * Kullback-Leibler divergence, both normal) among those with the cell's
 * variances.  Giving it the variances one after the other, each time by the
 * least change, converges to that: iterative proportional fitting, for
 * normal distributions Speed, Kiiveri: Gaussian Markov Distributions over
 * Finite Graphs, The Annals of Statistics 14(1), 1986,
 * doi:10.1214/aos/1176349846.
 *
 * The lanes of a vector unit run across rows.  Sums over rows have 8 lanes
 * whatever the vector's size: row i of a block is added in lane i % 8, lanes
 * are joined at the end of a block in a fixed order, and blocks one after the
 * other.  So every instruction set gives the same bits.  (That takes
 * -ffp-contract=off, see the Makefile.)  O(n k dim^2), or O(n k dim) when
 * diagonal; completing cells takes O(n k dim^3).
 */
#include "gmm_pass.h"

#include "instruction_set.h"
#include "realmath.h"

/* ln(2 pi) / 2 */
#define HALF_LOG_2PI 0.91893853320467274178

/*
 * A component whose logarithm of density is by so much below the largest one
 * has no share in a row.  Far below what counts, and products with what counts
 * are normal numbers.
 */
#define NO_SHARE (-200.0)

/* With less than this part of a row in a block a component adds nothing. */
#define NO_WEIGHT 1e-30

/* For each number of features up to this there is code of its own. */
#define FEATURES 8

/* Vectors of rows whose densities are found together. */
#define TILE_VECTORS 2

/* The lanes of a sum. */
#define SUM_LANES 8

/*
 * Rounds of proportional fitting.  More change nothing that counts, but where
 * components are thin against cells that are wide in some features alone; few
 * more would not do there.
 */
#define COMPLETING_ROUNDS 3

/* The least variance in a cell, as a share of a component's: it stays a divisor. */
#define LEAST_WITHIN 0x1p-40

/* ln 2 as a head whose product with an exponent is exact, and a tail. */
#define LN2_HEAD 0x1.62e42fefa0000p-1
#define LN2_TAIL 0x1.cf79abc9e3b3ap-40

/* Added to a small number, its integer part is in the last bits. */
#define ROUNDING 0x1.8p52

/* 1 / i! from i = 13 down to 2, and 1 / i of the odd i from 21 down to 3. */
static const double exponential_term[] = {
	1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0,
	1.0 / 40320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 1.0 / 2.0,
};
static const double logarithm_term[] = {
	1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3,
};

#define EXPONENTIAL_TERMS ((int) (sizeof(exponential_term) / sizeof(double)))
#define LOGARITHM_TERMS ((int) (sizeof(logarithm_term) / sizeof(double)))

#define LANES_ISA baseline
#define LANES_BYTES 16
#define LANES_TARGET
#include "gmm_lanes.h"

#ifdef __x86_64__
#define LANES_ISA avx2
#define LANES_BYTES 32
#define LANES_TARGET __attribute__((target("avx2")))
#include "gmm_lanes.h"

#define LANES_ISA avx512
#define LANES_BYTES 64
#define LANES_TARGET __attribute__((target("avx512f")))
#include "gmm_lanes.h"
#endif

typedef void (*BlockFunction) (GmmPass *pass, const Rows *rows, int start, int count);

static const BlockFunction versions[] = INSTRUCTION_SET_VERSIONS(block);

/* For the best instruction set of this CPU, from the first call on. */
static BlockFunction block = NULL;

GmmPass
gmm_pass_create(int k, int dim, bool diagonal)
{
	Size		triangle = mul_size(triangle_size(dim), sizeof(double));
	Size		column = mul_size((Size) dim + 1, PASS_BLOCK * sizeof(double));

	return (GmmPass) {
		.dim = dim,
		.diagonal = diagonal,
		.k = k,
		.constant = core_alloc(k, sizeof(double)),
		.mean = core_alloc(k, mul_size(dim, sizeof(double))),
		.factor = core_alloc(k, triangle),
		.precision = core_alloc(k, mul_size(dim, sizeof(double))),
		.weight = core_alloc(k, sizeof(double)),
		.shift = core_alloc(k, mul_size(dim, sizeof(double))),
		.scatter = core_alloc(k, triangle),
		.posterior = core_alloc(k, PASS_BLOCK * sizeof(double)),
		.difference = core_alloc0(1, column),
		.weighted = core_alloc0(1, column),
	};
}

void
gmm_pass_free(GmmPass *pass)
{
	pfree(pass->constant);
	pfree(pass->mean);
	pfree(pass->factor);
	pfree(pass->precision);
	pfree(pass->weight);
	pfree(pass->shift);
	pfree(pass->scatter);
	pfree(pass->posterior);
	pfree(pass->difference);
	pfree(pass->weighted);
	if (pass->completes)
	{
		pfree(pass->covariance);
		pfree(pass->inverse);
		pfree(pass->within);
	}
}

/* From now on the pass, which is not a diagonal one, completes the cells. */
void
gmm_pass_complete(GmmPass *pass)
{
	Size		triangle = triangle_size(pass->dim);

	Assert(!pass->diagonal);
	pass->completes = true;
	pass->covariance = core_alloc(pass->k, mul_size(triangle, sizeof(double)));
	pass->inverse = core_alloc(pass->k, mul_size(triangle, sizeof(double)));
	pass->within = core_alloc(triangle + pass->dim, SUM_LANES * sizeof(double));
}

/* Bytes that gmm_pass_create takes. */
Size
gmm_pass_memory(int dim, int k)
{
	Size		component = add_size(mul_size(4, triangle_size(dim)),
									 mul_size(3, dim));
	Size		numbers = add_size(mul_size(k, add_size(component, PASS_BLOCK + 2)),
								   add_size(mul_size((Size) dim + 1, 2 * PASS_BLOCK),
											mul_size(triangle_size(dim) + dim, SUM_LANES)));

	return mul_size(numbers, sizeof(double));
}

/*
 * precision[i] becomes element (i, i) of the inverse of L L', L given with
 * reciprocal diagonals: the sum of squares of column i of L's inverse, each of
 * which comes by forward substitution.  column[] is room for dim numbers.
 */
static void
invert_diagonal(const double *factor, int dim, double *column, double *precision)
{
	for (int i = 0; i < dim; i++)
	{
		precision[i] = 0;
		for (int a = i; a < dim; a++)
		{
			const double *row = factor + triangle_at(a, 0);
			double		rest = a == i;

			for (int b = i; b < a; b++)
				rest -= row[b] * column[b];
			column[a] = rest * row[a];
			precision[i] += column[a] * column[a];
		}
	}
}

/*
 * covariance[] becomes L L', inverse[] its inverse, with numbers beside the
 * diagonal doubled, L given with reciprocal diagonals.  column[] is room for
 * dim * dim numbers, for the inverse of L.
 */
static void
multiply_out(const double *factor, int dim, double *column, double *covariance, double *inverse)
{
	for (int i = 0; i < dim; i++)
		for (int a = i; a < dim; a++)
		{
			const double *row = factor + triangle_at(a, 0);
			double		rest = a == i;

			for (int b = i; b < a; b++)
				rest -= row[b] * column[i * dim + b];
			column[i * dim + a] = rest * row[a];
		}
	for (int i = 0; i < dim; i++)
		for (int j = 0; j <= i; j++)
		{
			const double *x = factor + triangle_at(i, 0);
			const double *y = factor + triangle_at(j, 0);
			double		sum = (i == j ? 1 / x[j] : x[j]) / y[j];
			double		product = 0;

			for (int b = 0; b < j; b++)
				sum += x[b] * y[b];
			for (int a = i; a < dim; a++)
				product += column[i * dim + a] * column[j * dim + a];
			covariance[triangle_at(i, j)] = sum;
			inverse[triangle_at(i, j)] = i == j ? product : 2 * product;
		}
}

/* Ready the pass for the components of a mixture. */
void
gmm_pass_prepare(GmmPass *pass, const Mixture *mixture, bool of_cells)
{
	int			dim = pass->dim;
	Size		triangle = triangle_size(dim);

	pass->k = mixture->k;
	memcpy(pass->mean, mixture->mean, sizeof(double) * (Size) pass->k * dim);
	memcpy(pass->factor, mixture->factor, sizeof(double) * (Size) pass->k * triangle);
	for (int c = 0; c < pass->k; c++)
	{
		double	   *factor = pass->factor + c * triangle;

		pass->constant[c] = real_log(mixture->weight[c]);
		for (int i = 0; i < dim; i++)
		{
			double	   *deviation = &factor[triangle_at(i, i)];

			pass->constant[c] -= HALF_LOG_2PI + real_log(*deviation);
			*deviation = 1 / *deviation;
		}
		if (of_cells)
			invert_diagonal(factor, dim, pass->weighted, pass->precision + (Size) c * dim);
		if (of_cells && pass->completes)
			multiply_out(factor, dim, pass->weighted, pass->covariance + c * triangle,
						 pass->inverse + c * triangle);
	}
}

/* Go over the rows with the components that gmm_pass_prepare has set. */
void
gmm_pass(GmmPass *pass, const Rows *rows)
{
	int			dim = pass->dim;

	if (block == NULL)
		gmm_pass_force(NULL);
	memset(pass->weight, 0, sizeof(double) * pass->k);
	memset(pass->shift, 0, sizeof(double) * (Size) pass->k * dim);
	memset(pass->scatter, 0, sizeof(double) * (Size) pass->k * triangle_size(dim));

	/* there may be one feature too many for the pairs; it is 0 */
	memset(pass->difference, 0, sizeof(double) * PASS_BLOCK * ((Size) dim + 1));
	memset(pass->weighted, 0, sizeof(double) * PASS_BLOCK * ((Size) dim + 1));
	pass->log_likelihood = pass->entropy = 0;
	for (int start = 0; start < rows->n; start += PASS_BLOCK)
	{
		core_poll("gaussian mixture", -1);
		block(pass, rows, start, Min(PASS_BLOCK, rows->n - start));
	}
}

/*
 * Let gmm_pass use the instruction set "isa" (NULL: the best one) from now on.
 * Returns false, and changes nothing, if this CPU does not have it.  For
 * tests: all give the same bits.
 */
bool
gmm_pass_force(const char *isa)
{
	int			set = instruction_set_choose(isa);

	if (set < 0)
		return false;
	block = versions[set];
	return true;
}
