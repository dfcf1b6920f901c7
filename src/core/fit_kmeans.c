/*
 * fit_kmeans.c
 *	  k-means from rows, as they come, to labels and a clustering.
 *
 * What is kept of a fit are its centroids in input units; labels are those
 * that the centroids give, by the same arithmetic that scores a new row later,
 * so the two never disagree.
 */
#include "fit.h"

#include "kmeans.h"
#include "prepared.h"

/* Rounds in which centroids and labels are brought to agree; two are usual. */
#define SETTLE_ROUNDS 100

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
		if (!prepared_nearest(p, clusters, nearest))
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
	int		   *scaled_label = p->scaled_of ? core_alloc(p->scaled.n, sizeof(int)) : raw_label;
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
	if (p->scaled_of)
	{
		for (int i = 0; i < p->raw.n; i++)
			raw_label[i] = scaled_label[p->scaled_of[i]];
		pfree(scaled_label);
	}

	*clusters = clusters_alloc(k, dim);
	clusters->scaling = p->scaling;
	settle(p, clusters, raw_label, solved.fixed_point ? SETTLE_ROUNDS : 1);

	facts->distinct = p->scaled.n;
	facts->iterations = solved.iterations;
	facts->converged = solved.converged;
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
	facts->memory_needed = add_size(prepared_memory(n, dim),
									kmeans_memory(n, dim, Min(options->k, n)));
	if (facts->memory_needed > memory_limit)
		return false;

	p = prepared_rows(input, n, dim, options->scale);
	raw_label = core_alloc(p.raw.n, sizeof(int));
	solve_kmeans(&p, options, raw_label, clusters ? clusters : &unasked, facts);
	if (clusters)
		clusters_measure(clusters, &p.raw, raw_label);
	prepared_spread(&p, raw_label, label);
	pfree(raw_label);
	prepared_free(&p);
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
	Prepared	p = prepared_cells(cells, options->scale);
	bool		exact = p.raw.variance == NULL;
	int		   *raw_label;

	*facts = (FitFacts) {0};
	raw_label = core_alloc(p.raw.n, sizeof(int));
	solve_kmeans(&p, options, raw_label, clusters, facts);
	clusters_measure(clusters, &p.raw, raw_label);
	if (!exact)
		clusters_bound(clusters, &p.raw, raw_label, rounding);
	pfree(raw_label);
	prepared_free(&p);
}
