/*
 * dbscan_grid.c
 *	  DBSCAN of rows with up to three features, on a grid that fits them.
 *
 * Sorted by their first feature, the rows are cut into strips no wider than
 * the side of a cell, each beginning at a row; the strips are cut by the
 * second feature, and those parts by the third.  The last parts are the cells:
 * the side is such that all rows of a cell are neighbours of each other.
 * What is cut last is cut across a column, whose rows lie in ascending order
 * of the last feature, one after the other.  Nothing is ever divided by the
 * side or rounded to it, so it may be 0, infinite, or as far below the values
 * as a double reaches, and there are no cells without rows.
 *
 * A cell that weighs min_points has core points only.  Any other point counts
 * the rows within reach in the few columns that are near its own, from the
 * nearest on, until it has min_points; in each column these are a window that
 * moves along with the points of its own.  Cells are then joined that have
 * core points within reach of each other (see has_link), and what is not a
 * core point looks for the nearest one in the same windows.
 *
 * O(n) time for a bounded min_points and the cutting, which is sorting by
 * digits.  Memory is dbscan_grid_memory: 8 dim + 80 bytes a row at most.
 *
 * Gan, Tao: DBSCAN Revisited: Mis-Claim, Un-Fixability, and Approximation,
 * SIGMOD 2015, doi:10.1145/2723372.2737792 (cells of side eps / sqrt(dim));
 * de Berg, Gunawan, Roeloffzen: Faster DBSCAN and HDBSCAN in Low-Dimensional
 * Euclidean Spaces, Int. J. Comput. Geom. Appl. 29, 2019,
 * doi:10.1142/S0218195919400028 (boxes in strips).  We cut in more dimensions
 * than two, and find out whether two cells are linked without a Voronoi
 * diagram.
 */
#include "dbscan.h"

#include "kdtree.h"
#include "union_find.h"

#define MOST_FEATURES 3

/* Polls come after the work of about this many distances. */
#define POLL_WORK 100000

/* Distances of two cells that are computed one and all rather than cleverly. */
#define FEW_PAIRS 1024

/* The parts that cutting by one feature gives, in order. */
typedef struct Parts
{
	int			n;
	double	   *low;			/* [n] least and greatest value in the feature */
	double	   *high;
	int		   *first;			/* [n + 1] the first part of the next cut in it; of
								 * cells the first slot */
} Parts;

/* The points are in slots: by cell, and in the order of the last feature. */
typedef struct Grid
{
	int			n;
	int			dim;
	Reach		reach;
	double		min_points;
	double	   *x;				/* [dim * n] */
	double	   *weight;
	int		   *id;				/* [n] the row */
	bool	   *core;
	Parts		parts[MOST_FEATURES];	/* the last are the cells */
	bool	   *has_core;		/* [cells] */
	int		   *set;			/* [cells] joined so far, see union_find.h */
	int64		work;			/* since the last poll */
	int		   *scratch;		/* [n] room for has_link */
} Grid;

/* A part near another: a strip, or a column. */
typedef struct Near
{
	int			part;
	double		gap2;			/* the square of how far away, at least */
	int			at;				/* where a column's window begins: a slot, or a cell */
	int			end;
} Near;

/* The nearest first. */
typedef struct NearList
{
	int			count;
	int			room;
	Near	   *item;
} NearList;

/* The column at hand, and those near it, itself first. */
typedef struct Columns
{
	int			column;
	int			strip;			/* with three features: that it is in, or -1 */
	NearList	strips;
	NearList	near;
} Columns;

static void
poll_after(Grid *g, int64 work, double done)
{
	g->work += work;
	if (g->work > POLL_WORK)
	{
		core_poll("density", done);
		g->work = 0;
	}
}

/*
 * The greatest side of a cell whose points are all neighbours.  Differences
 * within a cell are at most the side, rounded as they are.
 */
static double
cell_side(Reach reach, int dim)
{
	double		side = reach.distance / sqrt(dim);

	for (;;)
	{
		double		square = 0;

		for (int j = 0; j < dim; j++)
			square += side * side;
		if (square <= reach.square)
			return side;
		side *= 1 - DBL_EPSILON / 2;
	}
}

/*
 * Cut parts, given by their first slots, by the n values x[] of rows order[],
 * which ascend in each of them.  part_of[row] becomes the row's new part, and
 * first[] of the old ones refers to new ones afterwards.
 */
static Parts
cut(const double *x, const int *order, int n, double side, int *first, int nfirst, int *part_of)
{
	Parts		parts = {.n = 0};
	int			old = 0;
	double		low = 0;

	for (int slot = 0; slot < n; slot++)
	{
		double		value = x[order[slot]];

		if (old < nfirst && slot == first[old])
			first[old++] = parts.n++;
		else if (value - low > side)
			parts.n++;
		else
		{
			part_of[order[slot]] = parts.n - 1;
			continue;
		}
		low = value;
		part_of[order[slot]] = parts.n - 1;
	}
	first[nfirst] = parts.n;
	parts.low = core_alloc(parts.n, sizeof(double));
	parts.high = core_alloc(parts.n, sizeof(double));
	parts.first = core_alloc((Size) parts.n + 1, sizeof(int));
	parts.first[parts.n] = n;
	for (int slot = n - 1; slot >= 0; slot--)
	{
		int			part = part_of[order[slot]];

		parts.first[part] = slot;
		parts.low[part] = x[order[slot]];
		if (slot == parts.first[part + 1] - 1)
			parts.high[part] = x[order[slot]];
	}
	return parts;
}

/* Make the grid of canonical rows. */
static Grid
grid_of(const Rows *rows, Reach reach, int min_points)
{
	int			n = rows->n;
	int			dim = rows->dim;
	double		side = cell_side(reach, dim);
	int		   *order = core_alloc(n, sizeof(int));
	int		   *sorted = core_alloc(n, sizeof(int));
	int		   *part_of = core_alloc(n, sizeof(int));
	Grid		g = {.n = n, .dim = dim, .reach = reach, .min_points = min_points};
	int			all[2] = {0, n};
	int			cells;

	/* canonical rows ascend by their first feature */
	for (int i = 0; i < n; i++)
		order[i] = i;
	g.parts[0] = cut(rows->x, order, n, side, all, 1, part_of);
	for (int j = 1; j < dim; j++)
	{
		const double *x = rows->x + (Size) j * n;
		Parts	   *before = &g.parts[j - 1];

		/* sort all by the feature, and hand them out to the parts in that order */
		order_by_key(x, n, sorted);
		for (int i = 0; i < n; i++)
			order[before->first[part_of[sorted[i]]]++] = sorted[i];
		memmove(before->first + 1, before->first, sizeof(int) * before->n);
		before->first[0] = 0;
		g.parts[j] = cut(x, order, n, side, before->first, before->n, part_of);
		core_poll("density", -1);
	}
	pfree(part_of);
	pfree(sorted);

	cells = g.parts[dim - 1].n;
	g.id = order;
	g.x = core_alloc(n, mul_size(dim, sizeof(double)));
	for (int j = 0; j < dim; j++)
		for (int slot = 0; slot < n; slot++)
			g.x[(Size) j * n + slot] = rows->x[(Size) j * n + order[slot]];
	g.weight = core_alloc(n, sizeof(double));
	for (int slot = 0; slot < n; slot++)
		g.weight[slot] = rows->weight[order[slot]];
	g.core = core_alloc0(n, sizeof(bool));
	g.has_core = core_alloc0(cells, sizeof(bool));
	g.set = core_alloc(cells, sizeof(int));
	for (int cell = 0; cell < cells; cell++)
		g.set[cell] = cell;
	g.scratch = core_alloc(n, sizeof(int));
	return g;
}

static void
grid_free(Grid *g)
{
	pfree(g->scratch);
	pfree(g->set);
	pfree(g->has_core);
	pfree(g->core);
	pfree(g->weight);
	pfree(g->x);
	pfree(g->id);
	for (int j = 0; j < g->dim; j++)
	{
		pfree(g->parts[j].first);
		pfree(g->parts[j].high);
		pfree(g->parts[j].low);
	}
}

static inline const Parts *
cells_of(const Grid *g)
{
	return &g->parts[g->dim - 1];
}

/* With one feature there is one column. */
static int
column_count(const Grid *g)
{
	return g->dim == 1 ? 1 : g->parts[g->dim - 2].n;
}

/* The first cell of a column; of the one past the last, the number of cells. */
static inline int
column_first(const Grid *g, int column)
{
	return g->dim == 1 ? column * g->parts[0].n : g->parts[g->dim - 2].first[column];
}

static void
add_near(NearList *list, int part, double gap2)
{
	int			i;

	if (list->count == list->room)
	{
		Near	   *more;

		list->room = 2 * list->room + 16;
		more = core_alloc(list->room, sizeof(Near));
		if (list->item)
		{
			memcpy(more, list->item, sizeof(Near) * list->count);
			pfree(list->item);
		}
		list->item = more;
	}
	for (i = list->count++; i > 0 && list->item[i - 1].gap2 > gap2; i--)
		list->item[i] = list->item[i - 1];
	list->item[i] = (Near) {.part = part, .gap2 = gap2};
}

/*
 * Add those of the parts from .. to - 1 of a cut that may hold neighbours of
 * points in part "own", which by earlier cuts are gap2 away.
 */
static void
add_near_parts(const Grid *g, const Parts *parts, int from, int to, int own, double gap2,
			   NearList *list)
{
	double		low = parts->low[own];
	double		high = parts->high[own];
	int			end = to;

	while (from < end)			/* the first that is not too far below */
	{
		int			middle = from + (end - from) / 2;

		if (low - parts->high[middle] > g->reach.distance)
			from = middle + 1;
		else
			end = middle;
	}
	for (int i = from; i < to && !(parts->low[i] - high > g->reach.distance); i++)
	{
		double		gap = Max(Max(low - parts->high[i], parts->low[i] - high), 0);

		if (gap2 + gap * gap <= g->reach.square)
			add_near(list, i, gap2 + gap * gap);
	}
}

/* Before the first column. */
static void
columns_begin(Columns *columns)
{
	columns->strip = -1;
}

/* Go on to a later column. */
static void
columns_move(const Grid *g, Columns *columns, int column)
{
	const Parts *strips = &g->parts[0];
	bool		in_strip = columns->strip >= 0;

	columns->column = column;
	columns->near.count = 0;
	if (g->dim == 1)
		add_near(&columns->near, 0, 0);
	else if (g->dim == 2)
		add_near_parts(g, strips, 0, strips->n, column, 0, &columns->near);
	else
	{
		for (; columns->strip < 0 || strips->first[columns->strip + 1] <= column; in_strip = false)
			columns->strip++;
		if (!in_strip)
		{
			columns->strips.count = 0;
			add_near_parts(g, strips, 0, strips->n, columns->strip, 0, &columns->strips);
		}
		for (int i = 0; i < columns->strips.count; i++)
		{
			const Near *strip = &columns->strips.item[i];

			add_near_parts(g, &g->parts[1], strips->first[strip->part],
						   strips->first[strip->part + 1], column, strip->gap2, &columns->near);
		}
	}
}

/* Let every window begin at the first slot of its column. */
static void
columns_rewind(const Grid *g, Columns *columns)
{
	const int  *first = cells_of(g)->first;

	for (int i = 0; i < columns->near.count; i++)
	{
		Near	   *near = &columns->near.item[i];

		near->at = first[column_first(g, near->part)];
		near->end = first[column_first(g, near->part + 1)];
	}
}

KDTREE_INLINE double
distance2(const Grid *g, int a, int b, int dim)
{
	double		sum = 0;

	for (int j = 0; j < dim; j++)
	{
		double		d = g->x[(Size) j * g->n + a] - g->x[(Size) j * g->n + b];

		sum += d * d;
	}
	return sum;
}

/*
 * What the slots from .. to - 1 of a column weigh that are in reach of a slot,
 * at least "enough" if it is that much.
 */
KDTREE_INLINE double
weigh_window(Grid *g, int slot, int from, int to, double enough, int dim)
{
	const double *y = g->x + (Size) (dim - 1) * g->n;
	double		weight = 0;
	int			s = from;

	for (; s + 4 <= to && !(y[s] - y[slot] > g->reach.distance) && weight < enough; s += 4)
	{
		double		seen[4];

		for (int i = 0; i < 4; i++)
			seen[i] = distance2(g, s + i, slot, dim) <= g->reach.square ? g->weight[s + i] : 0;
		weight += (seen[0] + seen[1]) + (seen[2] + seen[3]);
	}
	if (s + 4 > to)
		for (; s < to; s++)
			weight += distance2(g, s, slot, dim) <= g->reach.square ? g->weight[s] : 0;
	g->work += s - from + 1;
	return weight;
}

/* Begin the window where the slots are that a slot of its column can reach. */
KDTREE_INLINE void
advance(const Grid *g, Near *near, int slot, int dim)
{
	const double *y = g->x + (Size) (dim - 1) * g->n;

	while (near->at < near->end && y[slot] - y[near->at] > g->reach.distance)
		near->at++;
}

/* Has a slot, in a cell that weighs so much, min_points neighbours? */
KDTREE_INLINE bool
is_core(Grid *g, Columns *columns, int slot, int cell, double weight, int dim)
{
	const int  *first = cells_of(g)->first + cell;

	for (int i = 0; i < columns->near.count && weight < g->min_points; i++)
	{
		Near	   *near = &columns->near.item[i];

		advance(g, near, slot, dim);
		if (near->part == columns->column)
		{
			weight += weigh_window(g, slot, near->at, first[0], g->min_points - weight, dim);
			weight += weigh_window(g, slot, first[1], near->end, g->min_points - weight, dim);
		}
		else
			weight += weigh_window(g, slot, near->at, near->end, g->min_points - weight, dim);
	}
	return weight >= g->min_points;
}

/* Find the core points; is there any? */
KDTREE_INLINE bool
find_core(Grid *g, Columns *columns, int dim)
{
	const Parts *cells = cells_of(g);
	bool		any = false;

	columns_begin(columns);
	for (int column = 0; column < column_count(g); column++)
	{
		bool		is_here = false;

		for (int cell = column_first(g, column); cell < column_first(g, column + 1); cell++)
		{
			double		weight = 0;

			for (int s = cells->first[cell]; s < cells->first[cell + 1]; s++)
				weight += g->weight[s];
			if (weight < g->min_points && !is_here)
			{
				columns_move(g, columns, column);
				columns_rewind(g, columns);
				is_here = true;
			}
			for (int s = cells->first[cell]; s < cells->first[cell + 1]; s++)
			{
				g->core[s] = weight >= g->min_points ||
					is_core(g, columns, s, cell, weight, dim);
				g->has_core[cell] |= g->core[s];
				poll_after(g, 1, (double) s / g->n);
			}
			any |= g->has_core[cell];
		}
	}
	return any;
}

/* The box around slots. */
KDTREE_INLINE void
box_of(const Grid *g, const int *slot, int n, double *low, double *high, int dim)
{
	for (int j = 0; j < dim; j++)
	{
		const double *x = g->x + (Size) j * g->n;

		low[j] = high[j] = x[slot[0]];
		for (int i = 1; i < n; i++)
		{
			low[j] = Min(low[j], x[slot[i]]);
			high[j] = Max(high[j], x[slot[i]]);
		}
	}
}

/* Move the slots in reach of a box to the front; returns their number. */
KDTREE_INLINE int
keep_near(const Grid *g, int *slot, int n, const double *low, const double *high, int dim)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		int			s = slot[i];
		double		sum = 0;

		for (int j = 0; j < dim; j++)
		{
			double		x = g->x[(Size) j * g->n + s];
			double		gap = Max(Max(low[j] - x, x - high[j]), 0);

			sum += gap * gap;
		}
		if (sum <= g->reach.square)
		{
			slot[i] = slot[kept];
			slot[kept++] = s;
		}
	}
	return kept;
}

/* Move the slots in the lower half of a box's widest side to the front; returns their number. */
KDTREE_INLINE int
halve(const Grid *g, int *slot, int n, const double *low, const double *high, int dim)
{
	int			widest = 0;
	int			kept = 0;
	const double *x;
	double		middle;

	for (int j = 1; j < dim; j++)
		if (high[j] - low[j] > high[widest] - low[widest])
			widest = j;
	x = g->x + (Size) widest * g->n;
	middle = low[widest] + (high[widest] - low[widest]) / 2;
	if (middle >= high[widest])
		middle = low[widest];
	for (int i = 0; i < n; i++)
	{
		int			s = slot[i];

		if (x[s] <= middle)
		{
			slot[i] = slot[kept];
			slot[kept++] = s;
		}
	}
	return kept;
}

/*
 * Is one of the na slots a[] in reach of one of the nb slots b[]?  Puts them
 * into another order.  Those that are too far from the others' box are left
 * out; then the set with more slots is halved, again and again.  So the work
 * is that of the points along the border between the two, not that of all
 * pairs.
 */
static bool
any_in_reach(Grid *g, int *a, int na, int *b, int nb, int dim)
{
	double		low[2][MOST_FEATURES];
	double		high[2][MOST_FEATURES];
	int			half;

	for (;;)
	{
		int			before = na;
		double		most = 0;

		if ((int64) na * nb <= FEW_PAIRS)
		{
			for (int i = 0; i < na; i++)
				for (int k = 0; k < nb; k++)
					if (distance2(g, a[i], b[k], dim) <= g->reach.square)
						return true;
			poll_after(g, (int64) na * nb, -1);
			return false;
		}
		if (na < nb)
			return any_in_reach(g, b, nb, a, na, dim);
		box_of(g, a, na, low[0], high[0], dim);
		box_of(g, b, nb, low[1], high[1], dim);
		poll_after(g, na + nb, -1);
		for (int j = 0; j < dim; j++)
		{
			double		gap = Max(high[0][j] - low[1][j], high[1][j] - low[0][j]);

			most += gap * gap;
		}
		if (most <= g->reach.square)
			return true;
		na = keep_near(g, a, na, low[1], high[1], dim);
		if (na > before / 2)
			break;
	}
	box_of(g, a, na, low[0], high[0], dim);
	half = halve(g, a, na, low[0], high[0], dim);
	return any_in_reach(g, a, half, b, nb, dim) ||
		any_in_reach(g, a + half, na - half, b, nb, dim);
}

/* List the core points of a cell; returns their number. */
static int
list_core(const Grid *g, int cell, int *slot)
{
	const int  *first = cells_of(g)->first + cell;
	int			count = 0;

	for (int s = first[0]; s < first[1]; s++)
		if (g->core[s])
			slot[count++] = s;
	return count;
}

/* Is a core point of one cell a neighbour of one of the other? */
KDTREE_INLINE bool
has_link(Grid *g, int one, int other, int dim)
{
	const int  *a = cells_of(g)->first + one;
	const int  *b = cells_of(g)->first + other;
	int			na = a[1] - a[0];
	int			nb = b[1] - b[0];

	if ((int64) na * nb > FEW_PAIRS)
	{
		na = list_core(g, one, g->scratch);
		nb = list_core(g, other, g->scratch + na);
		return any_in_reach(g, g->scratch, na, g->scratch + na, nb, dim);
	}
	for (int s = a[0]; s < a[1]; s++)
		if (g->core[s])
			for (int t = b[0]; t < b[1]; t++)
				if (g->core[t] && distance2(g, s, t, dim) <= g->reach.square)
					return true;
	g->work += na * nb;
	return false;
}

/* Join the cells that have core points in reach of each other. */
KDTREE_INLINE void
join_cells(Grid *g, Columns *columns, int dim)
{
	const Parts *cells = cells_of(g);

	columns_begin(columns);
	for (int column = 0; column < column_count(g); column++)
	{
		columns_move(g, columns, column);
		for (int i = 0; i < columns->near.count; i++)
			columns->near.item[i].at = column_first(g, columns->near.item[i].part);
		for (int cell = column_first(g, column); cell < column_first(g, column + 1); cell++)
		{
			poll_after(g, columns->near.count, (double) cell / cells->n);
			if (!g->has_core[cell])
				continue;
			for (int i = 0; i < columns->near.count; i++)
			{
				Near	   *near = &columns->near.item[i];
				int			end = column_first(g, near->part + 1);

				if (near->part < column)
					continue;	/* it has been there */
				while (near->at < end &&
					   cells->low[cell] - cells->high[near->at] > g->reach.distance)
					near->at++;
				for (int other = near->part == column ? cell + 1 : near->at;
					 other < end && !(cells->low[other] - cells->high[cell] > g->reach.distance);
					 other++)
				{
					double		gap = Max(Max(cells->low[cell] - cells->high[other],
											  cells->low[other] - cells->high[cell]), 0);

					if (g->has_core[other] && near->gap2 + gap * gap <= g->reach.square &&
						set_of(g->set, cell) != set_of(g->set, other) &&
						has_link(g, cell, other, dim))
						set_union(g->set, cell, other);
				}
			}
		}
	}
}

/* The cell of a slot in a column. */
static int
cell_of(const Grid *g, int column, int slot)
{
	const int  *first = cells_of(g)->first;
	int			low = column_first(g, column);
	int			high = column_first(g, column + 1) - 1;

	while (low < high)
	{
		int			middle = low + (high - low + 1) / 2;

		if (first[middle] <= slot)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* The cell of the core point in reach that is nearest to a slot, or of equals has the lowest id; or -1. */
KDTREE_INLINE int
nearest_core(Grid *g, Columns *columns, int slot, int dim)
{
	const double *y = g->x + (Size) (dim - 1) * g->n;
	double		least = g->reach.square;
	int			nearest = -1;
	int			column = 0;

	for (int i = 0; i < columns->near.count; i++)
	{
		Near	   *near = &columns->near.item[i];
		int			s;

		if (near->gap2 > least)
			break;
		advance(g, near, slot, dim);
		for (s = near->at; s < near->end && !(y[s] - y[slot] > g->reach.distance); s++)
			if (g->core[s])
			{
				double		d2 = distance2(g, s, slot, dim);

				if (d2 < least || (d2 == least && (nearest < 0 || g->id[s] < g->id[nearest])))
				{
					least = d2;
					nearest = s;
					column = near->part;
				}
			}
		g->work += s - near->at + 1;
	}
	return nearest < 0 ? -1 : cell_of(g, column, nearest);
}

/* Label the rows by the roots of their cells' sets, or of the cell of the nearest core point. */
KDTREE_INLINE void
label_rows(Grid *g, Columns *columns, int *label, int dim)
{
	const Parts *cells = cells_of(g);

	columns_begin(columns);
	for (int column = 0; column < column_count(g); column++)
	{
		bool		is_here = false;

		for (int cell = column_first(g, column); cell < column_first(g, column + 1); cell++)
			for (int s = cells->first[cell]; s < cells->first[cell + 1]; s++)
			{
				int			of = cell;

				if (!g->core[s])
				{
					if (!is_here)
					{
						columns_move(g, columns, column);
						columns_rewind(g, columns);
						is_here = true;
					}
					of = nearest_core(g, columns, s, dim);
				}
				label[g->id[s]] = of < 0 ? NOISE : set_of(g->set, of);
				poll_after(g, 1, (double) s / g->n);
			}
	}
}

KDTREE_INLINE void
label_by_grid(Grid *g, int *label, int dim)
{
	Columns		columns = {.column = 0};

	if (find_core(g, &columns, dim))
	{
		join_cells(g, &columns, dim);
		label_rows(g, &columns, label, dim);
	}
	else
		for (int i = 0; i < g->n; i++)
			label[i] = NOISE;
	if (columns.strips.item)
		pfree(columns.strips.item);
	if (columns.near.item)
		pfree(columns.near.item);
}

/* dbscan for at most three features. */
int
dbscan_by_grid(const Rows *rows, Reach reach, int min_points, int *label)
{
	Grid		g = grid_of(rows, reach, min_points);
	int			clusters;

	Assert(rows->dim <= MOST_FEATURES);
	switch (rows->dim)
	{
		case 1:
			label_by_grid(&g, label, 1);
			break;
		case 2:
			label_by_grid(&g, label, 2);
			break;
		default:
			label_by_grid(&g, label, 3);
	}
	clusters = dbscan_number(label, g.n, cells_of(&g)->n);
	grid_free(&g);
	return clusters;
}

Size
dbscan_grid_memory(int64 n, int dim)
{
	Size		parts = Min(dim, MOST_FEATURES) * (2 * sizeof(double) + sizeof(int));
	Size		slot = sizeof(double) + 2 * sizeof(int) + sizeof(bool);
	Size		cell = sizeof(int) + sizeof(bool);
	Size		sorting = 2 * sizeof(int) + 2 * sizeof(uint64) + sizeof(int64);

	return mul_size(n, add_size(mul_size(dim, sizeof(double)), parts + slot + cell + sorting));
}
