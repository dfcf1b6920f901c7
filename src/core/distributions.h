/*
 * distributions.h
 *	  Tails of the distributions that test statistics have.
 */
#ifndef SEGMENT_DISTRIBUTIONS_H
#define SEGMENT_DISTRIBUTIONS_H

#include "core.h"

/* A probability, and its common logarithm, which is there where p underflows to 0. */
typedef struct Tail
{
	double		p;
	double		log10_p;
} Tail;

/* Up to this size of both samples, and without ties, U has its exact distribution, as in R. */
#define MANN_WHITNEY_EXACT 49

/* While the product of the sizes is below, D has its exact distribution, as in R. */
#define SMIRNOV_EXACT 10000

extern Tail tail_chi_square(double x, double df);
extern Tail tail_normal(double z);
extern Tail tail_f(double f, double df1, double df2);
extern Tail tail_student(double t, double df);
extern Tail tail_kolmogorov(double x);
extern Tail tail_smirnov(int64 d, int m, int n, const bool *is_last);
extern Tail tail_mann_whitney(int u, int m, int n);

#endif							/* SEGMENT_DISTRIBUTIONS_H */
