/*
 * work.c
 *	  Long work: how far it is, and how much memory it may take.
 */
#include "work.h"

#include <limits.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "core.h"

static int	max_memory_kb = 1024 * 1024;
static int	progress_interval_ms = 5000;

static TimestampTz begun;		/* of the statement at work */
static TimestampTz last_said;

/* The clock is looked at every so many polls: some are microseconds apart. */
#define POLLS_PER_LOOK 16

void
work_define_settings(void)
{
	DefineCustomIntVariable("segment.max_memory",
							"Most memory that one clustering may take.",
							"Work that would need more is refused, with the number of bytes, before it begins.",
							&max_memory_kb,
							1024 * 1024, 1024, MAX_KILOBYTES,
							PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomIntVariable("segment.progress_interval",
							"How often long work says how far it is.",
							"A NOTICE names the phase, the share that is done if it is known, and the seconds elapsed; 0 keeps quiet.",
							&progress_interval_ms,
							5000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS,
							NULL, NULL, NULL);
	MarkGUCPrefixReserved("segment");
}

/* The core's hook, see core.h.  Workers leave it to their leader to say something. */
void
core_poll(const char *phase, double done)
{
	static unsigned polls;
	TimestampTz now;

	CHECK_FOR_INTERRUPTS();
	if (progress_interval_ms == 0 || ++polls % POLLS_PER_LOOK != 0 || IsParallelWorker())
		return;
	now = GetCurrentTimestamp();
	if (begun != GetCurrentStatementStartTimestamp())
	{
		begun = GetCurrentStatementStartTimestamp();
		last_said = now;
	}
	if (TimestampDifferenceExceeds(last_said, now, progress_interval_ms))
	{
		int			seconds = (int) ((now - begun) / USECS_PER_SEC);

		last_said = now;
		if (done >= 0)
			ereport(NOTICE,
					(errmsg("%s: %d %% done after %d s", phase, (int) (100 * done), seconds)));
		else
			ereport(NOTICE,
					(errmsg("%s: at work for %d s", phase, seconds)));
	}
}

/* In bytes. */
Size
work_memory_limit(void)
{
	return (Size) max_memory_kb * 1024;
}

/* "what" is the subject of the sentence, "remedy" what to do instead. */
void
work_refuse_memory(Size needed, const char *what, const char *remedy)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("%s would need %zu bytes of memory, more than segment.max_memory allows",
					what, needed),
			 errdetail("segment.max_memory is %zu bytes.", work_memory_limit()),
			 errhint("%s, or raise segment.max_memory.", remedy)));
}
