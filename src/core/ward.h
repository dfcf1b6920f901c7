/*
 * ward.h
 *	  The trees of Ward and of average squared distances, in linear memory.
 */
#ifndef SEGMENT_WARD_H
#define SEGMENT_WARD_H

#include "dendrogram.h"
#include "rows.h"

extern void ward_tree(const Rows *rows, Merge *merge);
extern void average_squared_tree(const Rows *rows, Merge *merge);
extern Size ward_memory(int64 n, int dim);

#endif							/* SEGMENT_WARD_H */
