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
#include "sketch.h"

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

/* Does the memory suffice for the tree of prepared rows?  Adds it to the facts. */
static bool
ask_tree_memory(const Prepared *p, Linkage linkage, Size memory_limit, FitFacts *facts)
{
	facts->distinct = p->scaled.n;
	facts->memory_needed = add_size(facts->memory_needed,
									linkage_memory(linkage, p->scaled.n, p->scaled.dim));
	return facts->memory_needed <= memory_limit;
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
	Clusters	found;
	Merge	   *merge;
	int		   *raw_label;
	int		   *nearest;
	int			k;

	*facts = (FitFacts) {0};
	facts->memory_needed = prepared_memory(n, dim);
	if (facts->memory_needed > memory_limit)
		return false;
	p = prepared_rows(input, n, dim, options->scale);
	if (!ask_tree_memory(&p, options->linkage, memory_limit, facts))
	{
		prepared_free(&p);
		return false;
	}

	merge = raw_tree(&p, options->linkage, facts);
	raw_label = core_alloc(p.raw.n, sizeof(int));
	if (options->k > 0)
		k = dendrogram_cut_at_count(merge, p.raw.n, Min(options->k, p.scaled.n), raw_label);
	else
		k = dendrogram_cut_at_height(merge, p.raw.n, options->height, raw_label);

	found = clusters_alloc(k, dim);
	found.scaling = p.scaling;
	clusters_number(&found, &p.raw, raw_label);
	if (clusters)
	{
		*clusters = found;
		clusters_measure(clusters, &p.raw, raw_label);
		nearest = core_alloc(p.raw.n, sizeof(int));
		prepared_nearest(&p, clusters, nearest);
		for (int i = 0; i < p.raw.n; i++)
			if (nearest[i] != raw_label[i])
				facts->disagreement += p.raw.weight[i];
		facts->disagreement /= n;
		pfree(nearest);
	}
	prepared_spread(&p, raw_label, label);

	pfree(raw_label);
	pfree(merge);
	prepared_free(&p);
	return true;
}

/* The dendrogram of prepared rows, which are used up. */
static bool
build_dendrogram(Prepared *p, const HclustOptions *options, Size memory_limit,
				 Dendrogram **dendrogram, FitFacts *facts)
{
	Merge	   *merge;
	bool		enough = ask_tree_memory(p, options->linkage, memory_limit, facts);

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
