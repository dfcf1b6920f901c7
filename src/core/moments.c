/*
 * moments.c
 *	  Mean and standard deviation of a weighted column, for every group.
 *
 * Three passes, each in row order: the mean as an offset from the group's
 * first value, then as an offset from that mean, then the squares around it.
 * Offsets instead of plain sums keep all digits where values share a
 * large common part (1e9 + small), and make the mean of equal values that
 * value and their standard deviation 0, exactly.
 *
 * Chan, Golub, LeVeque: Algorithms for Computing the Sample Variance,
 * The American Statistician 37(3), 1983, doi:10.1080/00031305.1983.10483115.
 */
#include "moments.h"

#include "pow2.h"

/* *sum += value, what rounding loses going to *lost (Knuth's two-sum). */
static inline void
add_exactly(double *sum, double *lost, double value)
{
	double		total = *sum + value;
	double		added = total - *sum;

	*lost += (*sum - (total - added)) + (value - added);
	*sum = total;
}

/*
 * Moments of the n values x[] with weights weight[], by group[] in
 * 0..ngroups-1 (all one group when NULL).  Where a value is the mean of a
 * cell, variance[] is that of its rows, which count one by one (none when
 * NULL).  A group without rows gets zeros.
 * O(n + ngroups) time and memory.
 */
void
moments_by_group(const double *x, const double *weight, const double *variance,
				 const int *group, int n, int ngroups, Moments *result)
{
	double	   *rest = core_alloc0(ngroups, sizeof(double));
	double	   *square = core_alloc0(ngroups, sizeof(double));
	double		largest = 0;
	Pow2		down;
	Pow2		up;
	int			e;

	memset(result, 0, sizeof(Moments) * ngroups);

	/*
	 * Work on x / 2^e, which is below 1: squares of values around 1e300 would
	 * overflow.
	 */
	for (int i = 0; i < n; i++)
		largest = Max(largest, fabs(x[i]));
	frexp(largest, &e);
	down = pow2_of(-e);
	up = pow2_of(e);

	for (int i = n - 1; i >= 0; i--)
	{
		Moments    *m = &result[group ? group[i] : 0];

		m->weight += weight[i];
		m->mean = pow2_scale(x[i], down);
	}
	for (int pass = 0; pass < 2; pass++)
	{
		for (int i = 0; i < n; i++)
		{
			int			g = group ? group[i] : 0;

			add_exactly(&rest[g], &square[g],
						weight[i] * (pow2_scale(x[i], down) - result[g].mean));
		}
		for (int g = 0; g < ngroups; g++)
		{
			if (result[g].weight > 0)
				result[g].mean += (rest[g] + square[g]) / result[g].weight;
			rest[g] = square[g] = 0;
		}
	}
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

			result[g].sd = pow2_scale(sqrt(Max(sum, 0) / result[g].weight), up);
		}
		result[g].mean = pow2_scale(result[g].mean, up);
	}
	pfree(square);
	pfree(rest);
}
