/*
 * explain.c
 *	  Why a cluster is what it is, and why a row is where it is.
 */
#include "clustering.h"

#include "funcapi.h"
#include "miscadmin.h"

#include "contrast.h"
#include "core.h"
#include "features.h"
#include "move.h"

/* segment.cluster_contrast(clustering, cluster) -> (feature, mean, others_mean, effect) */
PG_FUNCTION_INFO_V1(segment_cluster_contrast);
Datum
segment_cluster_contrast(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Clusters	c = clustering_open(PG_GETARG_CLUSTERING(0));
	int			cluster = PG_GETARG_INT32(1);
	Contrast   *contrast = core_alloc(c.dim, sizeof(Contrast));
	int64		others = 0;

	if (cluster < 0 || cluster >= c.k)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the clustering has no cluster %d", cluster)));
	for (int i = 0; i < c.k; i++)
		others += i == cluster ? 0 : c.size[i];
	if (others > 0)
		clusters_contrast(&c, cluster, contrast);

	InitMaterializedSRF(fcinfo, 0);
	for (int j = 0; j < c.dim; j++)
	{
		Datum		values[4] = {0};
		bool		nulls[4] = {false};

		values[0] = Int32GetDatum(j + 1);
		values[1] = Float8GetDatum(c.mean[(Size) cluster * c.dim + j]);
		nulls[2] = nulls[3] = others == 0;
		if (others > 0)
		{
			values[2] = Float8GetDatum(contrast[j].mean);
			values[3] = Float8GetDatum(contrast[j].effect);
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/*
 * segment.explain_row(clustering, features) -> (feature, value, needed, step,
 * cluster, distance, probability, next, next_distance, next_probability)
 */
PG_FUNCTION_INFO_V1(segment_explain_row);
Datum
segment_explain_row(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Clusters	c = clustering_open(PG_GETARG_CLUSTERING(0));
	int			dim;
	bool		has_null;
	const double *row = features_of_array(PG_GETARG_DATUM(1), &dim, &has_null);
	Mover		mover;

	if (dim != c.dim)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("the clustering has %d features, the row %d", c.dim, dim)));
	InitMaterializedSRF(fcinfo, 0);
	if (has_null || !features_are_finite(row, dim))
		return (Datum) 0;
	mover = mover_create(&c);
	mover_set_row(&mover, row);
	for (int j = 0; j < dim; j++)
	{
		bool		has_next = mover.next >= 0;
		double		needed;
		Datum		values[10] = {0};
		bool		nulls[10] = {false};

		values[0] = Int32GetDatum(j + 1);
		values[1] = Float8GetDatum(row[j]);
		nulls[2] = nulls[3] = !has_next || !mover_find(&mover, j, mover.next, &needed);
		if (!nulls[2])
		{
			values[2] = Float8GetDatum(needed);
			values[3] = Float8GetDatum(scaling_apply(&c.scaling, j, needed) - mover.point[j]);
		}
		values[4] = Int32GetDatum(mover.cluster);
		values[5] = Float8GetDatum(mover.distance[mover.cluster]);
		nulls[6] = mover.probability == NULL;
		if (!nulls[6])
			values[6] = Float8GetDatum(mover.probability[mover.cluster]);
		nulls[7] = nulls[8] = !has_next;
		nulls[9] = !has_next || mover.probability == NULL;
		if (has_next)
		{
			values[7] = Int32GetDatum(mover.next);
			values[8] = Float8GetDatum(mover.distance[mover.next]);
		}
		if (!nulls[9])
			values[9] = Float8GetDatum(mover.probability[mover.next]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
