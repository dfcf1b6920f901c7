/*
 * test_realmath.c
 *	  Our logarithm, exponential, asinh and sinh against the C library's.
 *
 * The library computes the truth in long double, whose own error is 2^-63 or
 * less, 2000 times below what is asked here: a relative error below 6e-16.
 * Where a result is below the normal range, a double has no such precision to
 * offer; there one step of the denormal numbers, 2^-1074, is granted on top.
 * Identities (odd symmetry, one function undoing the other, order of
 * neighbours) need no reference at all.
 */
#include "realmath.h"

#include "tap.h"

#define ARGUMENTS 1000000
#define LIMIT 6e-16
#define DENORMAL_STEP 0x1p-1074L

typedef struct Function
{
	const char *name;
	double		(*ours) (double);
	long double (*truth) (long double);
	double		(*draw) (void);
	/* where the argument leaves one branch of a computation for another */
	double		seam[8];
	bool		odd;
} Function;

/* Any positive double, denormal ones too, but with half of them near 1. */
static double
draw_for_log(void)
{
	switch (draw_int(0, 4))
	{
		case 0:
			return fabs(draw_magnitude(-1073, 1024));
		case 1:
			return 1 + draw_magnitude(-60, -1);
		case 2:
			return draw_between(0.5, 2);
		case 3:
			return ldexp(draw_between(0.70, 0.72), draw_int(-1070, 1020));
		default:
			return draw_unit() * DBL_MIN + 0x1p-1074;
	}
}

/* Anything above -1: both ends, the middle, and the neighbourhood of 0. */
static double
draw_for_log1p(void)
{
	switch (draw_int(0, 3))
	{
		case 0:
			return fabs(draw_magnitude(-1073, 1024));
		case 1:
			return draw_magnitude(-1073, -1);
		case 2:
			return draw_between(-0.999999, 3);
		default:
			return -1 + ldexp(0.5 + draw_unit() / 2, draw_int(-50, 0));
	}
}

/* The range in which the result is neither 0 nor infinite, and around 0. */
static double
draw_for_exp(void)
{
	switch (draw_int(0, 3))
	{
		case 0:
			return draw_magnitude(-1073, 0);
		case 1:
			return draw_between(-2, 2);
		case 2:
			return draw_between(-745, -700);
		default:
			return draw_between(-745, 709.78);
	}
}

static double
draw_for_asinh(void)
{
	switch (draw_int(0, 2))
	{
		case 0:
			return draw_magnitude(-1073, 1024);
		case 1:
			return draw_magnitude(-30, 40);
		default:
			return draw_between(-3, 3);
	}
}

static double
draw_for_sinh(void)
{
	switch (draw_int(0, 2))
	{
		case 0:
			return draw_magnitude(-1073, 0);
		case 1:
			return draw_between(-3, 3);
		default:
			return draw_between(-710.4, 710.4);
	}
}

static const Function functions[] = {
	{"real_log", real_log, logl, draw_for_log,
	{0.70710678118654752, 1, DBL_MIN, 2, 0x1p500}, false},
	{"real_log1p", real_log1p, log1pl, draw_for_log1p,
	{-0.29, 0.41, 0x1p-1000, -0x1p-1000, -0.5, 1}, false},
	{"real_exp", real_exp, expl, draw_for_exp,
	{0x1.62e42fefa39efp-2, -0x1.62e42fefa39efp-2, 0, -708.4, 709.7, 3.8123095}, false},
	{"real_asinh", real_asinh, asinhl, draw_for_asinh,
	{0x1p28, -0x1p28, 0.3865, 0.41, -0.41, 0, 0x1p-1000}, true},
	{"real_sinh", real_sinh, sinhl, draw_for_sinh,
	{1, -1, 0, 700, 1.0397, 0x1p-1000}, true},
};

static const int nfunctions = sizeof(functions) / sizeof(functions[0]);

static void
test_accuracy(const Function *f)
{
	char		name[80];
	Check		accurate = {.name = name};
	double		largest = 0;
	double		largest_at = 0;

	for (int i = 0; i < ARGUMENTS; i++)
	{
		double		x = f->draw();
		long double truth = f->truth(x);
		double		ours = f->ours(x);
		long double error = fabsl(ours - truth);

		if (fabsl(truth) >= DBL_MIN && error / fabsl(truth) > largest)
		{
			largest = (double) (error / fabsl(truth));
			largest_at = x;
		}
		check_that(&accurate,
				   error < LIMIT * fabsl(truth) +
				   (fabsl(truth) < DBL_MIN ? DENORMAL_STEP : 0),
				   "%s(%a) = %a, not %.20Lg: relative error %.3Lg", f->name, x, ours, truth,
				   error / fabsl(truth));
	}
	snprintf(name, sizeof(name), "%s has a relative error below %.0e", f->name, LIMIT);
	printf("# %s: largest relative error %.3g, at %a\n", f->name, largest, largest_at);
	check_end(&accurate);
}

static void
test_symmetry(const Function *f)
{
	char		name[80];
	Check		odd = {.name = name};

	snprintf(name, sizeof(name), "%s is odd", f->name);
	for (int i = 0; i < ARGUMENTS / 10; i++)
	{
		double		x = f->draw();

		check_that(&odd, f->ours(-x) == -f->ours(x), "%s(%a) = %a, %s(%a) = %a",
				   f->name, x, f->ours(x), f->name, -x, f->ours(-x));
	}
	check_that(&odd, f->ours(0.0) == 0, "%s(0) is not 0", f->name);
	check_end(&odd);
}

/*
 * A larger argument must not have a smaller value, by more than the error
 * that is granted.  That next neighbours keep their order to the last bit is
 * not promised; how often they do not is printed.
 */
static void
check_neighbours(const Function *f, double x, Check *check, long *swapped)
{
	double		next = nextafter(x, DBL_MAX);
	double		y = f->ours(x);
	double		y_next = f->ours(next);

	check_that(check, y <= y_next || y - y_next <= LIMIT * fabs(y),
			   "%s(%a) = %a, %s(%a) = %a", f->name, x, y, f->name, next, y_next);
	*swapped += y > y_next;
}

static void
test_order(const Function *f)
{
	char		name[80];
	Check		ordered = {.name = name};
	long		swapped = 0;

	snprintf(name, sizeof(name), "%s keeps neighbouring doubles in order, but for its error",
			 f->name);
	for (int i = 0; i < ARGUMENTS / 2; i++)
		check_neighbours(f, f->draw(), &ordered, &swapped);
	for (int s = 0; s < 8; s++)
	{
		double		x = f->seam[s];

		/* log is not defined at the zeros that fill the array up */
		if (f->ours == real_log && x == 0)
			continue;
		for (int i = 0; i < 1000; i++)
			x = nextafter(x, -DBL_MAX);
		for (int i = 0; i < 2000; i++, x = nextafter(x, DBL_MAX))
			check_neighbours(f, x, &ordered, &swapped);
	}
	printf("# %s: %ld of %ld neighbours swap\n", f->name, swapped, ordered.passed + ordered.failed);
	check_end(&ordered);
}

/*
 * A relative error in sinh(x) moves asinh of it by as much where sinh is
 * steep, and by that times x where x is small; asinh adds its own.  The other
 * way round asinh(y) errs by a share of itself, and times y that becomes the
 * error of its exponential.
 */
static void
test_inverse(void)
{
	Check		there = {.name = "asinh(sinh(x)) is x"};
	Check		back = {.name = "sinh(asinh(y)) is y"};
	Check		logarithm = {.name = "log(exp(x)) is x"};

	for (int i = 0; i < ARGUMENTS / 2; i++)
	{
		double		x = draw_for_sinh();
		double		y = draw_for_asinh();
		double		again;

		again = real_asinh(real_sinh(x));
		check_that(&there, fabs(again - x) <= 1e-15 * fabs(x) + 0x1p-1073,
				   "x = %a: %a", x, again);
		again = real_sinh(real_asinh(y));
		check_that(&back, fabs(again - y) <=
				   1e-15 * (1 + fabs(real_asinh(y))) * fabs(y) + 0x1p-1073,
				   "y = %a: %a", y, again);
		if (fabs(x) < 700)
		{
			again = real_log(real_exp(x));
			check_that(&logarithm, fabs(again - x) <= 1e-15 * Max(1, fabs(x)),
					   "x = %a: %a", x, again);
		}
	}
	check_end(&there);
	check_end(&back);
	check_end(&logarithm);
}

static void
test_limits(void)
{
	tap_ok(real_log(1) == 0 && real_log1p(0) == 0 && real_asinh(0) == 0 && real_sinh(0) == 0 &&
		   real_exp(0) == 1, "exact at 0 and 1");
	tap_ok(real_exp(-1e300) == 0 && real_exp(-750) == 0, "exp underflows to 0");
	tap_ok(isinf(real_exp(1e300)) && isinf(real_exp(709.79)) && real_exp(709.78) <= DBL_MAX,
		   "exp overflows to infinity, and not before");
	tap_ok(isinf(real_sinh(1e300)) && isinf(real_sinh(-711)) && real_sinh(-711) < 0 &&
		   real_sinh(710.4) <= DBL_MAX, "sinh overflows to infinity of its sign, and not before");
	tap_ok(fabs(real_asinh(DBL_MAX) - 710.47586007394398) < 2e-13 &&
		   fabs(real_log(DBL_MAX) - 709.78271289338397) < 2e-13 &&
		   fabs(real_log(0x1p-1074) + 744.44007192138122) < 2e-13,
		   "the ends of the range of a double");
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	for (int i = 0; i < nfunctions; i++)
	{
		if (LDBL_MANT_DIG >= DBL_MANT_DIG + 11)
			test_accuracy(&functions[i]);
		else
			tap_skip(functions[i].name, "long double is no wider than double here");
		if (functions[i].odd)
			test_symmetry(&functions[i]);
		test_order(&functions[i]);
	}
	test_inverse();
	test_limits();
	return tap_end();
}
