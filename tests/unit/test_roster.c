/*
 * test_roster.c
 *	  The table of customers, against its definition, for numbers as they come.
 */
#include "roster.h"

#include "tap.h"

#define MOST_KEYS 3000

/* A number of a customer: in a row, with a stride, at random, at the ends. */
static int64
make_key(int kind, int i, int64 start, int shift)
{
	switch (kind)
	{
		case 0:
			return start + i;
		case 1:
			return start + ((int64) i << shift);
		case 2:
			return (int64) ((uint64) i * UINT64CONST(0xD1342543DE82EF95));
		default:
			return i % 2 ? INT64_MIN + i : INT64_MAX - i;
	}
}

int
main(int argc, char **argv)
{
	Check		found = {.name = "whoever was added is found, with what was added"};
	Check		missing = {.name = "nobody else is"};
	Check		order = {.name = "entries stay in the order in which they came"};
	Check		memory = {.name = "there are at least three slots for two entries, and no more than six but few"};

	tap_begin(argc, argv);
	for (int set = 0; set < 2000; set++)
	{
		int			n = draw_int(0, draw_int(0, 9) ? 100 : MOST_KEYS);
		int			kind = draw_int(0, 3);
		int			shift = draw_int(1, 40);
		int64		start = (int64) draw_int(0, 1000000) * draw_int(-1000000, 1000000);
		Roster		r = roster_create(n);
		int64		slots = (int64) (roster_memory(n) - (Size) Max(n, 1) * sizeof(RosterEntry)) / 4;

		check_that(&memory, slots >= n + n / 2 && slots <= Max(3 * (int64) n, 16) && slots == (int64) 1 << r.bits,
				   "set %d: %d slots for %d entries", set, (int) slots, n);
		for (int i = 0; i < n; i++)
			roster_add(&r, make_key(kind, i, start, shift), -i, (uint64) i << 16);
		for (int i = 0; i < n; i++)
		{
			RosterEntry *e = roster_find(&r, make_key(kind, i, start, shift));

			check_that(&found, e && e->key == make_key(kind, i, start, shift) && e->place == -i && e->stay == (uint64) i << 16,
					   "set %d: customer %d of %d", set, i, n);
			check_that(&order, e == &r.entry[i], "set %d: customer %d of %d", set, i, n);
		}
		for (int i = n; i < n + 50; i++)
			check_that(&missing, roster_find(&r, make_key(kind, i, start, shift)) == NULL, "set %d: customer %d of %d", set, i, n);
		pfree(r.entry);
		pfree(r.slot);
	}
	check_end(&found);
	check_end(&missing);
	check_end(&order);
	check_end(&memory);
	return tap_end();
}
