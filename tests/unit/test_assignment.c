/*
 * test_assignment.c
 *	  Least-cost assignments, against all permutations.
 *
 * What is compared is the sum of the costs, since several assignments may
 * share the least one.  Integers have to agree exactly, other costs to the
 * rounding of a few sums.
 */
#include "assignment.h"

#include "tap.h"

#define MOST 7

typedef enum Kind
{
	KIND_FEW,					/* small integers: many ties, both signs */
	KIND_COUNTS,				/* minus counts of up to 10 million rows */
	KIND_CONTINUOUS,
	KIND_SPARSE,				/* nearly all 0, as of two alike clusterings */
	KIND_HUGE,					/* at the largest costs allowed */
} Kind;

#define KINDS 5

static double
draw_cost(Kind kind)
{
	switch (kind)
	{
		case KIND_FEW:
			return draw_int(-2, 2);
		case KIND_COUNTS:
			return -draw_int(0, 10000000);
		case KIND_CONTINUOUS:
			return draw_normal();
		case KIND_SPARSE:
			return draw_int(0, 4) ? 0 : -draw_int(1, 1000);
		case KIND_HUGE:
			return draw_between(-1, 1) * ASSIGNMENT_MOST_COST;
	}
	return 0;
}

/* The least sum of min(rows - i, columns left) pairs of the rows from i on. */
static double
least_sum(const double *cost, int rows, int columns, int i, int pairs, unsigned taken)
{
	double		least = INFINITY;

	if (pairs == 0)
		return 0;
	if (rows - i > pairs)		/* this row may be left over */
		least = least_sum(cost, rows, columns, i + 1, pairs, taken);
	for (int j = 0; j < columns; j++)
		if (!(taken & (1u << j)))
			least = Min(least, cost[i * columns + j] +
						least_sum(cost, rows, columns, i + 1, pairs - 1, taken | (1u << j)));
	return least;
}

static void
test_against_permutations(void)
{
	Check		valid = {.name = "every row has a column of its own, or there are too few columns"};
	Check		least = {.name = "no permutation costs less"};
	Check		same = {.name = "the same matrix gives the same pairs"};

	for (int round = 0; round < 3000; round++)
	{
		Kind		kind = (Kind) (round % KINDS);
		int			rows = draw_int(1, MOST - (round % 2));
		int			columns = draw_int(1, MOST - (round % 2));
		double		cost[MOST * MOST];
		int			column_of[MOST];
		int			again[MOST];
		unsigned	taken = 0;
		int			pairs = 0;
		bool		is_valid = true;
		double		sum = 0;
		double		expected;
		double		granted;

		for (int i = 0; i < rows * columns; i++)
			cost[i] = draw_cost(kind);
		assignment_solve(cost, rows, columns, column_of);
		for (int i = 0; i < rows; i++)
		{
			int			j = column_of[i];

			if (j == -1)
				continue;
			if (j < 0 || j >= columns || (taken & (1u << j)))
			{
				is_valid = false;
				break;
			}
			taken |= 1u << j;
			pairs++;
			sum += cost[i * columns + j];
		}
		if (!check_that(&valid, is_valid && pairs == Min(rows, columns),
						"kind %d, %d x %d: %d pairs", kind, rows, columns, pairs))
			continue;
		expected = least_sum(cost, rows, columns, 0, pairs, 0);
		granted = kind == KIND_CONTINUOUS ? 1e-12 : kind == KIND_HUGE ? 1e-12 * ASSIGNMENT_MOST_COST : 0;
		check_that(&least, fabs(sum - expected) <= granted,
				   "kind %d, %d x %d: %.17g, least %.17g", kind, rows, columns, sum, expected);
		assignment_solve(cost, rows, columns, again);
		check_that(&same, memcmp(column_of, again, sizeof(int) * rows) == 0,
				   "kind %d, %d x %d", kind, rows, columns);
	}
	check_end(&valid);
	check_end(&least);
	check_end(&same);
}

/*
 * Prices that prove an assignment of 200 x 230 would take as much code as the
 * solver; a matrix whose answer is known needs none.  Each row has one cost
 * of -1000 in a column of its own, all others are 0 to 3.
 */
static void
test_planted(void)
{
	enum
	{
		PLANTED_ROWS = 200, PLANTED_COLUMNS = 230
	};
	Check		found = {.name = "planted pairs are found, rows and columns exchanged too"};
	double	   *cost = core_alloc((Size) PLANTED_ROWS * PLANTED_COLUMNS, sizeof(double));
	double	   *turned = core_alloc((Size) PLANTED_ROWS * PLANTED_COLUMNS, sizeof(double));
	int			order[PLANTED_COLUMNS];
	int			column_of[PLANTED_COLUMNS];

	draw_order(PLANTED_COLUMNS, order);
	for (int i = 0; i < PLANTED_ROWS; i++)
		for (int j = 0; j < PLANTED_COLUMNS; j++)
		{
			cost[i * PLANTED_COLUMNS + j] = order[i] == j ? -1000 : draw_int(0, 3);
			turned[j * PLANTED_ROWS + i] = cost[i * PLANTED_COLUMNS + j];
		}
	assignment_solve(cost, PLANTED_ROWS, PLANTED_COLUMNS, column_of);
	for (int i = 0; i < PLANTED_ROWS; i++)
		check_that(&found, column_of[i] == order[i], "row %d: %d, not %d", i, column_of[i], order[i]);
	assignment_solve(turned, PLANTED_COLUMNS, PLANTED_ROWS, column_of);
	for (int i = 0; i < PLANTED_COLUMNS; i++)
		check_that(&found, column_of[order[i]] == (i < PLANTED_ROWS ? i : -1), "column %d: %d",
				   order[i], column_of[order[i]]);
	check_end(&found);
	pfree(turned);
	pfree(cost);
}

/* The example that shows why the greedy choice is wrong. */
static void
test_not_greedy(void)
{
	const double cost[] = {-10, -9, -9, 0};
	int			column_of[2];

	assignment_solve(cost, 2, 2, column_of);
	tap_ok(column_of[0] == 1 && column_of[1] == 0, "18 by both seconds, not 10 by the first of all");
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_against_permutations();
	test_planted();
	test_not_greedy();
	return tap_end();
}
