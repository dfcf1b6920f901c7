/*
 * kdtree.h
 *	  A static kd-tree over points of any dimension.
 *
 * The tree is a complete binary one, without pointers: node 0 is the root, the
 * children of node i are 2i + 1 and 2i + 2, and leaf l holds the slots from
 * l * KDTREE_LEAF on.  Slots are the points in leaf order.  So every subtree is
 * a range of slots, all leaves are full but the last one with points in it and
 * the empty ones after it, and the whole tree is three arrays in one block,
 * which may lie at another address in every process.
 *
 * Users walk the tree themselves, with what they need to know of a subtree in
 * arrays of their own by node number; the inline functions below are the
 * steps.  They are given the dimension once more, so that it can be a
 * constant where that makes loops disappear: KDTREE_DISPATCH.
 *
 * A distance is a sum over the features in ascending order, from a point as
 * well as from a box.  Rounding is monotone, so the computed distance of a box
 * is never above that of a point in it, not even by a last bit: comparisons
 * with it need no allowance.
 */
#ifndef SEGMENT_KDTREE_H
#define SEGMENT_KDTREE_H

#include "core.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * Points in a leaf.  A leaf is read as a whole, in vectors; places without a
 * point are at infinity.
 */
#define KDTREE_LEAF 16

/* A path from the root to a leaf is shorter than this for 2^31 points. */
#define KDTREE_DEPTH 32

typedef struct KdTree
{
	int			n;
	int			dim;
	int			levels;
	Size		stride;			/* from one column to the next, >= n + KDTREE_LEAF */
	double	   *x;				/* [dim * stride] feature j of slot s is
								 * x[j * stride + s] */
	double	   *box;			/* [inner nodes * 4 * dim] of the children of node
								 * i, feature j: from (i * dim + j) * 4 on, the
								 * least value in the left and right one, then
								 * the greatest */
	int		   *id;				/* [n] what the point was called before */
} KdTree;

extern Size kdtree_nodes(int64 n);
extern Size kdtree_bytes(int64 n, int dim);
extern void kdtree_place(KdTree *t, void *memory, int n, int dim);
extern void kdtree_resize(KdTree *t, int n);
extern void kdtree_build(KdTree *t);
extern void kdtree_fill(KdTree *t, const double *x);
extern KdTree kdtree_of(const double *x, int n, int dim);
extern void kdtree_free(KdTree *t);
extern void kdtree_refit_leaf(KdTree *t, int leaf);
extern bool kdtree_refit_node(KdTree *t, int node);

#define KDTREE_INLINE static inline __attribute__((always_inline))

/* Call function(..., dim) with the dimension as a constant if it is small. */
#define KDTREE_DISPATCH(dim, function, ...) \
	do { \
		switch (dim) \
		{ \
			case 1: \
				function(__VA_ARGS__, 1); \
				break; \
			case 2: \
				function(__VA_ARGS__, 2); \
				break; \
			case 3: \
				function(__VA_ARGS__, 3); \
				break; \
			case 4: \
				function(__VA_ARGS__, 4); \
				break; \
			default: \
				function(__VA_ARGS__, dim); \
		} \
	} while (0)

/* The number of the node that leaf 0 is; the other leaves follow. */
KDTREE_INLINE int
kdtree_first_leaf(const KdTree *t)
{
	return (1 << t->levels) - 1;
}

/* The first slot of a leaf; past the last for empty leaves, and for one more. */
KDTREE_INLINE int
kdtree_leaf_start(const KdTree *t, int leaf)
{
	int64		start = (int64) leaf * KDTREE_LEAF;

	return (int) Min(start, t->n);
}

/* The leaf that slot s is in. */
KDTREE_INLINE int
kdtree_leaf_of(int s)
{
	return s / KDTREE_LEAF;
}

KDTREE_INLINE int
kdtree_sibling(int node)
{
	return node & 1 ? node + 1 : node - 1;
}

KDTREE_INLINE int
kdtree_parent(int node)
{
	return (node - 1) / 2;
}

/* point[] becomes the features of slot s. */
KDTREE_INLINE void
kdtree_point(const KdTree *t, int s, double *point, int dim)
{
	for (int j = 0; j < dim; j++)
		point[j] = t->x[j * t->stride + s];
}

/* Two lanes: what every machine has, and compilers keep in a register. */
typedef double KdPair __attribute__((vector_size(16)));
typedef int64 KdMask __attribute__((vector_size(16)));

KDTREE_INLINE KdPair
kdtree_load(const double *x)
{
	KdPair		pair;

	memcpy(&pair, x, sizeof(pair));
	return pair;
}

KDTREE_INLINE KdPair
kdtree_greater(KdPair a, KdPair b)
{
#ifdef __SSE2__
	return (KdPair) _mm_max_pd((__m128d) a, (__m128d) b);
#else
	KdMask		which = a > b;

	return (KdPair) ((which & (KdMask) a) | (~which & (KdMask) b));
#endif
}

/*
 * The squared distances of a point from the nearest place in the boxes of the
 * left and the right child of an inner node.
 */
KDTREE_INLINE KdPair
kdtree_children_distance2(const KdTree *t, int node, const double *point, int dim)
{
	const double *box = t->box + (Size) node * 4 * dim;
	KdPair		sum = {0, 0};

	for (int j = 0; j < dim; j++)
	{
		KdPair		below = kdtree_load(box + 4 * j) - point[j];
		KdPair		above = point[j] - kdtree_load(box + 4 * j + 2);
		KdPair		d = kdtree_greater(kdtree_greater(below, above), (KdPair) {0, 0});

		sum += d * d;
	}
	return sum;
}

/* The same for a single node, not the root. */
KDTREE_INLINE double
kdtree_box_distance2(const KdTree *t, int node, const double *point, int dim)
{
	KdPair		both = kdtree_children_distance2(t, kdtree_parent(node), point, dim);

	return node & 1 ? both[0] : both[1];
}

#define KDTREE_LEAF_PAIRS (KDTREE_LEAF / 2)

/* Are all of a leaf's distances above the limit? */
KDTREE_INLINE bool
kdtree_all_above(const KdPair *d2, double limit)
{
	KdMask		above = d2[0] > limit;

	for (int i = 1; i < KDTREE_LEAF_PAIRS; i++)
		above &= d2[i] > limit;
	return (above[0] & above[1]) != 0;
}

/*
 * distance2[] becomes the squared distances of a point from the KDTREE_LEAF
 * slots from "start" <= n on.  Returns false, with nothing done, if all are above
 * the limit.  As sums only grow, that may show after a few features.
 */
KDTREE_INLINE bool
kdtree_distances2(const KdTree *t, int start, const double *point, double limit,
				  double *distance2, int dim)
{
	const double *x = t->x + start;
	KdPair		d2[KDTREE_LEAF_PAIRS];

	for (int j = 0; j < dim; j++)
	{
		for (int i = 0; i < KDTREE_LEAF_PAIRS; i++)
		{
			KdPair		d = kdtree_load(x + 2 * i) - point[j];

			d2[i] = j == 0 ? d * d : d2[i] + d * d;
		}
		if ((j % 4 == 3 || j == dim - 1) && kdtree_all_above(d2, limit))
			return false;
		x += t->stride;
	}
	memcpy(distance2, d2, sizeof(d2));
	return true;
}

#endif							/* SEGMENT_KDTREE_H */
