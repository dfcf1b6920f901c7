/*
 * fit_gmm.c
 *	  Gaussian mixtures from rows, as they come, to labels and a clustering.
 *
 * What is kept of a fit are its components: means in input units, weights and
 * covariances.  Labels are those that these give, by the same arithmetic that
 * scores a new row later, so the two never disagree.
 */
#include "fit.h"

#include "gmm.h"
#include "prepared.h"
#include "realmath.h"

/*
 * By how much the logarithm of the density of all rows together changes on the
 * way from the normalised rows back to input units: lengths are measured in
 * larger or smaller units then, densities in the inverse ones.  So likelihoods
 * of fits with different scalings can be compared.
 */
static double
log_of_units(const Prepared *p)
{
	const Rows *raw = &p->raw;
	double		per_row = -(double) raw->dim * p->exponent * real_log(2);
	double		sum = 0;

	for (int j = 0; j < raw->dim; j++)
	{
		core_poll("gaussian mixture", -1);
		if (p->scaling.method != SCALE_LOG)
			per_row += scaling_log_slope(&p->scaling, j, 0);
		else
			for (int i = 0; i < raw->n; i++)
				sum += raw->weight[i] *
					scaling_log_slope(&p->scaling, j, raw->x[(Size) j * raw->n + i]);
	}
	return rows_total_weight(raw) * per_row + sum;
}

/* The components of a mixture as clusters, numbered by their means in input units. */
static Clusters
clusters_of(const Prepared *p, Mixture *mixture)
{
	int			dim = mixture->dim;
	Size		cells = (Size) mixture->k * dim;
	Clusters	clusters = clusters_alloc(mixture->k, dim);

	for (Size i = 0; i < cells; i++)
		mixture->mean[i] = scaling_invert(&p->scaling, i % dim, mixture->mean[i]);
	mixture_number(mixture);
	memcpy(clusters.centroid, mixture->mean, sizeof(double) * cells);
	pfree(mixture->mean);
	mixture->mean = NULL;
	clusters.scaling = p->scaling;
	clusters.is_mixture = true;
	clusters.mixture = *mixture;
	return clusters;
}

/*
 * A mixture of prepared rows, as clusters not yet measured, and raw_label[]
 * for the raw rows.  Where fewer than k rows differ there are as many
 * components as differ.
 */
static void
solve_gmm(const Prepared *p, const GmmOptions *options, int *raw_label, Clusters *clusters,
		  FitFacts *facts)
{
	int			k = Min(options->k, p->scaled.n);
	Mixture		mixture = mixture_alloc(k, p->raw.dim, options->covariance);
	GmmFacts	solved = gmm_solve(&p->scaled, k, options->covariance, options->seed,
								   options->n_init, options->max_iter, &mixture);

	mixture_multiply(&mixture, p->exponent);
	*clusters = clusters_of(p, &mixture);
	clusters->fit = (MixtureFit) {
		.log_likelihood = solved.log_likelihood + log_of_units(p),
		.entropy = solved.entropy,
		.iterations = solved.iterations,
		.floored = solved.floored,
		.converged = solved.converged,
	};
	prepared_place(p, clusters, raw_label);

	facts->distinct = p->scaled.n;
	facts->iterations = solved.iterations;
	facts->converged = solved.converged;
	facts->components = mixture.k;
	facts->floored = solved.floored;
}

/*
 * A mixture of n >= 1 rows of dim finite features, input[i * dim + j].  Gives
 * the labels of the input rows, in their order: the most probable component,
 * the lowest number of equals; and the clusters unless NULL.
 *
 * Returns false, with facts->memory_needed, when more than memory_limit bytes
 * would be needed; nothing has been done then.
 */
bool
fit_gmm(const double *input, int n, int dim, const GmmOptions *options, Size memory_limit,
		int *label, Clusters *clusters, FitFacts *facts)
{
	Prepared	p;
	Clusters	unasked;
	int		   *raw_label;

	*facts = (FitFacts) {0};
	facts->memory_needed = add_size(prepared_memory(n, dim),
									gmm_memory(n, dim, Min(options->k, n)));
	if (facts->memory_needed > memory_limit)
		return false;

	p = prepared_rows(input, n, dim, options->scale);
	raw_label = core_alloc(p.raw.n, sizeof(int));
	solve_gmm(&p, options, raw_label, clusters ? clusters : &unasked, facts);
	if (clusters)
		clusters_measure(clusters, &p.raw, raw_label);
	prepared_spread(&p, raw_label, label);
	pfree(raw_label);
	prepared_free(&p);
	return true;
}

/*
 * The feature in which cells are widest against the components, and that
 * variance within cells over the one within components.
 */
static void
find_widest(const Prepared *p, const Mixture *mixture, FitFacts *facts)
{
	const Rows *rows = &p->scaled;
	double		total = rows_total_weight(rows);

	for (int j = 0; rows->variance && j < rows->dim; j++)
	{
		double		cells = 0;
		double		components = 0;

		for (int i = 0; i < rows->n; i++)
			cells += rows->weight[i] / total * rows->variance[(Size) j * rows->n + i];
		for (int c = 0; c < mixture->k; c++)
		{
			const double *row = mixture->factor + c * triangle_size(rows->dim) + triangle_at(j, 0);

			for (int b = 0; b <= j; b++)
			{
				double		deviation = ldexp(row[b], -p->exponent);

				components += mixture->weight[c] * (deviation * deviation);
			}
		}
		if (cells > facts->width * components)
		{
			facts->width = cells / components;
			facts->widest = j;
		}
	}
}

/*
 * A mixture of the cells of a sketch, at least one, in any order; they are
 * used up.  Likelihood and entropy are of the expected densities of the rows
 * of a cell.  The clusters' inertia counts the squares within the cells; all
 * rows of a cell are members of one cluster.  Memory as above.
 */
bool
fit_gmm_cells(Rows *cells, const GmmOptions *options, Size memory_limit, Clusters *clusters,
			  FitFacts *facts)
{
	Prepared	p;
	int		   *raw_label;

	*facts = (FitFacts) {0};
	facts->memory_needed = add_size(prepared_memory(cells->n, cells->dim),
									gmm_memory(cells->n, cells->dim, Min(options->k, cells->n)));
	if (facts->memory_needed > memory_limit)
		return false;

	p = prepared_cells(cells, options->scale);
	raw_label = core_alloc(p.raw.n, sizeof(int));
	solve_gmm(&p, options, raw_label, clusters, facts);
	clusters_measure(clusters, &p.raw, raw_label);
	find_widest(&p, &clusters->mixture, facts);
	pfree(raw_label);
	prepared_free(&p);
	return true;
}
