/*
 * move.h
 *	  The smallest change of one feature that moves a row into another cluster.
 */
#ifndef SEGMENT_MOVE_H
#define SEGMENT_MOVE_H

#include "clusters.h"

/* What is known of a row, and room. */
typedef struct Mover
{
	Scorer		scorer;
	double	   *row;			/* [dim] in input units */
	double	   *point;			/* [dim] in the fitted space */
	double	   *distance;		/* [k] to each centroid, in the fitted space */
	double	   *probability;	/* [k] of a mixture; or NULL */
	int			cluster;		/* which the row belongs to */
	int			next;			/* the nearest or, of a mixture, most probable other
								 * one; -1 if there is none */
	double	   *step;			/* [2 k] where on the way something may change */
	double	   *length;			/* [2 k] how far that is */
	int		   *order;			/* [2 k] */
	double	   *z;				/* [dim] of a mixture */
	double	   *w;				/* [dim] of a mixture */
} Mover;

extern Mover mover_create(const Clusters *clusters);
extern void mover_set_row(Mover *mover, const double *row);
extern bool mover_find(Mover *mover, int feature, int cluster, double *value);

#endif							/* SEGMENT_MOVE_H */
