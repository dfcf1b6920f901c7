/*
 * density.c
 *	  Clusters by density as window functions: hdbscan_label, hdbscan_outlier.
 */
#include "partition.h"

#include "fitting.h"

static void
hdbscan_labeller(const FeatureRows *rows, const void *options, Notices *notices, int *label)
{
	run_hdbscan(rows, (const HdbscanOptions *) options, notices, label, NULL);
}

static void
hdbscan_scorer(const FeatureRows *rows, const void *options, Notices *notices, double *score)
{
	run_hdbscan(rows, (const HdbscanOptions *) options, notices, NULL, score);
}

/* (features, min_cluster_size, min_samples, scale) */
static HdbscanOptions
array_options(FunctionCallInfo fcinfo)
{
	HdbscanOptions options = hdbscan_options(partition_option(fcinfo, 1));

	hdbscan_options_extend(&options, partition_option(fcinfo, 2), partition_option(fcinfo, 3));
	return options;
}

/* hdbscan_label(min_cluster_size, f1, ...) */
PG_FUNCTION_INFO_V1(segment_hdbscan_label_columns);
Datum
segment_hdbscan_label_columns(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		HdbscanOptions options = hdbscan_options(partition_option(fcinfo, 0));

		partition_label(fcinfo, partition_columns(fcinfo, 1), "hdbscan_label", &options,
						hdbscan_labeller, partition);
	}
	return partition_current_label(fcinfo, partition);
}

PG_FUNCTION_INFO_V1(segment_hdbscan_label_array);
Datum
segment_hdbscan_label_array(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		HdbscanOptions options = array_options(fcinfo);

		partition_label(fcinfo, partition_array(0), "hdbscan_label", &options, hdbscan_labeller,
						partition);
	}
	return partition_current_label(fcinfo, partition);
}

/* hdbscan_outlier(min_cluster_size, f1, ...) */
PG_FUNCTION_INFO_V1(segment_hdbscan_outlier_columns);
Datum
segment_hdbscan_outlier_columns(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->score == NULL)
	{
		HdbscanOptions options = hdbscan_options(partition_option(fcinfo, 0));

		partition_score(fcinfo, partition_columns(fcinfo, 1), "hdbscan_outlier", &options,
						hdbscan_scorer, partition);
	}
	return partition_current_score(fcinfo, partition);
}

PG_FUNCTION_INFO_V1(segment_hdbscan_outlier_array);
Datum
segment_hdbscan_outlier_array(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->score == NULL)
	{
		HdbscanOptions options = array_options(fcinfo);

		partition_score(fcinfo, partition_array(0), "hdbscan_outlier", &options, hdbscan_scorer,
						partition);
	}
	return partition_current_score(fcinfo, partition);
}
