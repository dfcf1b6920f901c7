/*
 * baseline.c
 *	  What rows look like to a model: how many are in its clusters, outside
 *	  their radii, and in the bins of each feature.
 *
 * A tally is a float8[], so that it needs no state of its own, parallel
 * workers add theirs up, and it can be stored.  Counts are exact up to 2^53.
 *
 *	 k | rows without a cluster
 *	 | rows of each cluster [k] | of these, those outside its radius [k]
 *	 | and for each feature: rows without a number, sum, sum, bins [BINS]
 *
 * The sum of a feature's values, times 2^-64 so that it cannot overflow, is
 * the sum of two numbers, the second of which holds what the first has lost
 * to rounding: the mean depends on the order of the rows no more than in its
 * last digit, if that.
 */
#include "aggregates.h"
#include "scoring.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "bins.h"
#include "features.h"
#include "sketch_type.h"

#define FEATURE_WORDS (3 + BINS)

/* The numbers of a tally; where those of the features begin. */
#define tally_words(k, dim) (2 + 2 * (k) + (dim) * FEATURE_WORDS)
#define tally_features(k) (2 + 2 * (k))

#define SUM_UNIT 0x1p-64

/* A row whose distance is larger than the radius by no more is not outside: it may be rounding. */
#define RADIUS_SLACK 1e-9

/* segment.bin_edges(sketch) -> float8[][]: for each feature the edges of its bins. */
PG_FUNCTION_INFO_V1(segment_bin_edges);
Datum
segment_bin_edges(PG_FUNCTION_ARGS)
{
	Sketch	   *s = sketch_finished(PG_GETARG_SKETCH(0));
	Rows		rows = sketch_rows(s);
	int			dims[2] = {rows.dim, BIN_EDGES};
	int			lower[2] = {1, 1};
	Datum	   *element = palloc(sizeof(Datum) * rows.dim * BIN_EDGES);
	double		edge[BIN_EDGES];

	if (rows.n == 0)
		PG_RETURN_NULL();
	for (int j = 0; j < rows.dim; j++)
	{
		core_poll("bins", (double) j / rows.dim);
		bins_by_deciles(rows.x + (Size) j * rows.n, rows.weight, rows.n, edge);
		for (int i = 0; i < BIN_EDGES; i++)
			element[j * BIN_EDGES + i] = Float8GetDatum(edge[i]);
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(element, NULL, 2, dims, lower, FLOAT8OID,
											 sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Add a value to a sum and what it has lost (Knuth's two-sum). */
static inline void
add_to_sum(double *sum, double value)
{
	double		total = sum[0] + value;
	double		added = total - sum[0];

	sum[1] += (sum[0] - (total - added)) + (value - added);
	sum[0] = total;
}

/* A tally of no rows. */
static ArrayType *
tally_create(int k, int dim)
{
	int			n = tally_words(k, dim);
	Datum	   *element = palloc(sizeof(Datum) * n);
	ArrayType  *tally;

	element[0] = Float8GetDatum(k);
	for (int i = 1; i < n; i++)
		element[i] = Float8GetDatum(0);
	tally = construct_array(element, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	pfree(element);
	return tally;
}

/* The edges of a model's bins, dim * BIN_EDGES of them. */
static const double *
get_edges(ArrayType *edges, int dim)
{
	if (ARR_ELEMTYPE(edges) != FLOAT8OID || ARR_HASNULL(edges) || ARR_NDIM(edges) != 2 ||
		ARR_DIMS(edges)[0] != dim || ARR_DIMS(edges)[1] != BIN_EDGES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the bins must have %d edges for each of the %d features", BIN_EDGES, dim)));
	return (const double *) ARR_DATA_PTR(edges);
}

/* The values of a row, of which those that are NULL become NaN. */
static const double *
get_row(Datum array, const ReadyClustering *ready)
{
	int			dim;
	bool		has_null;
	const double *value = features_of_array(array, &dim, &has_null);
	Datum	   *element;
	bool	   *is_null;
	double	   *row;

	ready_check_features(ready, dim);
	if (!has_null)
		return value;
	deconstruct_array(DatumGetArrayTypeP(array), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &element, &is_null, &dim);
	row = palloc(sizeof(double) * dim);
	for (int j = 0; j < dim; j++)
		row[j] = is_null[j] ? NAN : DatumGetFloat8(element[j]);
	return row;
}

/* Add so many rows of the same values to a tally. */
static void
tally_row(double *tally, ReadyClustering *ready, const double *edge, const double *row, double rows)
{
	int			k = ready->clusters.k;
	int			dim = ready->clusters.dim;
	double	   *count = tally + tally_features(k);
	bool		is_whole = true;

	for (int j = 0; j < dim; j++)
	{
		if (feature_is_finite(row[j]))
		{
			add_to_sum(count + 1, rows * (row[j] * SUM_UNIT));
			count[3 + bin_of(edge, row[j])] += rows;
		}
		else
		{
			count[0] += rows;
			is_whole = false;
		}
		count += FEATURE_WORDS;
		edge += BIN_EDGES;
	}

	if (is_whole)
	{
		double		distance;
		int			cluster = scorer_place(&ready->scorer, row, &distance);

		tally[2 + cluster] += rows;
		if (distance > ready->clusters.radius[cluster] * (1 + RADIUS_SLACK))
			tally[2 + k + cluster] += rows;
	}
	else
		tally[1] += rows;
}

/* Transition of segment.tally(clustering, edges, features) */
PG_FUNCTION_INFO_V1(segment_tally_add);
Datum
segment_tally_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ReadyClustering *ready;
	const double *edge;
	const double *row;
	ArrayType  *tally;
	int			k;
	int			dim;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a tally needs a clustering, edges of bins, and features")));
	ready = ready_clustering(fcinfo, PG_GETARG_DATUM(1));
	k = ready->clusters.k;
	dim = ready->clusters.dim;
	edge = get_edges(PG_GETARG_ARRAYTYPE_P(2), dim);
	row = get_row(PG_GETARG_DATUM(3), ready);
	if (PG_ARGISNULL(0))
	{
		MemoryContext caller = MemoryContextSwitchTo(context);

		tally = tally_create(k, dim);
		MemoryContextSwitchTo(caller);
	}
	else
		tally = PG_GETARG_ARRAYTYPE_P(0);
	if (ARR_NDIM(tally) != 1 || ARR_DIMS(tally)[0] != tally_words(k, dim))
		elog(ERROR, "the tally is of another model");
	tally_row((double *) ARR_DATA_PTR(tally), ready, edge, row, 1);
	PG_RETURN_ARRAYTYPE_P(tally);
}

/*
 * segment.tally_of_sketch(clustering, edges, sketch) -> float8[]: the tally of
 * the rows of a sketch that has them all, NULL if it does not.
 */
PG_FUNCTION_INFO_V1(segment_tally_of_sketch);
Datum
segment_tally_of_sketch(PG_FUNCTION_ARGS)
{
	ReadyClustering *ready = ready_clustering(fcinfo, PG_GETARG_DATUM(0));
	int			dim = ready->clusters.dim;
	const double *edge = get_edges(PG_GETARG_ARRAYTYPE_P(1), dim);
	Sketch	   *s = sketch_finished(PG_GETARG_SKETCH(2));
	Rows		rows;
	double	   *row;
	ArrayType  *tally;

	if (!s->exact || s->skipped > 0)
		PG_RETURN_NULL();
	rows = sketch_rows(s);
	ready_check_features(ready, rows.dim);
	row = palloc(sizeof(double) * dim);
	tally = tally_create(ready->clusters.k, dim);
	for (int i = 0; i < rows.n; i++)
	{
		if (i % 1024 == 0)
			core_poll("tally", (double) i / rows.n);
		for (int j = 0; j < dim; j++)
			row[j] = rows.x[(Size) j * rows.n + i];
		tally_row((double *) ARR_DATA_PTR(tally), ready, edge, row, rows.weight[i]);
	}
	PG_RETURN_ARRAYTYPE_P(tally);
}

/* The sum of two tallies of one model. */
PG_FUNCTION_INFO_V1(segment_tally_combine);
Datum
segment_tally_combine(PG_FUNCTION_ARGS)
{
	ArrayType  *into;
	ArrayType  *from;
	double	   *to;
	const double *add;
	int			n;
	int			features;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(PG_ARGISNULL(0) ? 1 : 0));
	into = PG_GETARG_ARRAYTYPE_P(0);
	from = PG_GETARG_ARRAYTYPE_P(1);
	to = (double *) ARR_DATA_PTR(into);
	add = (const double *) ARR_DATA_PTR(from);
	n = ArrayGetNItems(ARR_NDIM(into), ARR_DIMS(into));
	if (n == 0 || ArrayGetNItems(ARR_NDIM(from), ARR_DIMS(from)) != n || to[0] != add[0])
		elog(ERROR, "the tallies are of different models");
	features = tally_features((int) to[0]);
	for (int i = 1; i < n; i++)
		if (i >= features && (i - features) % FEATURE_WORDS == 1)
			add_to_sum(to + i, add[i]);
		else
			to[i] += add[i];
	PG_RETURN_ARRAYTYPE_P(into);
}
