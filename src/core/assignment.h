/*
 * assignment.h
 *	  The assignment problem: each row to a column of its own, at least cost.
 */
#ifndef SEGMENT_ASSIGNMENT_H
#define SEGMENT_ASSIGNMENT_H

#include "core.h"

/* Sums of costs up to here cannot overflow. */
#define ASSIGNMENT_MOST_COST 0x1p900

extern void assignment_solve(const double *cost, int rows, int columns, int *column_of);
extern Size assignment_memory(int rows, int columns);

#endif							/* SEGMENT_ASSIGNMENT_H */
