/*
 * triangle.c
 *	  The tree of agglomerative clustering from the distances of all pairs.
 *
 * Starts with every row a cluster and merges the closest two until one is
 * left.  The distances of all pairs are stored (a triangle, 4 n^2 bytes) and
 * kept up to date by the Lance-Williams formula.  Each cluster remembers a
 * nearest one among those after it; after a merge most of these still hold or
 * are at least lower bounds, and a bound is only looked into when it is the
 * smallest of all.  Unlike chains of nearest neighbours this is exact for
 * centroid and median linkage as well, whose merges can come to lie below
 * earlier ones (inversions).  Time O(n^2) in practice, O(n^3) at worst.
 *
 * Equal distances: a cluster is named by its first row in canonical order;
 * of the closest pairs the one with the smallest name merges, and of those the
 * one whose other name is smallest.  The tree is thus a function of the rows,
 * not of the order they are stored in.  (Where the formula rounds, distances
 * that are equal on paper may differ in the last bit; single and complete
 * linkage do not round.)
 *
 * Equal input rows have been merged and count by their weight.  That changes
 * no linkage: they would merge first, at height 0, and by every formula below
 * a cluster of equal rows is as far from the others as each of its rows.
 *
 * Lance, Williams: A General Theory of Classificatory Sorting Strategies,
 * The Computer Journal 9(4), 1967, doi:10.1093/comjnl/9.4.373.  Muellner:
 * Modern Hierarchical, Agglomerative Clustering Algorithms, arXiv:1109.2378
 * (the "generic" algorithm; we scan for the minimum instead of keeping a heap,
 * since updating a row costs as much, and compare names among equals).
 * Murtagh, Legendre: Ward's Hierarchical Agglomerative Clustering Method,
 * Journal of Classification 31, 2014, doi:10.1007/s00357-014-9161-z (Ward.D2).
 */
#include "triangle.h"

typedef struct Tree
{
	int			n;
	Linkage		linkage;
	double	   *triangle;		/* distances, squared for ward, centroid and
								 * median */
	Size	   *base;			/* that of i < k is triangle[base[i] + k] */
	double	   *weight;			/* of the cluster of that name */
	int		   *next;			/* the next name still in use; n at the end */
	int		   *previous;
	int		   *nearest;		/* among later names */
	double	   *bound;			/* distance to it, or less if stale */
	bool	   *stale;
} Tree;

/* These are computed on squared distances. */
static bool
is_squared(Linkage linkage)
{
	return linkage == LINKAGE_WARD || linkage == LINKAGE_CENTROID ||
		linkage == LINKAGE_MEDIAN;
}

static double *
distance_of(Tree *t, int a, int b)
{
	return a < b ? &t->triangle[t->base[a] + b] : &t->triangle[t->base[b] + a];
}

static void
fill_distances(Tree *t, const Rows *rows)
{
	int			n = t->n;

	for (int i = 0; i < n - 1; i++)
	{
		double	   *d = distance_of(t, i, i + 1);
		int			later = n - i - 1;

		core_poll("distances", (double) i / n);
		memset(d, 0, sizeof(double) * later);
		for (int j = 0; j < rows->dim; j++)
		{
			const double *x = rows->x + (Size) j * n + i + 1;
			double		at = x[-1];

			for (int k = 0; k < later; k++)
				d[k] += (x[k] - at) * (x[k] - at);
		}
		if (t->linkage == LINKAGE_WARD)
		{
			const double *weight = t->weight + i + 1;
			double		w = t->weight[i];

			for (int k = 0; k < later; k++)
				d[k] *= 2 * w * weight[k] / (w + weight[k]);
		}
		else if (!is_squared(t->linkage))
		{
			for (int k = 0; k < later; k++)
				d[k] = sqrt(d[k]);
		}
	}
}

/*
 * The distance of cluster k from the union of a and b, given those of the
 * three from each other.
 */
static inline double
lance_williams(Linkage linkage, double ak, double bk, double ab,
			   double wa, double wb, double wk)
{
	double		d = 0;

	switch (linkage)
	{
		case LINKAGE_WARD:
			d = ((wa + wk) * ak + (wb + wk) * bk - wk * ab) / (wa + wb + wk);
			break;
		case LINKAGE_SINGLE:
			return Min(ak, bk);
		case LINKAGE_COMPLETE:
			return Max(ak, bk);
		case LINKAGE_AVERAGE:
			return (wa * ak + wb * bk) / (wa + wb);
		case LINKAGE_WEIGHTED:
			return (ak + bk) / 2;
		case LINKAGE_CENTROID:
			d = (wa * ak + wb * bk - wa * wb * ab / (wa + wb)) / (wa + wb);
			break;
		case LINKAGE_MEDIAN:
			d = (ak + bk) / 2 - ab / 4;
			break;
		case LINKAGE_AVERAGE_SQUARED:
			Assert(false);		/* cells have a variance, which distances do not know */
			break;
	}
	return d > 0 ? d : 0;		/* rounding must not make a square negative */
}

/* Find the nearest of the names after i; the first of equals. */
static void
look_up_nearest(Tree *t, int i)
{
	Size		base = t->base[i];

	t->nearest[i] = t->n;
	t->bound[i] = INFINITY;
	for (int k = t->next[i]; k < t->n; k = t->next[k])
		if (t->triangle[base + k] < t->bound[i])
		{
			t->bound[i] = t->triangle[base + k];
			t->nearest[i] = k;
		}
	t->stale[i] = false;
}

/* The name with the nearest later neighbour; the first of equals. */
static int
closest_name(Tree *t)
{
	for (;;)
	{
		int			best = 0;	/* the name 0 is never merged away */

		for (int i = t->next[0]; i < t->n; i = t->next[i])
			if (t->bound[i] < t->bound[best])
				best = i;
		if (!t->stale[best])
			return best;
		look_up_nearest(t, best);
	}
}

/*
 * The distance of name k < low to the new cluster "low" has become d, and
 * name "high" is gone: keep what k knows of its nearest true.
 */
static void
revise_nearest(Tree *t, int k, int low, int high, double d)
{
	if (d < t->bound[k])
	{
		t->nearest[k] = low;
		t->bound[k] = d;
		t->stale[k] = false;
	}
	else if (d == t->bound[k])
	{
		/* among equals the first name counts; a stale bound stays stale */
		t->nearest[k] = Min(t->nearest[k], low);
	}
	else if (t->nearest[k] == low || t->nearest[k] == high)
		t->stale[k] = true;
}

/* Merge the clusters low < high into low. */
static void
merge_clusters(Tree *t, int low, int high)
{
	double		ab = *distance_of(t, low, high);
	double		wa = t->weight[low];
	double		wb = t->weight[high];

	t->next[t->previous[high]] = t->next[high];
	if (t->next[high] < t->n)
		t->previous[t->next[high]] = t->previous[high];

	for (int k = 0; k < t->n; k = t->next[k])
	{
		double	   *ak;

		if (k == low)
			continue;
		ak = distance_of(t, low, k);
		*ak = lance_williams(t->linkage, *ak, *distance_of(t, high, k), ab,
							 wa, wb, t->weight[k]);
		if (k < low)
			revise_nearest(t, k, low, high, *ak);
		else if (k < high && t->nearest[k] == high)
			t->stale[k] = true;
	}
	t->weight[low] = wa + wb;
	look_up_nearest(t, low);
}

/*
 * The n - 1 merges of n >= 1 normalised canonical rows, in the order in which
 * they happen, by any linkage that the formula of Lance and Williams covers.
 */
void
triangle_tree(const Rows *rows, Linkage linkage, Merge *merge)
{
	int			n = rows->n;
	Size		pairs = (Size) n * (n - 1) / 2;
	Tree		t = {
		.n = n,
		.linkage = linkage,
		.triangle = core_alloc(pairs, sizeof(double)),
		.base = core_alloc(n, sizeof(Size)),
		.weight = core_alloc(n, sizeof(double)),
		.next = core_alloc(n, sizeof(int)),
		.previous = core_alloc(n, sizeof(int)),
		.nearest = core_alloc(n, sizeof(int)),
		.bound = core_alloc(n, sizeof(double)),
		.stale = core_alloc(n, sizeof(bool)),
	};
	Size		used = 0;

	for (int i = 0; i < n; i++)
	{
		t.weight[i] = rows->weight[i];
		t.next[i] = i + 1;
		t.previous[i] = i - 1;
		/* that of i and i + 1 comes first; unsigned, so base[0] may wrap */
		t.base[i] = used - (i + 1);
		used += n - 1 - i;
	}
	fill_distances(&t, rows);
	for (int i = 0; i < n; i++)
		look_up_nearest(&t, i);

	for (int step = 0; step < n - 1; step++)
	{
		int			low = closest_name(&t);
		int			high = t.nearest[low];
		double		d = t.bound[low];

		core_poll("merging", 1 - (double) (n - step) / n * ((double) (n - step) / n));
		merge[step] = (Merge) {low, high, is_squared(linkage) ? sqrt(d) : d};
		merge_clusters(&t, low, high);
	}

	pfree(t.stale);
	pfree(t.bound);
	pfree(t.nearest);
	pfree(t.previous);
	pfree(t.next);
	pfree(t.weight);
	pfree(t.base);
	pfree(t.triangle);
}

/* Bytes that triangle_tree needs for n distinct rows, the merges included. */
Size
triangle_memory(int64 n)
{
	Size		per_row = sizeof(Size) + 2 * sizeof(double) + 3 * sizeof(int) +
		sizeof(bool) + sizeof(Merge);

	return add_size(mul_size(mul_size(n, n - 1) / 2, sizeof(double)),
					mul_size(n, per_row));
}
