/*
 * roster.c
 *	  Who is where: a table of customers by their number.
 *
 * A hash table by linear probing (Knuth, The Art of Computer Programming,
 * volume 3, section 6.4) of up to 2^30 entries, which are stored in the order
 * in which they come, with at least three slots for two of them.  A lookup
 * takes O(1), the table 24 bytes per entry and 6 to 12 for its slots:
 *
 *	slot	 . 3 1 . . 2 . ...			entry	 | key | place | stay |
 *
 * Customers are mostly numbered one after the other, and come in about that
 * order.  So 16 numbers in a row are next to each other in the slots as well,
 * in one line of the processor's cache, which is where a table of this size
 * spends its time.  Where in the line they begin depends on the upper bits of
 * the number: otherwise the multiples of 16 would be in one slot of each.
 */
#include "roster.h"

#define LINE_BITS 4
#define MOST_BITS 31

static int
slot_bits(int64 room)
{
	int			bits = LINE_BITS;

	while (bits < MOST_BITS && (INT64CONST(1) << bits) < room + room / 2)
		bits++;
	return bits;
}

/* Bytes that a table of so many entries takes. */
Size
roster_memory(int64 room)
{
	return add_size(mul_size((Size) Max(room, 1), sizeof(RosterEntry)),
					mul_size((Size) 1 << slot_bits(room), sizeof(uint32)));
}

/* An empty table with room for so many entries. */
Roster
roster_create(int64 room)
{
	Roster		r = {0};

	Assert(room >= 0 && room <= INT64CONST(1) << (MOST_BITS - 1));
	r.room = room;
	r.bits = slot_bits(room);
	r.entry = core_alloc(room, sizeof(RosterEntry));
	r.slot = core_alloc0((Size) 1 << r.bits, sizeof(uint32));
	return r;
}

static inline uint32
first_slot(const Roster *r, int64 key)
{
	/* the golden ratio; Knuth's multiplicative hashing */
	uint64		hash = ((uint64) key >> LINE_BITS) * UINT64CONST(0x9E3779B97F4A7C15);
	uint32		line = (uint32) (hash >> (64 - r->bits)) & ~(uint32) ((1 << LINE_BITS) - 1);

	return line | (((uint32) key + (uint32) (hash >> 16)) & ((1 << LINE_BITS) - 1));
}

static inline uint32
next_slot(const Roster *r, uint32 slot)
{
	return (slot + 1) & (((uint32) 1 << r->bits) - 1);
}

/* There is room, and the key is not there yet. */
void
roster_add(Roster *r, int64 key, int64 place, uint64 stay)
{
	uint32		slot = first_slot(r, key);
	RosterEntry *e = &r->entry[r->n];

	Assert(r->n < r->room && stay < ROSTER_SEEN);
	while (r->slot[slot] != 0)
		slot = next_slot(r, slot);
	e->key = key;
	e->place = place;
	e->stay = stay;
	r->slot[slot] = (uint32) ++r->n;
}

/* NULL: not there. */
RosterEntry *
roster_find(const Roster *r, int64 key)
{
	for (uint32 slot = first_slot(r, key); r->slot[slot] != 0; slot = next_slot(r, slot))
	{
		RosterEntry *e = &r->entry[r->slot[slot] - 1];

		if (e->key == key)
			return e;
	}
	return NULL;
}
