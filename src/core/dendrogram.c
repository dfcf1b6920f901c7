/*
 * dendrogram.c
 *	  Reading a tree of merges: cutting it, naming its steps, comparing it with
 *	  the distances it came from.
 *
 * Since a cluster bears the name of its first row, "parent[high] = low" is
 * all there is to remember of a merge, and a parent always comes before its
 * child: one ascending pass finds every row's cluster.
 */
#include "dendrogram.h"

/* More clusters than these are not for people to act on. */
#define MOST_SUGGESTED 20

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

/*
 * The number of clusters, 2 .. MOST_SUGGESTED, that the tree separates best:
 * where the height of the merge that would leave one fewer is largest, as a
 * multiple of the merge that left this many.  Of equals the smallest; 1 where
 * no merge is above another.
 */
int
dendrogram_suggest_k(const Merge *merge, int n)
{
	int			suggested = 1;
	double		largest = 1;

	for (int k = 2; k <= Min(MOST_SUGGESTED, n - 1); k++)
	{
		double		made = merge[n - 1 - k].height;
		double		next = merge[n - k].height;
		double		gap = made > 0 ? next / made : next > 0 ? INFINITY : 1;

		if (gap > largest)
		{
			largest = gap;
			suggested = k;
		}
	}
	return suggested;
}

/*
 * The steps as R's hclust has them: left[] and right[] are what merges, a leaf
 * as minus its number from 1, the result of an earlier step as the number of
 * that step from 1; leaves come before steps, and each ascending.  size[] is
 * the sum of the weights.
 */
void
dendrogram_steps(const Merge *merge, const int64 *weight, int n, int *left, int *right,
				 int64 *size)
{
	int		   *step_of = core_alloc0(n, sizeof(int));	/* 0: still a leaf */
	int64	   *total = core_alloc(n, sizeof(int64));

	memcpy(total, weight, sizeof(int64) * n);
	for (int step = 0; step < n - 1; step++)
	{
		int			low = merge[step].low;
		int			high = merge[step].high;
		int			a = step_of[low] > 0 ? step_of[low] : -(low + 1);
		int			b = step_of[high] > 0 ? step_of[high] : -(high + 1);
		bool		swap = b < 0 ? a > 0 : a > b;	/* low < high: leaves are in order */
		left[step] = swap ? b : a;
		right[step] = swap ? a : b;
		total[low] += total[high];
		size[step] = total[low];
		step_of[low] = step + 1;
	}
	pfree(total);
	pfree(step_of);
}

/*
 * order[] becomes the leaves from left to right such that no branches cross:
 * the cluster with the smaller name is on the left.
 */
void
dendrogram_leaf_order(const Merge *merge, int n, int *order)
{
	int		   *next = core_alloc(n, sizeof(int));	/* leaf on the right, or -1 */
	int		   *last = core_alloc(n, sizeof(int));	/* by name of the cluster */
	int			leaf = 0;

	for (int i = 0; i < n; i++)
	{
		next[i] = -1;
		last[i] = i;
	}
	for (int step = 0; step < n - 1; step++)
	{
		next[last[merge[step].low]] = merge[step].high;
		last[merge[step].low] = last[merge[step].high];
	}
	for (int i = 0; i < n; i++, leaf = next[leaf])
		order[i] = leaf;
	pfree(last);
	pfree(next);
}

/* Sums over pairs of rows, of their distance and the height they meet at. */
typedef struct PairSums
{
	double		pairs;
	double		distance;
	double		distance2;
	double		height;
	double		height2;
	double		product;
} PairSums;

static void
add_pair(PairSums *s, double weight, double distance, double height)
{
	s->pairs += weight;
	s->distance += weight * distance;
	s->distance2 += weight * distance * distance;
	s->height += weight * height;
	s->height2 += weight * height * height;
	s->product += weight * distance * height;
}

/* The sum of squares about the mean; 0 where it may be no more than rounding. */
static double
variation(double sum, double sum2, double pairs)
{
	double		about_mean = sum2 - sum * sum / pairs;

	return about_mean > 1e-12 * sum2 ? about_mean : 0;
}

/*
 * The cophenetic correlation: Pearson's, over all pairs of input rows, of
 * their distance and the height at which they meet; rows[] are the leaves, in
 * the space in which heights are measured but normalised (rows.h), for a
 * correlation does not see a factor.  Equal rows are pairs at distance and
 * height 0.  NaN where either does not vary: by less than a millionth, which
 * is as much as the sums can tell from rounding.  O(n^2 dim) time, O(n)
 * memory.
 *
 * Sokal, Rohlf: The Comparison of Dendrograms by Objective Methods, Taxon
 * 11(2), 1962, doi:10.2307/1217208.
 */
double
dendrogram_cophenetic(const Merge *merge, const Rows *rows)
{
	int			n = rows->n;
	int			dim = rows->dim;
	int		   *order = core_alloc(n, sizeof(int));
	int		   *start = core_alloc(n, sizeof(int));	/* by name: where in order[] */
	int		   *count = core_alloc(n, sizeof(int));
	double		scale = 0;		/* the largest height is taken for 1 */
	PairSums	s = {0};
	double		variations;
	double		correlation;

	dendrogram_leaf_order(merge, n, order);
	for (int i = 0; i < n; i++)
	{
		double		w = rows->weight[i];

		start[order[i]] = i;
		count[i] = 1;
		s.pairs += w * (w - 1) / 2;
	}
	for (int step = 0; step < n - 1; step++)
		scale = Max(scale, merge[step].height);
	for (int step = 0; step < n - 1; step++)
	{
		int			low = merge[step].low;
		int			high = merge[step].high;
		PairSums	sums = {0};	/* of this step: sums of sums lose less */

		for (int a = start[low]; a < start[low] + count[low]; a++)
		{
			core_poll("cophenetic correlation", (double) step / n);
			for (int b = start[high]; b < start[high] + count[high]; b++)
			{
				double		d2 = 0;

				for (int j = 0; j < dim; j++)
				{
					double		d = rows->x[(Size) j * n + order[a]] - rows->x[(Size) j * n + order[b]];

					d2 += d * d;
				}
				add_pair(&sums, rows->weight[order[a]] * rows->weight[order[b]],
						 sqrt(d2), merge[step].height / scale);
			}
		}
		count[low] += count[high];
		s.pairs += sums.pairs;
		s.distance += sums.distance;
		s.distance2 += sums.distance2;
		s.height += sums.height;
		s.height2 += sums.height2;
		s.product += sums.product;
	}
	pfree(count);
	pfree(start);
	pfree(order);
	variations = variation(s.distance, s.distance2, s.pairs) *
		variation(s.height, s.height2, s.pairs);
	if (variations == 0)
		return NAN;
	correlation = (s.product - s.distance * s.height / s.pairs) / sqrt(variations);
	return Max(-1, Min(1, correlation));
}
