/*
 * test_kmeans.c
 *	  k-means against the global optimum, and its promises on any data.
 *
 * With nine rows there are at most 7770 ways to make four clusters of them:
 * all are tried, and the least inertia among them is the optimum by
 * definition.  k-means is a heuristic, so it is asked to find it nearly
 * always, and never to claim less.  On larger data the answer is checked for
 * what any answer must fulfil: every row is with its nearest centroid, every
 * centroid is the mean of its rows.  The numbers for the mall customers are
 * those on which scikit-learn (200 starts) and R (400 starts) agree.
 */
#include "fit.h"
#include "kmeans.h"

#include "tap.h"

#define NO_LIMIT ((Size) 1 << 40)
#define DEFAULT_STARTS 0			/* by the size of the data */
#define MAX_ITER 300

static const char *const scale_name[SCALE_METHODS] = {
	"none", "zscore", "minmax", "robust", "log",
};

/* A fit of n rows, and what it takes to free it. */
typedef struct Fit
{
	int		   *label;
	Clusters	clusters;
	FitFacts	facts;
} Fit;

static Fit
fit(const double *input, int n, int dim, int k, ScaleMethod scale, int64 seed, int n_init)
{
	KMeansOptions options = {
		.k = k, .scale = scale, .seed = seed, .n_init = n_init, .max_iter = MAX_ITER,
	};
	Fit			f = {.label = core_alloc(n, sizeof(int))};

	if (!fit_kmeans(input, n, dim, &options, NO_LIMIT, f.label, &f.clusters, &f.facts))
		abort();
	return f;
}

static void
free_fit(Fit *f)
{
	pfree(f->label);
	free_clusters(&f->clusters);
}

/* The bytes of everything that clusters hold. */
static bool
same_clusters(const Clusters *a, const Clusters *b)
{
	Size		cells = sizeof(double) * a->k * a->dim;
	Size		k = sizeof(double) * a->k;

	return a->k == b->k && a->dim == b->dim &&
		memcmp(a->size, b->size, sizeof(int64) * a->k) == 0 &&
		memcmp(a->inertia, b->inertia, k) == 0 &&
		memcmp(a->radius, b->radius, k) == 0 &&
		memcmp(a->centroid, b->centroid, cells) == 0 &&
		memcmp(a->mean, b->mean, cells) == 0 &&
		memcmp(a->spread, b->spread, cells) == 0 &&
		memcmp(a->scaling.offset, b->scaling.offset, sizeof(double) * a->dim) == 0 &&
		memcmp(a->scaling.unit, b->scaling.unit, sizeof(double) * a->dim) == 0;
}

/* Random rows: integers with many ties, blobs, or a cloud; some repeated. */
static double *
draw_input(int n, int dim, int repeats)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);
	int			kind = draw_int(0, 3);
	double		center[4][3];

	for (int b = 0; b < 4; b++)
		for (int j = 0; j < 3; j++)
			center[b][j] = draw_between(-5, 5);
	for (int i = 0; i < n; i++)
	{
		int			from = i > 0 && draw_int(1, repeats) > 1 ? draw_int(0, i - 1) : i;
		int			blob = draw_int(0, 3);

		for (int j = 0; j < dim; j++)
			input[i * dim + j] = from < i ? input[from * dim + j] :
				kind == 0 ? draw_int(0, 3) :
				kind == 1 ? center[blob][j % 3] + draw_normal() / 4 :
				kind == 2 ? draw_normal() :
				ceil(100 * exp(draw_normal()));
	}
	return input;
}

/* A cloud without ties. */
static double *
draw_cloud(int n, int dim)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);

	for (int i = 0; i < n * dim; i++)
		input[i] = draw_normal();
	return input;
}

/* The inertia of a partition of n rows of weight[] into k clusters, by definition. */
static long double
inertia_of(const double *x, const double *weight, int n, int dim, const int *label, int k)
{
	long double inertia = 0;

	for (int c = 0; c < k; c++)
	{
		long double total = 0;

		for (int i = 0; i < n; i++)
			total += label[i] == c ? weight[i] : 0;
		for (int j = 0; j < dim; j++)
		{
			long double mean = 0;

			for (int i = 0; i < n; i++)
				if (label[i] == c)
					mean += weight[i] * x[i * dim + j] / total;
			for (int i = 0; i < n; i++)
				if (label[i] == c)
					inertia += weight[i] * (x[i * dim + j] - mean) * (x[i * dim + j] - mean);
		}
	}
	return inertia;
}

/*
 * The least inertia of all partitions into k clusters, none empty.  A
 * partition is written as labels of which each is at most one more than those
 * before it, so that each is met once.
 */
static long double
least_inertia(const double *x, const double *weight, int n, int dim, int k,
			  int *label, int at, int used)
{
	long double least = INFINITY;

	if (n - at < k - used)
		return INFINITY;		/* too few rows are left for the clusters missing */
	if (at == n)
		return inertia_of(x, weight, n, dim, label, k);
	for (int c = 0; c <= used && c < k; c++)
	{
		long double inertia;

		label[at] = c;
		inertia = least_inertia(x, weight, n, dim, k, label, at + 1, Max(used, c + 1));
		least = Min(least, inertia);
	}
	return least;
}

/* Small data: the optimum of weighted rows, and of the rows one by one. */
static void
test_optimum(void)
{
	Check		claim = {.name = "the inertia returned is that of the labels"};
	Check		bound = {.name = "no inertia is below the optimum"};
	Check		repeated = {.name = "a weight counts like so many rows"};
	int			cases = 800;
	int			found = 0;

	for (int set = 0; set < cases; set++)
	{
		int			n = draw_int(1, 9);
		int			dim = draw_int(1, 3);
		double	   *input = draw_input(n, dim, set % 2 + 1);
		int			row_of[9];
		int			label[9];
		int			expanded_label[9];
		Rows		rows = rows_canonical(input, n, dim, row_of);
		double	   *x = core_alloc(n, sizeof(double) * dim);
		double	   *expanded = core_alloc(n, sizeof(double) * dim);
		double		one[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
		double	   *centroid;
		int			k = draw_int(1, Min(4, rows.n));
		int			best[9];
		long double least;
		long double of_labels;
		KMeansFacts facts;

		rows_normalise(&rows);
		for (int j = 0; j < dim; j++)
		{
			for (int i = 0; i < rows.n; i++)
				x[i * dim + j] = rows.x[j * rows.n + i];
			for (int i = 0; i < n; i++)
				expanded[i * dim + j] = rows.x[j * rows.n + row_of[i]];
		}
		centroid = core_alloc(k, sizeof(double) * dim);
		facts = kmeans_solve(&rows, k, draw_int(0, 1000), 10, MAX_ITER, centroid, label);

		of_labels = inertia_of(x, rows.weight, rows.n, dim, label, k);
		check_that(&claim, fabsl(facts.inertia - of_labels) <= 1e-12L * of_labels + 1e-30L,
				   "set %d: %.17g, not %.17Lg", set, facts.inertia, of_labels);

		/* with weights all equal rows are together; without, they need not be */
		least = least_inertia(x, rows.weight, rows.n, dim, k, best, 0, 0);
		check_that(&bound, facts.inertia >= least * (1 - 1e-12L) - 1e-30L,
				   "set %d: %.17g, optimum %.17Lg", set, facts.inertia, least);
		found += facts.inertia <= least * (1 + 1e-12L) + 1e-30L;
		for (int i = 0; i < n; i++)
			expanded_label[i] = label[row_of[i]];
		check_that(&repeated,
				   fabsl(inertia_of(expanded, one, n, dim, expanded_label, k) - of_labels) <=
				   1e-12L * of_labels + 1e-30L, "set %d: the inertia of the labels", set);
		check_that(&repeated,
				   fabsl(least_inertia(expanded, one, n, dim, k, best, 0, 0) - least) <=
				   1e-12L * least + 1e-30L, "set %d: the optimum", set);

		pfree(centroid);
		pfree(expanded);
		pfree(x);
		rows_free(&rows);
		pfree(input);
	}
	check_end(&claim);
	check_end(&bound);
	check_end(&repeated);
	printf("# the optimum was found in %d of %d cases\n", found, cases);
	tap_ok(found >= cases * 0.99, "the global optimum is found in 99 of 100 cases");
}

/*
 * The result of kmeans_solve is a fixed point: by the arithmetic that
 * nearest.c promises, squares in double added up in the order of features,
 * every row is with the first of its nearest centroids; and every centroid is
 * the mean of its rows.
 */
static void
test_fixed_point(void)
{
	Check		nearest = {.name = "every row is with its nearest centroid, the first of equals"};
	Check		mean = {.name = "every centroid is the mean of its rows"};
	Check		used = {.name = "no cluster is empty"};
	Check		converged = {.name = "a fixed point is reached"};
	Check		single = {.name = "one cluster has the mean of all rows"};
	Check		all = {.name = "as many clusters as rows have inertia 0"};

	/* the last set is above the size for which starts are made on a sample */
	for (int set = 0; set <= 400; set++)
	{
		int			n = set == 400 ? 25000 : draw_int(1, set % 4 ? 60 : 700);
		int			dim = draw_int(1, 3);
		double	   *input = set == 400 ? draw_cloud(n, dim) : draw_input(n, dim, set % 3 + 1);
		int		   *row_of = core_alloc(n, sizeof(int));
		Rows		rows = rows_canonical(input, n, dim, row_of);
		int			k = set % 5 == 0 ? 1 : set % 5 == 1 && rows.n <= 60 ? rows.n :
		draw_int(1, Min(12, rows.n));
		double	   *centroid = core_alloc(k, sizeof(double) * dim);
		int		   *label = core_alloc(rows.n, sizeof(int));
		bool	   *member = core_alloc0(k, sizeof(bool));
		KMeansFacts facts;
		bool		good = true;

		rows_normalise(&rows);
		facts = kmeans_solve(&rows, k, set, 3, MAX_ITER, centroid, label);
		check_that(&converged, facts.converged, "set %d, after %d iterations", set,
				   facts.iterations);

		for (int i = 0; i < rows.n; i++)
		{
			int			best = -1;
			double		best2 = INFINITY;

			for (int c = 0; c < k; c++)
			{
				double		d2 = 0;

				for (int j = 0; j < dim; j++)
					d2 += (rows.x[j * rows.n + i] - centroid[c * dim + j]) *
						(rows.x[j * rows.n + i] - centroid[c * dim + j]);
				if (d2 < best2)
				{
					best2 = d2;
					best = c;
				}
			}
			check_that(&nearest, label[i] == best, "set %d, row %d: %d, not %d",
					   set, i, label[i], best);
			member[label[i]] = true;
		}
		for (int c = 0; c < k; c++)
			good &= member[c];
		check_that(&used, good, "set %d, %d clusters", set, k);

		for (int c = 0; c < k; c++)
			for (int j = 0; j < dim; j++)
			{
				long double sum = 0;
				long double weight = 0;

				for (int i = 0; i < rows.n; i++)
					if (label[i] == c)
					{
						sum += (long double) rows.weight[i] * rows.x[j * rows.n + i];
						weight += rows.weight[i];
					}
				/* all values are below 1 */
				check_that(&mean, fabsl(centroid[c * dim + j] - sum / weight) <= 1e-12L,
						   "set %d: %.17g, not %.17Lg", set, centroid[c * dim + j], sum / weight);
				if (k == 1)
					check_that(&single, fabsl(centroid[j] - sum / weight) <= 1e-14L,
							   "set %d: %.17g, not %.17Lg", set, centroid[j], sum / weight);
			}
		if (k == rows.n)
			check_that(&all, facts.inertia == 0, "set %d: %d rows, inertia %g",
					   set, k, facts.inertia);

		pfree(member);
		pfree(label);
		pfree(centroid);
		rows_free(&rows);
		pfree(row_of);
		pfree(input);
	}
	check_end(&nearest);
	check_end(&mean);
	check_end(&used);
	check_end(&converged);
	check_end(&single);
	check_end(&all);
}

/*
 * The labels of a fit are the answers of its own scorer; its clusters are
 * numbered by their centroids; and another order of the rows changes nothing,
 * to the last bit.
 */
static void
test_fit(void)
{
	Check		scored = {.name = "labels are the answers of scorer_place, in every scaling"};
	Check		shuffled = {.name = "shuffled rows get the same labels and clusters"};
	Check		ascending = {.name = "clusters ascend by centroid"};
	Check		member = {.name = "no cluster of a fit is empty"};
	Check		again = {.name = "the same seed gives the same answer"};

	for (int set = 0; set < 500; set++)
	{
		int			n = draw_int(1, set % 5 ? 80 : 400);
		int			dim = draw_int(1, 3);
		int			k = draw_int(1, 9);
		ScaleMethod scale = set % SCALE_METHODS;
		double	   *input = draw_input(n, dim, draw_int(1, 3));
		int		   *order = core_alloc(n, sizeof(int));
		double	   *other_input;
		Fit			f;
		Fit			other;
		Scorer		scorer;
		bool		good = true;

		/* large common offsets, and features of very different magnitude */
		for (int j = 0; j < dim; j++)
		{
			double		shift = draw_int(0, 3) ? 0 : 1e9;
			double		factor = set % 7 == 0 ? pow(10, draw_between(-100, 100)) : 1;

			for (int i = 0; i < n; i++)
				input[i * dim + j] = (input[i * dim + j] + shift) * factor;
		}

		f = fit(input, n, dim, k, scale, set, 2);
		scorer = scorer_create(&f.clusters);
		for (int i = 0; i < n; i++)
		{
			double		distance;
			int			answer = scorer_place(&scorer, input + i * dim, &distance);

			check_that(&scored, f.label[i] == answer, "set %d (%s), row %d: %d, not %d",
					   set, scale_name[scale], i, f.label[i], answer);
		}
		scorer_free(&scorer);

		for (int c = 1; c < f.clusters.k; c++)
		{
			const double *a = f.clusters.centroid + (c - 1) * dim;
			int			j = 0;

			while (j < dim && a[j] == a[dim + j])
				j++;
			check_that(&ascending, j < dim && a[j] < a[dim + j], "set %d, clusters %d and %d",
					   set, c - 1, c);
		}
		for (int c = 0; c < f.clusters.k; c++)
		{
			int64		size = 0;

			for (int i = 0; i < n; i++)
				size += f.label[i] == c;
			check_that(&member, size > 0 && f.clusters.size[c] == size,
					   "set %d, cluster %d: %d rows, said to be %d", set, c, (int) size,
					   (int) f.clusters.size[c]);
		}

		draw_order(n, order);
		other_input = reordered(input, n, dim, order);
		other = fit(other_input, n, dim, k, scale, set, 2);
		for (int i = 0; i < n; i++)
			good &= other.label[i] == f.label[order[i]];
		check_that(&shuffled, good && same_clusters(&f.clusters, &other.clusters) &&
				   memcmp(&f.facts, &other.facts, sizeof(FitFacts)) == 0,
				   "set %d (%s)", set, scale_name[scale]);
		free_fit(&other);

		other = fit(input, n, dim, k, scale, set, 2);
		check_that(&again, memcmp(f.label, other.label, sizeof(int) * n) == 0 &&
				   same_clusters(&f.clusters, &other.clusters), "set %d", set);
		free_fit(&other);
		free_fit(&f);
		pfree(other_input);
		pfree(order);
		pfree(input);
	}
	check_end(&scored);
	check_end(&shuffled);
	check_end(&ascending);
	check_end(&member);
	check_end(&again);
}

/* Cut short after one iteration, labels still belong to the centroids. */
static void
test_one_iteration(void)
{
	Check		check = {.name = "one iteration: labels are the scorer's, clusters have rows"};

	for (int set = 0; set < 200; set++)
	{
		int			n = draw_int(1, 200);
		int			dim = draw_int(1, 3);
		double	   *input = draw_input(n, dim, 2);
		int		   *label = core_alloc(n, sizeof(int));
		KMeansOptions options = {
			.k = draw_int(1, 8), .scale = set % SCALE_METHODS, .seed = set, .n_init = 1,
			.max_iter = 1,
		};
		Clusters	clusters;
		FitFacts	facts;
		Scorer		scorer;

		fit_kmeans(input, n, dim, &options, NO_LIMIT, label, &clusters, &facts);
		scorer = scorer_create(&clusters);
		for (int i = 0; i < n; i++)
		{
			double		distance;
			int			answer = scorer_place(&scorer, input + i * dim, &distance);

			check_that(&check, label[i] == answer, "set %d, row %d: %d, not %d", set, i,
					   label[i], answer);
		}
		for (int c = 0; c < clusters.k; c++)
			check_that(&check, clusters.size[c] > 0, "set %d: cluster %d of %d is empty", set, c,
					   clusters.k);
		scorer_free(&scorer);
		free_clusters(&clusters);
		pfree(label);
		pfree(input);
	}
	check_end(&check);
}

/*
 * Where an answer does not depend on rounding, the units must not matter.
 * Multiplying by a power of two changes no bit of any ratio, so it must not
 * change any label, not even of ties.
 */
static void
test_powers_of_two(void)
{
	Check		check = {.name = "any power of two as unit gives the same labels"};

	for (int set = 0; set < 200; set++)
	{
		int			n = draw_int(1, 60);
		int			k = draw_int(2, 5);
		int			e = draw_int(-900, 900);
		double	   *input = draw_input(n, 2, 2);
		double	   *moved = core_alloc(n, 2 * sizeof(double));
		ScaleMethod scale = set % SCALE_LOG;
		Fit			f = fit(input, n, 2, k, scale, set, 2);
		Fit			g;

		for (int i = 0; i < 2 * n; i++)
			moved[i] = ldexp(input[i], e);
		g = fit(moved, n, 2, k, scale, set, 2);
		check_that(&check, memcmp(f.label, g.label, sizeof(int) * n) == 0,
				   "set %d (%s), 2^%d", set, scale_name[scale], e);
		free_fit(&g);
		free_fit(&f);
		pfree(moved);
		pfree(input);
	}
	check_end(&check);
}

/*
 * By other factors and offsets ties may fall differently: for those the data
 * are blobs far from each other in both features, and their centers tell how
 * the clusters are numbered.
 */
static void
test_units(void)
{
	static const double factor[] = {1, 1e300, 1e-300, 1e-290, 1e155, 1e-155, 3e-17};
	Check		unit = {.name = "values around 1e300 and 1e-300 get the labels they get around 1"};
	Check		offset = {.name = "an offset of 1e9 changes no label"};

	for (int set = 0; set < 40; set++)
	{
		int			n = draw_int(10, 60);
		int			k = draw_int(2, 5);
		double	   *blobs = core_alloc(n, 2 * sizeof(double));
		double	   *moved = core_alloc(n, 2 * sizeof(double));

		for (int i = 0; i < n; i++)
		{
			blobs[2 * i] = i % k * 10 + draw_unit();
			blobs[2 * i + 1] = (i % k * 2 + 1) % 5 * 10 + draw_unit();
		}
		for (int t = 0; t < 8; t++)
			for (int scale = SCALE_NONE; scale < SCALE_LOG; scale++)
			{
				bool		good = true;
				Fit			f;

				for (int i = 0; i < 2 * n; i++)
					moved[i] = t < 7 ? blobs[i] * factor[t] : 1e9 + blobs[i] / 1000;
				f = fit(moved, n, 2, k, scale, set, 2);
				for (int i = 0; i < n; i++)
					good &= f.label[i] == i % k;
				if (t < 7)
					check_that(&unit, good, "set %d, times %g, scaled by %s", set, factor[t],
							   scale_name[scale]);
				else
					check_that(&offset, good, "set %d, scaled by %s", set, scale_name[scale]);
				free_fit(&f);
			}
		pfree(moved);
		pfree(blobs);
	}
	check_end(&unit);
	check_end(&offset);
}

/*
 * Magnitudes that do not belong together, in one feature or in two: all must
 * stay finite, every label in use, the scorer in agreement.
 */
static void
test_extremes(void)
{
	static const double value[] = {
		0, 1, -1, DBL_MAX, -DBL_MAX, 1e300, -1e300, 1e-300, -1e-300, 0x1p-1074, 0x1p-1073,
		1e154, 1e-154, 1e-170, 3e-170, 1e9, 1e9 + 1,
	};
	Check		check = {.name = "mixed magnitudes: finite centroids, labels in use"};
	Check		scored = {.name = "mixed magnitudes: labels are the scorer's"};

	for (int set = 0; set < 1000; set++)
	{
		int			n = draw_int(1, 12);
		int			dim = draw_int(1, 2);
		double	   *input = core_alloc(n, sizeof(double) * dim);
		ScaleMethod scale = set % SCALE_METHODS;
		Fit			f;
		Scorer		scorer;

		for (int i = 0; i < n * dim; i++)
			input[i] = value[draw_int(0, 16)];
		f = fit(input, n, dim, draw_int(1, 6), scale, set, 2);
		for (int c = 0; c < f.clusters.k; c++)
		{
			check_that(&check, f.clusters.size[c] > 0, "set %d (%s): cluster %d is empty",
					   set, scale_name[scale], c);
			for (int j = 0; j < dim; j++)
				check_that(&check, fabs(f.clusters.centroid[c * dim + j]) <= DBL_MAX &&
						   fabs(f.clusters.mean[c * dim + j]) <= DBL_MAX &&
						   f.clusters.spread[c * dim + j] <= DBL_MAX,
						   "set %d (%s): centroid %g, mean %g, spread %g", set, scale_name[scale],
						   f.clusters.centroid[c * dim + j], f.clusters.mean[c * dim + j],
						   f.clusters.spread[c * dim + j]);
		}
		scorer = scorer_create(&f.clusters);
		for (int i = 0; i < n; i++)
		{
			double		distance;
			int			answer = scorer_place(&scorer, input + i * dim, &distance);

			check_that(&scored, f.label[i] == answer,
					   "set %d (%s, k %d), row %d, %g %g: %d, not %d", set, scale_name[scale],
					   f.clusters.k, i, input[i * dim], dim > 1 ? input[i * dim + 1] : 0,
					   f.label[i], answer);
		}
		scorer_free(&scorer);
		free_fit(&f);
		pfree(input);
	}
	check_end(&check);
	check_end(&scored);
}

/* Fewer rows that differ than clusters asked for: one cluster for each of them. */
static void
test_few_rows(void)
{
	static const double input[] = {2, 1, 2, 2, 1, 1, 1, 1, 1, 2};
	Fit			f = fit(input, 5, 2, 4, SCALE_NONE, 0, DEFAULT_STARTS);

	/* the rows (2,1) (2,2) (1,1) (1,1) (1,2) */
	tap_ok(f.clusters.k == 4 && f.facts.distinct == 4 && clusters_inertia(&f.clusters) == 0 &&
		   f.label[0] == 2 && f.label[1] == 3 && f.label[2] == 0 && f.label[3] == 0 &&
		   f.label[4] == 1, "k as many as rows differ");
	free_fit(&f);
	f = fit(input, 5, 2, 7, SCALE_ZSCORE, 0, DEFAULT_STARTS);
	tap_ok(f.clusters.k == 4 && f.facts.distinct == 4 && clusters_inertia(&f.clusters) == 0 &&
		   f.label[0] == 2 && f.label[1] == 3 && f.label[2] == 0 && f.label[3] == 0 &&
		   f.label[4] == 1, "k more than rows differ");
	free_fit(&f);
	f = fit(input, 1, 2, 1000000, SCALE_ZSCORE, 0, DEFAULT_STARTS);
	tap_ok(f.clusters.k == 1 && f.label[0] == 0 && f.clusters.centroid[0] == 2 &&
		   f.clusters.centroid[1] == 1, "one row");
	free_fit(&f);
}

/* Memory is named before it is taken; with as much as was named, the fit is made. */
static void
test_memory(void)
{
	double	   *input = draw_input(100, 2, 1);
	int			label[100];
	KMeansOptions options = {.k = 3, .n_init = 1, .max_iter = 100};
	Clusters	clusters;
	FitFacts	facts;
	Size		needed;
	bool		refused = !fit_kmeans(input, 100, 2, &options, 1000, label, &clusters, &facts);

	needed = facts.memory_needed;
	tap_ok(refused && needed > 1000, "too little memory is refused");
	tap_ok(!fit_kmeans(input, 100, 2, &options, needed - 1, label, &clusters, &facts) &&
		   fit_kmeans(input, 100, 2, &options, needed, label, &clusters, &facts),
		   "the memory named is the limit");
	free_clusters(&clusters);
	pfree(input);
}

/*
 * The inertia of the mall customers, with the default number of starts: the
 * default seed has to find it, and nearly all others.
 */
static void
check_mall(Check *check, const double *input, int dim, int k, ScaleMethod scale,
		   double inertia, double tolerance, int seeds)
{
	int			missed = 0;

	for (int seed = 0; seed < seeds; seed++)
	{
		Fit			f = fit(input, MALL_ROWS, dim, k, scale, seed, DEFAULT_STARTS);
		double		found = clusters_inertia(&f.clusters);

		if (seed == 0)
			check_that(check, fabs(found - inertia) <= tolerance,
					   "k %d: %.6f, not %.6f", k, found, inertia);
		check_that(check, found >= inertia - tolerance,
				   "k %d, seed %d: %.6f, less than %.6f", k, seed, found, inertia);
		missed += found > inertia + tolerance;
		free_fit(&f);
	}
	if (missed > 0)
		printf("# dim %d, k %d: %d of %d seeds missed the inertia %.6f\n", dim, k, missed, seeds,
			   inertia);
	check_that(check, missed <= (seeds + 4) / 5, "k %d: %d of %d seeds miss", k, missed, seeds);
}

static void
test_mall(void)
{
	static const MallColumn columns[] = {MALL_INCOME, MALL_SCORE};
	static const MallColumn age_score[] = {MALL_AGE, MALL_SCORE};
	static const MallColumn three[] = {MALL_AGE, MALL_INCOME, MALL_SCORE};
	static const double inertia[] = {
		269981.28, 181363.595960, 106348.373062, 73679.789039, 44448.455448,
		37233.814511, 30227.606513, 24986.525641, 21794.8856, 19634.554629,
	};
	static const double centroid[5][3] = {
		{25.727, 79.364, 22}, {26.304, 20.913, 23}, {55.296, 49.519, 81},
		{86.538, 82.128, 39}, {88.200, 17.114, 35},
	};
	Check		unscaled = {.name = "mall customers: inertia for k = 1 to 10"};
	Check		others = {.name = "mall customers: z-scored, age and score, three features"};
	bool		good;
	double	   *input = mall_customers(columns, 2);
	Fit			f;

	if (!input)
	{
		tap_skip("mall customers", "data/mall_customers.csv is not here");
		return;
	}
	for (int k = 1; k <= 10; k++)
		check_mall(&unscaled, input, 2, k, SCALE_NONE, inertia[k - 1], 1e-6 * inertia[k - 1],
				   20);
	check_end(&unscaled);

	f = fit(input, MALL_ROWS, 2, 5, SCALE_NONE, 0, DEFAULT_STARTS);
	good = f.clusters.k == 5;
	for (int c = 0; c < 5 && good; c++)
		good = fabs(f.clusters.centroid[2 * c] - centroid[c][0]) < 6e-4 &&
			fabs(f.clusters.centroid[2 * c + 1] - centroid[c][1]) < 6e-4 &&
			f.clusters.size[c] == (int64) centroid[c][2];
	tap_ok(good, "mall customers: centroids and sizes at k = 5, in canonical order");
	free_fit(&f);

	check_mall(&others, input, 2, 5, SCALE_ZSCORE, 65.5684, 6e-5, 10);
	pfree(input);
	input = mall_customers(age_score, 2);
	check_mall(&others, input, 2, 4, SCALE_NONE, 28165.583567, 0.028, 10);
	check_mall(&others, input, 2, 5, SCALE_NONE, 23810.462233, 0.023, 10);
	pfree(input);
	input = mall_customers(three, 3);
	check_mall(&others, input, 3, 5, SCALE_NONE, 75350.779173, 0.075, 10);
	check_mall(&others, input, 3, 6, SCALE_NONE, 58300.443322, 0.058, 10);
	pfree(input);
	check_end(&others);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_optimum();
	test_fixed_point();
	test_fit();
	test_one_iteration();
	test_powers_of_two();
	test_units();
	test_extremes();
	test_few_rows();
	test_memory();
	test_mall();
	return tap_end();
}
