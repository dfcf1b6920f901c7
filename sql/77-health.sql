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

CREATE FUNCTION segment.compare_tallies(features text[], then_tally float8[], now_tally float8[], retrain_psi float8, watch_psi float8, retrain_outside float8)
	RETURNS TABLE (metric text, "position" int, expected float8, actual float8, psi float8, retrain boolean, reason text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	WITH feature AS MATERIALIZED (
		SELECT f.* FROM segment.compare_features(features, then_tally, now_tally, retrain_psi, watch_psi) AS f
	), counted AS MATERIALIZED (
		SELECT t.*, n.*, segment.psi(t.then_counts, n.now_counts) AS index, segment.psi_by_chance(t.then_counts, n.now_counts) AS index_chance,
			t.then_outside + segment.outside_by_chance(cardinality(n.now_counts) - 1, t.then_placed, n.now_placed) AS outside_chance
		FROM (
			SELECT array_agg(r.rows ORDER BY r.number NULLS FIRST) AS then_counts, sum(r.rows) AS then_rows,
				sum(r.rows) FILTER (WHERE r.number IS NOT NULL) AS then_placed,
				sum(r.outside) / sum(r.rows) FILTER (WHERE r.number IS NOT NULL) AS then_outside
			FROM segment.tally_rows(then_tally) AS r) AS t
		CROSS JOIN (
			SELECT array_agg(r.rows ORDER BY r.number NULLS FIRST) AS now_counts, sum(r.rows) AS now_rows,
				sum(r.rows) FILTER (WHERE r.number IS NOT NULL) AS now_placed,
				sum(r.outside) / sum(r.rows) FILTER (WHERE r.number IS NOT NULL) AS now_outside
			FROM segment.tally_rows(now_tally) AS r) AS n
	), judged AS MATERIALIZED (
		SELECT c.*, r.*
		FROM counted AS c
		CROSS JOIN LATERAL (
			SELECT string_agg(q.reason, '; ' ORDER BY q."order") AS reasons, string_agg(q.watched, '; ' ORDER BY q."order") AS watched
			FROM (
				SELECT 0 AS "order",
					CASE WHEN c.index >= retrain_psi AND c.index > c.index_chance THEN format('clusters: PSI %s', round(c.index::numeric, 2)) END AS reason,
					CASE WHEN c.index >= watch_psi AND c.index < retrain_psi AND c.index > c.index_chance THEN format('clusters: PSI %s', round(c.index::numeric, 2)) END AS watched
				UNION ALL
				SELECT 1, CASE WHEN c.now_outside > retrain_outside AND c.now_outside > c.outside_chance
					THEN format('%s of the rows lie outside the training radius', segment.percent(c.now_outside)) END, NULL
				UNION ALL
				SELECT 1 + f."position",
					CASE WHEN f.retrain THEN format('%s: PSI %s', f.feature, round(f.psi::numeric, 2)) END,
					CASE WHEN f.watch THEN format('%s: PSI %s', f.feature, round(f.psi::numeric, 2)) END
				FROM feature AS f) AS q) AS r
	)
	SELECT 'overall', NULL::int, NULL::float8, NULL::float8, j.index, j.reasons IS NOT NULL,
		CASE WHEN j.reasons IS NOT NULL THEN j.reasons || coalesce('; to watch: ' || j.watched, '')
			WHEN j.watched IS NOT NULL THEN 'to watch: ' || j.watched
			WHEN j.index >= watch_psi OR j.now_outside > retrain_outside THEN 'no more than chance, for so few rows'
			ELSE 'stable' END
	FROM judged AS j
	UNION ALL
	SELECT 'rows', NULL, j.then_rows, j.now_rows, NULL, false, NULL FROM judged AS j
	UNION ALL
	SELECT 'outside', NULL, j.then_outside, j.now_outside, NULL, j.now_outside > retrain_outside AND j.now_outside > j.outside_chance,
		CASE WHEN j.now_outside > retrain_outside AND j.now_outside > j.outside_chance THEN format('more than %s', segment.percent(retrain_outside))
			WHEN j.now_outside > retrain_outside THEN format('no more than chance: up to %s for so few rows', segment.percent(j.outside_chance)) END
	FROM judged AS j
	UNION ALL
	SELECT 'feature', f."position", f.expected, f.actual, f.psi, f.retrain, f.reason FROM feature AS f
	UNION ALL
	SELECT 'cluster', CASE WHEN u.at > 1 THEN u.at::int - 2 END, u.then_count / j.then_rows, u.now_count / j.now_rows, u.term, false,
		CASE WHEN u.at = 1 THEN 'rows without a number in every feature' END
	FROM judged AS j
	CROSS JOIN LATERAL unnest(j.then_counts, j.now_counts, segment.psi_terms(j.then_counts, j.now_counts)) WITH ORDINALITY AS u(then_count, now_count, term, at);
END;
COMMENT ON FUNCTION segment.compare_tallies(text[], float8[], float8[], float8, float8, float8) IS
	'what two tallies of a clustering, both of them with rows that have a cluster, say of its health; segment.health() defines the columns. position: of the feature, from 1, or the number of the cluster, NULL for rows without one';

-- The rows of the source by now, against those of each clustering of the active version: one, or one for each group.
-- However many groups there are, the planner expects a few: by nested loops it would take the square of their number. A call for
-- each of them is not worth a worker.
CREATE FUNCTION segment.health_of_tallies(m segment.model, v segment.version, in_groups boolean, source_name text, group_ids int[], by_values text[],
		positions bigint[], found_values text[], found_rows bigint[], found_usable bigint[], found_tallies text[],
		retrain_psi float8, watch_psi float8, retrain_outside float8)
	RETURNS TABLE (metric text, subject text, expected float8, actual float8, psi float8, retrain boolean, reason text, by_value text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
	SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off SET max_parallel_workers_per_gather = 0
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		WITH tallied AS MATERIALIZED (
			SELECT t."position", t.by_value, t.rows, t.usable, t.tally::float8[]
			FROM unnest(positions, found_values, found_rows, found_usable, found_tallies) AS t("position", by_value, rows, usable, tally)
		), compared AS MATERIALIZED (
			SELECT k.group_id, coalesce(k.by_value, t.by_value) AS by_value, k.then_tally, t.tally, t.usable, k.then_rows, coalesce(n.now_rows, t.rows, 0) AS now_rows,
				CASE WHEN k.group_id IS NULL AND t.by_value IS NULL THEN 'none'
					WHEN k.group_id IS NULL THEN 'new'
					WHEN t.tally IS NULL THEN 'gone'
					WHEN n.now_rows = t.tally[2] THEN 'empty'
					ELSE 'known' END AS state
			FROM (
				SELECT u.group_id, u.by_value, u."position", s.tally AS then_tally, (SELECT sum(r.rows) FROM segment.tally_rows(s.tally) AS r) AS then_rows
				FROM unnest(group_ids, by_values) WITH ORDINALITY AS u(group_id, by_value, "position")
				JOIN segment.version AS s ON s.model_id = m.id AND s.version = v.version AND s.group_id = u.group_id) AS k
			FULL JOIN tallied AS t ON t."position" = k."position"
			LEFT JOIN LATERAL (SELECT sum(r.rows) AS now_rows FROM segment.tally_rows(t.tally) AS r) AS n ON true
		), told AS MATERIALIZED (
			SELECT c.group_id, c.by_value, CASE d.metric WHEN 'overall' THEN 1 WHEN 'rows' THEN 2 WHEN 'outside' THEN 3 WHEN 'feature' THEN 4 ELSE 5 END AS part,
				d.metric, d."position", d.expected, d.actual, d.psi, d.retrain, d.reason
			FROM compared AS c
			CROSS JOIN LATERAL segment.compare_tallies(m.features, c.then_tally, c.tally, retrain_psi, watch_psi, retrain_outside) AS d
			WHERE c.state = 'known'
			UNION ALL
			SELECT c.group_id, c.by_value, 1, 'overall', NULL, NULL, NULL, NULL, CASE WHEN c.state = 'new' AND c.usable > 0 THEN true END,
				CASE WHEN c.state = 'new' AND c.usable > 0 THEN 'new: the model has no clusters for it'
					WHEN c.state = 'gone' THEN format('cannot tell: %s has no rows', CASE WHEN m.by_column IS NULL THEN source_name ELSE 'the group' END)
					ELSE format('cannot tell: no row of %s has a number in every feature', CASE WHEN m.by_column IS NULL THEN source_name ELSE 'the group' END) END
			FROM compared AS c WHERE c.state IN ('new', 'gone', 'empty')
			UNION ALL
			SELECT c.group_id, c.by_value, 2, 'rows', NULL, coalesce(c.then_rows, 0), c.now_rows, NULL, CASE WHEN c.state = 'new' AND c.usable > 0 THEN false END, NULL
			FROM compared AS c WHERE c.state IN ('new', 'gone', 'empty')
		), ranked AS MATERIALIZED (
			SELECT c.group_id, c.by_value, c.state, c.usable, c.then_rows, c.now_rows, d.retrain, d.index, d.psi, d.outside,
				row_number() OVER (ORDER BY d.retrain DESC NULLS LAST, d.psi DESC NULLS LAST, c.now_rows DESC, c.group_id, c.by_value COLLATE "C") AS rank
			FROM compared AS c
			JOIN (
				SELECT t.by_value, bool_or(t.retrain) FILTER (WHERE t.part = 1) AS retrain, max(t.psi) FILTER (WHERE t.part = 1) AS index,
					max(t.psi) FILTER (WHERE t.part IN (1, 4)) AS psi, max(t.actual) FILTER (WHERE t.part = 3 AND t.retrain) AS outside
				FROM told AS t GROUP BY t.by_value) AS d ON coalesce(d.by_value, '') = coalesce(c.by_value, '') AND (d.by_value IS NULL) = (c.by_value IS NULL)
			WHERE c.state <> 'none'
		), summed AS MATERIALIZED (
			SELECT count(*) AS groups, sum(r.then_rows) AS then_rows, sum(r.now_rows) + n.rows AS now_rows, n.rows / nullif(sum(r.now_rows) + n.rows, 0) AS without,
				count(*) FILTER (WHERE r.retrain) AS asking, coalesce(sum(r.now_rows) FILTER (WHERE r.retrain), 0) / nullif(sum(r.now_rows) + n.rows, 0) AS asking_share,
				string_agg(format('"%s" (%s)', left(r.by_value, 40), CASE WHEN r.state = 'new' THEN 'new' WHEN r.psi < retrain_psi THEN segment.percent(r.outside) || ' outside'
					ELSE format('PSI %s', round(r.psi::numeric, 2)) END), ', ' ORDER BY r.rank) FILTER (WHERE r.retrain AND r.rank <= 3) AS worst,
				count(*) FILTER (WHERE r.state = 'new' AND r.retrain) AS new, coalesce(sum(r.now_rows) FILTER (WHERE r.state = 'new' AND r.retrain), 0) / nullif(sum(r.now_rows) + n.rows, 0) AS new_share,
				count(*) FILTER (WHERE r.state = 'gone') AS gone, coalesce(sum(r.then_rows) FILTER (WHERE r.state = 'gone'), 0) / sum(r.then_rows) AS gone_share,
				sum(r.index * r.now_rows) / nullif(sum(r.now_rows) FILTER (WHERE r.index IS NOT NULL), 0) AS psi,
				bool_or(r.retrain IS NOT NULL) AS can_tell
			FROM ranked AS r CROSS JOIN (SELECT coalesce(sum(c.now_rows), 0) AS rows FROM compared AS c WHERE c.state = 'none') AS n
			GROUP BY n.rows
		)
		SELECT l.metric, l.subject, l.expected, l.actual, l.psi, l.retrain, l.reason, l.by_value
		FROM (
			SELECT 0::bigint AS rank, 1 AS part, NULL::int AS at, 'overall' AS metric, format('%s, version %s', m.model, v.version) AS subject, NULL::float8 AS expected, NULL::float8 AS actual, s.psi,
				CASE WHEN s.can_tell THEN s.asking_share > retrain_outside END AS retrain,
				CASE WHEN s.can_tell THEN concat_ws('; ',
						CASE WHEN s.asking = 0 THEN 'stable'
							ELSE format('%s%s of %s groups ask for it, with %s of the rows, first %s', CASE WHEN s.asking_share > retrain_outside THEN '' ELSE 'stable: ' END,
								s.asking, s.groups, segment.percent(s.asking_share), s.worst) END,
						CASE WHEN s.gone_share > retrain_outside THEN format('to watch: %s of the rows of the fit were in groups that are gone', segment.percent(s.gone_share)) END,
						CASE WHEN s.without > retrain_outside THEN format('to watch: %s of the rows have no %I', segment.percent(s.without), m.by_column) END)
					WHEN s.now_rows = 0 THEN format('cannot tell: %s has no rows', source_name)
					ELSE format('cannot tell: no row of %s has a value in %I and a number in every feature', source_name, m.by_column) END AS reason,
				NULL::text AS by_value
			FROM summed AS s WHERE in_groups
			UNION ALL
			SELECT 0, 2, NULL, 'rows', source_name, s.then_rows, s.now_rows, NULL, CASE WHEN s.can_tell THEN false END, NULL, NULL FROM summed AS s WHERE in_groups
			UNION ALL
			SELECT 0, 3, g.at, 'groups', g.subject, g.expected, g.actual, NULL, g.retrain, g.reason, NULL
			FROM summed AS s
			CROSS JOIN LATERAL (VALUES
				(1, 'retrain', NULL::float8, s.asking_share, s.asking_share > retrain_outside, format('%s of %s', s.asking, s.groups)),
				(2, 'new', 0, s.new_share, s.new_share > retrain_outside, CASE WHEN s.new > 0 THEN format('%s not in the model', s.new) END),
				(3, 'gone', s.gone_share, 0, false, CASE WHEN s.gone > 0 THEN format('%s without rows now', s.gone) END),
				(4, NULL, NULL, s.without, false, format('rows without a value in %I', m.by_column))) AS g(at, subject, expected, actual, retrain, reason)
			WHERE in_groups AND s.now_rows > 0
			UNION ALL
			SELECT r.rank, t.part, coalesce(p.cluster, t."position"), t.metric,
				CASE t.part WHEN 1 THEN format('%s, version %s', m.model, v.version) WHEN 2 THEN source_name WHEN 3 THEN 'training radius' WHEN 4 THEN m.features[t."position"] ELSE p.persona END,
				t.expected, t.actual, t.psi, t.retrain, t.reason, t.by_value
			FROM ranked AS r
			JOIN told AS t ON coalesce(t.by_value, '') = coalesce(r.by_value, '') AND (t.by_value IS NULL) = (r.by_value IS NULL)
			LEFT JOIN segment.persona AS p ON t.part = 5 AND p.model_id = m.id AND p.version = v.version AND p.group_id = t.group_id AND p.number = t."position") AS l
		ORDER BY l.rank, l.part, l.at;
END
$$;
COMMENT ON FUNCTION segment.health_of_tallies(segment.model, segment.version, boolean, text, int[], text[], bigint[], text[], bigint[], bigint[], text[], float8, float8, float8) IS
	'what segment.health() says: the groups of a version, one if in_groups is false, against what segment.tally_groups() found, with tallies as text';

CREATE FUNCTION segment.health_in(model text, source regclass, retrain_psi float8, watch_psi float8, retrain_outside float8, search_path text,
		OUT metric text, OUT subject text, OUT expected float8, OUT actual float8, OUT psi float8, OUT retrain boolean, OUT reason text, INOUT by_value text)
	RETURNS SETOF record
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
#variable_conflict use_column
DECLARE
	of CONSTANT bigint := segment.readable_model_id(health_in.model);
	m segment.model;
	v segment.version;
	in_groups boolean;
	relation regclass;
	source_name text;
	group_ids int[];
	by_values text[];
	clusterings @extschema@.clustering[];
	edges text[];
	untold bigint;
	positions bigint[];
	found_values text[];
	found_rows bigint[];
	found_usable bigint[];
	found_tallies text[];
BEGIN
	IF NOT coalesce(retrain_psi > 0 AND watch_psi > 0 AND watch_psi <= retrain_psi AND retrain_psi < 'Infinity'
		AND retrain_outside >= 0 AND retrain_outside <= 1, false)
	THEN
		RAISE EXCEPTION 'thresholds must be 0 < watch_psi <= retrain_psi, and 0 <= retrain_outside <= 1'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave them out for 0.1, 0.25 and 0.05.';
	END IF;
	SELECT * INTO STRICT m FROM segment.model AS s WHERE s.id = of;
	in_groups := m.by_column IS NOT NULL AND health_in.by_value IS NULL;
	IF in_groups THEN
		SELECT * INTO v FROM segment.version AS s WHERE s.model_id = of AND s.active LIMIT 1;
		IF NOT FOUND THEN
			RAISE EXCEPTION 'model "%" has no active version', m.model
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Choose one with segment.activate().';
		END IF;
	ELSE
		v := segment.group_of(of, health_in.by_value);
	END IF;
	SELECT array_agg(s.group_id ORDER BY s.group_id), array_agg(s.by_value ORDER BY s.group_id), array_agg(s.clustering ORDER BY s.group_id),
			array_agg(s.bin_edges::text ORDER BY s.group_id), count(*) FILTER (WHERE s.tally IS NULL)
		INTO group_ids, by_values, clusterings, edges, untold
		FROM segment.version AS s WHERE s.model_id = of AND s.version = v.version AND (in_groups OR s.group_id = v.group_id);
	IF untold > 0 THEN
		RAISE EXCEPTION 'version % of model "%" does not know what its rows looked like', v.version, m.model
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('segment.refit(%L) takes their measure.', m.model);
	END IF;
	relation := coalesce(health_in.source, segment.source_of(of));
	PERFORM segment.check_source(relation);
	PERFORM segment.check_features(relation, m.features);
	IF m.by_column IS NOT NULL THEN
		PERFORM segment.check_by(relation, m.by_column, m.features);
	END IF;
	source_name := segment.qualified_name(relation);

	IF in_groups THEN
		SELECT array_agg(t."position"), array_agg(t.by_value), array_agg(t.rows), array_agg(t.usable), array_agg(t.tally::text)
			INTO positions, found_values, found_rows, found_usable, found_tallies
			FROM segment.tally_groups(relation, m.by_column, m.features, by_values, clusterings, edges, health_in.search_path) AS t;
	ELSE
		positions := ARRAY[1];
		found_values := ARRAY[v.by_value];
		found_tallies := ARRAY[segment.tally_of(v.clustering, v.bin_edges, segment.rows_of_group(relation, m.by_column, v.by_value), m.features, health_in.search_path)::text];
	END IF;
	RETURN QUERY SELECT h.* FROM segment.health_of_tallies(m, v, in_groups, source_name, group_ids, by_values, positions, found_values, found_rows, found_usable,
		found_tallies, retrain_psi, watch_psi, retrain_outside) AS h;
END
$$;
COMMENT ON FUNCTION segment.health_in(text, regclass, float8, float8, float8, text, text) IS
	'segment.health with the caller''s search_path as the last argument; to be called through segment.health';

CREATE FUNCTION segment.health(model text, source regclass DEFAULT NULL, retrain_psi float8 DEFAULT 0.25, watch_psi float8 DEFAULT 0.1,
		retrain_outside float8 DEFAULT 0.05,
		OUT metric text, OUT subject text, OUT expected float8, OUT actual float8, OUT psi float8, OUT retrain boolean, OUT reason text,
		INOUT by_value text DEFAULT NULL)
	RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	-- by_value has no name in here: PostgreSQL 15 does not look beyond the OUT parameters
	SELECT h.metric, h.subject, h.expected, h.actual, h.psi, h.retrain, h.reason, h.by_value
	FROM segment.health_in(model, source, retrain_psi, watch_psi, retrain_outside, current_setting('search_path'), $6) AS h;
END;
COMMENT ON FUNCTION segment.health(text, regclass, float8, float8, float8, text) IS
	'compares the rows of the source (NULL: the model''s, as it is now) with those that the active version of a model, the current role''s own or one shared with it, was fitted on; one scan, with the caller''s rights and search_path. '
	'metric overall comes first: psi of the shares of the clusters, retrain (a new fit is called for), and the reason in words; then rows (expected: in the fit, actual: now); outside, the share (0 to 1, of the rows that have a cluster) of those farther from the centroid of their cluster than any row of the fit was; '
	'feature, a row for each: means, and the psi by ten bins, the deciles of the fit, and one for rows without a number; cluster, a row for each persona: its share of all rows, and what it adds to the overall psi; the last, subject NULL, stands for rows that have no cluster. '
	'psi is the population stability index, the sum over bins of (a - e) ln(a / e) for shares e in the fit and a now, where less than 0.0001, or half a row, counts as that much. By custom less than 0.1 is little change, 0.25 and more calls for action (Yurdakul, Naranjo 2020, doi:10.21314/JRMV.2020.227). '
	'retrain is true, in the rows that are the cause as well, for a psi, overall or of a feature, of retrain_psi or more, or more than retrain_outside outside, unless chance alone explains that for so few rows (0.999 quantile of the psi, 3 standard deviations of the share outside); from watch_psi on the reason names it. NULL: the source has no usable row. '
	'A model by groups has these rows for each group (by_value), as if it were a model of its own; first the groups with retrain, those with the largest psi, overall or of a feature, before the others. A group that the model does not have has retrain if a row of it could be clustered. '
	'Before them come, by_value NULL, those of the model as a whole: overall has retrain if the groups with retrain hold more than retrain_outside of the rows, so that the few in a thousand that chance would pick do not count, the mean psi by rows, and names the worst three; rows; and groups, shares of the rows: in groups with retrain, in new ones, and, of the rows of the fit, in those that are gone, which a new fit does not bring back; the last, subject NULL, stands for rows without a value. '
	'by_value, as an argument: only the rows of that group are read, and reported. Memory: about 1 kB and 300 bytes a feature for each group. '
	'Errors: no such model or group (42704), several models of that name by other roles (42P09); the source is gone (42P01), lacks a feature or the column for groups (42703) or has another type (42804); no active version, or one that an earlier release fitted by groups and that has not been refitted (55000); thresholds that make no sense, or a group where there are none (22023)';
