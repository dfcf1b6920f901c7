/*
 * dendrogram.c
 *	  Reading a tree of merges: cutting it, and finding its inversions.
 *
 * Since a cluster bears the name of its first row, "parent[high] = low" is
 * all there is to remember of a merge, and a parent always comes before its
 * child: one ascending pass finds every row's cluster.
 */
#include "dendrogram.h"

/*
 * Turn parent[] into labels 0, 1, ... numbered by first row; returns their
 * number.
 */
static int
label_by_first_row(int *parent, int n)
{
	int			clusters = 0;

	for (int i = 0; i < n; i++)
		parent[i] = parent[i] == i ? clusters++ : parent[parent[i]];
	return clusters;
}

/*
 * Label n rows by the k clusters that are left when the first n - k merges
 * are done, 1 <= k <= n; returns k.  Where the tree has inversions this is
 * still the state of the agglomeration at k clusters.
 */
int
dendrogram_cut_at_count(const Merge *merge, int n, int k, int *label)
{
	Assert(k >= 1 && k <= n);
	for (int i = 0; i < n; i++)
		label[i] = i;
	for (int step = 0; step < n - k; step++)
		label[merge[step].high] = merge[step].low;
	return label_by_first_row(label, n);
}

/*
 * Label n rows by the largest subtrees all of whose merges are at or below
 * "height"; returns their number.  Where the tree has inversions, a merge
 * counts at the height of the highest merge below it: otherwise a cluster
 * would be made of parts that are not clusters themselves.
 */
int
dendrogram_cut_at_height(const Merge *merge, int n, double height, int *label)
{
	double	   *highest = core_alloc0(n, sizeof(double));

	for (int i = 0; i < n; i++)
		label[i] = i;
	for (int step = 0; step < n - 1; step++)
	{
		int			low = merge[step].low;
		int			high = merge[step].high;

		highest[low] = Max(merge[step].height, Max(highest[low], highest[high]));
		if (highest[low] <= height)
			label[high] = low;
	}
	pfree(highest);
	return label_by_first_row(label, n);
}

/* How many merges lie below one of the two clusters that they join. */
int
dendrogram_inversions(const Merge *merge, int n)
{
	double	   *formed = core_alloc0(n, sizeof(double));
	int			inversions = 0;

	for (int step = 0; step < n - 1; step++)
	{
		int			low = merge[step].low;

		if (merge[step].height < Max(formed[low], formed[merge[step].high]))
			inversions++;
		formed[low] = merge[step].height;
	}
	pfree(formed);
	return inversions;
}
