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
	SET_VARSIZE(clustering, clustering_bytes(clustering));
	return clustering;
}

/* An error unless a value can be that large. */
static void
check_size(ClusteringMethod method, int64 k, int64 dim)
{
	if (k < 1 || dim < 1 || dim > MAX_FEATURES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid clustering: %lld clusters of %lld features",
						(long long) k, (long long) dim),
				 errdetail("There must be at least one of each, and at most %d features.",
						   MAX_FEATURES)));
	if (!clustering_is_possible(method, k, dim))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a clustering of %lld clusters of %lld features is too large for a value",
						(long long) k, (long long) dim)));
}

/* One to be filled, unless no value can be that large. */
Clustering *
clustering_alloc(ClusteringMethod method, int64 k, int64 dim)
{
	check_size(method, k, dim);
	return clustering_value(clustering_create(method, (int) k, (int) dim));
}

/* The clusters of a fit as a value. */
Clustering *
clustering_make(ClusteringMethod method, const Clusters *clusters, double disagreement)
{
	Clustering *clustering;

	check_size(method, clusters->k, clusters->dim);
	clustering = clustering_of(method, clusters, disagreement);
	clustering_check(clustering);
	return clustering_value(clustering);
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
