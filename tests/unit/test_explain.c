/*
 * test_explain.c
 *	  Contrasts of clusters, and changes that move a row, by brute force.
 *
 * A contrast is computed from the rows themselves, in long double.  A change is
 * right if the row is scored into the cluster with it, and with none of many
 * smaller ones; and there is none only if none of many is found, near or far.
 */
#include "contrast.h"
#include "fit.h"
#include "move.h"

#include "tap.h"

#define NO_LIMIT ((Size) 1 << 40)
#define ROWS 80
#define MOST_DIM 4
#define STEPS 200

/* Rows around some points, in units that differ, and large ones for some. */
static void
draw_rows(double *input, int dim)
{
	int			points = draw_int(1, 5);
	double		unit[MOST_DIM];

	for (int j = 0; j < dim; j++)
		unit[j] = ldexp(1, draw_int(-8, 8));
	for (int i = 0; i < ROWS; i++)
		for (int j = 0; j < dim; j++)
			input[i * dim + j] = unit[j] * (((i % points) * (j + 3) % 7) * 2 + draw_normal());
}

static Clusters
fit(const double *input, int dim, int k, bool is_mixture, ScaleMethod scale, int *label)
{
	KMeansOptions kmeans = {.k = k, .scale = scale, .n_init = 3, .max_iter = 100};
	GmmOptions	gmm = {.k = k, .scale = scale, .n_init = 2, .max_iter = 50};
	Clusters	clusters;
	FitFacts	facts = {0};

	gmm.covariance = (Covariance) draw_int(0, COVARIANCES - 1);
	if (is_mixture)
		fit_gmm(input, ROWS, dim, &gmm, NO_LIMIT, label, &clusters, &facts);
	else
		fit_kmeans(input, ROWS, dim, &kmeans, NO_LIMIT, label, &clusters, &facts);
	return clusters;
}

static void
test_contrast(void)
{
	Check		mean = {.name = "the mean of the others is that of the other rows"};
	Check		effect = {.name = "the effect is the difference of means over the pooled standard deviation"};

	for (int set = 0; set < 300; set++)
	{
		int			dim = draw_int(1, MOST_DIM);
		double		input[ROWS * MOST_DIM];
		int			label[ROWS];
		Clusters	clusters;
		Contrast	contrast[MOST_DIM];

		draw_rows(input, dim);
		clusters = fit(input, dim, draw_int(2, 5), false, SCALE_ZSCORE, label);
		for (int c = 0; c < clusters.k; c++)
		{
			clusters_contrast(&clusters, c, contrast);
			for (int j = 0; j < dim; j++)
			{
				long double n[2] = {0};
				long double m[2] = {0};
				long double squares = 0;
				long double d;

				for (int i = 0; i < ROWS; i++)
				{
					n[label[i] == c]++;
					m[label[i] == c] += input[i * dim + j];
				}
				m[0] /= n[0];
				m[1] /= n[1];
				for (int i = 0; i < ROWS; i++)
				{
					d = input[i * dim + j] - m[label[i] == c];
					squares += d * d;
				}
				d = (m[1] - m[0]) / sqrtl(squares / ROWS);
				check_that(&mean, fabsl(contrast[j].mean - m[0]) <= 1e-12L * (fabsl(m[0]) + sqrtl(squares)),
						   "set %d: %g, not %Lg", set, contrast[j].mean, m[0]);
				check_that(&effect, fabsl(contrast[j].effect - d) <= 1e-9L * (1 + fabsl(d)),
						   "set %d: %g, not %Lg", set, contrast[j].effect, d);
			}
		}
	}
	check_end(&mean);
	check_end(&effect);
}

/* The cluster of a row whose coordinate in the fitted space is moved. */
static int
place_moved(Mover *mover, const double *row, int feature, double step)
{
	const Clusters *clusters = mover->scorer.clusters;
	double		moved[MOST_DIM];
	double		distance;

	memcpy(moved, row, sizeof(double) * clusters->dim);
	moved[feature] = scaling_invert(&clusters->scaling, feature,
									scaling_apply(&clusters->scaling, feature, row[feature]) + step);
	return scorer_place(&mover->scorer, moved, &distance);
}

static void
test_moves(bool is_mixture)
{
	Check		first = {.name = is_mixture ? "mixtures: the next component is the most probable of the others" : "k-means: the next centroid is the nearest of the others"};
	Check		moved = {.name = is_mixture ? "mixtures: the change moves the row" : "k-means: the change moves the row"};
	Check		least = {.name = is_mixture ? "mixtures: no smaller change does" : "k-means: no smaller change does"};
	Check		none = {.name = is_mixture ? "mixtures: where none is given, none is found" : "k-means: where none is given, none is found"};

	for (int set = 0; set < 150; set++)
	{
		int			dim = draw_int(1, MOST_DIM);
		double		input[ROWS * MOST_DIM];
		int			label[ROWS];
		Clusters	clusters;
		Mover		mover;

		draw_rows(input, dim);
		clusters = fit(input, dim, draw_int(2, 5), is_mixture, (ScaleMethod) draw_int(0, SCALE_METHODS - 1), label);
		if (clusters.k < 2)
			continue;
		mover = mover_create(&clusters);
		for (int i = 0; i < ROWS; i += 4)
		{
			double		row[MOST_DIM];
			double		distance;
			int			own;

			for (int j = 0; j < dim; j++)
				row[j] = input[i * dim + j] * (draw_int(0, 4) ? 1 : 3);
			mover_set_row(&mover, row);
			own = scorer_place(&mover.scorer, row, &distance);
			check_that(&first, mover.cluster == own && mover.next != own, "set %d: %d, next %d", set, own, mover.next);
			for (int c = 0; c < clusters.k; c++)
				if (c != own)
					check_that(&first, is_mixture ? mover.probability[c] <= mover.probability[mover.next] :
							   mover.distance[c] >= mover.distance[mover.next], "set %d: %d, not %d", set, c, mover.next);

			for (int j = 0; j < dim; j++)
			{
				double		value;
				double		step;
				double		there[MOST_DIM];

				if (!mover_find(&mover, j, mover.next, &value))
				{
					for (int s = -STEPS; s <= STEPS; s++)
					{
						step = s * 0.05 * mover.distance[mover.next];
						check_that(&none, place_moved(&mover, row, j, step) != mover.next,
								   "set %d: a step of %g does", set, step);
					}
					continue;
				}
				memcpy(there, row, sizeof(double) * dim);
				there[j] = value;
				check_that(&moved, scorer_place(&mover.scorer, there, &distance) == mover.next,
						   "set %d: feature %d, %.17g to %.17g", set, j, row[j], value);
				step = fabs(scaling_apply(&clusters.scaling, j, value) - scaling_apply(&clusters.scaling, j, row[j]));
				for (int s = -STEPS + 1; s < STEPS; s++)
				{
					double		less = step * (1 - 1e-7) * s / STEPS;

					check_that(&least, place_moved(&mover, row, j, less) != mover.next,
							   "set %d: feature %d, %g of %g do", set, j, less, step);
				}
				check_that(&least, place_moved(&mover, row, j, step * (1 - 1e-7)) != mover.next &&
						   place_moved(&mover, row, j, -step * (1 - 1e-7)) != mover.next,
						   "set %d: feature %d, a little less than %g does", set, j, step);
			}
		}
	}
	check_end(&first);
	check_end(&moved);
	check_end(&least);
	check_end(&none);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_contrast();
	test_moves(false);
	test_moves(true);
	return tap_end();
}
