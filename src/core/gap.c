/*
 * gap.c
 *	  The gap statistic: how much better clusters fit than those of rows that
 *	  have none.
 *
 *	gap(k) = mean over reference sets of log W*(k) - log W(k)
 *
 * W(k) is the inertia of k clusters a row.  A reference set has as many rows as
 * the data, drawn uniformly from the box around the data, whose sides lie along
 * their principal axes: the second of the two kinds of reference of the paper,
 * which does not take correlated features for clusters.  Distances do not change
 * when axes are turned, so the references stay in the coordinates of the box.
 * The standard error is sd sqrt(1 + 1/B), sd being that of the B values
 * log W*(k), with the divisor B.
 *
 * Where we deviate: reference sets have GAP_MOST_ROWS rows at most.  Inertias are
 * taken by the row, and so few rows lie nearer to their k means: log W* comes out
 * lower by some k dim / GAP_MOST_ROWS, 0.03 for ten clusters of four features, and
 * its standard error is that of the smaller set.  Both make fewer clusters satisfy
 * the rule of the paper.  With more than PRINCIPAL_FEATURES features the box lies
 * along the features.
 *
 * The rows are normalised (rows.h).  Sets are drawn from the seed.  Time is that
 * of B k-means of k_max clusters for each k; for the axes O(n dim^2 + dim^3).
 *
 * Tibshirani, Walther, Hastie: Estimating the Number of Clusters in a Data Set
 * via the Gap Statistic, Journal of the Royal Statistical Society B 63(2), 2001,
 * doi:10.1111/1467-9868.00293.  Golub, Van Loan: Matrix Computations, 4th ed.,
 * 8.5 (the cyclic Jacobi method).
 */
#include "gap.h"

#include "kmeans.h"
#include "random.h"
#include "realmath.h"

/* With more features their axes would take longer than the rest. */
#define PRINCIPAL_FEATURES 64

#define JACOBI_SWEEPS 30
/* Streams of the seed that k-means has no use for. */
#define FIRST_STREAM (1 << 20)

/* covariance[] of the rows, dim x dim, about their mean. */
static void
covariances(const Rows *rows, double *covariance)
{
	int			n = rows->n;
	int			dim = rows->dim;
	double		total = rows_total_weight(rows);
	double	   *mean = core_alloc0(dim, sizeof(double));

	for (int j = 0; j < dim; j++)
	{
		const double *x = rows->x + (Size) j * n;

		for (int i = 0; i < n; i++)
			mean[j] += rows->weight[i] * (x[i] - x[0]);
		mean[j] = x[0] + mean[j] / total;
	}
	for (int a = 0; a < dim; a++)
		for (int b = 0; b <= a; b++)
		{
			const double *xa = rows->x + (Size) a * n;
			const double *xb = rows->x + (Size) b * n;
			double		sum = 0;

			core_poll("principal axes", -1);
			for (int i = 0; i < n; i++)
				sum += rows->weight[i] * ((xa[i] - mean[a]) * (xb[i] - mean[b]));
			if (rows->variance && a == b)
				for (int i = 0; i < n; i++)
					sum += rows->weight[i] * rows->variance[(Size) a * n + i];
			covariance[(Size) a * dim + b] = covariance[(Size) b * dim + a] = sum / total;
		}
	pfree(mean);
}

/* Turn columns p and q of a matrix, or its rows, by an angle. */
static void
turn(double *m, int dim, int p, int q, Size step, Size stride, double c, double s)
{
	for (int i = 0; i < dim; i++)
	{
		double	   *mp = m + i * stride + p * step;
		double	   *mq = m + i * stride + q * step;
		double		x = *mp;
		double		y = *mq;

		*mp = c * x - s * y;
		*mq = s * x + c * y;
	}
}

/* axis[] becomes the eigenvectors of a symmetric matrix, in columns; the matrix is used up. */
static void
eigenvectors(double *m, int dim, double *axis)
{
	memset(axis, 0, sizeof(double) * dim * dim);
	for (int j = 0; j < dim; j++)
		axis[(Size) j * dim + j] = 1;
	for (int sweep = 0; sweep < JACOBI_SWEEPS; sweep++)
	{
		bool		diagonal = true;

		core_poll("principal axes", -1);
		for (int p = 0; p < dim - 1; p++)
			for (int q = p + 1; q < dim; q++)
			{
				double		pp = m[(Size) p * dim + p];
				double		qq = m[(Size) q * dim + q];
				double		pq = m[(Size) p * dim + q];
				double		tau;
				double		t;
				double		c;

				if (fabs(pq) <= 1e-15 * sqrt(fabs(pp)) * sqrt(fabs(qq)))
					continue;
				diagonal = false;
				tau = (qq - pp) / (2 * pq);
				t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
				c = 1 / sqrt(1 + t * t);
				turn(m, dim, p, q, 1, dim, c, t * c);
				turn(m, dim, p, q, dim, 1, c, t * c);
				turn(axis, dim, p, q, 1, dim, c, t * c);
			}
		if (diagonal)
			break;
	}
}

/*
 * side[] becomes the extents of the rows along their principal axes, the longest
 * first: the order in which axes are found changes with the smallest rounding.
 */
static void
box_sides(const Rows *rows, double *side)
{
	int			n = rows->n;
	int			dim = rows->dim;
	double	   *axis = NULL;
	double	   *along = core_alloc(n, sizeof(double));

	if (dim <= PRINCIPAL_FEATURES)
	{
		double	   *covariance = core_alloc(dim, mul_size(dim, sizeof(double)));

		axis = core_alloc(dim, mul_size(dim, sizeof(double)));
		covariances(rows, covariance);
		eigenvectors(covariance, dim, axis);
		pfree(covariance);
	}
	for (int a = 0; a < dim; a++)
	{
		double		least = INFINITY;
		double		most = -INFINITY;
		int			at;

		core_poll("principal axes", -1);
		memset(along, 0, sizeof(double) * n);
		for (int j = 0; j < dim; j++)
		{
			double		part = axis ? axis[(Size) j * dim + a] : j == a;

			if (part != 0)
				for (int i = 0; i < n; i++)
					along[i] += part * rows->x[(Size) j * n + i];
		}
		for (int i = 0; i < n; i++)
		{
			least = Min(least, along[i]);
			most = Max(most, along[i]);
		}
		at = a;
		for (; at > 0 && side[at - 1] < most - least; at--)
			side[at] = side[at - 1];
		side[at] = most - least;
	}
	pfree(along);
	if (axis)
		pfree(axis);
}

/* A reference set of n rows. */
static Rows
draw_set(const double *side, int n, int dim, Random *random)
{
	double	   *point = core_alloc(n, mul_size(dim, sizeof(double)));
	int		   *row_of = core_alloc(n, sizeof(int));
	Rows		rows;

	for (Size i = 0; i < (Size) n * dim; i++)
		point[i] = side[i % dim] * (random_unit(random) - 0.5);
	rows = rows_canonical(point, n, dim, row_of);
	pfree(row_of);
	pfree(point);
	return rows;
}

/*
 * log_inertia[k - 1] becomes the mean of log W*(k) for k = 1 .. k_max, and
 * se[k - 1] its standard error, for rows of which two at least differ.  It is
 * -infinity for as many clusters as a reference set has rows, or more.
 */
void
gap_references(const Rows *rows, int k_max, int64 seed, double *log_inertia, double *se)
{
	int			n = (int) Min(rows_total_weight(rows), GAP_MOST_ROWS);
	int			dim = rows->dim;
	double	   *side = core_alloc(dim, sizeof(double));
	double	   *value = core_alloc(k_max, GAP_SETS * sizeof(double));
	double	   *centroid = core_alloc(k_max, mul_size(dim, sizeof(double)));
	int		   *label = core_alloc(n, sizeof(int));

	box_sides(rows, side);
	for (int b = 0; b < GAP_SETS; b++)
	{
		Random		random = random_stream(seed, FIRST_STREAM + b);
		Rows		set = draw_set(side, n, dim, &random);

		for (int k = 1; k <= k_max; k++)
		{
			double		inertia = 0;

			core_poll("gap statistic", (b + (double) k / k_max) / GAP_SETS);
			if (k < set.n)
				inertia = kmeans_solve(&set, k, (int64) random_bits(&random), 1, KMEANS_MAX_ITER,
									   centroid, label).inertia;
			value[(Size) (k - 1) * GAP_SETS + b] = inertia > 0 ? real_log(inertia / n) : -INFINITY;
		}
		rows_free(&set);
	}
	for (int k = 1; k <= k_max; k++)
	{
		const double *v = value + (Size) (k - 1) * GAP_SETS;
		double		mean = 0;
		double		squares = 0;

		for (int b = 0; b < GAP_SETS; b++)
			mean += v[b] / GAP_SETS;
		for (int b = 0; b < GAP_SETS; b++)
			squares += (v[b] - mean) * (v[b] - mean) / GAP_SETS;
		log_inertia[k - 1] = mean;
		se[k - 1] = sqrt(squares) * sqrt(1 + 1.0 / GAP_SETS);
	}
	pfree(label);
	pfree(centroid);
	pfree(value);
	pfree(side);
}
