/*
 * scoring.h
 *	  A clustering made ready for scoring, kept from row to row.
 */
#ifndef SEGMENT_SCORING_H
#define SEGMENT_SCORING_H

#include "clustering.h"

/*
 * It is recognised by the bytes of the argument before any detoasting: for a
 * value stored out of line these are the 18 bytes that say where it lies.
 */
typedef struct ReadyClustering
{
	MemoryContext context;
	Size		length;
	char	   *bytes;
	Clusters	clusters;
	Scorer		scorer;
} ReadyClustering;

extern ReadyClustering *ready_clustering(FunctionCallInfo fcinfo, Datum datum);
extern void ready_check_features(const ReadyClustering *ready, int dim);

#endif							/* SEGMENT_SCORING_H */
