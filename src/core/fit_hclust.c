/*
 * fit_hclust.c
 *	  Hierarchical clustering from rows, as they come, to a dendrogram, or to
 *	  labels and a clustering.
 *
 * With more distinct rows than the options allow for a tree of them, the tree
 * is made of the cells of a sketch (sketch.h), and a row has the label of its
 * cell.
 */
#include "fit.h"

#include "prepared.h"
#include "sketch_cubes.h"

/* Cells of a tree that stands for more rows than are made leaves. */
#define TREE_CELLS 65536

/*
 * The tree over the raw rows, with heights in the fitted space.  Where scaling
 * made raw rows equal, they merge first, at height 0.
 */
static Merge *
raw_tree(const Prepared *p, Linkage linkage, FitFacts *facts)
{
	int			n = p->raw.n;
	Merge	   *merge = core_alloc(n, sizeof(Merge));
	int			equal = n - p->scaled.n;
	Merge	   *scaled_merge = merge + equal;
	int		   *first;			/* raw row of a scaled row, then of a cluster */

	linkage_tree(&p->scaled, linkage, scaled_merge);
	facts->inversions = dendrogram_inversions(scaled_merge, p->scaled.n);
	if (p->scaled_of == NULL)
		return merge;

	first = core_alloc(p->scaled.n, sizeof(int));
	for (int i = 0; i < p->scaled.n; i++)
		first[i] = -1;
	for (int i = 0, step = 0; i < n; i++)
	{
		int		   *name = &first[p->scaled_of[i]];

		if (*name < 0)
			*name = i;
		else
			merge[step++] = (Merge) {*name, i, 0};
	}
	for (int step = equal; step < n - 1; step++)
	{
		Merge	   *m = &merge[step];
		int			a = first[m->low];
		int			b = first[m->high];

		first[m->low] = Min(a, b);
		*m = (Merge) {Min(a, b), Max(a, b), ldexp(m->height, p->exponent)};
	}
	pfree(first);
	return merge;
}

/*
 * Does the memory suffice for the tree of prepared rows?  Adds it to the facts.
 * Fewer leaves than rows: a tree of cells.
 */
static bool
ask_tree_memory(const Prepared *p, Linkage linkage, int leaves, Size memory_limit,
				FitFacts *facts)
{
	facts->distinct = p->scaled.n;
	facts->memory_needed = add_size(facts->memory_needed,
									linkage_memory(linkage, leaves, p->scaled.dim));
	if (leaves < p->scaled.n)
		facts->memory_needed = add_size(facts->memory_needed,
										2 * sketch_room_bytes(p->scaled.dim, leaves));
	return facts->memory_needed <= memory_limit;
}

/* Cut a tree of n leaves, with heights in the fitted space; returns the clusters. */
static int
cut(const Merge *merge, int n, const HclustOptions *options, int *label)
{
	return options->k > 0 ?
		dendrogram_cut_at_count(merge, n, Min(options->k, n), label) :
		dendrogram_cut_at_height(merge, n, options->height, label);
}

/* Label the raw rows by the tree of the cells they lie in; returns the clusters. */
static int
label_by_cells(const Prepared *p, const HclustOptions *options, int *raw_label, FitFacts *facts)
{
	const Rows *rows = &p->scaled;
	RowsAround	scaled = {rows->x, 1, rows->n, NULL, rows->weight, rows->n, rows->dim};
	Sketch	   *sketch = sketch_cubes(&scaled, 0, rows->n, TREE_CELLS);
	Rows		cells = sketch_rows(sketch);
	int			entries = cells.n;
	int		   *cell_of = core_alloc(entries, sizeof(int));
	uint64	   *name = core_alloc((Size) rows->dim + 1, sizeof(uint64));
	double	   *row = core_alloc(rows->dim, sizeof(double));
	Merge	   *merge;
	int		   *label;
	int			k;

	for (int i = 0; i < entries; i++)
		cell_of[i] = i;
	rows_merge_equal(&cells, cell_of, entries);
	merge = core_alloc(cells.n, sizeof(Merge));
	label = core_alloc(cells.n, sizeof(int));
	linkage_tree(&cells, options->linkage, merge);
	for (int step = 0; step < cells.n - 1; step++)
		merge[step].height = ldexp(merge[step].height, p->exponent);
	k = cut(merge, cells.n, options, label);
	for (int i = 0; i < p->raw.n; i++)
	{
		int			s = scaled_row(p, i);

		for (int j = 0; j < rows->dim; j++)
			row[j] = rows->x[(Size) j * rows->n + s];
		raw_label[i] = label[cell_of[sketch_entry_of(sketch, row, name)]];
		if (i % 4096 == 0)
			core_poll("labels", (double) i / p->raw.n);
	}
	facts->cells = cells.n;
	pfree(label);
	pfree(merge);
	pfree(row);
	pfree(name);
	pfree(cell_of);
	rows_free(&cells);
	pfree(sketch);
	return k;
}

/* Measure the clusters of the raw rows, and how far their centroids disagree with them. */
static void
measure(const Prepared *p, const double *rounding, const int *raw_label, Clusters *clusters,
		FitFacts *facts)
{
	int		   *nearest = core_alloc(p->raw.n, sizeof(int));

	clusters_measure(clusters, &p->raw, raw_label);
	if (p->raw.variance)
		clusters_bound(clusters, &p->raw, raw_label, rounding);
	prepared_nearest(p, clusters, nearest);
	for (int i = 0; i < p->raw.n; i++)
		if (nearest[i] != raw_label[i])
			facts->disagreement += p->raw.weight[i];
	facts->disagreement /= rows_total_weight(&p->raw);
	pfree(nearest);
}

/*
 * The labels of prepared rows, which are used up, and their clusters, either
 * unless NULL; rounding[] for cells.
 */
static bool
cluster_prepared(Prepared *p, const double *rounding, const HclustOptions *options,
				 Size memory_limit, int *label, Clusters *clusters, FitFacts *facts)
{
	bool		by_cells = options->most_leaves > 0 && p->scaled.n > options->most_leaves &&
		linkage_is_linear(options->linkage);
	bool		enough = ask_tree_memory(p, options->linkage, by_cells ? TREE_CELLS : p->scaled.n,
										 memory_limit, facts);
	int		   *raw_label;
	Clusters	found;
	int			k;

	if (!enough)
	{
		prepared_free(p);
		return false;
	}
	raw_label = core_alloc(p->raw.n, sizeof(int));
	if (by_cells)
		k = label_by_cells(p, options, raw_label, facts);
	else
	{
		Merge	   *merge = raw_tree(p, options->linkage, facts);

		k = cut(merge, p->raw.n, options, raw_label);
		if (k > p->scaled.n)	/* rows that are equal when scaled stay together */
			k = dendrogram_cut_at_count(merge, p->raw.n, p->scaled.n, raw_label);
		pfree(merge);
	}
	found = clusters_alloc(k, p->raw.dim);
	found.scaling = p->scaling;
	clusters_number(&found, &p->raw, raw_label);
	if (clusters)
	{
		measure(p, rounding, raw_label, &found, facts);
		*clusters = found;
	}
	if (label)
		prepared_spread(p, raw_label, label);
	pfree(raw_label);
	prepared_free(p);
	return true;
}

/*
 * The clusters of a tree over n >= 1 rows of dim finite features, cut at
 * options->k clusters or, when that is 0, at options->height; otherwise like
 * fit_kmeans.  Rows keep the tree's label even where another cluster's
 * centroid is nearer: facts->disagreement is the share of those, where
 * clusters are asked for.
 */
bool
fit_hclust(const double *input, int n, int dim, const HclustOptions *options,
		   Size memory_limit, int *label, Clusters *clusters, FitFacts *facts)
{
	Prepared	p;

	*facts = (FitFacts) {0};
	facts->memory_needed = prepared_memory(n, dim);
	if (facts->memory_needed > memory_limit)
		return false;
	p = prepared_rows(input, n, dim, options->scale);
	return cluster_prepared(&p, NULL, options, memory_limit, label, clusters, facts);
}

/*
 * The clusters of a tree over the cells of a sketch, at least one, in any
 * order; they are used up.  rounding[] as in sketch.h.
 */
bool
fit_hclust_cells(Rows *cells, const double *rounding, const HclustOptions *options,
				 Size memory_limit, Clusters *clusters, FitFacts *facts)
{
	Prepared	p;
	int			n = cells->variance ? cells->n : 0;
	bool		enough;

	*facts = (FitFacts) {0};
	p = prepared_cells(cells, options->scale);
	enough = cluster_prepared(&p, rounding, options, memory_limit, NULL, clusters, facts);
	facts->cells = n;
	return enough;
}

/* The dendrogram of prepared rows, which are used up. */
static bool
build_dendrogram(Prepared *p, const HclustOptions *options, Size memory_limit,
				 Dendrogram **dendrogram, FitFacts *facts)
{
	Merge	   *merge;
	bool		enough = ask_tree_memory(p, options->linkage, p->scaled.n, memory_limit, facts);

	if (enough)
	{
		merge = raw_tree(p, options->linkage, facts);
		*dendrogram = dendrogram_of(options->linkage, &p->scaling, &p->raw, merge);
		pfree(merge);
	}
	prepared_free(p);
	return enough;
}

/*
 * The tree over n >= 1 rows of dim finite features, input[i * dim + j], whose
 * leaves are the distinct rows; of the options, linkage and scale count.  A
 * dendrogram of so many rows must be possible.  Returns false, with
 * facts->memory_needed, when more than memory_limit bytes would be needed.
 */
bool
fit_dendrogram(const double *input, int n, int dim, const HclustOptions *options,
			   Size memory_limit, Dendrogram **dendrogram, FitFacts *facts)
{
	Prepared	p;

	*facts = (FitFacts) {0};
	facts->memory_needed = add_size(prepared_memory(n, dim), dendrogram_bytes(n, dim));
	if (facts->memory_needed > memory_limit)
		return false;
	p = prepared_rows(input, n, dim, options->scale);
	return build_dendrogram(&p, options, memory_limit, dendrogram, facts);
}

/* The same over the cells of a sketch, at least one, in any order; they are used up. */
bool
fit_dendrogram_cells(Rows *cells, const HclustOptions *options, Size memory_limit,
					 Dendrogram **dendrogram, FitFacts *facts)
{
	Prepared	p;

	*facts = (FitFacts) {0};
	facts->memory_needed = dendrogram_bytes(cells->n, cells->dim);
	p = prepared_cells(cells, options->scale);
	return build_dendrogram(&p, options, memory_limit, dendrogram, facts);
}
