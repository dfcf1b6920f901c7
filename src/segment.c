/*
 * segment.c
 *	  The module: its magic block and its settings.
 */
#include "compat.h"

#include "work.h"

SEGMENT_MODULE_MAGIC;

void		_PG_init(void);

void
_PG_init(void)
{
	work_define_settings();
}
