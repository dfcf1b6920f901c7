/*
 * pack.h
 *	  Numbers in network order, for the binary forms of our types.
 *
 * Each function moves the cursor behind the number.  Who reads has made sure
 * that there are as many bytes.
 */
#ifndef SEGMENT_PACK_H
#define SEGMENT_PACK_H

#include "core.h"

static inline void
pack_uint(uint8 **at, uint64 value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*(*at)++ = (uint8) (value >> 8 * i);
}

static inline uint64
unpack_uint(const uint8 **at, int bytes)
{
	uint64		value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | *(*at)++;
	return value;
}

static inline int32
unpack_int32(const uint8 **at)
{
	return (int32) (uint32) unpack_uint(at, 4);
}

static inline int64
unpack_int64(const uint8 **at)
{
	return (int64) unpack_uint(at, 8);
}

static inline void
pack_double(uint8 **at, double value)
{
	uint64		bits;

	memcpy(&bits, &value, sizeof(bits));
	pack_uint(at, bits, 8);
}

static inline double
unpack_double(const uint8 **at)
{
	uint64		bits = unpack_uint(at, 8);
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

#endif							/* SEGMENT_PACK_H */
