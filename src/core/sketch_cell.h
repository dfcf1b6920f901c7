/*
 * sketch_cell.h
 *	  What lies in the entries of a sketch, and how they are hashed: for
 *	  sketch.c, which fills them, sketch_level.c, which counts them, and
 *	  sketch_read.c, which reads them.
 */
#ifndef SEGMENT_SKETCH_CELL_H
#define SEGMENT_SKETCH_CELL_H

#include "sketch.h"
#include "wide.h"

/*
 * FLOAT: fraction bits of a key, the magnitude below which it is linear, and
 * the unit of the sums, whose power of two that magnitude is.
 */
#define FLOAT_BITS 30
#define FLOAT_FLOOR 0x1p-20
#define FLOAT_UNIT (-20)

/* No value has more units, and so no FLOAT key more than 37 bits. */
#define VALUE_LIMIT 0x1p62
#define FLOAT_KEY_BITS 37

/* ORDER: the bits of a key that are its value, enough to tell the values of a cell apart. */
#define ORDER_BITS 61
#define ORDER_MASK ((INT64_C(1) << ORDER_BITS) - 1)

/* A key of 64 bits, all of which a level can drop. */
#define KEY_BITS 64

/* What a level drops of the keys: "all" bits, and "more" in addition of the features before "rest". */
typedef struct Shifts
{
	int			all;
	int			rest;
	int			more;
} Shifts;

static inline Shifts
level_shifts(int level, int dim)
{
	return (Shifts) {level / dim, level % dim, 1};
}

/* Of a pair in order, whose features have levels of their own: two numbers below 2^8. */
#define PAIR_LEVEL(first, second) ((first) << 8 | (second))

static inline Shifts
pair_shifts(int level)
{
	return (Shifts) {level & 0xff, 1, (level >> 8) - (level & 0xff)};
}

static inline bool
is_pair_in_order(const Sketch *s)
{
	return s->family == SKETCH_ORDER && s->dim == 2;
}

/* What a level of this sketch, which need not be its own, drops. */
static inline Shifts
sketch_shifts(const Sketch *s, int level)
{
	return is_pair_in_order(s) ? pair_shifts(level) : level_shifts(level, s->dim);
}

static inline int
shift_of(Shifts shifts, int feature)
{
	return shifts.all + (feature < shifts.rest ? shifts.more : 0);
}

/* A key of which "before" bits have been dropped, with "after" dropped. */
static inline int64
drop_bits(int64 key, int before, int after)
{
	return after >= KEY_BITS ? 0 : key >> (after - before);
}

static inline uint64
double_bits(double x)
{
	uint64		bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* Units in 1, by feature; ORDER has none. */
static inline double
unit_scale(const Sketch *s, int feature)
{
	int			w = s->family == SKETCH_FRAME ? sketch_frame(s)[feature] : FLOAT_UNIT;
	uint64		bits = (uint64) (1023 - w) << 52;	/* 2^-w; frames are normal numbers */
	double		scale;

	memcpy(&scale, &bits, sizeof(scale));
	return scale;
}

/*
 * Two forms of a cell.  Both begin with the count and the dim keys; then come
 *	 full		dim sums of 2 words, dim sums of squares of 3 words, of the
 *				values: nothing can overflow
 *	 compact	dim sums of 1 word, dim sums of squares of 2 words, of the
 *				values' offsets from the cell's anchor: a third less memory to
 *				miss the cache with
 * A finished sketch has full cells.  Both hold the same integers, since
 *	 sum of values = sum of offsets + count * anchor, and so for squares.
 */
/*
 * Key and integer value of x.  Returns false if x is out of range.  "scale"
 * is the number of units in 1.
 */
static inline bool
quantise(SketchFamily family, double scale, double x, int64 *key, int64 *value)
{
	double		scaled = x * scale;

	if (family == SKETCH_ORDER)
	{
		int64		k = (int64) double_bits(fabs(x));

		*key = x < 0 ? ~k : k;
		*value = *key & ORDER_MASK;
		return true;
	}
	if (!(fabs(scaled) < VALUE_LIMIT))
		return false;
	*value = llrint(scaled);
	if (family == SKETCH_FRAME)
	{
		int64		whole = (int64) scaled;

		*key = whole - (scaled < (double) whole);	/* the floor */
	}
	else
	{
		int64		k = (int64) (double_bits(fabs(x) + FLOAT_FLOOR) >> (52 - FLOAT_BITS)) -
			((int64) (1023 + FLOAT_UNIT) << FLOAT_BITS);

		*key = x < 0 ? ~k : k;
	}
	return true;
}

static inline uint64 *
cell_sum(uint64 *cell, int dim, int feature)
{
	return cell + 1 + dim + 2 * feature;
}

static inline uint64 *
cell_square(uint64 *cell, int dim, int feature)
{
	return cell + 1 + 3 * dim + 3 * feature;
}

static inline uint64 *
compact_sum(uint64 *cell, int dim, int feature)
{
	return cell + 1 + dim + feature;
}

static inline uint64 *
compact_square(uint64 *cell, int dim, int feature)
{
	return cell + 1 + 2 * dim + 2 * feature;
}

/*
 * A value near those of the cells with this key, of which "shift" bits have
 * been dropped: the end of the interval that is nearer to zero, or in a frame
 * the lower one.  Any function of key and shift would be right; a near one
 * keeps the offsets small.
 */
static inline int64
cell_anchor(SketchFamily family, int64 key, int shift)
{
	uint64		bits;
	double		end;

	if (family == SKETCH_ORDER)
		return shift >= ORDER_BITS ? 0 : (int64) ((uint64) key << shift & ORDER_MASK);
	if (shift > KEY_BITS - 2)
		return 0;				/* values are below 2^62 */
	if (family == SKETCH_FRAME)
		return (int64) ((uint64) key << shift);

	/* the key of the end, as sketch.c makes them, made a double again */
	bits = (uint64) (key < 0 ? ~key : key) << shift;
	bits = (bits + ((uint64) (1023 + FLOAT_UNIT) << FLOAT_BITS)) << (52 - FLOAT_BITS);
	memcpy(&end, &bits, sizeof(end));
	end = Min((end - FLOAT_FLOOR) * (1 / FLOAT_FLOOR), VALUE_LIMIT);
	return key < 0 ? -(int64) end : (int64) end;
}

static inline int64
magnitude(int64 x)
{
	return x < 0 ? -x : x;
}

/* No offset in the cells with this key is larger. */
static inline int64
cell_width(SketchFamily family, int64 key, int shift)
{
	int64		outward = key < 0 && family == SKETCH_FLOAT ? key - 1 : key + 1;

	if (family == SKETCH_ORDER)
		return shift >= ORDER_BITS ? INT64_MAX : INT64_C(1) << shift;
	if (shift >= (family == SKETCH_FLOAT ? FLOAT_KEY_BITS : KEY_BITS - 2))
		return INT64_MAX;
	return magnitude(cell_anchor(family, outward, shift) - cell_anchor(family, key, shift)) + 1;
}

extern double sketch_cell_variance(uint64 *cell, int dim, int feature, int64 *whole, double *rest);

/* The order of a finished sketch's entries: by value, or by key. */
static inline int
sketch_compare_entries(const Sketch *s, const uint64 *a, const uint64 *b)
{
	for (int j = 1; j <= s->dim; j++)
	{
		if (s->exact)
		{
			double		x = ((const double *) a)[j];
			double		y = ((const double *) b)[j];

			if (x != y)
				return x < y ? -1 : 1;
		}
		else if (a[j] != b[j])
			return (int64) a[j] < (int64) b[j] ? -1 : 1;
	}
	return 0;
}

/* The index of a hash table with room for so many entries has 2^this places, three for each or more. */
static inline int
index_bits_for(int room)
{
	int			bits = 1;

	while (((int64) 1 << bits) < 3 * (int64) room)
		bits++;
	return bits;
}

/* A hash of n words. */
static inline uint64
hash_words(const uint64 *word, int n)
{
	uint64		h = UINT64CONST(0x9e3779b97f4a7c15);

	for (int i = 0; i < n; i++)
	{
		h = (h ^ word[i]) * UINT64CONST(0xff51afd7ed558ccd);
		h ^= h >> 32;
	}
	return h;
}

#endif							/* SEGMENT_SKETCH_CELL_H */
