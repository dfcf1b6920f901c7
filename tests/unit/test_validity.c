/*
 * test_validity.c
 *	  Calinski-Harabasz, Davies-Bouldin and BIC against their definitions, which
 *	  take every row by itself, in long double.
 */
#include "validity.h"

#include "tap.h"

typedef struct Problem
{
	int			n;				/* rows, equal ones counted */
	int			dim;
	int			k;
	double	   *input;			/* [i * dim + j] */
	int		   *label;
	Rows		rows;
	int		   *rows_label;
} Problem;

/* Rows of which many may be equal; equal rows have one label, and every label is in use. */
static Problem
draw_problem(int n, int dim, int k, bool few)
{
	Problem		p = {.n = n, .dim = dim};
	int		   *row_of = core_alloc(n, sizeof(int));
	int			renumbered[20];

	p.input = core_alloc(n, sizeof(double) * dim);
	p.label = core_alloc(n, sizeof(int));
	for (int i = 0; i < n; i++)
		for (int j = 0; j < dim; j++)
			p.input[i * dim + j] = few ? draw_int(-3, 3) / 8.0 : draw_normal() / 8;
	p.rows = rows_canonical(p.input, n, dim, row_of);
	p.rows_label = core_alloc(p.rows.n, sizeof(int));
	for (int c = 0; c < k; c++)
		renumbered[c] = -1;
	for (int i = 0; i < p.rows.n; i++)
	{
		int			c = draw_int(0, k - 1);

		if (renumbered[c] < 0)
			renumbered[c] = p.k++;
		p.rows_label[i] = renumbered[c];
	}
	for (int i = 0; i < n; i++)
		p.label[i] = p.rows_label[row_of[i]];
	pfree(row_of);
	return p;
}

static void
free_problem(Problem *p)
{
	rows_free(&p->rows);
	pfree(p->rows_label);
	pfree(p->label);
	pfree(p->input);
}

/* mean[] becomes the mean of a cluster, or of all rows for -1; returns how many there are. */
static int
mean_of(const Problem *p, int cluster, long double *mean)
{
	int			count = 0;

	for (int j = 0; j < p->dim; j++)
		mean[j] = 0;
	for (int i = 0; i < p->n; i++)
		if (cluster < 0 || p->label[i] == cluster)
		{
			count++;
			for (int j = 0; j < p->dim; j++)
				mean[j] += p->input[i * p->dim + j];
		}
	for (int j = 0; j < p->dim; j++)
		mean[j] /= count;
	return count;
}

static long double
square(const Problem *p, int i, const long double *mean)
{
	long double sum = 0;

	for (int j = 0; j < p->dim; j++)
		sum += (p->input[i * p->dim + j] - mean[j]) * (p->input[i * p->dim + j] - mean[j]);
	return sum;
}

static int
varying(const Problem *p)
{
	int			count = 0;

	for (int j = 0; j < p->dim; j++)
		for (int i = 1; i < p->n; i++)
			if (p->input[i * p->dim + j] != p->input[j])
			{
				count++;
				break;
			}
	return count;
}

static bool
near(double a, long double b)
{
	return a == b || fabsl(a - b) <= 1e-11L * Max(fabsl(b), 1);
}

static void
check_problem(Check *check, const Problem *p)
{
	Validity	v = validity_of(&p->rows, p->rows_label, p->k);
	long double mean[20][8];
	long double all[8];
	int			size[20];
	long double within = 0;
	long double between = 0;
	long double spread[20] = {0};
	long double bouldin = 0;
	long double log_likelihood = 0;
	int			d = varying(p);
	long double variance;

	mean_of(p, -1, all);
	for (int c = 0; c < p->k; c++)
	{
		size[c] = mean_of(p, c, mean[c]);
		for (int i = 0; i < p->n; i++)
			if (p->label[i] == c)
			{
				within += square(p, i, mean[c]);
				spread[c] += sqrtl(square(p, i, mean[c])) / size[c];
			}
		for (int j = 0; j < p->dim; j++)
			between += size[c] * (mean[c][j] - all[j]) * (mean[c][j] - all[j]);
	}
	for (int c = 0; c < p->k; c++)
	{
		long double worst = 0;

		for (int o = 0; o < p->k; o++)
			if (o != c)
			{
				long double apart = 0;

				for (int j = 0; j < p->dim; j++)
					apart += (mean[c][j] - mean[o][j]) * (mean[c][j] - mean[o][j]);
				if (spread[c] + spread[o] > 0)
					worst = fmaxl(worst, (spread[c] + spread[o]) / sqrtl(apart));
			}
		bouldin += worst / p->k;
	}

	/* the density of every row in the Gaussian of its own cluster, and its share */
	variance = within / (d * (p->n - p->k));
	for (int i = 0; i < p->n; i++)
	{
		int			c = p->label[i];

		log_likelihood += logl((long double) size[c] / p->n) - d / 2.0L * logl(2 * acosl(-1) * variance) -
			square(p, i, mean[c]) / (2 * variance);
	}

	check_that(check, near(v.inertia, within), "inertia %g, not %Lg", v.inertia, within);
	if (p->k == p->n)
		check_that(check, isnan(v.bic) && isnan(v.calinski_harabasz) && isnan(v.davies_bouldin),
				   "as many clusters as rows, and an index");
	else if (p->k == 1)
		check_that(check, isnan(v.calinski_harabasz) && isnan(v.davies_bouldin), "one cluster, and an index");
	else
	{
		check_that(check, near(v.calinski_harabasz, between / (p->k - 1) / (within / (p->n - p->k))),
				   "%d rows, k = %d: Calinski-Harabasz %g", p->n, p->k, v.calinski_harabasz);
		check_that(check, near(v.davies_bouldin, bouldin), "%d rows, k = %d: Davies-Bouldin %g, not %Lg",
				   p->n, p->k, v.davies_bouldin, bouldin);
	}
	if (p->k < p->n && within > 0)
		check_that(check, near(v.bic, p->k * (d + 1) * logl(p->n) - 2 * log_likelihood),
				   "%d rows, k = %d: BIC %g", p->n, p->k, v.bic);
}

/* Groups of rows that lie close as cells: inertia and Calinski-Harabasz are those of the rows. */
static void
test_cells(void)
{
	Check		check = {.name = "squares within cells are counted"};

	for (int set = 0; set < 20; set++)
	{
		int			n = 12 * draw_int(3, 10);
		Problem		p = draw_problem(n, 2, 3, false);
		Rows		cells = {.n = n / 4, .dim = 2};
		int		   *label = core_alloc(n, sizeof(int));
		Validity	of_rows;
		Validity	of_cells;

		cells.x = core_alloc0(2 * cells.n, sizeof(double));
		cells.variance = core_alloc0(2 * cells.n, sizeof(double));
		cells.weight = core_alloc0(cells.n, sizeof(double));
		for (int i = 0; i < p.rows.n; i++)
		{
			int			c = i / 4;

			p.rows_label[i] = label[c] = c % 3;
			cells.weight[c] += p.rows.weight[i];
			for (int j = 0; j < 2; j++)
				cells.x[j * cells.n + c] += p.rows.x[j * n + i] / 4;
		}
		for (int i = 0; i < n; i++)
			for (int j = 0; j < 2; j++)
			{
				double		d = p.rows.x[j * n + i] - cells.x[j * cells.n + i / 4];

				cells.variance[j * cells.n + i / 4] += d * d / 4;
			}
		of_rows = validity_of(&p.rows, p.rows_label, 3);
		of_cells = validity_of(&cells, label, 3);
		check_that(&check, near(of_cells.inertia, of_rows.inertia) &&
				   near(of_cells.calinski_harabasz, of_rows.calinski_harabasz) && near(of_cells.bic, of_rows.bic),
				   "%d cells: %g, not %g", cells.n, of_cells.inertia, of_rows.inertia);
		check_that(&check, of_cells.davies_bouldin > 0.5 * of_rows.davies_bouldin &&
				   of_cells.davies_bouldin < 2 * of_rows.davies_bouldin, "Davies-Bouldin is far off");
		rows_free(&cells);
		pfree(label);
		free_problem(&p);
	}
	check_end(&check);
}

/* Clusters that are points: nothing within, everything between. */
static void
test_points(void)
{
	double		input[] = {0, 0, 0.5, 0.5, 0.5, 0.75};
	int			row_of[6];
	int			label[] = {0, 1, 2};
	Rows		rows = rows_canonical(input, 6, 1, row_of);
	Validity	v = validity_of(&rows, label, 3);

	tap_ok(v.inertia == 0 && v.calinski_harabasz == INFINITY && v.davies_bouldin == 0 && v.bic == -INFINITY,
		   "clusters that are points are as good as can be");
	rows_free(&rows);
}

int
main(int argc, char **argv)
{
	Check		check = {.name = "indices agree with their definitions"};

	tap_begin(argc, argv);
	for (int set = 0; set < 300; set++)
	{
		Problem		p = draw_problem(draw_int(2, set % 3 ? 60 : 12), draw_int(1, 4), draw_int(1, 8), set % 2);

		if (p.rows.n > 1)
			check_problem(&check, &p);
		free_problem(&p);
	}
	check_end(&check);
	test_cells();
	test_points();
	return tap_end();
}
