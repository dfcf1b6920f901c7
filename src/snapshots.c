/*
 * snapshots.c
 *	  Who is not where he was: what segment.snapshot has to store.
 *
 * The open stays, one per customer, are put in a table in memory; then the
 * rows of the source are looked up in it, one after the other, and what is
 * left has gone.  O(stays + rows); roster.c says what memory that takes.
 */
#include "compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/itemptr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "roster.h"
#include "work.h"

/* As many as a roster holds. */
#define MOST_STAYS (INT64CONST(1) << 30)

typedef struct Comparison
{
	DestReceiver pub;
	Roster		roster;
	int16		key_length;
	int			columns;		/* of the rows that are received */
	ReturnSetInfo *result;
} Comparison;

/* The columns of stays and of moves; those of customers are the first three. */
#define COLUMNS 4

/*
 * Anybody may call the function, with any queries: are rows of the result, or
 * of a query, what they are taken for?
 */
static void
check_columns(TupleDesc row, int columns, Oid key_type)
{
	Oid			type[COLUMNS] = {key_type, INT4OID, INT4OID, TIDOID};
	bool		is_right = row->natts == columns && get_typbyval(key_type);

	for (int i = 0; is_right && i < columns; i++)
		is_right = TupleDescAttr(row, i)->atttypid == type[i];
	if (!is_right)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("stays and customers do not have the columns that segment.snapshot gives them"),
				 errhint("Call segment.snapshot().")));
}

/* Values of such a type are the same if and only if these numbers are. */
static int64
key_number(const Comparison *c, Datum key)
{
	switch (c->key_length)
	{
		case 2:
			return DatumGetInt16(key);
		case 4:
			return DatumGetInt32(key);
		default:
			return DatumGetInt64(key);
	}
}

static int64
place_number(Datum group_id, Datum cluster)
{
	return (int64) (((uint64) (uint32) DatumGetInt32(group_id) << 32) |
					(uint32) DatumGetInt32(cluster));
}

/* A row of (key, group_id, cluster, stay), the first three NULL: gone. */
static void
put_move(Comparison *c, const Datum *now, const RosterEntry *was)
{
	Datum		values[4] = {0};
	bool		nulls[4] = {true, true, true, true};
	ItemPointerData stay;

	for (int i = 0; now && i < 3; i++)
	{
		values[i] = now[i];
		nulls[i] = false;
	}
	if (was)
	{
		uint64		number = was->stay & ~ROSTER_SEEN;

		ItemPointerSet(&stay, (BlockNumber) (number >> 16), (OffsetNumber) (number & 0xFFFF));
		values[3] = PointerGetDatum(&stay);
		nulls[3] = false;
	}
	tuplestore_putvalues(c->result->setResult, c->result->setDesc, values, nulls);
}

/* An open stay: (key, group_id, cluster, ctid). */
static bool
receive_stay(TupleTableSlot *slot, DestReceiver *self)
{
	Comparison *c = (Comparison *) self;
	ItemPointer stay;

	slot_getallattrs(slot);
	for (int i = 0; i < COLUMNS; i++)
		if (slot->tts_isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a stay has no NULL in it")));
	stay = (ItemPointer) DatumGetPointer(slot->tts_values[3]);
	if (c->roster.n == c->roster.room)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("there are more than " INT64_FORMAT " open stays", c->roster.room),
				 errhint("Begin anew: segment.forget() forgets the former snapshots.")));
	roster_add(&c->roster, key_number(c, slot->tts_values[0]),
			   place_number(slot->tts_values[1], slot->tts_values[2]),
			   ((uint64) ItemPointerGetBlockNumber(stay) << 16) | ItemPointerGetOffsetNumber(stay));
	return true;
}

/* A customer: (key, group_id, cluster), of which only the key is never NULL. */
static bool
receive_customer(TupleTableSlot *slot, DestReceiver *self)
{
	Comparison *c = (Comparison *) self;
	RosterEntry *was;

	slot_getallattrs(slot);
	if (slot->tts_isnull[2])
		return true;
	was = roster_find(&c->roster, key_number(c, slot->tts_values[0]));
	if (was)
		was->stay |= ROSTER_SEEN;
	if (was == NULL || was->place != place_number(slot->tts_values[1], slot->tts_values[2]))
		put_move(c, slot->tts_values, was);
	return true;
}

static void
start_receiving(DestReceiver *self, int pg_attribute_unused() operation, TupleDesc row)
{
	Comparison *c = (Comparison *) self;

	check_columns(row, c->columns, TupleDescAttr(c->result->setDesc, 0)->atttypid);
}

static void
nothing_to_do(DestReceiver pg_attribute_unused() *self)
{
}

static void
read_rows(Comparison *c, const char *query, int columns,
		  bool (*receive) (TupleTableSlot *, DestReceiver *))
{
	SPIExecuteOptions options = {0};

	c->columns = columns;
	c->pub.receiveSlot = receive;
	options.dest = &c->pub;
	if (SPI_execute_extended(query, &options) != SPI_OK_SELECT)
		elog(ERROR, "not a query: %s", query);
}

/* segment.changed_stays(stays text, customers text, count bigint) -> (key, group_id, cluster, stay) */
PG_FUNCTION_INFO_V1(segment_changed_stays);
Datum
segment_changed_stays(PG_FUNCTION_ARGS)
{
	char	   *stays = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *customers = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int64		count = PG_GETARG_INT64(2);
	Comparison	c = {{0}};

	if (count < 0 || count > MOST_STAYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there cannot be " INT64_FORMAT " open stays", count)));
	if (roster_memory(count) > work_memory_limit())
		work_refuse_memory(roster_memory(count), psprintf(INT64_FORMAT " open stays", count), "Join them");
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	c.result = (ReturnSetInfo *) fcinfo->resultinfo;
	c.pub.rStartup = start_receiving;
	c.pub.rShutdown = nothing_to_do;
	c.pub.rDestroy = nothing_to_do;
	c.pub.mydest = DestTuplestore;	/* the like of it: none of those that SPI knows */
	check_columns(c.result->setDesc, COLUMNS, TupleDescAttr(c.result->setDesc, 0)->atttypid);
	c.key_length = TupleDescAttr(c.result->setDesc, 0)->attlen;
	c.roster = roster_create(count);

	SPI_connect();
	read_rows(&c, stays, COLUMNS, receive_stay);
	read_rows(&c, customers, COLUMNS - 1, receive_customer);
	SPI_finish();

	for (int64 i = 0; i < c.roster.n; i++)
	{
		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if ((c.roster.entry[i].stay & ROSTER_SEEN) == 0)
			put_move(&c, NULL, &c.roster.entry[i]);
	}
	return (Datum) 0;
}

/* segment.roster_memory(count bigint) -> bigint */
PG_FUNCTION_INFO_V1(segment_roster_memory);
Datum
segment_roster_memory(PG_FUNCTION_ARGS)
{
	int64		n = PG_GETARG_INT64(0);

	if (n < 0 || n > MOST_STAYS)
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) roster_memory(n));
}
