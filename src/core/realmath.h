/*
 * realmath.h
 *	  Logarithm, exponential and the inverse hyperbolic sine, in plain
 *	  arithmetic.
 *
 * libm's differ in the last bit from machine to machine, and a last bit can
 * decide a label; these use only operations that IEEE 754 rounds correctly
 * (+ - * / sqrt, and exact scaling by powers of two), so every machine gives
 * the same bits.
 */
#ifndef SEGMENT_REALMATH_H
#define SEGMENT_REALMATH_H

#include "core.h"

extern double real_log(double x);
extern double real_log1p(double x);
extern double real_exp(double x);
extern double real_asinh(double x);
extern double real_sinh(double x);

#endif							/* SEGMENT_REALMATH_H */
