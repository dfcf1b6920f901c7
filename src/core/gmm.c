/*
 * gmm.c
 *	  Gaussian mixtures over canonical, weighted rows.
 *
 * Maximises the likelihood of the rows under a mixture of k Gaussians by the EM
 * algorithm: posteriors of the components for every row (E), then weights,
 * means and covariances by those posteriors (M), again and again; the
 * likelihood rises with every iteration.  A pass over the rows does both
 * (gmm_pass.h): sums of squares are taken around the means of before, and what
 * the means have moved by is taken off.
 *
 * The likelihood has no bound where a component may collapse onto rows that do
 * not vary: with constant columns, equal columns and integers that is certain.
 * So covariances are kept above a floor: a covariance S has S >= F, F being
 * diagonal with LEAST_SHARE of each feature's variance over all rows, and M
 * finds the maximum under that bound: in the units of F the eigenvalues of S
 * below 1 become 1 (Jacobi's method finds them), which leaves the likelihood
 * rising.  A feature that does not vary has for its floor the mean of those of
 * the others; if none varies, LEAST_SHARE of the square of the largest value.
 * Where the floor is not reached it changes no digit, unlike a constant that
 * is added to all variances.
 *
 * Several starts are made and climbed for a while: from the clusters of
 * k-means, and from rows drawn as in k-means++, at the distance of the rows' own
 * covariance.  With more than MANY_ROWS, that is done on a sample.  The best
 * ones are climbed to the end on all rows, and the best of these is kept: the
 * one with the most components, of those with the fewest at the floor, of
 * those with the highest likelihood.  A maximum at the floor owes its
 * likelihood to the floor, and would be preferred to all proper ones.
 *
 * Rows that stand for cells are completed (gmm_pass.h) in a last climb, from
 * where the best one without that has ended.
 *
 * A climb ends when the gain still to come, as the last gains tell by their
 * ratio (Aitken), is below TOLERANCE nats a row.  A component that has less
 * than LEAST_WEIGHT of a row left is removed.
 *
 * The result is a function of the rows and the seed.  The rows must be
 * normalised (rows_normalise).  Time is O(n k dim^2) an iteration, O(n k dim)
 * when diagonal, and O(k dim^3) where the floor is reached; memory is 44 bytes
 * a row beside the rows, and some copies of the mixture.
 *
 * Dempster, Laird, Rubin: Maximum Likelihood from Incomplete Data via the EM
 * Algorithm, JRSS B 39(1), 1977, doi:10.1111/j.2517-6161.1977.tb01600.x.
 * Biernacki, Celeux, Govaert: Choosing Starting Values for the EM Algorithm,
 * Computational Statistics & Data Analysis 41, 2003,
 * doi:10.1016/S0167-9473(02)00163-9 (short climbs from many starts).  The floor
 * is that of Ingrassia, Rocci: Constrained Monotone EM Algorithms for Finite
 * Mixture of Multivariate Gaussians, ibid. 51, 2007,
 * doi:10.1016/j.csda.2006.10.011, relative to each feature.  Aitken's rule:
 * Boehning et al., Annals of the Institute of Statistical Mathematics 46, 1994,
 * doi:10.1007/BF01720593.
 */
#include "gmm.h"

#include "gmm_pass.h"
#include "kmeans.h"
#include "moments.h"
#include "nearest.h"
#include "random.h"

/* The least variance, as a share of that over all rows. */
#define LEAST_SHARE 1e-6

/* The least weight of a component, in rows. */
#define LEAST_WEIGHT 1e-3

/* Gain still to come at which a climb ends, in nats a row; of a short climb. */
#define TOLERANCE 1e-7
#define SHORT_TOLERANCE 1e-5
#define SHORT_ITERATIONS 100

/* Up to so many features cells are completed: each takes the cube of the time. */
#define COMPLETED_FEATURES 32

/*
 * This is not climbing by a rule that could not fall: where cells are wider than
 * components it may go astray, and does not end in so many iterations.
 */
#define COMPLETED_ITERATIONS 200

/* With more rows than this, starts are made on a sample. */
#define MANY_ROWS 20000
#define MANY_ROWS_SAMPLE 10000

/* Starts, unless the caller says, and how many of them are climbed to the end. */
#define DEFAULT_STARTS 20
#define FINALISTS 8

/* Iterations of each finalist in the first round of elimination. */
#define FIRST_ITERATIONS 10

/* Mixtures whose likelihoods differ by less, in nats a row, are taken for one. */
#define SAME_MAXIMUM 1e-6

/* Iterations of k-means for the first start, and on the rows drawn for another. */
#define KMEANS_ITERATIONS 300
#define DRAWN_ITERATIONS 3

/* Jacobi's method ends when nothing off the diagonal is larger; it takes 5 to 10 rounds. */
#define JACOBI_TOLERANCE 1e-15
#define JACOBI_ROUNDS 30

typedef struct Solver
{
	const Rows *rows;
	Covariance	covariance;
	double		total;			/* weight of the rows */
	double	   *least;			/* [dim] variances at the floor */
	double		least_mean;		/* of those */
	GmmPass		pass;

	/* for a covariance at the floor */
	double	   *matrix;			/* [dim * dim] */
	double	   *vector;			/* [dim * dim] its eigenvectors, by row */
	double	   *triangle;		/* [dim (dim + 1) / 2] */
} Solver;

/* A maximum, or the way to one. */
typedef struct Candidate
{
	Mixture		mixture;
	GmmFacts	facts;
} Candidate;

static bool
is_diagonal(Covariance covariance)
{
	return covariance == COVARIANCE_DIAG || covariance == COVARIANCE_SPHERICAL;
}

/* The least variances of features, and their mean. */
static void
find_floor(Solver *s)
{
	const Rows *rows = s->rows;
	int			dim = rows->dim;
	int			varying = 0;
	double		mean = 0;
	double		largest = 0;

	for (int j = 0; j < dim; j++)
	{
		Size		column = (Size) j * rows->n;
		Moments		m;

		moments_by_group(rows->x + column, rows->weight,
						 rows->variance ? rows->variance + column : NULL, NULL, rows->n, 1, &m);
		s->least[j] = LEAST_SHARE * (m.sd * m.sd);
		mean += s->least[j];
		varying += s->least[j] > 0;
		largest = Max(largest, fabs(m.mean));
	}
	if (varying > 0)
		mean /= varying;
	else
		mean = LEAST_SHARE * (largest > 0 ? largest * largest : 1);
	s->least_mean = 0;
	for (int j = 0; j < dim; j++)
	{
		if (s->least[j] == 0)
			s->least[j] = mean;
		s->least_mean += s->least[j] / dim;
	}
}

static Solver
solver_create(const Rows *rows, int k, Covariance covariance)
{
	int			dim = rows->dim;
	Solver		s = {
		.rows = rows,
		.covariance = covariance,
		.total = rows_total_weight(rows),
		.least = core_alloc(dim, sizeof(double)),
		.pass = gmm_pass_create(k, dim, is_diagonal(covariance)),
		.matrix = core_alloc(dim, mul_size(dim, sizeof(double))),
		.vector = core_alloc(dim, mul_size(dim, sizeof(double))),
		.triangle = core_alloc(triangle_size(dim), sizeof(double)),
	};

	find_floor(&s);
	return s;
}

static void
solver_free(Solver *s)
{
	pfree(s->least);
	gmm_pass_free(&s->pass);
	pfree(s->matrix);
	pfree(s->vector);
	pfree(s->triangle);
}

/*
 * factor[] becomes the Cholesky factor of a matrix given by its lower triangle,
 * less minus[] on the diagonal (nothing, if NULL).  Returns whether that is
 * positive definite.
 */
static bool
cholesky(const double *triangle, const double *minus, int dim, double *factor)
{
	for (int i = 0; i < dim; i++)
	{
		double	   *row = factor + triangle_at(i, 0);

		for (int j = 0; j <= i; j++)
		{
			const double *other = factor + triangle_at(j, 0);
			double		rest = triangle[triangle_at(i, j)];

			if (i == j && minus)
				rest -= minus[i];
			for (int b = 0; b < j; b++)
				rest -= row[b] * other[b];
			if (j < i)
				row[j] = rest / other[j];
			else if (rest > 0)
				row[j] = sqrt(rest);
			else
				return false;
		}
	}
	return true;
}

/* Turn rows a and b of m by the angle with cosine c and sine s. */
static void
rotate_rows(double *m, int dim, int a, int b, double c, double s)
{
	double	   *x = m + (Size) a * dim;
	double	   *y = m + (Size) b * dim;

	for (int i = 0; i < dim; i++)
	{
		double		xi = x[i];
		double		yi = y[i];

		x[i] = c * xi - s * yi;
		y[i] = s * xi + c * yi;
	}
}

/*
 * Eigenvalues and eigenvectors of a symmetric matrix: the values go to its
 * diagonal, vector[] gets the vectors as rows.  Jacobi's method: rotations,
 * pair by pair, each of which makes one element 0.  Golub, Van Loan: Matrix
 * Computations, section 8.5.
 */
static void
eigen_decompose(double *matrix, double *vector, int dim)
{
	for (int i = 0; i < dim; i++)
		for (int j = 0; j < dim; j++)
			vector[(Size) i * dim + j] = i == j;

	for (int round = 0; round < JACOBI_ROUNDS; round++)
	{
		bool		turned = false;

		for (int a = 0; a < dim; a++)
		{
			core_poll("gaussian mixture", -1);
			for (int b = a + 1; b < dim; b++)
			{
				double		aa = matrix[(Size) a * dim + a];
				double		bb = matrix[(Size) b * dim + b];
				double		ab = matrix[(Size) a * dim + b];
				double		tau;
				double		tangent;
				double		cosine;
				double		sine;

				if (fabs(ab) <= JACOBI_TOLERANCE * sqrt(fabs(aa * bb)))
					continue;
				tau = (bb - aa) / (2 * ab);
				tangent = (tau < 0 ? -1 : 1) / (fabs(tau) + sqrt(1 + tau * tau));
				cosine = 1 / sqrt(1 + tangent * tangent);
				sine = tangent * cosine;

				/* rows, then columns: the elements off the pair are alike in both */
				rotate_rows(matrix, dim, a, b, cosine, sine);
				for (int i = 0; i < dim; i++)
				{
					if (i == a || i == b)
						continue;
					matrix[(Size) i * dim + a] = matrix[(Size) a * dim + i];
					matrix[(Size) i * dim + b] = matrix[(Size) b * dim + i];
				}
				matrix[(Size) a * dim + a] = aa - tangent * ab;
				matrix[(Size) b * dim + b] = bb + tangent * ab;
				matrix[(Size) a * dim + b] = matrix[(Size) b * dim + a] = 0;
				rotate_rows(vector, dim, a, b, cosine, sine);
				turned = true;
			}
		}
		if (!turned)
			break;
	}
}

/*
 * Raise a covariance, given by its lower triangle, to the floor: in units of
 * the floor its eigenvalues below 1 become 1.
 */
static void
raise_to_floor(Solver *s, double *covariance)
{
	int			dim = s->rows->dim;

	for (int i = 0; i < dim; i++)
		for (int j = 0; j <= i; j++)
			s->matrix[(Size) i * dim + j] = s->matrix[(Size) j * dim + i] =
				covariance[triangle_at(i, j)] / sqrt(s->least[i]) / sqrt(s->least[j]);
	eigen_decompose(s->matrix, s->vector, dim);

	memset(covariance, 0, sizeof(double) * triangle_size(dim));
	for (int e = 0; e < dim; e++)
	{
		const double *vector = s->vector + (Size) e * dim;
		double		value = Max(s->matrix[(Size) e * dim + e], 1);

		for (int i = 0; i < dim; i++)
			for (int j = 0; j <= i; j++)
				covariance[triangle_at(i, j)] += value * vector[i] * vector[j];
	}
	for (int i = 0; i < dim; i++)
		for (int j = 0; j <= i; j++)
			covariance[triangle_at(i, j)] *= sqrt(s->least[i]) * sqrt(s->least[j]);
}

/*
 * factor[] becomes that of the covariance of the wanted kind that is likeliest
 * for rows with the given one, a lower triangle, which is changed.  Returns
 * whether the floor was reached.
 */
static bool
fit_factor(Solver *s, double *covariance, double *factor)
{
	int			dim = s->rows->dim;
	bool		raised = false;

	if (is_diagonal(s->covariance))
	{
		double		mean = 0;

		memset(factor, 0, sizeof(double) * triangle_size(dim));
		for (int j = 0; j < dim; j++)
			mean += covariance[triangle_at(j, j)] / dim;
		for (int j = 0; j < dim; j++)
		{
			bool		one = s->covariance == COVARIANCE_SPHERICAL;
			double		variance = one ? mean : covariance[triangle_at(j, j)];
			double		least = one ? s->least_mean : s->least[j];

			raised |= variance <= least;
			factor[triangle_at(j, j)] = sqrt(Max(variance, least));
		}
		return raised;
	}
	if (!cholesky(covariance, s->least, dim, factor))
	{
		raised = true;
		raise_to_floor(s, covariance);
	}
	if (!cholesky(covariance, NULL, dim, factor))
		Assert(false);			/* no eigenvalue is below 1, in units of the floor */
	return raised;
}

/*
 * The M step: the mixture that is likeliest by the sums of a pass.  Components
 * that have lost all rows are removed.  Returns how many are at the floor.
 */
static int
maximise(Solver *s, Mixture *mixture)
{
	GmmPass    *pass = &s->pass;
	int			dim = s->rows->dim;
	Size		triangle = triangle_size(dim);
	bool		tied = s->covariance == COVARIANCE_TIED;
	double		total = 0;
	int			kept = 0;
	int			floored = 0;

	for (int c = 0; c < pass->k; c++)
		if (pass->weight[c] >= LEAST_WEIGHT)
			total += pass->weight[c];
	if (tied)
		memset(s->triangle, 0, sizeof(double) * triangle);
	for (int c = 0; c < pass->k; c++)
	{
		double		weight = pass->weight[c];
		double	   *shift = pass->shift + (Size) c * dim;
		const double *scatter = pass->scatter + c * triangle;

		if (weight < LEAST_WEIGHT)
			continue;
		mixture->weight[kept] = weight / total;
		for (int j = 0; j < dim; j++)
		{
			shift[j] /= weight;
			mixture->mean[(Size) kept * dim + j] = pass->mean[(Size) c * dim + j] + shift[j];
		}
		for (int i = 0; i < dim; i++)
			for (int j = 0; j <= i; j++)
			{
				Size		at = triangle_at(i, j);

				if (tied)
					s->triangle[at] += (scatter[at] - weight * (shift[i] * shift[j])) / total;
				else
					s->triangle[at] = scatter[at] / weight - shift[i] * shift[j];
			}
		if (!tied)
			floored += fit_factor(s, s->triangle, mixture->factor + kept * triangle);
		kept++;
	}
	mixture->k = kept;
	if (tied)
	{
		if (fit_factor(s, s->triangle, mixture->factor))
			floored = kept;
		for (int c = 1; c < kept; c++)
			memcpy(mixture->factor + c * triangle, mixture->factor, sizeof(double) * triangle);
	}
	return floored;
}

/*
 * Climb from a mixture until the gain still to come is below "tolerance" nats
 * a row, or facts->iterations, which goes on counting, has reached max_iter.
 * The facts are those of the mixture it ends with.
 */
static void
climb(Solver *s, Mixture *mixture, int max_iter, double tolerance, GmmFacts *facts)
{
	GmmPass    *pass = &s->pass;
	double		last = -INFINITY;
	double		last_gain = INFINITY;

	for (;;)
	{
		double		gain;
		double		to_come;
		int			k = mixture->k;

		gmm_pass_prepare(pass, mixture, s->rows->variance != NULL);
		gmm_pass(pass, s->rows);
		gain = (pass->log_likelihood - last) / s->total;

		/* with completed cells the likelihood that is seen may fall on the way */
		if (pass->completes)
			gain = fabs(gain);
		to_come = gain < last_gain ? gain * gain / (last_gain - gain) : INFINITY;

		/* without a gain only rounding is left */
		facts->converged = gain <= 0 || Max(gain, to_come) < tolerance;
		if (facts->converged || facts->iterations == max_iter)
			break;
		last = pass->log_likelihood;
		last_gain = gain;
		facts->floored = maximise(s, mixture);
		facts->iterations++;
		if (mixture->k < k)
			last = -INFINITY;	/* what that costs is no sign of convergence */
	}
	facts->log_likelihood = pass->log_likelihood;
	facts->entropy = pass->entropy;
}

/*
 * A mixture from a label for every row: the M step, all posteriors being 0 or
 * 1.  centroid[] may be the mean of the mixture.
 */
static int
start_from_labels(Solver *s, const double *centroid, const int *label, int k, Mixture *mixture)
{
	const Rows *rows = s->rows;
	GmmPass    *pass = &s->pass;
	int			dim = rows->dim;
	Size		triangle = triangle_size(dim);
	double	   *difference = pass->difference;

	pass->k = k;
	memcpy(pass->mean, centroid, sizeof(double) * (Size) k * dim);
	memset(pass->weight, 0, sizeof(double) * (Size) k);
	memset(pass->shift, 0, sizeof(double) * (Size) k * dim);
	memset(pass->scatter, 0, sizeof(double) * k * triangle);
	for (int i = 0; i < rows->n; i++)
	{
		int			c = label[i];
		double		weight = rows->weight[i];
		double	   *scatter = pass->scatter + c * triangle;

		if (i % PASS_BLOCK == 0)
			core_poll("gaussian mixture", -1);
		pass->weight[c] += weight;
		for (int j = 0; j < dim; j++)
		{
			difference[j] = rows->x[(Size) j * rows->n + i] - centroid[(Size) c * dim + j];
			pass->shift[(Size) c * dim + j] += weight * difference[j];
			if (rows->variance)
				scatter[triangle_at(j, j)] += weight * rows->variance[(Size) j * rows->n + i];
		}
		for (int a = 0; a < dim; a++)
			for (int b = 0; b <= a; b++)
				*scatter++ += weight * (difference[a] * difference[b]);
	}
	return maximise(s, mixture);
}

/*
 * The rows in coordinates in which distance is measured by their own
 * covariance, of the wanted kind.
 */
static Rows
whiten(Solver *s)
{
	const Rows *rows = s->rows;
	int			dim = rows->dim;
	Mixture		all = mixture_alloc(1, dim, s->covariance);
	int		   *label = core_alloc0(rows->n, sizeof(int));
	Rows		white = {
		.n = rows->n,
		.dim = dim,
		.x = core_alloc(rows->n, mul_size(dim, sizeof(double))),
		.weight = core_alloc(rows->n, sizeof(double)),
	};

	/* one component with all rows; the second time around their mean */
	start_from_labels(s, all.mean, label, 1, &all);
	start_from_labels(s, all.mean, label, 1, &all);
	memcpy(white.weight, rows->weight, sizeof(double) * rows->n);
	for (int j = 0; j < dim; j++)
	{
		const double *factor = all.factor + triangle_at(j, 0);
		double	   *z = white.x + (Size) j * rows->n;

		core_poll("gaussian mixture", -1);
		for (int i = 0; i < rows->n; i++)
			z[i] = rows->x[(Size) j * rows->n + i] - all.mean[j];
		for (int b = 0; b < j; b++)
			for (int i = 0; i < rows->n; i++)
				z[i] -= factor[b] * white.x[(Size) b * rows->n + i];
		for (int i = 0; i < rows->n; i++)
			z[i] /= factor[j];
	}
	mixture_free(&all);
	pfree(label);
	return white;
}

/* A row drawn with probability proportional to weight times distance2 (1, if NULL). */
static int
draw_row(const Rows *rows, const double *distance2, Random *random)
{
	double		total = 0;
	double		rest;
	int			last = 0;

	for (int i = 0; i < rows->n; i++)
		total += rows->weight[i] * (distance2 ? distance2[i] : 1);
	rest = random_unit(random) * total;
	for (int i = 0; i < rows->n; i++)
	{
		double		share = rows->weight[i] * (distance2 ? distance2[i] : 1);

		if (share > 0)
		{
			last = i;
			if (rest < share)
				break;
			rest -= share;
		}
	}
	return last;
}

/*
 * Draw k rows for centroids, each with probability proportional to the square
 * of its distance from those before it: k-means++.
 */
static void
draw_centroids(const Rows *rows, int k, Random *random, double *centroid)
{
	int			dim = rows->dim;
	double	   *distance2 = core_alloc(rows->n, sizeof(double));
	int			ignored[NEAREST_BLOCK];
	double		candidate2[NEAREST_BLOCK];

	for (int c = 0; c < k; c++)
	{
		int			row = draw_row(rows, c > 0 ? distance2 : NULL, random);
		double	   *at = centroid + (Size) c * dim;

		for (int j = 0; j < dim; j++)
			at[j] = rows->x[(Size) j * rows->n + row];
		for (int start = 0; start < rows->n; start += NEAREST_BLOCK)
		{
			int			count = Min(NEAREST_BLOCK, rows->n - start);

			core_poll("gaussian mixture", -1);
			nearest_block(rows, start, count, at, 1, ignored, candidate2, NULL);
			for (int i = 0; i < count; i++)
				if (c == 0 || candidate2[i] < distance2[start + i])
					distance2[start + i] = candidate2[i];
		}
	}
	pfree(distance2);
}

/* The means of labelled rows; where a label has none, it will be of no weight. */
static void
means_of_labels(const Rows *rows, const int *label, int k, double *mean)
{
	Moments    *m = core_alloc(k, sizeof(Moments));

	for (int j = 0; j < rows->dim; j++)
	{
		moments_by_group(rows->x + (Size) j * rows->n, rows->weight, NULL, label, rows->n, k, m);
		for (int c = 0; c < k; c++)
			mean[(Size) c * rows->dim + j] = m[c].mean;
	}
	pfree(m);
}

/* Is a to be preferred to b? */
static bool
is_better(const Candidate *a, const Candidate *b)
{
	if (a->mixture.k != b->mixture.k)
		return a->mixture.k > b->mixture.k;
	if (a->facts.floored != b->facts.floored)
		return a->facts.floored < b->facts.floored;
	return a->facts.log_likelihood > b->facts.log_likelihood;
}

/*
 * Put a candidate among the n best so far, best first, of which FINALISTS are
 * kept; the buffers of the one that drops out become its own.  Returns how many
 * there are then.
 */
static int
rank_candidate(Candidate *best, int n, Candidate *candidate, double rows)
{
	int			place = n;

	for (int i = 0; i < n; i++)
		if (best[i].mixture.k == candidate->mixture.k &&
			best[i].facts.floored == candidate->facts.floored &&
			fabs(best[i].facts.log_likelihood - candidate->facts.log_likelihood) <= SAME_MAXIMUM * rows)
			return n;
	while (place > 0 && is_better(candidate, &best[place - 1]))
		place--;
	if (place < FINALISTS)
	{
		int			last = Min(n, FINALISTS - 1);
		Candidate	out = best[last];

		memmove(best + place + 1, best + place, sizeof(Candidate) * (last - place));
		best[place] = *candidate;
		*candidate = out;
		n = last + 1;
	}
	return n;
}

/* Short climbs from n_init starts; the best of them, best first.  Returns how many. */
static int
search(const Rows *rows, int k, Covariance covariance, int64 seed, int n_init, int max_iter,
	   Candidate *best, Candidate *trial)
{
	Solver		s = solver_create(rows, k, covariance);
	Rows		white = whiten(&s);
	double	   *centroid = core_alloc(k, mul_size(rows->dim, sizeof(double)));
	int		   *label = core_alloc(rows->n, sizeof(int));
	int			found = 0;

	for (int start = 0; start < n_init; start++)
	{
		core_poll("gaussian mixture", (double) start / n_init);
		if (start == 0)
			kmeans_solve(rows, k, seed, 0, KMEANS_ITERATIONS, centroid, label);
		else
		{
			Random		random = random_stream(seed, start);

			draw_centroids(&white, k, &random, centroid);
			kmeans_descend(&white, k, DRAWN_ITERATIONS, centroid, label);
			means_of_labels(rows, label, k, centroid);
		}
		trial->mixture.k = k;
		trial->facts.iterations = 0;
		trial->facts.floored = start_from_labels(&s, centroid, label, k, &trial->mixture);
		climb(&s, &trial->mixture, Min(SHORT_ITERATIONS, max_iter), SHORT_TOLERANCE, &trial->facts);
		found = rank_candidate(best, found, trial, s.total);
	}
	pfree(label);
	pfree(centroid);
	rows_free(&white);
	solver_free(&s);
	return found;
}

/*
 * From n candidates to the best: all are climbed for some iterations, and the
 * better half of them twice as far, until one is left, the first.
 */
static void
eliminate(Solver *s, Candidate *candidate, int n, int max_iter)
{
	for (int iterations = FIRST_ITERATIONS; n > 1; iterations *= 2)
	{
		for (int i = 0; i < n; i++)
			climb(s, &candidate[i].mixture, Min(iterations, max_iter), SHORT_TOLERANCE,
				  &candidate[i].facts);

		/* insertion sort, the best first */
		for (int i = 1; i < n; i++)
		{
			Candidate	moving = candidate[i];
			int			j = i;

			for (; j > 0 && is_better(&moving, &candidate[j - 1]); j--)
				candidate[j] = candidate[j - 1];
			candidate[j] = moving;
		}
		n = (n + 1) / 2;
	}
}

/*
 * Find a mixture of k Gaussians for the rows, 1 <= k <= rows->n.  n_init starts
 * are made from "seed" (0: as many as are worth it), each climb of at most
 * max_iter >= 1 iterations.  "mixture" has room for k components, and has
 * fewer afterwards if some lost all rows.
 */
GmmFacts
gmm_solve(const Rows *rows, int k, Covariance covariance, int64 seed, int n_init, int max_iter,
		  Mixture *mixture)
{
	Candidate	candidate[FINALISTS + 1];
	Candidate  *spare = &candidate[FINALISTS];
	Candidate  *best = &candidate[0];	/* in the end */
	bool		is_sampled = rows->n > MANY_ROWS && k <= MANY_ROWS_SAMPLE / 4;
	Solver		s;
	GmmFacts	facts;
	int			found;

	Assert(k >= 1 && k <= rows->n && n_init >= 0 && max_iter >= 1);
	for (int i = 0; i <= FINALISTS; i++)
		candidate[i] = (Candidate) {.mixture = mixture_alloc(k, rows->dim, covariance)};
	if (n_init == 0)
		n_init = DEFAULT_STARTS;
	if (k == 1)
		n_init = 1;
	if (is_sampled)
	{
		Rows		sample = rows_sample(rows, MANY_ROWS_SAMPLE, seed);

		found = search(&sample, k, covariance, seed, n_init, max_iter, candidate, spare);
		rows_free(&sample);
	}
	else
		found = search(rows, k, covariance, seed, n_init, max_iter, candidate, spare);

	s = solver_create(rows, k, covariance);
	if (is_sampled)
	{
		for (int i = 0; i < found; i++)
			candidate[i].facts.iterations = 0;
		eliminate(&s, candidate, found, max_iter);
	}
	climb(&s, &best->mixture, max_iter, TOLERANCE, &best->facts);
	if (rows->variance && !is_diagonal(covariance) && rows->dim <= COMPLETED_FEATURES)
	{
		mixture_copy(&spare->mixture, &best->mixture);
		spare->facts = best->facts;
		gmm_pass_complete(&s.pass);
		climb(&s, &best->mixture, Min(max_iter, best->facts.iterations + COMPLETED_ITERATIONS),
			  TOLERANCE, &best->facts);
		if (!best->facts.converged && best->facts.iterations < max_iter)
			best = spare;
	}
	mixture_number(&best->mixture);
	mixture_copy(mixture, &best->mixture);
	facts = best->facts;
	solver_free(&s);
	for (int i = 0; i <= FINALISTS; i++)
		mixture_free(&candidate[i].mixture);
	return facts;
}

/* Bytes that gmm_solve needs at most for n distinct rows. */
Size
gmm_memory(int64 n, int dim, int k)
{
	int64		some = k > MANY_ROWS_SAMPLE / 4 ? n : Min(n, MANY_ROWS);
	Size		row = add_size(mul_size(3 * (Size) dim + 2, sizeof(double)), 2 * sizeof(int));
	Size		component = add_size(triangle_size(dim), (Size) dim + 1);
	Size		square = add_size(mul_size(2, mul_size(dim, dim)), triangle_size(dim));
	Size		numbers = add_size(mul_size(FINALISTS + 4, mul_size(k, component)),
								   mul_size(2, add_size(square, dim)));

	return add_size(add_size(mul_size(some, row), kmeans_memory(some, dim, k)),
					add_size(mul_size(2, gmm_pass_memory(dim, k)),
							 mul_size(numbers, sizeof(double))));
}
