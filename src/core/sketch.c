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
 *	 - Entries are sorted by key, and memory that is not in use is not part of
 *	   the finished bytes.
 * The exact stage is one more level below 0, and the same argument holds.
 *
 * A sketch that has to grow moves; the memory it leaves belongs to the caller
 * (in the server an aggregate's state is freed by the executor).
 *
 * Time.  An open sketch has room for 3 * size entries and looks for a higher
 * level only when that is full, which is rare enough that a row costs one
 * look-up in a hash index; rows wait in groups, so that the look-ups of a
 * group overlap.  Merging costs as much as adding the entries.
 *
 * The grid as a summary for k-means: Frahling, Sohler, Coresets in Dynamic
 * Geometric Data Streams, STOC 2005, doi:10.1145/1060590.1060622.  Cells with
 * (count, sum, sum of squares): Zhang, Ramakrishnan, Livny, BIRCH, SIGMOD 1996,
 * doi:10.1145/233269.233324; ours are integers, and placed by value rather
 * than by arrival.
 */
#include "sketch.h"

#include "sketch_cell.h"

/* Memory for this many entries per entry of the finished sketch. */
#define SLACK 3

/* Rows that wait to be entered together. */
#define GROUP 64

/* A sketch with less room than this enters its rows at once: groups would
 * take more memory than the entries. */
#define GROUPED_ROOM 1024

/* Room to begin with. */
#define FIRST_ROOM 8

/* FLOAT: fraction bits of a key, and the magnitude below which it is linear. */
#define FLOAT_BITS 30
#define FLOAT_FLOOR 0x1p-20

/* No sum may see a value of this many units. */
#define VALUE_LIMIT 0x1p62

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

static inline uint64 *
index_of(const Sketch *s)
{
	return sketch_entry(s, s->room);
}

static inline double *
waiting_rows(const Sketch *s)
{
	return (double *) (index_of(s) + ((Size) 1 << s->index_bits));
}

static int
index_bits_for(int room)
{
	int			bits = 1;

	while (((int64) 1 << bits) < 2 * (int64) room)
		bits++;
	return bits;
}

static Size
open_bytes(int dim, int room, bool exact)
{
	Size		words = frame_words(dim) + (Size) room * (exact ? 1 + dim : 1 + 6 * dim);

	words += (Size) 1 << index_bits_for(room);
	if (room >= GROUPED_ROOM)
		words += (Size) GROUP * dim;
	return sizeof(Sketch) + words * sizeof(uint64);
}

/* Bytes of a finished sketch. */
Size
sketch_closed_bytes(int dim, int count, bool exact)
{
	return sizeof(Sketch) +
		(frame_words(dim) + (Size) count * (exact ? 1 + dim : 1 + 6 * dim)) * sizeof(uint64);
}

Size
sketch_bytes(const Sketch *s)
{
	return s->open ? open_bytes(s->dim, s->room, s->exact) :
		sketch_closed_bytes(s->dim, s->count, s->exact);
}

/* The most bytes an open sketch comes to take. */
Size
sketch_room_bytes(int dim, int size)
{
	return open_bytes(dim, SLACK * size, false);
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
open_sketch(const SketchShape *shape, int room, bool exact)
{
	Sketch	   *s = core_alloc(1, open_bytes(shape->dim, room, exact));

	memset(s, 0, sizeof(Sketch) + frame_words(shape->dim) * sizeof(uint64));
	s->format = SKETCH_FORMAT;
	s->family = shape->family;
	s->exact = exact;
	s->open = true;
	s->dim = shape->dim;
	s->size = shape->size;
	s->tag = shape->tag;
	s->room = room;
	s->index_bits = index_bits_for(room);
	if (shape->family == SKETCH_FRAME)
		memcpy(sketch_frame(s), shape->frame, sizeof(int32) * shape->dim);
	memset(index_of(s), 0, sizeof(uint64) << s->index_bits);
	return s;
}

Sketch *
sketch_create(const SketchShape *shape)
{
	Assert(shape->dim >= 0 && shape->size >= 1);
	return open_sketch(shape, Min(FIRST_ROOM, SLACK * shape->size), true);
}

/* ---- values, keys, hashes ---- */

/*
 * Key and integer value of x.  Returns false if x is out of range.  "scale"
 * is the number of units in 1.
 */
static inline bool
quantise(SketchFamily family, double scale, double x, int64 *key, int64 *value)
{
	double		scaled = x * scale;

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

/*
 * The entry whose first dim words after the count are name[]: the keys of a
 * cell, the values of a row.  Made, all zero, when there is none; NULL when
 * there is no room for it.  A place of the index is the upper half of the
 * hash and the number of the entry plus 1.
 */
static inline uint64 *
find_entry(Sketch *s, const uint64 *name, int dim, uint64 hash)
{
	uint64	   *index = index_of(s);
	uint64		mask = ((uint64) 1 << s->index_bits) - 1;
	uint64		tag = hash >> 32;

	for (uint64 at = hash & mask;; at = (at + 1) & mask)
	{
		uint64		place = index[at];
		uint64	   *entry;

		if (place == 0)
		{
			if (s->count == s->room)
				return NULL;
			entry = sketch_entry(s, s->count);
			memset(entry, 0, sizeof(uint64) * sketch_entry_words(s));
			memcpy(entry + 1, name, sizeof(uint64) * dim);
			index[at] = tag << 32 | (uint64) ++s->count;
			return entry;
		}
		if (place >> 32 == tag)
		{
			entry = sketch_entry(s, (int) (uint32) place - 1);
			if (memcmp(entry + 1, name, sizeof(uint64) * dim) == 0)
				return entry;
		}
	}
}

/* ---- cells ---- */

/* Add a cell of a lower level, or the same, to an open sketch of cells. */
static bool
add_cell(Sketch *s, const uint64 *cell, int level, uint64 *name)
{
	int			dim = s->dim;
	Shifts		before = level_shifts(level, dim);
	Shifts		after = level_shifts(s->level, dim);
	uint64	   *into;

	for (int j = 0; j < dim; j++)
		name[j] = (uint64) drop_bits((int64) cell[1 + j], shift_of(before, j), shift_of(after, j));
	into = find_entry(s, name, dim, hash_words(name, dim));
	if (into == NULL)
		return false;
	into[0] += cell[0];
	for (int j = 0; j < dim; j++)
	{
		wide_add(cell_sum(into, dim, j), wide_get(cell_sum((uint64 *) cell, dim, j)));
		wide3_add(cell_square(into, dim, j), cell_square((uint64 *) cell, dim, j));
	}
	return true;
}

/*
 * Add "weight" rows equal to row[] to an open sketch of cells.  The row is
 * in range.
 */
static bool
add_row_to_cell(Sketch *s, const double *row, int64 weight, uint64 *name, int64 *value)
{
	int			dim = s->dim;
	Shifts		shifts = level_shifts(s->level, dim);
	uint64	   *into;

	for (int j = 0; j < dim; j++)
	{
		int64		key = 0;

		quantise((SketchFamily) s->family, unit_scale(s, j), row[j], &key, &value[j]);
		name[j] = (uint64) drop_bits(key, 0, shift_of(shifts, j));
	}
	into = find_entry(s, name, dim, hash_words(name, dim));
	if (into == NULL)
		return false;
	into[0] += weight;
	for (int j = 0; j < dim; j++)
	{
		uint64		square[3];

		wide_add(cell_sum(into, dim, j), (Wide) value[j] * weight);
		wide3_multiply(square, (Wide) value[j] * value[j], weight);
		wide3_add(cell_square(into, dim, j), square);
	}
	return true;
}

static bool
in_range(Sketch *s, const double *row)
{
	for (int j = 0; j < s->dim; j++)
		if (!(fabs(row[j] * unit_scale(s, j)) < VALUE_LIMIT))
		{
			s->bad_feature = j;
			return false;
		}
	return true;
}

/* ---- the level ---- */

/*
 * How many cells the n keys, taken at level "from", occupy at level "to"; or
 * just more than "most".  set[] is scratch of 2^bits entries.
 */
static int
distinct_at(const int64 *key, int n, int dim, int from, int to, int most,
			uint32 *set, int bits, uint64 *name)
{
	uint32		mask = ((uint32) 1 << bits) - 1;
	Shifts		before = level_shifts(from, dim);
	Shifts		after = level_shifts(to, dim);
	int			found = 0;

	core_poll("sketching", -1);
	memset(set, 0, sizeof(uint32) << bits);
	for (int i = 0; i < n; i++)
	{
		uint32		at;

		for (int j = 0; j < dim; j++)
			name[j] = (uint64) drop_bits(key[(Size) i * dim + j], shift_of(before, j),
										 shift_of(after, j));
		for (at = (uint32) hash_words(name, dim) & mask; set[at] != 0; at = (at + 1) & mask)
		{
			const int64 *other = key + (Size) (set[at] - 1) * dim;
			int			j = 0;

			while (j < dim && drop_bits(other[j], shift_of(before, j),
										shift_of(after, j)) == (int64) name[j])
				j++;
			if (j == dim)
				break;
		}
		if (set[at] == 0)
		{
			if (++found > most)
				return found;
			set[at] = i + 1;
		}
	}
	return found;
}

/* The lowest level at which the entries' keys occupy at most "size" cells. */
static int
lowest_level(const Sketch *s, const int64 *key)
{
	int			top = KEY_BITS * s->dim;
	int			bits = index_bits_for(s->size + 1);
	uint32	   *set = core_alloc((Size) 1 << bits, sizeof(uint32));
	uint64	   *name = core_alloc(s->dim, sizeof(uint64));
	int			low = s->level - 1; /* too low: more cells than "size" */
	int			high = s->level;

	for (int step = 1; high < top &&
		 distinct_at(key, s->count, s->dim, s->level, high, s->size, set, bits, name) > s->size;
		 step *= 2)
	{
		low = high;
		high = Min(high + step, top);
	}
	while (high - low > 1)
	{
		int			middle = low + (high - low) / 2;

		if (distinct_at(key, s->count, s->dim, s->level, middle, s->size, set, bits, name) > s->size)
			low = middle;
		else
			high = middle;
	}
	pfree(name);
	pfree(set);
	return high;
}

/*
 * The entries of s, waiting rows apart, as cells of a level no lower than
 * "level" in a new open sketch.  Fails if a value of the exact stage is out
 * of range.
 */
static SketchStatus
to_cells(Sketch *s, int level, Sketch **result)
{
	SketchShape shape = sketch_shape(s);
	Sketch	   *cells = open_sketch(&shape, SLACK * s->size, false);
	uint64	   *name = core_alloc(s->dim, sizeof(uint64));
	int64	   *value = core_alloc(s->dim, sizeof(int64));

	cells->level = level;
	cells->rows = s->rows;
	cells->skipped = s->skipped;
	for (int i = 0; i < s->count; i++)
	{
		const uint64 *entry = sketch_entry(s, i);

		if (s->exact)
		{
			if (!in_range(s, (const double *) (entry + 1)))
				return SKETCH_OUT_OF_RANGE;
			add_row_to_cell(cells, (const double *) (entry + 1), (int64) entry[0], name, value);
		}
		else
			add_cell(cells, entry, s->level, name);
	}
	pfree(value);
	pfree(name);
	*result = cells;
	return SKETCH_DONE;
}

/* Bring the entries of s, which are too many, to the lowest level that will do. */
static SketchStatus
coarsen(Sketch **sketch)
{
	Sketch	   *s = *sketch;
	int			dim = s->dim;
	int64	   *key = core_alloc(s->count, mul_size(dim, sizeof(int64)));
	int			level;
	Sketch	   *cells;
	SketchStatus status;

	for (int i = 0; i < s->count; i++)
	{
		const uint64 *entry = sketch_entry(s, i);

		if (!s->exact)
			memcpy(key + (Size) i * dim, entry + 1, sizeof(int64) * dim);
		else if (!in_range(s, (const double *) (entry + 1)))
			return SKETCH_OUT_OF_RANGE;
		else
			for (int j = 0; j < dim; j++)
			{
				int64		value;

				quantise((SketchFamily) s->family, unit_scale(s, j),
						 ((const double *) (entry + 1))[j], &key[(Size) i * dim + j], &value);
			}
	}
	level = lowest_level(s, key);
	pfree(key);
	status = to_cells(s, level, &cells);
	if (status != SKETCH_DONE)
		return status;

	/* waiting rows go along */
	if (s->open && s->waiting > 0)
	{
		memcpy(waiting_rows(cells), waiting_rows(s), sizeof(double) * s->waiting * dim);
		cells->waiting = s->waiting;
	}
	*sketch = cells;
	return SKETCH_DONE;
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
		return coarsen(sketch);

	room = (int) Min((int64) 4 * s->room, (int64) SLACK * s->size);
	larger = open_sketch(&shape, room, s->exact);
	larger->level = s->level;
	larger->rows = s->rows;
	larger->skipped = s->skipped;
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

/* Enter "weight" rows equal to row[], which has no -0. */
static SketchStatus
enter_row(Sketch **sketch, const double *row, int64 weight)
{
	for (;;)
	{
		Sketch	   *s = *sketch;
		SketchStatus status;

		if (s->exact)
		{
			uint64	   *entry = find_entry(s, (const uint64 *) row, s->dim,
										   hash_words((const uint64 *) row, s->dim));

			if (entry)
			{
				entry[0] += weight;
				return SKETCH_DONE;
			}
		}
		else
		{
			uint64	   *name;
			bool		done;

			if (!in_range(s, row))
				return SKETCH_OUT_OF_RANGE;
			name = core_alloc(s->dim, 2 * sizeof(uint64));
			done = add_row_to_cell(s, row, weight, name, (int64 *) name + s->dim);
			pfree(name);
			if (done)
				return SKETCH_DONE;
		}
		status = make_room(sketch);
		if (status != SKETCH_DONE)
			return status;
	}
}

/*
 * Enter the waiting rows into a sketch of cells that has room for them all,
 * "dim" being a constant where this is inlined.
 */
static inline __attribute__((always_inline)) SketchStatus
enter_group(Sketch *s, const int dim)
{
	SketchFamily family = (SketchFamily) s->family;
	const double *rows = waiting_rows(s);
	const uint64 *index = index_of(s);
	uint64		mask = ((uint64) 1 << s->index_bits) - 1;
	Shifts		shifts = level_shifts(s->level, dim);
	double		scale[8];
	int			shift[8];
	uint64		name[GROUP][8];
	int64		value[GROUP][8];
	uint64		hash[GROUP];

	for (int j = 0; j < dim; j++)
	{
		scale[j] = unit_scale(s, j);
		shift[j] = shift_of(shifts, j);
	}
	for (int i = 0; i < s->waiting; i++)
	{
		for (int j = 0; j < dim; j++)
		{
			int64		key;

			if (!quantise(family, scale[j], rows[i * dim + j], &key, &value[i][j]))
			{
				s->bad_feature = j;
				return SKETCH_OUT_OF_RANGE;
			}
			name[i][j] = (uint64) drop_bits(key, 0, shift[j]);
		}
		hash[i] = hash_words(name[i], dim);
		__builtin_prefetch(&index[hash[i] & mask]);
	}
	for (int i = 0; i < s->waiting; i++)
	{
		uint32		entry = (uint32) index[hash[i] & mask];

		if (entry > 0)
		{
			const char *cell = (const char *) sketch_entry(s, (int) entry - 1);

			for (Size byte = 0; byte < sizeof(uint64) * (1 + 6 * dim); byte += 64)
				__builtin_prefetch(cell + byte, 1);
		}
	}
	for (int i = 0; i < s->waiting; i++)
	{
		uint64	   *cell = find_entry(s, name[i], dim, hash[i]);

		cell[0]++;
		for (int j = 0; j < dim; j++)
		{
			wide_add(cell_sum(cell, dim, j), value[i][j]);
			wide3_add_square(cell_square(cell, dim, j), value[i][j]);
		}
	}
	s->waiting = 0;
	return SKETCH_DONE;
}

/* Enter all waiting rows. */
static SketchStatus
enter_waiting(Sketch **sketch)
{
	SketchStatus status = SKETCH_DONE;

	if ((*sketch)->waiting == 0)
		return SKETCH_DONE;
	if (!(*sketch)->exact && (*sketch)->dim <= 8)
	{
		/* a group waits only where there is room for many */
		while (status == SKETCH_DONE && (*sketch)->count + GROUP > (*sketch)->room)
			status = make_room(sketch);
		if (status != SKETCH_DONE)
			return status;
		switch ((*sketch)->dim)
		{
			case 1:
				return enter_group(*sketch, 1);
			case 2:
				return enter_group(*sketch, 2);
			case 3:
				return enter_group(*sketch, 3);
			case 4:
				return enter_group(*sketch, 4);
			case 5:
				return enter_group(*sketch, 5);
			case 6:
				return enter_group(*sketch, 6);
			case 7:
				return enter_group(*sketch, 7);
			case 8:
				return enter_group(*sketch, 8);
		}
	}

	/* from the last, as the sketch may move and take along those that wait */
	while (status == SKETCH_DONE && (*sketch)->waiting > 0)
	{
		Sketch	   *s = *sketch;
		double	   *row = core_alloc(s->dim, sizeof(double));

		s->waiting--;
		memcpy(row, waiting_rows(s) + (Size) s->waiting * s->dim, sizeof(double) * s->dim);
		status = enter_row(sketch, row, 1);
		pfree(row);
	}
	return status;
}

/*
 * Add a row of finite values to an open sketch, which may move.  O(dim) on
 * average.
 */
SketchStatus
sketch_add(Sketch **sketch, const double *row)
{
	Sketch	   *s = *sketch;
	double	   *slot;
	SketchStatus status = SKETCH_DONE;

	Assert(s->open);
	if (s->rows == INT64_MAX)
		return SKETCH_TOO_MANY_ROWS;
	s->rows++;
	if (is_grouped(s))
	{
		slot = waiting_rows(s) + (Size) s->waiting * s->dim;
		for (int j = 0; j < s->dim; j++)
			slot[j] = row[j] + 0.0; /* -0 is 0 */
		if (++s->waiting == GROUP)
			status = enter_waiting(sketch);
		return status;
	}
	slot = core_alloc(s->dim, sizeof(double));
	for (int j = 0; j < s->dim; j++)
		slot[j] = row[j] + 0.0;
	status = enter_row(sketch, slot, 1);
	pfree(slot);
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
	uint64	   *name = core_alloc(from->dim, sizeof(uint64));

	Assert((*into)->open && sketch_same_shape(*into, from));
	if ((*into)->rows > INT64_MAX - from->rows || (*into)->skipped > INT64_MAX - from->skipped)
		return SKETCH_TOO_MANY_ROWS;

	/* waiting rows first: the level may rise below them otherwise */
	status = enter_waiting(into);
	if (status == SKETCH_DONE && !from->exact &&
		((*into)->exact || (*into)->level < from->level))
	{
		Sketch	   *cells;

		status = to_cells(*into, from->level, &cells);
		if (status == SKETCH_DONE)
			*into = cells;
	}
	for (int i = 0; status == SKETCH_DONE && i < from->count; i++)
	{
		const uint64 *entry = sketch_entry(from, i);

		if (i % 1024 == 0)
			core_poll("merging sketches", -1);
		if (from->exact)
			status = enter_row(into, (const double *) (entry + 1), (int64) entry[0]);
		else
			while (status == SKETCH_DONE && !add_cell(*into, entry, from->level, name))
				status = make_room(into);
	}
	if (status == SKETCH_DONE)
	{
		(*into)->rows += from->rows - (from->open ? from->waiting : 0);
		(*into)->skipped += from->skipped;
		for (int i = 0; from->open && status == SKETCH_DONE && i < from->waiting; i++)
			status = sketch_add(into, waiting_rows(from) + (Size) i * from->dim);
	}
	pfree(name);
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
	if (status == SKETCH_DONE && s->count > s->size)
		status = coarsen(&s);
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
	Sketch	   *s = open_sketch(&shape, Min(room, SLACK * closed->size), closed->exact);

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
