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
extern FitFacts run_dbscan(const FeatureRows *rows, const DbscanOptions *options,
						   Notices *notices, int *label);
extern double run_dbscan_eps(const FeatureRows *rows, const DbscanOptions *options,
							 Notices *notices);

extern FitFacts run_gmm(const FeatureRows *rows, const GmmOptions *options,
						Notices *notices, int *label, Clusters *clusters);

extern FitFacts run_gmm_cells(Rows *cells, int64 skipped, const GmmOptions *options,
							  Notices *notices, Clusters *clusters);

extern void run_silhouette(const FeatureRows *rows, Notices *notices, double *value);
extern FitFacts run_hclust_cells(Rows *cells, const double *rounding, int64 skipped,
								 const HclustOptions *options, Notices *notices,
								 Clusters *clusters);
extern Dendrogram *run_dendrogram(const FeatureRows *rows, const HclustOptions *options,
								  Notices *notices);
extern Dendrogram *run_dendrogram_cells(Rows *cells, int64 skipped, const HclustOptions *options,
										Notices *notices);
extern FitFacts run_hdbscan(const FeatureRows *rows, const HdbscanOptions *options,
							Notices *notices, int *label, double *outlier);

#endif							/* SEGMENT_FITTING_H */
