/*
 * random.h
 *	  The pseudo-random numbers of the seeding steps: SplitMix64.
 *
 * One 64-bit state, full period, passes BigCrush; the same sequence on every
 * machine.  What is drawn is always indexed by the canonical order of the
 * rows (rows.h), never by the order they arrived in.
 *
 * Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * OOPSLA 2014, doi:10.1145/2660193.2660195.
 */
#ifndef SEGMENT_RANDOM_H
#define SEGMENT_RANDOM_H

#include "core.h"

typedef struct Random
{
	uint64		state;
} Random;

static inline uint64
random_bits(Random *r)
{
	uint64		z = (r->state += UINT64CONST(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Uniform in [0, 1), 53 bits. */
static inline double
random_unit(Random *r)
{
	return (double) (random_bits(r) >> 11) * 0x1.0p-53;
}

/* The generator of the stream-th independent start of a seed. */
static inline Random
random_stream(int64 seed, int stream)
{
	Random		r = {(uint64) seed};

	r.state = random_bits(&r) + (uint64) stream * UINT64CONST(0xd1342543de82ef95);
	return r;
}

#endif							/* SEGMENT_RANDOM_H */
