/*
 * test_scaling.c
 *	  Every scaling, against its definition in long double.
 *
 * The definitions are computed over the input rows one by one, duplicates
 * repeated, where the core sees distinct rows with weights: that the two
 * agree says that a weight counts like so many rows.  A long double has eleven
 * bits more than a double and an exponent range in which nothing overflows,
 * so its sums around a first mean are right to far more digits than are
 * compared.  Errors are granted relative to the size of a column's values: a
 * mean near 1e9 cannot be written down better than to 1e-7.  A sum of n terms
 * is granted half a last bit for each.  Denormal values are granted a few of
 * their steps, of 2^-1074, since their fractions round to such steps.
 */
#include "scaling.h"

#include "tap.h"

#define DENORMAL_STEP 0x1p-1074L

static const char *const method_name[SCALE_METHODS] = {
	"none", "zscore", "minmax", "robust", "log",
};

/* A column of the input, as many values as there are input rows. */
typedef struct Column
{
	int			n;
	long double *x;
} Column;

static Column
column_of(const double *input, int n, int dim, int j, bool asinh_of_it)
{
	Column		column = {n, core_alloc(n, sizeof(long double))};

	for (int i = 0; i < n; i++)
	{
		column.x[i] = input[(Size) i * dim + j];
		if (asinh_of_it)
			column.x[i] = asinhl(column.x[i]);
	}
	return column;
}

/* As an offset from the first value: what values have in common costs no digits. */
static long double
mean_offset(const Column *column)
{
	long double sum = 0;

	for (int i = 0; i < column->n; i++)
		sum += (column->x[i] - column->x[0]) / column->n;
	return sum;
}

static long double
mean_of(const Column *column)
{
	return column->x[0] + mean_offset(column);
}

/* The population's: the divisor is n. */
static long double
sd_of(const Column *column)
{
	long double mean = mean_offset(column);
	long double sum = 0;

	for (int i = 0; i < column->n; i++)
	{
		long double d = column->x[i] - column->x[0] - mean;

		sum += d * d;
	}
	return sqrtl(sum / column->n);
}

static int
compare_long_doubles(const void *a, const void *b)
{
	long double x = *(const long double *) a;
	long double y = *(const long double *) b;

	return (x > y) - (x < y);
}

/* R's type 7: position p (n - 1) in the sorted values, between two by proportion. */
static long double
quantile_of(const Column *column, long double p)
{
	long double position = p * (column->n - 1);
	int			rank = (int) floorl(position);
	long double part = position - rank;

	if (part == 0)
		return column->x[rank];
	return column->x[rank] + part * (column->x[rank + 1] - column->x[rank]);
}

static void
true_scaling(ScaleMethod method, const double *input, int n, int dim, int j,
			 long double *offset, long double *unit)
{
	Column		column = column_of(input, n, dim, j, method == SCALE_LOG);
	long double sd = sd_of(&column);

	*offset = 0;
	*unit = 0;
	switch (method)
	{
		case SCALE_NONE:
			*unit = 1;
			break;
		case SCALE_ZSCORE:
		case SCALE_LOG:
			*offset = mean_of(&column);
			*unit = sd;
			break;
		case SCALE_MINMAX:
			qsort(column.x, n, sizeof(long double), compare_long_doubles);
			*offset = column.x[0];
			*unit = column.x[n - 1] - column.x[0];
			break;
		case SCALE_ROBUST:
			qsort(column.x, n, sizeof(long double), compare_long_doubles);
			*offset = quantile_of(&column, 0.5L);
			*unit = quantile_of(&column, 0.75L) - quantile_of(&column, 0.25L);
			if (*unit == 0)
				*unit = sd;
			break;
	}
	if (*unit == 0)
		*unit = 1;
	pfree(column.x);
}

/* Columns of every sort, each by its number. */
#define COLUMN_KINDS 11
#define KIND_OFFSET 2
#define KIND_CONSTANT 6

static double
draw_value(int kind)
{
	switch (kind)
	{
		case 0:
			return draw_normal();
		case 1:					/* many duplicates */
			return draw_int(-2, 2);
		case KIND_OFFSET:		/* large common offset */
			return 1e9 + draw_unit();
		case 3:					/* money: skewed */
			return floor(exp(draw_normal() * 2 + 5) * 100) / 100;
		case 4:					/* mostly 0: the interquartile range is 0 */
			return draw_int(0, 9) ? 0 : draw_between(1, 100);
		case 5:					/* two values */
			return draw_int(0, 1);
		case KIND_CONSTANT:
			return 0.1;
		case 7:
			return 1e300 * draw_normal();
		case 8:
			return 1e-300 * draw_normal();
		case 9:					/* denormals; their quarters can be told apart */
			return 0x1p-1070 * draw_int(-50, 50);
		default:				/* the whole range */
			return draw_magnitude(-1073, 1024);
	}
}

/* n rows; duplicates of whole rows appear where "repeats" is above 1. */
static double *
draw_input(int n, int repeats, int dim, const int *kind)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);

	for (int i = 0; i < n; i++)
		for (int j = 0; j < dim; j++)
			input[i * dim + j] = i > 0 && draw_int(1, repeats) > 1 ?
				input[(i - 1) * dim + j] : draw_value(kind[j]);
	return input;
}

static long double
largest_of(const double *input, int n, int dim, int j)
{
	long double largest = 0;

	for (int i = 0; i < n; i++)
		largest = Max(largest, fabsl(input[i * dim + j]));
	return largest;
}

static void
free_scaling(Scaling *scaling)
{
	pfree(scaling->offset);
	pfree(scaling->unit);
}

static long double worst_sd_of_offset;

static void
test_definition(ScaleMethod method, Check *offset_check, Check *unit_check,
				Check *sd_check)
{
	for (int set = 0; set < 600; set++)
	{
		int			n = set < 12 ? 1 + set / 2 : draw_int(2, 120);
		int			kind[3] = {draw_int(0, COLUMN_KINDS - 1), draw_int(0, COLUMN_KINDS - 1),
		set % COLUMN_KINDS};
		double	   *input = draw_input(n, set % 3 + 1, 3, kind);
		int		   *row_of = core_alloc(n, sizeof(int));
		Rows		rows = rows_canonical(input, n, 3, row_of);
		Scaling		scaling = scaling_fit(method, &rows);

		for (int j = 0; j < 3; j++)
		{
			long double offset;
			long double unit;
			long double size = largest_of(input, n, 3, j);
			long double offset_error;
			long double unit_error;

			true_scaling(method, input, n, 3, j, &offset, &unit);
			if (method == SCALE_LOG)
				size = asinhl(size);
			offset_error = fabsl(scaling.offset[j] - offset);
			unit_error = fabsl(scaling.unit[j] - unit);
			check_that(offset_check,
					   offset_error <= (1e-15L + n * 1e-16L) * size + 2 * DENORMAL_STEP,
					   "set %d, n %d, column kind %d: offset %.17g, not %.20Lg",
					   set, n, kind[j], scaling.offset[j], offset);

			/*
			 * The quantiles' rounding is relative to the values; what the sum
			 * of squares loses is relative to the spread.  Beyond the range
			 * of a double the unit stays at its end, and where it rounds to
			 * 0, 1 stands in for it.
			 */
			check_that(unit_check,
					   unit > DBL_MAX ? scaling.unit[j] == DBL_MAX :
					   (unit < DENORMAL_STEP && scaling.unit[j] == 1) ||
					   unit_error <= 1e-14L * unit + 4e-16L * size + 2 * DENORMAL_STEP,
					   "set %d, n %d, column kind %d: unit %.17g, not %.20Lg",
					   set, n, kind[j], scaling.unit[j], unit);
			check_that(unit_check, scaling.unit[j] > 0 && scaling.unit[j] <= DBL_MAX,
					   "set %d: unit %g", set, scaling.unit[j]);

			if (method == SCALE_ZSCORE && kind[j] == KIND_OFFSET && unit != 1)
			{
				check_that(sd_check, unit_error < 1e-9L * unit,
						   "set %d, n %d: sd %.17g, not %.20Lg", set, n, scaling.unit[j], unit);
				worst_sd_of_offset = Max(worst_sd_of_offset, unit_error / unit);
			}
		}
		free_scaling(&scaling);
		rows_free(&rows);
		pfree(row_of);
		pfree(input);
	}
}

/*
 * Values a few last bits apart, around 1e9: their mean is not a double, and
 * what it is off by must not count as spread.
 */
static void
test_last_bits(Check *check)
{
	for (int set = 0; set < 1000; set++)
	{
		int			n = draw_int(2, 10);
		double	   *input = core_alloc(n, sizeof(double));
		int		   *row_of = core_alloc(n, sizeof(int));
		long double offset;
		long double unit;
		Rows		rows;
		Scaling		scaling;

		for (int i = 0; i < n; i++)
			input[i] = 1e9 + 0x1p-23 * draw_int(0, 1 << draw_int(0, 12));
		rows = rows_canonical(input, n, 1, row_of);
		scaling = scaling_fit(SCALE_ZSCORE, &rows);
		true_scaling(SCALE_ZSCORE, input, n, 1, 0, &offset, &unit);
		check_that(check, fabsl(scaling.unit[0] - unit) < 1e-9L * unit,
				   "n %d, from %.17g to %.17g: sd %.17g, not %.20Lg", n, rows.x[0],
				   rows.x[rows.n - 1], scaling.unit[0], unit);
		free_scaling(&scaling);
		rows_free(&rows);
		pfree(row_of);
		pfree(input);
	}
}

/* Weights up to 2^31, which no list of rows could show, by the formulas for weighted rows. */
static void
test_large_weights(void)
{
	Check		check = {.name = "weights up to 2^31"};

	for (int set = 0; set < 200; set++)
	{
		int			n = draw_int(2, 30);
		double	   *input = core_alloc(n, sizeof(double));
		int		   *row_of = core_alloc(n, sizeof(int));
		Rows		rows;
		Scaling		zscore;
		Scaling		robust;
		long double total = 0;
		long double mean = 0;
		long double variance = 0;
		long double quantile[3];

		for (int i = 0; i < n; i++)
			input[i] = draw_normal();
		rows = rows_canonical(input, n, 1, row_of);
		for (int i = 0; i < rows.n; i++)
		{
			rows.weight[i] = draw_int(1, 5) > 1 ? draw_int(1, INT32_MAX) : 0x1p31;
			total += rows.weight[i];
			mean += rows.weight[i] * rows.x[i];
		}
		mean /= total;
		for (int i = 0; i < rows.n; i++)
			variance += rows.weight[i] * (rows.x[i] - mean) * (rows.x[i] - mean) / total;

		/* the value at a rank: the first before which, itself included, there are more */
		for (int q = 0; q < 3; q++)
		{
			long double position = (q + 1) * (total - 1) / 4;
			long double rank = floorl(position);
			double		value[2] = {0, 0};

			for (int side = 0; side < 2; side++)
			{
				long double before = 0;

				for (int i = rows.n - 1; i >= 0; i--)
				{
					before = 0;
					for (int h = 0; h <= i; h++)
						before += rows.weight[h];
					if (rank + side < before)
						value[side] = rows.x[i];
				}
			}
			quantile[q] = value[0] + (position - rank) * ((long double) value[1] - value[0]);
		}

		zscore = scaling_fit(SCALE_ZSCORE, &rows);
		robust = scaling_fit(SCALE_ROBUST, &rows);
		check_that(&check, fabsl(zscore.offset[0] - mean) < 1e-14L &&
				   fabsl(zscore.unit[0] - sqrtl(variance)) < 1e-13L * sqrtl(variance),
				   "set %d: mean %.17g, not %.17Lg, sd %.17g, not %.17Lg", set,
				   zscore.offset[0], mean, zscore.unit[0], sqrtl(variance));
		check_that(&check, fabsl(robust.offset[0] - quantile[1]) < 1e-14L &&
				   (quantile[2] == quantile[0] ||
					fabsl(robust.unit[0] - (quantile[2] - quantile[0])) < 1e-14L),
				   "set %d: median %.17g, not %.17Lg, range %.17g, not %.17Lg", set,
				   robust.offset[0], quantile[1], robust.unit[0], quantile[2] - quantile[0]);
		free_scaling(&zscore);
		free_scaling(&robust);
		rows_free(&rows);
		pfree(row_of);
		pfree(input);
	}
	check_end(&check);
}

/*
 * A column of equal values has unit 1, and by every method that has an offset
 * its values become 0, not something near it: mean and median of equal values
 * are that value.
 */
static void
test_constant(void)
{
	static const double value[] = {0, 1, 0.1, -1.0 / 3, 1e9 + 0.1, 1e300, -1e-300, DBL_MAX,
	-DBL_MAX, 0x1p-1074, 123456.789};
	Check		check = {.name = "a constant column has unit 1 and becomes 0"};

	for (int v = 0; v < 11; v++)
		for (int n = 1; n < 40; n++)
		{
			/* another column keeps the rows apart */
			double	   *input = core_alloc(n, 2 * sizeof(double));
			int		   *row_of = core_alloc(n, sizeof(int));
			Rows		rows;

			for (int i = 0; i < n; i++)
			{
				input[2 * i] = draw_unit();
				input[2 * i + 1] = value[v];
			}
			rows = rows_canonical(input, n, 2, row_of);
			for (int method = 0; method < SCALE_METHODS; method++)
			{
				Scaling		scaling = scaling_fit(method, &rows);

				check_that(&check, scaling.unit[1] == 1, "%s of %d times %g: unit %g",
						   method_name[method], n, value[v], scaling.unit[1]);
				check_that(&check, method == SCALE_NONE ||
						   scaling_apply(&scaling, 1, value[v]) == 0,
						   "%s of %d times %g: becomes %g", method_name[method], n, value[v],
						   scaling_apply(&scaling, 1, value[v]));
				free_scaling(&scaling);
			}
			rows_free(&rows);
			pfree(row_of);
			pfree(input);
		}
	check_end(&check);
}

/*
 * With the offset and unit that were learned: applying gives their quotient,
 * inverting gives the value back, both but for the rounding of each step.
 * asinh errs by 6e-16 of itself at most (test_realmath.c; 8e-16 are
 * granted), which sinh makes an error of sqrt(1 + x^2) times that.  Values
 * that were not in the fitted rows have the same rights as those that were.
 */
static void
test_apply(ScaleMethod method, Check *apply, Check *invert)
{
	for (int set = 0; set < 600; set++)
	{
		int			n = draw_int(1, 60);
		int			kind = set % COLUMN_KINDS;
		double	   *input = draw_input(n, 1, 1, &kind);
		int		   *row_of = core_alloc(n, sizeof(int));
		Rows		rows = rows_canonical(input, n, 1, row_of);
		Scaling		scaling = scaling_fit(method, &rows);
		Rows		scaled = scaling_rows(&scaling, &rows);
		long double offset = scaling.offset[0];
		long double unit = scaling.unit[0];

		for (int i = 0; i < rows.n + 3; i++)
		{
			double		x = i < rows.n ? rows.x[i] :
				i == rows.n ? draw_value(kind) : i == rows.n + 1 ? DBL_MAX : -DBL_MAX;
			double		z = scaling_apply(&scaling, 0, x);
			double		again = scaling_invert(&scaling, 0, z);
			long double t = method == SCALE_LOG ? asinhl(x) : x;
			long double truth = (t - offset) / unit;
			long double error = method == SCALE_LOG ? 8e-16L * fabsl(t) + DENORMAL_STEP : 0;

			if (i < rows.n)
				check_that(apply, scaled.x[i] == z && scaled.weight[i] == rows.weight[i],
						   "row %d becomes %.17g alone and %.17g among others",
						   i, z, scaled.x[i]);
			check_that(apply, fabs(z) <= DBL_MAX, "%g becomes %g", x, z);
			check_that(apply,
					   fabsl(truth) > DBL_MAX ? z == copysign(DBL_MAX, (double) truth) :
					   fabsl(z - truth) <=
					   2.3e-16L * fabsl(truth) + error / unit + 2 * DENORMAL_STEP,
					   "kind %d: %.17g, offset %.17Lg, unit %.17Lg: becomes %.17g, not %.20Lg",
					   kind, x, offset, unit, z, truth);

			/* steps: the quotient, the product, the sum */
			if (fabsl(truth) > DBL_MAX || fabsl(x) > DBL_MAX / 2)
				continue;
			error += 3.4e-16L * fabsl(t - offset) + 1.2e-16L * fabsl(t) + unit * 2 * DENORMAL_STEP;
			if (method == SCALE_LOG)
				error = error * sqrtl(1 + (long double) x * x) + 8e-16L * fabsl(x);
			check_that(invert, fabsl(again - x) <= error + 2 * DENORMAL_STEP,
					   "kind %d: %.17g, offset %.17Lg, unit %.17Lg: comes back as %.17g",
					   kind, x, offset, unit, again);
		}
		rows_free(&scaled);
		free_scaling(&scaling);
		rows_free(&rows);
		pfree(row_of);
		pfree(input);
	}
}

int
main(int argc, char **argv)
{
	Check		sd = {.name = "standard deviation of 1e9 + small within 1e-9"};
	Check		last_bits = {.name = "the same for values a few last bits apart"};

	tap_begin(argc, argv);
	for (int method = 0; method < SCALE_METHODS; method++)
	{
		char		name[4][80];
		Check		offset = {.name = name[0]};
		Check		unit = {.name = name[1]};
		Check		apply = {.name = name[2]};
		Check		invert = {.name = name[3]};

		snprintf(name[0], sizeof(name[0]), "%s: offset by the definition", method_name[method]);
		snprintf(name[1], sizeof(name[1]), "%s: unit by the definition", method_name[method]);
		snprintf(name[2], sizeof(name[2]), "%s: applied", method_name[method]);
		snprintf(name[3], sizeof(name[3]), "%s: inverted", method_name[method]);
		test_definition(method, &offset, &unit, &sd);
		check_end(&offset);
		check_end(&unit);
		test_apply(method, &apply, &invert);
		check_end(&apply);
		check_end(&invert);
	}
	printf("# largest relative error of the sd of 1e9 + small: %.3Lg\n", worst_sd_of_offset);
	check_end(&sd);
	test_last_bits(&last_bits);
	check_end(&last_bits);
	test_large_weights();
	test_constant();
	return tap_end();
}
