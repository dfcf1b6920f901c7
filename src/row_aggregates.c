/*
 * row_aggregates.c
 *	  Aggregates that cluster the rows themselves: hclust, and those behind
 *	  segment.fit.
 *
 * The transition gathers the rows, the final function clusters them.
 */
#include "compat.h"

#include "utils/builtins.h"

#include "aggregates.h"
#include "core.h"
#include "clustering.h"
#include "features.h"
#include "fitting.h"
#include "notices.h"
#include "options.h"

typedef struct AggregateState
{
	ClusteringMethod method;
	union
	{
		KMeansOptions kmeans;
		HclustOptions hclust;
		GmmOptions	gmm;
	}			options;
	Argument	init;			/* centroids to start from, k-means */
	FeatureRows rows;
} AggregateState;

static Argument
call_argument(FunctionCallInfo fcinfo, int argno)
{
	return (Argument) {PG_GETARG_DATUM(argno), PG_ARGISNULL(argno)};
}

/* The state, argument 0, made at the first row; *is_new tells which. */
static AggregateState *
aggregate_state(FunctionCallInfo fcinfo, ClusteringMethod method, bool *is_new)
{
	MemoryContext context = aggregate_context(fcinfo);
	AggregateState *state;

	*is_new = PG_ARGISNULL(0);
	if (!*is_new)
		return (AggregateState *) PG_GETARG_POINTER(0);
	state = MemoryContextAllocZero(context, sizeof(AggregateState));
	state->method = method;
	features_init(&state->rows, context, 0);
	return state;
}

static void
add_array(FunctionCallInfo fcinfo, FeatureRows *rows, int argno)
{
	if (PG_ARGISNULL(argno))
		features_add_null(rows);
	else
		features_add_array(rows, PG_GETARG_DATUM(argno));
}

/* An option, or its default where it is NULL. */
static Argument
call_argument_or(FunctionCallInfo fcinfo, int argno, Datum otherwise)
{
	return (Argument) {PG_ARGISNULL(argno) ? otherwise : PG_GETARG_DATUM(argno), false};
}

/* segment.kmeans_fit(features, k, scale, seed, n_init, max_iter [, init]) */
PG_FUNCTION_INFO_V1(segment_kmeans_fit_add);
Datum
segment_kmeans_fit_add(PG_FUNCTION_ARGS)
{
	bool		is_new;
	AggregateState *state = aggregate_state(fcinfo, METHOD_KMEANS, &is_new);

	if (is_new)
	{
		state->options.kmeans = kmeans_options(call_argument(fcinfo, 2));
		kmeans_options_extend(&state->options.kmeans,
							  call_argument(fcinfo, 3), call_argument(fcinfo, 4),
							  call_argument_or(fcinfo, 5, Int32GetDatum(0)),
							  call_argument_or(fcinfo, 6, Int32GetDatum(KMEANS_MAX_ITER)));
		state->init.isnull = PG_NARGS() <= 7 || PG_ARGISNULL(7);
		if (!state->init.isnull)
		{
			MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(state));

			/* checked once the number of features is known */
			state->init.value = PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(7)));
			MemoryContextSwitchTo(caller);
		}
	}
	add_array(fcinfo, &state->rows, 1);
	PG_RETURN_POINTER(state);
}

/* segment.hclust_fit(features, k, height, linkage, scale) */
PG_FUNCTION_INFO_V1(segment_hclust_fit_add);
Datum
segment_hclust_fit_add(PG_FUNCTION_ARGS)
{
	bool		is_new;
	AggregateState *state = aggregate_state(fcinfo, METHOD_HCLUST, &is_new);

	if (is_new)
		state->options.hclust = hclust_options(call_argument(fcinfo, 2), call_argument(fcinfo, 3),
											   call_argument(fcinfo, 4), call_argument(fcinfo, 5));
	add_array(fcinfo, &state->rows, 1);
	PG_RETURN_POINTER(state);
}

/* segment.gmm_fit(features, k, covariance, scale, seed, n_init, max_iter) */
PG_FUNCTION_INFO_V1(segment_gmm_fit_add);
Datum
segment_gmm_fit_add(PG_FUNCTION_ARGS)
{
	bool		is_new;
	AggregateState *state = aggregate_state(fcinfo, METHOD_GMM, &is_new);

	if (is_new)
	{
		state->options.gmm = gmm_options(call_argument(fcinfo, 2));
		gmm_options_extend(&state->options.gmm, call_argument(fcinfo, 3), call_argument(fcinfo, 4),
						   call_argument(fcinfo, 5),
						   call_argument_or(fcinfo, 6, Int32GetDatum(0)),
						   call_argument_or(fcinfo, 7, Int32GetDatum(GMM_MAX_ITER)));
	}
	add_array(fcinfo, &state->rows, 1);
	PG_RETURN_POINTER(state);
}

/* hclust(features, linkage) */
PG_FUNCTION_INFO_V1(segment_hclust_add);
Datum
segment_hclust_add(PG_FUNCTION_ARGS)
{
	bool		is_new;
	AggregateState *state = aggregate_state(fcinfo, METHOD_HCLUST, &is_new);

	if (is_new)
	{
		Argument	no_scale = {CStringGetTextDatum("none"), false};

		state->options.hclust = hclust_options_of_tree(call_argument(fcinfo, 2), no_scale);
	}
	add_array(fcinfo, &state->rows, 1);
	PG_RETURN_POINTER(state);
}

/* The dendrogram of the rows gathered; NULL when there are none. */
PG_FUNCTION_INFO_V1(segment_hclust_final);
Datum
segment_hclust_final(PG_FUNCTION_ARGS)
{
	AggregateState *state;
	Notices    *notices = notices_of(fcinfo->flinfo, "hclust");

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (AggregateState *) PG_GETARG_POINTER(0);
	if (state->rows.n == 0)
	{
		notices_add(notices, state->rows.skipped, 0, NULL);
		PG_RETURN_NULL();
	}
	PG_RETURN_POINTER(run_dendrogram(&state->rows, &state->options.hclust, notices));
}

/* The clustering of the rows gathered; NULL when there are none. */
PG_FUNCTION_INFO_V1(segment_clustering_final);
Datum
segment_clustering_final(PG_FUNCTION_ARGS)
{
	static const char *const function[METHODS] = {
		[METHOD_KMEANS] = "kmeans",
		[METHOD_HCLUST] = "hclust",
		[METHOD_GMM] = "gmm",
	};
	AggregateState *state;
	Notices    *notices;
	Clusters	clusters;
	FitFacts	facts = {0};
	int		   *label;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (AggregateState *) PG_GETARG_POINTER(0);
	notices = notices_of(fcinfo->flinfo, function[state->method]);
	if (state->rows.n == 0)
	{
		notices_add(notices, state->rows.skipped, 0, NULL);
		PG_RETURN_NULL();
	}
	label = core_alloc(state->rows.n, sizeof(int));
	switch (state->method)
	{
		case METHOD_KMEANS:
			kmeans_options_start(&state->options.kmeans, state->init, state->rows.dim);
			facts = run_kmeans(&state->rows, &state->options.kmeans, notices, label, &clusters);
			break;
		case METHOD_HCLUST:
			facts = run_hclust(&state->rows, &state->options.hclust, notices, label, &clusters);
			break;
		case METHOD_GMM:
			facts = run_gmm(&state->rows, &state->options.gmm, notices, label, &clusters);
			break;
	}
	pfree(label);
	PG_RETURN_POINTER(clustering_make(state->method, &clusters, facts.disagreement));
}
