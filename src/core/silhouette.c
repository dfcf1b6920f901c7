/*
 * silhouette.c
 *	  How much nearer a row is to its own cluster than to the next one.
 *
 * For a row of a cluster of two or more
 *
 *	a	the mean of its Euclidean distances to the other rows of its cluster
 *	b	the least, over the other clusters, of the mean of its distances to
 *		the rows of a cluster
 *	s	(b - a) / max(a, b), -1 to 1, or 0 when both are 0
 *
 * and s is 0 for a row that is a cluster alone.  The mean of s over all rows is
 * the score of the labels.  With a single cluster there is no b, hence no s.
 *
 * Rows are sorted by label and value and equal ones merged, and a row's copies
 * count among the others at distance 0.  A distance is the root of the sum of
 * squared differences in double precision, never |x|^2 + |y|^2 - 2 x.y, and
 * roots are not approximated.  Features are multiplied by one power of two,
 * which changes no s, so that squares stay in range; a value below 2^-400 of
 * the largest counts as 0.
 *
 * The lanes of a vector unit are points: each adds up the distances to the
 * members of a cluster in canonical order, in blocks whose sums are added in
 * turn.  So neither the order of the input nor the instruction set, nor the
 * number of workers, changes a bit.  (That takes -ffp-contract=off, see the
 * Makefile.)
 *
 * A mean distance to the rows of a cluster is at least the distance to their
 * mean.  Clusters that cannot have the least b for any point of a tile are
 * therefore left out, which changes no value.  To compute each distance once
 * for both its rows would halve the work if none could be left out, but then
 * all of them would have to be.
 *
 * Time O(n^2 dim) at worst, a quarter of a nanosecond for a pair of rows of
 * few features with vectors of 64 bytes; memory O(n dim).
 *
 * The estimate, for more rows: the members of a cluster are replaced by the
 * cells of a sketch (sketch.h), its own for each cluster, and the sum of the
 * distances of a row from the n rows of a cell of mean m and variance v (summed
 * over the features) by
 *
 *	n sqrt(|x - m|^2 + (1 - 1/dim) v)
 *
 * To second order in the size of a cell, what moves the mean of a distance away
 * from |x - m| is the variance across the direction of x, over 2 |x - m|; of
 * a cell as wide in all directions that is all but a share of 1/dim.  For a row
 * of the cell itself, whose distance from m is about sqrt(v), it gives some
 * sqrt((2 - 1/dim) v): the root mean square distance of two of its rows, shrunk
 * as much as the mean is smaller than that.  Every row has its own value, from
 * its own place.  Time O(n dim cells).
 *
 * How good it is, is measured: for SILHOUETTE_SAMPLE rows, one drawn from each
 * of as many equal shares of the rows in canonical order, the exact value is
 * computed, too.  "worst" is the largest difference among these: were a share p
 * of the rows further off, no such row would be met with probability
 * (1 - p)^1024 at most, so with 95 % confidence it is true of 99.7 % of the rows.
 * "mean_error" bounds that of the mean: the mean difference plus three
 * standard errors, which drawing by shares makes no larger.  Neither is given
 * as less than LEAST_ERROR.
 *
 * Rousseeuw: Silhouettes, Journal of Computational and Applied Mathematics 20,
 * 1987, doi:10.1016/0377-0427(87)90125-7.
 */
#include "silhouette.h"

#include "crew.h"
#include "instruction_set.h"
#include "random.h"
#include "sketch_cubes.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Points that the members of a cluster pass by together: as many as fill two of the largest vectors. */
#define TILE_POINTS 16
#define STRIP_VECTORS 2

/* For each number of features up to this there is code of its own. */
#define FEATURES 8

/* Members whose distances from a strip are kept at a time, when there are more features. */
#define GROUP 32

/* Members whose distances are added up before the sum goes to that of the cluster. */
#define BLOCK 1024

/* Cells of all clusters together, where these are few, and of one at least. */
#define MOST_CELLS 16384
#define LEAST_CELLS 64

/* Where errors are rarer than the sample is large, there may be some that it does not meet. */
#define LEAST_ERROR 1e-6

/* So many features of pairs are worth parallel workers: a tenth of a second or more. */
#define WORTH_WORKERS 4e9

/*
 * Rounding does not make a computed mean distance smaller, nor the computed
 * distance of a mean larger, than by these.
 */
#define BOUND_FACTOR (1 + 0x1p-20)
#define BOUND_MARGIN 0x1p-44

/* What distances are added up to: the rows of clusters, or cells that stand for them. */
typedef struct Members
{
	int			dim;
	const double *point;		/* [member * dim + feature] */
	const double *weight;
	const double *spread;		/* to be added to squared distances; NULL: 0 */
	const int  *start;			/* [cluster], and the end */
} Members;

typedef void (*SumFunction) (const Members *members, int from, int to,
							 const double *tile, double *sum);

#define LANES_ISA baseline
#define LANES_BYTES 16
#define LANES_TARGET
#ifdef __x86_64__
#define LANES_SQRT(v) _mm_sqrt_pd(v)
#endif
#include "silhouette_lanes.h"

#ifdef __x86_64__
#define LANES_ISA avx2
#define LANES_BYTES 32
#define LANES_TARGET __attribute__((target("avx2")))
#define LANES_SQRT(v) _mm256_sqrt_pd(v)
#include "silhouette_lanes.h"

#define LANES_ISA avx512
#define LANES_BYTES 64
#define LANES_TARGET __attribute__((target("avx512f")))
#define LANES_SQRT(v) _mm512_sqrt_pd(v)
#include "silhouette_lanes.h"
#endif

static const SumFunction versions[] = INSTRUCTION_SET_VERSIONS(sum);

/* For the best instruction set of this CPU, from the first call on. */
static SumFunction sum_distances = NULL;

/*
 * The block that a crew shares:
 *
 *	head | doubles, in the order of Work | ints, likewise
 */
typedef struct Head
{
	int			rows;			/* distinct */
	int			dim;
	int			clusters;
	int			cells;			/* there is room for */
	int			sample;			/* rows; 0: no estimate */
} Head;

/* Its arrays, where they are in this process. */
typedef struct Work
{
	Head	   *head;
	double	   *point;			/* of the rows */
	double	   *weight;
	double	   *value;
	double	   *cell_point;
	double	   *cell_weight;
	double	   *cell_spread;
	double	   *mean;			/* [cluster * dim + feature] */
	double	   *total;			/* [cluster] its weight */
	double	   *sample_value;	/* exact */
	double	   *own;			/* [row] to be added to the sum of its distances from its
								 * cluster; NULL: 0 */
	int		   *start;			/* [cluster] its first row, and the end */
	int		   *cell_start;
	int		   *sample;			/* rows */
} Work;

/* The points that are worked on together. */
typedef struct Tile
{
	const char *phase;			/* of the work, and its share that is done */
	double		done;
	int			count;
	double	   *point;			/* [feature * TILE_POINTS + i] */
	int			cluster[TILE_POINTS];
	double		own[TILE_POINTS];	/* see Work */
	double		within[TILE_POINTS];	/* a */
	double		between[TILE_POINTS];	/* b, so far */
} Tile;

static Size
block_doubles(const Head *h)
{
	Size		per_row = add_size(h->dim, 2);
	Size		per_cell = add_size(h->dim, 2);
	Size		per_cluster = add_size(h->dim, 1);
	Size		head = (sizeof(Head) + sizeof(double) - 1) / sizeof(double);

	return add_size(add_size(add_size(head, h->sample), mul_size(h->rows, per_row)),
					add_size(mul_size(h->cells, per_cell), mul_size(h->clusters, per_cluster)));
}

static Size
block_bytes(const Head *h)
{
	Size		ints = add_size(mul_size(2, add_size(h->clusters, 1)), h->sample);

	return add_size(mul_size(block_doubles(h), sizeof(double)), mul_size(ints, sizeof(int)));
}

static Work
work_at(void *shared)
{
	Work		w = {.head = shared};
	const Head *h = w.head;

	w.point = (double *) shared + (sizeof(Head) + sizeof(double) - 1) / sizeof(double);
	w.weight = w.point + (Size) h->rows * h->dim;
	w.value = w.weight + h->rows;
	w.cell_point = w.value + h->rows;
	w.cell_weight = w.cell_point + (Size) h->cells * h->dim;
	w.cell_spread = w.cell_weight + h->cells;
	w.mean = w.cell_spread + h->cells;
	w.total = w.mean + (Size) h->clusters * h->dim;
	w.sample_value = w.total + h->clusters;
	w.start = (int *) ((double *) shared + block_doubles(h));
	w.cell_start = w.start + h->clusters + 1;
	w.sample = w.cell_start + h->clusters + 1;
	return w;
}

static int
cluster_of_row(const Work *w, int row)
{
	int			low = 0;
	int			high = w->head->clusters - 1;

	while (low < high)
	{
		int			middle = low + (high - low + 1) / 2;

		if (w->start[middle] <= row)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* The tile of the rows row[0 .. count - 1]; lanes that are left over repeat the first. */
static void
tile_fill(Tile *t, const Work *w, const int *row, int count)
{
	int			dim = w->head->dim;

	t->count = count;
	for (int i = 0; i < TILE_POINTS; i++)
	{
		int			lane = row[i < count ? i : 0];
		const double *point = w->point + (Size) lane * dim;

		for (int j = 0; j < dim; j++)
			t->point[(Size) j * TILE_POINTS + i] = point[j];
		t->cluster[i] = cluster_of_row(w, lane);
		t->own[i] = w->own ? w->own[lane] : 0;
		t->within[i] = 0;
		t->between[i] = INFINITY;
	}
}

/* Add up the distances of the tile from a cluster. */
static void
tile_visit(Tile *t, const Work *w, const Members *members, int cluster)
{
	double		sum[TILE_POINTS] = {0};
	double		part[TILE_POINTS];
	double		total = w->total[cluster];
	int			end = members->start[cluster + 1];

	for (int from = members->start[cluster]; from < end; from += BLOCK)
	{
		core_poll(t->phase, t->done);
		sum_distances(members, from, Min(from + BLOCK, end), t->point, part);
		for (int i = 0; i < TILE_POINTS; i++)
			sum[i] += part[i];
	}
	for (int i = 0; i < TILE_POINTS; i++)
		if (t->cluster[i] == cluster)
			t->within[i] = total > 1 ? (sum[i] + t->own[i]) / (total - 1) : 0;
		else
			t->between[i] = Min(t->between[i], sum[i] / total);
}

/* distance2[i] becomes the squared distance of point i from the mean of a cluster. */
static void
tile_from_mean(const Tile *t, const Work *w, int cluster, double *distance2)
{
	int			dim = w->head->dim;
	const double *mean = w->mean + (Size) cluster * dim;

	for (int i = 0; i < TILE_POINTS; i++)
		distance2[i] = 0;
	for (int j = 0; j < dim; j++)
		for (int i = 0; i < TILE_POINTS; i++)
		{
			double		d = t->point[(Size) j * TILE_POINTS + i] - mean[j];

			distance2[i] += d * d;
		}
}

/* Another cluster than that of the first point, whose mean is nearest to it. */
static int
tile_neighbour(const Tile *t, const Work *w)
{
	double		distance2[TILE_POINTS];
	double		least = INFINITY;
	int			nearest = t->cluster[0] == 0 ? 1 : 0;

	for (int c = 0; c < w->head->clusters; c++)
	{
		if (c % BLOCK == 0)
			core_poll(t->phase, t->done);
		tile_from_mean(t, w, c, distance2);
		if (c != t->cluster[0] && distance2[0] < least)
		{
			least = distance2[0];
			nearest = c;
		}
	}
	return nearest;
}

/* Can the mean distance from a cluster be the least for any point? */
static bool
tile_may_gain(const Tile *t, const Work *w, int cluster)
{
	double		distance2[TILE_POINTS];

	tile_from_mean(t, w, cluster, distance2);
	for (int i = 0; i < TILE_POINTS; i++)
		if (!(sqrt(distance2[i]) > t->between[i] * BOUND_FACTOR + BOUND_MARGIN))
			return true;
	return false;
}

static bool
tile_has_cluster(const Tile *t, int cluster)
{
	for (int i = 0; i < TILE_POINTS; i++)
		if (t->cluster[i] == cluster)
			return true;
	return false;
}

/* value[i] becomes the silhouette of row[i], one of "count" up to TILE_POINTS. */
static void
score_tile(const Work *w, const Members *members, Tile *t, const int *row, int count,
		   double *value)
{
	int			first;

	tile_fill(t, w, row, count);
	first = tile_neighbour(t, w);
	tile_visit(t, w, members, first);
	for (int c = 0; c < w->head->clusters; c++)
	{
		if (c == first)
			continue;
		if (c % BLOCK == 0)
			core_poll(t->phase, t->done);
		if (tile_has_cluster(t, c) || tile_may_gain(t, w, c))
			tile_visit(t, w, members, c);
	}
	for (int i = 0; i < count; i++)
	{
		double		a = t->within[i];
		double		b = t->between[i];

		value[i] = w->total[t->cluster[i]] > 1 && Max(a, b) > 0 ? (b - a) / Max(a, b) : 0;
	}
}

/* Score the rows from .. to - 1 of n, or those of the sample, so numbered. */
static void
score(const Work *w, const char *phase, const Members *members, const int *sample, int n,
	  int64 from, int64 to, double *value)
{
	Tile		tile = {.phase = phase};

	if (sum_distances == NULL)	/* in this process */
		silhouette_force(NULL);
	tile.point = core_alloc(mul_size(w->head->dim, TILE_POINTS), sizeof(double));
	for (int64 i = from; i < to; i += TILE_POINTS)
	{
		int			count = (int) Min(TILE_POINTS, to - i);
		int			row[TILE_POINTS];

		for (int l = 0; l < count; l++)
			row[l] = sample ? sample[i + l] : (int) (i + l);
		tile.done = (double) i / n;
		score_tile(w, members, &tile, row, count, value + i);
	}
	pfree(tile.point);
}

static Members
members_rows(const Work *w)
{
	return (Members) {w->head->dim, w->point, w->weight, NULL, w->start};
}

/* The tasks: for rows .. by rows, by cells, and for the sample by rows. */
static void
score_by_rows(void *shared, int64 from, int64 to)
{
	Work		w = work_at(shared);
	Members		rows = members_rows(&w);

	score(&w, "silhouettes", &rows, NULL, w.head->rows, from, to, w.value);
}

static void
score_by_cells(void *shared, int64 from, int64 to)
{
	Work		w = work_at(shared);
	Members		cells = {w.head->dim, w.cell_point, w.cell_weight, w.cell_spread, w.cell_start};

	score(&w, "estimates", &cells, NULL, w.head->rows, from, to, w.value);
}

static void
score_sample(void *shared, int64 from, int64 to)
{
	Work		w = work_at(shared);
	Members		rows = members_rows(&w);

	score(&w, "silhouettes of a sample", &rows, w.sample, w.head->sample, from, to,
		  w.sample_value);
}

/* ---- setting up ---- */

/* Canonical rows of (label, features) of the input; row_of[] as in rows.h. */
static Rows
rows_by_label(const double *input, const int *label, int n, int dim, int *row_of)
{
	Size		columns = (Size) dim + 1;
	double	   *labelled = core_alloc(n, mul_size(columns, sizeof(double)));
	Rows		rows;

	for (int i = 0; i < n; i++)
	{
		labelled[i * columns] = label[i];
		memcpy(labelled + i * columns + 1, input + (Size) i * dim, sizeof(double) * dim);
	}
	rows = rows_canonical(labelled, n, (int) columns, row_of);
	pfree(labelled);
	return rows;
}

/* Does row i begin a cluster?  Their label comes first. */
static inline bool
begins_cluster(const Rows *labelled, int i)
{
	return i == 0 || labelled->x[i] != labelled->x[i - 1];
}

static int
count_clusters(const Rows *labelled)
{
	int			clusters = 0;

	for (int i = 0; i < labelled->n; i++)
		clusters += begins_cluster(labelled, i);
	return clusters;
}

/* The features of labelled rows; in place. */
static Rows
without_label(const Rows *labelled)
{
	return (Rows) {labelled->n, labelled->dim - 1, labelled->x + labelled->n, labelled->weight, NULL};
}

static bool
is_small(int64 n, int dim, int most_rows)
{
	double		work = (double) n * n * Max(dim, SILHOUETTE_FEW_FEATURES);

	return work <= (double) most_rows * most_rows * SILHOUETTE_FEW_FEATURES;
}

/* The most cells of a cluster, which has one at most for each of its rows. */
static int
most_cells(int clusters)
{
	return Max(MOST_CELLS / clusters, LEAST_CELLS);
}

/* Copy the rows, and where the clusters begin. */
static void
fill_rows(const Work *w, const Rows *labelled)
{
	Rows		rows = without_label(labelled);
	int			c = 0;

	for (int i = 0; i < rows.n; i++)
	{
		if (begins_cluster(labelled, i))
			w->start[c++] = i;
		for (int j = 0; j < rows.dim; j++)
			w->point[(Size) i * rows.dim + j] = rows.x[(Size) j * rows.n + i];
		w->weight[i] = rows.weight[i];
	}
	w->start[c] = rows.n;
}

/* The mean and the weight of a cluster; as offsets from its first row they lose little. */
static void
fill_mean(const Work *w, int cluster)
{
	int			dim = w->head->dim;
	const double *first = w->point + (Size) w->start[cluster] * dim;
	double	   *mean = w->mean + (Size) cluster * dim;
	double		total = 0;

	memset(mean, 0, sizeof(double) * dim);
	for (int i = w->start[cluster]; i < w->start[cluster + 1]; i++)
	{
		total += w->weight[i];
		for (int j = 0; j < dim; j++)
			mean[j] += (w->point[(Size) i * dim + j] - first[j]) * w->weight[i];
	}
	for (int j = 0; j < dim; j++)
		mean[j] = first[j] + mean[j] / total;
	w->total[cluster] = total;
}

/* A sketch of the rows of a cluster around its mean. */
static Sketch *
sketch_cluster(const Work *w, int cluster, int size)
{
	int			dim = w->head->dim;
	RowsAround	rows = {w->point, dim, 1, w->mean + (Size) cluster * dim, w->weight, w->head->rows, dim};

	return sketch_cubes(&rows, w->start[cluster], w->start[cluster + 1], size);
}

/* The cells of a cluster that begin with number "first"; returns the number after the last. */
static int
fill_cells(const Work *w, int cluster, int first)
{
	int			dim = w->head->dim;
	int			n = w->start[cluster + 1] - w->start[cluster];
	int			size = most_cells(w->head->clusters);
	const double *mean = w->mean + (Size) cluster * dim;
	Sketch	   *sketch;
	Rows		cells;

	if (n <= size)
	{
		/* rows are cells */
		memcpy(w->cell_point + (Size) first * dim, w->point + (Size) w->start[cluster] * dim,
			   sizeof(double) * dim * n);
		memcpy(w->cell_weight + first, w->weight + w->start[cluster], sizeof(double) * n);
		memset(w->cell_spread + first, 0, sizeof(double) * n);
		return first + n;
	}
	sketch = sketch_cluster(w, cluster, size);
	cells = sketch_rows(sketch);
	for (int i = 0; i < cells.n; i++)
	{
		double		variance = 0;

		for (int j = 0; j < dim; j++)
		{
			Size		at = (Size) j * cells.n + i;

			w->cell_point[(Size) (first + i) * dim + j] = mean[j] + cells.x[at];
			variance += cells.variance ? cells.variance[at] : 0;
		}
		w->cell_weight[first + i] = cells.weight[i];
		w->cell_spread[first + i] = (1 - 1.0 / dim) * variance;
	}
	first += cells.n;
	rows_free(&cells);
	pfree(sketch);
	return first;
}

/* Draw one of the rows, with their weights, from each of so many equal shares of them. */
static void
fill_sample(const Work *w)
{
	Random		random = random_stream(0, 0);
	double		all = 0;
	double		passed = 0;
	int			row = 0;

	for (int c = 0; c < w->head->clusters; c++)
		all += w->total[c];
	for (int i = 0; i < w->head->sample; i++)
	{
		double		place = (i + random_unit(&random)) / w->head->sample * all;

		while (row < w->head->rows - 1 && passed + w->weight[row] <= place)
			passed += w->weight[row++];
		w->sample[i] = row;
	}
}

/* Compare the sample's estimates with their exact values. */
static void
measure_errors(const Work *w, SilhouetteFacts *facts)
{
	int			n = w->head->sample;
	double		mean = 0;
	double		squares = 0;

	for (int i = 0; i < n; i++)
	{
		double		error = w->value[w->sample[i]] - w->sample_value[i];
		double		before = error - mean;

		facts->worst = Max(facts->worst, fabs(error));
		mean += before / (i + 1);
		squares += before * (error - mean);
	}
	facts->worst = Max(facts->worst, LEAST_ERROR);
	facts->mean_error = Max(fabs(mean) + 3 * sqrt(squares / (n - 1) / n), LEAST_ERROR);
}

/* Values for the distinct rows, in shared memory that is set up here. */
static void *
score_rows(const Rows *labelled, const Head *head, SilhouetteFacts *facts)
{
	bool		by_cells = head->sample > 0;
	double		pairs = (double) head->rows * (by_cells ? head->cells : head->rows);
	double		work = pairs * Max(head->dim, SILHOUETTE_FEW_FEATURES);
	void	   *shared = crew_alloc_for(block_bytes(head), work > WORTH_WORKERS);
	Work		w;
	int			cells = 0;

	*(Head *) shared = *head;
	w = work_at(shared);
	fill_rows(&w, labelled);
	for (int c = 0; c < head->clusters; c++)
	{
		fill_mean(&w, c);
		if (by_cells)
		{
			w.cell_start[c] = cells;
			cells = fill_cells(&w, c, cells);
		}
	}
	w.cell_start[head->clusters] = cells;

	if (!by_cells)
		crew_run(score_by_rows, shared, head->rows);
	else
	{
		fill_sample(&w);
		crew_run(score_by_cells, shared, head->rows);
		if (cells < head->rows)
		{
			crew_run(score_sample, shared, head->sample);
			measure_errors(&w, facts);
			facts->cells = cells;
		}
	}
	return shared;
}

/* What there is to be for so many distinct rows in clusters. */
static Head
plan(const Rows *labelled, int clusters, int most_rows)
{
	Head		head = {.rows = labelled->n, .dim = labelled->dim - 1, .clusters = clusters};

	if (!is_small(head.rows, head.dim, most_rows))
	{
		int			start = 0;

		head.sample = SILHOUETTE_SAMPLE;
		for (int i = 1; i <= head.rows; i++)
			if (i == head.rows || begins_cluster(labelled, i))
			{
				head.cells += Min(i - start, most_cells(clusters));
				start = i;
			}
	}
	return head;
}

/* Bytes that rows_by_label takes, and bytes that come after it. */
static Size
sorting_memory(int64 n, int dim)
{
	Size		labelled = mul_size(n, mul_size((Size) dim + 1, sizeof(double)));

	return add_size(add_size(labelled, rows_memory(n, dim + 1)), mul_size(n, sizeof(int)));
}

static Size
scoring_memory(const Head *head, int n)
{
	Size		rows = mul_size(head->rows, mul_size((Size) head->dim + 2, sizeof(double)));
	Size		bytes = add_size(add_size(rows, mul_size(n, sizeof(int))), block_bytes(head));

	if (head->sample > 0)
		bytes = add_size(bytes, 2 * sketch_room_bytes(head->dim, most_cells(head->clusters)));
	return bytes;
}

/*
 * value[i] becomes the silhouette of input row i, n >= 1 of them, of dim finite
 * features, input[i * dim + j], and any labels; NaN if there is one cluster
 * alone.  With more rows than most_rows allows (see SILHOUETTE_MOST_ROWS) values
 * are estimates.  Returns false, with facts->memory_needed, when more than
 * memory_limit bytes would be needed.
 */
bool
silhouette(const double *input, const int *label, int n, int dim, int most_rows,
		   Size memory_limit, double *value, SilhouetteFacts *facts)
{
	int		   *row_of;
	Rows		labelled;
	Rows		rows;
	Head		head;
	void	   *shared;

	Assert(n >= 1 && dim >= 1);
	*facts = (SilhouetteFacts) {.memory_needed = sorting_memory(n, dim)};
	if (facts->memory_needed > memory_limit)
		return false;
	row_of = core_alloc(n, sizeof(int));
	labelled = rows_by_label(input, label, n, dim, row_of);
	facts->clusters = count_clusters(&labelled);
	head = plan(&labelled, facts->clusters, most_rows);
	facts->memory_needed = Max(facts->memory_needed, scoring_memory(&head, n));
	if (facts->clusters > 1 && facts->memory_needed <= memory_limit)
	{
		rows = without_label(&labelled);
		rows_normalise(&rows);
		shared = score_rows(&labelled, &head, facts);
		for (int i = 0; i < n; i++)
			value[i] = work_at(shared).value[row_of[i]];
		crew_free(shared);
	}
	else
		for (int i = 0; i < n; i++)
			value[i] = NAN;
	rows_free(&labelled);
	pfree(row_of);
	return facts->clusters <= 1 || facts->memory_needed <= memory_limit;
}

/*
 * Rows that may be cells, arranged by label.  Of two cells as far apart as
 * their means, rows are apart as much as if each cell's variance across lay in
 * a direction of its own: the point has one feature more for its own, and the
 * members have theirs as "spread".  A row is not among the other rows of its
 * cell, and from these it is apart as rows of a cube are, on average, to within
 * two per cent.
 */
static void
arrange_rows(const Rows *rows, const int *label, Work *w)
{
	int			columns = w->head->dim;
	int			dim = rows->dim;
	int			next = 0;

	for (int c = 0; c < w->head->clusters; c++)
		w->start[c + 1] = 0;
	w->start[0] = 0;
	for (int i = 0; i < rows->n; i++)
		w->start[label[i] + 1]++;
	for (int c = 0; c < w->head->clusters; c++)
	{
		next += w->start[c + 1];
		w->start[c + 1] = next;
	}
	for (int i = 0; i < rows->n; i++)
	{
		int			at = w->start[label[i]]++;
		double		variance = 0;
		double		across;

		for (int j = 0; j < dim; j++)
		{
			w->point[(Size) at * columns + j] = rows->x[(Size) j * rows->n + i];
			variance += rows->variance ? rows->variance[(Size) j * rows->n + i] : 0;
		}
		w->weight[at] = rows->weight[i];
		if (rows->variance == NULL)
			continue;
		across = (1 - 1.0 / dim) * variance;
		memcpy(w->cell_point + (Size) at * columns, w->point + (Size) at * columns,
			   sizeof(double) * dim);
		w->cell_point[(Size) at * columns + dim] = 0;
		w->point[(Size) at * columns + dim] = sqrt(across);
		w->cell_weight[at] = rows->weight[i];
		w->cell_spread[at] = across;
		w->own[at] = (rows->weight[i] - 1) * sqrt((2 - 2.0 / (3 * dim)) * variance) -
			rows->weight[i] * sqrt(2 * across);
	}
	for (int c = w->head->clusters; c > 0; c--)
		w->start[c] = w->start[c - 1];
	w->start[0] = 0;
}

/*
 * The mean silhouette of normalised rows with labels 0 .. clusters - 1, two at
 * least and each in use.  Where rows are cells it is an estimate.
 */
double
silhouette_of_rows(const Rows *rows, const int *label, int clusters)
{
	bool		by_cells = rows->variance != NULL;
	Head		head = {
		.rows = rows->n,
		.dim = rows->dim + by_cells,
		.clusters = clusters,
		.cells = by_cells ? rows->n : 0,
	};
	void	   *block = core_alloc(1, block_bytes(&head));
	Work		w;
	Members		members;
	double		sum = 0;
	double		total = 0;

	Assert(clusters >= 2);
	*(Head *) block = head;
	w = work_at(block);
	if (by_cells)
		w.own = core_alloc(rows->n, sizeof(double));
	arrange_rows(rows, label, &w);
	for (int c = 0; c < clusters; c++)
		fill_mean(&w, c);
	members = members_rows(&w);
	if (by_cells)
	{
		for (int c = 0; c < clusters; c++)
			w.mean[(Size) c * head.dim + rows->dim] = 0;
		members = (Members) {head.dim, w.cell_point, w.cell_weight, w.cell_spread, w.start};
	}
	score(&w, "silhouettes", &members, NULL, rows->n, 0, rows->n, w.value);
	for (int i = 0; i < rows->n; i++)
	{
		sum += w.weight[i] * w.value[i];
		total += w.weight[i];
	}
	if (by_cells)
		pfree(w.own);
	pfree(block);
	return sum / total;
}

/* Bytes that silhouette_of_rows needs. */
Size
silhouette_of_rows_memory(int64 n, int dim, int clusters)
{
	Head		head = {.rows = (int) n, .dim = dim + 1, .clusters = clusters, .cells = (int) n};

	return add_size(block_bytes(&head), mul_size(n, sizeof(double)));
}

/* As nearest_force. */
bool
silhouette_force(const char *isa)
{
	int			set = instruction_set_choose(isa);

	if (set < 0)
		return false;
	sum_distances = versions[set];
	return true;
}
