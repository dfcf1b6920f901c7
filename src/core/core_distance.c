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
 * O(n (log n + m log m)) time in few dimensions, m being min_points, or the
 * number of rows if that is less, and O(n^2 log m) at worst.  Memory is
 * core_distances_memory, some 24 + 10 dim bytes a row, and 12 m in each
 * process.
 *
 * Campello, Moulavi, Sander: Density-Based Clustering Based on Hierarchical
 * Density Estimates, PAKDD 2013, doi:10.1007/978-3-642-37456-2_14 (definition 1).
 */
#include "core_distance.h"

#include "crew.h"
#include "kdtree.h"

/* Polls come after so many neighbours found, about a millisecond. */
#define POLL_NEIGHBOURS 10000

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
	double	   *weight;			/* [row] */
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

/* Other rows weigh 1 at least: no more of them than that have to be found. */
static int
most_neighbours(int64 n, double min_points)
{
	return (int) Min(min_points, (double) n);
}

/* The task: the core distances of the slots from .. to - 1. */
static void
find_core(void *shared, int64 from, int64 to)
{
	Points		p = points_at(shared);
	int			dim = p.tree.dim;
	double		min_points = p.head->min_points;
	int			room = most_neighbours(p.tree.n, min_points);
	double	   *point = core_alloc(dim, sizeof(double));
	double	   *d2 = core_alloc(room, sizeof(double));
	int		   *id = core_alloc(room, sizeof(int));
	int64		found = 0;

	for (int64 slot = from; slot < to; slot++)
	{
		double		own = p.weight[p.tree.id[slot]];
		double		reached = 0;
		int			count;

		p.core2[slot] = 0;
		if (own >= min_points)
			continue;
		kdtree_point(&p.tree, slot, point, dim);
		count = kdtree_k_nearest(&p.tree, point, most_neighbours(p.tree.n, min_points - own + 1),
								 id, d2);
		for (int i = 0; i < count && reached < min_points; i++)
		{
			reached += p.weight[id[i]];
			p.core2[slot] = d2[i];
		}
		if (reached < min_points)
			p.core2[slot] = INFINITY;
		found += count;
		if (found >= POLL_NEIGHBOURS)
		{
			core_poll("core distances", (double) slot / p.tree.n);
			found = 0;
		}
	}
	pfree(id);
	pfree(d2);
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
	memcpy(p.weight, rows->weight, sizeof(double) * n);
	crew_run(find_core, head, n);
	for (int slot = 0; slot < n; slot++)
		core2[p.tree.id[slot]] = p.core2[slot];
	crew_free(head);
}

/* Bytes that core_distances2 needs for n distinct rows beside the result. */
Size
core_distances_memory(int64 n, int dim, int64 min_points)
{
	Size		neighbours = mul_size(most_neighbours(n, min_points), sizeof(double) + sizeof(int));

	return add_size(block_bytes(n, dim), neighbours);
}
