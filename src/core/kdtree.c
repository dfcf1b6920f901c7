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

/* ... and in a search after so many leaves: most end before. */
#define POLL_LEAVES 512

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

/* The nearest points so far: a heap with the farthest, by distance and then id, on top. */
typedef struct Heap
{
	int			count;
	int			room;
	int		   *id;
	double	   *distance2;
} Heap;

static inline bool
is_nearer(double distance2, int id, double than2, int than_id)
{
	return distance2 < than2 || (distance2 == than2 && id < than_id);
}

/* Put a point in the place of the top of a heap of "count". */
static void
heap_sift(Heap *heap, int count, double distance2, int id)
{
	int			at = 0;

	for (;;)
	{
		int			child = 2 * at + 1;

		if (child >= count)
			break;
		if (child + 1 < count && is_nearer(heap->distance2[child], heap->id[child],
										   heap->distance2[child + 1], heap->id[child + 1]))
			child++;
		if (!is_nearer(distance2, id, heap->distance2[child], heap->id[child]))
			break;
		heap->distance2[at] = heap->distance2[child];
		heap->id[at] = heap->id[child];
		at = child;
	}
	heap->distance2[at] = distance2;
	heap->id[at] = id;
}

static void
heap_offer(Heap *heap, double distance2, int id)
{
	int			at;

	if (heap->count == heap->room)
	{
		if (is_nearer(distance2, id, heap->distance2[0], heap->id[0]))
			heap_sift(heap, heap->count, distance2, id);
		return;
	}
	for (at = heap->count++; at > 0; at = (at - 1) / 2)
	{
		int			above = (at - 1) / 2;

		if (!is_nearer(heap->distance2[above], heap->id[above], distance2, id))
			break;
		heap->distance2[at] = heap->distance2[above];
		heap->id[at] = heap->id[above];
	}
	heap->distance2[at] = distance2;
	heap->id[at] = id;
}

/* Turn the heap into a list that ascends. */
static void
heap_sort(Heap *heap)
{
	for (int last = heap->count - 1; last > 0; last--)
	{
		double		distance2 = heap->distance2[last];
		int			id = heap->id[last];

		if (last % POLL_POINTS == 0)
			core_poll("nearest rows", -1);
		heap->distance2[last] = heap->distance2[0];
		heap->id[last] = heap->id[0];
		heap_sift(heap, last, distance2, id);
	}
}

KDTREE_INLINE double
heap_limit(const Heap *heap)
{
	return heap->count < heap->room ? INFINITY : heap->distance2[0];
}

KDTREE_INLINE void
look_into_leaf(const KdTree *t, int leaf, const double *point, Heap *heap, int dim)
{
	int			start = kdtree_leaf_start(t, leaf);
	int			count = kdtree_leaf_start(t, leaf + 1) - start;
	double		d2[KDTREE_LEAF];

	if (kdtree_distances2(t, start, point, heap_limit(heap), d2, dim))
		for (int i = 0; i < count; i++)
			if (!(d2[i] > heap_limit(heap)))
				heap_offer(heap, d2[i], t->id[start + i]);
}

KDTREE_INLINE void
look_into_tree(const KdTree *t, const double *point, Heap *heap, int dim)
{
	struct
	{
		int			node;
		double		distance2;
	}			waiting[KDTREE_DEPTH];
	int			nwaiting = 0;
	int			first_leaf = kdtree_first_leaf(t);
	int			leaves = 0;

	waiting[nwaiting].node = 0;
	waiting[nwaiting++].distance2 = 0;
	while (nwaiting > 0)
	{
		int			node = waiting[--nwaiting].node;
		double		node2 = waiting[nwaiting].distance2;

		while (node < first_leaf && !(node2 > heap_limit(heap)))
		{
			KdPair		child2 = kdtree_children_distance2(t, node, point, dim);
			int			left_first = child2[0] < child2[1];

			waiting[nwaiting].node = 2 * node + 1 + left_first;
			waiting[nwaiting++].distance2 = left_first ? child2[1] : child2[0];
			node = 2 * node + 2 - left_first;
			node2 = left_first ? child2[0] : child2[1];
		}
		if (!(node2 > heap_limit(heap)))
		{
			look_into_leaf(t, node - first_leaf, point, heap, dim);
			if (++leaves % POLL_LEAVES == 0)
				core_poll("nearest rows", -1);
		}
	}
	heap_sort(heap);
}

/*
 * The k points nearest to a point, or all if there are fewer; returns their
 * number.  id[] and distance2[], both of k, become their names and the
 * squares of their distances, nearest first; of equally near points the one
 * with the lowest id counts as nearer.
 */
int
kdtree_k_nearest(const KdTree *t, const double *point, int k, int *id, double *distance2)
{
	Heap		heap = {.room = Min(k, t->n), .id = id, .distance2 = distance2};

	Assert(k >= 1);
	KDTREE_DISPATCH(t->dim, look_into_tree, t, point, &heap);
	return heap.count;
}
