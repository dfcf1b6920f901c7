/*
 * triangle.h
 *	  The tree of agglomerative clustering from the distances of all pairs.
 */
#ifndef SEGMENT_TRIANGLE_H
#define SEGMENT_TRIANGLE_H

#include "linkage.h"

/* Those that the formula of Lance and Williams covers: the first ones. */
#define TRIANGLE_LINKAGES LINKAGE_AVERAGE_SQUARED

extern void triangle_tree(const Rows *rows, Linkage linkage, Merge *merge);
extern Size triangle_memory(int64 n);

#endif							/* SEGMENT_TRIANGLE_H */
