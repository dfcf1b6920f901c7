/*
 * kdtree.c
 *	  A static kd-tree over points of any dimension.
 *
 * A node's points are divided on the side on which their box is widest, at the
 * median or, so that leaves are full, beyond it: such that the left child gets
 * as many leaves as it can have.  Points move as wholes, column by column, so
 * that in the end those of a leaf lie together.  What a user finds in the tree
 * does not depend on its shape; yet that too is a function of the points and of
 * the order in which they were given, and of nothing else.  For any doubles,
 * infinite ones as well, which belong to no box: a user removes a point by
 * moving it there.
 *
 * Building takes O(n (dim + log n) log n) time on average and no memory beside
 * the tree: 8 dim + 4 bytes for a point, and dim to 2 dim more for its share
 * of the boxes.
 *
 * Bentley: Multidimensional Binary Search Trees Used for Associative
 * Searching, Communications of the ACM 18(9), 1975,
 * doi:10.1145/361002.361007.  Friedman, Bentley, Finkel: An Algorithm for
 * Finding Best Matches in Logarithmic Expected Time, ACM TOMS 3(3), 1977,
 * doi:10.1145/355744.355745 (median of the widest side).
 */
#include "kdtree.h"

/* Above this many points a pivot is the median of more than three. */
#define NINTHER_LIMIT 200

/* Polls come after a pass over more points than this. */
#define POLL_POINTS 10000

static int
levels_for(int64 n)
{
	int			levels = 0;

	while (n > (int64) KDTREE_LEAF << levels)
		levels++;
	return levels;
}

static Size
inner_nodes(int64 n)
{
	return ((Size) 1 << levels_for(n)) - 1;
}

/* The nodes of a tree of n points: fewer than n / 4, or one. */
Size
kdtree_nodes(int64 n)
{
	return 2 * inner_nodes(n) + 1;
}

/* Bytes of a tree of n points, a multiple of 8. */
Size
kdtree_bytes(int64 n, int dim)
{
	Size		doubles = mul_size(add_size(n + KDTREE_LEAF, 4 * inner_nodes(n)), dim);

	/* and the numbers, two to a double */
	return mul_size(add_size(doubles, (n + 1) / 2), sizeof(double));
}

/*
 * Let t be a tree of n points that lies in kdtree_bytes(n, dim) bytes of
 * memory, which is aligned for doubles.  Nothing there is touched.
 */
void
kdtree_place(KdTree *t, void *memory, int n, int dim)
{
	t->n = n;
	t->dim = dim;
	t->levels = levels_for(n);
	t->stride = (Size) n + KDTREE_LEAF;
	t->x = memory;
	t->box = t->x + t->stride * dim;
	t->id = (int *) (t->box + inner_nodes(n) * 4 * dim);
}

/* Let the tree have fewer points than it was made for, before it is built anew. */
void
kdtree_resize(KdTree *t, int n)
{
	t->n = n;
	t->levels = levels_for(n);
}

/* The least and the greatest of n values, of infinite ones the others. */
static void
range_of(const double *value, int n, double *least, double *greatest)
{
	double		low[4] = {INFINITY, INFINITY, INFINITY, INFINITY};
	double		high[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
	int			i = 0;

	/* four at a time do not wait for each other */
	for (; i + 4 <= n; i += 4)
		for (int lane = 0; lane < 4; lane++)
		{
			double		v = value[i + lane];

			low[lane] = v < low[lane] ? v : low[lane];
			v = v < INFINITY ? v : -INFINITY;
			high[lane] = v > high[lane] ? v : high[lane];
		}
	for (; i < n; i++)
	{
		double		v = value[i];

		low[0] = v < low[0] ? v : low[0];
		v = v < INFINITY ? v : -INFINITY;
		high[0] = v > high[0] ? v : high[0];
	}
	*least = Min(Min(low[0], low[1]), Min(low[2], low[3]));
	*greatest = Max(Max(high[0], high[1]), Max(high[2], high[3]));
}

/* Feature j of a node's box; the greatest value is two places behind the least. */
static inline double *
box_side(KdTree *t, int node, int j)
{
	return t->box + ((Size) kdtree_parent(node) * t->dim + j) * 4 + (node - 1) % 2;
}

/*
 * Fit the box of a node with the points from .. to - 1; returns the feature in
 * which it is widest, the first of equals.  For the root, which has no box,
 * only that.
 */
static int
fit_box(KdTree *t, int node, int from, int to)
{
	double		most = -1;
	int			widest = 0;

	for (int j = 0; j < t->dim; j++)
	{
		double		least;
		double		greatest;

		range_of(t->x + j * t->stride + from, to - from, &least, &greatest);
		if (greatest - least > most)
		{
			most = greatest - least;
			widest = j;
		}
		if (node > 0)
		{
			double	   *side = box_side(t, node, j);

			side[0] = least;
			side[2] = greatest;
		}
	}
	return widest;
}

static inline void
swap_points(KdTree *t, int a, int b)
{
	double	   *column = t->x;
	int			id = t->id[a];

	for (int j = 0; j < t->dim; j++)
	{
		double		x = column[a];

		column[a] = column[b];
		column[b] = x;
		column += t->stride;
	}
	t->id[a] = t->id[b];
	t->id[b] = id;
}

static inline double
median_of_3(double a, double b, double c)
{
	return Max(Min(a, b), Min(Max(a, b), c));
}

/* A value near the median of key[from .. to - 1], three at least. */
static double
pivot_of(const double *key, int from, int to)
{
	int			step = (to - from) / 8;
	const double *k = key + from;

	if (to - from < NINTHER_LIMIT)
		return median_of_3(k[0], key[from + (to - from) / 2], key[to - 1]);
	return median_of_3(median_of_3(k[0], k[step], k[2 * step]),
					   median_of_3(k[3 * step], k[4 * step], k[5 * step]),
					   median_of_3(k[6 * step], k[7 * step], key[to - 1]));
}

/*
 * Order the points of slots from .. to - 1 by feature "side" so far that
 * those before "middle" are not above, and those after it not below the one
 * there.  Hoare: Algorithm 65, Find, Communications of the ACM 4(7), 1961,
 * doi:10.1145/366622.366647.
 */
static void
select_middle(KdTree *t, int from, int to, int middle, int side)
{
	const double *key = t->x + side * t->stride;

	while (to - from > 1)
	{
		double		pivot = to - from > 2 ? pivot_of(key, from, to) : key[from];
		int			i = from;
		int			j = to - 1;

		/* points equal to the pivot are swapped as well, which divides ties evenly */
		while (i <= j)
		{
			while (key[i] < pivot)
				i++;
			while (key[j] > pivot)
				j--;
			if (i <= j)
				swap_points(t, i++, j--);
		}
		if (middle <= j)
			to = j + 1;
		else if (middle >= i)
			from = i;
		else
			return;
		if (to - from > POLL_POINTS)
			core_poll("building a tree", -1);
	}
}

/* Fit the boxes of a node and of all below it, whose leaves are first .. last - 1. */
static void
build_node(KdTree *t, int node, int first, int last)
{
	int			from = kdtree_leaf_start(t, first);
	int			to = kdtree_leaf_start(t, last);
	int			half = first + (last - first) / 2;
	int			widest = fit_box(t, node, from, to);

	if (last - first == 1)
		return;
	if (to - from > POLL_POINTS)
		core_poll("building a tree", -1);
	if (kdtree_leaf_start(t, half) < to)
		select_middle(t, from, to, kdtree_leaf_start(t, half), widest);
	build_node(t, 2 * node + 1, first, half);
	build_node(t, 2 * node + 2, half, last);
}

/*
 * Build the tree of the n points in x, whose names are in id, in whatever
 * order; both are then in the order of leaves.
 */
void
kdtree_build(KdTree *t)
{
	Assert(t->n >= 1 && t->dim >= 1);
	for (int j = 0; j < t->dim; j++)
		for (int i = 0; i < KDTREE_LEAF; i++)
			t->x[j * t->stride + t->n + i] = INFINITY;
	build_node(t, 0, 0, 1 << t->levels);
}

/* Build the tree of the points x[j * n + i], i being the id of a point. */
void
kdtree_fill(KdTree *t, const double *x)
{
	for (int j = 0; j < t->dim; j++)
		memcpy(t->x + j * t->stride, x + (Size) j * t->n, sizeof(double) * t->n);
	for (int i = 0; i < t->n; i++)
		t->id[i] = i;
	kdtree_build(t);
}

/* The same for a tree of its own. */
KdTree
kdtree_of(const double *x, int n, int dim)
{
	KdTree		t;

	kdtree_place(&t, core_alloc(kdtree_bytes(n, dim), 1), n, dim);
	kdtree_fill(&t, x);
	return t;
}

/* Free what kdtree_of has made. */
void
kdtree_free(KdTree *t)
{
	pfree(t->x);
}

/* Some points of the leaf have moved: fit its box again, but none above it. */
void
kdtree_refit_leaf(KdTree *t, int leaf)
{
	fit_box(t, kdtree_first_leaf(t) + leaf,
			kdtree_leaf_start(t, leaf), kdtree_leaf_start(t, leaf + 1));
}

/* An inner node's box becomes the smallest around its children's; has it changed? */
bool
kdtree_refit_node(KdTree *t, int node)
{
	bool		changed = false;

	if (node == 0)
		return false;
	for (int j = 0; j < t->dim; j++)
	{
		double	   *side = box_side(t, node, j);
		const double *child = t->box + ((Size) node * t->dim + j) * 4;
		double		least = Min(child[0], child[1]);
		double		greatest = Max(child[2], child[3]);

		changed |= least != side[0] || greatest != side[2];
		side[0] = least;
		side[2] = greatest;
	}
	return changed;
}
