/*
 * spanning_tree.c
 *	  The minimum spanning tree of rows, and the tree of single linkage.
 *
 * The distance of two rows is the Euclidean one or, given core distances, that
 * of mutual reachability: the greatest of it and the core distances of both.
 * Boruvka's algorithm: in every round each component, at first a single row,
 * finds the shortest edge that leaves it, and all of these edges join the
 * tree.  Components at least halve in number, so there are log2(n) rounds at
 * most, and half of that in practice.
 *
 * The edge is found by letting the rows of the component look for the nearest
 * row outside, in a kd-tree in which every node knows whether all below it
 * belong to one component, and their least core distance.  Few have to look:
 * a row whose nearest is still outside need not, nor one which is known to be
 * farther from everything outside than the shortest edge so far.  In order that
 * there is one, of each component the row that may be nearest is sent ahead.
 *
 * Edges are totally ordered: by distance, then by the Euclidean one, then by
 * the first row in canonical order, then by the second.  Under a total order
 * there is only one minimum spanning tree, and no round can close a cycle.  So
 * the tree is a function of the rows, whoever finds it in whatever order; and
 * ties, as on a lattice or between core distances, make neither more rounds
 * nor other trees.  In mutual reachability ties are the rule: a core distance
 * is the length of the edges to all rows within it.
 *
 * Single linkage merges the components that the edges join when they come in
 * this order.  Of equal distances that is one of the trees that the definition
 * allows, but not the one that linkage.c chooses by the names of clusters: at
 * every height the clusters are the same, between two equal ones they may
 * differ.  Heights are roots of the squared distances, with every bit that
 * linkage.c gives them.
 *
 * O(n log n) time in few dimensions, O(n^2 log n) at worst; memory is
 * spanning_tree_memory, some 40 + 12 dim bytes a row, 10 more for core
 * distances, and 16 for the edge.
 * Features are to be normalised (rows.h); if they are not, distances may
 * underflow to 0 or overflow to infinity, which only makes ties of them.
 *
 * Boruvka: O jistem problemu minimalnim, 1926; Nesetril, Milkova, Nesetrilova:
 * Otakar Boruvka on Minimum Spanning Tree Problem, Discrete Mathematics 233,
 * 2001, doi:10.1016/S0012-365X(00)00224-7.  March, Ram, Gray: Fast Euclidean
 * Minimum Spanning Tree, KDD 2010, doi:10.1145/1835804.1835882 (kd-trees;
 * theirs is a dual-tree search).  Prokopenko, Sao, Lebrun-Grandie: A Single-Tree
 * Algorithm to Compute the Euclidean Minimum Spanning Tree on GPUs, ICPP 2022,
 * doi:10.1145/3545008.3546185.  Campello, Moulavi, Sander: Density-Based
 * Clustering Based on Hierarchical Density Estimates, PAKDD 2013,
 * doi:10.1007/978-3-642-37456-2_14 (mutual reachability).  Gower, Ross: Minimum
 * Spanning Trees and Single Linkage Cluster Analysis, Applied Statistics 18,
 * 1969, doi:10.2307/2346439.
 */
#include "spanning_tree.h"

#include "crew.h"
#include "kdtree.h"

/* Polls come after so many leaves read, tens of microseconds in few dimensions. */
#define POLL_LEAVES 1024

/* ... and so many rows in loops that do little for each. */
#define POLL_ROWS 16384

static inline void
poll_row(int i, double done)
{
	if (i % POLL_ROWS == POLL_ROWS - 1)
		core_poll("joining", done);
}

#define NOBODY (-1)
#define MIXED (-1)

/* Begins the block that all processes see; the arrays follow. */
typedef struct Head
{
	int			rows;
	int			dim;
	bool		with_core;
	double		done;			/* for core_poll */
} Head;

/* If features were huge, squares of distances may be infinite, or no numbers. */
KDTREE_INLINE double
bounded(double distance2)
{
	return distance2 < INFINITY ? distance2 : INFINITY;
}

/* Of two points of x[j * stride + i], with the bits that the tree gives it. */
static double
squared_distance(const double *x, Size stride, int dim, int one, int other)
{
	double		sum = 0;

	for (int j = 0; j < dim; j++)
	{
		double		d = x[j * stride + one] - x[j * stride + other];

		sum += d * d;
	}
	return bounded(sum);
}

/*
 * All rows, as one process sees the block, in the order of the tree's slots.
 * A component is named by one of its slots.
 */
typedef struct Points
{
	Head	   *head;
	KdTree		tree;
	double	   *core2;			/* [slot] square of the core distance, if with_core */
	double	   *least_core2;	/* [node], if with_core */
	double	   *distance2;		/* [slot] of the nearest, or of all outside at least */
	int		   *nearest;		/* [slot] a slot outside, or NOBODY if not known */
	int		   *component;		/* [slot] */
	int		   *common;			/* [node] the component of all below, or MIXED */
	int		   *best;			/* [component] the slot whose nearest is nearest, or
								 * NOBODY if that is not known of any */
	int		   *todo;			/* [slot] those that look */
} Points;

/* What only the leader needs. */
typedef struct Plan
{
	Points		points;
	int		   *parent;			/* [slot] on the way to the component */
	int		   *scout;			/* [component] the slot that is sent ahead, or NOBODY */
	int			ntodo;
	Edge	   *edge;
	int			nedges;
} Plan;

static Size
block_doubles(int64 n, int dim, bool with_core)
{
	Size		head = (sizeof(Head) + sizeof(double) - 1) / sizeof(double);
	Size		tree = kdtree_bytes(n, dim) / sizeof(double);

	Size		core = with_core ? add_size(n, kdtree_nodes(n)) : 0;

	return add_size(add_size(head, tree), add_size(n, core));
}

static Size
block_bytes(int64 n, int dim, bool with_core)
{
	Size		ints = add_size(kdtree_nodes(n), mul_size(n, 4));

	return add_size(mul_size(block_doubles(n, dim, with_core), sizeof(double)),
					mul_size(ints, sizeof(int)));
}

/* The block's arrays, where they are in this process. */
static Points
points_at(void *shared)
{
	Points		p = {.head = shared};
	int			n = p.head->rows;
	int			dim = p.head->dim;
	double	   *doubles = shared;

	p.common = (int *) (doubles + block_doubles(n, dim, p.head->with_core));
	p.nearest = p.common + kdtree_nodes(n);
	p.component = p.nearest + n;
	p.best = p.component + n;
	p.todo = p.best + n;
	doubles += (sizeof(Head) + sizeof(double) - 1) / sizeof(double);
	kdtree_place(&p.tree, doubles, n, dim);
	doubles += kdtree_bytes(n, dim) / sizeof(double);
	p.distance2 = doubles;
	if (p.head->with_core)
	{
		p.core2 = p.distance2 + n;
		p.least_core2 = p.core2 + n;
	}
	return p;
}

/* An edge's place in the total order. */
typedef struct Place
{
	double		distance2;
	double		plain2;			/* Euclidean */
	uint64		rows;			/* the lower one, then the higher one */
} Place;

/* After all edges. */
static const Place place_last = {INFINITY, INFINITY, UINT64_MAX};

KDTREE_INLINE bool
place_before(const Place *one, const Place *other)
{
	if (one->distance2 != other->distance2)
		return one->distance2 < other->distance2;
	if (one->plain2 != other->plain2)
		return one->plain2 < other->plain2;
	return one->rows < other->rows;
}

/* The place of the edge between two slots, given its lengths. */
KDTREE_INLINE Place
place_of(const Points *p, int slot, int other, double distance2, double plain2)
{
	int			a = p->tree.id[slot];
	int			b = p->tree.id[other];

	return (Place) {distance2, plain2, (uint64) Min(a, b) << 32 | (uint64) Max(a, b)};
}

/* The place of the edge from a slot to its nearest. */
static Place
place_of_nearest(const Points *p, int slot)
{
	int			other = p->nearest[slot];
	double		plain2 = p->distance2[slot];

	if (p->head->with_core)
		plain2 = squared_distance(p->tree.x, p->tree.stride, p->tree.dim, slot, other);
	return place_of(p, slot, other, p->distance2[slot], plain2);
}

/* A row that looks for the nearest one outside its component. */
typedef struct Search
{
	const Points *p;
	const double *point;
	double		core2;
	int			component;
	int			slot;
	int			nearest;		/* so far */
	Place		place;			/* of the edge to it, or of the one that is to be beaten */
	double		limit2;			/* Euclidean distance beyond which none comes before that */
	int			leaves;			/* left to read before the next poll */
} Search;

/* No edge is shorter than the core distance; of those that are as short, the Euclidean counts. */
KDTREE_INLINE void
search_set_limit(Search *s)
{
	s->limit2 = s->place.distance2 > s->core2 ? s->place.distance2 : s->place.plain2;
}

static void
search_consider(Search *s, int slot, double distance2, double plain2)
{
	Place		place;

	if (distance2 > s->place.distance2 || s->p->component[slot] == s->component)
		return;
	place = place_of(s->p, s->slot, slot, distance2, plain2);
	if (!place_before(&place, &s->place))
		return;
	s->nearest = slot;
	s->place = place;
	search_set_limit(s);
}

/* What is below the node, and as near as that, is of no interest. */
KDTREE_INLINE bool
search_skips(const Search *s, int node, double node2, bool with_core)
{
	return node2 > s->limit2 || s->p->common[node] == s->component ||
		(with_core && s->p->least_core2[node] > s->place.distance2);
}

KDTREE_INLINE void
search_leaf(Search *s, int node, bool with_core, int dim)
{
	const Points *p = s->p;
	int			leaf = node - kdtree_first_leaf(&p->tree);
	int			start = kdtree_leaf_start(&p->tree, leaf);
	int			count = kdtree_leaf_start(&p->tree, leaf + 1) - start;
	double		d2[KDTREE_LEAF];

	if (--s->leaves <= 0)
	{
		core_poll("joining", p->head->done);
		s->leaves = POLL_LEAVES;
	}
	if (!kdtree_distances2(&p->tree, start, s->point, s->limit2, d2, dim))
		return;
	for (int i = 0; i < count; i++)
	{
		double		plain2 = bounded(d2[i]);

		if (plain2 <= s->limit2)
			search_consider(s, start + i, with_core ?
							Max(plain2, Max(s->core2, p->core2[start + i])) : plain2, plain2);
	}
}

/* Search everything below a node, nearer children first. */
KDTREE_INLINE void
search_subtree(Search *s, int node, double node2, bool with_core, int dim)
{
	const KdTree *t = &s->p->tree;
	struct
	{
		int			node;
		double		distance2;
	}			waiting[KDTREE_DEPTH];
	int			nwaiting = 0;
	int			first_leaf = kdtree_first_leaf(t);

	for (;;)
	{
		while (node < first_leaf && !search_skips(s, node, node2, with_core))
		{
			KdPair		child2 = kdtree_children_distance2(t, node, s->point, dim);
			int			left_first = child2[0] < child2[1];

			waiting[nwaiting].node = 2 * node + 1 + left_first;
			waiting[nwaiting++].distance2 = left_first ? child2[1] : child2[0];
			node = 2 * node + 2 - left_first;
			node2 = left_first ? child2[0] : child2[1];
		}
		if (node >= first_leaf && !search_skips(s, node, node2, with_core))
			search_leaf(s, node, with_core, dim);
		if (nwaiting == 0)
			return;
		node = waiting[--nwaiting].node;
		node2 = waiting[nwaiting].distance2;
	}
}

/* Search the whole tree, from the row's own leaf upward. */
KDTREE_INLINE void
search_tree(Search *s, bool with_core, int dim)
{
	const KdTree *t = &s->p->tree;
	int			node = kdtree_first_leaf(t) + kdtree_leaf_of(s->slot);

	if (with_core && s->core2 > s->place.distance2)
		return;
	if (!search_skips(s, node, 0, with_core))
		search_leaf(s, node, with_core, dim);
	for (; node > 0; node = kdtree_parent(node))
	{
		int			sibling = kdtree_sibling(node);

		if (!search_skips(s, sibling, 0, with_core))
			search_subtree(s, sibling, kdtree_box_distance2(t, sibling, s->point, dim),
						   with_core, dim);
	}
}

/* The edge to be beaten is the best that is known of the component. */
KDTREE_INLINE void
search_begin(Search *s, int slot, double *point, bool with_core, int dim)
{
	const Points *p = s->p;
	int			best = p->best[p->component[slot]];

	kdtree_point(&p->tree, slot, point, dim);
	s->point = point;
	s->core2 = with_core ? p->core2[slot] : 0;
	s->component = p->component[slot];
	s->slot = slot;
	s->nearest = NOBODY;
	s->place = best == NOBODY ? place_last : place_of_nearest(p, best);
	search_set_limit(s);
}

KDTREE_INLINE void
find_nearest_of(Points *p, int64 from, int64 to, double *point, bool with_core, int dim)
{
	Search		s = {.p = p, .leaves = POLL_LEAVES};

	for (int64 i = from; i < to; i++)
	{
		int			slot = p->todo[i];

		search_begin(&s, slot, point, with_core, dim);
		search_tree(&s, with_core, dim);
		p->nearest[slot] = s.nearest;
		p->distance2[slot] = Max(p->distance2[slot], s.place.distance2);
	}
}

static void
find_nearest_plain(Points *p, int64 from, int64 to, double *point)
{
	KDTREE_DISPATCH(p->tree.dim, find_nearest_of, p, from, to, point, false);
}

static void
find_nearest_core(Points *p, int64 from, int64 to, double *point)
{
	KDTREE_DISPATCH(p->tree.dim, find_nearest_of, p, from, to, point, true);
}

/*
 * The task: the rows todo[from .. to - 1] look for a nearest one that beats
 * what is known of their component; none of them is the one that knows it.
 */
static void
find_nearest(void *shared, int64 from, int64 to)
{
	Points		p = points_at(shared);
	double	   *point = core_alloc(p.tree.dim, sizeof(double));

	if (p.head->with_core)
		find_nearest_core(&p, from, to, point);
	else
		find_nearest_plain(&p, from, to, point);
	pfree(point);
}

/* The component that a slot belongs to by now. */
static int
find_component(Plan *plan, int slot)
{
	int		   *parent = plan->parent;

	while (parent[slot] != slot)
		slot = parent[slot] = parent[parent[slot]];
	return slot;
}

/* Label slots and nodes with their components. */
static void
label_components(Plan *plan)
{
	Points	   *p = &plan->points;
	const KdTree *t = &p->tree;
	int			first_leaf = kdtree_first_leaf(t);

	for (int s = 0; s < t->n; s++)
	{
		poll_row(s, p->head->done);
		p->component[s] = find_component(plan, s);
	}
	for (int leaf = 0; leaf <= first_leaf; leaf++)
	{
		int			start = kdtree_leaf_start(t, leaf);
		int			end = kdtree_leaf_start(t, leaf + 1);
		int			common = start < end ? p->component[start] : MIXED;

		for (int s = start + 1; s < end; s++)
			if (p->component[s] != common)
				common = MIXED;
		p->common[first_leaf + leaf] = common;
	}
	for (int node = first_leaf - 1; node >= 0; node--)
		p->common[node] = p->common[2 * node + 1] == p->common[2 * node + 2] ?
			p->common[2 * node + 1] : MIXED;
}

/* The slot knows a nearest one outside: that may be the best of the component. */
static void
note_best(Points *p, int slot)
{
	int		   *best = &p->best[p->component[slot]];

	if (*best != NOBODY && p->distance2[slot] == p->distance2[*best])
	{
		Place		place = place_of_nearest(p, slot);
		Place		best_place = place_of_nearest(p, *best);

		if (place_before(&place, &best_place))
			*best = slot;
	}
	else if (*best == NOBODY || p->distance2[slot] < p->distance2[*best])
		*best = slot;
}

/*
 * What is known from earlier rounds: nearest rows that are still outside.  Of
 * those that know none, the one with the least bound becomes the scout.
 */
static void
recall_nearest(Plan *plan)
{
	Points	   *p = &plan->points;
	int			n = p->tree.n;

	for (int s = 0; s < n; s++)
		p->best[s] = plan->scout[s] = NOBODY;
	for (int s = 0; s < n; s++)
	{
		int			nearest = p->nearest[s];
		int		   *scout = &plan->scout[p->component[s]];

		poll_row(s, p->head->done);
		if (nearest != NOBODY && p->component[nearest] != p->component[s])
			note_best(p, s);
		else
		{
			p->nearest[s] = NOBODY;
			if (*scout == NOBODY || p->distance2[s] < p->distance2[*scout])
				*scout = s;
		}
	}
}

/* The best edge of its component may have to be sought here. */
static bool
may_be_best(const Points *p, int slot)
{
	int			best = p->best[p->component[slot]];

	return p->nearest[slot] == NOBODY &&
		(best == NOBODY || p->distance2[slot] <= p->distance2[best]);
}

/* Let those in todo[] look. */
static void
look(Plan *plan)
{
	Points	   *p = &plan->points;

	crew_run(find_nearest, p->head, plan->ntodo);
	for (int i = 0; i < plan->ntodo; i++)
	{
		poll_row(i, p->head->done);
		if (p->nearest[p->todo[i]] != NOBODY)
			note_best(p, p->todo[i]);
	}
}

/* Find the shortest edge that leaves each component. */
static void
find_best(Plan *plan)
{
	Points	   *p = &plan->points;
	int			n = p->tree.n;

	plan->ntodo = 0;
	for (int c = 0; c < n; c++)
		if (plan->scout[c] != NOBODY && may_be_best(p, plan->scout[c]))
			p->todo[plan->ntodo++] = plan->scout[c];
	look(plan);

	plan->ntodo = 0;
	for (int s = 0; s < n; s++)
	{
		poll_row(s, p->head->done);
		if (plan->scout[p->component[s]] != s && may_be_best(p, s))
			p->todo[plan->ntodo++] = s;
	}
	look(plan);
}

/* Add the best edges to the tree, each once. */
static void
join_components(Plan *plan)
{
	Points	   *p = &plan->points;

	for (int c = 0; c < p->tree.n; c++)
	{
		int			slot = p->best[c];
		int			one;
		int			other;

		poll_row(c, p->head->done);
		if (slot == NOBODY)
			continue;			/* not the name of a component */
		one = find_component(plan, slot);
		other = find_component(plan, p->nearest[slot]);
		if (one != other)
		{
			int			a = p->tree.id[slot];
			int			b = p->tree.id[p->nearest[slot]];

			plan->parent[Max(one, other)] = Min(one, other);
			plan->edge[plan->nedges++] = (Edge) {Min(a, b), Max(a, b), p->distance2[slot]};
		}
	}
}

/* Slots take the core distances of their rows, and nodes the least below. */
static void
place_core(Points *p, const double *core2)
{
	const KdTree *t = &p->tree;
	int			first_leaf = kdtree_first_leaf(t);

	for (int leaf = 0; leaf <= first_leaf; leaf++)
	{
		int			end = kdtree_leaf_start(t, leaf + 1);
		double		least = INFINITY;

		poll_row(leaf, 0);
		for (int s = kdtree_leaf_start(t, leaf); s < end; s++)
		{
			p->core2[s] = core2[t->id[s]];
			least = Min(least, p->core2[s]);
		}
		p->least_core2[first_leaf + leaf] = least;
	}
	for (int node = first_leaf - 1; node >= 0; node--)
		p->least_core2[node] = Min(p->least_core2[2 * node + 1], p->least_core2[2 * node + 2]);
}

/* Every row is a component, and nothing is known of any other. */
static Plan
plan_begin(const Rows *rows, const double *core2, Edge *edge)
{
	int			n = rows->n;
	Head	   *head = crew_alloc(block_bytes(n, rows->dim, core2 != NULL));
	Plan		plan = {
		.parent = core_alloc(n, sizeof(int)),
		.scout = core_alloc(n, sizeof(int)),
		.edge = edge,
	};
	Points	   *p = &plan.points;

	*head = (Head) {.rows = n, .dim = rows->dim, .with_core = core2 != NULL};
	*p = points_at(head);
	for (int i = 0; i < n; i++)
	{
		poll_row(i, 0);
		p->distance2[i] = 0;
		p->nearest[i] = NOBODY;
		plan.parent[i] = i;
	}
	kdtree_fill(&p->tree, rows->x);
	if (core2)
		place_core(p, core2);
	return plan;
}

/* Bring the edges, whose distances are squared so far, into their order. */
static void
sort_edges(const Rows *rows, bool with_core, Edge *edge, int count)
{
	double	   *key = core_alloc(count, sizeof(double));
	Edge	   *unsorted = core_alloc(count, sizeof(Edge));
	int		   *order = core_alloc(count, sizeof(int));

	/* sorting is stable, so the last key counts most */
	for (int turn = 0; turn < 4; turn++)
	{
		if (turn == 2 && !with_core)
			continue;			/* the same as the next */
		for (int i = 0; i < count; i++)
		{
			const Edge *e = &edge[i];

			key[i] = turn == 0 ? e->b : turn == 1 ? e->a : turn == 3 ? e->distance :
				squared_distance(rows->x, rows->n, rows->dim, e->a, e->b);
		}
		order_by_key(key, count, order);
		memcpy(unsorted, edge, sizeof(Edge) * count);
		for (int i = 0; i < count; i++)
		{
			poll_row(i, 1);
			edge[i] = unsorted[order[i]];
		}
	}
	for (int i = 0; i < count; i++)
		edge[i].distance = sqrt(edge[i].distance);
	pfree(order);
	pfree(unsorted);
	pfree(key);
}

/*
 * The n - 1 edges of the minimum spanning tree of n >= 1 normalised canonical
 * rows, in their total order.  core2[i] is the square of the core distance of
 * row i; without core2 (NULL) distances are plain.
 */
void
spanning_tree(const Rows *rows, const double *core2, Edge *edge)
{
	Plan		plan;

	Assert(rows->n >= 1 && rows->dim >= 1);
	plan = plan_begin(rows, core2, edge);
	while (plan.nedges < rows->n - 1)
	{
		plan.points.head->done = (double) plan.nedges / rows->n;
		label_components(&plan);
		recall_nearest(&plan);
		find_best(&plan);
		join_components(&plan);
	}
	pfree(plan.scout);
	pfree(plan.parent);
	crew_free(plan.points.head);
	sort_edges(rows, core2 != NULL, edge, rows->n - 1);
}

/*
 * The merges of single linkage, given the n - 1 edges of a minimum spanning
 * tree of n rows, ascending.
 */
void
single_linkage_merges(const Edge *edge, int n, Merge *merge)
{
	int		   *name = core_alloc(n, sizeof(int));

	for (int i = 0; i < n; i++)
		name[i] = i;
	for (int step = 0; step < n - 1; step++)
	{
		int			ends[2] = {edge[step].a, edge[step].b};

		poll_row(step, 1);
		for (int e = 0; e < 2; e++)
			while (name[ends[e]] != ends[e])
				ends[e] = name[ends[e]] = name[name[ends[e]]];
		Assert(ends[0] != ends[1]);
		merge[step] = (Merge) {
			Min(ends[0], ends[1]), Max(ends[0], ends[1]), edge[step].distance
		};
		name[merge[step].high] = merge[step].low;
	}
	pfree(name);
}

/* The n - 1 merges of n >= 1 normalised canonical rows by single linkage. */
void
single_linkage_tree(const Rows *rows, Merge *merge)
{
	Edge	   *edge = core_alloc(rows->n - 1, sizeof(Edge));

	spanning_tree(rows, NULL, edge);
	single_linkage_merges(edge, rows->n, merge);
	pfree(edge);
}

/* Bytes that spanning_tree needs for n distinct rows, with the edges, and core distances. */
Size
spanning_tree_memory(int64 n, int dim)
{
	Size		joining = add_size(block_bytes(n, dim, true), mul_size(n, 2 * sizeof(int)));
	Size		sorting = mul_size(n, sizeof(double) + sizeof(Edge) + sizeof(int) + 32);

	return add_size(Max(joining, sorting), mul_size(n, sizeof(Edge)));
}
