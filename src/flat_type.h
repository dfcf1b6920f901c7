/*
 * flat_type.h
 *	  What our types have in common: flat varlenas in which equal values have
 *	  equal bytes.
 */
#ifndef SEGMENT_FLAT_TYPE_H
#define SEGMENT_FLAT_TYPE_H

#include "compat.h"

#include "lib/stringinfo.h"

extern char *flat_to_text(const bytea *bytes);
extern char *flat_from_text(const char *type, const char *text, const char *hint, int *length);
extern const char *flat_from_message(StringInfo message, int *length);
extern void flat_refuse(const char *type, const char *problem, const char *hint);

#endif							/* SEGMENT_FLAT_TYPE_H */
