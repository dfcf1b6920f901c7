/*
 * nearest.h
 *	  Which centroid is nearest, and how far it is.
 */
#ifndef SEGMENT_NEAREST_H
#define SEGMENT_NEAREST_H

#include "rows.h"

/* Rows are looked at in blocks of this many; loops poll between blocks. */
#define NEAREST_BLOCK 256

/* The squared distance of two points of dim features. */
static inline double
squared_distance(const double *a, const double *b, int dim)
{
	double		sum = 0;

	for (int j = 0; j < dim; j++)
	{
		double		d = a[j] - b[j];

		sum += d * d;
	}
	return sum;
}

extern int	nearest_one(const double *point, const double *centroid, int k, int dim,
						double *distance2);
extern void nearest_block(const Rows *rows, int start, int count,
						  const double *centroid, int k,
						  int *label, double *distance2, double *second2);

extern bool nearest_force(const char *isa);

#endif							/* SEGMENT_NEAREST_H */
