/*
 * clustering.c
 *	  The SQL type "clustering": the core's Clustering as a varlena.
 */
#include "clustering.h"

#include "core.h"

/* Ready to be returned: with its length in the varlena header. */
Clustering *
clustering_value(Clustering *clustering)
{
	SET_VARSIZE(clustering, clustering_bytes(clustering->k, clustering->dim));
	return clustering;
}

/* One to be filled, unless no value can be that large. */
Clustering *
clustering_alloc(int64 k, int64 dim)
{
	if (k < 1 || dim < 1 || dim > MAX_FEATURES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid clustering: %lld clusters of %lld features",
						(long long) k, (long long) dim),
				 errdetail("There must be at least one of each, and at most %d features.",
						   MAX_FEATURES)));
	if (!clustering_is_possible(k, dim))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a clustering of %lld clusters of %lld features is too large for a value",
						(long long) k, (long long) dim)));
	return clustering_value(clustering_create((int) k, (int) dim));
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

/* Hold a clustering to what the code relies on, wherever it came from. */
void
clustering_check(Clustering *clustering)
{
	const char *problem = clustering_problem(clustering);

	if (problem)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid clustering: %s", problem)));
}
