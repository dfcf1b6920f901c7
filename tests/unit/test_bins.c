/*
 * test_bins.c
 *	  Bins by deciles, against their definition, value by value.
 */
#include "bins.h"

#include "tap.h"

#define MOST_VALUES 60

/* The rows, of n values, that are at most x. */
static double
rows_up_to(const double *value, const double *weight, int n, double x)
{
	double		rows = 0;

	for (int i = 0; i < n; i++)
		rows += value[i] <= x ? weight[i] : 0;
	return rows;
}

int
main(int argc, char **argv)
{
	Check		decile = {.name = "edge i is the least value that i tenths of all do not exceed"};
	Check		lowest = {.name = "the first edge is the least value where that is the first decile, and otherwise -infinity"};
	Check		inside = {.name = "a value is above the lower edge of its bin, and not above the upper"};
	Check		empty = {.name = "bin 0 has none of the values"};
	Check		below = {.name = "values below all are in bin 0 where a tenth are the least, and otherwise in bin 1"};
	Check		above = {.name = "values above all are in bin 10"};

	tap_begin(argc, argv);
	for (int set = 0; set < 5000; set++)
	{
		int			n = draw_int(1, MOST_VALUES);
		int			kinds = draw_int(0, 1) ? draw_int(1, 5) : 1000;
		double		value[MOST_VALUES];
		double		weight[MOST_VALUES];
		double		edge[BIN_EDGES];
		double		total = 0;
		double		least = INFINITY;
		double		most = -INFINITY;

		for (int i = 0; i < n; i++)
		{
			value[i] = draw_int(0, 3) ? draw_int(0, kinds) - 2 : ldexp(draw_int(0, kinds), -3);
			weight[i] = draw_int(0, 2) ? 1 : draw_int(1, 20);
			total += weight[i];
			least = Min(least, value[i]);
			most = Max(most, value[i]);
		}
		bins_by_deciles(value, weight, n, edge);

		for (int e = 1; e < BIN_EDGES; e++)
		{
			bool		is_value = false;

			check_that(&decile, 10 * rows_up_to(value, weight, n, edge[e]) >= e * total,
					   "set %d: too few up to edge %d, %g", set, e, edge[e]);
			for (int i = 0; i < n; i++)
			{
				is_value |= value[i] == edge[e];
				if (value[i] < edge[e])
					check_that(&decile, 10 * rows_up_to(value, weight, n, value[i]) < e * total,
							   "set %d: edge %d is %g, and %g would do", set, e, edge[e], value[i]);
			}
			check_that(&decile, is_value, "set %d: edge %d, %g, is no value", set, e, edge[e]);
		}
		check_that(&lowest, edge[0] == (edge[1] == least ? least : -INFINITY),
				   "set %d: %g, least %g, first decile %g", set, edge[0], least, edge[1]);
		for (int i = 0; i < n; i++)
		{
			int			bin = bin_of(edge, value[i]);

			check_that(&empty, bin > 0, "set %d: %g", set, value[i]);
			check_that(&inside, (bin >= BIN_EDGES || value[i] <= edge[bin]) &&
					   (bin <= 1 || value[i] > edge[bin - 1]), "set %d: %g in bin %d", set, value[i], bin);
		}
		check_that(&below, bin_of(edge, least - 1) == (edge[1] == least ? 0 : 1), "set %d", set);
		check_that(&above, bin_of(edge, most + 1) == BINS - 1, "set %d", set);
	}
	check_end(&decile);
	check_end(&lowest);
	check_end(&inside);
	check_end(&empty);
	check_end(&below);
	check_end(&above);
	return tap_end();
}
