/*
 * standalone.c
 *	  What the server would define, for tests outside it.
 */
#include "core.h"

long		core_polls;

void
core_poll(const char *phase, double done)
{
	assert(phase != NULL);
	assert(done <= 1);
	core_polls++;
}
