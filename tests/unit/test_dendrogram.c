/*
 * test_dendrogram.c
 *	  What is read from a tree, against what it means; and the tree as a block
 *	  of memory.
 *
 * The core remembers of each merge the parent of a name.  Here every subtree
 * is the set of its leaves, and everything else follows from these sets and
 * the heights.  Trees are of any shape, with heights that rise, that tie, and
 * that fall (inversions); leaves count one or several rows.
 */
#include "fit.h"

#include "pack.h"
#include "tap.h"

#define NO_LIMIT ((Size) 1 << 40)

/* A tree with the sets of leaves of its subtrees, and leaves to measure. */
typedef struct Tree
{
	int			n;
	Merge	   *merge;
	bool	   *member;			/* [step * n + leaf] is the leaf below that merge? */
	Rows		rows;			/* n leaves; their order is not canonical */
} Tree;

/* The last merge before "step" that the leaf is below, or -1. */
static int
made_by(const Tree *t, int step, int leaf)
{
	do
		step--;
	while (step >= 0 && !t->member[(Size) step * t->n + leaf]);
	return step;
}

static void
find_members(Tree *t)
{
	t->member = core_alloc0(t->n, t->n);
	for (int step = 0; step < t->n - 1; step++)
	{
		int			part[2] = {t->merge[step].low, t->merge[step].high};
		bool	   *member = t->member + (Size) step * t->n;

		for (int p = 0; p < 2; p++)
		{
			int			below = made_by(t, step, part[p]);

			member[part[p]] = true;
			for (int i = 0; below >= 0 && i < t->n; i++)
				member[i] |= t->member[(Size) below * t->n + i];
		}
	}
}

/* A tree of any shape, with heights that need not ascend. */
static Tree
draw_tree(int n)
{
	bool		ascends = draw_int(0, 2) == 0;
	int			ties = draw_int(1, 3);
	int		   *name = core_alloc(n, sizeof(int));
	Tree		t = {n, core_alloc(n, sizeof(Merge))};

	for (int i = 0; i < n; i++)
		name[i] = i;
	for (int step = 0; step < n - 1; step++)
	{
		int			left = n - step;
		int			a = draw_int(0, left - 1);
		int			b = draw_int(0, left - 2);

		b += b >= a;
		t.merge[step] = (Merge) {
			Min(name[a], name[b]), Max(name[a], name[b]),
			ascends ? step / ties : draw_int(0, 3) ? step + draw_int(0, 9) : draw_int(0, n)
		};
		name[Min(a, b)] = t.merge[step].low;
		name[Max(a, b)] = name[left - 1];
	}
	pfree(name);
	find_members(&t);

	t.rows = (Rows) {n, draw_int(1, 3)};
	t.rows.x = core_alloc(n, sizeof(double) * t.rows.dim);
	t.rows.weight = core_alloc(n, sizeof(double));
	for (int i = 0; i < n * t.rows.dim; i++)
		t.rows.x[i] = draw_normal();
	for (int i = 0; i < n; i++)
		t.rows.weight[i] = draw_int(0, 2) ? 1 : draw_int(1, 4);
	return t;
}

static void
free_tree(Tree *t)
{
	pfree(t->merge);
	pfree(t->member);
	rows_free(&t->rows);
}

/* Labels count up from 0 in the order of first rows; their number, or -1. */
static int
count_labels(const int *label, int n)
{
	int			count = 0;

	for (int i = 0; i < n; i++)
	{
		if (label[i] < 0 || label[i] > count)
			return -1;
		count = Max(count, label[i] + 1);
	}
	return count;
}

/* Are two leaves of one label if, and only if, both are below one of the merges that count? */
static bool
is_cut(const Tree *t, const bool *counts, const int *label)
{
	bool		good = true;

	for (int a = 0; a < t->n; a++)
		for (int b = 0; b < a; b++)
		{
			bool		together = false;

			for (int step = 0; step < t->n - 1; step++)
				together |= counts[step] && t->member[(Size) step * t->n + a] &&
					t->member[(Size) step * t->n + b];
			good &= (label[a] == label[b]) == together;
		}
	return good;
}

/*
 * At k clusters the first n - k merges count.  At a height, those count of
 * which no merge of the same subtree lies above it.
 */
static void
test_cuts(void)
{
	Check		count = {.name = "a cut at k has k clusters, joined by the first n - k merges"};
	Check		height = {.name = "a cut at a height keeps subtrees that lie below it"};
	Check		inversion = {.name = "inversions are merges below one that they join"};
	Check		number = {.name = "labels are numbered by first row"};

	for (int set = 0; set < 250; set++)
	{
		int			n = set < 8 ? set / 4 + 1 : draw_int(2, 40);
		Tree		t = draw_tree(n);
		int		   *label = core_alloc(n, sizeof(int));
		bool	   *counts = core_alloc0(n, sizeof(bool));
		double	   *highest = core_alloc0(n, sizeof(double));
		int			inversions = 0;

		for (int step = 0; step < n - 1; step++)
		{
			int			low = made_by(&t, step, t.merge[step].low);
			int			high = made_by(&t, step, t.merge[step].high);

			inversions += (low >= 0 && t.merge[step].height < t.merge[low].height) ||
				(high >= 0 && t.merge[step].height < t.merge[high].height);
			for (int below = 0; below <= step; below++)
				if (t.member[(Size) step * n + t.merge[below].low])
					highest[step] = Max(highest[step], t.merge[below].height);
		}
		check_that(&inversion, dendrogram_inversions(t.merge, n) == inversions, "set %d: %d, not %d",
				   set, dendrogram_inversions(t.merge, n), inversions);

		for (int k = 1; k <= n; k++)
		{
			int			clusters = dendrogram_cut_at_count(t.merge, n, k, label);

			for (int step = 0; step < n - 1; step++)
				counts[step] = step < n - k;
			check_that(&count, clusters == k && is_cut(&t, counts, label), "set %d, k %d", set, k);
			check_that(&number, count_labels(label, n) == k, "set %d, k %d", set, k);
		}
		for (int cut = 0; cut < 12; cut++)
		{
			double		h = cut == 0 || n == 1 ? 0 : cut == 1 ? INFINITY :
				t.merge[draw_int(0, n - 2)].height * (cut > 6 ? draw_unit() + 0.5 : 1);
			int			clusters = dendrogram_cut_at_height(t.merge, n, h, label);

			for (int step = 0; step < n - 1; step++)
				counts[step] = highest[step] <= h;
			check_that(&height, is_cut(&t, counts, label), "set %d, height %g", set, h);
			check_that(&number, count_labels(label, n) == clusters, "set %d, height %g", set, h);
		}
		pfree(highest);
		pfree(counts);
		pfree(label);
		free_tree(&t);
	}
	check_end(&count);
	check_end(&height);
	check_end(&inversion);
	check_end(&number);
}

/*
 * The rows 0, 3, 10, 11 and 40, of which the second counts twice and the last
 * three times, by single linkage; left and right as hclust(dist(x), "single")
 * of R prints them.  10 and 11 merge before 0 and 3 do, so that in the third
 * step the cluster on the right comes first; in the last the leaf does.
 */
static void
test_steps_by_hand(void)
{
	static const Merge merge[] = {{2, 3, 1}, {0, 1, 3}, {0, 2, 7}, {0, 4, 29}};
	static const int64 weight[] = {1, 2, 1, 1, 3};
	static const int wanted_left[] = {-3, -1, 1, -5};
	static const int wanted_right[] = {-4, -2, 2, 3};
	static const int64 wanted_size[] = {2, 3, 5, 8};
	int			left[4];
	int			right[4];
	int64		size[4];

	dendrogram_steps(merge, weight, 5, left, right, size);
	tap_ok(memcmp(left, wanted_left, sizeof(left)) == 0 &&
		   memcmp(right, wanted_right, sizeof(right)) == 0, "steps of a tree made by hand");
	tap_ok(memcmp(size, wanted_size, sizeof(size)) == 0, "and their sizes");
}

/*
 * The two parts of a step are the subtrees that hold its two names; R writes
 * leaves before subtrees, and both ascending.
 */
static void
test_steps(void)
{
	Check		parts = {.name = "steps join the subtrees, or leaves, that hold their two names"};
	Check		sizes = {.name = "a step's size is the rows of its leaves"};

	for (int set = 0; set < 300; set++)
	{
		int			n = set < 5 ? 1 + set % 2 : draw_int(2, 60);
		Tree		t = draw_tree(n);
		int		   *left = core_alloc(n, sizeof(int));
		int		   *right = core_alloc(n, sizeof(int));
		int64	   *size = core_alloc(n, sizeof(int64));
		int64	   *weight = core_alloc(n, sizeof(int64));

		for (int i = 0; i < n; i++)
			weight[i] = (int64) t.rows.weight[i];
		dendrogram_steps(t.merge, weight, n, left, right, size);
		for (int step = 0; step < n - 1; step++)
		{
			int			low = made_by(&t, step, t.merge[step].low);
			int			high = made_by(&t, step, t.merge[step].high);
			int64		total = 0;
			int			first;
			int			second;

			if (low < 0 && high < 0)	/* the leaf with the smaller number */
			{
				first = -1 - t.merge[step].low;
				second = -1 - t.merge[step].high;
			}
			else if (low < 0 || high < 0)	/* the leaf */
			{
				first = -1 - (low < 0 ? t.merge[step].low : t.merge[step].high);
				second = 1 + Max(low, high);
			}
			else				/* the earlier step */
			{
				first = 1 + Min(low, high);
				second = 1 + Max(low, high);
			}
			check_that(&parts, left[step] == first && right[step] == second,
					   "set %d, step %d: %d and %d, not %d and %d", set, step, left[step],
					   right[step], first, second);
			for (int i = 0; i < n; i++)
				total += t.member[(Size) step * n + i] ? weight[i] : 0;
			check_that(&sizes, size[step] == total, "set %d, step %d", set, step);
		}
		pfree(weight);
		pfree(size);
		pfree(right);
		pfree(left);
		free_tree(&t);
	}
	check_end(&parts);
	check_end(&sizes);
}

/*
 * No branches cross if the leaves of every subtree stand side by side.  Of
 * the two parts of a merge, that of the smaller name is on the left.
 */
static void
test_leaf_order(void)
{
	Check		once = {.name = "the order of leaves has each leaf once"};
	Check		side = {.name = "the leaves of a subtree stand side by side"};
	Check		turn = {.name = "the part with the first leaf is on the left"};

	for (int set = 0; set < 300; set++)
	{
		int			n = set < 5 ? 1 + set % 2 : draw_int(2, 60);
		Tree		t = draw_tree(n);
		int		   *order = core_alloc(n, sizeof(int));
		int		   *place = core_alloc(n, sizeof(int));
		bool		all = true;

		dendrogram_leaf_order(t.merge, n, order);
		for (int i = 0; i < n; i++)
			place[i] = -1;
		for (int i = 0; i < n; i++)
		{
			all &= order[i] >= 0 && order[i] < n && place[order[i]] < 0;
			if (all)
				place[order[i]] = i;
		}
		check_that(&once, all, "set %d", set);
		for (int step = 0; all && step < n - 1; step++)
		{
			int			first = n;
			int			last = 0;
			int			leaves = 0;

			for (int i = 0; i < n; i++)
				if (t.member[(Size) step * n + i])
				{
					first = Min(first, place[i]);
					last = Max(last, place[i]);
					leaves++;
				}
			check_that(&side, last - first + 1 == leaves, "set %d, step %d", set, step);
			check_that(&turn, place[t.merge[step].low] < place[t.merge[step].high],
					   "set %d, step %d", set, step);
		}
		pfree(place);
		pfree(order);
		free_tree(&t);
	}
	check_end(&once);
	check_end(&side);
	check_end(&turn);
}

/* Of two leaves: the height of the first merge that has both below it. */
static double
meeting_height(const Tree *t, int a, int b)
{
	int			step = 0;

	while (!t->member[(Size) step * t->n + a] || !t->member[(Size) step * t->n + b])
		step++;
	return t->merge[step].height;
}

static long double
distance_of(const Rows *rows, int a, int b)
{
	long double sum = 0;

	for (int j = 0; j < rows->dim; j++)
	{
		long double d = (long double) rows->x[j * rows->n + a] - rows->x[j * rows->n + b];

		sum += d * d;
	}
	return sqrtl(sum);
}

/* Pearson's correlation of two lists, first their means; NaN where one does not vary. */
static long double
pearson(const long double *x, const long double *y, int n)
{
	long double mean_x = 0;
	long double mean_y = 0;
	long double xx = 0;
	long double yy = 0;
	long double xy = 0;

	for (int i = 0; i < n; i++)
	{
		mean_x += x[i] / n;
		mean_y += y[i] / n;
	}
	for (int i = 0; i < n; i++)
	{
		xx += (x[i] - mean_x) * (x[i] - mean_x);
		yy += (y[i] - mean_y) * (y[i] - mean_y);
		xy += (x[i] - mean_x) * (y[i] - mean_y);
	}
	return xx > 1e-15L && yy > 1e-15L ? xy / sqrtl(xx * yy) : NAN;
}

/* Every leaf as often as it counts, and every pair of those. */
static long double
cophenetic_of_all_pairs(const Tree *t)
{
	int			total = (int) rows_total_weight(&t->rows);
	int		   *leaf = core_alloc(total, sizeof(int));
	int			pairs = 0;
	long double *distance = core_alloc(total, sizeof(long double) * total);
	long double *height = core_alloc(total, sizeof(long double) * total);
	long double correlation;

	for (int i = 0, row = 0; i < t->n; i++)
		for (int w = 0; w < t->rows.weight[i]; w++)
			leaf[row++] = i;
	for (int a = 0; a < total; a++)
		for (int b = 0; b < a; b++)
		{
			bool		same = leaf[a] == leaf[b];

			distance[pairs] = same ? 0 : distance_of(&t->rows, leaf[a], leaf[b]);
			height[pairs++] = same ? 0 : meeting_height(t, leaf[a], leaf[b]);
		}
	correlation = pearson(distance, height, pairs);
	pfree(height);
	pfree(distance);
	pfree(leaf);
	return correlation;
}

static void
test_cophenetic(void)
{
	Check		check = {.name = "cophenetic correlation: as over all pairs of rows"};
	Check		units = {.name = "cophenetic correlation: whatever the units of rows and heights"};

	for (int set = 0; set < 300; set++)
	{
		int			n = set < 20 ? 1 + set % 4 : draw_int(2, 40);
		Tree		t = draw_tree(n);
		long double wanted = cophenetic_of_all_pairs(&t);
		double		found = dendrogram_cophenetic(t.merge, &t.rows);
		double		again;
		int			exponent = draw_int(-900, 900);

		check_that(&check, isnan(wanted) ? isnan(found) : fabs(found - (double) wanted) <= 1e-12,
				   "set %d, %d leaves: %.17g, not %.17Lg", set, n, found, wanted);

		/* squares of these would overflow, or vanish */
		for (int step = 0; step < n - 1; step++)
			t.merge[step].height = ldexp(t.merge[step].height, exponent);
		for (int i = 0; i < n * t.rows.dim; i++)
			t.rows.x[i] = ldexp(t.rows.x[i], exponent);
		rows_normalise(&t.rows);
		again = dendrogram_cophenetic(t.merge, &t.rows);
		check_that(&units, isnan(found) ? isnan(again) : fabs(again - found) <= 1e-12,
				   "set %d, 2^%d: %.17g, not %.17g", set, exponent, again, found);
		free_tree(&t);
	}
	check_end(&check);
	check_end(&units);
}

/*
 * Equally distant rows: the distances do not vary, and where the tree's
 * heights are all the same, they do not either.  What rounding leaves of it
 * is not a correlation.
 */
static void
test_nothing_varies(void)
{
	Check		check = {.name = "cophenetic correlation: none where nothing varies but by rounding"};

	for (int set = 0; set < 200; set++)
	{
		int			n = set < 8 ? 1 + set / 4 : draw_int(3, 30);
		Linkage		linkage = set % LINKAGES;
		double		side = draw_magnitude(-3, 3);
		double	   *input = core_alloc(n, sizeof(double) * n);
		int		   *row_of = core_alloc(n, sizeof(int));
		Merge	   *merge = core_alloc(n, sizeof(Merge));
		Rows		rows;
		double		found;

		for (int j = 0; j < n; j++)
		{
			double		offset = draw_unit();

			for (int i = 0; i < n; i++)
				input[i * n + j] = i == j ? offset + side : offset;
		}
		rows = rows_canonical(input, n, n, row_of);
		rows_normalise(&rows);
		linkage_tree(&rows, linkage, merge);
		found = dendrogram_cophenetic(merge, &rows);
		check_that(&check, isnan(found), "set %d, %d rows, linkage %d: %g", set, n, linkage, found);
		rows_free(&rows);
		pfree(merge);
		pfree(row_of);
		pfree(input);
	}
	check_end(&check);
}

/*
 * k is suggested where h(k - 1) / h(k) is largest, h(k) being the height of
 * the merge that left k clusters; where 0 / 0 is no gap.
 */
static void
test_suggest_k(void)
{
	static const Merge even[] = {{0, 1, 1}, {2, 3, 1}, {0, 2, 1}, {0, 4, 1}};
	static const Merge two[] = {{0, 1, 1}, {2, 3, 2}, {0, 2, 3}, {0, 4, 10}};
	static const Merge zero[] = {{0, 1, 0}, {2, 3, 0}, {0, 2, 5}, {0, 4, 100}};
	static const Merge tied[] = {{0, 1, 1}, {2, 3, 2}, {0, 2, 4}, {0, 4, 8}};
	Check		check = {.name = "the suggested k is before the largest relative gap"};

	for (int set = 0; set < 400; set++)
	{
		int			n = set < 40 ? 1 + set / 8 : draw_int(2, 60);
		Tree		t = draw_tree(n);
		double	   *h = core_alloc0(n + 1, sizeof(double));	/* by clusters left */
		double		largest = 1;
		int			wanted = 1;
		int			found = dendrogram_suggest_k(t.merge, n);

		for (int step = 0, left = n; step < n - 1; step++)
			h[--left] = t.merge[step].height;
		for (int k = Min(20, n - 1); k >= 2; k--)
			if (h[k] == 0 ? h[k - 1] > 0 : h[k - 1] / h[k] >= largest && h[k - 1] > h[k])
			{
				largest = h[k] == 0 ? INFINITY : h[k - 1] / h[k];
				wanted = k;
			}
		check_that(&check, found == wanted, "set %d, %d leaves: %d, not %d", set, n, found, wanted);
		pfree(h);
		free_tree(&t);
	}
	check_end(&check);
	tap_ok(dendrogram_suggest_k(even, 5) == 1, "no k is suggested where all heights are equal");
	tap_ok(dendrogram_suggest_k(two, 5) == 2, "two clusters, from 3 to 10");
	tap_ok(dendrogram_suggest_k(zero, 5) == 3, "any height is infinitely above 0");
	tap_ok(dendrogram_suggest_k(tied, 5) == 2, "of equal gaps the fewest clusters");
}

/* A dendrogram of that tree, its leaves made canonical; weights may be large. */
static Dendrogram *
draw_dendrogram(int n)
{
	Tree		t = draw_tree(n);
	int			dim = t.rows.dim;
	Scaling		scaling = {draw_int(0, SCALE_METHODS - 1), dim};
	Dendrogram *dendrogram;
	double	   *input = core_alloc(n, sizeof(double) * dim);
	int		   *row_of = core_alloc(n, sizeof(int));
	Rows		rows;

	scaling.offset = core_alloc(dim, sizeof(double));
	scaling.unit = core_alloc(dim, sizeof(double));
	for (int j = 0; j < dim; j++)
	{
		scaling.offset[j] = draw_normal();
		scaling.unit[j] = fabs(draw_magnitude(-100, 100));
		for (int i = 0; i < n; i++)
			input[i * dim + j] = draw_int(0, 9) ? t.rows.x[j * n + i] : draw_int(-2, 2);
	}
	for (int i = 0; i < n; i++)
		input[i * dim] += 20 * i;	/* no two are equal */
	rows = rows_canonical(input, n, dim, row_of);
	if (draw_int(0, 1))
		for (int i = 0; i < n; i++)
			rows.weight[i] = 1 + floor(draw_unit() * (MOST_WEIGHT / n - 1));
	dendrogram = dendrogram_of(draw_int(0, 1) ? LINKAGE_CENTROID : LINKAGE_MEDIAN, &scaling, &rows,
							   t.merge);
	rows_free(&rows);
	pfree(row_of);
	pfree(input);
	pfree(scaling.unit);
	pfree(scaling.offset);
	free_tree(&t);
	return dendrogram;
}

/* The block holds what it was made of, and its binary form brings it back. */
static void
test_flat(void)
{
	Check		good = {.name = "a dendrogram has no problem"};
	Check		back = {.name = "its binary form brings back the same bytes"};
	Check		leaves = {.name = "its leaves are those it was made of"};

	for (int set = 0; set < 300; set++)
	{
		Dendrogram *d = draw_dendrogram(set < 4 ? 1 : draw_int(1, 50));
		DendrogramParts parts = dendrogram_open(d);
		Size		length = dendrogram_packed_bytes(d);
		uint8	   *bytes = core_alloc(length, 1);
		uint8	   *again = core_alloc(length, 1);
		const char *problem = dendrogram_problem(d);
		Rows		rows = dendrogram_rows(d);
		Dendrogram *copy = NULL;
		bool		same = rows.n == parts.n && rows.dim == parts.dim && rows.variance == NULL;

		check_that(&good, problem == NULL, "set %d: %s", set, problem);
		dendrogram_pack(d, bytes);
		problem = dendrogram_unpack(bytes, length, &copy);
		if (check_that(&back, problem == NULL, "set %d: %s", set, problem))
		{
			check_that(&back, memcmp(copy, d, dendrogram_bytes(d->n, d->dim)) == 0, "set %d", set);
			dendrogram_pack(copy, again);
			check_that(&back, memcmp(bytes, again, length) == 0, "set %d: bytes", set);
			pfree(copy);
		}
		for (int i = 0; same && i < rows.n; i++)
		{
			same &= (int64) rows.weight[i] == parts.weight[i];
			for (int j = 0; j < rows.dim; j++)
				same &= rows.x[j * rows.n + i] == parts.x[i * rows.dim + j];
		}
		check_that(&leaves, same, "set %d", set);
		rows_free(&rows);
		pfree(again);
		pfree(bytes);
		pfree(d);
	}
	check_end(&good);
	check_end(&back);
	check_end(&leaves);
}

/* Where bytes of the binary form are: three of a byte each, then two of 4. */
enum
{
	FORMAT_AT = 0, LINKAGE_AT = 1, SCALE_AT = 2, N_AT = 3, DIM_AT = 7, NUMBERS_AT = 11
};

static void
claim_refused(Check *check, const uint8 *bytes, Size length, const char *wanted, const char *what)
{
	/* in memory of exactly that size, so that reading on is seen */
	uint8	   *copy = core_alloc(length, 1);
	Dendrogram *d = NULL;
	const char *problem;

	memcpy(copy, bytes, length);
	problem = dendrogram_unpack(copy, length, &d);
	check_that(check, problem != NULL && strcmp(problem, wanted) == 0, "%s: %s", what,
			   problem ? problem : "taken");
	pfree(copy);
}

static void
test_damaged_head(void)
{
	Check		length = {.name = "bytes too few or too many are refused"};
	Check		head = {.name = "an impossible head is refused"};

	for (int set = 0; set < 20; set++)
	{
		Dendrogram *d = draw_dendrogram(draw_int(1, 12));
		Size		good = dendrogram_packed_bytes(d);
		uint8	   *bytes = core_alloc0(good + 16, 1);
		static const uint32 sizes[] = {0, 0xffffffff, 0x80000000, 0x7fffffff};
		uint8	   *at;

		dendrogram_pack(d, bytes);
		for (Size size = 0; size <= good + 16; size++)
			if (size != good)
				claim_refused(&length, bytes, size, "wrong length", "length");

		for (int format = 0; format < 256; format += 7)
			if (format != DENDROGRAM_FORMAT)
			{
				bytes[FORMAT_AT] = format;
				claim_refused(&head, bytes, good, "unknown format", "format");
			}
		bytes[FORMAT_AT] = DENDROGRAM_FORMAT;
		bytes[LINKAGE_AT] = LINKAGES;
		claim_refused(&head, bytes, good, "unknown linkage", "linkage");
		bytes[LINKAGE_AT] = d->linkage;
		bytes[SCALE_AT] = SCALE_METHODS;
		claim_refused(&head, bytes, good, "unknown scale", "scale");
		bytes[SCALE_AT] = d->scale;
		for (int i = 0; i < 4; i++)
		{
			at = bytes + N_AT;
			pack_uint(&at, sizes[i], 4);
			claim_refused(&head, bytes, good, "impossible sizes", "n");
			at = bytes + N_AT;
			pack_uint(&at, (uint32) d->n, 4);
			at = bytes + DIM_AT;
			pack_uint(&at, sizes[i], 4);
			claim_refused(&head, bytes, good, "impossible sizes", "dim");
			at = bytes + DIM_AT;
			pack_uint(&at, (uint32) d->dim, 4);
		}
		at = bytes + DIM_AT;
		pack_uint(&at, MAX_FEATURES + 1, 4);
		claim_refused(&head, bytes, good, "impossible sizes", "dim");
		at = bytes + DIM_AT;
		pack_uint(&at, (uint32) d->dim + 1, 4);
		claim_refused(&head, bytes, good, "wrong length", "another dim");
		pfree(bytes);
		pfree(d);
	}
	check_end(&length);
	check_end(&head);
}

/*
 * Each number in turn, and the merges as a whole, in every way that they may
 * not be; four leaves of two features.
 */
static void
test_damaged_numbers(void)
{
	static const char *const not_finite = "features must be finite";
	static const char *const bad_scaling = "an offset or a unit must be finite";
	static const char *const bad_unit = "a unit must be above 0";
	static const char *const bad_leaves =
		"leaves must ascend, and stand for at least one row each and 2^53 together";
	static const char *const no_tree = "the merges do not make a tree";
	static const struct
	{
		const char *what;
		enum
		{
			OFFSET, UNIT, X, HEIGHT
		}			array;
		int			i;
		double		value;
		const char *problem;	/* NULL: none */
	}			numbers[] = {
		{"a NaN offset", OFFSET, 1, NAN, bad_scaling},
		{"an infinite offset", OFFSET, 0, -INFINITY, bad_scaling},
		{"a large offset", OFFSET, 0, -DBL_MAX, NULL},
		{"a NaN unit", UNIT, 0, NAN, bad_scaling},
		{"an infinite unit", UNIT, 1, INFINITY, bad_scaling},
		{"a unit of 0", UNIT, 1, 0, bad_unit},
		{"a unit of -0", UNIT, 1, -0.0, bad_unit},
		{"a negative unit", UNIT, 0, -1, bad_unit},
		{"a tiny unit", UNIT, 0, 5e-324, NULL},
		{"a NaN feature", X, 5, NAN, not_finite},
		{"an infinite feature", X, 7, INFINITY, not_finite},
		{"a large feature", X, 0, -DBL_MAX, NULL},
		{"leaves in descending order", X, 0, 1.5, bad_leaves},
		{"equal leaves", X, 7, 1, bad_leaves},
		{"leaves that ascend in the second feature", X, 7, 1.5, NULL},
		{"leaves that descend in the second feature", X, 7, 0.5, bad_leaves},
		{"leaves that differ by the sign of 0", X, 2, -0.0, bad_leaves},
		{"a NaN height", HEIGHT, 0, NAN, no_tree},
		{"a negative height", HEIGHT, 0, -1, no_tree},
		{"a height of -0", HEIGHT, 0, -0.0, NULL},
		{"a height beyond float8 before one that is not", HEIGHT, 1, INFINITY, no_tree},
		{"a height beyond float8", HEIGHT, 2, INFINITY, NULL},
		{"descending heights", HEIGHT, 2, 1.5, no_tree},
		{"equal heights", HEIGHT, 1, 1, NULL},
	};
	static const struct
	{
		const char *what;
		int64		weight[4];
		const char *problem;
	}			weights[] = {
		{"a weight of 0", {1, 0, 1, 1}, bad_leaves},
		{"a negative weight", {1, 1, 1, -1}, bad_leaves},
		{"the least number", {INT64_MIN, 1, 1, 1}, bad_leaves},
		{"a weight above 2^53", {MOST_WEIGHT + 1, 1, 1, 1}, bad_leaves},
		{"weights above 2^53 together", {1, MOST_WEIGHT - 3, 2, 1}, bad_leaves},
		{"weights that overflow", {INT64_MAX, INT64_MAX, 2, 1}, bad_leaves},
		{"weights of 2^53 together", {1, MOST_WEIGHT - 4, 2, 1}, NULL},
	};
	static const struct
	{
		const char *what;
		Merge		merge[3];
		const char *problem;
	}			trees[] = {
		{"a chain", {{0, 1, 1}, {0, 2, 2}, {0, 3, 3}}, NULL},
		{"two pairs", {{2, 3, 1}, {0, 1, 2}, {0, 2, 3}}, NULL},
		{"a leaf with itself", {{1, 1, 1}, {0, 2, 2}, {0, 3, 3}}, no_tree},
		{"the higher name first", {{1, 0, 1}, {0, 2, 2}, {0, 3, 3}}, no_tree},
		{"a name below 0", {{-1, 1, 1}, {0, 2, 2}, {0, 3, 3}}, no_tree},
		{"a name that is too high", {{0, 1, 1}, {0, 2, 2}, {0, 4, 3}}, no_tree},
		{"the highest number", {{0, INT32_MAX, 1}, {0, 2, 2}, {0, 3, 3}}, no_tree},
		{"the least number", {{INT32_MIN, 1, 1}, {0, 2, 2}, {0, 3, 3}}, no_tree},
		{"a name that is gone, as the lower", {{0, 1, 1}, {1, 2, 2}, {0, 3, 3}}, no_tree},
		{"a name that is gone, as the higher", {{0, 1, 1}, {0, 1, 2}, {0, 3, 3}}, no_tree},
		{"the same merge twice", {{2, 3, 1}, {2, 3, 1}, {0, 1, 1}}, no_tree},
	};
	Check		check = {.name = "damaged numbers are refused, extreme ones taken"};
	Check		falls = {.name = "heights may fall where the linkage has inversions"};
	double		x[] = {0, 1, 2, 2, 0, 0, 1, 3};	/* (0, 0) (1, 0) (2, 1) (2, 3) */
	double		ones[] = {1, 1, 1, 1};
	double		offset[] = {0, 0};
	Scaling		scaling = {SCALE_NONE, 2, offset, ones};
	Rows		rows = {4, 2, x, ones};
	Merge		merge[] = {{0, 1, 1}, {2, 3, 2}, {0, 2, 3}};
	const char *problem;

	for (int i = 0; i < (int) (sizeof(numbers) / sizeof(numbers[0])); i++)
	{
		Dendrogram *d = dendrogram_of(LINKAGE_SINGLE, &scaling, &rows, merge);
		DendrogramParts parts = dendrogram_open(d);
		int			at = numbers[i].i;
		double	   *number = numbers[i].array == OFFSET ? &parts.scaling.offset[at] :
			numbers[i].array == UNIT ? &parts.scaling.unit[at] :
			numbers[i].array == X ? &parts.x[at] : &parts.merge[at].height;

		*number = numbers[i].value;
		problem = dendrogram_problem(d);
		check_that(&check, problem == numbers[i].problem ||
				   (problem && numbers[i].problem && strcmp(problem, numbers[i].problem) == 0),
				   "%s: %s", numbers[i].what, problem ? problem : "taken");
		if (problem == NULL)
			check_that(&check, *number != 0 || !signbit(*number), "%s: stays -0", numbers[i].what);
		pfree(d);
	}
	for (int i = 0; i < (int) (sizeof(weights) / sizeof(weights[0])); i++)
	{
		Dendrogram *d = dendrogram_of(LINKAGE_SINGLE, &scaling, &rows, merge);

		memcpy(dendrogram_open(d).weight, weights[i].weight, sizeof(weights[i].weight));
		problem = dendrogram_problem(d);
		check_that(&check, problem == weights[i].problem ||
				   (problem && weights[i].problem && strcmp(problem, weights[i].problem) == 0),
				   "%s: %s", weights[i].what, problem ? problem : "taken");
		pfree(d);
	}
	for (int i = 0; i < (int) (sizeof(trees) / sizeof(trees[0])); i++)
	{
		Dendrogram *d = dendrogram_of(LINKAGE_SINGLE, &scaling, &rows, trees[i].merge);

		problem = dendrogram_problem(d);
		check_that(&check, problem == trees[i].problem ||
				   (problem && trees[i].problem && strcmp(problem, trees[i].problem) == 0),
				   "%s: %s", trees[i].what, problem ? problem : "taken");
		pfree(d);
	}
	merge[2].height = 0.5;
	for (Linkage linkage = 0; linkage < LINKAGES; linkage++)
	{
		Dendrogram *d = dendrogram_of(linkage, &scaling, &rows, merge);

		problem = dendrogram_problem(d);
		check_that(&falls, (problem == NULL) == linkage_may_invert(linkage), "linkage %d: %s",
				   linkage, problem ? problem : "taken");
		pfree(d);
	}
	check_end(&check);
	check_end(&falls);
}

/*
 * Rows of many kinds; of the later kinds, numbers whose squares, or even whose
 * differences, are beyond float8, or vanish, alone and beside others.
 */
static double *
draw_input(int n, int dim, int kind)
{
	static const double extreme[] = {
		0, 5e-324, 1e-310, -1e-200, 1, 1e150, -1e200, 1e300, DBL_MAX, -DBL_MAX,
	};
	double	   *input = core_alloc(n, sizeof(double) * dim);
	double		one = extreme[draw_int(1, 9)];

	for (int i = 0; i < n * dim; i++)
		input[i] = kind == 0 ? draw_normal() : kind == 1 ? draw_int(0, 5) :
			kind == 2 ? one * draw_unit() : kind == 3 ? extreme[draw_int(0, 9)] :
			draw_magnitude(-1000, 1000);
	return input;
}

/*
 * The whole way, by all linkages and scalings: a dendrogram has the distinct
 * rows as leaves, is a value that would be taken from outside, and a cut of
 * it puts those rows together that fit_hclust does.  The same rows in another
 * order, or as the entries of a sketch, make the same bytes.
 */
static void
test_fit(void)
{
	Check		value = {.name = "fit_dendrogram makes values without a problem, whatever the rows"};
	Check		leaves = {.name = "their leaves stand for all rows"};
	Check		cut = {.name = "their cuts are the clusters of fit_hclust"};
	Check		order = {.name = "another order of the rows makes the same bytes"};
	Check		cells = {.name = "rows as entries of a sketch make the same bytes"};
	Check		all = {.name = "the correlation is one, or there is none"};

	for (int set = 0; set < 400; set++)
	{
		int			kind = set % 5;
		int			n = set < 20 ? draw_int(1, 3) : draw_int(2, 30);
		int			dim = draw_int(1, 3);
		HclustOptions options = {.linkage = set / 5 % LINKAGES, .scale = draw_int(0, SCALE_METHODS - 1)};
		double	   *input = draw_input(n, dim, kind);
		int		   *turn = core_alloc(n, sizeof(int));
		int		   *label = core_alloc(n, sizeof(int));
		int		   *leaf_label = core_alloc(n, sizeof(int));
		int		   *row_of = core_alloc(n, sizeof(int));
		double	   *other;
		Rows		rows = rows_canonical(input, n, dim, row_of);
		Rows		scaled;
		Dendrogram *d;
		Dendrogram *again;
		DendrogramParts parts;
		FitFacts	facts;
		const char *problem;
		double		correlation;
		int64		total = 0;

		if (!fit_dendrogram(input, n, dim, &options, NO_LIMIT, &d, &facts))
			abort();
		parts = dendrogram_open(d);
		problem = dendrogram_problem(d);
		check_that(&value, problem == NULL && d->linkage == options.linkage &&
				   d->scale == options.scale, "set %d, kind %d: %s", set, kind, problem);
		for (int i = 0; i < parts.n; i++)
			total += parts.weight[i];
		check_that(&leaves, parts.n == rows.n && total == n, "set %d, kind %d", set, kind);

		for (options.k = 1; options.k <= facts.distinct; options.k++)
		{
			Clusters	clusters;
			FitFacts	fit;
			int		   *by_cut = core_alloc(n, sizeof(int));

			if (!fit_hclust(input, n, dim, &options, NO_LIMIT, label, &clusters, &fit))
				abort();
			dendrogram_cut_at_count(parts.merge, parts.n, options.k, leaf_label);
			for (int i = 0; i < n; i++)
				by_cut[i] = leaf_label[row_of[i]];
			check_that(&cut, same_partition(by_cut, label, n), "set %d, kind %d, k %d", set, kind,
					   options.k);
			pfree(by_cut);
			free_clusters(&clusters);
		}

		draw_order(n, turn);
		other = reordered(input, n, dim, turn);
		if (!fit_dendrogram(other, n, dim, &options, NO_LIMIT, &again, &facts))
			abort();
		check_that(&order, again->n == d->n && memcmp(again, d, dendrogram_bytes(d->n, dim)) == 0,
				   "set %d, kind %d", set, kind);
		pfree(again);

		scaled = dendrogram_rows(d);
		rows_free(&rows);
		rows = scaling_rows(&parts.scaling, &scaled);
		rows_free(&scaled);
		rows_normalise(&rows);
		correlation = dendrogram_cophenetic(parts.merge, &rows);
		check_that(&all, isnan(correlation) || (correlation >= -1 && correlation <= 1),
				   "set %d, kind %d: %g", set, kind, correlation);

		/* backwards, as entries have no order; they are used up */
		scaled = dendrogram_rows(d);
		for (int i = 0; i < d->n; i++)
		{
			scaled.weight[i] = (double) parts.weight[d->n - 1 - i];
			for (int j = 0; j < dim; j++)
				scaled.x[j * d->n + i] = parts.x[(d->n - 1 - i) * dim + j];
		}
		if (!fit_dendrogram_cells(&scaled, &options, NO_LIMIT, &again, &facts))
			abort();
		check_that(&cells, again->n == d->n && memcmp(again, d, dendrogram_bytes(d->n, dim)) == 0,
				   "set %d, kind %d", set, kind);

		pfree(again);
		pfree(d);
		rows_free(&rows);
		pfree(other);
		pfree(row_of);
		pfree(leaf_label);
		pfree(label);
		pfree(turn);
		pfree(input);
	}
	check_end(&value);
	check_end(&leaves);
	check_end(&cut);
	check_end(&order);
	check_end(&cells);
	check_end(&all);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_cuts();
	test_steps_by_hand();
	test_steps();
	test_leaf_order();
	test_cophenetic();
	test_nothing_varies();
	test_suggest_k();
	test_flat();
	test_damaged_head();
	test_damaged_numbers();
	test_fit();
	return tap_end();
}
