/*
 * tests.c
 *	  Aggregates that test whether groups differ: welch_t, mann_whitney, ks_test,
 *	  anova and kruskal_wallis of a value and a group, and chi_square of two
 *	  categories.
 *
 * The state holds what the test needs of the rows: exact sums for each group,
 * all values with their groups, or how often each pair of categories occurs.
 * Groups are numbered as they come and put in order at the end, so that the
 * result is the same for any order of the rows and any number of workers.
 */
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "aggregates.h"
#include "core.h"
#include "features.h"
#include "group_tests.h"
#include "numbered_values.h"
#include "notices.h"
#include "work.h"

typedef enum TestKind
{
	TEST_WELCH_T,
	TEST_TWO_SAMPLES,			/* mann_whitney and ks_test, which share their state */
	TEST_ANOVA,
	TEST_KRUSKAL_WALLIS,
	TEST_KINDS
} TestKind;

static const struct
{
	const char *name;
	bool		is_of_two;		/* groups */
	bool		is_of_ranks;	/* needs all values */
	const char *needs;			/* lest there be no test */
}			tests[TEST_KINDS] = {
	[TEST_WELCH_T] = {"welch_t", true, false,
	"two groups of two rows or more, and in one of them values that are not all equal"},
	[TEST_TWO_SAMPLES] = {"a test of two samples", true, true, "two groups"},
	[TEST_ANOVA] = {"anova", false, false,
	"two groups or more, of two rows or more, and in all of them values that are not all equal"},
	[TEST_KRUSKAL_WALLIS] = {"kruskal_wallis", false, true, "two groups or more"},
};

typedef struct TestState
{
	TestKind	kind;
	int64		skipped;		/* rows that take no part */
	Groups		groups;
	ExactMoments **moments;		/* of each group, for tests of means */
	int			moments_room;
	double	   *value;			/* for tests of ranks */
	int		   *group;
	int			n;
	int			room;
} TestState;

/* Of chi_square: the cells in a hash table by both numbers. */
typedef struct TableState
{
	int64		skipped;
	Groups		rows;
	Groups		columns;
	MemoryContext context;
	TableCell  *cell;			/* [slots], a count of 0 is a free one */
	int64		ncells;
	int64		slots;
} TableState;

/* Bytes of a value and its group, in the state and on the way to another process. */
#define VALUE_BYTES (sizeof(double) + sizeof(int))

/* Values between two polls. */
#define POLL_BLOCK 65536

static Oid
argument_type(FunctionCallInfo fcinfo, int argno)
{
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, argno);

	if (!OidIsValid(type))
		elog(ERROR, "could not determine the type of argument %d", argno);
	return type;
}

static TestState *
test_begin(TestKind kind, MemoryContext context, Oid type, Oid collation)
{
	TestState  *state = MemoryContextAllocZero(context, sizeof(TestState));

	state->kind = kind;
	groups_init(&state->groups, context, type, collation);
	return state;
}

/* The number of a group; an error if it is one too many. */
static int
test_group(TestState *state, Datum value)
{
	int			g = groups_number(&state->groups, value);

	if (g >= 2 && tests[state->kind].is_of_two)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s compares two groups, but there are more", tests[state->kind].name),
				 errhint("Choose two with WHERE, or compare all with %s.",
						 tests[state->kind].is_of_ranks ? "kruskal_wallis" : "anova")));
	return g;
}

/* The sums of group g, which may be new. */
static ExactMoments *
moments_of(TestState *state, int g)
{
	if (g >= state->moments_room)
	{
		int			room = Max(8, 2 * state->moments_room);
		Size		bytes = add_size(mul_size(room, sizeof(ExactMoments) + sizeof(ExactMoments *)),
									 state->groups.bytes);
		MemoryContext context = state->groups.context;

		if (bytes > work_memory_limit())
			work_refuse_memory(bytes, psprintf("exact sums of %d groups", g + 1),
							   "Compare fewer groups");
		state->moments = state->moments ?
			repalloc_huge(state->moments, mul_size(room, sizeof(ExactMoments *))) :
			MemoryContextAllocHuge(context, mul_size(room, sizeof(ExactMoments *)));
		memset(state->moments + state->moments_room, 0,
			   sizeof(ExactMoments *) * (room - state->moments_room));
		state->moments_room = room;
	}
	if (state->moments[g] == NULL)
		state->moments[g] = MemoryContextAllocZero(state->groups.context, sizeof(ExactMoments));
	return state->moments[g];
}

/* Room for n more values. */
static void
make_room(TestState *state, int64 n)
{
	int64		room = Max(state->room, 64);
	Size		bytes;

	if (state->n + n <= state->room)
		return;
	while (room < state->n + n)
		room *= 2;
	bytes = add_size(mul_size(room, VALUE_BYTES), state->groups.bytes);
	if (bytes > work_memory_limit() || room > PG_INT32_MAX)
		work_refuse_memory(bytes, psprintf("%s of more than %d values", tests[state->kind].name, state->n),
						   "Test a sample of the rows");
	if (state->value)
	{
		state->value = repalloc_huge(state->value, mul_size(room, sizeof(double)));
		state->group = repalloc_huge(state->group, mul_size(room, sizeof(int)));
	}
	else
	{
		state->value = MemoryContextAllocHuge(state->groups.context, mul_size(room, sizeof(double)));
		state->group = MemoryContextAllocHuge(state->groups.context, mul_size(room, sizeof(int)));
	}
	state->room = (int) room;
}

/* Add the row: argument 1 is its value, argument 2 its group. */
static Datum
test_add(FunctionCallInfo fcinfo, TestKind kind)
{
	MemoryContext context = aggregate_context(fcinfo);
	TestState  *state;
	double		value;
	int			g;

	state = PG_ARGISNULL(0) ? test_begin(kind, context, argument_type(fcinfo, 2), PG_GET_COLLATION()) :
		(TestState *) PG_GETARG_POINTER(0);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || !feature_is_finite(PG_GETARG_FLOAT8(1)))
	{
		state->skipped++;
		PG_RETURN_POINTER(state);
	}
	value = PG_GETARG_FLOAT8(1);
	g = test_group(state, PG_GETARG_DATUM(2));
	if (tests[kind].is_of_ranks)
	{
		make_room(state, 1);
		state->value[state->n] = value;
		state->group[state->n++] = g;
	}
	else
		exact_add(moments_of(state, g), value);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_welch_t_add);
Datum
segment_welch_t_add(PG_FUNCTION_ARGS)
{
	return test_add(fcinfo, TEST_WELCH_T);
}

/* mann_whitney and ks_test: of the same arguments the server then makes one state for both. */
PG_FUNCTION_INFO_V1(segment_two_samples_add);
Datum
segment_two_samples_add(PG_FUNCTION_ARGS)
{
	return test_add(fcinfo, TEST_TWO_SAMPLES);
}

PG_FUNCTION_INFO_V1(segment_anova_add);
Datum
segment_anova_add(PG_FUNCTION_ARGS)
{
	return test_add(fcinfo, TEST_ANOVA);
}

PG_FUNCTION_INFO_V1(segment_kruskal_wallis_add);
Datum
segment_kruskal_wallis_add(PG_FUNCTION_ARGS)
{
	return test_add(fcinfo, TEST_KRUSKAL_WALLIS);
}

/* All rows of two states, in the first. */
PG_FUNCTION_INFO_V1(segment_test_combine);
Datum
segment_test_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	TestState  *state = PG_ARGISNULL(0) ? NULL : (TestState *) PG_GETARG_POINTER(0);
	TestState  *more = PG_ARGISNULL(1) ? NULL : (TestState *) PG_GETARG_POINTER(1);
	int		   *number;

	if (more == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = test_begin(more->kind, context, more->groups.type->type_id, more->groups.collation);
	state->skipped += more->skipped;
	number = core_alloc(more->groups.n, sizeof(int));
	for (int g = 0; g < more->groups.n; g++)
	{
		number[g] = test_group(state, more->groups.value[g]);
		if (!tests[state->kind].is_of_ranks)
			exact_merge(moments_of(state, number[g]), more->moments[g]);
	}
	if (more->n > 0)
	{
		make_room(state, more->n);
		memcpy(state->value + state->n, more->value, sizeof(double) * more->n);
		for (int i = 0; i < more->n; i++)
			state->group[state->n + i] = number[more->group[i]];
		state->n += more->n;
	}
	pfree(number);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_test_serialize);
Datum
segment_test_serialize(PG_FUNCTION_ARGS)
{
	TestState  *state = (TestState *) PG_GETARG_POINTER(0);
	StringInfoData buffer;

	aggregate_context(fcinfo);
	if (mul_size(state->n, VALUE_BYTES) > MaxAllocSize / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s: %d values are too many for a parallel worker to hand over",
						tests[state->kind].name, state->n),
				 errhint("Set max_parallel_workers_per_gather to 0.")));
	pq_begintypsend(&buffer);
	pq_sendint32(&buffer, state->kind);
	pq_sendint64(&buffer, state->skipped);
	groups_send(&state->groups, &buffer);
	if (!tests[state->kind].is_of_ranks)
		for (int g = 0; g < state->groups.n; g++)
			pq_sendbytes(&buffer, (char *) state->moments[g], sizeof(ExactMoments));
	pq_sendint32(&buffer, state->n);
	if (state->n > 0)
	{
		pq_sendbytes(&buffer, (char *) state->value, sizeof(double) * state->n);
		pq_sendbytes(&buffer, (char *) state->group, sizeof(int) * state->n);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

/* The bytes of a state, to be read. */
static void
open_bytes(FunctionCallInfo fcinfo, StringInfo buffer)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);

	buffer->data = VARDATA_ANY(bytes);
	buffer->len = buffer->maxlen = VARSIZE_ANY_EXHDR(bytes);
	buffer->cursor = 0;
}

PG_FUNCTION_INFO_V1(segment_test_deserialize);
Datum
segment_test_deserialize(PG_FUNCTION_ARGS)
{
	TestState  *state;
	StringInfoData buffer;
	int			n;

	aggregate_context(fcinfo);
	open_bytes(fcinfo, &buffer);
	state = palloc0(sizeof(TestState));
	state->kind = (TestKind) pq_getmsgint(&buffer, 4);
	state->skipped = pq_getmsgint64(&buffer);
	groups_receive(&state->groups, CurrentMemoryContext, &buffer);
	if (!tests[state->kind].is_of_ranks)
		for (int g = 0; g < state->groups.n; g++)
			memcpy(moments_of(state, g), pq_getmsgbytes(&buffer, sizeof(ExactMoments)), sizeof(ExactMoments));
	n = pq_getmsgint(&buffer, 4);
	if (n > 0)
	{
		state->value = core_alloc(n, sizeof(double));
		state->group = core_alloc(n, sizeof(int));
		memcpy(state->value, pq_getmsgbytes(&buffer, (int) (sizeof(double) * n)), sizeof(double) * n);
		memcpy(state->group, pq_getmsgbytes(&buffer, (int) (sizeof(int) * n)), sizeof(int) * n);
		state->n = state->room = n;
	}
	PG_RETURN_POINTER(state);
}

/* A row of the type that the final function returns, filled from the left. */
typedef struct ResultRow
{
	TupleDesc	description;
	int			n;
	Datum		value[16];
	bool		isnull[16];
} ResultRow;

static ResultRow
row_begin(FunctionCallInfo fcinfo)
{
	ResultRow	row = {0};

	if (get_call_result_type(fcinfo, NULL, &row.description) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	row.description = BlessTupleDesc(row.description);
	Assert(row.description->natts <= 16);
	return row;
}

static void
row_add(ResultRow *row, Datum value, bool isnull)
{
	row->value[row->n] = value;
	row->isnull[row->n++] = isnull;
}

/* NaN: there is nothing to say. */
static void
row_add_float(ResultRow *row, double value)
{
	row_add(row, Float8GetDatum(value), isnan(value));
}

static void
row_add_tail(ResultRow *row, Tail tail)
{
	row_add_float(row, tail.p);
	row_add_float(row, tail.log10_p);
}

static Datum
row_end(ResultRow *row)
{
	Assert(row->n == row->description->natts);
	return HeapTupleGetDatum(heap_form_tuple(row->description, row->value, row->isnull));
}

/*
 * The state at the end, and its groups in their order; NULL when no row takes
 * part.
 */
static TestState *
final_state(FunctionCallInfo fcinfo, const char *function, int **order)
{
	TestState  *state;

	aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		return NULL;
	state = (TestState *) PG_GETARG_POINTER(0);
	notices_of(fcinfo->flinfo, function)->untested += state->skipped;
	if (state->groups.n == 0)
		return NULL;
	*order = core_alloc(state->groups.n, sizeof(int));
	groups_sort(&state->groups, *order);
	return state;
}

/* Tell, once for the query, that there are results without a test. */
static void
tell_whether(FunctionCallInfo fcinfo, const char *function, bool is_decided, const char *needs)
{
	Notices    *notices = notices_of(fcinfo->flinfo, function);

	notices->undecided += !is_decided;
	notices->test_needs = needs;
}

/* The values with their groups numbered in order; memory for the test is asked for. */
static GroupedValues
values_in_order(const TestState *state, const int *order)
{
	GroupedValues values = {state->value, NULL, state->n, state->groups.n};
	Size		bytes = add_size(add_size(mul_size(state->room, VALUE_BYTES), state->groups.bytes),
								 add_size(mul_size(state->n, sizeof(int)),
										  test_rank_memory(state->n, state->groups.n)));
	int		   *rank;
	int		   *group;

	if (bytes > work_memory_limit())
		work_refuse_memory(bytes, psprintf("%s of %d values", tests[state->kind].name, state->n),
						   "Test a sample of the rows");
	rank = core_alloc(state->groups.n, sizeof(int));
	group = core_alloc(state->n, sizeof(int));
	for (int g = 0; g < state->groups.n; g++)
		rank[order[g]] = g;
	for (int i = 0; i < state->n; i++)
		group[i] = rank[state->group[i]];
	pfree(rank);
	values.group = group;
	return values;
}

/* The result of a test of two groups, with their names, sizes and means. */
static Datum
two_sample_result(FunctionCallInfo fcinfo, const TestState *state, const int *order,
				  const TestResult *result, ExactMoments *const *moments)
{
	ResultRow	row = row_begin(fcinfo);

	row_add_float(&row, result->statistic);
	row_add_float(&row, result->df);
	row_add_tail(&row, result->tail);
	row_add_float(&row, result->effect_size);
	for (int i = 0; i < 2; i++)
	{
		bool		is_there = i < state->groups.n;

		row_add(&row, is_there ? CStringGetTextDatum(groups_name(&state->groups, order[i])) : 0, !is_there);
	}
	for (int i = 0; i < 2; i++)
		row_add(&row, Int64GetDatum(i < state->groups.n ? moments[i]->n : 0), false);
	for (int i = 0; i < 2; i++)
		row_add_float(&row, i < state->groups.n ? exact_mean(moments[i]) : NAN);
	return row_end(&row);
}

static TestResult
no_test(void)
{
	return (TestResult) {false, NAN, NAN, NAN, {NAN, NAN}, NAN};
}

PG_FUNCTION_INFO_V1(segment_welch_t_final);
Datum
segment_welch_t_final(PG_FUNCTION_ARGS)
{
	int		   *order;
	TestState  *state = final_state(fcinfo, "welch_t", &order);
	TestResult	result = no_test();
	ExactMoments *moments[2] = {NULL, NULL};

	if (state == NULL)
		PG_RETURN_NULL();
	for (int g = 0; g < state->groups.n; g++)
		moments[g] = state->moments[order[g]];
	if (state->groups.n == 2)
		result = test_welch_t(moments[0], moments[1]);
	tell_whether(fcinfo, "welch_t", result.is_decided, tests[state->kind].needs);
	return two_sample_result(fcinfo, state, order, &result, moments);
}

/* mann_whitney and ks_test */
static Datum
two_sample_ranks(FunctionCallInfo fcinfo, const char *function, TestResult (*test) (const GroupedValues *))
{
	int		   *order;
	TestState  *state = final_state(fcinfo, function, &order);
	TestResult	result = no_test();
	ExactMoments sums[2] = {{0}, {0}};
	ExactMoments *moments[2] = {&sums[0], &sums[1]};
	GroupedValues values;

	if (state == NULL)
		PG_RETURN_NULL();
	values = values_in_order(state, order);
	for (int i = 0; i < values.n; i++)
	{
		exact_add(moments[values.group[i]], values.value[i]);
		if (i % POLL_BLOCK == 0)
			core_poll("testing", -1);
	}
	if (state->groups.n == 2)
		result = test(&values);
	pfree((int *) values.group);
	tell_whether(fcinfo, function, result.is_decided, tests[state->kind].needs);
	return two_sample_result(fcinfo, state, order, &result, moments);
}

PG_FUNCTION_INFO_V1(segment_mann_whitney_final);
Datum
segment_mann_whitney_final(PG_FUNCTION_ARGS)
{
	return two_sample_ranks(fcinfo, "mann_whitney", test_mann_whitney);
}

PG_FUNCTION_INFO_V1(segment_ks_test_final);
Datum
segment_ks_test_final(PG_FUNCTION_ARGS)
{
	return two_sample_ranks(fcinfo, "ks_test", test_smirnov);
}

PG_FUNCTION_INFO_V1(segment_anova_final);
Datum
segment_anova_final(PG_FUNCTION_ARGS)
{
	int		   *order;
	TestState  *state = final_state(fcinfo, "anova", &order);
	ExactMoments **moments;
	TestResult	welch;
	TestResult	pooled;
	int64		n = 0;
	ResultRow	row;

	if (state == NULL)
		PG_RETURN_NULL();
	moments = core_alloc(state->groups.n, sizeof(ExactMoments *));
	for (int g = 0; g < state->groups.n; g++)
	{
		moments[g] = state->moments[order[g]];
		n += moments[g]->n;
	}
	welch = test_welch_anova(moments, state->groups.n);
	pooled = test_pooled_anova(moments, state->groups.n);
	tell_whether(fcinfo, "anova", welch.is_decided, tests[state->kind].needs);

	row = row_begin(fcinfo);
	row_add_float(&row, welch.statistic);
	row_add_float(&row, welch.df);
	row_add_float(&row, welch.df2);
	row_add_tail(&row, welch.tail);
	row_add_float(&row, pooled.effect_size);
	row_add(&row, Int32GetDatum(state->groups.n), false);
	row_add(&row, Int64GetDatum(n), false);
	row_add_float(&row, pooled.statistic);
	row_add_float(&row, pooled.df2);
	row_add_tail(&row, pooled.tail);
	return row_end(&row);
}

PG_FUNCTION_INFO_V1(segment_kruskal_wallis_final);
Datum
segment_kruskal_wallis_final(PG_FUNCTION_ARGS)
{
	int		   *order;
	TestState  *state = final_state(fcinfo, "kruskal_wallis", &order);
	GroupedValues values;
	TestResult	result;
	ResultRow	row;

	if (state == NULL)
		PG_RETURN_NULL();
	values = values_in_order(state, order);
	result = test_kruskal_wallis(&values);
	pfree((int *) values.group);
	tell_whether(fcinfo, "kruskal_wallis", result.is_decided, tests[state->kind].needs);

	row = row_begin(fcinfo);
	row_add_float(&row, result.statistic);
	row_add_float(&row, result.df);
	row_add_tail(&row, result.tail);
	row_add_float(&row, result.effect_size);
	row_add(&row, Int32GetDatum(state->groups.n), false);
	row_add(&row, Int64GetDatum(state->n), false);
	return row_end(&row);
}

static TableState *
table_begin(MemoryContext context, Oid row_type, Oid column_type, Oid collation)
{
	TableState *state = MemoryContextAllocZero(context, sizeof(TableState));

	state->context = context;
	groups_init(&state->rows, context, row_type, collation);
	groups_init(&state->columns, context, column_type, collation);
	return state;
}

/* The cell of a row and a column, or the free one where it belongs. */
static TableCell *
find_cell(TableCell *cell, int64 slots, int row, int column)
{
	int64		s = (int64) (hash_combine64(murmurhash32(row), murmurhash32(column)) & (uint64) (slots - 1));

	while (cell[s].count > 0 && (cell[s].row != row || cell[s].column != column))
		s = (s + 1) & (slots - 1);
	return &cell[s];
}

static void
table_grow(TableState *state)
{
	int64		slots = Max(16, 2 * state->slots);
	Size		bytes = add_size(mul_size(slots, 2 * sizeof(TableCell)),
								 add_size(state->rows.bytes, state->columns.bytes));
	TableCell  *cell;

	/* all of it is there once more, sorted, at the end */
	if (bytes > work_memory_limit())
		work_refuse_memory(bytes, psprintf("chi_square of %lld pairs of categories", (long long) state->ncells),
						   "Test coarser categories");
	cell = MemoryContextAllocHuge(state->context, mul_size(slots, sizeof(TableCell)));
	memset(cell, 0, sizeof(TableCell) * slots);
	for (int64 s = 0; s < state->slots; s++)
		if (state->cell[s].count > 0)
			*find_cell(cell, slots, state->cell[s].row, state->cell[s].column) = state->cell[s];
	if (state->cell)
		pfree(state->cell);
	state->cell = cell;
	state->slots = slots;
}

static void
table_count(TableState *state, Datum row, Datum column, int64 count)
{
	int			i = groups_number(&state->rows, row);
	int			j = groups_number(&state->columns, column);
	TableCell  *cell;

	if (2 * state->ncells >= state->slots)
		table_grow(state);
	cell = find_cell(state->cell, state->slots, i, j);
	if (cell->count == 0)
	{
		*cell = (TableCell) {i, j, 0};
		state->ncells++;
	}
	cell->count += count;
}

PG_FUNCTION_INFO_V1(segment_chi_square_add);
Datum
segment_chi_square_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	TableState *state = PG_ARGISNULL(0) ?
		table_begin(context, argument_type(fcinfo, 1), argument_type(fcinfo, 2), PG_GET_COLLATION()) :
		(TableState *) PG_GETARG_POINTER(0);

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		state->skipped++;
	else
		table_count(state, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), 1);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_chi_square_combine);
Datum
segment_chi_square_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	TableState *state = PG_ARGISNULL(0) ? NULL : (TableState *) PG_GETARG_POINTER(0);
	TableState *more = PG_ARGISNULL(1) ? NULL : (TableState *) PG_GETARG_POINTER(1);

	if (more == NULL)
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		state = table_begin(context, more->rows.type->type_id, more->columns.type->type_id,
							more->rows.collation);
	state->skipped += more->skipped;
	for (int64 s = 0; s < more->slots; s++)
		if (more->cell[s].count > 0)
			table_count(state, more->rows.value[more->cell[s].row],
						more->columns.value[more->cell[s].column], more->cell[s].count);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(segment_chi_square_serialize);
Datum
segment_chi_square_serialize(PG_FUNCTION_ARGS)
{
	TableState *state = (TableState *) PG_GETARG_POINTER(0);
	StringInfoData buffer;

	aggregate_context(fcinfo);
	if (mul_size(state->ncells, sizeof(TableCell)) > MaxAllocSize / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("chi_square: %lld pairs of categories are too many for a parallel worker to hand over",
						(long long) state->ncells),
				 errhint("Set max_parallel_workers_per_gather to 0.")));
	pq_begintypsend(&buffer);
	pq_sendint64(&buffer, state->skipped);
	groups_send(&state->rows, &buffer);
	groups_send(&state->columns, &buffer);
	pq_sendint64(&buffer, state->ncells);
	for (int64 s = 0; s < state->slots; s++)
		if (state->cell[s].count > 0)
			pq_sendbytes(&buffer, (char *) &state->cell[s], sizeof(TableCell));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(segment_chi_square_deserialize);
Datum
segment_chi_square_deserialize(PG_FUNCTION_ARGS)
{
	TableState *state;
	StringInfoData buffer;
	int64		ncells;

	aggregate_context(fcinfo);
	open_bytes(fcinfo, &buffer);
	state = palloc0(sizeof(TableState));
	state->context = CurrentMemoryContext;
	state->skipped = pq_getmsgint64(&buffer);
	groups_receive(&state->rows, CurrentMemoryContext, &buffer);
	groups_receive(&state->columns, CurrentMemoryContext, &buffer);
	ncells = pq_getmsgint64(&buffer);
	for (int64 c = 0; c < ncells; c++)
	{
		TableCell	cell;

		memcpy(&cell, pq_getmsgbytes(&buffer, sizeof(TableCell)), sizeof(TableCell));
		table_count(state, state->rows.value[cell.row], state->columns.value[cell.column], cell.count);
	}
	PG_RETURN_POINTER(state);
}

static int
compare_cells(const void *a, const void *b)
{
	const TableCell *x = (const TableCell *) a;
	const TableCell *y = (const TableCell *) b;

	return x->row != y->row ? (x->row < y->row ? -1 : 1) : (x->column > y->column) - (x->column < y->column);
}

/* rank[i] becomes the place of category i in their order. */
static int *
rank_categories(const Groups *groups)
{
	int		   *order = core_alloc(groups->n, sizeof(int));
	int		   *rank = core_alloc(groups->n, sizeof(int));

	groups_sort(groups, order);
	for (int i = 0; i < groups->n; i++)
		rank[order[i]] = i;
	pfree(order);
	return rank;
}

PG_FUNCTION_INFO_V1(segment_chi_square_final);
Datum
segment_chi_square_final(PG_FUNCTION_ARGS)
{
	TableState *state;
	int		   *row_rank;
	int		   *column_rank;
	TableCell  *cell;
	int64	   *row_total;
	int64	   *column_total;
	int64		ncells = 0;
	int64		n = 0;
	double		least_expected;
	TestResult	result;
	ResultRow	row;

	aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (TableState *) PG_GETARG_POINTER(0);
	notices_of(fcinfo->flinfo, "chi_square")->unpaired += state->skipped;
	if (state->ncells == 0)
		PG_RETURN_NULL();

	row_rank = rank_categories(&state->rows);
	column_rank = rank_categories(&state->columns);
	cell = core_alloc(state->ncells, sizeof(TableCell));
	row_total = core_alloc0(state->rows.n, sizeof(int64));
	column_total = core_alloc0(state->columns.n, sizeof(int64));
	for (int64 s = 0; s < state->slots; s++)
	{
		TableCell	c = state->cell[s];

		if (c.count == 0)
			continue;
		cell[ncells] = (TableCell) {row_rank[c.row], column_rank[c.column], c.count};
		row_total[cell[ncells].row] += c.count;
		column_total[cell[ncells].column] += c.count;
		n += c.count;
		ncells++;
	}
	qsort(cell, ncells, sizeof(TableCell), compare_cells);
	result = test_chi_square(&(ContingencyTable) {cell, ncells, row_total, column_total,
												  state->rows.n, state->columns.n, n}, &least_expected);
	tell_whether(fcinfo, "chi_square", result.is_decided, "two categories or more of each argument");

	row = row_begin(fcinfo);
	row_add_float(&row, result.statistic);
	row_add_float(&row, result.df);
	row_add_tail(&row, result.tail);
	row_add_float(&row, result.effect_size);
	row_add(&row, Int32GetDatum(state->rows.n), false);
	row_add(&row, Int32GetDatum(state->columns.n), false);
	row_add(&row, Int64GetDatum(n), false);
	row_add_float(&row, least_expected);
	return row_end(&row);
}
