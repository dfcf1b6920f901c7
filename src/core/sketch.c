/*
 * sketch.c
 *	  A bounded summary of any number of rows, made in one pass, that does not
 *	  depend on their order.
 *
 * As long as the distinct rows fit into "size" entries they are kept as they
 * came, with counts: nothing is lost.  Beyond that a sketch is a set of cells
 * of a grid, each with the count of its rows, their sum and their sum of
 * squares, feature by feature.
 *
 * Keys.  A value becomes an integer key, in an order-preserving way that is
 * fixed before the first row:
 *	 FLOAT	the exponent and the 30 leading fraction bits of |x| + 2^-20,
 *			mirrored for negative x: cells are about as wide as a share of
 *			their value, so columns of any units can be mixed
 *	 FRAME	floor(x / 2^w), w the unit of the feature given by the caller:
 *			cells are equally wide, so a large common part costs nothing
 *	 ORDER	the bits of x, which ascend with |x|, mirrored for negative x: any
 *			double has a cell, and what is summed are not values but keys,
 *			of which a cell has all but the leading bits
 * At level L the key of feature j is shifted right by ceil((L - j) / dim) bits:
 * each level drops one bit of one feature, in turn; with all bits dropped all
 * rows share one cell.
 *
 * Level.  Let distinct_L(S) be the number of cells that the rows S occupy at
 * level L.  A finished sketch of S is at the lowest L with distinct_L(S) <=
 * size.  This is why it is a function of the multiset S:
 *	 - The partitions are nested: distinct_L(S) falls with L and grows with S.
 *	   So for a part T of S the lowest level of T is at most that of S, and a
 *	   sketch that goes to the lowest level for what it has seen, be it in a
 *	   worker or before a merge, never goes beyond the final level.
 *	 - Cells at the final level are unions of the finer ones met before.
 *	   Counts and sums are integers of a unit fixed beforehand (each value is
 *	   rounded once, by itself), so they add up to the same whatever the order.
 *	 - A pair in order has a level for each feature, the lowest at which that
 *	   feature by itself occupies at most sqrt(size) intervals; the argument
 *	   holds for each.
 *	 - Entries are sorted by key, and memory that is not in use is not part of
 *	   the finished bytes.
 * The exact stage is one more level below 0, and the same argument holds.
 *
 * A sketch that has to grow moves; the memory it leaves belongs to the caller
 * (in the server an aggregate's state is freed by the executor).
 *
 * Time.  An open sketch has room for 2 * size entries and looks for a higher
 * level only when that is full, which is rare enough that a row costs one
 * look-up in a hash index; rows wait in groups, so that the look-ups of a
 * group overlap.  Merging costs as much as adding the entries.  What a row
 * waits for is memory, so cells are kept compact as long as no sum in them
 * can overflow.
 *
 * The grid as a summary for k-means: Frahling, Sohler, Coresets in Dynamic
 * Geometric Data Streams, STOC 2005, doi:10.1145/1060590.1060622.  Cells with
 * (count, sum, sum of squares): Zhang, Ramakrishnan, Livny, BIRCH, SIGMOD 1996,
 * doi:10.1145/233269.233324; ours are integers, and placed by value rather
 * than by arrival.
 */
#include "sketch.h"

#include "sketch_cell.h"
#include "sketch_level.h"

/* Memory for this many entries per entry of the finished sketch. */
#define SLACK 2

/* Rows that wait to be entered together. */
#define GROUP 32

/* A sketch with less room than this enters its rows at once: groups would
 * take more memory than the entries. */
#define GROUPED_ROOM 1024

/* Room to begin with. */
#define FIRST_ROOM 8

/* Cells are compact while rows times the largest offset stays below this, so
 * that sums of offsets fit 64 bits and sums of squares 128. */
#define COMPACT_LIMIT 0x1p62

/* Features that the loop over a group, and with it compact cells, is made for. */
#define GROUPED_DIM 8

/* ---- layout ---- */

static Size
frame_words(int dim)
{
	return ((Size) dim + 1) / 2;
}

static inline bool
is_grouped(const Sketch *s)
{
	return s->room >= GROUPED_ROOM;
}

static inline uint32 *
index_of(const Sketch *s)
{
	return (uint32 *) sketch_entry(s, s->room);
}

/* Room for a name, and the values, of one row, and for the row: 3 * dim words. */
static inline uint64 *
scratch_of(const Sketch *s)
{
	return (uint64 *) (index_of(s) + ((Size) 1 << s->index_bits));
}

static inline double *
waiting_rows(const Sketch *s)
{
	return (double *) (scratch_of(s) + 3 * (Size) s->dim);
}

static Size
open_bytes(int dim, int room, bool exact, bool compact)
{
	Size		words = frame_words(dim) + (Size) room * sketch_words(dim, exact, compact);

	words += (Size) 1 << (index_bits_for(room) - 1);	/* places of 4 bytes */
	words += 3 * (Size) dim;
	if (room >= GROUPED_ROOM)
		words += (Size) GROUP * dim;
	return sizeof(Sketch) + words * sizeof(uint64);
}

/* Bytes of a finished sketch. */
Size
sketch_closed_bytes(int dim, int count, bool exact)
{
	return sizeof(Sketch) +
		(frame_words(dim) + (Size) count * sketch_words(dim, exact, false)) * sizeof(uint64);
}

Size
sketch_bytes(const Sketch *s)
{
	return s->open ? open_bytes(s->dim, s->room, s->exact, s->compact) :
		sketch_closed_bytes(s->dim, s->count, s->exact);
}

/* The most bytes an open sketch comes to take. */
Size
sketch_room_bytes(int dim, int size)
{
	return open_bytes(dim, SLACK * size, false, false);
}

/* The default size, less for many features: an open sketch stays below 48 MB. */
int
sketch_default_size(int dim)
{
	int			size = SKETCH_DEFAULT_SIZE;

	while (size > 64 && sketch_room_bytes(dim, size) > (Size) 48 << 20)
		size /= 2;
	return size;
}

SketchShape
sketch_shape(const Sketch *s)
{
	return (SketchShape) {
		.dim = s->dim,
		.size = s->size,
		.family = (SketchFamily) s->family,
		.tag = s->tag,
		.frame = sketch_frame(s),
	};
}

bool
sketch_same_shape(const Sketch *a, const Sketch *b)
{
	return a->dim == b->dim && a->size == b->size && a->family == b->family &&
		a->tag == b->tag &&
		memcmp(sketch_frame(a), sketch_frame(b), sizeof(int32) * a->dim) == 0;
}

/* An open sketch without entries, in memory of its own. */
static Sketch *
open_sketch(const SketchShape *shape, int room, bool exact, bool compact)
{
	Sketch	   *s = core_alloc(1, open_bytes(shape->dim, room, exact, compact));

	memset(s, 0, sizeof(Sketch) + frame_words(shape->dim) * sizeof(uint64));
	s->format = SKETCH_FORMAT;
	s->family = shape->family;
	s->exact = exact;
	s->compact = compact;
	s->open = true;
	s->dim = shape->dim;
	s->size = shape->size;
	s->tag = shape->tag;
	s->room = room;
	s->index_bits = index_bits_for(room);
	if (shape->family == SKETCH_FRAME)
		memcpy(sketch_frame(s), shape->frame, sizeof(int32) * shape->dim);
	memset(index_of(s), 0, sizeof(uint32) << s->index_bits);
	return s;
}

Sketch *
sketch_create(const SketchShape *shape)
{
	Assert(shape->dim >= 0 && shape->size >= 1 && (shape->family != SKETCH_ORDER || shape->dim <= 2));
	return open_sketch(shape, Min(FIRST_ROOM, SLACK * shape->size), true, false);
}

/* ---- values, keys, hashes ---- */

/*
 * The entry whose first dim words after the count are name[]: the keys of a
 * cell, the values of a row.  Made, all zero, when there is none; NULL when
 * there is no room for it.  A place of the index is the number of the entry
 * plus 1, in as many bits as the index has, below the first bits of the hash.
 */
static inline uint64 *
find_entry(Sketch *s, const uint64 *name, int dim, uint64 hash)
{
	uint32	   *index = index_of(s);
	int			bits = s->index_bits;
	uint32		mask = ((uint32) 1 << bits) - 1;
	uint32		tag = (uint32) (hash >> 32) >> bits;

	for (uint32 at = (uint32) hash & mask;; at = (at + 1) & mask)
	{
		uint32		place = index[at];
		uint64	   *entry;

		if (place == 0)
		{
			if (s->count == s->room)
				return NULL;
			entry = sketch_entry(s, s->count);
			memset(entry, 0, sizeof(uint64) * sketch_entry_words(s));
			memcpy(entry + 1, name, sizeof(uint64) * dim);
			index[at] = tag << bits | (uint32) ++s->count;
			return entry;
		}
		if (place >> bits == tag)
		{
			entry = sketch_entry(s, (int) (place & mask) - 1);
			if (memcmp(entry + 1, name, sizeof(uint64) * dim) == 0)
				return entry;
		}
	}
}

/* ---- cells ---- */

/* Would cells whose offsets go as far as "reach" overflow with this many rows? */
static inline bool
is_too_far(int64 rows, int64 reach)
{
	return (double) rows * (double) reach >= COMPACT_LIMIT;
}

/* Add a cell in full form to another. */
static void
add_full(uint64 *into, const uint64 *cell, int dim)
{
	into[0] += cell[0];
	for (int j = 0; j < dim; j++)
	{
		wide_add(cell_sum(into, dim, j), wide_get(cell_sum((uint64 *) cell, dim, j)));
		wide3_add(cell_square(into, dim, j), cell_square((uint64 *) cell, dim, j));
	}
}

/*
 * Add a compact cell to one in full form, or to one that is compact as well:
 * anchor[j] is how far the anchor of "cell" is above that of "into", or above
 * zero when that is full.
 */
static void
add_compact_to_full(uint64 *into, const uint64 *cell, const int64 *anchor, int dim)
{
	int64		n = (int64) cell[0];

	into[0] += cell[0];
	for (int j = 0; j < dim; j++)
	{
		Wide		sum = (int64) *compact_sum((uint64 *) cell, dim, j);
		uint64		squares[3];

		/* sum of (o + a)^2 = sum of o^2 + 2 a sum of o + n a^2 */
		wide3_multiply(squares, (Wide) anchor[j] * anchor[j], n);
		wide3_add_wide(squares, 2 * anchor[j] * sum);
		wide3_add_wide(squares, wide_get(compact_square((uint64 *) cell, dim, j)));
		wide_add(cell_sum(into, dim, j), sum + (Wide) n * anchor[j]);
		wide3_add(cell_square(into, dim, j), squares);
	}
}

static void
add_compact(uint64 *into, const uint64 *cell, const int64 *anchor, int dim)
{
	int64		n = (int64) cell[0];

	into[0] += cell[0];
	for (int j = 0; j < dim; j++)
	{
		Wide		sum = (int64) *compact_sum((uint64 *) cell, dim, j);

		*compact_sum(into, dim, j) += (uint64) (int64) (sum + (Wide) n * anchor[j]);
		wide_add(compact_square(into, dim, j),
				 wide_get(compact_square((uint64 *) cell, dim, j)) +
				 2 * anchor[j] * sum + (Wide) n * anchor[j] * anchor[j]);
	}
}

/* What came of an attempt to enter a row or a cell; nothing unless ENTERED. */
typedef enum Entered
{
	ENTERED,
	NO_ROOM,
	TOO_FAR,					/* for compact cells */
	OUT_OF_RANGE,
} Entered;

/*
 * Add a cell of "from" to an open sketch of cells at its level or a higher
 * one, in full form unless both are compact.  Its rows are counted already.
 */
static Entered
add_cell(Sketch *s, const Sketch *from, const uint64 *cell)
{
	int			dim = s->dim;
	SketchFamily family = (SketchFamily) s->family;
	Shifts		before = sketch_shifts(from, from->level);
	Shifts		after = sketch_shifts(s, s->level);
	uint64	   *name = scratch_of(s);
	int64	   *anchor = (int64 *) name + dim;
	uint64	   *into;

	for (int j = 0; j < dim; j++)
	{
		int			shift = shift_of(after, j);

		name[j] = (uint64) drop_bits((int64) cell[1 + j], shift_of(before, j), shift);
		if (from->compact)
			anchor[j] = cell_anchor(family, (int64) cell[1 + j], shift_of(before, j));
		if (s->compact)
		{
			anchor[j] -= cell_anchor(family, (int64) name[j], shift);
			s->reach = Max(s->reach, cell_width(family, (int64) name[j], shift));
		}
	}
	if (s->compact && is_too_far(s->rows, s->reach))
		return TOO_FAR;
	into = find_entry(s, name, dim, hash_words(name, dim));
	if (into == NULL)
		return NO_ROOM;
	if (s->compact)
		add_compact(into, cell, anchor, dim);
	else if (from->compact)
		add_compact_to_full(into, cell, anchor, dim);
	else
		add_full(into, cell, dim);
	return ENTERED;
}

/* Add "weight" rows equal to row[], counted already, to an open sketch of cells. */
static Entered
add_row_to_cell(Sketch *s, const double *row, int64 weight)
{
	int			dim = s->dim;
	SketchFamily family = (SketchFamily) s->family;
	Shifts		shifts = sketch_shifts(s, s->level);
	uint64	   *name = scratch_of(s);
	int64	   *value = (int64 *) name + dim;
	uint64	   *into;

	for (int j = 0; j < dim; j++)
	{
		int64		key;

		if (!quantise(family, unit_scale(s, j), row[j], &key, &value[j]))
		{
			s->bad_feature = j;
			return OUT_OF_RANGE;
		}
		name[j] = (uint64) drop_bits(key, 0, shift_of(shifts, j));
		if (s->compact)
		{
			value[j] -= cell_anchor(family, (int64) name[j], shift_of(shifts, j));
			s->reach = Max(s->reach, magnitude(value[j]));
		}
	}
	if (s->compact && is_too_far(s->rows, s->reach))
		return TOO_FAR;
	into = find_entry(s, name, dim, hash_words(name, dim));
	if (into == NULL)
		return NO_ROOM;
	into[0] += weight;
	for (int j = 0; j < dim; j++)
	{
		if (s->compact)
		{
			*compact_sum(into, dim, j) += (uint64) (value[j] * weight);
			wide_add(compact_square(into, dim, j), (Wide) value[j] * value[j] * weight);
		}
		else
		{
			uint64		square[3];

			wide_add(cell_sum(into, dim, j), (Wide) value[j] * weight);
			wide3_multiply(square, (Wide) value[j] * value[j], weight);
			wide3_add(cell_square(into, dim, j), square);
		}
	}
	return ENTERED;
}

/* ---- the level ---- */

/*
 * The lowest level at which the entries' keys occupy at most "size" cells; of
 * a pair in order, those at which either feature by itself occupies no more
 * than the root of it.
 */
static int
lowest_level(const Sketch *s, const int64 *key)
{
	Shifts		shifts = sketch_shifts(s, s->level);
	int			most = (int) sqrt(s->size);
	int			level[2];
	int64	   *side;

	if (!is_pair_in_order(s))
		return sketch_lowest_level(key, s->count, s->dim, s->level, s->size);
	side = core_alloc(s->count, sizeof(int64));
	for (int j = 0; j < 2; j++)
	{
		for (int i = 0; i < s->count; i++)
			side[i] = key[2 * i + j];
		level[j] = sketch_lowest_level(side, s->count, 1, shift_of(shifts, j), most);
	}
	pfree(side);
	return PAIR_LEVEL(level[0], level[1]);
}

/* The lowest level that is no lower than either of two. */
static int
upper_level(const Sketch *s, int a, int b)
{
	if (!is_pair_in_order(s))
		return Max(a, b);
	return PAIR_LEVEL(Max(a >> 8, b >> 8), Max(a & 0xff, b & 0xff));
}

/*
 * The keys of all entries at the level of s, key[i * dim + j]; NULL if a value
 * of the exact stage is out of range.
 */
static int64 *
entry_keys(Sketch *s)
{
	int			dim = s->dim;
	int64	   *keys = core_alloc(s->count, mul_size(dim, sizeof(int64)));

	for (int i = 0; i < s->count; i++)
	{
		const uint64 *entry = sketch_entry(s, i);
		int64	   *key = keys + (Size) i * dim;
		int64		value;

		if (!s->exact)
			memcpy(key, entry + 1, sizeof(int64) * dim);
		else
			for (int j = 0; j < dim; j++)
				if (!quantise((SketchFamily) s->family, unit_scale(s, j),
							  ((const double *) (entry + 1))[j], &key[j], &value))
				{
					s->bad_feature = j;
					return NULL;
				}
	}
	return keys;
}

/*
 * How far from its anchor a value can be in the cells of "level" that hold
 * these keys, given at the level of s.
 */
static int64
widest_cell(const Sketch *s, const int64 *keys, int level)
{
	int			dim = s->dim;
	SketchFamily family = (SketchFamily) s->family;
	Shifts		before = sketch_shifts(s, s->level);
	Shifts		after = sketch_shifts(s, level);
	int64		widest = 1;

	for (int j = 0; j < dim; j++)
	{
		int			shift = shift_of(after, j);

		for (int i = 0; i < s->count; i++)
			widest = Max(widest, cell_width(family, drop_bits(keys[(Size) i * dim + j],
															  shift_of(before, j), shift), shift));
	}
	return widest;
}

/*
 * The entries of s, with the waiting rows, as cells of a level no lower than
 * its own, in a new open sketch; keys[] are those of s.
 */
static Sketch *
to_cells(Sketch *s, const int64 *keys, int level, bool allow_compact)
{
	SketchShape shape = sketch_shape(s);
	bool		compact = allow_compact && s->dim <= GROUPED_DIM && (s->exact || s->compact) &&
		!is_too_far(s->rows, widest_cell(s, keys, level));
	Sketch	   *cells = open_sketch(&shape, SLACK * s->size, false, compact);
	cells->level = level;
	cells->rows = s->rows;
	cells->skipped = s->skipped;
	for (int i = 0; i < s->count; i++)
	{
		const uint64 *entry = sketch_entry(s, i);

		if (s->exact)
			add_row_to_cell(cells, (const double *) (entry + 1), (int64) entry[0]);
		else
			add_cell(cells, s, entry);
	}
	if (s->open && s->waiting > 0)
	{
		memcpy(waiting_rows(cells), waiting_rows(s), sizeof(double) * s->waiting * s->dim);
		cells->waiting = s->waiting;
	}
	return cells;
}

/*
 * Bring the entries of s to cells of at least "level", compact if allowed;
 * with LOWEST_LEVEL to the lowest level that will do, as they are too many.
 */
#define LOWEST_LEVEL (-1)

static SketchStatus
coarsen(Sketch **sketch, int level, bool allow_compact)
{
	int64	   *keys = entry_keys(*sketch);

	if (keys == NULL)
		return SKETCH_OUT_OF_RANGE;
	*sketch = to_cells(*sketch, keys, level == LOWEST_LEVEL ? lowest_level(*sketch, keys) : level,
					   allow_compact);
	pfree(keys);
	return SKETCH_DONE;
}

/* The same cells in full form. */
static SketchStatus
to_full(Sketch **sketch)
{
	return coarsen(sketch, (*sketch)->level, false);
}

/* ---- room ---- */

/* There is no room: make some, by more memory or by a higher level. */
static SketchStatus
make_room(Sketch **sketch)
{
	Sketch	   *s = *sketch;
	SketchShape shape = sketch_shape(s);
	Sketch	   *larger;
	int			room;

	if (s->room >= SLACK * s->size)
		return coarsen(sketch, LOWEST_LEVEL, true);

	room = (int) Min((int64) 2 * s->room, (int64) SLACK * s->size);
	larger = open_sketch(&shape, room, s->exact, s->compact);
	larger->level = s->level;
	larger->rows = s->rows;
	larger->skipped = s->skipped;
	larger->reach = s->reach;
	for (int i = 0; i < s->count; i++)
	{
		const uint64 *entry = sketch_entry(s, i);
		uint64	   *copy = find_entry(larger, entry + 1, s->dim, hash_words(entry + 1, s->dim));

		memcpy(copy, entry, sizeof(uint64) * sketch_entry_words(s));
	}
	if (s->waiting > 0)
	{
		memcpy(waiting_rows(larger), waiting_rows(s), sizeof(double) * s->waiting * s->dim);
		larger->waiting = s->waiting;
	}
	*sketch = larger;
	return SKETCH_DONE;
}

/* Enter "weight" rows equal to row[], which has no -0 and is counted already. */
static Entered
try_row(Sketch *s, const double *row, int64 weight)
{
	uint64	   *entry;

	if (!s->exact)
		return add_row_to_cell(s, row, weight);
	entry = find_entry(s, (const uint64 *) row, s->dim, hash_words((const uint64 *) row, s->dim));
	if (entry == NULL)
		return NO_ROOM;
	entry[0] += weight;
	return ENTERED;
}

/* Make possible what was not, or say why it never will be. */
static SketchStatus
make_way(Sketch **sketch, Entered outcome)
{
	switch (outcome)
	{
		case NO_ROOM:
			return make_room(sketch);
		case TOO_FAR:
			return to_full(sketch);
		case OUT_OF_RANGE:
			return SKETCH_OUT_OF_RANGE;
		default:
			return SKETCH_DONE;
	}
}

/* Some rows, by feature: value j of row i is column[j][i * stride]. */
typedef struct RowGroup
{
	const double *column[GROUPED_DIM];
	int			stride;
	int			n;				/* up to GROUP */
} RowGroup;

/*
 * Enter a group of rows, counted already, into a sketch of cells that has room
 * for them all; all but the sketch and the group are constants where this is
 * inlined.
 */
static inline __attribute__((always_inline)) Entered
enter_group(Sketch *s, const RowGroup *group, const int dim, const SketchFamily family, const bool compact)
{
	const uint32 *index = index_of(s);
	int			bits = s->index_bits;
	uint32		mask = ((uint32) 1 << bits) - 1;
	int			n = group->n;
	Shifts		shifts = sketch_shifts(s, s->level);
	uint64		far = 0;
	double		scale[GROUPED_DIM];
	int			shift[GROUPED_DIM];
	uint64		name[GROUP][GROUPED_DIM];
	int64		value[GROUP][GROUPED_DIM];	/* compact: offsets */
	uint64		hash[GROUP];
	uint64	   *cell[GROUP];	/* the likely one, or NULL */

	for (int j = 0; j < dim; j++)
	{
		scale[j] = unit_scale(s, j);
		shift[j] = shift_of(shifts, j);
	}
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < dim; j++)
		{
			int64		key;

			if (!quantise(family, scale[j], group->column[j][i * group->stride], &key, &value[i][j]))
			{
				s->bad_feature = j;
				return OUT_OF_RANGE;
			}
			name[i][j] = (uint64) drop_bits(key, 0, shift[j]);
			if (compact)
			{
				value[i][j] -= cell_anchor(family, (int64) name[i][j], shift[j]);
				far |= (uint64) (value[i][j] ^ (value[i][j] >> 63));
			}
		}
		hash[i] = hash_words(name[i], dim);
		__builtin_prefetch(&index[hash[i] & mask]);
	}
	if (compact)
	{
		s->reach = Max(s->reach, (int64) far + 1);
		if (is_too_far(s->rows, s->reach))
			return TOO_FAR;
	}
	for (int i = 0; i < n; i++)
	{
		uint32		place = index[hash[i] & mask];

		cell[i] = NULL;
		if (place != 0 && place >> bits == (uint32) (hash[i] >> 32) >> bits)
		{
			cell[i] = sketch_entry(s, (int) (place & mask) - 1);
			for (Size byte = 0; byte < sizeof(uint64) * sketch_words(dim, false, compact); byte += 64)
				__builtin_prefetch((const char *) cell[i] + byte, 1);
		}
	}
	for (int i = 0; i < n; i++)
	{
		uint64	   *into = cell[i];

		if (into == NULL || memcmp(into + 1, name[i], sizeof(uint64) * dim) != 0)
			into = find_entry(s, name[i], dim, hash[i]);
		into[0]++;
		for (int j = 0; j < dim; j++)
			if (compact)
			{
				*compact_sum(into, dim, j) += (uint64) value[i][j];
				wide_add(compact_square(into, dim, j), (Wide) value[i][j] * value[i][j]);
			}
			else
			{
				wide_add(cell_sum(into, dim, j), value[i][j]);
				wide3_add_square(cell_square(into, dim, j), value[i][j]);
			}
	}
	return ENTERED;
}

#define ENTER_GROUP(dim) \
	case dim: \
		if (s->family == SKETCH_FRAME) \
			return s->compact ? enter_group(s, group, dim, SKETCH_FRAME, true) : \
				enter_group(s, group, dim, SKETCH_FRAME, false); \
		return s->compact ? enter_group(s, group, dim, SKETCH_FLOAT, true) : \
			enter_group(s, group, dim, SKETCH_FLOAT, false)

static Entered
enter_group_in_order(Sketch *s, const RowGroup *group)
{
	if (s->dim == 1)
		return s->compact ? enter_group(s, group, 1, SKETCH_ORDER, true) :
			enter_group(s, group, 1, SKETCH_ORDER, false);
	return s->compact ? enter_group(s, group, 2, SKETCH_ORDER, true) :
		enter_group(s, group, 2, SKETCH_ORDER, false);
}

static Entered
enter_group_of_any_dim(Sketch *s, const RowGroup *group)
{
	if (s->count + group->n > s->room)
		return NO_ROOM;
	if (s->family == SKETCH_ORDER)
		return enter_group_in_order(s, group);
	switch (s->dim)
	{
		ENTER_GROUP(1);
		ENTER_GROUP(2);
		ENTER_GROUP(3);
		ENTER_GROUP(4);
		ENTER_GROUP(5);
		ENTER_GROUP(6);
		ENTER_GROUP(7);
		default:
		ENTER_GROUP(GROUPED_DIM);
	}
}

/* Enter all waiting rows. */
static SketchStatus
enter_waiting(Sketch **sketch)
{
	SketchStatus status = SKETCH_DONE;

	while (status == SKETCH_DONE && (*sketch)->waiting > 0)
	{
		Sketch	   *s = *sketch;
		Entered		outcome;

		if (s->exact || s->dim > GROUPED_DIM)
		{
			/* from the last, as the sketch may move and take along those that wait */
			outcome = try_row(s, waiting_rows(s) + (Size) (s->waiting - 1) * s->dim, 1);
			if (outcome == ENTERED)
				s->waiting--;
		}
		else
		{
			/* a group waits only where there is room for many */
			RowGroup	group = {.stride = s->dim, .n = s->waiting};

			for (int j = 0; j < s->dim; j++)
				group.column[j] = waiting_rows(s) + j;
			outcome = enter_group_of_any_dim(s, &group);
			if (outcome == ENTERED)
				s->waiting = 0;
		}
		status = make_way(sketch, outcome);
	}
	return status;
}

/*
 * Enter "weight" rows equal to row[], counted already, into an open sketch,
 * which may move; or let a single one wait.
 */
static SketchStatus
enter_row(Sketch **sketch, const double *row, int64 weight)
{
	Sketch	   *s = *sketch;
	int			dim = s->dim;
	bool		waits = is_grouped(s) && weight == 1;
	double	   *copy = waits ? waiting_rows(s) + (Size) s->waiting * dim :
		(double *) scratch_of(s) + 2 * (Size) dim;
	SketchStatus status = SKETCH_DONE;
	Entered		outcome;

	for (int j = 0; j < dim; j++)
		copy[j] = row[j] + 0.0; /* -0 is 0 */
	if (waits)
		return ++s->waiting == GROUP ? enter_waiting(sketch) : SKETCH_DONE;
	do
	{
		outcome = try_row(*sketch, copy, weight);
		status = make_way(sketch, outcome);
	} while (outcome != ENTERED && status == SKETCH_DONE);
	return status;
}

/*
 * Add a row of finite values to an open sketch, which may move.  O(dim) on
 * average.
 */
SketchStatus
sketch_add(Sketch **sketch, const double *row)
{
	return sketch_add_weighted(sketch, row, 1);
}

/* The same for "weight" >= 1 equal rows. */
SketchStatus
sketch_add_weighted(Sketch **sketch, const double *row, int64 weight)
{
	Assert((*sketch)->open);
	if ((*sketch)->rows > INT64_MAX - weight)
		return SKETCH_TOO_MANY_ROWS;
	(*sketch)->rows += weight;
	return enter_row(sketch, row, weight);
}

/*
 * The same as adding n rows of finite values one by one: row i is column[0][i],
 * column[1][i] and so on.  Of up to GROUPED_DIM features.  Faster, as cells
 * take the rows from the columns, without a copy.
 */
SketchStatus
sketch_add_columns(Sketch **sketch, const double *const *column, int n)
{
	SketchStatus status = SKETCH_DONE;

	Assert((*sketch)->open && (*sketch)->dim <= GROUPED_DIM);
	if ((*sketch)->rows > INT64_MAX - n)
		return SKETCH_TOO_MANY_ROWS;
	(*sketch)->rows += n;
	for (int i = 0; i < n && status == SKETCH_DONE;)
	{
		Sketch	   *s = *sketch;

		if (s->exact || s->size < GROUP)	/* cells of so few may never have room for a group */
		{
			double		row[GROUPED_DIM];

			for (int j = 0; j < s->dim; j++)
				row[j] = column[j][i];
			status = enter_row(sketch, row, 1);
			i++;
		}
		else
		{
			RowGroup	group = {.stride = 1, .n = Min(GROUP, n - i)};
			Entered		outcome;

			for (int j = 0; j < s->dim; j++)
				group.column[j] = column[j] + i;
			outcome = enter_group_of_any_dim(s, &group);
			if (outcome == ENTERED)
				i += group.n;
			status = make_way(sketch, outcome);
		}
	}
	return status;
}

/* Enter a cell of "from", whose rows are counted already, into an open sketch. */
static SketchStatus
enter_cell(Sketch **sketch, const Sketch *from, const uint64 *cell)
{
	SketchStatus status = SKETCH_DONE;
	Entered		outcome = NO_ROOM;

	while (status == SKETCH_DONE && outcome != ENTERED)
	{
		Sketch	   *s = *sketch;

		if (s->exact || s->level != upper_level(s, s->level, from->level))
			status = coarsen(sketch, upper_level(s, s->level, from->level), from->compact);
		else if (s->compact && !from->compact)
			status = to_full(sketch);
		else
		{
			outcome = add_cell(s, from, cell);
			status = make_way(sketch, outcome);
		}
	}
	return status;
}

/*
 * Add all rows of a sketch of the same shape, open or closed, to an open one,
 * which may move.  O(entries * dim).
 */
SketchStatus
sketch_merge(Sketch **into, const Sketch *from)
{
	SketchStatus status = SKETCH_DONE;

	Assert((*into)->open && sketch_same_shape(*into, from));
	if ((*into)->rows > INT64_MAX - from->rows || (*into)->skipped > INT64_MAX - from->skipped)
		return SKETCH_TOO_MANY_ROWS;
	(*into)->rows += from->rows;
	(*into)->skipped += from->skipped;
	for (int i = 0; status == SKETCH_DONE && i < from->count; i++)
	{
		const uint64 *entry = sketch_entry(from, i);

		if (i % 1024 == 0)
			core_poll("merging sketches", -1);
		if (from->exact)
			status = enter_row(into, (const double *) (entry + 1), (int64) entry[0]);
		else
			status = enter_cell(into, from, entry);
	}
	for (int i = 0; from->open && status == SKETCH_DONE && i < from->waiting; i++)
		status = enter_row(into, waiting_rows(from) + (Size) i * from->dim, 1);
	return status;
}

/* ---- finishing ---- */

/* order[] of n entries by merge sort; spare[] is as long. */
static void
sort_entries(const Sketch *s, int *order, int *spare, int n)
{
	int			half = n / 2;
	int			left = 0;
	int			right = half;

	if (n < 2)
		return;
	sort_entries(s, order, spare, half);
	sort_entries(s, order + half, spare, n - half);
	for (int i = 0; i < n; i++)
		spare[i] = left < half &&
			(right == n || sketch_compare_entries(s, sketch_entry(s, order[left]),
										   sketch_entry(s, order[right])) <= 0) ?
			order[left++] : order[right++];
	memcpy(order, spare, sizeof(int) * n);
}

/* A finished sketch with the same rows; the one given stays as it is. */
SketchStatus
sketch_close(const Sketch *sketch, Sketch **closed)
{
	Sketch	   *s;
	Sketch	   *result;
	SketchStatus status;
	int		   *order;

	if (!sketch->open)
	{
		*closed = core_alloc(1, sketch_bytes(sketch));
		memcpy(*closed, sketch, sketch_bytes(sketch));
		return SKETCH_DONE;
	}
	s = core_alloc(1, sketch_bytes(sketch));
	memcpy(s, sketch, sketch_bytes(sketch));
	status = enter_waiting(&s);
	if (status == SKETCH_DONE && (s->count > s->size || (!s->exact && is_pair_in_order(s))))
		status = coarsen(&s, LOWEST_LEVEL, false);
	else if (status == SKETCH_DONE && s->compact)
		status = to_full(&s);
	if (status != SKETCH_DONE)
		return status;

	order = core_alloc(s->count, 2 * sizeof(int));
	for (int i = 0; i < s->count; i++)
		order[i] = i;
	sort_entries(s, order, order + s->count, s->count);

	result = core_alloc(1, sketch_closed_bytes(s->dim, s->count, s->exact));
	memset(result, 0, sizeof(Sketch));
	result->format = s->format;
	result->family = s->family;
	result->exact = s->exact;
	result->dim = s->dim;
	result->size = s->size;
	result->tag = s->tag;
	result->level = s->level;
	result->count = s->count;
	result->rows = s->rows;
	result->skipped = s->skipped;
	memcpy(result + 1, s + 1, frame_words(s->dim) * sizeof(uint64));
	for (int i = 0; i < s->count; i++)
		memcpy(sketch_entry(result, i), sketch_entry(s, order[i]),
			   sizeof(uint64) * sketch_entry_words(s));
	pfree(order);
	pfree(s);
	*closed = result;
	return SKETCH_DONE;
}

/* An open sketch with the same rows as a finished one. */
Sketch *
sketch_open(const Sketch *closed)
{
	SketchShape shape = sketch_shape(closed);
	int			room = Max(2 * closed->count, Min(FIRST_ROOM, SLACK * closed->size));
	Sketch	   *s = open_sketch(&shape, Min(room, SLACK * closed->size), closed->exact, false);

	s->level = closed->level;
	s->rows = closed->rows;
	s->skipped = closed->skipped;
	for (int i = 0; i < closed->count; i++)
	{
		const uint64 *entry = sketch_entry(closed, i);

		memcpy(find_entry(s, entry + 1, s->dim, hash_words(entry + 1, s->dim)), entry,
			   sizeof(uint64) * sketch_entry_words(closed));
	}
	return s;
}
