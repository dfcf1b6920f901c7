/*
 * dbscan.c
 *	  DBSCAN: clusters are what dense rows hold together, the rest is noise.
 *
 * A row is a core point if the rows within the distance eps of it, itself and
 * all that are equal to it included, are min_points or more.  Core points
 * within eps of each other are in the same cluster.  Any other row within eps
 * of a core point is in the cluster of the nearest one, of equally near ones
 * the first in canonical order; the rest is noise.  That is the definition but
 * for the nearest: there a row between two clusters goes to the one that is
 * found first, and so depends on the order of the rows.
 *
 * The result is exact: distances are compared as float8 gives them, without
 * allowance, so on an integer lattice a distance of just eps is within.  So it
 * is where eps is the root of an integer, which is not so when eps is squared
 * and the square rounded, as by scikit-learn: 3 > sqrt(3)^2 in float8.
 *
 * Up to three features a grid does it (dbscan_grid.c), above, or if very many
 * points are to be counted, a kd-tree (dbscan_tree.c).
 *
 * Ester, Kriegel, Sander, Xu: A Density-Based Algorithm for Discovering
 * Clusters in Large Spatial Databases with Noise, KDD 1996.  Schubert, Sander,
 * Ester, Kriegel, Xu: DBSCAN Revisited, Revisited, ACM TODS 42(3), 2017,
 * doi:10.1145/3068335.
 */
#include "dbscan.h"

/*
 * Beyond these, eps sees all rows or none: the values of canonical rows that
 * are moderate or normalised are below 2^100 and differ by 2^-452 or more.
 */
#define LEAST_EPS 0x1p-460
#define MOST_EPS 0x1p120

/*
 * With a larger min_points the tree is faster, for it counts whole subtrees,
 * and the grid point by point.
 */
#define MOST_COUNTED 1000

/* The next double above a positive one. */
static double
next_above(double x)
{
	union
	{
		double		d;
		uint64		u;
	}			bits = {.d = x};

	bits.u++;
	return bits.d;
}

Reach
reach_of(double eps)
{
	Reach		reach = {eps, eps * eps};

	Assert(eps >= 0);
	if (eps < LEAST_EPS)
		return (Reach) {0, 0};
	if (eps > MOST_EPS)
		return (Reach) {INFINITY, INFINITY};
	while (sqrt(next_above(reach.square)) <= eps)
		reach.square = next_above(reach.square);
	return reach;
}

/* Replace labels 0..most-1 by consecutive ones in the order of the rows; returns their number. */
int
dbscan_number(int *label, int n, int most)
{
	int		   *number = core_alloc(most, sizeof(int));
	int			count = 0;

	for (int i = 0; i < most; i++)
		number[i] = NOISE;
	for (int i = 0; i < n; i++)
		if (label[i] != NOISE)
		{
			if (number[label[i]] == NOISE)
				number[label[i]] = count++;
			label[i] = number[label[i]];
		}
	pfree(number);
	return count;
}

static bool
is_for_grid(int dim, int min_points)
{
	return dim <= 3 && min_points <= MOST_COUNTED;
}

/*
 * label[i] becomes the cluster of canonical row i, or NOISE; returns the
 * number of clusters, which are numbered in the order of their first rows.
 * The rows are moderate or normalised, and eps >= 0 is in their units, infinite
 * as well; min_points >= 1.
 */
int
dbscan(const Rows *rows, double eps, int min_points, int *label)
{
	Reach		reach = reach_of(eps);

	Assert(rows->n >= 1 && min_points >= 1);
	if (rows_total_weight(rows) < min_points)
	{
		for (int i = 0; i < rows->n; i++)
			label[i] = NOISE;
		return 0;
	}
	return is_for_grid(rows->dim, min_points) ?
		dbscan_by_grid(rows, reach, min_points, label) :
		dbscan_by_tree(rows, reach, min_points, label);
}

/* Bytes that dbscan needs for n distinct rows beside the result. */
Size
dbscan_memory(int64 n, int dim, int min_points)
{
	return is_for_grid(dim, min_points) ? dbscan_grid_memory(n, dim) : dbscan_tree_memory(n, dim);
}
