/*
 * test_triangle.c
 *	  Trees of all seven linkages against the definitions.
 *
 * The core updates distances by the Lance-Williams formula.  Here the distance
 * of two clusters is taken from their members at every step, as the linkages
 * are defined:
 *
 *	single, complete, average	the least, greatest and mean distance of a row
 *				of one from a row of the other
 *	centroid	the distance of the means of their rows
 *	ward		sqrt(2 |A| |B| / (|A| + |B|)) times that: the square is twice
 *				what the merge adds to the inertia
 *	weighted	the mean of the distances of the two parts that merged last
 *	median		the distance of two points, where a cluster's point is midway
 *				between those of the two parts that merged last
 *
 * The closest two merge; of equally close pairs the one whose lower name is
 * smallest, then whose higher name is; a cluster's name is its first row.
 * That is greedy agglomeration, in O(n^3), and the core's tree has to be the
 * same: the same pairs in the same order at the same heights.
 *
 * On random reals no two distances are equal and rounding cannot change the
 * order.  On integers with many ties distances are exact for single and
 * complete linkage, so trees must agree there too.  For the others rounding
 * may tell apart what is equal; there every merge of the core is checked to
 * be one of a closest pair.
 */
#include "fit.h"
#include "triangle.h"

#include "tap.h"

#define NO_LIMIT ((Size) 1 << 40)
#define TOLERANCE 1e-9L

static const char *const linkage_name[LINKAGES] = {
	"ward", "single", "complete", "average", "weighted", "centroid", "median",
	"average_squared",
};

/*
 * An agglomeration under way.  Clusters are named by their first row; only
 * those with a size are in use.
 */
typedef struct Agglomeration
{
	int			n;
	int			dim;
	Linkage		linkage;
	const double *x;			/* [n * dim] rows, ascending */
	int		   *size;
	int		   *cluster_of;		/* [n] the cluster of a row */
	long double *point;			/* [n * dim] sum of rows, or the median's point */
	long double *between;		/* [n * n] distances of rows, or of the weighted's clusters */
} Agglomeration;

static Agglomeration
agglomeration_begin(const double *x, int n, int dim, Linkage linkage)
{
	Agglomeration a = {
		n, dim, linkage, x,
		core_alloc(n, sizeof(int)),
		core_alloc(n, sizeof(int)),
		core_alloc(n, sizeof(long double) * dim),
		core_alloc(n, sizeof(long double) * n),
	};

	for (int i = 0; i < n; i++)
	{
		a.size[i] = 1;
		a.cluster_of[i] = i;
		for (int j = 0; j < dim; j++)
			a.point[i * dim + j] = x[i * dim + j];
		for (int k = 0; k < n; k++)
		{
			long double sum = 0;

			for (int j = 0; j < dim; j++)
				sum += ((long double) x[i * dim + j] - x[k * dim + j]) *
					((long double) x[i * dim + j] - x[k * dim + j]);
			a.between[i * n + k] = sqrtl(sum);
		}
	}
	return a;
}

static void
agglomeration_free(Agglomeration *a)
{
	pfree(a->size);
	pfree(a->cluster_of);
	pfree(a->point);
	pfree(a->between);
}

/*
 * distance[i * n + k], i < k, becomes the distance of every two clusters in
 * use, by the definition.  One look at every pair of rows does it for the
 * linkages that are defined by those.
 */
static void
all_distances(const Agglomeration *a, long double *distance)
{
	int			n = a->n;
	int			dim = a->dim;

	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++)
		{
			long double sum = 0;

			if (a->size[i] == 0 || a->size[k] == 0)
				continue;
			switch (a->linkage)
			{
				case LINKAGE_SINGLE:
					distance[i * n + k] = INFINITY;
					break;
				case LINKAGE_COMPLETE:
				case LINKAGE_AVERAGE:
					distance[i * n + k] = 0;
					break;
				case LINKAGE_WEIGHTED:
					distance[i * n + k] = a->between[i * n + k];
					break;
				case LINKAGE_MEDIAN:
					for (int j = 0; j < dim; j++)
						sum += (a->point[i * dim + j] - a->point[k * dim + j]) *
							(a->point[i * dim + j] - a->point[k * dim + j]);
					distance[i * n + k] = sqrtl(sum);
					break;
				case LINKAGE_AVERAGE_SQUARED:
					abort();	/* test_ward.c has it */
				case LINKAGE_CENTROID:
				case LINKAGE_WARD:
					for (int j = 0; j < dim; j++)
					{
						long double d = a->point[i * dim + j] / a->size[i] -
							a->point[k * dim + j] / a->size[k];

						sum += d * d;
					}
					if (a->linkage == LINKAGE_WARD)
						sum *= 2.0L * a->size[i] * a->size[k] / (a->size[i] + a->size[k]);
					distance[i * n + k] = sqrtl(sum);
					break;
			}
		}

	if (a->linkage != LINKAGE_SINGLE && a->linkage != LINKAGE_COMPLETE &&
		a->linkage != LINKAGE_AVERAGE)
		return;
	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++)
		{
			int			low = Min(a->cluster_of[i], a->cluster_of[k]);
			int			high = Max(a->cluster_of[i], a->cluster_of[k]);
			long double *d = &distance[low * n + high];

			if (low == high)
				continue;
			if (a->linkage == LINKAGE_SINGLE)
				*d = Min(*d, a->between[i * n + k]);
			else if (a->linkage == LINKAGE_COMPLETE)
				*d = Max(*d, a->between[i * n + k]);
			else
				*d += a->between[i * n + k] / ((long double) a->size[low] * a->size[high]);
		}
}

/* The closest pair, first by lower and then by higher name; *runner_up is the next distance. */
static long double
closest_pair(const Agglomeration *a, const long double *distance, int *low, int *high,
			 long double *runner_up)
{
	long double best = INFINITY;

	*runner_up = INFINITY;
	for (int i = 0; i < a->n; i++)
		for (int k = i + 1; k < a->n; k++)
		{
			long double d = distance[i * a->n + k];

			if (a->size[i] == 0 || a->size[k] == 0)
				continue;
			if (d < best)
			{
				*runner_up = best;
				best = d;
				*low = i;
				*high = k;
			}
			else if (d < *runner_up)
				*runner_up = d;
		}
	return best;
}

static void
agglomerate(Agglomeration *a, int low, int high)
{
	for (int j = 0; j < a->dim; j++)
	{
		long double *p = &a->point[low * a->dim + j];

		*p += a->point[high * a->dim + j];
		if (a->linkage == LINKAGE_MEDIAN)
			*p /= 2;
	}
	if (a->linkage == LINKAGE_WEIGHTED)
		for (int k = 0; k < a->n; k++)
			a->between[low * a->n + k] = a->between[k * a->n + low] =
				(a->between[low * a->n + k] + a->between[high * a->n + k]) / 2;
	for (int i = 0; i < a->n; i++)
		if (a->cluster_of[i] == high)
			a->cluster_of[i] = low;
	a->size[low] += a->size[high];
	a->size[high] = 0;
}

/* Rows as the core wants them, and as the definitions do. */
typedef struct Data
{
	int			n;				/* input rows */
	int			dim;
	double	   *input;			/* [n * dim], ascending, equal rows repeated */
	int		   *row_of;			/* [n] the distinct row of each */
	Rows		rows;			/* canonical and normalised */
	int			exponent;		/* heights are to be multiplied by 2^this */
	Merge	   *merge;
} Data;

/* Takes over the input. */
static Data
data_of(double *input, int n, int dim)
{
	Data		d = {.n = n, .dim = dim};
	int		   *row_of = core_alloc(n, sizeof(int));
	int			at = 0;

	d.rows = rows_canonical(input, n, dim, row_of);
	pfree(input);
	pfree(row_of);

	d.input = core_alloc(n, sizeof(double) * dim);
	d.row_of = core_alloc(n, sizeof(int));
	for (int r = 0; r < d.rows.n; r++)
		for (int repeat = 0; repeat < d.rows.weight[r]; repeat++)
		{
			for (int j = 0; j < dim; j++)
				d.input[at * dim + j] = d.rows.x[j * d.rows.n + r];
			d.row_of[at++] = r;
		}
	d.exponent = rows_normalise(&d.rows);
	d.merge = core_alloc(d.rows.n, sizeof(Merge));
	return d;
}

static void
free_data(Data *d)
{
	pfree(d->input);
	pfree(d->row_of);
	pfree(d->merge);
	rows_free(&d->rows);
}

/* Fill d->merge, with heights in the units of the input. */
static void
make_tree(Data *d, Linkage linkage)
{
	triangle_tree(&d->rows, linkage, d->merge);
	for (int step = 0; step < d->rows.n - 1; step++)
		d->merge[step].height = ldexp(d->merge[step].height, d->exponent);
}

static double *
draw_reals(int n, int dim, int repeats)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);
	bool		skewed = draw_int(0, 1);

	for (int i = 0; i < n; i++)
	{
		int			from = i > 0 && draw_int(1, repeats) > 1 ? draw_int(0, i - 1) : i;

		for (int j = 0; j < dim; j++)
			input[i * dim + j] = from < i ? input[from * dim + j] :
				skewed ? exp(draw_normal()) : draw_normal();
	}
	return input;
}

static double *
draw_integers(int n, int dim, int most)
{
	double	   *input = core_alloc(n, sizeof(double) * dim);

	for (int i = 0; i < n * dim; i++)
		input[i] = draw_int(0, most);
	return input;
}

/*
 * The core's tree against the definition's.  Where equal rows were given, the
 * definition merges them first, at height 0, and the core begins after that:
 * a row repeated is a weight.  Checking ends at a step where two distances
 * are so close that long double cannot tell them apart; random reals do not
 * come to that.  With "exact" squared distances are integers: equal ones are
 * equal, and a height is the correctly rounded root.
 */
static bool
tree_is_defined(const Data *d, Linkage linkage, bool exact, Check *check, const char *what)
{
	Agglomeration a = agglomeration_begin(d->input, d->n, d->dim, linkage);
	long double *distance = core_alloc(d->n, sizeof(long double) * d->n);
	int			duplicates = d->n - d->rows.n;
	bool		good = true;

	for (int step = 0; step < d->n - 1 && good; step++)
	{
		int			low = -1;
		int			high = -1;
		long double runner_up;
		long double height;

		all_distances(&a, distance);
		height = closest_pair(&a, distance, &low, &high, &runner_up);
		if (step < duplicates)
			good = check_that(check, height == 0 && d->row_of[low] == d->row_of[high],
							  "%s, %s: equal rows are not first", linkage_name[linkage], what);
		else
		{
			const Merge *m = &d->merge[step - duplicates];

			if (!exact && runner_up - height <= 1e-13L * height)
				break;
			good = check_that(check, m->low == d->row_of[low] && m->high == d->row_of[high] &&
							  (exact ? m->height == sqrt(roundl(height * height)) :
							   fabsl(m->height - height) <= TOLERANCE * height),
							  "%s, %s, n %d, dim %d, step %d: %d and %d at %.17g, not "
							  "%d and %d at %.17Lg",
							  linkage_name[linkage], what, d->n, d->dim, step - duplicates,
							  m->low, m->high, m->height, d->row_of[low], d->row_of[high], height);
		}
		agglomerate(&a, low, high);
	}
	pfree(distance);
	agglomeration_free(&a);
	return good;
}

/*
 * With ties: follow the core's merges, and check that each joins a closest
 * pair, at its distance.  Counts the steps at which another pair, equally
 * close but for rounding, has smaller names.
 */
static bool
merges_are_closest(const Data *d, Linkage linkage, Check *check, long *other_name)
{
	Agglomeration a = agglomeration_begin(d->input, d->n, d->dim, linkage);
	long double *distance = core_alloc(d->n, sizeof(long double) * d->n);
	bool		good = d->n == d->rows.n;

	for (int step = 0; step < d->n - 1 && good; step++)
	{
		const Merge *m = &d->merge[step];
		int			low = -1;
		int			high = -1;
		long double runner_up;
		long double least;
		long double own;
		bool		first = true;

		all_distances(&a, distance);
		least = closest_pair(&a, distance, &low, &high, &runner_up);
		good = check_that(check, m->low >= 0 && m->low < m->high && m->high < d->n &&
						  a.size[m->low] > 0 && a.size[m->high] > 0,
						  "%s, step %d: %d and %d are not clusters", linkage_name[linkage],
						  step, m->low, m->high);
		if (!good)
			break;
		own = distance[m->low * d->n + m->high];
		good = check_that(check, own <= least * (1 + TOLERANCE) &&
						  fabsl(m->height - own) <= TOLERANCE * own,
						  "%s, n %d, dim %d, step %d: %d and %d at %.17g, apart %.17Lg, "
						  "others %.17Lg",
						  linkage_name[linkage], d->n, d->dim, step, m->low, m->high, m->height,
						  own, least);
		for (int i = 0; i <= m->low; i++)
			for (int k = i + 1; k < (i < m->low ? d->n : m->high); k++)
				if (a.size[i] > 0 && a.size[k] > 0 &&
					distance[i * d->n + k] <= least * (1 + 1e-12L))
					first = false;
		*other_name += !first;
		agglomerate(&a, m->low, m->high);
	}
	pfree(distance);
	agglomeration_free(&a);
	return good;
}

/* Random reals: every linkage, several dimensions, every size to 60, one of 150. */
static void
test_definition(void)
{
	static const int dims[] = {1, 2, 3, 8};

	for (int linkage = 0; linkage < TRIANGLE_LINKAGES; linkage++)
	{
		char		name[80];
		Check		check = {.name = name};
		long		inversions = 0;

		snprintf(name, sizeof(name), "%s: the tree is the definition's", linkage_name[linkage]);
		for (int n = 1; n <= 61; n++)
			for (int t = 0; t < 4; t++)
				for (int set = 0; set < (n < 20 ? 4 : 1); set++)
				{
					Data		d = data_of(draw_reals(n < 61 ? n : 150, dims[t], 1),
											n < 61 ? n : 150, dims[t]);

					make_tree(&d, linkage);
					tree_is_defined(&d, linkage, false, &check, "reals");
					inversions += dendrogram_inversions(d.merge, d.rows.n);
					free_data(&d);
				}
		check_end(&check);
		if (linkage == LINKAGE_CENTROID || linkage == LINKAGE_MEDIAN)
			printf("# %s: %ld inversions among them\n", linkage_name[linkage], inversions);
	}
}

/* Rows that repeat: the tree of the weighted rows is that of the rows one by one. */
static void
test_repeated(void)
{
	for (int linkage = 0; linkage < TRIANGLE_LINKAGES; linkage++)
	{
		char		name[80];
		Check		check = {.name = name};

		snprintf(name, sizeof(name), "%s: weights count like repeated rows", linkage_name[linkage]);
		for (int set = 0; set < 60; set++)
		{
			int			n = draw_int(2, 40);
			int			dim = draw_int(1, 3);
			Data		d = data_of(draw_reals(n, dim, draw_int(2, 4)), n, dim);

			make_tree(&d, linkage);
			tree_is_defined(&d, linkage, false, &check, "repeated rows");
			free_data(&d);
		}
		check_end(&check);
	}
}

/* Integers, with so many ties that nearly every step has one. */
static void
test_ties(void)
{
	Check		exact = {.name = "single, complete: ties go to the smallest names, exactly"};

	for (int linkage = 0; linkage < TRIANGLE_LINKAGES; linkage++)
	{
		char		name[80];
		Check		closest = {.name = name};
		long		other_name = 0;
		long		merges = 0;

		snprintf(name, sizeof(name), "%s: of tied pairs one of the closest is merged",
				 linkage_name[linkage]);
		for (int set = 0; set < 120; set++)
		{
			int			n = draw_int(2, set % 10 ? 30 : 70);
			int			dim = draw_int(1, 3);
			Data		d = data_of(draw_integers(n, dim, draw_int(1, 12)), n, dim);
			Data		distinct;
			double	   *input = core_alloc(d.rows.n, sizeof(double) * dim);

			make_tree(&d, linkage);
			if (linkage == LINKAGE_SINGLE || linkage == LINKAGE_COMPLETE)
				tree_is_defined(&d, linkage, true, &exact, "integers");

			/* the same rows once each, for the check that does not expect repeats */
			for (int i = 0; i < n; i++)
				memcpy(input + d.row_of[i] * dim, d.input + i * dim, sizeof(double) * dim);
			distinct = data_of(input, d.rows.n, dim);
			make_tree(&distinct, linkage);
			if (distinct.rows.n > 1)
				merges_are_closest(&distinct, linkage, &closest, &other_name);
			merges += distinct.rows.n - 1;
			free_data(&distinct);
			free_data(&d);
		}
		check_end(&closest);
		if (other_name > 0)
			printf("# %s: at %ld of %ld merges rounding, not the names, chose among equals\n",
				   linkage_name[linkage], other_name, merges);
	}
	check_end(&exact);
}

/* Another order of the rows gives the same bytes, ties or not. */
static void
test_shuffled(void)
{
	Check		tree = {.name = "shuffled rows give the same tree"};
	Check		label = {.name = "shuffled rows get the same labels"};

	for (int set = 0; set < 210; set++)
	{
		Linkage		linkage = set % TRIANGLE_LINKAGES;
		int			n = draw_int(2, 60);
		int			dim = draw_int(1, 3);
		double	   *input = set % 4 ? draw_integers(n, dim, 6) : draw_reals(n, dim, 2);
		int		   *order = core_alloc(n, sizeof(int));
		int		   *row_of = core_alloc(n, sizeof(int));
		int		   *labels[2] = {core_alloc(n, sizeof(int)), core_alloc(n, sizeof(int))};
		Merge	   *merge[2] = {core_alloc0(n, sizeof(Merge)), core_alloc0(n, sizeof(Merge))};
		double	   *other;
		int			k = draw_int(1, 6);
		bool		good = true;

		draw_order(n, order);
		other = reordered(input, n, dim, order);
		for (int turn = 0; turn < 2; turn++)
		{
			Rows		rows = rows_canonical(turn ? other : input, n, dim, row_of);
			HclustOptions options = {.k = k, .linkage = linkage, .scale = set % SCALE_METHODS};
			Clusters	clusters;
			FitFacts	facts;

			rows_normalise(&rows);
			triangle_tree(&rows, linkage, merge[turn]);
			rows_free(&rows);
			fit_hclust(turn ? other : input, n, dim, &options, NO_LIMIT, labels[turn],
					   &clusters, &facts);
			free_clusters(&clusters);
		}
		check_that(&tree, memcmp(merge[0], merge[1], sizeof(Merge) * n) == 0, "%s, set %d",
				   linkage_name[linkage], set);
		for (int i = 0; i < n; i++)
			good &= labels[1][i] == labels[0][order[i]];
		check_that(&label, good, "%s, set %d", linkage_name[linkage], set);
		for (int turn = 0; turn < 2; turn++)
		{
			pfree(merge[turn]);
			pfree(labels[turn]);
		}
		pfree(other);
		pfree(row_of);
		pfree(order);
		pfree(input);
	}
	check_end(&tree);
	check_end(&label);
}

static int *
fit_labels(const double *input, int n, int dim, Linkage linkage, int k, double height,
		   FitFacts *facts)
{
	HclustOptions options = {.k = k, .height = height, .linkage = linkage};
	int		   *label = core_alloc(n, sizeof(int));
	Clusters	clusters;

	if (!fit_hclust(input, n, dim, &options, NO_LIMIT, label, &clusters, facts))
		abort();
	free_clusters(&clusters);
	return label;
}

/*
 * The whole way: the labels of fit_hclust put those rows together which the
 * definition has joined when k clusters of the repeated rows are left; k above
 * the number of distinct rows gives one cluster for each of them.
 */
static void
test_fit(void)
{
	Check		check = {.name = "fit_hclust gives the definition's clusters at every k"};
	Check		more = {.name = "k above the number of distinct rows"};

	for (int set = 0; set < 70; set++)
	{
		Linkage		linkage = set % TRIANGLE_LINKAGES;
		int			n = draw_int(2, 25);
		int			dim = draw_int(1, 3);
		Data		d = data_of(draw_reals(n, dim, 2), n, dim);
		Agglomeration a = agglomeration_begin(d.input, n, dim, linkage);
		long double *distance = core_alloc(n, sizeof(long double) * n);
		int		   *label;
		FitFacts	facts;

		for (int left = n;; left--)
		{
			int			low = 0;
			int			high = 0;
			long double runner_up;

			if (left <= d.rows.n)
			{
				int		   *number = core_alloc(n, sizeof(int));
				int		   *wanted = core_alloc(n, sizeof(int));
				int			next = 0;

				for (int i = 0; i < n; i++)
				{
					if (a.cluster_of[i] == i)
						number[i] = next++;
					wanted[i] = number[a.cluster_of[i]];
				}
				label = fit_labels(d.input, n, dim, linkage, left, 0, &facts);
				check_that(&check, same_partition(label, wanted, n), "set %d, %s, k %d", set,
						   linkage_name[linkage], left);
				pfree(label);
				pfree(wanted);
				pfree(number);
			}
			if (left == 1)
				break;
			all_distances(&a, distance);
			closest_pair(&a, distance, &low, &high, &runner_up);
			agglomerate(&a, low, high);
		}

		/* rows are ascending, and so are clusters of one row's value */
		label = fit_labels(d.input, n, dim, linkage, n + 5, 0, &facts);
		check_that(&more, memcmp(label, d.row_of, sizeof(int) * n) == 0 &&
				   facts.distinct == d.rows.n, "set %d", set);
		pfree(label);

		pfree(distance);
		agglomeration_free(&a);
		free_data(&d);
	}
	check_end(&check);
	check_end(&more);
}

/*
 * A height is in the units of the input, and a merge at the very height is
 * made: rows 3 apart are together at 3, whatever 3 is measured in.
 */
static void
test_height(void)
{
	Check		check = {.name = "a height is met by merges at or below it"};

	for (int e = -900; e <= 900; e += 60)
	{
		double		input[] = {0, 3, 6, 10};
		int			wanted[4];
		int		   *label;
		FitFacts	facts;

		for (int i = 0; i < 4; i++)
			input[i] = ldexp(input[i], e);
		for (int cut = 0; cut < 5; cut++)
		{
			static const double height[] = {0, 2.9999999, 3, 3.9999999, 4};

			/* single linkage: gaps of 3, 3 and 4 */
			for (int i = 0; i < 4; i++)
				wanted[i] = cut < 2 ? i : cut < 4 ? i == 3 : 0;
			label = fit_labels(input, 4, 1, LINKAGE_SINGLE, 0, ldexp(height[cut], e), &facts);
			check_that(&check, memcmp(label, wanted, sizeof(wanted)) == 0,
					   "2^%d, height %g: %d %d %d %d", e, height[cut],
					   label[0], label[1], label[2], label[3]);
			pfree(label);
		}
	}
	check_end(&check);
}

/*
 * With fewer leaves allowed than there are rows the tree is one of a sketch's
 * cells.  While these are the rows themselves, that changes no label.
 */
static void
test_cells(void)
{
	Check		check = {.name = "a tree of cells that are rows gives the same labels"};

	for (int set = 0; set < 80; set++)
	{
		Linkage		linkage = set % LINKAGES;
		int			n = draw_int(2, 300);
		int			dim = draw_int(1, 3);
		double	   *input = set % 3 ? draw_reals(n, dim, 2) : draw_integers(n, dim, 9);
		int		   *label[2];
		Clusters	clusters;
		FitFacts	facts[2];

		for (int cells = 0; cells < 2; cells++)
		{
			HclustOptions options = {
				.k = set % 5, .height = 1, .linkage = linkage, .scale = set / 8 % SCALE_METHODS,
				.most_leaves = cells
			};

			label[cells] = core_alloc(n, sizeof(int));
			if (!fit_hclust(input, n, dim, &options, NO_LIMIT, label[cells], &clusters, &facts[cells]))
				abort();
			free_clusters(&clusters);
		}
		check_that(&check, memcmp(label[0], label[1], sizeof(int) * n) == 0 && facts[0].cells == 0 &&
				   (facts[1].cells > 0) == (linkage_is_linear(linkage) && facts[1].distinct > 1),
				   "%s, set %d", linkage_name[linkage], set);
		pfree(label[0]);
		pfree(label[1]);
		pfree(input);
	}
	check_end(&check);
}

/*
 * Too little memory is refused, first for the rows and then for the triangle
 * of distances, which is at least four bytes for every pair of 1000; with what
 * was named at last, the fit is made.
 */
static void
test_memory(void)
{
	double	   *input = draw_reals(1000, 2, 1);
	int			label[1000];
	HclustOptions options = {.k = 2, .linkage = LINKAGE_COMPLETE};
	Clusters	clusters;
	FitFacts	facts = {.memory_needed = 0};
	Size		limit;
	int			refused = 0;

	do
		limit = facts.memory_needed;
	while (!fit_hclust(input, 1000, 2, &options, limit, label, &clusters, &facts) && refused++ < 2);
	tap_ok(refused == 2 && limit > 4 * 1000 * 1000 && facts.memory_needed == limit &&
		   !fit_hclust(input, 1000, 2, &options, limit - 1, label, &clusters, &facts),
		   "memory is named before it is taken");
	free_clusters(&clusters);
	pfree(input);
}

static int
compare_ints(const void *a, const void *b)
{
	return *(const int *) a - *(const int *) b;
}

/* Do the clusters have these sizes, in ascending order? */
static bool
has_sizes(const int *label, int n, int k, const int *sizes)
{
	int		   *size = core_alloc0(k, sizeof(int));
	bool		good = true;

	for (int i = 0; i < n && good; i++)
	{
		good = label[i] >= 0 && label[i] < k;
		if (good)
			size[label[i]]++;
	}
	qsort(size, k, sizeof(int), compare_ints);
	good &= memcmp(size, sizes, sizeof(int) * k) == 0;
	pfree(size);
	return good;
}

/* The mall customers: what R and SciPy say, and the order of rows once more. */
static void
test_mall(void)
{
	static const MallColumn columns[] = {MALL_INCOME, MALL_SCORE};
	static const struct
	{
		Linkage		linkage;
		int			size[5];
	}			five[] = {
		{LINKAGE_WARD, {21, 23, 32, 39, 85}},
		{LINKAGE_AVERAGE, {3, 21, 36, 38, 102}},
		{LINKAGE_SINGLE, {1, 1, 2, 3, 193}},
	};
	static const double top[] = {405.660, 394.860, 262.563, 245.655, 113.886};
	Check		heights = {.name = "mall customers: the highest merges of Ward's tree"};
	Check		sizes = {.name = "mall customers: sizes at k = 5 by Ward, average, single"};
	Check		by_height = {.name = "mall customers: cuts between two of these heights"};
	Check		shuffled = {.name = "mall customers: 30 row orders, one answer by every linkage"};
	double	   *input = mall_customers(columns, 2);
	int			order[MALL_ROWS];
	FitFacts	facts;

	if (!input)
	{
		tap_skip("mall customers", "data/mall_customers.csv is not here");
		return;
	}

	for (int t = 0; t < 3; t++)
	{
		int		   *label = fit_labels(input, MALL_ROWS, 2, five[t].linkage, 5, 0, &facts);

		check_that(&sizes, has_sizes(label, MALL_ROWS, 5, five[t].size), "%s",
				   linkage_name[five[t].linkage]);
		pfree(label);
	}
	check_end(&sizes);

	{
		double	   *copy = core_alloc(MALL_ROWS, 2 * sizeof(double));
		Data		d;

		memcpy(copy, input, MALL_ROWS * 2 * sizeof(double));
		d = data_of(copy, MALL_ROWS, 2);
		make_tree(&d, LINKAGE_WARD);
		for (int t = 0; t < 5; t++)
			check_that(&heights, fabs(d.merge[d.rows.n - 2 - t].height - top[t]) < 6e-4,
					   "%.3f, not %.3f", d.merge[d.rows.n - 2 - t].height, top[t]);
		free_data(&d);
	}
	check_end(&heights);

	for (int k = 1; k <= 5; k++)
	{
		double		height = k == 1 ? 406 : (top[k - 1] + top[k - 2]) / 2;
		int		   *label = fit_labels(input, MALL_ROWS, 2, LINKAGE_WARD, 0, height, &facts);
		int		   *wanted = fit_labels(input, MALL_ROWS, 2, LINKAGE_WARD, k, 0, &facts);

		check_that(&by_height, memcmp(label, wanted, sizeof(order)) == 0, "height %.3f, k %d",
				   height, k);
		pfree(label);
		pfree(wanted);
	}
	check_end(&by_height);

	for (int linkage = 0; linkage < LINKAGES; linkage++)
	{
		int		   *label = fit_labels(input, MALL_ROWS, 2, linkage, 5, 0, &facts);

		for (int turn = 0; turn < 30; turn++)
		{
			bool		good = true;
			double	   *other;
			int		   *other_label;

			draw_order(MALL_ROWS, order);
			other = reordered(input, MALL_ROWS, 2, order);
			other_label = fit_labels(other, MALL_ROWS, 2, linkage, 5, 0, &facts);
			for (int i = 0; i < MALL_ROWS; i++)
				good &= other_label[i] == label[order[i]];
			check_that(&shuffled, good, "%s, order %d", linkage_name[linkage], turn);
			pfree(other_label);
			pfree(other);
		}
		pfree(label);
	}
	check_end(&shuffled);
	pfree(input);
}

int
main(int argc, char **argv)
{
	tap_begin(argc, argv);
	test_definition();
	test_repeated();
	test_ties();
	test_shuffled();
	test_fit();
	test_height();
	test_cells();
	test_memory();
	test_mall();
	return tap_end();
}
