/*
 * clustering_io.c
 *	  Text and binary form of the type "clustering".
 *
 * The text is JSON, so that a model can be read, kept and compared by other
 * tools.  Numbers are written with as many digits as a float8 needs to come
 * back the same.  Input comes from anywhere: everything is checked before it
 * is believed.
 */
#include "clustering.h"

#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "core.h"
#include "options.h"

static const char *const method_names[METHODS] = {
	[METHOD_KMEANS] = "kmeans",
	[METHOD_HCLUST] = "hclust",
	[METHOD_GMM] = "gmm",
};

/* ---- text out ---- */

static void
append_number(StringInfo out, double value)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isinf(value))
	{
		/* JSON has no such number */
		appendStringInfoString(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
		return;
	}
	double_to_shortest_decimal_buf(value, digits);
	appendStringInfoString(out, digits);
}

static void
append_numbers(StringInfo out, const char *key, const double *value, int n)
{
	appendStringInfo(out, "\"%s\": [", key);
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(out, ", ");
		append_number(out, value[i]);
	}
	appendStringInfoChar(out, ']');
}

PG_FUNCTION_INFO_V1(segment_clustering_out);
Datum
segment_clustering_out(PG_FUNCTION_ARGS)
{
	Clustering *clustering = PG_GETARG_CLUSTERING(0);
	Clusters	c = clustering_open(clustering);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "{\"format\": %d, \"method\": \"%s\", ", clustering->format,
					 method_names[clustering->method]);
	if (clustering->method == METHOD_HCLUST)
	{
		appendStringInfoString(&out, "\"disagreement\": ");
		append_number(&out, clustering->disagreement);
		appendStringInfoString(&out, ", ");
	}
	if (clustering->inertia_lower != clusters_inertia(&c) ||
		clustering->inertia_upper != clusters_inertia(&c))
	{
		append_numbers(&out, "inertia_bounds", &clustering->inertia_lower, 2);
		appendStringInfoString(&out, ", ");
	}
	if (c.is_mixture)
	{
		appendStringInfo(&out, "\"covariance\": \"%s\", \"log_likelihood\": ",
						 covariance_name(c.mixture.covariance));
		append_number(&out, c.fit.log_likelihood);
		appendStringInfoString(&out, ", \"entropy\": ");
		append_number(&out, c.fit.entropy);
		appendStringInfo(&out, ", \"iterations\": %d, \"converged\": %s, \"floored\": %d, ",
						 c.fit.iterations, c.fit.converged ? "true" : "false", c.fit.floored);
	}
	appendStringInfo(&out, "\"scale\": \"%s\", ", scale_name(c.scaling.method));
	append_numbers(&out, "offset", c.scaling.offset, c.dim);
	appendStringInfoString(&out, ", ");
	append_numbers(&out, "unit", c.scaling.unit, c.dim);
	appendStringInfoString(&out, ", \"clusters\": [");
	for (int i = 0; i < c.k; i++)
	{
		Size		at = (Size) i * c.dim;

		appendStringInfo(&out, "%s{\"size\": " INT64_FORMAT ", \"inertia\": ",
						 i > 0 ? ", " : "", c.size[i]);
		append_number(&out, c.inertia[i]);
		appendStringInfoString(&out, ", \"radius\": ");
		append_number(&out, c.radius[i]);
		appendStringInfoString(&out, ", ");
		append_numbers(&out, "centroid", c.centroid + at, c.dim);
		appendStringInfoString(&out, ", ");
		append_numbers(&out, "mean", c.mean + at, c.dim);
		appendStringInfoString(&out, ", ");
		append_numbers(&out, "spread", c.spread + at, c.dim);
		if (c.is_mixture)
		{
			Size		triangle = triangle_size(c.dim);

			appendStringInfoString(&out, ", \"weight\": ");
			append_number(&out, c.mixture.weight[i]);
			appendStringInfoString(&out, ", ");
			append_numbers(&out, "factor", c.mixture.factor + i * triangle, (int) triangle);
		}
		appendStringInfoChar(&out, '}');
	}
	appendStringInfoString(&out, "]}");
	PG_RETURN_CSTRING(out.data);
}

/* ---- text in ---- */

static void
refuse_json(const char *what, const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid clustering: \"%s\" %s", key, what)));
}

/* The value of a key that must be there. */
static JsonbValue
get_member(JsonbContainer *object, const char *key)
{
	JsonbValue	value;

	if (getKeyJsonValueFromContainer(object, key, (int) strlen(key), &value) == NULL)
		refuse_json("is missing", key);
	return value;
}

/* Refuse keys that are not in the list: a misspelt one would be lost silently. */
static void
check_keys(JsonbContainer *object, const char *const *known)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbValue	token;
	JsonbIteratorToken type;

	while ((type = JsonbIteratorNext(&iterator, &token, true)) != WJB_DONE)
	{
		const char *const *name = known;

		if (type != WJB_KEY)
			continue;
		while (*name && (strlen(*name) != (Size) token.val.string.len ||
						 memcmp(*name, token.val.string.val, token.val.string.len) != 0))
			name++;
		if (*name == NULL)
			refuse_json("is not a key that it can have",
						pnstrdup(token.val.string.val, token.val.string.len));
	}
}

static JsonbContainer *
get_container(JsonbContainer *object, const char *key, bool array)
{
	JsonbValue	value = get_member(object, key);

	if (value.type != jbvBinary ||
		!(array ? JsonContainerIsArray(value.val.binary.data) :
		  JsonContainerIsObject(value.val.binary.data)))
		refuse_json(array ? "must be an array" : "must be an object", key);
	return value.val.binary.data;
}

static double
to_number(const JsonbValue *value, const char *key)
{
	if (value->type == jbvNumeric)
		return DatumGetFloat8(DirectFunctionCall1(numeric_float8,
												  NumericGetDatum(value->val.numeric)));
	if (value->type == jbvString && value->val.string.len == 8 &&
		memcmp(value->val.string.val, "Infinity", 8) == 0)
		return INFINITY;
	if (value->type != jbvString || value->val.string.len != 9 ||
		memcmp(value->val.string.val, "-Infinity", 9) != 0)
		refuse_json("must be a number", key);
	return -INFINITY;
}

static double
get_number(JsonbContainer *object, const char *key)
{
	JsonbValue	value = get_member(object, key);

	return to_number(&value, key);
}

/* A whole number, of type bigint. */
static int64
get_integer(JsonbContainer *object, const char *key)
{
	JsonbValue	value = get_member(object, key);
	int64		integer;

	if (value.type != jbvNumeric)
		refuse_json("must be a number", key);
	integer = DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value.val.numeric)));
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(value.val.numeric),
										  NumericGetDatum(int64_to_numeric(integer)))))
		refuse_json("must be a whole number", key);
	return integer;
}

/* A count, of type integer. */
static int32
get_count(JsonbContainer *object, const char *key)
{
	int64		count = get_integer(object, key);

	if (count < 0 || count > PG_INT32_MAX)
		refuse_json("must be an integer of 0 or more", key);
	return (int32) count;
}

static bool
get_boolean(JsonbContainer *object, const char *key)
{
	JsonbValue	value = get_member(object, key);

	if (value.type != jbvBool)
		refuse_json("must be true or false", key);
	return value.val.boolean;
}

/* An array of exactly n numbers. */
static void
get_numbers(JsonbContainer *object, const char *key, double *number, int n)
{
	JsonbContainer *array = get_container(object, key, true);
	JsonbIterator *iterator;
	JsonbValue	token;
	JsonbIteratorToken type;
	int			found = 0;

	if (JsonContainerSize(array) != (uint32) n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid clustering: \"%s\" has %u numbers where %d are needed",
						key, JsonContainerSize(array), n)));
	iterator = JsonbIteratorInit(array);
	while ((type = JsonbIteratorNext(&iterator, &token, true)) != WJB_DONE)
		if (type == WJB_ELEM)
			number[found++] = to_number(&token, key);
}

/* The position of a string among n names. */
static int
get_name(JsonbContainer *object, const char *key, const char *const *names, int n)
{
	JsonbValue	value = get_member(object, key);

	for (int i = 0; value.type == jbvString && i < n; i++)
		if (strlen(names[i]) == (Size) value.val.string.len &&
			memcmp(names[i], value.val.string.val, value.val.string.len) == 0)
			return i;
	refuse_json("has a value that is not known", key);
	pg_unreachable();
}

static void
read_cluster(JsonbContainer *object, Clusters *c, int i)
{
	static const char *const keys[] = {"size", "inertia", "radius", "centroid", "mean",
	"spread", NULL};
	static const char *const mixture_keys[] = {"size", "inertia", "radius", "centroid", "mean",
	"spread", "weight", "factor", NULL};
	Size		at = (Size) i * c->dim;

	check_keys(object, c->is_mixture ? mixture_keys : keys);
	c->size[i] = get_integer(object, "size");
	c->inertia[i] = get_number(object, "inertia");
	c->radius[i] = get_number(object, "radius");
	get_numbers(object, "centroid", c->centroid + at, c->dim);
	get_numbers(object, "mean", c->mean + at, c->dim);
	get_numbers(object, "spread", c->spread + at, c->dim);
	if (c->is_mixture)
	{
		Size		triangle = triangle_size(c->dim);

		c->mixture.weight[i] = get_number(object, "weight");
		get_numbers(object, "factor", c->mixture.factor + i * triangle, (int) triangle);
	}
}

/* What the text says of a mixture as a whole. */
static void
read_fit(JsonbContainer *object, Clustering *clustering)
{
	const char *covariance_names[COVARIANCES];

	for (int i = 0; i < COVARIANCES; i++)
		covariance_names[i] = covariance_name((Covariance) i);
	clustering->covariance = get_name(object, "covariance", covariance_names, COVARIANCES);
	clustering->log_likelihood = get_number(object, "log_likelihood");
	clustering->entropy = get_number(object, "entropy");
	clustering->iterations = get_count(object, "iterations");
	clustering->converged = get_boolean(object, "converged");
	clustering->floored = get_count(object, "floored");
}

PG_FUNCTION_INFO_V1(segment_clustering_in);
Datum
segment_clustering_in(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {"format", "method", "disagreement", "inertia_bounds",
	"scale", "offset", "unit", "clusters", NULL};
	static const char *const mixture_keys[] = {"format", "method", "inertia_bounds", "covariance",
	"log_likelihood", "entropy", "iterations", "converged", "floored", "scale", "offset", "unit",
	"clusters", NULL};
	const char *scale_names[SCALE_METHODS];
	Jsonb	   *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, PG_GETARG_DATUM(0)));
	JsonbContainer *object = &json->root;
	JsonbContainer *list;
	JsonbIterator *iterator;
	JsonbValue	token;
	JsonbIteratorToken type;
	ClusteringMethod method;
	Clustering *clustering;
	Clusters	c;
	int			found = 0;

	if (!JsonContainerIsObject(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid clustering: it must be a JSON object")));
	if (get_number(object, "format") != CLUSTERING_FORMAT)
		refuse_json("must be 1", "format");
	method = (ClusteringMethod) get_name(object, "method", method_names, METHODS);
	check_keys(object, method == METHOD_GMM ? mixture_keys : keys);

	list = get_container(object, "clusters", true);
	clustering = clustering_alloc(method, JsonContainerSize(list),
								  JsonContainerSize(get_container(object, "offset", true)));
	if (method == METHOD_HCLUST ||
		getKeyJsonValueFromContainer(object, "disagreement", 12, &token) != NULL)
		clustering->disagreement = get_number(object, "disagreement");
	if (method == METHOD_GMM)
		read_fit(object, clustering);
	for (int i = 0; i < SCALE_METHODS; i++)
		scale_names[i] = scale_name((ScaleMethod) i);
	clustering->scale = get_name(object, "scale", scale_names, SCALE_METHODS);
	c = clustering_open(clustering);
	get_numbers(object, "offset", c.scaling.offset, c.dim);
	get_numbers(object, "unit", c.scaling.unit, c.dim);

	iterator = JsonbIteratorInit(list);
	while ((type = JsonbIteratorNext(&iterator, &token, true)) != WJB_DONE)
	{
		if (type != WJB_ELEM)
			continue;
		if (token.type != jbvBinary || !JsonContainerIsObject(token.val.binary.data))
			refuse_json("must be an array of objects", "clusters");
		read_cluster(token.val.binary.data, &c, found++);
	}
	if (getKeyJsonValueFromContainer(object, "inertia_bounds", 14, &token) != NULL)
		get_numbers(object, "inertia_bounds", &clustering->inertia_lower, 2);
	else
		clustering->inertia_lower = clustering->inertia_upper = clusters_inertia(&c);
	clustering_check(clustering);
	PG_RETURN_POINTER(clustering);
}

/* ---- binary ---- */

PG_FUNCTION_INFO_V1(segment_clustering_send);
Datum
segment_clustering_send(PG_FUNCTION_ARGS)
{
	Clustering *clustering = PG_GETARG_CLUSTERING(0);
	Size		length = clustering_packed_bytes(clustering);
	bytea	   *bytes = palloc(VARHDRSZ + length);

	SET_VARSIZE(bytes, VARHDRSZ + length);
	clustering_pack(clustering, (uint8 *) VARDATA(bytes));
	PG_RETURN_BYTEA_P(bytes);
}

PG_FUNCTION_INFO_V1(segment_clustering_recv);
Datum
segment_clustering_recv(PG_FUNCTION_ARGS)
{
	StringInfo	in = (StringInfo) PG_GETARG_POINTER(0);
	int			length = in->len - in->cursor;
	Clustering *clustering;
	const char *problem = clustering_unpack((const uint8 *) pq_getmsgbytes(in, length), length,
											&clustering);

	if (problem)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid clustering: %s", problem)));
	PG_RETURN_POINTER(clustering_value(clustering));
}
