/*
 * linkage.c
 *	  The tree of agglomerative clustering, by any linkage: which algorithm
 *	  makes it.
 *
 * Each linkage has one algorithm, whatever the number of rows, so that the
 * choice cannot be seen in the result.  Ward, single and average_squared need
 * linear memory; the others store the distances of all pairs.
 */
#include "linkage.h"

#include "spanning_tree.h"
#include "triangle.h"
#include "ward.h"

/*
 * The n - 1 merges of n >= 1 normalised canonical rows, each after those that
 * made its clusters; heights ascend unless the linkage may invert.
 */
void
linkage_tree(const Rows *rows, Linkage linkage, Merge *merge)
{
	switch (linkage)
	{
		case LINKAGE_WARD:
			ward_tree(rows, merge);
			break;
		case LINKAGE_AVERAGE_SQUARED:
			average_squared_tree(rows, merge);
			break;
		case LINKAGE_SINGLE:
			single_linkage_tree(rows, merge);
			break;
		default:
			triangle_tree(rows, linkage, merge);
	}
}

/* Bytes that linkage_tree needs for n distinct rows of dim features, the merges included. */
Size
linkage_memory(Linkage linkage, int64 n, int dim)
{
	switch (linkage)
	{
		case LINKAGE_WARD:
		case LINKAGE_AVERAGE_SQUARED:
			return ward_memory(n, dim);
		case LINKAGE_SINGLE:
			return add_size(spanning_tree_memory(n, dim), mul_size(n, sizeof(Merge)));
		default:
			return triangle_memory(n);
	}
}

/* Is its memory? */
bool
linkage_is_linear(Linkage linkage)
{
	return linkage == LINKAGE_WARD || linkage == LINKAGE_AVERAGE_SQUARED ||
		linkage == LINKAGE_SINGLE;
}

/* Can a merge lie below one of the merges that made its clusters? */
bool
linkage_may_invert(Linkage linkage)
{
	return linkage == LINKAGE_CENTROID || linkage == LINKAGE_MEDIAN;
}
