/*
 * refit.c
 *	  What segment.refit needs to match the clusters of two versions.
 */
#include "clustering.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "assignment.h"
#include "work.h"

/*
 * segment.match_clusters(weight float8[]) -> integer[]: for each row of the
 * matrix the column it is matched with, counted from 0, so that the sum of
 * the weights is the largest; NULL for rows without a match.
 */
PG_FUNCTION_INFO_V1(segment_match_clusters);
Datum
segment_match_clusters(PG_FUNCTION_ARGS)
{
	ArrayType  *matrix = PG_GETARG_ARRAYTYPE_P(0);
	const double *weight = (const double *) ARR_DATA_PTR(matrix);
	int			dims[1];
	int			lower[1] = {1};
	int			rows;
	int			columns;
	Size		bytes;
	double	   *cost;
	int		   *column_of;
	Datum	   *matched;
	bool	   *is_null;

	if (ARR_NDIM(matrix) != 2 || array_contains_nulls(matrix))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the weights must be a matrix without NULL")));
	rows = ARR_DIMS(matrix)[0];
	columns = ARR_DIMS(matrix)[1];
	bytes = add_size(assignment_memory(rows, columns), mul_size(rows, mul_size(columns, sizeof(double))));
	if (bytes > work_memory_limit())
		work_refuse_memory(bytes, psprintf("matching %d clusters with %d", rows, columns),
						   "Fit fewer clusters");

	cost = core_alloc(rows, mul_size(columns, sizeof(double)));
	for (Size i = 0; i < (Size) rows * columns; i++)
	{
		if (!(fabs(weight[i]) <= ASSIGNMENT_MOST_COST))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a weight must be a finite number of moderate size, not %g", weight[i])));
		cost[i] = -weight[i];
	}
	column_of = core_alloc(rows, sizeof(int));
	assignment_solve(cost, rows, columns, column_of);

	matched = core_alloc(rows, sizeof(Datum));
	is_null = core_alloc(rows, sizeof(bool));
	for (int i = 0; i < rows; i++)
	{
		is_null[i] = column_of[i] < 0 || !(weight[(Size) i * columns + column_of[i]] > 0);
		matched[i] = Int32GetDatum(column_of[i]);
	}
	dims[0] = rows;
	PG_RETURN_ARRAYTYPE_P(construct_md_array(matched, is_null, 1, dims, lower,
											 INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/*
 * segment.centroid_distances(before clustering, after clustering) ->
 * float8[][]: from each centroid of "before" to each of "after", in the space
 * that "before" was fitted in.
 */
PG_FUNCTION_INFO_V1(segment_centroid_distances);
Datum
segment_centroid_distances(PG_FUNCTION_ARGS)
{
	Clusters	before = clustering_open(PG_GETARG_CLUSTERING(0));
	Clusters	after = clustering_open(PG_GETARG_CLUSTERING(1));
	int			dims[2] = {before.k, after.k};
	int			lower[2] = {1, 1};
	Datum	   *distance;

	if (before.dim != after.dim)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the clusterings have %d and %d features", before.dim, after.dim)));
	distance = core_alloc(before.k, mul_size(after.k, sizeof(Datum)));
	for (int i = 0; i < before.k; i++)
	{
		Clusters	one = before;
		Scorer		scorer;

		one.k = 1;
		one.is_mixture = false;	/* the distance alone counts */
		one.centroid = before.centroid + (Size) i * before.dim;
		scorer = scorer_create(&one);
		for (int j = 0; j < after.k; j++)
		{
			double		d;

			scorer_place(&scorer, after.centroid + (Size) j * after.dim, &d);
			distance[(Size) i * after.k + j] = Float8GetDatum(d);
		}
		scorer_free(&scorer);
		core_poll("matching", (double) i / before.k);
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(distance, NULL, 2, dims, lower,
											 FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
