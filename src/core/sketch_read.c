/*
 * sketch_read.c
 *	  What a finished sketch says: whether it is one, and the rows that the
 *	  algorithms work on.
 *
 * Means and variances are taken from the integer sums without cancellation:
 * squares are moved to the whole part of the mean in integers, and only the
 * rest, when the numbers are small, is done in doubles.
 */
#include "sketch.h"

#include "sketch_cell.h"

/* Can there be a sketch of this size, whose memory is that of one value? */
bool
sketch_size_is_possible(int dim, int size)
{
	return size >= 1 && size <= INT32_MAX / 16 && sketch_room_bytes(dim, size) <= MaxAllocSize;
}

/*
 * Does a closed sketch that came from outside, whose length fits its count,
 * keep what the code relies on?
 */
bool
sketch_is_valid(const Sketch *s)
{
	int			dim = s->dim;
	int64		rows = 0;

	if (s->format != SKETCH_FORMAT || s->family > SKETCH_FRAME || s->exact > 1 || s->open != 0 ||
		dim < 1 || s->size < 1 || s->count < 0 || s->count > s->size || s->rows < 0 ||
		s->skipped < 0 || s->level < 0 || s->level > KEY_BITS * dim ||
		(s->exact && s->level != 0) ||
		s->room != 0 || s->index_bits != 0 || s->waiting != 0 || s->bad_feature != 0 || s->tag < 0 ||
		s->compact != 0 || s->reach != 0)
		return false;
	for (int j = 0; j < dim; j++)
	{
		int			w = sketch_frame(s)[j];

		if (s->family == SKETCH_FLOAT ? w != 0 : (w < SKETCH_LEAST_UNIT || w > SKETCH_MOST_UNIT))
			return false;
	}
	if (dim % 2 == 1 && sketch_frame(s)[dim] != 0)
		return false;

	for (int i = 0; i < s->count; i++)
	{
		uint64	   *entry = sketch_entry(s, i);
		int64		n = (int64) entry[0];

		if (n < 1 || n > s->rows - rows)
			return false;
		rows += n;
		if (i > 0 && sketch_compare_entries(s, sketch_entry(s, i - 1), entry) >= 0)
			return false;
		for (int j = 0; j < dim; j++)
		{
			Wide		sum;
			uint64		square[3];
			uint64	   *squares;
			uint64		mean_square[3];

			if (s->exact)
			{
				double		x = ((const double *) entry)[1 + j];

				if (!(fabs(x) <= DBL_MAX) || double_bits(x) == UINT64CONST(1) << 63)
					return false;
				continue;
			}
			if (shift_of(level_shifts(s->level, dim), j) >= KEY_BITS && entry[1 + j] != 0)
				return false;

			/*
			 * |sum| <= n 2^62, and sum^2 / n <= squares <= n 2^124.  For the
			 * left side it is enough that the floor of the mean passes.
			 */
			sum = wide_get(cell_sum(entry, dim, j));
			squares = cell_square(entry, dim, j);
			if (sum > ((Wide) n << 62) || sum < -((Wide) n << 62))
				return false;
			wide3_multiply(square, (Wide) 1 << 124, n);
			if (!wide3_not_above(squares, square))
				return false;
			sum /= n;
			wide3_multiply(mean_square, sum * sum, n);
			if (!wide3_not_above(mean_square, squares))
				return false;
		}
	}
	return rows == s->rows;
}

/*
 * What the algorithms work on: a row per entry, its mean, with its count as
 * weight and, unless exact, the variance of its rows around the mean.  Rows
 * of cells ascend by key, which need not be the order of the means:
 * rows_merge_equal mends that.
 */
Rows
sketch_rows(const Sketch *s)
{
	int			dim = s->dim;
	Rows		rows = {
		.n = s->count,
		.dim = dim,
		.x = core_alloc(s->count, mul_size(dim, sizeof(double))),
		.weight = core_alloc(s->count, sizeof(double)),
		.variance = s->exact ? NULL : core_alloc(s->count, mul_size(dim, sizeof(double))),
	};

	Assert(!s->open);
	for (int i = 0; i < s->count; i++)
	{
		uint64	   *entry = sketch_entry(s, i);
		int64		n = (int64) entry[0];

		rows.weight[i] = (double) n;
		for (int j = 0; j < dim; j++)
		{
			Size		at = (Size) j * s->count + i;
			Wide		sum;
			Wide		floor_mean;
			double		rest;
			double		unit;
			uint64		deviations[3];
			uint64		term[3];
			double		variance;

			if (s->exact)
			{
				rows.x[at] = ((const double *) entry)[1 + j];
				continue;
			}
			unit = 1 / unit_scale(s, j);
			sum = wide_get(cell_sum(entry, dim, j));
			floor_mean = sum / n;
			rest = (double) (sum - floor_mean * n) / (double) n;
			rows.x[at] = ((double) floor_mean + rest) * unit;

			/*
			 * Squares around the whole part m of the mean, in integers:
			 * squares - 2 m sum + n m^2; the fraction of the mean is taken
			 * off as a double, when the number is small.
			 */
			memcpy(deviations, cell_square(entry, dim, j), sizeof(deviations));
			wide3_multiply(term, sum, -2 * (int64) floor_mean);
			wide3_add(deviations, term);
			wide3_multiply(term, floor_mean * floor_mean, n);
			wide3_add(deviations, term);
			variance = wide3_to_double(deviations) / (double) n - rest * rest;
			rows.variance[at] = variance > 0 ? variance * unit * unit : 0;
		}
	}
	return rows;
}

/*
 * rounding[j]: how far at most a value of feature j was moved before it was
 * added up; 0 while exact.
 */
void
sketch_rounding(const Sketch *s, double *rounding)
{
	for (int j = 0; j < s->dim; j++)
		rounding[j] = s->exact ? 0 : 0.5 / unit_scale(s, j);
}
