/*
 * exact_sums.c
 *	  Sums of doubles, of their powers and of their products without any
 *	  rounding, and what follows from them.
 *
 * A finite double is an integer of 53 bits times a power of two that is
 * 2^-1074 at least; a product of f of them is an integer of 53 f bits times
 * 2^(-1074 f) at least.  These are added into fixed-point numbers that span
 * the whole range (Kulisch's accumulator; Neal, Fast Exact Summation Using
 * Small and Large Superaccumulators, arXiv:1505.05571).  So a result depends on
 * neither order nor grouping.  Central moments are differences of such sums,
 *	 D2 = n S2 - S1^2
 *	 D3 = n^2 S3 - 3 n S1 S2 + 2 S1^3
 *	 D4 = n^3 S4 - 4 n^2 S1 S3 + 6 n S1^2 S2 - 3 S1^4
 * and are taken as integers too: nothing cancels, however large a part the
 * values have in common, and only the last steps round.
 *
 * Skew and kurtosis are Fisher's, G1 and G2, as pandas, SAS and spreadsheets
 * give them (SciPy: bias=False): Joanes, Gill, The Statistician 47(1), 1998,
 * doi:10.1111/1467-9884.00122.
 *
 * 4 kB for the sums of four powers, some 15 additions of words for a value;
 * 1 kB and 6 additions for a product.  A result takes some 10^5 steps.
 */
#include "exact_sums.h"

typedef unsigned __int128 UWide;

/* An integer.  The largest are D4 and squares of D2, of 8,650 bits. */
#define BIG_WORDS 140

typedef struct Big
{
	bool		negative;
	int			n;				/* words in use: the last is not 0 */
	uint64		word[BIG_WORDS];	/* from the lowest up */
} Big;

/* ---- sums ---- */

/* sum += the number of n words at "word" times 2^position */
static inline void
add_words(uint64 *sum, const uint64 *word, const int n, int position)
{
	int			shift = position % 64;
	uint64		spill = 0;
	uint64		carry = 0;

	sum += position / 64;
	for (int i = 0; i < n; i++)
	{
		UWide		total = (UWide) sum[i] + (word[i] << shift | spill) + carry;

		spill = word[i] >> 1 >> (63 - shift);
		sum[i] = (uint64) total;
		carry = (uint64) (total >> 64);
	}
	do
	{
		UWide		total = (UWide) sum[n] + spill + carry;

		sum[n] = (uint64) total;
		carry = (uint64) (total >> 64);
		spill = 0;
		sum++;
	} while (carry != 0);
}

/* product[0..n] = a[0..n-1] * b */
static inline void
multiply_words(uint64 *product, const uint64 *a, const int n, uint64 b)
{
	UWide		rest = 0;

	for (int i = 0; i < n; i++)
	{
		rest += (UWide) a[i] * b;
		product[i] = (uint64) rest;
		rest >>= 64;
	}
	product[n] = (uint64) rest;
}

void
exact_add_powers(PowerSums *sums, ExactParts x)
{
	uint64		power[4];

	sums->n++;
	power[0] = x.mantissa;
	add_words(sums->first[x.negative], power, 1, x.position);
	multiply_words(power, power, 1, x.mantissa);
	add_words(sums->second, power, 2, 2 * x.position);
	multiply_words(power, power, 2, x.mantissa);
	add_words(sums->third[x.negative], power, 3, 3 * x.position);
	multiply_words(power, power, 3, x.mantissa);
	add_words(sums->fourth, power, 4, 4 * x.position);
}

void
exact_add_squares(SquareSums *sums, ExactParts x)
{
	uint64		power[2];

	add_words(sums->first[x.negative], &x.mantissa, 1, x.position);
	multiply_words(power, &x.mantissa, 1, x.mantissa);
	add_words(sums->second, power, 2, 2 * x.position);
}

/* Add a finite value. */
void
exact_add(ExactMoments *moments, double x)
{
	moments->n++;
	exact_add_squares(&moments->sums, exact_parts(x));
}

void
exact_add_product(ProductSums *sums, ExactParts x, ExactParts y)
{
	uint64		product[2];

	multiply_words(product, &x.mantissa, 1, y.mantissa);
	add_words(sums->product[x.negative != y.negative], product, 2, x.position + y.position);
}

void
exact_merge_powers(PowerSums *sums, const PowerSums *more)
{
	sums->n += more->n;
	for (int sign = 0; sign < 2; sign++)
	{
		add_words(sums->first[sign], more->first[sign], EXACT_WORDS(1) - 1, 0);
		add_words(sums->third[sign], more->third[sign], EXACT_WORDS(3) - 1, 0);
	}
	add_words(sums->second, more->second, EXACT_WORDS(2) - 1, 0);
	add_words(sums->fourth, more->fourth, EXACT_WORDS(4) - 1, 0);
}

void
exact_merge_squares(SquareSums *sums, const SquareSums *more)
{
	for (int sign = 0; sign < 2; sign++)
		add_words(sums->first[sign], more->first[sign], EXACT_WORDS(1) - 1, 0);
	add_words(sums->second, more->second, EXACT_WORDS(2) - 1, 0);
}

void
exact_merge(ExactMoments *moments, const ExactMoments *more)
{
	moments->n += more->n;
	exact_merge_squares(&moments->sums, &more->sums);
}

void
exact_merge_products(ProductSums *sums, const ProductSums *more)
{
	for (int sign = 0; sign < 2; sign++)
		add_words(sums->product[sign], more->product[sign], EXACT_WORDS(2) - 1, 0);
}

/* ---- integers ---- */

static void
trim(Big *a)
{
	while (a->n > 0 && a->word[a->n - 1] == 0)
		a->n--;
}

static Big
big_of(const uint64 *word, int n)
{
	Big			a = {.n = n};

	memcpy(a.word, word, sizeof(uint64) * n);
	trim(&a);
	return a;
}

/* Is |a| < |b|? */
static bool
is_smaller(const Big *a, const Big *b)
{
	if (a->n != b->n)
		return a->n < b->n;
	for (int i = a->n - 1; i >= 0; i--)
		if (a->word[i] != b->word[i])
			return a->word[i] < b->word[i];
	return false;
}

static Big
plus(Big a, Big b)
{
	bool		subtract = a.negative != b.negative;
	uint64		carry = 0;

	if (is_smaller(&a, &b))
	{
		Big			swap = a;

		a = b;
		b = swap;
	}
	for (int i = 0; i < a.n; i++)
	{
		UWide		other = (UWide) (i < b.n ? b.word[i] : 0) + carry;
		UWide		total = subtract ? (UWide) a.word[i] - other : (UWide) a.word[i] + other;

		a.word[i] = (uint64) total;
		carry = (total >> 64) != 0;
	}
	if (carry)
	{
		Assert(!subtract && a.n < BIG_WORDS);
		a.word[a.n++] = 1;
	}
	trim(&a);
	return a;
}

static Big
times(Big a, Big b)
{
	Big			product = {.negative = a.negative != b.negative, .n = a.n + b.n};

	Assert(product.n <= BIG_WORDS);
	for (int i = 0; i < a.n; i++)
	{
		UWide		rest = 0;

		for (int j = 0; j < b.n; j++)
		{
			rest += (UWide) a.word[i] * b.word[j] + product.word[i + j];
			product.word[i + j] = (uint64) rest;
			rest >>= 64;
		}
		product.word[i + b.n] = (uint64) rest;
	}
	trim(&product);
	return product;
}

static Big
times_small(Big a, int64 factor)
{
	uint64		size = factor < 0 ? -(uint64) factor : (uint64) factor;
	Big			b = big_of(&size, 1);

	b.negative = factor < 0;
	return times(a, b);
}

static Big
minus(Big a, Big b)
{
	b.negative = !b.negative;
	return plus(a, b);
}

/* The difference of the sums of positive and of negative terms. */
static Big
signed_sum(const uint64 *positive, const uint64 *negative, int n)
{
	return minus(big_of(positive, n), big_of(negative, n));
}

/* a * 2^unit, its first 64 bits rounded to a double. */
static Scaled
to_scaled(const Big *a, int unit)
{
	uint64		bits;
	int			zeros;
	int			e;
	double		m;

	if (a->n == 0)
		return (Scaled) {0, 0};
	bits = a->word[a->n - 1];
	zeros = __builtin_clzll(bits);
	bits <<= zeros;
	if (zeros > 0 && a->n > 1)
		bits |= a->word[a->n - 2] >> (64 - zeros);
	m = frexp((double) bits, &e);
	return (Scaled) {a->negative ? -m : m, unit + 64 * (a->n - 1) - zeros + e};
}

static Scaled
divide(Scaled a, Scaled b)
{
	int			e;
	double		m = frexp(a.m / b.m, &e);

	return (Scaled) {m, a.e - b.e + e};
}

static Scaled
square_root(Scaled a)
{
	int			odd = a.e & 1;
	int			e;
	double		m = frexp(sqrt(odd ? 2 * a.m : a.m), &e);

	return (Scaled) {m, (a.e - odd) / 2 + e};
}

/* a / n, for a count n. */
static Scaled
over(Scaled a, int64 n)
{
	return divide(a, (Scaled) {(double) n, 0});
}

static double
quotient(const Big *a, Scaled b)
{
	return scaled_at(divide(to_scaled(a, 0), b), 0);
}

/* ---- what follows ---- */

/* n^2 times the variance, for the divisor n: n S2 - S1^2. */
static Big
deviations(int64 n, const SquareSums *sums, Big sum)
{
	return minus(times_small(big_of(sums->second, EXACT_WORDS(2)), n), times(sum, sum));
}

static Big
sum_of(const SquareSums *sums)
{
	return signed_sum(sums->first[0], sums->first[1], EXACT_WORDS(1));
}

/* There must be a value at least. */
double
exact_mean(const ExactMoments *moments)
{
	Big			sum = sum_of(&moments->sums);

	Assert(moments->n > 0);
	return scaled_at(over(to_scaled(&sum, -1074), moments->n), 0);
}

/* For the divisor n - 1, of two values or more. */
Scaled
exact_variance(const ExactMoments *moments)
{
	int64		n = moments->n;
	Big			d2 = deviations(n, &moments->sums, sum_of(&moments->sums));

	Assert(n > 1);
	return over(over(to_scaled(&d2, -2 * 1074), n), n - 1);
}

/* The mean of a less that of b. */
Scaled
exact_difference(const ExactMoments *a, const ExactMoments *b)
{
	Big			difference = minus(times_small(sum_of(&a->sums), b->n), times_small(sum_of(&b->sums), a->n));

	Assert(a->n > 0 && b->n > 0);
	return over(over(to_scaled(&difference, -1074), a->n), b->n);
}

/* Mean from the first value on, sd from the second, skew from the third, kurtosis from the fourth. */
Shape
exact_shape(const PowerSums *sums)
{
	int64		n = sums->n;
	double		count = (double) n;
	Shape		shape = {NAN, NAN, NAN, NAN};
	Big			s1 = signed_sum(sums->first[0], sums->first[1], EXACT_WORDS(1));
	Big			s2 = big_of(sums->second, EXACT_WORDS(2));
	Big			s3 = signed_sum(sums->third[0], sums->third[1], EXACT_WORDS(3));
	Big			s4 = big_of(sums->fourth, EXACT_WORDS(4));
	Big			s1_squared = times(s1, s1);
	Big			d2 = minus(times_small(s2, n), s1_squared);
	Big			d2_squared = times(d2, d2);
	Scaled		mean = to_scaled(&s1, -1074);
	Scaled		variance = to_scaled(&d2, -2 * 1074);

	if (n < 1)
		return shape;
	mean.m /= count;
	shape.mean = scaled_at(mean, 0);
	if (n < 2)
		return shape;
	variance.m = variance.m / count / (count - 1);
	shape.sd = d2.n == 0 ? 0 : scaled_at(square_root(variance), 0);
	if (n < 3 || d2.n == 0)
		return shape;
	{
		Big			d3 = plus(minus(times_small(times_small(s3, n), n),
									times_small(times_small(times(s1, s2), n), 3)),
							  times_small(times(s1_squared, s1), 2));
		Scaled		d2_scaled = to_scaled(&d2, 0);
		Scaled		root = square_root(d2_scaled);
		double		g1 = scaled_at(divide(divide(to_scaled(&d3, 0), d2_scaled), root), 0);

		shape.skew = g1 * sqrt(count * (count - 1)) / (count - 2);
	}
	if (n < 4)
		return shape;
	{
		Big			d4 = minus(plus(minus(times_small(times_small(times_small(s4, n), n), n),
										  times_small(times_small(times_small(times(s1, s3), n), n), 4)),
									times_small(times_small(times(s1_squared, s2), n), 6)),
							   times_small(times(s1_squared, s1_squared), 3));
		Big			excess = minus(d4, times_small(d2_squared, 3));
		double		g2 = quotient(&excess, to_scaled(&d2_squared, 0));

		shape.kurtosis = (count - 1) / ((count - 2) * (count - 3)) * ((count + 1) * g2 + 6);
	}
	return shape;
}

/* Of n pairs of values, whose sums are given. */
Correlation
exact_correlation(int64 n, const SquareSums *x, const SquareSums *y, const ProductSums *xy)
{
	Big			sum_x = sum_of(x);
	Big			sum_y = sum_of(y);
	Big			d_x = deviations(n, x, sum_x);
	Big			d_y = deviations(n, y, sum_y);
	Big			d_xy = minus(times_small(signed_sum(xy->product[0], xy->product[1], EXACT_WORDS(2)), n),
							 times(sum_x, sum_y));
	Big			both;
	Big			rest;
	Scaled		scaled;
	Correlation result = {NAN, NAN};

	if (d_x.n == 0 || d_y.n == 0)
		return result;
	both = times(d_x, d_y);
	rest = minus(both, times(d_xy, d_xy));
	scaled = to_scaled(&both, 0);
	result.rest = quotient(&rest, scaled);
	result.r = quotient(&d_xy, square_root(scaled));
	result.r = Max(-1, Min(result.r, 1));
	return result;
}
