/*
 * fuzz_dendrogram.c
 *	  The binary form of dendrogram from anywhere: it is refused, or all that
 *	  can be read from a dendrogram can be read from it.
 */
#include "clusters.h"
#include "flat_dendrogram.h"

#include "fuzz.h"
#include "pack.h"

/* The pairs of leaves of a larger one are not looked at. */
#define LARGEST_PAIRS 200

/* The clusters of a cut have all labels from 0 to k - 1, and can be numbered by their centroids. */
static void
claim_labels(Dendrogram *d, int *label, int k)
{
	DendrogramParts t = dendrogram_open(d);
	Rows		leaves = dendrogram_rows(d);
	Clusters	clusters = clusters_alloc(k, t.dim);

	CLAIM(k >= 1 && k <= t.n);
	clusters.scaling = t.scaling;
	for (int turn = 0; turn < 2; turn++)
	{
		bool	   *used = core_alloc0(k, sizeof(bool));
		int			nused = 0;

		for (int i = 0; i < t.n; i++)
		{
			CLAIM(label[i] >= 0 && label[i] < k);
			nused += !used[label[i]];
			used[label[i]] = true;
		}
		CLAIM(nused == k);
		if (turn == 0)
			clusters_number(&clusters, &leaves, label);
	}
}

static void
check_cuts(Dendrogram *d)
{
	DendrogramParts t = dendrogram_open(d);
	int		   *label = core_alloc(t.n, sizeof(int));
	const int	k[] = {1, Min(2, t.n), (t.n + 1) / 2, Max(1, t.n - 1), t.n};
	double		most = 0;
	int			all;

	for (int i = 0; i < (int) (sizeof(k) / sizeof(k[0])); i++)
	{
		CLAIM(dendrogram_cut_at_count(t.merge, t.n, k[i], label) == k[i]);
		claim_labels(d, label, k[i]);
	}
	for (int step = 0; step < t.n - 1; step++)
		most = Max(most, t.merge[step].height);
	for (int step = 0; step < t.n - 1; step += 1 + t.n / 8)
		claim_labels(d, label,
					 dendrogram_cut_at_height(t.merge, t.n, t.merge[step].height, label));
	claim_labels(d, label, dendrogram_cut_at_height(t.merge, t.n, 0, label));
	all = dendrogram_cut_at_height(t.merge, t.n, most, label);
	CLAIM(all == 1);
}

/* Every leaf and every step but the last is merged once; the last step has all rows. */
static void
check_steps(const DendrogramParts *t)
{
	int			n = t->n;
	int		   *left = core_alloc(n, sizeof(int));
	int		   *right = core_alloc(n, sizeof(int));
	int64	   *size = core_alloc(n, sizeof(int64));
	bool	   *merged = core_alloc0(2 * (Size) n, sizeof(bool));	/* [n + id] */
	int64		rows = 0;

	dendrogram_steps(t->merge, t->weight, n, left, right, size);
	for (int step = 0; step < n - 1; step++)
	{
		int			part[2] = {left[step], right[step]};

		CLAIM(part[0] < 0 ? part[1] > 0 || part[1] < part[0] : part[1] > part[0]);
		for (int p = 0; p < 2; p++)
		{
			CLAIM(part[p] != 0 && part[p] >= -n && part[p] <= step);
			CLAIM(!merged[n + part[p]]);
			merged[n + part[p]] = true;
		}
	}
	for (int i = 0; i < n; i++)
		rows += t->weight[i];
	CLAIM(n == 1 || size[n - 2] == rows);
}

static void
check_order(const DendrogramParts *t)
{
	int		   *order = core_alloc(t->n, sizeof(int));
	bool	   *there = core_alloc0(t->n, sizeof(bool));

	dendrogram_leaf_order(t->merge, t->n, order);
	for (int i = 0; i < t->n; i++)
	{
		CLAIM(order[i] >= 0 && order[i] < t->n && !there[order[i]]);
		there[order[i]] = true;
	}
}

static void
check_numbers(Dendrogram *d)
{
	DendrogramParts t = dendrogram_open(d);
	int			inversions = dendrogram_inversions(t.merge, t.n);
	int			k = dendrogram_suggest_k(t.merge, t.n);

	CLAIM(inversions >= 0 && inversions <= Max(0, t.n - 2));
	CLAIM(inversions == 0 || linkage_may_invert((Linkage) d->linkage));
	CLAIM(k == 1 || (k <= 20 && k < t.n));
	if (t.n <= LARGEST_PAIRS)
	{
		Rows		leaves = dendrogram_rows(d);
		Rows		scaled = scaling_rows(&t.scaling, &leaves);
		double		correlation;

		rows_normalise(&scaled);
		correlation = dendrogram_cophenetic(t.merge, &scaled);
		CLAIM(isnan(correlation) || (correlation >= -1 && correlation <= 1));
	}
}

int
LLVMFuzzerTestOneInput(const uint8 *data, Size size)
{
	Dendrogram *d;

	if (dendrogram_unpack(data, size, &d) == NULL)
	{
		DendrogramParts t = dendrogram_open(d);
		uint8	   *again = core_alloc(1, dendrogram_packed_bytes(d));
		Dendrogram *copy;

		/* -0 has become 0, so that the first writing may differ */
		CLAIM(dendrogram_packed_bytes(d) == size);
		dendrogram_pack(d, again);
		CLAIM(dendrogram_unpack(again, size, &copy) == NULL);
		CLAIM(memcmp(copy, d, dendrogram_bytes(t.n, t.dim)) == 0);
		check_cuts(d);
		check_steps(&t);
		check_order(&t);
		check_numbers(d);
	}
	standalone_reset();
	return 0;
}

enum
{
	N = 3, DIM = 7, HEADER = 11
};

static double
read_double(const uint8 *number)
{
	return unpack_double(&number);
}

/* Finite, and where asked not negative. */
static void
mend_double(uint8 *number, bool not_negative)
{
	if (not_negative)
		number[0] &= 0x7f;
	if ((number[0] & 0x7f) == 0x7f && number[1] >= 0xf0)
		number[1] &= 0xef;
}

/* Leaves of "bytes" bytes in ascending order, by insertion. */
static void
sort_leaves(uint8 *x, Size n, Size bytes)
{
	uint8		leaf[64];

	for (Size i = 1; i < n; i++)
	{
		Size		at = i;

		memcpy(leaf, x + i * bytes, bytes);
		for (; at > 0; at--)
		{
			const uint8 *before = x + (at - 1) * bytes;
			Size		j = 0;

			while (j < bytes && read_double(before + j) == read_double(leaf + j))
				j += 8;
			if (j == bytes || read_double(before + j) < read_double(leaf + j))
				break;
			memcpy(x + at * bytes, before, bytes);
		}
		memcpy(x + at * bytes, leaf, bytes);
	}
}

/* Merges of two names that are there, chosen by what the names were; heights as the linkage wants. */
static void
mend_merges(uint8 *merge, Size n, bool ascends)
{
	uint32		name[300];
	double		before = 0;

	for (Size i = 0; i < n; i++)
		name[i] = (uint32) i;
	for (Size step = 0; step + 1 < n; step++, merge += 16)
	{
		Size		left = n - step;
		const uint8 *from = merge;
		Size		low = unpack_uint(&from, 4) % (left - 1);
		Size		high = low + 1 + unpack_uint(&from, 4) % (left - 1 - low);
		uint8	   *at = merge;

		/* names ascend, so the lower one comes first */
		pack_uint(&at, name[low], 4);
		pack_uint(&at, name[high], 4);
		for (Size i = high; i + 1 < left; i++)
			name[i] = name[i + 1];
		at[0] &= 0x7f;
		if (!(read_double(at) >= (ascends ? before : 0)))
			pack_double(&at, before);
		else
			before = read_double(at);
	}
}

/*
 * Few random bytes make a header that fits the rest, and fewer a tree.  So
 * every other time the header is made to fit, and all numbers to be such as
 * they have to be.
 */
Size
LLVMFuzzerCustomMutator(uint8 *data, Size size, Size most, unsigned int seed)
{
	Size		dim;
	Size		n;
	Size		numbers;
	uint8	   *at;

	size = LLVMFuzzerMutate(data, size, most);
	if (size < HEADER || seed % 2 == 0)
		return size;
	dim = 1 + data[DIM + 3] % 4;
	numbers = (size - HEADER) / 8;
	if (numbers < 2 * dim + 1 + dim)
		return size;
	n = Min(300, (numbers + 2 - 2 * dim) / (dim + 3));
	data[0] = DENDROGRAM_FORMAT;
	data[1] %= LINKAGES;
	data[2] %= SCALE_METHODS;
	at = data + N;
	pack_uint(&at, n, 4);
	pack_uint(&at, dim, 4);
	for (Size j = 0; j < 2 * dim; j++, at += 8)
	{
		mend_double(at, j >= dim);
		at[7] |= j >= dim;
	}
	for (Size i = 0; i < n; i++, at += 8)
	{
		at[0] = at[1] = 0;		/* a weight */
		at[7] |= 1;
	}
	for (Size i = 0; i < n * dim; i++)
		mend_double(at + 8 * i, false);
	sort_leaves(at, n, 8 * dim);
	at += 8 * n * dim;
	mend_merges(at, n, !linkage_may_invert((Linkage) data[1]));
	return (Size) (at - data) + 16 * (n - 1);
}
