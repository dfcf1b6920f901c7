/*
 * roster.h
 *	  Who is where: a table of customers by their number.
 */
#ifndef SEGMENT_ROSTER_H
#define SEGMENT_ROSTER_H

#include "core.h"

typedef struct RosterEntry
{
	int64		key;
	int64		place;
	uint64		stay;			/* the caller's, who may set the bit ROSTER_SEEN later */
} RosterEntry;

#define ROSTER_SEEN (UINT64CONST(1) << 63)

typedef struct Roster
{
	RosterEntry *entry;
	int64		n;
	int64		room;
	uint32	   *slot;			/* 1 + the place of an entry; 0: free */
	int			bits;			/* of the number of slots */
} Roster;

extern Size roster_memory(int64 room);
extern Roster roster_create(int64 room);
extern void roster_add(Roster *r, int64 key, int64 place, uint64 stay);
extern RosterEntry *roster_find(const Roster *r, int64 key);

#endif							/* SEGMENT_ROSTER_H */
