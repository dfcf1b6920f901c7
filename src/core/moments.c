/*
 * moments.c
 *	  Mean and standard deviation of a weighted column, for every group.
 *
 * Three passes over the rows in their order: the mean as an offset from the
 * group's first value, then as an offset from that mean, then the squares
 * around it.
 * Offsets instead of plain sums keep all digits where values share a
 * large common part (1e9 + small), and make the mean of equal values that
 * value and their standard deviation 0, exactly.
 *
 * Chan, Golub, LeVeque: Algorithms for Computing the Sample Variance,
 * The American Statistician 37(3), 1983, doi:10.1080/00031305.1983.10483115.
 */
#include "moments.h"

#include "pow2.h"

/*
 * Rows go to so many lanes in turn, each with sums of its own: an addition
 * need not wait for the one before it.
 */
#define LANES 4

/* A sum, and what rounding has lost of it so far. */
typedef struct Sum
{
	double		total;
	double		lost;
} Sum;

/* Add a value (Knuth's two-sum). */
static inline void
add_exactly(Sum *sum, double value)
{
	double		total = sum->total + value;
	double		added = total - sum->total;

	sum->lost += (sum->total - (total - added)) + (value - added);
	sum->total = total;
}

/* The sum of a group's lanes, which are then empty. */
static double
take_lanes(Sum *sums, int g, int ngroups)
{
	Sum			all = {0};

	for (int lane = 0; lane < LANES; lane++)
	{
		Sum		   *sum = &sums[(Size) lane * ngroups + g];

		add_exactly(&all, sum->total);
		all.lost += sum->lost;
		*sum = (Sum) {0};
	}
	return all.total + all.lost;
}

/* Means move by what the rows' offsets from them, which have been summed, have for a mean. */
static void
move_means(Sum *sums, int ngroups, Moments *result)
{
	for (int g = 0; g < ngroups; g++)
		if (result[g].weight > 0)
			result[g].mean += take_lanes(sums, g, ngroups) / result[g].weight;
}

/*
 * An exponent e such that x / 2^e is below 1: of values around 1e300 sums and
 * squares would overflow.
 */
static int
exponent_of(const double *x, int n)
{
	double		largest[LANES] = {0};
	int			e;

	for (int i = 0; i < n; i++)
		largest[i % LANES] = Max(largest[i % LANES], fabs(x[i]));
	for (int lane = 1; lane < LANES; lane++)
		largest[0] = Max(largest[0], largest[lane]);
	frexp(largest[0], &e);
	return e;
}

/* Weights, and means of x / 2^e ("down" being 2^-e), which are below 1. */
static void
find_means(const double *x, const double *weight, const int *group, int n, int ngroups,
		   Pow2 down, Moments *result)
{
	Sum		   *sums = core_alloc0(mul_size(LANES, ngroups), sizeof(Sum));

	memset(result, 0, sizeof(Moments) * ngroups);
	for (int i = n - 1; i >= 0; i--)
	{
		int			g = group ? group[i] : 0;

		sums[(Size) (i % LANES) * ngroups + g].total += weight[i];
		result[g].mean = pow2_scale(x[i], down);
	}
	for (int g = 0; g < ngroups; g++)
		result[g].weight = take_lanes(sums, g, ngroups);

	/* the first sum only has to come near, for the second makes up for it */
	for (int i = 0; i < n; i++)
	{
		int			g = group ? group[i] : 0;

		sums[(Size) (i % LANES) * ngroups + g].total +=
			weight[i] * (pow2_scale(x[i], down) - result[g].mean);
	}
	move_means(sums, ngroups, result);
	for (int i = 0; i < n; i++)
	{
		int			g = group ? group[i] : 0;

		add_exactly(&sums[(Size) (i % LANES) * ngroups + g],
					weight[i] * (pow2_scale(x[i], down) - result[g].mean));
	}
	move_means(sums, ngroups, result);
	pfree(sums);
}

/* Up again to the size of the values; what rounding put beyond the largest double comes back. */
static double
scale_up(double scaled, Pow2 up)
{
	return Max(Min(pow2_scale(scaled, up), DBL_MAX), -DBL_MAX);
}

/*
 * Weights and means of the n values x[] with weights weight[], by group[] in
 * 0..ngroups-1 (all one group when NULL).  A group without rows gets zeros.
 * O(n + ngroups) time and O(ngroups) memory.
 */
void
means_by_group(const double *x, const double *weight, const int *group, int n, int ngroups,
			   Moments *result)
{
	int			e = exponent_of(x, n);

	find_means(x, weight, group, n, ngroups, pow2_of(-e), result);
	for (int g = 0; g < ngroups; g++)
		result[g].mean = scale_up(result[g].mean, pow2_of(e));
}

/*
 * The same with standard deviations.  Where a value is the mean of a cell,
 * variance[] is that of its rows, which count one by one (none when NULL).
 */
void
moments_by_group(const double *x, const double *weight, const double *variance,
				 const int *group, int n, int ngroups, Moments *result)
{
	int			e = exponent_of(x, n);
	Pow2		down = pow2_of(-e);
	Pow2		up = pow2_of(e);
	double	   *rest = core_alloc0(ngroups, sizeof(double));
	double	   *square = core_alloc0(ngroups, sizeof(double));

	find_means(x, weight, group, n, ngroups, down, result);
	for (int i = 0; i < n; i++)
	{
		int			g = group ? group[i] : 0;
		double		d = pow2_scale(x[i], down) - result[g].mean;

		rest[g] += weight[i] * d;
		square[g] += weight[i] * (d * d);
		if (variance)
			square[g] += weight[i] * pow2_scale(pow2_scale(variance[i], down), down);
	}
	for (int g = 0; g < ngroups; g++)
	{
		if (result[g].weight > 0)
		{
			/* the mean is rounded to a double: take off what that adds */
			double		sum = square[g] - rest[g] * rest[g] / result[g].weight;

			result[g].sd = scale_up(sqrt(Max(sum, 0) / result[g].weight), up);
		}
		result[g].mean = scale_up(result[g].mean, up);
	}
	pfree(square);
	pfree(rest);
}
