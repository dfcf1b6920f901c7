/*
 * fit_dbscan.c
 *	  DBSCAN from rows, as they come, to labels; and the eps to suggest.
 *
 * Density labels have no rule for new rows, so there is no clustering to keep.
 * Clusters are numbered like those of other methods, by their means.
 */
#include "fit.h"

#include "dbscan.h"
#include "density_labels.h"
#include "pow2.h"

/*
 * The labels of n >= 1 rows of dim finite features, input[i * dim + j], in
 * their order: NOISE or the number of a cluster.
 *
 * Returns false, with facts->memory_needed, when more than memory_limit bytes
 * would be needed.
 */
bool
fit_dbscan(const double *input, int n, int dim, const DbscanOptions *options,
		   Size memory_limit, int *label, FitFacts *facts)
{
	Prepared	p;
	int		   *scaled_label;
	int			k;

	*facts = (FitFacts) {0};
	facts->memory_needed = prepared_memory(n, dim);
	if (facts->memory_needed > memory_limit)
		return false;
	p = prepared_rows(input, n, dim, options->scale);
	facts->distinct = p.scaled.n;
	facts->memory_needed = add_size(facts->memory_needed,
									Max(dbscan_memory(p.scaled.n, dim, options->min_points),
										density_labels_memory(p.raw.n, dim, p.scaled.n)));
	if (facts->memory_needed > memory_limit)
	{
		prepared_free(&p);
		return false;
	}

	scaled_label = core_alloc(p.scaled.n, sizeof(int));
	k = dbscan(&p.scaled, pow2_scale(options->eps, pow2_of(-p.exponent)), options->min_points,
			   scaled_label);
	density_labels(&p, scaled_label, k, label);
	pfree(scaled_label);
	prepared_free(&p);
	return true;
}

/*
 * The eps to suggest for options->min_points, at most n, in the fitted space;
 * otherwise like fit_dbscan.
 */
bool
fit_dbscan_eps(const double *input, int n, int dim, const DbscanOptions *options,
			   Size memory_limit, double *eps, FitFacts *facts)
{
	Prepared	p;

	*facts = (FitFacts) {0};
	facts->memory_needed = add_size(prepared_memory(n, dim),
									dbscan_suggest_memory(n, dim, options->min_points));
	if (facts->memory_needed > memory_limit)
		return false;
	p = prepared_rows(input, n, dim, options->scale);
	facts->distinct = p.scaled.n;
	*eps = pow2_scale(dbscan_suggest_eps(&p.scaled, options->min_points), pow2_of(p.exponent));
	prepared_free(&p);
	return true;
}
