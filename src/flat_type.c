/*
 * flat_type.c
 *	  Order and hash of our types, by their bytes.
 *
 * Our types are flat varlenas in which equal values have equal bytes.  The
 * order is total but arbitrary, for indexes, DISTINCT and merge joins: shorter
 * values first, then by the bytes.
 */
#include "compat.h"

#include "common/hashfn.h"

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
