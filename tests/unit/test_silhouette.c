/*
 * test_silhouette.c
 *	  Silhouettes against their definition, and estimates against silhouettes.
 *
 * The reference below is the definition in long double: all distances, row by
 * row of the input as it came, without merging equal rows or leaving clusters
 * out.  Every instruction set this CPU has, any order of the rows and any
 * division of the work must give the same bits.
 */
#include "silhouette.h"

#include "instruction_set.h"
#include "sketch.h"
#include "tap.h"

#define EXACT INT32_MAX
#define UNLIMITED ((Size) 1 << 40)

/* Of what rows are made. */
typedef enum Kind
{
	KIND_CONTINUOUS,
	KIND_FEW,					/* small integers: many equal rows, in one cluster and in several */
	KIND_OFFSET,				/* 1e9 and small differences */
	KIND_SMALL,					/* around 1e-300: squares would vanish */
	KIND_LARGE,					/* around 1e300: squares would overflow */
	KIND_MAGNITUDES,			/* from 2^-190 to 2^190: no smaller ones count beside the largest */
	KIND_FAR,					/* clusters far apart: most can be ruled out */
	KIND_EQUAL,					/* all rows */
	KIND_SKEWED,				/* powers of normal numbers */
} Kind;

#define KINDS 9

typedef struct Problem
{
	int			n;
	int			dim;
	double	   *input;
	int		   *label;
} Problem;

static double
draw_value(Kind kind, int label)
{
	switch (kind)
	{
		case KIND_CONTINUOUS:
			return draw_normal() + 2 * label;
		case KIND_FEW:
			return draw_int(-2, 2);
		case KIND_OFFSET:
			return 1e9 + draw_normal() + label;
		case KIND_SMALL:
			return 1e-300 * (draw_normal() + label);
		case KIND_LARGE:
			return 1e300 * (draw_normal() + label);
		case KIND_MAGNITUDES:
			return draw_magnitude(-190, 190);
		case KIND_FAR:
			return draw_normal() + 20 * (label * 7 % 11);
		case KIND_EQUAL:
			return 1.5;
		case KIND_SKEWED:
			return ldexp(1, draw_int(0, 5)) * fabs(draw_normal()) * (1 + label);
	}
	return 0;
}

/* Labels are 3, 10, 17 and so on: any integers will do. */
static Problem
draw_problem(Kind kind, int n, int dim, int k)
{
	Problem		p = {n, dim, core_alloc(n, sizeof(double) * dim), core_alloc(n, sizeof(int))};

	for (int i = 0; i < n; i++)
	{
		int			cluster = draw_int(0, k - 1);

		p.label[i] = 3 + 7 * cluster;
		for (int j = 0; j < dim; j++)
			p.input[i * dim + j] = draw_value(kind, cluster);
	}
	return p;
}

static void
free_problem(Problem *p)
{
	pfree(p->input);
	pfree(p->label);
}

static long double
distance(const Problem *p, int a, int b)
{
	long double sum = 0;

	for (int j = 0; j < p->dim; j++)
	{
		long double d = (long double) p->input[a * p->dim + j] - p->input[b * p->dim + j];

		sum += d * d;
	}
	return sqrtl(sum);
}

/* The definition, for row i; NaN if there is no other cluster. */
static long double
silhouette_of(const Problem *p, int i)
{
	long double within = 0;
	long double between = INFINITY;
	int			size = 0;

	for (int first = 0; first < p->n; first++)
	{
		long double sum = 0;
		int			rows = 0;
		bool		seen = false;

		for (int o = 0; o < first && !seen; o++)
			seen = p->label[o] == p->label[first];
		if (seen)
			continue;
		for (int o = first; o < p->n; o++)
			if (p->label[o] == p->label[first])
			{
				sum += distance(p, i, o);
				rows++;
			}
		if (p->label[first] != p->label[i])
			between = Min(between, sum / rows);
		else
		{
			size = rows;
			within = rows > 1 ? sum / (rows - 1) : 0;
		}
	}
	if (between == INFINITY)
		return NAN;
	if (size == 1 || Max(within, between) == 0)
		return 0;
	return (between - within) / Max(within, between);
}

static double *
values_of(const Problem *p, int most_rows, SilhouetteFacts *facts)
{
	double	   *value = core_alloc(p->n, sizeof(double));
	bool		enough = silhouette(p->input, p->label, p->n, p->dim, most_rows, UNLIMITED, value,
									facts);

	assert(enough);
	(void) enough;
	return value;
}

static bool
same_bits(const double *a, const double *b, int n)
{
	return memcmp(a, b, sizeof(double) * n) == 0;
}

static void
check_definition(const Problem *p, const double *value, Kind kind, Check *check)
{
	for (int i = 0; i < p->n; i++)
	{
		long double expected = silhouette_of(p, i);

		check_that(check, isnan(expected) ? isnan(value[i]) : fabsl(value[i] - expected) < 1e-12L,
				   "kind %d, %d rows of %d: row %d is %.17g, not %.17Lg", kind, p->n, p->dim, i,
				   value[i], expected);
	}
}

/* The rows in another order: the same values, in that order. */
static void
check_order(const Problem *p, const double *value, Check *check)
{
	int		   *order = core_alloc(p->n, sizeof(int));
	int		   *label = core_alloc(p->n, sizeof(int));
	Problem		shuffled = *p;
	SilhouetteFacts facts;
	double	   *again;

	draw_order(p->n, order);
	for (int i = 0; i < p->n; i++)
		label[i] = p->label[order[i]];
	shuffled.input = reordered(p->input, p->n, p->dim, order);
	shuffled.label = label;
	again = values_of(&shuffled, EXACT, &facts);
	for (int i = 0; i < p->n; i++)
		check_that(check, same_bits(&again[i], &value[order[i]], 1), "row %d", i);
	pfree(again);
	free_problem(&shuffled);
	pfree(order);
}

static void
check_share(const Problem *p, const double *value, int most_rows, Check *check)
{
	SilhouetteFacts facts;
	double	   *again;

	crew_share = draw_int(1, 40);
	again = values_of(p, most_rows, &facts);
	check_that(check, same_bits(value, again, p->n), "shares of %d of %d rows of %d",
			   (int) crew_share, p->n, p->dim);
	crew_share = 0;
	pfree(again);
}

static void
test_exact(Check *definition, Check *order, Check *share, Check *isa)
{
	static const int dims[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 33};

	for (int d = 0; d < 11; d++)
		for (int kind = 0; kind < KINDS; kind++)
			for (int round = 0; round < 2; round++)
			{
				int			n = round == 0 ? draw_int(1, 40) : draw_int(40, 150);
				int			k = draw_int(0, 3) == 0 ? n : draw_int(1, 9);
				Problem		p = draw_problem(kind, n, dims[d], k);
				SilhouetteFacts facts;
				double	   *value;

				silhouette_force(NULL);
				value = values_of(&p, EXACT, &facts);
				check_definition(&p, value, kind, definition);
				check_order(&p, value, order);
				check_share(&p, value, EXACT, share);
				for (int i = 0; i < INSTRUCTION_SETS; i++)
					if (silhouette_force(instruction_set_name[i]))
					{
						double	   *forced = values_of(&p, EXACT, &facts);

						check_that(&isa[i], same_bits(value, forced, n), "kind %d, %d rows of %d",
								   kind, n, dims[d]);
						pfree(forced);
					}
				pfree(value);
				free_problem(&p);
			}
	silhouette_force(NULL);
}

/* Blocks of members are longer than the data above. */
static void
test_long_clusters(Check *definition)
{
	Problem		p = draw_problem(KIND_CONTINUOUS, 5000, 2, 2);
	SilhouetteFacts facts;
	double	   *value = values_of(&p, EXACT, &facts);

	for (int i = 0; i < p.n; i += 499)
		check_that(definition, fabsl(value[i] - silhouette_of(&p, i)) < 1e-12L, "row %d", i);
	pfree(value);
	free_problem(&p);
}

/* Small cases that one can follow. */
static void
test_by_hand(void)
{
	double		x[] = {0, 1, 10, 12};
	int			two[] = {0, 0, 1, 1};
	int			alone[] = {0, 0, 1, 2};
	int			one[] = {5, 5, 5, 5};
	double		equal[] = {4, 4, 4, 4};
	double		copies[] = {0, 0, 0, 3};
	int			with_copies[] = {0, 0, 0, 1};
	double		value[4];
	SilhouetteFacts facts;

	/* a = 1, b = (10 + 12) / 2; and so on */
	silhouette(x, two, 4, 1, EXACT, UNLIMITED, value, &facts);
	tap_ok(value[0] == (11 - 1.) / 11 && value[1] == (10 - 1.) / 10 &&
		   value[2] == (9.5 - 2) / 9.5 && value[3] == (11.5 - 2) / 11.5 && facts.clusters == 2 &&
		   facts.cells == 0, "four numbers in two clusters");
	silhouette(x, alone, 4, 1, EXACT, UNLIMITED, value, &facts);
	tap_ok(value[0] == (10 - 1.) / 10 && value[2] == 0 && value[3] == 0,
		   "a row that is a cluster alone has 0");
	silhouette(x, one, 4, 1, EXACT, UNLIMITED, value, &facts);
	tap_ok(isnan(value[0]) && isnan(value[3]) && facts.clusters == 1,
		   "one cluster has no silhouettes");
	silhouette(equal, two, 4, 1, EXACT, UNLIMITED, value, &facts);
	tap_ok(value[0] == 0 && value[3] == 0, "equal rows in two clusters have 0");
	silhouette(copies, with_copies, 4, 1, EXACT, UNLIMITED, value, &facts);
	tap_ok(value[0] == 1 && value[2] == 1 && value[3] == 0,
		   "copies are other rows, at distance 0");
	tap_ok(!silhouette(x, two, 4, 1, EXACT, 10, value, &facts) && facts.memory_needed > 10,
		   "memory is asked for");
	silhouette(x, two, 1, 1, 0, UNLIMITED, value, &facts);
	tap_ok(isnan(value[0]), "one row");
}

/*
 * Estimates: their mean is within the bound that is reported, and all but a
 * few values are within "worst".
 */
static void
test_estimate(Check *mean, Check *worst, Check *small, Check *share, Check *isa)
{
	static const Kind kinds[] = {KIND_CONTINUOUS, KIND_FEW, KIND_OFFSET, KIND_LARGE, KIND_SMALL,
		KIND_FAR, KIND_SKEWED, KIND_EQUAL};

	for (int d = 0; d < 4; d++)
		for (int i = 0; i < 8; i++)
		{
			int			dim = (int[]) {1, 2, 5, 9}[d];
			int			k = draw_int(2, 300 / (1 + 20 * draw_int(0, 1)));
			Problem		p = draw_problem(kinds[i], 25000 / (1 + dim), dim, k);
			SilhouetteFacts facts;
			SilhouetteFacts exact_facts;
			double	   *estimate = values_of(&p, 1, &facts);
			double	   *exact = values_of(&p, EXACT, &exact_facts);
			double		sum = 0;
			int			beyond = 0;

			for (int r = 0; r < p.n; r++)
			{
				sum += estimate[r] - exact[r];
				beyond += fabs(estimate[r] - exact[r]) > facts.worst;
			}
			check_that(mean, fabs(sum / p.n) <= facts.mean_error + 1e-12,
					   "kind %d, %d rows of %d: %g, not within %g", kinds[i], p.n, dim, sum / p.n,
					   facts.mean_error);
			check_that(worst, beyond < p.n / 100, "kind %d, %d rows of %d: %d rows beyond %g",
					   kinds[i], p.n, dim, beyond, facts.worst);
			check_that(small, facts.worst < 0.05, "kind %d, %d rows of %d: worst %g",
					   kinds[i], p.n, dim, facts.worst);
			if (d == 1)
				check_share(&p, estimate, 1, share);
			for (int s = 0; s < INSTRUCTION_SETS && d > 0; s++)
				if (silhouette_force(instruction_set_name[s]))
				{
					double	   *forced = values_of(&p, 1, &exact_facts);

					check_that(&isa[s], same_bits(estimate, forced, p.n) &&
							   facts.worst == exact_facts.worst, "estimate, kind %d", kinds[i]);
					pfree(forced);
				}
			silhouette_force(NULL);
			pfree(exact);
			pfree(estimate);
			free_problem(&p);
		}
}

/* Rows that all fit the cells. */
static void
test_lossless(void)
{
	Problem		p = draw_problem(KIND_FEW, 3000, 2, 3);
	SilhouetteFacts facts;
	double	   *estimate = values_of(&p, 1, &facts);
	double	   *exact = values_of(&p, EXACT, &(SilhouetteFacts) {0});

	tap_ok(same_bits(estimate, exact, p.n) && facts.worst == 0 && facts.cells == 0,
		   "cells of single rows give exact values, which are no estimates");
	free_problem(&p);
}

/* The mean over all rows of the input. */
static double
mean_of(const Problem *p)
{
	SilhouetteFacts facts;
	double	   *value = values_of(p, EXACT, &facts);
	double		mean = 0;

	for (int i = 0; i < p->n; i++)
		mean += value[i] / p->n;
	pfree(value);
	return mean;
}

/* Rows with labels 3, 10, ... as canonical rows with labels 0, 1, ...; rows of one place have one label. */
static void
test_of_rows(Check *check)
{
	for (int set = 0; set < 60; set++)
	{
		int			k = draw_int(2, 4);
		Problem		p = draw_problem(set % 2 ? KIND_CONTINUOUS : KIND_FEW, draw_int(30, 300), draw_int(1, 4), k);
		int		   *row_of = core_alloc(p.n, sizeof(int));
		int		   *label = core_alloc(p.n, sizeof(int));
		int			renumbered[4];
		int			clusters = 0;
		Rows		rows = rows_canonical(p.input, p.n, p.dim, row_of);

		for (int c = 0; c < k; c++)
			renumbered[c] = -1;
		for (int i = 0; i < p.n; i++)
			label[row_of[i]] = (p.label[i] - 3) / 7;
		for (int i = 0; i < p.n; i++)
			p.label[i] = 3 + 7 * label[row_of[i]];
		for (int i = 0; i < rows.n; i++)
		{
			if (renumbered[label[i]] < 0)
				renumbered[label[i]] = clusters++;
			label[i] = renumbered[label[i]];
		}
		if (clusters > 1)
		{
			double		mean = mean_of(&p);
			double		of_rows = silhouette_of_rows(&rows, label, clusters);

			check_that(check, fabs(mean - of_rows) <= 1e-12, "%d rows, %d distinct: %.17g, not %.17g", p.n, rows.n,
					   of_rows, mean);
		}
		rows_free(&rows);
		pfree(label);
		pfree(row_of);
		free_problem(&p);
	}
}

/* Rows that are labelled by their cell, and the cells themselves. */
static void
test_of_cells(Check *check)
{
	for (int dim = 1; dim <= 4; dim++)
		for (int size = 250; size <= 1000; size *= 2)
		{
			int32		frame[4] = {-30, -30, -30, -30};
			SketchShape shape = {.dim = dim, .size = size, .family = SKETCH_FRAME, .frame = frame};
			Problem		p = draw_problem(KIND_CONTINUOUS, 4000, dim, 3);
			Sketch	   *open = sketch_create(&shape);
			Sketch	   *closed;
			Rows		cells;
			int		   *label;
			uint64	   *name = core_alloc(1 + dim, sizeof(uint64));
			double		mean;
			double		of_cells;

			for (int i = 0; i < p.n; i++)
				sketch_add(&open, p.input + (Size) i * dim);
			sketch_close(open, &closed);
			cells = sketch_rows(closed);
			label = core_alloc(cells.n, sizeof(int));
			for (int c = 0; c < cells.n; c++)
				label[c] = cells.x[c] < 1 ? 0 : cells.x[c] < 3 ? 1 : 2;
			for (int i = 0; i < p.n; i++)
				p.label[i] = label[sketch_entry_of(closed, p.input + (Size) i * dim, name)];
			mean = mean_of(&p);
			of_cells = silhouette_of_rows(&cells, label, 3);
			check_that(check, cells.variance != NULL && fabs(mean - of_cells) <= 0.02,
					   "%d cells of %d features: %g, not %g", cells.n, dim, of_cells, mean);
			rows_free(&cells);
			pfree(name);
			pfree(label);
			pfree(closed);
			pfree(open);
			free_problem(&p);
		}
}

/* Long work polls. */
static void
test_polls(void)
{
	Problem		p = draw_problem(KIND_CONTINUOUS, 4000, 2, 2);
	SilhouetteFacts facts;

	core_polls = 0;
	values_of(&p, EXACT, &facts);
	tap_ok(core_polls >= 4000 / 16, "every tile polls");
	free_problem(&p);
}

int
main(int argc, char **argv)
{
	char		names[INSTRUCTION_SETS][80];
	Check		isa[INSTRUCTION_SETS];
	Check		definition = {.name = "values agree with the definition"};
	Check		order = {.name = "the order of the rows changes no bit"};
	Check		share = {.name = "the division of the work changes no bit"};
	Check		mean = {.name = "the mean of estimates is as near as reported"};
	Check		worst = {.name = "estimates are as near as reported, but for a hundredth of the rows"};
	Check		small = {.name = "estimates are near"};
	Check		of_rows = {.name = "the mean of canonical rows is that of the rows"};
	Check		of_cells = {.name = "the mean of cells is near that of their rows"};

	tap_begin(argc, argv);
	test_by_hand();
	tap_ok(silhouette_force("baseline"), "there always is a baseline");
	tap_ok(!silhouette_force("abacus"), "an unknown instruction set is refused");
	for (int i = 0; i < INSTRUCTION_SETS; i++)
	{
		snprintf(names[i], sizeof(names[i]), "%s gives the same bits", instruction_set_name[i]);
		isa[i] = (Check) {.name = names[i]};
	}
	test_exact(&definition, &order, &share, isa);
	test_long_clusters(&definition);
	test_estimate(&mean, &worst, &small, &share, isa);
	test_lossless();
	test_of_rows(&of_rows);
	test_of_cells(&of_cells);
	test_polls();
	check_end(&definition);
	check_end(&order);
	check_end(&share);
	for (int i = 0; i < INSTRUCTION_SETS; i++)
		if (silhouette_force(instruction_set_name[i]))
			check_end(&isa[i]);
		else
			tap_skip(names[i], "not on this CPU");
	check_end(&mean);
	check_end(&worst);
	check_end(&small);
	check_end(&of_rows);
	check_end(&of_cells);
	return tap_end();
}
