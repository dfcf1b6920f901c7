/*
 * density_labels.c
 *	  Labels of clusters by density, and of the noise between them.
 *
 * These clusters have no centroid that rows are compared with; they are
 * numbered by their means in input units, whatever space they were found in.
 */
#include "density_labels.h"

#include "moments.h"

/*
 * Number the clusters of raw rows; raw_label[] has 0 .. k - 1, each in use, and
 * NOISE.  Noise is numbered along, as one cluster more, and taken out again.
 */
static void
number_clusters(const Rows *raw, int k, int *raw_label)
{
	int			first = 0;		/* noise */
	int			number_of_noise;
	Clusters	clusters;

	while (first < raw->n && raw_label[first] != NOISE)
		first++;
	for (int i = first; i < raw->n; i++)
		if (raw_label[i] == NOISE)
			raw_label[i] = k;
	clusters = clusters_alloc(first < raw->n ? k + 1 : k, raw->dim);
	clusters_number(&clusters, raw, raw_label);
	if (first == raw->n)
		return;
	number_of_noise = raw_label[first];
	for (int i = 0; i < raw->n; i++)
		if (raw_label[i] == number_of_noise)
			raw_label[i] = NOISE;
		else if (raw_label[i] > number_of_noise)
			raw_label[i]--;
}

/*
 * label[] of the input rows becomes that of the scaled rows that they are,
 * scaled_label[], which has 0 .. k - 1, each in use, in any order, and NOISE;
 * the clusters are numbered anew by their means, ascending.
 */
void
density_labels(const Prepared *p, const int *scaled_label, int k, int *label)
{
	int		   *raw_label = core_alloc(p->raw.n, sizeof(int));

	for (int i = 0; i < p->raw.n; i++)
		raw_label[i] = scaled_label[scaled_row(p, i)];
	number_clusters(&p->raw, k, raw_label);
	prepared_spread(p, raw_label, label);
	pfree(raw_label);
}

/* Bytes that density_labels needs for n rows and up to k clusters, and scaled_label[]. */
Size
density_labels_memory(int64 n, int dim, int64 k)
{
	Size		of_cluster = add_size(mul_size(5 * sizeof(double), dim), sizeof(Moments) +
									  2 * sizeof(double) + sizeof(int64) + 3 * sizeof(int));

	return add_size(mul_size(n, 2 * sizeof(int)), mul_size(k + 1, of_cluster));
}
