/*
 * test_hdbscan.c
 *	  Core distances, clusters, noise and outlier scores, against the
 *	  definitions.
 *
 * The definition, on input rows one by one, equal ones too, with all pairs of
 * them: the core distance is the min_samples-th of the sorted distances to
 * all rows, the row itself among them.  Rows reach each other at the greatest
 * of distance and core distances.  All pairs of rows are sorted by that, then
 * by their distance, then by their canonical rows.  From the whole down, the
 * last place in this order is sought before which the pairs do not link all
 * rows of a cluster; those that they do link are gathered by a search; parts of
 * min_cluster_size rows and more are clusters, the other rows leave.  Nothing
 * of that knows of a spanning tree.
 *
 * Selection compares sums of stabilities.  Where two of them differ by no more
 * than rounding, nothing is claimed about labels; such sets are rare.
 */
#include "core_distance.h"
#include "hdbscan.h"

#include "tap.h"

/* A node of the condensed tree: its rows are members[]. */
typedef struct Node
{
	int			parent;			/* -1 for the whole */
	double		birth;
	double		last;			/* least height at which a row leaves it, or one below */
	double		stability;
	double		below;			/* of the best selection among those below */
	bool		selected;
	int			count;
	int		   *members;
} Node;

/* The condensed tree of n rows by the definition. */
typedef struct Naive
{
	int			n;
	int			min_cluster_size;
	const int  *place;			/* [n * n] of a pair in the order of all */
	const double *height_at;	/* [place] mutual reachability */
	int			npairs;
	Node	   *node;			/* a parent comes before its children */
	int			nnodes;
	int		   *left;			/* [n] the node that a row leaves */
	double	   *height;			/* [n] at which it does */
	int		   *label;
	bool		close;			/* two selections differ by little or nothing */
} Naive;

static double
density_at(double height)
{
	return height > 0 ? 1 / height : INFINITY;
}

static double
excess(double height, double birth)
{
	return height < birth ? density_at(height) - density_at(birth) : 0;
}

static int
ascending(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* part[] of each of members[] becomes the number of its component by pairs before a place. */
static int
find_parts(const Naive *t, const int *members, int count, int place, int *part)
{
	int		   *queue = core_alloc(count, sizeof(int));
	int			parts = 0;

	for (int i = 0; i < count; i++)
		part[i] = -1;
	for (int i = 0; i < count; i++)
	{
		int			head = 0;
		int			tail = 0;

		if (part[i] >= 0)
			continue;
		part[i] = parts;
		queue[tail++] = i;
		while (head < tail)
		{
			int			a = queue[head++];

			for (int b = 0; b < count; b++)
				if (part[b] < 0 && t->place[members[a] * t->n + members[b]] < place)
				{
					part[b] = parts;
					queue[tail++] = b;
				}
		}
		parts++;
	}
	pfree(queue);
	return parts;
}

/* The place of the pair that links them all, those before "place" do: by bisection. */
static int
last_link(const Naive *t, const int *members, int count, int place, int *part)
{
	int			apart = 0;

	while (place - apart > 1)
	{
		int			middle = apart + (place - apart) / 2;

		if (find_parts(t, members, count, middle, part) > 1)
			apart = middle;
		else
			place = middle;
	}
	return apart;
}

/* Members that pairs before "place" link. */
static void
descend(Naive *t, int parent, int *members, int count, double birth, int place)
{
	int			self = t->nnodes++;
	int		   *part = core_alloc(count, sizeof(int));
	int		   *size = core_alloc(t->n, sizeof(int));
	int		   *alive = core_alloc(count, sizeof(int));
	int			nalive = count;
	double		below = 0;
	Node	   *node = &t->node[self];

	*node = (Node) {parent, birth, INFINITY, 0, 0, false, count, members};
	memcpy(alive, members, sizeof(int) * count);
	while (nalive > 0)
	{
		double		height;
		int			parts;
		int			large = 0;
		int			kept = 0;

		place = last_link(t, alive, nalive, place, part);
		height = t->height_at[place];
		parts = find_parts(t, alive, nalive, place, part);
		memset(size, 0, sizeof(int) * t->n);
		for (int i = 0; i < nalive; i++)
			size[part[i]]++;
		for (int p = 0; p < parts; p++)
			large += size[p] >= t->min_cluster_size;
		for (int p = 0; large > 1 && p < parts; p++)
		{
			int		   *child = core_alloc(nalive, sizeof(int));
			int			count_of_child = 0;
			int			number = t->nnodes;

			if (size[p] < t->min_cluster_size)
				continue;
			for (int i = 0; i < nalive; i++)
				if (part[i] == p)
					child[count_of_child++] = alive[i];
			node->stability += size[p] * excess(height, birth);
			descend(t, self, child, size[p], height, place);
			node->last = Min(node->last, t->node[number].last);
			below += Max(t->node[number].stability, t->node[number].below);
		}
		for (int i = 0; i < nalive; i++)
		{
			if (size[part[i]] < t->min_cluster_size)
			{
				t->left[alive[i]] = self;
				t->height[alive[i]] = height;
				node->last = Min(node->last, height);
				node->stability += excess(height, birth);
			}
			else if (large == 1)
				alive[kept++] = alive[i];
		}
		nalive = kept;
	}
	node->below = below;
	node->selected = node->stability > 0 && !(below > node->stability);
	if (parent >= 0 && below < INFINITY && below > 0 &&
		fabs(below - node->stability) <= 1e-9 * below)
		t->close = true;
	pfree(alive);
	pfree(size);
	pfree(part);
}

/* The squares of all distances; rows[] has n rows of dim features. */
static double *
all_distances2(const double *rows, int n, int dim)
{
	double	   *distance2 = core_alloc((Size) n * n, sizeof(double));

	for (int a = 0; a < n; a++)
		for (int b = 0; b < n; b++)
		{
			double		sum = 0;

			for (int j = 0; j < dim; j++)
			{
				double		d = rows[a * dim + j] - rows[b * dim + j];

				sum += d * d;
			}
			distance2[a * n + b] = sum;
		}
	return distance2;
}

/* core2[a] is the min_samples-th of the distances of row a, or infinite. */
static double *
naive_core2(const double *distance2, int n, int min_samples)
{
	double	   *core2 = core_alloc(n, sizeof(double));
	double	   *sorted = core_alloc(n, sizeof(double));

	for (int a = 0; a < n; a++)
	{
		memcpy(sorted, distance2 + (Size) a * n, sizeof(double) * n);
		qsort(sorted, n, sizeof(double), ascending);
		core2[a] = min_samples <= n ? sorted[min_samples - 1] : INFINITY;
	}
	pfree(sorted);
	return core2;
}

/* Two input rows, and what their pair is sorted by. */
typedef struct Pair
{
	double		reach2;
	double		distance2;
	int			low;			/* canonical rows */
	int			high;
	int			a;
	int			b;
} Pair;

static int
compare_pairs(const void *p, const void *q)
{
	const Pair *one = p;
	const Pair *other = q;

	if (one->reach2 != other->reach2)
		return one->reach2 < other->reach2 ? -1 : 1;
	if (one->distance2 != other->distance2)
		return one->distance2 < other->distance2 ? -1 : 1;
	if (one->low != other->low)
		return one->low - other->low;
	return one->high - other->high;
}

/*
 * HDBSCAN* of n >= min_samples, min_cluster_size rows by the definition;
 * row_of[] are their canonical rows.
 */
static Naive
naive_hdbscan(const double *rows, int n, int dim, const int *row_of, int min_cluster_size,
			  int min_samples)
{
	double	   *distance2 = all_distances2(rows, n, dim);
	double	   *core2 = naive_core2(distance2, n, min_samples);
	Pair	   *pair = core_alloc((Size) n * n, sizeof(Pair));
	int		   *place = core_alloc0((Size) n * n, sizeof(int));
	double	   *height_at = core_alloc((Size) n * n, sizeof(double));
	int		   *all = core_alloc(n, sizeof(int));
	Naive		t = {
		.n = n,
		.min_cluster_size = min_cluster_size,
		.place = place,
		.height_at = height_at,
		.node = core_alloc(2 * n, sizeof(Node)),
		.left = core_alloc(n, sizeof(int)),
		.height = core_alloc(n, sizeof(double)),
		.label = core_alloc(n, sizeof(int)),
	};
	int			labels = 0;

	for (int a = 0; a < n; a++)
		for (int b = 0; b < a; b++)
			pair[t.npairs++] = (Pair) {
				Max(distance2[a * n + b], Max(core2[a], core2[b])), distance2[a * n + b],
				Min(row_of[a], row_of[b]), Max(row_of[a], row_of[b]), a, b
			};
	qsort(pair, t.npairs, sizeof(Pair), compare_pairs);
	for (int i = 0; i < t.npairs; i++)
	{
		place[pair[i].a * n + pair[i].b] = place[pair[i].b * n + pair[i].a] = i;
		height_at[i] = sqrt(pair[i].reach2);
	}
	for (int i = 0; i < n; i++)
	{
		all[i] = i;
		t.label[i] = NOISE;
	}
	descend(&t, -1, all, n, INFINITY, t.npairs);
	for (int c = 1; c < t.nnodes; c++)
	{
		bool		inside = false;

		for (int up = t.node[c].parent; up > 0; up = t.node[up].parent)
			inside |= t.node[up].selected;
		if (!t.node[c].selected || inside)
			continue;
		for (int i = 0; i < t.node[c].count; i++)
			t.label[t.node[c].members[i]] = labels;
		labels++;
	}
	return t;
}

/* Do labels one and other divide n rows alike, with the same noise? */
static bool
same_division(const int *one, const int *other, int n)
{
	for (int a = 0; a < n; a++)
	{
		if ((one[a] == NOISE) != (other[a] == NOISE))
			return false;
		for (int b = 0; b < a; b++)
			if ((one[a] == one[b]) != (other[a] == other[b]))
				return false;
	}
	return true;
}

/* Blobs, integers with ties and equal rows, equal rows in plenty, a line of numbers. */
static double *
draw_input(int n, int dim, int kind)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);
	int			most = draw_int(1, 9);

	for (int i = 0; i < n; i++)
	{
		int			blob = draw_int(0, 3);

		for (int j = 0; j < dim; j++)
			input[i * dim + j] = kind == 0 ? draw_normal() + 8 * (blob == j) + 4 * (blob == 3) :
				kind == 1 ? draw_int(0, most) :
				kind == 2 ? draw_int(0, 2) * draw_int(0, most) :
				draw_int(0, 3) ? draw_int(0, 3) * 10 : draw_normal();
	}
	return input;
}

/* Normalised canonical rows; all[] becomes the input rows as these have them. */
static Rows
canonical(const double *input, int n, int dim, int *row_of, double *all)
{
	Rows		rows = rows_canonical(input, n, dim, row_of);

	rows_normalise(&rows);
	for (int i = 0; i < n; i++)
		for (int j = 0; j < dim; j++)
			all[i * dim + j] = rows.x[(Size) j * rows.n + row_of[i]];
	return rows;
}

static void
test_core_distances(void)
{
	Check		check = {.name = "core distances are those of the sorted distances"};
	Check		few = {.name = "... infinite with fewer rows"};

	for (int set = 0; set < 300; set++)
	{
		int			n = draw_int(1, set % 20 ? 80 : 600);
		int			dim = draw_int(1, 6);
		int			min_points = draw_int(1, set % 5 ? Min(n, 12) : n + 3);
		double	   *input = draw_input(n, dim, set % 4);
		double	   *all = core_alloc(n, sizeof(double) * dim);
		int		   *row_of = core_alloc(n, sizeof(int));
		Rows		rows = canonical(input, n, dim, row_of, all);
		double	   *core2 = core_alloc(rows.n, sizeof(double));
		double	   *wanted = naive_core2(all_distances2(all, n, dim), n, min_points);

		core_distances2(&rows, min_points, core2);
		for (int i = 0; i < n; i++)
			check_that(min_points <= n ? &check : &few, core2[row_of[i]] == wanted[i],
					   "set %d, n %d, dim %d, min_points %d", set, n, dim, min_points);
		standalone_reset();
	}
	check_end(&check);
	check_end(&few);
}

static void
test_definition(void)
{
	Check		labels = {.name = "labels are those of the definition"};
	Check		scores = {.name = "outlier scores are those of the definition, bit for bit"};
	Check		range = {.name = "... within 0 .. 1"};
	int			clusters = 0;
	int			infinite = 0;
	int			close = 0;

	for (int set = 0; set < 3000; set++)
	{
		int			n = set < 200 ? set % 5 + 2 : draw_int(2, set % 10 ? 40 : 90);
		int			dim = draw_int(1, 4);
		int			min_cluster_size = draw_int(2, Min(n, set % 3 ? 4 : 12));
		int			min_samples = set % 2 ? min_cluster_size : draw_int(1, Min(n, 9));
		double	   *input = draw_input(n, dim, set / 5 % 4);
		double	   *all = core_alloc(n, sizeof(double) * dim);
		int		   *row_of = core_alloc(n, sizeof(int));
		Rows		rows = canonical(input, n, dim, row_of, all);
		int		   *row_label = core_alloc(rows.n, sizeof(int));
		int		   *label = core_alloc(n, sizeof(int));
		double	   *outlier = core_alloc(rows.n, sizeof(double));
		Naive		naive = naive_hdbscan(all, n, dim, row_of, min_cluster_size, min_samples);
		int			k = hdbscan(&rows, min_cluster_size, min_samples, row_label, outlier);

		for (int i = 0; i < n; i++)
		{
			double		height = naive.height[i];
			double		wanted = height > 0 ? 1 - naive.node[naive.left[i]].last / height : 0;

			label[i] = row_label[row_of[i]];
			check_that(&scores, outlier[row_of[i]] == wanted, "set %d, row %d: %g, not %g",
					   set, i, outlier[row_of[i]], wanted);
			check_that(&range, outlier[row_of[i]] >= 0 && outlier[row_of[i]] <= 1, "set %d", set);
		}
		if (!naive.close)
			check_that(&labels, same_division(label, naive.label, n),
					   "set %d, n %d, dim %d, min_cluster_size %d, min_samples %d", set, n, dim,
					   min_cluster_size, min_samples);
		for (int c = 1; c < naive.nnodes; c++)
			infinite += naive.node[c].stability == INFINITY;
		clusters += k;
		close += naive.close;
		standalone_reset();
	}
	check_end(&labels);
	check_end(&scores);
	check_end(&range);
	printf("# %d clusters, %d of infinite stability, %d sets decided by rounding\n", clusters,
		   infinite, close);
	tap_ok(clusters > 1000 && infinite > 500 && close < 30, "there was something to be found");
}

/* Another order of the rows, or another division of the work, gives the same bytes. */
static void
test_order(void)
{
	static const int64 shares[] = {1, 3, 50};
	Check		shuffled = {.name = "shuffled rows get the same labels and scores"};
	Check		shared = {.name = "work shared by several gives the same labels and scores"};

	for (int set = 0; set < 60; set++)
	{
		int			n = draw_int(2, set % 6 ? 150 : 400);
		int			dim = draw_int(1, 5);
		double	   *input = draw_input(n, dim, set % 4);
		double	   *all = core_alloc(n, sizeof(double) * dim);
		int		   *order = core_alloc(n, sizeof(int));
		int		   *row_of = core_alloc(n, sizeof(int));
		int		   *label[2] = {core_alloc0(n, sizeof(int)), core_alloc0(n, sizeof(int))};
		double	   *outlier[2] = {core_alloc0(n, sizeof(double)), core_alloc0(n, sizeof(double))};
		Rows		rows = canonical(input, n, dim, row_of, all);

		hdbscan(&rows, 4, 3, label[0], outlier[0]);
		crew_share = shares[set % 3];
		hdbscan(&rows, 4, 3, label[1], outlier[1]);
		crew_share = 0;
		check_that(&shared, memcmp(label[0], label[1], sizeof(int) * n) == 0 &&
				   memcmp(outlier[0], outlier[1], sizeof(double) * n) == 0, "set %d", set);

		draw_order(n, order);
		rows = canonical(reordered(input, n, dim, order), n, dim, row_of, all);
		hdbscan(&rows, 4, 3, label[1], outlier[1]);
		check_that(&shuffled, memcmp(label[0], label[1], sizeof(int) * n) == 0 &&
				   memcmp(outlier[0], outlier[1], sizeof(double) * n) == 0, "set %d", set);
		standalone_reset();
	}
	check_end(&shuffled);
	check_end(&shared);
}

/* Rows on a line, and what becomes of them. */
static void
check_line(const char *name, const double *x, int n, int min_cluster_size, int min_samples,
		   const int *wanted, const double *score)
{
	int		   *row_of = core_alloc(n, sizeof(int));
	double	   *all = core_alloc(n, sizeof(double));
	Rows		rows = canonical(x, n, 1, row_of, all);
	int		   *row_label = core_alloc(n, sizeof(int));
	int		   *label = core_alloc(n, sizeof(int));
	double	   *outlier = core_alloc(n, sizeof(double));
	bool		good = true;

	hdbscan(&rows, min_cluster_size, min_samples, row_label, NULL);
	hdbscan(&rows, min_cluster_size, min_samples, NULL, outlier);
	for (int i = 0; i < n; i++)
	{
		label[i] = row_label[row_of[i]];
		good &= outlier[row_of[i]] == score[i];
	}
	tap_ok(good && same_division(label, wanted, n), name);
	standalone_reset();
}

#define LINE(name, x, min_cluster_size, min_samples, label, score) \
	check_line(name, (const double[]) x, sizeof((const double[]) x) / sizeof(double), \
			   min_cluster_size, min_samples, (const int[]) label, (const double[]) score)
#define LIST(...) {__VA_ARGS__}

static void
test_cases(void)
{
	LINE("one row is noise", LIST(7), 2, 2, LIST(-1), LIST(0));
	LINE("two rows are the whole, which is no cluster", LIST(1, 2), 2, 2, LIST(-1, -1), LIST(0, 0));
	LINE("all equal rows are the whole as well", LIST(3, 3, 3, 3), 2, 2, LIST(-1, -1, -1, -1),
		 LIST(0, 0, 0, 0));
	LINE("a cluster size above the rows leaves noise", LIST(1, 1, 9, 9), 5, 1,
		 LIST(-1, -1, -1, -1), LIST(0, 0, 0, 0));
	LINE("so do more samples than rows", LIST(1, 1, 9, 9), 2, 5,
		 LIST(-1, -1, -1, -1), LIST(0, 0, 0, 0));

	/* core distances 0: both sides hold out to infinite density, 5.5 does not */
	LINE("two heaps of equal rows are clusters, what lies between is an outlier",
		 LIST(1, 1, 5.5, 9, 9), 2, 2, LIST(0, 0, 1, 1, 1), LIST(0, 0, 1, 0, 0));

	/* 0 1 | 4 | 7 8: 4 is linked to both pairs at height 3, and leaves there; the pairs at 1 */
	LINE("a row as near to two clusters goes with the lower one", LIST(0, 1, 4, 7, 8), 2, 1,
		 LIST(0, 0, 0, 1, 1), LIST(0, 0, 1 - 1 / 3.0, 0, 0));

	/* 0 1 2 | 5 | 7 8 9: 5 has the core distance 3, and reaches both there; the others 2 */
	LINE("a row with both in its core distance goes with the nearer one",
		 LIST(0, 1, 2, 5, 7, 8, 9), 3, 3, LIST(0, 0, 0, 1, 1, 1, 1),
		 LIST(0, 0, 0, 1 - 2 / 3.0, 0, 0, 0));

	/*
	 * Three equal rows with core distance 2 (the fourth nearest): below that
	 * they are single, so with the row at 2 they are one part of size 4 that
	 * ends at 2, and the heap of six at 30 ends at 0.
	 */
	LINE("equal rows hold together down to their core distance only",
		 LIST(0, 0, 0, 2, 30, 30, 30, 30, 30, 30), 2, 4,
		 LIST(0, 0, 0, 0, 1, 1, 1, 1, 1, 1), LIST(0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

/* A lattice, of which all heights are equal: clusters begin and end at one height. */
static void
test_lattice(void)
{
	int			side = 150;
	int			n = side * side;
	double	   *input = core_alloc(n, 2 * sizeof(double));
	double	   *all = core_alloc(n, 2 * sizeof(double));
	int		   *row_of = core_alloc(n, sizeof(int));
	int		   *label = core_alloc(n, sizeof(int));
	double	   *outlier = core_alloc(n, sizeof(double));
	bool		good = true;
	Rows		rows;

	for (int i = 0; i < n; i++)
	{
		input[2 * i] = i / side;
		input[2 * i + 1] = i % side;
	}
	rows = canonical(input, n, 2, row_of, all);
	good &= hdbscan(&rows, 5, 3, label, outlier) == 0;
	for (int i = 0; i < n; i++)
		good &= label[i] == NOISE && outlier[i] == 0;
	tap_ok(good, "a lattice of 22500 rows is the whole, and noise");
	standalone_reset();
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_core_distances();
	test_cases();
	test_definition();
	test_order();
	test_lattice();
	return tap_end();
}
