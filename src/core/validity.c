/*
 * validity.c
 *	  How compact and how far apart the clusters of a labelling are.
 *
 * For N rows, weights counted, in k clusters with means m_c, sizes N_c and the
 * inertia W, which is the sum of squared distances of the rows to the means of
 * their clusters:
 *
 *	Calinski-Harabasz	(B / (k - 1)) / (W / (N - k)), B being the sum of
 *						N_c |m_c - m|^2 about the mean m of all rows
 *	Davies-Bouldin		the mean over clusters c of the largest
 *						(s_c + s_o) / |m_c - m_o|, s_c being the mean distance of
 *						the rows of c to m_c
 *	BIC					p log N - 2 L, L being the likelihood of a mixture of k
 *						spherical Gaussians of one variance in which every row
 *						belongs to its own cluster alone:
 *						  L = sum of N_c log (N_c / N)
 *							  - (N d / 2) log (2 pi s2) - d (N - k) / 2
 *						  s2 = W / (d (N - k)),	p = (k - 1) + k d + 1
 *						d counts the features that vary
 *
 * With as many clusters as rows none is defined, with a single cluster BIC
 * alone.  Where rows are cells of a sketch, W has the squares within the cells
 * as well, so that it and Calinski-Harabasz are those of the labelled rows; a
 * distance to a mean becomes sqrt(|x - m|^2 + (1 - 1/dim) v), as in silhouette.c.
 *
 * Rows are normalised, labels are 0 .. k - 1, and each is in use.  Sums run in
 * canonical order.  Time O(n dim + k^2 dim), memory O(k dim).
 *
 * Calinski, Harabasz: A Dendrite Method for Cluster Analysis, Communications in
 * Statistics 3(1), 1974, doi:10.1080/03610927408827101.  Davies, Bouldin: A
 * Cluster Separation Measure, IEEE TPAMI 1(2), 1979,
 * doi:10.1109/TPAMI.1979.4766909.  Pelleg, Moore: X-means: Extending K-means
 * with Efficient Estimation of the Number of Clusters, ICML 2000, whose
 * likelihood this is, with the variance of one feature instead of all d.
 */
#include "validity.h"

#include "nearest.h"
#include "realmath.h"

#define TWO_PI 0x1.921fb54442d18p+2

typedef struct Sums
{
	double	   *weight;			/* [k] */
	double	   *mean;			/* [k * dim] */
	double	   *distance;		/* [k] sum of the distances to the mean */
	double		inertia;
	double		total;			/* weight of all rows */
} Sums;

/* Means as offsets from the first row of the cluster, which lose little. */
static void
sum_means(const Rows *rows, const int *label, int k, Sums *s)
{
	int			dim = rows->dim;
	int		   *first = core_alloc(k, sizeof(int));

	for (int i = rows->n - 1; i >= 0; i--)
		first[label[i]] = i;
	for (int i = 0; i < rows->n; i++)
		s->weight[label[i]] += rows->weight[i];
	for (int j = 0; j < dim; j++)
	{
		const double *x = rows->x + (Size) j * rows->n;

		core_poll("validity", -1);
		for (int i = 0; i < rows->n; i++)
			s->mean[(Size) label[i] * dim + j] += rows->weight[i] * (x[i] - x[first[label[i]]]);
		for (int c = 0; c < k; c++)
			s->mean[(Size) c * dim + j] = x[first[c]] + s->mean[(Size) c * dim + j] / s->weight[c];
	}
	pfree(first);
}

static void
sum_distances(const Rows *rows, const int *label, Sums *s)
{
	int			dim = rows->dim;
	double		across = 1 - 1.0 / dim;

	for (int i = 0; i < rows->n; i++)
	{
		const double *mean = s->mean + (Size) label[i] * dim;
		double		d2 = 0;
		double		variance = 0;

		if (i % NEAREST_BLOCK == 0)
			core_poll("validity", -1);
		for (int j = 0; j < dim; j++)
		{
			double		d = rows->x[(Size) j * rows->n + i] - mean[j];

			d2 += d * d;
			if (rows->variance)
				variance += rows->variance[(Size) j * rows->n + i];
		}
		s->inertia += rows->weight[i] * (d2 + variance);
		s->distance[label[i]] += rows->weight[i] * sqrt(d2 + across * variance);
		s->total += rows->weight[i];
	}
}

/* The squares between the clusters: B. */
static double
between(const Sums *s, int k, int dim)
{
	double		sum = 0;

	for (int j = 0; j < dim; j++)
	{
		double		mean = 0;

		for (int c = 0; c < k; c++)
			mean += s->weight[c] * (s->mean[(Size) c * dim + j] - s->mean[j]);
		mean = s->mean[j] + mean / s->total;
		for (int c = 0; c < k; c++)
		{
			double		d = s->mean[(Size) c * dim + j] - mean;

			sum += s->weight[c] * (d * d);
		}
	}
	return sum;
}

static double
davies_bouldin(const Sums *s, int k, int dim)
{
	double		sum = 0;

	for (int c = 0; c < k; c++)
	{
		double		worst = 0;

		if (c % NEAREST_BLOCK == 0)
			core_poll("validity", -1);
		for (int o = 0; o < k; o++)
		{
			double		spread = s->distance[c] / s->weight[c] + s->distance[o] / s->weight[o];
			double		apart;

			if (o == c || spread == 0)
				continue;
			apart = sqrt(squared_distance(s->mean + (Size) c * dim, s->mean + (Size) o * dim, dim));
			worst = Max(worst, spread / apart);
		}
		sum += worst;
	}
	return sum / k;
}

/* Features in which rows differ. */
int
validity_varying(const Rows *rows)
{
	int			varying = 0;

	for (int j = 0; j < rows->dim; j++)
	{
		const double *x = rows->x + (Size) j * rows->n;
		int			i = 0;

		while (i < rows->n && x[i] == x[0] &&
			   !(rows->variance && rows->variance[(Size) j * rows->n + i] > 0))
			i++;
		varying += i < rows->n;
	}
	return varying;
}

static double
bic(const Sums *s, int k, int d)
{
	double		n = s->total;
	double		likelihood = 0;

	if (s->inertia == 0)
		return -INFINITY;		/* densities without bound */
	for (int c = 0; c < k; c++)
		likelihood += s->weight[c] * real_log(s->weight[c] / n);
	likelihood -= n * d / 2 * real_log(TWO_PI * s->inertia / (d * (n - k)));
	likelihood -= d * (n - k) / 2;
	return ((double) k * (d + 1)) * real_log(n) - 2 * likelihood;
}

Validity
validity_of(const Rows *rows, const int *label, int k)
{
	int			dim = rows->dim;
	Sums		s = {
		.weight = core_alloc0(k, sizeof(double)),
		.mean = core_alloc0(k, mul_size(dim, sizeof(double))),
		.distance = core_alloc0(k, sizeof(double)),
	};
	Validity	v = {.calinski_harabasz = NAN, .davies_bouldin = NAN, .bic = NAN};

	Assert(k >= 1 && k <= rows->n);
	sum_means(rows, label, k, &s);
	sum_distances(rows, label, &s);
	v.inertia = s.inertia;
	if (k < s.total)
	{
		v.bic = bic(&s, k, validity_varying(rows));
		if (k > 1)
		{
			v.calinski_harabasz = between(&s, k, dim) / (k - 1) / (s.inertia / (s.total - k));
			v.davies_bouldin = davies_bouldin(&s, k, dim);
		}
	}
	pfree(s.distance);
	pfree(s.mean);
	pfree(s.weight);
	return v;
}
