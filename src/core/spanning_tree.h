/*
 * spanning_tree.h
 *	  The minimum spanning tree of rows, and the tree of single linkage.
 */
#ifndef SEGMENT_SPANNING_TREE_H
#define SEGMENT_SPANNING_TREE_H

#include "dendrogram.h"
#include "rows.h"

/* Rows a < b, joined. */
typedef struct Edge
{
	int			a;
	int			b;
	double		distance;
} Edge;

extern void spanning_tree(const Rows *rows, const double *core2, Edge *edge);
extern void single_linkage_merges(const Edge *edge, int n, Merge *merge);
extern void single_linkage_tree(const Rows *rows, Merge *merge);
extern Size spanning_tree_memory(int64 n, int dim);

#endif							/* SEGMENT_SPANNING_TREE_H */
