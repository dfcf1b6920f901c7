/*
 * sketch_level.h
 *	  The lowest level at which keys occupy no more cells than they may.
 */
#ifndef SEGMENT_SKETCH_LEVEL_H
#define SEGMENT_SKETCH_LEVEL_H

#include "core.h"

extern int	sketch_lowest_level(const int64 *key, int n, int dim, int level, int most);

#endif							/* SEGMENT_SKETCH_LEVEL_H */
