/*
 * bins.h
 *	  Bins of a feature, about a tenth of its values in each.
 */
#ifndef SEGMENT_BINS_H
#define SEGMENT_BINS_H

#include "core.h"

/*
 * A bin lies between two edges, which ascend and may be equal:
 *
 *	 bin 0: below edge[0];  bin i: above edge[i - 1], up to edge[i];
 *	 bin 1 with edge[0] itself;  bin 10: above edge[9]
 */
#define BIN_EDGES 10
#define BINS (BIN_EDGES + 1)

/* The bin of a number.  There are few edges: all are looked at, without a branch. */
static inline int
bin_of(const double *edge, double x)
{
	int			bin = x >= edge[0];

	for (int i = 1; i < BIN_EDGES; i++)
		bin += x > edge[i];
	return bin;
}

extern void bins_by_deciles(const double *x, const double *weight, int n, double *edge);

#endif							/* SEGMENT_BINS_H */
