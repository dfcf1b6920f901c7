/*
 * silhouette_lanes.h
 *	  Sums of distances for vectors of one size: a template, without a guard.
 *
 * silhouette.c includes this once for every instruction set, with
 *
 *	LANES_ISA		its name, which becomes part of every name below
 *	LANES_BYTES		the size of a vector, which must be that of the registers
 *	LANES_TARGET	the attribute by which a function may use the set
 *	LANES_SQRT		(v): the root of every lane, where there is an instruction
 *
 * Each lane is a point; TILE_POINTS of them are taken together, STRIP_VECTORS
 * vectors at a time, and the members of a cluster pass by.  A root takes longer
 * than all the rest for few features, so there is no use in more vectors.
 */
#define LANES_JOIN_NAMES(name, isa) name##_##isa
#define LANES_JOIN(name, isa) LANES_JOIN_NAMES(name, isa)
#define LANES(name) LANES_JOIN(name, LANES_ISA)

#define Vector LANES(Vector)

#define VECTOR_POINTS ((int) (LANES_BYTES / sizeof(double)))
#define STRIP_POINTS (STRIP_VECTORS * VECTOR_POINTS)

#define INLINE LANES_TARGET static inline __attribute__((always_inline))

typedef double Vector __attribute__((vector_size(LANES_BYTES)));

#ifndef LANES_SQRT
#define LANES_SQRT(v) LANES(roots)(v)

INLINE Vector
LANES(roots)(Vector v)
{
	for (int i = 0; i < VECTOR_POINTS; i++)
		v[i] = sqrt(v[i]);
	return v;
}
#endif

/* x[] becomes nfeatures features of a strip of points, feature[] those of the first point. */
INLINE void
LANES(load)(const double *feature, int nfeatures, Vector *x)
{
	for (int j = 0; j < nfeatures; j++)
		memcpy(x + j * STRIP_VECTORS, feature + (Size) j * TILE_POINTS,
			   sizeof(Vector) * STRIP_VECTORS);
}

/* Add the squared differences in nfeatures features to d2[]. */
INLINE void
LANES(add_features)(const Vector *x, const double *member, int nfeatures, Vector *d2)
{
	for (int j = 0; j < nfeatures; j++)
		for (int v = 0; v < STRIP_VECTORS; v++)
		{
			Vector		d = member[j] - x[j * STRIP_VECTORS + v];

			d2[v] += d * d;
		}
}

/*
 * The sums of a strip with dim <= FEATURES features.  "dim" is a constant, so
 * that no loop over features is left; so is whether members have a spread.
 */
INLINE void
LANES(few_features)(const Members *members, int from, int to, const double *feature,
					int dim, bool with_spread, Vector *sum)
{
	const double *member = members->point + (Size) from * dim;
	Vector		x[FEATURES * STRIP_VECTORS];

	LANES(load)(feature, dim, x);
	for (int i = from; i < to; i++)
	{
		Vector		d2[STRIP_VECTORS];

		for (int v = 0; v < STRIP_VECTORS; v++)
			d2[v] = (Vector) {0} + (with_spread ? members->spread[i] : 0);
		LANES(add_features)(x, member, dim, d2);
		for (int v = 0; v < STRIP_VECTORS; v++)
			sum[v] += members->weight[i] * LANES_SQRT(d2[v]);
		member += dim;
	}
}

/*
 * The same with any number of features, FEATURES at a time; the distances of a
 * group of members wait in memory for the next ones.
 */
INLINE void
LANES(any_features)(const Members *members, int from, int to, const double *feature, Vector *sum)
{
	int			dim = members->dim;
	Vector		x[FEATURES * STRIP_VECTORS];
	Vector		d2[GROUP * STRIP_VECTORS];

	for (int first = from; first < to; first += GROUP)
	{
		int			n = Min(GROUP, to - first);

		for (int i = 0; i < n; i++)
			for (int v = 0; v < STRIP_VECTORS; v++)
				d2[i * STRIP_VECTORS + v] = (Vector) {0} +
					(members->spread ? members->spread[first + i] : 0);
		for (int j = 0; j < dim; j += FEATURES)
		{
			int			nfeatures = Min(FEATURES, dim - j);
			const double *member = members->point + (Size) first * dim + j;

			LANES(load)(feature + (Size) j * TILE_POINTS, nfeatures, x);
			for (int i = 0; i < n; i++)
				LANES(add_features)(x, member + (Size) i * dim, nfeatures, d2 + i * STRIP_VECTORS);
		}
		for (int i = 0; i < n; i++)
			for (int v = 0; v < STRIP_VECTORS; v++)
				sum[v] += members->weight[first + i] * LANES_SQRT(d2[i * STRIP_VECTORS + v]);
	}
}

/*
 * sum[i] becomes the weighted sum of the distances of point i of a tile from
 * the members from .. to - 1.
 */
LANES_TARGET static void
LANES(sum)(const Members *members, int from, int to, const double *tile, double *sum)
{
#define FEW_FEATURES(dim) \
	if (members->spread) \
		LANES(few_features)(members, from, to, tile, dim, true, strip); \
	else \
		LANES(few_features)(members, from, to, tile, dim, false, strip)

	for (int i = 0; i < TILE_POINTS; i += STRIP_POINTS)
	{
		Vector		strip[STRIP_VECTORS] = {{0}};

		switch (members->dim)
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
				LANES(any_features)(members, from, to, tile, strip);
		}
		memcpy(sum + i, strip, sizeof(strip));
		tile += STRIP_POINTS;
	}
}

#undef Vector
#undef VECTOR_POINTS
#undef STRIP_POINTS
#undef INLINE
#undef FEW_FEATURES
#undef LANES
#undef LANES_JOIN
#undef LANES_JOIN_NAMES
#undef LANES_ISA
#undef LANES_BYTES
#undef LANES_TARGET
#undef LANES_SQRT
