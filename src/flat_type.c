/*
 * flat_type.c
 *	  What our types have in common: flat varlenas in which equal values have
 *	  equal bytes.
 *
 * The order is total but arbitrary, for indexes, DISTINCT and merge joins:
 * shorter values first, then by the bytes.  The core has binary forms; a text
 * form can be that in base64.
 */
#include "flat_type.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"

static int
compare(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));
	struct varlena *b = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(1));
	Size		length_a = VARSIZE_ANY_EXHDR(a);
	Size		length_b = VARSIZE_ANY_EXHDR(b);
	int			result;

	if (length_a != length_b)
		result = length_a < length_b ? -1 : 1;
	else
		result = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), length_a);
	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return result;
}

#define COMPARISON(name, operator) \
PG_FUNCTION_INFO_V1(segment_flat_##name); \
Datum \
segment_flat_##name(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_BOOL(compare(fcinfo) operator 0); \
}

COMPARISON(eq, ==)
COMPARISON(ne, !=)
COMPARISON(lt, <)
COMPARISON(le, <=)
COMPARISON(gt, >)
COMPARISON(ge, >=)

PG_FUNCTION_INFO_V1(segment_flat_cmp);
Datum
segment_flat_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(fcinfo));
}

PG_FUNCTION_INFO_V1(segment_flat_hash);
Datum
segment_flat_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(hash_any((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)));
}

PG_FUNCTION_INFO_V1(segment_flat_hash_extended);
Datum
segment_flat_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(hash_any_extended((unsigned char *) VARDATA_ANY(value),
									  VARSIZE_ANY_EXHDR(value), PG_GETARG_INT64(1)));
}

/* A binary form as text. */
char *
flat_to_text(const bytea *bytes)
{
	int			length = VARSIZE(bytes) - VARHDRSZ;
	int			room = pg_b64_enc_len(length);
	char	   *text = palloc(room + 1);

	length = base64_encode(VARDATA(bytes), length, text, room);
	if (length < 0)
		elog(ERROR, "base64 took more room than it said");
	text[length] = '\0';
	return text;
}

/* The binary form in a text, and its length.  The hint, if any, is for a text that is none. */
char *
flat_from_text(const char *type, const char *text, const char *hint, int *length)
{
	int			room = pg_b64_dec_len((int) strlen(text));
	char	   *bytes = palloc(room + 1);

	*length = base64_decode(text, (int) strlen(text), bytes, room);
	if (*length < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid %s: it is not base64", type),
				 hint ? errhint("%s", hint) : 0));
	return bytes;
}

/* The binary form that a receive function was given, and its length. */
const char *
flat_from_message(StringInfo message, int *length)
{
	*length = message->len - message->cursor;
	return pq_getmsgbytes(message, *length);
}

/* An error unless there is no problem with bytes from outside. */
void
flat_refuse(const char *type, const char *problem, const char *hint)
{
	if (problem)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid %s: %s", type, problem),
				 hint ? errhint("%s", hint) : 0));
}
