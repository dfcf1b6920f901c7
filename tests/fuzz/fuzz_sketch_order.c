/*
 * fuzz_sketch_order.c
 *	  Whatever rows come, their order and the grouping of merges change no byte
 *	  of a finished sketch.
 *
 * The first bytes say what the sketch is like and where the rows are split;
 * every two bytes after them are a value, a small number times a power of two,
 * so that equal rows, and rows of one cell, are found often.
 */
#include "sketch.h"

#include "fuzz.h"

#define HEADER_BYTES 9
#define MOST_DIM 4

typedef struct Input
{
	SketchShape shape;
	int32		frame[MOST_DIM];
	int			n;				/* rows */
	double	   *row;			/* [n * dim] */
	int			cut[2];			/* where the second and third part begin */
} Input;

static double
value_of(const uint8 *bytes)
{
	int			exponent = bytes[1] - 128;

	if (bytes[1] == 255)
		return bytes[0] % 2 ? DBL_MAX : -0.0;
	return ldexp((int) bytes[0] - 128, exponent < -100 ? 10 * exponent : exponent / 3);
}

static bool
read_input(const uint8 *data, Size size, Input *input)
{
	int			dim;

	if (size < HEADER_BYTES)
		return false;
	dim = 1 + data[0] % MOST_DIM;
	input->shape = (SketchShape) {
		.dim = dim,
		.size = 1 + data[1] + (data[0] & 128 ? 300 : 0),
		.family = data[0] & 64 ? SKETCH_FRAME : SKETCH_FLOAT,
		.frame = input->frame,
	};
	for (int j = 0; j < dim; j++)
		input->frame[j] = (int) data[2 + j] - 128;
	input->n = (int) ((size - HEADER_BYTES) / (2 * dim));
	input->row = core_alloc((Size) input->n * dim, sizeof(double));
	for (int i = 0; i < input->n * dim; i++)
		input->row[i] = value_of(data + HEADER_BYTES + 2 * (Size) i);
	input->cut[0] = input->n * data[6] / 256;
	input->cut[1] = input->cut[0] + (input->n - input->cut[0]) * data[7] / 256;
	return true;
}

/* Add rows "from" to before "to", or in descending order when "from" is above. */
static SketchStatus
add(Sketch **sketch, const Input *input, int from, int to)
{
	SketchStatus status = SKETCH_DONE;
	int			step = from <= to ? 1 : -1;

	for (int i = from; i != to && status == SKETCH_DONE; i += step)
		status = sketch_add(sketch, input->row + (Size) (step > 0 ? i : i - 1) * input->shape.dim);
	return status;
}

/* The finished sketch; NULL if a value is out of range. */
static Sketch *
finish(SketchStatus status, const Sketch *open)
{
	Sketch	   *closed = NULL;

	if (status == SKETCH_DONE)
		status = sketch_close(open, &closed);
	CLAIM(status != SKETCH_TOO_MANY_ROWS);
	if (status != SKETCH_DONE)
		return NULL;
	CLAIM(sketch_is_valid(closed));
	return closed;
}

static void
claim_same(const Sketch *a, const Sketch *b)
{
	CLAIM((a == NULL) == (b == NULL));
	CLAIM(a == NULL || (sketch_bytes(a) == sketch_bytes(b) && memcmp(a, b, sketch_bytes(a)) == 0));
}

/* Three parts, merged from the last to the first; some are closed before. */
static Sketch *
in_parts(const Input *input, bool close_parts, bool backwards)
{
	Sketch	   *whole = sketch_create(&input->shape);
	int			edge[4] = {0, input->cut[0], input->cut[1], input->n};
	SketchStatus status = SKETCH_DONE;

	for (int part = 2; part >= 0 && status == SKETCH_DONE; part--)
	{
		Sketch	   *open = sketch_create(&input->shape);
		Sketch	   *from = open;

		status = add(&open, input, edge[part + backwards], edge[part + !backwards]);
		from = open;
		if (status == SKETCH_DONE && close_parts)
			status = sketch_close(open, &from);
		if (status == SKETCH_DONE)
			status = sketch_merge(&whole, from);
	}
	return finish(status, whole);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, Size size)
{
	Input		input;

	if (read_input(data, size, &input))
	{
		Sketch	   *open = sketch_create(&input.shape);
		Sketch	   *expected = finish(add(&open, &input, 0, input.n), open);

		open = sketch_create(&input.shape);
		claim_same(expected, finish(add(&open, &input, input.n, 0), open));
		claim_same(expected, in_parts(&input, data[8] & 1, data[8] & 2));
		claim_same(expected, in_parts(&input, !(data[8] & 1), data[8] & 4));
	}
	standalone_reset();
	return 0;
}
