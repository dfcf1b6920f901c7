/*
 * standalone.c
 *	  What the server would define, for tests outside it.
 */
#include "crew.h"

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
