/*
 * instruction_set.h
 *	  Which instruction set to use, where code is compiled for several.
 *
 * A file that includes a template once for each set, as nearest.c does, has
 * functions name_baseline, name_avx2 and name_avx512, or the first alone on
 * other CPUs.  INSTRUCTION_SET_VERSIONS(name) lists them, the choice is an
 * index into that list.  All sets give the same bits, so a choice only matters
 * to the time, and to tests.
 */
#ifndef SEGMENT_INSTRUCTION_SET_H
#define SEGMENT_INSTRUCTION_SET_H

#include "core.h"

#define INSTRUCTION_SETS 3

static const char *const instruction_set_name[INSTRUCTION_SETS] = {"baseline", "avx2", "avx512"};

#ifdef __x86_64__
#define INSTRUCTION_SET_VERSIONS(name) {name##_baseline, name##_avx2, name##_avx512}
#else
#define INSTRUCTION_SET_VERSIONS(name) {name##_baseline}
#endif

/* Does this CPU have set number i? */
static inline bool
instruction_set_is_here(int i)
{
#ifdef __x86_64__
	if (i == 1)
		return __builtin_cpu_supports("avx2");
	if (i == 2)
		return __builtin_cpu_supports("avx512f");
#endif
	return i == 0;
}

/* The set of that name, or for NULL the best one; -1 if this CPU does not have it. */
static inline int
instruction_set_choose(const char *name)
{
	int			i = INSTRUCTION_SETS - 1;

	while (i >= 0 && !(instruction_set_is_here(i) &&
					   (name == NULL || strcmp(name, instruction_set_name[i]) == 0)))
		i--;
	return i;
}

#endif							/* SEGMENT_INSTRUCTION_SET_H */
