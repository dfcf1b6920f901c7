/*
 * corpus.c
 *	  Writes the inputs from which the fuzzers start: corpus DIRECTORY.
 *
 * Values as the extension makes them, one file for each kind, so that the
 * fuzzers need not find out by themselves what a value looks like.
 */
#include "fit.h"
#include "flat_clusters.h"
#include "sketch.h"

static const char *directory;

static void
write_file(const char *fuzzer, const char *name, const uint8 *bytes, Size size)
{
	char		path[1000];
	FILE	   *file;

	snprintf(path, sizeof(path), "%s/%s/%s", directory, fuzzer, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
	{
		perror(path);
		exit(1);
	}
}

/* n rows of some spread: row i. */
static void
make_row(int i, int dim, double *row)
{
	for (int j = 0; j < dim; j++)
		row[j] = (i * 37 + j * 11) % 101 * (j % 2 ? -0.25 : 3.0);
}

/* Add one empty sketch, or one of n rows, to the corpus, and its clustering. */
static void
write_sketch(const char *name, int dim, int size, const int32 *frame, int n)
{
	SketchShape shape = {dim, size, frame ? SKETCH_FRAME : SKETCH_FLOAT, 0, frame};
	Sketch	   *open = sketch_create(&shape);
	Sketch	   *s;
	double		row[4];
	uint8	   *bytes;

	for (int i = 0; i < n; i++)
	{
		make_row(i, dim, row);
		if (sketch_add(&open, row) != SKETCH_DONE)
			abort();
	}
	if (sketch_close(open, &s) != SKETCH_DONE)
		abort();
	bytes = core_alloc(1, sketch_packed_bytes(s));
	sketch_pack(s, bytes);
	write_file("fuzz_sketch", name, bytes, sketch_packed_bytes(s));
}

/* Make a mixture of clusters, of some covariance. */
static void
make_mixture(Clusters *clusters, int rows, Covariance covariance)
{
	Size		triangle = triangle_size(clusters->dim);

	clusters->is_mixture = true;
	clusters->mixture = mixture_alloc(clusters->k, clusters->dim, covariance);
	clusters->fit = (MixtureFit) {.log_likelihood = -12.5, .entropy = 3, .iterations = 7,
		.floored = 1, .converged = true};
	for (int c = 0; c < clusters->k; c++)
	{
		double	   *factor = clusters->mixture.factor + c * triangle;

		clusters->mixture.weight[c] = (double) clusters->size[c] / rows;
		for (int i = 0; i < clusters->dim; i++)
			for (int j = 0; j <= i; j++)
				factor[triangle_at(i, j)] = i == j ? 2 : covariance == COVARIANCE_FULL ? -c : 0;
	}
}

static void
write_clustering(const char *name, int dim, int k, ScaleMethod scale, ClusteringMethod method)
{
	enum
	{
		N = 60
	};
	KMeansOptions options = {.k = k, .scale = scale, .n_init = 1, .max_iter = 20};
	double	   *input = core_alloc(N * dim, sizeof(double));
	int			label[N];
	Clusters	clusters;
	FitFacts	facts;
	Clustering *clustering;
	uint8	   *bytes;

	for (int i = 0; i < N; i++)
		make_row(i, dim, input + i * dim);
	if (!fit_kmeans(input, N, dim, &options, SIZE_MAX, label, &clusters, &facts))
		abort();
	if (method == METHOD_GMM)
		make_mixture(&clusters, N, (Covariance) (k % COVARIANCES));
	clustering = clustering_of(method, &clusters, method == METHOD_HCLUST ? 0.125 : 0);
	bytes = core_alloc(1, clustering_packed_bytes(clustering));
	clustering_pack(clustering, bytes);
	write_file("fuzz_clustering", name, bytes, clustering_packed_bytes(clustering));
}

/* "factor" makes the rows larger or smaller. */
static void
write_dendrogram(const char *name, int dim, int n, double factor, Linkage linkage, ScaleMethod scale)
{
	HclustOptions options = {.linkage = linkage, .scale = scale};
	double	   *input = core_alloc(n, sizeof(double) * dim);
	Dendrogram *dendrogram;
	FitFacts	facts;
	uint8	   *bytes;

	for (int i = 0; i < n; i++)
		make_row(i, dim, input + i * dim);
	for (int i = 0; i < n * dim; i++)
		input[i] *= factor;
	if (!fit_dendrogram(input, n, dim, &options, SIZE_MAX, &dendrogram, &facts))
		abort();
	bytes = core_alloc(1, dendrogram_packed_bytes(dendrogram));
	dendrogram_pack(dendrogram, bytes);
	write_file("fuzz_dendrogram", name, bytes, dendrogram_packed_bytes(dendrogram));
}

/* See fuzz_sketch_order.c for what the bytes mean. */
static void
write_order(const char *name, uint8 kind, uint8 size, int values, uint8 exponents)
{
	uint8	   *bytes = core_alloc0(9 + 2 * (Size) values, 1);

	bytes[0] = kind;
	bytes[1] = size;
	for (int i = 2; i < 6; i++)
		bytes[i] = 128 - 10;	/* the frame */
	bytes[6] = bytes[7] = 100;	/* the cuts */
	for (int i = 0; i < values; i++)
	{
		bytes[9 + 2 * i] = (uint8) (i * 37);
		bytes[10 + 2 * i] = (uint8) (128 + i * 7 / 50 % exponents);
	}
	write_file("fuzz_sketch_order", name, bytes, 9 + 2 * (Size) values);
}

int
main(int argc, char **argv)
{
	static const int32 frame[4] = {-3, 0, -20, 2};

	if (argc != 2)
		return 2;
	directory = argv[1];

	write_sketch("empty", 2, 10, NULL, 0);
	write_sketch("rows-1", 1, 20, NULL, 12);
	write_sketch("rows-3", 3, 20, NULL, 15);
	write_sketch("rows-frame", 2, 100, frame, 30);
	write_sketch("cells-1", 1, 5, NULL, 300);
	write_sketch("cells-2", 2, 8, NULL, 300);
	write_sketch("cells-4", 4, 6, NULL, 300);
	write_sketch("cells-frame", 2, 8, frame, 300);
	write_sketch("one-cell", 2, 1, NULL, 300);

	write_clustering("kmeans", 2, 3, SCALE_NONE, METHOD_KMEANS);
	write_clustering("one-feature", 1, 5, SCALE_MINMAX, METHOD_KMEANS);
	write_clustering("one-cluster", 3, 1, SCALE_ZSCORE, METHOD_KMEANS);
	write_clustering("log", 2, 2, SCALE_LOG, METHOD_KMEANS);
	write_clustering("hclust", 4, 2, SCALE_ROBUST, METHOD_HCLUST);
	write_clustering("gmm-full", 2, 4, SCALE_NONE, METHOD_GMM);
	write_clustering("gmm-tied", 3, 1, SCALE_ZSCORE, METHOD_GMM);
	write_clustering("gmm-diag", 2, 2, SCALE_LOG, METHOD_GMM);
	write_clustering("gmm-spherical", 1, 3, SCALE_MINMAX, METHOD_GMM);

	write_dendrogram("one-leaf", 2, 1, 1, LINKAGE_WARD, SCALE_NONE);
	write_dendrogram("two-leaves", 1, 2, 1, LINKAGE_MEDIAN, SCALE_MINMAX);
	write_dendrogram("ward", 2, 30, 1, LINKAGE_WARD, SCALE_NONE);
	write_dendrogram("single", 4, 20, 1, LINKAGE_SINGLE, SCALE_ZSCORE);
	write_dendrogram("centroid", 2, 40, 1, LINKAGE_CENTROID, SCALE_LOG);
	write_dendrogram("weighted", 3, 12, 1e-300, LINKAGE_WEIGHTED, SCALE_ROBUST);
	write_dendrogram("beyond-float8", 2, 25, 5e305, LINKAGE_WARD, SCALE_NONE);

	write_order("float-1", 0, 20, 200, 5);
	write_order("float-2", 1, 20, 400, 20);
	write_order("frame-2", 64 + 1, 20, 400, 20);
	write_order("frame-4", 64 + 3, 7, 600, 9);
	write_order("grouped-1", 128, 42, 1150, 90);
	standalone_reset();
	return 0;
}
