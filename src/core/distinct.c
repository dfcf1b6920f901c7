/*
 * distinct.c
 *	  How many different values there are: HyperLogLog.
 *
 * A register keeps the rarest hash of those that fall to it, and maxima do not
 * depend on order or grouping.  Flajolet, Fusy, Gandouet, Meunier, AofA 2007;
 * the estimate is Ertl's, arXiv:1702.01284 (algorithm 6), which needs no
 * tables and is good for any number of values.  A standard deviation is 0.8 %.
 */
#include "distinct.h"

/* Registers count up to the bits that are left, and one more. */
#define MOST_RUN (64 - DISTINCT_BITS)

void
distinct_merge(Distinct *distinct, const Distinct *more)
{
	for (int i = 0; i < DISTINCT_REGISTERS; i++)
		distinct->most[i] = Max(distinct->most[i], more->most[i]);
}

/* x + x^2 + 2 x^4 + 4 x^8 + ...; infinite for x = 1: no value at all */
static double
sigma(double x)
{
	double		power = 1;
	double		sum = x;
	double		before;

	do
	{
		before = sum;
		x *= x;
		sum += x * power;
		power += power;
	} while (sum != before && sum <= DBL_MAX);
	return sum;
}

/* (1 - x - (1 - x^(1/2))^2 / 2 - (1 - x^(1/4))^2 / 4 - ...) / 3 */
static double
tau(double x)
{
	double		power = 1;
	double		sum = 1 - x;
	double		before;

	if (x == 0 || x == 1)
		return 0;
	do
	{
		before = sum;
		x = sqrt(x);
		power /= 2;
		sum -= (1 - x) * (1 - x) * power;
	} while (sum != before);
	return sum / 3;
}

double
distinct_estimate(const Distinct *distinct)
{
	const double m = DISTINCT_REGISTERS;
	int			registers[MOST_RUN + 2] = {0};
	double		sum;

	for (int i = 0; i < DISTINCT_REGISTERS; i++)
		registers[distinct->most[i]]++;
	sum = m * tau(1 - registers[MOST_RUN + 1] / m);
	for (int run = MOST_RUN; run >= 1; run--)
		sum = (sum + registers[run]) / 2;
	sum += m * sigma(registers[0] / m);
	return sum <= DBL_MAX ? m * m / (2 * M_LN2 * sum) : 0;
}
