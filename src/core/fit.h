/*
 * fit.h
 *	  From rows, as they come, to labels and a clustering.
 */
#ifndef SEGMENT_FIT_H
#define SEGMENT_FIT_H

#include "clusters.h"
#include "flat_dendrogram.h"
#include "linkage.h"

typedef struct KMeansOptions
{
	int			k;				/* >= 1 */
	ScaleMethod scale;
	int64		seed;
	int			n_init;			/* independent starts; 0: by the size */
	int			max_iter;		/* >= 1, iterations of one start */
	const double *init;			/* [k * dim] centroids to start from, in input
								 * units; NULL: make starts */
} KMeansOptions;

typedef struct HclustOptions
{
	int			k;				/* >= 1, or 0: cut at height */
	double		height;			/* >= 0, used when k is 0 */
	Linkage		linkage;
	ScaleMethod scale;
	int			most_leaves;	/* with more distinct rows a tree of cells; 0: never */
} HclustOptions;

typedef struct DbscanOptions
{
	double		eps;			/* >= 0, in the fitted space; may be infinite */
	int			min_points;		/* >= 1, the row itself counted */
	ScaleMethod scale;
} DbscanOptions;

typedef struct GmmOptions
{
	int			k;				/* >= 1 */
	Covariance	covariance;
	ScaleMethod scale;
	int64		seed;
	int			n_init;			/* independent starts; 0: the default */
	int			max_iter;		/* >= 1, iterations of one start */
} GmmOptions;

/* Some hundred bytes a row, and a minute or so. */
#define DEFAULT_MOST_LEAVES 3000000

typedef struct HdbscanOptions
{
	int			min_cluster_size;	/* >= 2 */
	int			min_samples;	/* >= 1 */
	ScaleMethod scale;
} HdbscanOptions;

/* What the user may want to be told, beside the result. */
typedef struct FitFacts
{
	int			distinct;		/* rows that differ, in the fitted space */
	int			iterations;		/* k-means, mixtures */
	bool		converged;		/* k-means, mixtures */
	int			components;		/* mixtures: those that have rows */
	int			floored;		/* mixtures: components whose covariance was raised */
	int			widest;			/* mixtures of cells: the feature in which cells are widest */
	double		width;			/* the variance there over that of the components */
	int			inversions;		/* hclust: as dendrogram_inversions has them */
	int			cells;			/* hclust: leaves of a tree of cells; 0: of rows */
	double		disagreement;	/* hclust: share of rows nearest to another
								 * cluster's centroid than their own */
	Size		memory_needed;	/* when nothing was done for want of memory */
} FitFacts;

extern bool fit_kmeans(const double *input, int n, int dim, const KMeansOptions *options,
					   Size memory_limit, int *label, Clusters *clusters, FitFacts *facts);
extern void fit_kmeans_cells(Rows *cells, const double *rounding, const KMeansOptions *options,
							 Clusters *clusters, FitFacts *facts);
extern bool fit_hclust(const double *input, int n, int dim, const HclustOptions *options,
					   Size memory_limit, int *label, Clusters *clusters, FitFacts *facts);
extern bool fit_hclust_cells(Rows *cells, const double *rounding, const HclustOptions *options,
							 Size memory_limit, Clusters *clusters, FitFacts *facts);
extern bool fit_dendrogram(const double *input, int n, int dim, const HclustOptions *options,
						   Size memory_limit, Dendrogram **dendrogram, FitFacts *facts);
extern bool fit_dendrogram_cells(Rows *cells, const HclustOptions *options, Size memory_limit,
								 Dendrogram **dendrogram, FitFacts *facts);
extern bool fit_hdbscan(const double *input, int n, int dim, const HdbscanOptions *options,
						Size memory_limit, int *label, double *outlier, FitFacts *facts);
extern bool fit_dbscan(const double *input, int n, int dim, const DbscanOptions *options,
					   Size memory_limit, int *label, FitFacts *facts);
extern bool fit_dbscan_eps(const double *input, int n, int dim, const DbscanOptions *options,
						   Size memory_limit, double *eps, FitFacts *facts);
extern bool fit_gmm(const double *input, int n, int dim, const GmmOptions *options,
					Size memory_limit, int *label, Clusters *clusters, FitFacts *facts);
extern bool fit_gmm_cells(Rows *cells, const GmmOptions *options, Size memory_limit,
						  Clusters *clusters, FitFacts *facts);

#endif							/* SEGMENT_FIT_H */
