/*
 * kmeans.c
 *	  k-means over canonical, weighted rows.
 *
 * Minimises the inertia, the sum over rows of weight times squared distance
 * to the nearest of k centroids.  Several independent starts are made and the
 * best is kept; each start is
 *
 *	seeding		greedy k-means++: the next centroid is a row drawn with
 *				probability proportional to its contribution to the inertia,
 *				the best of 2 + ln k draws
 *	Lloyd		assign every row to its nearest centroid, move every centroid
 *				to the mean of its rows, repeat
 *	exchange	(up to 10,000 rows) move single rows where that lowers the
 *				inertia with both means moving along
 *	breathing	add centroids where the error is largest, let them settle, take
 *				away those that are worth least, settle again; keep what is
 *				better.  This leaves local optima that restarts keep falling
 *				into.
 *
 * With more than 20,000 rows, starts are made on a sample of 10,000, and the
 * best one is brought to a fixed point on all rows; with more than 200,000,
 * first on a sample of 100,000, and then on all until an iteration gains less
 * than 1e-5 of the inertia, since the last of many iterations are for a
 * handful of rows.  Time is O(n k dim) an iteration; memory is 36 bytes a row
 * beside the rows.
 * The result is a function of the rows and the seed: random draws walk the
 * rows in canonical order, sums run in that order, ties go to the lowest
 * number.  The rows must be normalised (rows_normalise), so that distinct
 * rows are at a distance above zero and nothing overflows.
 *
 * Arthur, Vassilvitskii: k-means++: The Advantages of Careful Seeding,
 * SODA 2007 (greedy variant of its section 7).  Lloyd: Least Squares
 * Quantization in PCM, 1982, doi:10.1109/TIT.1982.1056489.  Telgarsky,
 * Vattani: Hartigan's Method: k-means Clustering without Voronoi, AISTATS
 * 2010 (the exchange).  Fritzke: The k-means Algorithm, Breathing, 
 * arXiv:2006.15666; we draw the direction of a new centroid's small first step
 * from the seed.
 */
#include "kmeans.h"

#include "nearest.h"
#include "random.h"

/* Centroids added in the first breath; each failed breath adds one fewer. */
#define BREATH_DEPTH 5

/* A breath must lower the inertia by this share to count. */
#define BREATH_GAIN 1e-6

/*
 * Lloyd's iteration inside a breath stops when it gains less than this share:
 * the second while there are centroids too many, which only have to show
 * those that can go.
 */
#define BREATH_TOLERANCE 1e-4
#define FULL_BREATH_TOLERANCE 1e-3

/* An exchange must gain this share of what a row costs: more than rounding. */
#define EXCHANGE_GAIN 1e-9

/*
 * Starts of a large problem, when the caller does not say; fewer if so many
 * have ended at the same optimum, give or take this share.
 */
#define LEAST_STARTS 5
#define ENOUGH_EQUAL_STARTS 3
#define EQUAL_STARTS_TOLERANCE 1e-4

/* With more rows than this, starts are made on a sample. */
#define MANY_ROWS 20000
#define MANY_ROWS_SAMPLE 10000

/* With more rows than this, the descent also begins on a sample, and ends at a
 * gain of this share. */
#define VERY_MANY_ROWS 200000
#define VERY_MANY_ROWS_SAMPLE 100000
#define VERY_MANY_ROWS_TOLERANCE 1e-5

/* With more rows than this one row moves no mean, and exchanges gain nothing. */
#define EXCHANGE_ROWS 10000

/* Sums are kept apart for rows in turn, so that one need not wait for the last. */
#define LANES 4

typedef struct Solver
{
	const Rows *rows;
	int			max_iter;
	bool		exchange;		/* move single rows as well */
	Random		random;

	/* per row */
	int		   *label;			/* the caller's */
	double	   *distance2;		/* to the nearest centroid, where it was asked for */
	double	   *second2;		/* to the second nearest */
	double	   *trial2;			/* to the candidate for a centroid */
	double	   *kept2;			/* to the best candidate so far */

	/* per centroid, with room for those added by a breath */
	double	   *tally;			/* [(lane * k + c) * (2 + dim)] weight, error, shift */
	double	   *shift;			/* [c * dim + j] sum of weight * (x - centroid) */
	double	   *weight;
	double	   *error;			/* inertia, or worth, of the centroid */
	int		   *order;
	bool	   *flag;
	bool	   *frozen;

	double	   *point;			/* [dim] the row at hand */
} Solver;

static Solver
solver_create(const Rows *rows, int k, int max_iter, bool exchange, int *label)
{
	int			room = k + BREATH_DEPTH;

	return (Solver) {
		.rows = rows,
		.max_iter = max_iter,
		.exchange = exchange,
		.label = label,
		.distance2 = core_alloc(rows->n, sizeof(double)),
		.second2 = core_alloc(rows->n, sizeof(double)),
		.trial2 = core_alloc(rows->n, sizeof(double)),
		.kept2 = core_alloc(rows->n, sizeof(double)),
		.tally = core_alloc(LANES * (Size) room, mul_size((Size) rows->dim + 2, sizeof(double))),
		.shift = core_alloc(room, mul_size(rows->dim, sizeof(double))),
		.weight = core_alloc(room, sizeof(double)),
		.error = core_alloc(room, sizeof(double)),
		.order = core_alloc(room, sizeof(int)),
		.flag = core_alloc(room, sizeof(bool)),
		.frozen = core_alloc(room, sizeof(bool)),
		.point = core_alloc(rows->dim, sizeof(double)),
	};
}

static void
solver_free(Solver *s)
{
	pfree(s->distance2);
	pfree(s->second2);
	pfree(s->trial2);
	pfree(s->kept2);
	pfree(s->tally);
	pfree(s->shift);
	pfree(s->weight);
	pfree(s->error);
	pfree(s->order);
	pfree(s->flag);
	pfree(s->frozen);
	pfree(s->point);
}

/* No row has a label, so that the first assignment changes them all. */
static void
forget_labels(Solver *s)
{
	for (int i = 0; i < s->rows->n; i++)
		s->label[i] = -1;
}

/* Copy row i to point[]. */
static void
get_row(const Rows *rows, int i, double *point)
{
	for (int j = 0; j < rows->dim; j++)
		point[j] = rows->x[(Size) j * rows->n + i];
}

/* Add a block of labelled rows to the tally, "dim" being a constant where this is inlined. */
static inline __attribute__((always_inline)) void
tally_block(const Rows *rows, int start, int count, const int *label, const double *distance2,
			const double *centroid, int k, double *tally, const int dim)
{
	const double *x = rows->x + start;
	const double *weight = rows->weight + start;
	Size		n = rows->n;

	for (int i = 0; i < count; i++)
	{
		int			c = label[i];
		double		w = weight[i];
		double	   *t = tally + ((Size) (i % LANES) * k + c) * (2 + dim);
		const double *from = centroid + (Size) c * dim;

		t[0] += w;
		t[1] += w * distance2[i];
		for (int j = 0; j < dim; j++)
			t[2 + j] += w * (x[j * n + i] - from[j]);
	}
}

/* The sums of all lanes, centroid by centroid; returns the inertia. */
static double
add_lanes(Solver *s, int k)
{
	int			dim = s->rows->dim;
	double		inertia = 0;

	for (int c = 0; c < k; c++)
	{
		double	   *shift = s->shift + (Size) c * dim;

		s->weight[c] = s->error[c] = 0;
		memset(shift, 0, sizeof(double) * (Size) dim);
		for (int lane = 0; lane < LANES; lane++)
		{
			const double *t = s->tally + ((Size) lane * k + c) * (2 + dim);

			s->weight[c] += t[0];
			s->error[c] += t[1];
			for (int j = 0; j < dim; j++)
				shift[j] += t[2 + j];
		}
		inertia += s->error[c];
	}
	return inertia;
}

/*
 * Label every row with its nearest centroid and gather what the mean of each
 * centroid's rows needs, as offsets from the centroid, so that a large common
 * part of the values costs no digits.  Returns the inertia; *moved says
 * whether a label changed.  Distances are kept only if those to the second
 * nearest are asked for as well: storing them is a good part of the time.
 */
static double
assign_rows(Solver *s, const double *centroid, int k, bool with_second, bool *moved)
{
	const Rows *rows = s->rows;
	int			label[NEAREST_BLOCK];
	double		passing2[NEAREST_BLOCK];

	memset(s->tally, 0, LANES * sizeof(double) * (Size) k * (2 + rows->dim));
	*moved = false;

	for (int start = 0; start < rows->n; start += NEAREST_BLOCK)
	{
		int			count = Min(NEAREST_BLOCK, rows->n - start);
		double	   *distance2 = with_second ? s->distance2 + start : passing2;

		core_poll("k-means", -1);
		nearest_block(rows, start, count, centroid, k, label, distance2,
					  with_second ? s->second2 + start : NULL);
		if (memcmp(s->label + start, label, sizeof(int) * count) != 0)
		{
			*moved = true;
			memcpy(s->label + start, label, sizeof(int) * count);
		}
		switch (rows->dim)
		{
			case 1:
				tally_block(rows, start, count, label, distance2, centroid, k, s->tally, 1);
				break;
			case 2:
				tally_block(rows, start, count, label, distance2, centroid, k, s->tally, 2);
				break;
			case 3:
				tally_block(rows, start, count, label, distance2, centroid, k, s->tally, 3);
				break;
			case 4:
				tally_block(rows, start, count, label, distance2, centroid, k, s->tally, 4);
				break;
			default:
				tally_block(rows, start, count, label, distance2, centroid, k, s->tally, rows->dim);
		}
	}
	return add_lanes(s, k);
}

/* Every row's squared distance to the nearest centroid. */
static void
keep_distances(Solver *s, const double *centroid, int k)
{
	const Rows *rows = s->rows;
	int			label[NEAREST_BLOCK];

	for (int start = 0; start < rows->n; start += NEAREST_BLOCK)
	{
		core_poll("k-means", -1);
		nearest_block(rows, start, Min(NEAREST_BLOCK, rows->n - start), centroid, k, label,
					  s->distance2 + start, NULL);
	}
}

/*
 * Move every centroid to the mean of its rows.  One without rows goes to the
 * row that adds most to the inertia (the first of equals), which lowers the
 * inertia; returns whether there was one.
 */
static bool
move_centroids(Solver *s, double *centroid, int k)
{
	const Rows *rows = s->rows;
	int			dim = rows->dim;
	bool		reseeded = false;

	for (int c = 0; c < k && !reseeded; c++)
		reseeded = s->weight[c] == 0;
	if (reseeded)
		keep_distances(s, centroid, k);

	for (int c = 0; c < k; c++)
		if (s->weight[c] > 0)
			for (int j = 0; j < dim; j++)
				centroid[(Size) c * dim + j] += s->shift[(Size) c * dim + j] / s->weight[c];

	for (int c = 0; c < k; c++)
	{
		int			worst = 0;

		if (s->weight[c] > 0)
			continue;
		for (int i = 1; i < rows->n; i++)
			if (rows->weight[i] * s->distance2[i] > rows->weight[worst] * s->distance2[worst])
				worst = i;
		get_row(rows, worst, centroid + (Size) c * dim);
		s->distance2[worst] = 0;
	}
	return reseeded;
}

/* By how much the inertia falls when all centroids move to the means, labels left as they are. */
static double
gain_of_moving(const Solver *s, int k)
{
	int			dim = s->rows->dim;
	double		gain = 0;

	for (int c = 0; c < k; c++)
	{
		double		square = 0;

		for (int j = 0; j < dim; j++)
			square += s->shift[(Size) c * dim + j] * s->shift[(Size) c * dim + j];
		gain += s->weight[c] > 0 ? square / s->weight[c] : INFINITY;
	}
	return gain;
}

/*
 * Lloyd's iteration from the given centroids, until no label changes or an
 * iteration gains less than the share "tolerance", or would do so before rows
 * change their labels, or max_iter is reached.
 * Ends with labels and distances that belong to the centroids returned.
 */
static double
lloyd(Solver *s, double *centroid, int k, double tolerance, KMeansFacts *facts)
{
	bool		moved;
	double		inertia = assign_rows(s, centroid, k, false, &moved);

	facts->converged = false;
	for (int iteration = 0; iteration < s->max_iter; iteration++)
	{
		double		before = inertia;
		bool		reseeded;

		if (tolerance > 0 && gain_of_moving(s, k) <= tolerance * inertia)
			break;
		reseeded = move_centroids(s, centroid, k);
		inertia = assign_rows(s, centroid, k, false, &moved);
		facts->iterations++;
		if (!moved && !reseeded)
		{
			facts->converged = true;
			break;
		}
		if (tolerance > 0 && !reseeded && before - inertia <= tolerance * inertia)
			break;
	}
	return inertia;
}

/*
 * Hartigan's exchange: move single rows between clusters while the inertia,
 * counted with both means moved along, falls by more than rounding.  It gets
 * out of many optima at which Lloyd's iteration stops, and where it ends
 * Lloyd's has nothing to do.  Labels and weights must belong to centroid[],
 * which are means of their rows.  Returns whether a row moved.
 */
static bool
exchange_rows(Solver *s, double *centroid, int k, KMeansFacts *facts)
{
	const Rows *rows = s->rows;
	int			dim = rows->dim;
	bool		moved = false;
	int			idle = 0;		/* rows looked at since one moved */

	for (int i = 0, looks = 0; idle < rows->n && looks / rows->n < s->max_iter; looks++)
	{
		int			from = s->label[i];
		int			to = from;
		double		w = rows->weight[i];
		double		gain = 0;

		if (looks % NEAREST_BLOCK == 0)
			core_poll("k-means", -1);
		idle++;
		get_row(rows, i, s->point);
		if (s->weight[from] > w)
		{
			double		d2 = squared_distance(s->point, centroid + (Size) from * dim, dim);
			double		saved = d2 * w * s->weight[from] / (s->weight[from] - w) * (1 - EXCHANGE_GAIN);
			for (int c = 0; c < k; c++)
			{
				double		cost;

				if (c == from)
					continue;
				d2 = squared_distance(s->point, centroid + (Size) c * dim, dim);
				cost = d2 * w * s->weight[c] / (s->weight[c] + w);
				if (saved - cost > gain)
				{
					gain = saved - cost;
					to = c;
				}
			}
		}
		if (to != from)
		{
			double	   *mean_from = centroid + (Size) from * dim;
			double	   *mean_to = centroid + (Size) to * dim;

			for (int j = 0; j < dim; j++)
			{
				mean_from[j] -= (s->point[j] - mean_from[j]) * w / (s->weight[from] - w);
				mean_to[j] += (s->point[j] - mean_to[j]) * w / (s->weight[to] + w);
			}
			s->weight[from] -= w;
			s->weight[to] += w;
			s->label[i] = to;
			moved = true;
			idle = 0;
		}
		i = i + 1 < rows->n ? i + 1 : 0;
	}
	facts->iterations += moved;
	return moved;
}

/* Lloyd's iteration and exchanges in turn, until neither gains anything. */
static double
descend(Solver *s, double *centroid, int k, double tolerance, KMeansFacts *facts)
{
	double		inertia = lloyd(s, centroid, k, tolerance, facts);

	while (s->exchange)
	{
		double		before = inertia;

		if (!move_centroids(s, centroid, k) && !exchange_rows(s, centroid, k, facts))
			break;
		inertia = lloyd(s, centroid, k, tolerance, facts);
		if (inertia >= before)
			break;				/* the gain was rounding */
	}
	return inertia;
}

/*
 * A row drawn with probability proportional to weight times share[] (all 1
 * when NULL); "total" is the sum.
 */
static int
draw_row(Solver *s, const double *share, double total)
{
	const Rows *rows = s->rows;
	double		left = random_unit(&s->random) * total;
	int			last = 0;

	for (int i = 0; i < rows->n; i++)
	{
		double		part = rows->weight[i] * (share ? share[i] : 1);

		if (part > 0)
		{
			last = i;
			left -= part;
			if (left < 0)
				break;
		}
	}
	return last;				/* the last possible row, if rounding ran past it */
}

/*
 * After row "candidate" became a centroid: every row's squared distance to
 * the nearest one, given those before it in old2[] (NULL: none).  Returns
 * their weighted sum.
 */
static double
distance_with(Solver *s, int candidate, const double *old2, double *new2)
{
	const Rows *rows = s->rows;
	double		total = 0;
	int			label[NEAREST_BLOCK];	/* all 0: there is one centroid */

	get_row(rows, candidate, s->point);
	for (int start = 0; start < rows->n; start += NEAREST_BLOCK)
	{
		int			end = Min(start + NEAREST_BLOCK, rows->n);

		core_poll("k-means seeding", -1);
		nearest_block(rows, start, end - start, s->point, 1, label, new2 + start, NULL);
		for (int i = start; i < end; i++)
		{
			if (old2 && old2[i] < new2[i])
				new2[i] = old2[i];
			total += rows->weight[i] * new2[i];
		}
	}
	return total;
}

static void
swap_pointers(double **a, double **b)
{
	double	   *swap = *a;

	*a = *b;
	*b = swap;
}

/* Greedy k-means++. */
static void
seed_centroids(Solver *s, double *centroid, int k)
{
	const Rows *rows = s->rows;
	int			trials = 2;
	int			first = draw_row(s, NULL, rows_total_weight(rows));
	double		total = distance_with(s, first, NULL, s->distance2);

	for (int power = 3; power <= k; power *= 3)
		trials++;				/* 2 + ln k, near enough, in integers */

	get_row(rows, first, centroid);
	for (int c = 1; c < k; c++)
	{
		int			best = -1;
		double		best_total = INFINITY;

		for (int trial = 0; trial < trials; trial++)
		{
			int			candidate = draw_row(s, s->distance2, total);
			double		trial_total = distance_with(s, candidate, s->distance2, s->trial2);

			if (trial_total < best_total)
			{
				best = candidate;
				best_total = trial_total;
				swap_pointers(&s->trial2, &s->kept2);
			}
		}
		get_row(rows, best, centroid + (Size) c * rows->dim);
		swap_pointers(&s->distance2, &s->kept2);
		total = best_total;
	}
}

/* order[] becomes 0..n-1 by ascending value; equal values keep their order. */
static void
order_by_value(const double *value, int n, int *order)
{
	for (int i = 0; i < n; i++)
	{
		int			j = i;

		for (; j > 0 && value[order[j - 1]] > value[i]; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}

/* Add "depth" centroids beside those with the largest error. */
static void
breathe_in(Solver *s, double *centroid, int k, int depth, double inertia)
{
	int			dim = s->rows->dim;
	double		step = 0.1 * sqrt(inertia / (rows_total_weight(s->rows) * dim));

	order_by_value(s->error, k, s->order);
	for (int added = 0; added < depth; added++)
	{
		const double *from = centroid + (Size) s->order[k - 1 - added % k] * dim;
		double	   *to = centroid + (Size) (k + added) * dim;

		for (int j = 0; j < dim; j++)
			to[j] = from[j] + step * (2 * random_unit(&s->random) - 1);
	}
}

/*
 * Remove "depth" of the k + depth centroids: those whose rows lose least by
 * going to their second nearest.  The nearest neighbour of one that is
 * removed stays, since it takes over the rows.
 */
static void
breathe_out(Solver *s, double *centroid, int k, int depth)
{
	const Rows *rows = s->rows;
	int			dim = rows->dim;
	int			all = k + depth;
	int			removed = 0;
	int			frozen = 0;
	int			kept = 0;
	double	   *worth = s->error;
	bool		moved;

	assign_rows(s, centroid, all, true, &moved);
	memset(worth, 0, sizeof(double) * (Size) all);
	for (int i = 0; i < rows->n; i++)
		worth[s->label[i]] += rows->weight[i] * (s->second2[i] - s->distance2[i]);
	order_by_value(worth, all, s->order);

	for (int c = 0; c < all; c++)
		s->flag[c] = s->frozen[c] = false;
	for (int o = 0; o < all && removed < depth; o++)
	{
		int			c = s->order[o];
		int			neighbour = -1;
		double		nearest2 = INFINITY;

		if (s->frozen[c])
			continue;
		s->flag[c] = true;
		removed++;
		if (frozen + removed >= k)
			continue;			/* too few are left to spare one */
		for (int other = 0; other < all; other++)
		{
			double		d2;

			if (s->flag[other])
				continue;
			d2 = squared_distance(centroid + (Size) c * dim, centroid + (Size) other * dim, dim);
			if (d2 < nearest2)
			{
				nearest2 = d2;
				neighbour = other;
			}
		}
		if (neighbour >= 0 && !s->frozen[neighbour])
		{
			s->frozen[neighbour] = true;
			frozen++;
		}
	}
	for (int o = 0; o < all && removed < depth; o++)
		if (!s->flag[s->order[o]])
		{
			s->flag[s->order[o]] = true;
			removed++;
		}

	for (int c = 0; c < all; c++)
		if (!s->flag[c])
		{
			memmove(centroid + (Size) kept * dim, centroid + (Size) c * dim,
					sizeof(double) * (Size) dim);
			kept++;
		}
	Assert(kept == k);
}

/*
 * One start, up to the last steps of the descent; best[] has room for k
 * centroids, trial[] for BREATH_DEPTH more.
 */
static double
solve_once(Solver *s, int k, double *best, double *trial, KMeansFacts *facts)
{
	int			dim = s->rows->dim;
	Size		bytes = sizeof(double) * (Size) k * dim;
	int			depth = Min(BREATH_DEPTH, s->rows->n - k);
	double		inertia;

	seed_centroids(s, trial, k);
	inertia = descend(s, trial, k, BREATH_TOLERANCE, facts);
	memcpy(best, trial, bytes);

	/* a breath changes nothing where one centroid is the mean */
	while (k > 1 && depth > 0 && inertia > 0)
	{
		double		after;

		breathe_in(s, trial, k, depth, inertia);
		lloyd(s, trial, k + depth, FULL_BREATH_TOLERANCE, facts);
		breathe_out(s, trial, k, depth);
		after = descend(s, trial, k, BREATH_TOLERANCE, facts);
		if (after < inertia * (1 - BREATH_GAIN))
		{
			inertia = after;
			memcpy(best, trial, bytes);
		}
		else
		{
			bool		moved;

			depth--;
			memcpy(trial, best, bytes);
			assign_rows(s, trial, k, false, &moved);	/* for its errors */
		}
	}
	return inertia;
}

/*
 * How many starts to make when the caller does not say: about the same work
 * for every problem, between LEAST_STARTS and 50.  Small problems need more
 * of them than large ones, having more optima that are nearly as good, and
 * can afford them.
 */
static int
default_starts(const Rows *rows, int k)
{
	double		work = (double) rows->n * k * rows->dim;
	int			most = Max(LEAST_STARTS, Min(50, rows->n / 4));

	return (int) Max(LEAST_STARTS, Min(most, 40000 / work));
}

/*
 * The best of n_init starts (0: as many as fit the size), with exchanges or
 * without: centroids, and the facts of that start.
 */
static KMeansFacts
search(const Rows *rows, int k, int64 seed, int n_init, int max_iter, bool exchange,
	   double *centroid)
{
	int		   *label = core_alloc(rows->n, sizeof(int));
	Solver		s = solver_create(rows, k, max_iter, exchange, label);
	Size		room = mul_size(k + BREATH_DEPTH, mul_size(rows->dim, sizeof(double)));
	double	   *best = core_alloc(1, room);
	double	   *trial = core_alloc(1, room);
	KMeansFacts facts = {.inertia = INFINITY};
	int			equal = 0;		/* starts as good as the best */
	int			enough = INT32_MAX;

	if (n_init == 0)
	{
		n_init = default_starts(rows, k);
		if (n_init == LEAST_STARTS)
			enough = ENOUGH_EQUAL_STARTS;
	}
	if (k == 1)
		n_init = 1;				/* every start finds the mean */
	for (int start = 0; start < n_init && equal < enough && facts.inertia > 0; start++)
	{
		KMeansFacts this_start = {0};

		core_poll("k-means", (double) start / n_init);
		s.random = random_stream(seed, start);
		forget_labels(&s);
		this_start.inertia = solve_once(&s, k, best, trial, &this_start);
		if (this_start.inertia < facts.inertia * (1 - EQUAL_STARTS_TOLERANCE))
			equal = 0;
		equal += this_start.inertia <= facts.inertia * (1 + EQUAL_STARTS_TOLERANCE);
		if (this_start.inertia < facts.inertia)
		{
			facts = this_start;
			memcpy(centroid, best, sizeof(double) * (Size) k * rows->dim);
		}
	}
	pfree(trial);
	pfree(best);
	solver_free(&s);
	pfree(label);
	return facts;
}

/* From the given centroids until an iteration gains less than the share "tolerance". */
static KMeansFacts
descend_to(const Rows *rows, int k, int max_iter, double tolerance, double *centroid, int *label)
{
	KMeansFacts facts = {0};
	Solver		s = solver_create(rows, k, max_iter, rows->n <= EXCHANGE_ROWS, label);

	Assert(k >= 1 && k <= rows->n && max_iter >= 1);
	forget_labels(&s);
	facts.inertia = descend(&s, centroid, k, tolerance, &facts);
	facts.fixed_point = facts.converged;
	facts.converged |= tolerance > 0 && facts.iterations < max_iter;
	solver_free(&s);
	return facts;
}

/*
 * From the given centroids, centroid[c * dim + j], to the fixed point they
 * lead to, or near to it where there are many rows, with the label of each of
 * the rows.
 */
KMeansFacts
kmeans_descend(const Rows *rows, int k, int max_iter, double *centroid, int *label)
{
	return descend_to(rows, k, max_iter, rows->n > VERY_MANY_ROWS ? VERY_MANY_ROWS_TOLERANCE : 0,
					  centroid, label);
}

/*
 * Find k centroids and the label of each of the rows.  1 <= k <= rows->n, so
 * no cluster is empty.  n_init starts are made from "seed" (0: as many as fit
 * the size), each Lloyd iteration of at most max_iter >= 1 steps.
 */
KMeansFacts
kmeans_solve(const Rows *rows, int k, int64 seed, int n_init, int max_iter,
			 double *centroid, int *label)
{
	KMeansFacts found;
	KMeansFacts facts;

	Assert(k >= 1 && k <= rows->n && n_init >= 0 && max_iter >= 1);
	if (rows->n > MANY_ROWS && k <= MANY_ROWS_SAMPLE / 4)
	{
		Rows		sample = rows_sample(rows, MANY_ROWS_SAMPLE, seed);

		found = search(&sample, k, seed, n_init, max_iter, false, centroid);
		rows_free(&sample);
	}
	else
		found = search(rows, k, seed, n_init, max_iter, rows->n <= EXCHANGE_ROWS, centroid);
	if (rows->n > VERY_MANY_ROWS && k <= MANY_ROWS_SAMPLE / 4)
	{
		Rows		sample = rows_sample(rows, VERY_MANY_ROWS_SAMPLE, seed);

		found.iterations += descend_to(&sample, k, max_iter, VERY_MANY_ROWS_TOLERANCE, centroid,
									   label).iterations;
		rows_free(&sample);
	}
	facts = kmeans_descend(rows, k, max_iter, centroid, label);
	facts.iterations += found.iterations;
	return facts;
}

/* Bytes that kmeans_solve needs at most for n distinct rows. */
Size
kmeans_memory(int64 n, int dim, int k)
{
	Size		per_row = sizeof(int) + 4 * sizeof(double);
	Size		per_centroid = add_size(mul_size(3 * sizeof(double), dim), 32);

	return add_size(mul_size(n, per_row), mul_size((Size) k + BREATH_DEPTH, per_centroid));
}
