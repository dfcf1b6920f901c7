/*
 * sketch_level.c
 *	  The lowest level at which keys occupy no more cells than they may.
 *
 * A level drops bits of the keys (sketch.c says which), so the number of cells
 * falls, or stays, from level to level.  Levels are tried at growing distances
 * and then halved: O(n dim log(levels)) time, a set of the cells there may
 * be for memory.  A function of the keys as a set alone.
 */
#include "sketch_level.h"

#include "sketch_cell.h"

/*
 * How many cells the n keys, taken at level "from", occupy at level "to"; or
 * just more than "most".  set[] is scratch of 2^bits entries.
 */
static int
distinct_at(const int64 *key, int n, int dim, int from, int to, int most,
			uint32 *set, int bits, uint64 *name)
{
	uint32		mask = ((uint32) 1 << bits) - 1;
	Shifts		before = level_shifts(from, dim);
	Shifts		after = level_shifts(to, dim);
	int			found = 0;

	core_poll("sketching", -1);
	memset(set, 0, sizeof(uint32) << bits);
	for (int i = 0; i < n; i++)
	{
		uint32		at;

		for (int j = 0; j < dim; j++)
			name[j] = (uint64) drop_bits(key[(Size) i * dim + j], shift_of(before, j),
										 shift_of(after, j));
		for (at = (uint32) hash_words(name, dim) & mask; set[at] != 0; at = (at + 1) & mask)
		{
			const int64 *other = key + (Size) (set[at] - 1) * dim;
			int			j = 0;

			while (j < dim && drop_bits(other[j], shift_of(before, j),
										shift_of(after, j)) == (int64) name[j])
				j++;
			if (j == dim)
				break;
		}
		if (set[at] == 0)
		{
			if (++found > most)
				return found;
			set[at] = i + 1;
		}
	}
	return found;
}

/* The lowest level, from "level" on, at which the n keys, taken at that, occupy at most "most" cells. */
int
sketch_lowest_level(const int64 *key, int n, int dim, int level, int most)
{
	int			top = KEY_BITS * dim;
	int			bits = index_bits_for(most + 1);
	uint32	   *set = core_alloc((Size) 1 << bits, sizeof(uint32));
	uint64	   *name = core_alloc(dim, sizeof(uint64));
	int			low = level - 1;	/* too low: too many cells */
	int			high = level;

	for (int step = 1; high < top &&
		 distinct_at(key, n, dim, level, high, most, set, bits, name) > most;
		 step *= 2)
	{
		low = high;
		high = Min(high + step, top);
	}
	while (high - low > 1)
	{
		int			middle = low + (high - low) / 2;

		if (distinct_at(key, n, dim, level, middle, most, set, bits, name) > most)
			low = middle;
		else
			high = middle;
	}
	pfree(name);
	pfree(set);
	return high;
}
