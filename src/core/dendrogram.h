/*
 * dendrogram.h
 *	  Reading a tree of merges: cutting it, naming its steps, comparing it with
 *	  the distances it came from.
 */
#ifndef SEGMENT_DENDROGRAM_H
#define SEGMENT_DENDROGRAM_H

#include "rows.h"

/*
 * One step of the agglomeration.  A cluster is named by its first row in
 * canonical order; low < high are the names of the two that merge, and low is
 * the name of the result.
 */
typedef struct Merge
{
	int			low;
	int			high;
	double		height;			/* the distance of the two by the linkage */
} Merge;

extern int	dendrogram_cut_at_count(const Merge *merge, int n, int k, int *label);
extern int	dendrogram_cut_at_height(const Merge *merge, int n, double height, int *label);
extern int	dendrogram_inversions(const Merge *merge, int n);
extern int	dendrogram_suggest_k(const Merge *merge, int n);
extern void dendrogram_steps(const Merge *merge, const int64 *weight, int n, int *left,
							 int *right, int64 *size);
extern void dendrogram_leaf_order(const Merge *merge, int n, int *order);
extern double dendrogram_cophenetic(const Merge *merge, const Rows *rows);

#endif							/* SEGMENT_DENDROGRAM_H */
