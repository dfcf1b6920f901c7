/*
 * linkage.h
 *	  The tree of agglomerative clustering.
 */
#ifndef SEGMENT_LINKAGE_H
#define SEGMENT_LINKAGE_H

#include "dendrogram.h"
#include "rows.h"

typedef enum Linkage
{
	LINKAGE_WARD,				/* Ward.D2 of R, ward of SciPy */
	LINKAGE_SINGLE,
	LINKAGE_COMPLETE,
	LINKAGE_AVERAGE,			/* UPGMA */
	LINKAGE_WEIGHTED,			/* WPGMA, mcquitty of R */
	LINKAGE_CENTROID,			/* UPGMC */
	LINKAGE_MEDIAN,				/* WPGMC */
} Linkage;

#define LINKAGES 7

extern void linkage_tree(const Rows *rows, Linkage linkage, Merge *merge);
extern Size linkage_memory(int64 n);

#endif							/* SEGMENT_LINKAGE_H */
