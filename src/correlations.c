/*
 * correlations.c
 *	  Aggregates behind segment.correlations: those of all pairs of columns.
 *
 * A pair counts the rows in which both sides are numbers.  Rows without a gap
 * are added up once for each column; what a pair has beside them is kept with
 * the pair, and the two are added at the end.  Sums are exact and sketches are
 * functions of the set of rows, so neither order nor grouping matters.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "aggregates.h"
#include "core.h"
#include "distributions.h"
#include "exact_sums.h"
#include "features.h"
#include "sketch_type.h"
#include "spearman.h"
#include "work.h"

/* Arguments before the columns: the state, the size of the sketches. */
#define FIRST_COLUMN 2

/* Rows that wait to be entered together, so that each sketch is in the cache for all of them. */
#define BLOCK 256

/* Of the rows in which a pair is complete, but another column is not. */
typedef struct Rest
{
	int64		rows;
	SquareSums	squares[2];
	Sketch	   *side[2];		/* of ranks only */
} Rest;

/*
 * A size of 0 asks for the correlation of values, by sums; any other for that
 * of ranks, by sketches of so many entries.
 */
typedef struct Correlations
{
	int			columns;
	int			pairs;
	int			size;
	int64		rows;			/* without a gap */
	int			waiting;		/* of them, not in the sketches yet */
	double	   *block;			/* [columns][BLOCK], those that wait; of ranks only */
	SquareSums *squares;		/* [columns], of these rows */
	Sketch	  **side;			/* [columns], of these rows */
	ProductSums *products;		/* [pairs], of all rows of the pair */
	Sketch	  **both;			/* [pairs], of all rows of the pair */
	Rest	  **rest;			/* [pairs], NULL where there are none */
} Correlations;

/* A sketch of the order of values in that context. */
static Sketch *
begin_sketch(MemoryContext context, int dim, int size)
{
	Sketch	   *kept = NULL;

	sketch_keep(&kept, sketch_begin_order(dim, size), context);
	return kept;
}

static Correlations *
correlations_begin(MemoryContext context, int columns, int size)
{
	Correlations *state;
	int			pairs = columns * (columns - 1) / 2;

	if (size != 0)
	{
		Size		bytes = add_size(mul_size(pairs, sketch_room_bytes(2, size)),
									 mul_size(columns + 2 * pairs, sketch_room_bytes(1, size)));

		bytes = add_size(bytes, mul_size(columns, sizeof(double) * BLOCK));
		if (bytes > work_memory_limit())
			work_refuse_memory(bytes, psprintf("the ranks of %d pairs of columns", pairs), "Name fewer features");
	}
	state = MemoryContextAllocZero(context, sizeof(Correlations));
	state->columns = columns;
	state->pairs = pairs;
	state->size = size;
	state->rest = MemoryContextAllocZero(context, sizeof(Rest *) * pairs);
	if (size == 0)
	{
		state->squares = MemoryContextAllocZero(context, sizeof(SquareSums) * columns);
		state->products = MemoryContextAllocHuge(context, sizeof(ProductSums) * pairs);
		memset(state->products, 0, sizeof(ProductSums) * pairs);
	}
	else
	{
		state->block = MemoryContextAlloc(context, sizeof(double) * BLOCK * columns);
		state->side = MemoryContextAlloc(context, sizeof(Sketch *) * columns);
		for (int j = 0; j < columns; j++)
			state->side[j] = begin_sketch(context, 1, size);
		state->both = MemoryContextAlloc(context, sizeof(Sketch *) * pairs);
		for (int p = 0; p < pairs; p++)
			state->both[p] = begin_sketch(context, 2, size);
	}
	return state;
}

/* What is kept with a pair, made when it is first needed. */
static Rest *
rest_of(Correlations *state, int pair, MemoryContext context)
{
	if (state->rest[pair] == NULL)
	{
		Rest	   *rest = MemoryContextAllocZero(context, sizeof(Rest));

		for (int side = 0; side < 2 && state->size != 0; side++)
			rest->side[side] = begin_sketch(context, 1, state->size);
		state->rest[pair] = rest;
	}
	return state->rest[pair];
}

static void
add_row(Sketch **sketch, const double *row, MemoryContext context)
{
	Sketch	   *s = *sketch;

	sketch_check(sketch_add(&s, row), s);
	sketch_keep(sketch, s, context);
}

/* Rows of one column, or of two, to a sketch of as many features. */
static void
add_columns(Sketch **sketch, const double *x, const double *y, int n, MemoryContext context)
{
	const double *column[2] = {x, y};
	Sketch	   *s = *sketch;

	sketch_check(sketch_add_columns(&s, column, n), s);
	sketch_keep(sketch, s, context);
}

/* Enter the rows that wait. */
static void
add_waiting(Correlations *state, MemoryContext context)
{
	int			pair = 0;

	for (int a = 0; a < state->columns && state->waiting > 0; a++)
	{
		const double *x = state->block + (Size) a * BLOCK;

		add_columns(&state->side[a], x, NULL, state->waiting, context);
		for (int b = a + 1; b < state->columns; b++, pair++)
			add_columns(&state->both[pair], x, state->block + (Size) b * BLOCK, state->waiting, context);
	}
	state->waiting = 0;
}

static void
add_sketch(Sketch **sketch, const Sketch *more, MemoryContext context)
{
	Sketch	   *s = *sketch;

	sketch_check(sketch_merge(&s, more), s);
	sketch_keep(sketch, s, context);
}

/* segment.correlations_of(size, column, column, ...), columns of type float8 */
PG_FUNCTION_INFO_V1(segment_correlations_add);
Datum
segment_correlations_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	int			columns = PG_NARGS() - FIRST_COLUMN;
	Correlations *state;
	double		x[FUNC_MAX_ARGS];
	ExactParts	parts[FUNC_MAX_ARGS];
	bool		is_number[FUNC_MAX_ARGS];
	int			numbers = 0;
	int			pair = 0;

	if (PG_ARGISNULL(0))
	{
		int			size = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);

		for (int j = 0; j < columns; j++)
			if (get_fn_expr_argtype(fcinfo->flinfo, FIRST_COLUMN + j) != FLOAT8OID)
				ereport(ERROR,
						(errcode(ERRCODE_DATATYPE_MISMATCH),
						 errmsg("columns must be of type double precision"),
						 errhint("Cast them.")));
		if (size != 0 && size < ORDER_LEAST_SIZE)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("size must be at least %d", ORDER_LEAST_SIZE),
					 errhint("size is the most entries that a sketch keeps, such as 16384.")));
		state = correlations_begin(context, columns, size);
	}
	else
		state = (Correlations *) PG_GETARG_POINTER(0);

	for (int j = 0; j < columns; j++)
	{
		is_number[j] = !PG_ARGISNULL(FIRST_COLUMN + j);
		x[j] = is_number[j] ? PG_GETARG_FLOAT8(FIRST_COLUMN + j) : 0;
		is_number[j] = is_number[j] && feature_is_finite(x[j]);
		numbers += is_number[j];
		if (is_number[j] && state->size == 0)
			parts[j] = exact_parts(x[j]);
	}
	if (numbers == columns)
	{
		state->rows++;
		if (state->size != 0)
		{
			for (int j = 0; j < columns; j++)
				state->block[(Size) j * BLOCK + state->waiting] = x[j];
			if (++state->waiting == BLOCK)
				add_waiting(state, context);
			PG_RETURN_POINTER(state);
		}
		for (int j = 0; j < columns; j++)
			exact_add_squares(&state->squares[j], parts[j]);
	}
	for (int a = 0; a < columns; a++)
		for (int b = a + 1; b < columns; b++, pair++)
		{
			int			side[2] = {a, b};

			if (!is_number[a] || !is_number[b])
				continue;
			if (state->size == 0)
				exact_add_product(&state->products[pair], parts[a], parts[b]);
			else
			{
				double		row[2] = {x[a], x[b]};

				add_row(&state->both[pair], row, context);
			}
			if (numbers < columns)
			{
				Rest	   *rest = rest_of(state, pair, context);

				rest->rows++;
				for (int i = 0; i < 2; i++)
					if (state->size == 0)
						exact_add_squares(&rest->squares[i], parts[side[i]]);
					else
						add_row(&rest->side[i], &x[side[i]], context);
			}
		}
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_correlations_combine);
Datum
segment_correlations_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Correlations *state = PG_ARGISNULL(0) ? NULL : (Correlations *) PG_GETARG_POINTER(0);
	Correlations *more = PG_ARGISNULL(1) ? NULL : (Correlations *) PG_GETARG_POINTER(1);

	if (more == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = correlations_begin(context, more->columns, more->size);
	Assert(more->waiting == 0); /* none wait in what has been handed over */
	add_waiting(state, context);
	state->rows += more->rows;
	for (int j = 0; j < state->columns; j++)
		if (state->size == 0)
			exact_merge_squares(&state->squares[j], &more->squares[j]);
		else
			add_sketch(&state->side[j], more->side[j], context);
	for (int p = 0; p < state->pairs; p++)
	{
		if (state->size == 0)
			exact_merge_products(&state->products[p], &more->products[p]);
		else
			add_sketch(&state->both[p], more->both[p], context);
		if (more->rest[p])
		{
			Rest	   *rest = rest_of(state, p, context);

			rest->rows += more->rest[p]->rows;
			for (int i = 0; i < 2; i++)
				if (state->size == 0)
					exact_merge_squares(&rest->squares[i], &more->rest[p]->squares[i]);
				else
					add_sketch(&rest->side[i], more->rest[p]->side[i], context);
		}
	}
	PG_RETURN_POINTER(state);
}

/* ---- between the processes of one server ---- */

static void
write_bytes(StringInfo buffer, const void *from, Size length)
{
	if (length > (Size) (MaxAllocSize - 1 - buffer->len))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the sums of so many columns are too much for a parallel worker to hand over"),
				 errhint("Name fewer features, or set max_parallel_workers_per_gather to 0.")));
	appendBinaryStringInfo(buffer, from, (int) length);
}

static void
write_sketch(StringInfo buffer, const Sketch *sketch)
{
	Sketch	   *closed;

	sketch_check(sketch_close(sketch, &closed), sketch);
	write_bytes(buffer, closed, sketch_bytes(closed));
	pfree(closed);
}

static void
read_bytes(const char **from, void *to, Size length)
{
	memcpy(to, *from, length);
	*from += length;
}

static Sketch *
read_sketch(const char **from)
{
	Sketch		head;
	Sketch	   *sketch;

	memcpy(&head, *from, sizeof(head));
	sketch = palloc(sketch_bytes(&head));
	read_bytes(from, sketch, sketch_bytes(&head));
	return sketch;
}

PG_FUNCTION_INFO_V1(segment_correlations_serialize);
Datum
segment_correlations_serialize(PG_FUNCTION_ARGS)
{
	Correlations *state = (Correlations *) PG_GETARG_POINTER(0);
	StringInfoData buffer;
	bytea	   *bytes;

	add_waiting(state, aggregate_context(fcinfo));
	initStringInfo(&buffer);
	write_bytes(&buffer, state, sizeof(Correlations));
	for (int j = 0; j < state->columns; j++)
		if (state->size == 0)
			write_bytes(&buffer, &state->squares[j], sizeof(SquareSums));
		else
			write_sketch(&buffer, state->side[j]);
	for (int p = 0; p < state->pairs; p++)
	{
		bool		has_rest = state->rest[p] != NULL;

		if (state->size == 0)
			write_bytes(&buffer, &state->products[p], sizeof(ProductSums));
		else
			write_sketch(&buffer, state->both[p]);
		write_bytes(&buffer, &has_rest, sizeof(bool));
		if (has_rest)
		{
			write_bytes(&buffer, state->rest[p], sizeof(Rest));
			for (int i = 0; i < 2 && state->size != 0; i++)
				write_sketch(&buffer, state->rest[p]->side[i]);
		}
	}
	bytes = palloc(VARHDRSZ + buffer.len);
	SET_VARSIZE(bytes, VARHDRSZ + buffer.len);
	memcpy(VARDATA(bytes), buffer.data, buffer.len);
	PG_RETURN_BYTEA_P(bytes);
}

PG_FUNCTION_INFO_V1(segment_correlations_deserialize);
Datum
segment_correlations_deserialize(PG_FUNCTION_ARGS)
{
	const char *from = VARDATA_ANY(PG_GETARG_BYTEA_PP(0));
	Correlations *state = palloc(sizeof(Correlations));

	aggregate_context(fcinfo);
	read_bytes(&from, state, sizeof(Correlations));
	state->rest = palloc0(sizeof(Rest *) * state->pairs);
	state->squares = palloc(sizeof(SquareSums) * state->columns);
	state->side = palloc(sizeof(Sketch *) * state->columns);
	state->products = palloc_extended(sizeof(ProductSums) * (state->size == 0 ? state->pairs : 1), MCXT_ALLOC_HUGE);
	state->both = palloc(sizeof(Sketch *) * state->pairs);
	for (int j = 0; j < state->columns; j++)
		if (state->size == 0)
			read_bytes(&from, &state->squares[j], sizeof(SquareSums));
		else
			state->side[j] = read_sketch(&from);
	for (int p = 0; p < state->pairs; p++)
	{
		bool		has_rest;

		if (state->size == 0)
			read_bytes(&from, &state->products[p], sizeof(ProductSums));
		else
			state->both[p] = read_sketch(&from);
		read_bytes(&from, &has_rest, sizeof(bool));
		if (has_rest)
		{
			state->rest[p] = palloc(sizeof(Rest));
			read_bytes(&from, state->rest[p], sizeof(Rest));
			for (int i = 0; i < 2 && state->size != 0; i++)
				state->rest[p]->side[i] = read_sketch(&from);
		}
	}
	PG_RETURN_POINTER(state);
}

/* ---- results ---- */

/*
 * The finished sketch of all rows of a pair, on one side.  whole[] keeps, by
 * column, those of the rows without a gap, which most pairs share.
 */
static Sketch *
whole_side(const Correlations *state, int pair, int side, int column, Sketch **whole)
{
	Sketch	   *all;
	Sketch	   *closed;

	if (whole[column] == NULL)
		sketch_check(sketch_close(state->side[column], &whole[column]), state->side[column]);
	if (state->rest[pair] == NULL)
		return whole[column];
	all = begin_sketch(CurrentMemoryContext, 1, state->size);
	add_sketch(&all, whole[column], CurrentMemoryContext);
	add_sketch(&all, state->rest[pair]->side[side], CurrentMemoryContext);
	sketch_check(sketch_close(all, &closed), all);
	pfree(all);
	return closed;
}

static RankCorrelation
rank_correlation(const Correlations *state, int pair, int a, int b, Sketch **whole)
{
	Sketch	   *both;
	Sketch	   *side[2] = {NULL, NULL};
	RankCorrelation result;

	sketch_check(sketch_close(state->both[pair], &both), state->both[pair]);
	if (both->rows >= SPEARMAN_MOST_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("there are more rows than can be ranked exactly"),
				 errdetail("There are %lld rows; the most is %lld.", (long long) both->rows,
						   (long long) SPEARMAN_MOST_ROWS - 1)));
	if (!both->exact)
	{
		side[0] = whole_side(state, pair, 0, a, whole);
		side[1] = whole_side(state, pair, 1, b, whole);
	}
	result = spearman(both, side[0], side[1]);
	if (!both->exact && state->rest[pair])
	{
		pfree(side[0]);
		pfree(side[1]);
	}
	pfree(both);
	return result;
}

static RankCorrelation
value_correlation(const Correlations *state, int pair, int64 rows, int a, int b)
{
	SquareSums	squares[2] = {state->squares[a], state->squares[b]};

	for (int i = 0; i < 2 && state->rest[pair]; i++)
		exact_merge_squares(&squares[i], &state->rest[pair]->squares[i]);
	return (RankCorrelation) {exact_correlation(rows, &squares[0], &squares[1], &state->products[pair]), 0};
}

/* -> float8[pairs][5]: rows, r, p, log10 p, error; pairs in the order (1, 2), (1, 3), ... */
PG_FUNCTION_INFO_V1(segment_correlations_final);
Datum
segment_correlations_final(PG_FUNCTION_ARGS)
{
	enum
	{
		ROWS, R, P, LOG10_P, OFF, FIGURES
	};
	Correlations *state;
	Datum	   *values;
	bool	   *nulls;
	Sketch	  **whole;
	int			pair = 0;
	int			dims[2];
	int			bounds[2] = {1, 1};
	MemoryContext context = aggregate_context(fcinfo);

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (Correlations *) PG_GETARG_POINTER(0);
	add_waiting(state, context);
	dims[0] = state->pairs;
	dims[1] = FIGURES;
	values = palloc(sizeof(Datum) * FIGURES * state->pairs);
	nulls = palloc(sizeof(bool) * FIGURES * state->pairs);
	whole = palloc0(sizeof(Sketch *) * state->columns);
	for (int a = 0; a < state->columns; a++)
		for (int b = a + 1; b < state->columns; b++, pair++)
		{
			Datum	   *value = values + FIGURES * pair;
			bool	   *isnull = nulls + FIGURES * pair;
			int64		rows = state->rows + (state->rest[pair] ? state->rest[pair]->rows : 0);
			RankCorrelation result = {{NAN, NAN}, 0};
			Correlation *c = &result.correlation;

			core_poll("correlating", (double) pair / state->pairs);
			if (rows > 1)
				result = state->size == 0 ? value_correlation(state, pair, rows, a, b) :
					rank_correlation(state, pair, a, b, whole);
			memset(isnull, false, sizeof(bool) * FIGURES);
			value[ROWS] = Float8GetDatum((double) rows);
			value[R] = Float8GetDatum(c->r);
			value[OFF] = Float8GetDatum(result.error);
			isnull[R] = isnull[OFF] = isnan(c->r);
			isnull[P] = isnull[LOG10_P] = isnan(c->r) || rows < 3;
			if (!isnull[P])
			{
				double		df = (double) (rows - 2);
				Tail		tail = tail_student(c->r * sqrt(df / c->rest), df);

				value[P] = Float8GetDatum(tail.p);
				value[LOG10_P] = Float8GetDatum(tail.log10_p);
			}
		}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(values, nulls, 2, dims, bounds, FLOAT8OID, sizeof(float8),
											 FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
