/*
 * core_distance.c
 *	  Core distances: how far a row has to look for so many rows.
 *
 * The core distance of a row is the least radius of a ball around it that
 * holds min_points rows, the row itself and all that are equal to it counted:
 * canonical rows count by their weights.  So for min_points = 1, and wherever
 * min_points rows are equal, it is 0.  This is min_points of DBSCAN and
 * min_samples of scikit-learn's HDBSCAN; those who do not count the row itself
 * (hdbscan of Python) call it one less.
 *
 * Every row asks a kd-tree for its nearest rows; the crew shares the rows.
 * They are kept in no order: when twice the weight has come together that is
 * needed, a selection drops those that are too far.  O(n (log n + m)) time in
 * few dimensions, m being min_points, or the number of rows if that is less,
 * and O(n^2) at worst.  Memory is core_distances_memory, some 24 + 10 dim bytes
 * a row, and 32 m in each process.
 *
 * Campello, Moulavi, Sander: Density-Based Clustering Based on Hierarchical
 * Density Estimates, PAKDD 2013, doi:10.1007/978-3-642-37456-2_14 (definition 1).
 */
#include "core_distance.h"

#include "crew.h"
#include "kdtree.h"

/* Polls come after so many neighbours found, about a millisecond. */
#define POLL_NEIGHBOURS 10000

/* ... and after so many leaves of one search: most end before. */
#define POLL_LEAVES 512

/* Begins the block that all processes see; the arrays follow. */
typedef struct Head
{
	int			rows;
	int			dim;
	int64		min_points;
} Head;

/* All rows, as one process sees the block, in the order of the tree's slots. */
typedef struct Points
{
	Head	   *head;
	KdTree		tree;
	double	   *weight;			/* [slot] */
	double	   *core2;			/* [slot] the result */
} Points;

static Size
head_bytes(void)
{
	return (sizeof(Head) + sizeof(double) - 1) / sizeof(double) * sizeof(double);
}

static Size
block_bytes(int64 n, int dim)
{
	Size		arrays = mul_size(n, 2 * sizeof(double));

	return add_size(head_bytes(), add_size(kdtree_bytes(n, dim), arrays));
}

/* The block's arrays, where they are in this process. */
static Points
points_at(void *shared)
{
	Points		p = {.head = shared};
	char	   *tree = (char *) shared + head_bytes();

	kdtree_place(&p.tree, tree, p.head->rows, p.head->dim);
	p.weight = (double *) (tree + kdtree_bytes(p.head->rows, p.head->dim));
	p.core2 = p.weight + p.head->rows;
	return p;
}

/*
 * The nearest rows so far: those within limit2, which weigh min_points
 * together, and since it was set some that are nearer.
 */
typedef struct Search
{
	Neighbour  *row;
	int			count;
	double		min_points;
	double		weight;			/* min_points for those, and that of the others */
	double		limit2;
} Search;

/* So much room is enough for neighbours: rows weigh 1 at least. */
Size
core_neighbours(int64 n, int64 min_points)
{
	return add_size(mul_size(2, Min(n, min_points)), KDTREE_LEAF);
}

static inline double
median_of_3(double a, double b, double c)
{
	return Max(Min(a, b), Min(Max(a, b), c));
}

/*
 * Bring those of row[from .. to - 1] that are nearer than a distance, or as
 * near, to the front; returns where the others begin.  Their weight is added.
 * Whether a row is one of them cannot be predicted, so there is no branch.
 */
static inline int
part(Neighbour *row, int from, int to, double distance2, bool as_near, double *weight)
{
	double		sum = *weight;

	for (int i = from; i < to; i++)
	{
		Neighbour	one = row[i];
		int			front = as_near ? one.distance2 <= distance2 : one.distance2 < distance2;

		row[i] = row[from];
		row[from] = one;
		from += front;
		sum += front * one.weight;
	}
	*weight = sum;
	return from;
}

/*
 * Keep the nearest rows that weigh min_points, and no more than it takes; if
 * there are fewer, all.  Hoare's Find (kdtree.c), by weight.
 */
static void
search_trim(Search *s)
{
	Neighbour  *row = s->row;
	double		before = 0;		/* weight of those in front of "from" */
	int			from = 0;
	int			to = s->count;

	while (from < to)
	{
		double		pivot = median_of_3(row[from].distance2, row[from + (to - from) / 2].distance2,
										row[to - 1].distance2);
		double		weight = before;
		int			middle = part(row, from, to, pivot, false, &weight);

		if (to - from > POLL_NEIGHBOURS)
			core_poll("core distances", -1);
		if (weight >= s->min_points)
		{
			to = middle;
			continue;
		}
		before = weight;
		from = part(row, middle, to, pivot, true, &before);
		if (before >= s->min_points)
		{
			/* of equally near ones, as many as it takes */
			for (s->count = middle; weight < s->min_points; s->count++)
				weight += row[s->count].weight;
			s->weight = s->min_points;
			s->limit2 = pivot;
			return;
		}
	}
}

KDTREE_INLINE void
search_leaf(Search *s, const KdTree *t, int leaf, const double *weight, const double *point,
			int dim)
{
	int			start = kdtree_leaf_start(t, leaf);
	int			count = kdtree_leaf_start(t, leaf + 1) - start;
	double		d2[KDTREE_LEAF];

	if (!kdtree_distances2(t, start, point, s->limit2, d2, dim))
		return;

	/* without a branch, as in part() */
	for (int i = 0; i < count; i++)
	{
		int			nearer = d2[i] < s->limit2;

		s->row[s->count] = (Neighbour) {d2[i], weight[start + i]};
		s->weight += nearer * weight[start + i];
		s->count += nearer;
	}
	if (s->weight >= 2 * s->min_points)
		search_trim(s);
}

KDTREE_INLINE void
search_tree(Search *s, const KdTree *t, const double *weight, const double *point, int dim)
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

		while (node < first_leaf && node2 < s->limit2)
		{
			KdPair		child2 = kdtree_children_distance2(t, node, point, dim);
			int			left_first = child2[0] < child2[1];

			waiting[nwaiting].node = 2 * node + 1 + left_first;
			waiting[nwaiting++].distance2 = left_first ? child2[1] : child2[0];
			node = 2 * node + 2 - left_first;
			node2 = left_first ? child2[0] : child2[1];
		}
		if (node2 < s->limit2)
		{
			search_leaf(s, t, node - first_leaf, weight, point, dim);
			if (++leaves % POLL_LEAVES == 0)
				core_poll("core distances", -1);
		}
	}
	search_trim(s);
}

/*
 * The square of the core distance that a point has among those of a tree,
 * infinite where they weigh less than min_points >= 1; weight[slot] is that of
 * a point.  There is room for core_neighbours neighbours.
 */
double
core_distance2_at(const KdTree *t, const double *weight, const double *point, int64 min_points,
				  Neighbour *neighbour)
{
	Search		search = {.row = neighbour, .min_points = min_points, .limit2 = INFINITY};

	KDTREE_DISPATCH(t->dim, search_tree, &search, t, weight, point);
	return search.limit2;
}

/* The task: the core distances of the slots from .. to - 1. */
static void
find_core(void *shared, int64 from, int64 to)
{
	Points		p = points_at(shared);
	const KdTree *t = &p.tree;
	int64		min_points = p.head->min_points;
	Size		room = core_neighbours(t->n, min_points);
	double	   *point = core_alloc(t->dim, sizeof(double));
	Neighbour  *neighbour = core_alloc(room, sizeof(Neighbour));
	int64		found = 0;

	for (int64 slot = from; slot < to; slot++)
	{
		kdtree_point(t, slot, point, t->dim);
		p.core2[slot] = core_distance2_at(t, p.weight, point, min_points, neighbour);
		found += room;
		if (found >= POLL_NEIGHBOURS)
		{
			core_poll("core distances", (double) slot / t->n);
			found = 0;
		}
	}
	pfree(neighbour);
	pfree(point);
}

/*
 * core2[i] becomes the square of the core distance of row i of n >= 1
 * canonical rows: infinite where there are fewer than min_points >= 1 rows.
 */
void
core_distances2(const Rows *rows, int64 min_points, double *core2)
{
	int			n = rows->n;
	Head	   *head = crew_alloc(block_bytes(n, rows->dim));
	Points		p;

	Assert(n >= 1 && rows->dim >= 1 && min_points >= 1);
	*head = (Head) {.rows = n, .dim = rows->dim, .min_points = min_points};
	p = points_at(head);
	kdtree_fill(&p.tree, rows->x);
	for (int slot = 0; slot < n; slot++)
		p.weight[slot] = rows->weight[p.tree.id[slot]];
	crew_run(find_core, head, n);
	for (int slot = 0; slot < n; slot++)
		core2[p.tree.id[slot]] = p.core2[slot];
	crew_free(head);
}

/* Bytes that core_distances2 needs for n distinct rows beside the result. */
Size
core_distances_memory(int64 n, int dim, int64 min_points)
{
	Size		neighbours = mul_size(core_neighbours(n, min_points), sizeof(Neighbour));

	return add_size(block_bytes(n, dim), neighbours);
}
