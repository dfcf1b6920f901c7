/*
 * labels.c
 *	  Labels as window functions: kmeans_label, hclust_label.
 *
 * A label depends on all rows of the partition, whatever the frame and the
 * order of the window.  At the first row of a partition all its rows are
 * read, clustered, and the labels kept until the partition ends.
 */
#include "compat.h"

#include "utils/memutils.h"
#include "windowapi.h"

#include "core.h"
#include "features.h"
#include "fitting.h"
#include "notices.h"
#include "options.h"

/* The label of a row that takes no part. */
#define NO_LABEL PG_INT32_MIN

/* Kept for a partition; zeroed by the executor when one begins. */
typedef struct PartitionLabels
{
	int		   *label;			/* NULL until computed */
} PartitionLabels;

/* Rows of a partition are read in blocks of this many. */
#define READ_BLOCK 256

/* Where the features are among the arguments. */
typedef struct FeatureArguments
{
	bool		is_array;
	int			first;			/* the array, or the first of the columns */
	int			count;			/* of columns */
} FeatureArguments;

typedef union LabelOptions
{
	KMeansOptions kmeans;
	HclustOptions hclust;
} LabelOptions;

typedef void (*Labeller) (const FeatureRows *rows, const LabelOptions *options,
						  Notices *notices, int *label);

/* An option: taken from the row at hand, which is the partition's first. */
static Argument
window_argument(WindowObject window, int argno)
{
	Argument	argument;

	argument.value = WinGetFuncArgCurrent(window, argno, &argument.isnull);
	return argument;
}

/*
 * Add the rows start .. start + count - 1 of the partition, given as arrays;
 * place[i] becomes the number of row i among those that take part, or -1.
 */
static void
read_arrays(WindowObject window, FeatureArguments where, int start, int count,
			FeatureRows *rows, int *place)
{
	for (int i = start; i < start + count; i++)
	{
		bool		isnull;
		bool		isout;
		Datum		array = WinGetFuncArgInPartition(window, where.first, i, WINDOW_SEEK_HEAD,
													 false, &isnull, &isout);
		bool		added = isnull ? features_add_null(rows) : features_add_array(rows, array);

		place[i] = added ? rows->n - 1 : -1;
	}
}

/*
 * The same for plain columns.  The server keeps its place in the partition
 * and moves on cheaply, but asking twice for a row makes it go to and fro;
 * so the columns are read one after the other.
 */
static void
read_columns(WindowObject window, FeatureArguments where, int start, int count,
			 FeatureRows *rows, int *place)
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
		bool		added = has_null[i] ? features_add_null(rows) :
			features_add(rows, value[i], where.count);

		place[start + i] = added ? rows->n - 1 : -1;
	}
}

/*
 * Label the rows of a partition.  The labels stay with it, everything else is
 * given back.
 */
static void
label_partition(FunctionCallInfo fcinfo, FeatureArguments where, const char *function,
				const LabelOptions *options, Labeller labeller, PartitionLabels *partition)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Notices    *notices = notices_of(fcinfo->flinfo, function);
	int64		n = WinGetPartitionRowCount(window);
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment labels",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext per_block = AllocSetContextCreate(work, "segment rows", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	FeatureRows rows;
	int		   *label;
	int		   *place;			/* of a row among those that take part; then its label */

	if (n > PG_INT32_MAX / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a partition of %lld rows cannot be clustered at once", (long long) n),
				 errhint("Fit a model to the table and score the rows with cluster_id.")));
	features_init(&rows, work, (int) n);
	place = MemoryContextAllocHuge(GetMemoryChunkContext(partition), sizeof(int) * n);

	MemoryContextSwitchTo(per_block);
	for (int i = 0; i < n; i += READ_BLOCK)
	{
		(where.is_array ? read_arrays : read_columns) (window, where, i, Min(READ_BLOCK, n - i),
													   &rows, place);
		MemoryContextReset(per_block);
		core_poll("reading rows", (double) i / n);
	}
	MemoryContextSwitchTo(work);

	label = core_alloc(rows.n, sizeof(int));
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

static PartitionLabels *
partition_of(FunctionCallInfo fcinfo)
{
	return WinGetPartitionLocalMemory(PG_WINDOW_OBJECT(), sizeof(PartitionLabels));
}

/* The label of the current row of a labelled partition. */
static Datum
current_label(FunctionCallInfo fcinfo, const PartitionLabels *partition)
{
	int			label = partition->label[WinGetCurrentPosition(PG_WINDOW_OBJECT())];

	if (label == NO_LABEL)
		PG_RETURN_NULL();
	PG_RETURN_INT32(label);
}

static void
kmeans_labeller(const FeatureRows *rows, const LabelOptions *options,
				Notices *notices, int *label)
{
	run_kmeans(rows, &options->kmeans, notices, label, NULL);
}

static void
hclust_labeller(const FeatureRows *rows, const LabelOptions *options,
				Notices *notices, int *label)
{
	run_hclust(rows, &options->hclust, notices, label, NULL);
}

/* kmeans_label(k, f1, ...) */
PG_FUNCTION_INFO_V1(segment_kmeans_label_columns);
Datum
segment_kmeans_label_columns(PG_FUNCTION_ARGS)
{
	PartitionLabels *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		FeatureArguments where = {false, 1, PG_NARGS() - 1};
		LabelOptions options = {.kmeans = kmeans_options(window_argument(PG_WINDOW_OBJECT(), 0))};

		label_partition(fcinfo, where, "kmeans_label", &options, kmeans_labeller, partition);
	}
	return current_label(fcinfo, partition);
}

/* kmeans_label(features, k, scale, seed, n_init, max_iter) */
PG_FUNCTION_INFO_V1(segment_kmeans_label_array);
Datum
segment_kmeans_label_array(PG_FUNCTION_ARGS)
{
	PartitionLabels *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		WindowObject window = PG_WINDOW_OBJECT();
		FeatureArguments where = {true, 0, 1};
		LabelOptions options = {.kmeans = kmeans_options(window_argument(window, 1))};

		kmeans_options_extend(&options.kmeans,
							  window_argument(window, 2), window_argument(window, 3),
							  window_argument(window, 4), window_argument(window, 5));
		label_partition(fcinfo, where, "kmeans_label", &options, kmeans_labeller, partition);
	}
	return current_label(fcinfo, partition);
}

/* hclust_label(k, f1, ...): Ward */
PG_FUNCTION_INFO_V1(segment_hclust_label_columns);
Datum
segment_hclust_label_columns(PG_FUNCTION_ARGS)
{
	PartitionLabels *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		FeatureArguments where = {false, 1, PG_NARGS() - 1};
		LabelOptions options = {.hclust = hclust_options_of_k(window_argument(PG_WINDOW_OBJECT(), 0))};

		label_partition(fcinfo, where, "hclust_label", &options, hclust_labeller, partition);
	}
	return current_label(fcinfo, partition);
}

/* hclust_label(features, k, linkage, height, scale) */
PG_FUNCTION_INFO_V1(segment_hclust_label_array);
Datum
segment_hclust_label_array(PG_FUNCTION_ARGS)
{
	PartitionLabels *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		WindowObject window = PG_WINDOW_OBJECT();
		FeatureArguments where = {true, 0, 1};
		LabelOptions options = {
			.hclust = hclust_options(window_argument(window, 1), window_argument(window, 3),
									 window_argument(window, 2), window_argument(window, 4))
		};

		label_partition(fcinfo, where, "hclust_label", &options, hclust_labeller, partition);
	}
	return current_label(fcinfo, partition);
}
