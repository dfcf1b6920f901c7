/*
 * standalone.c
 *	  What the server would define, for tests outside it.
 */
#include "crew.h"

#include <sanitizer/asan_interface.h>

/*
 * What lies before every allocation: its place in a ring of all of them.  The
 * sanitizer is told that nobody may touch it.
 */
typedef struct Block
{
	struct Block *next;
	struct Block *previous;
} Block;

static Block all = {&all, &all};

long		core_polls;
int64		crew_share;

void
core_poll(const char *phase, double done)
{
	assert(phase != NULL);
	assert(done <= 1);
	core_polls++;
}

/* Before a block comes its size; 16 bytes keep it aligned for any type. */
#define CREW_HEAD 16

void *
crew_alloc(Size bytes)
{
	char	   *head = core_alloc(CREW_HEAD + bytes, 1);

	memcpy(head, &bytes, sizeof(bytes));
	return head + CREW_HEAD;
}

void *
crew_alloc_for(Size bytes, bool is_long)
{
	(void) is_long;
	return crew_alloc(bytes);
}

void
crew_free(void *shared)
{
	pfree((char *) shared - CREW_HEAD);
}

/*
 * With a crew_share, every member of the crew does so many numbers on a copy
 * of the block as it was in the beginning, and at an address of its own; in
 * the end, what they have changed comes together.  So a task that depends on
 * what others write, or on an address, gets something else.
 */
void
crew_run(CrewTask task, void *shared, int64 n)
{
	Size		bytes;
	char	   *before;
	char	   *copy;

	if (crew_share == 0)
	{
		task(shared, 0, n);
		return;
	}
	memcpy(&bytes, (char *) shared - CREW_HEAD, sizeof(bytes));
	before = core_alloc(bytes, 1);
	memcpy(before, shared, bytes);
	for (int64 from = 0; from < n; from += crew_share)
	{
		copy = core_alloc(bytes, 1);
		memcpy(copy, before, bytes);
		task(copy, from, Min(from + crew_share, n));
		for (Size i = 0; i < bytes; i++)
			if (copy[i] != before[i])
				((char *) shared)[i] = copy[i];
		pfree(copy);
	}
	pfree(before);
}

/* Change the ring at a block that may or may not be guarded. */
static void
link_blocks(Block *first, Block *second)
{
	ASAN_UNPOISON_MEMORY_REGION(first, sizeof(Block));
	ASAN_UNPOISON_MEMORY_REGION(second, sizeof(Block));
	first->next = second;
	second->previous = first;
	ASAN_POISON_MEMORY_REGION(first, sizeof(Block));
	ASAN_POISON_MEMORY_REGION(second, sizeof(Block));
}

static Block
links_of(Block *block)
{
	Block		links;

	ASAN_UNPOISON_MEMORY_REGION(block, sizeof(Block));
	links = *block;
	ASAN_POISON_MEMORY_REGION(block, sizeof(Block));
	return links;
}

void *
standalone_alloc(Size bytes)
{
	Block	   *block = malloc(sizeof(Block) + bytes);
	Block	   *last = links_of(&all).previous;

	if (block == NULL)
		abort();
	link_blocks(last, block);
	link_blocks(block, &all);
	return block + 1;
}

void
standalone_free(void *p)
{
	Block	   *block = (Block *) p - 1;
	Block		links = links_of(block);

	link_blocks(links.previous, links.next);
	ASAN_UNPOISON_MEMORY_REGION(block, sizeof(Block));
	free(block);
}

/* Free all that is left. */
void
standalone_reset(void)
{
	Block	   *block;

	while ((block = links_of(&all).next) != &all)
		standalone_free(block + 1);
}
