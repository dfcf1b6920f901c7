/*
 * sketch_type.c
 *	  The SQL type "cluster_sketch": the core's Sketch as a varlena.
 *
 * Values in tables are closed sketches.  Open ones exist as states of
 * aggregates only; where one comes to be written, as a state does on its way
 * between nodes of a distributed query, it is closed first.
 *
 * The core has the binary form; the text form is that in base64.
 */
#include "sketch_type.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core.h"
#include "flat_type.h"
#include "work.h"

/* The unit of cubes: values up to 2^42, about 4.4e12, to a millionth. */
#define CUBE_UNIT (-20)

/* Ready to be returned: with its length in the varlena header. */
Sketch *
sketch_value(Sketch *sketch)
{
	SET_VARSIZE(sketch, sketch_bytes(sketch));
	return sketch;
}

/* An error unless the status is SKETCH_DONE. */
void
sketch_check(SketchStatus status, const Sketch *sketch)
{
	switch (status)
	{
		case SKETCH_DONE:
			break;
		case SKETCH_TOO_MANY_ROWS:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("the sketch would stand for more rows than a bigint counts")));
			break;
		case SKETCH_OUT_OF_RANGE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("feature %d has a value that is out of range for the cells of the sketch",
							sketch->bad_feature + 1),
					 errdetail("There are too many distinct rows to keep them all, and cells take values up to 2^62 units; without a frame the unit is 2^-20."),
					 errhint("Give a frame: cluster_sketch(features, size, frame), where frame holds the exponent of a power-of-two unit for each feature.")));
			break;
	}
}

/* The sketch itself if it is closed, else closed. */
Sketch *
sketch_finished(Sketch *sketch)
{
	Sketch	   *closed;

	if (!sketch->open)
		return sketch;
	sketch_check(sketch_close(sketch, &closed), sketch);
	return sketch_value(closed);
}

/* Ask for the memory that an open sketch comes to take. */
void
sketch_ask_memory(int dim, int size)
{
	if (!sketch_size_is_possible(dim, size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a sketch of %d cells of %d features is too large", size, dim),
				 errhint("Sizes between 1,000 and 100,000 are useful.")));
	if (sketch_room_bytes(dim, size) > work_memory_limit())
		work_refuse_memory(sketch_room_bytes(dim, size),
						   psprintf("a sketch of %d cells of %d features", size, dim),
						   "Give a smaller size");
}

/*
 * An empty open sketch; size 0 takes the default, frame NULL makes one
 * without a frame.  Memory is asked first.  With dim 0 it only counts skipped
 * rows, until the features of one are known.
 */
Sketch *
sketch_begin(int dim, int size, const int32 *frame, int tag)
{
	SketchShape shape = {
		.dim = dim,
		.size = size > 0 ? size : sketch_default_size(dim),
		.family = frame ? SKETCH_FRAME : SKETCH_FLOAT,
		.tag = tag,
		.frame = frame,
	};

	sketch_ask_memory(shape.dim, shape.size);
	return sketch_value(sketch_create(&shape));
}

/*
 * A sketch whose cells are cubes in the units of the input: the frame for
 * whoever will measure distance in these units.
 */
Sketch *
sketch_begin_cubes(int dim, int tag)
{
	int32	   *frame = palloc(sizeof(int32) * (dim + 1));

	for (int j = 0; j < dim; j++)
		frame[j] = CUBE_UNIT;
	return sketch_begin(dim, 0, frame, tag);
}

/*
 * A sketch of the order of values, which takes any of them: for states of
 * aggregates; such sketches are no values of the SQL type.
 */
Sketch *
sketch_begin_order(int dim, int size)
{
	SketchShape shape = {.dim = dim, .size = size, .family = SKETCH_ORDER};

	return sketch_create(&shape);
}

/* Where a sketch of that context has moved while it grew, bring it back there. */
void
sketch_keep(Sketch **kept, Sketch *now, MemoryContext context)
{
	Size		bytes;

	if (now == *kept)
		return;
	bytes = sketch_bytes(now);
	if (*kept)
		pfree(*kept);
	*kept = MemoryContextAllocHuge(context, bytes);
	memcpy(*kept, now, bytes);
	pfree(now);
}

/* ---- binary and text ---- */

/* The binary form of a sketch, closed or open, as a bytea. */
static bytea *
pack(Sketch *sketch)
{
	Sketch	   *s = sketch_finished(sketch);
	Size		length = sketch_packed_bytes(s);
	bytea	   *bytes = palloc(VARHDRSZ + length);

	SET_VARSIZE(bytes, VARHDRSZ + length);
	sketch_pack(s, (uint8 *) VARDATA(bytes));
	return bytes;
}

static Sketch *
unpack(const char *bytes, int length, const char *hint)
{
	Sketch	   *s;

	flat_refuse("cluster_sketch", sketch_unpack((const uint8 *) bytes, length, &s), hint);
	return sketch_value(s);
}

PG_FUNCTION_INFO_V1(segment_sketch_send);
Datum
segment_sketch_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(pack(PG_GETARG_SKETCH(0)));
}

PG_FUNCTION_INFO_V1(segment_sketch_recv);
Datum
segment_sketch_recv(PG_FUNCTION_ARGS)
{
	int			length;
	const char *bytes = flat_from_message((StringInfo) PG_GETARG_POINTER(0), &length);

	PG_RETURN_POINTER(unpack(bytes, length, NULL));
}

PG_FUNCTION_INFO_V1(segment_sketch_out);
Datum
segment_sketch_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(flat_to_text(pack(PG_GETARG_SKETCH(0))));
}

/*
 * No aggregate takes a text, so the parser makes a cast of cluster_sketch(column)
 * when the column is text; whoever wrote it meant the aggregate.
 */
PG_FUNCTION_INFO_V1(segment_sketch_in);
Datum
segment_sketch_in(PG_FUNCTION_ARGS)
{
	const char *hint = "cluster_sketch() of a text is a cast to the type; the features of the aggregate are numbers.";
	int			length;
	const char *bytes = flat_from_text("cluster_sketch", PG_GETARG_CSTRING(0), hint, &length);

	PG_RETURN_POINTER(unpack(bytes, length, hint));
}

/* ---- what it says of itself ---- */

/*
 * cluster_sketch_info(sketch) -> (rows, entries, skipped, dimensions, lossless,
 * size, bytes, error_bound)
 */
PG_FUNCTION_INFO_V1(segment_sketch_info);
Datum
segment_sketch_info(PG_FUNCTION_ARGS)
{
	Sketch	   *s = sketch_finished(PG_GETARG_SKETCH(0));
	double	   *distance = core_alloc(s->dim, sizeof(double));
	Datum	   *bound = palloc(sizeof(Datum) * s->dim);
	TupleDesc	tupdesc;
	Datum		values[8];
	bool		nulls[8] = {false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	sketch_error_bound(s, distance);
	for (int j = 0; j < s->dim; j++)
		bound[j] = Float8GetDatum(distance[j]);
	values[0] = Int64GetDatum(s->rows);
	values[1] = Int32GetDatum(s->count);
	values[2] = Int64GetDatum(s->skipped);
	values[3] = Int32GetDatum(s->dim);
	values[4] = BoolGetDatum(s->exact);
	values[5] = Int32GetDatum(s->size);
	values[6] = Int64GetDatum(VARSIZE(s));
	values[7] = PointerGetDatum(construct_array(bound, s->dim, FLOAT8OID, sizeof(float8),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
