/*
 * order_sketch.c
 *	  The distribution of a column, from a sketch of family ORDER.
 *
 * The bits of a double ascend with its value, so a cell of such a sketch is an
 * interval of values, between two doubles that are known.  How many rows lie
 * below it is known exactly, too: so each order statistic lies between
 * the ends of one cell, and so does what is made of it.  Cells of a single
 * value, as rounded amounts and zeros make them, show by a variance of 0, and
 * lose nothing.  Between the ends rows are taken to be spread evenly.
 *
 * O(entries) time and memory.
 */
#include "order_sketch.h"

#include "sketch_cell.h"

/* The largest key of a finite double; the least is its complement. */
#define MOST_KEY INT64_C(0x7fefffffffffffff)

static double
value_of_key(Wide key)
{
	int64		k = (int64) Max(~(Wide) MOST_KEY, Min(key, (Wide) MOST_KEY));
	uint64		bits = (uint64) (k < 0 ? ~k : k);
	double		x;

	memcpy(&x, &bits, sizeof(x));
	return k < 0 ? -x : x;
}

/* Of a closed sketch of one feature; min and max are those of its values. */
OrderBins
order_bins(const Sketch *s, double min, double max)
{
	OrderBins	bins = {core_alloc(s->count, sizeof(OrderBin)), s->count, 0};
	int			shift = s->level;

	Assert(!s->open && s->dim == 1 && s->family == SKETCH_ORDER);
	for (int i = 0; i < s->count; i++)
	{
		uint64	   *entry = sketch_entry(s, i);
		OrderBin   *bin = &bins.bin[i];

		bin->rows = (double) entry[0];
		bin->before = bins.rows;
		bins.rows += bin->rows;
		if (s->exact)
			bin->low = bin->high = ((const double *) entry)[1];
		else
		{
			Wide		first = (Wide) (int64) entry[1] * ((Wide) 1 << shift);
			int64		whole;
			double		rest;

			if (sketch_cell_variance(entry, 1, 0, &whole, &rest) == 0)
				bin->low = bin->high =
					value_of_key(first + (whole - cell_anchor(SKETCH_ORDER, (int64) entry[1], shift)));
			else
			{
				bin->low = Max(value_of_key(first), min);
				bin->high = Min(value_of_key(first + ((Wide) 1 << shift) - 1), max);
			}
		}
	}
	return bins;
}

/* The value with so many rows before it. */
static Estimate
order_statistic(const OrderBins *bins, double position)
{
	int			low = 0;
	int			high = bins->n - 1;
	const OrderBin *bin;

	while (low < high)
	{
		int			middle = low + (high - low + 1) / 2;

		if (bins->bin[middle].before <= position)
			low = middle;
		else
			high = middle - 1;
	}
	bin = &bins->bin[low];
	return (Estimate) {
		bin->low + (bin->high - bin->low) * ((position - bin->before + 0.5) / bin->rows),
		bin->low,
		bin->high,
	};
}

static double
between(double a, double b, double share)
{
	double		apart = b - a;

	return fabs(apart) <= DBL_MAX ? a + share * apart : a * (1 - share) + b * share;
}

/*
 * The value below which a share of the rows lies, by linear interpolation
 * between two rows: as percentile_cont, and type 7 of R and NumPy.  Of one row
 * at least.
 */
Estimate
order_quantile(const OrderBins *bins, double share)
{
	double		position = share * (bins->rows - 1);
	double		whole = floor(position);
	Estimate	a = order_statistic(bins, whole);
	Estimate	b = order_statistic(bins, Min(whole + 1, bins->rows - 1));

	position -= whole;
	return (Estimate) {
		between(a.value, b.value, position),
		between(a.low, b.low, position),
		between(a.high, b.high, position),
	};
}

/* So many values differ at least: a bin whose values are not all equal has two. */
double
order_least_distinct(const OrderBins *bins)
{
	double		distinct = 0;

	for (int i = 0; i < bins->n; i++)
		distinct += bins->bin[i].low < bins->bin[i].high ? 2 : 1;
	return distinct;
}

/*
 * rows[] of "width" intervals of equal length, from the least value to the
 * largest, which belongs to the last; fractions where a bin is spread over
 * several.  All equal values are in the first.
 */
void
order_histogram(const OrderBins *bins, int width, double *rows)
{
	double		min = bins->bin[0].low / 4;		/* quarters: no difference overflows */
	double		range = bins->bin[bins->n - 1].high / 4 - min;

	memset(rows, 0, sizeof(double) * width);
	for (int i = 0; i < bins->n; i++)
	{
		const OrderBin *bin = &bins->bin[i];
		double		low = range > 0 ? (bin->low / 4 - min) / range * width : 0;
		double		high = range > 0 ? (bin->high / 4 - min) / range * width : 0;
		int			first = (int) Min(low, width - 1);
		int			last = (int) Min(high, width - 1);

		for (int b = first; b <= last; b++)
			rows[b] += first == last ? bin->rows :
				bin->rows * (Min(high, b + 1) - Max(low, b)) / (high - low);
	}
}
