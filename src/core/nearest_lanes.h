/*
 * nearest_lanes.h
 *	  nearest_block for vectors of one size: a template, without a guard.
 *
 * nearest.c includes this once for every instruction set, with
 *
 *	LANES_ISA		its name, which becomes part of every name below
 *	LANES_BYTES		the size of a vector
 *	LANES_TARGET	the attribute by which a function may use the set
 *	LANES_MIN, LANES_MAX
 *					(a, b): a < b ? a : b and a > b ? a : b in every lane, where
 *					there is an instruction for that
 *
 * The size must be that of the set's registers: what compilers make of larger
 * vectors is many times slower than a plain loop.
 *
 * Each lane is a row, and rows are taken by tiles: as many as fill
 * TILE_VECTORS vectors.  All centroids pass by a tile before the next one.
 * Two vectors leave room in 16 registers for the values of four features;
 * with more of them nothing gets faster.  A last tile that the rows do not
 * fill has zeros in its other lanes, and their results are dropped.
 */
#define LANES_JOIN_NAMES(name, isa) name##_##isa
#define LANES_JOIN(name, isa) LANES_JOIN_NAMES(name, isa)
#define LANES(name) LANES_JOIN(name, LANES_ISA)

#define Vector LANES(Vector)
#define Mask LANES(Mask)
#define Nearest LANES(Nearest)

#define VECTOR_ROWS ((int) (LANES_BYTES / sizeof(double)))
#define TILE_ROWS (TILE_VECTORS * VECTOR_ROWS)
#define BLOCK_VECTORS (NEAREST_BLOCK / VECTOR_ROWS)

#define INLINE LANES_TARGET static inline __attribute__((always_inline))

typedef double Vector __attribute__((vector_size(LANES_BYTES)));

/* What comparing two vectors gives: all ones or all zeros in every lane. */
typedef int64 Mask __attribute__((vector_size(LANES_BYTES)));

#ifndef LANES_MIN
#define LANES_MIN(a, b) ((Vector) LANES(choose)((a) < (b), (Mask) (a), (Mask) (b)))
#define LANES_MAX(a, b) ((Vector) LANES(choose)((a) > (b), (Mask) (a), (Mask) (b)))
#endif

/* What the rows of a tile know of the centroids that have passed by. */
typedef struct Nearest
{
	Vector		distance2[TILE_VECTORS];
	Vector		second2[TILE_VECTORS];
	Mask		label[TILE_VECTORS];
} Nearest;

INLINE Mask
LANES(choose)(Mask which, Mask yes, Mask no)
{
	return (which & yes) | (~which & no);
}

/*
 * x[] becomes nfeatures features, from "feature" on, of the tile of "count"
 * rows that begins with "row".
 */
INLINE void
LANES(load)(const Rows *rows, int feature, int nfeatures, int row, int count, Vector *x)
{
	const double *column = rows->x + (Size) feature * rows->n + row;

	for (int j = 0; j < nfeatures; j++)
	{
		if (count == TILE_ROWS)
			for (int v = 0; v < TILE_VECTORS; v++)
			{
				Vector		unaligned;	/* in between, this is one instruction */

				memcpy(&unaligned, column + v * VECTOR_ROWS, sizeof(Vector));
				x[v] = unaligned;
			}
		else
		{
			memset(x, 0, sizeof(Vector) * TILE_VECTORS);
			memcpy(x, column, sizeof(double) * count);
		}
		column += rows->n;
		x += TILE_VECTORS;
	}
}

/*
 * Add the squared differences in nfeatures features to d2[].  If "first",
 * nothing is in d2[] yet.
 */
INLINE void
LANES(add_features)(const Vector *x, const double *centroid, int nfeatures, bool first,
					Vector *d2)
{
	for (int j = 0; j < nfeatures; j++)
		for (int v = 0; v < TILE_VECTORS; v++)
		{
			/* the other way round than elsewhere, so that x may stay in memory */
			Vector		d = centroid[j] - x[j * TILE_VECTORS + v];

			d2[v] = first && j == 0 ? d * d : d2[v] + d * d;
		}
}

INLINE void
LANES(begin)(Nearest *nearest)
{
	for (int v = 0; v < TILE_VECTORS; v++)
	{
		nearest->distance2[v] = (Vector) {0} + INFINITY;
		nearest->second2[v] = (Vector) {0} + INFINITY;
		nearest->label[v] = (Mask) {0};
	}
}

/* Centroid c passes by, at the squared distances d2[]. */
INLINE void
LANES(pass)(Nearest *nearest, const Vector *d2, int c, bool with_second)
{
	for (int v = 0; v < TILE_VECTORS; v++)
	{
		Vector		before = nearest->distance2[v];

		nearest->label[v] = LANES(choose)(d2[v] < before, (Mask) {0} + c, nearest->label[v]);
		nearest->distance2[v] = LANES_MIN(d2[v], before);
		if (with_second)
		{
			Vector		loser = LANES_MAX(d2[v], before);

			nearest->second2[v] = LANES_MIN(loser, nearest->second2[v]);
		}
	}
}

/*
 * The tiles of a block with dim <= FEATURES features.  "dim" is a constant, so
 * that no loop over features is left, and distances stay in registers.
 */
INLINE void
LANES(few_features)(const Rows *rows, int row, int count, const double *centroid, int k,
					int dim, Vector *distance2, Mask *label)
{
	Vector		x[FEATURES * TILE_VECTORS];
	Vector		d2[TILE_VECTORS];

	for (int i = 0; i < count; i += TILE_ROWS)
	{
		Nearest		nearest;

		LANES(load)(rows, 0, dim, row + i, Min(TILE_ROWS, count - i), x);
		LANES(begin)(&nearest);
		for (int c = 0; c < k; c++)
		{
			LANES(add_features)(x, centroid + (Size) c * dim, dim, true, d2);
			LANES(pass)(&nearest, d2, c, false);
		}
		for (int v = 0; v < TILE_VECTORS; v++)
		{
			*distance2++ = nearest.distance2[v];
			*label++ = nearest.label[v];
		}
	}
}

/*
 * The tiles of a block with any number of features, FEATURES at a time; the
 * distances of a group of centroids wait in memory for the next ones.  The
 * second nearest, which is rarely asked for, is found here alone.
 */
INLINE void
LANES(any_features)(const Rows *rows, int row, int count, const double *centroid, int k,
					bool with_second, Vector *distance2, Vector *second2, Mask *label)
{
	Vector		x[FEATURES * TILE_VECTORS];
	Vector		d2[GROUP * TILE_VECTORS];
	int			dim = rows->dim;

	for (int i = 0; i < count; i += TILE_ROWS)
	{
		Nearest		nearest;

		LANES(begin)(&nearest);
		for (int first = 0; first < k; first += GROUP)
		{
			int			n = Min(GROUP, k - first);

			memset(d2, 0, sizeof(Vector) * TILE_VECTORS * n);
			for (int j = 0; j < dim; j += FEATURES)
			{
				int			nfeatures = Min(FEATURES, dim - j);
				const double *at = centroid + (Size) first * dim + j;

				LANES(load)(rows, j, nfeatures, row + i, Min(TILE_ROWS, count - i), x);
				for (int c = 0; c < n; c++)
					LANES(add_features)(x, at + (Size) c * dim, nfeatures, false,
										d2 + c * TILE_VECTORS);
			}
			for (int c = 0; c < n; c++)
				LANES(pass)(&nearest, d2 + c * TILE_VECTORS, first + c, with_second);
		}
		for (int v = 0; v < TILE_VECTORS; v++)
		{
			*distance2++ = nearest.distance2[v];
			*second2++ = nearest.second2[v];
			*label++ = nearest.label[v];
		}
	}
}

LANES_TARGET static void
LANES(block)(const Rows *rows, int start, int count, const double *centroid, int k,
			 int *label, double *distance2, double *second2)
{
	Vector		near2[BLOCK_VECTORS];
	Vector		next2[BLOCK_VECTORS];
	Mask		number[BLOCK_VECTORS];

#define FEW_FEATURES(dim) \
	LANES(few_features)(rows, start, count, centroid, k, dim, near2, number)

	switch (second2 ? 0 : rows->dim)
	{
		case 1:
			FEW_FEATURES(1);
			break;
		case 2:
			FEW_FEATURES(2);
			break;
		case 3:
			FEW_FEATURES(3);
			break;
		case 4:
			FEW_FEATURES(4);
			break;
		case 5:
			FEW_FEATURES(5);
			break;
		case 6:
			FEW_FEATURES(6);
			break;
		case 7:
			FEW_FEATURES(7);
			break;
		case 8:
			FEW_FEATURES(8);
			break;
		default:
			LANES(any_features)(rows, start, count, centroid, k, second2 != NULL,
								near2, next2, number);
	}
	for (int i = 0; i < count; i++)
		label[i] = (int) ((const int64 *) number)[i];
	memcpy(distance2, near2, sizeof(double) * count);
	if (second2)
		memcpy(second2, next2, sizeof(double) * count);
}

#undef Vector
#undef Mask
#undef Nearest
#undef VECTOR_ROWS
#undef TILE_ROWS
#undef BLOCK_VECTORS
#undef INLINE
#undef FEW_FEATURES
#undef LANES
#undef LANES_JOIN
#undef LANES_JOIN_NAMES
#undef LANES_ISA
#undef LANES_BYTES
#undef LANES_TARGET
#undef LANES_MIN
#undef LANES_MAX
