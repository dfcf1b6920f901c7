/*
 * fit_hdbscan.c
 *	  HDBSCAN* from rows, as they come, to labels or outlier scores.
 */
#include "fit.h"

#include "density_labels.h"
#include "hdbscan.h"

/* Does the memory suffice for prepared rows?  Adds it to the facts. */
static bool
ask_memory(const Prepared *p, const HdbscanOptions *options, Size memory_limit, FitFacts *facts)
{
	int			n = p->scaled.n;
	int			dim = p->scaled.dim;
	int64		most = hdbscan_most_clusters(n, p->n, options->min_cluster_size);
	Size		solving = hdbscan_memory(n, dim, p->n, options->min_cluster_size,
										 options->min_samples);
	Size		results = add_size(density_labels_memory(p->raw.n, dim, most),
								   mul_size(n, sizeof(double)));

	facts->distinct = n;
	facts->memory_needed = add_size(facts->memory_needed, add_size(solving, results));
	return facts->memory_needed <= memory_limit;
}

/*
 * HDBSCAN* of n >= 1 rows of dim finite features, input[i * dim + j]: the
 * number of the cluster, or NOISE, and the outlier score of every input row,
 * either unless NULL.  Otherwise like fit_kmeans.
 */
bool
fit_hdbscan(const double *input, int n, int dim, const HdbscanOptions *options,
			Size memory_limit, int *label, double *outlier, FitFacts *facts)
{
	Prepared	p;
	bool		enough;

	*facts = (FitFacts) {0};
	facts->memory_needed = prepared_memory(n, dim);
	if (facts->memory_needed > memory_limit)
		return false;
	p = prepared_rows(input, n, dim, options->scale);
	enough = ask_memory(&p, options, memory_limit, facts);
	if (enough)
	{
		int		   *scaled_label = label ? core_alloc(p.scaled.n, sizeof(int)) : NULL;
		double	   *scaled_outlier = outlier ? core_alloc(p.scaled.n, sizeof(double)) : NULL;
		int			k = hdbscan(&p.scaled, options->min_cluster_size, options->min_samples,
								scaled_label, scaled_outlier);

		if (label)
		{
			density_labels(&p, scaled_label, k, label);
			pfree(scaled_label);
		}
		if (outlier)
		{
			for (int i = 0; i < n; i++)
				outlier[i] = scaled_outlier[scaled_row(&p, p.raw_of[i])];
			pfree(scaled_outlier);
		}
	}
	prepared_free(&p);
	return enough;
}
