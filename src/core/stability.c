/*
 * stability.c
 *	  Whether clusters come again when rows are drawn anew.
 *
 * Each of B resamples draws rows with replacement, as many as there are: of
 * rows with weights, counts from the multinomial distribution.  It is clustered
 * like the rows.  How much of a cluster comes again is the largest Jaccard
 * similarity that it has, among the rows drawn, with a cluster of the resample;
 * its stability is the mean of that over the resamples from which it has rows.
 * The stability of the clustering is that of its least stable cluster: 1 when
 * all come again exactly.  Clusters below 0.5 count as dissolved, from 0.75 on as
 * stable, and from STABLE on as highly so: the bands of the author's clusterboot.
 *
 * Where we deviate: a row that is drawn several times counts as often.
 * Resamples have STABILITY_MOST_ROWS rows at most, which bounds the work; of more
 * rows it is asked whether clusters come again from so many.  Were all of
 * millions drawn, each partition with an optimum of its own would.
 *
 * The rows are normalised (rows.h), labels are 0 .. k - 1, each in use.  Rows are
 * drawn in canonical order, from the seed, the same for every k.  Time is that of
 * B k-means, memory O(n + k^2).
 *
 * Hennig: Cluster-wise Assessment of Cluster Stability, Computational Statistics
 * & Data Analysis 52(1), 2007, doi:10.1016/j.csda.2006.11.025.
 */
#include "stability.h"

#include "kmeans.h"
#include "random.h"

/* Streams of the seed that neither k-means nor gap.c have use for. */
#define FIRST_STREAM (1 << 21)

/* The row of the canonical order in which a share of all weight ends; passed[i] is that of rows 0 .. i. */
static int
row_at(const double *passed, int n, double place)
{
	int			low = 0;
	int			high = n - 1;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (passed[middle] > place)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Draw "size" rows; from[i] is the row that row i of the resample is. */
static Rows
draw_rows(const Rows *rows, const double *passed, int size, Random *random, int *from)
{
	double		total = passed[rows->n - 1];
	int		   *count = core_alloc0(rows->n, sizeof(int));
	Rows		drawn = {.dim = rows->dim};

	for (int i = 0; i < size; i++)
	{
		int			row = row_at(passed, rows->n, random_unit(random) * total);

		drawn.n += count[row]++ == 0;
	}
	drawn.x = core_alloc(drawn.n, mul_size(rows->dim, sizeof(double)));
	drawn.weight = core_alloc(drawn.n, sizeof(double));
	for (int i = 0, next = 0; i < rows->n; i++)
		if (count[i] > 0)
		{
			for (int j = 0; j < rows->dim; j++)
				drawn.x[(Size) j * drawn.n + next] = rows->x[(Size) j * rows->n + i];
			drawn.weight[next] = count[i];
			from[next++] = i;
		}
	pfree(count);
	return drawn;
}

/*
 * Add to recurred[c] the Jaccard similarity of cluster c with that of the
 * resample it is most similar to, and to seen[c] one, where it has rows.
 * overlap[] has room for (k + 1) * (k + 1).
 */
static void
compare(const Rows *drawn, const int *from, const int *label, const int *label_drawn, int k,
		double *overlap, double *recurred, int *seen)
{
	double	   *size = overlap + (Size) k * k;
	double	   *size_drawn = size + k;

	memset(overlap, 0, sizeof(double) * ((Size) k * k + 2 * (Size) k));
	for (int i = 0; i < drawn->n; i++)
	{
		int			c = label[from[i]];

		overlap[(Size) c * k + label_drawn[i]] += drawn->weight[i];
		size[c] += drawn->weight[i];
		size_drawn[label_drawn[i]] += drawn->weight[i];
	}
	for (int c = 0; c < k; c++)
	{
		double		best = 0;

		if (size[c] == 0)
			continue;
		for (int o = 0; o < k; o++)
		{
			double		both = overlap[(Size) c * k + o];

			best = Max(best, both / (size[c] + size_drawn[o] - both));
		}
		recurred[c] += best;
		seen[c]++;
	}
}

/* Of the labels that k-means gave the rows, k >= 2. */
double
stability_of(const Rows *rows, const int *label, int k, int64 seed)
{
	int			size = (int) Min(rows_total_weight(rows), STABILITY_MOST_ROWS);
	double	   *passed = core_alloc(rows->n, sizeof(double));
	double	   *overlap = core_alloc((Size) k + 1, mul_size((Size) k + 1, sizeof(double)));
	double	   *recurred = core_alloc0(k, sizeof(double));
	int		   *seen = core_alloc0(k, sizeof(int));
	double	   *centroid = core_alloc(k, mul_size(rows->dim, sizeof(double)));
	int		   *label_drawn = core_alloc(size, sizeof(int));
	int		   *from = core_alloc(size, sizeof(int));
	double		least = 1;

	for (int i = 0; i < rows->n; i++)
		passed[i] = (i > 0 ? passed[i - 1] : 0) + rows->weight[i];
	for (int b = 0; b < STABILITY_RESAMPLES; b++)
	{
		Random		random = random_stream(seed, FIRST_STREAM + b);
		Rows		drawn = draw_rows(rows, passed, size, &random, from);

		core_poll("stability", (double) b / STABILITY_RESAMPLES);
		kmeans_solve(&drawn, Min(k, drawn.n), (int64) random_bits(&random), 1, KMEANS_MAX_ITER, centroid,
					 label_drawn);
		compare(&drawn, from, label, label_drawn, k, overlap, recurred, seen);
		rows_free(&drawn);
	}
	for (int c = 0; c < k; c++)
		least = Min(least, seen[c] > 0 ? recurred[c] / seen[c] : 0);
	pfree(from);
	pfree(label_drawn);
	pfree(centroid);
	pfree(seen);
	pfree(recurred);
	pfree(overlap);
	pfree(passed);
	return least;
}
