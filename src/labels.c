/*
 * labels.c
 *	  Labels as window functions: kmeans_label, hclust_label.
 */
#include "partition.h"

#include "fitting.h"

static void
kmeans_labeller(const FeatureRows *rows, const void *options, Notices *notices, int *label)
{
	run_kmeans(rows, (const KMeansOptions *) options, notices, label, NULL);
}

static void
hclust_labeller(const FeatureRows *rows, const void *options, Notices *notices, int *label)
{
	run_hclust(rows, (const HclustOptions *) options, notices, label, NULL);
}

/* kmeans_label(k, f1, ...) */
PG_FUNCTION_INFO_V1(segment_kmeans_label_columns);
Datum
segment_kmeans_label_columns(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		KMeansOptions options = kmeans_options(partition_option(fcinfo, 0));

		partition_label(fcinfo, partition_columns(fcinfo, 1), "kmeans_label", &options,
						kmeans_labeller, partition);
	}
	return partition_current_label(fcinfo, partition);
}

/* kmeans_label(features, k, scale, seed, n_init, max_iter) */
PG_FUNCTION_INFO_V1(segment_kmeans_label_array);
Datum
segment_kmeans_label_array(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		KMeansOptions options = kmeans_options(partition_option(fcinfo, 1));

		kmeans_options_extend(&options,
							  partition_option(fcinfo, 2), partition_option(fcinfo, 3),
							  partition_option(fcinfo, 4), partition_option(fcinfo, 5));
		partition_label(fcinfo, partition_array(0), "kmeans_label", &options, kmeans_labeller,
						partition);
	}
	return partition_current_label(fcinfo, partition);
}

/* hclust_label(k, f1, ...): Ward */
PG_FUNCTION_INFO_V1(segment_hclust_label_columns);
Datum
segment_hclust_label_columns(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		HclustOptions options = hclust_options_of_k(partition_option(fcinfo, 0));

		partition_label(fcinfo, partition_columns(fcinfo, 1), "hclust_label", &options,
						hclust_labeller, partition);
	}
	return partition_current_label(fcinfo, partition);
}

/* hclust_label(features, k, linkage, height, scale) */
PG_FUNCTION_INFO_V1(segment_hclust_label_array);
Datum
segment_hclust_label_array(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		HclustOptions options = hclust_options(partition_option(fcinfo, 1), partition_option(fcinfo, 3),
											   partition_option(fcinfo, 2), partition_option(fcinfo, 4));

		partition_label(fcinfo, partition_array(0), "hclust_label", &options, hclust_labeller,
						partition);
	}
	return partition_current_label(fcinfo, partition);
}
