/*
 * fuzz_clustering.c
 *	  The binary form of clustering from anywhere: it is refused, or it places
 *	  rows and describes itself.
 */
#include "flat_clusters.h"

#include "fuzz.h"
#include "pack.h"

/* With more coordinates than this it is read and written, no more. */
#define LARGEST 4096

static void
claim_placed(Scorer *scorer, const double *row)
{
	double		distance;
	int			cluster = scorer_place(scorer, row, &distance);

	CLAIM(cluster >= 0 && cluster < scorer->clusters->k);
	CLAIM(distance >= 0);
	if (scorer->mixture)
	{
		double	   *probability = core_alloc(scorer->clusters->k, sizeof(double));
		double		entropy;
		double		log_density = scorer_log_density(scorer, row, &entropy);
		double		sum = 0;

		CLAIM(!isnan(log_density) && log_density < INFINITY);
		CLAIM(entropy >= 0);
		CLAIM(scorer_weigh(scorer, row, probability) == cluster);
		for (int i = 0; i < scorer->clusters->k; i++)
		{
			CLAIM(probability[i] >= 0 && probability[i] <= probability[cluster]);
			sum += probability[i];
		}
		CLAIM(fabs(sum - 1) < 1e-9);
	}
}

/*
 * Rows of any finite numbers have a place; a centroid is at no distance, if
 * the nearest one is the place.
 */
static void
check_scoring(const Clusters *c)
{
	static const double values[] = {0, 1, -1, 1e300, -DBL_MAX, DBL_MAX, 0x1p-1074, 1e-160};
	Scorer		scorer = scorer_create(c);
	double	   *row = core_alloc(c->dim, sizeof(double));

	for (int v = 0; v < (int) (sizeof(values) / sizeof(values[0])); v++)
	{
		for (int j = 0; j < c->dim; j++)
			row[j] = values[(v + j * v) % 8];
		claim_placed(&scorer, row);
	}
	for (int i = 0; i < c->k && i < 20 && !c->is_mixture; i++)
	{
		double		distance;
		int			cluster = scorer_place(&scorer, c->centroid + (Size) i * c->dim, &distance);

		CLAIM(cluster <= i && distance == 0);
	}
}

static void
check_description(const Clusters *c)
{
	double	   *z = core_alloc((Size) c->k * c->dim, sizeof(double));

	CLAIM(clusters_inertia(c) >= 0);
	clusters_z(c, z);
	for (int i = 0; i < c->k * c->dim; i++)
		CLAIM(!isnan(z[i]));
}

int
LLVMFuzzerTestOneInput(const uint8 *data, Size size)
{
	Clustering *clustering;

	if (clustering_unpack(data, size, &clustering) == NULL)
	{
		Clusters	c = clustering_open(clustering);
		uint8	   *again = core_alloc(1, clustering_packed_bytes(clustering));
		Clustering *copy;

		/* -0 has become 0, so that the first writing may differ */
		CLAIM(clustering_packed_bytes(clustering) == size);
		clustering_pack(clustering, again);
		CLAIM(clustering_unpack(again, size, &copy) == NULL);
		CLAIM(memcmp(copy, clustering, clustering_bytes(clustering)) == 0);
		if ((int64) c.k * c.dim <= LARGEST)
		{
			check_scoring(&c);
			check_description(&c);
		}
	}
	standalone_reset();
	return 0;
}

/* A number that may stand anywhere but among the sizes. */
static void
mend_double(uint8 *number, bool not_negative)
{
	if (not_negative)
		number[0] &= 0x7f;
	if ((number[0] & 0x7f) == 0x7f && number[1] >= 0xf0)
		number[1] &= 0xef;
}

/*
 * Few random bytes make a header that fits the rest.  So every other time the
 * header is made to fit, and the numbers to lie where they may.
 */
Size
LLVMFuzzerCustomMutator(uint8 *data, Size size, Size most, unsigned int seed)
{
	enum
	{
		K = 5, DIM = 9, COUNTS = 13, BOUNDS = 21, FIT = 45, HEADER = 61
	};
	Size		dim;
	Size		k;
	Size		numbers;
	Size		triangle;		/* of a mixture; 0: none */
	Size		of_cluster;
	uint8	   *at;

	size = LLVMFuzzerMutate(data, size, most);
	if (size < HEADER || seed % 2 == 0)
		return size;
	dim = 1 + data[DIM + 3] % 4;
	data[1] %= METHODS;
	triangle = data[1] == METHOD_GMM ? triangle_size((int) dim) : 0;
	of_cluster = 3 + 3 * dim + (triangle > 0 ? 1 + triangle : 0);
	numbers = (size - HEADER) / 8;
	if (numbers < 2 * dim + of_cluster)
		return size;
	k = (numbers - 2 * dim) / of_cluster;
	numbers = 2 * dim + k * of_cluster;
	data[0] = CLUSTERING_FORMAT;
	data[2] %= SCALE_METHODS;
	data[3] %= COVARIANCES;
	data[4] %= 2;
	if (triangle == 0)
	{
		data[3] = data[4] = 0;
		memset(data + COUNTS, 0, 8);
		memset(data + FIT, 0, 16);
	}
	else
	{
		data[COUNTS] &= 0x7f;
		data[COUNTS + 4] &= 0x7f;
		mend_double(data + FIT, false);
		mend_double(data + FIT + 8, true);
	}
	at = data + K;
	pack_uint(&at, k, 4);
	pack_uint(&at, dim, 4);
	if (data[1] != METHOD_HCLUST)
		memset(data + BOUNDS, 0, 8);
	for (Size i = 0; i < numbers; i++)
	{
		uint8	   *number = data + HEADER + 8 * i;
		Size		first_offset = k;
		Size		first_centroid = k + 2 * dim + 2 * k;
		Size		first_spread = first_centroid + 2 * k * dim;
		Size		first_weight = first_spread + k * dim;

		if (i < k)
			number[0] = number[1] = 0;	/* a size */
		else if (i >= first_weight && i < first_weight + k)
		{
			/* random weights hardly ever add up to 1 */
			at = number;
			pack_double(&at, 1 / (double) k);
		}
		else
			mend_double(number, i >= first_spread || (i < first_centroid && i >= first_offset + dim));
	}
	return HEADER + 8 * numbers;
}
