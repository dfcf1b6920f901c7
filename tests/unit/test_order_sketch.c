/*
 * test_order_sketch.c
 *	  Sketches of the order of values against all values, sorted: quantiles,
 *	  distinct values, histogram, and Spearman's correlation by all ranks.
 */
#include "distinct.h"
#include "order_sketch.h"
#include "sketch_cell.h"
#include "spearman.h"

#include "tap.h"

enum
{
	GAUSS, UNIFORM, MONEY, HALF_ZEROS, INTEGERS, OFFSET, SIGNED_HUGE, NEIGHBOURS, KINDS
};

static double
draw_value(int kind)
{
	switch (kind)
	{
		case GAUSS:
			return draw_normal();
		case UNIFORM:
			return draw_unit();
		case MONEY:
			return rint(100 * exp(1.5 * draw_normal() + 3)) / 100;
		case HALF_ZEROS:
			return draw_unit() < 0.5 ? 0 : exp(draw_normal());
		case INTEGERS:
			return draw_int(-20, 60);
		case OFFSET:
			return 1e9 + draw_normal();
		case SIGNED_HUGE:
			return (draw_unit() < 0.5 ? -1 : 1) * ldexp(1 + draw_unit(), draw_int(-1074, 1022));
		default:				/* doubles next to each other, which ought not to be taken as equal */
			return 1 + draw_int(0, 5000) * DBL_EPSILON;
	}
}

static void
must(SketchStatus status)
{
	if (status != SKETCH_DONE)
		abort();
}

/* Closed; of the values x, or of the pairs (x, y), in two parts that are merged: row by row, and by columns. */
static Sketch *
sketch_of(const double *x, const double *y, int n, int size)
{
	SketchShape shape = {.dim = y ? 2 : 1, .size = size, .family = SKETCH_ORDER};
	Sketch	   *part[2] = {sketch_create(&shape), sketch_create(&shape)};
	Sketch	   *closed;
	int			rows = 2 * n / 3;

	for (int i = 0; i < rows; i++)
	{
		double		row[2] = {x[i], y ? y[i] : 0};

		must(sketch_add(&part[0], row));
	}
	for (int i = rows; i < n;)
	{
		const double *column[2] = {x + i, y ? y + i : NULL};
		int			length = draw_int(1, 100);

		length = Min(length, n - i);
		must(sketch_add_columns(&part[1], column, length));
		i += length;
	}
	must(sketch_merge(&part[0], part[1]));
	must(sketch_close(part[0], &closed));
	return closed;
}

static int
compare(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* How many intervals the values occupy, which ascend, with so many bits of their keys dropped. */
static int
intervals(const double *sorted, int n, int shift)
{
	int			found = 0;
	int64		last = 0;

	for (int i = 0; i < n; i++)
	{
		int64		key;
		double		x = fabs(sorted[i]);

		memcpy(&key, &x, sizeof(key));
		key = drop_bits(sorted[i] < 0 ? ~key : key, 0, shift);
		found += i == 0 || key != last;
		last = key;
	}
	return found;
}

static void
test_quantiles(void)
{
	Check		bytes = {.name = "a sketch of the order is the same, byte for byte, for any order and grouping"};
	Check		exact = {.name = "quantiles of a lossless sketch are those of the sorted values"};
	Check		bounds = {.name = "those of cells lie within their bounds, and so do the true ones"};
	Check		narrow = {.name = "the bounds are close: no farther apart than the quantiles 3 % before and after"};
	Check		cells = {.name = "bins have the rows between their ends, and none without need"};
	Check		distinct = {.name = "distinct values are counted when lossless, and never fewer than said"};
	Check		lowest = {.name = "the level is the lowest that will do"};
	Check		histogram = {.name = "a histogram of a lossless sketch counts the rows of each interval"};

	for (int round = 0; round < 120; round++)
	{
		int			kind = round % KINDS;
		int			n = draw_int(1, round % 5 == 0 ? 300 : 6000);
		double	   *x = malloc(sizeof(double) * n);
		double		width[20];
		Sketch	   *s;
		Sketch	   *other;
		OrderBins	bins;
		int			different = 1;
		int			wrong = 0;

		for (int i = 0; i < n; i++)
			x[i] = draw_value(kind);
		s = sketch_of(x, NULL, n, ORDER_LEAST_SIZE);
		qsort(x, n, sizeof(double), compare);
		other = sketch_of(x, NULL, n, ORDER_LEAST_SIZE);
		check_that(&bytes, sketch_bytes(s) == sketch_bytes(other) && memcmp(s, other, sketch_bytes(s)) == 0,
				   "kind %d, n %d", kind, n);
		bins = order_bins(s, x[0], x[n - 1]);
		for (int i = 1; i < n; i++)
			different += x[i] != x[i - 1];

		for (int q = 0; q <= 20; q++)
		{
			double		at = q / 20.0 * (n - 1);
			int			i = (int) at;
			double		after = x[Min(i + 1, n - 1)];
			double		apart = after - x[i];
			double		truth = fabs(apart) <= DBL_MAX ? x[i] + (at - i) * apart : x[i] * (1 - (at - i)) + after * (at - i);
			Estimate	e = order_quantile(&bins, q / 20.0);

			if (s->exact)
				check_that(&exact, e.value == truth && e.low == truth && e.high == truth,
						   "kind %d, n %d, %d/20: %.17g, not %.17g", kind, n, q, e.value, truth);
			else
			{
				double		slack = 1e-15 * fabs(truth);
				int			before = Max(0, (int) ((q / 20.0 - 0.03) * n));
				int			behind = Min(n - 1, (int) ((q / 20.0 + 0.03) * n) + 1);

				check_that(&bounds, e.low <= truth + slack && truth <= e.high + slack && e.low <= e.value && e.value <= e.high,
						   "kind %d, n %d, %d/20: %.17g in %.17g .. %.17g, truly %.17g", kind, n, q, e.value, e.low, e.high, truth);
				if (kind != SIGNED_HUGE)
					check_that(&narrow, e.low >= x[before] - (x[n - 1] - x[0]) / 64 && e.high <= x[behind] + (x[n - 1] - x[0]) / 64,
							   "kind %d, n %d, %d/20: %.17g .. %.17g", kind, n, q, e.low, e.high);
			}
		}
		for (int b = 0; b < bins.n; b++)
		{
			const OrderBin *bin = &bins.bin[b];

			for (int i = (int) bin->before; i < (int) (bin->before + bin->rows); i++)
				wrong += x[i] < bin->low || x[i] > bin->high;
			wrong += bin->low < bin->high && x[(int) bin->before] == x[(int) (bin->before + bin->rows) - 1];
		}
		check_that(&cells, wrong == 0 && bins.rows == n && bins.n <= ORDER_LEAST_SIZE, "kind %d, n %d: %d", kind, n, wrong);
		check_that(&distinct, s->exact ? order_least_distinct(&bins) == different :
				   order_least_distinct(&bins) <= different && order_least_distinct(&bins) >= ORDER_LEAST_SIZE / 4,
				   "kind %d, n %d: %g of %d", kind, n, order_least_distinct(&bins), different);

		check_that(&lowest, s->exact ? different <= ORDER_LEAST_SIZE : different > ORDER_LEAST_SIZE &&
				   intervals(x, n, s->level) <= ORDER_LEAST_SIZE &&
				   (s->level == 0 || intervals(x, n, s->level - 1) > ORDER_LEAST_SIZE), "kind %d, n %d: level %d", kind, n, s->level);

		order_histogram(&bins, 20, width);
		for (int i = 0; i < n && s->exact; i++)
		{
			double		range = x[n - 1] / 4 - x[0] / 4;

			width[range > 0 ? Min(19, (int) ((x[i] / 4 - x[0] / 4) / range * 20)) : 0]--;
		}
		for (int b = 0; b < 20; b++)
			wrong += s->exact && width[b] != 0;
		check_that(&histogram, wrong == 0, "kind %d, n %d", kind, n);
		standalone_reset();
		free(x);
	}
	check_end(&bytes);
	check_end(&exact);
	check_end(&bounds);
	check_end(&narrow);
	check_end(&cells);
	check_end(&distinct);
	check_end(&lowest);
	check_end(&histogram);
}

static void
test_distinct(void)
{
	Check		close = {.name = "HyperLogLog is within four standard deviations, from none to a million values"};
	Check		repeated = {.name = "repeated values and merges change nothing"};

	for (int round = 0; round < 60; round++)
	{
		int			n = (int) exp(draw_unit() * log(1e6)) - (round == 0);
		uint64		salt = draw_bits();
		static Distinct all;
		static Distinct part[2];
		double		estimate;

		memset(&all, 0, sizeof(all));
		memset(part, 0, sizeof(part));
		for (int i = 0; i < n; i++)
		{
			uint64		hash = distinct_hash(salt + i);

			distinct_add(&all, hash);
			distinct_add(&part[i % 2], hash);
			distinct_add(&part[i % 3 == 0], hash);
		}
		distinct_merge(&part[0], &part[1]);
		estimate = distinct_estimate(&all);
		check_that(&close, fabs(estimate - n) <= 4 * DISTINCT_ERROR * n + 1, "%g of %d", estimate, n);
		check_that(&repeated, memcmp(&all, &part[0], sizeof(all)) == 0, "%d", n);
	}
	check_end(&close);
	check_end(&repeated);
	{
		static Distinct none;

		tap_ok(distinct_estimate(&none) == 0, "no value, none distinct");
	}
}

/* The mean of the ranks of equal values, less that of all. */
static void
rank(const double *x, int n, double *r)
{
	double	   *sorted = malloc(sizeof(double) * n);

	memcpy(sorted, x, sizeof(double) * n);
	qsort(sorted, n, sizeof(double), compare);
	for (int i = 0; i < n; i++)
	{
		const double *found = bsearch(&x[i], sorted, n, sizeof(double), compare);
		int			first = (int) (found - sorted);
		int			last = first;

		while (first > 0 && sorted[first - 1] == x[i])
			first--;
		while (last < n - 1 && sorted[last + 1] == x[i])
			last++;
		r[i] = (first + last) / 2.0 - (n - 1) / 2.0;
	}
	free(sorted);
}

static void
test_spearman(void)
{
	Check		bytes = {.name = "a sketch of pairs is the same, byte for byte, for any order and grouping"};
	Check		lowest = {.name = "each side of 4096 pairs has the lowest level at which it occupies 64 intervals at most"};
	Check		exact = {.name = "Spearman's correlation of a lossless sketch is that of all ranks"};
	Check		rest = {.name = "and 1 - r^2 what is left"};
	Check		bound = {.name = "that of cells is within its bound of it"};
	Check		useful = {.name = "with 4096 cells for pairs and for sides the bound is below 0.06, and the error below 0.006, unless a side has two parts of different scale"};

	for (int round = 0; round < 160; round++)
	{
		int			kind = round % KINDS;
		int			kind_y = (round / KINDS) % KINDS;
		int			n = draw_int(2, round % 4 == 0 ? 1000 : 20000);
		double		share = round % 3 == 0 ? 0 : draw_unit();
		double	   *x = malloc(5 * sizeof(double) * n);
		double	   *y = x + n;
		double	   *r = y + n;
		double	   *s = r + n;
		double	   *sorted = s + n;
		long double sums[3] = {0};
		double		truth;
		Sketch	   *pairs;
		Sketch	   *other;
		RankCorrelation c;

		for (int i = 0; i < n; i++)
		{
			x[i] = draw_value(kind);
			y[i] = draw_unit() < share ? (round % 2 == 0 ? x[i] : -x[i]) : draw_value(kind_y);
		}
		rank(x, n, r);
		rank(y, n, s);
		for (int i = 0; i < n; i++)
		{
			sums[0] += r[i] * r[i];
			sums[1] += s[i] * s[i];
			sums[2] += r[i] * s[i];
		}
		truth = (double) (sums[2] / sqrtl(sums[0] * sums[1]));
		other = sketch_of(x, y, n, 4096);
		for (int i = n - 1; i > 0; i--)
		{
			int			k = draw_int(0, i);
			double		swap[2] = {x[i], y[i]};

			x[i] = x[k];
			y[i] = y[k];
			x[k] = swap[0];
			y[k] = swap[1];
		}
		pairs = sketch_of(x, y, n, 4096);
		check_that(&bytes, sketch_bytes(pairs) == sketch_bytes(other) && memcmp(pairs, other, sketch_bytes(pairs)) == 0,
				   "kinds %d and %d, n %d", kind, kind_y, n);
		for (int j = 0; j < 2 && !pairs->exact; j++)
		{
			int			shift = shift_of(sketch_shifts(pairs, pairs->level), j);

			memcpy(sorted, j ? y : x, sizeof(double) * n);
			qsort(sorted, n, sizeof(double), compare);
			check_that(&lowest, intervals(sorted, n, shift) <= 64 && (shift == 0 || intervals(sorted, n, shift - 1) > 64),
					   "kinds %d and %d, n %d, side %d: %d bits", kind, kind_y, n, j, shift);
		}
		c = spearman(pairs, sketch_of(x, NULL, n, 4096), sketch_of(y, NULL, n, 4096));
		if (sums[0] == 0 || sums[1] == 0)
			check_that(&exact, isnan(c.correlation.r), "a constant side, n %d: %g", n, c.correlation.r);
		else if (pairs->exact)
		{
			check_that(&exact, fabs(c.correlation.r - truth) < 1e-15 && c.error == 0, "kinds %d and %d, n %d: %.17g, not %.17g",
					   kind, kind_y, n, c.correlation.r, truth);
			check_that(&rest, fabs(c.correlation.rest - (double) (1 - sums[2] * sums[2] / (sums[0] * sums[1]))) < 1e-15,
					   "kinds %d and %d, n %d: %.17g", kind, kind_y, n, c.correlation.rest);
		}
		else
		{
			check_that(&bound, fabs(c.correlation.r - truth) <= c.error, "kinds %d and %d, n %d: %.17g +- %g, not %.17g",
					   kind, kind_y, n, c.correlation.r, c.error, truth);
			if (kind != SIGNED_HUGE && kind_y != SIGNED_HUGE && (kind == kind_y || share == 0))
				check_that(&useful, c.error < 0.06 && fabs(c.correlation.r - truth) < 0.006,
						   "kinds %d and %d, n %d: %.17g +- %g, not %.17g", kind, kind_y, n, c.correlation.r, c.error, truth);
		}
		standalone_reset();
		free(x);
	}
	check_end(&bytes);
	check_end(&lowest);
	check_end(&exact);
	check_end(&rest);
	check_end(&bound);
	check_end(&useful);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_quantiles();
	test_distinct();
	test_spearman();
	return tap_end();
}
