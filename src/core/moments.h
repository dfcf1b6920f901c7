/*
 * moments.h
 *	  Mean and standard deviation of a weighted column, for every group.
 */
#ifndef SEGMENT_MOMENTS_H
#define SEGMENT_MOMENTS_H

#include "core.h"

typedef struct Moments
{
	double		weight;			/* of the group's rows together */
	double		mean;
	double		sd;				/* of the population: the divisor is weight; 0 where only
								 * means were asked for */
} Moments;

extern void means_by_group(const double *x, const double *weight, const int *group,
						   int n, int ngroups, Moments *result);
extern void moments_by_group(const double *x, const double *weight, const double *variance,
							 const int *group, int n, int ngroups, Moments *result);

#endif							/* SEGMENT_MOMENTS_H */
