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
 * Can n integers below 2^62 in size have this sum and these squares?  The
 * squares are at most n (2^62 - 1)^2, and sum^2 <= n * squares; both still
 * hold when cells are merged.
 */
static bool
squares_are_possible(Wide sum, const uint64 *squares, int64 n)
{
	const Wide	largest = ((Wide) 1 << 62) - 1;
	UWide		size = sum < 0 ? -(UWide) sum : (UWide) sum;
	UWide		low = (UWide) (uint64) size * (uint64) size;
	UWide		middle = 2 * ((UWide) (uint64) size * (uint64) (size >> 64));
	UWide		high = (UWide) (uint64) (size >> 64) * (uint64) (size >> 64);
	uint64		most[3];
	uint64		left[4];
	UWide		right = 0;
	bool		below = true;

	wide3_multiply(most, largest * largest, n);
	if (!wide3_not_above(squares, most))
		return false;

	/* sum^2, in words from the lowest up */
	left[0] = (uint64) low;
	low = (low >> 64) + (uint64) middle;
	left[1] = (uint64) low;
	low = (low >> 64) + (middle >> 64) + (uint64) high;
	left[2] = (uint64) low;
	left[3] = (uint64) ((low >> 64) + (high >> 64));

	/* word by word against n * squares: a higher word decides over the lower */
	for (int i = 0; i < 4; i++)
	{
		right += i < 3 ? (UWide) squares[i] * (uint64) n : 0;
		if (left[i] != (uint64) right)
			below = left[i] < (uint64) right;
		right >>= 64;
	}
	return below;
}

/*
 * The least value, in units, whose key is "key" or above: the inverse of what
 * sketch.c does, odd as that is.  Keys of no value give one out of range.
 */
static double
least_value(SketchFamily family, Wide key)
{
	const Wide	beyond = (Wide) 64 << FLOAT_BITS;
	uint64		bits;
	double		least;

	if (family == SKETCH_FRAME)
		return (double) key;
	if (key < 0)
		return -least_value(family, -key);
	bits = (uint64) (Min(key, beyond) + ((Wide) (1023 + FLOAT_UNIT) << FLOAT_BITS)) <<
		(52 - FLOAT_BITS);
	memcpy(&least, &bits, sizeof(least));
	return (least - FLOAT_FLOOR) * (1 / FLOAT_FLOOR);
}

/*
 * Can values of which "shift" bits of the key are dropped, "key" being left,
 * have this mean?  A unit more or less is rounding.
 */
static bool
mean_is_possible(SketchFamily family, int64 key, int shift, double mean)
{
	double		rounding = 1 + fabs(mean) * 0x1p-48;

	if (shift >= KEY_BITS)
		return key == 0;
	return mean >= least_value(family, (Wide) key * ((Wide) 1 << shift)) - rounding &&
		mean <= least_value(family, ((Wide) key + 1) * ((Wide) 1 << shift)) + rounding;
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
		(s->exact ? s->level != 0 : s->rows <= s->size) ||
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

			if (s->exact)
			{
				double		x = ((const double *) entry)[1 + j];

				if (!(fabs(x) <= DBL_MAX) || double_bits(x) == UINT64CONST(1) << 63)
					return false;
				continue;
			}
			sum = wide_get(cell_sum(entry, dim, j));
			if (!squares_are_possible(sum, cell_square(entry, dim, j), n) ||
				!mean_is_possible((SketchFamily) s->family, (int64) entry[1 + j],
								  shift_of(sketch_shifts(s, s->level), j),
								  (double) sum / (double) n))
				return false;
		}
	}
	return rows == s->rows;
}

/*
 * Of a cell's values of a feature, in units: the mean is *whole + *rest, and
 * the variance is returned; 0 exactly where all are equal.
 *
 * Squares around the whole part m of the mean, in integers: squares - 2 m sum
 * + n m^2; the fraction of the mean is taken off as a double, when the number
 * is small.
 */
double
sketch_cell_variance(uint64 *cell, int dim, int feature, int64 *whole, double *rest)
{
	int64		n = (int64) cell[0];
	Wide		sum = wide_get(cell_sum(cell, dim, feature));
	Wide		floor_mean = sum / n;
	uint64		deviations[3];
	uint64		term[3];
	double		variance;

	*whole = (int64) floor_mean;
	*rest = (double) (sum - floor_mean * n) / (double) n;
	memcpy(deviations, cell_square(cell, dim, feature), sizeof(deviations));
	wide3_multiply(term, sum, -2 * (int64) floor_mean);
	wide3_add(deviations, term);
	wide3_multiply(term, floor_mean * floor_mean, n);
	wide3_add(deviations, term);
	variance = wide3_to_double(deviations) / (double) n - *rest * *rest;
	return variance > 0 ? variance : 0;
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
			int64		floor_mean;
			double		rest;
			double		unit;
			double		variance;

			if (s->exact)
			{
				rows.x[at] = ((const double *) entry)[1 + j];
				continue;
			}
			unit = 1 / unit_scale(s, j);
			variance = sketch_cell_variance(entry, dim, j, &floor_mean, &rest);
			rows.x[at] = ((double) floor_mean + rest) * unit;
			rows.variance[at] = variance * unit * unit;
		}
	}
	return rows;
}

/*
 * The entry that a row went to, which is one of those that the sketch was made
 * of; name[] has room for 1 + dim words.  O(dim log entries).
 */
int
sketch_entry_of(const Sketch *s, const double *row, uint64 *name)
{
	Shifts		shifts = sketch_shifts(s, s->level);
	int			low = 0;
	int			high = s->count - 1;

	for (int j = 0; j < s->dim; j++)
	{
		int64		key = 0;
		int64		value;

		if (s->exact)
			((double *) name)[1 + j] = row[j];
		else
		{
			quantise((SketchFamily) s->family, unit_scale(s, j), row[j], &key, &value);
			name[1 + j] = (uint64) drop_bits(key, 0, shift_of(shifts, j));
		}
	}
	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (sketch_compare_entries(s, sketch_entry(s, middle), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
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

/*
 * bound[j]: the root mean square distance, along feature j, of the rows from
 * the means of their entries, rounding included; 0 while exact, or without
 * rows.
 */
void
sketch_error_bound(const Sketch *s, double *bound)
{
	Rows		rows = sketch_rows(s);

	sketch_rounding(s, bound);
	for (int j = 0; j < s->dim; j++)
	{
		double		squares = 0;

		for (int i = 0; rows.variance && i < rows.n; i++)
			squares += rows.weight[i] * rows.variance[(Size) j * rows.n + i];
		bound[j] = s->rows > 0 ? sqrt(squares / (double) s->rows) + bound[j] : 0;
	}
	rows_free(&rows);
}
