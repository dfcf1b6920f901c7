/*
 * mixture.c
 *	  Gaussian mixtures as labels: gmm_label.
 */
#include "partition.h"

#include "fitting.h"

static void
gmm_labeller(const FeatureRows *rows, const void *options, Notices *notices, int *label)
{
	run_gmm(rows, (const GmmOptions *) options, notices, label, NULL);
}

/* gmm_label(k, f1, ...) */
PG_FUNCTION_INFO_V1(segment_gmm_label_columns);
Datum
segment_gmm_label_columns(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		GmmOptions	options = gmm_options(partition_option(fcinfo, 0));

		partition_label(fcinfo, partition_columns(fcinfo, 1), "gmm_label", &options, gmm_labeller,
						partition);
	}
	return partition_current_label(fcinfo, partition);
}

/* gmm_label(features, k, covariance, scale, seed, n_init, max_iter) */
PG_FUNCTION_INFO_V1(segment_gmm_label_array);
Datum
segment_gmm_label_array(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		GmmOptions	options = gmm_options(partition_option(fcinfo, 1));

		gmm_options_extend(&options, partition_option(fcinfo, 2), partition_option(fcinfo, 3),
						   partition_option(fcinfo, 4), partition_option(fcinfo, 5),
						   partition_option(fcinfo, 6));
		partition_label(fcinfo, partition_array(0), "gmm_label", &options, gmm_labeller, partition);
	}
	return partition_current_label(fcinfo, partition);
}
