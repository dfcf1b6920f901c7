/*
 * sketch_aggregates.c
 *	  Aggregates whose state is a sketch: cluster_sketch, cluster_merge, kmeans
 *	  and gmm; and what can be done with a sketch: kmeans, gmm and hclust of it.
 *
 * The state is the SQL type cluster_sketch, so that it travels between
 * parallel workers, and between the nodes of a distributed query, like any
 * value.  It is changed in place: the executor copies a state only when a
 * function returns another pointer than it got, and then also frees the old
 * one.  Parameters are kept in the state (size, frame, the k of kmeans and gmm), since
 * a combine function sees nothing else.
 */
#include "compat.h"

#include "utils/array.h"
#include "catalog/pg_type.h"
#include "common/int.h"

#include "aggregates.h"
#include "clustering.h"
#include "core.h"
#include "features.h"
#include "fitting.h"
#include "notices.h"
#include "options.h"
#include "sketch_type.h"

/* An open copy. */
static Sketch *
open_copy(Sketch *sketch)
{
	Sketch	   *copy;

	sketch_ask_memory(sketch->dim, sketch->size);
	if (!sketch->open)
		return sketch_value(sketch_open(sketch));
	copy = palloc(VARSIZE(sketch));
	memcpy(copy, sketch, VARSIZE(sketch));
	return copy;
}

/*
 * Argument 0, open, or NULL before the first row.  Ours are open from the
 * start, but anybody can make an aggregate of these functions and begin it
 * with a closed sketch.
 */
static Sketch *
get_state(FunctionCallInfo fcinfo)
{
	Sketch	   *state;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		return NULL;
	state = PG_GETARG_SKETCH(0);
	return state->open ? state : open_copy(state);
}

/* Count rows that take no part. */
static void
skip_rows(Sketch *state, int64 rows)
{
	if (pg_add_s64_overflow(state->skipped, rows, &state->skipped))
		sketch_check(SKETCH_TOO_MANY_ROWS, state);
}

/*
 * Add a row to the state, which may move.  NULL as row: one that takes no
 * part.
 */
static Datum
add_row(Sketch *state, const double *row)
{
	Sketch	   *before = state;

	if (row == NULL)
		skip_rows(state, 1);
	else
		sketch_check(sketch_add(&state, row), state);
	PG_RETURN_POINTER(state == before ? state : sketch_value(state));
}

/* The plain columns from argument "first" on; NULL if the row takes no part. */
static const double *
get_columns(FunctionCallInfo fcinfo, int first, double *row)
{
	for (int j = first; j < PG_NARGS(); j++)
	{
		row[j - first] = PG_GETARG_FLOAT8(j);
		if (PG_ARGISNULL(j) || !feature_is_finite(row[j - first]))
			return NULL;
	}
	return row;
}

/* The k of a kmeans or gmm aggregate, the same for all rows. */
static int
get_k(FunctionCallInfo fcinfo, const Sketch *state)
{
	int			k;

	if (state && !PG_ARGISNULL(1) && PG_GETARG_INT32(1) == state->tag)
		return state->tag;
	k = option_k((Argument) {PG_GETARG_DATUM(1), PG_ARGISNULL(1)});
	if (state)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k must be the same for all rows of a group"),
				 errhint("Give it as a constant.")));
	return k;
}

/* cluster_sketch(f1, ...) */
PG_FUNCTION_INFO_V1(segment_sketch_add_columns);
Datum
segment_sketch_add_columns(PG_FUNCTION_ARGS)
{
	Sketch	   *state = get_state(fcinfo);
	double		row[8];

	if (state == NULL)
		state = sketch_begin(PG_NARGS() - 1, 0, NULL, 0);
	return add_row(state, get_columns(fcinfo, 1, row));
}

/* kmeans(k, f1, ...), gmm(k, f1, ...) */
PG_FUNCTION_INFO_V1(segment_kmeans_add_columns);
Datum
segment_kmeans_add_columns(PG_FUNCTION_ARGS)
{
	Sketch	   *state = get_state(fcinfo);
	int			k = get_k(fcinfo, state);
	double		row[8];

	if (state == NULL)
		state = sketch_begin_cubes(PG_NARGS() - 2, k);
	return add_row(state, get_columns(fcinfo, 2, row));
}

/*
 * The array given as argument "argno"; NULL if the row takes no part.  *dim is
 * its length, 0 if it is NULL itself.
 */
static const double *
get_array(FunctionCallInfo fcinfo, const Sketch *state, int argno, int *dim)
{
	const double *row;
	bool		has_null;

	*dim = 0;
	if (PG_ARGISNULL(argno))
		return NULL;
	row = features_of_array(PG_GETARG_DATUM(argno), dim, &has_null);
	features_check_dim(state ? state->dim : 0, *dim);
	return has_null || !features_are_finite(row, *dim) ? NULL : row;
}

/*
 * Is this the row that first shows how many features there are, so that the
 * state is to be made?  Or there is none yet, and it will only count rows.
 */
static bool
begins_state(const Sketch *state, int dim)
{
	return state == NULL || (state->dim == 0 && dim > 0);
}

/* The state that takes the place of one that only counted rows, or of none. */
static Sketch *
replace_state(const Sketch *before, Sketch *state)
{
	state->skipped = before ? before->skipped : 0;
	return state;
}

/* The size given as argument "argno". */
static int
get_size(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno) || PG_GETARG_INT32(argno) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("size must be at least 1"),
				 errhint("size is the most entries that the sketch keeps, such as 16384.")));
	return PG_GETARG_INT32(argno);
}

/* The frame given as argument "argno", for dim features (0: not known yet). */
static const int32 *
get_frame(FunctionCallInfo fcinfo, int argno, int dim)
{
	ArrayType  *array = PG_ARGISNULL(argno) ? NULL : PG_GETARG_ARRAYTYPE_P(argno);
	const int32 *frame;

	if (array == NULL || ARR_NDIM(array) != 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("frame must be a list of integers"),
				 errhint("It holds the exponent of a power-of-two unit for each feature; leave it out for a sketch without a frame.")));
	frame = (const int32 *) ARR_DATA_PTR(array);
	for (int j = 0; j < ARR_DIMS(array)[0]; j++)
		if (frame[j] < SKETCH_LEAST_UNIT || frame[j] > SKETCH_MOST_UNIT)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%d in frame is out of range", frame[j]),
					 errhint("An exponent lies between %d and %d.", SKETCH_LEAST_UNIT,
							 SKETCH_MOST_UNIT)));
	if (dim > 0 && ARR_DIMS(array)[0] != dim)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the frame has %d exponents, the row %d features", ARR_DIMS(array)[0], dim)));
	return frame;
}

/* cluster_sketch(features [, size [, frame]]) */
PG_FUNCTION_INFO_V1(segment_sketch_add_array);
Datum
segment_sketch_add_array(PG_FUNCTION_ARGS)
{
	Sketch	   *state = get_state(fcinfo);
	int			dim;
	const double *row = get_array(fcinfo, state, 1, &dim);

	/* size and frame are read from the first row; later only the state counts */
	if (begins_state(state, dim))
	{
		int			size = PG_NARGS() > 2 ? get_size(fcinfo, 2) : 0;
		const int32 *frame = PG_NARGS() > 3 ? get_frame(fcinfo, 3, dim) : NULL;

		state = replace_state(state, sketch_begin(dim, size, dim > 0 ? frame : NULL, 0));
	}
	return add_row(state, row);
}

/* segment.sketch_within(features, memory) */
PG_FUNCTION_INFO_V1(segment_sketch_add_within);
Datum
segment_sketch_add_within(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Sketch	   *before = get_state(fcinfo);
	Sketch	   *state = before;
	int			dim;
	const double *row = get_array(fcinfo, state, 1, &dim);

	if (begins_state(state, dim))
		state = replace_state(state, sketch_begin(dim, 0, NULL, 0));
	state = DatumGetSketch(add_row(state, row));

	/* Only a state that is new, or has grown, adds to what there is; the executor will copy it. */
	if (state != before && !PG_ARGISNULL(2) &&
		MemoryContextMemAllocated(context, false) + VARSIZE(state) > (Size) PG_GETARG_INT64(2))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("the sketches of all groups take more than %lld bytes",
						(long long) PG_GETARG_INT64(2)),
				 errhint("Group by sorting: SET enable_hashagg = off.")));
	PG_RETURN_POINTER(state);
}

/* kmeans(k, features), gmm(k, features) */
PG_FUNCTION_INFO_V1(segment_kmeans_add_array);
Datum
segment_kmeans_add_array(PG_FUNCTION_ARGS)
{
	Sketch	   *state = get_state(fcinfo);
	int			k = get_k(fcinfo, state);
	int			dim;
	const double *row = get_array(fcinfo, state, 2, &dim);

	if (begins_state(state, dim))
		state = replace_state(state, sketch_begin_cubes(dim, k));
	return add_row(state, row);
}

/* An error that says in what two sketches differ. */
static void
check_same_shape(const Sketch *a, const Sketch *b)
{
	const char *what = "frame";

	if (sketch_same_shape(a, b))
		return;
	if (a->dim != b->dim)
		what = "number of features";
	else if (a->size != b->size)
		what = "size";
	else if (a->tag != b->tag)
		what = "k";
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("sketches of different %s cannot be merged", what),
			 errhint("Make all of them with the same features, size and frame.")));
}

/* The open sketch a, which may move, with the rows of b as well. */
static Sketch *
merge(Sketch *a, Sketch *b)
{
	if (a->dim == 0)
	{
		int64		skipped = a->skipped;

		a = open_copy(b);
		skip_rows(a, skipped);
		return a;
	}
	if (b->dim == 0)
	{
		skip_rows(a, b->skipped);
		return a;
	}
	check_same_shape(a, b);
	sketch_check(sketch_merge(&a, b), a);
	return sketch_value(a);
}

/*
 * The combine function of all these aggregates, and the transition function
 * of cluster_merge.
 */
PG_FUNCTION_INFO_V1(segment_sketch_combine);
Datum
segment_sketch_combine(PG_FUNCTION_ARGS)
{
	Sketch	   *state = get_state(fcinfo);

	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	if (state == NULL)
		PG_RETURN_POINTER(open_copy(PG_GETARG_SKETCH(1)));
	PG_RETURN_POINTER(merge(state, PG_GETARG_SKETCH(1)));
}

/* a || b */
PG_FUNCTION_INFO_V1(segment_sketch_concat);
Datum
segment_sketch_concat(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(sketch_finished(merge(open_copy(PG_GETARG_SKETCH(0)), PG_GETARG_SKETCH(1))));
}

/* The final function of cluster_sketch and cluster_merge. */
PG_FUNCTION_INFO_V1(segment_sketch_final);
Datum
segment_sketch_final(PG_FUNCTION_ARGS)
{
	Sketch	   *state = get_state(fcinfo);

	if (state == NULL || state->dim == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(sketch_finished(state));
}

/* An error if the weights of the cells would be rounded. */
static void
check_weight(const Sketch *s)
{
	if (s->rows > MOST_WEIGHT)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the sketch stands for more rows than can be clustered exactly"),
				 errdetail("There are %lld rows; the most is %lld.", (long long) s->rows,
						   (long long) MOST_WEIGHT)));
}

/*
 * The cells of a sketch, and how far values were rounded to get there; returns
 * false, having counted the rows that took no part, when it has no rows.
 */
bool
sketch_take_cells(Sketch *sketch, Notices *notices, Rows *cells, double **rounding, int64 *skipped)
{
	Sketch	   *s = sketch_finished(sketch);

	if (s->count == 0)
	{
		notices_add(notices, s->skipped, 0, NULL);
		return false;
	}
	check_weight(s);
	*cells = sketch_rows(s);
	*rounding = core_alloc(s->dim, sizeof(double));
	sketch_rounding(s, *rounding);
	*skipped = s->skipped;
	return true;
}

/* k-means of a sketch; NULL when it has no rows. */
static Clustering *
kmeans_of(Sketch *sketch, const KMeansOptions *options, Notices *notices)
{
	double	   *rounding;
	int64		skipped;
	Rows		cells;
	Clusters	clusters;
	FitFacts	facts;

	if (!sketch_take_cells(sketch, notices, &cells, &rounding, &skipped))
		return NULL;
	fit_kmeans_cells(&cells, rounding, options, &clusters, &facts);
	notices_add(notices, skipped, options->k, &facts);
	return clustering_make(METHOD_KMEANS, &clusters, 0);
}

/* A mixture of Gaussians of a sketch; NULL when it has no rows. */
static Clustering *
gmm_of(Sketch *sketch, const GmmOptions *options, Notices *notices)
{
	double	   *rounding;
	int64		skipped;
	Rows		cells;
	Clusters	clusters;

	if (!sketch_take_cells(sketch, notices, &cells, &rounding, &skipped))
		return NULL;
	run_gmm_cells(&cells, skipped, options, notices, &clusters);
	return clustering_make(METHOD_GMM, &clusters, 0);
}

/*
 * The state of an aggregate with a k, at the end, and that k; NULL when no row
 * told how many features there are.
 */
static Sketch *
final_state(FunctionCallInfo fcinfo, Notices *notices, Argument *k)
{
	Sketch	   *state = get_state(fcinfo);

	if (state == NULL)
		return NULL;
	if (state->dim == 0)
	{
		notices_add(notices, state->skipped, 0, NULL);
		return NULL;
	}
	*k = (Argument) {Int32GetDatum(state->tag), false};
	return state;
}

/* A clustering, or NULL. */
static Datum
return_clustering(FunctionCallInfo fcinfo, Clustering *clustering)
{
	if (clustering == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(clustering);
}

/* The final function of kmeans(k, ...). */
PG_FUNCTION_INFO_V1(segment_kmeans_final);
Datum
segment_kmeans_final(PG_FUNCTION_ARGS)
{
	Notices    *notices = notices_of(fcinfo->flinfo, "kmeans");
	Argument	k;
	Sketch	   *state = final_state(fcinfo, notices, &k);
	KMeansOptions options;

	if (state == NULL)
		PG_RETURN_NULL();
	options = kmeans_options(k);
	return return_clustering(fcinfo, kmeans_of(state, &options, notices));
}

/* The final function of gmm(k, ...). */
PG_FUNCTION_INFO_V1(segment_gmm_final);
Datum
segment_gmm_final(PG_FUNCTION_ARGS)
{
	Notices    *notices = notices_of(fcinfo->flinfo, "gmm");
	Argument	k;
	Sketch	   *state = final_state(fcinfo, notices, &k);
	GmmOptions	options;

	if (state == NULL)
		PG_RETURN_NULL();
	options = gmm_options(k);
	return return_clustering(fcinfo, gmm_of(state, &options, notices));
}

/* kmeans(sketch, k, scale, seed, n_init, max_iter, init) */
PG_FUNCTION_INFO_V1(segment_kmeans_sketch);
Datum
segment_kmeans_sketch(PG_FUNCTION_ARGS)
{
	Argument	argument[7];
	Sketch	   *sketch;
	KMeansOptions options;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	sketch = PG_GETARG_SKETCH(0);
	for (int i = 1; i < 7; i++)
		argument[i] = (Argument) {PG_GETARG_DATUM(i), PG_ARGISNULL(i)};
	options = kmeans_options(argument[1]);
	kmeans_options_extend(&options, argument[2], argument[3], argument[4], argument[5]);
	kmeans_options_start(&options, argument[6], sketch->dim);
	return return_clustering(fcinfo, kmeans_of(sketch, &options,
											   notices_of(fcinfo->flinfo, "kmeans")));
}

/* gmm(sketch, k, covariance, scale, seed, n_init, max_iter) */
PG_FUNCTION_INFO_V1(segment_gmm_sketch);
Datum
segment_gmm_sketch(PG_FUNCTION_ARGS)
{
	Argument	argument[7];
	GmmOptions	options;

	for (int i = 1; i < 7; i++)
		argument[i] = (Argument) {PG_GETARG_DATUM(i), PG_ARGISNULL(i)};
	options = gmm_options(argument[1]);
	gmm_options_extend(&options, argument[2], argument[3], argument[4], argument[5], argument[6]);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return return_clustering(fcinfo, gmm_of(PG_GETARG_SKETCH(0), &options,
											notices_of(fcinfo->flinfo, "gmm")));
}

/* hclust(sketch, linkage, scale) */
PG_FUNCTION_INFO_V1(segment_hclust_sketch);
Datum
segment_hclust_sketch(PG_FUNCTION_ARGS)
{
	HclustOptions options = hclust_options_of_tree((Argument) {PG_GETARG_DATUM(1), PG_ARGISNULL(1)},
												   (Argument) {PG_GETARG_DATUM(2), PG_ARGISNULL(2)});
	Notices    *notices = notices_of(fcinfo->flinfo, "hclust");
	double	   *rounding;
	int64		skipped;
	Rows		cells;

	if (PG_ARGISNULL(0) ||
		!sketch_take_cells(PG_GETARG_SKETCH(0), notices, &cells, &rounding, &skipped))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(run_dendrogram_cells(&cells, skipped, &options, notices));
}

/* segment.hclust_of_sketch(sketch, k, height, linkage, scale) -> clustering */
PG_FUNCTION_INFO_V1(segment_hclust_of_sketch);
Datum
segment_hclust_of_sketch(PG_FUNCTION_ARGS)
{
	Argument	argument[5];
	HclustOptions options;
	Notices    *notices = notices_of(fcinfo->flinfo, "hclust");
	double	   *rounding;
	int64		skipped;
	Rows		cells;
	Clusters	clusters;
	FitFacts	facts;

	for (int i = 1; i < 5; i++)
		argument[i] = (Argument) {PG_GETARG_DATUM(i), PG_ARGISNULL(i)};
	options = hclust_options(argument[1], argument[2], argument[3], argument[4]);
	if (PG_ARGISNULL(0) ||
		!sketch_take_cells(PG_GETARG_SKETCH(0), notices, &cells, &rounding, &skipped))
		PG_RETURN_NULL();
	facts = run_hclust_cells(&cells, rounding, skipped, &options, notices, &clusters);
	PG_RETURN_POINTER(clustering_make(METHOD_HCLUST, &clusters, facts.disagreement));
}
