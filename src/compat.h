/*
 * compat.h
 *	  What differs between PostgreSQL 15 and later versions; version tests
 *	  stand here and nowhere else.
 */
#ifndef SEGMENT_COMPAT_H
#define SEGMENT_COMPAT_H

#include "postgres.h"

#include "common/base64.h"
#include "fmgr.h"

#if PG_VERSION_NUM < 150000
#error "segment needs PostgreSQL 15 or later"
#endif

/* 16 moved the varlena macros out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* that of this library, in all its files */
#define SEGMENT_VERSION "0.1.0"

/* 18 lets a module say its name and version */
#ifdef PG_MODULE_MAGIC_EXT
#define SEGMENT_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "segment", .version = SEGMENT_VERSION)
#else
#define SEGMENT_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 18 writes this word before a declaration; before, a macro came after it */
#ifndef pg_noreturn
#define pg_noreturn __attribute__((noreturn))
#endif

/* 18 takes and gives the bytes as uint8 */
static inline int
base64_encode(const char *bytes, int length, char *text, int room)
{
#if PG_VERSION_NUM >= 180000
	return pg_b64_encode((const uint8 *) bytes, length, text, room);
#else
	return pg_b64_encode(bytes, length, text, room);
#endif
}

static inline int
base64_decode(const char *text, int length, char *bytes, int room)
{
#if PG_VERSION_NUM >= 180000
	return pg_b64_decode(text, length, (uint8 *) bytes, room);
#else
	return pg_b64_decode(text, length, bytes, room);
#endif
}

#endif							/* SEGMENT_COMPAT_H */
