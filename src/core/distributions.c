/*
 * distributions.c
 *	  Tails of the distributions that test statistics have: chi-square,
 *	  normal, F, Student's t, Kolmogorov's, Smirnov's and that of Mann and
 *	  Whitney.
 *
 * Each function gives the probability of a statistic as far out or farther,
 * and its logarithm.  The first four are incomplete gamma and beta functions,
 * as DLMF (https://dlmf.nist.gov) defines them: a power series (8.7.1) or
 * continued fraction (8.9.2) for gamma, a continued fraction (8.17.22) for beta,
 * on whichever side of the mean converges.  These take some sqrt(df) steps near
 * the mean, a few far out.
 *
 * What matters for many degrees of freedom is the factor in front, such as
 * x^a e^-x / Gamma(a): as a difference of three large logarithms it would have
 * lost eight digits at 10^7 degrees of freedom.  It is written as the
 * deviance of x from a and the errors of Stirling's formula instead, after
 * Loader (Fast and Accurate Computation of Binomial Probabilities, 2000),
 * both small and without cancellation.  The relative error of p is below 1e-12
 * up to 10^7 degrees of freedom.
 *
 * The exact distributions are recurrences with positive terms only.
 *
 * These decide no label, so the C library's exp and log will do.
 */
#include "distributions.h"

/* Steps of a continued fraction or series; for 10^8 degrees of freedom 10^5 would do. */
#define MOST_STEPS 10000000

/* Keeps Lentz's ratios from being 0. */
#define TINY 1e-300

/* Beyond, an F or t is so far out that one term is its tail, to the last digit. */
#define FAR_OUT 1e100

static Tail
tail_of_log(double log_p)
{
	log_p = Min(log_p, 0);
	return (Tail) {exp(log_p), log_p / M_LN10};
}

/* Both logarithm and value come from the complement, which is not near 1. */
static Tail
tail_of_complement(double q)
{
	q = Max(0, Min(q, 1));
	return (Tail) {1 - q, log1p(-q) / M_LN10};
}

static Tail
tail_of(double p)
{
	p = Max(0, Min(p, 1));
	return (Tail) {p, log10(p)};
}

/*
 * u - log(1 + u) where ratio = 1 + u, which is known better than by adding:
 * by the series of log((1 + r) / (1 - r)), r = u / (2 + u), near 0.
 */
static double
log_deviance(double u, double ratio)
{
	double		r;
	double		power;
	double		sum = 0;

	if (fabs(u) > 0.5)
		return u - log(ratio);
	r = u / (2 + u);
	power = r * r * r;
	for (int k = 3; k < 60; k += 2)
	{
		double		before = sum;

		sum += power / k;
		if (sum == before)
			break;
		power *= r * r;
	}
	return u * r - 2 * sum;
}

/* log Gamma(a) - ((a - 1/2) log a - a + log(2 pi) / 2): DLMF 5.11.1, and 5.5.1 below 10. */
static double
stirling_error(double a)
{
	double		error = 0;
	double		s;

	for (; a < 10; a += 1)
		error += (a + 0.5) * log1p(1 / a) - 1;
	s = 1 / (a * a);
	return error + (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s * (1.0 / 1188 -
								s * (691.0 / 360360 - s / 156)))))) / a;
}

/* A continued fraction, by Lentz's method as modified by Thompson and Barnett. */
typedef struct Fraction
{
	double		value;
	double		c;
	double		d;
} Fraction;

/* 1 / b */
static Fraction
fraction_begin(double b)
{
	return (Fraction) {1 / b, 1 / TINY, 1 / b};
}

/* Add the terms a / (b + ...); returns whether the value has settled. */
static bool
fraction_step(Fraction *f, double a, double b)
{
	double		change;

	f->d = b + a * f->d;
	if (fabs(f->d) < TINY)
		f->d = TINY;
	f->d = 1 / f->d;
	f->c = b + a / f->c;
	if (fabs(f->c) < TINY)
		f->c = TINY;
	change = f->c * f->d;
	f->value *= change;
	return fabs(change - 1) < DBL_EPSILON;
}

/* A chi-square of x or more: the upper incomplete gamma function Q(df / 2, x / 2). */
Tail
tail_chi_square(double x, double df)
{
	double		a = df / 2;
	double		log_front;		/* of (x/2)^a e^(-x/2) / Gamma(a) */

	Assert(df > 0);
	if (!(x > 0))
		return tail_of(1);
	if (x > DBL_MAX)
		return tail_of(0);
	log_front = 0.5 * log(a / (2 * M_PI)) - stirling_error(a) -
		a * log_deviance((x - df) / df, x / df);

	if (x / 2 < a + 1)
	{
		/* P, DLMF 8.7.1 times z^a */
		double		term = 1 / a;
		double		sum = term;

		for (int i = 1; i < MOST_STEPS && term > sum * (DBL_EPSILON / 4); i++)
		{
			term *= x / (df + 2 * i);
			sum += term;
			if (i % 10000 == 0)
				core_poll("testing", -1);
		}
		return tail_of_complement(exp(log_front) * sum);
	}
	else
	{
		/* Q, DLMF 8.9.2 in its even form */
		double		b = (x - df) / 2 + 1;
		Fraction	f = fraction_begin(b);

		for (int i = 1; i < MOST_STEPS; i++)
		{
			b += 2;
			if (fraction_step(&f, -i * (i - a), b))
				break;
			if (i % 10000 == 0)
				core_poll("testing", -1);
		}
		return tail_of_log(log_front + log(f.value));
	}
}

/* A normal deviate as far from 0 as z, on either side: its square is a chi-square. */
Tail
tail_normal(double z)
{
	return tail_chi_square(z * z, 1);
}

/*
 * The continued fraction of the incomplete beta function without the factor
 * x^a y^b / B(a, b): DLMF 8.17.22 in its even form, in which the difference
 * "lambda" = a y - b x can be given, for it cancels where x is near its mean.
 */
static double
beta_fraction(double a, double b, double x, double y, double lambda)
{
	double		denominator = a / (a + 1) * (lambda + 1);
	Fraction	f = fraction_begin(denominator);

	for (int m = 1; m < MOST_STEPS; m++)
	{
		double		odd = a + 2 * m - 1;
		double		numerator = (a + m - 1) / odd * ((a + b + m - 1) / odd) * m * (b - m) * x * x;

		denominator = m + m * (b - m) * x / odd + (a + m) / (odd + 2) * (lambda + 1 + m * (1 + y));
		if (fraction_step(&f, numerator, denominator))
			break;
		if (m % 10000 == 0)
			core_poll("testing", -1);
	}
	return f.value;
}

/*
 * The logarithm of sqrt(a b / (2 pi (a + b))) as corrected by Stirling's
 * errors: what x^a y^b / B(a, b) is at the mean of the distribution.
 */
static double
log_beta_peak(double a, double b)
{
	return 0.5 * log(a / (a + b) * b / (2 * M_PI)) +
		stirling_error(a + b) - stirling_error(a) - stirling_error(b);
}

/* An F of f or more, log_f being its logarithm: the incomplete beta function I_x(df2/2, df1/2). */
static Tail
upper_f(double f, double log_f, double df1, double df2)
{
	double		a = df2 / 2;
	double		b = df1 / 2;
	double		sum;			/* df2 + df1 f, over df2 or over df1 f */
	double		x;
	double		y;
	double		u;				/* (x - mean) / mean, and for y */
	double		v;
	double		log_front;
	double		lambda;

	Assert(df1 > 0 && df2 > 0);
	if (!(f > 0))
		return tail_of(1);
	if (log_f > DBL_MAX)
		return tail_of(0);
	if (f > FAR_OUT * Max(1, df2 / df1))
	{
		/* x^a / (a B(a, b)), with x = df2 / (df1 f) */
		double		log_mean_x = -log1p(b / a);
		double		log_mean_y = -log1p(a / b);

		return tail_of_log(log_beta_peak(a, b) - a * log_mean_x - b * log_mean_y - log(a) +
						   a * (log(df2 / df1) - log_f));
	}

	if (f > 1)
	{
		double		w = df2 / df1 / f;

		sum = 1 + w;
		x = w / sum;
		y = 1 / sum;
		u = (1 - f) / f / sum;
		v = w * (f - 1) / sum;
	}
	else
	{
		double		w = df1 / df2 * f;

		sum = 1 + w;
		x = 1 / sum;
		y = w / sum;
		u = df1 / df2 * (1 - f) / sum;
		v = (f - 1) / sum;
	}
	log_front = log_beta_peak(a, b) - a * log_deviance(u, x * (1 + b / a)) -
		b * log_deviance(v, y * (1 + a / b));
	lambda = b * v * (a / (a + b)) - a * u * (b / (a + b));
	if (x * (a + b + 2) < a + 1)
		return tail_of_log(log_front + log(beta_fraction(a, b, x, y, lambda)));
	return tail_of_complement(exp(log_front) * beta_fraction(b, a, y, x, -lambda));
}

Tail
tail_f(double f, double df1, double df2)
{
	return upper_f(f, log(f), df1, df2);
}

/* A Student's t as far from 0 as t, on either side: its square is an F. */
Tail
tail_student(double t, double df)
{
	return upper_f(t * t, 2 * log(fabs(t)), 1, df);
}

/*
 * Kolmogorov's distribution: x is the largest distance times sqrt(m n / (m + n)),
 * and p what that tends to for large samples.  Kolmogorov 1933; below 1 by the
 * transformed theta series.
 */
Tail
tail_kolmogorov(double x)
{
	double		sum = 0;

	if (!(x > 0))
		return tail_of(1);
	if (x < 1)
	{
		double		step = M_PI * M_PI / (8 * x * x);

		for (int k = 7; k > 0; k -= 2)
			sum += exp(-step * k * k);
		return tail_of_complement(sqrt(2 * M_PI) / x * sum);
	}
	/* 2 (e^(-2 x^2) - e^(-8 x^2) + e^(-18 x^2) - ...), the first term taken out */
	for (int k = 5; k > 1; k--)
		sum += (k % 2 == 0 ? -1 : 1) * exp(-2 * x * x * (k * k - 1));
	return tail_of_log(M_LN2 - 2 * x * x + log1p(sum));
}

/*
 * Smirnov's exact distribution, given the ties: the probability that samples
 * of m and n, drawn from the m + n values at hand, have distribution functions
 * that are somewhere d / (m n) apart, or more.  is_last[i] tells of each of
 * the values, in ascending order, whether the next is larger.
 *
 * A draw is a path from (0, 0) to (m, n); all are equally likely, so that
 * the last step to (i, j) came from (i - 1, j) with probability i / (i + j).
 * The probability to have been d apart spreads along.  O(m n) time, O(n) memory.
 * Schroeer and Trenkler, Computational Statistics & Data Analysis 20, 1995,
 * doi:10.1016/0167-9473(94)00040-P.
 */
Tail
tail_smirnov(int64 d, int m, int n, const bool *is_last)
{
	double	   *reached = core_alloc(n + 1, sizeof(double));
	double		p;

	for (int i = 0; i <= m; i++)
	{
		for (int j = 0; j <= n; j++)
		{
			int64		apart = (int64) i * n - (int64) j * m;

			if (i + j == 0)
				reached[j] = d <= 0;
			else if (is_last[i + j - 1] && (apart >= d || apart <= -d))
				reached[j] = 1;
			else if (i == 0)
				reached[j] = reached[j - 1];
			else if (j > 0)
				reached[j] = (i * reached[j] + j * reached[j - 1]) / (i + j);
		}
		core_poll("testing", (double) i / m);
	}
	p = reached[n];
	pfree(reached);
	return tail_of(p);
}

/*
 * The exact distribution of U without ties: twice the probability of a U as
 * far from m n / 2 as u, on its side.
 *
 * With u pairs in which the first sample's value is the larger, the largest of
 * all values is from the first sample, with probability m / (m + n), and
 * takes part in n such pairs; or it is from the second, and takes part in none.
 * O(m^2 n^2) time and O(m n^2) memory.  Mann and Whitney 1947,
 * doi:10.1214/aoms/1177730491.
 */
Tail
tail_mann_whitney(int u, int m, int n)
{
	int			top = Min(u, m * n - u);
	Size		width = top + 1;
	double	   *p = core_alloc0(n + 1, sizeof(double) * width);
	double		sum = 0;

	Assert(u >= 0 && u <= m * n);
	for (int i = 0; i <= m; i++)
	{
		for (int j = 0; j <= n; j++)
		{
			double	   *to = p + j * width;
			const double *left = to - width;

			if (i == 0 || j == 0)
			{
				to[0] = 1;
				continue;
			}
			for (int v = top; v >= 0; v--)
				to[v] = ((v >= j ? i * to[v - j] : 0) + j * left[v]) / (i + j);
		}
		core_poll("testing", (double) i / m);
	}
	for (int v = top; v >= 0; v--)
		sum += p[n * width + v];
	pfree(p);
	return tail_of(2 * sum);
}
