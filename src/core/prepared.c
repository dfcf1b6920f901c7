/*
 * prepared.c
 *	  Rows made ready for an algorithm, and the way back from its labels.
 *
 * The way of a row: canonical form in input units ("raw") -> the fitted space
 * ("scaled"; rows may become equal there) -> a label from the algorithm -> the
 * number of a cluster, by which the raw row and all input rows go that it
 * stands for.
 */
#include "prepared.h"

#include "nearest.h"

/* Bytes for two forms of the rows, labels, and what sorting takes. */
Size
prepared_memory(int64 n, int dim)
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

Prepared
prepared_rows(const double *input, int n, int dim, ScaleMethod scale)
{
	Prepared	p = {.n = n};

	p.raw_of = core_alloc(n, sizeof(int));
	p.raw = rows_canonical(input, n, dim, p.raw_of);
	prepare_scaled(&p, scale);
	return p;
}

/* Of the cells of a sketch, which are used up. */
Prepared
prepared_cells(Rows *cells, ScaleMethod scale)
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

void
prepared_free(Prepared *p)
{
	if (p->scaled_of)
	{
		pfree(p->scaled_of);
		rows_free(&p->scaled);
	}
	pfree(p->raw_of);
	rows_free(&p->raw);
}

/* raw_label[] becomes the cluster of every raw row, found as a new row is scored. */
void
prepared_place(const Prepared *p, const Clusters *clusters, int *raw_label)
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
		raw_label[i] = scorer_place(&scorer, row, &distance);
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
	int		   *label = p->scaled_of ? core_alloc(p->scaled.n, sizeof(int)) : raw_label;
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
	if (p->scaled_of)
	{
		for (int i = 0; i < p->raw.n; i++)
			raw_label[i] = label[p->scaled_of[i]];
		pfree(label);
	}
	scorer_free(&scorer);
}

/*
 * raw_label[] becomes the number of the nearest centroid for every raw row.
 * Returns whether each of the k centroids got one.
 */
bool
prepared_nearest(const Prepared *p, const Clusters *clusters, int *raw_label)
{
	bool	   *used = core_alloc0(clusters->k, sizeof(bool));
	int			nused = 0;

	if (p->flushed)				/* normalising has lost something */
		prepared_place(p, clusters, raw_label);
	else
		label_in_blocks(p, clusters, raw_label);
	for (int i = 0; i < p->raw.n && nused < clusters->k; i++)
	{
		nused += !used[raw_label[i]];
		used[raw_label[i]] = true;
	}
	pfree(used);
	return nused == clusters->k;
}

/* Hand the labels of raw rows to the input rows they stand for. */
void
prepared_spread(const Prepared *p, const int *raw_label, int *label)
{
	for (int i = 0; i < p->n; i++)
		label[i] = raw_label[p->raw_of[i]];
}
