/*
 * partition.h
 *	  The rows of a window partition, read once, and what was found for each.
 */
#ifndef SEGMENT_PARTITION_H
#define SEGMENT_PARTITION_H

#include "features.h"
#include "notices.h"
#include "options.h"

/* Where the features are among the arguments. */
typedef struct FeatureArguments
{
	bool		is_array;
	int			first;			/* the array, or the first of the columns */
	int			count;			/* of columns */
	int			label;			/* the argument with the row's label, or -1 */
} FeatureArguments;

/* Kept for a partition; zeroed by the executor when one begins. */
typedef struct Partition
{
	int		   *label;			/* of every row; NULL until computed */
	double	   *score;			/* likewise, for functions that give a float8 */
} Partition;

/* What is found for the rows that take part, of which there is one at least. */
typedef void (*Labeller) (const FeatureRows *rows, const void *options,
						  Notices *notices, int *label);
typedef void (*ScoreFunction) (const FeatureRows *rows, const void *options,
							   Notices *notices, double *score);

extern Partition *partition_of(FunctionCallInfo fcinfo);
extern Argument partition_option(FunctionCallInfo fcinfo, int argno);
extern FeatureArguments partition_columns(FunctionCallInfo fcinfo, int first);
extern FeatureArguments partition_array(int argno);
extern FeatureArguments partition_with_labels(FeatureArguments where, int argno);

extern void partition_label(FunctionCallInfo fcinfo, FeatureArguments where,
							const char *function, const void *options, Labeller labeller,
							Partition *partition);
extern Datum partition_current_label(FunctionCallInfo fcinfo, const Partition *partition);

extern void partition_score(FunctionCallInfo fcinfo, FeatureArguments where,
							const char *function, const void *options, ScoreFunction score,
							Partition *partition);
extern Datum partition_current_score(FunctionCallInfo fcinfo, const Partition *partition);

#endif							/* SEGMENT_PARTITION_H */
