/*
 * tap.h
 *	  What the unit tests share: TAP output, random data, and a table to read.
 *
 * A test is a program that prints one line for each of its claims.  A claim is
 * usually checked on many random data sets: Check gathers the outcome, and
 * keeps the first failures for the lines after "not ok".
 */
#ifndef SEGMENT_TAP_H
#define SEGMENT_TAP_H

#include "clusters.h"

#include <inttypes.h>
#include <stdarg.h>

#define TAP_DEFAULT_SEED 20240607

static uint64 tap_random;
static int	tap_lines;
static int	tap_failures;

/* The seed of all random data: an argument, or the environment, or always the same. */
static inline void
tap_begin(int argc, char **argv)
{
	const char *text = argc > 1 ? argv[1] : getenv("SEGMENT_TEST_SEED");
	uint64		seed = text && *text ? strtoull(text, NULL, 10) : TAP_DEFAULT_SEED;

	printf("# seed %" PRIu64 "\n", seed);

	/* Small seeds are spread over all bits; the state must not be 0. */
	tap_random = (2 * seed + 1) * UINT64CONST(0x9e3779b97f4a7c15);
}

/* The plan, and what main() is to return. */
static inline int
tap_end(void)
{
	printf("1..%d\n", tap_lines);
	return tap_failures > 0;
}

static inline bool
tap_ok(bool passed, const char *name)
{
	printf("%s %d - %s\n", passed ? "ok" : "not ok", ++tap_lines, name);
	tap_failures += !passed;
	fflush(stdout);
	return passed;
}

static inline void
tap_skip(const char *name, const char *reason)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_lines, name, reason);
}

/*
 * One claim, and how often it was found true and false.  Begin with
 * {.name = "..."}.
 */
typedef struct Check
{
	const char *name;
	long		passed;
	long		failed;
	char		detail[3][240];
} Check;

static inline bool
check_that(Check *check, bool condition, const char *format,...)
{
	if (condition)
		check->passed++;
	else
	{
		if (check->failed < 3)
		{
			va_list		args;

			va_start(args, format);
			vsnprintf(check->detail[check->failed], sizeof(check->detail[0]), format, args);
			va_end(args);
		}
		check->failed++;
	}
	return condition;
}

/* Print the claim's line.  A claim that was never put to the test has failed. */
static inline bool
check_end(const Check *check)
{
	tap_ok(check->failed == 0 && check->passed > 0, check->name);
	for (long i = 0; i < 3 && i < check->failed; i++)
		printf("#   %s\n", check->detail[i]);
	if (check->failed > 0)
		printf("#   failed %ld of %ld times\n", check->failed, check->failed + check->passed);
	else if (check->passed == 0)
		printf("#   never checked\n");
	return check->failed == 0;
}

/* 64 random bits: xorshift64* of Vigna, doi:10.1145/2845077. */
static inline uint64
draw_bits(void)
{
	tap_random ^= tap_random >> 12;
	tap_random ^= tap_random << 25;
	tap_random ^= tap_random >> 27;
	return tap_random * UINT64CONST(0x2545f4914f6cdd1d);
}

/* Uniform in [0, 1). */
static inline double
draw_unit(void)
{
	return (double) (draw_bits() >> 11) * 0x1.0p-53;
}

/* Uniform in [low, high). */
static inline double
draw_between(double low, double high)
{
	return low + (high - low) * draw_unit();
}

/* An integer from low to high, both included. */
static inline int
draw_int(int low, int high)
{
	return low + (int) (draw_bits() % ((uint64) (high - low) + 1));
}

/* Roughly normal: the sum of twelve uniform numbers, less its mean. */
static inline double
draw_normal(void)
{
	double		sum = -6;

	for (int i = 0; i < 12; i++)
		sum += draw_unit();
	return sum;
}

/* Either sign, a random mantissa, and a binary exponent from low to high. */
static inline double
draw_magnitude(int low, int high)
{
	double		x = ldexp(0.5 + draw_unit() / 2, draw_int(low, high));

	return draw_bits() >> 63 ? -x : x;
}

/* order[] becomes a random permutation of 0..n-1. */
static inline void
draw_order(int n, int *order)
{
	for (int i = 0; i < n; i++)
	{
		int			j = draw_int(0, i);

		order[i] = order[j];
		order[j] = i;
	}
}

/* A copy of n rows of dim values in another order: row i is row order[i] of the input. */
static inline double *
reordered(const double *input, int n, int dim, const int *order)
{
	double	   *copy = core_alloc(n, sizeof(double) * dim);

	for (int i = 0; i < n; i++)
		memcpy(copy + (Size) i * dim, input + (Size) order[i] * dim, sizeof(double) * dim);
	return copy;
}

/* Do two labellings of n rows put the same rows together?  Labels are 0..n-1. */
static inline bool
same_partition(const int *a, const int *b, int n)
{
	int		   *b_of = core_alloc(n, sizeof(int));
	int		   *a_of = core_alloc(n, sizeof(int));
	bool		same = true;

	for (int i = 0; i < n; i++)
		a_of[i] = b_of[i] = -1;
	for (int i = 0; i < n && same; i++)
	{
		if (b_of[a[i]] < 0 && a_of[b[i]] < 0)
		{
			b_of[a[i]] = b[i];
			a_of[b[i]] = a[i];
		}
		same = b_of[a[i]] == b[i] && a_of[b[i]] == a[i];
	}
	pfree(a_of);
	pfree(b_of);
	return same;
}

static inline void
free_clusters(Clusters *clusters)
{
	pfree(clusters->size);
	pfree(clusters->inertia);
	pfree(clusters->radius);
	pfree(clusters->centroid);
	pfree(clusters->mean);
	pfree(clusters->spread);
	pfree(clusters->scaling.offset);
	pfree(clusters->scaling.unit);
}

#define MALL_ROWS 200

typedef enum MallColumn
{
	MALL_AGE,
	MALL_INCOME,
	MALL_SCORE,
} MallColumn;

/*
 * The 200 customers of data/mall_customers.csv, seen from the root of the
 * checkout or two levels below: dim of their columns, or NULL if the file is
 * not there.
 */
static inline double *
mall_customers(const MallColumn *column, int dim)
{
	FILE	   *file = fopen("data/mall_customers.csv", "r");
	double	   *input = core_alloc(MALL_ROWS, sizeof(double) * dim);
	char		line[200];
	int			n = 0;

	if (!file)
		file = fopen("../../data/mall_customers.csv", "r");
	if (file && fgets(line, sizeof(line), file))
		for (; n < MALL_ROWS && fgets(line, sizeof(line), file); n++)
		{
			double		value[3];

			if (sscanf(line, "%*d,%*[A-Za-z],%lf,%lf,%lf",
					   &value[MALL_AGE], &value[MALL_INCOME], &value[MALL_SCORE]) != 3)
				break;
			for (int j = 0; j < dim; j++)
				input[n * dim + j] = value[column[j]];
		}
	if (file)
		fclose(file);
	if (n == MALL_ROWS)
		return input;
	pfree(input);
	return NULL;
}

#endif							/* SEGMENT_TAP_H */
