/*
 * fuzz_sketch.c
 *	  The binary form of cluster_sketch from anywhere: it is refused, or all
 *	  that can be done with a sketch can be done with it.
 */
#include "fit.h"
#include "flat_clusters.h"
#include "sketch.h"

#include "fuzz.h"
#include "pack.h"

/* Larger ones are read and written, no more: they would take too long. */
#define LARGEST 4096

/* The clusters of a larger one are not sought. */
#define LARGEST_FIT 200

static void
claim_same(const Sketch *a, const Sketch *b)
{
	CLAIM(sketch_bytes(a) == sketch_bytes(b));
	CLAIM(memcmp(a, b, sketch_bytes(a)) == 0);
}

/* Closed, and what any finished sketch must be; NULL if that failed. */
static Sketch *
finish(SketchStatus status, const Sketch *open)
{
	Sketch	   *closed = NULL;

	if (status == SKETCH_DONE)
		status = sketch_close(open, &closed);
	if (status != SKETCH_DONE)
		return NULL;
	CLAIM(sketch_is_valid(closed));
	return closed;
}

static Sketch *
merged(const Sketch *a, const Sketch *b)
{
	Sketch	   *open = sketch_open(a);
	SketchStatus status = sketch_merge(&open, b);

	return finish(status, open);
}

/* The numbers that algorithms work on are numbers, and add up. */
static void
check_rows(const Sketch *s)
{
	Rows		rows = sketch_rows(s);
	double	   *rounding = core_alloc(s->dim, sizeof(double));
	double		total = 0;

	sketch_rounding(s, rounding);
	for (int i = 0; i < rows.n; i++)
	{
		CLAIM(rows.weight[i] >= 1);
		total += rows.weight[i];
		for (int j = 0; j < rows.dim; j++)
		{
			Size		at = (Size) j * rows.n + i;
			double		most = rounding[j] * 0x1p63;	/* 2^62 units */

			CLAIM(fabs(rows.x[at]) <= (s->exact ? DBL_MAX : most));
			CLAIM(s->exact || (rows.variance[at] >= 0 && rows.variance[at] <= most * most));
		}
	}
	CLAIM(fabs(total - (double) s->rows) <= 1e-12 * total);
}

/* With itself all counts are twice what they were, unless that is too much. */
static void
check_doubled(const Sketch *s)
{
	Sketch	   *open = sketch_open(s);
	SketchStatus status = sketch_merge(&open, s);
	Sketch	   *twice = finish(status, open);

	if (s->rows > INT64_MAX / 2 || s->skipped > INT64_MAX / 2)
	{
		CLAIM(status == SKETCH_TOO_MANY_ROWS);
		return;
	}
	CLAIM(twice != NULL && twice->count == s->count && twice->level == s->level);
	CLAIM(twice->rows == 2 * s->rows && twice->skipped == 2 * s->skipped);
	for (int i = 0; i < s->count; i++)
		CLAIM(sketch_entry(twice, i)[0] == 2 * sketch_entry(s, i)[0]);
}

/* Rows of small numbers, and with "extreme" some that cells may not take. */
static SketchStatus
add_rows(Sketch **open, int n, bool extreme)
{
	double	   *row = core_alloc((*open)->dim, sizeof(double));
	SketchStatus status = SKETCH_DONE;

	for (int i = 0; i < n && status == SKETCH_DONE; i++)
	{
		for (int j = 0; j < (*open)->dim; j++)
			row[j] = i * 7919 % 1009 * (j % 2 ? -0.5 : 0x1p-20);
		if (extreme && i == n / 2)
			row[0] = -DBL_MAX;
		status = sketch_add(open, row);
	}
	return status;
}

/* Either of two can take in the other, to the same bytes. */
static void
check_with_others(const Sketch *s, bool extreme)
{
	SketchShape shape = sketch_shape(s);
	Sketch	   *open = sketch_create(&shape);
	Sketch	   *other = finish(add_rows(&open, 150, extreme), open);
	Sketch	   *there;
	Sketch	   *back;

	if (other == NULL)
		return;
	there = merged(s, other);
	back = merged(other, s);
	CLAIM((there == NULL) == (back == NULL));
	if (there)
		claim_same(there, back);

	/* rows one by one are the same as rows in a sketch */
	open = sketch_open(s);
	back = finish(add_rows(&open, 150, extreme), open);
	CLAIM((there == NULL) == (back == NULL));
	if (there)
		claim_same(there, back);
}

/* Its clusters are a value that would be taken from outside. */
static void
check_clusters(const Sketch *s, ScaleMethod scale)
{
	KMeansOptions options = {.k = 3, .scale = scale, .n_init = 2, .max_iter = 20};
	Rows		rows = sketch_rows(s);
	double	   *rounding = core_alloc(s->dim, sizeof(double));
	int64		size = 0;
	Clusters	clusters;
	FitFacts	facts;

	sketch_rounding(s, rounding);
	fit_kmeans_cells(&rows, rounding, &options, &clusters, &facts);
	for (int c = 0; c < clusters.k; c++)
		size += clusters.size[c];
	CLAIM(size == s->rows);
	CLAIM(clustering_problem(clustering_of(METHOD_KMEANS, &clusters, 0)) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, Size size)
{
	Sketch	   *s;

	if (sketch_unpack(data, size, &s) == NULL)
	{
		uint8	   *again = core_alloc(1, sketch_packed_bytes(s));

		CLAIM(sketch_packed_bytes(s) == size);
		sketch_pack(s, again);
		CLAIM(memcmp(again, data, size) == 0);
		check_rows(s);
		if ((int64) s->size * s->dim <= LARGEST)
		{
			claim_same(s, finish(SKETCH_DONE, sketch_open(s)));
			check_doubled(s);
			check_with_others(s, size % 2 == 1);
			if (s->count > 0 && (int64) s->count * s->dim <= LARGEST_FIT && s->rows <= MOST_WEIGHT)
				check_clusters(s, (ScaleMethod) (s->rows % SCALE_METHODS));
		}
	}
	standalone_reset();
	return 0;
}

/*
 * Few random bytes make a header that fits the rest.  So every other time the
 * header is made to fit: few features, as many entries as there are bytes
 * for, and their counts added up.
 */
Size
LLVMFuzzerCustomMutator(uint8 *data, Size size, Size most, unsigned int seed)
{
	enum
	{
		DIM = 3, SIZE = 7, LEVEL = 11, COUNT = 15, ROWS = 23, HEADER = 39
	};
	Size		entry;
	Size		start;
	uint32		count;
	uint64		rows = 0;
	uint32		dim;
	uint8	   *at;

	size = LLVMFuzzerMutate(data, size, most);
	if (size < HEADER + 4 || seed % 2 == 0)
		return size;
	data[0] = SKETCH_FORMAT;
	data[1] %= 2;
	data[2] %= 2;
	dim = 1 + data[DIM + 3] % 4;
	entry = 8 * (Size) (data[2] ? 1 + dim : 1 + 6 * dim);
	start = HEADER + 4 * dim;
	count = size < start ? 0 : (uint32) ((size - start) / entry);
	if (size < start)
		return size;
	for (uint32 i = 0; i < count; i++)
	{
		const uint8 *word = data + start + i * entry;

		rows += unpack_uint(&word, 8);
	}
	at = data + DIM;
	pack_uint(&at, dim, 4);
	data[SIZE] = data[SIZE + 1] = 0;
	if (data[SIZE + 2] == 0 && data[SIZE + 3] < count)
		data[SIZE + 2] = 1 + count / 256;
	data[LEVEL] = data[LEVEL + 1] = data[LEVEL + 2] = 0;
	data[LEVEL + 3] = data[2] ? 0 : data[LEVEL + 3] % (64 * dim);
	at = data + COUNT;
	pack_uint(&at, count, 4);
	at = data + ROWS;
	pack_uint(&at, rows, 8);
	if (data[1] == SKETCH_FLOAT)
		memset(data + HEADER, 0, 4 * dim);
	return start + count * entry;
}
