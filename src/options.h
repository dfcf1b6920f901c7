/*
 * options.h
 *	  Arguments that steer a clustering: read and checked, with a hint for
 *	  whoever got one wrong.
 */
#ifndef SEGMENT_OPTIONS_H
#define SEGMENT_OPTIONS_H

#include "compat.h"

#include "choose_k.h"
#include "fit.h"
#include "kmeans.h"

/* An argument as it comes: of a window function, or of an aggregate. */
typedef struct Argument
{
	Datum		value;
	bool		isnull;
} Argument;

/* Iterations of a start, at most: EM takes many more than Lloyd (KMEANS_MAX_ITER) where components overlap. */
#define GMM_MAX_ITER 2000

extern const char *scale_name(ScaleMethod method);
extern bool scale_from_name(const char *name, ScaleMethod *method);

extern const char *covariance_name(Covariance covariance);

extern void option_refuse_null(Argument argument, const char *name, const char *hint);
extern int	option_count(Argument argument, const char *name, int least, const char *hint);
extern int	option_k(Argument k);
extern ScaleMethod option_scale(Argument argument);

extern KMeansOptions kmeans_options(Argument k);
extern void kmeans_options_extend(KMeansOptions *options, Argument scale, Argument seed,
								  Argument n_init, Argument max_iter);
extern void kmeans_options_start(KMeansOptions *options, Argument init, int dim);
extern GmmOptions gmm_options(Argument k);
extern void gmm_options_extend(GmmOptions *options, Argument covariance, Argument scale,
							   Argument seed, Argument n_init, Argument max_iter);
extern HclustOptions hclust_options_of_k(Argument k);
extern HclustOptions hclust_options_of_tree(Argument linkage, Argument scale);
extern double hclust_height(Argument height);
extern HclustOptions hclust_options(Argument k, Argument height, Argument linkage,
									Argument scale);
extern HdbscanOptions hdbscan_options(Argument min_cluster_size);
extern void hdbscan_options_extend(HdbscanOptions *options, Argument min_samples, Argument scale);
extern int	option_min_points(Argument min_points);
extern DbscanOptions dbscan_options(Argument eps, Argument min_points);
extern ChooseKOptions choose_k_options(Argument k_min, Argument k_max, Argument scale,
									   Argument seed);

#endif							/* SEGMENT_OPTIONS_H */
