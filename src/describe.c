/*
 * describe.c
 *	  Aggregates behind segment.describe: the distribution of a column of
 *	  numbers, and the number of different values of any other.
 *
 * A state does not depend on the order in which rows came or states were
 * merged: sums are exact, the sketch and the registers are functions of the
 * set of rows.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "aggregates.h"
#include "core.h"
#include "distinct.h"
#include "exact_sums.h"
#include "features.h"
#include "order_sketch.h"
#include "sketch_type.h"

/* So many values of another type are told apart, by 64 bits of hash; beyond, their number is an estimate. */
#define MOST_HASHES 65536

/* An estimated number of values is within so many standard deviations. */
#define DEVIATIONS 4

/* Characters of a histogram. */
#define HISTOGRAM_WIDTH 20

/* Values wait until there are so many, for a sketch takes many at once in less time. */
#define WAITING 256

typedef struct Distribution
{
	int64		not_finite;
	double		min;			/* of the finite values, of which sums.n are */
	double		max;
	PowerSums	sums;
	Distinct	distinct;
	Sketch	   *sketch;
	int			waiting;
	double		wait[WAITING];
} Distribution;

/* While the hashes are few they are kept, in a table in which 0 is a free place. */
typedef struct Values
{
	int64		n;
	bool		is_hashable;
	bool		has_zero;		/* a hash of 0 */
	int			hashes;			/* in the table; more than MOST_HASHES: it is gone */
	int			slots;			/* a power of two, or 0 */
	uint64	   *slot;
	Distinct	distinct;
} Values;

/* ---- numbers ---- */

static Distribution *
distribution_begin(MemoryContext context, int size)
{
	Distribution *state;
	Sketch	   *sketch;

	if (size < ORDER_LEAST_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("size must be at least %d", ORDER_LEAST_SIZE),
				 errhint("size is the most entries that a sketch keeps, such as 16384.")));
	sketch_ask_memory(1, size);
	state = MemoryContextAllocZero(context, sizeof(Distribution));
	state->min = DBL_MAX;
	state->max = -DBL_MAX;
	sketch = sketch_begin_order(1, size);
	sketch_keep(&state->sketch, sketch, context);
	return state;
}

/* Enter the values that wait. */
static void
add_waiting(Distribution *state, MemoryContext context)
{
	const double *column = state->wait;
	Sketch	   *sketch = state->sketch;

	for (int i = 0; i < state->waiting; i++)
	{
		double		x = state->wait[i];
		uint64		bits;

		state->min = Min(state->min, x);
		state->max = Max(state->max, x);
		exact_add_powers(&state->sums, exact_parts(x));
		memcpy(&bits, &x, sizeof(bits));
		distinct_add(&state->distinct, distinct_hash(bits));
	}
	if (state->waiting > 0)
	{
		sketch_check(sketch_add_columns(&sketch, &column, state->waiting), sketch);
		sketch_keep(&state->sketch, sketch, context);
		state->waiting = 0;
	}
}

/* segment.distribution_of(x, size) */
PG_FUNCTION_INFO_V1(segment_distribution_add);
Datum
segment_distribution_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Distribution *state;
	double		x;

	state = PG_ARGISNULL(0) ? distribution_begin(context, PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2)) :
		(Distribution *) PG_GETARG_POINTER(0);
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(state);
	x = PG_GETARG_FLOAT8(1) + 0.0;	/* -0 is 0 */
	if (!feature_is_finite(x))
	{
		state->not_finite++;
		PG_RETURN_POINTER(state);
	}
	state->wait[state->waiting++] = x;
	if (state->waiting == WAITING)
		add_waiting(state, context);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_distribution_combine);
Datum
segment_distribution_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Distribution *state = PG_ARGISNULL(0) ? NULL : (Distribution *) PG_GETARG_POINTER(0);
	Distribution *more = PG_ARGISNULL(1) ? NULL : (Distribution *) PG_GETARG_POINTER(1);
	Sketch	   *sketch;

	if (more == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = distribution_begin(context, more->sketch->size);
	add_waiting(state, context);
	add_waiting(more, context);
	state->not_finite += more->not_finite;
	state->min = Min(state->min, more->min);
	state->max = Max(state->max, more->max);
	exact_merge_powers(&state->sums, &more->sums);
	distinct_merge(&state->distinct, &more->distinct);
	sketch = state->sketch;
	sketch_check(sketch_merge(&sketch, more->sketch), sketch);
	sketch_keep(&state->sketch, sketch, context);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_distribution_serialize);
Datum
segment_distribution_serialize(PG_FUNCTION_ARGS)
{
	Distribution *state = (Distribution *) PG_GETARG_POINTER(0);
	Sketch	   *closed;
	Size		length;
	bytea	   *bytes;

	add_waiting(state, aggregate_context(fcinfo));
	sketch_check(sketch_close(state->sketch, &closed), state->sketch);
	length = VARHDRSZ + sizeof(Distribution) + sketch_bytes(closed);
	bytes = palloc(length);
	SET_VARSIZE(bytes, length);
	memcpy(VARDATA(bytes), state, sizeof(Distribution));
	memcpy(VARDATA(bytes) + sizeof(Distribution), closed, sketch_bytes(closed));
	PG_RETURN_BYTEA_P(bytes);
}

PG_FUNCTION_INFO_V1(segment_distribution_deserialize);
Datum
segment_distribution_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	Size		length = VARSIZE_ANY_EXHDR(bytes) - sizeof(Distribution);
	Distribution *state = palloc(sizeof(Distribution));

	aggregate_context(fcinfo);
	memcpy(state, VARDATA_ANY(bytes), sizeof(Distribution));
	state->sketch = palloc(length);
	memcpy(state->sketch, VARDATA_ANY(bytes) + sizeof(Distribution), length);
	PG_RETURN_POINTER(state);
}

/* Bars of a histogram: any rows at all show. */
static Datum
draw_histogram(const OrderBins *bins)
{
	static const char *const blocks[] = {
		" ", "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84", "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87",
		"\xe2\x96\x88"
	};
	static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
	const char *const *level = GetDatabaseEncoding() == PG_UTF8 ? blocks : ascii;
	double		rows[HISTOGRAM_WIDTH];
	double		most = 0;
	StringInfoData text;

	order_histogram(bins, HISTOGRAM_WIDTH, rows);
	for (int i = 0; i < HISTOGRAM_WIDTH; i++)
		most = Max(most, rows[i]);
	initStringInfo(&text);
	for (int i = 0; i < HISTOGRAM_WIDTH; i++)
		appendStringInfoString(&text, level[(int) ceil(8 * (rows[i] / most))]);
	return CStringGetTextDatum(text.data);
}

/* A number of values: rounded, and how far off it may be. */
static void
return_distinct(double estimate, double least, double most, Datum *distinct, Datum *error)
{
	estimate = Max(least, Min(rint(estimate), most));
	*distinct = Int64GetDatum((int64) estimate);
	*error = Float8GetDatum(least == most ? 0 :
							Min(ceil(DEVIATIONS * DISTINCT_ERROR * estimate), Max(most - estimate, estimate - least)));
}

/*
 * -> segment.distribution: (rows, not_finite, distinct_values, distinct_error,
 * mean, sd, min, q1, median, q3, max, quartile_error, skew, kurtosis, histogram)
 */
PG_FUNCTION_INFO_V1(segment_distribution_final);
Datum
segment_distribution_final(PG_FUNCTION_ARGS)
{
	enum
	{
		ROWS, NOT_FINITE, DISTINCT_VALUES, DISTINCT_OFF, MEAN, SD, MIN, Q1, MEDIAN, Q3, MAX, QUARTILE_OFF,
		SKEW, KURTOSIS, HISTOGRAM, COLUMNS
	};
	Distribution *state;
	TupleDesc	tupdesc;
	MemoryContext context = aggregate_context(fcinfo);
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (Distribution *) PG_GETARG_POINTER(0);
	add_waiting(state, context);
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	memset(nulls, true, sizeof(nulls));
	values[ROWS] = Int64GetDatum(state->sums.n + state->not_finite);
	values[NOT_FINITE] = Int64GetDatum(state->not_finite);
	values[DISTINCT_VALUES] = Int64GetDatum(0);
	values[DISTINCT_OFF] = Float8GetDatum(0);
	nulls[ROWS] = nulls[NOT_FINITE] = nulls[DISTINCT_VALUES] = nulls[DISTINCT_OFF] = false;
	if (state->sums.n > 0)
	{
		Shape		shape = exact_shape(&state->sums);
		Sketch	   *closed;
		OrderBins	bins;
		double		least;
		double		off = 0;
		const double moment[] = {shape.mean, shape.sd, shape.skew, shape.kurtosis};
		const int	column[] = {MEAN, SD, SKEW, KURTOSIS};

		sketch_check(sketch_close(state->sketch, &closed), state->sketch);
		bins = order_bins(closed, state->min, state->max);
		least = order_least_distinct(&bins);
		return_distinct(closed->exact ? least : distinct_estimate(&state->distinct), least,
						closed->exact ? least : (double) state->sums.n,
						&values[DISTINCT_VALUES], &values[DISTINCT_OFF]);
		for (int i = 0; i < 4; i++)
		{
			values[column[i]] = Float8GetDatum(moment[i]);
			nulls[column[i]] = isnan(moment[i]);
		}
		values[MIN] = Float8GetDatum(state->min);
		values[MAX] = Float8GetDatum(state->max);
		for (int i = 0; i < 3; i++)
		{
			Estimate	quartile = order_quantile(&bins, 0.25 * (i + 1));

			values[Q1 + i] = Float8GetDatum(quartile.value);
			off = Max(off, Max(quartile.high - quartile.value, quartile.value - quartile.low));
		}
		values[QUARTILE_OFF] = Float8GetDatum(off);
		values[HISTOGRAM] = draw_histogram(&bins);
		for (int i = MIN; i <= QUARTILE_OFF; i++)
			nulls[i] = false;
		nulls[HISTOGRAM] = false;
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/* ---- values of any type ---- */

static void
values_add(Values *state, uint64 hash, MemoryContext context)
{
	int			at;

	distinct_add(&state->distinct, hash);
	if (state->hashes > MOST_HASHES)
		return;
	if (hash == 0)
	{
		state->hashes += !state->has_zero;
		state->has_zero = true;
		return;
	}
	if (2 * state->hashes >= state->slots)
	{
		uint64	   *old = state->slot;
		int			n = state->slots;

		state->slots = Max(64, 2 * n);
		state->slot = MemoryContextAllocZero(context, sizeof(uint64) * state->slots);
		for (int i = 0; i < n; i++)
			if (old[i] != 0)
			{
				for (at = (int) (old[i] & (state->slots - 1)); state->slot[at] != 0;)
					at = (at + 1) & (state->slots - 1);
				state->slot[at] = old[i];
			}
		if (old)
			pfree(old);
	}
	for (at = (int) (hash & (state->slots - 1)); state->slot[at] != 0; at = (at + 1) & (state->slots - 1))
		if (state->slot[at] == hash)
			return;
	state->slot[at] = hash;
	if (++state->hashes > MOST_HASHES)
	{
		pfree(state->slot);
		state->slot = NULL;
		state->slots = 0;
	}
}

/* segment.values_of(value) */
PG_FUNCTION_INFO_V1(segment_values_add);
Datum
segment_values_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Values	   *state = PG_ARGISNULL(0) ? MemoryContextAllocZero(context, sizeof(Values)) :
		(Values *) PG_GETARG_POINTER(0);
	TypeCacheEntry *type = (TypeCacheEntry *) fcinfo->flinfo->fn_extra;

	if (type == NULL)
		fcinfo->flinfo->fn_extra = type = lookup_type_cache(get_fn_expr_argtype(fcinfo->flinfo, 1),
															TYPECACHE_HASH_EXTENDED_PROC_FINFO);
	state->is_hashable = OidIsValid(type->hash_extended_proc_finfo.fn_oid);
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(state);
	state->n++;
	if (state->is_hashable)
		values_add(state, distinct_hash(DatumGetUInt64(FunctionCall2Coll(&type->hash_extended_proc_finfo, PG_GET_COLLATION(),
																		 PG_GETARG_DATUM(1), Int64GetDatum(0)))), context);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_values_combine);
Datum
segment_values_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Values	   *state = PG_ARGISNULL(0) ? NULL : (Values *) PG_GETARG_POINTER(0);
	Values	   *more = PG_ARGISNULL(1) ? NULL : (Values *) PG_GETARG_POINTER(1);

	if (more == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = MemoryContextAllocZero(context, sizeof(Values));
	state->n += more->n;
	state->is_hashable |= more->is_hashable;
	distinct_merge(&state->distinct, &more->distinct);
	if (more->hashes > MOST_HASHES && state->hashes <= MOST_HASHES)
	{
		if (state->slot)
			pfree(state->slot);
		state->slot = NULL;
		state->slots = 0;
		state->hashes = more->hashes;
	}
	if (more->has_zero)
		values_add(state, 0, context);
	for (int i = 0; i < more->slots; i++)
		if (more->slot[i] != 0)
			values_add(state, more->slot[i], context);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_values_serialize);
Datum
segment_values_serialize(PG_FUNCTION_ARGS)
{
	Values	   *state = (Values *) PG_GETARG_POINTER(0);
	Size		length = VARHDRSZ + sizeof(Values) + sizeof(uint64) * state->slots;
	bytea	   *bytes = palloc(length);

	aggregate_context(fcinfo);
	SET_VARSIZE(bytes, length);
	memcpy(VARDATA(bytes), state, sizeof(Values));
	if (state->slots > 0)
		memcpy(VARDATA(bytes) + sizeof(Values), state->slot, sizeof(uint64) * state->slots);
	PG_RETURN_BYTEA_P(bytes);
}

PG_FUNCTION_INFO_V1(segment_values_deserialize);
Datum
segment_values_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	Size		length = VARSIZE_ANY_EXHDR(bytes) - sizeof(Values);
	Values	   *state = palloc(sizeof(Values));

	aggregate_context(fcinfo);
	memcpy(state, VARDATA_ANY(bytes), sizeof(Values));
	state->slot = palloc(Max(length, 1));
	memcpy(state->slot, VARDATA_ANY(bytes) + sizeof(Values), length);
	PG_RETURN_POINTER(state);
}

/* -> segment.value_count: (rows, distinct_values, distinct_error) */
PG_FUNCTION_INFO_V1(segment_values_final);
Datum
segment_values_final(PG_FUNCTION_ARGS)
{
	Values	   *state;
	TupleDesc	tupdesc;
	Datum		values[3];
	bool		nulls[3] = {false};

	aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (Values *) PG_GETARG_POINTER(0);
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = Int64GetDatum(state->n);
	nulls[1] = nulls[2] = !state->is_hashable;
	if (state->hashes > MOST_HASHES)
		return_distinct(distinct_estimate(&state->distinct), MOST_HASHES + 1, (double) state->n, &values[1], &values[2]);
	else
		return_distinct(state->hashes, state->hashes, state->hashes, &values[1], &values[2]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
