/*
 * clustering.c
 *	  The SQL type "clustering": a fitted clustering as a flat value.
 */
#include "clustering.h"

#include "core.h"
#include "features.h"

static Size
data_count(int64 k, int64 dim)
{
	return 2 * dim + 3 * k + 3 * k * dim;
}

/* Refuse what no clustering can have, before memory is taken for it. */
void
clustering_check_size(int64 k, int64 dim)
{
	if (k < 1 || dim < 1 || dim > MAX_FEATURES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid clustering: %lld clusters of %lld features",
						(long long) k, (long long) dim),
				 errdetail("There must be at least one of each, and at most %d features.",
						   MAX_FEATURES)));
	if (k > PG_INT32_MAX || data_count(k, dim) > MaxAllocSize / sizeof(double) - 16)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a clustering of %lld clusters of %lld features is too large for a value",
						(long long) k, (long long) dim)));
}

Clustering *
clustering_alloc(int k, int dim)
{
	Size		bytes;
	Clustering *clustering;

	clustering_check_size(k, dim);
	bytes = offsetof(Clustering, data) + data_count(k, dim) * sizeof(double);
	clustering = palloc0(bytes);
	SET_VARSIZE(clustering, bytes);
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

Clustering *
clustering_make(ClusteringMethod method, const Clusters *clusters, double disagreement)
{
	Clustering *clustering = clustering_alloc(clusters->k, clusters->dim);
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
	clustering_check(clustering);
	return clustering;
}

static void
refuse(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid clustering: %s", what)));
}

/* Numbers between "least" and "most", none of them NaN; -0 becomes +0. */
static void
check_numbers(double *value, Size n, double least, double most, const char *what)
{
	for (Size i = 0; i < n; i++)
	{
		if (!(value[i] >= least && value[i] <= most))
			refuse(what);
		value[i] += 0.0;
	}
}

/*
 * Hold a clustering, whose k and dim fit its length, to what the code relies
 * on, wherever it came from.
 */
void
clustering_check(Clustering *clustering)
{
	Clusters	c = clustering_open(clustering);
	Size		cells = (Size) c.k * c.dim;
	int64		rows = 0;

	if (clustering->method >= METHODS)
		refuse("unknown method");
	if (clustering->scale >= SCALE_METHODS)
		refuse("unknown scale");
	check_numbers(&clustering->disagreement, 1, 0, 1, "\"disagreement\" must lie between 0 and 1");
	if (clustering->method == METHOD_KMEANS && clustering->disagreement != 0)
		refuse("only a hierarchical one has \"disagreement\"");
	check_numbers(&clustering->inertia_upper, 1, 0, INFINITY, "\"inertia_bounds\" must be 0 or more");
	check_numbers(&clustering->inertia_lower, 1, 0, clustering->inertia_upper,
				  "\"inertia_bounds\" must ascend from 0");
	check_numbers(c.scaling.offset, c.dim, -DBL_MAX, DBL_MAX, "an \"offset\" must be finite");
	check_numbers(c.scaling.unit, c.dim, DBL_TRUE_MIN, DBL_MAX,
				  "a \"unit\" must be finite and above 0");
	for (int i = 0; i < c.k; i++)
	{
		if (c.size[i] < 1 || c.size[i] > PG_INT64_MAX - rows)
			refuse("a \"size\" must be at least 1, and all together an int8");
		rows += c.size[i];
	}
	check_numbers(c.inertia, c.k, 0, INFINITY, "an \"inertia\" must be 0 or more");
	check_numbers(c.radius, c.k, 0, INFINITY, "a \"radius\" must be 0 or more");
	check_numbers(c.centroid, cells, -DBL_MAX, DBL_MAX, "a \"centroid\" must be finite");
	check_numbers(c.mean, cells, -DBL_MAX, DBL_MAX, "a \"mean\" must be finite");
	check_numbers(c.spread, cells, 0, DBL_MAX, "a \"spread\" must be finite and 0 or more");
}
