/*
 * flat_dendrogram.h
 *	  The tree of a hierarchical clustering as one block of memory: the value
 *	  that is stored.
 */
#ifndef SEGMENT_FLAT_DENDROGRAM_H
#define SEGMENT_FLAT_DENDROGRAM_H

#include "dendrogram.h"
#include "linkage.h"
#include "scaling.h"

#define DENDROGRAM_FORMAT 1

/*
 * Without pointers or padding, so that equal values have equal bytes.
 *
 *	 header | offset[dim] unit[dim] | weight[n] | x[n * dim] | merge[n - 1]
 *
 * Everything after the header takes 8 bytes, a merge 16.  Leaves are distinct
 * rows, or the cells of a sketch, in input units, x[leaf * dim + feature]:
 * rows ascend lexicographically.  weight is an int64, the rows that a leaf
 * stands for.  Heights are in the fitted space, see scaling.h; what is beyond
 * a double is infinite.
 */
typedef struct Dendrogram
{
	int32		vl_len_;		/* the server's; not ours to touch */
	uint8		format;
	uint8		linkage;
	uint8		scale;
	uint8		reserved;		/* 0 */
	int32		n;				/* leaves, at least 1 */
	int32		dim;
	double		data[FLEXIBLE_ARRAY_MEMBER];
} Dendrogram;

/* A dendrogram with pointers into its block. */
typedef struct DendrogramParts
{
	int			n;
	int			dim;
	Scaling		scaling;
	int64	   *weight;
	double	   *x;
	Merge	   *merge;
} DendrogramParts;

extern bool dendrogram_is_possible(int64 n, int64 dim);
extern Size dendrogram_bytes(int n, int dim);
extern Dendrogram *dendrogram_create(int n, int dim);
extern Dendrogram *dendrogram_of(Linkage linkage, const Scaling *scaling, const Rows *leaves,
								 const Merge *merge);
extern DendrogramParts dendrogram_open(Dendrogram *dendrogram);
extern Rows dendrogram_rows(Dendrogram *dendrogram);
extern const char *dendrogram_problem(Dendrogram *dendrogram);

extern Size dendrogram_packed_bytes(const Dendrogram *dendrogram);
extern void dendrogram_pack(Dendrogram *dendrogram, uint8 *bytes);
extern const char *dendrogram_unpack(const uint8 *bytes, Size length, Dendrogram **dendrogram);

#endif							/* SEGMENT_FLAT_DENDROGRAM_H */
