-- segment.health: is a model still true? The rows of its source as they are now, against those that it was fitted on.

CREATE FUNCTION segment.percent(share float8) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT round(share::numeric * 100, 1) || ' %';
END;
COMMENT ON FUNCTION segment.percent(float8) IS 'share (0 to 1) as a percentage for the eye, with one decimal';

-- In k clusters k rows are the farthest of theirs, so k of n + k later ones would be farther still, were it not that centroids
-- follow the rows of the fit: twice as many are, about. Three standard deviations, of that share in both, are allowed.
CREATE FUNCTION segment.outside_by_chance(k float8, expected float8, actual float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT p + 3 * sqrt(p * (1 - p) * (1 / expected + 1 / actual)) FROM (SELECT 2 * k / (2 * k + expected) AS p) AS c;
END;
COMMENT ON FUNCTION segment.outside_by_chance(float8, float8, float8) IS
	'share of rows outside the radii of k clusters that chance explains, for those numbers of rows in the fit and now';

CREATE FUNCTION segment.compare_features(features text[], then_tally float8[], now_tally float8[], retrain_psi float8, watch_psi float8)
	RETURNS TABLE (feature text, "position" int, expected float8, actual float8, psi float8, retrain boolean, watch boolean, reason text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT features[c.feature], c.feature, c.expected, c.actual, c.psi,
		c.psi >= retrain_psi AND c.psi > c.chance, c.psi >= watch_psi AND c.psi < retrain_psi AND c.psi > c.chance,
		nullif(concat_ws('; ',
			CASE WHEN c.psi < watch_psi THEN NULL
				WHEN c.psi <= c.chance THEN format('no more than chance: up to %s for so few rows', round(c.chance::numeric, 2))
				WHEN c.psi < retrain_psi THEN format('watch it: PSI of %s or more', watch_psi)
				ELSE format('PSI of %s or more', retrain_psi) END,
			CASE WHEN abs(c.missing - c.missing_then) >= 0.01
				THEN format('no number in %s of the rows, %s then', segment.percent(c.missing), segment.percent(c.missing_then)) END), '')
	FROM (
		SELECT t.feature, t.mean AS expected, n.mean AS actual, segment.psi(t.bins, n.bins) AS psi, segment.psi_by_chance(t.bins, n.bins) AS chance,
			t.bins[1] / (SELECT sum(b) FROM unnest(t.bins) AS b) AS missing_then, n.bins[1] / (SELECT sum(b) FROM unnest(n.bins) AS b) AS missing
		FROM segment.tally_bins(then_tally) AS t JOIN segment.tally_bins(now_tally) AS n ON n.feature = t.feature) AS c;
END;
COMMENT ON FUNCTION segment.compare_features(text[], float8[], float8[], float8, float8) IS
	'per feature what two tallies say: means, population stability index, and whether it is above the thresholds and what chance explains; segment.health() defines the columns';

CREATE FUNCTION segment.health_in(model text, source regclass, retrain_psi float8, watch_psi float8, retrain_outside float8, search_path text)
	RETURNS TABLE (metric text, subject text, expected float8, actual float8, psi float8, retrain boolean, reason text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	of CONSTANT bigint := segment.readable_model_id(health_in.model);
	m segment.model;
	v segment.version;
	relation regclass;
	tally float8[];
	rows_then float8;
	rows_now float8;
	unplaced_then float8;
	unplaced float8;
	outside_then float8;
	outside float8;
	chance float8;
	counts_then float8[];
	counts float8[];
	numbers int[];
	terms float8[];
	index float8;
	index_is_high boolean;
	outside_is_high boolean;
	reasons text;
	watched text;
BEGIN
	IF NOT coalesce(retrain_psi > 0 AND watch_psi > 0 AND watch_psi <= retrain_psi AND retrain_psi < 'Infinity'
		AND retrain_outside >= 0 AND retrain_outside <= 1, false)
	THEN
		RAISE EXCEPTION 'thresholds must be 0 < watch_psi <= retrain_psi, and 0 <= retrain_outside <= 1'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave them out for 0.1, 0.25 and 0.05.';
	END IF;
	SELECT * INTO STRICT m FROM segment.model AS s WHERE s.id = of;
	PERFORM segment.check_without_groups(m);
	SELECT * INTO v FROM segment.version AS s WHERE s.model_id = of AND s.active;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'model "%" has no active version', m.model
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Choose one with segment.activate().';
	ELSIF v.tally IS NULL THEN
		RAISE EXCEPTION 'version % of model "%" does not know what its rows looked like', v.version, m.model
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'segment.refit() makes a version that does.';
	END IF;
	relation := coalesce(health_in.source, segment.source_of(of));
	PERFORM segment.check_source(relation);
	PERFORM segment.check_features(relation, m.features);

	tally := segment.tally_of(v.clustering, v.bin_edges, relation, m.features, health_in.search_path);
	SELECT array_agg(t.rows ORDER BY t.number NULLS FIRST), sum(t.rows), sum(t.outside), max(t.rows) FILTER (WHERE t.number IS NULL)
		INTO counts_then, rows_then, outside_then, unplaced_then FROM segment.tally_rows(v.tally) AS t;
	SELECT array_agg(t.rows ORDER BY t.number NULLS FIRST), array_agg(t.number ORDER BY t.number NULLS FIRST),
			sum(t.rows), sum(t.outside), max(t.rows) FILTER (WHERE t.number IS NULL)
		INTO counts, numbers, rows_now, outside, unplaced FROM segment.tally_rows(tally) AS t;
	IF tally IS NULL OR unplaced = rows_now THEN
		RETURN QUERY VALUES
			('overall', format('%s, version %s', m.model, v.version), NULL::float8, NULL::float8, NULL::float8, NULL::boolean,
				CASE WHEN tally IS NULL THEN format('cannot tell: %s has no rows', segment.qualified_name(relation))
					ELSE format('cannot tell: no row of %s has a number in every feature', segment.qualified_name(relation)) END),
			('rows', segment.qualified_name(relation), rows_then, coalesce(rows_now, 0), NULL, NULL, NULL);
		RETURN;
	END IF;

	terms := segment.psi_terms(counts_then, counts);
	index := segment.psi(counts_then, counts);
	index_is_high := index >= retrain_psi AND index > segment.psi_by_chance(counts_then, counts);
	outside_then := outside_then / (rows_then - unplaced_then);
	outside := outside / (rows_now - unplaced);
	chance := outside_then + segment.outside_by_chance(cardinality(counts) - 1, rows_then - unplaced_then, rows_now - unplaced);
	outside_is_high := outside > retrain_outside AND outside > chance;

	SELECT string_agg(r.reason, '; ' ORDER BY r."order"), string_agg(r.watched, '; ' ORDER BY r."order") INTO reasons, watched
		FROM (
			SELECT 0 AS "order", CASE WHEN index_is_high THEN format('clusters: PSI %s', round(index::numeric, 2)) END AS reason,
				CASE WHEN NOT index_is_high AND index >= watch_psi AND index > segment.psi_by_chance(counts_then, counts)
					THEN format('clusters: PSI %s', round(index::numeric, 2)) END AS watched
			UNION ALL
			SELECT 1, CASE WHEN outside_is_high THEN format('%s of the rows lie outside the training radius', segment.percent(outside)) END, NULL
			UNION ALL
			SELECT 1 + f."position",
				CASE WHEN f.retrain THEN format('%s: PSI %s', f.feature, round(f.psi::numeric, 2)) END,
				CASE WHEN f.watch THEN format('%s: PSI %s', f.feature, round(f.psi::numeric, 2)) END
			FROM segment.compare_features(m.features, v.tally, tally, retrain_psi, watch_psi) AS f) AS r;

	RETURN QUERY
		SELECT 'overall', format('%s, version %s', m.model, v.version), NULL::float8, NULL::float8, index, reasons IS NOT NULL,
			CASE WHEN reasons IS NOT NULL THEN reasons || coalesce('; to watch: ' || watched, '')
				WHEN watched IS NOT NULL THEN 'to watch: ' || watched
				WHEN index >= watch_psi OR outside > retrain_outside THEN 'no more than chance, for so few rows'
				ELSE 'stable' END;
	RETURN QUERY
		SELECT 'rows', segment.qualified_name(relation), rows_then, rows_now, NULL::float8, false, NULL;
	RETURN QUERY
		SELECT 'outside', 'training radius', outside_then, outside, NULL::float8, outside_is_high,
			CASE WHEN outside_is_high THEN format('more than %s', segment.percent(retrain_outside))
				WHEN outside > retrain_outside THEN format('no more than chance: up to %s for so few rows', segment.percent(chance)) END;
	RETURN QUERY
		SELECT 'feature', f.feature, f.expected, f.actual, f.psi, f.retrain, f.reason
		FROM segment.compare_features(m.features, v.tally, tally, retrain_psi, watch_psi) AS f ORDER BY f."position";
	RETURN QUERY
		SELECT 'cluster', p.persona, counts_then[n.at] / rows_then, counts[n.at] / rows_now, terms[n.at], false,
			CASE WHEN n.number IS NULL THEN 'rows without a number in every feature' END
		FROM unnest(numbers) WITH ORDINALITY AS n(number, at)
		LEFT JOIN segment.persona AS p ON p.model_id = of AND p.version = v.version AND p.number = n.number
		ORDER BY p.cluster;
END
$$;
COMMENT ON FUNCTION segment.health_in(text, regclass, float8, float8, float8, text) IS
	'segment.health with the caller''s search_path as the last argument; to be called through segment.health';

CREATE FUNCTION segment.health(model text, source regclass DEFAULT NULL, retrain_psi float8 DEFAULT 0.25, watch_psi float8 DEFAULT 0.1,
		retrain_outside float8 DEFAULT 0.05)
	RETURNS TABLE (metric text, subject text, expected float8, actual float8, psi float8, retrain boolean, reason text)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	SELECT h.metric, h.subject, h.expected, h.actual, h.psi, h.retrain, h.reason
	FROM segment.health_in(model, source, retrain_psi, watch_psi, retrain_outside, current_setting('search_path')) AS h;
END;
COMMENT ON FUNCTION segment.health(text, regclass, float8, float8, float8) IS
	'compares the rows of the source (NULL: the model''s, as it is now) with those that the active version of a model, the current role''s own or one shared with it, was fitted on; one scan, with the caller''s rights and search_path. '
	'metric overall comes first: psi of the shares of the clusters, retrain (a new fit is called for), and the reason in words; then rows (expected: in the fit, actual: now); outside, the share (0 to 1, of the rows that have a cluster) of those farther from the centroid of their cluster than any row of the fit was; '
	'feature, a row for each: means, and the psi by ten bins, the deciles of the fit, and one for rows without a number; cluster, a row for each persona: its share of all rows, and what it adds to the overall psi; the last, subject NULL, stands for rows that have no cluster. '
	'psi is the population stability index, the sum over bins of (a - e) ln(a / e) for shares e in the fit and a now, where less than 0.0001, or half a row, counts as that much. By custom less than 0.1 is little change, 0.25 and more calls for action (Yurdakul, Naranjo 2020, doi:10.21314/JRMV.2020.227). '
	'retrain is true, in the rows that are the cause as well, for a psi, overall or of a feature, of retrain_psi or more, or more than retrain_outside outside, unless chance alone explains that for so few rows (0.999 quantile of the psi, 3 standard deviations of the share outside); from watch_psi on the reason names it. NULL: the source has no usable row. '
	'Errors: no such model (42704), several of that name by other roles (42P09); the source is gone (42P01), lacks a feature (42703) or has another type (42804); the model is by groups (0A000); no active version (55000); thresholds that make no sense (22023)';
