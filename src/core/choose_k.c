/*
 * choose_k.c
 *	  How many clusters: indices of k-means for a range of k, and their votes.
 *
 * k-means is made for every k, on the same rows in the same space, and seven
 * indices say which k they find best:
 *
 *	inertia				the elbow: the largest distance below the chord from
 *						(1, inertia) to (k_max, inertia)
 *	silhouette			the largest mean (silhouette.c)
 *	Calinski-Harabasz	the largest (validity.c)
 *	Davies-Bouldin		the smallest
 *	gap					the least k with gap(k) >= gap(k + 1) - se(k + 1), and
 *						without one the largest k (gap.c)
 *	BIC					the smallest
 *	stability			the largest k that is highly stable (stability.c), and
 *						without one the most stable
 *
 * The k with the most votes wins; among equals the one with the larger
 * silhouette, then the lower.  Ties within an index go to the lower k.  Indices
 * that compare clusters are not defined for one, so k = 1 can have two votes
 * only, of gap and BIC; "single" says whether the gap statistic would choose it.
 *
 * Rows may be the cells of a sketch: they have their weights and variances then,
 * and silhouettes and distances are estimates.  Time for n rows is that of a
 * k-means of the rows for every k, O(n^2 dim) for every silhouette, and that of
 * gap and stability, which does not depend on n: 40 k-means of 2,048 rows at
 * most for every k.
 *
 * The elbow as in Satopaa et al.: Finding a "Kneedle" in a Haystack, ICDCS
 * Workshops 2011, doi:10.1109/ICDCSW.2011.20, without its smoothing.  That none
 * of these indices is right for all data, and so none decides alone: Milligan,
 * Cooper: An Examination of Procedures for Determining the Number of Clusters in
 * a Data Set, Psychometrika 50, 1985, doi:10.1007/BF02294245.
 */
#include "choose_k.h"

#include "gap.h"
#include "kmeans.h"
#include "prepared.h"
#include "realmath.h"
#include "silhouette.h"
#include "stability.h"
#include "validity.h"

/* The squares of the rows about their mean, as the inertia of one cluster. */
static double
inertia_of_one(const Rows *rows, int *label)
{
	memset(label, 0, sizeof(int) * rows->n);
	return validity_of(rows, label, 1).inertia;
}

/* Everything about one k but the gap; "total" is the weight of the rows. */
static KScore
score_k(const Prepared *p, int k, double total, int64 seed, int *label)
{
	const Rows *rows = &p->scaled;
	double	   *centroid = core_alloc(k, mul_size(rows->dim, sizeof(double)));
	KScore		score = {.k = k, .gap_se = NAN};
	Validity	v;

	for (int i = 0; i < K_INDICES; i++)
		score.value[i] = NAN;
	kmeans_solve(rows, k, seed, 0, KMEANS_MAX_ITER, centroid, label);
	pfree(centroid);
	v = validity_of(rows, label, k);
	score.value[K_INERTIA] = v.inertia;
	score.value[K_CALINSKI_HARABASZ] = v.calinski_harabasz;
	score.value[K_DAVIES_BOULDIN] = v.davies_bouldin;
	score.value[K_BIC] = v.bic;
	if (k > 1 && k < total)
	{
		score.value[K_SILHOUETTE] = silhouette_of_rows(rows, label, k);
		score.value[K_STABILITY] = stability_of(rows, label, k, seed);
	}
	return score;
}

/* The gap of each k, and whether one cluster fits well enough, given the inertia of it. */
static bool
score_gaps(const Rows *rows, double one, double total, int64 seed, KScore *score, int n)
{
	int			k_max = score[n - 1].k;
	double	   *log_inertia = core_alloc(k_max, sizeof(double));
	double	   *se = core_alloc(k_max, sizeof(double));
	double		gap_of_one;
	bool		single;

	gap_references(rows, k_max, seed, log_inertia, se);
	gap_of_one = log_inertia[0] - real_log(one / total);
	for (int i = 0; i < n; i++)
	{
		int			k = score[i].k;
		double		inertia = score[i].value[K_INERTIA];

		if (k >= total || isinf(log_inertia[k - 1]))
			continue;
		score[i].value[K_GAP] = inertia > 0 ? log_inertia[k - 1] - real_log(inertia / total) : INFINITY;
		score[i].gap_se = se[k - 1];
	}
	single = score[0].k == 2 && gap_of_one >= score[0].value[K_GAP] - score[0].gap_se;
	pfree(se);
	pfree(log_inertia);
	return single;
}

/* The place of the best value of an index, -1 if it is defined nowhere. */
static int
best_of(const KScore *score, int n, KIndex index, double sign)
{
	int			best = -1;

	for (int i = 0; i < n; i++)
		if (!isnan(score[i].value[index]) &&
			(best < 0 || sign * score[i].value[index] > sign * score[best].value[index]))
			best = i;
	return best;
}

/* How far a value lies below the chord from (1, one) to the last one, against the height of the chord. */
static int
elbow(const KScore *score, int n, double one)
{
	const KScore *last = &score[n - 1];
	double		fall = one - last->value[K_INERTIA];
	double		deepest = 0;
	int			best = -1;

	for (int i = 0; i < n; i++)
	{
		double		along = (double) (score[i].k - 1) / Max(last->k - 1, 1);
		double		below = fall > 0 ? (one - score[i].value[K_INERTIA]) / fall - along : 0;

		if (below > deepest)
		{
			deepest = below;
			best = i;
		}
	}
	return best;
}

static int
first_gap(const KScore *score, int n)
{
	int			last = n;

	while (last > 0 && isnan(score[last - 1].value[K_GAP]))
		last--;
	for (int i = 0; i < last - 1; i++)
		if (score[i].value[K_GAP] >= score[i + 1].value[K_GAP] - score[i + 1].gap_se)
			return i;
	return last - 1;
}

static int
last_stable(const KScore *score, int n)
{
	for (int i = n - 1; i >= 0; i--)
		if (score[i].value[K_STABILITY] >= STABLE)
			return i;
	return best_of(score, n, K_STABILITY, 1);
}

/* Is a to win over b, which comes before it? */
static bool
beats(const KScore *a, const KScore *b)
{
	if (a->votes != b->votes)
		return a->votes > b->votes;
	return a->value[K_SILHOUETTE] > b->value[K_SILHOUETTE] ||
		(isnan(b->value[K_SILHOUETTE]) && !isnan(a->value[K_SILHOUETTE]));
}

static void
count_votes(KScore *score, int n, double one, ChooseKFacts *facts)
{
	int			vote[K_INDICES] = {
		[K_INERTIA] = elbow(score, n, one),
		[K_SILHOUETTE] = best_of(score, n, K_SILHOUETTE, 1),
		[K_CALINSKI_HARABASZ] = best_of(score, n, K_CALINSKI_HARABASZ, 1),
		[K_DAVIES_BOULDIN] = best_of(score, n, K_DAVIES_BOULDIN, -1),
		[K_GAP] = first_gap(score, n),
		[K_BIC] = best_of(score, n, K_BIC, -1),
		[K_STABILITY] = last_stable(score, n),
	};

	for (int i = 0; i < K_INDICES; i++)
		if (vote[i] >= 0)
		{
			score[vote[i]].votes++;
			facts->vote[i] = score[vote[i]].k;
		}
	for (int i = 1; i < n; i++)
		if (beats(&score[i], &score[facts->chosen]))
			facts->chosen = i;
}

/* From normalised rows to the fitted space. */
static void
denormalise(const Prepared *p, double total, KScore *score)
{
	int			varying = validity_varying(&p->scaled);

	score->value[K_INERTIA] = ldexp(score->value[K_INERTIA], 2 * p->exponent);
	score->value[K_BIC] += 2 * total * varying * p->exponent * real_log(2);
}

/* Bytes that choose_k needs at most for n cells. */
static Size
choose_k_memory(int64 n, int dim, int k_max)
{
	Size		scoring = Max(kmeans_memory(n, dim, k_max), silhouette_of_rows_memory(n, dim, k_max));
	Size		pairs = mul_size((Size) k_max + 1, mul_size((Size) k_max + 1, sizeof(double)));
	Size		per_k = add_size(mul_size(2 * sizeof(double), add_size(dim, GAP_SETS)), sizeof(KScore));
	Size		per_draw = mul_size(3 * sizeof(double), (Size) dim + 1);
	Size		drawn = mul_size(Max(GAP_MOST_ROWS, STABILITY_MOST_ROWS), per_draw);
	Size		labels = mul_size(n, 4 * sizeof(double));

	scoring = add_size(add_size(scoring, pairs), add_size(mul_size(k_max, per_k), drawn));
	return add_size(add_size(prepared_memory(n, dim), labels), scoring);
}

/*
 * Look at k_min .. k_max clusters of the cells of a sketch, at least one, in any
 * order; they are used up.  There are no more clusters than distinct rows: if
 * these are fewer than k_min, they are all that is looked at.
 *
 * Returns false, with facts->memory_needed, when more than memory_limit bytes
 * would be needed; nothing has been done then.
 */
bool
choose_k(Rows *cells, const ChooseKOptions *options, Size memory_limit,
		 KScore **scores, ChooseKFacts *facts)
{
	Prepared	p;
	double		total;
	double		one;
	int			k_min;
	int			k_max;
	int		   *label;
	KScore	   *score;

	Assert(cells->n >= 1 && options->k_min >= 1 && options->k_min <= options->k_max);
	*facts = (ChooseKFacts) {0};
	facts->memory_needed = choose_k_memory(cells->n, cells->dim, Min(options->k_max, cells->n));
	if (facts->memory_needed > memory_limit)
		return false;

	p = prepared_cells(cells, options->scale);
	facts->distinct = p.scaled.n;
	k_min = Min(options->k_min, facts->distinct);
	k_max = Min(options->k_max, facts->distinct);
	facts->scores = k_max - k_min + 1;
	*scores = score = core_alloc0(facts->scores, sizeof(KScore));
	label = core_alloc(p.scaled.n, sizeof(int));
	total = rows_total_weight(&p.scaled);
	one = inertia_of_one(&p.scaled, label);
	for (int k = k_min; k <= k_max; k++)
	{
		core_poll("choosing k", (double) (k - k_min) / facts->scores);
		score[k - k_min] = score_k(&p, k, total, options->seed, label);
	}
	if (one > 0)
		facts->single = score_gaps(&p.scaled, one, total, options->seed, score, facts->scores);
	count_votes(score, facts->scores, one, facts);
	for (int i = 0; i < facts->scores; i++)
		denormalise(&p, total, &score[i]);
	pfree(label);
	prepared_free(&p);
	return true;
}
