/*
 * gap.h
 *	  The gap statistic: how much better clusters fit than those of rows that
 *	  have none.
 */
#ifndef SEGMENT_GAP_H
#define SEGMENT_GAP_H

#include "rows.h"

/* Reference sets, and the rows of each at most. */
#define GAP_SETS 20
#define GAP_MOST_ROWS 2048

extern void gap_references(const Rows *rows, int k_max, int64 seed, double *log_inertia, double *se);

#endif							/* SEGMENT_GAP_H */
