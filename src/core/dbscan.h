/*
 * dbscan.h
 *	  DBSCAN: clusters are what dense rows hold together, the rest is noise.
 */
#ifndef SEGMENT_DBSCAN_H
#define SEGMENT_DBSCAN_H

#include "rows.h"

/*
 * How far a row sees.  Rows are neighbours if the float8 distance between
 * them, the rounded root of the rounded sum of squares, is at most "distance",
 * which is to say if that sum is at most "square": the largest double whose
 * rounded root is not above the distance.
 */
typedef struct Reach
{
	double		distance;
	double		square;
} Reach;

extern Reach reach_of(double eps);

extern int	dbscan(const Rows *rows, double eps, int min_points, int *label);
extern Size dbscan_memory(int64 n, int dim, int min_points);
extern double dbscan_suggest_eps(const Rows *rows, int min_points);
extern Size dbscan_suggest_memory(int64 n, int dim, int min_points);

/* The two ways to do it, of which dbscan chooses, and what they share. */
extern int	dbscan_by_grid(const Rows *rows, Reach reach, int min_points, int *label);
extern int	dbscan_by_tree(const Rows *rows, Reach reach, int min_points, int *label);
extern Size dbscan_grid_memory(int64 n, int dim);
extern Size dbscan_tree_memory(int64 n, int dim);
extern int	dbscan_number(int *label, int n, int most);

#endif							/* SEGMENT_DBSCAN_H */
