/*
 * test_ward.c
 *	  The trees of Ward and of average squared distances, against the
 *	  definitions.
 *
 * The core knows clusters by weight, centroid and variance, and looks for
 * neighbours in a kd-tree.  Here the distance of two clusters is taken from
 * their members at every step:
 *
 *	ward		sqrt(2 |A| |B| / (|A| + |B|)) times the distance of the means of
 *				their rows
 *	average		the root of the mean squared distance of a row of one from a row
 *				of the other
 *
 * A tree is right if every merge, in the order of the tree, joins a closest
 * pair at its distance.  On random reals, where no two distances are equal,
 * only one tree is; with ties several are.  Which of these it is must not
 * depend on the order of the rows, nor on how the work is divided.
 */
#include "random.h"
#include "triangle.h"
#include "ward.h"

#include "tap.h"

#define TOLERANCE 1e-9L

typedef enum Tree
{
	WARD,
	AVERAGE,
} Tree;

#define TREES 2

static const char *const tree_name[TREES] = {"ward", "average squared"};

static const int dims[] = {1, 2, 3, 4, 8, 20};

#define DIMS 6

static void
make_tree(const Rows *rows, Tree tree, Merge *merge)
{
	if (tree == WARD)
		ward_tree(rows, merge);
	else
		average_squared_tree(rows, merge);
}

/* What clusters are made of: single rows, or the same row "weight" times. */
typedef struct Members
{
	int			n;
	int			dim;
	const double *x;			/* [n * dim] row by row */
	const double *weight;		/* [n], or NULL for ones */
	int		   *cluster_of;		/* [n] */
	int			clusters;		/* names are below this */
} Members;

static long double
weight_of(const Members *m, int i)
{
	return m->weight ? m->weight[i] : 1;
}

static long double
distance2_of(const Members *m, int i, int k)
{
	long double sum = 0;

	for (int j = 0; j < m->dim; j++)
		sum += ((long double) m->x[i * m->dim + j] - m->x[k * m->dim + j]) *
			((long double) m->x[i * m->dim + j] - m->x[k * m->dim + j]);
	return sum;
}

/* total[c] becomes the weight of cluster c, 0 if there is none of that name. */
static void
total_weights(const Members *m, long double *total)
{
	for (int c = 0; c < m->clusters; c++)
		total[c] = 0;
	for (int i = 0; i < m->n; i++)
		total[m->cluster_of[i]] += weight_of(m, i);
}

/* Twice what a merge adds to the inertia, for all pairs of clusters. */
static void
ward_distances2(const Members *m, const long double *total, long double *distance2)
{
	long double *mean = core_alloc0((Size) m->clusters * m->dim, sizeof(long double));

	for (int i = 0; i < m->n; i++)
		for (int j = 0; j < m->dim; j++)
			mean[m->cluster_of[i] * m->dim + j] += weight_of(m, i) * m->x[i * m->dim + j] /
				total[m->cluster_of[i]];
	for (int a = 0; a < m->clusters; a++)
		for (int b = 0; b < m->clusters; b++)
		{
			long double sum = 0;

			if (a == b || total[a] == 0 || total[b] == 0)
				continue;
			for (int j = 0; j < m->dim; j++)
				sum += (mean[a * m->dim + j] - mean[b * m->dim + j]) *
					(mean[a * m->dim + j] - mean[b * m->dim + j]);
			distance2[a * m->clusters + b] = sum * 2 * total[a] * total[b] / (total[a] + total[b]);
		}
	pfree(mean);
}

/* The mean squared distance of members, for all pairs of clusters. */
static void
average_distances2(const Members *m, const long double *total, long double *distance2)
{
	for (int i = 0; i < m->clusters * m->clusters; i++)
		distance2[i] = 0;
	for (int i = 0; i < m->n; i++)
		for (int k = 0; k < m->n; k++)
		{
			int			a = m->cluster_of[i];
			int			b = m->cluster_of[k];

			if (a != b)
				distance2[a * m->clusters + b] += distance2_of(m, i, k) *
					(weight_of(m, i) / total[a]) * (weight_of(m, k) / total[b]);
		}
}

/*
 * Follow a tree, and check that each merge joins a closest pair, at its
 * distance, and that heights ascend.
 */
static bool
merges_are_closest(Members *m, Tree tree, const Merge *merge, Check *check, const char *what)
{
	int			clusters = m->clusters;
	long double *distance2 = core_alloc((Size) clusters * clusters, sizeof(long double));
	long double *total = core_alloc(clusters, sizeof(long double));
	bool		good = true;

	for (int step = 0; step < clusters - 1 && good; step++)
	{
		int			low = merge[step].low;
		int			high = merge[step].high;
		long double least = INFINITY;
		long double own;

		total_weights(m, total);
		good = check_that(check, low >= 0 && low < high && high < clusters &&
						  total[low] > 0 && total[high] > 0,
						  "%s, %s, step %d: %d and %d are not clusters", tree_name[tree], what,
						  step, low, high);
		if (!good)
			break;
		if (tree == WARD)
			ward_distances2(m, total, distance2);
		else
			average_distances2(m, total, distance2);
		for (int a = 0; a < clusters; a++)
			for (int b = a + 1; b < clusters; b++)
				if (total[a] > 0 && total[b] > 0)
					least = Min(least, distance2[a * clusters + b]);
		least = sqrtl(least);
		own = sqrtl(distance2[low * clusters + high]);
		good = check_that(check, own <= least * (1 + TOLERANCE) &&
						  fabsl(merge[step].height - own) <= TOLERANCE * own &&
						  (step == 0 || merge[step].height >= merge[step - 1].height),
						  "%s, %s, %d clusters, dim %d, step %d: %d and %d at %.17g, apart "
						  "%.17Lg, others %.17Lg",
						  tree_name[tree], what, clusters, m->dim, step, low, high,
						  merge[step].height, own, least);
		for (int i = 0; i < m->n; i++)
			if (m->cluster_of[i] == high)
				m->cluster_of[i] = low;
	}
	pfree(total);
	pfree(distance2);
	return good;
}

/* Random rows, some the same as others if "repeats" is above 1. */
static double *
draw_reals(int n, int dim, int repeats)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);
	bool		skewed = draw_int(0, 1);

	for (int i = 0; i < n; i++)
	{
		int			from = i > 0 && draw_int(1, repeats) > 1 ? draw_int(0, i - 1) : i;

		for (int j = 0; j < dim; j++)
			input[i * dim + j] = from < i ? input[from * dim + j] :
				skewed ? exp(draw_normal()) : draw_normal();
	}
	return input;
}

static double *
draw_integers(int n, int dim, int most)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);

	for (int i = 0; i < n * dim; i++)
		input[i] = draw_int(0, most);
	return input;
}

/* Undo what rows_normalise did to heights. */
static void
scale_heights(Merge *merge, int n, int exponent)
{
	for (int step = 0; step < n - 1; step++)
		merge[step].height = ldexp(merge[step].height, exponent);
}

/* Make the tree of an input, every row of which is a member, and follow it. */
static void
check_input(const double *input, int n, int dim, Tree tree, Check *check, const char *what)
{
	int		   *row_of = core_alloc(n, sizeof(int));
	Rows		rows = rows_canonical(input, n, dim, row_of);
	Merge	   *merge = core_alloc(rows.n, sizeof(Merge));
	Members		members = {n, dim, input, NULL, row_of, rows.n};
	int			exponent = rows_normalise(&rows);

	make_tree(&rows, tree, merge);
	scale_heights(merge, rows.n, exponent);
	if (rows.n > 1)
		merges_are_closest(&members, tree, merge, check, what);
	pfree(merge);
	pfree(row_of);
	rows_free(&rows);
}

/* Random reals: one row, two, three and more, in several dimensions. */
static void
test_definition(void)
{
	for (Tree tree = 0; tree < TREES; tree++)
	{
		char		name[80];
		Check		check = {.name = name};

		snprintf(name, sizeof(name), "%s: every merge joins the closest two", tree_name[tree]);
		for (int n = 1; n <= 50; n += n < 24 ? 1 : 13)
			for (int d = 0; d < DIMS; d++)
			{
				double	   *input = draw_reals(n, dims[d], 1);

				check_input(input, n, dims[d], tree, &check, "reals");
				pfree(input);
			}
		check_end(&check);
	}
}

static void
test_repeated(void)
{
	for (Tree tree = 0; tree < TREES; tree++)
	{
		char		name[80];
		Check		check = {.name = name};

		snprintf(name, sizeof(name), "%s: repeated rows count one by one", tree_name[tree]);
		for (int set = 0; set < 60; set++)
		{
			int			n = draw_int(2, 40);
			int			dim = dims[set % DIMS];
			double	   *input = draw_reals(n, dim, draw_int(2, 4));

			check_input(input, n, dim, tree, &check, "repeated");
			pfree(input);
		}
		check_end(&check);
	}
}

/* Lattices, where nearly every merge has a tie. */
static void
test_ties(void)
{
	for (Tree tree = 0; tree < TREES; tree++)
	{
		char		name[80];
		Check		check = {.name = name};

		snprintf(name, sizeof(name), "%s: of tied pairs one of the closest is merged",
				 tree_name[tree]);
		for (int set = 0; set < 120; set++)
		{
			int			n = draw_int(2, set % 10 ? 30 : 60);
			int			dim = draw_int(1, 4);
			double	   *input = draw_integers(n, dim, draw_int(1, 9));

			check_input(input, n, dim, tree, &check, "integers");
			pfree(input);
		}
		check_end(&check);
	}
}

/* Rows that stand for up to a million equal ones, as cells of a sketch do. */
static void
test_weights(void)
{
	for (Tree tree = 0; tree < TREES; tree++)
	{
		char		name[80];
		Check		check = {.name = name};

		snprintf(name, sizeof(name), "%s: weights from 1 to a million", tree_name[tree]);
		for (int set = 0; set < 60; set++)
		{
			int			n = draw_int(2, 40);
			int			dim = dims[set % DIMS];
			double	   *input = draw_reals(n, dim, 1);
			int		   *row_of = core_alloc(n, sizeof(int));
			Rows		rows = rows_canonical(input, n, dim, row_of);
			Merge	   *merge = core_alloc(n, sizeof(Merge));
			double	   *weight = core_alloc(n, sizeof(double));
			Members		members = {n, dim, input, weight, row_of, n};
			int			exponent = rows_normalise(&rows);

			for (int i = 0; i < n; i++)
				weight[i] = rows.weight[row_of[i]] =
					draw_int(0, 1) ? draw_int(1, 1000000) : draw_int(1, 3);
			make_tree(&rows, tree, merge);
			scale_heights(merge, n, exponent);
			merges_are_closest(&members, tree, merge, &check, "weights");
			pfree(weight);
			pfree(merge);
			pfree(row_of);
			pfree(input);
			rows_free(&rows);
		}
		check_end(&check);
	}
}

/* Cells of several rows, known by mean and variance: averages are those of the rows. */
static void
test_cells(void)
{
	Check		average = {.name = "average squared: cells count like the rows in them"};
	Check		ward = {.name = "ward: what cells vary within does not matter"};

	for (int set = 0; set < 60; set++)
	{
		int			cells = draw_int(2, 15);
		int			n = cells * 3;
		int			dim = draw_int(1, 3);
		double	   *input = draw_reals(n, dim, 1);
		int		   *cell_of = core_alloc(n, sizeof(int));
		Merge	   *merge = core_alloc(cells, sizeof(Merge));
		Merge	   *other = core_alloc(cells, sizeof(Merge));
		Members		members = {n, dim, input, NULL, cell_of, cells};
		Rows		rows = {
			.n = cells,
			.dim = dim,
			.x = core_alloc0((Size) cells * dim, sizeof(double)),
			.weight = core_alloc0(cells, sizeof(double)),
			.variance = core_alloc0((Size) cells * dim, sizeof(double)),
		};
		double	   *variance = rows.variance;

		/* canonical order is not needed for this: names are the cells' numbers */
		for (int i = 0; i < n; i++)
		{
			cell_of[i] = i < cells ? i : draw_int(0, cells - 1);
			rows.weight[cell_of[i]]++;
		}
		for (int i = 0; i < n; i++)
			for (int j = 0; j < dim; j++)
				rows.x[j * cells + cell_of[i]] += input[i * dim + j] / rows.weight[cell_of[i]];
		for (int i = 0; i < n; i++)
			for (int j = 0; j < dim; j++)
			{
				double		d = input[i * dim + j] - rows.x[j * cells + cell_of[i]];

				variance[j * cells + cell_of[i]] += d * d / rows.weight[cell_of[i]];
			}
		average_squared_tree(&rows, merge);
		merges_are_closest(&members, AVERAGE, merge, &average, "cells");

		ward_tree(&rows, merge);
		rows.variance = NULL;
		ward_tree(&rows, other);
		check_that(&ward, memcmp(merge, other, sizeof(Merge) * (cells - 1)) == 0, "set %d", set);
		pfree(variance);
		pfree(rows.x);
		pfree(rows.weight);
		pfree(other);
		pfree(merge);
		pfree(cell_of);
		pfree(input);
	}
	check_end(&average);
	check_end(&ward);
}

/*
 * All vertices of a regular simplex, and all unions of them, are equally far
 * apart, so that rounding alone says whether a parent is above its child.
 */
static void
test_simplex(void)
{
	for (Tree tree = 0; tree < TREES; tree++)
	{
		char		name[80];
		Check		check = {.name = name};

		snprintf(name, sizeof(name), "%s: heights ascend where rounding would not have it",
				 tree_name[tree]);
		for (int set = 0; set < 60; set++)
		{
			int			n = draw_int(3, 30);
			double		side = draw_unit();
			double	   *input = core_alloc(n, sizeof(double) * n);

			for (int j = 0; j < n; j++)
			{
				double		offset = draw_unit();

				for (int i = 0; i < n; i++)
					input[i * n + j] = i == j ? offset + side : offset;
			}
			check_input(input, n, n, tree, &check, "simplex");
			pfree(input);
		}
		check_end(&check);
	}
}

/*
 * A cluster in rounds as ward.c describes them, but with all pairs looked at;
 * clusters are numbered by name.
 */
typedef struct Cluster
{
	double		weight;			/* 0 when there is none of that name */
	double		variance;
	double	   *centroid;
	bool		looks;
	int			nearest;
	double		distance;
} Cluster;

static double
distance_by_formula(const Cluster *a, const Cluster *b, int dim, Tree tree)
{
	double		d2 = 0;

	for (int j = 0; j < dim; j++)
		d2 += (a->centroid[j] - b->centroid[j]) * (a->centroid[j] - b->centroid[j]);
	return tree == WARD ? d2 / (1 / a->weight + 1 / b->weight) :
		d2 + (a->variance + b->variance);
}

/* Does the pair (a, b) come before (c, d), in the order of distances and hashes? */
static bool
comes_before(int a, int b, double distance, int c, int d, double other)
{
	Random		one = {(uint64) Min(a, b) << 32 | (uint64) Max(a, b)};
	Random		two = {(uint64) Min(c, d) << 32 | (uint64) Max(c, d)};

	return distance != other ? distance < other : random_bits(&one) < random_bits(&two);
}

static void
look_at_all(Cluster *cluster, int n, int i, int dim, Tree tree)
{
	cluster[i].nearest = -1;
	for (int k = 0; k < n; k++)
	{
		double		distance;

		if (k == i || cluster[k].weight == 0)
			continue;
		distance = distance_by_formula(&cluster[i], &cluster[k], dim, tree);
		if (cluster[i].nearest < 0 ||
			comes_before(i, k, distance, i, cluster[i].nearest, cluster[i].distance))
		{
			cluster[i].nearest = k;
			cluster[i].distance = distance;
		}
	}
}

static void
unite_clusters(Cluster *a, Cluster *b, int dim)
{
	double		w = a->weight + b->weight;
	double		d2 = 0;

	for (int j = 0; j < dim; j++)
	{
		d2 += (a->centroid[j] - b->centroid[j]) * (a->centroid[j] - b->centroid[j]);
		a->centroid[j] = (a->weight * a->centroid[j] + b->weight * b->centroid[j]) / w;
	}
	a->variance = (a->weight * a->variance + b->weight * b->variance) / w +
		a->weight / w * (b->weight / w) * d2;
	a->weight = w;
	b->weight = 0;
}

/* The merges in the order of rounds; heights as distances. */
static void
merge_by_rounds(const Rows *rows, Tree tree, Merge *merge)
{
	int			n = rows->n;
	int			merges = 0;
	Cluster    *cluster = core_alloc0(n, sizeof(Cluster));
	double	   *centroid = core_alloc(n, sizeof(double) * rows->dim);

	for (int i = 0; i < n; i++)
	{
		cluster[i] = (Cluster) {rows->weight[i], 0, centroid + i * rows->dim, true, -1, 0};
		for (int j = 0; j < rows->dim; j++)
			cluster[i].centroid[j] = rows->x[j * n + i];
	}
	while (merges < n - 1)
	{
		for (int i = 0; i < n; i++)
			if (cluster[i].weight > 0 && cluster[i].looks)
				look_at_all(cluster, n, i, rows->dim, tree);
		for (int i = 0; i < n; i++)
		{
			Cluster    *told = &cluster[cluster[i].nearest];

			if (cluster[i].weight > 0 && cluster[i].looks &&
				comes_before(i, cluster[i].nearest, cluster[i].distance,
							 cluster[i].nearest, told->nearest, told->distance))
			{
				told->nearest = i;
				told->distance = cluster[i].distance;
			}
			cluster[i].looks = false;
		}
		for (int i = 0; i < n; i++)
		{
			int			k = cluster[i].nearest;

			if (cluster[i].weight == 0 || cluster[i].looks || k < i || cluster[k].nearest != i)
				continue;
			merge[merges++] = (Merge) {i, k, cluster[i].distance};
			unite_clusters(&cluster[i], &cluster[k], rows->dim);
			for (int other = 0; other < n; other++)
				if (other != k && (cluster[other].nearest == i || cluster[other].nearest == k))
				{
					cluster[other].looks = true;
					cluster[other].nearest = n;	/* nobody's */
				}
			cluster[i].looks = true;
			cluster[i].nearest = n;
		}
		for (int i = 0; i < n; i++)
			if (cluster[i].nearest == n)
				cluster[i].nearest = 0;
	}
	pfree(centroid);
	pfree(cluster);
}

/* The search finds exactly what looking at all pairs finds, ties too. */
static void
test_rounds(void)
{
	Check		check = {.name = "the tree is that of rounds which look at all pairs, ties too"};

	for (int set = 0; set < 200; set++)
	{
		int			n = draw_int(2, set % 10 ? 150 : 500);
		int			dim = dims[set % DIMS];
		Tree		tree = set % TREES;
		double	   *input = set % 4 > 1 ? draw_reals(n, dim, 2) :
			draw_integers(n, dim, draw_int(1, 20));
		int		   *row_of = core_alloc(n, sizeof(int));
		Merge	   *merge = core_alloc(n, sizeof(Merge));
		Merge	   *wanted = core_alloc(n, sizeof(Merge));
		int		   *merged_to = core_alloc0(n, sizeof(int));
		double	   *height = core_alloc0(n, sizeof(double));
		Rows		rows = rows_canonical(input, n, dim, row_of);

		rows_normalise(&rows);
		make_tree(&rows, tree, merge);
		merge_by_rounds(&rows, tree, wanted);

		/* a name is merged away but once, so the order of merges does not matter */
		for (int step = 0; step < rows.n - 1; step++)
		{
			merged_to[wanted[step].high] = wanted[step].low;
			height[wanted[step].high] =
				sqrt(tree == WARD ? 2 * wanted[step].height : wanted[step].height);
		}
		for (int step = 0; step < rows.n - 1; step++)
			check_that(&check, merged_to[merge[step].high] == merge[step].low &&
					   fabs(merge[step].height - height[merge[step].high]) <=
					   1e-12 * merge[step].height,
					   "%s, set %d, %d rows, dim %d, step %d", tree_name[tree], set, rows.n, dim,
					   step);
		rows_free(&rows);
		pfree(height);
		pfree(merged_to);
		pfree(wanted);
		pfree(merge);
		pfree(row_of);
		pfree(input);
	}
	check_end(&check);
}

/* More rows than the definition can do: the tree of the triangle of distances. */
static void
test_triangle(void)
{
	static const int sizes[] = {100, 333, 1200};
	Check		cuts = {.name = "ward: the same clusters as linkage_tree at every k"};
	Check		heights = {.name = "ward: at the same heights"};

	for (int set = 0; set < 3 * DIMS; set++)
	{
		int			n = sizes[set / DIMS];
		int			dim = dims[set % DIMS];
		double	   *input = draw_reals(n, dim, set % 2 + 1);
		int		   *label[2] = {core_alloc(n, sizeof(int)), core_alloc(n, sizeof(int))};
		Merge	   *merge = core_alloc(n, sizeof(Merge));
		Merge	   *other = core_alloc(n, sizeof(Merge));
		Rows		rows = rows_canonical(input, n, dim, label[0]);

		rows_normalise(&rows);
		ward_tree(&rows, merge);
		triangle_tree(&rows, LINKAGE_WARD, other);
		for (int k = 1; k <= rows.n; k += k < 50 ? 1 : 11)
		{
			dendrogram_cut_at_count(merge, rows.n, k, label[0]);
			dendrogram_cut_at_count(other, rows.n, k, label[1]);
			check_that(&cuts, memcmp(label[0], label[1], sizeof(int) * rows.n) == 0,
					   "n %d, dim %d, k %d", rows.n, dim, k);
		}
		for (int step = 0; step < rows.n - 1; step++)
			check_that(&heights, fabs(merge[step].height - other[step].height) <=
					   1e-9 * other[step].height, "n %d, dim %d, step %d", rows.n, dim, step);
		rows_free(&rows);
		pfree(other);
		pfree(merge);
		pfree(label[0]);
		pfree(label[1]);
		pfree(input);
	}
	check_end(&cuts);
	check_end(&heights);
}

/* Another order of the rows, or another division of the work, gives the same bytes. */
static void
test_order(void)
{
	static const int64 shares[] = {1, 3, 50};
	Check		shuffled = {.name = "shuffled rows give the same tree"};
	Check		shared = {.name = "work shared by several gives the same tree"};

	for (int set = 0; set < 60; set++)
	{
		int			n = draw_int(2, set % 6 ? 150 : 400);
		int			dim = draw_int(1, 5);
		Tree		tree = set % TREES;
		double	   *input = set % 4 > 1 ? draw_reals(n, dim, 2) : draw_integers(n, dim, 12);
		int		   *order = core_alloc(n, sizeof(int));
		int		   *row_of = core_alloc(n, sizeof(int));
		Merge	   *merge = core_alloc0(n, sizeof(Merge));
		Merge	   *other = core_alloc0(n, sizeof(Merge));
		Rows		rows = rows_canonical(input, n, dim, row_of);
		double	   *copy;

		rows_normalise(&rows);
		make_tree(&rows, tree, merge);
		crew_share = shares[set % 3];
		make_tree(&rows, tree, other);
		crew_share = 0;
		check_that(&shared, memcmp(merge, other, sizeof(Merge) * n) == 0, "set %d", set);
		rows_free(&rows);

		draw_order(n, order);
		copy = reordered(input, n, dim, order);
		rows = rows_canonical(copy, n, dim, row_of);
		rows_normalise(&rows);
		make_tree(&rows, tree, other);
		check_that(&shuffled, memcmp(merge, other, sizeof(Merge) * n) == 0, "set %d", set);
		rows_free(&rows);

		pfree(copy);
		pfree(other);
		pfree(merge);
		pfree(row_of);
		pfree(order);
		pfree(input);
	}
	check_end(&shuffled);
	check_end(&shared);
}

/* A tree of all n rows, whose heights are numbers, or infinite, and ascend. */
static bool
is_tree(const Merge *merge, int n)
{
	bool	   *gone = core_alloc0(n, sizeof(bool));
	bool		good = true;

	for (int step = 0; step < n - 1 && good; step++)
	{
		int			low = merge[step].low;
		int			high = merge[step].high;

		good = low >= 0 && low < high && high < n && !gone[low] && !gone[high] &&
			merge[step].height >= (step > 0 ? merge[step - 1].height : 0);
		if (good)
			gone[high] = true;
	}
	pfree(gone);
	return good;
}

/*
 * Rows that nobody has normalised: squares underflow to zero or overflow, sums
 * overflow, and even then there is a tree.
 */
static void
test_extremes(void)
{
	static const double values[] = {
		0, 5e-324, 1e-320, -5e-324, 1e-150, 1e-160, 1, 1e150, -1e150, 1e154, 1e200, 1.7e308,
		-1.7e308,
	};
	Check		check = {.name = "extreme values: some tree, with heights that ascend"};

	for (int set = 0; set < 300; set++)
	{
		int			n = draw_int(1, 120);
		int			dim = draw_int(1, 5);
		int			least = draw_int(0, 12);
		int			most = draw_int(least, 12);
		double	   *input = core_alloc(n, sizeof(double) * dim);
		int		   *row_of = core_alloc(n, sizeof(int));
		Merge	   *merge = core_alloc(n, sizeof(Merge));
		Rows		rows;

		for (int i = 0; i < n * dim; i++)
			input[i] = values[draw_int(least, most)] * (set % 2 ? 1 : draw_unit());
		rows = rows_canonical(input, n, dim, row_of);
		if (set % 5 == 0)
			for (int i = 0; i < rows.n; i++)
				rows.weight[i] = draw_int(1, 1000000);
		make_tree(&rows, set % TREES, merge);
		check_that(&check, is_tree(merge, rows.n), "set %d", set);
		rows_free(&rows);
		pfree(merge);
		pfree(row_of);
		pfree(input);
	}
	check_end(&check);
}

/*
 * Gaps that grow steadily let only one pair merge in a round.  A pass over all
 * rows in every round would be 10^8 steps here, and looking at most of the
 * tree thousands of leaves, with a poll for each thousand, in every round.
 */
static void
test_chain(void)
{
	int			n = 20000;
	double	   *input = core_alloc(n, sizeof(double));
	int		   *row_of = core_alloc(n, sizeof(int));
	Merge	   *merge = core_alloc(n, sizeof(Merge));
	long		polls;
	Rows		rows;

	for (int i = 0; i < n; i++)
		input[i] = (double) i * i;
	rows = rows_canonical(input, n, 1, row_of);
	rows_normalise(&rows);
	polls = core_polls;
	ward_tree(&rows, merge);
	polls = core_polls - polls;
	tap_ok(is_tree(merge, n) && polls < n, "a chain in which one pair a round can merge");
	rows_free(&rows);
	pfree(merge);
	pfree(row_of);
	pfree(input);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_definition();
	test_repeated();
	test_ties();
	test_weights();
	test_cells();
	test_simplex();
	test_rounds();
	test_triangle();
	test_order();
	test_extremes();
	test_chain();
	return tap_end();
}
