/*
 * sketch_cubes.h
 *	  A sketch of rows in memory.
 */
#ifndef SEGMENT_SKETCH_CUBES_H
#define SEGMENT_SKETCH_CUBES_H

#include "sketch.h"

/*
 * n weighted rows: feature j of row i is x[i * row_step + j * feature_step],
 * less origin[j] unless that is NULL.
 */
typedef struct RowsAround
{
	const double *x;
	Size		row_step;
	Size		feature_step;
	const double *origin;
	const double *weight;		/* whole numbers */
	int			n;
	int			dim;
} RowsAround;

extern Sketch *sketch_cubes(const RowsAround *rows, int from, int to, int size);

#endif							/* SEGMENT_SKETCH_CUBES_H */
