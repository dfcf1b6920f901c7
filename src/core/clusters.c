/*
 * clusters.c
 *	  A fitted clustering: its clusters, and the place of a row among them.
 *
 * All sums run over canonical rows in their order, so that every number is a
 * function of the rows and their labels alone.
 */
#include "clusters.h"

#include "moments.h"
#include "nearest.h"
#include "pow2.h"
#include "realmath.h"

/* Room for k clusters of dim features, the scaling apart. */
Clusters
clusters_alloc(int k, int dim)
{
	Size		cells = mul_size(k, dim);

	return (Clusters) {
		.k = k,
		.dim = dim,
		.size = core_alloc0(k, sizeof(int64)),
		.inertia = core_alloc0(k, sizeof(double)),
		.radius = core_alloc0(k, sizeof(double)),
		.centroid = core_alloc0(cells, sizeof(double)),
		.mean = core_alloc0(cells, sizeof(double)),
		.spread = core_alloc0(cells, sizeof(double)),
	};
}

/* Is cluster a to be numbered before b?  first[] is their first row. */
static bool
comes_before(const Clusters *clusters, const int *first, int a, int b)
{
	const double *ca = clusters->centroid + (Size) a * clusters->dim;
	const double *cb = clusters->centroid + (Size) b * clusters->dim;

	for (int j = 0; j < clusters->dim; j++)
		if (ca[j] != cb[j])
			return ca[j] < cb[j];
	return first[a] < first[b];
}

/* order[] becomes the clusters in their canonical order: a merge sort. */
static void
sort_clusters(const Clusters *clusters, const int *first, int *order, int *spare, int k)
{
	int			half = k / 2;
	int			left = 0;
	int			right = half;

	if (k < 2)
		return;
	sort_clusters(clusters, first, order, spare, half);
	sort_clusters(clusters, first, order + half, spare, k - half);
	for (int i = 0; i < k; i++)
		spare[i] = left < half &&
			(right == k || !comes_before(clusters, first, order[right], order[left])) ?
			order[left++] : order[right++];
	memcpy(order, spare, sizeof(int) * k);
}

/*
 * From the labels of the raw rows (input units, every label in use): the
 * centroids, which are the means of the members (in the fitted space, where
 * the scaling is not linear), and the canonical numbers, by which label[] is
 * renumbered.  Clusters with the same centroid are told apart by their first
 * row.  O(n dim + k dim log k).
 */
void
clusters_number(Clusters *clusters, const Rows *raw, int *label)
{
	int			k = clusters->k;
	int			dim = clusters->dim;
	int			n = raw->n;
	bool		is_log = clusters->scaling.method == SCALE_LOG;
	double	   *scaled = is_log ? core_alloc(n, sizeof(double)) : NULL;
	Moments    *moments = core_alloc(k, sizeof(Moments));
	int		   *first = core_alloc(k, sizeof(int));
	int		   *order = core_alloc(k, sizeof(int));
	int		   *number = core_alloc(k, sizeof(int));
	double	   *ordered = core_alloc(mul_size(k, dim), sizeof(double));

	for (int j = 0; j < dim; j++)
	{
		const double *x = raw->x + (Size) j * n;

		core_poll("centroids", -1);
		if (is_log)
		{
			for (int i = 0; i < n; i++)
				scaled[i] = scaling_apply(&clusters->scaling, j, x[i]);
			x = scaled;
		}
		means_by_group(x, raw->weight, label, n, k, moments);
		for (int c = 0; c < k; c++)
			clusters->centroid[(Size) c * dim + j] = is_log ?
				scaling_invert(&clusters->scaling, j, moments[c].mean) : moments[c].mean;
	}

	for (int i = n - 1; i >= 0; i--)
		first[label[i]] = i;
	for (int c = 0; c < k; c++)
		order[c] = c;
	sort_clusters(clusters, first, order, number, k);
	for (int c = 0; c < k; c++)
	{
		memcpy(ordered + (Size) c * dim, clusters->centroid + (Size) order[c] * dim,
			   sizeof(double) * dim);
		number[order[c]] = c;
	}
	memcpy(clusters->centroid, ordered, sizeof(double) * k * dim);
	for (int i = 0; i < n; i++)
		label[i] = number[label[i]];

	pfree(ordered);
	pfree(number);
	pfree(order);
	pfree(first);
	pfree(moments);
	if (scaled)
		pfree(scaled);
}

/*
 * Everything about the clusters that follows from their centroids and the
 * labels of the raw rows: size, mean, spread, inertia and radius.  Where raw
 * rows are cells, inertia and spread count the rows in them; the radius is
 * that of the cells' means.  O(n dim).
 */
void
clusters_measure(Clusters *clusters, const Rows *raw, const int *label)
{
	int			k = clusters->k;
	int			dim = clusters->dim;
	int			n = raw->n;
	Moments    *moments = core_alloc(k, sizeof(Moments));
	Scorer		scorer = scorer_create(clusters);
	double	   *distance2 = core_alloc0(n, sizeof(double));
	double	   *within = core_alloc0(n, sizeof(double));
	double		largest = 0;
	Pow2		down;
	int			e;

	for (int j = 0; j < dim; j++)
	{
		const double *x = raw->x + (Size) j * n;

		core_poll("measuring", (double) j / dim);
		moments_by_group(x, raw->weight,
						 raw->variance ? raw->variance + (Size) j * n : NULL,
						 label, n, k, moments);
		for (int c = 0; c < k; c++)
		{
			/* a component that is nowhere the most probable has no members */
			clusters->mean[(Size) c * dim + j] = moments[c].weight > 0 ? moments[c].mean :
				clusters->centroid[(Size) c * dim + j];
			clusters->spread[(Size) c * dim + j] = moments[c].sd;
		}
		for (int i = 0; i < n; i++)
			largest = Max(largest, fabs(scaling_apply(&clusters->scaling, j, x[i]) -
										scorer.position[(Size) label[i] * dim + j]));
	}

	/* Squares are taken of differences below 1, so that none can overflow. */
	frexp(Min(largest, DBL_MAX), &e);
	down = pow2_of(-e);
	for (int j = 0; j < dim; j++)
	{
		const double *x = raw->x + (Size) j * n;

		core_poll("measuring", (double) j / dim);
		for (int i = 0; i < n; i++)
		{
			double		d = scaling_apply(&clusters->scaling, j, x[i]) -
				scorer.position[(Size) label[i] * dim + j];

			d = pow2_scale(d, down);
			distance2[i] += d * d;
			if (raw->variance)
			{
				d = scaling_variance(&clusters->scaling, j, x[i], raw->variance[(Size) j * n + i]);
				within[i] += pow2_scale(pow2_scale(d, down), down);
			}
		}
	}
	memset(clusters->size, 0, sizeof(int64) * k);
	memset(clusters->inertia, 0, sizeof(double) * k);
	memset(clusters->radius, 0, sizeof(double) * k);
	for (int i = 0; i < n; i++)
	{
		int			c = label[i];

		clusters->size[c] += (int64) raw->weight[i];
		clusters->inertia[c] += raw->weight[i] * (distance2[i] + within[i]);
		clusters->radius[c] = Max(clusters->radius[c], distance2[i]);
	}
	for (int c = 0; c < k; c++)
	{
		/* 2^2048 has no two factors, and 0 of it is 0 */
		clusters->inertia[c] = ldexp(clusters->inertia[c], 2 * e);
		clusters->radius[c] = pow2_scale(sqrt(clusters->radius[c]), pow2_of(e));
	}
	clusters->inertia_lower = clusters->inertia_upper = clusters_inertia(clusters);
	pfree(within);
	pfree(distance2);
	scorer_free(&scorer);
	pfree(moments);
}

/*
 * Between what the inertia of the rows lies, for rows known by their cells.
 *
 * Let A be the sum over cells of count times squared distance of the mean to
 * the nearest centroid, and B the squares within the cells.  Sending every
 * row to its cell's centroid costs A + B: the inertia is no more.  And it is no
 * less than (sqrt(A) - sqrt(B))^2 where A > B, by the triangle inequality in
 * the space of all rows: moving every row onto its cell's mean moves it by
 * sqrt(B), and its distance from the set of centroids by no more.  By the same
 * argument the values' rounding, rounding[j] at most for feature j, shifts
 * both ends by the sqrt of its squares.
 */
void
clusters_bound(Clusters *clusters, const Rows *raw, const int *label, const double *rounding)
{
	Scorer		scorer = scorer_create(clusters);
	double		between = 0;
	double		within = 0;
	double		shift = 0;
	double		lower;

	for (int j = 0; j < raw->dim; j++)
	{
		double		moved = scaling_variance(&clusters->scaling, j, 0, rounding[j] * rounding[j]);

		for (int i = 0; i < raw->n; i++)
		{
			Size		at = (Size) j * raw->n + i;
			double		d = scaling_apply(&clusters->scaling, j, raw->x[at]) -
				scorer.position[(Size) label[i] * raw->dim + j];

			between += raw->weight[i] * (d * d);
			if (raw->variance)
				within += raw->weight[i] *
					scaling_variance(&clusters->scaling, j, raw->x[at], raw->variance[at]);
			shift += raw->weight[i] * moved;
		}
	}
	lower = sqrt(between) - sqrt(within) - sqrt(shift);
	clusters->inertia_lower = lower > 0 && within > 0 ? lower * lower : 0;
	clusters->inertia_upper = sqrt(between + within) + sqrt(shift);
	clusters->inertia_upper *= clusters->inertia_upper;
	if (within == 0 && shift == 0)
		clusters->inertia_lower = clusters->inertia_upper = clusters_inertia(clusters);
	scorer_free(&scorer);
}

/* The inertia of all clusters together; infinite beyond 1e308. */
double
clusters_inertia(const Clusters *clusters)
{
	double		total = 0;

	for (int c = 0; c < clusters->k; c++)
		total += clusters->inertia[c];
	return total;
}

/*
 * z[c * dim + j]: how many standard deviations, everybody's, the mean of
 * cluster c lies above everybody's mean; 0 for a feature that does not vary.
 */
void
clusters_z(const Clusters *clusters, double *z)
{
	int			k = clusters->k;
	int			dim = clusters->dim;
	double	   *weight = core_alloc(k, sizeof(double));
	double	   *mean = core_alloc(k, sizeof(double));

	for (int c = 0; c < k; c++)
		weight[c] = (double) clusters->size[c];
	for (int j = 0; j < dim; j++)
	{
		Moments		between;
		double		within = 0;
		double		largest = 0;
		double		sd;
		Pow2		down;
		int			e;

		for (int c = 0; c < k; c++)
		{
			mean[c] = clusters->mean[(Size) c * dim + j];
			largest = Max(largest, clusters->spread[(Size) c * dim + j]);
		}
		moments_by_group(mean, weight, NULL, NULL, k, 1, &between);

		/* the variance of everybody: between the clusters and within them */
		frexp(Max(largest, between.sd), &e);
		down = pow2_of(-e);
		for (int c = 0; c < k; c++)
		{
			double		s = pow2_scale(clusters->spread[(Size) c * dim + j], down);

			within += weight[c] * (s * s);
		}
		sd = pow2_scale(between.sd, down);
		sd = sqrt(sd * sd + within / between.weight);

		/*
		 * Large numbers are made smaller before they are subtracted; of small
		 * ones the difference is scaled, for the mean itself may be large
		 * where nothing varies by much.
		 */
		for (int c = 0; c < k; c++)
			z[(Size) c * dim + j] = sd == 0 ? 0 :
				(e > 0 ? pow2_scale(mean[c], down) - pow2_scale(between.mean, down) :
				 pow2_scale(mean[c] - between.mean, down)) / sd;
	}
	pfree(mean);
	pfree(weight);
}

Scorer
scorer_create(const Clusters *clusters)
{
	int			dim = clusters->dim;
	Size		cells = mul_size(clusters->k, dim);
	Scorer		scorer = {
		.clusters = clusters,
		.position = core_alloc(cells, sizeof(double)),
		.point = core_alloc(dim, sizeof(double)),
		.small_position = core_alloc(cells, sizeof(double)),
		.small_point = core_alloc(dim, sizeof(double)),
	};

	for (int c = 0; c < clusters->k; c++)
		for (int j = 0; j < dim; j++)
			scorer.position[(Size) c * dim + j] =
				scaling_apply(&clusters->scaling, j, clusters->centroid[(Size) c * dim + j]);
	if (clusters->is_mixture)
	{
		scorer.mixture = core_alloc(1, sizeof(Mixture));
		*scorer.mixture = clusters->mixture;
		scorer.mixture->mean = scorer.position;
		scorer.components = mixture_scorer_create(scorer.mixture);
		scorer.log_density = core_alloc(clusters->k, sizeof(double));
		scorer.probability = core_alloc(clusters->k, sizeof(double));
	}
	return scorer;
}

void
scorer_free(Scorer *scorer)
{
	pfree(scorer->position);
	pfree(scorer->point);
	pfree(scorer->small_position);
	pfree(scorer->small_point);
	if (scorer->mixture)
	{
		mixture_scorer_free(&scorer->components);
		pfree(scorer->log_density);
		pfree(scorer->probability);
		pfree(scorer->mixture);
	}
}

static void
set_point(Scorer *scorer, const double *row)
{
	const Clusters *clusters = scorer->clusters;

	for (int j = 0; j < clusters->dim; j++)
		scorer->point[j] = scaling_apply(&clusters->scaling, j, row[j]);
}

/*
 * The nearest of k centroids, those from "first" on, for coordinates whose
 * squares would overflow or vanish: all are multiplied by a power of two that
 * makes the largest less than 1.
 */
static int
nearest_at_any_size(Scorer *scorer, int first, int k, double *distance)
{
	int			dim = scorer->clusters->dim;
	const double *position = scorer->position + (Size) first * dim;
	Size		cells = (Size) k * dim;
	double		largest = 0;
	double		distance2;
	Pow2		down;
	int			e;
	int			best;

	for (int j = 0; j < dim; j++)
		largest = Max(largest, fabs(scorer->point[j]));
	for (Size i = 0; i < cells; i++)
		largest = Max(largest, fabs(position[i]));
	frexp(largest, &e);
	down = pow2_of(-e);
	for (int j = 0; j < dim; j++)
		scorer->small_point[j] = pow2_scale(scorer->point[j], down);
	for (Size i = 0; i < cells; i++)
		scorer->small_position[i] = pow2_scale(position[i], down);
	best = nearest_one(scorer->small_point, scorer->small_position, k, dim, &distance2);
	*distance = pow2_scale(sqrt(distance2), pow2_of(e));
	return first + best;
}

/* The nearest of the k centroids from "first" on, the lowest of equals. */
static int
nearest_of(Scorer *scorer, int first, int k, double *distance)
{
	int			dim = scorer->clusters->dim;
	double		distance2;
	int			best = nearest_one(scorer->point, scorer->position + (Size) first * dim, k, dim,
								   &distance2);

	/* far from both ends of the range no square was lost */
	if (distance2 < 1e-270 || distance2 > 1e300)
		return nearest_at_any_size(scorer, first, k, distance);
	*distance = sqrt(distance2);
	return first + best;
}

/*
 * The number of the cluster of a row of finite values in input units: that
 * whose centroid is nearest or, of a mixture, the most probable one; the
 * lowest of equals.  *distance is that to its centroid, in the fitted space.
 * O(k dim), of a mixture O(k dim^2).
 */
int
scorer_place(Scorer *scorer, const double *row, double *distance)
{
	set_point(scorer, row);
	if (scorer->mixture == NULL)
		return nearest_of(scorer, 0, scorer->clusters->k, distance);
	return nearest_of(scorer, mixture_densities(&scorer->components, scorer->point,
												scorer->log_density), 1, distance);
}

/* distance[c] becomes that of a row to centroid c, in the fitted space.  O(k dim). */
void
scorer_distances(Scorer *scorer, const double *row, double *distance)
{
	set_point(scorer, row);
	for (int c = 0; c < scorer->clusters->k; c++)
		nearest_of(scorer, c, 1, &distance[c]);
}

/*
 * probability[] becomes what a row owes to each component of a mixture, adding
 * up to 1; returns the most probable one.
 */
int
scorer_weigh(Scorer *scorer, const double *row, double *probability)
{
	int			best;

	set_point(scorer, row);
	best = mixture_densities(&scorer->components, scorer->point, scorer->log_density);
	mixture_posterior(scorer->log_density, scorer->clusters->k, best, probability);
	return best;
}

/*
 * The logarithm of a mixture's density at a row, in input units: lengths are
 * shorter by the unit in the fitted space, and densities higher; so fits of
 * different scalings can be compared.  *entropy is that of what the row owes
 * to each component.
 */
double
scorer_log_density(Scorer *scorer, const double *row, double *entropy)
{
	const Clusters *clusters = scorer->clusters;
	int			best;
	double		result;

	set_point(scorer, row);
	best = mixture_densities(&scorer->components, scorer->point, scorer->log_density);
	result = mixture_posterior(scorer->log_density, clusters->k, best, scorer->probability);
	*entropy = 0;
	for (int c = 0; c < clusters->k; c++)
		if (scorer->probability[c] > 0)
			*entropy -= scorer->probability[c] * real_log(scorer->probability[c]);
	for (int j = 0; j < clusters->dim; j++)
		result += scaling_log_slope(&clusters->scaling, j, row[j]);
	return result;
}
