/*
 * nearest.c
 *	  Which centroid is nearest, and how far it is.
 *
 * A squared distance is the sum of (x - c)^2 over the features in ascending
 * order, in double precision: never |c|^2 - 2 x.c, which cancels where values
 * share a large common part.  nearest_block lets the lanes of a vector unit
 * run across rows, so that the operations on one row, and their order, are
 * the same as in nearest_one on every instruction set, and so is every bit of
 * the result.  (That takes -ffp-contract=off, see the Makefile.)  Of equally
 * near centroids the one with the lowest number is taken.
 */
#include "nearest.h"

#include "instruction_set.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Vectors in a tile, see nearest_lanes.h. */
#define TILE_VECTORS 2

/* For each number of features up to this there is code of its own. */
#define FEATURES 8

/* Centroids whose distances from a tile are kept at a time: 4 kB at most. */
#define GROUP 32

#define LANES_ISA baseline
#define LANES_BYTES 16
#define LANES_TARGET
#ifdef __x86_64__
#define LANES_MIN(a, b) _mm_min_pd(a, b)
#define LANES_MAX(a, b) _mm_max_pd(a, b)
#endif
#include "nearest_lanes.h"

#ifdef __x86_64__
#define LANES_ISA avx2
#define LANES_BYTES 32
#define LANES_TARGET __attribute__((target("avx2")))
#define LANES_MIN(a, b) _mm256_min_pd(a, b)
#define LANES_MAX(a, b) _mm256_max_pd(a, b)
#include "nearest_lanes.h"

#define LANES_ISA avx512
#define LANES_BYTES 64
#define LANES_TARGET __attribute__((target("avx512f")))
#define LANES_MIN(a, b) _mm512_min_pd(a, b)
#define LANES_MAX(a, b) _mm512_max_pd(a, b)
#include "nearest_lanes.h"
#endif

typedef void (*BlockFunction) (const Rows *rows, int start, int count,
							   const double *centroid, int k,
							   int *label, double *distance2, double *second2);

static const BlockFunction versions[] = INSTRUCTION_SET_VERSIONS(block);

/* For the best instruction set of this CPU, from the first call on. */
static BlockFunction block = NULL;

/*
 * The centroid nearest to a point, by number; *distance2 is the square of its
 * distance.  centroid[c * dim + j].  O(k dim).
 */
int
nearest_one(const double *point, const double *centroid, int k, int dim, double *distance2)
{
	double		least = INFINITY;
	int			best = 0;

	for (int c = 0; c < k; c++)
	{
		double		d2 = squared_distance(point, centroid, dim);

		/* two choices, not a branch, which nobody could predict */
		best = d2 < least ? c : best;
		least = d2 < least ? d2 : least;
		centroid += dim;
	}
	*distance2 = least;
	return best;
}

/*
 * For rows start .. start + count - 1, count <= NEAREST_BLOCK: the number of
 * the nearest centroid, the square of its distance, and, unless second2 is
 * NULL, of the second nearest (infinite when k is 1).  O(count k dim).
 */
void
nearest_block(const Rows *rows, int start, int count, const double *centroid, int k,
			  int *label, double *distance2, double *second2)
{
	Assert(count <= NEAREST_BLOCK);
	if (block == NULL)
		nearest_force(NULL);
	block(rows, start, count, centroid, k, label, distance2, second2);
}

/*
 * Let nearest_block use the instruction set "isa" (NULL: the best one) from
 * now on.  Returns false, and changes nothing, if this CPU does not have it.
 * For tests.
 */
bool
nearest_force(const char *isa)
{
	int			set = instruction_set_choose(isa);

	if (set < 0)
		return false;
	block = versions[set];
	return true;
}
