/*
 * contrast.c
 *	  What sets a cluster apart from the others, feature by feature.
 *
 * Cohen's d: the mean of the cluster less that of all other members, over
 * their pooled standard deviation, which is the square root of
 * (n s^2 + m r^2) / (n + m) for n members with standard deviation s and m
 * others with r, both of the population.  All of it follows from sizes, means
 * and spreads of the clusters.
 *
 * Cohen: Statistical Power Analysis for the Behavioral Sciences, 1988,
 * doi:10.4324/9780203771587, whose divisors are n - 1 and m - 1.
 */
#include "contrast.h"

#include "moments.h"
#include "pow2.h"

/*
 * contrast[j] for each feature; k > 1, and another cluster has members.
 * Numbers are brought below 1 by a power of two before squares are taken.
 * O(k dim).
 */
void
clusters_contrast(const Clusters *clusters, int cluster, Contrast *contrast)
{
	int			k = clusters->k;
	int			dim = clusters->dim;
	double	   *mean = core_alloc(k, sizeof(double));
	double	   *variance = core_alloc(k, sizeof(double));
	double	   *weight = core_alloc(k, sizeof(double));
	int		   *is_it = core_alloc0(k, sizeof(int));

	is_it[cluster] = 1;
	for (int c = 0; c < k; c++)
		weight[c] = (double) clusters->size[c];
	for (int j = 0; j < dim; j++)
	{
		double		largest = 0;
		double		spread;
		double		difference;
		double		pooled;
		Moments		m[2];
		Pow2		down;
		int			e;

		for (int c = 0; c < k; c++)
		{
			largest = Max(largest, fabs(clusters->mean[(Size) c * dim + j]));
			largest = Max(largest, clusters->spread[(Size) c * dim + j]);
		}
		frexp(largest, &e);
		down = pow2_of(-e);
		for (int c = 0; c < k; c++)
		{
			mean[c] = pow2_scale(clusters->mean[(Size) c * dim + j], down);
			spread = pow2_scale(clusters->spread[(Size) c * dim + j], down);
			variance[c] = spread * spread;
		}
		moments_by_group(mean, weight, variance, is_it, k, 2, m);
		difference = mean[cluster] - m[0].mean;
		pooled = sqrt((weight[cluster] * variance[cluster] + m[0].weight * (m[0].sd * m[0].sd)) /
					  (weight[cluster] + m[0].weight));
		contrast[j].mean = pow2_scale(m[0].mean, pow2_of(e));
		contrast[j].effect = difference == 0 ? 0 : difference / pooled;
	}
	pfree(is_it);
	pfree(weight);
	pfree(variance);
	pfree(mean);
}
