/*
 * contrast.h
 *	  What sets a cluster apart from the others, feature by feature.
 */
#ifndef SEGMENT_CONTRAST_H
#define SEGMENT_CONTRAST_H

#include "clusters.h"

/* The members of the other clusters together, and how far a cluster's are from them. */
typedef struct Contrast
{
	double		mean;			/* of the others */
	double		effect;			/* Cohen's d; infinite where neither varies */
} Contrast;

extern void clusters_contrast(const Clusters *clusters, int cluster, Contrast *contrast);

#endif							/* SEGMENT_CONTRAST_H */
