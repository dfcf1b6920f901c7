/*
 * standalone.h
 *	  The server as the algorithm files see it, for tests outside the server.
 *
 * Memory comes from malloc, so that the address sanitizer watches every
 * allocation.  What the core does not free goes with standalone_reset, as with
 * a memory context; tests that end soon do without it.
 */
#ifndef SEGMENT_STANDALONE_H
#define SEGMENT_STANDALONE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef size_t Size;
typedef int32_t int32;
typedef int64_t int64;
typedef uint8_t uint8;
typedef uint32_t uint32;
typedef uint64_t uint64;

#define FLEXIBLE_ARRAY_MEMBER
#define INT64CONST(x) INT64_C(x)
#define UINT64CONST(x) UINT64_C(x)
#define Assert(condition) assert(condition)
#define Max(x, y) ((x) > (y) ? (x) : (y))
#define Min(x, y) ((x) < (y) ? (x) : (y))

static inline Size
add_size(Size a, Size b)
{
	assert(a + b >= a);
	return a + b;
}

static inline Size
mul_size(Size a, Size b)
{
	assert(a == 0 || b <= SIZE_MAX / a);
	return a * b;
}

#define CurrentMemoryContext NULL

/* the most bytes of one value */
#define MaxAllocSize ((Size) 0x3fffffff)

#define MemoryContextAllocHuge(context, bytes) standalone_alloc(bytes)
#define pfree(p) standalone_free(p)

extern void *standalone_alloc(Size bytes);
extern void standalone_free(void *p);
extern void standalone_reset(void);

/* How often the core asked whether it should stop; tests look at it. */
extern long core_polls;

/* In which portions a crew does its work (crew.h); 0: all at once, in place. */
extern int64 crew_share;

#endif							/* SEGMENT_STANDALONE_H */
