/*
 * features.c
 *	  Rows of features, gathered from SQL.
 *
 * A row with a NULL, NaN or infinite feature has no place in space: it is
 * counted and left out.  All rows must have the same number of features.
 */
#include "features.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/memutils.h"

#include "core.h"
#include "work.h"

/* "expected" is the number of rows to come, if known, or 0. */
void
features_init(FeatureRows *rows, MemoryContext context, int expected)
{
	*rows = (FeatureRows) {.context = context, .room = expected};
}

bool
features_are_finite(const double *value, int dim)
{
	for (int j = 0; j < dim; j++)
		if (!feature_is_finite(value[j]))
			return false;
	return true;
}

/*
 * Refuse a number of features that cannot be, or that is not the one that
 * rows had before (0: there were none).
 */
void
features_check_dim(int before, int dim)
{
	if (dim < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a row needs at least one feature"),
				 errhint("The array of features is empty.")));
	if (dim > MAX_FEATURES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a row has %d features; the most is %d", dim, MAX_FEATURES)));
	if (before != 0 && before != dim)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("all rows must have the same number of features"),
				 errdetail("One row has %d features, another %d.", before, dim),
				 errhint("Build the array from the same columns in every row.")));
}

static void
grow(FeatureRows *rows)
{
	Size		bytes;

	if (rows->value == NULL)
		rows->room = Max(rows->room, 64);
	else if (rows->room > PG_INT32_MAX / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("more than %d rows cannot be clustered at once", rows->room),
				 errhint("Cluster a sample, or each group of rows apart.")));
	else
		rows->room *= 2;

	bytes = mul_size(mul_size(rows->room, rows->dim), sizeof(double));
	if (bytes > work_memory_limit())
		work_refuse_memory(bytes, psprintf("holding %d rows of %d features", rows->n, rows->dim),
						   "Cluster fewer rows");
	if (rows->value == NULL)
		rows->value = MemoryContextAllocHuge(rows->context, bytes);
	else
		rows->value = repalloc_huge(rows->value, bytes);
}

/* Add a row; returns false if it was left out. */
bool
features_add(FeatureRows *rows, const double *value, int dim)
{
	features_check_dim(rows->dim, dim);
	rows->dim = dim;
	if (!features_are_finite(value, dim))
		return features_add_null(rows);
	if (rows->value == NULL || rows->n == rows->room)
		grow(rows);
	memcpy(rows->value + (Size) rows->n * dim, value, sizeof(double) * dim);
	rows->n++;
	return true;
}

/* A row that is NULL, or has a NULL among its features. */
bool
features_add_null(FeatureRows *rows)
{
	rows->skipped++;
	return false;
}

/*
 * The elements of a float8[], which the Datum must outlive, and their number.
 * *has_null tells that there are NULLs; the elements mean nothing then.
 */
const double *
features_of_array(Datum array, int *dim, bool *has_null)
{
	ArrayType  *a = (ArrayType *) PG_DETOAST_DATUM(array);

	if (ARR_NDIM(a) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("features must be a one-dimensional array"),
				 errdetail("The array has %d dimensions.", ARR_NDIM(a)),
				 errhint("Give one array per row, such as ARRAY[income, score].")));
	if (ARR_ELEMTYPE(a) != FLOAT8OID)
		elog(ERROR, "features are not float8");
	*dim = ARR_NDIM(a) == 0 ? 0 : ARR_DIMS(a)[0];
	*has_null = ARR_HASNULL(a) && array_contains_nulls(a);
	return (const double *) ARR_DATA_PTR(a);
}

bool
features_add_array(FeatureRows *rows, Datum array)
{
	int			dim;
	bool		has_null;
	const double *value = features_of_array(array, &dim, &has_null);

	if (has_null)
	{
		features_check_dim(rows->dim, dim);
		rows->dim = dim;
		return features_add_null(rows);
	}
	return features_add(rows, value, dim);
}
