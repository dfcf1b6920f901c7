/*
 * crew.h
 *	  Work on consecutive numbers that several processes may share.
 *
 * An algorithm lays its state out in one block without pointers, and puts
 * whatever reads much and writes little into a task: a function of the block
 * and of a range of numbers, which writes only what belongs to its range, so
 * that any division of the numbers gives the same bits.  Who does the work is
 * not the algorithm's business; crew.c does all of it here and now.
 */
#ifndef SEGMENT_CREW_H
#define SEGMENT_CREW_H

#include "core.h"

/*
 * The block may lie at another address in every process.  A task takes care
 * to poll where a single number can be much work.
 */
typedef void (*CrewTask) (void *shared, int64 from, int64 to);

extern void *crew_alloc(Size bytes);
extern void crew_free(void *shared);
extern void crew_run(CrewTask task, void *shared, int64 n);

#endif							/* SEGMENT_CREW_H */
