/*
 * crew.h
 *	  Work on consecutive numbers that several processes may share.
 *
 * An algorithm lays its state out in one block without pointers, and makes a
 * task of whatever reads much and writes little: a function of the block and
 * of a range of numbers.  It writes only what belongs to its own numbers, and
 * reads nothing that belongs to others, so any division of the numbers, in any
 * order, gives the same bits.  Who does the work is not the algorithm's
 * business.  Like core_poll this is the surroundings' to provide: by src/crew.c
 * in the server, by tests/unit/standalone.c without one.
 */
#ifndef SEGMENT_CREW_H
#define SEGMENT_CREW_H

#include "core.h"

/*
 * The block may lie at another address in every process, and so may the
 * function.  A task polls by itself.
 */
typedef void (*CrewTask) (void *shared, int64 from, int64 to);

extern void *crew_alloc(Size bytes);
extern void *crew_alloc_for(Size bytes, bool is_long);
extern void crew_free(void *shared);
extern void crew_run(CrewTask task, void *shared, int64 n);

#endif							/* SEGMENT_CREW_H */
