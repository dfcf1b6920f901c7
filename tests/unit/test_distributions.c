/*
 * test_distributions.c
 *	  Tails of distributions: against R's values, against closed forms where
 *	  there are some, and, where the distribution is a count, against counting.
 */
#include "distributions.h"

#include "tap.h"

/* What is promised of p, relatively, up to 10^7 degrees of freedom. */
#define LIMIT 1e-10

#define PI 3.14159265358979323846264338327950288L

/* What the closed forms are met with. */
#define CLOSE 1e-12

/* How far a tail is off: p relatively, and log10_p by what it says of p, or relatively where that is larger than 1. */
static double
error_of(Tail tail, long double log_p)
{
	double		log_error = (double) (fabsl(tail.log10_p * M_LN10 - log_p) / Max(1, fabsl(log_p) / 700));
	long double p = expl(log_p);

	/* 1 - p has lost the digits that p's logarithm would tell */
	if (log_p > -0.1)
		log_error = (double) fabsl(tail.log10_p * M_LN10 - log_p);
	return p < DBL_MIN ? log_error : Max(log_error, (double) fabsl(tail.p / p - 1));
}

/* Of a line of data/distributions.csv. */
static bool
tail_by_name(const char *name, double x, double df1, double df2, Tail *tail)
{
	if (strcmp(name, "normal") == 0)
		*tail = tail_normal(x);
	else if (strcmp(name, "chi_square") == 0)
		*tail = tail_chi_square(x, df1);
	else if (strcmp(name, "student") == 0)
		*tail = tail_student(x, df1);
	else if (strcmp(name, "f") == 0)
		*tail = tail_f(x, df1, df2);
	else if (strcmp(name, "mann_whitney") == 0)
		*tail = tail_mann_whitney((int) x - 1, (int) df1, (int) df2);
	else
		return false;
	return true;
}

static void
test_reference(void)
{
	Check		same = {.name = "R's values, from 0.999 to exp(-10000), for 1 to 10^7 degrees of freedom"};
	FILE	   *file = fopen("data/distributions.csv", "r");
	char		line[200];
	double		worst = 0;

	if (!file)
		file = fopen("../../data/distributions.csv", "r");
	if (file && fgets(line, sizeof(line), file))
		while (fgets(line, sizeof(line), file))
		{
			char		name[40];
			double		x;
			double		df1;
			double		df2;
			double		log_p;
			Tail		tail = {0};
			bool		read = sscanf(line, "%39[a-z_],%lf,%lf,%lf,%lf", name, &x, &df1, &df2, &log_p) == 5 &&
				tail_by_name(name, x, df1, df2, &tail);

			check_that(&same, read && error_of(tail, log_p) < LIMIT,
					   "%s %.17g, %g and %g degrees: p %.17g, log10 %.17g; R has log p %.17g",
					   name, x, df1, df2, tail.p, tail.log10_p, log_p);
			if (read)
				worst = Max(worst, error_of(tail, log_p));
		}
	if (file)
		fclose(file);
	printf("# largest difference %.3g\n", worst);
	check_end(&same);
}

/* Formulas without a series, for any statistic; all in long double. */
static void
test_closed_forms(void)
{
	Check		cauchy = {.name = "t of 1 degree is the arc tangent"};
	Check		t2 = {.name = "t of 2 degrees is algebraic"};
	Check		chi2 = {.name = "chi-square of 2 degrees is exponential"};
	Check		chi_even = {.name = "chi-square of an even number of degrees is Poisson's distribution"};
	Check		f2 = {.name = "F of 2 and up to 10^7 degrees is a power"};
	Check		f_reciprocal = {.name = "1 / F is F with the degrees exchanged"};
	Check		normal = {.name = "normal tails are erfc"};
	Check		limit = {.name = "t of many degrees tends to normal, F to chi-square"};

	for (int i = 0; i < 20000; i++)
	{
		double		t = fabs(draw_magnitude(-20, 100));
		double		x = draw_between(0, 1) < 0.5 ? fabs(draw_magnitude(-30, 12)) : draw_between(0, 1500);
		double		f = fabs(draw_magnitude(-20, 60));
		double		df = ldexp(1, draw_int(0, 22)) * draw_between(1, 2);
		int			half = draw_int(1, 60);
		long double s;
		long double sum = 0;
		long double term = 1;
		Tail		tail = tail_student(t, 1);

		check_that(&cauchy, error_of(tail, logl(2 / PI * atan2l(1, t))) < CLOSE,
				   "t %.17g: p %.17g", t, tail.p);
		tail = tail_student(-t, 2);
		s = sqrtl(t * (long double) t + 2);
		check_that(&t2, error_of(tail, logl(2 / (s * (s + t)))) < CLOSE, "t %.17g: p %.17g", t, tail.p);
		tail = tail_chi_square(x, 2);
		check_that(&chi2, error_of(tail, -x / 2.0L) < CLOSE, "x %.17g: p %.17g", x, tail.p);
		tail = tail_chi_square(x, 2 * half);
		for (int k = 0; k < half; k++)
		{
			sum += term;
			term *= x / 2.0L / (k + 1);
		}
		check_that(&chi_even, error_of(tail, logl(sum) - x / 2.0L) < CLOSE, "x %.17g, %d degrees: p %.17g",
				   x, 2 * half, tail.p);
		tail = tail_f(f, 2, df);
		check_that(&f2, error_of(tail, -df / 2.0L * log1pl(2.0L * f / df)) < CLOSE,
				   "f %.17g, %.17g degrees: p %.17g, log10 %.17g", f, df, tail.p, tail.log10_p);
		f = draw_between(0.2, 5);
		check_that(&f_reciprocal, fabs(tail_f(f, df, half).p + tail_f(1 / f, half, df).p - 1) < CLOSE,
				   "f %.17g, %.17g and %d degrees: %.17g and %.17g", f, df, half,
				   tail_f(f, df, half).p, tail_f(1 / f, half, df).p);
		x = draw_between(-37, 37);
		tail = tail_normal(x);
		check_that(&normal, error_of(tail, logl(erfcl(fabsl(x) / sqrtl(2)))) < CLOSE, "z %.17g: p %.17g", x, tail.p);
	}
	for (int i = 0; i < 200; i++)
	{
		double		x = draw_between(0.01, 20);

		check_that(&limit, fabs(tail_student(sqrt(x), 1e15).p / tail_normal(sqrt(x)).p - 1) < LIMIT &&
				   fabs(tail_f(x, 7, 1e15).p / tail_chi_square(7 * x, 7).p - 1) < LIMIT,
				   "x %.17g: t %.17g, normal %.17g, F %.17g, chi-square %.17g", x, tail_student(sqrt(x), 1e15).p,
				   tail_normal(sqrt(x)).p, tail_f(x, 7, 1e15).p, tail_chi_square(7 * x, 7).p);
	}
	check_end(&cauchy);
	check_end(&t2);
	check_end(&chi2);
	check_end(&chi_even);
	check_end(&f2);
	check_end(&f_reciprocal);
	check_end(&normal);
	check_end(&limit);
}

/* Kolmogorov's two series, both with far more terms than are needed. */
static void
test_kolmogorov(void)
{
	Check		check = {.name = "Kolmogorov's distribution is both of its series"};

	for (int i = 0; i < 20000; i++)
	{
		double		x = i == 0 ? 1 : draw_between(0.05, i % 2 ? 3 : 20);
		long double upper = 0;
		long double lower = 0;
		Tail		tail = tail_kolmogorov(x);

		for (int k = 200; k > 0; k--)
		{
			upper += (k % 2 ? 2 : -2) * expl(-2.0L * k * k * x * x);
			lower += expl(-(2.0L * k - 1) * (2 * k - 1) * PI * PI / (8.0L * x * x));
		}
		lower *= sqrtl(2 * PI) / x;
		check_that(&check, x < 0.7 ? fabsl(tail.p - (1 - lower)) < CLOSE :
				   error_of(tail, x > 18 ? logl(2) - 2.0L * x * x : logl(upper)) < CLOSE,
				   "x %.17g: p %.17g, log10 %.17g", x, tail.p, tail.log10_p);
	}
	check_end(&check);
}

/* All ways in which m of m + n values can be the first sample's: bit i of a mask for the i-th smallest. */
static void
test_counts(void)
{
	Check		smirnov = {.name = "Smirnov's distribution is a count of all draws, ties and all"};
	Check		whitney = {.name = "the distribution of U is a count of all draws"};

	for (int i = 0; i < 400; i++)
	{
		int			m = draw_int(1, 7);
		int			n = draw_int(1, 7);
		bool		is_last[14];
		int64		d = draw_int(0, m * n);
		int			u = draw_int(0, m * n);
		double		draws = 0;
		double		far = 0;
		double		low = 0;
		Tail		tail;

		for (int v = 0; v < m + n; v++)
			is_last[v] = v == m + n - 1 || draw_int(0, 2) > 0;
		for (int mask = 0; mask < 1 << (m + n); mask++)
		{
			int			of_m = 0;
			int			pairs = 0;
			int64		largest = 0;

			if (__builtin_popcount(mask) != m)
				continue;
			for (int v = 0; v < m + n; v++)
			{
				if (mask >> v & 1)
				{
					of_m++;
					pairs += v + 1 - of_m;
				}
				if (is_last[v])
				{
					int64		apart = (int64) of_m * n - (int64) (v + 1 - of_m) * m;

					largest = Max(largest, apart < 0 ? -apart : apart);
				}
			}
			draws++;
			far += largest >= d;
			low += pairs <= Min(u, m * n - u);
		}
		tail = tail_smirnov(d, m, n, is_last);
		check_that(&smirnov, fabs(tail.p * draws - far) < 1e-9 && fabs(exp(tail.log10_p * M_LN10) * draws - far) < 1e-9,
				   "%d and %d values, d %d: %g of %g draws, p %.17g", m, n, (int) d, far, draws, tail.p);
		tail = tail_mann_whitney(u, m, n);
		check_that(&whitney, fabs(tail.p * draws - Min(2 * low, draws)) < 1e-9,
				   "%d and %d values, u %d: %g of %g draws, p %.17g", m, n, u, low, draws, tail.p);
	}
	check_end(&smirnov);
	check_end(&whitney);
}

/* Statistics at the ends of their range, and where doubles end. */
static void
test_ends(void)
{
	tap_ok(tail_chi_square(0, 3).p == 1 && tail_f(0, 3, 5).p == 1 && tail_student(0, 3).p == 1 &&
		   tail_normal(0).p == 1 && tail_kolmogorov(0).p == 1, "nothing is as far out or farther with certainty");
	tap_ok(tail_chi_square(0, 3).log10_p == 0 && tail_student(1e-200, 3).log10_p == 0,
		   "the logarithm of a certainty is 0");
	tap_ok(tail_chi_square(INFINITY, 3).p == 0 && tail_f(INFINITY, 3, 5).p == 0 &&
		   tail_student(-INFINITY, 3).log10_p == -INFINITY && tail_normal(INFINITY).log10_p == -INFINITY &&
		   tail_kolmogorov(INFINITY).log10_p == -INFINITY, "infinity leaves no tail");
	tap_ok(error_of(tail_student(1e200, 1), logl(2 / PI) - logl(1e200L)) < CLOSE &&
		   error_of(tail_student(-1e300, 2), -2 * logl(1e300L)) < CLOSE,
		   "a t whose square is no double has its tail");
	tap_ok(tail_student(1000, 1e7).p == 0 && error_of(tail_f(1e6, 2, 1e7), -0.5e7L * log1pl(0.2L)) < CLOSE,
		   "where p underflows, its logarithm is there");
	tap_ok(isfinite(tail_f(DBL_MAX, 1e7, 1e7).log10_p) && isfinite(tail_f(1e100, 1, 1e7).log10_p) &&
		   isfinite(tail_chi_square(DBL_MAX, 1).log10_p), "far out it is finite");
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_reference();
	test_closed_forms();
	test_kolmogorov();
	test_counts();
	test_ends();
	return tap_end();
}
