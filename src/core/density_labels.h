/*
 * density_labels.h
 *	  Labels of clusters by density, and of the noise between them.
 */
#ifndef SEGMENT_DENSITY_LABELS_H
#define SEGMENT_DENSITY_LABELS_H

#include "prepared.h"

extern void density_labels(const Prepared *p, const int *scaled_label, int k, int *label);
extern Size density_labels_memory(int64 n, int dim, int64 k);

#endif							/* SEGMENT_DENSITY_LABELS_H */
