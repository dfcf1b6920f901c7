/*
 * test_exact_moments.c
 *	  exact_sums.c: mean, variance and difference of means against integer
 *	  arithmetic, whatever the order, the grouping and the magnitude.
 *
 * Values are integers below 2^40 times a power of two, so that sums of some
 * thousands of them, and of their squares, are exact in 128 bits.
 */
#include "exact_sums.h"

#include "tap.h"

typedef __int128 Wide;

/* A ratio of integers in long double is right to 2^-63; ours is rounded three times. */
#define LIMIT 5e-16L

static ExactMoments *
empty(void)
{
	return core_alloc0(1, sizeof(ExactMoments));
}

static bool
is_near(Scaled s, long double truth, int unit)
{
	long double ours = ldexpl(s.m, s.e - unit);

	return fabsl(ours - truth) <= LIMIT * fabsl(truth);
}

static void
test_integers(void)
{
	Check		mean = {.name = "the mean is the sum over the count"};
	Check		variance = {.name = "the variance is that of the integers"};
	Check		difference = {.name = "the difference of two means does not cancel"};
	Check		order = {.name = "order and grouping change no bit"};

	for (int trial = 0; trial < 3000; trial++)
	{
		int			n = draw_int(2, trial % 10 == 0 ? 3000 : 30);
		int			bits = draw_int(0, 39);
		int64		common = trial % 3 == 0 ? (int64) (draw_bits() >> 25) : 0;
		int			unit = draw_int(-1074, 980);
		int64	   *x = core_alloc(n, sizeof(int64));
		int		   *shuffled = core_alloc(n, sizeof(int));
		ExactMoments *all = empty();
		ExactMoments *part[3] = {empty(), empty(), empty()};
		Wide		sum = 0;
		Wide		squares = 0;
		Wide		part_sum[2] = {0, 0};
		Scaled		v;

		for (int i = 0; i < n; i++)
		{
			x[i] = common + (int64) (draw_bits() >> (63 - bits)) - (trial % 2 ? INT64_C(1) << bits : 0);
			sum += x[i];
			squares += (Wide) x[i] * x[i];
			part_sum[i % 2] += x[i];
			exact_add(all, ldexp((double) x[i], unit));
		}
		draw_order(n, shuffled);
		for (int i = 0; i < n; i++)
			exact_add(part[shuffled[i] % 2], ldexp((double) x[shuffled[i]], unit));

		/* a mean below the normal numbers is rounded to their step */
		check_that(&mean, fabsl(exact_mean(all) - ldexpl((long double) sum / n, unit)) <=
				   LIMIT * fabsl(ldexpl((long double) sum / n, unit)) + 0x1p-1074L,
				   "%d values, unit 2^%d: %a", n, unit, exact_mean(all));
		v = exact_variance(all);
		check_that(&variance, is_near(v, (long double) (n * squares - sum * sum) / n / (n - 1), 2 * unit),
				   "%d values, unit 2^%d: %a 2^%d", n, unit, v.m, v.e);
		{
			int64		n0 = part[0]->n;
			int64		n1 = part[1]->n;
			Scaled		d = exact_difference(part[1], part[0]);

			check_that(&difference, is_near(d, (long double) (part_sum[1] * n0 - part_sum[0] * n1) / n0 / n1, unit),
					   "%d values, unit 2^%d: %a 2^%d", n, unit, d.m, d.e);
		}
		exact_merge(part[2], part[1]);
		exact_merge(part[2], part[0]);
		check_that(&order, part[2]->n == n && exact_variance(part[2]).m == v.m && exact_variance(part[2]).e == v.e &&
				   memcmp(part[2], all, sizeof(ExactMoments)) == 0,
				   "%d values, unit 2^%d", n, unit);
		for (int i = 0; i < 3; i++)
			pfree(part[i]);
		pfree(all);
		pfree(x);
		pfree(shuffled);
	}
	check_end(&mean);
	check_end(&variance);
	check_end(&difference);
	check_end(&order);
}

/* What is added and taken away again leaves nothing, whatever it was in between. */
static void
test_magnitudes(void)
{
	Check		nothing = {.name = "opposite values of any magnitude leave 0 exactly"};
	ExactMoments *m;

	for (int trial = 0; trial < 500; trial++)
	{
		int			n = draw_int(1, 40);
		double		x[40];

		m = empty();
		for (int i = 0; i < n; i++)
			exact_add(m, x[i] = draw_magnitude(-1073, 1024));
		for (int i = n - 1; i >= 0; i--)
			exact_add(m, -x[i]);
		check_that(&nothing, exact_mean(m) == 0, "%d values: %a", n, exact_mean(m));
		pfree(m);
	}
	check_end(&nothing);

	m = empty();
	for (int i = 0; i < 100000; i++)
		exact_add(m, i % 2 ? DBL_MAX : -DBL_MAX);
	exact_add(m, 0x1p-1074);
	exact_add(m, 0x1p-1074);
	tap_ok(exact_difference(m, m).m == 0 && m->n == 100002, "nothing overflows");
	tap_ok(exact_mean(m) == 0 && exact_variance(m).e == 2048, "a variance may be beyond a double");
	pfree(m);

	m = empty();
	exact_add(m, 0x1p-1074);
	exact_add(m, -0x1p-1074);
	exact_add(m, -0.0);
	tap_ok(exact_mean(m) == 0 && exact_variance(m).m == 0.5 && exact_variance(m).e == -2147,
		   "the smallest numbers count");
	pfree(m);

	m = empty();
	for (int i = 0; i < 7; i++)
		exact_add(m, 0.1);
	tap_ok(exact_mean(m) == 0.1 && exact_variance(m).m == 0, "equal values have their value for a mean, and no variance");
	pfree(m);

	/* a sum of all ones, from the first bit to the last, and one more */
	m = empty();
	for (int e = -1074; e < 1024; e++)
		exact_add(m, ldexp(1, e));
	exact_add(m, 0x1p-1074);
	tap_ok(exact_mean(m) == ldexp(ldexp(1, 1023) / m->n, 1), "a carry goes through all words");
	pfree(m);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_integers();
	test_magnitudes();
	return tap_end();
}
