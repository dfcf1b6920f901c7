/*
 * passes.c
 *	  k-means of a table in passes: what segment.fit does between its scans.
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
	ArrayType  *cluster = PG_GETARG_ARRAYTYPE_P(1);
	ArrayType  *sketches = PG_GETARG_ARRAYTYPE_P(2);
	ArrayType  *radius = PG_GETARG_ARRAYTYPE_P(3);
	Datum	   *sketch;
	int			n;

	deconstruct_array(sketches, ARR_ELEMTYPE(sketches), -1, false, TYPALIGN_DOUBLE,
					  &sketch, NULL, &n);
	if (array_contains_nulls(cluster) || array_contains_nulls(sketches) ||
		array_contains_nulls(radius) ||
		ArrayGetNItems(ARR_NDIM(cluster), ARR_DIMS(cluster)) != n ||
		ArrayGetNItems(ARR_NDIM(radius), ARR_DIMS(radius)) != n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a number, a sketch and a radius are needed for each cluster")));
	memset(c.size, 0, sizeof(int64) * c.k);
	for (int i = 0; i < n; i++)
	{
		int			id = ((int32 *) ARR_DATA_PTR(cluster))[i];
		Sketch	   *s = sketch_finished(DatumGetSketch(sketch[i]));
		Rows		rows = sketch_rows(s);

		if (id < 0 || id >= c.k || s->dim != c.dim || s->count != 1)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the sketches must be of one entry each, of the model's features and clusters")));
		c.size[id] = s->rows;
		c.radius[id] = ((float8 *) ARR_DATA_PTR(radius))[i];
		c.inertia[id] = 0;
		for (int j = 0; j < c.dim; j++)
		{
			Size		at = (Size) id * c.dim + j;
			double		variance = rows.variance ? rows.variance[j] : 0;
			double		d = (rows.x[j] - c.centroid[at]) / c.scaling.unit[j];

			c.mean[at] = rows.x[j];
			c.spread[at] = sqrt(variance);
			c.inertia[id] += (double) s->rows *
				(d * d + scaling_variance(&c.scaling, j, rows.x[j], variance));
		}
	}
	for (int i = 0; i < c.k; i++)
		if (c.size[i] == 0)
			PG_RETURN_NULL();
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
