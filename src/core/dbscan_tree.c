/*
 * dbscan_tree.c
 *	  DBSCAN of rows of any number of features, on a kd-tree.
 *
 * A subtree whose box lies within reach of a point counts as a whole, and one
 * whose box is out of reach not at all; so whether a point is a core point
 * shows after a walk along the border of its ball, or before that, as what is
 * near is counted first.
 *
 * Core points are joined with those that they reach.  Of a subtree it is
 * remembered if all its core points are known to be in one cluster: then there
 * is nothing in it for a point of that cluster, and for one that reaches all
 * of it any of its core points will do.  So a point looks only at what may
 * still be joined, not at all its neighbours.  What is not a core point looks
 * for the nearest one, in subtrees that have any.
 *
 * O(n log n) time for a few features; at worst that of range queries in a
 * kd-tree, O(n^(1 - 1/dim)) for each point, and with very many features every
 * box is near.  Memory is dbscan_tree_memory: 10 dim + 19 bytes a row or so.
 *
 * Bentley: Multidimensional Binary Search Trees Used for Associative
 * Searching, Communications of the ACM 18(9), 1975,
 * doi:10.1145/361002.361007; and see dbscan.c.
 */
#include "dbscan.h"

#include "kdtree.h"
#include "union_find.h"

/* Polls come after so many leaves looked into. */
#define POLL_LEAVES 2000

/* What the subtree of a node has instead of a cluster. */
#define NO_CORE (-1)
#define SEVERAL (-2)

typedef struct Search
{
	KdTree		tree;
	Reach		reach;
	double		min_points;
	double	   *up_to;			/* [n + 1] what the slots before weigh together */
	bool	   *core;			/* [n] by slot */
	int		   *set;			/* [n] slots joined so far, see union_find.h */
	int		   *cluster;		/* [nodes] a core point of the subtree if all that it
								 * has are joined, or one of the above */
	int64		leaves;

	/* the point at hand */
	int			slot;
	double	   *point;			/* [dim] */
	double		weight;			/* counted within reach so far */
	int			nearest;		/* the nearest core point so far, or -1 */
	double		limit;			/* the square of its distance, or of the reach */
} Search;

/* A node, and the leaves below it: first .. last - 1. */
typedef struct Subtree
{
	int			node;
	int			first;
	int			last;
} Subtree;

static inline Subtree
root_of(const Search *s)
{
	return (Subtree) {0, 0, 1 << s->tree.levels};
}

static inline bool
is_leaf(Subtree at)
{
	return at.last - at.first == 1;
}

static inline Subtree
child_of(Subtree at, bool right)
{
	int			half = at.first + (at.last - at.first) / 2;

	return right ? (Subtree) {2 * at.node + 2, half, at.last} :
		(Subtree) {2 * at.node + 1, at.first, half};
}

static inline int
first_slot(const Search *s, Subtree at)
{
	return kdtree_leaf_start(&s->tree, at.first);
}

static inline int
end_slot(const Search *s, Subtree at)
{
	return kdtree_leaf_start(&s->tree, at.last);
}

static void
look_at(Search *s, int slot)
{
	s->slot = slot;
	kdtree_point(&s->tree, slot, s->point, s->tree.dim);
}

/* distance2[] becomes that of a leaf's slots from the point; false if all are above the limit. */
static bool
leaf_distances2(Search *s, Subtree at, double limit, double *d2)
{
	if (++s->leaves % POLL_LEAVES == 0)
		core_poll("density", (double) s->slot / s->tree.n);
	return kdtree_distances2(&s->tree, first_slot(s, at), s->point, limit, d2, s->tree.dim);
}

/* The sides of a node's box: feature j from low to high. */
static inline void
box_side(const KdTree *t, int node, int j, double *low, double *high)
{
	const double *side = t->box + ((Size) kdtree_parent(node) * t->dim + j) * 4 + (node - 1) % 2;

	*low = side[0];
	*high = side[2];
}

/*
 * Does the point reach the farthest corner of a node's box?  Rounding is
 * monotone: then it reaches all points in it, as computed.
 */
static bool
reaches_all(const Search *s, int node)
{
	double		sum = 0;

	if (node == 0)
		return false;			/* there is no box */
	for (int j = 0; j < s->tree.dim && sum <= s->reach.square; j++)
	{
		double		low;
		double		high;
		double		d;

		box_side(&s->tree, node, j, &low, &high);
		d = Max(s->point[j] - low, high - s->point[j]);
		sum += d * d;
	}
	return sum <= s->reach.square;
}

/* Do all points in a node's box reach each other? */
static bool
is_close(const Search *s, int node)
{
	double		sum = 0;

	if (node == 0)
		return false;
	for (int j = 0; j < s->tree.dim && sum <= s->reach.square; j++)
	{
		double		low;
		double		high;

		box_side(&s->tree, node, j, &low, &high);
		sum += (high - low) * (high - low);
	}
	return sum <= s->reach.square;
}

static void
count_below(Search *s, Subtree at)
{
	int			from = first_slot(s, at);
	int			to = end_slot(s, at);

	if (reaches_all(s, at.node))
		s->weight += s->up_to[to] - s->up_to[from];
	else if (is_leaf(at))
	{
		double		d2[KDTREE_LEAF];

		if (leaf_distances2(s, at, s->reach.square, d2))
			for (int i = from; i < to; i++)
				if (d2[i - from] <= s->reach.square)
					s->weight += s->up_to[i + 1] - s->up_to[i];
	}
	else
	{
		KdPair		child2 = kdtree_children_distance2(&s->tree, at.node, s->point, s->tree.dim);
		bool		right_first = child2[1] < child2[0];

		for (int turn = 0; turn < 2; turn++)
		{
			bool		right = (turn == 0) == right_first;

			if (child2[right] <= s->reach.square && s->weight < s->min_points)
				count_below(s, child_of(at, right));
		}
	}
}

/* Find the core points of a subtree; has it any? */
static bool
find_core(Search *s, Subtree at)
{
	int			from = first_slot(s, at);
	int			to = end_slot(s, at);
	bool		any = false;

	if (is_close(s, at.node) && s->up_to[to] - s->up_to[from] >= s->min_points)
	{
		for (int i = from; i < to; i++)
			s->core[i] = true;
		return true;
	}
	if (!is_leaf(at))
	{
		bool		left = find_core(s, child_of(at, false));

		return find_core(s, child_of(at, true)) || left;
	}
	for (int i = from; i < to; i++)
	{
		look_at(s, i);
		s->weight = 0;
		count_below(s, root_of(s));
		s->core[i] = s->weight >= s->min_points;
		any |= s->core[i];
	}
	return any;
}

/* The cluster of all core points of a leaf. */
static int
cluster_in_leaf(Search *s, Subtree at)
{
	int			cluster = NO_CORE;

	for (int i = first_slot(s, at); i < end_slot(s, at); i++)
		if (s->core[i])
		{
			if (cluster == NO_CORE)
				cluster = i;
			else if (set_of(s->set, i) != set_of(s->set, cluster))
				return SEVERAL;
		}
	return cluster;
}

/* The same for an inner node, by its children. */
static int
cluster_of_children(Search *s, Subtree at)
{
	int			left = s->cluster[child_of(at, false).node];
	int			right = s->cluster[child_of(at, true).node];

	if (left == NO_CORE || right == NO_CORE)
		return Max(left, right) != NO_CORE ? Max(left, right) : Min(left, right);
	if (left == SEVERAL || right == SEVERAL ||
		set_of(s->set, left) != set_of(s->set, right))
		return SEVERAL;
	return left;
}

/* Join the core points of subtrees in which all points reach each other; returns the cluster. */
static int
join_close(Search *s, Subtree at)
{
	if (is_leaf(at))
	{
		int			first = -1;

		for (int i = first_slot(s, at); i < end_slot(s, at); i++)
			if (s->core[i] && is_close(s, at.node))
			{
				if (first < 0)
					first = i;
				set_union(s->set, first, i);
			}
		s->cluster[at.node] = cluster_in_leaf(s, at);
	}
	else
	{
		int			left = join_close(s, child_of(at, false));
		int			right = join_close(s, child_of(at, true));

		if (left >= 0 && right >= 0 && is_close(s, at.node))
			set_union(s->set, left, right);
		s->cluster[at.node] = cluster_of_children(s, at);
	}
	return s->cluster[at.node];
}

/* Join the core point at hand with those of a subtree that it reaches. */
static void
join_below(Search *s, Subtree at)
{
	int			cluster = s->cluster[at.node];
	int			from = first_slot(s, at);

	if (cluster == NO_CORE ||
		(cluster != SEVERAL && set_of(s->set, cluster) == set_of(s->set, s->slot)))
		return;
	if (cluster != SEVERAL && reaches_all(s, at.node))
		set_union(s->set, cluster, s->slot);
	else if (is_leaf(at))
	{
		double		d2[KDTREE_LEAF];

		s->cluster[at.node] = cluster = cluster_in_leaf(s, at);
		if (cluster != SEVERAL && set_of(s->set, cluster) == set_of(s->set, s->slot))
			return;
		if (leaf_distances2(s, at, s->reach.square, d2))
		{
			for (int i = from; i < end_slot(s, at); i++)
				if (s->core[i] && d2[i - from] <= s->reach.square)
					set_union(s->set, i, s->slot);
			s->cluster[at.node] = cluster_in_leaf(s, at);
		}
	}
	else
	{
		KdPair		child2 = kdtree_children_distance2(&s->tree, at.node, s->point, s->tree.dim);

		for (int right = 0; right < 2; right++)
			if (child2[right] <= s->reach.square)
				join_below(s, child_of(at, right));
		s->cluster[at.node] = cluster_of_children(s, at);
	}
}

/* Look for a core point nearer than the limit, or as near and with a lower id. */
static void
find_nearest(Search *s, Subtree at)
{
	const int  *id = s->tree.id;
	int			from = first_slot(s, at);

	if (s->cluster[at.node] == NO_CORE)
		return;
	if (is_leaf(at))
	{
		double		d2[KDTREE_LEAF];

		if (leaf_distances2(s, at, s->limit, d2))
			for (int i = from; i < end_slot(s, at); i++)
			{
				double		d = d2[i - from];

				if (s->core[i] && (d < s->limit ||
								   (d == s->limit && (s->nearest < 0 || id[i] < id[s->nearest]))))
				{
					s->limit = d;
					s->nearest = i;
				}
			}
	}
	else
	{
		KdPair		child2 = kdtree_children_distance2(&s->tree, at.node, s->point, s->tree.dim);
		bool		right_first = child2[1] < child2[0];

		for (int turn = 0; turn < 2; turn++)
		{
			bool		right = (turn == 0) == right_first;

			if (child2[right] <= s->limit)
				find_nearest(s, child_of(at, right));
		}
	}
}

/* Join what is to be joined, and label the rows by the roots of the sets. */
static void
label_rows(Search *s, int *label)
{
	join_close(s, root_of(s));
	for (int slot = 0; slot < s->tree.n; slot++)
		if (s->core[slot])
		{
			look_at(s, slot);
			join_below(s, root_of(s));
		}
	for (int slot = 0; slot < s->tree.n; slot++)
	{
		int			core = slot;

		if (!s->core[slot])
		{
			look_at(s, slot);
			s->nearest = -1;
			s->limit = s->reach.square;
			find_nearest(s, root_of(s));
			core = s->nearest;
		}
		label[s->tree.id[slot]] = core < 0 ? NOISE : set_of(s->set, core);
	}
}

/* dbscan for any number of features. */
int
dbscan_by_tree(const Rows *rows, Reach reach, int min_points, int *label)
{
	int			n = rows->n;
	Search		s = {.reach = reach, .min_points = min_points};
	int			clusters;

	s.tree = kdtree_of(rows->x, n, rows->dim);
	s.up_to = core_alloc((Size) n + 1, sizeof(double));
	s.up_to[0] = 0;
	for (int i = 0; i < n; i++)
		s.up_to[i + 1] = s.up_to[i] + rows->weight[s.tree.id[i]];
	s.core = core_alloc(n, sizeof(bool));
	s.point = core_alloc(rows->dim, sizeof(double));
	for (int i = 0; i < n; i++)
		label[i] = NOISE;
	if (find_core(&s, root_of(&s)))
	{
		s.cluster = core_alloc(kdtree_nodes(n), sizeof(int));
		s.set = core_alloc(n, sizeof(int));
		for (int i = 0; i < n; i++)
			s.set[i] = i;
		label_rows(&s, label);
		pfree(s.set);
		pfree(s.cluster);
	}
	clusters = dbscan_number(label, n, n);
	pfree(s.point);
	pfree(s.core);
	pfree(s.up_to);
	kdtree_free(&s.tree);
	return clusters;
}

Size
dbscan_tree_memory(int64 n, int dim)
{
	Size		slots = mul_size(n + 1, sizeof(double) + 2 * sizeof(int) + sizeof(bool));
	Size		nodes = mul_size(kdtree_nodes(n), sizeof(int));

	return add_size(kdtree_bytes(n, dim), add_size(slots, nodes));
}
