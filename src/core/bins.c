/*
 * bins.c
 *	  Bins of a feature, about a tenth of its values in each.
 *
 * They are what the population stability index compares: the values of one
 * time with those of another.  Edges are the deciles.  A value that is
 * frequent is several of them, and the bins between are empty, always, so a
 * feature of few values has a bin for each.  Where the lowest decile is the
 * least value itself, as of a constant, or of money that many do not spend,
 * values below it are something new: they have a bin of their own, bin 0,
 * which is empty otherwise.  (Values above the highest decile have one anyway.)
 *
 * Input: finite values with their counts.  O(n log n), and 4 bytes a value.
 */
#include "bins.h"

#include "rows.h"

/*
 * edge[] becomes the edges for a column of n >= 1 values.  Decile i is the
 * least of them that i tenths of all do not exceed (R's type 1).
 */
void
bins_by_deciles(const double *x, const double *weight, int n, double *edge)
{
	int		   *order = core_alloc(n, sizeof(int));
	double		total = 0;
	double		upto = 0;
	int			i = 1;

	Assert(n >= 1);
	order_by_key(x, n, order);
	for (int v = 0; v < n; v++)
		total += weight[v];
	for (int v = 0; v < n && i < BIN_EDGES; v++)
	{
		upto += weight[order[v]];
		while (i < BIN_EDGES && upto * 10 >= total * i)
			edge[i++] = x[order[v]];
	}
	edge[0] = edge[1] == x[order[0]] ? edge[1] : -INFINITY;
	pfree(order);
}
