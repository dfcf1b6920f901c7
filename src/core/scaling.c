/*
 * scaling.c
 *	  From the units of the input to the space in which distance is measured.
 *
 * The statistics are taken over canonical rows, so they, and every scaled
 * value, are a function of the multiset of rows, to the last bit.
 */
#include "scaling.h"

#include "moments.h"
#include "realmath.h"

/* The value at a rank, counted from 0, of a weighted column sorted by order[]. */
static double
value_at_rank(const double *x, const double *weight, const int *order, int n, double rank)
{
	double		before = 0;

	for (int i = 0; i < n; i++)
	{
		before += weight[order[i]];
		if (rank < before)
			return x[order[i]];
	}
	return x[order[n - 1]];
}

/* Quantile p by linear interpolation, R's type 7, as numpy has it. */
static double
quantile(const double *x, const double *weight, const int *order, int n,
		 double total, double p)
{
	double		position = p * (total - 1);
	double		rank = floor(position);
	double		low = value_at_rank(x, weight, order, n, rank);
	double		high = value_at_rank(x, weight, order, n, rank + 1);

	/* a weighted sum, since high - low can overflow */
	if (low == high)
		return low;
	return low * (1 - (position - rank)) + high * (position - rank);
}

/* Median and interquartile range of a column. */
static void
fit_robust(const double *x, const double *weight, int n, double *offset, double *unit)
{
	int		   *order = core_alloc(n, sizeof(int));
	double		total = 0;

	order_by_key(x, n, order);
	for (int i = 0; i < n; i++)
		total += weight[i];
	*offset = quantile(x, weight, order, n, total, 0.5);
	*unit = quantile(x, weight, order, n, total, 0.75) -
		quantile(x, weight, order, n, total, 0.25);
	pfree(order);
}

static void
fit_minmax(const double *x, int n, double *offset, double *unit)
{
	double		least = x[0];
	double		most = x[0];

	for (int i = 1; i < n; i++)
	{
		least = Min(least, x[i]);
		most = Max(most, x[i]);
	}
	*offset = least;
	*unit = most - least;
}

/*
 * Learn a scaling from n >= 1 canonical rows.  Where the interquartile range
 * is 0 (columns that are mostly one value), the standard deviation stands in
 * for it; where that is 0, 1 does.  O(n dim).
 */
Scaling
scaling_fit(ScaleMethod method, const Rows *rows)
{
	Scaling		scaling = {
		.method = method,
		.dim = rows->dim,
		.offset = core_alloc0(rows->dim, sizeof(double)),
		.unit = core_alloc(rows->dim, sizeof(double)),
	};
	int			n = rows->n;
	bool		is_log = method == SCALE_LOG;
	double	   *log_column = is_log ? core_alloc(n, sizeof(double)) : NULL;
	double	   *log_variance = is_log ? core_alloc(n, sizeof(double)) : NULL;

	Assert(n >= 1);
	for (int j = 0; j < rows->dim; j++)
	{
		const double *x = rows->x + (Size) j * n;
		const double *variance = rows->variance ? rows->variance + (Size) j * n : NULL;
		double	   *offset = &scaling.offset[j];
		double	   *unit = &scaling.unit[j];
		Moments		m;

		core_poll("scaling", (double) j / rows->dim);
		*unit = 0;
		switch (method)
		{
			case SCALE_NONE:
				*unit = 1;
				break;
			case SCALE_MINMAX:
				fit_minmax(x, n, offset, unit);
				break;
			case SCALE_ROBUST:
				fit_robust(x, rows->weight, n, offset, unit);
				if (*unit == 0)
				{
					moments_by_group(x, rows->weight, variance, NULL, n, 1, &m);
					*unit = m.sd;
				}
				break;
			case SCALE_LOG:
				for (int i = 0; i < n; i++)
				{
					log_column[i] = real_asinh(x[i]);
					if (variance)
						log_variance[i] = variance[i] / (1 + x[i] * x[i]);
				}
				x = log_column;
				variance = variance ? log_variance : NULL;
				/* FALLTHROUGH */
			case SCALE_ZSCORE:
				moments_by_group(x, rows->weight, variance, NULL, n, 1, &m);
				*offset = m.mean;
				*unit = m.sd;
				break;
		}
		if (*unit == 0)
			*unit = 1;
		*unit = Min(*unit, DBL_MAX);	/* the range of +-1e308 */
	}
	if (is_log)
	{
		pfree(log_column);
		pfree(log_variance);
	}
	return scaling;
}

/* A value in input units, finite, as a coordinate in the fitted space, finite. */
double
scaling_apply(const Scaling *scaling, int feature, double x)
{
	double		offset = scaling->offset[feature];
	double		unit = scaling->unit[feature];
	double		z;

	if (scaling->method == SCALE_LOG)
		x = real_asinh(x);
	z = (x - offset) / unit;
	if (fabs(z) <= DBL_MAX)
		return z;

	/* x - offset, or the quotient, left the range of a double */
	z = (x / 2 - offset / 2) / unit;
	return fabs(z) <= DBL_MAX / 2 ? 2 * z : copysign(DBL_MAX, z);
}

/*
 * The variance of values with the given mean and variance, in the fitted
 * space; under SCALE_LOG by the slope at the mean, so up to second order.
 */
double
scaling_variance(const Scaling *scaling, int feature, double mean, double variance)
{
	double		unit = scaling->unit[feature];

	if (scaling->method == SCALE_LOG)
		variance /= 1 + mean * mean;
	return variance / unit / unit;
}

/*
 * The logarithm of the slope of scaling_apply at x: what is added to that of a
 * density in the fitted space to have it in input units.
 */
double
scaling_log_slope(const Scaling *scaling, int feature, double x)
{
	double		result = -real_log(scaling->unit[feature]);

	/* the slope of asinh is 1 / sqrt(1 + x^2), which is 1 / |x| in the end */
	if (scaling->method == SCALE_LOG)
		result -= fabs(x) > 1e9 ? real_log(fabs(x)) : 0.5 * real_log1p(x * x);
	return result;
}

/* The inverse of scaling_apply, up to rounding. */
double
scaling_invert(const Scaling *scaling, int feature, double z)
{
	double		x = scaling->offset[feature] + z * scaling->unit[feature];

	if (scaling->method == SCALE_LOG)
		x = real_sinh(x);
	return fabs(x) <= DBL_MAX ? x : copysign(DBL_MAX, x);
}

/*
 * The rows in the fitted space, in the same order and with the same weights.
 * Rounding can make neighbours equal: rows_merge_equal mends that.
 */
Rows
scaling_rows(const Scaling *scaling, const Rows *rows)
{
	Rows		scaled = {
		.n = rows->n,
		.dim = rows->dim,
		.x = core_alloc(rows->n, mul_size(rows->dim, sizeof(double))),
		.weight = core_alloc(rows->n, sizeof(double)),
		.variance = rows->variance ? core_alloc(rows->n, mul_size(rows->dim, sizeof(double))) : NULL,
	};

	memcpy(scaled.weight, rows->weight, sizeof(double) * rows->n);
	for (int j = 0; j < rows->dim; j++)
	{
		core_poll("scaling", -1);
		for (int i = 0; i < rows->n; i++)
		{
			Size		at = (Size) j * rows->n + i;

			scaled.x[at] = scaling_apply(scaling, j, rows->x[at]);
			if (rows->variance)
				scaled.variance[at] = scaling_variance(scaling, j, rows->x[at], rows->variance[at]);
		}
	}
	return scaled;
}
