/*
 * fuzz.h
 *	  What the fuzzers share.
 *
 * A fuzzer is a function that libFuzzer calls with bytes of its own making,
 * which it varies so that they reach ever more of the code.  A broken claim
 * aborts, as the sanitizers do, and libFuzzer keeps the bytes.
 */
#ifndef SEGMENT_FUZZ_H
#define SEGMENT_FUZZ_H

#include "core.h"

#define CLAIM(condition) \
	((condition) ? (void) 0 : claim_failed(#condition, __FILE__, __LINE__))

static inline void
claim_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
	abort();
}

extern int	LLVMFuzzerTestOneInput(const uint8 *data, Size size);
extern Size LLVMFuzzerCustomMutator(uint8 *data, Size size, Size most, unsigned int seed);
extern Size LLVMFuzzerMutate(uint8 *data, Size size, Size most);

#endif							/* SEGMENT_FUZZ_H */
