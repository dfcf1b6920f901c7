/*
 * rows.c
 *	  Rows in canonical form: sorted by value, equal rows merged.
 *
 * The sort goes column by column: rows are ordered by their first feature,
 * then every run of equal values by the second, and so on.  Each step is a
 * radix sort of 64-bit keys whose order is the order of the doubles, so n
 * rows of d features take O(n d) time; beside the result 24 bytes a row are
 * used while sorting.
 */
#include "rows.h"

#include "pow2.h"

typedef struct Keyed
{
	uint64		key;
	int			row;
} Keyed;

/* A run of rows that agree in all features before "column". */
typedef struct Run
{
	int			start;
	int			end;
	int			column;
} Run;

/* Below this many rows, insertion beats counting. */
#define INSERTION_LIMIT 64

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

static void
insertion_sort(Keyed *item, int n)
{
	for (int i = 1; i < n; i++)
	{
		Keyed		moving = item[i];
		int			j = i;

		for (; j > 0 && item[j - 1].key > moving.key; j--)
			item[j] = item[j - 1];
		item[j] = moving;
	}
}

/* Stable sort by key; "spare" has room for n items as well. */
static void
sort_keyed(Keyed *item, Keyed *spare, int n)
{
	int			count[8][256];
	Keyed	   *from = item;
	Keyed	   *to = spare;

	if (n <= INSERTION_LIMIT)
	{
		insertion_sort(item, n);
		return;
	}

	memset(count, 0, sizeof(count));
	for (int i = 0; i < n; i++)
		for (int byte = 0; byte < 8; byte++)
			count[byte][(item[i].key >> (8 * byte)) & 0xff]++;

	for (int byte = 0; byte < 8; byte++)
	{
		int			position = 0;
		Keyed	   *swap;

		/* a byte in which all keys agree orders nothing */
		if (count[byte][(item[0].key >> (8 * byte)) & 0xff] == n)
			continue;
		for (int v = 0; v < 256; v++)
		{
			int			c = count[byte][v];

			count[byte][v] = position;
			position += c;
		}
		for (int i = 0; i < n; i++)
			to[count[byte][(from[i].key >> (8 * byte)) & 0xff]++] = from[i];
		swap = from;
		from = to;
		to = swap;
		core_poll("sorting", -1);
	}
	if (from != item)
		memcpy(item, from, sizeof(Keyed) * n);
}

/* order[] becomes the row numbers 0..n-1 by ascending key; equal keys keep their order. */
void
order_by_key(const double *key, int n, int *order)
{
	Keyed	   *item = core_alloc(n, sizeof(Keyed));
	Keyed	   *spare = core_alloc(n, sizeof(Keyed));

	for (int i = 0; i < n; i++)
		item[i] = (Keyed) {order_key(key[i]), i};
	sort_keyed(item, spare, n);
	for (int i = 0; i < n; i++)
		order[i] = item[i].row;
	pfree(spare);
	pfree(item);
}

/*
 * The canonical rows of n input rows, of which feature j of row i lies at
 * value[i * row_stride + j * column_stride], and the variance likewise unless
 * NULL.  row_of[i] becomes the canonical row that input row i went to.
 */
static Rows
canonicalise(const double *value, Size row_stride, Size column_stride,
			 const double *weight, const double *variance, int n, int dim, int *row_of)
{
	Keyed	   *item = core_alloc(n, sizeof(Keyed));
	Keyed	   *spare = core_alloc(n, sizeof(Keyed));
	Run		   *pending = core_alloc(n / 2 + 1, sizeof(Run));
	int			npending = 0;
	Rows		rows = {.dim = dim};

	for (int i = 0; i < n; i++)
		item[i].row = i;
	if (n > 0)
		pending[npending++] = (Run) {0, n, 0};

	/* Pending runs are disjoint and have two rows or more: n / 2 of them at most. */
	while (npending > 0)
	{
		Run			run = pending[--npending];
		int			start = run.start;

		for (int i = run.start; i < run.end; i++)
			item[i].key = order_key(value[item[i].row * row_stride + run.column * column_stride]);
		sort_keyed(item + run.start, spare, run.end - run.start);
		if (run.column + 1 < dim)
		{
			for (int i = run.start + 1; i <= run.end; i++)
			{
				if (i < run.end && item[i].key == item[start].key)
					continue;
				if (i - start > 1)
					pending[npending++] = (Run) {start, i, run.column + 1};
				start = i;
			}
		}
		core_poll("sorting", -1);
	}
	pfree(pending);
	pfree(spare);

	/* Number the distinct rows. */
	for (int i = 0; i < n; i++)
	{
		const double *row = value + item[i].row * row_stride;
		bool		same = i > 0;

		for (int j = 0; same && j < dim; j++)
			same = row[j * column_stride] ==
				value[item[i - 1].row * row_stride + j * column_stride];
		if (!same)
			rows.n++;
		row_of[item[i].row] = rows.n - 1;
	}

	rows.x = core_alloc(rows.n, mul_size(dim, sizeof(double)));
	rows.weight = core_alloc0(rows.n, sizeof(double));
	if (variance)
		rows.variance = core_alloc0(rows.n, mul_size(dim, sizeof(double)));
	for (int i = 0; i < n; i++)
	{
		int			r = row_of[item[i].row];
		double		w = weight ? weight[item[i].row] : 1;

		rows.weight[r] += w;
		for (int j = 0; j < dim; j++)
		{
			Size		from = item[i].row * row_stride + j * column_stride;
			Size		to = (Size) j * rows.n + r;

			rows.x[to] = value[from] + 0.0;
			if (variance)		/* the mean, weighted, so far */
				rows.variance[to] += (variance[from] - rows.variance[to]) * (w / rows.weight[r]);
		}
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
	Assert(n >= 0 && dim >= 1);
	return canonicalise(input, dim, 1, NULL, NULL, n, dim, row_of);
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
		Rows		result = canonicalise(rows->x, 1, n, rows->weight, rows->variance, n, rows->dim,
										   merged);

		for (int i = 0; i < n_input; i++)
			row_of[i] = merged[row_of[i]];
		pfree(merged);
		rows_free(rows);
		*rows = result;
	}
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

void
rows_free(Rows *rows)
{
	pfree(rows->x);
	pfree(rows->weight);
	if (rows->variance)
		pfree(rows->variance);
	rows->x = rows->weight = rows->variance = NULL;
}

/* Bytes that rows_canonical needs at most for n rows, the result included. */
Size
rows_memory(int64 n, int dim)
{
	Size		sorting = 2 * sizeof(Keyed) + sizeof(Run) / 2 + sizeof(int);
	Size		result = add_size(mul_size(dim, sizeof(double)), sizeof(double));

	return mul_size(n, add_size(sorting, result));
}
