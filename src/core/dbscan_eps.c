/*
 * dbscan_eps.c
 *	  A distance for DBSCAN, from the curve of distances to the min_points-th row.
 *
 * Of every row the radius is taken at which it would become a core point: its
 * core distance (core_distance.h), to the min_points-th nearest row, where the
 * row itself and all equal to it count.  In ascending order, one place for each input row, these
 * make a curve that is flat for rows in clusters and steep for those outside.
 * Radii of 0, of rows of which there are min_points equal ones, are left out
 * if there are others: with integers they are many, and say nothing of
 * distance.
 *
 * What is suggested is the radius at the knee in between: the point that lies
 * farthest below the chord from the curve's first point to its last, the
 * lowest of equals.  That is Kneedle's knee of a convex rising curve, of the
 * curve as it is, without smoothing, and the greatest of its local maxima
 * instead of the first that passes a threshold, so that there is just one.
 *
 * All rows are in the tree, but not all are asked: at most MOST_ASKED, and
 * fewer if min_points is large, so that MOST_NEIGHBOURS or so are looked for
 * in all, but LEAST_ASKED in any case.  They are the rows in the middle of
 * equal shares of the input rows in canonical order, a function of the rows
 * alone.  So the time is that of building a tree, O(n log n), and bounded
 * beyond, in few dimensions.
 *
 * Ester, Kriegel, Sander, Xu: A Density-Based Algorithm for Discovering
 * Clusters in Large Spatial Databases with Noise, KDD 1996 (the curve).
 * Satopaa, Albrecht, Irwin, Raghavan: Finding a "Kneedle" in a Haystack:
 * Detecting Knee Points in System Behavior, ICDCS Workshops 2011,
 * doi:10.1109/ICDCSW.2011.20.
 */
#include "dbscan.h"

#include "core_distance.h"

/* So many show the share of rows beyond a knee to half a percent or better. */
#define MOST_ASKED 16384
#define LEAST_ASKED 16
#define MOST_NEIGHBOURS 4000000

/* Polls come after so many neighbours found. */
#define POLL_NEIGHBOURS 10000

/* How many of so many input rows are asked. */
static int
rows_asked(double total, int neighbours)
{
	int			asked = Max(Min(MOST_NEIGHBOURS / neighbours, MOST_ASKED), LEAST_ASKED);

	return (int) Min(asked, total);
}

/* The squared radii of rows_asked input rows. */
static void
find_radii(const Rows *rows, int min_points, int asked, double *radius2)
{
	int			n = rows->n;
	Size		room = core_neighbours(n, min_points);
	double		total = rows_total_weight(rows);
	KdTree		t = kdtree_of(rows->x, n, rows->dim);
	double	   *weight = core_alloc(n, sizeof(double));
	double	   *point = core_alloc(rows->dim, sizeof(double));
	Neighbour  *neighbour = core_alloc(room, sizeof(Neighbour));
	double		up_to = rows->weight[0];	/* the rows so far, equal ones included */
	int			row = 0;
	int			row_before = -1;
	int64		found = 0;

	for (int slot = 0; slot < n; slot++)
		weight[slot] = rows->weight[t.id[slot]];
	for (int i = 0; i < asked; i++)
	{
		double		rank = floor((i + 0.5) * total / asked);

		while (up_to <= rank)
			up_to += rows->weight[++row];
		if (row == row_before)
		{
			radius2[i] = radius2[i - 1];
			continue;
		}
		row_before = row;
		for (int j = 0; j < rows->dim; j++)
			point[j] = rows->x[(Size) j * n + row];
		radius2[i] = core_distance2_at(&t, weight, point, min_points, neighbour);
		found += room;
		if (found >= POLL_NEIGHBOURS)
		{
			core_poll("nearest rows", (double) i / asked);
			found = 0;
		}
	}
	pfree(neighbour);
	pfree(point);
	pfree(weight);
	kdtree_free(&t);
}

/* The place of the knee in a curve of n ascending values. */
static int
knee_of(const double *value, int n)
{
	double		rise = value[n - 1] - value[0];
	double		most = 0;
	int			knee = 0;

	for (int i = 1; i < n && rise > 0; i++)
	{
		double		below = (double) i / (n - 1) - (value[i] - value[0]) / rise;

		if (below > most)
		{
			most = below;
			knee = i;
		}
	}
	return knee;
}

/*
 * The eps to suggest for min_points >= 1, in the units of canonical rows that
 * are moderate or normalised.  They must weigh min_points or more.
 */
double
dbscan_suggest_eps(const Rows *rows, int min_points)
{
	int			asked = rows_asked(rows_total_weight(rows), Min(rows->n, min_points));
	double	   *radius = core_alloc(asked, sizeof(double));
	double	   *curve = core_alloc(asked, sizeof(double));
	int		   *order = core_alloc(asked, sizeof(int));
	int			zeros = 0;
	double		eps;

	Assert(min_points >= 1 && rows_total_weight(rows) >= min_points);
	find_radii(rows, min_points, asked, radius);
	order_by_key(radius, asked, order);
	for (int i = 0; i < asked; i++)
	{
		curve[i] = sqrt(radius[order[i]]);
		zeros += curve[i] == 0;
	}
	eps = zeros == asked ? 0 : curve[zeros + knee_of(curve + zeros, asked - zeros)];
	pfree(order);
	pfree(curve);
	pfree(radius);
	return eps;
}

/* Bytes that dbscan_suggest_eps needs for n distinct rows. */
Size
dbscan_suggest_memory(int64 n, int dim, int min_points)
{
	Size		neighbours = mul_size(core_neighbours(n, min_points), sizeof(Neighbour));
	Size		curve = mul_size(MOST_ASKED, 2 * sizeof(double) + sizeof(int));

	return add_size(add_size(kdtree_bytes(n, dim), mul_size(n, sizeof(double))),
					add_size(neighbours, curve));
}
