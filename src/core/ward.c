/*
 * ward.c
 *	  The trees of Ward and of average squared distances, in linear memory.
 *
 * Both linkages know a cluster by few numbers: its weight w, its centroid c
 * and, for averages, the variance v of its rows around it, summed over the
 * features.  The distance of two clusters, by which the closest merge, is
 *
 *	Ward		|ca - cb|^2 / (1/wa + 1/wb), what the merge adds to the inertia
 *	average		|ca - cb|^2 + va + vb, the mean squared distance of a row of one
 *				from a row of the other
 *
 * and the height of the merge is the root of twice that (Ward.D2 of R, ward of
 * SciPy), and of that.
 *
 * No table of distances is needed: the nearest neighbour of a cluster is looked
 * up in a kd-tree of centroids, where every node also knows the least weight,
 * or variance, below it.  Work goes by rounds.  In each the clusters that need
 * it look for their nearest neighbour, and all pairs that are each other's
 * nearest merge.  The new cluster takes the tree slot of the heavier part,
 * where the boxes hardly have to grow, and the other slot is dead; when too
 * many are, the tree is built anew.  Those who look again in the next round
 * are the new clusters and those whose nearest has merged: for both linkages
 * a merge of each other's nearest brings the new cluster no nearer to anybody
 * than its nearer part was (they are reducible), so all others keep theirs.
 * That merging such pairs at once, rather than always the closest, gives the
 * same tree is a classic consequence.
 *
 * Pairs are totally ordered: by distance, then by a hash of the names of the
 * two clusters, which differs for any two pairs.  A cluster's name is its
 * first row in canonical order, so the order is a function of the rows.  (By
 * the names themselves, points on a lattice would form chains in which only
 * one pair a round is each other's nearest.)
 *
 *	- The result does not depend on the order of evaluation, nor on who does
 *	  it.  What a cluster finds is the least pair that it belongs to: a
 *	  property of the set of clusters, not of the tree's shape or of the way
 *	  through it, for the distance of a pair is computed from sums and products
 *	  of which either side gets the same bits, and that of a box never exceeds
 *	  that of a point in it.  What merges follows from what was found, and by
 *	  induction round by round everything follows from the rows.
 *	- Every round merges something.  Let r(c) be the pair of a cluster c and
 *	  what it holds for its nearest, e.  Then r(e) is r(c) or comes before it:
 *	  that is so when c has looked, because e is then told of it, and stays so,
 *	  since e changes its mind only for an earlier pair, or after its nearest
 *	  has merged, looking at all clusters, of which c is one.  So the least of
 *	  all r(c) is the r of both of its clusters, and they merge.  Where rounding
 *	  makes a new cluster come nearer to somebody than reducibility allows,
 *	  what that one holds is not its nearest; the argument does not need that.
 *
 * Most data take 3 to 4 log2(n) rounds, and a
 * cluster looks 3 to 4 times in its life, each time at O(log n) nodes in few
 * dimensions and at most of the tree in many (above 10, say): O(n log n) to
 * O(n^2) time.  A round takes time only for the clusters that look or merge,
 * so that data which allow but few merges at once (gaps that grow steadily)
 * make many rounds but not much more work.  Weights that differ by orders of
 * magnitude between neighbours cost more, as bounds tell less then; a tree
 * divided by weight first was tried and did not help.  Memory is ward_memory, some
 * 70 + 12 dim bytes a row, and 16 for the merge.
 *
 * A part that all values of a feature have in common is taken off, as
 * centroids are rounded to the digits of the values.
 *
 * Input rows have weights; equal ones have merged at height 0.  Features are
 * to be normalised (rows.h).  If they are not, distances may underflow to 0
 * or overflow to infinity, which only makes ties of them.
 *
 * Ward: Hierarchical Grouping to Optimize an Objective Function, JASA 58(301),
 * 1963, doi:10.1080/01621459.1963.10500845.  Murtagh, Legendre: Ward's
 * Hierarchical Agglomerative Clustering Method, Journal of Classification 31,
 * 2014, doi:10.1007/s00357-014-9161-z.  Murtagh: A Survey of Recent Advances
 * in Hierarchical Clustering Algorithms, The Computer Journal 26(4), 1983,
 * doi:10.1093/comjnl/26.4.354 (reciprocal nearest neighbours, reducibility).
 * Yu, Wang, Gu, Dhulipala, Shun: ParChain, PVLDB 15(2), 2021,
 * doi:10.14778/3489496.3489509 (rounds and range searches in linear memory;
 * our tree changes in place instead, and its bounds know weights).
 */
#include "ward.h"

#include "crew.h"
#include "kdtree.h"
#include "random.h"

/* The tree is built anew when this share of its slots is dead ... */
#define DEAD_SHARE 0.4

/* ... but a tree with fewer slots than this is good to the end. */
#define REBUILD_LIMIT (4 * KDTREE_LEAF)

/* Polls come after so many leaves read, tens of microseconds in few dimensions. */
#define POLL_LEAVES 1024

/* ... and so many rows in loops that do little for each. */
#define POLL_ROWS 16384
#define POLL_MERGES 256

/*
 * What a cluster holds for its nearest: the slot of that; or NOBODY, before
 * it has ever looked; or stale(slot), when its nearest has merged and is now
 * part of the cluster in that slot.
 */
#define NOBODY (-1)

static inline void
poll_row(int i, double done)
{
	if (i % POLL_ROWS == POLL_ROWS - 1)
		core_poll("merging", done);
}

static inline int
stale(int slot)
{
	return -2 - slot;
}

/* Begins the block that all processes see; the arrays follow. */
typedef struct Head
{
	int			rows;
	int			dim;
	bool		average;		/* not Ward's */
	int			slots;			/* in the tree, dead ones included */
	double		done;			/* for core_poll */
} Head;

/*
 * All clusters, as one process sees the block.  Everything that is [slot] is
 * in the order of the tree's slots.
 *
 * What the linkage adds to a distance is its "term": the reciprocal of the
 * weight, or the variance.  The bound of a node is the term that brings
 * anything below it nearest: the greatest reciprocal, or the least variance.
 */
typedef struct Forest
{
	Head	   *head;
	KdTree		tree;			/* of centroids; those of dead slots are infinite */
	double	   *bound;			/* [node] */
	double	   *term;			/* [slot] */
	double	   *weight;			/* [slot] */
	double	   *distance;		/* [slot] from the nearest */
	int		   *name;			/* [slot] first row, or -1 when dead */
	int		   *nearest;		/* [slot] */
	int		   *todo;			/* [rows] the slots that look in this round */
} Forest;

/* What only the leader needs. */
typedef struct Plan
{
	Forest		forest;
	int			alive;
	int			ntodo;
	int			nnext;
	int		   *next;			/* [rows] the slots that look in the next round */
	int		   *follower;		/* [slot] the first of those whose nearest this is */
	int		   *sibling;		/* [slot] the next with the same nearest, or -1 */
	double	   *scratch;		/* [rows] */
	Merge	   *merge;
	int			nmerges;
} Plan;

static Size
block_doubles(int64 n, int dim)
{
	Size		head = (sizeof(Head) + sizeof(double) - 1) / sizeof(double);
	Size		tree = kdtree_bytes(n, dim) / sizeof(double);

	/* a bound for each node, and three numbers for each slot */
	return add_size(add_size(head, tree), add_size(kdtree_nodes(n), mul_size(n, 3)));
}

static Size
block_bytes(int64 n, int dim)
{
	return add_size(mul_size(block_doubles(n, dim), sizeof(double)),
					mul_size(n, 3 * sizeof(int)));
}

/* The block's arrays, where they are in this process. */
static Forest
forest_at(void *shared)
{
	Forest		f = {.head = shared};
	int			n = f.head->rows;
	int			dim = f.head->dim;
	double	   *doubles = shared;

	f.name = (int *) (doubles + block_doubles(n, dim));
	f.nearest = f.name + n;
	f.todo = f.nearest + n;
	doubles += (sizeof(Head) + sizeof(double) - 1) / sizeof(double);
	kdtree_place(&f.tree, doubles, n, dim);
	doubles += kdtree_bytes(n, dim) / sizeof(double);
	f.bound = doubles;
	f.term = f.bound + kdtree_nodes(n);
	f.weight = f.term + n;
	f.distance = f.weight + n;
	kdtree_resize(&f.tree, f.head->slots);
	return f;
}

/*
 * The distance of two clusters whose centroids are apart by the root of d2.
 * Symmetric, and monotone in d2 and in the terms even when rounded.
 */
KDTREE_INLINE double
cluster_distance(bool average, double d2, double term, double other)
{
	return average ? d2 + (term + other) : d2 / (term + other);
}

/*
 * Centroids that are farther apart than the root of this make a greater
 * distance, however that is rounded: the last factor allows for it, and
 * DBL_MIN where there are too few digits for a factor.
 */
KDTREE_INLINE double
reach2(bool average, double distance, double term, double other)
{
	double		d2 = average ? distance - (term + other) : distance * (term + other);

	return d2 + (distance + d2) * (4 * DBL_EPSILON) + DBL_MIN;
}

/* Where clusters of equal distance come in the order of pairs. */
static uint64
pair_hash(int name, int other)
{
	Random		pair = {(uint64) Min(name, other) << 32 | (uint64) Max(name, other)};

	return random_bits(&pair);
}

/* A cluster that looks for its nearest neighbour. */
typedef struct Search
{
	const Forest *f;
	const double *point;		/* its centroid */
	double		term;
	int			slot;
	int			nearest;		/* so far */
	double		distance;
	uint64		hash;			/* of this pair, if there is one */
	int			leaves;			/* left to read before the next poll */
} Search;

static void
search_consider(Search *s, int slot, double distance)
{
	uint64		hash;

	if (!(distance < INFINITY))
		distance = INFINITY;	/* nor is it a number, if features were huge */
	if (slot == s->slot || s->f->name[slot] < 0 || distance > s->distance)
		return;
	hash = pair_hash(s->f->name[s->slot], s->f->name[slot]);
	if (distance == s->distance && s->nearest != NOBODY && hash >= s->hash)
		return;
	s->nearest = slot;
	s->distance = distance;
	s->hash = hash;
}

KDTREE_INLINE double
search_reach2(const Search *s, int node, bool average)
{
	return reach2(average, s->distance, s->term, s->f->bound[node]);
}

KDTREE_INLINE void
search_leaf(Search *s, int node, bool average, int dim)
{
	const Forest *f = s->f;
	int			leaf = node - kdtree_first_leaf(&f->tree);
	int			start = kdtree_leaf_start(&f->tree, leaf);
	int			count = kdtree_leaf_start(&f->tree, leaf + 1) - start;
	double		limit = search_reach2(s, node, average);
	double		d2[KDTREE_LEAF];

	if (--s->leaves <= 0)
	{
		core_poll("merging", f->head->done);
		s->leaves = POLL_LEAVES;
	}
	if (!kdtree_distances2(&f->tree, start, s->point, limit, d2, dim))
		return;
	for (int i = 0; i < count; i++)
		if (!(d2[i] > limit))
			search_consider(s, start + i,
							cluster_distance(average, d2[i], s->term, f->term[start + i]));
}

/* Search everything below a node, nearer children first. */
KDTREE_INLINE void
search_subtree(Search *s, int node, double node2, bool average, int dim)
{
	const KdTree *t = &s->f->tree;
	struct
	{
		int			node;
		double		distance2;
	}			waiting[KDTREE_DEPTH];
	int			nwaiting = 0;
	int			first_leaf = kdtree_first_leaf(t);

	for (;;)
	{
		while (node < first_leaf && !(node2 > search_reach2(s, node, average)))
		{
			KdPair		child2 = kdtree_children_distance2(t, node, s->point, dim);
			int			left_first = child2[0] < child2[1];

			waiting[nwaiting].node = 2 * node + 1 + left_first;
			waiting[nwaiting++].distance2 = left_first ? child2[1] : child2[0];
			node = 2 * node + 2 - left_first;
			node2 = left_first ? child2[0] : child2[1];
		}
		if (!(node2 > search_reach2(s, node, average)))
			search_leaf(s, node, average, dim);
		if (nwaiting == 0)
			return;
		node = waiting[--nwaiting].node;
		node2 = waiting[nwaiting].distance2;
	}
}

/* Search the whole tree, from the cluster's own leaf upward. */
KDTREE_INLINE void
search_tree(Search *s, bool average, int dim)
{
	const KdTree *t = &s->f->tree;
	int			node = kdtree_first_leaf(t) + kdtree_leaf_of(s->slot);

	search_leaf(s, node, average, dim);
	for (; node > 0; node = kdtree_parent(node))
	{
		int			sibling = kdtree_sibling(node);
		double		sibling2 = kdtree_box_distance2(t, sibling, s->point, dim);

		if (!(sibling2 > search_reach2(s, sibling, average)))
			search_subtree(s, sibling, sibling2, average, dim);
	}
}

/* A cluster whose nearest has merged begins with what that has become part of. */
KDTREE_INLINE void
search_begin(Search *s, int slot, double *point, bool average, int dim)
{
	const Forest *f = s->f;
	int			nearest = f->nearest[slot];

	kdtree_point(&f->tree, slot, point, dim);
	s->point = point;
	s->term = f->term[slot];
	s->slot = slot;
	s->nearest = NOBODY;
	s->distance = INFINITY;
	if (nearest != NOBODY)
	{
		int			hint = stale(nearest);
		double		d2 = 0;

		for (int j = 0; j < dim; j++)
		{
			double		d = f->tree.x[j * f->tree.stride + hint] - point[j];

			d2 += d * d;
		}
		search_consider(s, hint, cluster_distance(average, d2, s->term, f->term[hint]));
	}
}

KDTREE_INLINE void
find_nearest_of(Forest *f, int64 from, int64 to, double *point, bool average, int dim)
{
	Search		s = {.f = f, .leaves = POLL_LEAVES};

	for (int64 i = from; i < to; i++)
	{
		int			slot = f->todo[i];

		search_begin(&s, slot, point, average, dim);
		search_tree(&s, average, dim);
		f->nearest[slot] = s.nearest;
		f->distance[slot] = s.distance;
	}
}

static void
find_nearest_ward(Forest *f, int64 from, int64 to, double *point)
{
	KDTREE_DISPATCH(f->tree.dim, find_nearest_of, f, from, to, point, false);
}

static void
find_nearest_average(Forest *f, int64 from, int64 to, double *point)
{
	KDTREE_DISPATCH(f->tree.dim, find_nearest_of, f, from, to, point, true);
}

/* The task of a round: the clusters todo[from .. to - 1] look for their nearest. */
static void
find_nearest(void *shared, int64 from, int64 to)
{
	Forest		f = forest_at(shared);
	double	   *point = core_alloc(f.tree.dim, sizeof(double));

	if (f.head->average)
		find_nearest_average(&f, from, to, point);
	else
		find_nearest_ward(&f, from, to, point);
	pfree(point);
}

static void
follow(Plan *p, int slot)
{
	int			nearest = p->forest.nearest[slot];

	p->sibling[slot] = p->follower[nearest];
	p->follower[nearest] = slot;
}

static void
unfollow(Plan *p, int slot)
{
	int		   *link = &p->follower[p->forest.nearest[slot]];

	while (*link != slot)
		link = &p->sibling[*link];
	*link = p->sibling[slot];
}

/*
 * The cluster in this slot has found its nearest.  Tell that one, which may
 * not have looked for long, if it is the earlier pair for it too.
 */
static void
announce(Plan *p, int slot)
{
	Forest	   *f = &p->forest;
	int			told = f->nearest[slot];
	int			held = f->nearest[told];

	if (held == slot || f->distance[told] < f->distance[slot])
		return;
	if (f->distance[told] == f->distance[slot] &&
		pair_hash(f->name[told], f->name[held]) <= pair_hash(f->name[told], f->name[slot]))
		return;
	unfollow(p, told);
	f->nearest[told] = slot;
	f->distance[told] = f->distance[slot];
	follow(p, told);
}

/* The term that brings either of two subtrees, or clusters, nearest. */
static inline double
nearer_term(bool average, double a, double b)
{
	return average ? Min(a, b) : Max(a, b);
}

static void
bound_leaf(Forest *f, int leaf)
{
	bool		average = f->head->average;
	double		bound = average ? INFINITY : 0;
	int			to = kdtree_leaf_start(&f->tree, leaf + 1);

	for (int s = kdtree_leaf_start(&f->tree, leaf); s < to; s++)
		if (f->name[s] >= 0)
			bound = nearer_term(average, bound, f->term[s]);
	f->bound[kdtree_first_leaf(&f->tree) + leaf] = bound;
}

/* Returns whether the bound has changed. */
static bool
bound_parent(Forest *f, int node)
{
	double		before = f->bound[node];

	f->bound[node] = nearer_term(f->head->average, f->bound[2 * node + 1],
								 f->bound[2 * node + 2]);
	return f->bound[node] != before;
}

/* The leaf of this slot has changed: so do the nodes above, up to where nothing does. */
static void
refit(Forest *f, int slot)
{
	int			leaf = kdtree_leaf_of(slot);
	int			node = kdtree_first_leaf(&f->tree) + leaf;
	bool		changed = true;

	kdtree_refit_leaf(&f->tree, leaf);
	bound_leaf(f, leaf);
	while (changed && node > 0)
	{
		node = kdtree_parent(node);
		changed = kdtree_refit_node(&f->tree, node);
		changed |= bound_parent(f, node);
	}
}

/* The clusters in two slots become the one in slot "keep". */
static void
unite(Forest *f, int keep, int drop)
{
	double		wk = f->weight[keep];
	double		wd = f->weight[drop];
	double		w = wk + wd;
	double		d2 = 0;

	for (int j = 0; j < f->tree.dim; j++)
	{
		double	   *x = f->tree.x + j * f->tree.stride;

		d2 += (x[keep] - x[drop]) * (x[keep] - x[drop]);
		x[keep] = (wk * x[keep] + wd * x[drop]) / w;
		x[drop] = INFINITY;
	}
	f->weight[keep] = w;
	f->term[keep] = f->head->average ?
		(wk * f->term[keep] + wd * f->term[drop]) / w + wk / w * (wd / w) * d2 : 1 / w;
	f->name[keep] = Min(f->name[keep], f->name[drop]);
	f->name[drop] = -1;
	refit(f, keep);
	refit(f, drop);
}

static void
look_next(Plan *p, int slot)
{
	p->next[p->nnext++] = slot;
}

/* Those whose nearest was in "slot", which is now in "keep", have to look again. */
static void
dismiss_followers(Plan *p, int slot, int keep)
{
	for (int q = p->follower[slot]; q >= 0; q = p->sibling[q])
		if (p->forest.name[q] >= 0 && q != keep)
		{
			p->forest.nearest[q] = stale(keep);
			look_next(p, q);
		}
	p->follower[slot] = -1;
}

/* Merge the clusters in slots a and b, each other's nearest. */
static void
merge_pair(Plan *p, int a, int b)
{
	Forest	   *f = &p->forest;
	bool		a_stays = f->weight[a] > f->weight[b] ||
		(f->weight[a] == f->weight[b] && f->name[a] < f->name[b]);
	int			keep = a_stays ? a : b;
	int			drop = a_stays ? b : a;
	double		distance = f->distance[a];

	p->merge[p->nmerges++] = (Merge) {
		Min(f->name[a], f->name[b]), Max(f->name[a], f->name[b]),
		f->head->average ? sqrt(distance) : sqrt(2 * distance)
	};
	unite(f, keep, drop);
	dismiss_followers(p, a, keep);
	dismiss_followers(p, b, keep);
	f->nearest[keep] = NOBODY;
	look_next(p, keep);
	p->alive--;
}

/* Merge all pairs of each other's nearest; one of each has just looked. */
static void
merge_pairs(Plan *p)
{
	Forest	   *f = &p->forest;

	for (int i = 0; i < p->ntodo; i++)
	{
		int			slot = f->todo[i];

		if (i % POLL_MERGES == 0)
			core_poll("merging", f->head->done);
		if (f->name[slot] >= 0 && f->nearest[slot] >= 0 &&
			f->nearest[f->nearest[slot]] == slot)
			merge_pair(p, slot, f->nearest[slot]);
	}
}

static void
gather_doubles(Plan *p, double *column)
{
	const KdTree *t = &p->forest.tree;

	for (int s = 0; s < t->n; s++)
	{
		poll_row(s, p->forest.head->done);
		p->scratch[s] = column[t->id[s]];
	}
	memcpy(column, p->scratch, sizeof(double) * t->n);
}

static void
gather_ints(Plan *p, int *column)
{
	const KdTree *t = &p->forest.tree;
	int		   *scratch = (int *) p->scratch;

	for (int s = 0; s < t->n; s++)
	{
		poll_row(s, p->forest.head->done);
		scratch[s] = column[t->id[s]];
	}
	memcpy(column, scratch, sizeof(int) * t->n);
}

/* Clusters are in other slots now: correct what refers to them. */
static void
renumber_slots(Plan *p)
{
	Forest	   *f = &p->forest;
	int		   *moved_to = (int *) p->scratch;

	for (int s = 0; s < f->tree.n; s++)
		moved_to[f->tree.id[s]] = s;
	for (int s = 0; s < f->tree.n; s++)
	{
		int			nearest = f->nearest[s];

		poll_row(s, f->head->done);
		if (nearest >= 0)
			f->nearest[s] = moved_to[nearest];
		else if (nearest != NOBODY)
			f->nearest[s] = stale(moved_to[stale(nearest)]);
		p->follower[s] = -1;
	}
	for (int s = 0; s < f->tree.n; s++)
		if (f->nearest[s] >= 0)
			follow(p, s);
	for (int i = 0; i < p->nnext; i++)
		p->next[i] = moved_to[p->next[i]];
}

/* Build the tree anew, of the clusters that live. */
static void
rebuild(Plan *p)
{
	Forest	   *f = &p->forest;
	KdTree	   *t = &f->tree;
	int			alive = 0;

	for (int s = 0; s < t->n; s++)
	{
		poll_row(s, f->head->done);
		if (f->name[s] >= 0)
		{
			for (int j = 0; j < t->dim; j++)
				t->x[j * t->stride + alive] = t->x[j * t->stride + s];
			t->id[alive++] = s;
		}
	}
	f->head->slots = alive;
	kdtree_resize(t, alive);
	kdtree_build(t);

	gather_doubles(p, f->term);
	gather_doubles(p, f->weight);
	gather_doubles(p, f->distance);
	gather_ints(p, f->name);
	gather_ints(p, f->nearest);
	renumber_slots(p);

	for (int leaf = 0; leaf < 1 << t->levels; leaf++)
	{
		poll_row(leaf, f->head->done);
		bound_leaf(f, leaf);
	}
	for (int node = kdtree_first_leaf(t) - 1; node >= 0; node--)
		bound_parent(f, node);
}

/* The variance of row i, summed over the features. */
static double
row_variance(const Rows *rows, int i)
{
	double		sum = 0;

	if (rows->variance)
		for (int j = 0; j < rows->dim; j++)
			sum += rows->variance[(Size) j * rows->n + i];
	return sum;
}

/*
 * Copy feature j of all rows.  Where the values are of one sign and no two
 * differ by more than a factor of 2, the one nearest to zero is taken off,
 * which is exact (Sterbenz): 1e9 + x gives the same tree as x.
 */
static void
take_column(const Rows *rows, int j, double *copy)
{
	const double *x = rows->x + (Size) j * rows->n;
	double		least = INFINITY;
	double		most = -INFINITY;
	double		common = 0;

	for (int i = 0; i < rows->n; i++)
	{
		least = Min(least, x[i]);
		most = Max(most, x[i]);
	}
	if (least > 0 && most <= 2 * least)
		common = least;
	else if (most < 0 && least >= 2 * most)
		common = most;
	for (int i = 0; i < rows->n; i++)
		copy[i] = x[i] - common;
}

/* Every row is a cluster and has to look for its nearest. */
static Plan
plan_begin(const Rows *rows, bool average, Merge *merge)
{
	int			n = rows->n;
	Head	   *head = crew_alloc(block_bytes(n, rows->dim));
	Plan		p = {
		.alive = n,
		.next = core_alloc(n, sizeof(int)),
		.follower = core_alloc(n, sizeof(int)),
		.sibling = core_alloc(n, sizeof(int)),
		.scratch = core_alloc(n, sizeof(double)),
		.merge = merge,
	};
	Forest	   *f = &p.forest;

	*head = (Head) {.rows = n, .dim = rows->dim, .average = average, .slots = n};
	*f = forest_at(head);
	for (int j = 0; j < rows->dim; j++)
		take_column(rows, j, f->tree.x + j * f->tree.stride);
	for (int i = 0; i < n; i++)
	{
		poll_row(i, 0);
		f->name[i] = i;
		f->weight[i] = rows->weight[i];
		f->term[i] = average ? row_variance(rows, i) : 1 / rows->weight[i];
		f->distance[i] = INFINITY;
		f->nearest[i] = NOBODY;
	}
	rebuild(&p);
	for (int s = 0; s < n; s++)
		look_next(&p, s);
	return p;
}

static void
plan_free(Plan *p)
{
	pfree(p->scratch);
	pfree(p->sibling);
	pfree(p->follower);
	pfree(p->next);
	crew_free(p->forest.head);
}

/* One round; see the top of the file. */
static void
merge_round(Plan *p)
{
	Forest	   *f = &p->forest;

	p->ntodo = p->nnext;
	p->nnext = 0;
	memcpy(f->todo, p->next, sizeof(int) * p->ntodo);
	f->head->done = 1 - (double) p->alive / f->head->rows;

	crew_run(find_nearest, f->head, p->ntodo);
	for (int i = 0; i < p->ntodo; i++)
	{
		poll_row(i, f->head->done);
		follow(p, f->todo[i]);
	}
	for (int i = 0; i < p->ntodo; i++)
	{
		poll_row(i, f->head->done);
		announce(p, f->todo[i]);
	}
	merge_pairs(p);
	if (f->tree.n > REBUILD_LIMIT && p->alive < f->tree.n * (1 - DEAD_SHARE))
		rebuild(p);
}

/*
 * Let heights ascend from child to parent, also where rounding put a parent a
 * hair below.  union_weight[step] becomes the weight of what the step makes.
 */
static void
settle_heights(const Rows *rows, Merge *merge, double *union_weight)
{
	double	   *formed = core_alloc0(rows->n, sizeof(double));
	double	   *weight = core_alloc(rows->n, sizeof(double));

	memcpy(weight, rows->weight, sizeof(double) * rows->n);
	for (int step = 0; step < rows->n - 1; step++)
	{
		int			low = merge[step].low;
		int			high = merge[step].high;

		poll_row(step, 1);
		merge[step].height = Max(merge[step].height, Max(formed[low], formed[high]));
		formed[low] = merge[step].height;
		weight[low] += weight[high];
		union_weight[step] = weight[low];
	}
	pfree(weight);
	pfree(formed);
}

/*
 * Put the merges, which are in the order in which they were found, into that
 * of their heights; of equal heights lighter unions come first, so that a
 * child never follows its parent, and then lower names.
 */
static void
sort_merges(const Rows *rows, Merge *merge)
{
	int			count = rows->n - 1;
	double	   *weight = core_alloc(count, sizeof(double));
	double	   *key = core_alloc(count, sizeof(double));
	Merge	   *unsorted = core_alloc(count, sizeof(Merge));
	int		   *order = core_alloc(count, sizeof(int));

	settle_heights(rows, merge, weight);

	/* sorting is stable, so the last key counts most */
	for (int turn = 0; turn < 3; turn++)
	{
		for (int i = 0; i < count; i++)
			key[i] = turn == 0 ? merge[i].low : turn == 1 ? weight[i] : merge[i].height;
		order_by_key(key, count, order);
		memcpy(unsorted, merge, sizeof(Merge) * count);
		memcpy(key, weight, sizeof(double) * count);
		for (int i = 0; i < count; i++)
		{
			poll_row(i, 1);
			merge[i] = unsorted[order[i]];
			weight[i] = key[order[i]];
		}
	}
	pfree(order);
	pfree(unsorted);
	pfree(key);
	pfree(weight);
}

static void
make_tree(const Rows *rows, bool average, Merge *merge)
{
	Plan		p;

	Assert(rows->n >= 1 && rows->dim >= 1);
	p = plan_begin(rows, average, merge);
	while (p.alive > 1)
		merge_round(&p);
	plan_free(&p);
	sort_merges(rows, merge);
}

/*
 * The n - 1 merges of n >= 1 normalised canonical rows by Ward's linkage, in
 * ascending order: as in sort_merges.  What rows vary within themselves does
 * not matter.
 */
void
ward_tree(const Rows *rows, Merge *merge)
{
	make_tree(rows, false, merge);
}

/*
 * The same by the mean squared distance between the rows of two clusters.
 * Heights are roots of these means.
 */
void
average_squared_tree(const Rows *rows, Merge *merge)
{
	make_tree(rows, true, merge);
}

/* Bytes that either needs for n distinct rows, with the merges. */
Size
ward_memory(int64 n, int dim)
{
	Size		plan = mul_size(n, 3 * sizeof(int) + sizeof(double));
	Size		merging = add_size(block_bytes(n, dim), plan);
	Size		sorting = mul_size(n, 2 * sizeof(double) + sizeof(Merge) + sizeof(int) + 32);

	return add_size(Max(merging, sorting), mul_size(n, sizeof(Merge)));
}
