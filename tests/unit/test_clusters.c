/*
 * test_clusters.c
 *	  What is reported of clusters, and the place of a row among them.
 *
 * Given the labels, every statistic has a one-line definition over the input
 * rows, one by one: it is computed like that, in long double, and compared.
 * Where the fitted space is meant, coordinates are (t(x) - offset) / unit with
 * the offset and unit that the clusters hold; test_scaling.c shows that those
 * are right.  A long double has room for the square of any double, so the
 * nearest centroid can be told by comparing squares, whatever the values.
 */
#include "fit.h"

#include "tap.h"

#define NO_LIMIT ((Size) 1 << 40)

static const char *const scale_name[SCALE_METHODS] = {
	"none", "zscore", "minmax", "robust", "log",
};

/* The coordinate of a value, or of a centroid, in the fitted space. */
static long double
coordinate(const Clusters *clusters, int j, double x)
{
	long double t = clusters->scaling.method == SCALE_LOG ? asinhl(x) : x;

	return (t - clusters->scaling.offset[j]) / clusters->scaling.unit[j];
}

/* How far rounding alone may put a coordinate of values up to "size" from its place. */
static long double
coordinate_error(const Clusters *clusters, int j, long double size)
{
	if (clusters->scaling.method == SCALE_LOG)
		size = asinhl(size);
	return 4e-15L * (size + fabsl(clusters->scaling.offset[j])) / clusters->scaling.unit[j];
}

static bool
near(long double found, long double truth, long double relative, long double absolute)
{
	return fabsl(found - truth) <= relative * fabsl(truth) + absolute;
}

typedef struct Checks
{
	Check		size;
	Check		mean;
	Check		centroid;
	Check		spread;
	Check		inertia;
	Check		radius;
	Check		z;
} Checks;

/* All statistics of one clustering of n rows, against their definitions. */
static void
check_statistics(const double *input, int n, const Clusters *clusters, const int *label,
				 const char *what, Checks *checks)
{
	int			k = clusters->k;
	int			dim = clusters->dim;
	double	   *z = core_alloc(k, sizeof(double) * dim);
	long double *distance2 = core_alloc0(n, sizeof(long double));
	long double distance_error = 0;
	long double total = 0;

	clusters_z(clusters, z);
	for (int j = 0; j < dim; j++)
	{
		long double size = 0;	/* of the values, and so of their rounding */
		long double error;
		long double all_mean = 0;
		long double all_sd = 0;

		for (int i = 0; i < n; i++)
		{
			all_mean += (long double) input[i * dim + j] / n;
			size = Max(size, fabsl(input[i * dim + j]));
		}
		for (int i = 0; i < n; i++)
			all_sd += (input[i * dim + j] - all_mean) * (input[i * dim + j] - all_mean) / n;
		all_sd = sqrtl(all_sd);
		error = 1e-15L * size;
		distance_error += coordinate_error(clusters, j, size);

		for (int c = 0; c < k; c++)
		{
			long double members = 0;
			long double mean = 0;
			long double spread = 0;
			long double place = 0;

			for (int i = 0; i < n; i++)
				if (label[i] == c)
				{
					members++;
					mean += input[i * dim + j];
					place += coordinate(clusters, j, input[i * dim + j]);
				}
			mean /= members;
			place /= members;
			for (int i = 0; i < n; i++)
				if (label[i] == c)
				{
					long double d = coordinate(clusters, j, input[i * dim + j]) -
						coordinate(clusters, j, clusters->centroid[c * dim + j]);

					spread += (input[i * dim + j] - mean) * (input[i * dim + j] - mean);
					distance2[i] += d * d;
				}
			spread = sqrtl(spread / members);

			check_that(&checks->size, clusters->size[c] == members,
					   "%s: cluster %d has %d rows, not %Lg", what, c, (int) clusters->size[c],
					   members);
			check_that(&checks->mean, near(clusters->mean[c * dim + j], mean, 0, error),
					   "%s: mean %.17g, not %.20Lg", what, clusters->mean[c * dim + j], mean);
			check_that(&checks->spread,
					   near(clusters->spread[c * dim + j], spread, 1e-12L, error),
					   "%s: spread %.17g, not %.20Lg", what, clusters->spread[c * dim + j], spread);

			/* the mean of the members where distances are measured */
			check_that(&checks->centroid,
					   near(coordinate(clusters, j, clusters->centroid[c * dim + j]), place, 0,
							coordinate_error(clusters, j, size)),
					   "%s: centroid %.17g, in the fitted space %.17Lg, not %.20Lg", what,
					   clusters->centroid[c * dim + j],
					   coordinate(clusters, j, clusters->centroid[c * dim + j]), place);
			if (clusters->scaling.method != SCALE_LOG)
				check_that(&checks->centroid, clusters->centroid[c * dim + j] ==
						   clusters->mean[c * dim + j], "%s: centroid %.17g, mean %.17g", what,
						   clusters->centroid[c * dim + j], clusters->mean[c * dim + j]);

			/* everybody's deviation is 0 where a feature does not vary */
			check_that(&checks->z, all_sd == 0 ? z[c * dim + j] == 0 :
					   near(z[c * dim + j], (mean - all_mean) / all_sd, 1e-9L,
							2 * error / all_sd),
					   "%s: z %.17g, not %.20Lg", what, z[c * dim + j],
					   all_sd == 0 ? 0 : (mean - all_mean) / all_sd);
		}
	}
	for (int c = 0; c < k; c++)
	{
		long double inertia = 0;
		long double radius2 = 0;
		long double members = clusters->size[c];

		for (int i = 0; i < n; i++)
			if (label[i] == c)
			{
				inertia += distance2[i];
				radius2 = Max(radius2, distance2[i]);
			}
		total += inertia;

		/*
		 * An error e in every distance r: (r + e)^2 - r^2 = 2 r e + e^2.
		 * Outside the range of a double, infinity and 0 are the answers.
		 */
		check_that(&checks->inertia,
				   inertia > DBL_MAX ? isinf(clusters->inertia[c]) :
				   near(clusters->inertia[c], inertia, 1e-12L, 0x1p-1074L +
						members * (2 * sqrtl(radius2) + distance_error) * distance_error),
				   "%s: inertia %.17g, not %.20Lg", what, clusters->inertia[c], inertia);
		check_that(&checks->radius,
				   near(clusters->radius[c], sqrtl(radius2), 1e-12L, distance_error),
				   "%s: radius %.17g, not %.20Lg", what, clusters->radius[c], sqrtl(radius2));
	}
	check_that(&checks->inertia,
			   total > DBL_MAX ? isinf(clusters_inertia(clusters)) :
			   near(clusters_inertia(clusters), total, 1e-9L, k * 0x1p-1074L +
					n * (distance_error + 2 * sqrtl(total)) * distance_error),
			   "%s: inertia of all %.17g, not %.20Lg", what, clusters_inertia(clusters), total);
	pfree(distance2);
	pfree(z);
}

static double *
draw_input(int n, int dim, bool offset)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);
	int			kind = draw_int(0, 4);

	for (int i = 0; i < n; i++)
		for (int j = 0; j < dim; j++)
		{
			double		value = kind == 0 ? draw_int(0, 4) :
			kind == 1 ? draw_normal() :
			kind == 2 ? floor(exp(draw_normal() * 2) * 100) :
			kind == 3 ? (j == 0 ? 0.3 : draw_int(-3, 3)) :
			draw_int(0, 5) ? 0 : draw_between(-100, 100);

			input[i * dim + j] = value + (offset ? 1e9 : 0);
		}
	return input;
}

/* Fits of all kinds of data in all scalings, by both methods. */
static void
test_statistics(void)
{
	Checks		checks = {
		.size = {.name = "size"},
		.mean = {.name = "mean of the members"},
		.centroid = {.name = "centroid: the mean in the fitted space"},
		.spread = {.name = "spread: population standard deviation"},
		.inertia = {.name = "inertia: sum of squared distances to the centroid"},
		.radius = {.name = "radius: largest distance to the centroid"},
		.z = {.name = "z: standard deviations from everybody's mean"},
	};
	Check		disagreement = {.name = "disagreement: share of rows nearer to another centroid"};
	Check		order = {.name = "clusters ascend by centroid; equal centroids by their first row"};
	long		disagreeing = 0;

	for (int set = 0; set < 1500; set++)
	{
		int			n = draw_int(1, 80);
		int			dim = draw_int(1, 3);
		int			k = draw_int(1, 7);
		ScaleMethod scale = set % SCALE_METHODS;
		double	   *input = draw_input(n, dim, set % 3 == 0);
		int		   *label = core_alloc(n, sizeof(int));
		KMeansOptions kmeans = {
			.k = k, .scale = scale, .n_init = 2, .max_iter = 100,
		};
		HclustOptions hclust = {
			.k = k, .scale = scale, .linkage = draw_int(0, LINKAGES - 1),
		};
		Clusters	clusters;
		FitFacts	facts;
		char		what[100];

		snprintf(what, sizeof(what), "set %d, k-means, %s", set, scale_name[scale]);
		fit_kmeans(input, n, dim, &kmeans, NO_LIMIT, label, &clusters, &facts);
		check_statistics(input, n, &clusters, label, what, &checks);
		free_clusters(&clusters);

		snprintf(what, sizeof(what), "set %d, hclust, %s", set, scale_name[scale]);
		fit_hclust(input, n, dim, &hclust, NO_LIMIT, label, &clusters, &facts);
		check_statistics(input, n, &clusters, label, what, &checks);
		{
			Scorer		scorer = scorer_create(&clusters);
			int			other = 0;

			for (int i = 0; i < n; i++)
			{
				double		distance;

				other += scorer_place(&scorer, input + i * dim, &distance) != label[i];
			}
			check_that(&disagreement, fabs(facts.disagreement - (double) other / n) < 1e-15,
					   "%s: %g, not %g", what, facts.disagreement, (double) other / n);
			disagreeing += other;
			scorer_free(&scorer);
		}

		/* of clusters with one centroid the one with the least row comes first */
		for (int c = 1; c < clusters.k; c++)
		{
			const double *a = clusters.centroid + (c - 1) * dim;
			const double *b = a + dim;
			const double *least[2] = {NULL, NULL};
			int			j = 0;

			while (j < dim && a[j] == b[j])
				j++;
			if (j == dim)
			{
				for (int i = 0; i < n; i++)
				{
					const double *row = input + i * dim;
					const double **l = &least[label[i] == c];
					int			f = 0;

					if (label[i] != c && label[i] != c - 1)
						continue;
					while (*l && f < dim && row[f] == (*l)[f])
						f++;
					if (!*l || (f < dim && row[f] < (*l)[f]))
						*l = row;
				}
				a = least[0];
				b = least[1];
				for (j = 0; j < dim && a[j] == b[j];)
					j++;
			}
			check_that(&order, j < dim && a[j] < b[j], "%s: clusters %d and %d", what, c - 1, c);
		}
		free_clusters(&clusters);
		pfree(label);
		pfree(input);
	}
	check_end(&checks.size);
	check_end(&checks.mean);
	check_end(&checks.centroid);
	check_end(&checks.spread);
	check_end(&checks.inertia);
	check_end(&checks.radius);
	check_end(&checks.z);
	check_end(&disagreement);
	printf("# %ld rows were nearer to another centroid\n", disagreeing);
	check_end(&order);
}

/*
 * Both clusters of the rows -3, -1, 1, 3 have the mean 0: the one with the
 * first row is number 0, whatever they were called before.
 */
static void
test_equal_centroids(void)
{
	static const double input[] = {-3, -1, 1, 3};
	Check		check = {.name = "clusters with one centroid are numbered by their first row"};

	for (int turn = 0; turn < 2; turn++)
	{
		int			row_of[4];
		int			label[] = {turn, 1 - turn, 1 - turn, turn};
		Rows		rows = rows_canonical(input, 4, 1, row_of);
		Clusters	clusters = clusters_alloc(2, 1);

		clusters.scaling = scaling_fit(SCALE_NONE, &rows);
		clusters_number(&clusters, &rows, label);
		check_that(&check, clusters.centroid[0] == 0 && clusters.centroid[1] == 0 &&
				   label[0] == 0 && label[1] == 1 && label[2] == 1 && label[3] == 0,
				   "labels %d %d %d %d", label[0], label[1], label[2], label[3]);
		free_clusters(&clusters);
		rows_free(&rows);
	}
	check_end(&check);
}

/*
 * Values near the ends of the range.  Squares leave the range of a double but
 * not of a long double: everything must be as right as for ordinary values.
 */
static void
test_extreme_statistics(void)
{
	Checks		checks = {
		.size = {.name = "huge and tiny values: size"},
		.mean = {.name = "huge and tiny values: mean"},
		.centroid = {.name = "huge and tiny values: centroid"},
		.spread = {.name = "huge and tiny values: spread"},
		.inertia = {.name = "huge and tiny values: inertia"},
		.radius = {.name = "huge and tiny values: radius"},
		.z = {.name = "huge and tiny values: z"},
	};

	for (int set = 0; set < 600; set++)
	{
		static const double unit[] = {1e300, 1e-300, 1e154, 1e-154, 1e160, 1e-170};
		int			n = draw_int(1, 40);
		int			dim = draw_int(1, 3);
		ScaleMethod scale = set % SCALE_METHODS;
		double	   *input = draw_input(n, dim, false);
		int		   *label = core_alloc(n, sizeof(int));
		KMeansOptions options = {
			.k = draw_int(1, 5), .scale = scale, .n_init = 2, .max_iter = 100,
		};
		Clusters	clusters;
		FitFacts	facts;
		char		what[100];
		double		u = unit[draw_int(0, 5)];

		/* one unit for all features: others would be flushed to zero beside it */
		for (int i = 0; i < n * dim; i++)
			input[i] *= u;
		snprintf(what, sizeof(what), "set %d, unit %g, %s", set, u, scale_name[scale]);
		fit_kmeans(input, n, dim, &options, NO_LIMIT, label, &clusters, &facts);

		check_statistics(input, n, &clusters, label, what, &checks);
		free_clusters(&clusters);
		pfree(label);
		pfree(input);
	}
	check_end(&checks.size);
	check_end(&checks.mean);
	check_end(&checks.centroid);
	check_end(&checks.spread);
	check_end(&checks.inertia);
	check_end(&checks.radius);
	check_end(&checks.z);
}

/* Clusters that hold these centroids, and nothing else. */
static Clusters
clusters_at(const double *centroid, int k, int dim)
{
	Clusters	clusters = clusters_alloc(k, dim);

	memcpy(clusters.centroid, centroid, sizeof(double) * k * dim);
	clusters.scaling = (Scaling) {
		.method = SCALE_NONE,
		.dim = dim,
		.offset = core_alloc0(dim, sizeof(double)),
		.unit = core_alloc(dim, sizeof(double)),
	};
	for (int j = 0; j < dim; j++)
		clusters.scaling.unit[j] = 1;
	return clusters;
}

/*
 * The nearest centroid among centroids of all magnitudes.  Differences below
 * 2^-400 of the largest value count as none (rows_normalise): that much may
 * be missing from the distance, and decide nothing.  What is as near as makes
 * no difference to a double may be taken instead; of equal centroids, the
 * first.
 */
static void
test_nearest(int low, int high, Check *nearest, Check *distance_check)
{
	for (int set = 0; set < 4000; set++)
	{
		int			k = draw_int(1, 6);
		int			dim = draw_int(1, 4);
		int			from = draw_int(low, high);
		int			to = set % 2 ? draw_int(from, high) : Min(from + 3, high);
		double		centroid[24];
		double		row[4];
		long double distance[6];
		long double least = INFINITY;
		long double largest = 0;
		double		said;
		int			answer;
		Clusters	clusters;
		Scorer		scorer;

		for (int j = 0; j < dim; j++)
		{
			row[j] = draw_int(0, 9) ? draw_magnitude(from, to) : 0;
			largest = Max(largest, fabsl(row[j]));
		}
		for (int c = 0; c < k; c++)
			for (int j = 0; j < dim; j++)
			{
				double	   *x = &centroid[c * dim + j];

				/* near the row, like one before, or anywhere */
				*x = draw_int(0, 3) == 0 ? row[j] * (1 + draw_normal() / 8) :
					c > 0 && draw_int(0, 2) == 0 ? centroid[(c - 1) * dim + j] :
					draw_magnitude(from, to);
				if (fabs(*x) > DBL_MAX)
					*x = DBL_MAX;
				largest = Max(largest, fabsl(*x));
			}
		for (int c = 0; c < k; c++)
		{
			distance[c] = 0;
			for (int j = 0; j < dim; j++)
			{
				long double d = (long double) row[j] - centroid[c * dim + j];

				distance[c] += d * d;
			}
			distance[c] = sqrtl(distance[c]);
			least = Min(least, distance[c]);
		}

		clusters = clusters_at(centroid, k, dim);
		scorer = scorer_create(&clusters);
		answer = scorer_place(&scorer, row, &said);
		if (check_that(nearest, answer >= 0 && answer < k &&
					   distance[answer] <= least * (1 + 1e-14L) + 0x1p-400L * largest,
					   "set %d: %d at %Lg, the nearest is at %Lg, the largest value is %Lg",
					   set, answer, distance[answer], least, largest))
		{
			/* an earlier one with the same coordinates would have been taken */
			for (int c = 0; c < answer; c++)
				check_that(nearest, memcmp(centroid + c * dim, centroid + answer * dim,
										   sizeof(double) * dim) != 0,
						   "set %d: %d, but %d is the same centroid", set, answer, c);

			/* a distance of two opposite values may itself leave the range */
			check_that(distance_check, distance[answer] > DBL_MAX ? isinf(said) :
					   near(said, distance[answer], 1e-14L, 0x1p-400L * largest + 0x1p-1074L),
					   "set %d: distance %.17g, not %.20Lg", set, said, distance[answer]);
		}
		scorer_free(&scorer);
		free_clusters(&clusters);
	}
}

/* A row of the fit's own extremes, and far beyond them, in every scaling. */
static void
test_scored_distance(void)
{
	Check		check = {.name = "the distance is measured in the fitted space, in every scaling"};

	for (int set = 0; set < 500; set++)
	{
		int			n = draw_int(2, 40);
		int			dim = draw_int(1, 3);
		ScaleMethod scale = set % SCALE_METHODS;
		double	   *input = draw_input(n, dim, false);
		int		   *label = core_alloc(n, sizeof(int));
		KMeansOptions options = {
			.k = draw_int(1, 5), .scale = scale, .n_init = 1, .max_iter = 100,
		};
		Clusters	clusters;
		FitFacts	facts;
		Scorer		scorer;

		fit_kmeans(input, n, dim, &options, NO_LIMIT, label, &clusters, &facts);
		scorer = scorer_create(&clusters);
		for (int i = 0; i < 20; i++)
		{
			double		row[3];
			double		said;
			int			answer;
			long double least = INFINITY;
			long double own = 0;
			long double error = 0;

			for (int j = 0; j < dim; j++)
			{
				row[j] = draw_normal() * pow(10, draw_int(-3, 12));
				error += coordinate_error(&clusters, j, Max(fabs(row[j]), 1000));
			}
			answer = scorer_place(&scorer, row, &said);
			for (int c = 0; c < clusters.k; c++)
			{
				long double sum = 0;

				for (int j = 0; j < dim; j++)
				{
					long double d = coordinate(&clusters, j, row[j]) -
						coordinate(&clusters, j, clusters.centroid[c * dim + j]);

					sum += d * d;
				}
				least = Min(least, sqrtl(sum));
				if (c == answer)
					own = sqrtl(sum);
			}
			check_that(&check, own <= least + 2 * error && near(said, own, 1e-12L, error),
					   "set %d (%s): distance %.17g, is %.17Lg, least %.17Lg", set,
					   scale_name[scale], said, own, least);
		}
		scorer_free(&scorer);
		free_clusters(&clusters);
		pfree(label);
		pfree(input);
	}
	check_end(&check);
}

/* Ties by hand: the lowest number. */
static void
test_ties(void)
{
	static const double centroid[] = {-1, 0, 1, 1, 3};
	static const double unit[] = {1, 1e300, 1e-300, 1e154, 1e-162};
	Check		check = {.name = "a row between two centroids goes to the first"};

	for (int s = 0; s < 5; s++)
	{
		double		scaled[5];
		Clusters	clusters;
		Scorer		scorer;
		double		row;
		double		distance;

		for (int c = 0; c < 5; c++)
			scaled[c] = centroid[c] * unit[s];
		clusters = clusters_at(scaled, 5, 1);
		scorer = scorer_create(&clusters);
		row = -0.5 * unit[s];
		check_that(&check, scorer_place(&scorer, &row, &distance) == 0 &&
				   distance == 0.5 * unit[s], "unit %g: -0.5", unit[s]);
		row = unit[s];
		check_that(&check, scorer_place(&scorer, &row, &distance) == 2 && distance == 0,
				   "unit %g: 1", unit[s]);
		row = 2 * unit[s];
		check_that(&check, scorer_place(&scorer, &row, &distance) == 2 &&
				   distance == unit[s], "unit %g: 2", unit[s]);
		scorer_free(&scorer);
		free_clusters(&clusters);
	}
	check_end(&check);
}

/* A distance of 2^1023 and more in one cluster leaves the others as they are. */
static void
test_largest_distance(void)
{
	static const double input[] = {-1.75e308, -1.75e308, -1.75e308, 0, 0, 0, 1.75e308};
	KMeansOptions options = {.k = 2, .n_init = 5, .max_iter = 100};
	int			label[7];
	Clusters	clusters;
	FitFacts	facts;

	fit_kmeans(input, 7, 1, &options, NO_LIMIT, label, &clusters, &facts);
	tap_ok(clusters.size[0] == 3 && clusters.inertia[0] == 0 && clusters.radius[0] == 0 &&
		   isinf(clusters.inertia[1]) && clusters.radius[1] > 0x1p1023 &&
		   clusters.radius[1] < DBL_MAX && isinf(clusters.inertia_upper),
		   "equal rows have no inertia beside those 2^1023 apart");
	free_clusters(&clusters);
}

/* Means of any size with spreads of any other, as a value from outside may have. */
static void
test_z_of_extremes(void)
{
	static const double size[] = {0x1p-1073, 0x1p-300, 1, 0x1p300, 0x1p1023};
	Check		check = {.name = "z of equal means is 0, of two clusters the same with either sign"};

	for (int mean = 0; mean < 5; mean++)
		for (int spread = 0; spread < 5; spread++)
			for (int k = 1; k <= 2; k++)
			{
				double		centroid[2] = {-size[mean], size[mean]};
				double		z[2] = {0, 0};
				Clusters	clusters = clusters_at(centroid + 2 - k, k, 1);

				for (int c = 0; c < k; c++)
				{
					clusters.size[c] = 1;
					clusters.mean[c] = clusters.centroid[c];
					clusters.spread[c] = size[spread];
				}
				clusters_z(&clusters, z);
				check_that(&check, k == 1 ? z[0] == 0 : z[0] == -z[1] && z[1] >= 0 && z[1] <= 1,
						   "mean %g, spread %g: %g and %g", size[mean], size[spread], z[0], z[1]);
				free_clusters(&clusters);
			}
	check_end(&check);
}

int
main(int argc, char **argv)
{
	static const struct
	{
		const char *what;
		int			low;
		int			high;
	}			range[] = {
		{"ordinary values", -20, 20},
		{"values whose squares overflow", 505, 1024},
		{"values whose squares underflow", -1073, -505},
		{"values of the whole range", -1073, 1024},
	};

	tap_begin(argc, argv);
	test_statistics();
	test_equal_centroids();
	test_extreme_statistics();
	test_largest_distance();
	test_z_of_extremes();
	for (int r = 0; r < 4; r++)
	{
		char		name[2][80];
		Check		nearest = {.name = name[0]};
		Check		distance = {.name = name[1]};

		snprintf(name[0], sizeof(name[0]), "%s: the nearest centroid", range[r].what);
		snprintf(name[1], sizeof(name[1]), "%s: the distance to it", range[r].what);
		test_nearest(range[r].low, range[r].high, &nearest, &distance);
		check_end(&nearest);
		check_end(&distance);
	}
	test_scored_distance();
	test_ties();
	return tap_end();
}
