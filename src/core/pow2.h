/*
 * pow2.h
 *	  Exact multiplication by a power of two.
 */
#ifndef SEGMENT_POW2_H
#define SEGMENT_POW2_H

#include "core.h"

/* 2^e as two factors, since 2^e itself may be out of range. */
typedef struct Pow2
{
	double		first;
	double		second;
} Pow2;

/* e may be whatever two doubles' exponents differ by. */
static inline Pow2
pow2_of(int e)
{
	return (Pow2) {ldexp(1, e / 2), ldexp(1, e - e / 2)};
}

/* x * 2^e, exact unless it leaves the normal range of a double. */
static inline double
pow2_scale(double x, Pow2 power)
{
	return x * power.first * power.second;
}

#endif							/* SEGMENT_POW2_H */
