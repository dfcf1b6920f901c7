/*
 * distinct.h
 *	  How many different values there are, in 16 kB: HyperLogLog.
 */
#ifndef SEGMENT_DISTINCT_H
#define SEGMENT_DISTINCT_H

#include "core.h"

#define DISTINCT_BITS 14
#define DISTINCT_REGISTERS (1 << DISTINCT_BITS)

/* The standard deviation of an estimate, as a share of it: 1.04 / sqrt(registers). */
#define DISTINCT_ERROR 0.008125

typedef struct Distinct
{
	uint8		most[DISTINCT_REGISTERS];	/* the longest run of zero bits, plus 1 */
} Distinct;

/* Spreads the bits of a value over all bits, one to one: the end of SplitMix64. */
static inline uint64
distinct_hash(uint64 z)
{
	z += UINT64CONST(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Add a value by its hash. */
static inline void
distinct_add(Distinct *distinct, uint64 hash)
{
	uint8	   *most = &distinct->most[hash >> (64 - DISTINCT_BITS)];
	uint8		run = (uint8) (1 + __builtin_clzll(hash << DISTINCT_BITS | UINT64CONST(1) << (DISTINCT_BITS - 1)));

	if (*most < run)
		*most = run;
}

extern void distinct_merge(Distinct *distinct, const Distinct *more);
extern double distinct_estimate(const Distinct *distinct);

#endif							/* SEGMENT_DISTINCT_H */
