/*
 * scaling.h
 *	  From the units of the input to the space in which distance is measured.
 */
#ifndef SEGMENT_SCALING_H
#define SEGMENT_SCALING_H

#include "rows.h"

typedef enum ScaleMethod
{
	SCALE_NONE,
	SCALE_ZSCORE,				/* mean and population standard deviation */
	SCALE_MINMAX,				/* least value and range */
	SCALE_ROBUST,				/* median and interquartile range */
	SCALE_LOG,					/* asinh, then as zscore */
} ScaleMethod;

#define SCALE_METHODS 5

/*
 * Feature x becomes (t(x) - offset) / unit, t being asinh for SCALE_LOG and
 * nothing otherwise.  A unit is positive and finite: a feature that does not
 * vary has unit 1.
 */
typedef struct Scaling
{
	ScaleMethod method;
	int			dim;
	double	   *offset;			/* [dim] */
	double	   *unit;			/* [dim] */
} Scaling;

extern Scaling scaling_fit(ScaleMethod method, const Rows *rows);
extern double scaling_apply(const Scaling *scaling, int feature, double x);
extern double scaling_variance(const Scaling *scaling, int feature, double mean,
							   double variance);
extern double scaling_log_slope(const Scaling *scaling, int feature, double x);
extern double scaling_invert(const Scaling *scaling, int feature, double z);
extern Rows scaling_rows(const Scaling *scaling, const Rows *rows);

#endif							/* SEGMENT_SCALING_H */
