/*
 * dendrogram_type.c
 *	  The SQL type "dendrogram": the core's Dendrogram as a varlena.  Its text
 *	  form is the binary form in base64.
 */
#include "dendrogram_type.h"

#include "flat_type.h"

/* Ready to be returned: with its length in the varlena header. */
Dendrogram *
dendrogram_value(Dendrogram *dendrogram)
{
	SET_VARSIZE(dendrogram, dendrogram_bytes(dendrogram->n, dendrogram->dim));
	return dendrogram;
}

/* An error unless a value can have so many leaves. */
void
dendrogram_check_size(int64 n, int64 dim)
{
	if (!dendrogram_is_possible(n, dim))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a dendrogram of %lld leaves of %lld features is too large for a value",
						(long long) n, (long long) dim),
				 errhint("Make a tree of the cells of a sketch: hclust(cluster_sketch(...), linkage).")));
}

static bytea *
pack(Dendrogram *dendrogram)
{
	Size		length = dendrogram_packed_bytes(dendrogram);
	bytea	   *bytes = palloc(VARHDRSZ + length);

	SET_VARSIZE(bytes, VARHDRSZ + length);
	dendrogram_pack(dendrogram, (uint8 *) VARDATA(bytes));
	return bytes;
}

static Dendrogram *
unpack(const char *bytes, int length)
{
	Dendrogram *dendrogram;

	flat_refuse("dendrogram", dendrogram_unpack((const uint8 *) bytes, length, &dendrogram), NULL);
	return dendrogram_value(dendrogram);
}

PG_FUNCTION_INFO_V1(segment_dendrogram_send);
Datum
segment_dendrogram_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(pack(PG_GETARG_DENDROGRAM(0)));
}

PG_FUNCTION_INFO_V1(segment_dendrogram_recv);
Datum
segment_dendrogram_recv(PG_FUNCTION_ARGS)
{
	int			length;
	const char *bytes = flat_from_message((StringInfo) PG_GETARG_POINTER(0), &length);

	PG_RETURN_POINTER(unpack(bytes, length));
}

PG_FUNCTION_INFO_V1(segment_dendrogram_out);
Datum
segment_dendrogram_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(flat_to_text(pack(PG_GETARG_DENDROGRAM(0))));
}

PG_FUNCTION_INFO_V1(segment_dendrogram_in);
Datum
segment_dendrogram_in(PG_FUNCTION_ARGS)
{
	int			length;
	const char *bytes = flat_from_text("dendrogram", PG_GETARG_CSTRING(0), NULL, &length);

	PG_RETURN_POINTER(unpack(bytes, length));
}
