/*
 * assignment.c
 *	  The assignment problem: each row to a column of its own, at least cost.
 *
 * Input is a matrix of finite costs, of either sign and of at most
 * ASSIGNMENT_MOST_COST, not necessarily square: min(rows, columns) pairs are
 * made.  The method is Kuhn's (1955, doi:10.1002/nav.3800020109) in the form
 * of successive shortest augmenting paths (Jonker and Volgenant 1987,
 * doi:10.1007/BF02278710, without their initial reductions, which pay for
 * large matrices only): rows enter one by one, each by the cheapest chain of
 * pairs that makes room for it.  With k = min(rows, columns) and
 * m = max(rows, columns) it takes O(k^2 m) time and O(m) memory beside the
 * matrix.
 *
 * The pairs are a function of the matrix alone: among columns at the same
 * distance a path takes the first.  Where the costs are integers, and k times
 * the largest is below 2^53, nothing is rounded and the sum is the least one;
 * otherwise it is the least but for the rounding of such sums.
 */
#include "assignment.h"

/*
 * Prices keep every reduced cost, cost - row_price - column_price, at 0 or
 * more, and at 0 for the pairs that exist: the distances of a shortest path.
 */
typedef struct Solver
{
	const double *cost;			/* of row i and column j:
								 * cost[i * row_step + j * column_step] */
	int			rows;			/* no more than columns */
	int			columns;
	Size		row_step;
	Size		column_step;
	double	   *row_price;		/* [rows] */
	double	   *column_price;	/* [columns] */
	int		   *row_of;			/* [columns] its row, or -1 */
	double	   *distance;		/* [columns] of the shortest path known */
	int		   *previous;		/* [columns] the column before it, or -1 */
	bool	   *settled;		/* [columns] the path is the shortest */
} Solver;

/* Give the new row a column, moving others as needed. */
static void
augment(Solver *s, int new_row)
{
	int			column = -1;	/* the last one settled */
	int			row = new_row;

	for (int j = 0; j < s->columns; j++)
	{
		s->distance[j] = INFINITY;
		s->settled[j] = false;
	}

	/* Dijkstra's search for a column without a row, prices moving along. */
	do
	{
		double		least = INFINITY;
		int			next = -1;

		for (int j = 0; j < s->columns; j++)
		{
			double		reduced;

			if (s->settled[j])
				continue;
			reduced = s->cost[row * s->row_step + j * s->column_step] -
				s->row_price[row] - s->column_price[j];
			if (reduced < s->distance[j])
			{
				s->distance[j] = reduced;
				s->previous[j] = column;
			}
			if (s->distance[j] < least)
			{
				least = s->distance[j];
				next = j;
			}
		}
		s->row_price[new_row] += least;
		for (int j = 0; j < s->columns; j++)
			if (s->settled[j])
			{
				s->row_price[s->row_of[j]] += least;
				s->column_price[j] -= least;
			}
			else
				s->distance[j] -= least;
		column = next;
		s->settled[column] = true;
		row = s->row_of[column];
	} while (row >= 0);

	/* Every row on the path moves to the column after its own. */
	while (column >= 0)
	{
		int			before = s->previous[column];

		s->row_of[column] = before >= 0 ? s->row_of[before] : new_row;
		column = before;
	}
}

/*
 * column_of[i] becomes the column of row i, or -1 for the rows that are left
 * over where there are more rows than columns.  rows, columns >= 1.
 */
void
assignment_solve(const double *cost, int rows, int columns, int *column_of)
{
	bool		turned = rows > columns;
	Solver		s = {
		.cost = cost,
		.rows = turned ? columns : rows,
		.columns = turned ? rows : columns,
		.row_step = turned ? 1 : columns,
		.column_step = turned ? columns : 1,
	};

	Assert(rows >= 1 && columns >= 1);
	s.row_price = core_alloc0(s.rows, sizeof(double));
	s.column_price = core_alloc0(s.columns, sizeof(double));
	s.row_of = core_alloc(s.columns, sizeof(int));
	s.distance = core_alloc(s.columns, sizeof(double));
	s.previous = core_alloc(s.columns, sizeof(int));
	s.settled = core_alloc(s.columns, sizeof(bool));

	for (int j = 0; j < s.columns; j++)
		s.row_of[j] = -1;
	for (int i = 0; i < s.rows; i++)
	{
		core_poll("matching", (double) i / s.rows);
		augment(&s, i);
	}

	for (int i = 0; i < rows; i++)
		column_of[i] = turned ? s.row_of[i] : -1;
	if (!turned)
		for (int j = 0; j < columns; j++)
			if (s.row_of[j] >= 0)
				column_of[s.row_of[j]] = j;

	pfree(s.settled);
	pfree(s.previous);
	pfree(s.distance);
	pfree(s.row_of);
	pfree(s.column_price);
	pfree(s.row_price);
}

/* Bytes that assignment_solve needs. */
Size
assignment_memory(int rows, int columns)
{
	return add_size(mul_size(Min(rows, columns), sizeof(double)),
					mul_size(Max(rows, columns), 2 * sizeof(double) + 2 * sizeof(int) + sizeof(bool)));
}
