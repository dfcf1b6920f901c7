/*
 * move.c
 *	  The smallest change of one feature that moves a row into another cluster.
 *
 * In the fitted space a row whose feature j changes goes along an axis, to
 * u + t e.  The part of the axis that belongs to a cluster ends where it is
 * as near as another one's centroid, which for centroids p and q is at
 *
 *	 t = (|u - p|^2 - |u - q|^2) / (2 (p_j - q_j)),
 *
 * or, of a mixture, where it is as probable as another component: with
 * L L' the covariance, z = L^-1 (u - p) and w = L^-1 e, the logarithm of its
 * weight times density is const - (z.z + 2 t z.w + t^2 w.w) / 2, so t solves a
 * quadratic equation.  The smallest change leads to one of these ends: they
 * are tried, the nearest first, by scoring the row there, as any row is
 * scored.  Rounding may put it just short of the end, and of equally near
 * clusters the lowest has the row: it is then taken on in steps that double,
 * from the last digit on, up to some 2^-28 of the value.  A change that is more
 * than a thousand times as far as the next centroid is none: there, rounding
 * decides between centroids that are as good as equal in that feature.
 *
 * O(k^2 dim) for a feature, of a mixture O(k^2 dim^2).
 */
#include "move.h"

#include "realmath.h"
#include "rows.h"

#define MOST_DOUBLINGS 24
#define MOST_STEP 1000

Mover
mover_create(const Clusters *clusters)
{
	int			k = clusters->k;
	int			dim = clusters->dim;
	Mover		mover = {
		.scorer = scorer_create(clusters),
		.row = core_alloc(dim, sizeof(double)),
		.point = core_alloc(dim, sizeof(double)),
		.distance = core_alloc(k, sizeof(double)),
		.step = core_alloc(k, 2 * sizeof(double)),
		.length = core_alloc(k, 2 * sizeof(double)),
		.order = core_alloc(k, 2 * sizeof(int)),
	};

	if (clusters->is_mixture)
	{
		mover.probability = core_alloc(k, sizeof(double));
		mover.z = core_alloc(dim, sizeof(double));
		mover.w = core_alloc(dim, sizeof(double));
	}
	return mover;
}

/* Take a row of finite values, and find the two clusters that come first for it. */
void
mover_set_row(Mover *mover, const double *row)
{
	const Clusters *clusters = mover->scorer.clusters;
	const double *log_density = mover->scorer.log_density;
	double		distance;

	memcpy(mover->row, row, sizeof(double) * clusters->dim);
	for (int j = 0; j < clusters->dim; j++)
		mover->point[j] = scaling_apply(&clusters->scaling, j, row[j]);
	scorer_distances(&mover->scorer, row, mover->distance);
	if (mover->probability)
		mover->cluster = scorer_weigh(&mover->scorer, row, mover->probability);
	else
		mover->cluster = scorer_place(&mover->scorer, row, &distance);

	mover->next = -1;
	for (int c = 0; c < clusters->k; c++)
	{
		bool		is_more_probable = false;
		bool		is_less_probable = false;

		if (c == mover->cluster)
			continue;
		if (mover->next >= 0 && mover->probability)
		{
			is_more_probable = log_density[c] > log_density[mover->next];
			is_less_probable = log_density[c] < log_density[mover->next];
		}
		if (mover->next < 0 || is_more_probable ||
			(!is_less_probable && mover->distance[c] < mover->distance[mover->next]))
			mover->next = c;
	}
}

/* Where on the way along an axis centroid p is as near as q; returns how many such points there are. */
static int
equally_near(const Mover *mover, int feature, const double *p, const double *q, double *step)
{
	double		difference = 0;

	for (int j = 0; j < mover->scorer.clusters->dim; j++)
		difference += (q[j] - p[j]) * ((mover->point[j] - p[j]) + (mover->point[j] - q[j]));
	step[0] = difference / (2 * (p[feature] - q[feature]));
	return 1;
}

/* -2 log (weight times density) of a component along an axis: a + 2 b t + c t^2. */
static void
density_along(Mover *mover, int feature, int component, double *a, double *b, double *c)
{
	const Scorer *scorer = &mover->scorer;
	int			dim = scorer->clusters->dim;
	const double *mean = scorer->position + (Size) component * dim;
	const double *factor = scorer->mixture->factor + component * triangle_size(dim);

	*a = -2 * scorer->components.constant[component];
	*b = *c = 0;
	for (int i = 0; i < dim; i++)
	{
		double		z = mover->point[i] - mean[i];
		double		w = i == feature;

		for (int j = 0; j < i; j++)
		{
			z -= *factor * mover->z[j];
			w -= *factor++ * mover->w[j];
		}
		mover->z[i] = z / *factor;
		mover->w[i] = w / *factor++;
		*a += mover->z[i] * mover->z[i];
		*b += mover->z[i] * mover->w[i];
		*c += mover->w[i] * mover->w[i];
	}
}

/* Where on the way along an axis one component is as probable as another. */
static int
equally_probable(Mover *mover, int feature, int p, int q, double *step)
{
	double		a[2];
	double		b[2];
	double		c[2];
	double		half;
	double		square;

	density_along(mover, feature, p, &a[0], &b[0], &c[0]);
	density_along(mover, feature, q, &a[1], &b[1], &c[1]);
	a[0] -= a[1];
	b[0] -= b[1];
	c[0] -= c[1];
	square = b[0] * b[0] - a[0] * c[0];
	if (!(square >= 0))
		return 0;
	/* of the two ways to write a root the one that subtracts nothing */
	half = -(b[0] + copysign(sqrt(square), b[0]));
	step[0] = half / c[0];
	step[1] = a[0] / half;
	return 2;
}

/* Does the row belong to the cluster with this value?  Takes it on by a hair where needed. */
static bool
try_value(Mover *mover, int feature, int cluster, double start, double direction, double *value)
{
	const Clusters *clusters = mover->scorer.clusters;
	double		own = mover->row[feature];
	double		hair = Max(fabs(start), fabs(own)) * DBL_EPSILON;
	double		distance;
	bool		found = false;

	if (hair == 0)
		hair = clusters->scaling.unit[feature] * DBL_EPSILON;
	for (int i = 0; i <= MOST_DOUBLINGS && !found; i++)
	{
		*value = start + direction * (hair * ((1 << i) - 1));
		if (!(fabs(*value) <= DBL_MAX))
			break;
		mover->row[feature] = *value;
		found = scorer_place(&mover->scorer, mover->row, &distance) == cluster;
	}
	mover->row[feature] = own;
	return found;
}

/*
 * *value becomes the value of the feature, the nearest to the one it has, with
 * which the row belongs to the cluster, another than its own; false if there
 * is none.
 */
bool
mover_find(Mover *mover, int feature, int cluster, double *value)
{
	const Clusters *clusters = mover->scorer.clusters;
	const double *position = mover->scorer.position;
	double		most = MOST_STEP * mover->distance[cluster];
	int			dim = clusters->dim;
	int			n = 0;

	for (int c = 0; c < clusters->k; c++)
	{
		double		step[2];
		int			found = 0;

		if (c == cluster)
			continue;
		if (clusters->is_mixture)
			found = equally_probable(mover, feature, cluster, c, step);
		else
			found = equally_near(mover, feature, position + (Size) cluster * dim,
								 position + (Size) c * dim, step);
		for (int i = 0; i < found; i++)
			if (fabs(step[i]) <= most)
			{
				mover->step[n] = step[i];
				mover->length[n++] = fabs(step[i]);
			}
	}
	order_by_key(mover->length, n, mover->order);
	for (int i = 0; i < n; i++)
	{
		double		step = mover->step[mover->order[i]];
		double		start = scaling_invert(&clusters->scaling, feature, mover->point[feature] + step);
		double		first = step < 0 ? -1 : 1;

		core_poll("changes", (double) i / n);
		if (try_value(mover, feature, cluster, start, first, value) ||
			(step == 0 && try_value(mover, feature, cluster, start, -first, value)))
			return true;
	}
	return false;
}
