/*
 * partition.c
 *	  The rows of a window partition, read once, and what was found for each.
 *
 * What our window functions give for a row depends on all rows of the
 * partition, whatever the frame and the order of the window.  At the first row
 * of a partition all its rows are read and worked on, and the results kept
 * until the partition ends.
 */
#include "partition.h"

#include "funcapi.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "windowapi.h"

#include "core.h"

/* The label of a row that takes no part; its score is NaN. */
#define NO_LABEL PG_INT32_MIN

/* Rows of a partition are read in blocks of this many. */
#define READ_BLOCK 256

Partition *
partition_of(FunctionCallInfo fcinfo)
{
	return WinGetPartitionLocalMemory(PG_WINDOW_OBJECT(), sizeof(Partition));
}

/* The name of one of our arguments, for a message. */
static char *
argument_name(FunctionCallInfo fcinfo, int argno)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
	Oid		   *types;
	char	  **names;
	char	   *modes;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", fcinfo->flinfo->fn_oid);
	get_func_arg_info(tuple, &types, &names, &modes);
	ReleaseSysCache(tuple);
	return names[argno];
}

/*
 * An error unless the option is the same in all rows of the partition.  Who
 * gives the columns before k would otherwise get labels for some row's value.
 */
static void
check_same(FunctionCallInfo fcinfo, int argno, Argument first)
{
	WindowObject window = PG_WINDOW_OBJECT();
	int64		n = WinGetPartitionRowCount(window);
	MemoryContext per_block = AllocSetContextCreate(CurrentMemoryContext, "segment option",
													ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(per_block);
	int16		length;
	bool		by_value;

	get_typlenbyval(get_fn_expr_argtype(fcinfo->flinfo, argno), &length, &by_value);
	for (int i = 0; i < n; i++)
	{
		bool		isnull;
		bool		isout;
		Datum		value = WinGetFuncArgInPartition(window, argno, i, WINDOW_SEEK_HEAD, false,
													 &isnull, &isout);

		if (isnull != first.isnull ||
			!(isnull || datum_image_eq(value, first.value, by_value, length)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be the same for all rows of a partition",
							argument_name(fcinfo, argno)),
					 errhint("Give it as a constant, or partition by it.")));
		if (i % READ_BLOCK == 0)
		{
			MemoryContextReset(per_block);
			core_poll("reading rows", 0);
		}
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(per_block);
}

/* An option: taken from the row at hand, which is the partition's first, and the same in all others. */
Argument
partition_option(FunctionCallInfo fcinfo, int argno)
{
	Argument	argument;

	argument.value = WinGetFuncArgCurrent(PG_WINDOW_OBJECT(), argno, &argument.isnull);
	if (!get_fn_expr_arg_stable(fcinfo->flinfo, argno))
		check_same(fcinfo, argno, argument);
	return argument;
}

/* Features in columns, from an argument to the last one. */
FeatureArguments
partition_columns(FunctionCallInfo fcinfo, int first)
{
	return (FeatureArguments) {false, first, PG_NARGS() - first, -1};
}

FeatureArguments
partition_array(int argno)
{
	return (FeatureArguments) {true, argno, 1, -1};
}

/* Rows with a label of 0 or more; others take no part. */
FeatureArguments
partition_with_labels(FeatureArguments where, int argno)
{
	where.label = argno;
	return where;
}

/* label[] becomes the labels of the rows start .. start + count - 1. */
static void
read_labels(WindowObject window, int argno, int start, int count, int *label)
{
	for (int i = 0; i < count; i++)
	{
		bool		isnull;
		bool		isout;
		int			value = DatumGetInt32(WinGetFuncArgInPartition(window, argno, start + i,
																   WINDOW_SEEK_HEAD, false,
																   &isnull, &isout));

		label[i] = isnull ? NO_LABEL : value;
	}
}

/*
 * Has the row, which is the next to be added, a label?  If so it is noted.
 * label NULL: rows need none.
 */
static bool
take_label(FeatureRows *rows, const int *label, int i)
{
	if (label == NULL)
		return true;
	if (label[i] < 0)
	{
		rows->unlabelled++;
		return false;
	}
	rows->label[rows->n] = label[i];
	return true;
}

/*
 * Add the rows start .. start + count - 1 of the partition, given as arrays,
 * with label[], unless NULL; place[i] becomes the number of row i among those
 * that take part, or -1.
 */
static void
read_arrays(WindowObject window, FeatureArguments where, int start, int count,
			const int *label, FeatureRows *rows, int *place)
{
	for (int i = 0; i < count; i++)
	{
		bool		added = false;

		if (take_label(rows, label, i))
		{
			bool		isnull;
			bool		isout;
			Datum		array = WinGetFuncArgInPartition(window, where.first, start + i,
														 WINDOW_SEEK_HEAD, false,
														 &isnull, &isout);

			added = isnull ? features_add_null(rows) : features_add_array(rows, array);
		}
		place[start + i] = added ? rows->n - 1 : -1;
	}
}

/*
 * The same for plain columns.  The server keeps its place in the partition
 * and moves on cheaply, but asking twice for a row makes it go to and fro;
 * so the columns are read one after the other.
 */
static void
read_columns(WindowObject window, FeatureArguments where, int start, int count,
			 const int *label, FeatureRows *rows, int *place)
{
	double		value[READ_BLOCK][8];
	bool		has_null[READ_BLOCK] = {false};

	for (int j = 0; j < where.count; j++)
		for (int i = 0; i < count; i++)
		{
			bool		isnull;
			bool		isout;

			value[i][j] = DatumGetFloat8(WinGetFuncArgInPartition(window, where.first + j, start + i,
																  WINDOW_SEEK_HEAD, false,
																  &isnull, &isout));
			has_null[i] |= isnull;
		}
	for (int i = 0; i < count; i++)
	{
		bool		added = false;

		if (take_label(rows, label, i))
			added = has_null[i] ? features_add_null(rows) :
				features_add(rows, value[i], where.count);
		place[start + i] = added ? rows->n - 1 : -1;
	}
}

/*
 * Read the rows of the partition into *rows, which keeps them in the current
 * memory context; returns for every row its number among those that take part,
 * or -1, in an array that lives as long as the partition.
 */
static int *
read_rows(FunctionCallInfo fcinfo, FeatureArguments where, const Partition *partition,
		  FeatureRows *rows)
{
	WindowObject window = PG_WINDOW_OBJECT();
	int64		n = WinGetPartitionRowCount(window);
	MemoryContext per_block = AllocSetContextCreate(CurrentMemoryContext, "segment rows",
													ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller;
	int		   *place;

	if (n > PG_INT32_MAX / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a partition of %lld rows cannot be clustered at once", (long long) n),
				 errhint("Fit a model to the table and score the rows with cluster_id.")));
	features_init(rows, CurrentMemoryContext, (int) n);
	if (where.label >= 0)
		rows->label = core_alloc(n, sizeof(int));
	place = MemoryContextAllocHuge(GetMemoryChunkContext((void *) partition), sizeof(int) * n);

	caller = MemoryContextSwitchTo(per_block);
	for (int i = 0; i < n; i += READ_BLOCK)
	{
		int			count = Min(READ_BLOCK, n - i);
		int			label[READ_BLOCK];

		if (where.label >= 0)
			read_labels(window, where.label, i, count, label);
		(where.is_array ? read_arrays : read_columns) (window, where, i, count,
													   where.label >= 0 ? label : NULL,
													   rows, place);
		MemoryContextReset(per_block);
		core_poll("reading rows", (double) i / n);
	}
	MemoryContextSwitchTo(caller);
	return place;
}

/* Label the rows of a partition.  The labels stay with it, all else is given back. */
void
partition_label(FunctionCallInfo fcinfo, FeatureArguments where, const char *function,
				const void *options, Labeller labeller, Partition *partition)
{
	Notices    *notices = notices_of(fcinfo->flinfo, function);
	int64		n = WinGetPartitionRowCount(PG_WINDOW_OBJECT());
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment labels",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	FeatureRows rows;
	int		   *place = read_rows(fcinfo, where, partition, &rows);
	int		   *label = core_alloc(rows.n, sizeof(int));

	if (rows.n > 0)
		labeller(&rows, options, notices, label);
	else
		notices_add(notices, rows.skipped, 0, NULL);

	/* the places become the labels, row by row */
	for (int i = 0; i < n; i++)
		place[i] = place[i] < 0 ? NO_LABEL : label[place[i]];
	partition->label = place;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
}

/* The label of the current row of a labelled partition. */
Datum
partition_current_label(FunctionCallInfo fcinfo, const Partition *partition)
{
	int			label = partition->label[WinGetCurrentPosition(PG_WINDOW_OBJECT())];

	if (label == NO_LABEL)
		PG_RETURN_NULL();
	PG_RETURN_INT32(label);
}

/* Score the rows of a partition; otherwise like partition_label. */
void
partition_score(FunctionCallInfo fcinfo, FeatureArguments where, const char *function,
				const void *options, ScoreFunction score_rows, Partition *partition)
{
	Notices    *notices = notices_of(fcinfo->flinfo, function);
	int64		n = WinGetPartitionRowCount(PG_WINDOW_OBJECT());
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment scores",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	FeatureRows rows;
	int		   *place = read_rows(fcinfo, where, partition, &rows);
	double	   *score = core_alloc(rows.n, sizeof(double));

	if (rows.n > 0)
		score_rows(&rows, options, notices, score);
	else
		notices_add(notices, rows.skipped, 0, NULL);
	notices->unlabelled += rows.unlabelled;

	partition->score = MemoryContextAllocHuge(GetMemoryChunkContext(partition),
											  mul_size(n, sizeof(double)));
	for (int i = 0; i < n; i++)
		partition->score[i] = place[i] < 0 ? NAN : score[place[i]];
	pfree(place);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
}

/* The score of the current row; a row that takes no part, or has NaN, gets NULL. */
Datum
partition_current_score(FunctionCallInfo fcinfo, const Partition *partition)
{
	double		score = partition->score[WinGetCurrentPosition(PG_WINDOW_OBJECT())];

	if (isnan(score))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(score);
}
