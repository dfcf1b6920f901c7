/*
 * test_dbscan.c
 *	  DBSCAN against its definition, by looking at all pairs of rows.
 *
 * Brute force takes the rows as they come, without merging equal ones: a row
 * is a core point if min_points rows are not farther than eps, by float8's
 * distance; core points within eps are joined until nothing changes; any other
 * row within eps of a core point goes to the nearest, of equally near ones to
 * the first by value.  The core must give the same, for canonical rows, on a
 * grid and on a tree alike, and fit_dbscan for the rows as they come.
 */
#include "dbscan.h"
#include "fit.h"

#include "tap.h"

static const int dims[] = {1, 2, 3, 4, 5, 8};

#define DIMS 6

static double
distance2_of(const double *a, const double *b, int dim)
{
	double		sum = 0;

	for (int j = 0; j < dim; j++)
		sum += (a[j] - b[j]) * (a[j] - b[j]);
	return sum;
}

static bool
comes_first(const double *a, const double *b, int dim)
{
	for (int j = 0; j < dim; j++)
		if (a[j] != b[j])
			return a[j] < b[j];
	return false;
}

/* Join what is within reach of a core point, and so on. */
static void
spread(const double *input, int n, int dim, double eps, const bool *core, int from, int *label)
{
	int		   *todo = core_alloc(n, sizeof(int));
	int			ntodo = 1;

	todo[0] = from;
	label[from] = from;
	while (ntodo > 0)
	{
		int			i = todo[--ntodo];

		for (int k = 0; k < n; k++)
			if (core[k] && label[k] == NOISE &&
				sqrt(distance2_of(input + i * dim, input + k * dim, dim)) <= eps)
			{
				label[k] = from;
				todo[ntodo++] = k;
			}
	}
	pfree(todo);
}

/* Labels by the definition: the number of a row of the cluster, or NOISE. */
static void
by_definition(const double *input, int n, int dim, double eps, int min_points, int *label)
{
	bool	   *core = core_alloc(n, sizeof(bool));

	for (int i = 0; i < n; i++)
	{
		int			count = 0;

		for (int k = 0; k < n; k++)
			count += sqrt(distance2_of(input + i * dim, input + k * dim, dim)) <= eps;
		core[i] = count >= min_points;
		label[i] = NOISE;
	}
	for (int i = 0; i < n; i++)
		if (core[i] && label[i] == NOISE)
			spread(input, n, dim, eps, core, i, label);
	for (int i = 0; i < n; i++)
	{
		int			nearest = -1;
		double		least = 0;

		for (int k = 0; k < n && !core[i]; k++)
		{
			double		d2 = distance2_of(input + i * dim, input + k * dim, dim);

			if (core[k] && sqrt(d2) <= eps &&
				(nearest < 0 || d2 < least ||
				 (d2 == least && comes_first(input + k * dim, input + nearest * dim, dim))))
			{
				least = d2;
				nearest = k;
			}
		}
		if (nearest >= 0)
			label[i] = label[nearest];
	}
	pfree(core);
}

/* Do they agree on what is noise, and on which of the rest belong together? */
static bool
same_labels(const int *a, const int *b, int n)
{
	int		   *copy = core_alloc(2 * ((Size) n + 1), sizeof(int));
	bool		same = true;

	/* noise is a class too, but only noise may be in it */
	for (int i = 0; i < n; i++)
	{
		same &= (a[i] == NOISE) == (b[i] == NOISE);
		copy[i] = a[i] == NOISE ? n : a[i];
		copy[n + 1 + i] = b[i] == NOISE ? n : b[i];
	}
	copy[n] = copy[n + 1 + n] = n;
	same = same && same_partition(copy, copy + n + 1, n + 1);
	pfree(copy);
	return same;
}

/* The kinds of data. */
typedef enum Kind
{
	BLOBS,						/* reals around some centres */
	LATTICE,					/* small integers: equal rows, equal distances */
	LINES,						/* two long rows of points that come close */
	CUBE,						/* uniform reals: every cell has all its neighbours */
	MAGNITUDES,					/* values of very different size */
	KINDS,
} Kind;

static double *
draw_input(Kind kind, int n, int dim)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);
	int			most = draw_int(1, 8);

	for (int i = 0; i < n; i++)
	{
		double		centre = draw_int(0, 3) * 4;
		bool		second = draw_int(0, 1);

		for (int j = 0; j < dim; j++)
		{
			double	   *x = &input[i * dim + j];

			switch (kind)
			{
				case BLOBS:
					*x = centre * (j % 2) + draw_normal();
					break;
				case LATTICE:
					*x = draw_int(0, most);
					break;
				case LINES:
					/* a gap of 1, or a bit more: within it is the length that is long */
					*x = j == 0 ? (second ? 1 + draw_int(0, 1) * 0x1p-30 : 0) : draw_unit() * 0.4;
					break;
				case CUBE:
					*x = draw_unit();
					break;
				default:
					*x = draw_magnitude(-30, 3);
			}
		}
	}
	return input;
}

static double
draw_eps(Kind kind, int set)
{
	static const double some[] = {0, 1, 1, 2, 3, 1.5, 1e-9, 1e9, INFINITY, 0x1p-500, 1e300};

	if (set % 3 == 0)
		return some[draw_int(0, 10)];
	if (set % 3 == 1)
		return kind == LATTICE ? sqrt(draw_int(0, 12)) : exp(draw_between(-4, 2));
	if (kind == CUBE)
		return draw_between(0.05, 0.3);
	return kind == LINES ? 1 + draw_int(0, 2) * 0x1p-31 : draw_between(0, 3);
}

/* Both ways, for canonical rows whose labels are spread to the input. */
static void
test_definition(void)
{
	Check		grid = {.name = "the grid gives what the definition gives"};
	Check		tree = {.name = "the tree gives what the definition gives"};
	Check		fit = {.name = "so does the fit, whatever the order and the unit of the rows"};

	for (int set = 0; set < 1500; set++)
	{
		Kind		kind = set % KINDS;
		int			dim = dims[set / KINDS % DIMS];
		int			n = draw_int(1, set % 49 == 0 ? 1500 : 150);
		double	   *input = draw_input(kind, n, dim);
		double		eps = draw_eps(kind, set / 7);
		int			min_points = set % 5 ? draw_int(1, 12) : draw_int(1, n + 1);
		int		   *row_of = core_alloc(n, sizeof(int));
		int		   *order = core_alloc(n, sizeof(int));
		int		   *right = core_alloc(n, sizeof(int));
		int		   *label = core_alloc(n, sizeof(int));
		int		   *row_label = core_alloc(n, sizeof(int));
		Rows		rows = rows_canonical(input, n, dim, row_of);
		int			exponent = draw_int(-900, 900);
		DbscanOptions options = {.eps = ldexp(eps, exponent), .min_points = min_points};
		double	   *shuffled;
		FitFacts	facts;

		by_definition(input, n, dim, eps, min_points, right);
		for (int way = 0; way < 2; way++)
		{
			if (way == 0 && dim > 3)
				continue;
			(way ? dbscan_by_tree : dbscan_by_grid) (&rows, reach_of(eps), min_points, row_label);
			for (int i = 0; i < n; i++)
				label[i] = row_label[row_of[i]];
			check_that(way ? &tree : &grid, same_labels(right, label, n),
					   "set %d, kind %d, n %d, dim %d, eps %.17g, min_points %d",
					   set, kind, n, dim, eps, min_points);
		}

		draw_order(n, order);
		shuffled = reordered(input, n, dim, order);
		for (int i = 0; i < n * dim; i++)
			shuffled[i] = ldexp(shuffled[i], exponent);
		check_that(&fit, fit_dbscan(shuffled, n, dim, &options, SIZE_MAX, row_label, &facts),
				   "set %d", set);
		for (int i = 0; i < n; i++)
			label[order[i]] = row_label[i];
		/* tiny and huge numbers of a unit that is neither lose nothing but at the ends */
		if (options.eps < 1e300 && (options.eps == 0 || options.eps > 1e-290))
			check_that(&fit, same_labels(right, label, n),
					   "set %d, kind %d, n %d, dim %d, eps %.17g, min_points %d, exponent %d",
					   set, kind, n, dim, eps, min_points, exponent);

		pfree(shuffled);
		rows_free(&rows);
		pfree(row_label);
		pfree(label);
		pfree(right);
		pfree(order);
		pfree(row_of);
		pfree(input);
	}
	check_end(&grid);
	check_end(&tree);
	check_end(&fit);
}

/* The memory named is the limit: with a byte less it is refused. */
static void
test_memory(void)
{
	Check		limit = {.name = "the memory named is the limit"};

	for (int set = 0; set < 40; set++)
	{
		int			n = draw_int(1, 200);
		int			dim = dims[set % DIMS];
		double	   *input = draw_input(set % KINDS, n, dim);
		int		   *label = core_alloc(n, sizeof(int));
		DbscanOptions options = {.eps = 1, .min_points = draw_int(1, 5)};
		double		eps;
		FitFacts	facts;
		Size		needed;

		check_that(&limit, !fit_dbscan(input, n, dim, &options, 0, label, &facts), "set %d", set);
		check_that(&limit, fit_dbscan(input, n, dim, &options, SIZE_MAX, label, &facts), "set %d", set);
		needed = facts.memory_needed;
		check_that(&limit, !fit_dbscan(input, n, dim, &options, needed - 1, label, &facts) &&
				   facts.memory_needed == needed, "set %d", set);
		check_that(&limit, fit_dbscan(input, n, dim, &options, needed, label, &facts), "set %d", set);
		options.min_points = Min(options.min_points, n);
		check_that(&limit, fit_dbscan_eps(input, n, dim, &options, SIZE_MAX, &eps, &facts), "set %d", set);
		check_that(&limit, !fit_dbscan_eps(input, n, dim, &options, facts.memory_needed - 1, &eps, &facts),
				   "set %d", set);
		pfree(label);
		pfree(input);
	}
	check_end(&limit);
}

/* What counts as within: distances up to eps as float8 gives them, whatever eps squared is. */
static void
test_reach(void)
{
	Check		exact = {.name = "a reach is the largest square whose root is within eps"};
	Check		whole = {.name = "on integers distances of just eps are within, larger ones not"};

	for (int i = 0; i < 100000; i++)
	{
		double		eps = i % 2 ? fabs(draw_magnitude(-400, 100)) : sqrt(draw_int(1, 1000000));
		Reach		reach = reach_of(eps);
		union
		{
			double		d;
			uint64		u;
		}			above = {.d = reach.square};

		above.u++;
		check_that(&exact, reach.distance == eps && sqrt(reach.square) <= eps && sqrt(above.d) > eps,
				   "eps %.17g", eps);
	}
	for (int i = 1; i < 1000000; i++)
		check_that(&whole, reach_of(sqrt(i)).square >= i && reach_of(sqrt(i)).square < i + 1,
				   "square %d", i);
	check_end(&exact);
	check_end(&whole);
}

static int
compare_doubles(const void *p, const void *q)
{
	double		one = *(const double *) p;
	double		other = *(const double *) q;

	return one < other ? -1 : one > other;
}

/* The knee by the definition, of all rows. */
static double
suggested(const double *input, int n, int dim, int min_points)
{
	double	   *curve = core_alloc(n, sizeof(double));
	double	   *d = core_alloc(n, sizeof(double));
	double		most = 0;
	double		eps;
	int			count = 0;

	for (int i = 0; i < n; i++)
	{
		for (int k = 0; k < n; k++)
			d[k] = sqrt(distance2_of(input + i * dim, input + k * dim, dim));
		qsort(d, n, sizeof(double), compare_doubles);
		if (d[min_points - 1] > 0)
			curve[count++] = d[min_points - 1];
	}
	qsort(curve, count, sizeof(double), compare_doubles);
	eps = count > 0 ? curve[0] : 0;
	for (int i = 1; i < count; i++)
	{
		double		rise = curve[count - 1] - curve[0];
		double		below = rise > 0 ?
			(double) i / (count - 1) - (curve[i] - curve[0]) / rise : 0;

		if (below > most)
		{
			most = below;
			eps = curve[i];
		}
	}
	pfree(d);
	pfree(curve);
	return eps;
}

static void
test_suggest(void)
{
	Check		knee = {.name = "the eps suggested is the knee by the definition"};

	for (int set = 0; set < 600; set++)
	{
		int			dim = dims[set / KINDS % DIMS];
		int			n = draw_int(1, 120);
		double	   *input = draw_input(set % KINDS, n, dim);
		DbscanOptions options = {.min_points = draw_int(1, set % 3 ? Min(n, 8) : n)};
		double		eps;
		FitFacts	facts;

		check_that(&knee, fit_dbscan_eps(input, n, dim, &options, SIZE_MAX, &eps, &facts) &&
				   eps == suggested(input, n, dim, options.min_points),
				   "set %d, n %d, dim %d, min_points %d: %.17g", set, n, dim, options.min_points, eps);
		pfree(input);
	}
	check_end(&knee);
}

/*
 * Of many rows some are asked.  Gaps grow like a cube here, and the knee of a
 * cube is where its slope is that of the chord, at 1 / sqrt(3) of the way.
 */
static void
test_suggest_for_many(void)
{
	int			n = 40000;
	double	   *input = core_alloc(n, sizeof(double));
	double		at = n / sqrt(3);
	DbscanOptions options = {.min_points = 2};
	double		eps = 0;
	FitFacts	facts;
	bool		enough;

	input[0] = 0;
	for (int i = 1; i < n; i++)
		input[i] = input[i - 1] + (double) i * i * i;
	enough = fit_dbscan_eps(input, n, 1, &options, SIZE_MAX, &eps, &facts);
	tap_ok(enough && fabs(eps / (at * at * at) - 1) < 0.01, "of many rows those asked show the knee");
	pfree(input);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_reach();
	test_definition();
	test_memory();
	test_suggest();
	test_suggest_for_many();
	return tap_end();
}
