/*
 * scoring.c
 *	  What a clustering says: the place of a row, and its own statistics.
 */
#include "clustering.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "catalog/pg_type.h"

#include "core.h"
#include "features.h"

/*
 * A clustering made ready for scoring, kept from row to row.  It is recognised
 * by the bytes of the argument before any detoasting: for a value stored out
 * of line these are the 18 bytes that say where it lies.
 */
typedef struct ReadyClustering
{
	MemoryContext context;
	Size		length;
	char	   *bytes;
	Clusters	clusters;
	Scorer		scorer;
} ReadyClustering;

static ReadyClustering *
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

static void
check_features(const ReadyClustering *ready, int dim)
{
	if (ready->clusters.dim != dim)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the clustering has %d features, the row %d", ready->clusters.dim, dim),
				 errhint("Give the features that the clustering was fitted to, in the same order.")));
}

/* Returns false for a row without a place: a feature is NULL, NaN or infinite. */
static bool
place_columns(FunctionCallInfo fcinfo, int *cluster, double *distance)
{
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));
	int			dim = PG_NARGS() - 1;
	double		row[8];

	check_features(ready, dim);
	for (int j = 0; j < dim; j++)
		row[j] = PG_GETARG_FLOAT8(j + 1);
	if (!features_are_finite(row, dim))
		return false;
	*cluster = scorer_nearest(&ready->scorer, row, distance);
	return true;
}

static bool
place_array(FunctionCallInfo fcinfo, int *cluster, double *distance)
{
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));
	int			dim;
	bool		has_null;
	const double *row = features_of_array(PG_GETARG_DATUM(1), &dim, &has_null);

	check_features(ready, dim);
	if (has_null || !features_are_finite(row, dim))
		return false;
	*cluster = scorer_nearest(&ready->scorer, row, distance);
	return true;
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
static Datum
make_array(const double *value, int n)
{
	Datum	   *element = palloc(sizeof(Datum) * n);

	for (int i = 0; i < n; i++)
		element[i] = Float8GetDatum(value[i]);
	return PointerGetDatum(construct_array(element, n, FLOAT8OID, sizeof(float8),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
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
		values[3] = make_array(c.centroid + (Size) i * c.dim, c.dim);
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

/* cluster_fit_stats(clustering) -> (name, value) */
PG_FUNCTION_INFO_V1(segment_cluster_fit_stats);
Datum
segment_cluster_fit_stats(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Clustering *clustering = PG_GETARG_CLUSTERING(0);
	Clusters	c = clustering_open(clustering);
	int64		rows = 0;

	for (int i = 0; i < c.k; i++)
		rows += c.size[i];
	{
		const struct
		{
			const char *name;
			double		value;
		}			stats[] = {
			{"rows", (double) rows},
			{"features", c.dim},
			{"clusters", c.k},
			{"inertia", clusters_inertia(&c)},
			{"inertia_lower", c.inertia_lower},
			{"inertia_upper", c.inertia_upper},
			{"disagreement", clustering->disagreement},
		};

		InitMaterializedSRF(fcinfo, 0);
		for (int i = 0; i < (int) lengthof(stats); i++)
		{
			Datum		values[2] = {CStringGetTextDatum(stats[i].name),
			Float8GetDatum(stats[i].value)};
			bool		nulls[2] = {false};

			if (clustering->method == METHOD_KMEANS && strcmp(stats[i].name, "disagreement") == 0)
				continue;
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}
