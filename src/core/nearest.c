/*
 * nearest.c
 *	  Which centroid is nearest, and how far it is.
 *
 * A squared distance is the sum of (x - c)^2 over the features in ascending
 * order, in double precision: never |c|^2 - 2 x.c, which cancels where values
 * share a large common part.  nearest_block lets the lanes of a vector unit
 * run across rows, so that the operations on one row, and their order, are
 * the same as in nearest_one on every instruction set.  Of equally near
 * centroids the one with the lowest number is taken.
 */
#include "nearest.h"

/*
 * The centroid nearest to a point, by number; *distance2 is the square of its
 * distance.  centroid[c * dim + j].  O(k dim).
 */
int
nearest_one(const double *point, const double *centroid, int k, int dim, double *distance2)
{
	int			best = 0;

	*distance2 = INFINITY;
	for (int c = 0; c < k; c++)
	{
		double		d2 = 0;

		for (int j = 0; j < dim; j++)
		{
			double		d = point[j] - centroid[(Size) c * dim + j];

			d2 += d * d;
		}
		if (d2 < *distance2)
		{
			*distance2 = d2;
			best = c;
		}
	}
	return best;
}

/*
 * For rows start .. start + count - 1, count <= NEAREST_BLOCK: the number of
 * the nearest centroid, the square of its distance, and, unless second2 is
 * NULL, of the second nearest (infinite when k is 1).  O(count k dim).
 */
void
nearest_block(const Rows *rows, int start, int count, const double *centroid, int k,
			  int *label, double *distance2, double *second2)
{
	double		d2[NEAREST_BLOCK];
	double		best[NEAREST_BLOCK];
	double		best_label[NEAREST_BLOCK];	/* as doubles: lanes of one width */
	double		second[NEAREST_BLOCK];

	Assert(count <= NEAREST_BLOCK);
	for (int i = 0; i < NEAREST_BLOCK; i++)
	{
		best[i] = second[i] = INFINITY;
		best_label[i] = 0;
		d2[i] = 0;
	}
	for (int c = 0; c < k; c++)
	{
		double		this_label = c;

		for (int j = 0; j < rows->dim; j++)
		{
			const double *x = rows->x + (Size) j * rows->n + start;
			double		at = centroid[(Size) c * rows->dim + j];

			if (j == 0)
				for (int i = 0; i < count; i++)
				{
					double		d = x[i] - at;

					d2[i] = d * d;
				}
			else
				for (int i = 0; i < count; i++)
				{
					double		d = x[i] - at;

					d2[i] += d * d;
				}
		}
		if (second2)
			for (int i = 0; i < NEAREST_BLOCK; i++)
			{
				double		loser = d2[i] < best[i] ? best[i] : d2[i];

				second[i] = loser < second[i] ? loser : second[i];
			}
		for (int i = 0; i < NEAREST_BLOCK; i++)
		{
			best_label[i] = d2[i] < best[i] ? this_label : best_label[i];
			best[i] = d2[i] < best[i] ? d2[i] : best[i];
		}
	}
	for (int i = 0; i < count; i++)
		label[i] = (int) best_label[i];
	memcpy(distance2, best, sizeof(double) * count);
	if (second2)
		memcpy(second2, second, sizeof(double) * count);
}
