/*
 * wide.h
 *	  Integer sums that cannot overflow: 128 bits for values, 192 for squares.
 *
 * Sums of integers do not depend on the order of the terms, which sums of
 * doubles do.  With values below 2^62 and fewer than 2^63 of them a sum stays
 * below 2^125 and a sum of squares below 2^187.  The words of a number lie in
 * memory from the lowest up, 8-byte aligned.
 */
#ifndef SEGMENT_WIDE_H
#define SEGMENT_WIDE_H

#include "core.h"

typedef __int128 Wide;
typedef unsigned __int128 UWide;

/* A signed 128-bit number at word[0..1]. */
static inline Wide
wide_get(const uint64 *word)
{
	return (Wide) ((UWide) word[1] << 64 | word[0]);
}

static inline void
wide_add(uint64 *word, Wide value)
{
	Wide		sum = (Wide) ((UWide) wide_get(word) + (UWide) value);

	word[0] = (uint64) sum;
	word[1] = (uint64) ((UWide) sum >> 64);
}

/* Add to a 192-bit number at word[0..2]; modulo 2^192. */
static inline void
wide3_add(uint64 *word, const uint64 *value)
{
	UWide		carry = (UWide) word[0] + value[0];

	word[0] = (uint64) carry;
	carry = (carry >> 64) + word[1] + value[1];
	word[1] = (uint64) carry;
	word[2] += value[2] + (uint64) (carry >> 64);
}

/* word[0..2] += value^2, |value| < 2^63 */
static inline void
wide3_add_square(uint64 *word, int64 value)
{
	UWide		square = (UWide) ((Wide) value * value);
	uint64		term[3] = {(uint64) square, (uint64) (square >> 64), 0};

	wide3_add(word, term);
}

/* product[0..2] = a * b modulo 2^192, in two's complement */
static inline void
wide3_multiply(uint64 *product, Wide a, int64 b)
{
	bool		negative = (a < 0) != (b < 0);
	UWide		m = a < 0 ? -(UWide) a : (UWide) a;
	uint64		n = b < 0 ? -(uint64) b : (uint64) b;
	UWide		low = (UWide) (uint64) m * n;
	UWide		high = (UWide) (uint64) (m >> 64) * n + (low >> 64);

	product[0] = (uint64) low;
	product[1] = (uint64) high;
	product[2] = (uint64) (high >> 64);
	if (negative)
	{
		uint64		one[3] = {1, 0, 0};

		for (int i = 0; i < 3; i++)
			product[i] = ~product[i];
		wide3_add(product, one);
	}
}

/* word[0..2] += value, in two's complement */
static inline void
wide3_add_wide(uint64 *word, Wide value)
{
	uint64		term[3] = {(uint64) value, (uint64) ((UWide) value >> 64), value < 0 ? ~UINT64CONST(0) : 0};

	wide3_add(word, term);
}

/* A 192-bit number as a double, each word rounded in turn; at least 0. */
static inline double
wide3_to_double(const uint64 *word)
{
	return ((double) word[2] * 0x1p64 + (double) word[1]) * 0x1p64 + (double) word[0];
}

/* Is a <= b, as unsigned numbers? */
static inline bool
wide3_not_above(const uint64 *a, const uint64 *b)
{
	for (int i = 2; i >= 0; i--)
		if (a[i] != b[i])
			return a[i] < b[i];
	return true;
}

#endif							/* SEGMENT_WIDE_H */
