/*
 * silhouette.h
 *	  How much nearer a row is to its own cluster than to the next one.
 */
#ifndef SEGMENT_SILHOUETTE_H
#define SEGMENT_SILHOUETTE_H

#include "rows.h"

/*
 * Values are exact up to so many distinct rows of so many features, with more
 * features up to fewer rows.  It takes some ten seconds of one core with
 * vectors of 64 bytes, half a minute with those of 16, if no cluster is ruled out.
 */
#define SILHOUETTE_MOST_ROWS 200000
#define SILHOUETTE_FEW_FEATURES 8

/* Rows of which an estimate is compared with the exact value. */
#define SILHOUETTE_SAMPLE 1024

/* What the user may want to be told, beside the result. */
typedef struct SilhouetteFacts
{
	int			clusters;		/* with one there are no values */
	int			cells;			/* that stand for the rows; 0: values are exact */
	double		worst;			/* the largest error of an estimate in the sample */
	double		mean_error;		/* of the mean of the estimates; see silhouette.c */
	Size		memory_needed;
} SilhouetteFacts;

extern bool silhouette(const double *input, const int *label, int n, int dim, int most_rows,
					   Size memory_limit, double *value, SilhouetteFacts *facts);

extern double silhouette_of_rows(const Rows *rows, const int *label, int clusters);
extern Size silhouette_of_rows_memory(int64 n, int dim, int clusters);

extern bool silhouette_force(const char *isa);

#endif							/* SEGMENT_SILHOUETTE_H */
