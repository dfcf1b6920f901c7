/*
 * linkage.h
 *	  The tree of agglomerative clustering, by any linkage.
 */
#ifndef SEGMENT_LINKAGE_H
#define SEGMENT_LINKAGE_H

#include "dendrogram.h"

typedef enum Linkage
{
	LINKAGE_WARD,				/* Ward.D2 of R, ward of SciPy */
	LINKAGE_SINGLE,
	LINKAGE_COMPLETE,
	LINKAGE_AVERAGE,			/* UPGMA */
	LINKAGE_WEIGHTED,			/* WPGMA, mcquitty of R */
	LINKAGE_CENTROID,			/* UPGMC */
	LINKAGE_MEDIAN,				/* WPGMC */
	LINKAGE_AVERAGE_SQUARED,	/* root of the mean squared distance */
} Linkage;

#define LINKAGES 8

extern void linkage_tree(const Rows *rows, Linkage linkage, Merge *merge);
extern Size linkage_memory(Linkage linkage, int64 n, int dim);
extern bool linkage_is_linear(Linkage linkage);
extern bool linkage_may_invert(Linkage linkage);

#endif							/* SEGMENT_LINKAGE_H */
