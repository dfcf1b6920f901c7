/*
 * fitting.c
 *	  The core's fits, with the errors and notices that SQL users get.
 */
#include "fitting.h"

#include "core.h"
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

FitFacts
run_hclust(const FeatureRows *rows, const HclustOptions *options,
		   Notices *notices, int *label, Clusters *clusters)
{
	FitFacts	facts;

	if (!fit_hclust(rows->value, rows->n, rows->dim, options, memory_left(rows),
					label, clusters, &facts))
		work_refuse_memory(facts.memory_needed,
						   facts.distinct > 0 ?
						   psprintf("hierarchical clustering of %d distinct rows", facts.distinct) :
						   psprintf("hierarchical clustering of %d rows", rows->n),
						   "Cluster fewer rows, or by k-means, which needs no distances of pairs");
	notices_add(notices, rows->skipped, options->k, &facts);
	return facts;
}
