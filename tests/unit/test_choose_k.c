/*
 * test_choose_k.c
 *	  Numbers of clusters: gap and stability against their definitions, votes
 *	  against the rules, and what must not change them.
 */
#include "choose_k.h"

#include "gap.h"
#include "kmeans.h"
#include "random.h"
#include "stability.h"
#include "tap.h"

#define UNLIMITED ((Size) 1 << 40)

/* n rows of dim features around k centres that are far apart, or for k = 0 uniform. */
static double *
draw_blobs(int n, int dim, int k, double sd)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);
	double		centre[10][8];

	for (int c = 0; c < k; c++)
		for (int j = 0; j < dim; j++)
			centre[c][j] = 10 * (j == 0 ? c : draw_int(0, 3));
	for (int i = 0; i < n; i++)
		for (int j = 0; j < dim; j++)
			input[i * dim + j] = k > 0 ? centre[i % k][j] + sd * draw_normal() : draw_unit();
	return input;
}

static Rows
rows_of(const double *input, int n, int dim)
{
	int		   *row_of = core_alloc(n, sizeof(int));
	Rows		rows = rows_canonical(input, n, dim, row_of);

	pfree(row_of);
	return rows;
}

/*
 * Of uniform rows on a line, the inertia a row of the best k clusters is
 * side^2 / 12 k^2, as many rows are: those of the reference sets, whose
 * k-means finds it.
 */
static void
test_gap_on_a_line(void)
{
	Check		check = {.name = "references on a line have the inertia of uniform rows"};
	double	   *input = draw_blobs(5000, 1, 0, 0);
	Rows		rows = rows_of(input, 5000, 1);
	double		log_inertia[6];
	double		se[6];

	gap_references(&rows, 6, 7, log_inertia, se);
	for (int k = 1; k <= 6; k++)
	{
		double		side = rows.x[rows.n - 1] - rows.x[0];
		double		expected = log(side * side / (12.0 * k * k));

		check_that(&check, fabs(log_inertia[k - 1] - expected) < 5 * se[k - 1], "k = %d: %g, not %g", k, log_inertia[k - 1],
				   expected);
		check_that(&check, se[k - 1] > 0 && se[k - 1] < 0.1, "k = %d: standard error %g", k, se[k - 1]);
	}
	check_end(&check);
	rows_free(&rows);
	pfree(input);
}

/* The box lies along the principal axes: turning the rows turns it, and changes no distance. */
static void
test_gap_turned(void)
{
	Check		check = {.name = "turned rows have the same references"};

	for (int set = 0; set < 5; set++)
	{
		int			n = draw_int(50, 200);
		double	   *input = draw_blobs(n, 3, 2, 1);
		Rows		rows = rows_of(input, n, 3);
		Rows		turned;
		double		angle = draw_between(0.1, 1.4);
		double		a[4];
		double		b[4];
		double		se[4];

		for (int i = 0; i < n; i++)
		{
			double		x = input[i * 3];
			double		z = input[i * 3 + 2];

			input[i * 3] = cos(angle) * x - sin(angle) * z;
			input[i * 3 + 2] = sin(angle) * x + cos(angle) * z;
		}
		turned = rows_of(input, n, 3);
		gap_references(&rows, 4, set, a, se);
		gap_references(&turned, 4, set, b, se);
		for (int k = 1; k <= 4; k++)
			check_that(&check, fabs(a[k - 1] - b[k - 1]) < 1e-6, "k = %d: %g, not %g", k, b[k - 1], a[k - 1]);
		rows_free(&turned);
		rows_free(&rows);
		pfree(input);
	}
	check_end(&check);
}

/* The definition: rows drawn one by one, clusters as sets. */
static double
stability_by_sets(const Rows *rows, const int *label, int k, int64 seed)
{
	int			total = (int) rows_total_weight(rows);
	int			size = Min(total, STABILITY_MOST_ROWS);
	double		sum[10] = {0};
	int			seen[10] = {0};
	double		least = 1;
	double	   *centroid = core_alloc(k, sizeof(double) * rows->dim);
	int		   *label_drawn = core_alloc(rows->n, sizeof(int));

	for (int b = 0; b < STABILITY_RESAMPLES; b++)
	{
		Random		random = random_stream(seed, (1 << 21) + b);
		int		   *count = core_alloc0(rows->n, sizeof(int));
		Rows		drawn = {.dim = rows->dim};
		int			n = 0;

		for (int i = 0; i < size; i++)
		{
			double		place = random_unit(&random) * total;
			int			row = 0;

			for (; place >= rows->weight[row]; row++)
				place -= rows->weight[row];
			count[row]++;
		}
		for (int i = 0; i < rows->n; i++)
			drawn.n += count[i] > 0;
		drawn.x = core_alloc(drawn.n, sizeof(double) * rows->dim);
		drawn.weight = core_alloc(drawn.n, sizeof(double));
		for (int i = 0; i < rows->n; i++)
			if (count[i] > 0)
			{
				for (int j = 0; j < rows->dim; j++)
					drawn.x[j * drawn.n + n] = rows->x[j * rows->n + i];
				drawn.weight[n++] = count[i];
			}
		kmeans_solve(&drawn, Min(k, drawn.n), (int64) random_bits(&random), 1, 300, centroid, label_drawn);
		for (int c = 0; c < k; c++)
		{
			double		best = -1;

			for (int o = 0; o < k; o++)
			{
				int			both = 0;
				int			either = 0;
				int			mine = 0;

				for (int i = 0, at = 0; i < rows->n; at += count[i++] > 0)
				{
					bool		in_c = count[i] > 0 && label[i] == c;
					bool		in_o = count[i] > 0 && label_drawn[at] == o;

					mine += in_c ? count[i] : 0;
					both += in_c && in_o ? count[i] : 0;
					either += in_c || in_o ? count[i] : 0;
				}
				if (mine > 0)
					best = Max(best, (double) both / either);
			}
			if (best >= 0)
			{
				sum[c] += best;
				seen[c]++;
			}
		}
		rows_free(&drawn);
		pfree(count);
	}
	for (int c = 0; c < k; c++)
		least = Min(least, seen[c] > 0 ? sum[c] / seen[c] : 0);
	pfree(label_drawn);
	pfree(centroid);
	return least;
}

static void
test_stability(void)
{
	Check		check = {.name = "stability agrees with the definition"};

	for (int set = 0; set < 12; set++)
	{
		int			n = draw_int(20, 150);
		int			k = draw_int(2, 5);
		double	   *input = draw_blobs(n, 2, set % 3, 2);
		Rows		rows;
		int		   *label = core_alloc(n, sizeof(int));
		double		centroid[10];
		double		stability;

		if (set % 2)
			for (int i = 0; i < 2 * n; i++)
				input[i] = rint(input[i]);	/* rows of weight */
		rows = rows_of(input, n, 2);
		rows_normalise(&rows);
		k = Min(k, rows.n);
		kmeans_solve(&rows, k, set, 0, 300, centroid, label);
		stability = stability_of(&rows, label, k, set);
		check_that(&check, fabs(stability - stability_by_sets(&rows, label, k, set)) < 1e-12,
				   "%d rows, k = %d: %g", n, k, stability);
		rows_free(&rows);
		pfree(label);
		pfree(input);
	}
	check_end(&check);
}

static bool
same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof(double)) == 0 || (isnan(a) && isnan(b));
}

static KScore *
choose(const double *input, int n, int dim, ScaleMethod scale, int k_min, int k_max, ChooseKFacts *facts)
{
	ChooseKOptions options = {.k_min = k_min, .k_max = k_max, .scale = scale};
	Rows		cells = rows_of(input, n, dim);
	KScore	   *score = NULL;

	choose_k(&cells, &options, UNLIMITED, &score, facts);
	return score;
}

/* The winner and the votes, from the scores as they are reported. */
static void
check_votes(Check *check, const KScore *score, const ChooseKFacts *facts)
{
	int			votes = 0;
	int			best[K_INDICES] = {0};

	for (int i = 0; i < facts->scores; i++)
	{
		const KScore *s = &score[i];

		votes += s->votes;
		check_that(check, score[facts->chosen].votes >= s->votes, "k = %d has more votes", s->k);
		if (s->votes == score[facts->chosen].votes && i != facts->chosen)
			check_that(check, !(s->value[K_SILHOUETTE] > score[facts->chosen].value[K_SILHOUETTE]),
					   "k = %d has as many votes and the better silhouette", s->k);
		for (int index = 0; index < K_INDICES; index++)
		{
			double		sign = index == K_DAVIES_BOULDIN || index == K_BIC ? -1 : 1;

			if (!isnan(s->value[index]) && (isnan(score[best[index]].value[index]) ||
				sign * s->value[index] > sign * score[best[index]].value[index]))
				best[index] = i;
		}
	}
	for (int index = 0; index < K_INDICES; index++)
		votes -= facts->vote[index] > 0;
	check_that(check, votes == 0, "votes are not as many as there are indices that vote");
	for (int index = 0; index < K_INDICES; index++)
	{
		int			i = facts->vote[index] - score[0].k;
		const KScore *s = &score[i];

		if (facts->vote[index] == 0)
			continue;
		check_that(check, !isnan(s->value[index]), "index %d votes for what it has no value of", index);
		switch (index)
		{
			case K_SILHOUETTE:
			case K_CALINSKI_HARABASZ:
			case K_DAVIES_BOULDIN:
			case K_BIC:
				check_that(check, i == best[index], "index %d votes for %d", index, s->k);
				break;
			case K_GAP:
				for (int o = 0; o < i; o++)
					check_that(check, score[o].value[K_GAP] < score[o + 1].value[K_GAP] - score[o + 1].gap_se,
							   "k = %d would do", score[o].k);
				if (i + 1 < facts->scores && !isnan(score[i + 1].value[K_GAP]))
					check_that(check, s->value[K_GAP] >= score[i + 1].value[K_GAP] - score[i + 1].gap_se,
							   "k = %d would not do", s->k);
				break;
			case K_STABILITY:
				for (int o = i + 1; o < facts->scores; o++)
					check_that(check, !(score[o].value[K_STABILITY] >= STABLE), "k = %d is stable", score[o].k);
				check_that(check, s->value[K_STABILITY] >= STABLE || i == best[index], "k = %d is not", s->k);
				break;
		}
	}
}

static void
test_choices(void)
{
	Check		found = {.name = "clusters far apart are counted"};
	Check		votes = {.name = "votes follow the rules"};
	Check		single = {.name = "one cluster would do where the gap votes for it"};
	Check		order = {.name = "the order of the rows changes no bit"};

	for (int set = 0; set < 12; set++)
	{
		int			n = draw_int(60, 250);
		int			dim = draw_int(1, 3);
		int			k = set % 4 == 0 ? 0 : draw_int(2, 6);
		double	   *input = draw_blobs(n, dim, k, 0.5);
		int		   *shuffle = core_alloc(n, sizeof(int));
		double	   *shuffled;
		ScaleMethod scale = set % 2 ? SCALE_ZSCORE : SCALE_NONE;
		ChooseKFacts facts;
		ChooseKFacts again_facts;
		KScore	   *score = choose(input, n, dim, scale, 2, 8, &facts);
		KScore	   *again;
		bool		same = true;

		if (k > 0)
			check_that(&found, score[facts.chosen].k == k, "%d rows in %d clusters of %d features: %d", n, k, dim,
					   score[facts.chosen].k);
		check_votes(&votes, score, &facts);
		again = choose(input, n, dim, scale, 1, 8, &again_facts);
		check_votes(&votes, again, &again_facts);
		check_that(&single, facts.single == (again_facts.vote[K_GAP] == 1), "%d rows in %d clusters", n, k);
		pfree(again);

		draw_order(n, shuffle);
		shuffled = reordered(input, n, dim, shuffle);
		again = choose(shuffled, n, dim, scale, 2, 8, &again_facts);
		for (int i = 0; i < facts.scores; i++)
			for (int index = 0; index < K_INDICES; index++)
				same &= same_bits(score[i].value[index], again[i].value[index]);
		check_that(&order, same && facts.chosen == again_facts.chosen, "%d rows", n);
		pfree(again);
		pfree(score);
		pfree(shuffled);
		pfree(shuffle);
		pfree(input);
	}
	check_end(&found);
	check_end(&votes);
	check_end(&single);
	check_end(&order);
}

/* What k-means, silhouettes and so on make of too little. */
static void
test_too_little(void)
{
	double		equal[] = {3, 3, 3, 3};
	double		two[] = {1, 1, 2, 2, 2};
	double		four[] = {1, 2, 4, 7};
	ChooseKFacts facts;
	KScore	   *score = choose(equal, 4, 1, SCALE_ZSCORE, 2, 10, &facts);

	tap_ok(facts.scores == 1 && score[0].k == 1 && facts.distinct == 1 && score[0].value[K_INERTIA] == 0,
		   "rows that are all equal are one cluster");
	pfree(score);
	score = choose(equal, 1, 1, SCALE_ZSCORE, 1, 1, &facts);
	tap_ok(facts.scores == 1 && score[0].k == 1 && score[0].votes == 0, "a row is one cluster");
	pfree(score);
	score = choose(two, 5, 1, SCALE_ZSCORE, 2, 10, &facts);
	tap_ok(facts.scores == 1 && score[0].k == 2 && score[0].value[K_SILHOUETTE] == 1 &&
		   score[0].value[K_CALINSKI_HARABASZ] == INFINITY && score[0].value[K_DAVIES_BOULDIN] == 0 &&
		   score[0].value[K_STABILITY] == 1, "two places are two clusters, as good as can be");
	pfree(score);
	score = choose(two, 5, 1, SCALE_ZSCORE, 1, 10, &facts);
	tap_ok(facts.scores == 2 && score[facts.chosen].k == 2, "and not one");
	pfree(score);
	score = choose(four, 4, 1, SCALE_NONE, 4, 4, &facts);
	tap_ok(facts.scores == 1 && isnan(score[0].value[K_SILHOUETTE]) && isnan(score[0].value[K_GAP]) &&
		   isnan(score[0].value[K_BIC]), "as many clusters as rows have no indices");
	pfree(score);
}

/* Every value times a power of two: the same choice, and the inertia in its units. */
static void
test_units(void)
{
	Check		check = {.name = "units change inertia and BIC alone"};

	for (int e = -900; e <= 900; e += 300)
	{
		double	   *input = draw_blobs(90, 2, 3, 1);
		ChooseKFacts facts;
		ChooseKFacts scaled_facts;
		KScore	   *score = choose(input, 90, 2, SCALE_NONE, 2, 5, &facts);
		KScore	   *scaled;

		for (int i = 0; i < 180; i++)
			input[i] = ldexp(input[i], e);
		scaled = choose(input, 90, 2, SCALE_NONE, 2, 5, &scaled_facts);
		check_that(&check, facts.chosen == scaled_facts.chosen, "2^%d: another choice", e);
		for (int i = 0; i < facts.scores; i++)
		{
			double		expected = score[i].value[K_BIC] + 2 * 90 * 2 * e * log(2);

			check_that(&check, fabs(scaled[i].value[K_SILHOUETTE] - score[i].value[K_SILHOUETTE]) < 1e-12,
					   "2^%d: silhouette", e);
			check_that(&check, fabs(scaled[i].value[K_BIC] - expected) <= 1e-9 * fabs(expected), "2^%d: BIC %g, not %g",
					   e, scaled[i].value[K_BIC], expected);
			if (abs(e) <= 300)
				check_that(&check, fabs(ldexp(scaled[i].value[K_INERTIA], -2 * e) - score[i].value[K_INERTIA]) <=
						   1e-12 * score[i].value[K_INERTIA], "2^%d: inertia", e);
		}
		pfree(scaled);
		pfree(score);
		pfree(input);
	}
	check_end(&check);
}

static void
test_memory(void)
{
	double	   *input = draw_blobs(50, 2, 2, 1);
	Rows		cells = rows_of(input, 50, 2);
	ChooseKOptions options = {.k_min = 2, .k_max = 10};
	ChooseKFacts facts;
	KScore	   *score = NULL;

	tap_ok(!choose_k(&cells, &options, 1000, &score, &facts) && facts.memory_needed > 1000 && score == NULL &&
		   cells.n == 50, "memory is asked for first");
	core_polls = 0;
	tap_ok(choose_k(&cells, &options, facts.memory_needed, &score, &facts) && core_polls > 1000, "and long work polls");
	pfree(score);
	pfree(input);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_gap_on_a_line();
	test_gap_turned();
	test_stability();
	test_choices();
	test_too_little();
	test_units();
	test_memory();
	return tap_end();
}
