/*
 * crew.c
 *	  Work that several processes may share: so far, a crew of one.
 */
#include "crew.h"

/* Memory that everybody in the crew can reach, aligned for any type. */
void *
crew_alloc(Size bytes)
{
	return core_alloc(bytes, 1);
}

void
crew_free(void *shared)
{
	pfree(shared);
}

/* Have the task done for the numbers 0 .. n - 1, on a block from crew_alloc. */
void
crew_run(CrewTask task, void *shared, int64 n)
{
	if (n > 0)
		task(shared, 0, n);
}
