/*
 * union_find.h
 *	  Disjoint sets of the numbers 0..n-1, under union.
 *
 * parent[i] is a number of the same set that is not above i, and i itself for
 * the least one, the set's root: begin with parent[i] = i.  A find halves the
 * path that it walks, so m operations take O(m log n) time at worst, and
 * hardly more than O(m) in practice.
 *
 * Tarjan, van Leeuwen: Worst-Case Analysis of Set Union Algorithms, Journal
 * of the ACM 31(2), 1984, doi:10.1145/62.2160.
 */
#ifndef SEGMENT_UNION_FIND_H
#define SEGMENT_UNION_FIND_H

#include "core.h"

static inline int
set_of(int *parent, int i)
{
	while (parent[i] != i)
	{
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* Make one set of those of a and b; returns its root. */
static inline int
set_union(int *parent, int a, int b)
{
	int			root_a = set_of(parent, a);
	int			root_b = set_of(parent, b);
	int			root = Min(root_a, root_b);

	parent[root_a] = parent[root_b] = root;
	return root;
}

#endif							/* SEGMENT_UNION_FIND_H */
