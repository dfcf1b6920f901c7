/*
 * rows.c
 *	  Rows in canonical form: sorted by value, equal rows merged.
 *
 * Rows are ordered by their first feature, then every run of equal values by
 * the second, and so on.  Each step is a radix sort by the first 44 bits or so
 * in which the values of the run differ, of a 64-bit key whose order is that
 * of the doubles; runs that these bits leave equal are sorted by the bits
 * below.  So n rows of d features take O(n d) time; beside the result 22 bytes
 * a row are used while sorting.
 */
#include "rows.h"

#include "pow2.h"
#include "random.h"

/* Digits of the radix sort. */
#define DIGIT_BITS 11
#define DIGITS 4

/* The number of a row in the lowest bits, as many as Table says; the first bits of a key above. */
typedef uint64 Item;

/*
 * The values to sort by: feature j of row i lies at value[i * row + j * column].
 * A million rows leave an item 44 bits for the key, four digits: hardly any
 * rows with different values are equal in so many.
 */
typedef struct Table
{
	const double *value;
	Size		row;
	Size		column;
	int			row_bits;		/* of an item */
	int			key_bits;
} Table;

/* A run of rows that agree in all features before "column". */
typedef struct Run
{
	int			start;
	int			end;
	int			column;
} Run;

/* Rows ahead that are fetched into the cache. */
#define PREFETCH 16

/* Up to this many rows, insertion beats counting. */
#define INSERTION_LIMIT 128

/* An unsigned integer with the order of the doubles; -0 and +0 are one value. */
static inline uint64
order_key(double value)
{
	union
	{
		double		d;
		uint64		u;
	}			bits = {.d = value + 0.0};

	return (bits.u >> 63) ? ~bits.u : bits.u | (UINT64CONST(1) << 63);
}

/* The values of n rows, laid out so. */
static Table
table_of(const double *value, Size row, Size column, int n)
{
	int			bits = 0;

	while (bits < 31 && n > 1 << bits)
		bits++;
	return (Table) {value, row, column, bits, Min(64 - bits, DIGITS * DIGIT_BITS)};
}

static inline int
row_of_item(const Table *t, Item item)
{
	return (int) (item & ((UINT64CONST(1) << t->row_bits) - 1));
}

static inline uint64
key_of_item(const Table *t, Item item, int column)
{
	return order_key(t->value[row_of_item(t, item) * t->row + column * t->column]);
}

/* Rows lie anywhere in memory: ask for one that is needed soon. */
static inline void
prefetch_row(const Table *t, int row)
{
	__builtin_prefetch(&t->value[row * t->row]);
}

/* Stable sort by one column; key[] becomes the keys in their order. */
static void
insertion_sort(const Table *t, Item *item, int n, int column, uint64 *key)
{
	for (int i = 0; i < n; i++)
	{
		Item		moving = item[i];
		uint64		k = key_of_item(t, moving, column);
		int			j = i;

		for (; j > 0 && key[j - 1] > k; j--)
		{
			item[j] = item[j - 1];
			key[j] = key[j - 1];
		}
		item[j] = moving;
		key[j] = k;
	}
}

/* Digit d of the bits from "low" on. */
static inline int
digit_of(Item item, int low, int d)
{
	return (int) (item >> low >> d * DIGIT_BITS) & ((1 << DIGIT_BITS) - 1);
}

/* Stable sort by the bits from "low" on; "spare" has room for n items as well. */
static void
radix_sort(Item *item, Item *spare, int n, int low)
{
	int			count[DIGITS][1 << DIGIT_BITS];
	Item	   *from = item;
	Item	   *to = spare;

	memset(count, 0, sizeof(count));
	for (int i = 0; i < n; i++)
		for (int d = 0; d < DIGITS; d++)
			count[d][digit_of(item[i], low, d)]++;

	for (int d = 0; d < DIGITS; d++)
	{
		int			position = 0;
		Item	   *swap;

		/* a digit in which all agree orders nothing */
		if (count[d][digit_of(item[0], low, d)] == n)
			continue;
		for (int v = 0; v < 1 << DIGIT_BITS; v++)
		{
			int			c = count[d][v];

			count[d][v] = position;
			position += c;
		}
		for (int i = 0; i < n; i++)
			to[count[d][digit_of(from[i], low, d)]++] = from[i];
		swap = from;
		from = to;
		to = swap;
		core_poll("sorting", -1);
	}
	if (from != item)
		memcpy(item, from, sizeof(Item) * n);
}

/*
 * Sort a run by the first bits in which its keys differ.  Returns whether
 * rows with equal bits in their items are now equal in the column; false: they
 * may differ in the bits below.
 */
static bool
sort_by_prefix(const Table *t, Item *item, Item *spare, int n, int column)
{
	uint64	   *key = spare;	/* not needed for items yet */
	uint64		differ = 0;
	int			shift = 0;

	for (int i = 0; i < n; i++)
	{
		if (i + PREFETCH < n)
			prefetch_row(t, row_of_item(t, item[i + PREFETCH]));
		key[i] = key_of_item(t, item[i], column);
		differ |= key[i] ^ key[0];
	}
	while (differ >> shift >> t->key_bits > 0)
		shift++;
	for (int i = 0; i < n; i++)
		item[i] = (key[i] >> shift) << t->row_bits | (Item) row_of_item(t, item[i]);
	if (differ != 0)
		radix_sort(item, spare, n, t->row_bits);
	return shift == 0;
}

/* item[] of n rows becomes their order by all columns; equal rows keep theirs. */
static void
sort_rows(const Table *t, Item *item, int n, int dim)
{
	Item	   *spare = core_alloc(n, sizeof(Item));
	Run		   *pending = core_alloc(n / 2 + 1, sizeof(Run));
	int			npending = 0;
	uint64		key[INSERTION_LIMIT];

	for (int i = 0; i < n; i++)
		item[i] = i;
	if (n > 1)
		pending[npending++] = (Run) {0, n, 0};

	/* Pending runs are disjoint and have two rows or more: n / 2 of them at most. */
	for (int64 sorted = 0; npending > 0;)
	{
		Run			run = pending[--npending];
		int			length = run.end - run.start;
		Item	   *part = item + run.start;
		bool		is_small = length <= INSERTION_LIMIT;
		bool		done = true;
		int			start = 0;

		if (is_small)
			insertion_sort(t, part, length, run.column, key);
		else
			done = sort_by_prefix(t, part, spare, length, run.column);
		if (!done || run.column + 1 < dim)
			for (int i = 1; i <= length; i++)
			{
				if (i < length &&
					(is_small ? key[i] == key[start] :
					 part[i] >> t->row_bits == part[start] >> t->row_bits))
					continue;
				if (i - start > 1)
					pending[npending++] = (Run) {run.start + start, run.start + i,
						done ? run.column + 1 : run.column};
				start = i;
			}
		sorted += length;
		if (sorted > 10000)
		{
			core_poll("sorting", -1);
			sorted = 0;
		}
	}
	pfree(pending);
	pfree(spare);
}

/* order[] becomes the row numbers 0..n-1 by ascending key; equal keys keep their order. */
void
order_by_key(const double *key, int n, int *order)
{
	Table		t = table_of(key, 1, 0, n);
	Item	   *item = core_alloc(n, sizeof(Item));

	sort_rows(&t, item, n, 1);
	for (int i = 0; i < n; i++)
		order[i] = row_of_item(&t, item[i]);
	pfree(item);
}

/* Does row a lie on row b? */
static bool
same_row(const Table *t, int a, int b, int dim)
{
	for (int j = 0; j < dim; j++)
		if (t->value[a * t->row + j * t->column] != t->value[b * t->row + j * t->column])
			return false;
	return true;
}

/*
 * The canonical rows of the n rows of a table.  weight[] and variance[], laid
 * out like the values, may be NULL.  row_of[i] becomes the canonical row that
 * input row i went to.
 */
static Rows
canonicalise(const Table *t, const double *weight, const double *variance, int n, int dim,
			 int *row_of)
{
	Item	   *item = core_alloc(n, sizeof(Item));
	Item		before = 0;
	Rows		rows = {.dim = dim};
	int			last = -1;

	/* From here on an item is two numbers: of the canonical row, and of the row. */
	sort_rows(t, item, n, dim);
	for (int i = 0; i < n; i++)
	{
		int			row = row_of_item(t, item[i]);
		Item		key = item[i] >> t->row_bits;

		/*
		 * Equal rows have been in the same runs, and have equal bits of keys;
		 * the converse does not hold.
		 */
		if (last < 0 || key != before || !same_row(t, last, row, dim))
			rows.n++;
		row_of[row] = rows.n - 1;
		item[i] = (Item) (rows.n - 1) << 32 | (Item) row;
		before = key;
		last = row;
	}

	rows.x = core_alloc(rows.n, mul_size(dim, sizeof(double)));
	rows.weight = core_alloc0(rows.n, sizeof(double));
	if (variance)
		rows.variance = core_alloc0(rows.n, mul_size(dim, sizeof(double)));
	for (int i = 0; i < n; i++)
	{
		int			row = (int) (uint32) item[i];
		int			r = (int) (item[i] >> 32);
		double		w = weight ? weight[row] : 1;

		if (i + PREFETCH < n)
			prefetch_row(t, (int) (uint32) item[i + PREFETCH]);
		rows.weight[r] += w;
		for (int j = 0; j < dim; j++)
		{
			Size		from = row * t->row + j * t->column;
			Size		to = (Size) j * rows.n + r;

			rows.x[to] = t->value[from] + 0.0;
			if (variance)		/* the mean, weighted, so far */
				rows.variance[to] += (variance[from] - rows.variance[to]) * (w / rows.weight[r]);
		}
		if (i % 65536 == 0)
			core_poll("sorting", -1);
	}
	pfree(item);
	return rows;
}

/*
 * The canonical form of n rows of dim finite features, input[i * dim + j].
 * row_of[i] becomes the canonical row equal to input row i.
 */
Rows
rows_canonical(const double *input, int n, int dim, int *row_of)
{
	Table		t = table_of(input, dim, 1, n);

	Assert(n >= 0 && dim >= 1);
	return canonicalise(&t, NULL, NULL, n, dim, row_of);
}

/*
 * Restore canonical form after the features were changed (scaling, flushing
 * to zero): rows may have become equal, or rounding may have put neighbours
 * out of order.  row_of[], of n_input entries, is kept in step.
 */
void
rows_merge_equal(Rows *rows, int *row_of, int n_input)
{
	int			n = rows->n;
	bool		ascending = true;

	for (int i = 1; i < n && ascending; i++)
	{
		int			j = 0;

		while (j < rows->dim && rows->x[(Size) j * n + i - 1] == rows->x[(Size) j * n + i])
			j++;
		ascending = j < rows->dim &&
			rows->x[(Size) j * n + i - 1] < rows->x[(Size) j * n + i];
	}
	if (!ascending)
	{
		int		   *merged = core_alloc(n, sizeof(int));
		Table		t = table_of(rows->x, 1, n, n);
		Rows		result = canonicalise(&t, rows->weight, rows->variance, n, rows->dim, merged);

		for (int i = 0; i < n_input; i++)
			row_of[i] = merged[row_of[i]];
		pfree(merged);
		rows_free(rows);
		*rows = result;
	}
}

/* Are they such that rows_normalise would gain nothing? */
bool
rows_are_moderate(const Rows *rows)
{
	Size		count = (Size) rows->n * rows->dim;
	bool		moderate = true;

	for (Size i = 0; i < count; i++)
	{
		double		x = fabs(rows->x[i]);

		moderate &= (x == 0) | ((x > 0x1p-200) & (x < 0x1p100));
	}
	return moderate;
}

/*
 * Multiply all features by one power of two so that the largest is in
 * [0.5, 1), and flush what is then below 2^-400 to zero; returns the exponent
 * e of the 2^e taken out.  The multiplication is exact and leaves every ratio
 * of distances as it was, but afterwards no square, nor a sum of squares, can
 * overflow, and no difference of distinct values has a square of zero: values
 * around 1e300 or 1e-300 need no second thought.
 */
int
rows_normalise(Rows *rows)
{
	Size		count = (Size) rows->n * rows->dim;
	double		largest = 0;
	Pow2		down;
	int			e;

	for (Size i = 0; i < count; i++)
		largest = Max(largest, fabs(rows->x[i]));
	if (largest == 0)
		return 0;
	frexp(largest, &e);
	down = pow2_of(-e);
	for (Size i = 0; i < count; i++)
	{
		double		scaled = pow2_scale(rows->x[i], down);

		rows->x[i] = fabs(scaled) < 0x1p-400 ? 0 : scaled;
		if (rows->variance)
			rows->variance[i] = pow2_scale(pow2_scale(rows->variance[i], down), down);
	}
	return e;
}

double
rows_total_weight(const Rows *rows)
{
	double		total = 0;

	for (int i = 0; i < rows->n; i++)
		total += rows->weight[i];
	return total;
}

/*
 * "size" or so of the rows: one of every stretch of the canonical order, drawn
 * from the seed.  Each stands for itself, with its weight.
 */
Rows
rows_sample(const Rows *rows, int size, int64 seed)
{
	int			stride = rows->n / size + 1;
	Random		random = random_stream(seed, -1);
	Rows		sample = {.n = rows->n / stride, .dim = rows->dim};
	Size		row = mul_size(rows->dim, sizeof(double));

	sample.x = core_alloc(sample.n, row);
	sample.weight = core_alloc(sample.n, sizeof(double));
	if (rows->variance)
		sample.variance = core_alloc(sample.n, row);
	for (int taken = 0; taken < sample.n; taken++)
	{
		int			i = taken * stride + (int) (random_unit(&random) * stride);

		for (int j = 0; j < rows->dim; j++)
		{
			Size		to = (Size) j * sample.n + taken;
			Size		from = (Size) j * rows->n + i;

			sample.x[to] = rows->x[from];
			if (rows->variance)
				sample.variance[to] = rows->variance[from];
		}
		sample.weight[taken] = rows->weight[i];
	}
	return sample;
}

void
rows_free(Rows *rows)
{
	pfree(rows->x);
	pfree(rows->weight);
	if (rows->variance)
		pfree(rows->variance);
	rows->x = rows->weight = rows->variance = NULL;
}

/* Bytes that order_by_key needs for n keys beside its arguments. */
Size
order_memory(int64 n)
{
	return mul_size(n, 2 * sizeof(Item) + sizeof(Run) / 2);
}

/* Bytes that rows_canonical needs at most for n rows, the result included. */
Size
rows_memory(int64 n, int dim)
{
	Size		result = add_size(mul_size(dim, sizeof(double)), sizeof(double) + sizeof(int));

	return add_size(order_memory(n), mul_size(n, result));
}
