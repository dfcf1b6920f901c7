/*
 * fit.c
 *	  From rows, as they come, to labels and a clustering.
 *
 * The way of a row: canonical form in input units ("raw") -> the fitted space
 * ("scaled"; rows may become equal there) -> a label from the algorithm ->
 * the number of a cluster.  What is kept of a fit are its centroids in input
 * units; k-means labels are those that the centroids give, by the same
 * arithmetic that scores a new row later, so the two never disagree.
 */
#include "fit.h"

#include "kmeans.h"
#include "nearest.h"

/* Rounds in which centroids and labels are brought to agree; two are usual. */
#define SETTLE_ROUNDS 100

typedef struct Prepared
{
	int			n;				/* input rows */
	int		   *raw_of;			/* [n] the raw row of an input row */
	Rows		raw;			/* canonical, input units */
	int		   *scaled_of;		/* [raw.n] the scaled row of a raw row; NULL if the
								 * scaled rows are the raw rows themselves */
	Rows		scaled;			/* canonical and normalised, fitted space */
	int			exponent;		/* scaled rows are to be multiplied by 2^this */
	bool		flushed;		/* some values of scaled are 0 for being small */
	Scaling		scaling;
} Prepared;

/* Bytes for two forms of the rows, labels, and what sorting takes. */
static Size
prepare_memory(int64 n, int dim)
{
	return add_size(mul_size(2, rows_memory(n, dim)), mul_size(n, 4 * sizeof(int)));
}

static Size
count_zeros(const Rows *rows)
{
	Size		cells = (Size) rows->n * rows->dim;
	Size		zeros = 0;

	for (Size i = 0; i < cells; i++)
		zeros += rows->x[i] == 0;
	return zeros;
}

/* From p->raw to the fitted space. */
static void
prepare_scaled(Prepared *p, ScaleMethod scale)
{
	Size		zeros;

	p->scaling = scaling_fit(scale, &p->raw);
	if (scale == SCALE_NONE && rows_are_moderate(&p->raw))
	{
		p->scaled = p->raw;
		return;
	}
	p->scaled = scaling_rows(&p->scaling, &p->raw);
	zeros = count_zeros(&p->scaled);
	p->exponent = rows_normalise(&p->scaled);
	p->flushed = count_zeros(&p->scaled) > zeros;
	p->scaled_of = core_alloc(p->raw.n, sizeof(int));
	for (int i = 0; i < p->raw.n; i++)
		p->scaled_of[i] = i;
	rows_merge_equal(&p->scaled, p->scaled_of, p->raw.n);
}

static inline int
scaled_row(const Prepared *p, int raw)
{
	return p->scaled_of ? p->scaled_of[raw] : raw;
}

static Prepared
prepare(const double *input, int n, int dim, ScaleMethod scale)
{
	Prepared	p = {.n = n};

	p.raw_of = core_alloc(n, sizeof(int));
	p.raw = rows_canonical(input, n, dim, p.raw_of);
	prepare_scaled(&p, scale);
	return p;
}

/* Of the cells of a sketch, which are used up. */
static Prepared
prepare_cells(Rows *cells, ScaleMethod scale)
{
	Prepared	p = {.n = cells->n};

	p.raw_of = core_alloc(cells->n, sizeof(int));
	for (int i = 0; i < cells->n; i++)
		p.raw_of[i] = i;
	p.raw = *cells;
	rows_merge_equal(&p.raw, p.raw_of, p.n);
	prepare_scaled(&p, scale);
	return p;
}

static void
release(Prepared *p)
{
	if (p->scaled_of)
	{
		pfree(p->scaled_of);
		rows_free(&p->scaled);
	}
	pfree(p->raw_of);
	rows_free(&p->raw);
}

/* As a new row is scored: for data of which normalising has lost something. */
static void
label_one_by_one(const Prepared *p, const Clusters *clusters, int *raw_label)
{
	Scorer		scorer = scorer_create(clusters);
	double	   *row = core_alloc(p->raw.dim, sizeof(double));
	double		distance;

	for (int i = 0; i < p->raw.n; i++)
	{
		if (i % NEAREST_BLOCK == 0)
			core_poll("labels", (double) i / p->raw.n);
		for (int j = 0; j < p->raw.dim; j++)
			row[j] = p->raw.x[(Size) j * p->raw.n + i];
		raw_label[i] = scorer_nearest(&scorer, row, &distance);
	}
	pfree(row);
	scorer_free(&scorer);
}

/* The same labels, faster: on the normalised rows, which lost nothing. */
static void
label_in_blocks(const Prepared *p, const Clusters *clusters, int *raw_label)
{
	Scorer		scorer = scorer_create(clusters);
	Size		cells = (Size) clusters->k * clusters->dim;
	int		   *label = core_alloc(p->scaled.n, sizeof(int));
	double		distance2[NEAREST_BLOCK];

	for (Size i = 0; i < cells; i++)
		scorer.position[i] = ldexp(scorer.position[i], -p->exponent);
	for (int start = 0; start < p->scaled.n; start += NEAREST_BLOCK)
	{
		int			count = Min(NEAREST_BLOCK, p->scaled.n - start);

		core_poll("labels", (double) start / p->scaled.n);
		nearest_block(&p->scaled, start, count, scorer.position, clusters->k,
					  label + start, distance2, NULL);
	}
	for (int i = 0; i < p->raw.n; i++)
		raw_label[i] = label[scaled_row(p, i)];
	pfree(label);
	scorer_free(&scorer);
}

/*
 * raw_label[] becomes the number of the nearest centroid for every raw row.
 * Returns whether each of the k centroids got one.
 */
static bool
label_by_centroids(const Prepared *p, const Clusters *clusters, int *raw_label)
{
	bool	   *used = core_alloc0(clusters->k, sizeof(bool));
	int			nused = 0;

	if (p->flushed)
		label_one_by_one(p, clusters, raw_label);
	else
		label_in_blocks(p, clusters, raw_label);
	for (int i = 0; i < p->raw.n; i++)
	{
		nused += !used[raw_label[i]];
		used[raw_label[i]] = true;
	}
	pfree(used);
	return nused == clusters->k;
}

/* Hand the labels of raw rows to the input rows they stand for. */
static void
spread_labels(const Prepared *p, const int *raw_label, int *label)
{
	for (int i = 0; i < p->n; i++)
		label[i] = raw_label[p->raw_of[i]];
}

/*
 * Bring labels and centroids to agree: number the clusters by their centroids
 * and let every row go to the nearest one, the lowest number among equals,
 * until nothing changes.  k-means has done most of it already; what is left
 * are ties, which the numbering decides, and centroids that rounding moved.
 * At most "rounds" rounds; the labels that result are the centroids' labels
 * in any case.
 */
static void
settle(const Prepared *p, Clusters *clusters, int *raw_label, int rounds)
{
	Size		bytes = sizeof(int) * p->raw.n;
	int		   *nearest = core_alloc(p->raw.n, sizeof(int));

	for (int round = 0; round < rounds; round++)
	{
		bool		agree;

		clusters_number(clusters, &p->raw, raw_label);
		if (!label_by_centroids(p, clusters, nearest))
			break;				/* only rounding could empty a cluster: keep it */
		agree = memcmp(raw_label, nearest, bytes) == 0;
		memcpy(raw_label, nearest, bytes);
		if (agree)
			break;
	}
	pfree(nearest);
}

/*
 * k-means of prepared rows: centroids, and raw_label[] for the raw rows.
 * Where fewer than k rows differ there are as many clusters as differ.
 */
static void
solve_kmeans(const Prepared *p, const KMeansOptions *options, int *raw_label,
			 Clusters *clusters, FitFacts *facts)
{
	int			dim = p->raw.dim;
	int			k = Min(options->k, p->scaled.n);
	double	   *centroid = core_alloc(mul_size(k, dim), sizeof(double));
	int		   *scaled_label = core_alloc(p->scaled.n, sizeof(int));
	KMeansFacts solved;

	if (options->init && k == options->k)
	{
		for (int c = 0; c < k; c++)
			for (int j = 0; j < dim; j++)
				centroid[(Size) c * dim + j] =
					ldexp(scaling_apply(&p->scaling, j, options->init[(Size) c * dim + j]),
						  -p->exponent);
		solved = kmeans_descend(&p->scaled, k, options->max_iter, centroid, scaled_label);
	}
	else
		solved = kmeans_solve(&p->scaled, k, options->seed, options->n_init, options->max_iter,
							  centroid, scaled_label);
	for (int i = 0; i < p->raw.n; i++)
		raw_label[i] = scaled_label[scaled_row(p, i)];

	*clusters = clusters_alloc(k, dim);
	clusters->scaling = p->scaling;
	settle(p, clusters, raw_label, solved.fixed_point ? SETTLE_ROUNDS : 1);

	facts->distinct = p->scaled.n;
	facts->iterations = solved.iterations;
	facts->converged = solved.converged;
	pfree(scaled_label);
	pfree(centroid);
}

/*
 * k-means of n >= 1 rows of dim finite features, input[i * dim + j].  Where
 * fewer than k rows differ there are as many clusters as differ.  Gives the
 * labels of the input rows, in their order, and the clusters unless NULL.
 *
 * Returns false, with facts->memory_needed, when more than memory_limit bytes
 * would be needed; nothing has been done then.
 */
bool
fit_kmeans(const double *input, int n, int dim, const KMeansOptions *options,
		   Size memory_limit, int *label, Clusters *clusters, FitFacts *facts)
{
	Prepared	p;
	Clusters	unasked;
	int		   *raw_label;

	*facts = (FitFacts) {0};
	facts->memory_needed = add_size(prepare_memory(n, dim),
									kmeans_memory(n, dim, Min(options->k, n)));
	if (facts->memory_needed > memory_limit)
		return false;

	p = prepare(input, n, dim, options->scale);
	raw_label = core_alloc(p.raw.n, sizeof(int));
	solve_kmeans(&p, options, raw_label, clusters ? clusters : &unasked, facts);
	if (clusters)
		clusters_measure(clusters, &p.raw, raw_label);
	spread_labels(&p, raw_label, label);
	pfree(raw_label);
	release(&p);
	return true;
}

/*
 * k-means of the cells of a sketch, at least one, in any order; they are
 * used up.  The clusters' inertia counts the squares within the cells, and
 * bounds say between what the rows' own lies; rounding[] as in sketch.h.
 */
void
fit_kmeans_cells(Rows *cells, const double *rounding, const KMeansOptions *options,
				 Clusters *clusters, FitFacts *facts)
{
	Prepared	p = prepare_cells(cells, options->scale);
	bool		exact = p.raw.variance == NULL;
	int		   *raw_label;

	*facts = (FitFacts) {0};
	raw_label = core_alloc(p.raw.n, sizeof(int));
	solve_kmeans(&p, options, raw_label, clusters, facts);
	clusters_measure(clusters, &p.raw, raw_label);
	if (!exact)
		clusters_bound(clusters, &p.raw, raw_label, rounding);
	pfree(raw_label);
	release(&p);
}

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
	facts->memory_needed = prepare_memory(n, dim);
	if (facts->memory_needed > memory_limit)
		return false;
	p = prepare(input, n, dim, options->scale);
	if (!ask_tree_memory(&p, options->linkage, memory_limit, facts))
	{
		release(&p);
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
		label_by_centroids(&p, clusters, nearest);
		for (int i = 0; i < p.raw.n; i++)
			if (nearest[i] != raw_label[i])
				facts->disagreement += p.raw.weight[i];
		facts->disagreement /= n;
		pfree(nearest);
	}
	spread_labels(&p, raw_label, label);

	pfree(raw_label);
	pfree(merge);
	release(&p);
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
	release(p);
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
	facts->memory_needed = add_size(prepare_memory(n, dim), dendrogram_bytes(n, dim));
	if (facts->memory_needed > memory_limit)
		return false;
	p = prepare(input, n, dim, options->scale);
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
	p = prepare_cells(cells, options->scale);
	return build_dendrogram(&p, options, memory_limit, dendrogram, facts);
}
