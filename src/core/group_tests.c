/*
 * group_tests.c
 *	  Do groups differ?  The classical tests.
 *
 * Means: Welch's t for two groups, Welch's F for more, both without assuming
 * equal variances, and Fisher's F, which does.  They need count, sum and sum of
 * squares of each group, which are kept exactly.  O(k) for k groups.
 *
 * Ranks and distributions: Mann and Whitney's U, Kolmogorov and Smirnov's D for
 * two groups, Kruskal and Wallis's H for more.  They sort the values: O(n)
 * by radix, 27 bytes a value beside the values themselves.  Ranks, counts and
 * deviations from what is expected are integers, so that the statistics are
 * those of the values in any order, and nothing cancels.
 *
 * Categories: Pearson's chi-square of a contingency table.  O(cells that
 * are not 0).
 *
 * The second group is compared with the first: a positive t, and a U above n1 n2 / 2,
 * say that the second is the higher one.  Statistics and p-values are those of R
 * (t.test, oneway.test, wilcox.test, ks.test, kruskal.test, and chisq.test with
 * correct = FALSE), with U exact and D exact under the same conditions as there.
 * Values that are all equal differ in nothing: p is 1 for ranks, where R has NaN.
 *
 * Effect sizes: Cohen's d with the pooled standard deviation; eta squared, the
 * share of the variance between groups; rank-biserial correlation
 * (2 U / (n1 n2) - 1: the share of pairs in which the second group's value is larger,
 * less that in which it is smaller); D itself; epsilon squared, H / (n - 1);
 * Cramer's V.
 *
 * Welch 1947, doi:10.1093/biomet/34.1-2.28; Welch 1951, doi:10.1093/biomet/38.3-4.330;
 * Mann and Whitney 1947, doi:10.1214/aoms/1177730491;
 * Kruskal and Wallis 1952, doi:10.1080/01621459.1952.10483441;
 * Pearson 1900, doi:10.1080/14786440009463897.
 */
#include "group_tests.h"

#include "rows.h"

typedef __int128 Wide;

/* Values, or cells, between two polls. */
#define POLL_BLOCK 65536

/* Beside a variance or squared difference of 1, a variance below this is none: its weight would overflow. */
#define LEAST_VARIANCE 1e-250

static TestResult
undecided(void)
{
	return (TestResult) {false, NAN, NAN, NAN, {NAN, NAN}, NAN};
}

/* The larger exponent of two numbers; that of 0 is below all. */
static int
larger_exponent(int e, Scaled s)
{
	return s.m == 0 ? e : Max(e, s.e);
}

/* The even exponent from which variances, and with half of it their roots, are near 1. */
static int
exponent_of_variances(Scaled a, Scaled b)
{
	int			e = larger_exponent(larger_exponent(-5000, a), b);

	return e - e % 2;
}

/* No test where a group has one value only, or where both are constant. */
TestResult
test_welch_t(ExactMoments *first, ExactMoments *second)
{
	TestResult	result = undecided();
	double		n1 = first->n;
	double		n2 = second->n;
	Scaled		v1;
	Scaled		v2;
	int			e;
	double		difference;
	double		q1;
	double		q2;
	double		pooled;

	if (n1 < 2 || n2 < 2)
		return result;
	v1 = exact_variance(first);
	v2 = exact_variance(second);
	if (v1.m == 0 && v2.m == 0)
		return result;
	e = exponent_of_variances(v1, v2);
	difference = scaled_at(exact_difference(second, first), e / 2);
	q1 = scaled_at(v1, e) / n1;
	q2 = scaled_at(v2, e) / n2;
	pooled = ((n1 - 1) * n1 * q1 + (n2 - 1) * n2 * q2) / (n1 + n2 - 2);

	result.is_decided = true;
	result.statistic = difference / sqrt(q1 + q2);
	result.df = (q1 + q2) * (q1 + q2) / (q1 * q1 / (n1 - 1) + q2 * q2 / (n2 - 1));
	result.tail = tail_student(result.statistic, result.df);
	result.effect_size = difference / sqrt(pooled);
	return result;
}

/* Means as offsets from the first group's, and variances, in a unit of their own. */
typedef struct GroupMeans
{
	double	   *offset;
	double	   *variance;		/* 0 for a group of one */
	double		n;				/* of all */
	double		between;		/* sum of squares */
	double		within;
} GroupMeans;

static GroupMeans
group_means(ExactMoments *const *group, int k)
{
	Scaled	   *offset = core_alloc(k, sizeof(Scaled));
	Scaled	   *variance = core_alloc(k, sizeof(Scaled));
	GroupMeans	means = {core_alloc(k, sizeof(double)), core_alloc(k, sizeof(double))};
	int			e = -5000;
	double		mean = 0;

	for (int g = 0; g < k; g++)
	{
		Scaled		square;

		offset[g] = exact_difference(group[g], group[0]);
		variance[g] = group[g]->n > 1 ? exact_variance(group[g]) : (Scaled) {0, 0};
		square = (Scaled) {offset[g].m, 2 * offset[g].e};
		e = larger_exponent(larger_exponent(e, square), variance[g]);
		if (g % 1024 == 0)
			core_poll("testing", (double) g / k);
	}
	e -= e % 2;
	for (int g = 0; g < k; g++)
	{
		means.offset[g] = scaled_at(offset[g], e / 2);
		means.variance[g] = scaled_at(variance[g], e);
		means.n += group[g]->n;
		mean += group[g]->n * means.offset[g];
	}
	mean /= means.n;
	for (int g = 0; g < k; g++)
	{
		double		d = means.offset[g] - mean;

		means.between += group[g]->n * (d * d);
		means.within += (group[g]->n - 1) * means.variance[g];
	}
	pfree(offset);
	pfree(variance);
	return means;
}

static void
free_means(GroupMeans *means)
{
	pfree(means->offset);
	pfree(means->variance);
}

/* Welch's F; no test with one group, or where a group has one value only or is constant. */
TestResult
test_welch_anova(ExactMoments *const *group, int k)
{
	TestResult	result = undecided();
	GroupMeans	means = group_means(group, k);
	double		weights = 0;
	double		mean = 0;
	double		between = 0;
	double		lambda = 0;
	bool		has_variances = true;

	for (int g = 0; g < k; g++)
		has_variances &= means.variance[g] > LEAST_VARIANCE;
	if (k > 1 && has_variances)
	{
		for (int g = 0; g < k; g++)
		{
			double		w = group[g]->n / means.variance[g];

			weights += w;
			mean += w * means.offset[g];
		}
		mean /= weights;
		for (int g = 0; g < k; g++)
		{
			double		w = group[g]->n / means.variance[g];
			double		d = means.offset[g] - mean;

			between += w * (d * d);
			lambda += (1 - w / weights) * (1 - w / weights) / (group[g]->n - 1);
		}
		result.is_decided = true;
		result.df = k - 1;
		result.df2 = ((double) k * k - 1) / (3 * lambda);
		result.statistic = between / (k - 1) / (1 + 2 * (k - 2.0) / ((double) k * k - 1) * lambda);
		result.tail = tail_f(result.statistic, result.df, result.df2);
		result.effect_size = means.between / (means.between + means.within);
	}
	free_means(&means);
	return result;
}

/* Fisher's F; no test with one group, or where all groups are constant. */
TestResult
test_pooled_anova(ExactMoments *const *group, int k)
{
	TestResult	result = undecided();
	GroupMeans	means = group_means(group, k);

	if (k > 1 && means.within > 0)
	{
		result.is_decided = true;
		result.df = k - 1;
		result.df2 = means.n - k;
		result.statistic = means.between / result.df / (means.within / result.df2);
		result.tail = tail_f(result.statistic, result.df, result.df2);
		result.effect_size = means.between / (means.between + means.within);
	}
	free_means(&means);
	return result;
}

/* What sorting the values told. */
typedef struct Ranks
{
	int		   *order;
	bool	   *is_last;		/* [n] in ascending order: the next value is larger */
	int64	   *count;			/* [k] values of each group */
	int64	   *rank_sum;		/* [k] twice the sum of its ranks, from 1; ties share the mean of theirs */
	Wide		ties;			/* sum of t^3 - t over the ties of t values */
} Ranks;

static Ranks
rank_values(const GroupedValues *values)
{
	int			n = values->n;
	Ranks		ranks = {
		core_alloc(n, sizeof(int)), core_alloc(n, sizeof(bool)),
		core_alloc0(values->k, sizeof(int64)), core_alloc0(values->k, sizeof(int64)), 0
	};

	order_by_key(values->value, n, ranks.order);
	for (int start = 0, end; start < n; start = end)
	{
		double		tied = values->value[ranks.order[start]];
		int64		length;

		for (end = start + 1; end < n && values->value[ranks.order[end]] == tied; end++)
			ranks.is_last[end - 1] = false;
		ranks.is_last[end - 1] = true;
		for (int i = start; i < end; i++)
		{
			int			g = values->group[ranks.order[i]];

			ranks.count[g]++;
			ranks.rank_sum[g] += (int64) start + end + 1;
		}
		length = end - start;
		ranks.ties += (Wide) length * length * length - length;
		if (start / POLL_BLOCK != end / POLL_BLOCK)
			core_poll("testing", (double) end / n);
	}
	return ranks;
}

static void
free_ranks(Ranks *ranks)
{
	pfree(ranks->order);
	pfree(ranks->is_last);
	pfree(ranks->count);
	pfree(ranks->rank_sum);
}

/* n^3 - n, less the same of each tie: 0 when all values are equal. */
static double
untied(int64 n, const Ranks *ranks)
{
	return (double) ((Wide) n * n * n - n - ranks->ties);
}

/* Two groups. */
TestResult
test_mann_whitney(const GroupedValues *values)
{
	TestResult	result = undecided();
	Ranks		ranks;
	int64		n1;
	int64		n2;
	int64		twice_u;
	double		n = values->n;

	Assert(values->k == 2);
	ranks = rank_values(values);
	n1 = ranks.count[0];
	n2 = ranks.count[1];
	twice_u = ranks.rank_sum[1] - n2 * (n2 + 1);

	result.is_decided = true;
	result.statistic = twice_u / 2.0;
	result.effect_size = (double) (twice_u - n1 * n2) / ((double) n1 * n2);
	if (ranks.ties == 0 && Max(n1, n2) <= MANN_WHITNEY_EXACT)
		result.tail = tail_mann_whitney((int) (twice_u / 2), (int) n2, (int) n1);
	else
	{
		/* half a step nearer to the middle, for continuity */
		int64		twice_d = Max(0, Max(twice_u - n1 * n2, n1 * n2 - twice_u) - 1);
		double		variance = (double) n1 * n2 / 12 * (untied(values->n, &ranks) / (n * (n - 1)));

		result.tail = tail_normal(twice_d == 0 ? 0 : twice_d / 2.0 / sqrt(variance));
	}
	free_ranks(&ranks);
	return result;
}

/* Two groups. */
TestResult
test_smirnov(const GroupedValues *values)
{
	TestResult	result = undecided();
	Ranks		ranks;
	int64		n1;
	int64		n2;
	int64		apart = 0;
	int64		largest = 0;

	Assert(values->k == 2);
	ranks = rank_values(values);
	n1 = ranks.count[0];
	n2 = ranks.count[1];
	for (int i = 0; i < values->n; i++)
	{
		apart += values->group[ranks.order[i]] == 0 ? n2 : -n1;
		if (ranks.is_last[i])
			largest = Max(largest, Max(apart, -apart));
		if (i % POLL_BLOCK == 0)
			core_poll("testing", (double) i / values->n);
	}

	result.is_decided = true;
	result.statistic = (double) largest / ((double) n1 * n2);
	result.effect_size = result.statistic;
	if (n1 * n2 < SMIRNOV_EXACT)
		result.tail = tail_smirnov(largest, (int) n1, (int) n2, ranks.is_last);
	else
		result.tail = tail_kolmogorov(result.statistic * sqrt((double) n1 * n2 / (n1 + n2)));
	free_ranks(&ranks);
	return result;
}

/* No test with one group. */
TestResult
test_kruskal_wallis(const GroupedValues *values)
{
	TestResult	result = undecided();
	Ranks		ranks;
	double		n = values->n;
	double		sum = 0;
	double		rest;

	if (values->k < 2)
		return result;
	ranks = rank_values(values);
	rest = untied(values->n, &ranks);
	for (int g = 0; g < values->k; g++)
	{
		/* four times the squared deviation of the group's sum of ranks from what is expected */
		double		d = (double) (ranks.rank_sum[g] - ranks.count[g] * ((int64) values->n + 1));

		sum += d * d / ranks.count[g];
	}
	result.is_decided = true;
	result.df = values->k - 1;
	result.statistic = rest > 0 ? 3 * (n - 1) * sum / rest : 0;
	result.tail = tail_chi_square(result.statistic, result.df);
	result.effect_size = result.statistic / (n - 1);
	free_ranks(&ranks);
	return result;
}

/* Bytes that the tests by ranks need at most for n values of k groups, beside the values. */
Size
test_rank_memory(int64 n, int k)
{
	Size		ranks = mul_size(n, sizeof(int) + sizeof(bool));
	Size		groups = mul_size(k, 2 * sizeof(int64));

	return add_size(add_size(ranks, groups), order_memory(n));
}

/*
 * Cells come in the order of their rows and columns, lest the sum depend on
 * another.  No test with a single row or column.  *least_expected becomes the least count
 * that is expected in a cell if rows and columns are independent.
 */
TestResult
test_chi_square(const ContingencyTable *table, double *least_expected)
{
	TestResult	result = undecided();
	int64	   *filled = core_alloc0(table->rows, sizeof(int64));
	int64		least_row = table->n;
	int64		least_column = table->n;
	double		n = table->n;
	double		sum = 0;

	for (int j = 0; j < table->columns; j++)
		least_column = Min(least_column, table->column_total[j]);
	for (int64 c = 0; c < table->ncells; c++)
	{
		const TableCell *cell = &table->cell[c];
		int64		r = table->row_total[cell->row];
		int64		s = table->column_total[cell->column];
		double		d = (double) ((Wide) cell->count * table->n - (Wide) r * s);

		sum += d / n * (d / n) / ((double) r * s / n);
		filled[cell->row] += s;
		if (c % POLL_BLOCK == 0)
			core_poll("testing", (double) c / table->ncells);
	}
	/* a cell that is 0 adds what is expected in it */
	for (int i = 0; i < table->rows; i++)
	{
		least_row = Min(least_row, table->row_total[i]);
		sum += (double) table->row_total[i] * (double) (table->n - filled[i]) / n;
	}
	pfree(filled);

	*least_expected = (double) least_row * least_column / n;
	if (table->rows < 2 || table->columns < 2)
		return result;
	result.is_decided = true;
	result.statistic = sum;
	result.df = (double) (table->rows - 1) * (table->columns - 1);
	result.tail = tail_chi_square(sum, result.df);
	result.effect_size = sqrt(sum / n / (Min(table->rows, table->columns) - 1));
	return result;
}
