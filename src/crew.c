/*
 * crew.c
 *	  Work that several processes may share: the server's parallel workers.
 *
 * The block of work that is long enough lies in dynamic shared memory, and
 * workers are started as soon as there is such a block, so that they are up by
 * the time the leader has filled it.  Without workers, for whatever reason
 * (none allowed, none free, no room, we are a worker ourselves), the block is
 * plain memory and the crew is its leader.
 *
 * The numbers of a run are handed out in portions.  All that leader and members
 * know of each other is in struct Crew, under its mutex:
 *
 *	resting		next = n, at_work = 0.  Members sleep on "begun".  Only the leader
 *				touches the block.
 *	running		next < n: there are portions to take; at_work counts those that
 *				are being worked on, the leader's own included.
 *	ending		next = n, at_work > 0: the leader sleeps on "finished".
 *	over		Members go home.
 *
 * Whoever returns a portion takes the next in the same breath, and the last
 * one to return one, when there are no more, wakes the leader.  So nobody is
 * waited for but those that hold a portion: a member that wakes late, or has
 * never started, finds nothing to take and that is all.  Short runs the leader
 * does alone, and the others sleep on.
 *
 * No one waits for ever:
 *	- The leader waits for a member that holds a portion.  Tasks end, and poll.
 *	  A member that fails, is terminated or exits in the middle tells the leader
 *	  by the error queue and a signal, which the leader, awake or asleep, answers
 *	  with an error; one that is killed takes the whole server with it.
 *	- A member waits for the leader.  If that ends with an error, or its session
 *	  ends, the end of its transaction terminates the members and waits for them
 *	  (they look for it when they sleep, poll or take a portion) and the shared
 *	  memory goes with the resource owner and the last process.
 *	- All sleep is by condition variables, which end the process when the
 *	  postmaster has died.
 *	- The end waits for members that are just being started: the postmaster
 *	  starts them, or the wait ends with an error.
 *
 * From crew_alloc to crew_free the leader is in parallel mode: it cannot write,
 * nor begin a subtransaction.  It may be in parallel mode already, above or
 * beside a Gather; both that mode and contexts nest.
 */
#include "compat.h"

#include <sys/statvfs.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "optimizer/cost.h"
#include "storage/condition_variable.h"
#include "storage/dsm.h"
#include "storage/spin.h"
#include "utils/wait_event.h"

#include "crew.h"

/*
 * Blocks smaller than this are for one, unless the algorithm knows better.
 * Workers take some 10 ms to come and to go; trees of rows that fill such a
 * block, 30,000 in few dimensions, take 100 ms and more.
 */
#define LEAST_BLOCK ((Size) 4 * 1024 * 1024)

/* Runs shorter than this are for one: a millisecond or two at least. */
#define LEAST_RUN 512

/*
 * Numbers that are taken at once: much more work than taking them, and little
 * enough that the others do not wait long for whoever took the last ones.
 */
#define PORTION 128

/* In the small memory that the server shares with workers. */
#define KEY_INVITATION 1

typedef struct Crew
{
	/* the leader's own */
	void	   *memory;			/* a crew of one: what is to be freed */
	ParallelContext *context;	/* NULL in a crew of one */
	dsm_segment *segment;

	ConditionVariable begun;	/* a run, or the end */
	ConditionVariable finished;
	slock_t		mutex;			/* for all that follows */
	bool		over;
	intptr_t	task;			/* how far from segment_crew_member */
	int64		n;
	int64		next;			/* number that nobody has taken yet */
	int			at_work;		/* portions taken and not returned */
} Crew;

/* The block comes after the crew, and shares no cache line with it. */
#define BLOCK_ALIGN 64
#define BLOCK_OFFSET TYPEALIGN(BLOCK_ALIGN, sizeof(Crew) + BLOCK_ALIGN)

typedef struct Portion
{
	CrewTask	task;
	int64		from;
	int64		to;				/* = from: none */
} Portion;

/*
 * What a worker has to know.  Workers load the library from disk, which may
 * hold another build by now, with other functions in other places; then they
 * had better go home.
 */
typedef struct Invitation
{
	dsm_handle	segment;
	char		version[16];
	intptr_t	layout;			/* the distance of two distant functions */
} Invitation;

extern PGDLLEXPORT void segment_crew_member(dsm_segment *seg, shm_toc *toc);

/* A function of this library by its place, which is the same in all processes. */
static intptr_t
place_of(CrewTask task)
{
	return (intptr_t) task - (intptr_t) segment_crew_member;
}

static CrewTask
task_at(intptr_t place)
{
	return (CrewTask) ((intptr_t) segment_crew_member + place);
}

static intptr_t
library_layout(void)
{
	return (intptr_t) core_poll - (intptr_t) segment_crew_member;
}

static void *
block_of(Crew *crew)
{
	return (char *) crew + BLOCK_OFFSET;
}

static Crew *
crew_of(void *block)
{
	return (Crew *) ((char *) block - BLOCK_OFFSET);
}

/*
 * Return a portion, if there is one, and take another.  False: there are none.
 * Only who returns something wakes the leader: to signal, time and again, that
 * nothing has happened would keep all awake.
 */
static bool
take_portion(Crew *crew, Portion *p)
{
	bool		returned = p->from < p->to;
	bool		finished;

	SpinLockAcquire(&crew->mutex);
	crew->at_work -= returned;
	p->task = task_at(crew->task);
	p->from = crew->next;
	p->to = Min(crew->next + PORTION, crew->n);
	crew->next = p->to;
	crew->at_work += p->from < p->to;
	finished = returned && crew->at_work == 0;
	SpinLockRelease(&crew->mutex);

	if (finished)
		ConditionVariableSignal(&crew->finished);
	return p->from < p->to;
}

/* Take part in a run, if there is one. */
static void
take_part(Crew *crew)
{
	Portion		p = {0};

	while (take_portion(crew, &p))
	{
		CHECK_FOR_INTERRUPTS();
		p.task(block_of(crew), p.from, p.to);
	}
}

static bool
is_finished(Crew *crew)
{
	bool		finished;

	SpinLockAcquire(&crew->mutex);
	finished = crew->at_work == 0 && crew->next == crew->n;
	SpinLockRelease(&crew->mutex);
	return finished;
}

static bool
is_over(Crew *crew)
{
	bool		over;

	SpinLockAcquire(&crew->mutex);
	over = crew->over;
	SpinLockRelease(&crew->mutex);
	return over;
}

/* What a worker does: the entry point, found by its name. */
void
segment_crew_member(dsm_segment *seg, shm_toc *toc)
{
	Invitation *invitation = shm_toc_lookup(toc, KEY_INVITATION, false);
	dsm_segment *segment;
	Crew	   *crew;

	(void) seg;
	if (strcmp(invitation->version, SEGMENT_VERSION) != 0 ||
		invitation->layout != library_layout())
		return;
	segment = dsm_attach(invitation->segment);
	if (segment == NULL)
		return;					/* too late */
	crew = dsm_segment_address(segment);

	/*
	 * The first sleep only announces that we are going to: who begins a run
	 * after that wakes us, and what was begun before we see.
	 */
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		take_part(crew);
		if (is_over(crew))
			break;
		ConditionVariableSleep(&crew->begun, PG_WAIT_EXTENSION);
	}
	ConditionVariableCancelSleep();
	dsm_detach(segment);
}

/*
 * How many workers a crew may have.  It works within a query, so the setting
 * for one node of a plan goes for it too: it bounds what a single query takes
 * of the common supply, and 0 turns workers off for queries.  The other one,
 * for maintenance commands, is often high, as few of these run at a time.
 */
static int
workers_allowed(void)
{
	if (!IsUnderPostmaster || IsParallelWorker() || !INTERRUPTS_CAN_BE_PROCESSED())
		return 0;
	return Min(max_parallel_workers_per_gather, max_parallel_workers);
}

/*
 * Has the system room for so much shared memory?  In containers it often has
 * 64 MB of it, and to ask for more than is left is an error.  We leave as much
 * as we take, for others, who may be asking at the same time.
 */
static bool
is_room_for(Size bytes)
{
#ifdef __linux__
	struct statvfs fs;

	if (dynamic_shared_memory_type == DSM_IMPL_POSIX &&
		statvfs("/dev/shm", &fs) == 0 &&
		fs.f_blocks > 0)		/* or it has no bounds */
		return bytes / fs.f_frsize < fs.f_bavail / 2;
#endif
	return bytes <= SIZE_MAX / 2;
}

/* The leader alone, with plain memory. */
static Crew *
crew_of_one(Size bytes)
{
	void	   *memory = core_alloc(add_size(bytes, BLOCK_OFFSET + BLOCK_ALIGN), 1);
	Crew	   *crew = (Crew *) TYPEALIGN(BLOCK_ALIGN, memory);

	*crew = (Crew) {.memory = memory};
	return crew;
}

static dsm_segment *
create_segment(Size bytes)
{
	dsm_segment *segment = dsm_create(bytes, DSM_CREATE_NULL_IF_MAXSEGMENTS);
	Crew	   *crew;

	if (segment == NULL)
		return NULL;
	crew = dsm_segment_address(segment);
	*crew = (Crew) {.segment = segment};
	ConditionVariableInit(&crew->begun);
	ConditionVariableInit(&crew->finished);
	SpinLockInit(&crew->mutex);
	return segment;
}

/* In parallel mode from here on. */
static ParallelContext *
launch_workers(dsm_segment *segment, int nworkers)
{
	ParallelContext *context;
	Invitation *invitation;

	EnterParallelMode();
	context = CreateParallelContext("$libdir/segment", "segment_crew_member", nworkers);
	shm_toc_estimate_chunk(&context->estimator, sizeof(Invitation));
	shm_toc_estimate_keys(&context->estimator, 1);
	InitializeParallelDSM(context);
	invitation = shm_toc_allocate(context->toc, sizeof(Invitation));
	invitation->segment = dsm_segment_handle(segment);
	strlcpy(invitation->version, SEGMENT_VERSION, sizeof(invitation->version));
	invitation->layout = library_layout();
	shm_toc_insert(context->toc, KEY_INVITATION, invitation);
	LaunchParallelWorkers(context);
	return context;
}

static void
dismiss_workers(ParallelContext *context)
{
	WaitForParallelWorkersToFinish(context);
	DestroyParallelContext(context);
	ExitParallelMode();
}

/*
 * The leader and some workers; NULL if there are none.  The block has a
 * segment of its own: without workers a parallel context would put it into
 * memory of the session, which ends at 1 GB.
 */
static Crew *
crew_of_several(Size bytes, int nworkers)
{
	Size		total = add_size(bytes, BLOCK_OFFSET);
	dsm_segment *segment;
	ParallelContext *context;
	Crew	   *crew;

	if (!is_room_for(total))
	{
		ereport(DEBUG1,
				(errmsg_internal("no parallel workers: no room for %zu bytes of shared memory", total)));
		return NULL;
	}
	segment = create_segment(total);
	if (segment == NULL)
		return NULL;
	context = launch_workers(segment, nworkers);
	ereport(DEBUG1,
			(errmsg_internal("%d of %d parallel workers launched",
							 context->nworkers_launched, nworkers)));
	if (context->nworkers_launched == 0)
	{
		dismiss_workers(context);
		dsm_detach(segment);
		return NULL;
	}
	crew = dsm_segment_address(segment);
	crew->context = context;
	return crew;
}

/*
 * Memory that everybody in the crew can reach, aligned for any type; for work
 * that is long enough for workers, or for one.
 */
void *
crew_alloc_for(Size bytes, bool is_long)
{
	int			nworkers = is_long ? workers_allowed() : 0;
	Crew	   *crew = nworkers > 0 ? crew_of_several(bytes, nworkers) : NULL;

	return block_of(crew ? crew : crew_of_one(bytes));
}

/* For work that grows little faster than the block. */
void *
crew_alloc(Size bytes)
{
	return crew_alloc_for(bytes, bytes >= LEAST_BLOCK);
}

void
crew_free(void *shared)
{
	Crew	   *crew = crew_of(shared);

	if (crew->context == NULL)
	{
		pfree(crew->memory);
		return;
	}
	SpinLockAcquire(&crew->mutex);
	crew->over = true;
	SpinLockRelease(&crew->mutex);
	ConditionVariableBroadcast(&crew->begun);
	dismiss_workers(crew->context);
	dsm_detach(crew->segment);
}

/* Have the task done for the numbers 0 .. n - 1, on a block from crew_alloc. */
void
crew_run(CrewTask task, void *shared, int64 n)
{
	Crew	   *crew = crew_of(shared);

	if (n <= 0)
		return;
	if (crew->context == NULL || n < LEAST_RUN)
	{
		task(shared, 0, n);
		return;
	}
	SpinLockAcquire(&crew->mutex);
	Assert(crew->next == crew->n && crew->at_work == 0);
	crew->task = place_of(task);
	crew->n = n;
	crew->next = 0;
	SpinLockRelease(&crew->mutex);
	ConditionVariableBroadcast(&crew->begun);

	take_part(crew);
	while (!is_finished(crew))
		ConditionVariableSleep(&crew->finished, PG_WAIT_EXTENSION);
	ConditionVariableCancelSleep();
}
