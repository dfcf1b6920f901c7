/*
 * work.h
 *	  Long work: how far it is, and how much memory it may take.
 */
#ifndef SEGMENT_WORK_H
#define SEGMENT_WORK_H

#include "compat.h"

extern void work_define_settings(void);
extern Size work_memory_limit(void);
pg_noreturn extern void work_refuse_memory(Size needed, const char *what, const char *remedy);

#endif							/* SEGMENT_WORK_H */
