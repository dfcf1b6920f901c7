/*
 * flat_clusters_pack.c
 *	  The binary form of a clustering, and reading it from anywhere: the
 *	  header and the numbers, in network order.
 */
#include "flat_clusters.h"

#include "pack.h"

/* Five numbers of a byte, four of 4, five of 8. */
#define HEADER_BYTES (5 + 4 * 4 + 5 * 8)

Size
clustering_packed_bytes(const Clustering *clustering)
{
	return HEADER_BYTES + clustering_bytes(clustering) - offsetof(Clustering, data);
}

/* The float8s in their order: two runs, between which the sizes lie. */
static void
number_runs(const Clusters *c, double **start, Size *count)
{
	start[0] = c->scaling.offset;	/* the units follow at once */
	count[0] = 2 * (Size) c->dim;
	start[1] = c->inertia;		/* the radii, all cells, and a mixture, follow */
	count[1] = 2 * (Size) c->k + 3 * (Size) c->k * c->dim;
	if (c->is_mixture)
		count[1] += (Size) c->k + (Size) c->k * triangle_size(c->dim);
}

/* Write a clustering to clustering_packed_bytes() bytes. */
void
clustering_pack(Clustering *clustering, uint8 *bytes)
{
	Clusters	c = clustering_open(clustering);
	double	   *start[2];
	Size		count[2];

	pack_uint(&bytes, clustering->format, 1);
	pack_uint(&bytes, clustering->method, 1);
	pack_uint(&bytes, clustering->scale, 1);
	pack_uint(&bytes, clustering->covariance, 1);
	pack_uint(&bytes, (uint32) clustering->converged, 1);
	pack_uint(&bytes, (uint32) clustering->k, 4);
	pack_uint(&bytes, (uint32) clustering->dim, 4);
	pack_uint(&bytes, (uint32) clustering->iterations, 4);
	pack_uint(&bytes, (uint32) clustering->floored, 4);
	pack_double(&bytes, clustering->disagreement);
	pack_double(&bytes, clustering->inertia_lower);
	pack_double(&bytes, clustering->inertia_upper);
	pack_double(&bytes, clustering->log_likelihood);
	pack_double(&bytes, clustering->entropy);
	for (int i = 0; i < c.k; i++)
		pack_uint(&bytes, (uint64) c.size[i], 8);
	number_runs(&c, start, count);
	for (int run = 0; run < 2; run++)
		for (Size i = 0; i < count[run]; i++)
			pack_double(&bytes, start[run][i]);
}

/*
 * Read what clustering_pack wrote, or what anybody else did.  Returns NULL
 * and the clustering, or what is wrong with the bytes.  No memory is taken
 * for more numbers than there are bytes for.
 */
const char *
clustering_unpack(const uint8 *bytes, Size length, Clustering **clustering)
{
	Clustering	head = {0};
	Clustering *result;
	Clusters	c;
	double	   *start[2];
	Size		count[2];
	const char *problem;

	if (length < HEADER_BYTES)
		return "wrong length";
	head.format = unpack_uint(&bytes, 1);
	head.method = unpack_uint(&bytes, 1);
	head.scale = unpack_uint(&bytes, 1);
	head.covariance = unpack_uint(&bytes, 1);
	head.converged = (int32) unpack_uint(&bytes, 1);
	head.k = unpack_int32(&bytes);
	head.dim = unpack_int32(&bytes);
	head.iterations = unpack_int32(&bytes);
	head.floored = unpack_int32(&bytes);
	head.disagreement = unpack_double(&bytes);
	head.inertia_lower = unpack_double(&bytes);
	head.inertia_upper = unpack_double(&bytes);
	head.log_likelihood = unpack_double(&bytes);
	head.entropy = unpack_double(&bytes);
	if (head.format != CLUSTERING_FORMAT)
		return "unknown format";
	if (head.method >= METHODS)
		return "unknown method";
	if (!clustering_is_possible((ClusteringMethod) head.method, head.k, head.dim))
		return "impossible sizes";
	if (length != clustering_packed_bytes(&head))
		return "wrong length";

	result = clustering_create((ClusteringMethod) head.method, head.k, head.dim);
	memcpy(result, &head, offsetof(Clustering, data));
	c = clustering_open(result);
	for (int i = 0; i < c.k; i++)
		c.size[i] = unpack_int64(&bytes);
	number_runs(&c, start, count);
	for (int run = 0; run < 2; run++)
		for (Size i = 0; i < count[run]; i++)
			start[run][i] = unpack_double(&bytes);
	problem = clustering_problem(result);
	if (problem == NULL)
		*clustering = result;
	else
		pfree(result);
	return problem;
}
