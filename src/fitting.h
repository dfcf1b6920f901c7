/*
 * fitting.h
 *	  The core's fits, with the errors and notices that SQL users get.
 */
#ifndef SEGMENT_FITTING_H
#define SEGMENT_FITTING_H

#include "features.h"
#include "fit.h"
#include "notices.h"

extern FitFacts run_kmeans(const FeatureRows *rows, const KMeansOptions *options,
						   Notices *notices, int *label, Clusters *clusters);
extern FitFacts run_hclust(const FeatureRows *rows, const HclustOptions *options,
						   Notices *notices, int *label, Clusters *clusters);

#endif							/* SEGMENT_FITTING_H */
