/*
 * flat_clusters.c
 *	  A fitted clustering as one block of memory: its layout, and what its
 *	  numbers must keep wherever they came from.
 */
#include "flat_clusters.h"

/* By how much the sum of a mixture's weights may differ from 1. */
#define WEIGHT_ROUNDING 1e-9

static Size
data_count(ClusteringMethod method, Size k, Size dim)
{
	Size		count = 2 * dim + 3 * k + 3 * k * dim;

	return method == METHOD_GMM ? count + k + k * triangle_size((int) dim) : count;
}

/* Does a clustering of k clusters of dim features fit a value? */
bool
clustering_is_possible(ClusteringMethod method, int64 k, int64 dim)
{
	return k >= 1 && k <= INT32_MAX && dim >= 1 && dim <= MAX_FEATURES &&
		data_count(method, k, dim) <= MaxAllocSize / sizeof(double) - 16;
}

Size
clustering_bytes(const Clustering *clustering)
{
	return offsetof(Clustering, data) + sizeof(double) *
		data_count((ClusteringMethod) clustering->method, clustering->k, clustering->dim);
}

/* One of all zeros, to be filled; k and dim are possible. */
Clustering *
clustering_create(ClusteringMethod method, int k, int dim)
{
	Clustering *clustering;

	Assert(clustering_is_possible(method, k, dim));
	clustering = core_alloc0(1, offsetof(Clustering, data) +
							 data_count(method, k, dim) * sizeof(double));
	clustering->format = CLUSTERING_FORMAT;
	clustering->method = method;
	clustering->k = k;
	clustering->dim = dim;
	return clustering;
}

/* The clusters of a clustering, as pointers into it. */
Clusters
clustering_open(Clustering *clustering)
{
	Size		k = clustering->k;
	Size		dim = clustering->dim;
	double	   *offset = clustering->data;
	double	   *per_cluster = offset + 2 * dim;
	double	   *per_cell = per_cluster + 3 * k;
	double	   *weight = per_cell + 3 * k * dim;
	Clusters	clusters = {
		.k = clustering->k,
		.dim = clustering->dim,
		.scaling = {
			.method = (ScaleMethod) clustering->scale,
			.dim = clustering->dim,
			.offset = offset,
			.unit = offset + dim,
		},
		.size = (int64 *) per_cluster,
		.inertia = per_cluster + k,
		.radius = per_cluster + 2 * k,
		.centroid = per_cell,
		.mean = per_cell + k * dim,
		.spread = per_cell + 2 * k * dim,
		.inertia_lower = clustering->inertia_lower,
		.inertia_upper = clustering->inertia_upper,
		.is_mixture = clustering->method == METHOD_GMM,
	};

	if (clusters.is_mixture)
	{
		clusters.mixture = (Mixture) {
			.k = clustering->k,
			.dim = clustering->dim,
			.covariance = (Covariance) clustering->covariance,
			.weight = weight,
			.factor = weight + k,
		};
		clusters.fit = (MixtureFit) {
			.log_likelihood = clustering->log_likelihood,
			.entropy = clustering->entropy,
			.iterations = clustering->iterations,
			.floored = clustering->floored,
			.converged = clustering->converged != 0,
		};
	}
	return clusters;
}

/* Clusters in one block. */
Clustering *
clustering_of(ClusteringMethod method, const Clusters *clusters, double disagreement)
{
	Clustering *clustering = clustering_create(method, clusters->k, clusters->dim);
	Clusters	copy;
	Size		k = clusters->k;
	Size		dim = clusters->dim;

	Assert(clusters->is_mixture == (method == METHOD_GMM));
	clustering->scale = clusters->scaling.method;
	clustering->disagreement = disagreement;
	clustering->inertia_lower = clusters->inertia_lower;
	clustering->inertia_upper = clusters->inertia_upper;
	copy = clustering_open(clustering);
	memcpy(copy.scaling.offset, clusters->scaling.offset, sizeof(double) * dim);
	memcpy(copy.scaling.unit, clusters->scaling.unit, sizeof(double) * dim);
	memcpy(copy.size, clusters->size, sizeof(int64) * k);
	memcpy(copy.inertia, clusters->inertia, sizeof(double) * k);
	memcpy(copy.radius, clusters->radius, sizeof(double) * k);
	memcpy(copy.centroid, clusters->centroid, sizeof(double) * k * dim);
	memcpy(copy.mean, clusters->mean, sizeof(double) * k * dim);
	memcpy(copy.spread, clusters->spread, sizeof(double) * k * dim);
	if (clusters->is_mixture)
	{
		clustering->covariance = clusters->mixture.covariance;
		clustering->log_likelihood = clusters->fit.log_likelihood;
		clustering->entropy = clusters->fit.entropy;
		clustering->iterations = clusters->fit.iterations;
		clustering->floored = clusters->fit.floored;
		clustering->converged = clusters->fit.converged;
		memcpy(copy.mixture.weight, clusters->mixture.weight, sizeof(double) * k);
		memcpy(copy.mixture.factor, clusters->mixture.factor,
			   sizeof(double) * k * triangle_size(clusters->dim));
	}
	return clustering;
}

/* Are n numbers between "least" and "most", none of them NaN?  -0 becomes +0. */
static bool
lie_between(double *value, Size n, double least, double most)
{
	for (Size i = 0; i < n; i++)
	{
		if (!(value[i] >= least && value[i] <= most))
			return false;
		value[i] += 0.0;
	}
	return true;
}

/* Each at least "least", and all together an int64 above 0. */
static bool
are_sizes(const int64 *size, int k, int least)
{
	int64		rows = 0;

	for (int i = 0; i < k; i++)
	{
		if (size[i] < least || size[i] > INT64_MAX - rows)
			return false;
		rows += size[i];
	}
	return rows > 0;
}

/* Each above 0, and together 1 but for rounding. */
static bool
are_weights(const double *weight, int k)
{
	double		sum = 0;

	for (int i = 0; i < k; i++)
	{
		if (!(weight[i] > 0 && weight[i] <= 1))
			return false;
		sum += weight[i];
	}
	return fabs(sum - 1) <= WEIGHT_ROUNDING;
}

/* Are these factors what the kind of covariance allows?  -0 becomes +0. */
static const char *
factor_problem(const Mixture *m)
{
	Size		triangle = triangle_size(m->dim);

	if (!lie_between(m->factor, m->k * triangle, -DBL_MAX, DBL_MAX))
		return "a \"factor\" must be finite";
	for (int c = 0; c < m->k; c++)
	{
		const double *factor = m->factor + c * triangle;

		for (int i = 0; i < m->dim; i++)
		{
			const double *row = factor + triangle_at(i, 0);

			if (!(row[i] > 0))
				return "the diagonal of a \"factor\" must be above 0";
			if (m->covariance == COVARIANCE_SPHERICAL && row[i] != factor[0])
				return "a spherical \"factor\" must have equal numbers in its diagonal";
			for (int j = 0; j < i; j++)
				if ((m->covariance == COVARIANCE_DIAG || m->covariance == COVARIANCE_SPHERICAL) &&
					row[j] != 0)
					return "a \"factor\" without correlations must be 0 beside its diagonal";
		}
		if (m->covariance == COVARIANCE_TIED &&
			memcmp(factor, m->factor, sizeof(double) * triangle) != 0)
			return "a tied \"factor\" must be that of every cluster";
	}
	return NULL;
}

/* What a mixture, or what the others have instead of one, does not keep. */
static const char *
mixture_problem(Clustering *clustering, const Clusters *c)
{
	if (!c->is_mixture)
		return clustering->covariance != 0 || clustering->iterations != 0 ||
			clustering->floored != 0 || clustering->converged != 0 ||
			clustering->log_likelihood != 0 || clustering->entropy != 0 ?
			"only a mixture has a likelihood" : NULL;
	if (clustering->covariance >= COVARIANCES)
		return "unknown covariance";
	if (clustering->iterations < 0)
		return "\"iterations\" must be 0 or more";
	if (clustering->floored < 0)
		return "\"floored\" must be 0 or more";
	if (clustering->converged != 0 && clustering->converged != 1)
		return "\"converged\" must be true or false";
	if (!lie_between(&clustering->log_likelihood, 1, -INFINITY, DBL_MAX))
		return "\"log_likelihood\" must be a number, or -Infinity";
	if (!lie_between(&clustering->entropy, 1, 0, DBL_MAX))
		return "\"entropy\" must be finite and 0 or more";
	if (!are_weights(c->mixture.weight, c->k))
		return "a \"weight\" must be above 0, and all together 1";
	return factor_problem(&c->mixture);
}

/*
 * What the code relies on and a clustering, whose method, k and dim fit its
 * length, does not keep; NULL if it keeps all.
 */
const char *
clustering_problem(Clustering *clustering)
{
	Clusters	c = clustering_open(clustering);
	Size		cells = (Size) c.k * c.dim;

	if (clustering->scale >= SCALE_METHODS)
		return "unknown scale";
	if (!lie_between(&clustering->disagreement, 1, 0, 1))
		return "\"disagreement\" must lie between 0 and 1";
	if (clustering->method != METHOD_HCLUST && clustering->disagreement != 0)
		return "only a hierarchical one has \"disagreement\"";
	if (!lie_between(&clustering->inertia_upper, 1, 0, INFINITY))
		return "\"inertia_bounds\" must be 0 or more";
	if (!lie_between(&clustering->inertia_lower, 1, 0, clustering->inertia_upper))
		return "\"inertia_bounds\" must ascend from 0";
	if (!lie_between(c.scaling.offset, c.dim, -DBL_MAX, DBL_MAX))
		return "an \"offset\" must be finite";
	if (!lie_between(c.scaling.unit, c.dim, 0x1p-1074, DBL_MAX))
		return "a \"unit\" must be finite and above 0";
	if (!are_sizes(c.size, c.k, c.is_mixture ? 0 : 1))
		return c.is_mixture ? "a \"size\" must be 0 or more, and all together an int8 above 0" :
			"a \"size\" must be at least 1, and all together an int8";
	if (!lie_between(c.inertia, c.k, 0, INFINITY))
		return "an \"inertia\" must be 0 or more";
	if (!lie_between(c.radius, c.k, 0, INFINITY))
		return "a \"radius\" must be 0 or more";
	if (!lie_between(c.centroid, cells, -DBL_MAX, DBL_MAX))
		return "a \"centroid\" must be finite";
	if (!lie_between(c.mean, cells, -DBL_MAX, DBL_MAX))
		return "a \"mean\" must be finite";
	if (!lie_between(c.spread, cells, 0, DBL_MAX))
		return "a \"spread\" must be finite and 0 or more";
	return mixture_problem(clustering, &c);
}
