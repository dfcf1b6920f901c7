/*
 * density.c
 *	  Clusters by density as window functions, dbscan_label, hdbscan_label and
 *	  hdbscan_outlier, and the aggregate behind segment.dbscan_suggest_eps.
 */
#include "aggregates.h"
#include "partition.h"

#include "core.h"
#include "fitting.h"

static void
dbscan_labeller(const FeatureRows *rows, const void *options, Notices *notices, int *label)
{
	run_dbscan(rows, (const DbscanOptions *) options, notices, label);
}

/* dbscan_label(eps, min_points, f1, ...) */
PG_FUNCTION_INFO_V1(segment_dbscan_label_columns);
Datum
segment_dbscan_label_columns(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		DbscanOptions options = dbscan_options(partition_option(fcinfo, 0),
											   partition_option(fcinfo, 1));

		partition_label(fcinfo, partition_columns(fcinfo, 2), "dbscan_label", &options,
						dbscan_labeller, partition);
	}
	return partition_current_label(fcinfo, partition);
}

/* dbscan_label(features, eps, min_points, scale) */
PG_FUNCTION_INFO_V1(segment_dbscan_label_array);
Datum
segment_dbscan_label_array(PG_FUNCTION_ARGS)
{
	Partition  *partition = partition_of(fcinfo);

	if (partition->label == NULL)
	{
		DbscanOptions options = dbscan_options(partition_option(fcinfo, 1),
											   partition_option(fcinfo, 2));

		options.scale = option_scale(partition_option(fcinfo, 3));
		partition_label(fcinfo, partition_array(0), "dbscan_label", &options, dbscan_labeller,
						partition);
	}
	return partition_current_label(fcinfo, partition);
}

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

/* What segment.dbscan_eps gathers. */
typedef struct EpsState
{
	DbscanOptions options;
	FeatureRows rows;
} EpsState;

/* segment.dbscan_eps(features, min_points, scale) */
PG_FUNCTION_INFO_V1(segment_dbscan_eps_add);
Datum
segment_dbscan_eps_add(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	EpsState   *state;

	if (PG_ARGISNULL(0))
	{
		state = MemoryContextAllocZero(context, sizeof(EpsState));
		state->options.min_points =
			option_min_points((Argument) {PG_GETARG_DATUM(2), PG_ARGISNULL(2)});
		state->options.scale = option_scale((Argument) {PG_GETARG_DATUM(3), PG_ARGISNULL(3)});
		features_init(&state->rows, context, 0);
	}
	else
		state = (EpsState *) PG_GETARG_POINTER(0);
	if (PG_ARGISNULL(1))
		features_add_null(&state->rows);
	else
		features_add_array(&state->rows, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(state);
}

/* The eps to suggest for the rows gathered; NULL when there are none. */
PG_FUNCTION_INFO_V1(segment_dbscan_eps_final);
Datum
segment_dbscan_eps_final(PG_FUNCTION_ARGS)
{
	Notices    *notices = notices_of(fcinfo->flinfo, "dbscan_suggest_eps");
	EpsState   *state;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (EpsState *) PG_GETARG_POINTER(0);
	if (state->rows.n == 0)
	{
		notices_add(notices, state->rows.skipped, 0, NULL);
		PG_RETURN_NULL();
	}
	if (state->rows.n < state->options.min_points)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("min_points is %d, but only %d rows take part",
						state->options.min_points, state->rows.n),
				 errhint("With so large a min_points all rows are noise, whatever eps is.")));
	PG_RETURN_FLOAT8(run_dbscan_eps(&state->rows, &state->options, notices));
}
