/*
 * prepared.h
 *	  Rows made ready for an algorithm, and the way back from its labels.
 */
#ifndef SEGMENT_PREPARED_H
#define SEGMENT_PREPARED_H

#include "clusters.h"

/* Input rows, their canonical form, and that in the fitted space. */
typedef struct Prepared
{
	int			n;				/* input rows */
	int		   *raw_of;			/* [n] the raw row of an input row */
	Rows		raw;			/* canonical, input units */
	int		   *scaled_of;		/* [raw.n] the scaled row of a raw row; NULL if the
								 * scaled rows are the raw rows themselves */
	Rows		scaled;			/* canonical and normalised, fitted space */
	int			exponent;		/* scaled rows are to be multiplied by 2^this */
	bool		flushed;		/* some values of scaled are 0 for being small */
	Scaling		scaling;
} Prepared;

extern Size prepared_memory(int64 n, int dim);
extern Prepared prepared_rows(const double *input, int n, int dim, ScaleMethod scale);
extern Prepared prepared_cells(Rows *cells, ScaleMethod scale);
extern void prepared_place(const Prepared *p, const Clusters *clusters, int *raw_label);
extern bool prepared_nearest(const Prepared *p, const Clusters *clusters, int *raw_label);
extern void prepared_spread(const Prepared *p, const int *raw_label, int *label);
extern void prepared_free(Prepared *p);

/* The scaled row of a raw row. */
static inline int
scaled_row(const Prepared *p, int raw)
{
	return p->scaled_of ? p->scaled_of[raw] : raw;
}

#endif							/* SEGMENT_PREPARED_H */
