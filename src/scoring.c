/*
 * scoring.c
 *	  What a clustering says: the place of a row, and its own statistics.
 */
#include "scoring.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "catalog/pg_type.h"

#include "core.h"
#include "features.h"

/* The clustering, made ready once for all calls of a function in a query. */
ReadyClustering *
ready_clustering(FunctionCallInfo fcinfo, Datum datum)
{
	ReadyClustering *ready = (ReadyClustering *) fcinfo->flinfo->fn_extra;
	Size		length = VARSIZE_ANY(DatumGetPointer(datum));
	MemoryContext caller;

	if (ready && ready->length == length &&
		memcmp(ready->bytes, DatumGetPointer(datum), length) == 0)
		return ready;

	if (ready == NULL)
	{
		ready = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(ReadyClustering));
		ready->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "segment scoring",
											   ALLOCSET_SMALL_SIZES);
		fcinfo->flinfo->fn_extra = ready;
	}
	ready->length = 0;			/* not ready, should the following fail */
	MemoryContextReset(ready->context);
	caller = MemoryContextSwitchTo(ready->context);
	ready->bytes = palloc(length);
	memcpy(ready->bytes, DatumGetPointer(datum), length);
	ready->clusters = clustering_open((Clustering *) PG_DETOAST_DATUM_COPY(datum));
	ready->scorer = scorer_create(&ready->clusters);
	MemoryContextSwitchTo(caller);
	ready->length = length;
	return ready;
}

void
ready_check_features(const ReadyClustering *ready, int dim)
{
	if (ready->clusters.dim != dim)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the clustering has %d features, the row %d", ready->clusters.dim, dim),
				 errhint("Give the features that the clustering was fitted to, in the same order.")));
}

/* The row in columns; NULL for one without a place: a feature is NaN or infinite. */
static const double *
get_columns(FunctionCallInfo fcinfo, const ReadyClustering *ready, double *row)
{
	int			dim = PG_NARGS() - 1;

	ready_check_features(ready, dim);
	for (int j = 0; j < dim; j++)
		row[j] = PG_GETARG_FLOAT8(j + 1);
	return features_are_finite(row, dim) ? row : NULL;
}

/* The row in an array, likewise; a feature may be NULL too. */
static const double *
get_array(FunctionCallInfo fcinfo, const ReadyClustering *ready)
{
	int			dim;
	bool		has_null;
	const double *row = features_of_array(PG_GETARG_DATUM(1), &dim, &has_null);

	ready_check_features(ready, dim);
	return has_null || !features_are_finite(row, dim) ? NULL : row;
}

static bool
place_columns(FunctionCallInfo fcinfo, int *cluster, double *distance)
{
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));
	double		room[8];
	const double *row = get_columns(fcinfo, ready, room);

	if (row)
		*cluster = scorer_place(&ready->scorer, row, distance);
	return row != NULL;
}

static bool
place_array(FunctionCallInfo fcinfo, int *cluster, double *distance)
{
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));
	const double *row = get_array(fcinfo, ready);

	if (row)
		*cluster = scorer_place(&ready->scorer, row, distance);
	return row != NULL;
}

/* cluster_id(clustering, f1, ...) */
PG_FUNCTION_INFO_V1(segment_cluster_id_columns);
Datum
segment_cluster_id_columns(PG_FUNCTION_ARGS)
{
	int			cluster;
	double		distance;

	if (!place_columns(fcinfo, &cluster, &distance))
		PG_RETURN_NULL();
	PG_RETURN_INT32(cluster);
}

/* cluster_id(clustering, features) */
PG_FUNCTION_INFO_V1(segment_cluster_id_array);
Datum
segment_cluster_id_array(PG_FUNCTION_ARGS)
{
	int			cluster;
	double		distance;

	if (!place_array(fcinfo, &cluster, &distance))
		PG_RETURN_NULL();
	PG_RETURN_INT32(cluster);
}

/* cluster_distance(clustering, f1, ...) */
PG_FUNCTION_INFO_V1(segment_cluster_distance_columns);
Datum
segment_cluster_distance_columns(PG_FUNCTION_ARGS)
{
	int			cluster;
	double		distance;

	if (!place_columns(fcinfo, &cluster, &distance))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(distance);
}

/* cluster_distance(clustering, features) */
PG_FUNCTION_INFO_V1(segment_cluster_distance_array);
Datum
segment_cluster_distance_array(PG_FUNCTION_ARGS)
{
	int			cluster;
	double		distance;

	if (!place_array(fcinfo, &cluster, &distance))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(distance);
}

PG_FUNCTION_INFO_V1(segment_cluster_inertia);
Datum
segment_cluster_inertia(PG_FUNCTION_ARGS)
{
	Clusters	c = clustering_open(PG_GETARG_CLUSTERING(0));

	PG_RETURN_FLOAT8(clusters_inertia(&c));
}

/* A float8[] of n numbers. */
static ArrayType *
make_array(const double *value, int n)
{
	Datum	   *element = palloc(sizeof(Datum) * n);

	for (int i = 0; i < n; i++)
		element[i] = Float8GetDatum(value[i]);
	return construct_array(element, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
						   TYPALIGN_DOUBLE);
}

static void
require_mixture(const Clusters *clusters)
{
	if (!clusters->is_mixture)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the clustering is not a mixture, its clusters have no probabilities"),
				 errhint("Fit a mixture of Gaussians with gmm(), or take the distance: cluster_distance().")));
}

/* What a row, unless NULL, owes to the components of the mixture. */
static Datum
probabilities(FunctionCallInfo fcinfo, ReadyClustering *ready, const double *row)
{
	double	   *probability;

	require_mixture(&ready->clusters);
	if (row == NULL)
		PG_RETURN_NULL();
	probability = palloc(sizeof(double) * ready->clusters.k);
	scorer_weigh(&ready->scorer, row, probability);
	PG_RETURN_ARRAYTYPE_P(make_array(probability, ready->clusters.k));
}

/* cluster_probability(clustering, f1, ...) */
PG_FUNCTION_INFO_V1(segment_cluster_probability_columns);
Datum
segment_cluster_probability_columns(PG_FUNCTION_ARGS)
{
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));
	double		room[8];

	return probabilities(fcinfo, ready, get_columns(fcinfo, ready, room));
}

/* cluster_probability(clustering, features) */
PG_FUNCTION_INFO_V1(segment_cluster_probability_array);
Datum
segment_cluster_probability_array(PG_FUNCTION_ARGS)
{
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));

	return probabilities(fcinfo, ready, get_array(fcinfo, ready));
}

/* segment.score_row(clustering, features) -> (number, distance, probability) */
PG_FUNCTION_INFO_V1(segment_score_row);
Datum
segment_score_row(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));
	const double *row = get_array(fcinfo, ready);
	int			k = ready->clusters.k;
	double	   *distance;
	double	   *probability = NULL;

	InitMaterializedSRF(fcinfo, 0);
	if (row == NULL)
		return (Datum) 0;
	distance = core_alloc(k, sizeof(double));
	scorer_distances(&ready->scorer, row, distance);
	if (ready->clusters.is_mixture)
	{
		probability = core_alloc(k, sizeof(double));
		scorer_weigh(&ready->scorer, row, probability);
	}
	for (int i = 0; i < k; i++)
	{
		Datum		values[3] = {Int32GetDatum(i), Float8GetDatum(distance[i])};
		bool		nulls[3] = {false, false, probability == NULL};

		if (probability)
			values[2] = Float8GetDatum(probability[i]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/* A row less likely than e to this power counts as that likely. */
#define LEAST_LOG_DENSITY (-1e12)

/*
 * segment.gmm_terms(clustering, features) -> float8[]: what a row adds to
 * log-likelihood and entropy.
 */
PG_FUNCTION_INFO_V1(segment_gmm_terms);
Datum
segment_gmm_terms(PG_FUNCTION_ARGS)
{
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));
	const double *row = get_array(fcinfo, ready);
	double		term[2];

	require_mixture(&ready->clusters);
	if (row == NULL)
		PG_RETURN_NULL();
	term[0] = Max(scorer_log_density(&ready->scorer, row, &term[1]), LEAST_LOG_DENSITY);
	PG_RETURN_ARRAYTYPE_P(make_array(term, 2));
}

/* cluster_stats(clustering) -> (cluster, size, share, centroid, inertia, radius) */
PG_FUNCTION_INFO_V1(segment_cluster_stats);
Datum
segment_cluster_stats(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Clusters	c = clustering_open(PG_GETARG_CLUSTERING(0));
	int64		rows = 0;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < c.k; i++)
		rows += c.size[i];
	for (int i = 0; i < c.k; i++)
	{
		Datum		values[6];
		bool		nulls[6] = {false};

		values[0] = Int32GetDatum(i);
		values[1] = Int64GetDatum(c.size[i]);
		values[2] = Float8GetDatum((double) c.size[i] / (double) rows);
		values[3] = PointerGetDatum(make_array(c.centroid + (Size) i * c.dim, c.dim));
		values[4] = Float8GetDatum(c.inertia[i]);
		values[5] = Float8GetDatum(c.radius[i]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/* cluster_profile(clustering) -> (cluster, feature, mean, spread, z) */
PG_FUNCTION_INFO_V1(segment_cluster_profile);
Datum
segment_cluster_profile(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Clusters	c = clustering_open(PG_GETARG_CLUSTERING(0));
	double	   *z = core_alloc(mul_size(c.k, c.dim), sizeof(double));

	InitMaterializedSRF(fcinfo, 0);
	clusters_z(&c, z);
	for (int i = 0; i < c.k; i++)
		for (int j = 0; j < c.dim; j++)
		{
			Size		at = (Size) i * c.dim + j;
			Datum		values[5];
			bool		nulls[5] = {false};

			values[0] = Int32GetDatum(i);
			values[1] = Int32GetDatum(j + 1);
			values[2] = Float8GetDatum(c.mean[at]);
			values[3] = Float8GetDatum(c.spread[at]);
			values[4] = Float8GetDatum(z[at]);
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
			CHECK_FOR_INTERRUPTS();
		}
	return (Datum) 0;
}

/*
 * The covariance L L' of component i as a matrix, its features in their units.
 * Products go by way of the units, one after the other, lest they overflow.
 */
static ArrayType *
make_covariance(const Clusters *c, int i)
{
	const double *factor = c->mixture.factor + i * triangle_size(c->dim);
	const double *unit = c->scaling.unit;
	Datum	   *element = palloc(mul_size((Size) c->dim * c->dim, sizeof(Datum)));
	int			dims[2] = {c->dim, c->dim};
	int			lower[2] = {1, 1};

	for (int a = 0; a < c->dim; a++)
		for (int b = 0; b <= a; b++)
		{
			double		sum = 0;

			for (int j = 0; j <= b; j++)
				sum += (factor[triangle_at(a, j)] * unit[a]) * (factor[triangle_at(b, j)] * unit[b]);
			element[a * c->dim + b] = element[b * c->dim + a] = Float8GetDatum(sum);
		}
	return construct_md_array(element, NULL, 2, dims, lower, FLOAT8OID, sizeof(float8),
							  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/* cluster_components(clustering) -> (cluster, weight, covariance) */
PG_FUNCTION_INFO_V1(segment_cluster_components);
Datum
segment_cluster_components(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Clusters	c = clustering_open(PG_GETARG_CLUSTERING(0));

	require_mixture(&c);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < c.k; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = Int32GetDatum(i);
		values[1] = Float8GetDatum(c.mixture.weight[i]);
		values[2] = PointerGetDatum(make_covariance(&c, i));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

static void
put_stat(ReturnSetInfo *result, const char *name, double value)
{
	Datum		values[2] = {CStringGetTextDatum(name), Float8GetDatum(value)};
	bool		nulls[2] = {false};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* cluster_fit_stats(clustering) -> (name, value) */
PG_FUNCTION_INFO_V1(segment_cluster_fit_stats);
Datum
segment_cluster_fit_stats(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Clustering *clustering = PG_GETARG_CLUSTERING(0);
	Clusters	c = clustering_open(clustering);
	double		rows = 0;

	for (int i = 0; i < c.k; i++)
		rows += (double) c.size[i];
	InitMaterializedSRF(fcinfo, 0);
	put_stat(result, "rows", rows);
	put_stat(result, "features", c.dim);
	put_stat(result, "clusters", c.k);
	put_stat(result, "inertia", clusters_inertia(&c));
	if (c.is_mixture)
	{
		put_stat(result, "log_likelihood", c.fit.log_likelihood);
		put_stat(result, "bic", mixture_bic(&c.mixture, c.fit.log_likelihood, rows));
		put_stat(result, "icl", mixture_icl(&c.mixture, c.fit.log_likelihood, c.fit.entropy, rows));
		put_stat(result, "iterations", c.fit.iterations);
		put_stat(result, "converged", c.fit.converged);
		put_stat(result, "floored", c.fit.floored);
		return (Datum) 0;
	}
	put_stat(result, "inertia_lower", c.inertia_lower);
	put_stat(result, "inertia_upper", c.inertia_upper);
	if (clustering->method == METHOD_HCLUST)
		put_stat(result, "disagreement", clustering->disagreement);
	return (Datum) 0;
}
