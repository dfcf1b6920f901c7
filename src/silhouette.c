/*
 * silhouette.c
 *	  Silhouettes of labelled rows, as a window function: silhouette.
 */
#include "partition.h"

#include "fitting.h"

static void
silhouette_scorer(const FeatureRows *rows, const void *options, Notices *notices, double *score)
{
	(void) options;
	run_silhouette(rows, notices, score);
}

/* silhouette(label, f1, ...) */
PG_FUNCTION_INFO_V1(segment_silhouette_columns);
Datum
segment_silhouette_columns(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->score == NULL)
		partition_score(fcinfo, partition_with_labels(partition_columns(fcinfo, 1), 0),
						"silhouette", NULL, silhouette_scorer, partition);
	return partition_current_score(fcinfo, partition);
}

/* silhouette(features, label) */
PG_FUNCTION_INFO_V1(segment_silhouette_array);
Datum
segment_silhouette_array(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->score == NULL)
		partition_score(fcinfo, partition_with_labels(partition_array(0), 1),
						"silhouette", NULL, silhouette_scorer, partition);
	return partition_current_score(fcinfo, partition);
}
