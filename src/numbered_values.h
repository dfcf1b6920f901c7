/*
 * numbered_values.h
 *	  The values of a column of any type, numbered as they come.
 */
#ifndef SEGMENT_NUMBERED_VALUES_H
#define SEGMENT_NUMBERED_VALUES_H

#include "compat.h"

#include "lib/stringinfo.h"
#include "utils/typcache.h"

/* n different values; NULL is none of them. */
typedef struct Groups
{
	MemoryContext context;
	TypeCacheEntry *type;
	Oid			collation;
	int			n;
	int			room;
	Datum	   *value;
	uint32	   *hash;
	int		   *slot;			/* [2 * room] hash table of their numbers, -1 is free */
	int			last;			/* the one that was found last */
	Size		bytes;			/* that all this takes */
} Groups;

extern void groups_init(Groups *groups, MemoryContext context, Oid type, Oid collation);
extern int	groups_number(Groups *groups, Datum value);
extern void groups_sort(const Groups *groups, int *order);
extern char *groups_name(const Groups *groups, int number);
extern void groups_send(const Groups *groups, StringInfo buffer);
extern void groups_receive(Groups *groups, MemoryContext context, StringInfo buffer);

#endif							/* SEGMENT_NUMBERED_VALUES_H */
