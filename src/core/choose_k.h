/*
 * choose_k.h
 *	  How many clusters: indices of k-means for a range of k, and their votes.
 */
#ifndef SEGMENT_CHOOSE_K_H
#define SEGMENT_CHOOSE_K_H

#include "scaling.h"

/* What votes, in the order in which it is told. */
typedef enum KIndex
{
	K_INERTIA,
	K_SILHOUETTE,
	K_CALINSKI_HARABASZ,
	K_DAVIES_BOULDIN,
	K_GAP,
	K_BIC,
	K_STABILITY,
} KIndex;

#define K_INDICES 7

typedef struct KScore
{
	int			k;
	double		value[K_INDICES];	/* NaN: not defined */
	double		gap_se;			/* standard error of the gap; NaN with it */
	int			votes;
} KScore;

typedef struct ChooseKOptions
{
	int			k_min;			/* 1 <= k_min <= k_max */
	int			k_max;
	ScaleMethod scale;
	int64		seed;
} ChooseKOptions;

typedef struct ChooseKFacts
{
	int			scores;			/* how many k were looked at */
	int			chosen;			/* the place of the winner among them */
	int			vote[K_INDICES];	/* the k of each index; 0: it has none */
	bool		single;			/* the gap statistic sees no clusters */
	int			distinct;		/* rows, or cells, in the fitted space */
	Size		memory_needed;
} ChooseKFacts;

extern bool choose_k(Rows *cells, const ChooseKOptions *options, Size memory_limit,
					 KScore **scores, ChooseKFacts *facts);

#endif							/* SEGMENT_CHOOSE_K_H */
