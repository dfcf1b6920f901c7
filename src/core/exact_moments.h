/*
 * exact_moments.h
 *	  Sums of doubles and of their squares without any rounding.
 */
#ifndef SEGMENT_EXACT_MOMENTS_H
#define SEGMENT_EXACT_MOMENTS_H

#include "core.h"

/* Limbs of 32 bits: those of the values, of their squares, and two more for sums of 2^63 of them. */
#define EXACT_SUM_LIMBS 69
#define EXACT_SQUARE_LIMBS 136

/*
 * Limb i of a sum counts units of 2^(32 i - 1074), of the squares 2^(32 i - 2148).
 * A limb is signed and has room for carries that have not been made yet.
 */
typedef struct ExactMoments
{
	int64		n;
	int64		pending;		/* additions since carries were made, at most */
	int64		sum[EXACT_SUM_LIMBS];
	int64		square[EXACT_SQUARE_LIMBS];
} ExactMoments;

/* The number m * 2^e, whose exponent may be beyond a double's. */
typedef struct Scaled
{
	double		m;				/* 0, or 0.5 <= |m| < 1 */
	int			e;
} Scaled;

extern void exact_add(ExactMoments *moments, double x);
extern void exact_merge(ExactMoments *moments, ExactMoments *more);
extern double exact_mean(ExactMoments *moments);
extern Scaled exact_variance(ExactMoments *moments);
extern Scaled exact_difference(ExactMoments *a, ExactMoments *b);

/* s / 2^e as a double, 0 or infinite where it is none. */
static inline double
scaled_at(Scaled s, int e)
{
	return ldexp(s.m, s.e - e);
}

#endif							/* SEGMENT_EXACT_MOMENTS_H */
