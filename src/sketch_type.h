/*
 * sketch_type.h
 *	  The SQL type "cluster_sketch": the core's Sketch as a varlena.
 */
#ifndef SEGMENT_SKETCH_TYPE_H
#define SEGMENT_SKETCH_TYPE_H

#include "compat.h"

#include "notices.h"
#include "sketch.h"

#define DatumGetSketch(d) ((Sketch *) PG_DETOAST_DATUM(d))
#define PG_GETARG_SKETCH(n) DatumGetSketch(PG_GETARG_DATUM(n))

extern Sketch *sketch_value(Sketch *sketch);
extern void sketch_check(SketchStatus status, const Sketch *sketch);
extern Sketch *sketch_finished(Sketch *sketch);
extern void sketch_ask_memory(int dim, int size);
extern Sketch *sketch_begin(int dim, int size, const int32 *frame, int tag);
extern Sketch *sketch_begin_cubes(int dim, int tag);
extern Sketch *sketch_begin_order(int dim, int size);
extern void sketch_keep(Sketch **kept, Sketch *now, MemoryContext context);
extern bool sketch_take_cells(Sketch *sketch, Notices *notices, Rows *cells, double **rounding,
							  int64 *skipped);

#endif							/* SEGMENT_SKETCH_TYPE_H */
