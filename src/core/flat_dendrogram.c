/*
 * flat_dendrogram.c
 *	  A dendrogram as one block of memory: its layout, and what its numbers
 *	  must keep wherever they came from.
 */
#include "flat_dendrogram.h"

static Size
data_count(Size n, Size dim)
{
	return 2 * dim + n + n * dim + 2 * (n - 1);
}

/* Does a dendrogram of n leaves of dim features fit a value? */
bool
dendrogram_is_possible(int64 n, int64 dim)
{
	return n >= 1 && n <= INT32_MAX && dim >= 1 && dim <= MAX_FEATURES &&
		data_count(n, dim) <= MaxAllocSize / sizeof(double) - 16;
}

Size
dendrogram_bytes(int n, int dim)
{
	return offsetof(Dendrogram, data) + data_count(n, dim) * sizeof(double);
}

/* One of all zeros, to be filled; n and dim are possible. */
Dendrogram *
dendrogram_create(int n, int dim)
{
	Dendrogram *dendrogram;

	Assert(dendrogram_is_possible(n, dim));
	dendrogram = core_alloc0(1, dendrogram_bytes(n, dim));
	dendrogram->format = DENDROGRAM_FORMAT;
	dendrogram->n = n;
	dendrogram->dim = dim;
	return dendrogram;
}

/* The parts of a dendrogram, as pointers into it. */
DendrogramParts
dendrogram_open(Dendrogram *dendrogram)
{
	Size		n = dendrogram->n;
	Size		dim = dendrogram->dim;
	double	   *offset = dendrogram->data;
	double	   *per_leaf = offset + 2 * dim;

	return (DendrogramParts) {
		.n = dendrogram->n,
		.dim = dendrogram->dim,
		.scaling = {
			.method = (ScaleMethod) dendrogram->scale,
			.dim = dendrogram->dim,
			.offset = offset,
			.unit = offset + dim,
		},
		.weight = (int64 *) per_leaf,
		.x = per_leaf + n,
		.merge = (Merge *) (per_leaf + n + n * dim),
	};
}

/* A tree over leaves, which are canonical, in one block. */
Dendrogram *
dendrogram_of(Linkage linkage, const Scaling *scaling, const Rows *leaves, const Merge *merge)
{
	int			n = leaves->n;
	int			dim = leaves->dim;
	Dendrogram *dendrogram = dendrogram_create(n, dim);
	DendrogramParts parts = dendrogram_open(dendrogram);

	dendrogram->linkage = linkage;
	dendrogram->scale = scaling->method;
	memcpy(parts.scaling.offset, scaling->offset, sizeof(double) * dim);
	memcpy(parts.scaling.unit, scaling->unit, sizeof(double) * dim);
	for (int i = 0; i < n; i++)
	{
		parts.weight[i] = (int64) leaves->weight[i];
		for (int j = 0; j < dim; j++)
			parts.x[(Size) i * dim + j] = leaves->x[(Size) j * n + i];
	}
	memcpy(parts.merge, merge, sizeof(Merge) * (n - 1));
	return dendrogram;
}

/* The leaves as rows, in memory of their own. */
Rows
dendrogram_rows(Dendrogram *dendrogram)
{
	DendrogramParts parts = dendrogram_open(dendrogram);
	int			n = parts.n;
	int			dim = parts.dim;
	Rows		rows = {
		.n = n,
		.dim = dim,
		.x = core_alloc(n, mul_size(dim, sizeof(double))),
		.weight = core_alloc(n, sizeof(double)),
	};

	for (int i = 0; i < n; i++)
	{
		rows.weight[i] = (double) parts.weight[i];
		for (int j = 0; j < dim; j++)
			rows.x[(Size) j * n + i] = parts.x[(Size) i * dim + j];
	}
	return rows;
}

/* Are all finite?  -0 becomes +0. */
static bool
are_finite(double *value, Size n)
{
	for (Size i = 0; i < n; i++)
	{
		if (!(fabs(value[i]) <= DBL_MAX))
			return false;
		value[i] += 0.0;
	}
	return true;
}

/* Do the leaves ascend, and count no more rows than sums of weights can? */
static bool
are_leaves(const DendrogramParts *parts)
{
	int64		rows = 0;

	for (int i = 0; i < parts->n; i++)
	{
		const double *x = parts->x + (Size) i * parts->dim;

		if (parts->weight[i] < 1 || parts->weight[i] > MOST_WEIGHT - rows)
			return false;
		rows += parts->weight[i];
		if (i > 0)
		{
			int			j = 0;

			while (j < parts->dim && x[j - parts->dim] == x[j])
				j++;
			if (j == parts->dim || x[j - parts->dim] > x[j])
				return false;
		}
	}
	return true;
}

/*
 * Do the merges make one tree of all leaves, each of two clusters that are
 * there, and do heights ascend where the linkage has no inversions?
 */
static bool
is_tree(const DendrogramParts *parts, Linkage linkage)
{
	bool		ascends = !linkage_may_invert(linkage);
	bool	   *gone = core_alloc0(parts->n, sizeof(bool));
	double		before = 0;
	bool		valid = true;

	for (int step = 0; valid && step < parts->n - 1; step++)
	{
		Merge	   *m = &parts->merge[step];

		valid = m->low >= 0 && m->low < m->high && m->high < parts->n &&
			!gone[m->low] && !gone[m->high] && m->height >= 0 &&
			(!ascends || m->height >= before);
		if (valid)
		{
			m->height += 0.0;
			before = m->height;
			gone[m->high] = true;
		}
	}
	pfree(gone);
	return valid;
}

/*
 * What the code relies on and a dendrogram, whose n and dim fit its length,
 * does not keep; NULL if it keeps all.
 */
const char *
dendrogram_problem(Dendrogram *dendrogram)
{
	DendrogramParts parts = dendrogram_open(dendrogram);

	if (dendrogram->linkage >= LINKAGES)
		return "unknown linkage";
	if (dendrogram->scale >= SCALE_METHODS)
		return "unknown scale";
	if (!are_finite(parts.scaling.offset, 2 * (Size) parts.dim))
		return "an offset or a unit must be finite";
	for (int j = 0; j < parts.dim; j++)
		if (parts.scaling.unit[j] <= 0)
			return "a unit must be above 0";
	if (!are_finite(parts.x, (Size) parts.n * parts.dim))
		return "features must be finite";
	if (!are_leaves(&parts))
		return "leaves must ascend, and stand for at least one row each and 2^53 together";
	if (!is_tree(&parts, (Linkage) dendrogram->linkage))
		return "the merges do not make a tree";
	return NULL;
}
