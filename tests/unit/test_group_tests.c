/*
 * test_group_tests.c
 *	  Tests of groups against their definitions: pairs counted one by one, ranks
 *	  by counting, sums in long double, tables with all their cells.
 */
#include "group_tests.h"

#include "tap.h"

#define MOST 60
#define LIMIT 1e-12

static bool
is_near(double ours, long double truth)
{
	return fabsl(ours - truth) <= LIMIT * Max(1, fabsl(truth));
}

/* n values of k groups, each with one at least, mostly tied. */
typedef struct Data
{
	double		value[MOST];
	int			group[MOST];
	int			n;
	int			k;
	int			count[MOST];
	ExactMoments *moments[MOST];
} Data;

static Data
draw_data(int k)
{
	Data		data = {.n = draw_int(2 * k, MOST), .k = k};
	int			kinds = draw_int(2, 200);

	for (int g = 0; g < k; g++)
		data.moments[g] = core_alloc0(1, sizeof(ExactMoments));
	for (int i = 0; i < data.n; i++)
	{
		int			g = data.group[i] = i < 2 * k ? i % k : draw_int(0, k - 1);

		data.value[i] = draw_int(0, kinds) * 0.25 + (draw_int(0, 3) == 0 ? g : 0);
		data.count[g]++;
		exact_add(data.moments[g], data.value[i]);
	}
	return data;
}

static void
free_data(Data *data)
{
	for (int g = 0; g < data->k; g++)
		pfree(data->moments[g]);
}

static GroupedValues
values_of(const Data *data)
{
	return (GroupedValues) {data->value, data->group, data->n, data->k};
}

static long double
mean_of(const Data *data, int g)
{
	long double sum = 0;

	for (int i = 0; i < data->n; i++)
		if (data->group[i] == g)
			sum += data->value[i];
	return sum / data->count[g];
}

static long double
variance_of(const Data *data, int g)
{
	long double sum = 0;

	for (int i = 0; i < data->n; i++)
		if (data->group[i] == g)
			sum += (data->value[i] - mean_of(data, g)) * (data->value[i] - mean_of(data, g));
	return sum / (data->count[g] - 1);
}

static void
test_means(void)
{
	Check		t = {.name = "Welch's t is the difference of the means over its standard error"};
	Check		f = {.name = "Welch's F is its definition"};
	Check		square = {.name = "Welch's F of two groups is the square of t, with the same p"};
	Check		pooled = {.name = "Fisher's F is the ratio of the mean squares"};

	for (int trial = 0; trial < 2000; trial++)
	{
		int			k = trial % 2 ? 2 : draw_int(2, 8);
		Data		data = draw_data(k);
		TestResult	ours = test_welch_anova(data.moments, k);
		TestResult	equal = test_pooled_anova(data.moments, k);
		long double w[8];
		long double sum = 0;
		long double mean = 0;
		long double plain_mean = 0;
		long double between = 0;
		long double within = 0;
		long double lambda = 0;
		long double weighted = 0;
		bool		constant = false;

		for (int g = 0; g < k; g++)
			constant |= variance_of(&data, g) == 0;
		if (constant)
		{
			check_that(&f, !ours.is_decided, "a constant group");
			free_data(&data);
			continue;
		}
		for (int g = 0; g < k; g++)
		{
			w[g] = data.count[g] / variance_of(&data, g);
			sum += w[g];
			mean += w[g] * mean_of(&data, g);
			plain_mean += data.count[g] * mean_of(&data, g) / data.n;
		}
		mean /= sum;
		for (int g = 0; g < k; g++)
		{
			long double d = mean_of(&data, g) - mean;
			long double e = mean_of(&data, g) - plain_mean;

			weighted += w[g] * d * d / (k - 1);
			lambda += (1 - w[g] / sum) * (1 - w[g] / sum) / (data.count[g] - 1);
			between += data.count[g] * e * e;
			within += (data.count[g] - 1) * variance_of(&data, g);
		}
		check_that(&f, ours.is_decided && is_near(ours.statistic, weighted / (1 + 2 * (k - 2) * lambda / (k * k - 1))) &&
				   ours.df == k - 1 && is_near(ours.df2, (k * k - 1) / (3 * lambda)) &&
				   is_near(ours.effect_size, between / (between + within)),
				   "%d groups: %.17g", k, ours.statistic);
		check_that(&pooled, equal.is_decided && is_near(equal.statistic, between / (k - 1) / (within / (data.n - k))) &&
				   equal.df2 == data.n - k, "%d groups: %.17g", k, equal.statistic);
		if (k == 2)
		{
			TestResult	two = test_welch_t(data.moments[0], data.moments[1]);
			long double error = sqrtl(variance_of(&data, 0) / data.count[0] + variance_of(&data, 1) / data.count[1]);
			long double d = mean_of(&data, 1) - mean_of(&data, 0);

			check_that(&t, two.is_decided && is_near(two.statistic, d / error) &&
					   is_near(two.effect_size, d / sqrtl(within / (data.n - 2))), "%.17g", two.statistic);
			check_that(&square, is_near(ours.statistic, two.statistic * (long double) two.statistic) &&
					   is_near(ours.df2, two.df) && is_near(ours.tail.p, two.tail.p),
					   "t %.17g, F %.17g", two.statistic, ours.statistic);
		}
		free_data(&data);
	}
	check_end(&t);
	check_end(&f);
	check_end(&square);
	check_end(&pooled);
}

static void
test_ranks(void)
{
	Check		u = {.name = "U counts pairs, ties half"};
	Check		d = {.name = "D is the largest distance of the distribution functions"};
	Check		h = {.name = "H is the variance of the mean ranks over that of the ranks"};
	Check		sides = {.name = "exchanging the groups turns U, and leaves p"};

	for (int trial = 0; trial < 2000; trial++)
	{
		Data		data = draw_data(trial % 2 ? 2 : draw_int(2, 8));
		GroupedValues values = values_of(&data);
		TestResult	ours = test_kruskal_wallis(&values);
		long double rank_sum[8] = {0};
		long double total = 0;
		long double between = 0;

		for (int i = 0; i < data.n; i++)
		{
			long double rank = 0.5L;

			for (int j = 0; j < data.n; j++)
				rank += data.value[j] < data.value[i] ? 1 : data.value[j] == data.value[i] ? 0.5L : 0;
			rank_sum[data.group[i]] += rank;
			total += (rank - (data.n + 1) / 2.0L) * (rank - (data.n + 1) / 2.0L);
		}
		for (int g = 0; g < data.k; g++)
		{
			long double off = rank_sum[g] / data.count[g] - (data.n + 1) / 2.0L;

			between += data.count[g] * off * off;
		}
		check_that(&h, ours.is_decided && ours.df == data.k - 1 &&
				   is_near(ours.statistic, total == 0 ? 0 : (data.n - 1) * between / total) &&
				   ours.tail.p == tail_chi_square(ours.statistic, data.k - 1).p,
				   "%d values of %d groups: %.17g", data.n, data.k, ours.statistic);
		if (data.k == 2)
		{
			int			other[MOST];
			GroupedValues exchanged = {data.value, other, data.n, 2};
			TestResult	whitney = test_mann_whitney(&values);
			TestResult	smirnov = test_smirnov(&values);
			double		pairs = 0;
			long double largest = 0;

			for (int i = 0; i < data.n; i++)
			{
				long double apart = 0;

				other[i] = 1 - data.group[i];
				for (int j = 0; j < data.n; j++)
				{
					if (data.group[i] == 1 && data.group[j] == 0)
						pairs += data.value[i] > data.value[j] ? 1 : data.value[i] == data.value[j] ? 0.5 : 0;
					if (data.value[j] <= data.value[i])
						apart += (data.group[j] == 0 ? 1.0L : -1.0L) / data.count[data.group[j]];
				}
				largest = Max(largest, fabsl(apart));
			}
			check_that(&u, whitney.statistic == pairs &&
					   is_near(whitney.effect_size, 2 * (long double) pairs / (data.count[0] * data.count[1]) - 1),
					   "%.17g, not %.17g", whitney.statistic, pairs);
			check_that(&d, is_near(smirnov.statistic, largest), "%.17g, not %.17Lg", smirnov.statistic, largest);
			check_that(&sides, test_mann_whitney(&exchanged).statistic == data.count[0] * data.count[1] - pairs &&
					   is_near(test_mann_whitney(&exchanged).tail.p, whitney.tail.p) &&
					   is_near(test_smirnov(&exchanged).tail.p, smirnov.tail.p),
					   "p %.17g and %.17g", whitney.tail.p, test_mann_whitney(&exchanged).tail.p);
		}
		free_data(&data);
	}
	check_end(&u);
	check_end(&d);
	check_end(&h);
	check_end(&sides);
}

static void
test_tables(void)
{
	Check		check = {.name = "chi-square sums over all cells of the table, empty ones too"};

	for (int trial = 0; trial < 2000; trial++)
	{
		int			rows = draw_int(2, 7);
		int			columns = draw_int(2, 7);
		int64		count[7][7];
		int64		row_total[7] = {0};
		int64		column_total[7] = {0};
		TableCell	cell[49];
		ContingencyTable table = {cell, 0, row_total, column_total, rows, columns, 0};
		long double truth = 0;
		long double least = INFINITY;
		double		least_expected;
		TestResult	ours;

		for (int i = 0; i < rows; i++)
			for (int j = 0; j < columns; j++)
			{
				bool		is_filled = i == j % rows || j == i % columns || draw_int(0, 1);

				count[i][j] = is_filled ? draw_int(1, 50) : 0;
				if (trial % 10 == 0)
					count[i][j] *= INT64_C(1000000000000);
				row_total[i] += count[i][j];
				column_total[j] += count[i][j];
				table.n += count[i][j];
				if (count[i][j] > 0)
					cell[table.ncells++] = (TableCell) {i, j, count[i][j]};
			}
		for (int i = 0; i < rows; i++)
			for (int j = 0; j < columns; j++)
			{
				long double expected = (long double) row_total[i] * column_total[j] / table.n;

				truth += (count[i][j] - expected) * (count[i][j] - expected) / expected;
				least = Min(least, expected);
			}
		ours = test_chi_square(&table, &least_expected);
		check_that(&check, ours.is_decided && is_near(ours.statistic, truth) && is_near(least_expected, least) &&
				   ours.df == (rows - 1) * (columns - 1) &&
				   is_near(ours.effect_size, sqrtl(truth / table.n / (Min(rows, columns) - 1))),
				   "%d x %d: %.17g, not %.17Lg", rows, columns, ours.statistic, truth);
	}
	check_end(&check);
}

/* p and its logarithm are of one mind, and in their range. */
static bool
is_sane(TestResult r)
{
	if (!r.is_decided)
		return isnan(r.statistic) && isnan(r.tail.p) && isnan(r.effect_size);
	return !isnan(r.statistic) && !isnan(r.effect_size) && r.tail.p >= 0 && r.tail.p <= 1 && r.tail.log10_p <= 0 &&
		(r.tail.p < DBL_MIN || is_near(log10(r.tail.p), r.tail.log10_p));
}

static void
test_any_values(void)
{
	Check		check = {.name = "whatever doubles there are, a test says something or nothing"};
	Check		unit = {.name = "the unit of the values does not matter"};

	for (int trial = 0; trial < 3000; trial++)
	{
		int			k = trial % 2 ? 2 : draw_int(1, 6);
		int			spread = draw_int(0, 3) == 0 ? 2098 : draw_int(0, 100);
		int			lowest = draw_int(-1073, 1024 - Min(spread, 2097));
		int			kinds = draw_int(1, MOST);
		Data		data = {.n = draw_int(k, MOST), .k = k};
		Data		halves = {.k = k};
		GroupedValues values;
		TestResult	welch;
		TestResult	half;

		for (int g = 0; g < k; g++)
		{
			data.moments[g] = core_alloc0(1, sizeof(ExactMoments));
			halves.moments[g] = core_alloc0(1, sizeof(ExactMoments));
		}
		for (int i = 0; i < data.n; i++)
		{
			data.group[i] = i < k ? i : draw_int(0, k - 1);
			data.value[i] = i < kinds ? draw_magnitude(lowest, Min(lowest + spread, 1024)) : data.value[draw_int(0, i - 1)];
			exact_add(data.moments[data.group[i]], data.value[i]);
			exact_add(halves.moments[data.group[i]], data.value[i] / 2);
		}
		values = values_of(&data);
		welch = test_welch_anova(data.moments, k);
		check_that(&check, is_sane(welch) && is_sane(test_pooled_anova(data.moments, k)) &&
				   is_sane(test_kruskal_wallis(&values)), "%d values of %d groups: F %g", data.n, k, welch.statistic);
		if (k == 2)
		{
			check_that(&check, is_sane(test_mann_whitney(&values)) && is_sane(test_smirnov(&values)) &&
					   is_sane(test_welch_t(data.moments[0], data.moments[1])), "%d values", data.n);
			/* halves of numbers above the denormal ones are exact */
			half = test_welch_anova(halves.moments, k);
			if (lowest > -1021)
				check_that(&unit, welch.is_decided ? welch.statistic == half.statistic : !half.is_decided,
						   "F %.17g and %.17g", welch.statistic, half.statistic);
		}
		free_data(&data);
		free_data(&halves);
	}
	check_end(&check);
	check_end(&unit);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_means();
	test_ranks();
	test_tables();
	test_any_values();
	return tap_end();
}
