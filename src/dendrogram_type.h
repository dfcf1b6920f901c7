/*
 * dendrogram_type.h
 *	  The SQL type "dendrogram": the core's Dendrogram as a varlena.
 */
#ifndef SEGMENT_DENDROGRAM_TYPE_H
#define SEGMENT_DENDROGRAM_TYPE_H

#include "compat.h"

#include "flat_dendrogram.h"

#define DatumGetDendrogram(d) ((Dendrogram *) PG_DETOAST_DATUM(d))
#define PG_GETARG_DENDROGRAM(n) DatumGetDendrogram(PG_GETARG_DATUM(n))

extern Dendrogram *dendrogram_value(Dendrogram *dendrogram);
extern void dendrogram_check_size(int64 n, int64 dim);

#endif							/* SEGMENT_DENDROGRAM_TYPE_H */
