/*
 * gmm_lanes.h
 *	  A block of rows in gmm_pass, for vectors of one size: a template, without
 *	  a guard.
 *
 * gmm_pass.c includes this once for every instruction set, with LANES_ISA,
 * LANES_BYTES and LANES_TARGET as in nearest_lanes.h.
 *
 * Rows that the last block does not have are read as zeros with weight 0.
 */
#define LANES_JOIN_NAMES(name, isa) name##_##isa
#define LANES_JOIN(name, isa) LANES_JOIN_NAMES(name, isa)
#define LANES(name) LANES_JOIN(name, LANES_ISA)

#define Vector LANES(Vector)
#define Mask LANES(Mask)
#define Bits LANES(Bits)
#define Loose LANES(Loose)

#define VECTOR_ROWS ((int) (LANES_BYTES / sizeof(double)))
#define TILE_ROWS (TILE_VECTORS * VECTOR_ROWS)

/* Vectors that make up the lanes of a sum. */
#define SUM_VECTORS (SUM_LANES / VECTOR_ROWS)

#define INLINE LANES_TARGET static inline __attribute__((always_inline))

typedef double Vector __attribute__((vector_size(LANES_BYTES)));

/* What comparing two vectors gives: all ones or all zeros in every lane. */
typedef int64 Mask __attribute__((vector_size(LANES_BYTES)));
typedef uint64 Bits __attribute__((vector_size(LANES_BYTES)));

/* A vector anywhere in an array of doubles. */
typedef double Loose __attribute__((vector_size(LANES_BYTES), aligned(8), may_alias));

INLINE Vector
LANES(choose)(Mask which, Vector yes, Vector no)
{
	return (Vector) ((which & (Mask) yes) | (~which & (Mask) no));
}

/* Of a column of "count" values from "from" on, a vector at i; beyond the count zeros. */
INLINE Vector
LANES(get_part)(const double *from, int i, int count)
{
	Vector		v = {0};

	if (i + VECTOR_ROWS <= count)
		return *(const Loose *) (from + i);
	if (i < count)
		memcpy(&v, from + i, sizeof(double) * (count - i));
	return v;
}

/*
 * e^x for x <= 0, and 0 below NO_SHARE.  x = m ln 2 + r; the exponential of r
 * by its series up to r^13 / 13!, the next of which is below 5e-18; then 2^m
 * comes into the exponent's bits.
 */
INLINE Vector
LANES(exponential)(Vector x)
{
	Vector		none = {0};
	Mask		counts = x >= NO_SHARE;
	Vector		clipped = LANES(choose)(counts, x, none);
	Vector		rounded = clipped * (1 / (LN2_HEAD + LN2_TAIL)) + ROUNDING;
	Vector		m = rounded - ROUNDING;
	Vector		r = (clipped - m * LN2_HEAD) - m * LN2_TAIL;
	Vector		sum = none + exponential_term[0];

	for (int i = 1; i < EXPONENTIAL_TERMS; i++)
		sum = sum * r + exponential_term[i];
	sum = (sum * r) * r + r + 1.0;
	return LANES(choose)(counts, (Vector) ((Bits) sum + ((Bits) rounded << 52)), none);
}

/*
 * ln x for x >= 1.  x = 2^e m with m between the roots of 1/2 and 2; ln m is
 * twice the inverse hyperbolic tangent of s = (m - 1) / (m + 1), |s| <= 0.1716,
 * by its series up to s^21.
 */
INLINE Vector
LANES(logarithm)(Vector x)
{
	Vector		none = {0};
	Bits		bits = (Bits) x;
	Vector		m = (Vector) ((bits & UINT64CONST(0x000fffffffffffff)) |
							  UINT64CONST(0x3ff0000000000000));
	Vector		e = (Vector) ((bits >> 52) | UINT64CONST(0x4330000000000000)) - (0x1p52 + 1023);
	Mask		large = m > 1.4142135623730951;
	Vector		s;
	Vector		t;
	Vector		sum = none + logarithm_term[0];

	m = LANES(choose)(large, m * 0.5, m);
	e = LANES(choose)(large, e + 1.0, e);
	s = (m - 1.0) / (m + 1.0);
	t = s * s;
	for (int i = 1; i < LOGARITHM_TERMS; i++)
		sum = sum * t + logarithm_term[i];
	return e * LN2_HEAD + ((2.0 * s + 2.0 * s * (sum * t)) + e * LN2_TAIL);
}

/*
 * posterior[c * PASS_BLOCK + i] becomes the logarithm of weight times density
 * of component c at row i.  "dim", "diagonal" and "of_cells" are constants
 * where this is inlined, "dim" unless there are many features; x[] and z[]
 * have room for dim * TILE_VECTORS vectors.
 */
INLINE void
LANES(densities)(GmmPass *pass, const Rows *rows, int start, int count,
				 const int dim, const bool diagonal, const bool of_cells,
				 Loose *x, Loose *z)
{
	int			end = (count + SUM_LANES - 1) / SUM_LANES * SUM_LANES;

	for (int i = 0; i < end; i += TILE_ROWS)
	{
		const double *mean = pass->mean;
		const double *factor = pass->factor;
		const double *precision = pass->precision;

		for (int j = 0; j < dim; j++)
			for (int v = 0; v < TILE_VECTORS; v++)
				x[j * TILE_VECTORS + v] =
					LANES(get_part)(rows->x + (Size) j * rows->n + start, i + v * VECTOR_ROWS, count);

		for (int c = 0; c < pass->k; c++)
		{
			Vector		distance2[TILE_VECTORS] = {{0}};
			Loose	   *to = (Loose *) (pass->posterior + (Size) c * PASS_BLOCK + i);

			for (int j = 0; j < dim; j++)
			{
				Vector		rest[TILE_VECTORS];

				for (int v = 0; v < TILE_VECTORS; v++)
					rest[v] = x[j * TILE_VECTORS + v] - mean[j];
				if (!diagonal)
					for (int b = 0; b < j; b++)
						for (int v = 0; v < TILE_VECTORS; v++)
							rest[v] -= factor[b] * z[b * TILE_VECTORS + v];
				for (int v = 0; v < TILE_VECTORS; v++)
				{
					rest[v] *= factor[j];
					distance2[v] += rest[v] * rest[v];
					z[j * TILE_VECTORS + v] = rest[v];
				}
				factor += j + 1;
			}
			if (of_cells)
				for (int j = 0; j < dim; j++)
					for (int v = 0; v < TILE_VECTORS; v++)
						distance2[v] += precision[j] *
							LANES(get_part)(rows->variance + (Size) j * rows->n + start,
											i + v * VECTOR_ROWS, count);
			for (int v = 0; v < TILE_VECTORS; v++)
				to[v] = pass->constant[c] - 0.5 * distance2[v];
			mean += dim;
			precision += dim;
		}
	}
}

/* The sum of the lanes of a sum. */
INLINE double
LANES(join)(const Vector *lanes)
{
	double		lane[SUM_LANES];

	memcpy(lane, lanes, sizeof(lane));
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
		((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/*
 * pass->within becomes the covariances that SUM_LANES cells from i on have for
 * component c, by element of the lower triangle; behind it is room for a
 * column.
 */
INLINE void
LANES(complete)(GmmPass *pass, const Rows *rows, int start, int i, int count, int c)
{
	int			dim = pass->dim;
	Size		triangle = triangle_size(dim);
	const double *covariance = pass->covariance + c * triangle;

	for (int v = 0; v < SUM_VECTORS; v++)
	{
		Loose	   *within = (Loose *) (pass->within + v * VECTOR_ROWS);
		Loose	   *column = (Loose *) (pass->within + SUM_LANES * triangle + v * VECTOR_ROWS);
		Vector		none = {0};

		for (Size t = 0; t < triangle; t++)
			within[t * SUM_VECTORS] = none + covariance[t];
		for (int round = 0; round < COMPLETING_ROUNDS; round++)
			for (int j = 0; j < dim; j++)
			{
				double		least = LEAST_WITHIN * covariance[triangle_at(j, j)];
				Vector		variance = LANES(get_part)(rows->variance + (Size) j * rows->n + start,
													   i + v * VECTOR_ROWS, count);
				Vector		now = within[triangle_at(j, j) * SUM_VECTORS];
				Vector		gain;
				Loose	   *element = within;

				variance = LANES(choose)(variance > least, variance, none + least);
				gain = (variance - now) / (now * now);
				for (int a = 0; a < dim; a++)
					column[a * SUM_VECTORS] =
						within[(a < j ? triangle_at(j, a) : triangle_at(a, j)) * SUM_VECTORS];
				for (int a = 0; a < dim; a++)
				{
					Vector		change = gain * column[a * SUM_VECTORS];

					for (int b = 0; b <= a; b++)
					{
						*element += change * column[b * SUM_VECTORS];
						element += SUM_VECTORS;
					}
				}
			}
	}
}

/* Add to the logarithms of a block what the covariances in its cells make of them. */
INLINE void
LANES(add_traces)(GmmPass *pass, const Rows *rows, int start, int count)
{
	Size		triangle = triangle_size(pass->dim);

	for (int c = 0; c < pass->k; c++)
		for (int i = 0; i < count; i += SUM_LANES)
		{
			LANES(complete)(pass, rows, start, i, count, c);
			for (int v = 0; v < SUM_VECTORS; v++)
			{
				Vector		trace = {0};

				for (Size t = 0; t < triangle; t++)
					trace += pass->inverse[c * triangle + t] *
						*(Loose *) (pass->within + SUM_LANES * t + v * VECTOR_ROWS);
				*(Loose *) (pass->posterior + (Size) c * PASS_BLOCK + i + v * VECTOR_ROWS) -=
					0.5 * trace;
			}
		}
}

/* Add to the products of component c those of features within its cells. */
INLINE void
LANES(add_within)(GmmPass *pass, const Rows *rows, int start, int count, int c)
{
	int			dim = pass->dim;
	double	   *scatter = pass->scatter + c * triangle_size(dim);

	for (int i = 0; i < count; i += SUM_LANES)
	{
		const double *share = pass->posterior + (Size) c * PASS_BLOCK + i;

		LANES(complete)(pass, rows, start, i, count, c);
		for (int a = 1; a < dim; a++)
			for (int b = 0; b < a; b++)
			{
				Vector		product[SUM_VECTORS];

				for (int v = 0; v < SUM_VECTORS; v++)
					product[v] = *(const Loose *) (share + v * VECTOR_ROWS) *
						*(Loose *) (pass->within + SUM_LANES * triangle_at(a, b) + v * VECTOR_ROWS);
				scatter[triangle_at(a, b)] += LANES(join)(product);
			}
	}
}

/*
 * Turn the logarithms of a block into posteriors times the weight of the row,
 * and add its logarithm of density and its entropy to the sums.
 */
INLINE void
LANES(posteriors)(GmmPass *pass, const Rows *rows, int start, int count)
{
	Vector		log_likelihood[SUM_VECTORS] = {{0}};
	Vector		entropy[SUM_VECTORS] = {{0}};

	for (int i = 0; i < count; i += SUM_LANES)
		for (int v = 0; v < SUM_VECTORS; v++)
		{
			double	   *at = pass->posterior + i + v * VECTOR_ROWS;
			Vector		weight = LANES(get_part)(rows->weight + start, i + v * VECTOR_ROWS, count);
			Vector		most = *(Loose *) at;
			Vector		sum = {0};
			Vector		product = {0};
			Vector		log_sum;
			Vector		scale;

			for (int c = 1; c < pass->k; c++)
			{
				Vector		l = *(Loose *) (at + (Size) c * PASS_BLOCK);

				most = LANES(choose)(l > most, l, most);
			}
			for (int c = 0; c < pass->k; c++)
			{
				Loose	   *p = (Loose *) (at + (Size) c * PASS_BLOCK);
				Vector		l = *p - most;
				Vector		e = LANES(exponential)(l);

				*p = e;
				sum += e;
				product += e * l;
			}
			log_sum = LANES(logarithm)(sum);
			scale = weight / sum;
			for (int c = 0; c < pass->k; c++)
				*(Loose *) (at + (Size) c * PASS_BLOCK) *= scale;

			/* - sum of p ln p, p being e^l / sum */
			entropy[v] += weight * log_sum - scale * product;
			log_likelihood[v] += weight * (most + log_sum);
		}
	pass->log_likelihood += LANES(join)(log_likelihood);
	pass->entropy += LANES(join)(entropy);
}

/* Add a block of rows to the sums of component c. */
INLINE void
LANES(add_moments)(GmmPass *pass, const Rows *rows, int start, int count, int c)
{
	int			dim = pass->dim;
	const double *share = pass->posterior + (Size) c * PASS_BLOCK;
	double	   *shift = pass->shift + (Size) c * dim;
	double	   *scatter = pass->scatter + c * triangle_size(dim);
	Vector		sum[SUM_VECTORS] = {{0}};
	double		weight;

	for (int i = 0; i < count; i += SUM_LANES)
		for (int v = 0; v < SUM_VECTORS; v++)
			sum[v] += *(const Loose *) (share + i + v * VECTOR_ROWS);
	weight = LANES(join)(sum);
	if (weight < NO_WEIGHT)
		return;
	pass->weight[c] += weight;

	for (int j = 0; j < dim; j++)
	{
		const double *column = rows->x + (Size) j * rows->n + start;
		double		mean = pass->mean[(Size) c * dim + j];
		double	   *difference = pass->difference + (Size) j * PASS_BLOCK;
		double	   *weighted = pass->weighted + (Size) j * PASS_BLOCK;
		Vector		square[SUM_VECTORS] = {{0}};

		memset(sum, 0, sizeof(sum));
		for (int i = 0; i < count; i += SUM_LANES)
			for (int v = 0; v < SUM_VECTORS; v++)
			{
				int			at = i + v * VECTOR_ROWS;
				Vector		d = LANES(get_part)(column, at, count) - mean;
				Vector		w = *(const Loose *) (share + at) * d;

				*(Loose *) (difference + at) = d;
				*(Loose *) (weighted + at) = w;
				sum[v] += w;
				square[v] += w * d;
			}
		shift[j] += LANES(join)(sum);
		scatter[triangle_at(j, j)] += LANES(join)(square);
	}
	if (rows->variance)
		for (int j = 0; j < dim; j++)
		{
			const double *column = rows->variance + (Size) j * rows->n + start;

			memset(sum, 0, sizeof(sum));
			for (int i = 0; i < count; i += SUM_LANES)
				for (int v = 0; v < SUM_VECTORS; v++)
				{
					int			at = i + v * VECTOR_ROWS;

					sum[v] += *(const Loose *) (share + at) * LANES(get_part)(column, at, count);
				}
			scatter[triangle_at(j, j)] += LANES(join)(sum);
		}
	if (pass->diagonal)
		return;

	/* Products of two features with two: four sums share what they read. */
	for (int a = 0; a < dim; a += 2)
		for (int b = 0; b <= a; b += 2)
		{
			const double *wa = pass->weighted + (Size) a * PASS_BLOCK;
			const double *db = pass->difference + (Size) b * PASS_BLOCK;
			Vector		product[2][2][SUM_VECTORS] = {{{{0}}}};

			for (int i = 0; i < count; i += SUM_LANES)
				for (int v = 0; v < SUM_VECTORS; v++)
				{
					int			at = i + v * VECTOR_ROWS;
					Vector		w0 = *(const Loose *) (wa + at);
					Vector		w1 = *(const Loose *) (wa + PASS_BLOCK + at);
					Vector		d0 = *(const Loose *) (db + at);
					Vector		d1 = *(const Loose *) (db + PASS_BLOCK + at);

					product[0][0][v] += w0 * d0;
					product[0][1][v] += w0 * d1;
					product[1][0][v] += w1 * d0;
					product[1][1][v] += w1 * d1;
				}

			/* what lies on the diagonal is there already, above it nothing is kept */
			for (int p = 0; p < 2; p++)
				for (int q = 0; q < 2; q++)
					if (a + p < dim && b + q < a + p)
						scatter[triangle_at(a + p, b + q)] += LANES(join)(product[p][q]);
		}
	if (pass->completes)
		LANES(add_within)(pass, rows, start, count, c);
}

/* Rows start .. start + count - 1 of a pass, count <= PASS_BLOCK. */
LANES_TARGET static void
LANES(block)(GmmPass *pass, const Rows *rows, int start, int count)
{
	Loose		x[FEATURES * TILE_VECTORS];
	Loose		z[FEATURES * TILE_VECTORS];

#define DENSITIES(dim, diagonal, of_cells, x, z) \
	LANES(densities)(pass, rows, start, count, dim, diagonal, of_cells, x, z)
#define FEW_FEATURES(dim) \
		case dim: \
			if (pass->diagonal) \
				DENSITIES(dim, true, false, x, z); \
			else \
				DENSITIES(dim, false, false, x, z); \
			break

	switch (rows->variance && !pass->completes ? 0 : pass->dim)
	{
			FEW_FEATURES(1);
			FEW_FEATURES(2);
			FEW_FEATURES(3);
			FEW_FEATURES(4);
			FEW_FEATURES(5);
			FEW_FEATURES(6);
			FEW_FEATURES(7);
			FEW_FEATURES(8);
		default:
			/* the room of the moments, which come later */
			DENSITIES(pass->dim, pass->diagonal, rows->variance && !pass->completes,
					  (Loose *) pass->difference, (Loose *) pass->weighted);
	}
	if (pass->completes)
		LANES(add_traces)(pass, rows, start, count);
	LANES(posteriors)(pass, rows, start, count);
	for (int c = 0; c < pass->k; c++)
		LANES(add_moments)(pass, rows, start, count, c);
}

#undef DENSITIES
#undef FEW_FEATURES
#undef Vector
#undef Mask
#undef Bits
#undef Loose
#undef VECTOR_ROWS
#undef TILE_ROWS
#undef SUM_VECTORS
#undef INLINE
#undef LANES
#undef LANES_JOIN
#undef LANES_JOIN_NAMES
#undef LANES_ISA
#undef LANES_BYTES
#undef LANES_TARGET
