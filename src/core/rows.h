/*
 * rows.h
 *	  Rows in canonical form: sorted by value, equal rows merged.
 *
 * Everything random or order-dependent in the algorithms works on this form,
 * which is a function of the multiset of rows alone.  That is why the order
 * in which a table is stored, or read, cannot reach a label.
 */
#ifndef SEGMENT_ROWS_H
#define SEGMENT_ROWS_H

#include "core.h"

/* More features than any table has columns. */
#define MAX_FEATURES 32767

/* The label of a row that is in no cluster. */
#define NOISE (-1)

/* The most that rows can weigh together: up to it sums of weights are exact. */
#define MOST_WEIGHT (INT64_C(1) << 53)

/*
 * n distinct rows of dim features.  Features lie column by column, x[j * n + i]
 * for feature j of row i, so that a loop over rows reads consecutive memory.
 * Rows ascend lexicographically; weight[i] >= 1 counts the input rows that
 * are equal to row i, an integer.
 *
 * A row may also stand for a cell of a sketch: then x is the mean of its
 * rows, and variance[j * n + i] their variance around it.  NULL means that
 * all rows are themselves.
 */
typedef struct Rows
{
	int			n;
	int			dim;
	double	   *x;
	double	   *weight;
	double	   *variance;
} Rows;

extern Rows rows_canonical(const double *input, int n, int dim, int *row_of);
extern void rows_merge_equal(Rows *rows, int *row_of, int n_input);
extern bool rows_are_moderate(const Rows *rows);
extern int	rows_normalise(Rows *rows);
extern double rows_total_weight(const Rows *rows);
extern Rows rows_sample(const Rows *rows, int size, int64 seed);
extern void rows_free(Rows *rows);

extern void order_by_key(const double *key, int n, int *order);
extern Size order_memory(int64 n);
extern Size rows_memory(int64 n, int dim);

#endif							/* SEGMENT_ROWS_H */
