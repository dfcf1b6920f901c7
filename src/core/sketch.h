/*
 * sketch.h
 *	  A bounded summary of any number of rows, made in one pass, that does not
 *	  depend on their order.
 */
#ifndef SEGMENT_SKETCH_H
#define SEGMENT_SKETCH_H

#include "rows.h"

/* How a value becomes a key; sketch.c says more. */
typedef enum SketchFamily
{
	SKETCH_FLOAT,				/* by its own magnitude: no parameters */
	SKETCH_FRAME,				/* by a power-of-two unit for each feature */
	SKETCH_ORDER,				/* by its place in the order of all doubles: no parameters */
} SketchFamily;

typedef enum SketchStatus
{
	SKETCH_DONE,
	SKETCH_OUT_OF_RANGE,		/* a value is too large for its key */
	SKETCH_TOO_MANY_ROWS,		/* their number does not fit an int64 */
} SketchStatus;

/* What two sketches must share to be merged. */
typedef struct SketchShape
{
	int			dim;
	int			size;			/* most cells of a finished sketch */
	SketchFamily family;
	int			tag;			/* the caller's: merges keep rows of different tags apart */
	const int32 *frame;			/* [dim] exponents of the units; FRAME only */
} SketchShape;

/*
 * A sketch is one block of memory without pointers.  Open, it takes rows:
 *
 *	header | frame | entries, "room" of them | index | waiting rows
 *
 * Closed, it is finished: the entries sorted and at most "size", without
 * room, index and waiting rows; then its bytes are a function of the rows.
 *
 * An entry is a row of 8-byte words.  While all distinct rows fit ("exact"),
 * it is their count and the dim values as they came; afterwards it is a cell,
 * in one of the two forms that sketch_cell.h shows.
 */
typedef struct Sketch
{
	int32		vl_len_;		/* the server's; not ours to touch */
	uint8		format;
	uint8		family;
	uint8		exact;
	uint8		open;
	int32		dim;
	int32		size;
	int32		level;			/* of the cells; 0 while exact */
	int32		count;			/* entries */
	int32		room;			/* open: entries there is memory for */
	int32		index_bits;		/* open: the index has 2^this places */
	int32		waiting;		/* open: rows not entered yet */
	int32		bad_feature;	/* open: which one was out of range */
	int32		tag;			/* the caller's, such as the k of an aggregate */
	int32		compact;		/* open: cells are in their compact form */
	int64		rows;			/* all that took part */
	int64		skipped;		/* all that did not: the caller counts them */
	int64		reach;			/* open, compact: no offset in a cell is larger */
} Sketch;

#define SKETCH_FORMAT 1

/* The exponents that a frame can have: squares of 2^62 units are doubles. */
#define SKETCH_LEAST_UNIT (-1000)
#define SKETCH_MOST_UNIT 449

/* The default "size" where memory allows it. */
#define SKETCH_DEFAULT_SIZE 16384

extern int	sketch_default_size(int dim);
extern Size sketch_room_bytes(int dim, int size);
extern Sketch *sketch_create(const SketchShape *shape);
extern SketchStatus sketch_add(Sketch **sketch, const double *row);
extern SketchStatus sketch_add_weighted(Sketch **sketch, const double *row, int64 weight);
extern SketchStatus sketch_add_columns(Sketch **sketch, const double *const *column, int n);
extern SketchStatus sketch_merge(Sketch **into, const Sketch *from);
extern SketchStatus sketch_close(const Sketch *sketch, Sketch **closed);
extern Sketch *sketch_open(const Sketch *closed);

extern SketchShape sketch_shape(const Sketch *sketch);
extern bool sketch_same_shape(const Sketch *a, const Sketch *b);
extern Size sketch_bytes(const Sketch *sketch);
extern Size sketch_closed_bytes(int dim, int count, bool exact);
extern bool sketch_size_is_possible(int dim, int size);
extern bool sketch_is_valid(const Sketch *closed);
extern Rows sketch_rows(const Sketch *closed);
extern int	sketch_entry_of(const Sketch *closed, const double *row, uint64 *name);
extern void sketch_rounding(const Sketch *closed, double *rounding);
extern void sketch_error_bound(const Sketch *closed, double *bound);

extern Size sketch_packed_bytes(const Sketch *closed);
extern void sketch_pack(const Sketch *closed, uint8 *bytes);
extern const char *sketch_unpack(const uint8 *bytes, Size length, Sketch **sketch);

/* The words of an entry; of a cell that is not exact, by its form. */
static inline int
sketch_words(int dim, bool exact, bool compact)
{
	return 1 + (exact ? 1 : compact ? 4 : 6) * dim;
}

static inline int
sketch_entry_words(const Sketch *s)
{
	return sketch_words(s->dim, s->exact, s->compact);
}

static inline int32 *
sketch_frame(const Sketch *s)
{
	return (int32 *) (s + 1);
}

static inline uint64 *
sketch_entry(const Sketch *s, int i)
{
	Size		frame_words = ((Size) s->dim + 1) / 2;

	return (uint64 *) (s + 1) + frame_words + (Size) i * sketch_entry_words(s);
}

#endif							/* SEGMENT_SKETCH_H */
