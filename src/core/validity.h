/*
 * validity.h
 *	  How compact and how far apart the clusters of a labelling are.
 */
#ifndef SEGMENT_VALIDITY_H
#define SEGMENT_VALIDITY_H

#include "rows.h"

/* NaN where an index is not defined, infinite where its divisor is 0. */
typedef struct Validity
{
	double		inertia;		/* sum of squared distances to the means */
	double		calinski_harabasz;	/* the larger the better */
	double		davies_bouldin; /* the smaller the better */
	double		bic;			/* the smaller the better */
} Validity;

extern int	validity_varying(const Rows *rows);
extern Validity validity_of(const Rows *rows, const int *label, int k);

#endif							/* SEGMENT_VALIDITY_H */
