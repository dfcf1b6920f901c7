/*
 * notices.h
 *	  What a query says once, however many groups and rows it has.
 */
#ifndef SEGMENT_NOTICES_H
#define SEGMENT_NOTICES_H

#include "compat.h"

#include "fit.h"
#include "silhouette.h"

/* Counts of what happened in the groups of one function call site. */
typedef struct Notices
{
	char	   *function;		/* its name, to begin with */
	int64		skipped;		/* rows with a NULL, NaN or infinite feature */
	int64		short_groups;	/* with fewer distinct rows than clusters asked */
	int			asked;			/* in the last of those */
	int			given;
	int64		inversions;
	int			cells;			/* of a tree that stands for more rows */
	int64		unconverged;	/* groups in which a fit stopped at max_iter */
	int64		unlabelled;		/* rows with a NULL or negative label */
	int64		lone_clusters;	/* groups of a single cluster, which have no silhouettes */
	int64		estimates;		/* groups whose silhouettes are estimates */
	double		worst;			/* of the errors in these */
	double		mean_error;		/* likewise, of their mean */
	int64		lost_groups;	/* in which components of a mixture lost all rows */
	int64		wide_groups;	/* a mixture's cells are wide in a feature */
	int			widest;			/* in the last of those */
	int64		floored_groups; /* in which components have the least variance */
	int			floored;		/* in the last of those */
	int			components;
	int64		untested;		/* rows with a NULL, NaN or infinite value, or a NULL group */
	int64		unpaired;		/* rows with a NULL category */
	int64		undecided;		/* groups of rows in which no test could be made */
	const char *test_needs;		/* what they lack */
	MemoryContextCallback callback;
} Notices;

extern Notices *notices_of(FmgrInfo *flinfo, const char *function);
extern void notices_add(Notices *notices, int64 skipped, int k, const FitFacts *facts);
extern void notices_add_silhouettes(Notices *notices, const SilhouetteFacts *facts);

#endif							/* SEGMENT_NOTICES_H */
