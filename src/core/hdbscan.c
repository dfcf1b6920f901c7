/*
 * hdbscan.c
 *	  HDBSCAN*: clusters of any density, noise, and outlier scores.
 *
 * Two rows reach each other at the greatest of their distance and of their
 * core distances (core_distance.h).  At a height h the rows that are linked by
 * steps below h make components, those with min_cluster_size rows and more are
 * clusters, and the other rows are noise.  Going down from infinity, a cluster
 * loses rows, and goes on; or falls into two or more clusters, and ends there;
 * or into none, and all its rows leave at once.  That is the condensed tree:
 * where every cluster begins, and from which cluster, and at what height, each
 * row leaves.
 *
 * The density at a height is 1 / height.  A cluster's stability, or excess of
 * mass, is the sum over its rows of the density at which the row leaves less
 * that at which the cluster begins; rows that go on in a cluster below leave
 * where that begins.  Of all clusters none of which contains another, those
 * with the greatest sum of stabilities are selected; of equals the upper one.
 * The whole is never selected, so rows that have no two clusters in them are
 * all noise, as in scikit-learn (allow_single_cluster=False).
 *
 * The outlier score (GLOSH) of a row that leaves a cluster at height h is
 * 1 - l / h, l being the height at which the last rows of that cluster, and of
 * those below it, leave; 0 if h is 0.
 *
 * The tree is built upward, from the merges of single linkage on the minimum
 * spanning tree.  Merges at one height are one event, as in the paper ("edges
 * must be removed simultaneously"): ties are frequent even on reals, since a
 * core distance is the length of many edges.  So what comes out depends on the
 * components at every height alone, not on an order of edges, nor on which of
 * several spanning trees was taken.  scikit-learn splits in two, in the order
 * in which its sort leaves ties; there a row that is linked to two clusters
 * at one height, its core distance, goes with one of them, and here it stays
 * behind.
 *
 * Equal rows are one canonical row, which at its core distance, where the
 * paper's tree has an edge from a row to itself, falls apart into single rows.
 * If that is 0, as with min_samples equal rows, then the density is infinite
 * there, and so is the stability of a cluster that holds out so long.  It
 * cannot end otherwise, and a cluster always begins above 0; so infinity is
 * never taken from infinity.
 *
 * All sums run over canonical rows in their order, so the result is a function
 * of the rows.  Beside the spanning tree O(n) time; hdbscan_memory: some 60
 * bytes a row after the tree, which takes more.  Features are to be normalised
 * (rows.h).
 *
 * Campello, Moulavi, Sander: Density-Based Clustering Based on Hierarchical
 * Density Estimates, PAKDD 2013, doi:10.1007/978-3-642-37456-2_14.  Campello,
 * Moulavi, Zimek, Sander: Hierarchical Density Estimates for Data Clustering,
 * Visualization, and Outlier Detection, ACM TKDD 10(1), 2015,
 * doi:10.1145/2733381.  McInnes, Healy: Accelerated Hierarchical Density Based
 * Clustering, ICDMW 2017, doi:10.1109/ICDMW.2017.12 (condensed tree).
 */
#include "hdbscan.h"

#include "core_distance.h"
#include "spanning_tree.h"

/* Polls come after so many rows in loops that do little for each. */
#define POLL_ROWS 16384

#define NOBODY (-1)

static inline void
poll_row(int i)
{
	if (i % POLL_ROWS == POLL_ROWS - 1)
		core_poll("condensing", -1);
}

/* A cluster of the condensed tree.  Parents come after their children. */
typedef struct Cluster
{
	int			parent;			/* NOBODY for the whole */
	int			label;			/* of the selected cluster that it is, or is in; or NOISE */
	double		birth;			/* height at which it begins; infinite for the whole */
	double		weight;			/* rows in it at its birth */
	double		last;			/* least height at which one of them leaves */
	double		stability;
	double		best_below;		/* stability of the best selection below it */
	bool		selected;		/* rather than those below it */
} Cluster;

typedef struct Condensed
{
	const Rows *rows;
	double		min_cluster_size;
	Cluster    *cluster;
	int			nclusters;
	int		   *left;			/* [row] the cluster that it leaves, NOBODY while it is
								 * in none */
	double	   *height;			/* [row] at which it leaves */

	/* components, which bear the name of their first row */
	double	   *weight;			/* [name] */
	int		   *alive;			/* [name] the cluster that it is now, or NOBODY */
	int		   *up;				/* [row] on the way to the name, never after the row */
} Condensed;

static inline double
density(double height)
{
	return height > 0 ? 1 / height : INFINITY;
}

static int
new_cluster(Condensed *t)
{
	t->cluster[t->nclusters] = (Cluster) {
		.parent = NOBODY,
		.label = NOISE,
		.birth = INFINITY,
		.last = INFINITY,
	};
	return t->nclusters++;
}

static void
leave(Condensed *t, int row, int cluster, double height)
{
	t->left[row] = cluster;
	t->height[row] = height;
}

static void
be_born(Condensed *t, int cluster, int parent, double height)
{
	t->cluster[cluster].parent = parent;
	t->cluster[cluster].birth = height;
}

/* Below a merge, was the component a cluster?  Its first row has left one then. */
static bool
was_cluster(const Condensed *t, int name)
{
	return t->left[name] != NOBODY;
}

/*
 * A canonical row that comes to its first merge is a cluster by itself if it
 * stands for rows enough, and they hold together below the merge.
 */
static void
wake(Condensed *t, int name, double core, double height)
{
	if (!was_cluster(t, name) && t->weight[name] >= t->min_cluster_size && core < height)
	{
		t->alive[name] = new_cluster(t);
		leave(t, name, t->alive[name], core);
	}
}

static int
find_name(Condensed *t, int row)
{
	while (t->up[row] != row)
		row = t->up[row] = t->up[t->up[row]];
	return row;
}

/*
 * The component "high" has become part of "name".  Clusters from "fresh" on
 * were made by merges at this height.
 */
static void
join_part(Condensed *t, int high, int name, int fresh, double height)
{
	t->weight[name] += t->weight[high];
	if (!was_cluster(t, high))
		return;
	if (t->alive[name] == NOBODY)
		t->alive[name] = t->alive[high];	/* the first cluster: it may go on */
	else
	{
		if (t->alive[name] < fresh)
		{
			int			parent = new_cluster(t);

			be_born(t, t->alive[name], parent, height);
			t->alive[name] = parent;
		}
		be_born(t, t->alive[high], t->alive[name], height);
	}
}

/* A part that was no cluster leaves the cluster that it is in from here on up. */
static void
settle_part(Condensed *t, int part, int name, double height)
{
	if (was_cluster(t, part))
		return;
	if (t->alive[name] == NOBODY && t->weight[name] >= t->min_cluster_size)
		t->alive[name] = new_cluster(t);
	if (t->alive[name] != NOBODY)
		leave(t, part, t->alive[name], height);
}

/*
 * Merges [from .. to - 1] are all those at one height.  Every part of what
 * they make is "high" in one of them, except the one that gives the name.
 */
static void
merge_at_once(Condensed *t, const Merge *merge, int from, int to, const double *core)
{
	double		height = merge[from].height;
	int			fresh;

	for (int m = from; m < to; m++)
	{
		int			low = merge[m].low;
		int			high = merge[m].high;

		poll_row(m);
		wake(t, low, core[low], height);
		wake(t, high, core[high], height);
		t->up[high] = low;
	}
	fresh = t->nclusters;
	for (int m = from; m < to; m++)
	{
		poll_row(m);
		join_part(t, merge[m].high, find_name(t, merge[m].high), fresh, height);
	}
	for (int m = from; m < to; m++)
	{
		int			name = find_name(t, merge[m].high);

		poll_row(m);
		settle_part(t, merge[m].high, name, height);
		settle_part(t, name, name, height);
	}
}

/* Build the tree from merges that ascend; of all rows there are min_cluster_size. */
static Condensed
condense(const Rows *rows, const Merge *merge, const double *core, double min_cluster_size)
{
	int			n = rows->n;
	int64		most = hdbscan_most_clusters(n, rows_total_weight(rows), min_cluster_size);
	Condensed	t = {
		.rows = rows,
		.min_cluster_size = min_cluster_size,
		.cluster = core_alloc(2 * most, sizeof(Cluster)),
		.left = core_alloc(n, sizeof(int)),
		.height = core_alloc(n, sizeof(double)),
		.weight = core_alloc(n, sizeof(double)),
		.alive = core_alloc(n, sizeof(int)),
		.up = core_alloc(n, sizeof(int)),
	};
	int			to;

	memcpy(t.weight, rows->weight, sizeof(double) * n);
	for (int i = 0; i < n; i++)
	{
		t.left[i] = t.alive[i] = NOBODY;
		t.up[i] = i;
	}
	for (int from = 0; from < n - 1; from = to)
	{
		for (to = from + 1; to < n - 1 && merge[to].height == merge[from].height; to++)
			;
		merge_at_once(&t, merge, from, to, core);
	}
	wake(&t, 0, core[0], INFINITY); /* only if there is no merge */
	Assert(t.nclusters < 2 * most);

	/* rows left together with the first row of the component that they were in */
	for (int i = 0; i < n; i++)
		if (t.left[i] == NOBODY)
			leave(&t, i, t.left[t.up[i]], t.height[t.up[i]]);
	pfree(t.up);
	pfree(t.alive);
	pfree(t.weight);
	return t;
}

/* The clusters' weights, last heights and stabilities. */
static void
measure(Condensed *t)
{
	for (int i = 0; i < t->rows->n; i++)
	{
		Cluster    *c = &t->cluster[t->left[i]];
		double		weight = t->rows->weight[i];

		poll_row(i);
		c->weight += weight;
		c->last = Min(c->last, t->height[i]);
		c->stability += weight * (density(t->height[i]) - density(c->birth));
	}
	for (int i = 0; i < t->nclusters - 1; i++)
	{
		const Cluster *c = &t->cluster[i];
		Cluster    *parent = &t->cluster[c->parent];

		poll_row(i);
		parent->weight += c->weight;
		parent->last = Min(parent->last, c->last);
		parent->stability += c->weight * (density(c->birth) - density(parent->birth));
	}
}

/* Select clusters, and number them from the top; returns how many there are. */
static int
select_clusters(Condensed *t)
{
	int			whole = t->nclusters - 1;
	int			labels = 0;

	for (int i = 0; i < whole; i++)
	{
		Cluster    *c = &t->cluster[i];

		poll_row(i);
		c->selected = c->stability >= c->best_below;
		t->cluster[c->parent].best_below += Max(c->stability, c->best_below);
	}
	for (int i = whole - 1; i >= 0; i--)
	{
		Cluster    *c = &t->cluster[i];

		poll_row(i);
		c->label = t->cluster[c->parent].label;
		if (c->label == NOISE && c->selected)
			c->label = labels++;
	}
	return labels;
}

static double
outlier_score(const Condensed *t, int row)
{
	double		height = t->height[row];

	return height > 0 ? 1 - t->cluster[t->left[row]].last / height : 0;
}

/* The merges of mutual reachability; core[] becomes the core distances. */
static Merge *
reachability_merges(const Rows *rows, int64 min_samples, double *core)
{
	int			n = rows->n;
	Edge	   *edge = core_alloc(n, sizeof(Edge));
	Merge	   *merge;

	core_distances2(rows, min_samples, core);
	spanning_tree(rows, core, edge);
	merge = core_alloc(n, sizeof(Merge));
	single_linkage_merges(edge, n, merge);
	pfree(edge);
	for (int i = 0; i < n; i++)
		core[i] = sqrt(core[i]);
	return merge;
}

/*
 * Cluster n >= 1 normalised canonical rows, which count by their weights;
 * min_cluster_size >= 2, min_samples >= 1.  label[] becomes the number of a
 * cluster, in no particular order, or NOISE; returns the number of clusters.
 * outlier[] becomes the scores, 0 .. 1.  Either may be NULL.
 *
 * With fewer rows than min_cluster_size or min_samples there is no density to
 * speak of: all are noise, and none is an outlier among the others.
 */
int
hdbscan(const Rows *rows, int64 min_cluster_size, int64 min_samples, int *label, double *outlier)
{
	int			n = rows->n;
	double	   *core;
	Merge	   *merge;
	Condensed	t;
	int			k;

	Assert(n >= 1 && min_cluster_size >= 2 && min_samples >= 1);
	if (rows_total_weight(rows) < Max(min_cluster_size, min_samples))
	{
		for (int i = 0; i < n; i++)
		{
			if (label)
				label[i] = NOISE;
			if (outlier)
				outlier[i] = 0;
		}
		return 0;
	}
	core = core_alloc(n, sizeof(double));
	merge = reachability_merges(rows, min_samples, core);
	t = condense(rows, merge, core, min_cluster_size);
	pfree(merge);
	pfree(core);
	measure(&t);
	k = select_clusters(&t);
	for (int i = 0; i < n; i++)
	{
		if (label)
			label[i] = t.cluster[t.left[i]].label;
		if (outlier)
			outlier[i] = outlier_score(&t, i);
	}
	pfree(t.height);
	pfree(t.left);
	pfree(t.cluster);
	return k;
}

/*
 * The most clusters that n distinct rows, which stand for so many, can have.
 * In the condensed tree those with none below are no more, and all are less
 * than twice as many.
 */
int64
hdbscan_most_clusters(int64 n, double rows, int64 min_cluster_size)
{
	return Min(n, (int64) (rows / min_cluster_size));
}

/* Bytes that hdbscan needs for them, beside labels and scores. */
Size
hdbscan_memory(int64 n, int dim, double rows, int64 min_cluster_size, int64 min_samples)
{
	Size		clusters = mul_size(2 * hdbscan_most_clusters(n, rows, min_cluster_size),
									sizeof(Cluster));
	Size		components = mul_size(n, 2 * sizeof(double) + 3 * sizeof(int));
	Size		merging = mul_size(n, sizeof(Edge) + sizeof(Merge) + sizeof(int));
	Size		condensing = add_size(mul_size(n, sizeof(Merge)), add_size(components, clusters));
	Size		most = Max(core_distances_memory(n, dim, min_samples), spanning_tree_memory(n, dim));

	return add_size(mul_size(n, sizeof(double)), Max(most, Max(merging, condensing)));
}
