/*
 * exact_sums.h
 *	  Sums of doubles, of their powers and of their products without any
 *	  rounding, and what follows from them: mean, standard deviation, skew,
 *	  kurtosis and correlation.
 */
#ifndef SEGMENT_EXACT_SUMS_H
#define SEGMENT_EXACT_SUMS_H

#include "core.h"

/* Words of a sum of products of so many doubles, 2^63 of them at most. */
#define EXACT_WORDS(factors) (33 * (factors) + 4)

/*
 * Word i of a sum counts units of 2^(64 i - 1074 factors).  Terms are added to
 * a sum of their sign: [0] of the positive ones, [1] of the negative ones.
 */
typedef struct PowerSums
{
	int64		n;
	uint64		first[2][EXACT_WORDS(1)];
	uint64		second[EXACT_WORDS(2)];
	uint64		third[2][EXACT_WORDS(3)];
	uint64		fourth[EXACT_WORDS(4)];
} PowerSums;

/* Of values, and of their squares. */
typedef struct SquareSums
{
	uint64		first[2][EXACT_WORDS(1)];
	uint64		second[EXACT_WORDS(2)];
} SquareSums;

/* Of n values, for their mean and variance. */
typedef struct ExactMoments
{
	int64		n;
	SquareSums	sums;
} ExactMoments;

/* Of products of two values. */
typedef struct ProductSums
{
	uint64		product[2][EXACT_WORDS(2)];
} ProductSums;

/* A finite double: its mantissa, an integer, times 2^(position - 1074). */
typedef struct ExactParts
{
	uint64		mantissa;
	int			position;
	bool		negative;
} ExactParts;

/* The number m * 2^e, whose exponent may be beyond a double's. */
typedef struct Scaled
{
	double		m;				/* 0, or 0.5 <= |m| < 1 */
	int			e;
} Scaled;

/* NaN where there is none. */
typedef struct Shape
{
	double		mean;
	double		sd;				/* of the sample: the divisor is n - 1 */
	double		skew;			/* G1 */
	double		kurtosis;		/* G2, of which a normal distribution has 0 */
} Shape;

typedef struct Correlation
{
	double		r;				/* NaN where a side is constant */
	double		rest;			/* 1 - r^2, with all its digits */
} Correlation;

static inline ExactParts
exact_parts(double x)
{
	ExactParts	parts;
	uint64		bits;
	int			exponent;

	memcpy(&bits, &x, sizeof(bits));
	exponent = (int) (bits >> 52) & 0x7ff;
	Assert(exponent < 0x7ff);
	parts.mantissa = bits & ((UINT64CONST(1) << 52) - 1);
	if (exponent > 0)
		parts.mantissa |= UINT64CONST(1) << 52;
	parts.position = exponent - (exponent > 0);
	parts.negative = bits >> 63;
	return parts;
}

extern void exact_add_powers(PowerSums *sums, ExactParts x);
extern void exact_merge_powers(PowerSums *sums, const PowerSums *more);
extern Shape exact_shape(const PowerSums *sums);

extern void exact_add_squares(SquareSums *sums, ExactParts x);
extern void exact_merge_squares(SquareSums *sums, const SquareSums *more);
extern void exact_add(ExactMoments *moments, double x);
extern void exact_merge(ExactMoments *moments, const ExactMoments *more);
extern double exact_mean(const ExactMoments *moments);
extern Scaled exact_variance(const ExactMoments *moments);
extern Scaled exact_difference(const ExactMoments *a, const ExactMoments *b);

extern void exact_add_product(ProductSums *sums, ExactParts x, ExactParts y);
extern void exact_merge_products(ProductSums *sums, const ProductSums *more);
extern Correlation exact_correlation(int64 n, const SquareSums *x, const SquareSums *y,
									 const ProductSums *xy);

/* s / 2^e as a double, 0 or infinite where it is none. */
static inline double
scaled_at(Scaled s, int e)
{
	return ldexp(s.m, s.e - e);
}

#endif							/* SEGMENT_EXACT_SUMS_H */
