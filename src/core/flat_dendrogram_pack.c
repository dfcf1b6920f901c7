/*
 * flat_dendrogram_pack.c
 *	  The binary form of a dendrogram, and reading it from anywhere: the
 *	  header and the numbers, in network order.
 */
#include "flat_dendrogram.h"

#include "pack.h"

/* Three numbers of a byte, two of 4. */
#define HEADER_BYTES (3 + 2 * 4)

/* All but the header takes as much as in memory. */
static Size
packed_bytes(int n, int dim)
{
	return HEADER_BYTES + dendrogram_bytes(n, dim) - offsetof(Dendrogram, data);
}

Size
dendrogram_packed_bytes(const Dendrogram *dendrogram)
{
	return packed_bytes(dendrogram->n, dendrogram->dim);
}

/* Write a dendrogram to dendrogram_packed_bytes() bytes. */
void
dendrogram_pack(Dendrogram *dendrogram, uint8 *bytes)
{
	DendrogramParts parts = dendrogram_open(dendrogram);

	pack_uint(&bytes, dendrogram->format, 1);
	pack_uint(&bytes, dendrogram->linkage, 1);
	pack_uint(&bytes, dendrogram->scale, 1);
	pack_uint(&bytes, (uint32) dendrogram->n, 4);
	pack_uint(&bytes, (uint32) dendrogram->dim, 4);
	for (int j = 0; j < 2 * parts.dim; j++)
		pack_double(&bytes, parts.scaling.offset[j]);
	for (int i = 0; i < parts.n; i++)
		pack_uint(&bytes, (uint64) parts.weight[i], 8);
	for (Size i = 0; i < (Size) parts.n * parts.dim; i++)
		pack_double(&bytes, parts.x[i]);
	for (int step = 0; step < parts.n - 1; step++)
	{
		pack_uint(&bytes, (uint32) parts.merge[step].low, 4);
		pack_uint(&bytes, (uint32) parts.merge[step].high, 4);
		pack_double(&bytes, parts.merge[step].height);
	}
}

/*
 * Read what dendrogram_pack wrote, or what anybody else did.  Returns NULL
 * and the dendrogram, or what is wrong with the bytes.  No memory is taken
 * for more numbers than there are bytes for.
 */
const char *
dendrogram_unpack(const uint8 *bytes, Size length, Dendrogram **dendrogram)
{
	Dendrogram	head = {0};
	Dendrogram *result;
	DendrogramParts parts;
	const char *problem;

	if (length < HEADER_BYTES)
		return "wrong length";
	head.format = unpack_uint(&bytes, 1);
	head.linkage = unpack_uint(&bytes, 1);
	head.scale = unpack_uint(&bytes, 1);
	head.n = unpack_int32(&bytes);
	head.dim = unpack_int32(&bytes);
	if (head.format != DENDROGRAM_FORMAT)
		return "unknown format";
	if (!dendrogram_is_possible(head.n, head.dim))
		return "impossible sizes";
	if (length != packed_bytes(head.n, head.dim))
		return "wrong length";

	result = dendrogram_create(head.n, head.dim);
	memcpy(result, &head, offsetof(Dendrogram, data));
	parts = dendrogram_open(result);
	for (int j = 0; j < 2 * parts.dim; j++)
		parts.scaling.offset[j] = unpack_double(&bytes);
	for (int i = 0; i < parts.n; i++)
		parts.weight[i] = unpack_int64(&bytes);
	for (Size i = 0; i < (Size) parts.n * parts.dim; i++)
		parts.x[i] = unpack_double(&bytes);
	for (int step = 0; step < parts.n - 1; step++)
	{
		parts.merge[step].low = unpack_int32(&bytes);
		parts.merge[step].high = unpack_int32(&bytes);
		parts.merge[step].height = unpack_double(&bytes);
	}
	problem = dendrogram_problem(result);
	if (problem == NULL)
		*dendrogram = result;
	else
		pfree(result);
	return problem;
}
