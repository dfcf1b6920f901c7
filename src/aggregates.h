/*
 * aggregates.h
 *	  What the functions of all aggregates need.
 */
#ifndef SEGMENT_AGGREGATES_H
#define SEGMENT_AGGREGATES_H

#include "compat.h"

/* The memory in which the state of the aggregate that calls lives. */
static inline MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this function works as part of an aggregate only")));
	return context;
}

#endif
