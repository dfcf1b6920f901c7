/*
 * flat_clusters.c
 *	  A fitted clustering as one block of memory: its layout, and what its
 *	  numbers must keep wherever they came from.
 */
#include "flat_clusters.h"

static Size
data_count(Size k, Size dim)
{
	return 2 * dim + 3 * k + 3 * k * dim;
}

/* Does a clustering of k clusters of dim features fit a value? */
bool
clustering_is_possible(int64 k, int64 dim)
{
	return k >= 1 && k <= INT32_MAX && dim >= 1 && dim <= MAX_FEATURES &&
		data_count(k, dim) <= MaxAllocSize / sizeof(double) - 16;
}

Size
clustering_bytes(int k, int dim)
{
	return offsetof(Clustering, data) + data_count(k, dim) * sizeof(double);
}

/* One of all zeros, to be filled; k and dim are possible. */
Clustering *
clustering_create(int k, int dim)
{
	Clustering *clustering;

	Assert(clustering_is_possible(k, dim));
	clustering = core_alloc0(1, clustering_bytes(k, dim));
	clustering->format = CLUSTERING_FORMAT;
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

	return (Clusters) {
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
	};
}

/* Clusters in one block. */
Clustering *
clustering_of(ClusteringMethod method, const Clusters *clusters, double disagreement)
{
	Clustering *clustering = clustering_create(clusters->k, clusters->dim);
	Clusters	copy;
	Size		k = clusters->k;
	Size		dim = clusters->dim;

	clustering->method = method;
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

/* Each at least 1, and all together an int64. */
static bool
are_sizes(const int64 *size, int k)
{
	int64		rows = 0;

	for (int i = 0; i < k; i++)
	{
		if (size[i] < 1 || size[i] > INT64_MAX - rows)
			return false;
		rows += size[i];
	}
	return true;
}

/*
 * What the code relies on and a clustering, whose k and dim fit its length,
 * does not keep; NULL if it keeps all.
 */
const char *
clustering_problem(Clustering *clustering)
{
	Clusters	c = clustering_open(clustering);
	Size		cells = (Size) c.k * c.dim;

	if (clustering->method >= METHODS)
		return "unknown method";
	if (clustering->scale >= SCALE_METHODS)
		return "unknown scale";
	if (!lie_between(&clustering->disagreement, 1, 0, 1))
		return "\"disagreement\" must lie between 0 and 1";
	if (clustering->method == METHOD_KMEANS && clustering->disagreement != 0)
		return "only a hierarchical one has \"disagreement\"";
	if (!lie_between(&clustering->inertia_upper, 1, 0, INFINITY))
		return "\"inertia_bounds\" must be 0 or more";
	if (!lie_between(&clustering->inertia_lower, 1, 0, clustering->inertia_upper))
		return "\"inertia_bounds\" must ascend from 0";
	if (!lie_between(c.scaling.offset, c.dim, -DBL_MAX, DBL_MAX))
		return "an \"offset\" must be finite";
	if (!lie_between(c.scaling.unit, c.dim, 0x1p-1074, DBL_MAX))
		return "a \"unit\" must be finite and above 0";
	if (!are_sizes(c.size, c.k))
		return "a \"size\" must be at least 1, and all together an int8";
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
	return NULL;
}
