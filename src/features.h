/*
 * features.h
 *	  Rows of features, gathered from SQL.
 */
#ifndef SEGMENT_FEATURES_H
#define SEGMENT_FEATURES_H

#include "compat.h"

#include <float.h>
#include <math.h>

#include "rows.h"

/* n rows of dim features, value[i * dim + j], all finite. */
typedef struct FeatureRows
{
	MemoryContext context;		/* where value[] is kept */
	double	   *value;
	int			dim;			/* 0 before the first row */
	int			n;
	int			room;
	int64		skipped;		/* rows left out: NULL, NaN, infinite */
	int		   *label;			/* [n] where a function takes labels; or NULL */
	int64		unlabelled;		/* rows left out: the label is NULL or negative */
} FeatureRows;

/* Neither NaN nor infinite. */
static inline bool
feature_is_finite(double value)
{
	return fabs(value) <= DBL_MAX;
}

extern void features_init(FeatureRows *rows, MemoryContext context, int expected);
extern bool features_add(FeatureRows *rows, const double *value, int dim);
extern bool features_add_array(FeatureRows *rows, Datum array);
extern bool features_add_null(FeatureRows *rows);

extern void features_check_dim(int before, int dim);
extern bool features_are_finite(const double *value, int dim);
extern const double *features_of_array(Datum array, int *dim, bool *has_null);

#endif							/* SEGMENT_FEATURES_H */
