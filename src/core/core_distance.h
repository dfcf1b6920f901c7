/*
 * core_distance.h
 *	  Core distances: how far a row has to look for so many rows.
 */
#ifndef SEGMENT_CORE_DISTANCE_H
#define SEGMENT_CORE_DISTANCE_H

#include "kdtree.h"
#include "rows.h"

/* A row that has been found. */
typedef struct Neighbour
{
	double		distance2;
	double		weight;
} Neighbour;

extern void core_distances2(const Rows *rows, int64 min_points, double *core2);
extern Size core_distances_memory(int64 n, int dim, int64 min_points);

/* The same at any point of a tree, with room for neighbours. */
extern double core_distance2_at(const KdTree *t, const double *weight, const double *point,
								int64 min_points, Neighbour *neighbour);
extern Size core_neighbours(int64 n, int64 min_points);

#endif							/* SEGMENT_CORE_DISTANCE_H */
