/*
 * spearman.h
 *	  Spearman's rank correlation, of the rows in sketches of family ORDER.
 */
#ifndef SEGMENT_SPEARMAN_H
#define SEGMENT_SPEARMAN_H

#include "exact_sums.h"
#include "order_sketch.h"

/* Sums of products of ranks of more rows would not fit 128 bits. */
#define SPEARMAN_MOST_ROWS (INT64_C(1) << 41)

/* A correlation that is at most "error" from that of the rows; 0: it is that. */
typedef struct RankCorrelation
{
	Correlation correlation;
	double		error;
} RankCorrelation;

extern RankCorrelation spearman(const Sketch *pairs, const Sketch *x, const Sketch *y);

#endif							/* SEGMENT_SPEARMAN_H */
