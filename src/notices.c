/*
 * notices.c
 *	  What a query says once, however many groups and rows it has.
 *
 * The counts live in the memory of the query, with the call site's FmgrInfo,
 * and are told when that memory is given back: at the end of the query, before
 * the client learns that it is complete.  A query that failed says nothing.
 */
#include "notices.h"

#include "access/xact.h"
#include "miscadmin.h"

/* Two digits of a number that is so much larger are not below the number. */
#define ROUND_UP 1.05

/* A variance within cells that is this share of a mixture's blurs its components. */
#define WIDE 0.25

static void
tell(void *arg)
{
	Notices    *n = (Notices *) arg;

	if (!IsTransactionState())
		return;

	/*
	 * ereport looks for a cancel, which must not cut short the release of
	 * memory that we are called from.
	 */
	HOLD_INTERRUPTS();
	if (n->skipped > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: %lld row with a NULL, NaN or infinite feature took no part",
							   "%s: %lld rows with a NULL, NaN or infinite feature took no part",
							   (unsigned long) n->skipped, n->function, (long long) n->skipped)));
	if (n->short_groups == 1)
		ereport(NOTICE,
				(errmsg_plural("%s: %d clusters were asked for, but only %d row is distinct: %d cluster made",
							   "%s: %d clusters were asked for, but only %d rows are distinct: %d clusters made",
							   n->given, n->function, n->asked, n->given, n->given)));
	else if (n->short_groups > 1)
		ereport(NOTICE,
				(errmsg("%s: %lld groups have fewer distinct rows than clusters were asked for, and as many clusters as distinct rows",
						n->function, (long long) n->short_groups)));
	if (n->inversions > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: %lld merge of the tree lies below a merge that it contains",
							   "%s: %lld merges of the tree lie below a merge that they contain",
							   (unsigned long) n->inversions, n->function, (long long) n->inversions),
				 errdetail("Centroid and median linkage can do this. A cut at k is the state of the merging at k clusters; a cut at a height counts a merge at the highest one within it.")));
	if (n->cells > 0)
		ereport(NOTICE,
				(errmsg("%s: the leaves of the tree are %d cells of a sketch, as there are too many rows",
						n->function, n->cells),
				 errdetail("Up to %d distinct rows are leaves themselves.", DEFAULT_MOST_LEAVES)));
	if (n->unconverged > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: stopped at max_iter in %lld group",
							   "%s: stopped at max_iter in %lld groups",
							   (unsigned long) n->unconverged, n->function, (long long) n->unconverged),
				 errhint("Raise max_iter for a fixed point.")));
	if (n->unlabelled > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: %lld row with a NULL or negative label took no part",
							   "%s: %lld rows with a NULL or negative label took no part",
							   (unsigned long) n->unlabelled, n->function, (long long) n->unlabelled)));
	if (n->lone_clusters > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: %lld partition has a single cluster, and no silhouettes",
							   "%s: %lld partitions have a single cluster, and no silhouettes",
							   (unsigned long) n->lone_clusters, n->function,
							   (long long) n->lone_clusters)));
	if (n->estimates > 0)
		ereport(NOTICE,
				(errmsg("%s: the values are estimates, as there are too many rows: within %.2g each, and %.2g in the mean",
						n->function, ROUND_UP * n->worst, ROUND_UP * n->mean_error),
				 errdetail("The largest error in a sample of %d rows that were computed exactly as well, and a bound for the mean of all. Up to %d distinct rows of up to %d features, values are exact.",
						   SILHOUETTE_SAMPLE, SILHOUETTE_MOST_ROWS, SILHOUETTE_FEW_FEATURES)));
	if (n->lost_groups > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: fewer components than asked for in %lld group, as others lost all rows",
							   "%s: fewer components than asked for in %lld groups, as others lost all rows",
							   (unsigned long) n->lost_groups, n->function, (long long) n->lost_groups)));
	if (n->wide_groups > 0)
		ereport(NOTICE,
				(n->wide_groups == 1 ?
				 errmsg("%s: the cells of the sketch are wide against the components in feature %d, which blurs them",
						n->function, n->widest + 1) :
				 errmsg("%s: in %lld groups the cells of the sketch are wide against the components, which blurs them",
						n->function, (long long) n->wide_groups),
				 errdetail("The variance within cells is more than a quarter of that within components."),
				 errhint("Give a frame with a unit for each feature, and a size for more cells: gmm(cluster_sketch(features, size, frame), k). segment.fit finds the units itself.")));
	if (n->floored_groups > 0)
		ereport(NOTICE,
				(n->floored_groups == 1 ?
				 errmsg("%s: %d of %d components vary less than a covariance may, and got the least one",
						n->function, n->floored, n->components) :
				 errmsg("%s: in %lld groups there are components that vary less than a covariance may, and got the least one",
						n->function, (long long) n->floored_groups),
				 errdetail("The least variance is a millionth of that of all rows. Constant columns, columns that follow from others, and rows that are equal lead to it; likelihood, BIC and ICL then tell of that bound."),
				 errhint("Leave such columns out, or ask for fewer components.")));
	if (n->untested > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: %lld row with a NULL, NaN or infinite value, or a NULL group, took no part",
							   "%s: %lld rows with a NULL, NaN or infinite value, or a NULL group, took no part",
							   (unsigned long) n->untested, n->function, (long long) n->untested)));
	if (n->unpaired > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: %lld row with a NULL took no part",
							   "%s: %lld rows with a NULL took no part",
							   (unsigned long) n->unpaired, n->function, (long long) n->unpaired)));
	if (n->undecided > 0)
		ereport(NOTICE,
				(errmsg_plural("%s: %lld result without a test",
							   "%s: %lld results without a test",
							   (unsigned long) n->undecided, n->function, (long long) n->undecided),
				 errdetail("A test needs %s.", n->test_needs)));
	RESUME_INTERRUPTS();
}

/*
 * The notices of a call site, which must have no other use for fn_extra;
 * "function" is the name that users know.
 */
Notices *
notices_of(FmgrInfo *flinfo, const char *function)
{
	Notices    *n = (Notices *) flinfo->fn_extra;

	if (n == NULL)
	{
		n = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(Notices));
		n->function = MemoryContextStrdup(flinfo->fn_mcxt, function);
		n->callback.func = tell;
		n->callback.arg = n;
		MemoryContextRegisterResetCallback(flinfo->fn_mcxt, &n->callback);
		flinfo->fn_extra = n;
	}
	return n;
}

/* Count one group: "facts" is NULL when it had no rows to cluster; k is 0 for a cut at a height. */
void
notices_add(Notices *notices, int64 skipped, int k, const FitFacts *facts)
{
	notices->skipped += skipped;
	if (facts == NULL)
		return;
	if (k > facts->distinct)
	{
		notices->short_groups++;
		notices->asked = k;
		notices->given = facts->distinct;
	}
	notices->inversions += facts->inversions;
	notices->cells = Max(notices->cells, facts->cells);
	if (facts->iterations > 0 && !facts->converged)
		notices->unconverged++;
	if (facts->components > 0 && facts->components < Min(k, facts->distinct))
		notices->lost_groups++;
	if (facts->width > WIDE)
	{
		notices->wide_groups++;
		notices->widest = facts->widest;
	}
	if (facts->floored > 0)
	{
		notices->floored_groups++;
		notices->floored = facts->floored;
		notices->components = facts->components;
	}
}

/* Count one partition whose rows were scored. */
void
notices_add_silhouettes(Notices *notices, const SilhouetteFacts *facts)
{
	notices->lone_clusters += facts->clusters == 1;
	notices->estimates += facts->cells > 0;
	notices->worst = Max(notices->worst, facts->worst);
	notices->mean_error = Max(notices->mean_error, facts->mean_error);
}
