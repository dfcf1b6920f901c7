/*
 * dendrogram_read.c
 *	  What a dendrogram says: its leaves, its merges, its cuts.
 */
#include "dendrogram_type.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "clusters.h"
#include "core.h"
#include "notices.h"
#include "options.h"

/*
 * The clusters of a cut, leaf by leaf, as an array; label[] numbers them by
 * their first leaf, the result by their centroid.
 */
static Datum
cut_result(Dendrogram *dendrogram, int *label, int k)
{
	Rows		leaves = dendrogram_rows(dendrogram);
	Clusters	clusters = clusters_alloc(k, leaves.dim);
	Datum	   *id = core_alloc(leaves.n, sizeof(Datum));

	clusters.scaling = dendrogram_open(dendrogram).scaling;
	clusters_number(&clusters, &leaves, label);
	for (int i = 0; i < leaves.n; i++)
		id[i] = Int32GetDatum(label[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(id, leaves.n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

static Datum
cut_at_count(FunctionCallInfo fcinfo, int32 count)
{
	Dendrogram *dendrogram = PG_GETARG_DENDROGRAM(0);
	DendrogramParts t = dendrogram_open(dendrogram);
	int			k = hclust_options_of_k((Argument) {Int32GetDatum(count), false}).k;
	int		   *label = core_alloc(t.n, sizeof(int));
	FitFacts	facts = {.distinct = t.n, .converged = true};

	notices_add(notices_of(fcinfo->flinfo, "dendrogram_cut"), 0, k, &facts);
	k = dendrogram_cut_at_count(t.merge, t.n, Min(k, t.n), label);
	return cut_result(dendrogram, label, k);
}

/* dendrogram_cut(t, k) */
PG_FUNCTION_INFO_V1(segment_dendrogram_cut_at_count);
Datum
segment_dendrogram_cut_at_count(PG_FUNCTION_ARGS)
{
	return cut_at_count(fcinfo, PG_GETARG_INT32(1));
}

/* The same of a bigint, such as count(*), which would be taken for a height. */
PG_FUNCTION_INFO_V1(segment_dendrogram_cut_at_bigint);
Datum
segment_dendrogram_cut_at_bigint(PG_FUNCTION_ARGS)
{
	int64		k = PG_GETARG_INT64(1);

	return cut_at_count(fcinfo, (int32) Max(Min(k, PG_INT32_MAX), PG_INT32_MIN));
}

/* dendrogram_cut(t, height) */
PG_FUNCTION_INFO_V1(segment_dendrogram_cut_at_height);
Datum
segment_dendrogram_cut_at_height(PG_FUNCTION_ARGS)
{
	Dendrogram *dendrogram = PG_GETARG_DENDROGRAM(0);
	DendrogramParts t = dendrogram_open(dendrogram);
	double		height = hclust_height((Argument) {PG_GETARG_DATUM(1), false});
	int		   *label = core_alloc(t.n, sizeof(int));
	int			k = dendrogram_cut_at_height(t.merge, t.n, height, label);

	return cut_result(dendrogram, label, k);
}

/* dendrogram_leaves(t) -> (leaf, features, weight) */
PG_FUNCTION_INFO_V1(segment_dendrogram_leaves);
Datum
segment_dendrogram_leaves(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	DendrogramParts t = dendrogram_open(PG_GETARG_DENDROGRAM(0));
	Datum	   *x = core_alloc(t.dim, sizeof(Datum));

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < t.n; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};
		ArrayType  *features;

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < t.dim; j++)
			x[j] = Float8GetDatum(t.x[(Size) i * t.dim + j]);
		features = construct_array(x, t.dim, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
								   TYPALIGN_DOUBLE);
		values[0] = Int32GetDatum(i + 1);
		values[1] = PointerGetDatum(features);
		values[2] = Int64GetDatum(t.weight[i]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(features);
	}
	return (Datum) 0;
}

/* dendrogram_merges(t) -> (step, left_id, right_id, height, size) */
PG_FUNCTION_INFO_V1(segment_dendrogram_merges);
Datum
segment_dendrogram_merges(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	DendrogramParts t = dendrogram_open(PG_GETARG_DENDROGRAM(0));
	int		   *left = core_alloc(t.n, sizeof(int));
	int		   *right = core_alloc(t.n, sizeof(int));
	int64	   *size = core_alloc(t.n, sizeof(int64));

	InitMaterializedSRF(fcinfo, 0);
	dendrogram_steps(t.merge, t.weight, t.n, left, right, size);
	for (int step = 0; step < t.n - 1; step++)
	{
		Datum		values[5];
		bool		nulls[5] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = Int32GetDatum(step + 1);
		values[1] = Int32GetDatum(left[step]);
		values[2] = Int32GetDatum(right[step]);
		values[3] = Float8GetDatum(t.merge[step].height);
		values[4] = Int64GetDatum(size[step]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* dendrogram_cophenetic(t) */
PG_FUNCTION_INFO_V1(segment_dendrogram_cophenetic);
Datum
segment_dendrogram_cophenetic(PG_FUNCTION_ARGS)
{
	Dendrogram *dendrogram = PG_GETARG_DENDROGRAM(0);
	DendrogramParts t = dendrogram_open(dendrogram);
	Rows		leaves = dendrogram_rows(dendrogram);
	Rows		scaled = scaling_rows(&t.scaling, &leaves);
	double		correlation;

	rows_normalise(&scaled);
	correlation = dendrogram_cophenetic(t.merge, &scaled);
	if (isnan(correlation))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(correlation);
}

/* dendrogram_suggest_k(t) */
PG_FUNCTION_INFO_V1(segment_dendrogram_suggest_k);
Datum
segment_dendrogram_suggest_k(PG_FUNCTION_ARGS)
{
	DendrogramParts t = dendrogram_open(PG_GETARG_DENDROGRAM(0));

	PG_RETURN_INT32(dendrogram_suggest_k(t.merge, t.n));
}

/* dendrogram_inversions(t) */
PG_FUNCTION_INFO_V1(segment_dendrogram_inversions);
Datum
segment_dendrogram_inversions(PG_FUNCTION_ARGS)
{
	DendrogramParts t = dendrogram_open(PG_GETARG_DENDROGRAM(0));

	PG_RETURN_INT32(dendrogram_inversions(t.merge, t.n));
}
