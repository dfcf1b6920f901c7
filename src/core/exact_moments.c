/*
 * exact_moments.c
 *	  Sums of doubles and of their squares without any rounding.
 *
 * A finite double is an integer of 53 bits times a power of two that is
 * 2^-1074 at least, and its square one of 106 bits; both are added into
 * fixed-point numbers that span the whole range of doubles (Kulisch's
 * accumulator, in the form of Neal, Fast Exact Summation Using Small and Large
 * Superaccumulators, arXiv:1505.05571).  So the result depends on neither
 * order nor grouping, and nothing cancels: the variance of values that share a
 * large common part, and the difference of two means that nearly agree, are
 * those of the values as given, rounded once at the end.
 *
 * 1.7 kB for a sum; some ten additions of integers for a value, O(1).
 */
#include "exact_moments.h"

#define LIMB_BITS 32
#define LIMB_MASK UINT64CONST(0xffffffff)

/* So many additions of up to 2^32 leave a limb within its 63 bits. */
#define MOST_PENDING (INT64_C(1) << 30)

/* A signed number in units of a power of two, for results: as many limbs as the largest of them needs. */
#define BIG_LIMBS (2 * EXACT_SUM_LIMBS + 4)

typedef struct Big
{
	bool		negative;
	uint32		limb[BIG_LIMBS];	/* from the lowest up */
} Big;

typedef unsigned __int128 UWide;

/* Carry what exceeds a limb to the next, rounding down, so that only the last is negative. */
static void
carry(int64 *limb, int n)
{
	for (int i = 0; i < n - 1; i++)
	{
		int64		low = limb[i] & LIMB_MASK;

		limb[i + 1] += (limb[i] - low) / (INT64_C(1) << LIMB_BITS);
		limb[i] = low;
	}
}

static void
make_carries(ExactMoments *moments)
{
	carry(moments->sum, EXACT_SUM_LIMBS);
	carry(moments->square, EXACT_SQUARE_LIMBS);
	moments->pending = 1;
}

/* Add a finite value. */
void
exact_add(ExactMoments *moments, double x)
{
	union
	{
		double		d;
		uint64		u;
	}			bits = {.d = x};
	int			exponent = (int) (bits.u >> 52) & 0x7ff;
	uint64		mantissa = bits.u & ((UINT64CONST(1) << 52) - 1);
	int			position;		/* of the mantissa's lowest bit, in units of 2^-1074 */
	int64	   *limb;
	UWide		shifted;
	UWide		square;

	Assert(exponent < 0x7ff);
	if (exponent > 0)
	{
		mantissa |= UINT64CONST(1) << 52;
		position = exponent - 1;
	}
	else
		position = 0;

	moments->n++;
	if (++moments->pending >= MOST_PENDING)
		make_carries(moments);

	limb = moments->sum + position / LIMB_BITS;
	shifted = (UWide) mantissa << position % LIMB_BITS;
	if (bits.u >> 63)
	{
		limb[0] -= (int64) ((uint64) shifted & LIMB_MASK);
		limb[1] -= (int64) ((uint64) (shifted >> 32) & LIMB_MASK);
		limb[2] -= (int64) (shifted >> 64);
	}
	else
	{
		limb[0] += (int64) ((uint64) shifted & LIMB_MASK);
		limb[1] += (int64) ((uint64) (shifted >> 32) & LIMB_MASK);
		limb[2] += (int64) (shifted >> 64);
	}

	/* 106 bits moved by up to 31: the lower and the upper 64 apart */
	square = (UWide) mantissa * mantissa;
	limb = moments->square + 2 * position / LIMB_BITS;
	shifted = (UWide) (uint64) square << 2 * position % LIMB_BITS;
	limb[0] += (int64) ((uint64) shifted & LIMB_MASK);
	limb[1] += (int64) ((uint64) (shifted >> 32) & LIMB_MASK);
	limb[2] += (int64) (shifted >> 64);
	shifted = (square >> 64) << 2 * position % LIMB_BITS;
	limb[2] += (int64) ((uint64) shifted & LIMB_MASK);
	limb[3] += (int64) ((uint64) (shifted >> 32) & LIMB_MASK);
	limb[4] += (int64) (shifted >> 64);
}

/* Add the values of "more" as well, whose form may change. */
void
exact_merge(ExactMoments *moments, ExactMoments *more)
{
	make_carries(moments);
	make_carries(more);
	moments->n += more->n;
	for (int i = 0; i < EXACT_SUM_LIMBS; i++)
		moments->sum[i] += more->sum[i];
	for (int i = 0; i < EXACT_SQUARE_LIMBS; i++)
		moments->square[i] += more->square[i];
	make_carries(moments);
}

/* A sum as sign and magnitude; carries have been made. */
static Big
big_of(const int64 *limb, int n)
{
	Big			big = {.negative = limb[n - 1] < 0};
	int64		borrow = 0;

	for (int i = 0; i < n; i++)
	{
		int64		digit = (big.negative ? -limb[i] : limb[i]) + borrow;

		big.limb[i] = (uint32) (digit & (int64) LIMB_MASK);
		borrow = (digit - (int64) big.limb[i]) / (INT64_C(1) << LIMB_BITS);
	}
	big.limb[n] = (uint32) borrow;
	return big;
}

/* big *= factor */
static void
big_multiply(Big *big, uint64 factor)
{
	UWide		rest = 0;

	for (int i = 0; i < BIG_LIMBS; i++)
	{
		rest += (UWide) big->limb[i] * factor;
		big->limb[i] = (uint32) rest;
		rest >>= LIMB_BITS;
	}
	Assert(rest == 0);
}

static void
big_square(const Big *a, Big *result)
{
	int			n = BIG_LIMBS / 2;

	memset(result, 0, sizeof(Big));
	for (int i = 0; i < n; i++)
	{
		uint64		rest = 0;

		if (a->limb[i] == 0)
			continue;
		for (int j = 0; j < n; j++)
		{
			rest += (uint64) a->limb[i] * a->limb[j] + result->limb[i + j];
			result->limb[i + j] = (uint32) rest;
			rest >>= LIMB_BITS;
		}
		for (int k = i + n; rest != 0 && k < BIG_LIMBS; k++)
		{
			rest += result->limb[k];
			result->limb[k] = (uint32) rest;
			rest >>= LIMB_BITS;
		}
	}
}

/* a -= b */
static void
big_subtract(Big *a, const Big *b)
{
	bool		add = a->negative != b->negative;
	int64		rest = 0;

	for (int i = 0; i < BIG_LIMBS; i++)
	{
		rest += (int64) a->limb[i] + (add ? (int64) b->limb[i] : -(int64) b->limb[i]);
		a->limb[i] = (uint32) (rest & (int64) LIMB_MASK);
		rest = (rest - (int64) a->limb[i]) / (INT64_C(1) << LIMB_BITS);
	}
	if (rest < 0)
	{
		/* b was larger: the complement is the difference */
		a->negative = !a->negative;
		rest = 1;
		for (int i = 0; i < BIG_LIMBS; i++)
		{
			rest += (int64) (uint32) ~a->limb[i];
			a->limb[i] = (uint32) (rest & (int64) LIMB_MASK);
			rest >>= LIMB_BITS;
		}
	}
}

static Scaled
scaled(double m, int e)
{
	int			more;

	m = frexp(m, &more);
	return (Scaled) {m, m == 0 ? 0 : e + more};
}

/* The number times 2^unit, its first 64 bits rounded to a double, and then divided by a and by b. */
static Scaled
big_quotient(const Big *big, int unit, double a, double b)
{
	int			top = BIG_LIMBS - 1;
	uint64		high;
	uint64		bits;
	int			zeros;
	double		m;

	while (top > 0 && big->limb[top] == 0)
		top--;
	high = (uint64) big->limb[top] << LIMB_BITS | (top > 0 ? big->limb[top - 1] : 0);
	if (high == 0)
		return (Scaled) {0, 0};
	zeros = __builtin_clzll(high);
	bits = high << zeros;
	if (top > 1 && zeros > 0)
		bits |= (uint64) big->limb[top - 2] >> (LIMB_BITS - zeros);
	m = (double) bits / a / b;
	return scaled(big->negative ? -m : m, unit + LIMB_BITS * (top - 1) - zeros);
}

/* There must be a value at least. */
double
exact_mean(ExactMoments *moments)
{
	Big			sum;

	Assert(moments->n > 0);
	make_carries(moments);
	sum = big_of(moments->sum, EXACT_SUM_LIMBS);
	return scaled_at(big_quotient(&sum, -1074, (double) moments->n, 1), 0);
}

/* (n sum(x^2) - sum(x)^2) / (n (n - 1)), of two values or more. */
Scaled
exact_variance(ExactMoments *moments)
{
	Big			sum;
	Big			squared;
	Big			squares;

	Assert(moments->n > 1);
	make_carries(moments);
	sum = big_of(moments->sum, EXACT_SUM_LIMBS);
	squares = big_of(moments->square, EXACT_SQUARE_LIMBS);
	big_square(&sum, &squared);
	big_multiply(&squares, moments->n);
	big_subtract(&squares, &squared);
	return big_quotient(&squares, -2148, (double) moments->n, (double) (moments->n - 1));
}

/* The mean of a less that of b. */
Scaled
exact_difference(ExactMoments *a, ExactMoments *b)
{
	Big			sum_a;
	Big			sum_b;

	Assert(a->n > 0 && b->n > 0);
	make_carries(a);
	make_carries(b);
	sum_a = big_of(a->sum, EXACT_SUM_LIMBS);
	sum_b = big_of(b->sum, EXACT_SUM_LIMBS);
	big_multiply(&sum_a, b->n);
	big_multiply(&sum_b, a->n);
	big_subtract(&sum_a, &sum_b);
	return big_quotient(&sum_a, -1074, (double) a->n, (double) b->n);
}
