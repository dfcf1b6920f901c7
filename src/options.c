/*
 * options.c
 *	  Arguments that steer a clustering: read and checked, with a hint for
 *	  whoever got one wrong.
 */
#include "options.h"

#include "utils/array.h"
#include "utils/builtins.h"

#include "features.h"

static const char *const scale_names[SCALE_METHODS] = {
	[SCALE_NONE] = "none",
	[SCALE_ZSCORE] = "zscore",
	[SCALE_MINMAX] = "minmax",
	[SCALE_ROBUST] = "robust",
	[SCALE_LOG] = "log",
};

static const char *const linkage_names[LINKAGES] = {
	[LINKAGE_WARD] = "ward",
	[LINKAGE_SINGLE] = "single",
	[LINKAGE_COMPLETE] = "complete",
	[LINKAGE_AVERAGE] = "average",
	[LINKAGE_WEIGHTED] = "weighted",
	[LINKAGE_CENTROID] = "centroid",
	[LINKAGE_MEDIAN] = "median",
	[LINKAGE_AVERAGE_SQUARED] = "average_squared",
};

static const char *const covariance_names[COVARIANCES] = {
	[COVARIANCE_FULL] = "full",
	[COVARIANCE_TIED] = "tied",
	[COVARIANCE_DIAG] = "diag",
	[COVARIANCE_SPHERICAL] = "spherical",
};

const char *
scale_name(ScaleMethod method)
{
	return scale_names[method];
}

bool
scale_from_name(const char *name, ScaleMethod *method)
{
	for (int i = 0; i < SCALE_METHODS; i++)
		if (strcmp(name, scale_names[i]) == 0)
		{
			*method = (ScaleMethod) i;
			return true;
		}
	return false;
}

const char *
covariance_name(Covariance covariance)
{
	return covariance_names[covariance];
}

void
option_refuse_null(Argument argument, const char *name, const char *hint)
{
	if (argument.isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", name),
				 errhint("%s", hint)));
}

/* An integer of at least "least". */
int
option_count(Argument argument, const char *name, int least, const char *hint)
{
	int			value;

	option_refuse_null(argument, name, hint);
	value = DatumGetInt32(argument.value);
	if (value < least)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d, not %d", name, least, value),
				 errhint("%s", hint)));
	return value;
}

int
option_k(Argument k)
{
	return option_count(k, "k", 1, "k is the number of clusters to make.");
}

ScaleMethod
option_scale(Argument argument)
{
	const char *hint = "A scale is none, zscore, minmax, robust or log.";
	ScaleMethod method;
	char	   *name;

	option_refuse_null(argument, "scale", hint);
	name = text_to_cstring(DatumGetTextPP(argument.value));
	if (!scale_from_name(name, &method))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown scale \"%s\"", name),
				 errhint("%s", hint)));
	return method;
}

static Linkage
get_linkage(Argument argument)
{
	const char *hint = "A linkage is ward, single, complete, average, weighted, centroid, median or average_squared.";
	char	   *name;

	option_refuse_null(argument, "linkage", hint);
	name = text_to_cstring(DatumGetTextPP(argument.value));
	for (int i = 0; i < LINKAGES; i++)
		if (strcmp(name, linkage_names[i]) == 0)
			return (Linkage) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown linkage \"%s\"", name),
			 errhint("%s", hint)));
}

static Covariance
get_covariance(Argument argument)
{
	const char *hint = "A covariance is full, tied, diag or spherical.";
	char	   *name;

	option_refuse_null(argument, "covariance", hint);
	name = text_to_cstring(DatumGetTextPP(argument.value));
	for (int i = 0; i < COVARIANCES; i++)
		if (strcmp(name, covariance_names[i]) == 0)
			return (Covariance) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown covariance \"%s\"", name),
			 errhint("%s", hint)));
}

static int64
get_seed(Argument argument)
{
	option_refuse_null(argument, "seed",
					   "The seed is any integer; leave it out for the default, 0.");
	return DatumGetInt64(argument.value);
}

static int
get_n_init(Argument argument)
{
	return option_count(argument, "n_init", 0,
						"n_init is the number of independent starts; 0, the default, lets the size of the data decide.");
}

static int
get_max_iter(Argument argument, int by_default)
{
	return option_count(argument, "max_iter", 1,
						psprintf("max_iter bounds the iterations of a start; leave it out for the default, %d.",
								 by_default));
}

/* k and, for the rest, the defaults. */
KMeansOptions
kmeans_options(Argument k)
{
	return (KMeansOptions) {
		.k = option_k(k),
		.scale = SCALE_NONE,
		.seed = 0,
		.n_init = 0,
		.max_iter = KMEANS_MAX_ITER,
	};
}

void
kmeans_options_extend(KMeansOptions *options, Argument scale, Argument seed,
					  Argument n_init, Argument max_iter)
{
	options->scale = option_scale(scale);
	options->seed = get_seed(seed);
	options->n_init = get_n_init(n_init);
	options->max_iter = get_max_iter(max_iter, KMEANS_MAX_ITER);
}

/* k and, for the rest, the defaults. */
GmmOptions
gmm_options(Argument k)
{
	return (GmmOptions) {
		.k = option_k(k),
		.covariance = COVARIANCE_FULL,
		.scale = SCALE_NONE,
		.seed = 0,
		.n_init = 0,
		.max_iter = GMM_MAX_ITER,
	};
}

void
gmm_options_extend(GmmOptions *options, Argument covariance, Argument scale, Argument seed,
				   Argument n_init, Argument max_iter)
{
	options->covariance = get_covariance(covariance);
	options->scale = option_scale(scale);
	options->seed = get_seed(seed);
	options->n_init = get_n_init(n_init);
	options->max_iter = get_max_iter(max_iter, GMM_MAX_ITER);
}

/* Centroids to start from, of dim features each; NULL: none are given. */
void
kmeans_options_start(KMeansOptions *options, Argument init, int dim)
{
	ArrayType  *array;
	int			n;

	if (init.isnull)
		return;
	array = DatumGetArrayTypeP(init.value);
	n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	options->init = (const double *) ARR_DATA_PTR(array);
	if (array_contains_nulls(array) || (int64) options->k * dim != n ||
		!features_are_finite(options->init, n))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("init must hold %d centroids of %d finite numbers", options->k, dim),
				 errhint("Give them one after the other, in the units of the features.")));
}

HclustOptions
hclust_options_of_k(Argument k)
{
	return (HclustOptions) {
		.k = option_k(k),
		.linkage = LINKAGE_WARD,
		.scale = SCALE_NONE,
		.most_leaves = DEFAULT_MOST_LEAVES,
	};
}

/* The options of a tree that is not cut yet. */
HclustOptions
hclust_options_of_tree(Argument linkage, Argument scale)
{
	return (HclustOptions) {
		.linkage = get_linkage(linkage),
		.scale = option_scale(scale),
		.most_leaves = DEFAULT_MOST_LEAVES,
	};
}

/* A height to cut at. */
double
hclust_height(Argument height)
{
	double		value = DatumGetFloat8(height.value);

	if (!(value >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("height must be zero or more, not %g", value),
				 errhint("A height is a distance by the linkage, in the units of the features.")));
	return value;
}

HclustOptions
hclust_options(Argument k, Argument height, Argument linkage, Argument scale)
{
	HclustOptions options = hclust_options_of_tree(linkage, scale);

	if (k.isnull == height.isnull)
		ereport(ERROR,
				(errcode(k.isnull ? ERRCODE_NULL_VALUE_NOT_ALLOWED : ERRCODE_INVALID_PARAMETER_VALUE),
				 k.isnull ? errmsg("k and height must not both be NULL") :
				 errmsg("k and height must not both be given"),
				 errhint("The tree is cut either at k clusters or at a height.")));
	if (!k.isnull)
		options.k = option_k(k);
	else
		options.height = hclust_height(height);
	return options;
}

/* min_cluster_size and, for the rest, the defaults. */
HdbscanOptions
hdbscan_options(Argument min_cluster_size)
{
	int			size = option_count(min_cluster_size, "min_cluster_size", 2,
									"min_cluster_size is the least number of rows that make a cluster.");

	return (HdbscanOptions) {
		.min_cluster_size = size,
		.min_samples = size,
		.scale = SCALE_NONE,
	};
}

void
hdbscan_options_extend(HdbscanOptions *options, Argument min_samples, Argument scale)
{
	if (!min_samples.isnull)
		options->min_samples = option_count(min_samples, "min_samples", 1,
											"min_samples is the number of rows, the row itself included, that a core distance reaches; NULL, the default, is min_cluster_size.");
	options->scale = option_scale(scale);
}

int
option_min_points(Argument min_points)
{
	return option_count(min_points, "min_points", 1,
						"min_points is how many rows within eps make a row dense, itself counted.");
}

/* eps and min_points; unscaled. */
DbscanOptions
dbscan_options(Argument eps, Argument min_points)
{
	const char *hint = "eps is the distance up to which rows are neighbours; segment.dbscan_suggest_eps finds one.";
	double		value;

	option_refuse_null(eps, "eps", hint);
	value = DatumGetFloat8(eps.value);
	if (!(value >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("eps must be zero or more, not %g", value),
				 errhint("%s", hint)));
	return (DbscanOptions) {
		.eps = value,
		.min_points = option_min_points(min_points),
		.scale = SCALE_NONE,
	};
}

/* The range of k in which to choose, and for what. */
ChooseKOptions
choose_k_options(Argument k_min, Argument k_max, Argument scale, Argument seed)
{
	const char *hint = "k_min and k_max are the least and the most clusters to look at, such as 2 and 10.";
	ChooseKOptions options = {
		.k_min = option_count(k_min, "k_min", 1, hint),
		.k_max = option_count(k_max, "k_max", 1, hint),
		.scale = option_scale(scale),
		.seed = get_seed(seed),
	};

	if (options.k_min > options.k_max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("k_min must not be above k_max: %d is above %d", options.k_min,
						options.k_max),
				 errhint("%s", hint)));
	return options;
}
