/*
 * passes.c
 *	  Clustering of a table in passes: what segment.fit does between its scans.
 *
 * A scan makes a sketch, the sketch gives a frame, a second scan a sketch with
 * that frame, and that the first model.  Every further scan counts and sums
 * the rows of each cluster, as a sketch of a single cell: integers, so the
 * same whatever the order of the rows.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "clustering.h"
#include "core.h"
#include "sketch_type.h"

/* A unit is this fraction of the standard deviation, as an exponent of 2. */
#define UNIT_BITS 16

/* No value may have more units than 2^62; far outliers are reckoned with. */
#define VALUE_BITS 50

/* A pass that lowers the inertia by no more than this share changes nothing. */
#define FIXED_POINT 1e-9

/* segment.sketch_frame(sketch) -> integer[] */
PG_FUNCTION_INFO_V1(segment_sketch_frame);
Datum
segment_sketch_frame(PG_FUNCTION_ARGS)
{
	Sketch	   *s = sketch_finished(PG_GETARG_SKETCH(0));
	Rows		rows = sketch_rows(s);
	Scaling		moments = scaling_fit(SCALE_ZSCORE, &rows);
	Datum	   *frame = palloc(sizeof(Datum) * s->dim);

	for (int j = 0; j < s->dim; j++)
	{
		double		largest = 0;
		int			exponent;
		int			w;

		frexp(moments.unit[j], &exponent);
		w = exponent - 1 - UNIT_BITS;
		for (int i = 0; i < rows.n; i++)
			largest = Max(largest, fabs(rows.x[(Size) j * rows.n + i]));
		frexp(largest, &exponent);
		w = Max(w, exponent - 1 - VALUE_BITS);
		frame[j] = Int32GetDatum(Max(SKETCH_LEAST_UNIT, Min(SKETCH_MOST_UNIT, w)));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(frame, s->dim, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* Of a float8[], integer[] or cluster_sketch[] without NULLs: n elements, or an error. */
static char *
elements(ArrayType *array, int n)
{
	if (array_contains_nulls(array) || ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) != n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a number, a sketch and a radius are needed for each cluster")));
	return ARR_DATA_PTR(array);
}

/* The sketches in an array, each of one entry of dim features. */
static Sketch **
get_sketches(ArrayType *array, int dim, int *n)
{
	Datum	   *datum;
	Sketch	  **sketch;

	elements(array, ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)));
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, &datum, NULL, n);
	sketch = palloc(sizeof(Sketch *) * (*n + 1));
	for (int i = 0; i < *n; i++)
	{
		sketch[i] = sketch_finished(DatumGetSketch(datum[i]));
		if (sketch[i]->dim != dim || sketch[i]->count != 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the sketches must be of one entry each, of the model's features")));
	}
	return sketch;
}

/* What a scan found of a cluster: its rows as one entry, and the largest distance. */
static void
measure_cluster(Clusters *c, int id, const Sketch *s, double radius)
{
	Rows		rows = sketch_rows(s);
	double		inertia = 0;

	for (int j = 0; j < c->dim; j++)
	{
		Size		at = (Size) id * c->dim + j;
		double		variance = rows.variance ? rows.variance[j] : 0;
		double		d = (rows.x[j] - c->centroid[at]) / c->scaling.unit[j];

		c->mean[at] = rows.x[j];
		c->spread[at] = sqrt(variance);
		inertia += (double) s->rows *
			(d * d + scaling_variance(&c->scaling, j, rows.x[j], variance));
	}
	c->size[id] = s->rows;
	c->radius[id] = radius;

	/* under log a sum of values says nothing of the sum of squares: it stays the cells' */
	if (c->scaling.method != SCALE_LOG)
		c->inertia[id] = inertia;
}

/*
 * Arguments 1 to 3, cluster integer[], rows cluster_sketch[] and radius
 * float8[]: what a scan found of the rows of some clusters.  The others have
 * none.  Returns how many are given.
 */
static int
measure_clusters(FunctionCallInfo fcinfo, Clusters *c)
{
	int			n;
	Sketch	  **sketch = get_sketches(PG_GETARG_ARRAYTYPE_P(2), c->dim, &n);
	int32	   *cluster = (int32 *) elements(PG_GETARG_ARRAYTYPE_P(1), n);
	float8	   *radius = (float8 *) elements(PG_GETARG_ARRAYTYPE_P(3), n);

	memset(c->size, 0, sizeof(int64) * c->k);
	for (int i = 0; i < n; i++)
	{
		if (cluster[i] < 0 || cluster[i] >= c->k)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the model has no cluster %d", cluster[i])));
		measure_cluster(c, cluster[i], sketch[i], radius[i]);
	}
	return n;
}

/*
 * segment.kmeans_measure(clustering, cluster integer[], rows cluster_sketch[],
 * radius float8[]) -> clustering: the same centroids with what a scan found of
 * their rows; NULL if a cluster has none.
 */
PG_FUNCTION_INFO_V1(segment_kmeans_measure);
Datum
segment_kmeans_measure(PG_FUNCTION_ARGS)
{
	Clustering *clustering = (Clustering *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
	Clusters	c = clustering_open(clustering);

	measure_clusters(fcinfo, &c);
	for (int i = 0; i < c.k; i++)
		if (c.size[i] == 0)
			PG_RETURN_NULL();
	clustering->inertia_lower = clustering->inertia_upper = clusters_inertia(&c);
	clustering_check(clustering);
	PG_RETURN_POINTER(clustering);
}

/*
 * segment.gmm_measure(clustering, cluster integer[], rows cluster_sketch[],
 * radius float8[], fit cluster_sketch[]) -> clustering: the same mixture with
 * what a scan found of its rows; "fit" is of segment.gmm_terms.
 */
PG_FUNCTION_INFO_V1(segment_gmm_measure);
Datum
segment_gmm_measure(PG_FUNCTION_ARGS)
{
	Clustering *clustering = (Clustering *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
	Clusters	c = clustering_open(clustering);
	int			n = measure_clusters(fcinfo, &c);
	int			n_fit;
	Sketch	  **fit = get_sketches(PG_GETARG_ARRAYTYPE_P(4), 2, &n_fit);

	if (!c.is_mixture || n_fit != n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a mixture, and how each cluster fits, are needed")));
	clustering->log_likelihood = clustering->entropy = 0;
	for (int i = 0; i < n; i++)
	{
		Rows		terms = sketch_rows(fit[i]);

		clustering->log_likelihood += terms.weight[0] * terms.x[0];
		clustering->entropy += terms.weight[0] * Max(terms.x[1], 0);
	}
	for (int i = 0; i < c.k; i++)
		if (c.size[i] == 0)
		{
			Size		at = (Size) i * c.dim;

			/* as clusters_measure has it */
			c.inertia[i] = c.radius[i] = 0;
			memcpy(c.mean + at, c.centroid + at, sizeof(double) * c.dim);
			memset(c.spread + at, 0, sizeof(double) * c.dim);
		}
	clustering->inertia_lower = clustering->inertia_upper = clusters_inertia(&c);
	clustering_check(clustering);
	PG_RETURN_POINTER(clustering);
}

/*
 * segment.kmeans_recentre(clustering) -> clustering: every centroid moved to
 * the mean of its rows, and the clusters numbered anew; NULL at a fixed
 * point.
 */
PG_FUNCTION_INFO_V1(segment_kmeans_recentre);
Datum
segment_kmeans_recentre(PG_FUNCTION_ARGS)
{
	Clustering *before = PG_GETARG_CLUSTERING(0);
	Clusters	old = clustering_open(before);
	Clusters	new = clusters_alloc(old.k, old.dim);
	double		gain = 0;

	for (int i = 0; i < old.k; i++)
		for (int j = 0; j < old.dim; j++)
		{
			Size		at = (Size) i * old.dim + j;
			double		d = (old.mean[at] - old.centroid[at]) / old.scaling.unit[j];

			gain += (double) old.size[i] * (d * d);
		}
	if (gain <= FIXED_POINT * clusters_inertia(&old))
		PG_RETURN_NULL();

	new.scaling = old.scaling;
	for (int i = 0; i < old.k; i++)
	{
		int			number = 0;	/* how many means come before, feature by feature */

		for (int other = 0; other < old.k; other++)
		{
			int			j = 0;

			while (j < old.dim && old.mean[(Size) other * old.dim + j] == old.mean[(Size) i * old.dim + j])
				j++;
			number += j < old.dim ?
				old.mean[(Size) other * old.dim + j] < old.mean[(Size) i * old.dim + j] : other < i;
		}
		new.size[number] = old.size[i];
		new.inertia[number] = old.inertia[i];
		new.radius[number] = old.radius[i];
		memcpy(new.centroid + (Size) number * old.dim, old.mean + (Size) i * old.dim,
			   sizeof(double) * old.dim);
		memcpy(new.mean + (Size) number * old.dim, old.mean + (Size) i * old.dim,
			   sizeof(double) * old.dim);
		memcpy(new.spread + (Size) number * old.dim, old.spread + (Size) i * old.dim,
			   sizeof(double) * old.dim);
	}
	new.inertia_lower = new.inertia_upper = clusters_inertia(&new);
	PG_RETURN_POINTER(clustering_make(METHOD_KMEANS, &new, 0));
}
