/*
 * test_exact_sums.c
 *	  Exact sums against plain arithmetic in long double, and against what
 *	  must hold exactly: any order and grouping, any common part, any scale.
 */
#include "exact_sums.h"

#include "tap.h"

enum
{
	GAUSS, INTEGERS, LOGNORMAL, OFFSET, KINDS
};

static double
draw_value(int kind)
{
	switch (kind)
	{
		case GAUSS:
			return draw_normal();
		case INTEGERS:
			return floor(10 * draw_unit()) - 3;
		case LOGNORMAL:
			return exp(2 * draw_normal());
		default:
			return 1e6 + draw_normal();
	}
}

static bool
is_near(double a, double b, double tolerance)
{
	return isnan(a) ? isnan(b) : fabs(a - b) <= tolerance * Max(1, fabs(b));
}

static Shape
shape_of(const double *x, int n)
{
	PowerSums	sums = {0};

	for (int i = 0; i < n; i++)
		exact_add_powers(&sums, exact_parts(x[i]));
	return exact_shape(&sums);
}

/* By the definitions, in two passes. */
static Shape
shape_by_definition(const double *x, int n)
{
	long double mean = 0;
	long double m[5] = {0};
	Shape		shape = {NAN, NAN, NAN, NAN};
	long double g1;
	long double g2;

	for (int i = 0; i < n; i++)
		mean += x[i];
	mean /= n;
	for (int i = 0; i < n; i++)
		for (int p = 2; p <= 4; p++)
			m[p] += powl(x[i] - mean, p) / n;
	shape.mean = (double) mean;
	if (n > 1)
		shape.sd = (double) sqrtl(m[2] * n / (n - 1));
	g1 = m[3] / powl(m[2], 1.5L);
	g2 = m[4] / (m[2] * m[2]) - 3;
	if (n > 2 && m[2] > 0)
		shape.skew = (double) (sqrtl((long double) n * (n - 1)) / (n - 2) * g1);
	if (n > 3 && m[2] > 0)
		shape.kurtosis = (double) ((n - 1.0L) / ((n - 2.0L) * (n - 3.0L)) * ((n + 1) * g2 + 6));
	return shape;
}

static bool
same_shape(Shape a, Shape b)
{
	return memcmp(&a, &b, sizeof(Shape)) == 0;
}

static void
test_definition(void)
{
	Check		shape = {.name = "mean, sd, skew and kurtosis are those of the definitions"};
	Check		merged = {.name = "halves merged give the same bits as all values, in any order"};
	Check		scaled = {.name = "values times a power of two have the same skew and kurtosis, and mean and sd times it"};
	Check		moved = {.name = "a common part of 2^40 leaves sd, skew and kurtosis of integers as they are, to the last bit"};

	for (int round = 0; round < 400; round++)
	{
		int			kind = round % KINDS;
		int			n = 1 + (int) (draw_unit() * 50);
		double		x[60];
		double		y[60];
		Shape		a;
		Shape		b;
		PowerSums	half[2] = {{0}};
		int			e = (int) (draw_unit() * 1800) - 900;

		for (int i = 0; i < n; i++)
			x[i] = draw_value(kind);
		a = shape_of(x, n);
		b = shape_by_definition(x, n);
		check_that(&shape, is_near(a.mean, b.mean, 1e-14) && is_near(a.sd, b.sd, 1e-9) &&
				   is_near(a.skew, b.skew, 1e-7) && is_near(a.kurtosis, b.kurtosis, 1e-7),
				   "kind %d, n %d: %g %g %g %g, not %g %g %g %g", kind, n, a.mean, a.sd, a.skew, a.kurtosis,
				   b.mean, b.sd, b.skew, b.kurtosis);

		for (int i = n - 1; i >= 0; i--)
			exact_add_powers(&half[draw_unit() < 0.5], exact_parts(x[i]));
		exact_merge_powers(&half[0], &half[1]);
		check_that(&merged, same_shape(a, exact_shape(&half[0])), "kind %d, n %d", kind, n);

		for (int i = 0; i < n; i++)
			y[i] = ldexp(x[i], e);
		b = shape_of(y, n);
		b.mean = ldexp(b.mean, -e);
		b.sd = ldexp(b.sd, -e);
		check_that(&scaled, same_shape(a, b), "kind %d, n %d, 2^%d", kind, n, e);

		if (kind == INTEGERS)
		{
			for (int i = 0; i < n; i++)
				y[i] = x[i] + 0x1p40;
			b = shape_of(y, n);
			b.mean = a.mean;
			check_that(&moved, same_shape(a, b), "n %d", n);
		}
	}
	check_end(&shape);
	check_end(&merged);
	check_end(&scaled);
	check_end(&moved);
}

static void
test_edges(void)
{
	const double huge[] = {DBL_MAX, DBL_MAX, DBL_MAX, DBL_MAX, -DBL_MAX};
	const double tiny[] = {0x1p-1074, 0x1p-1074, 0, -0x1p-1074};
	const double same[] = {0.1, 0.1, 0.1, 0.1};
	Shape		s = shape_of(huge, 5);

	tap_ok(s.mean == 0.6 * DBL_MAX && is_near(s.skew, -2.2360679774997898, 1e-15) && is_near(s.kurtosis, 5, 1e-15),
		   "the largest doubles do not overflow");
	s = shape_of(tiny, 4);
	tap_ok(s.sd > 0 && s.skew < 0, "the least do not vanish");
	s = shape_of(same, 4);
	tap_ok(s.mean == 0.1 && s.sd == 0 && isnan(s.skew) && isnan(s.kurtosis), "equal values: their mean exactly, sd 0, no skew");
	s = shape_of(same, 1);
	tap_ok(s.mean == 0.1 && isnan(s.sd), "one value has no sd");
	s = shape_of(same, 0);
	tap_ok(isnan(s.mean), "no value has no mean");
}

static Correlation
correlation_of(const double *x, const double *y, int n, int split)
{
	SquareSums	sx[2] = {{{{0}}}};
	SquareSums	sy[2] = {{{{0}}}};
	ProductSums xy[2] = {{{{0}}}};

	for (int i = 0; i < n; i++)
	{
		int			half = i < split;

		exact_add_squares(&sx[half], exact_parts(x[i]));
		exact_add_squares(&sy[half], exact_parts(y[i]));
		exact_add_product(&xy[half], exact_parts(x[i]), exact_parts(y[i]));
	}
	exact_merge_squares(&sx[0], &sx[1]);
	exact_merge_squares(&sy[0], &sy[1]);
	exact_merge_products(&xy[0], &xy[1]);
	return exact_correlation(n, &sx[0], &sy[0], &xy[0]);
}

static void
test_correlation(void)
{
	Check		right = {.name = "r is that of the definition, and 1 - r^2 what is left"};
	Check		grouped = {.name = "and the same bits however the rows are grouped"};
	Check		straight = {.name = "r is 1 or -1 exactly, and nothing left, where one side is a multiple of the other plus a constant"};

	for (int round = 0; round < 400; round++)
	{
		int			kind = round % KINDS;
		int			n = 2 + (int) (draw_unit() * 50);
		double		share = draw_unit();
		double		x[60];
		double		y[60];
		long double mean[2] = {0};
		long double sums[3] = {0};
		Correlation c;
		Correlation d;
		double		r;

		for (int i = 0; i < n; i++)
		{
			x[i] = draw_value(kind);
			y[i] = share * x[i] + draw_value((kind + 1) % KINDS);
			mean[0] += x[i] / (long double) n;
			mean[1] += y[i] / (long double) n;
		}
		for (int i = 0; i < n; i++)
		{
			sums[0] += (x[i] - mean[0]) * (x[i] - mean[0]);
			sums[1] += (y[i] - mean[1]) * (y[i] - mean[1]);
			sums[2] += (x[i] - mean[0]) * (y[i] - mean[1]);
		}
		c = correlation_of(x, y, n, n / 2);
		d = correlation_of(x, y, n, n / 3);
		r = sums[0] > 0 && sums[1] > 0 ? (double) (sums[2] / sqrtl(sums[0] * sums[1])) : NAN;
		check_that(&right, isnan(c.r) || (is_near(c.r, r, 1e-8) && is_near(c.rest, 1 - c.r * c.r, 1e-14)),
				   "kind %d, n %d: %.17g, not %.17g", kind, n, c.r, r);
		check_that(&grouped, memcmp(&c, &d, sizeof(c)) == 0, "kind %d, n %d", kind, n);

		for (int i = 0; i < n; i++)
		{
			x[i] = floor(1000 * draw_unit());
			y[i] = 1e9 - 3 * x[i];
		}
		c = correlation_of(x, y, n, 0);
		check_that(&straight, isnan(c.r) || (c.r == -1 && c.rest == 0), "n %d: %.17g, %g left", n, c.r, c.rest);
	}
	check_end(&right);
	check_end(&grouped);
	check_end(&straight);

	{
		const double x[] = {1, 1, 1};
		const double y[] = {1, 2, 3};

		tap_ok(isnan(correlation_of(x, y, 3, 1).r), "a constant side has no correlation");
	}
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_definition();
	test_edges();
	test_correlation();
	return tap_end();
}
