/*
 * test_sketch.c
 *	  A sketch is a function of the multiset of its rows.
 *
 * The bytes of a finished sketch are compared over shuffles, splits, orders
 * and groupings of merges; its level, counts, sums and squares are recomputed
 * from all rows by brute force, the level being the lowest at which at most
 * "size" cells are occupied.
 */
#include "sketch.h"

#include "tap.h"
#include "wide.h"

/* A claim whose name is made of its figures. */
static void
ok(bool passed, const char *format,...)
{
	char		name[240];
	va_list		args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	tap_ok(passed, name);
}

static void
check_done(SketchStatus status)
{
	if (status != SKETCH_DONE)
		abort();
}

static Sketch *
sketch_of(const SketchShape *shape, const double *rows, int n)
{
	Sketch	   *s = sketch_create(shape);

	for (int i = 0; i < n; i++)
		check_done(sketch_add(&s, rows + (Size) i * shape->dim));
	return s;
}

/* The same by columns, in blocks of any length; now and then a row by itself. */
static Sketch *
sketch_by_columns(const SketchShape *shape, const double *rows, int n)
{
	Sketch	   *s = sketch_create(shape);
	double		block[8][100];
	const double *column[8];

	for (int j = 0; j < shape->dim; j++)
		column[j] = block[j];
	for (int start = 0; start < n;)
	{
		int			length = draw_int(0, 100);

		length = Min(length, n - start);
		for (int i = 0; i < length; i++)
			for (int j = 0; j < shape->dim; j++)
				block[j][i] = rows[(Size) (start + i) * shape->dim + j];
		check_done(sketch_add_columns(&s, column, length));
		start += length;
		if (start < n)
			check_done(sketch_add(&s, rows + (Size) start++ * shape->dim));
	}
	return s;
}

static Sketch *
closed(const Sketch *s)
{
	Sketch	   *result;

	check_done(sketch_close(s, &result));
	return result;
}

static bool
same_bytes(const Sketch *a, const Sketch *b)
{
	return sketch_bytes(a) == sketch_bytes(b) && memcmp(a, b, sketch_bytes(a)) == 0;
}

static void
shuffle(double *rows, int n, int dim)
{
	for (int i = n - 1; i > 0; i--)
	{
		int			k = (int) (draw_unit() * (i + 1));

		for (int j = 0; j < dim; j++)
		{
			double		swap = rows[(Size) i * dim + j];

			rows[(Size) i * dim + j] = rows[(Size) k * dim + j];
			rows[(Size) k * dim + j] = swap;
		}
	}
}

enum
{
	GAUSS, LOGNORMAL, INTEGERS, SIGNED_ZEROS, RARELY_HUGE, OFFSET, KINDS
};

static const char *const kind_name[] = {"gaussian", "log-normal", "integers", "zeros and signs",
"rarely 1e12", "1e9 + small"};

static double
value_of(int kind)
{
	double		g = draw_normal();

	switch (kind)
	{
		case GAUSS:
			return 10 * g;
		case LOGNORMAL:
			return exp(1.2 * g + 1);
		case INTEGERS:
			return floor(20 * draw_unit());
		case SIGNED_ZEROS:
			return draw_unit() < 0.5 ? (draw_unit() < 0.5 ? 0.0 : -0.0) :
				draw_unit() < 0.1 ? 4e-320 * g : (draw_unit() < 0.3 ? -1 : 1) * exp(2 * g);
		case RARELY_HUGE:		/* beyond what compact cells take, at any time */
			return draw_unit() < 0.01 ? 1e12 * (2 * draw_unit() - 1) : g;
		default:
			return 1e9 + g;
	}
}

/* Merge s[0..n) in a random tree, some parts closed on the way. */
static Sketch *
merge_tree(Sketch **s, int n)
{
	Sketch	   *a;
	Sketch	   *b;
	int			cut;

	if (n == 1)
		return draw_unit() < 0.5 ? s[0] : closed(s[0]);
	cut = 1 + (int) (draw_unit() * (n - 1));
	a = merge_tree(s, cut);
	b = merge_tree(s + cut, n - cut);
	if (draw_unit() < 0.5)
	{
		Sketch	   *swap = a;

		a = b;
		b = swap;
	}
	if (!a->open)
		a = sketch_open(a);
	check_done(sketch_merge(&a, b));
	return a;
}

/* The key of x by definition, in long double where that helps. */
static int64
key_of(const SketchShape *shape, int j, double x)
{
	double		a = fabs(x) + 0x1p-20;
	int			e;
	double		m;

	if (shape->family == SKETCH_FRAME)
		return (int64) floorl(ldexpl(x, -shape->frame[j]));
	m = frexp(a, &e);			/* in [0.5, 1) */
	e = (e - 1) + 20;			/* 0 for the first binade */
	return x < 0 ? ~(((int64) e << 30) + (int64) floor(ldexp(2 * m - 1, 30))) :
		((int64) e << 30) + (int64) floor(ldexp(2 * m - 1, 30));
}

static int64
shifted(int64 key, int level, int j, int dim)
{
	int			shift = 0;

	for (int l = 0; l < level; l++)
		shift += l % dim == j;	/* level l + 1 drops a bit of feature l mod dim */
	return shift >= 64 ? 0 : key >> shift;
}

static int	sort_dim;

static int
compare_keys(const void *a, const void *b)
{
	for (int j = 0; j < sort_dim; j++)
	{
		int64		x = ((const int64 *) a)[j];
		int64		y = ((const int64 *) b)[j];

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static int
occupied(const SketchShape *shape, const double *rows, int n, int level, int64 *key)
{
	int			cells = 0;

	for (int i = 0; i < n; i++)
		for (int j = 0; j < shape->dim; j++)
			key[(Size) i * shape->dim + j] =
				shifted(key_of(shape, j, rows[(Size) i * shape->dim + j]), level, j, shape->dim);
	sort_dim = shape->dim;
	qsort(key, n, sizeof(int64) * shape->dim, compare_keys);
	for (int i = 0; i < n; i++)
		cells += i == 0 || compare_keys(key + (Size) i * shape->dim, key + (Size) (i - 1) * shape->dim) != 0;
	return cells;
}

/* The error bound against the distances of all rows from what stands for them. */
static bool
bound_is_right(const SketchShape *shape, const Sketch *s, const double *rows, int n)
{
	int			dim = shape->dim;
	Rows		entries = sketch_rows(s);
	double	   *bound = core_alloc(dim, sizeof(double));
	double	   *rounding = core_alloc(dim, sizeof(double));
	long double *square = core_alloc0(dim, sizeof(long double));
	uint64	   *name = core_alloc(1 + dim, sizeof(uint64));
	bool		right = true;

	sketch_error_bound(s, bound);
	sketch_rounding(s, rounding);
	for (int i = 0; i < n; i++)
	{
		const double *row = rows + (Size) i * dim;
		int			entry = sketch_entry_of(s, row, name);

		for (int j = 0; j < dim; j++)
			square[j] += ((long double) row[j] - entries.x[(Size) j * entries.n + entry]) *
				((long double) row[j] - entries.x[(Size) j * entries.n + entry]);
	}
	for (int j = 0; j < dim; j++)
	{
		double		distance = sqrt((double) (square[j] / n));

		/* rounding moves a row, and the mean, by so much at most */
		right &= bound[j] >= distance * (1 - 1e-9) &&
			bound[j] <= (distance + 2 * rounding[j]) * (1 + 1e-9);
	}
	pfree(name);
	pfree(square);
	pfree(rounding);
	pfree(bound);
	rows_free(&entries);
	return right;
}

/* Level, counts, sums and squares against all rows. */
static void
check_by_definition(const SketchShape *shape, const double *rows, int n, const char *name)
{
	Sketch	   *s = closed(sketch_of(shape, rows, n));
	int64	   *key = malloc(sizeof(int64) * n * shape->dim);
	int			dim = shape->dim;
	bool		level_ok = true;
	bool		cells_ok = true;

	ok(sketch_is_valid(s), "%s: a finished sketch is valid", name);
	ok(s->rows == n && s->count <= s->size, "%s: %d rows in %d entries, level %d", name, n, s->count, s->level);
	if (!s->exact)
	{
		level_ok = occupied(shape, rows, n, s->level, key) == s->count &&
			(s->level == 0 || occupied(shape, rows, n, s->level - 1, key) > s->size);
		for (int i = 0; i < s->count && i < 50; i++)
		{
			uint64	   *cell = sketch_entry(s, i);
			int64		count = 0;

			for (int j = 0; j < dim; j++)
			{
				Wide		sum = 0;
				Wide		square = 0;

				count = 0;
				for (int r = 0; r < n; r++)
				{
					int			t = 0;
					int64		value;
					int			unit = shape->family == SKETCH_FRAME ? shape->frame[j] : -20;

					while (t < dim && shifted(key_of(shape, t, rows[(Size) r * dim + t]), s->level, t, dim) == (int64) cell[1 + t])
						t++;
					if (t < dim)
						continue;
					count++;
					value = (int64) rint(ldexp(rows[(Size) r * dim + j], -unit));
					sum += value;
					square += (Wide) value * value;
				}
				cells_ok &= sum == wide_get(cell + 1 + dim + 2 * j) &&
					square == wide_get(cell + 1 + 3 * dim + 3 * j);
			}
			cells_ok &= count == (int64) cell[0];
		}
	}
	ok(bound_is_right(shape, s, rows, n), "%s: the error bound is the rows' distance from their entries", name);
	ok(level_ok, "%s: the level is the lowest that will do", name);
	ok(cells_ok, "%s: counts, sums and squares are those of the rows", name);
	free(key);
}

static void
check_order(const SketchShape *shape, int kind, int n, const char *family)
{
	double	   *rows = malloc(sizeof(double) * n * shape->dim);
	Sketch	   *first;
	int			different = 0;
	int			ncols = n * shape->dim;

	for (int i = 0; i < ncols; i++)
		rows[i] = value_of(kind);
	for (int i = 0; i < n / 10; i++)	/* some rows twice */
		memcpy(rows + (Size) i * shape->dim, rows + (Size) (n - 1 - i) * shape->dim, sizeof(double) * shape->dim);
	first = closed(sketch_of(shape, rows, n));
	for (int run = 0; run < 12; run++)
	{
		Sketch	   *part[5];
		int			start = 0;
		int			parts = 1 + run % 5;

		if (run > 0)
			shuffle(rows, n, shape->dim);
		for (int p = 0; p < parts; p++)
		{
			int			end = p == parts - 1 ? n : start + (int) (draw_unit() * (n - start));

			part[p] = shape->dim <= 8 && (run + p) % 2 == 1 ?
				sketch_by_columns(shape, rows + (Size) start * shape->dim, end - start) :
				sketch_of(shape, rows + (Size) start * shape->dim, end - start);
			start = end;
		}
		different += !same_bytes(first, closed(merge_tree(part, parts)));
		for (int i = 0; i < ncols; i++)
			if (rows[i] == 0)
				rows[i] = -rows[i]; /* -0 and 0 are one value */
	}
	ok(different == 0, "%s, %s, dim %d, size %d: the same bytes in any order and grouping (%d entries%s)",
	   family, kind_name[kind], shape->dim, shape->size, first->count, first->exact ? ", exact" : "");
	free(rows);
}

int
main(int argc, char **argv)
{
	int32		frame[8];

	tap_begin(argc, argv);
	for (int dim = 1; dim <= 5; dim += 2)
		for (int family = 0; family < 2; family++)
			for (int kind = 0; kind < KINDS; kind++)
			{
				SketchShape shape = {dim, dim == 3 ? 700 : 40, (SketchFamily) family, 0, frame};

				for (int j = 0; j < dim; j++)
					frame[j] = kind == OFFSET ? -16 - j : -14 - j;
				check_order(&shape, kind, dim == 3 ? 6000 : 1500, family == SKETCH_FLOAT ? "FLOAT" : "FRAME");
			}
	{
		SketchShape wide = {20, 64, SKETCH_FLOAT, 0, NULL};

		check_order(&wide, SIGNED_ZEROS, 2000, "FLOAT");
	}
	for (int family = 0; family < 2; family++)
		for (int kind = 0; kind < KINDS; kind++)
		{
			SketchShape shape = {2, 100, (SketchFamily) family, 0, frame};
			double		rows[2 * 1500];
			char		name[80];

			frame[0] = -12;
			frame[1] = -15;
			for (int i = 0; i < 2 * 1500; i++)
				rows[i] = value_of(kind);
			snprintf(name, sizeof(name), "%s, %s", family == SKETCH_FLOAT ? "FLOAT" : "FRAME", kind_name[kind]);
			check_by_definition(&shape, rows, 1500, name);
		}

	/* means and variances come back */
	{
		SketchShape shape = {1, 16, SKETCH_FLOAT, 0, NULL};
		double		rows[4000];
		double		sum = 0;
		double		square = 0;
		double		weight = 0;
		double		mean = 0;
		double		total = 0;
		Rows		r;

		for (int i = 0; i < 4000; i++)
		{
			rows[i] = 1000 + draw_normal();
			sum += rows[i];
		}
		for (int i = 0; i < 4000; i++)
			square += (rows[i] - sum / 4000) * (rows[i] - sum / 4000);
		r = sketch_rows(closed(sketch_of(&shape, rows, 4000)));
		for (int i = 0; i < r.n; i++)
		{
			weight += r.weight[i];
			mean += r.weight[i] * r.x[i];
		}
		mean /= weight;
		for (int i = 0; i < r.n; i++)
			total += r.weight[i] * ((r.x[i] - mean) * (r.x[i] - mean) + r.variance[i]);
		ok(weight == 4000 && fabs(mean - sum / 4000) < 1e-6, "the mean of all rows comes back: %.9f", mean);
		ok(fabs(total / square - 1) < 1e-6, "and the variance: ratio %.9f", total / square);
	}

	/* weights far beyond 2^32 by merging a sketch with itself, and a refusal before they wrap */
	for (int size = 2; size <= 64; size *= 32)
	{
		SketchShape shape = {2, size, SKETCH_FLOAT, 0, NULL};
		double		rows[40];
		Sketch	   *s;
		Sketch	   *once;
		SketchStatus status = SKETCH_DONE;
		int			doublings = 0;
		bool		exact = true;

		for (int i = 0; i < 40; i++)
			rows[i] = i % 2 ? i * 1e11 : -i / 3.0;
		once = closed(sketch_of(&shape, rows, 20));
		s = once;
		while (status == SKETCH_DONE)
		{
			Sketch	   *twice = sketch_open(s);

			status = sketch_merge(&twice, s);
			if (status == SKETCH_DONE)
			{
				s = closed(twice);
				doublings++;
				exact &= sketch_is_valid(s) && s->rows == (int64) 20 << doublings;
				if (!s->exact)
				{
					uint64		product[3];

					wide3_multiply(product, wide_get(sketch_entry(once, 0) + 1 + 3 * 2), (int64) 1 << doublings);
					exact &= wide_get(sketch_entry(s, 0) + 3) == wide_get(sketch_entry(once, 0) + 3) * ((Wide) 1 << doublings) &&
						memcmp(product, sketch_entry(s, 0) + 1 + 3 * 2, sizeof(product)) == 0;
				}
			}
		}
		ok(exact && doublings == 58 && status == SKETCH_TOO_MANY_ROWS,
		   "%s: exact up to 20 * 2^%d rows, then refused", once->exact ? "rows" : "cells", doublings);
	}

	/* what comes from outside: the squares of a cell and its sum must agree */
	{
		SketchShape shape = {1, 1, SKETCH_FLOAT, 0, NULL};
		double		rows[2] = {-0x1p-20, 0x1p-19};
		Sketch	   *s = closed(sketch_of(&shape, rows, 2));
		uint64	   *sum = sketch_entry(s, 0) + 2;
		uint64	   *square = sum + 2;

		ok(wide_get(sum) == 1 && square[0] == 5 && sketch_is_valid(s), "a cell of -1 and 2 units");
		square[0] = 0;
		ok(!sketch_is_valid(s), "squares below sum^2 / n are refused, though the whole part of the mean would pass");
		square[2] = UINT64_MAX;
		ok(!sketch_is_valid(s), "so are squares beyond those of the largest values");
		wide_add(sum, -1 - ((Wide) 2 << 62));
		square[1] = (uint64) 1 << 61;
		square[2] = 0;
		ok(!sketch_is_valid(s), "and a mean of -2^62 units");
		wide_add(sum, 2);
		wide3_multiply(square, (((Wide) 1 << 62) - 1) * (((Wide) 1 << 62) - 1), 2);
		ok(sketch_is_valid(s), "one unit more is a value");
	}
	for (int family = 0; family < 2; family++)
	{
		static const int32 unit[] = {-20};
		SketchShape shape = {1, 3, (SketchFamily) family, 0, unit};
		double		rows[7] = {-3e9, -2e9, -0x1p-20, 0, 0x1p-20, 1e6, 4e12};
		Sketch	   *s = closed(sketch_of(&shape, rows, 7));
		bool		refused = true;

		for (int i = 0; i < s->count; i++)
		{
			int64	   *key = (int64 *) sketch_entry(s, i) + 1;
			int64		was = *key;

			/* far enough from the others to be in order still */
			for (int bit = 0; bit < 62; bit++)
			{
				*key = was ^ (int64) 1 << bit;
				refused &= !sketch_is_valid(s);
			}
			*key = was;
		}
		ok(refused && sketch_is_valid(s) && !s->exact, "%s: a key that is not that of the mean is refused, level %d",
		   family == SKETCH_FLOAT ? "FLOAT" : "FRAME", s->level);
	}

	/* out of range beyond the exact stage */
	{
		SketchShape shape = {1, 4, SKETCH_FLOAT, 0, NULL};
		Sketch	   *s = sketch_create(&shape);
		Sketch	   *c;
		SketchStatus status = SKETCH_DONE;

		for (int i = 0; i < 4; i++)
		{
			double		x = i * 1e300;

			check_done(sketch_add(&s, &x));
		}
		ok(sketch_close(s, &c) == SKETCH_DONE && c->exact, "any value is fine while all are kept");
		for (int i = 4; i < 30 && status == SKETCH_DONE; i++)
		{
			double		x = i * 1e300;

			status = sketch_add(&s, &x);
		}
		ok(status == SKETCH_OUT_OF_RANGE, "a value out of range is refused when cells are needed");
	}
	return tap_end();
}
