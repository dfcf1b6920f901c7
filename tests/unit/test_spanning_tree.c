/*
 * test_spanning_tree.c
 *	  Minimum spanning trees and single linkage, against the definitions.
 *
 * Edges have a total order: distance, plain distance, lower row, higher row.
 * The only minimum spanning tree is then the one that Kruskal's algorithm
 * makes: sort the edges of all pairs, and take each that joins two components.
 * The core's edges have to be the same, in the same order, with the same bits;
 * ties or not, in plain distance or mutual reachability.
 *
 * Single linkage: on random reals the tree is that of linkage_tree; with ties
 * the clusters at every height are, and every merge joins two clusters that
 * have members at its height and none nearer.
 */
#include "core_distance.h"
#include "spanning_tree.h"
#include "triangle.h"

#include "tap.h"

static const int dims[] = {1, 2, 3, 4, 5, 8, 20};

#define DIMS 7

static double *
draw_input(int n, int dim, int most)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);

	for (int i = 0; i < n * dim; i++)
		input[i] = most > 0 ? draw_int(0, most) : draw_normal();
	return input;
}

/* Normalised canonical rows: reals, or integers up to "most". */
static Rows
draw_rows(int n, int dim, int most)
{
	double	   *input = draw_input(n, dim, most);
	int		   *row_of = core_alloc(n, sizeof(int));
	Rows		rows = rows_canonical(input, n, dim, row_of);

	rows_normalise(&rows);
	pfree(row_of);
	pfree(input);
	return rows;
}

/* The squared distance that counts for two rows. */
static double
distance2_of(const Rows *rows, const double *core2, int a, int b)
{
	double		sum = 0;

	for (int j = 0; j < rows->dim; j++)
	{
		double		d = rows->x[(Size) j * rows->n + a] - rows->x[(Size) j * rows->n + b];

		sum += d * d;
	}
	return core2 ? Max(sum, Max(core2[a], core2[b])) : sum;
}

/* Two rows a < b, with the squares of the distance that counts and of the plain one. */
typedef struct Pair
{
	int			a;
	int			b;
	double		distance2;
	double		plain2;
} Pair;

static int
compare_pairs(const void *p, const void *q)
{
	const Pair *one = p;
	const Pair *other = q;

	if (one->distance2 != other->distance2)
		return one->distance2 < other->distance2 ? -1 : 1;
	if (one->plain2 != other->plain2)
		return one->plain2 < other->plain2 ? -1 : 1;
	if (one->a != other->a)
		return one->a - other->a;
	return one->b - other->b;
}

/* Kruskal's algorithm. */
static void
kruskal(const Rows *rows, const double *core2, Edge *edge)
{
	int			n = rows->n;
	Pair	   *all = core_alloc((Size) n * (n - 1) / 2, sizeof(Pair));
	int		   *component = core_alloc(n, sizeof(int));
	int			pairs = 0;
	int			edges = 0;

	for (int a = 0; a < n; a++)
	{
		component[a] = a;
		for (int b = a + 1; b < n; b++)
			all[pairs++] = (Pair) {a, b, distance2_of(rows, core2, a, b),
			distance2_of(rows, NULL, a, b)};
	}
	qsort(all, pairs, sizeof(Pair), compare_pairs);
	for (int i = 0; i < pairs && edges < n - 1; i++)
	{
		int			one = component[all[i].a];
		int			other = component[all[i].b];

		if (one == other)
			continue;
		for (int k = 0; k < n; k++)
			if (component[k] == other)
				component[k] = one;
		edge[edges++] = (Edge) {all[i].a, all[i].b, sqrt(all[i].distance2)};
	}
	pfree(component);
	pfree(all);
}

static bool
same_edges(const Edge *one, const Edge *other, int count)
{
	for (int i = 0; i < count; i++)
		if (one[i].a != other[i].a || one[i].b != other[i].b ||
			one[i].distance != other[i].distance)
			return false;
	return true;
}

static void
test_kruskal(void)
{
	Check		plain = {.name = "Euclidean: the edges are Kruskal's, ties too"};
	Check		mutual = {.name = "mutual reachability: the edges are Kruskal's"};
	Check		any = {.name = "any core distances: the edges are Kruskal's"};

	for (int set = 0; set < 500; set++)
	{
		int			dim = dims[set % DIMS];
		Rows		rows = draw_rows(set < 60 ? set / 10 + 1 : draw_int(1, set % 10 ? 60 : 250),
									 dim, set % 2 ? draw_int(1, 8) : 0);
		Edge	   *edge = core_alloc(rows.n, sizeof(Edge));
		Edge	   *wanted = core_alloc(rows.n, sizeof(Edge));
		double	   *core2 = NULL;

		if (set % 3 == 1)
		{
			core2 = core_alloc(rows.n, sizeof(double));
			core_distances2(&rows, draw_int(1, 10), core2);
		}
		else if (set % 3 == 2)
		{
			/* few values, so that they tie with each other and with distances */
			core2 = core_alloc(rows.n, sizeof(double));
			for (int i = 0; i < rows.n; i++)
				core2[i] = draw_int(0, 4) * 0x1p-6;
		}
		spanning_tree(&rows, core2, edge);
		kruskal(&rows, core2, wanted);
		check_that(set % 3 == 0 ? &plain : set % 3 == 1 ? &mutual : &any,
				   same_edges(edge, wanted, rows.n - 1), "set %d, n %d, dim %d", set, rows.n, dim);
		if (core2)
			pfree(core2);
		pfree(wanted);
		pfree(edge);
		rows_free(&rows);
	}
	check_end(&plain);
	check_end(&mutual);
	check_end(&any);
}

static void
test_reals(void)
{
	Check		tree = {.name = "single linkage on reals: the tree of linkage_tree, bit for bit"};

	for (int set = 0; set < 100; set++)
	{
		Rows		rows = draw_rows(draw_int(1, set % 10 ? 100 : 1000), dims[set % DIMS], 0);
		Merge	   *merge = core_alloc0(rows.n, sizeof(Merge));
		Merge	   *other = core_alloc0(rows.n, sizeof(Merge));

		single_linkage_tree(&rows, merge);
		triangle_tree(&rows, LINKAGE_SINGLE, other);
		check_that(&tree, memcmp(merge, other, sizeof(Merge) * rows.n) == 0, "set %d, n %d, dim %d",
				   set, rows.n, rows.dim);
		pfree(other);
		pfree(merge);
		rows_free(&rows);
	}
	check_end(&tree);
}

/* Is the least distance between members of clusters low and high at this height? */
static bool
is_distance(const Rows *rows, const int *cluster, int low, int high, double height)
{
	double		least = INFINITY;

	for (int a = 0; a < rows->n; a++)
		for (int b = 0; b < rows->n; b++)
			if (cluster[a] == low && cluster[b] == high)
				least = Min(least, distance2_of(rows, NULL, a, b));
	return sqrt(least) == height;
}

/*
 * With ties: heights are exact, and ascend; clusters at every height are
 * those of linkage_tree, which follows the definition.
 */
static void
test_ties(void)
{
	Check		merges = {.name = "single linkage with ties: merges at the clusters' distance"};
	Check		heights = {.name = "... heights are those of linkage_tree, bit for bit"};
	Check		cuts = {.name = "... and at every height so are the clusters"};

	for (int set = 0; set < 150; set++)
	{
		Rows		rows = draw_rows(draw_int(2, 70), draw_int(1, 4), draw_int(1, 12));
		int			n = rows.n;
		Merge	   *merge = core_alloc(n, sizeof(Merge));
		Merge	   *other = core_alloc(n, sizeof(Merge));
		int		   *cluster = core_alloc(n, sizeof(int));
		int		   *wanted = core_alloc(n, sizeof(int));

		single_linkage_tree(&rows, merge);
		triangle_tree(&rows, LINKAGE_SINGLE, other);
		for (int i = 0; i < n; i++)
			cluster[i] = i;
		for (int step = 0; step < n - 1; step++)
		{
			int			low = merge[step].low;
			int			high = merge[step].high;

			check_that(&merges, low < high && is_distance(&rows, cluster, low, high,
														  merge[step].height),
					   "set %d, step %d: %d and %d", set, step, low, high);
			check_that(&heights, merge[step].height == other[step].height, "set %d, step %d",
					   set, step);
			for (int i = 0; i < n; i++)
				if (cluster[i] == high)
					cluster[i] = low;
		}
		for (int step = 0; step < n - 1; step++)
		{
			dendrogram_cut_at_height(merge, n, merge[step].height, cluster);
			dendrogram_cut_at_height(other, n, merge[step].height, wanted);
			check_that(&cuts, memcmp(cluster, wanted, sizeof(int) * n) == 0, "set %d, step %d",
					   set, step);
		}
		pfree(wanted);
		pfree(cluster);
		pfree(other);
		pfree(merge);
		rows_free(&rows);
	}
	check_end(&merges);
	check_end(&heights);
	check_end(&cuts);
}

/* Another order of the rows, or another division of the work, gives the same bytes. */
static void
test_order(void)
{
	static const int64 shares[] = {1, 3, 50};
	Check		shuffled = {.name = "shuffled rows give the same edges"};
	Check		shared = {.name = "work shared by several gives the same edges"};

	for (int set = 0; set < 60; set++)
	{
		int			n = draw_int(1, set % 6 ? 150 : 400);
		int			dim = draw_int(1, 5);
		double	   *input = draw_input(n, dim, set % 4 > 1 ? 12 : 0);
		int		   *order = core_alloc(n, sizeof(int));
		int		   *row_of = core_alloc(n, sizeof(int));
		Edge	   *edge = core_alloc0(n, sizeof(Edge));
		Edge	   *other = core_alloc0(n, sizeof(Edge));
		Rows		rows = rows_canonical(input, n, dim, row_of);
		double	   *core2;
		double	   *copy;

		rows_normalise(&rows);
		core2 = set % 2 ? core_alloc(rows.n, sizeof(double)) : NULL;
		if (core2)
			core_distances2(&rows, 5, core2);
		spanning_tree(&rows, core2, edge);
		crew_share = shares[set % 3];
		spanning_tree(&rows, core2, other);
		crew_share = 0;
		check_that(&shared, memcmp(edge, other, sizeof(Edge) * n) == 0, "set %d", set);
		rows_free(&rows);

		draw_order(n, order);
		copy = reordered(input, n, dim, order);
		rows = rows_canonical(copy, n, dim, row_of);
		rows_normalise(&rows);
		spanning_tree(&rows, core2, other);
		check_that(&shuffled, memcmp(edge, other, sizeof(Edge) * n) == 0, "set %d", set);
		rows_free(&rows);

		if (core2)
			pfree(core2);
		pfree(copy);
		pfree(other);
		pfree(edge);
		pfree(row_of);
		pfree(order);
		pfree(input);
	}
	check_end(&shuffled);
	check_end(&shared);
}

/* A square lattice, of which every edge of the tree has the same length. */
static void
test_lattice(void)
{
	int			side = 150;
	int			n = side * side;
	double	   *input = core_alloc(n, 2 * sizeof(double));
	int		   *row_of = core_alloc(n, sizeof(int));
	Edge	   *edge = core_alloc(n, sizeof(Edge));
	bool		good = true;
	long		polls;
	Rows		rows;

	for (int i = 0; i < n; i++)
	{
		input[2 * i] = i / side;
		input[2 * i + 1] = i % side;
	}
	rows = rows_canonical(input, n, 2, row_of);
	polls = core_polls;
	spanning_tree(&rows, NULL, edge);
	polls = core_polls - polls;
	for (int i = 0; i < n - 1; i++)
		good &= edge[i].distance == 1;
	tap_ok(good && polls < n / 10, "a lattice of 22500 rows is no more work than others");
	rows_free(&rows);
	pfree(edge);
	pfree(row_of);
	pfree(input);
}

/* Rows that nobody has normalised: there is a tree, and its lengths ascend. */
static void
test_extremes(void)
{
	static const double values[] = {
		0, 5e-324, 1e-320, -5e-324, 1e-150, 1e-160, 1, 1e150, -1e150, 1e154, 1e200, 1.7e308,
		-1.7e308,
	};
	Check		check = {.name = "extreme values: some tree, with lengths that ascend"};

	for (int set = 0; set < 300; set++)
	{
		int			n = draw_int(1, 120);
		int			dim = draw_int(1, 5);
		int			least = draw_int(0, 12);
		int			most = draw_int(least, 12);
		double	   *input = core_alloc(n, sizeof(double) * dim);
		int		   *row_of = core_alloc(n, sizeof(int));
		int		   *label = core_alloc(n, sizeof(int));
		Merge	   *merge = core_alloc(n, sizeof(Merge));
		bool		good = true;
		Rows		rows;

		for (int i = 0; i < n * dim; i++)
			input[i] = values[draw_int(least, most)] * (set % 2 ? 1 : draw_unit());
		rows = rows_canonical(input, n, dim, row_of);
		single_linkage_tree(&rows, merge);
		for (int step = 0; step < rows.n - 1; step++)
			good &= merge[step].height >= (step > 0 ? merge[step - 1].height : 0);
		check_that(&check, good && dendrogram_cut_at_count(merge, rows.n, 1, label) == 1,
				   "set %d", set);
		rows_free(&rows);
		pfree(merge);
		pfree(label);
		pfree(row_of);
		pfree(input);
	}
	check_end(&check);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_kruskal();
	test_reals();
	test_ties();
	test_order();
	test_lattice();
	test_extremes();
	return tap_end();
}
