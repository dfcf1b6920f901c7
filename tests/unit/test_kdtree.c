/*
 * test_kdtree.c
 *	  The kd-tree against looking at all points.
 *
 * A tree is right if it has every point once, in the leaf that it is said to
 * be in, if every box is the smallest around the points below it, and if no
 * box is computed to be farther away than a point in it.
 */
#include "kdtree.h"

#include "tap.h"

static const int dims[] = {1, 2, 3, 4, 5, 8, 20};

/* Random points, on a lattice with many ties or not. */
static double *
draw_points(int n, int dim, bool lattice)
{
	double	   *x = core_alloc(n, sizeof(double) * dim);

	for (int i = 0; i < n * dim; i++)
		x[i] = lattice ? draw_int(0, 4) : draw_normal();
	return x;
}

/* Does the range of slots that a node stands for have this box? */
static bool
box_fits(const KdTree *t, int node, int from, int to)
{
	for (int j = 0; j < t->dim; j++)
	{
		const double *side = t->box + ((Size) kdtree_parent(node) * t->dim + j) * 4 +
			(node - 1) % 2;
		double		least = INFINITY;
		double		greatest = -INFINITY;

		for (int s = from; s < to; s++)
			if (t->x[j * t->stride + s] < INFINITY)
			{
				least = Min(least, t->x[j * t->stride + s]);
				greatest = Max(greatest, t->x[j * t->stride + s]);
			}
		if (side[0] != least || side[2] != greatest)
			return false;
	}
	return true;
}

static bool
boxes_fit(const KdTree *t)
{
	for (int level = 1; level <= t->levels; level++)
		for (int i = 0; i < 1 << level; i++)
		{
			int			leaves = 1 << (t->levels - level);

			if (!box_fits(t, (1 << level) - 1 + i, kdtree_leaf_start(t, i * leaves),
						  kdtree_leaf_start(t, (i + 1) * leaves)))
				return false;
		}
	return true;
}

static bool
leaves_partition(const KdTree *t)
{
	if (kdtree_leaf_start(t, 0) != 0 || kdtree_leaf_start(t, 1 << t->levels) != t->n)
		return false;
	for (int leaf = 0; leaf < 1 << t->levels; leaf++)
	{
		int			from = kdtree_leaf_start(t, leaf);
		int			to = kdtree_leaf_start(t, leaf + 1);

		if (to - from != KDTREE_LEAF && to != t->n)
			return false;
		for (int s = from; s < to; s++)
			if (kdtree_leaf_of(s) != leaf)
				return false;
	}
	return true;
}

static bool
has_every_point(const KdTree *t, const double *x, int n)
{
	bool	   *seen = core_alloc0(n, sizeof(bool));
	bool		good = true;

	for (int s = 0; s < n && good; s++)
	{
		good = t->id[s] >= 0 && t->id[s] < n && !seen[t->id[s]];
		if (!good)
			break;
		seen[t->id[s]] = true;
		for (int j = 0; j < t->dim; j++)
			good &= t->x[j * t->stride + s] == x[j * n + t->id[s]];
	}
	pfree(seen);
	return good;
}

static void
test_shape(void)
{
	Check		points = {.name = "a tree has every point once"};
	Check		leaves = {.name = "leaves are full, and know their slots"};
	Check		boxes = {.name = "a box is the smallest around what is below"};
	Check		moved = {.name = "boxes fit again when points have moved, or are gone"};

	for (int n = 1; n <= 700; n += n < 70 ? 1 : 37)
		for (int d = 0; d < 7; d++)
		{
			double	   *x = draw_points(n, dims[d], n % 3 == 0);
			KdTree		t = kdtree_of(x, n, dims[d]);

			check_that(&points, has_every_point(&t, x, n), "n %d, dim %d", n, dims[d]);
			check_that(&leaves, leaves_partition(&t), "n %d, dim %d", n, dims[d]);
			check_that(&boxes, boxes_fit(&t), "n %d, dim %d", n, dims[d]);
			for (int turn = 0; turn < n; turn++)
			{
				int			s = draw_int(0, n - 1);
				int			leaf = kdtree_leaf_of(s);
				int			node = kdtree_first_leaf(&t) + leaf;

				for (int j = 0; j < t.dim; j++)
					t.x[j * t.stride + s] = turn % 2 ? INFINITY : draw_normal();
				if (node == 0)
					continue;
				kdtree_refit_leaf(&t, leaf);
				do
					node = kdtree_parent(node);
				while (kdtree_refit_node(&t, node));
			}
			check_that(&moved, boxes_fit(&t), "n %d, dim %d", n, dims[d]);
			kdtree_free(&t);
			pfree(x);
		}
	check_end(&points);
	check_end(&leaves);
	check_end(&boxes);
	check_end(&moved);
}

static double
distance2_of(const double *x, int n, int i, const double *point, int dim)
{
	double		sum = 0;

	for (int j = 0; j < dim; j++)
		sum += (x[j * n + i] - point[j]) * (x[j * n + i] - point[j]);
	return sum;
}

/* Values of very different size, so that rounding has much to do. */
static void
test_bounds(void)
{
	Check		above = {.name = "no box is farther away than a point in it, by not a single bit"};
	Check		same = {.name = "the distances of a leaf are those of its points, bit for bit"};

	for (int set = 0; set < 300; set++)
	{
		int			n = draw_int(1, 300);
		int			dim = dims[set % 7];
		double	   *x = core_alloc(n, sizeof(double) * dim);
		double	   *point = core_alloc(dim, sizeof(double));
		KdTree		t;

		for (int i = 0; i < n * dim; i++)
			x[i] = draw_magnitude(-20, 2);
		for (int j = 0; j < dim; j++)
			point[j] = draw_magnitude(-20, 2);
		t = kdtree_of(x, n, dim);
		for (int leaf = 0; leaf < 1 << t.levels; leaf++)
		{
			int			start = kdtree_leaf_start(&t, leaf);
			double		d2[KDTREE_LEAF];
			bool		within = kdtree_distances2(&t, start, point, INFINITY, d2, dim);

			check_that(&same, within, "set %d", set);
			for (int s = start; s < kdtree_leaf_start(&t, leaf + 1); s++)
			{
				double		exact = distance2_of(x, n, t.id[s], point, dim);

				check_that(&same, d2[s - start] == exact, "set %d", set);
				for (int node = kdtree_first_leaf(&t) + leaf; node > 0; node = kdtree_parent(node))
					check_that(&above, kdtree_box_distance2(&t, node, point, dim) <= exact,
							   "set %d, n %d, dim %d", set, n, dim);
			}
		}
		kdtree_free(&t);
		pfree(point);
		pfree(x);
	}
	check_end(&above);
	check_end(&same);
}

/* Whatever the values are, a tree is built in the end. */
static void
test_extremes(void)
{
	static const double values[] = {
		0, 5e-324, 1e-320, 1e-150, 1, 1e150, 1e154, 1.7e308, -1.7e308, -1e150, -5e-324,
	};
	Check		built = {.name = "extreme values: a tree of all points"};

	for (int set = 0; set < 200; set++)
	{
		int			n = draw_int(1, 200);
		int			dim = draw_int(1, 5);
		int			most = draw_int(0, 10);
		double	   *x = core_alloc(n, sizeof(double) * dim);
		KdTree		t;

		for (int i = 0; i < n * dim; i++)
			x[i] = values[draw_int(0, most)];
		t = kdtree_of(x, n, dim);
		check_that(&built, has_every_point(&t, x, n) && boxes_fit(&t), "set %d", set);
		kdtree_free(&t);
		pfree(x);
	}
	check_end(&built);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_shape();
	test_bounds();
	test_extremes();
	return tap_end();
}
