/*
 * test_rows.c
 *	  Canonical rows, against their definition.
 *
 * Rows are canonical when they ascend strictly, when every input row equals
 * the canonical row it is said to have gone to, and when a canonical row
 * weighs as much as the input rows that went to it.  There is only one set of
 * rows like that, so nothing needs to be computed a second way: the three
 * conditions are checked.  Zero has one form there, +0.
 */
#include "rows.h"

#include "tap.h"

/* Of what the features of random rows are made. */
typedef enum Kind
{
	KIND_FEW,					/* four integers: nearly all rows are duplicates */
	KIND_SPECIAL,				/* -0, denormals, the largest values, neighbours */
	KIND_CONTINUOUS,
	KIND_EQUAL,					/* every row the same */
	KIND_LATE,					/* differs in the last feature only */
	KIND_WIDE,					/* magnitudes from 2^-1074 to 2^1024 */
} Kind;

#define KINDS 6

static double
draw_special(void)
{
	static const double special[] = {
		0.0, -0.0, 0x1p-1074, -0x1p-1074, DBL_MIN, -DBL_MIN, DBL_MAX, -DBL_MAX,
		1, 1 + DBL_EPSILON, 1 - DBL_EPSILON / 2, -1, 1e300, -1e300, 1e-300, 0x1p-1073,
	};

	return special[draw_int(0, 15)];
}

static double *
draw_rows(Kind kind, int n, int dim)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);

	for (int i = 0; i < n; i++)
		for (int j = 0; j < dim; j++)
		{
			double	   *x = &input[(Size) i * dim + j];

			switch (kind)
			{
				case KIND_FEW:
					*x = draw_int(-1, 2);
					break;
				case KIND_SPECIAL:
					*x = draw_special();
					break;
				case KIND_CONTINUOUS:
					*x = draw_normal();
					break;
				case KIND_EQUAL:
					*x = j % 2 ? -7.25 : -0.0;
					break;
				case KIND_LATE:
					*x = j + 1 < dim ? j : draw_int(0, n);
					break;
				case KIND_WIDE:
					*x = draw_magnitude(-1073, 1024);
					break;
			}
		}
	return input;
}

/* Feature j of canonical row i. */
static double
at(const Rows *rows, int i, int j)
{
	return rows->x[(Size) j * rows->n + i];
}

/* -1, 0 or 1 as row a comes before, equals, or comes after row b. */
static int
compare_rows(const Rows *rows, int a, int b)
{
	for (int j = 0; j < rows->dim; j++)
		if (at(rows, a, j) != at(rows, b, j))
			return at(rows, a, j) < at(rows, b, j) ? -1 : 1;
	return 0;
}

static bool
same_rows(const Rows *a, const Rows *b)
{
	return a->n == b->n && a->dim == b->dim &&
		memcmp(a->x, b->x, sizeof(double) * a->n * a->dim) == 0 &&
		memcmp(a->weight, b->weight, sizeof(double) * a->n) == 0;
}

/* The three conditions at the top of this file. */
static bool
is_canonical(const Rows *rows, const double *input, int n, const int *row_of)
{
	double	   *count = core_alloc0(rows->n, sizeof(double));
	bool		good = rows->n <= n && (rows->n > 0) == (n > 0);

	for (int i = 1; i < rows->n; i++)
		good &= compare_rows(rows, i - 1, i) < 0;
	for (Size i = 0; i < (Size) rows->n * rows->dim; i++)
		good &= rows->x[i] != 0 || !signbit(rows->x[i]);
	for (int i = 0; i < n && good; i++)
	{
		good = row_of[i] >= 0 && row_of[i] < rows->n;
		for (int j = 0; j < rows->dim && good; j++)
			good = at(rows, row_of[i], j) == input[(Size) i * rows->dim + j];
		if (good)
			count[row_of[i]]++;
	}
	for (int i = 0; i < rows->n; i++)
		good &= rows->weight[i] == count[i];
	good &= rows_total_weight(rows) == n;
	pfree(count);
	return good;
}

static void
test_canonical(int n, int dim, Check *definition, Check *shuffled)
{
	for (int kind = 0; kind < KINDS; kind++)
	{
		double	   *input = draw_rows(kind, n, dim);
		int		   *row_of = core_alloc(n, sizeof(int));
		Rows		rows = rows_canonical(input, n, dim, row_of);
		int		   *order = core_alloc(n, sizeof(int));
		int		   *other_row_of = core_alloc(n, sizeof(int));
		double	   *other_input;
		Rows		other;
		bool		same;

		check_that(definition, rows.dim == dim && is_canonical(&rows, input, n, row_of),
				   "n %d, dim %d, kind %d", n, dim, kind);

		draw_order(n, order);
		other_input = reordered(input, n, dim, order);
		other = rows_canonical(other_input, n, dim, other_row_of);
		same = same_rows(&rows, &other);
		for (int i = 0; i < n && same; i++)
			same = other_row_of[i] == row_of[order[i]];
		check_that(shuffled, same, "n %d, dim %d, kind %d", n, dim, kind);

		rows_free(&other);
		rows_free(&rows);
		pfree(other_input);
		pfree(other_row_of);
		pfree(order);
		pfree(row_of);
		pfree(input);
	}
}

/* What rounding a feature to steps of some size does: it never decreases. */
static double
coarse(double x, double step)
{
	return step * floor(x / step) + 0.0;
}

/*
 * Rounding the features of canonical rows, and merging what became equal,
 * must give the canonical form of the rounded input.  Rounding an early
 * feature lets a later one decide, so the order can change as well.
 */
static void
test_merge(Check *check)
{
	for (int set = 0; set < 300; set++)
	{
		int			n = set < 5 ? set : draw_int(1, 300);
		int			dim = draw_int(1, 4);
		double		step = ldexp(1, draw_int(-12, 2));
		double	   *input = draw_rows(set % 2 ? KIND_CONTINUOUS : KIND_FEW, n, dim);
		int		   *row_of = core_alloc(n, sizeof(int));
		Rows		rows = rows_canonical(input, n, dim, row_of);

		for (Size i = 0; i < (Size) rows.n * dim; i++)
			rows.x[i] = coarse(rows.x[i], step);
		for (Size i = 0; i < (Size) n * dim; i++)
			input[i] = coarse(input[i], step);
		rows_merge_equal(&rows, row_of, n);
		check_that(check, is_canonical(&rows, input, n, row_of),
				   "set %d: n %d, dim %d, step %g", set, n, dim, step);
		rows_free(&rows);
		pfree(row_of);
		pfree(input);
	}
}

/* Weights add up when rows merge, whatever they were, up to 2^31. */
static void
test_merge_weights(void)
{
	double		input[] = {0.75, 0.25, 3, 0.5, 3, 3};
	int			row_of[6];
	Rows		rows = rows_canonical(input, 6, 1, row_of);

	rows.weight[0] = 0x1p30;	/* of 0.25 */
	for (int i = 0; i < rows.n; i++)
		rows.x[i] = coarse(rows.x[i], 1);
	rows_merge_equal(&rows, row_of, 6);
	tap_ok(rows.n == 2 && rows.weight[0] == 0x1p30 + 2 && rows.weight[1] == 3 &&
		   rows_total_weight(&rows) == 0x1p30 + 5, "weights of merged rows add up");
	rows_free(&rows);
}

/*
 * A power of two is taken out exactly: ldexp puts it back.  Only what is less
 * than 2^-400 of the largest, about 4e-121, is gone.
 */
static void
test_normalise(Check *check)
{
	for (int set = 0; set < 1000; set++)
	{
		int			n = draw_int(1, 20);
		int			dim = draw_int(1, 4);
		int			high = draw_int(-1073, 1024);
		int			low = Max(-1073, high - draw_int(0, 800));
		double	   *input = core_alloc(n, sizeof(double) * dim);
		int		   *row_of = core_alloc(n, sizeof(int));
		double		largest = 0;
		double		largest_after = 0;
		Rows		rows;
		Rows		before;
		int			e;

		for (int i = 0; i < n * dim; i++)
		{
			input[i] = draw_int(0, 5) ? draw_magnitude(low, high) : 0;
			largest = Max(largest, fabs(input[i]));
		}
		rows = rows_canonical(input, n, dim, row_of);
		before = rows_canonical(input, n, dim, row_of);
		e = rows_normalise(&rows);
		for (int i = 0; i < rows.n * dim; i++)
		{
			double		x = before.x[i];
			double		y = rows.x[i];
			double		exact = ldexp(x, -e);

			largest_after = Max(largest_after, fabs(y));
			check_that(check, fabs(exact) < 0x1p-400 ? y == 0 && !signbit(y) :
					   y == exact && ldexp(y, e) == x,
					   "%a became %a, with the exponent %d", x, y, e);
		}
		check_that(check, largest == 0 ? e == 0 && largest_after == 0 :
				   largest_after >= 0.5 && largest_after < 1,
				   "the largest is %a, after %a", largest_after, largest);
		rows_free(&before);
		rows_free(&rows);
		pfree(row_of);
		pfree(input);
	}
}

/* The order is a permutation, the keys ascend along it, and where they do not, the numbers do. */
static void
test_order(Check *check)
{
	static const int sizes[] = {0, 1, 2, 63, 64, 65, 66, 1000, 100000};

	for (int s = 0; s < 9; s++)
		for (int kind = 0; kind < KINDS; kind++)
		{
			int			n = sizes[s];
			double	   *key = draw_rows(kind, n, 1);
			int		   *order = core_alloc(n, sizeof(int));
			bool	   *seen = core_alloc0(n, sizeof(bool));
			bool		good = true;

			order_by_key(key, n, order);
			for (int i = 0; i < n && good; i++)
			{
				good = order[i] >= 0 && order[i] < n && !seen[order[i]];
				if (!good)
					break;
				seen[order[i]] = true;
				if (i > 0)
					good = key[order[i - 1]] < key[order[i]] ||
						(key[order[i - 1]] == key[order[i]] && order[i - 1] < order[i]);
			}
			check_that(check, good, "n %d, kind %d", n, kind);
			pfree(seen);
			pfree(order);
			pfree(key);
		}
}

int
main(int argc, char **argv)
{
	static const int sizes[] = {0, 1, 2, 3, 64, 65, 1000};
	Check		definition = {.name = "canonical rows ascend, weigh, and are the input's"};
	Check		shuffled = {.name = "shuffled rows give the same bytes"};
	Check		many = {.name = "the same for 100000 rows"};
	Check		wide = {.name = "the same for 1600 features"};
	Check		merged = {.name = "rows made equal by rounding are merged"};
	Check		normalised = {.name = "normalising is exact down to 2^-400 of the largest value"};
	Check		order = {.name = "order_by_key sorts, and keeps the order of equal keys"};

	tap_begin(argc, argv);

	for (int repeat = 0; repeat < 20; repeat++)
		for (int s = 0; s < 7; s++)
			for (int dim = 1; dim <= 5; dim++)
				test_canonical(sizes[s], dim, &definition, &shuffled);
	check_end(&definition);
	check_end(&shuffled);
	for (int dim = 1; dim <= 5; dim += 2)
		test_canonical(100000, dim, &many, &many);
	check_end(&many);
	test_canonical(0, 1600, &wide, &wide);
	test_canonical(1, 1600, &wide, &wide);
	test_canonical(2, 1600, &wide, &wide);
	test_canonical(1000, 1600, &wide, &wide);
	check_end(&wide);
	test_merge(&merged);
	check_end(&merged);
	test_merge_weights();
	test_normalise(&normalised);
	check_end(&normalised);
	test_order(&order);
	check_end(&order);
	return tap_end();
}
