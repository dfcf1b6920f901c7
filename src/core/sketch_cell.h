/*
 * sketch_cell.h
 *	  What lies in the entries of a sketch: for sketch.c, which fills them, and
 *	  sketch_read.c, which reads them.
 */
#ifndef SEGMENT_SKETCH_CELL_H
#define SEGMENT_SKETCH_CELL_H

#include "sketch.h"
#include "wide.h"

/* FLOAT: the unit of the sums. */
#define FLOAT_UNIT (-20)

/* A key of 64 bits, all of which a level can drop. */
#define KEY_BITS 64

/* What a level drops of the keys: one bit more of the features before "rest". */
typedef struct Shifts
{
	int			all;
	int			rest;
} Shifts;

static inline Shifts
level_shifts(int level, int dim)
{
	return (Shifts) {level / dim, level % dim};
}

static inline int
shift_of(Shifts shifts, int feature)
{
	return shifts.all + (feature < shifts.rest);
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

/* Units in 1, by feature. */
static inline double
unit_scale(const Sketch *s, int feature)
{
	int			w = s->family == SKETCH_FRAME ? sketch_frame(s)[feature] : FLOAT_UNIT;
	uint64		bits = (uint64) (1023 - w) << 52;	/* 2^-w; frames are normal numbers */
	double		scale;

	memcpy(&scale, &bits, sizeof(scale));
	return scale;
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

#endif							/* SEGMENT_SKETCH_CELL_H */
