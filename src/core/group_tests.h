/*
 * group_tests.h
 *	  Do groups differ?  The classical tests.
 */
#ifndef SEGMENT_GROUP_TESTS_H
#define SEGMENT_GROUP_TESTS_H

#include "core.h"
#include "distributions.h"
#include "exact_sums.h"

/* What a test found; NaN where there is nothing to say. */
typedef struct TestResult
{
	bool		is_decided;		/* statistic and tail are known */
	double		statistic;
	double		df;
	double		df2;
	Tail		tail;
	double		effect_size;
} TestResult;

/* n values of groups 0 .. k-1, each of which has a value at least. */
typedef struct GroupedValues
{
	const double *value;
	const int  *group;
	int			n;
	int			k;
} GroupedValues;

/* One pair of categories that occurs, and how often. */
typedef struct TableCell
{
	int			row;
	int			column;
	int64		count;
} TableCell;

/* A contingency table: the cells that are not 0, and the totals, none of which is 0. */
typedef struct ContingencyTable
{
	const TableCell *cell;
	int64		ncells;
	const int64 *row_total;
	const int64 *column_total;
	int			rows;
	int			columns;
	int64		n;
} ContingencyTable;

extern TestResult test_welch_t(ExactMoments *first, ExactMoments *second);
extern TestResult test_welch_anova(ExactMoments *const *group, int k);
extern TestResult test_pooled_anova(ExactMoments *const *group, int k);
extern TestResult test_mann_whitney(const GroupedValues *values);
extern TestResult test_smirnov(const GroupedValues *values);
extern TestResult test_kruskal_wallis(const GroupedValues *values);
extern Size test_rank_memory(int64 n, int k);
extern TestResult test_chi_square(const ContingencyTable *table, double *least_expected);

#endif							/* SEGMENT_GROUP_TESTS_H */
