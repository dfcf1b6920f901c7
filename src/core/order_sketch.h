/*
 * order_sketch.h
 *	  The distribution of a column, from a sketch of family ORDER: quantiles,
 *	  distinct values, a histogram.
 */
#ifndef SEGMENT_ORDER_SKETCH_H
#define SEGMENT_ORDER_SKETCH_H

#include "sketch.h"

/*
 * Sketches of this family have one feature or two, and this many entries at
 * least: then no cell holds values of which the leading three bits differ.
 */
#define ORDER_LEAST_SIZE 256

/* Some rows with values next to each other, in the order of bins. */
typedef struct OrderBin
{
	double		rows;
	double		before;			/* rows in the bins before */
	double		low;			/* all values lie between */
	double		high;			/* the same as low: all are equal */
} OrderBin;

typedef struct OrderBins
{
	OrderBin   *bin;			/* [n], ascending; none is empty */
	int			n;
	double		rows;
} OrderBins;

/* A number that lies between low and high; all the same where it is known. */
typedef struct Estimate
{
	double		value;
	double		low;
	double		high;
} Estimate;

extern OrderBins order_bins(const Sketch *closed, double min, double max);
extern Estimate order_quantile(const OrderBins *bins, double share);
extern double order_least_distinct(const OrderBins *bins);
extern void order_histogram(const OrderBins *bins, int width, double *rows);

#endif							/* SEGMENT_ORDER_SKETCH_H */
