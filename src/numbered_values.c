/*
 * numbered_values.c
 *	  The values of a column of any type, numbered as they come.
 *
 * Values are the same where the type's = says so, and have the order of its
 * default operators.  Text is taken byte by byte, whatever its collation,
 * unless that makes different bytes equal: so the order of groups, on which
 * the sign of a statistic depends, is the same on every machine.
 */
#include "numbered_values.h"

#include "access/htup_details.h"
#include "catalog/pg_collation.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core.h"
#include "work.h"

void
groups_init(Groups *groups, MemoryContext context, Oid type, Oid collation)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_HASH_PROC_FINFO | TYPECACHE_EQ_OPR_FINFO |
											  TYPECACHE_CMP_PROC_FINFO);

	if (!OidIsValid(entry->hash_proc_finfo.fn_oid) || !OidIsValid(entry->eq_opr_finfo.fn_oid) ||
		!OidIsValid(entry->cmp_proc_finfo.fn_oid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("values of type %s cannot name groups, as they have no hash or no order",
						format_type_be(type)),
				 errhint("Cast them to text.")));
	if (!OidIsValid(collation) || get_collation_isdeterministic(collation))
		collation = C_COLLATION_OID;
	*groups = (Groups) {.context = context, .type = entry, .collation = collation};
}

/* More room, which is asked for first. */
static void
grow(Groups *groups)
{
	int			room = Max(8, 2 * groups->room);
	Size		bytes = mul_size(room, sizeof(Datum) + sizeof(uint32) + 2 * sizeof(int));

	if (groups->room > PG_INT32_MAX / 8 || add_size(groups->bytes, bytes) > work_memory_limit())
		work_refuse_memory(add_size(groups->bytes, bytes), psprintf("telling %d groups apart", groups->n),
						   "Compare fewer groups");
	if (groups->value)
	{
		groups->bytes -= mul_size(groups->room, sizeof(Datum) + sizeof(uint32) + 2 * sizeof(int));
		groups->value = repalloc_huge(groups->value, mul_size(room, sizeof(Datum)));
		groups->hash = repalloc_huge(groups->hash, mul_size(room, sizeof(uint32)));
		pfree(groups->slot);
	}
	else
	{
		groups->value = MemoryContextAllocHuge(groups->context, mul_size(room, sizeof(Datum)));
		groups->hash = MemoryContextAllocHuge(groups->context, mul_size(room, sizeof(uint32)));
	}
	groups->slot = MemoryContextAllocHuge(groups->context, mul_size(room, 2 * sizeof(int)));
	groups->bytes += bytes;
	groups->room = room;

	for (int s = 0; s < 2 * room; s++)
		groups->slot[s] = -1;
	for (int i = 0; i < groups->n; i++)
	{
		uint32		s = groups->hash[i] & (2 * room - 1);

		while (groups->slot[s] >= 0)
			s = (s + 1) & (2 * room - 1);
		groups->slot[s] = i;
	}
}

static bool
same_value(const Groups *groups, Datum a, Datum b)
{
	return DatumGetBool(FunctionCall2Coll(&groups->type->eq_opr_finfo, groups->collation, a, b));
}

/* The number of a value, from 0; a new value gets the next. */
int
groups_number(Groups *groups, Datum value)
{
	TypeCacheEntry *type = groups->type;
	uint32		hash;
	uint32		s;
	MemoryContext caller;

	if (type->typlen == -1)
		value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));

	/* mostly the one that came before: the same bytes are the same value */
	if (groups->n > 0 && datumIsEqual(value, groups->value[groups->last], type->typbyval, type->typlen))
		return groups->last;

	hash = DatumGetUInt32(FunctionCall1Coll(&type->hash_proc_finfo, groups->collation, value));
	if (groups->n == groups->room)
		grow(groups);
	for (s = hash & (2 * groups->room - 1); groups->slot[s] >= 0; s = (s + 1) & (2 * groups->room - 1))
	{
		int			i = groups->slot[s];

		if (groups->hash[i] == hash && same_value(groups, value, groups->value[i]))
			return groups->last = i;
	}

	caller = MemoryContextSwitchTo(groups->context);
	groups->value[groups->n] = datumCopy(value, type->typbyval, type->typlen);
	MemoryContextSwitchTo(caller);
	if (!type->typbyval)
		groups->bytes += datumGetSize(value, false, type->typlen);
	groups->hash[groups->n] = hash;
	groups->slot[s] = groups->n;
	return groups->last = groups->n++;
}

static int
compare(const void *a, const void *b, void *arg)
{
	const Groups *groups = (const Groups *) arg;

	CHECK_FOR_INTERRUPTS();
	return DatumGetInt32(FunctionCall2Coll(&groups->type->cmp_proc_finfo, groups->collation,
										   groups->value[*(const int *) a], groups->value[*(const int *) b]));
}

/* order[] becomes the numbers of the groups in ascending order of their values. */
void
groups_sort(const Groups *groups, int *order)
{
	for (int i = 0; i < groups->n; i++)
		order[i] = i;
	qsort_arg(order, groups->n, sizeof(int), compare, (void *) groups);
}

/* A value as text. */
char *
groups_name(const Groups *groups, int number)
{
	Oid			output;
	bool		is_varlena;

	getTypeOutputInfo(groups->type->type_id, &output, &is_varlena);
	return OidOutputFunctionCall(output, groups->value[number]);
}

/* For another process of this server. */
void
groups_send(const Groups *groups, StringInfo buffer)
{
	pq_sendint32(buffer, groups->type->type_id);
	pq_sendint32(buffer, groups->collation);
	pq_sendint32(buffer, groups->n);
	for (int i = 0; i < groups->n; i++)
	{
		Size		bytes = datumEstimateSpace(groups->value[i], false, groups->type->typbyval,
											   groups->type->typlen);
		char	   *end;

		enlargeStringInfo(buffer, (int) bytes);
		end = buffer->data + buffer->len;
		datumSerialize(groups->value[i], false, groups->type->typbyval, groups->type->typlen, &end);
		buffer->len = (int) (end - buffer->data);
	}
}

void
groups_receive(Groups *groups, MemoryContext context, StringInfo buffer)
{
	Oid			type = pq_getmsgint(buffer, 4);
	Oid			collation = pq_getmsgint(buffer, 4);
	int			n = pq_getmsgint(buffer, 4);

	groups_init(groups, context, type, collation);
	for (int i = 0; i < n; i++)
	{
		char	   *start = buffer->data + buffer->cursor;
		char	   *end = start;
		bool		isnull;
		Datum		value = datumRestore(&end, &isnull);

		buffer->cursor += (int) (end - start);
		groups_number(groups, value);
	}
}
