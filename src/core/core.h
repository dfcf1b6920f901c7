/*
 * core.h
 *	  All that the algorithm files know of their surroundings.
 *
 * In the server that is palloc and pfree, Assert, the integer types and an
 * overflow-checked allocation; with -DSEGMENT_STANDALONE tests/unit/standalone.h
 * gives the same names, so that the files compile, and can be tested under
 * sanitizers and fuzzers, without a server.
 *
 * Core functions never report a user's mistake: the glue has validated the
 * input, and what remains is stated as Assert.
 */
#ifndef SEGMENT_CORE_H
#define SEGMENT_CORE_H

#ifdef SEGMENT_STANDALONE
#include "standalone.h"
#else
#include "postgres.h"

#include "storage/shmem.h"		/* mul_size, add_size */
#include "utils/memutils.h"
#endif

#include <float.h>
#include <math.h>

/*
 * Every loop that can run longer than some milliseconds calls this once per
 * block of work.  It answers a cancel (and then does not return), and now and
 * then tells the user how far the work is.  "phase" names the work in a word
 * or two; "done" is its finished share, 0 to 1, or negative when unknown.
 */
extern void core_poll(const char *phase, double done);

/* Room for n elements of "size" bytes; above 1 GB as well, 0 elements as well. */
static inline void *
core_alloc(Size n, Size size)
{
	Size		bytes = mul_size(n, size);

	return MemoryContextAllocHuge(CurrentMemoryContext, bytes > 0 ? bytes : 1);
}

static inline void *
core_alloc0(Size n, Size size)
{
	void	   *p = core_alloc(n, size);

	memset(p, 0, n * size);
	return p;
}

#endif							/* SEGMENT_CORE_H */
