/*
 * stability.h
 *	  Whether clusters come again when rows are drawn anew.
 */
#ifndef SEGMENT_STABILITY_H
#define SEGMENT_STABILITY_H

#include "rows.h"

/* Resamples, and the rows of each at most. */
#define STABILITY_RESAMPLES 20
#define STABILITY_MOST_ROWS 2048

/* Clusters that come again as well as this are highly stable. */
#define STABLE 0.85

extern double stability_of(const Rows *rows, const int *label, int k, int64 seed);

#endif							/* SEGMENT_STABILITY_H */
