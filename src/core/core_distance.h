/*
 * core_distance.h
 *	  Core distances: how far a row has to look for so many rows.
 */
#ifndef SEGMENT_CORE_DISTANCE_H
#define SEGMENT_CORE_DISTANCE_H

#include "rows.h"

extern void core_distances2(const Rows *rows, int64 min_points, double *core2);
extern Size core_distances_memory(int64 n, int dim, int64 min_points);

#endif							/* SEGMENT_CORE_DISTANCE_H */
