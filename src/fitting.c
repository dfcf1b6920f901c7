/*
 * fitting.c
 *	  The core's fits, with the errors and notices that SQL users get.
 */
#include "fitting.h"

#include "core.h"
#include "dendrogram_type.h"
#include "work.h"

/* What the fit may take beside the rows that are held already. */
static Size
memory_left(const FeatureRows *rows)
{
	Size		held = (Size) rows->room * rows->dim * sizeof(double);

	return work_memory_limit() - Min(held, work_memory_limit());
}

/* rows->n >= 1; label[] has room for as many.  clusters NULL: not asked for. */
FitFacts
run_kmeans(const FeatureRows *rows, const KMeansOptions *options,
		   Notices *notices, int *label, Clusters *clusters)
{
	FitFacts	facts;

	if (!fit_kmeans(rows->value, rows->n, rows->dim, options, memory_left(rows),
					label, clusters, &facts))
		work_refuse_memory(facts.memory_needed,
						   psprintf("k-means of %d rows of %d features", rows->n, rows->dim),
						   "Cluster fewer rows");
	notices_add(notices, rows->skipped, options->k, &facts);
	return facts;
}

static void
refuse_mixture(const FitFacts *facts, int n, int dim, const GmmOptions *options)
{
	work_refuse_memory(facts->memory_needed,
					   psprintf("a mixture of %d Gaussians of %d rows of %d features", options->k, n,
								dim),
					   "Ask for fewer components, or cluster fewer rows");
}

FitFacts
run_gmm(const FeatureRows *rows, const GmmOptions *options,
		Notices *notices, int *label, Clusters *clusters)
{
	FitFacts	facts;

	if (!fit_gmm(rows->value, rows->n, rows->dim, options, memory_left(rows),
				 label, clusters, &facts))
		refuse_mixture(&facts, rows->n, rows->dim, options);
	notices_add(notices, rows->skipped, options->k, &facts);
	return facts;
}

/* Of a sketch's cells, which are used up. */
FitFacts
run_gmm_cells(Rows *cells, int64 skipped, const GmmOptions *options, Notices *notices,
			  Clusters *clusters)
{
	int			n = cells->n;
	FitFacts	facts;

	if (!fit_gmm_cells(cells, options, work_memory_limit(), clusters, &facts))
		refuse_mixture(&facts, n, cells->dim, options);
	notices_add(notices, skipped, options->k, &facts);
	return facts;
}

static void
refuse_tree(const FitFacts *facts, int n, Linkage linkage)
{
	work_refuse_memory(facts->memory_needed,
					   facts->distinct > 0 ?
					   psprintf("hierarchical clustering of %d distinct rows", facts->distinct) :
					   psprintf("hierarchical clustering of %d rows", n),
					   linkage_is_linear(linkage) ? "Make a tree of the cells of a sketch: hclust(cluster_sketch(...), linkage)" :
					   "Choose linkage ward, single or average_squared, which need no distances of all pairs, or cluster fewer rows");
}

FitFacts
run_hclust(const FeatureRows *rows, const HclustOptions *options,
		   Notices *notices, int *label, Clusters *clusters)
{
	FitFacts	facts;

	if (!fit_hclust(rows->value, rows->n, rows->dim, options, memory_left(rows),
					label, clusters, &facts))
		refuse_tree(&facts, rows->n, options->linkage);
	notices_add(notices, rows->skipped, options->k, &facts);
	return facts;
}

FitFacts
run_dbscan(const FeatureRows *rows, const DbscanOptions *options, Notices *notices, int *label)
{
	FitFacts	facts;

	if (!fit_dbscan(rows->value, rows->n, rows->dim, options, memory_left(rows), label, &facts))
		work_refuse_memory(facts.memory_needed,
						   psprintf("DBSCAN of %d rows of %d features", rows->n, rows->dim),
						   "Cluster fewer rows");
	notices_add(notices, rows->skipped, 0, &facts);
	return facts;
}

/* rows->n >= options->min_points */
double
run_dbscan_eps(const FeatureRows *rows, const DbscanOptions *options, Notices *notices)
{
	double		eps;
	FitFacts	facts;

	if (!fit_dbscan_eps(rows->value, rows->n, rows->dim, options, memory_left(rows), &eps, &facts))
		work_refuse_memory(facts.memory_needed,
						   psprintf("finding eps for %d rows of %d features", rows->n, rows->dim),
						   "Look at fewer rows, through a view");
	notices_add(notices, rows->skipped, 0, &facts);
	return eps;
}

/* rows->n >= 1, with labels; value[] has room for as many. */
void
run_silhouette(const FeatureRows *rows, Notices *notices, double *value)
{
	SilhouetteFacts facts;

	if (!silhouette(rows->value, rows->label, rows->n, rows->dim, SILHOUETTE_MOST_ROWS,
					memory_left(rows), value, &facts))
		work_refuse_memory(facts.memory_needed,
						   psprintf("silhouettes of %d rows of %d features", rows->n, rows->dim),
						   "Score a sample of the rows");
	notices_add(notices, rows->skipped, 0, NULL);
	notices_add_silhouettes(notices, &facts);
}

/* Of a sketch's cells, which are used up. */
FitFacts
run_hclust_cells(Rows *cells, const double *rounding, int64 skipped, const HclustOptions *options,
				 Notices *notices, Clusters *clusters)
{
	int			n = cells->n;
	FitFacts	facts;

	if (!fit_hclust_cells(cells, rounding, options, work_memory_limit(), clusters, &facts))
		refuse_tree(&facts, n, options->linkage);
	notices_add(notices, skipped, options->k, &facts);
	return facts;
}

/* The tree of rows->n >= 1 rows, or of a sketch's cells, which are used up. */
Dendrogram *
run_dendrogram(const FeatureRows *rows, const HclustOptions *options, Notices *notices)
{
	Dendrogram *dendrogram;
	FitFacts	facts;

	dendrogram_check_size(rows->n, rows->dim);
	if (!fit_dendrogram(rows->value, rows->n, rows->dim, options, memory_left(rows), &dendrogram,
						&facts))
		refuse_tree(&facts, rows->n, options->linkage);
	notices_add(notices, rows->skipped, 0, &facts);
	return dendrogram_value(dendrogram);
}

Dendrogram *
run_dendrogram_cells(Rows *cells, int64 skipped, const HclustOptions *options, Notices *notices)
{
	int			n = cells->n;
	Dendrogram *dendrogram;
	FitFacts	facts;

	dendrogram_check_size(cells->n, cells->dim);
	if (!fit_dendrogram_cells(cells, options, work_memory_limit(), &dendrogram, &facts))
		refuse_tree(&facts, n, options->linkage);
	notices_add(notices, skipped, 0, &facts);
	return dendrogram_value(dendrogram);
}

/* label[] or outlier[] may be NULL: not asked for. */
FitFacts
run_hdbscan(const FeatureRows *rows, const HdbscanOptions *options,
			Notices *notices, int *label, double *outlier)
{
	FitFacts	facts;

	if (!fit_hdbscan(rows->value, rows->n, rows->dim, options, memory_left(rows),
					 label, outlier, &facts))
		work_refuse_memory(facts.memory_needed,
						   facts.distinct > 0 ?
						   psprintf("HDBSCAN* of %d distinct rows", facts.distinct) :
						   psprintf("HDBSCAN* of %d rows", rows->n),
						   "Cluster fewer rows");
	notices_add(notices, rows->skipped, 0, &facts);
	return facts;
}
