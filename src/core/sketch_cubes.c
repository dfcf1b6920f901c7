/*
 * sketch_cubes.c
 *	  A sketch of rows in memory, whose cells are cubes far finer than the
 *	  rows' extent: for algorithms that need fewer points than there are rows.
 *
 * Unlike a sketch of rows as they come, which are of any units, this one can
 * look at all of them first: one unit for all features, by the largest value,
 * keeps the distances between cells alike in every direction.  O(n dim) time.
 */
#include "sketch_cubes.h"

/* Units in the largest value, as an exponent of 2. */
#define UNIT_BITS 40

#define POLL_ROWS 4096

static double
value(const RowsAround *rows, int i, int j)
{
	double		x = rows->x[i * rows->row_step + j * rows->feature_step];

	return rows->origin ? x - rows->origin[j] : x;
}

/* The finished sketch of the rows from, from + 1, ... to - 1, of "size" cells at most. */
Sketch *
sketch_cubes(const RowsAround *rows, int from, int to, int size)
{
	int			dim = rows->dim;
	int32	   *frame = core_alloc(dim, sizeof(int32));
	double	   *row = core_alloc(dim, sizeof(double));
	double		largest = 0;
	int			exponent;
	SketchShape shape = {.dim = dim, .size = size, .family = SKETCH_FRAME, .frame = frame};
	Sketch	   *open;
	Sketch	   *closed;

	for (int i = from; i < to; i++)
		for (int j = 0; j < dim; j++)
			largest = Max(largest, fabs(value(rows, i, j)));
	frexp(largest, &exponent);
	for (int j = 0; j < dim; j++)
		frame[j] = exponent - UNIT_BITS;
	open = sketch_create(&shape);
	for (int i = from; i < to; i++)
	{
		Sketch	   *before = open;
		SketchStatus status;

		for (int j = 0; j < dim; j++)
			row[j] = value(rows, i, j);
		status = sketch_add_weighted(&open, row, (int64) rows->weight[i]);
		Assert(status == SKETCH_DONE);
		(void) status;
		if (open != before)
			pfree(before);
		if (i % POLL_ROWS == 0)
			core_poll("sketching", (double) i / rows->n);
	}
	sketch_close(open, &closed);
	pfree(open);
	pfree(row);
	pfree(frame);
	return closed;
}
