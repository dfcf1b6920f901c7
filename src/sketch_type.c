/*
 * sketch_type.c
 *	  The SQL type "cluster_sketch": the core's Sketch as a varlena.
 *
 * Values in tables are closed sketches.  Open ones exist as states of
 * aggregates only; where one comes to be written, as a state does on its way
 * between nodes of a distributed query, it is closed first.
 *
 * The binary form is the header and the entries, number by number in network
 * order; the text form is that in base64.
 */
#include "sketch_type.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core.h"
#include "features.h"
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

/* Can there be a sketch of this size at all? */
static bool
is_possible_size(int dim, int size)
{
	return size >= 1 && size <= PG_INT32_MAX / 16 && sketch_room_bytes(dim, size) <= MaxAllocSize;
}

/* Ask for the memory that an open sketch comes to take. */
void
sketch_ask_memory(int dim, int size)
{
	if (!is_possible_size(dim, size))
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

/* ---- binary ---- */

static void
send_sketch(StringInfo out, Sketch *s)
{
	int			words = sketch_entry_words(s);

	pq_sendint8(out, s->format);
	pq_sendint8(out, s->family);
	pq_sendint8(out, s->exact);
	pq_sendint32(out, s->dim);
	pq_sendint32(out, s->size);
	pq_sendint32(out, s->level);
	pq_sendint32(out, s->count);
	pq_sendint32(out, s->tag);
	pq_sendint64(out, s->rows);
	pq_sendint64(out, s->skipped);
	for (int j = 0; j < s->dim; j++)
		pq_sendint32(out, sketch_frame(s)[j]);
	for (int i = 0; i < s->count; i++)
		for (int w = 0; w < words; w++)
			pq_sendint64(out, sketch_entry(s, i)[w]);
}

static void
refuse(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid cluster_sketch: %s", what)));
}

static Sketch *
receive_sketch(StringInfo in)
{
	Sketch		head = {0};
	Sketch	   *s;
	int64		words;
	Size		bytes;

	head.format = pq_getmsgbyte(in);
	head.family = pq_getmsgbyte(in);
	head.exact = pq_getmsgbyte(in);
	head.dim = (int32) pq_getmsgint(in, 4);
	head.size = (int32) pq_getmsgint(in, 4);
	head.level = (int32) pq_getmsgint(in, 4);
	head.count = (int32) pq_getmsgint(in, 4);
	head.tag = (int32) pq_getmsgint(in, 4);
	head.rows = pq_getmsgint64(in);
	head.skipped = pq_getmsgint64(in);
	if (head.format != SKETCH_FORMAT)
		refuse("unknown format");
	if (head.dim < 1 || head.dim > MAX_FEATURES || head.count < 0 || head.exact > 1 ||
		!is_possible_size(head.dim, head.size))
		refuse("impossible sizes");

	/* the message must be as long as it claims before memory is taken for it */
	words = (int64) head.count * sketch_entry_words(&head);
	if (in->len - in->cursor != head.dim * 4 + words * 8)
		refuse("wrong length");
	bytes = sketch_closed_bytes(head.dim, head.count, head.exact);
	s = palloc0(bytes);
	memcpy(s, &head, sizeof(Sketch));
	SET_VARSIZE(s, bytes);
	for (int j = 0; j < s->dim; j++)
		sketch_frame(s)[j] = (int32) pq_getmsgint(in, 4);
	for (int i = 0; i < s->count; i++)
		for (int w = 0; w < sketch_entry_words(s); w++)
			sketch_entry(s, i)[w] = pq_getmsgint64(in);
	if (!sketch_is_valid(s))
		refuse("its numbers contradict each other");
	return s;
}

PG_FUNCTION_INFO_V1(segment_sketch_send);
Datum
segment_sketch_send(PG_FUNCTION_ARGS)
{
	StringInfoData out;

	pq_begintypsend(&out);
	send_sketch(&out, sketch_finished(PG_GETARG_SKETCH(0)));
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

PG_FUNCTION_INFO_V1(segment_sketch_recv);
Datum
segment_sketch_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(receive_sketch((StringInfo) PG_GETARG_POINTER(0)));
}

/* ---- text ---- */

PG_FUNCTION_INFO_V1(segment_sketch_out);
Datum
segment_sketch_out(PG_FUNCTION_ARGS)
{
	StringInfoData bytes;
	char	   *text;
	int			room;
	int			length;

	initStringInfo(&bytes);
	send_sketch(&bytes, sketch_finished(PG_GETARG_SKETCH(0)));
	room = pg_b64_enc_len(bytes.len);
	text = palloc(room + 1);
	length = base64_encode(bytes.data, bytes.len, text, room);
	if (length < 0)
		elog(ERROR, "base64 took more room than it said");
	text[length] = '\0';
	PG_RETURN_CSTRING(text);
}

PG_FUNCTION_INFO_V1(segment_sketch_in);
Datum
segment_sketch_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	int			length = (int) strlen(text);
	int			room = pg_b64_dec_len(length);
	StringInfoData bytes;

	bytes.data = palloc(room + 1);
	bytes.len = base64_decode(text, length, bytes.data, room);
	bytes.maxlen = room + 1;
	bytes.cursor = 0;
	if (bytes.len < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid cluster_sketch: it is not base64")));
	PG_RETURN_POINTER(receive_sketch(&bytes));
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
	Rows		rows = sketch_rows(s);
	double	   *rounding = core_alloc(s->dim, sizeof(double));
	Datum	   *bound = palloc(sizeof(Datum) * s->dim);
	TupleDesc	tupdesc;
	Datum		values[8];
	bool		nulls[8] = {false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	sketch_rounding(s, rounding);
	for (int j = 0; j < s->dim; j++)
	{
		double		squares = 0;

		for (int i = 0; rows.variance && i < rows.n; i++)
			squares += rows.weight[i] * rows.variance[(Size) j * rows.n + i];
		bound[j] = Float8GetDatum(s->rows > 0 ?
								  sqrt(squares / (double) s->rows) + rounding[j] : 0);
	}
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
