/*
 * test_nearest.c
 *	  nearest_block and nearest_one, against their definition.
 *
 * The reference below is the definition in a few lines: distances one after
 * the other, then the first of the smallest, then the smallest of the others.
 * Every instruction set this CPU has must agree with it in every bit.  Rows
 * lie in memory of exactly their size, so that the address sanitizer sees a
 * lane that reads past them, and results between canaries.
 */
#include "nearest.h"

#include "instruction_set.h"

#include "tap.h"

#define MAX_K 70
#define CANARIES 16
#define CANARY_LABEL (-77)
#define CANARY 0x1.badbadbadp77

/* Of what rows and centroids are made. */
typedef enum Kind
{
	KIND_CONTINUOUS,
	KIND_FEW,					/* small integers: many exact ties */
	KIND_OFFSET,				/* a large common part, distances of a few last bits */
	KIND_SMALL,					/* around 1e-150, squares at the end of the range */
	KIND_LARGE,					/* around 1e150, the same */
	KIND_WIDE,					/* squares vanish or overflow */
	KIND_ON_CENTROIDS,			/* rows that are centroids, some of them equal */
} Kind;

#define KINDS 7

static double
draw_value(Kind kind)
{
	switch (kind)
	{
		case KIND_CONTINUOUS:
			return draw_normal();
		case KIND_FEW:
		case KIND_ON_CENTROIDS:
			return draw_int(-2, 2);
		case KIND_OFFSET:
			return 1e9 + draw_int(0, 3) * 0x1p-23;
		case KIND_SMALL:
			return 1e-150 * draw_normal();
		case KIND_LARGE:
			return 1e150 * draw_normal();
		case KIND_WIDE:
			return draw_magnitude(-560, 560);
	}
	return 0;
}

/* A block of rows, centroids, and what the definition makes of them. */
typedef struct Problem
{
	Rows		rows;
	int			start;
	int			count;
	int			k;
	double	   *centroid;
	int			label[NEAREST_BLOCK];
	double		distance2[NEAREST_BLOCK];
	double		second2[NEAREST_BLOCK];
} Problem;

static double
value_at(const Rows *rows, int row, int feature)
{
	return rows->x[(Size) feature * rows->n + row];
}

static void
solve_by_definition(Problem *p)
{
	int			dim = p->rows.dim;
	double		all[MAX_K];

	for (int i = 0; i < p->count; i++)
	{
		int			label = 0;
		double		second2 = INFINITY;

		for (int c = 0; c < p->k; c++)
		{
			all[c] = 0;
			for (int j = 0; j < dim; j++)
			{
				double		d = value_at(&p->rows, p->start + i, j) - p->centroid[c * dim + j];

				all[c] += d * d;
			}
		}
		for (int c = 1; c < p->k; c++)
			if (all[c] < all[label])
				label = c;
		for (int c = 0; c < p->k; c++)
			if (c != label)
				second2 = Min(second2, all[c]);
		p->label[i] = label;
		p->distance2[i] = all[label];
		p->second2[i] = second2;
	}
}

static Problem
draw_problem(Kind kind, int dim, int k, int count)
{
	int			start = draw_int(0, 9);
	int			behind = draw_int(0, 1) * draw_int(0, 9);
	int			n = start + count + behind;
	Problem		p = {.rows = {.n = n, .dim = dim}, .start = start, .count = count, .k = k};

	p.rows.x = core_alloc((Size) n * dim, sizeof(double));
	p.centroid = core_alloc((Size) k * dim, sizeof(double));
	for (int i = 0; i < n * dim; i++)
		p.rows.x[i] = draw_value(kind);
	for (int i = 0; i < k * dim; i++)
		p.centroid[i] = draw_value(kind);
	if (kind == KIND_ON_CENTROIDS)
	{
		for (int c = 1; c < k; c += 3)
			memcpy(p.centroid + c * dim, p.centroid + draw_int(0, c - 1) * dim,
				   sizeof(double) * dim);
		for (int i = 0; i < n; i++)
		{
			int			c = draw_int(0, k - 1);

			for (int j = 0; j < dim; j++)
				p.rows.x[j * n + i] = p.centroid[c * dim + j];
		}
	}
	solve_by_definition(&p);
	return p;
}

static void
free_problem(Problem *p)
{
	pfree(p->rows.x);
	pfree(p->centroid);
}

/* "count" numbers between canaries. */
typedef struct Results
{
	int			label[NEAREST_BLOCK + 2 * CANARIES];
	double		distance2[NEAREST_BLOCK + 2 * CANARIES];
	double		second2[NEAREST_BLOCK + 2 * CANARIES];
} Results;

static void
set_canaries(Results *r)
{
	for (int i = 0; i < NEAREST_BLOCK + 2 * CANARIES; i++)
	{
		r->label[i] = CANARY_LABEL;
		r->distance2[i] = r->second2[i] = CANARY;
	}
}

/* Are the results outside first .. first + count - 1 as set_canaries left them? */
static bool
canaries_live(const Results *r, int first, int count)
{
	for (int i = 0; i < NEAREST_BLOCK + 2 * CANARIES; i++)
		if ((i < first || i >= first + count) &&
			(r->label[i] != CANARY_LABEL || r->distance2[i] != CANARY ||
			 r->second2[i] != CANARY))
			return false;
	return true;
}

static bool
same_bits(const double *a, const double *b, int n)
{
	return memcmp(a, b, sizeof(double) * n) == 0;
}

/* nearest_block, with the instruction set in force. */
static void
check_block(const Problem *p, int kind, const char *isa, Check *check)
{
	static Results r;
	int			at = CANARIES + draw_int(0, 7) - 7;

	for (int with_second = 0; with_second < 2; with_second++)
	{
		set_canaries(&r);
		nearest_block(&p->rows, p->start, p->count, p->centroid, p->k,
					  r.label + at, r.distance2 + at, with_second ? r.second2 + at : NULL);
		check_that(check,
				   memcmp(r.label + at, p->label, sizeof(int) * p->count) == 0 &&
				   same_bits(r.distance2 + at, p->distance2, p->count) &&
				   (!with_second || same_bits(r.second2 + at, p->second2, p->count)),
				   "%s, kind %d: dim %d, k %d, rows %d to %d of %d, second %d", isa, kind,
				   p->rows.dim, p->k, p->start, p->start + p->count - 1, p->rows.n, with_second);
		check_that(check, canaries_live(&r, at, p->count),
				   "%s wrote elsewhere: dim %d, k %d, count %d, second %d", isa,
				   p->rows.dim, p->k, p->count, with_second);
	}
}

static void
check_one(const Problem *p, int kind, Check *check)
{
	int			dim = p->rows.dim;
	double	   *point = core_alloc(dim, sizeof(double));

	for (int i = 0; i < p->count; i++)
	{
		double		distance2;
		int			label;

		for (int j = 0; j < dim; j++)
			point[j] = value_at(&p->rows, p->start + i, j);
		label = nearest_one(point, p->centroid, p->k, dim, &distance2);
		check_that(check, label == p->label[i] && same_bits(&distance2, &p->distance2[i], 1),
				   "kind %d, dim %d, k %d: %d at %a, not %d at %a", kind, dim, p->k,
				   label, distance2, p->label[i], p->distance2[i]);
	}
	pfree(point);
}

static void
test_problem(Kind kind, int dim, int k, int count, Check *blocks, Check *one)
{
	Problem		p = draw_problem(kind, dim, k, count);

	for (int i = 0; i < INSTRUCTION_SETS; i++)
		if (nearest_force(instruction_set_name[i]))
			check_block(&p, kind, instruction_set_name[i], &blocks[i]);
	check_one(&p, kind, one);
	free_problem(&p);
}

/* Nobody has forced anything yet. */
static void
test_first_call(void)
{
	double		x[] = {1, 5, 2};
	double		centroid[] = {5, 1.5};
	Rows		rows = {.n = 3, .dim = 1, .x = x};
	int			label[3];
	double		distance2[3];
	double		second2[3];

	nearest_block(&rows, 0, 3, centroid, 2, label, distance2, second2);
	tap_ok(label[0] == 1 && label[1] == 0 && label[2] == 1 &&
		   distance2[0] == 0.25 && distance2[1] == 0 && distance2[2] == 0.25 &&
		   second2[0] == 16 && second2[1] == 12.25 && second2[2] == 9,
		   "an instruction set is found by itself");
	nearest_block(&rows, 1, 2, centroid, 1, label, distance2, second2);
	tap_ok(label[0] == 0 && distance2[0] == 0 && label[1] == 0 && distance2[1] == 9 &&
		   isinf(second2[0]) && isinf(second2[1]), "a single centroid has no second");
}

static void
test_force(void)
{
	tap_ok(nearest_force("baseline"), "there always is a baseline");
	tap_ok(!nearest_force("abacus") && !nearest_force(""), "an unknown instruction set is refused");
	tap_ok(nearest_force(NULL), "the best one is there");
}

int
main(int argc, char **argv)
{
	static const int dims[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 33};
	char		names[INSTRUCTION_SETS][80];
	Check		blocks[INSTRUCTION_SETS];
	Check		one = {.name = "nearest_one agrees with the definition in every bit"};

	tap_begin(argc, argv);
	test_first_call();
	test_force();

	for (int i = 0; i < INSTRUCTION_SETS; i++)
	{
		snprintf(names[i], sizeof(names[i]), "%s agrees with the definition in every bit",
				 instruction_set_name[i]);
		blocks[i] = (Check) {.name = names[i]};
	}
	for (int d = 0; d < 12; d++)
		for (int k = 1; k <= MAX_K; k++)
			test_problem(draw_int(0, KINDS - 1), dims[d], k, draw_int(1, NEAREST_BLOCK),
						 blocks, &one);
	for (int count = 1; count <= NEAREST_BLOCK; count++)
		for (int kind = 0; kind < KINDS; kind++)
			test_problem(kind, dims[draw_int(0, 11)], draw_int(1, 9), count, blocks, &one);

	for (int i = 0; i < INSTRUCTION_SETS; i++)
		if (nearest_force(instruction_set_name[i]))
			check_end(&blocks[i]);
		else
			tap_skip(names[i], "not on this CPU");
	check_end(&one);
	return tap_end();
}
