/*
 * choose_k.c
 *	  How many clusters: segment.choose_k.
 */
#include "choose_k.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "options.h"
#include "sketch_type.h"
#include "work.h"

/* Their columns, by which the indices are known. */
static const char *const index_names[K_INDICES] = {
	[K_INERTIA] = "inertia",
	[K_SILHOUETTE] = "silhouette",
	[K_CALINSKI_HARABASZ] = "calinski_harabasz",
	[K_DAVIES_BOULDIN] = "davies_bouldin",
	[K_GAP] = "gap",
	[K_BIC] = "bic",
	[K_STABILITY] = "stability",
};

/* The names of the indices that vote for k, as text[]. */
static Datum
voters(const ChooseKFacts *facts, int k)
{
	Datum		name[K_INDICES];
	int			n = 0;

	for (int i = 0; i < K_INDICES; i++)
		if (facts->vote[i] == k)
			name[n++] = CStringGetTextDatum(index_names[i]);
	return PointerGetDatum(construct_array(name, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* "k = 5 has 4 of 7 votes: silhouette, ...; but 9: calinski_harabasz; ..." */
static char *
verdict(const KScore *score, const ChooseKFacts *facts)
{
	StringInfoData text;
	int			cast = 0;

	for (int i = 0; i < facts->scores; i++)
		cast += score[i].votes;
	initStringInfo(&text);
	if (cast == 0)
		appendStringInfo(&text, "k = %d, as there is nothing to choose from", score[facts->chosen].k);
	else
		appendStringInfo(&text, "k = %d has %d of %d votes", score[facts->chosen].k,
						 score[facts->chosen].votes, cast);
	for (int place = -1; place < facts->scores; place++)
	{
		/* the winner first */
		const KScore *s = &score[place < 0 ? facts->chosen : place];
		const char *separator = ": ";

		if (s->votes == 0 || place == facts->chosen)
			continue;
		if (place >= 0)
			appendStringInfo(&text, "; for %d", s->k);
		for (int i = 0; i < K_INDICES; i++)
			if (facts->vote[i] == s->k)
			{
				appendStringInfo(&text, "%s%s", separator, index_names[i]);
				separator = ", ";
			}
	}
	if (facts->single)
		appendStringInfoString(&text, "; by the gap statistic one cluster fits no worse than two");
	return text.data;
}

static void
put_score(ReturnSetInfo *result, const KScore *score, const ChooseKFacts *facts, bool chosen,
		  const char *sentence)
{
	const double columns[] = {
		score->value[K_INERTIA], score->value[K_SILHOUETTE], score->value[K_CALINSKI_HARABASZ],
		score->value[K_DAVIES_BOULDIN], score->value[K_GAP], score->gap_se, score->value[K_BIC],
		score->value[K_STABILITY],
	};
	int			n = lengthof(columns);
	Datum		values[1 + lengthof(columns) + 4];
	bool		nulls[1 + lengthof(columns) + 4] = {false};

	values[0] = Int32GetDatum(score->k);
	for (int i = 0; i < n; i++)
	{
		values[1 + i] = Float8GetDatum(columns[i]);
		nulls[1 + i] = isnan(columns[i]);
	}
	values[n + 1] = Int32GetDatum(score->votes);
	values[n + 2] = voters(facts, score->k);
	values[n + 3] = BoolGetDatum(chosen);
	nulls[n + 4] = !chosen;
	values[n + 4] = chosen ? CStringGetTextDatum(sentence) : (Datum) 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* segment.choose_k_of_sketch(sketch, k_min, k_max, scale, seed) */
PG_FUNCTION_INFO_V1(segment_choose_k_of_sketch);
Datum
segment_choose_k_of_sketch(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Notices    *notices = notices_of(fcinfo->flinfo, "choose_k");
	ChooseKOptions options;
	ChooseKFacts facts;
	KScore	   *score;
	Argument	argument[5];
	double	   *rounding;
	int64		skipped;
	Rows		cells;
	int			n;
	bool		exact;

	for (int i = 1; i < 5; i++)
		argument[i] = (Argument) {PG_GETARG_DATUM(i), PG_ARGISNULL(i)};
	options = choose_k_options(argument[1], argument[2], argument[3], argument[4]);
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) ||
		!sketch_take_cells(PG_GETARG_SKETCH(0), notices, &cells, &rounding, &skipped))
		return (Datum) 0;
	n = cells.n;
	exact = cells.variance == NULL;
	if (!choose_k(&cells, &options, work_memory_limit(), &score, &facts))
		work_refuse_memory(facts.memory_needed,
						   psprintf("choosing among up to %d clusters of %d rows of %d features",
									options.k_max, n, cells.dim),
						   "Lower k_max, or choose fewer features");
	notices_add(notices, skipped, 0, NULL);
	if (!exact)
		ereport(NOTICE,
				(errmsg("choose_k: the indices are estimates from %d cells of a sketch, as there are too many distinct rows",
						facts.distinct)));
	if (facts.distinct < options.k_max)
		ereport(NOTICE,
				(errmsg_plural("choose_k: only %d row is distinct, so there can be no more than %d cluster",
							   "choose_k: only %d rows are distinct, so there can be no more than %d clusters",
							   facts.distinct, facts.distinct, facts.distinct)));
	for (int i = 0; i < facts.scores; i++)
	{
		bool		chosen = i == facts.chosen;

		put_score(result, &score[i], &facts, chosen, chosen ? verdict(score, &facts) : NULL);
	}
	return (Datum) 0;
}
