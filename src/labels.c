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
						  Notices *notices, int *label, Clusters *clusters);

/* An option: taken from the row at hand, which is the partition's first. */
static Argument
window_argument(WindowObject window, int argno)
{
	Argument	argument;

	argument.value = WinGetFuncArgCurrent(window, argno, &argument.isnull);
	return argument;
}

/* Add row i of the partition; returns false if it was left out. */
static bool
read_row(WindowObject window, FeatureArguments where, int i, FeatureRows *rows)
{
	double		value[8];
	bool		isnull;
	bool		isout;

	if (where.is_array)
	{
		Datum		array = WinGetFuncArgInPartition(window, where.first, i, WINDOW_SEEK_HEAD,
													 false, &isnull, &isout);

		return isnull ? features_add_null(rows) : features_add_array(rows, array);
	}
	for (int j = 0; j < where.count; j++)
	{
		value[j] = DatumGetFloat8(WinGetFuncArgInPartition(window, where.first + j, i,
														   WINDOW_SEEK_HEAD, false,
														   &isnull, &isout));
		if (isnull)
			return features_add_null(rows);
	}
	return features_add(rows, value, where.count);
}

/*
 * The labels of a partition.  They go into "keep", everything else is
 * given back.
 */
static int *
label_partition(WindowObject window, FeatureArguments where, const LabelOptions *options,
				Labeller labeller, Notices *notices, MemoryContext keep)
{
	int64		n = WinGetPartitionRowCount(window);
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment labels",
											   ALLOCSET_DEFAULT_SIZES);
	MemoryContext per_row = AllocSetContextCreate(work, "segment row", ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(work);
	FeatureRows rows;
	int		   *label;
	int		   *place;			/* of a row among those that take part */

	if (n > PG_INT32_MAX / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a partition of %lld rows cannot be clustered at once", (long long) n),
				 errhint("Fit a model to the table and score the rows with cluster_id.")));
	features_init(&rows, work, (int) n);
	place = core_alloc(n, sizeof(int));

	MemoryContextSwitchTo(per_row);
	for (int i = 0; i < n; i++)
	{
		place[i] = read_row(window, where, i, &rows) ? rows.n - 1 : -1;
		MemoryContextReset(per_row);
		if (i % 1024 == 0)
			core_poll("reading rows", (double) i / n);
	}
	MemoryContextSwitchTo(work);

	label = core_alloc(rows.n, sizeof(int));
	if (rows.n > 0)
	{
		Clusters	clusters;

		labeller(&rows, options, notices, label, &clusters);
	}
	else
		notices_add(notices, rows.skipped, 0, NULL);

	/* the places become the labels, row by row */
	for (int i = 0; i < n; i++)
		place[i] = place[i] < 0 ? NO_LABEL : label[place[i]];
	label = MemoryContextAllocHuge(keep, sizeof(int) * n);
	memcpy(label, place, sizeof(int) * n);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(work);
	return label;
}

static Datum
label_current_row(FunctionCallInfo fcinfo, FeatureArguments where,
				  const char *function, const LabelOptions *options, Labeller labeller)
{
	WindowObject window = PG_WINDOW_OBJECT();
	PartitionLabels *partition = WinGetPartitionLocalMemory(window, sizeof(PartitionLabels));
	int			label;

	if (partition->label == NULL)
		partition->label = label_partition(window, where, options, labeller,
										   notices_of(fcinfo->flinfo, function),
										   GetMemoryChunkContext(partition));
	label = partition->label[WinGetCurrentPosition(window)];
	if (label == NO_LABEL)
		PG_RETURN_NULL();
	PG_RETURN_INT32(label);
}

/* Is this the row at which the options are read and the labels computed? */
static bool
is_first_call(FunctionCallInfo fcinfo)
{
	PartitionLabels *partition = WinGetPartitionLocalMemory(PG_WINDOW_OBJECT(),
															sizeof(PartitionLabels));

	return partition->label == NULL;
}

static void
kmeans_labeller(const FeatureRows *rows, const LabelOptions *options,
				Notices *notices, int *label, Clusters *clusters)
{
	run_kmeans(rows, &options->kmeans, notices, label, clusters);
}

static void
hclust_labeller(const FeatureRows *rows, const LabelOptions *options,
				Notices *notices, int *label, Clusters *clusters)
{
	run_hclust(rows, &options->hclust, notices, label, clusters);
}

/* kmeans_label(k, f1, ...) */
PG_FUNCTION_INFO_V1(segment_kmeans_label_columns);
Datum
segment_kmeans_label_columns(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	FeatureArguments where = {false, 1, PG_NARGS() - 1};
	LabelOptions options = {0};

	if (is_first_call(fcinfo))
		options.kmeans = kmeans_options(window_argument(window, 0));
	return label_current_row(fcinfo, where, "kmeans_label", &options, kmeans_labeller);
}

/* kmeans_label(features, k, scale, seed, n_init, max_iter) */
PG_FUNCTION_INFO_V1(segment_kmeans_label_array);
Datum
segment_kmeans_label_array(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	FeatureArguments where = {true, 0, 1};
	LabelOptions options = {0};

	if (is_first_call(fcinfo))
	{
		options.kmeans = kmeans_options(window_argument(window, 1));
		kmeans_options_extend(&options.kmeans,
							  window_argument(window, 2), window_argument(window, 3),
							  window_argument(window, 4), window_argument(window, 5));
	}
	return label_current_row(fcinfo, where, "kmeans_label", &options, kmeans_labeller);
}

/* hclust_label(k, f1, ...): Ward */
PG_FUNCTION_INFO_V1(segment_hclust_label_columns);
Datum
segment_hclust_label_columns(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	FeatureArguments where = {false, 1, PG_NARGS() - 1};
	LabelOptions options = {0};

	if (is_first_call(fcinfo))
		options.hclust = hclust_options_of_k(window_argument(window, 0));
	return label_current_row(fcinfo, where, "hclust_label", &options, hclust_labeller);
}

/* hclust_label(features, k, linkage, height, scale) */
PG_FUNCTION_INFO_V1(segment_hclust_label_array);
Datum
segment_hclust_label_array(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	FeatureArguments where = {true, 0, 1};
	LabelOptions options = {0};

	if (is_first_call(fcinfo))
		options.hclust = hclust_options(window_argument(window, 1), window_argument(window, 3),
										window_argument(window, 2), window_argument(window, 4));
	return label_current_row(fcinfo, where, "hclust_label", &options, hclust_labeller);
}
