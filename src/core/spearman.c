/*
 * spearman.c
 *	  Spearman's rank correlation, of the rows in sketches of family ORDER: one
 *	  of the pairs, and one of each side, of the same rows.
 *
 * While the sketch of pairs is lossless, this is the correlation of the ranks,
 * equal values sharing the mean of theirs, by sums of integers.
 *
 * Beyond, it is an estimate with a bound.  Let r be the rank of a row on one
 * side, less the mean rank, and s that on the other.  The sketch of a side has
 * fine cells: r is known within each of them.  The sketch of pairs is coarser,
 * and divides a side into slabs of whole fine cells.  Within a slab r is
 * nearly a linear function of the position u of the value, the distance of
 * its key from the end of the slab:
 *	 r = l + e,	l = a + b (u - mean of u in the slab)	and s = m + f likewise.
 * a is the mean of r in the slab, which is known, and b a regression over
 * its fine cells, or where there is a single one, the ratio of the spreads.  The cells of pairs know count, sum and squares of u and of
 * v, and so all of
 *	 sum of r s = sum of l m + sum of e s + sum of l f
 * but for the covariance of u and v within a cell.  By Cauchy and Schwarz
 *	 |sum of e s| <= sqrt(sum of e^2 * sum of s^2), and so for l f;
 *	 |within a cell| <= |b d| sqrt(squares of u * squares of v).
 * In a fine cell of n rows sum of (r - its mean)^2 is n (n^2 - 1) / 12 at most,
 * and r never falls with u, so that
 *	 sum of e^2 <= n (mean of e)^2 + n (n^2 - 1) / 12 + b^2 squares of u.
 * The sums of r^2 are known up to the ties within fine cells.
 *
 * O(n log n) time and O(n) memory for n entries.  Spearman, American Journal of
 * Psychology 15, 1904, doi:10.2307/1412159.
 */
#include "spearman.h"

#include "sketch_cell.h"

/* Rounding of sums of as many numbers as there are entries, against 1. */
#define ROUNDING 1e-11

/* A slab of a side. */
typedef struct Slab
{
	int64		key;			/* of its cells, as the sketch of pairs has them */
	double		a;
	double		b;
	double		mean;			/* of u */
} Slab;

typedef struct Side
{
	Slab	   *slab;			/* [n], ascending */
	int			n;
	double		most_squares;	/* the sum of r^2 lies between */
	double		least_squares;
	double		linear;			/* sum of l^2 */
	double		rest;			/* sum of e^2, at most */
} Side;

/* ---- exact ---- */

/*
 * rank[] becomes, for the rows in order[], their mean rank times two, less
 * that of all; returns the sum of squares.
 */
static Wide
rank_rows(const double *value, const int64 *weight, const int *order, int n, int64 total, int64 *rank)
{
	Wide		squares = 0;
	int64		before = 0;

	for (int i = 0; i < n;)
	{
		int64		tied = 0;
		int			end = i;

		for (; end < n && value[order[end]] == value[order[i]]; end++)
			tied += weight[order[end]];
		for (; i < end; i++)
			rank[order[i]] = 2 * before + tied - total;
		squares += (Wide) tied * (2 * before + tied - total) * (2 * before + tied - total);
		before += tied;
	}
	return squares;
}

static RankCorrelation
spearman_exact(const Sketch *pairs)
{
	int			n = pairs->count;
	double	   *value = core_alloc(n, 2 * sizeof(double));
	int64	   *weight = core_alloc(n, sizeof(int64));
	int64	   *rank = core_alloc(n, 2 * sizeof(int64));
	int		   *order = core_alloc(n, sizeof(int));
	Wide		squares[2];
	Wide		products = 0;
	RankCorrelation result = {{NAN, NAN}, 0};

	for (int i = 0; i < n; i++)
	{
		const uint64 *entry = sketch_entry(pairs, i);

		weight[i] = (int64) entry[0];
		value[i] = ((const double *) entry)[1];
		value[n + i] = ((const double *) entry)[2];
	}
	for (int side = 0; side < 2; side++)
	{
		order_by_key(value + side * n, n, order);
		squares[side] = rank_rows(value + side * n, weight, order, n, pairs->rows, rank + side * n);
	}
	for (int i = 0; i < n; i++)
		products += (Wide) weight[i] * rank[i] * rank[n + i];
	if (squares[0] > 0 && squares[1] > 0)
	{
		/* x y - c^2 = c (x - c + y - c) + (x - c) (y - c) for c > 0 cancels less */
		Wide		size = products < 0 ? -products : products;
		double		x = (double) squares[0];
		double		y = (double) squares[1];
		double		less_x = (double) (squares[0] - size);
		double		less_y = (double) (squares[1] - size);
		double		rest = (double) size * (double) (squares[0] - size + squares[1] - size) + less_x * less_y;

		result.correlation.r = Max(-1, Min((double) products / sqrt(x * y), 1));
		result.correlation.rest = Max(0, rest / x / y);
	}
	pfree(order);
	pfree(rank);
	pfree(weight);
	pfree(value);
	return result;
}

/* ---- estimates ---- */

/* A fine cell: its key, and its mean distance from the first key that leaves the same slab. */
typedef struct Fine
{
	int64		slab;
	double		rows;
	double		u;
	double		variance;		/* of u */
} Fine;

static Fine
read_fine(const Sketch *side, int i, int shift)
{
	uint64	   *entry = sketch_entry(side, i);
	int64		key = (int64) entry[1];
	int64		value;
	double		rest = 0;
	Fine		fine = {.rows = (double) entry[0]};

	if (side->exact)
	{
		quantise(SKETCH_ORDER, 1, ((const double *) entry)[1], &key, &value);
		fine.slab = drop_bits(key, 0, shift);
	}
	else
	{
		fine.variance = sketch_cell_variance(entry, 1, 0, &value, &rest);
		fine.slab = drop_bits(key, side->level, shift);
	}
	fine.u = (double) (value - cell_anchor(SKETCH_ORDER, fine.slab, shift)) + rest;
	return fine;
}

/* The slabs of a side of which the sketch of pairs drops "shift" bits, no fewer than that of the side. */
static Side
make_side(const Sketch *s, int shift)
{
	double		total = (double) s->rows;
	Fine	   *fine = core_alloc(s->count, sizeof(Fine));
	Side		side = {.slab = core_alloc(s->count, sizeof(Slab))};
	double		before = 0;

	Assert(s->exact || s->level <= shift);
	side.most_squares = side.least_squares = total * (total * total - 1) / 12;
	for (int i = 0; i < s->count; i++)
	{
		double		tied;

		fine[i] = read_fine(s, i, shift);
		tied = fine[i].rows * (fine[i].rows * fine[i].rows - 1) / 12;
		side.least_squares -= tied;
		if (fine[i].variance == 0)
			side.most_squares -= tied;
	}
	for (int i = 0; i < s->count;)
	{
		Slab	   *slab = &side.slab[side.n++];
		double		rows = 0;
		double		u = 0;
		double		products = 0;	/* of the deviations of r and u */
		double		squares = 0;	/* of those of u */
		double		rank = before;
		int			end = i;

		for (; end < s->count && fine[end].slab == fine[i].slab; end++)
		{
			rows += fine[end].rows;
			u += fine[end].rows * fine[end].u;
		}
		*slab = (Slab) {fine[i].slab, before + (rows - total) / 2, 0, u / rows};
		for (int f = i; f < end; f++)
		{
			double		r = rank + (fine[f].rows - total) / 2 - slab->a;

			u = fine[f].u - slab->mean;
			products += fine[f].rows * r * u;
			squares += fine[f].rows * (u * u + fine[f].variance);
			rank += fine[f].rows;
		}
		if (products > 0)
			slab->b = products / squares;
		else if (fine[i].variance > 0 && end == i + 1)
			slab->b = sqrt((rows * rows - 1) / 12 / fine[i].variance);
		side.linear += rows * slab->a * slab->a + slab->b * slab->b * squares;
		for (int f = i; f < end; f++)
		{
			double		n = fine[f].rows;
			double		e = before + (n - total) / 2 - slab->a - slab->b * (fine[f].u - slab->mean);

			side.rest += n * e * e;
			if (fine[f].variance > 0)
				side.rest += n * (n * n - 1) / 12 + slab->b * slab->b * n * fine[f].variance;
			before += n;
		}
		i = end;
	}
	side.least_squares = Max(side.least_squares, DBL_MIN);
	pfree(fine);
	return side;
}

static const Slab *
find_slab(const Side *side, int64 key)
{
	int			low = 0;
	int			high = side->n - 1;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (side->slab[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	Assert(side->slab[low].key == key);
	return &side->slab[low];
}

/* A sum of r s as a correlation, the sums of squares being as large or as small as they can be. */
static double
as_correlation(double products, const Side *side, bool least)
{
	double		r = least ? products / (sqrt(side[0].least_squares) * sqrt(side[1].least_squares)) :
		products / (sqrt(side[0].most_squares) * sqrt(side[1].most_squares));

	return Max(-1, Min(r, 1));
}

static RankCorrelation
spearman_estimate(const Sketch *pairs, const Sketch *x, const Sketch *y)
{
	Shifts		shifts = sketch_shifts(pairs, pairs->level);
	int			shift[2] = {shift_of(shifts, 0), shift_of(shifts, 1)};
	Side		side[2] = {make_side(x, shift[0]), make_side(y, shift[1])};
	double		products = 0;
	double		error = 0;
	RankCorrelation result = {{NAN, NAN}, 0};

	for (int i = 0; i < pairs->count; i++)
	{
		uint64	   *entry = sketch_entry(pairs, i);
		double		n = (double) entry[0];
		const Slab *slab[2];
		double		u[2];
		double		variance[2];

		for (int j = 0; j < 2; j++)
		{
			int64		key = (int64) entry[1 + j];
			int64		value;
			double		rest;

			slab[j] = find_slab(&side[j], key);
			variance[j] = sketch_cell_variance(entry, 2, j, &value, &rest);
			u[j] = (double) (value - cell_anchor(SKETCH_ORDER, key, shift[j])) + rest - slab[j]->mean;
		}
		products += n * (slab[0]->a + slab[0]->b * u[0]) * (slab[1]->a + slab[1]->b * u[1]);
		error += n * slab[0]->b * slab[1]->b * sqrt(variance[0]) * sqrt(variance[1]);
	}
	error += sqrt(side[0].rest) * sqrt(side[1].most_squares) + sqrt(side[0].linear) * sqrt(side[1].rest);

	if (side[0].most_squares > 0 && side[1].most_squares > 0)
	{
		double		r = as_correlation(products, side, false);
		double		least = as_correlation(products - error, side, products < error);
		double		most = as_correlation(products + error, side, products + error > 0);

		result.correlation = (Correlation) {r, (1 - r) * (1 + r)};
		result.error = Max(most - r, r - least) + ROUNDING;
	}
	for (int j = 0; j < 2; j++)
		pfree(side[j].slab);
	return result;
}

/*
 * Of closed sketches of the same rows: their pairs of values, and the values of
 * either side.  The latter are not looked at while that of the pairs is
 * lossless, and may then be NULL; otherwise their size has to be the root of
 * its size at least.
 */
RankCorrelation
spearman(const Sketch *pairs, const Sketch *x, const Sketch *y)
{
	Assert(!pairs->open && pairs->dim == 2 && pairs->family == SKETCH_ORDER &&
		   pairs->rows < SPEARMAN_MOST_ROWS);
	return pairs->exact ? spearman_exact(pairs) : spearman_estimate(pairs, x, y);
}
