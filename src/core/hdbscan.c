/*
 * hdbscan.c
 *	  HDBSCAN*: clusters of any density, noise, and outlier scores.
 *
 * Two rows reach each other at the greatest of their distance and of their
 * core distances (core_distance.h).  At a height h the rows that are linked by
 * steps below h make components, those with min_cluster_size rows and more are
 * clusters, and the other rows are noise.  Going down from infinity, a cluster
 * loses rows, and goes on; or falls into two clusters, and ends there; or into
 * none, and all its rows leave at once.  That is the condensed tree: where
 * every cluster begins, and from which cluster, and at what height, each row
 * leaves.
 *
 * The density at a height is 1 / height.  A cluster's stability, or excess of
 * mass, is the sum over its rows of the density at which the row leaves less
 * that at which the cluster begins; rows that go on in a cluster below leave
 * where that begins.  Of all clusters none of which contains another, those
 * with the greatest sum of stabilities are selected; of equals the upper one,
 * but none without any stability.  The whole is never selected, so rows that
 * have no two clusters in them are all noise, as in scikit-learn
 * (allow_single_cluster=False).
 *
 * The outlier score (GLOSH) of a row that leaves a cluster at height h is
 * 1 - l / h, l being the height at which the last rows of that cluster, and of
 * those below it, leave; 0 if h is 0.
 *
 * The tree is built upward, from the merges of single linkage on the minimum
 * spanning tree.  Ties are frequent even on reals, since a core distance is
 * the height at which a row reaches all those within it: a row between two
 * clusters is often linked to both at one height.  The paper has merges at one
 * height as one event, and then such a row is in neither.  Programs merge two
 * at a time (scikit-learn, hdbscan of Python, R), in the order in which their
 * sort leaves ties, and with another order of rows may come to other clusters:
 * a tie decides whether some rows, min_cluster_size together with the row that
 * links them, are a cluster before they join a large one, which ends the large
 * one as well.  Here merges are two at a time, too, in the total order of
 * spanning_tree.c: of ties the nearer rows first, so the row goes with the
 * cluster that it is nearer to.  That is one of the results which the others
 * may have, and a function of the rows.
 *
 * A cluster may then begin and end at one height.  It has no stability, and is
 * not selected: on a lattice, where all merges are ties, all rows are noise.
 *
 * Equal rows are one canonical row, which at its core distance, where the
 * paper's tree has an edge from a row to itself, falls apart into single rows.
 * Being at distance 0 these merge before anything else does at that height.
 * If it is 0, as with min_samples equal rows, then the density is infinite
 * there, and so is the stability of a cluster that holds out so long.
 *
 * All sums run over canonical rows in their order, so the result is a function
 * of the rows.  Beside the spanning tree O(n) time; hdbscan_memory: some 50
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
} Condensed;

static inline double
density(double height)
{
	return height > 0 ? 1 / height : INFINITY;
}

/* How much denser than at the birth of a cluster it is at a height. */
static inline double
excess(double height, double birth)
{
	return height < birth ? density(height) - density(birth) : 0;
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

/* Component "high" becomes part of "low". */
static void
merge_parts(Condensed *t, int low, int high, double height)
{
	int			one = t->alive[low];
	int			other = t->alive[high];
	int			cluster = one != NOBODY ? one : other;

	t->weight[low] += t->weight[high];
	if (one != NOBODY && other != NOBODY)
	{
		cluster = new_cluster(t);
		be_born(t, one, cluster, height);
		be_born(t, other, cluster, height);
	}
	else if (cluster == NOBODY && t->weight[low] >= t->min_cluster_size)
		cluster = new_cluster(t);
	t->alive[low] = cluster;
	if (cluster == NOBODY)
		return;

	/* a part that was no cluster leaves, from here on up it is in this one */
	if (one == NOBODY)
		leave(t, low, cluster, height);
	if (other == NOBODY)
		leave(t, high, cluster, height);
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
	};

	memcpy(t.weight, rows->weight, sizeof(double) * n);
	for (int i = 0; i < n; i++)
	{
		poll_row(i);
		t.left[i] = t.alive[i] = NOBODY;
		if (t.weight[i] >= min_cluster_size)
		{
			t.alive[i] = new_cluster(&t);
			leave(&t, i, t.alive[i], core[i]);
		}
	}
	for (int m = 0; m < n - 1; m++)
	{
		poll_row(m);
		merge_parts(&t, merge[m].low, merge[m].high, merge[m].height);
	}
	Assert(t.nclusters < 2 * most);

	/* rows left together with the first row of the component that they were in */
	for (int m = n - 2; m >= 0; m--)
	{
		int			low = merge[m].low;
		int			high = merge[m].high;

		poll_row(m);
		if (t.left[high] == NOBODY)
			leave(&t, high, t.left[low], t.height[low]);
	}
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
		c->stability += weight * excess(t->height[i], c->birth);
	}
	for (int i = 0; i < t->nclusters - 1; i++)
	{
		const Cluster *c = &t->cluster[i];
		Cluster    *parent = &t->cluster[c->parent];

		poll_row(i);
		parent->weight += c->weight;
		parent->last = Min(parent->last, c->last);
		parent->stability += c->weight * excess(c->birth, parent->birth);
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
		c->selected = c->stability > 0 && c->stability >= c->best_below;
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
	Size		components = mul_size(n, 2 * sizeof(double) + 2 * sizeof(int));
	Size		merging = mul_size(n, sizeof(Edge) + sizeof(Merge) + sizeof(int));
	Size		condensing = add_size(mul_size(n, sizeof(Merge)), add_size(components, clusters));
	Size		most = Max(core_distances_memory(n, dim, min_samples), spanning_tree_memory(n, dim));

	return add_size(mul_size(n, sizeof(double)), Max(most, Max(merging, condensing)));
}
