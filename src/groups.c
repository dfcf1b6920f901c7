/*
 * groups.c
 *	  What segment.fit needs to know of the column that makes groups, and of
 *	  the memory that their sketches may take.
 */
#include "compat.h"

#include "access/nbtree.h"
#include "funcapi.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "work.h"

/* Do values that the type's btree order takes for equal have the same bytes? */
static bool
equal_is_same(const TypeCacheEntry *type, Oid collation)
{
	Oid			support;

	if (!OidIsValid(type->btree_opf))
		return false;
	support = get_opfamily_proc(type->btree_opf, type->btree_opintype, type->btree_opintype,
								BTEQUALIMAGE_PROC);
	return OidIsValid(support) &&
		DatumGetBool(OidFunctionCall1Coll(support, collation, ObjectIdGetDatum(type->btree_opintype)));
}

/*
 * segment.equality_of(type regtype, collation oid, OUT base regtype, OUT
 * operator regoperator, OUT is_same boolean, OUT is_ordered boolean): the type
 * under the domains, the operator by which GROUP BY puts values together, NULL
 * if there is none, whether values that are equal are always the same, and
 * whether there is an order.
 */
PG_FUNCTION_INFO_V1(segment_equality_of);
Datum
segment_equality_of(PG_FUNCTION_ARGS)
{
	Oid			base = getBaseType(PG_GETARG_OID(0));
	TypeCacheEntry *type = lookup_type_cache(base, TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR |
											 TYPECACHE_BTREE_OPFAMILY);
	TupleDesc	desc;
	Datum		value[4];
	bool		is_null[4] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	value[0] = ObjectIdGetDatum(base);
	value[1] = ObjectIdGetDatum(type->eq_opr);
	is_null[1] = !OidIsValid(type->eq_opr);
	value[2] = BoolGetDatum(equal_is_same(type, PG_GETARG_OID(1)));
	value[3] = BoolGetDatum(OidIsValid(type->lt_opr));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), value, is_null)));
}

/* segment.memory_limit() -> bigint: segment.max_memory in bytes */
PG_FUNCTION_INFO_V1(segment_memory_limit);
Datum
segment_memory_limit(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	PG_RETURN_INT64((int64) Min(work_memory_limit(), (Size) PG_INT64_MAX));
}
