-- segment.refit: a new version whose clusters keep their numbers and names; segment.history, segment.activate, segment.rename,
-- segment.apply_rules.
--
-- In here "number" is the number of a cluster in a clustering, which goes by the centroids and so changes from version to
-- version; "cluster" is the number that stays.

CREATE FUNCTION segment.match_clusters(weight float8[]) RETURNS int[]
	AS 'MODULE_PATHNAME', 'segment_match_clusters' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION segment.match_clusters(float8[]) IS
	'pairs of rows and columns of a matrix, each in one pair at most, with the largest sum of weights: for each row the column, counted from 0, or NULL. A pair whose weight is not above 0 is none. '
	'O(k^2 m) for a k x m matrix, k <= m. Kuhn 1955, doi:10.1002/nav.3800020109; Jonker, Volgenant 1987, doi:10.1007/BF02278710. Errors: not a matrix of finite numbers (22023), too large (54000)';

CREATE FUNCTION segment.centroid_distances(before @extschema@.clustering, after @extschema@.clustering) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'segment_centroid_distances' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION segment.centroid_distances(@extschema@.clustering, @extschema@.clustering) IS
	'Euclidean distances of each centroid of the first (rows of the matrix) from each of the second, in the space the first was fitted in. An error (22023) if their features are not equally many';

-- How the rows of a relation pass from the clusters of one version to those of another. A row counts as known to the first
-- version where it lies no farther from the nearest centroid than the rows of the fit did; a cluster of few rows, or of rows
-- much alike, has some room all the same.
CREATE FUNCTION segment.reach(clustering @extschema@.clustering) RETURNS float8[]
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_agg(greatest(s.radius, 2 * sqrt(t.inertia / t.rows), n.distance / 4) ORDER BY s.cluster)
	FROM @extschema@.cluster_stats(clustering) AS s
	CROSS JOIN (SELECT sum(c.inertia) AS inertia, sum(c.size)::float8 AS rows FROM @extschema@.cluster_stats(reach.clustering) AS c) AS t
	CROSS JOIN (SELECT segment.centroid_distances(reach.clustering, reach.clustering) AS distances) AS d
	CROSS JOIN LATERAL (
		SELECT min(d.distances[s.cluster + 1][o + 1]) AS distance
		FROM generate_series(0, array_length(d.distances, 1) - 1) AS o WHERE o <> s.cluster) AS n;
END;
COMMENT ON FUNCTION segment.reach(@extschema@.clustering) IS
	'for each cluster the distance from its centroid within which a clustering counts as having seen rows: the radius of the cluster, or twice the root mean square distance of all rows to theirs, or a quarter of the way to the next centroid, whichever is the largest';

CREATE FUNCTION segment.flows(source regclass, by text, features text[], groups int[], by_values text[],
		before @extschema@.clustering[], after @extschema@.clustering[], search_path text)
	RETURNS TABLE (group_id int, from_number int[], into_number int[], rows bigint[], known bigint[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
	-- the planner cannot know that the rows fall into a few groups, and would sort them all
	SET search_path = pg_catalog, pg_temp SET enable_sort = off
AS $$
DECLARE
	row_array text;
BEGIN
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	PERFORM set_config('search_path', flows.search_path, true);
	RETURN QUERY EXECUTE pg_catalog.format(
		'SELECT f.group_id, pg_catalog.array_agg(f.before), pg_catalog.array_agg(f.after), pg_catalog.array_agg(f.rows), pg_catalog.array_agg(f.known) FROM ('
		'SELECT g.group_id, c.before, c.after, pg_catalog.count(*) AS rows, '
		'pg_catalog.count(*) FILTER (WHERE c.distance OPERATOR(pg_catalog.<=) g.reach[c.before OPERATOR(pg_catalog.+) 1]) AS known '
		'FROM %2$s AS s JOIN (SELECT u.*, segment.reach(u.before) AS reach FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4)) AS u(group_id, by_value, before, after) OFFSET 0) AS g ON %3$s '
		'LEFT JOIN LATERAL (SELECT @extschema@.cluster_id(g.before, %1$s) AS before, @extschema@.cluster_id(g.after, %1$s) AS after, '
		'@extschema@.cluster_distance(g.before, %1$s) AS distance) AS c ON true '
		'WHERE c.before IS NOT NULL GROUP BY g.group_id, c.before, c.after) AS f GROUP BY f.group_id', row_array, segment.qualified_name(source),
		CASE WHEN by IS NULL THEN 'true' ELSE segment.by_condition(source, by, 'g.by_value') END)
		USING groups, by_values, before, after;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$$;
COMMENT ON FUNCTION segment.flows(regclass, text, text[], int[], text[], @extschema@.clustering[], @extschema@.clustering[], text) IS
	'rows of the relation, read once with that search_path, by the clusters that two clusterings of their group put them in; known: those of them that lie where the first has seen rows, as segment.reach() says. By group, and the numbers in the clusterings. Without a column for groups (by NULL) there is one of each';

-- A pair is good if the new cluster is mostly made of the old one, or has most of it: half, the least threshold of MONIC
-- (Spiliopoulou et al. 2006, doi:10.1145/1150402.1150491). No cluster gives more than it had, as a share of all rows: where
-- a large and a small one meet half-way, the large one goes on.
CREATE FUNCTION segment.match_by_rows(before @extschema@.clustering, after @extschema@.clustering,
		from_number int[], into_number int[], rows bigint[], known bigint[]) RETURNS int[]
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH flow AS (
		SELECT f.from_number, f.into_number, b.share * f.everybody AS former, f.placed, least(f.known, b.share * f.everybody) AS known
		FROM (
			SELECT u.from_number, u.into_number, u.known::float8,
				sum(u.rows::float8) OVER (PARTITION BY u.into_number) AS placed, sum(u.rows::float8) OVER () AS everybody
			FROM unnest(from_number, into_number, rows, known) AS u(from_number, into_number, rows, known)) AS f
		JOIN @extschema@.cluster_stats(match_by_rows.before) AS b ON b.cluster = f.from_number
	), weights AS (
		SELECT a.cluster AS into_number, array_agg(
			CASE WHEN f.known >= 0.5 * f.placed OR f.known >= 0.5 * f.former THEN f.known
				WHEN a.size = 0 AND b.size = 0 THEN 0.001 / (1 + d.distances[b.cluster + 1][a.cluster + 1])
				ELSE 0 END
			ORDER BY b.cluster) AS weight
		FROM @extschema@.cluster_stats(match_by_rows.after) AS a CROSS JOIN @extschema@.cluster_stats(match_by_rows.before) AS b
		CROSS JOIN (SELECT segment.centroid_distances(match_by_rows.before, match_by_rows.after) AS distances) AS d
		LEFT JOIN flow AS f ON f.from_number = b.cluster AND f.into_number = a.cluster
		GROUP BY a.cluster
	)
	SELECT segment.match_clusters(array_agg(w.weight ORDER BY w.into_number)) FROM weights AS w;
END;
COMMENT ON FUNCTION segment.match_by_rows(@extschema@.clustering, @extschema@.clustering, int[], int[], bigint[], bigint[]) IS
	'for each cluster of the second clustering the cluster of the first that it continues, or NULL, by what segment.flows() says of the rows: so that as many known rows as can be stay where they were, and from each cluster no more than it had. '
	'A cluster continues another if at least half of its rows come from there, or at least half of what the other was, as a share of all rows, came to it; components of a mixture that are the most probable for no row continue each other, the nearest first';

-- Where the population has moved altogether (a feature in another unit, say), hardly a row lies where the former version has
-- seen any. But clusters are still what they are compared with everybody.
CREATE FUNCTION segment.match_by_profile(before @extschema@.clustering, after @extschema@.clustering) RETURNS int[]
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH distance AS (
		SELECT b.cluster AS before, a.cluster AS after, sqrt(sum((a.z - b.z) ^ 2)) AS distance
		FROM @extschema@.cluster_profile(match_by_profile.before) AS b JOIN @extschema@.cluster_profile(match_by_profile.after) AS a ON a.feature = b.feature
		GROUP BY b.cluster, a.cluster
	), reach AS (
		SELECT p.cluster AS before, min(p.distance) AS reach
		FROM (
			SELECT b.cluster, o.cluster AS other, sqrt(sum((o.z - b.z) ^ 2)) AS distance
			FROM @extschema@.cluster_profile(match_by_profile.before) AS b
			JOIN @extschema@.cluster_profile(match_by_profile.before) AS o ON o.feature = b.feature AND o.cluster <> b.cluster
			GROUP BY b.cluster, o.cluster) AS p
		GROUP BY p.cluster
	), weights AS (
		-- a single cluster has no other: it is matched however far it went
		SELECT d.after, array_agg(
			CASE WHEN r.reach IS NULL THEN 1 WHEN d.distance >= r.reach THEN 0
				ELSE (b.share + a.share) * (1 - d.distance / r.reach) END
			ORDER BY d.before) AS weight
		FROM distance AS d
		JOIN @extschema@.cluster_stats(match_by_profile.before) AS b ON b.cluster = d.before
		JOIN @extschema@.cluster_stats(match_by_profile.after) AS a ON a.cluster = d.after
		LEFT JOIN reach AS r ON r.before = d.before
		GROUP BY d.after
	)
	SELECT segment.match_clusters(array_agg(w.weight ORDER BY w.after)) FROM weights AS w;
END;
COMMENT ON FUNCTION segment.match_by_profile(@extschema@.clustering, @extschema@.clustering) IS
	'for each cluster of the second clustering the cluster of the first that it continues, or NULL, by their profiles: the z-scores of the means, each against everybody of its own version. Pairs count by the members'' shares, less the farther apart they are; '
	'none is farther apart than the nearest two clusters of the former version are from each other';

-- What became of each cluster. A fifth is the threshold for all that is worth a word.
CREATE FUNCTION segment.changes_between(model_id bigint, group_id int, old_version int, new_version int,
		from_number int[], into_number int[], rows bigint[], known bigint[])
	RETURNS TABLE (cluster int, persona text, event text, size_before bigint, size_after bigint, from_clusters int[], into_clusters int[],
		drift float8, note text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	WITH pair AS (
		SELECT m.features, m.ruleset, b.clustering AS before, a.clustering AS after,
			segment.centroid_distances(b.clustering, a.clustering) AS distance
		FROM segment.model AS m
		JOIN segment.version AS b ON b.model_id = m.id AND b.version = old_version AND b.group_id = changes_between.group_id
		JOIN segment.version AS a ON a.model_id = m.id AND a.version = new_version AND a.group_id = changes_between.group_id
		WHERE m.id = changes_between.model_id
	), before AS (
		SELECT p.cluster, p.persona, p.number, s.size, s.share, coalesce(sqrt(s.inertia / nullif(s.size, 0)), 0) AS spread, n.personas
		FROM pair AS x
		CROSS JOIN LATERAL @extschema@.cluster_stats(x.before) AS s
		JOIN segment.persona AS p ON p.model_id = changes_between.model_id AND p.version = old_version AND p.group_id = changes_between.group_id AND p.number = s.cluster
		JOIN LATERAL segment.fitting_names(x.before, x.features, x.ruleset) AS n ON n.cluster = s.cluster
	), after AS (
		SELECT p.cluster, p.persona, p.number, s.size, s.share, n.personas
		FROM pair AS x
		CROSS JOIN LATERAL @extschema@.cluster_stats(x.after) AS s
		JOIN segment.persona AS p ON p.model_id = changes_between.model_id AND p.version = new_version AND p.group_id = changes_between.group_id AND p.number = s.cluster
		JOIN LATERAL segment.fitting_names(x.after, x.features, x.ruleset) AS n ON n.cluster = s.cluster
	), flow AS (
		SELECT b.cluster AS "from", a.cluster AS "into", f.known,
			sum(f.known) OVER (PARTITION BY b.cluster) AS sent,
			sum(f.rows) OVER (PARTITION BY a.cluster) AS received,
			least(f.known::float8 / sum(f.rows) OVER (), b.share) AS share,
			a.cluster NOT IN (SELECT o.cluster FROM before AS o) AS to_born,
			b.cluster NOT IN (SELECT o.cluster FROM after AS o) AS of_died
		FROM unnest(from_number, into_number, rows, known) AS f(from_number, into_number, rows, known)
		JOIN before AS b ON b.number = f.from_number
		JOIN after AS a ON a.number = f.into_number
	), lost AS (
		SELECT f."from" AS cluster,
			array_agg(f."into" ORDER BY f."into") FILTER (WHERE f."into" <> f."from" AND f.known > 0 AND f.known >= 0.2 * f.sent) AS clusters,
			sum(f.share) FILTER (WHERE f.to_born) AS share,
			sum(f.known) FILTER (WHERE f.to_born) >= 0.2 * max(f.sent) AS much
		FROM flow AS f GROUP BY f."from"
	), gained AS (
		SELECT f."into" AS cluster,
			array_agg(f."from" ORDER BY f."from") FILTER (WHERE f."into" <> f."from" AND f.known > 0 AND f.known >= 0.2 * f.received) AS clusters,
			sum(f.share) FILTER (WHERE f.of_died) AS share,
			sum(f.known) FILTER (WHERE f.of_died) >= 0.2 * max(f.received) AS much
		FROM flow AS f GROUP BY f."into"
	)
	SELECT cluster, coalesce(a.persona, b.persona),
		CASE
			WHEN b.number IS NULL THEN 'born'
			WHEN a.number IS NULL THEN 'died'
			WHEN l.much AND l.share > 0 AND b.share - a.share >= 0.5 * l.share THEN 'split'
			WHEN g.much AND g.share > 0 AND a.share - b.share >= 0.5 * g.share THEN 'merged'
			ELSE 'kept'
		END,
		b.size, a.size, coalesce(g.clusters, '{}'), coalesce(l.clusters, '{}'),
		CASE WHEN x.distance[b.number + 1][a.number + 1] = 0 THEN 0
			WHEN b.spread = 0 THEN 'Infinity'
			ELSE x.distance[b.number + 1][a.number + 1] / b.spread END,
		CASE WHEN a.personas <> b.personas THEN format('its profile was "%s", is now "%s"',
			array_to_string(b.personas, '" or "'), array_to_string(a.personas, '" or "')) END
	FROM before AS b
	FULL JOIN after AS a USING (cluster)
	LEFT JOIN lost AS l USING (cluster)
	LEFT JOIN gained AS g USING (cluster)
	CROSS JOIN pair AS x;
END;
COMMENT ON FUNCTION segment.changes_between(bigint, int, int, int, int[], int[], bigint[], bigint[]) IS
	'what became of each cluster of a group from one version of a model to another, given what segment.flows() says of the rows; segment.refit() defines the columns';

-- Group by group; a model without groups is a single one, of number 0.
CREATE FUNCTION segment.refit_model(model text, source regclass, search_path text)
	RETURNS TABLE (cluster int, persona text, event text, size_before bigint, size_after bigint, from_clusters int[], into_clusters int[],
		drift float8, note text, by_value text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
#variable_conflict use_column
DECLARE
	m segment.model;
	active_version int;
	edges text[];
	tallies text[];
	new_version int;
	relation regclass;
	noise CONSTANT text := current_setting('client_min_messages');
	group_ids int[];
	by_values text[];
	former @extschema@.clustering[];
	former_versions int[];
	fitted @extschema@.clustering[];
	hashes bigint[];
	last_clusters int[];
	changed boolean[];
	gone boolean;
	g record;
	origin int[];
	names text[];
	by_profile bigint := 0;
	views text;
BEGIN
	m := segment.locked_model(refit_model.model);
	SELECT v.version INTO active_version FROM segment.version AS v WHERE v.model_id = m.id AND v.active LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'model "%" has no active version', m.model
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Choose one with segment.activate().';
	END IF;
	relation := coalesce(refit_model.source, segment.source_of(m.id));
	PERFORM segment.check_source(relation);
	PERFORM segment.check_features(relation, m.features);
	IF m.key IS NOT NULL THEN
		PERFORM segment.check_columns(relation, m.key, 'key');
	END IF;
	IF m.by_column IS NOT NULL THEN
		PERFORM segment.check_by(relation, m.by_column, m.features);
	END IF;

	-- From scratch first: a function of the rows alone, whatever their order. The same as last time: the same rows.
	SELECT array_agg(coalesce(o.group_id, l.group_id + f.newcomer)), array_agg(f.by_value), array_agg(o.clustering), array_agg(o.version),
			array_agg(CASE WHEN f.hash = o.scratch_hash THEN o.clustering ELSE f.clustering END), array_agg(f.hash),
			array_agg(coalesce(o.last_cluster, -1)), array_agg(f.hash IS DISTINCT FROM o.scratch_hash), array_agg(f.bin_edges::text)
		INTO group_ids, by_values, former, former_versions, fitted, hashes, last_clusters, changed, edges
		FROM (
			SELECT c.by_value, c.clustering, c."position", c.bin_edges, segment.clustering_hash_extended(c.clustering, 0) AS hash,
				CASE WHEN k.by_value IS NULL AND m.by_column IS NOT NULL THEN (count(*) FILTER (WHERE k.by_value IS NULL) OVER (ORDER BY c."position"))::int ELSE 0 END AS newcomer
			FROM segment.cluster_versions(relation, m.by_column, m.features, m.k, m.method, m.scale, m.seed, m.options, refit_model.search_path) AS c
			LEFT JOIN (SELECT DISTINCT v.by_value FROM segment.version AS v WHERE v.model_id = m.id) AS k ON k.by_value = c.by_value
			WHERE c.clustering IS NOT NULL) AS f
		LEFT JOIN (
			SELECT v.group_id, v.by_value, v.version, v.clustering, v.scratch_hash, h.last_cluster
			FROM segment.former_groups(m.id) AS v
			JOIN (SELECT v.group_id, max(v.last_cluster) AS last_cluster FROM segment.version AS v WHERE v.model_id = m.id GROUP BY v.group_id) AS h
				ON h.group_id = v.group_id) AS o ON coalesce(o.by_value, '') = coalesce(f.by_value, '')
		CROSS JOIN (SELECT max(v.group_id) AS group_id FROM segment.version AS v WHERE v.model_id = m.id) AS l;
	IF group_ids IS NULL THEN
		RAISE EXCEPTION 'no row of % has a value in % and a number in every feature', segment.qualified_name(relation), quote_ident(m.by_column)
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Rows with NULL, NaN or infinity take no part: fill them in a view.';
	END IF;
	IF segment.qualified_name(relation) <> m.source THEN
		UPDATE segment.model AS u SET source = segment.qualified_name(relation) WHERE u.id = m.id;
		SELECT string_agg(segment.qualified_name(v.view), ', ' ORDER BY segment.qualified_name(v.view) COLLATE "C") INTO views
			FROM segment.views_of(m.id) AS v
			WHERE NOT EXISTS (
				SELECT FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
				WHERE d.classid = 'pg_rewrite'::regclass AND r.ev_class = v.view
					AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation);
		IF views IS NOT NULL THEN
			RAISE NOTICE 'views of model "%" that do not show the rows of %: %', m.model, segment.qualified_name(relation), views
				USING HINT = 'They go on reading their own source. Drop them, and make them again with segment.create_view(), for the new one.';
		END IF;
	END IF;

	-- Then from the former centroids. Optima that are nearly as good would take turns, month by month, for nothing; one
	-- that is better by more than a hundredth shows that something has changed: a birth, a split.
	IF m.method = 'kmeans' AND true = ANY (changed) THEN
		PERFORM set_config('client_min_messages', 'warning', true);		-- all has been said
		SELECT array_agg(CASE WHEN u.changed AND @extschema@.cluster_inertia(u.fitted) >= 0.99 * @extschema@.cluster_inertia(w.clustering)
				THEN w.clustering ELSE u.fitted END ORDER BY u."position") INTO fitted
			FROM unnest(by_values, fitted, changed) WITH ORDINALITY AS u(by_value, fitted, changed, "position")
			LEFT JOIN segment.cluster_versions(relation, m.by_column, m.features, m.k, m.method, m.scale, m.seed, m.options, refit_model.search_path, m.id) AS w
				ON coalesce(w.by_value, '') = coalesce(u.by_value, '');
		PERFORM set_config('client_min_messages', noise, true);
	END IF;
	-- what comes back is news as well
	SELECT array_agg((u.fitted OPERATOR(@extschema@.=) u.former AND u.former_version = active_version) IS NOT TRUE ORDER BY u."position") INTO changed
		FROM unnest(fitted, former, former_versions) WITH ORDINALITY AS u(fitted, former, former_version, "position");
	SELECT count(*) < (SELECT count(*) FROM segment.version AS v WHERE v.model_id = m.id AND v.active) INTO gone
		FROM unnest(former_versions) AS f(version) WHERE f.version = active_version;
	IF NOT gone AND NOT true = ANY (changed) THEN
		-- a version without a baseline gets one: its rows are these
		PERFORM FROM segment.version AS v WHERE v.model_id = m.id AND v.active AND v.tally IS NULL LIMIT 1;
		IF FOUND THEN
			UPDATE segment.version AS v SET bin_edges = b.bin_edges, tally = b.tally
				FROM unnest(group_ids) WITH ORDINALITY AS u(group_id, "position")
				JOIN segment.baselines(relation, m.by_column, m.features, by_values, fitted, edges, NULL, refit_model.search_path) AS b ON b."position" = u."position"
				WHERE v.model_id = m.id AND v.active AND v.group_id = u.group_id;
		END IF;
		RETURN;
	END IF;

	-- The version, with the numbers and names that its clusters have already; then names for the others. Groups in which nothing
	-- has changed are carried on all together.
	new_version := m.last_version + 1;
	UPDATE segment.version AS v SET active = false WHERE v.model_id = m.id AND v.active;
	UPDATE segment.model AS u SET last_version = new_version WHERE u.id = m.id;
	SELECT array_agg(b.bin_edges::text ORDER BY u."position"), array_agg(b.tally::text ORDER BY u."position") INTO edges, tallies
		FROM generate_subscripts(group_ids, 1) AS u("position")
		LEFT JOIN segment.baselines(relation, m.by_column, m.features, by_values, fitted, edges, NULL, refit_model.search_path) AS b ON b."position" = u."position";
	INSERT INTO segment.version (model_id, version, group_id, by_value, previous, active, source, clustering, scratch_hash, last_cluster, bin_edges, tally)
		SELECT m.id, new_version, u.group_id, u.by_value, active_version, true, segment.qualified_name(relation), u.fitted, u.hash, u.last_cluster,
			u.bin_edges::float8[], u.tally::float8[]
		FROM unnest(group_ids, by_values, fitted, hashes, last_clusters, changed, edges, tallies)
			AS u(group_id, by_value, fitted, hash, last_cluster, changed, bin_edges, tally)
		WHERE NOT u.changed;
	INSERT INTO segment.persona (model_id, version, group_id, cluster, number, persona, pinned, ruleset, note)
		SELECT p.model_id, new_version, p.group_id, p.cluster, p.number, p.persona, p.pinned, p.ruleset, p.note
		FROM unnest(group_ids, former_versions, changed) AS u(group_id, former_version, changed)
		JOIN segment.persona AS p ON p.version = u.former_version AND p.group_id = u.group_id
		WHERE p.model_id = m.id AND NOT u.changed;
	FOR g IN
		SELECT u.*, f.from_number, f.into_number, f.rows,
			CASE WHEN p.by_profile THEN array_fill(0::bigint, ARRAY[cardinality(f.rows)]) ELSE f.known END AS known, p.by_profile
		FROM unnest(group_ids, by_values, former, former_versions, fitted, hashes, last_clusters, changed, edges, tallies)
			AS u(group_id, by_value, former, former_version, fitted, hash, last_cluster, changed, bin_edges, tally)
		LEFT JOIN (
			SELECT f.* FROM (
				SELECT array_agg(w.group_id) AS group_ids, array_agg(w.by_value) AS by_values, array_agg(w.former) AS former, array_agg(w.fitted) AS fitted
				FROM unnest(group_ids, by_values, former, fitted, changed) AS w(group_id, by_value, former, fitted, changed)
				WHERE w.changed AND w.former IS NOT NULL) AS a
			CROSS JOIN LATERAL segment.flows(relation, m.by_column, m.features, a.group_ids, a.by_values, a.former, a.fitted, refit_model.search_path) AS f
			WHERE a.group_ids IS NOT NULL) AS f ON f.group_id = u.group_id
		CROSS JOIN LATERAL (SELECT coalesce(sum(r.known) < 0.5 * sum(r.rows), false) AS by_profile FROM unnest(f.known, f.rows) AS r(known, rows)) AS p
		WHERE u.changed
	LOOP
		IF g.former IS NULL THEN
			origin := array_fill(NULL::int, ARRAY[(SELECT count(*)::int FROM @extschema@.cluster_stats(g.fitted))]);
		ELSIF g.by_profile THEN
			origin := segment.match_by_profile(g.former, g.fitted);
			by_profile := by_profile + 1;
		ELSE
			origin := segment.match_by_rows(g.former, g.fitted, g.from_number, g.into_number, g.rows, g.known);
		END IF;
		INSERT INTO segment.version (model_id, version, group_id, by_value, previous, active, source, clustering, scratch_hash, last_cluster, bin_edges, tally)
			VALUES (m.id, new_version, g.group_id, g.by_value, active_version, true, segment.qualified_name(relation), g.fitted, g.hash,
				g.last_cluster + (SELECT count(*) FROM unnest(origin) AS o(number) WHERE o.number IS NULL), g.bin_edges::float8[], g.tally::float8[]);
		SELECT array_agg(p.persona ORDER BY o.number) INTO names
			FROM unnest(origin) WITH ORDINALITY AS o(origin, number)
			LEFT JOIN segment.persona AS p
				ON p.model_id = m.id AND p.version = g.former_version AND p.group_id = g.group_id AND p.number = o.origin;
		IF array_position(names, NULL) IS NOT NULL THEN
			PERFORM segment.check_ruleset(m.ruleset, m.features);
		END IF;
		INSERT INTO segment.persona (model_id, version, group_id, cluster, number, persona, pinned, ruleset, note)
			SELECT m.id, new_version, g.group_id,
				coalesce(p.cluster, g.last_cluster + (count(*) FILTER (WHERE p.cluster IS NULL) OVER (ORDER BY n.cluster))::int),
				n.cluster, n.persona, coalesce(p.pinned, false),
				CASE WHEN p.cluster IS NULL THEN n.by_ruleset ELSE p.ruleset END, CASE WHEN p.cluster IS NULL THEN n.note ELSE p.note END
			FROM segment.name_clusters(g.fitted, m.features, m.ruleset, names) AS n
			LEFT JOIN segment.persona AS p
				ON p.model_id = m.id AND p.version = g.former_version AND p.group_id = g.group_id AND p.number = origin[n.cluster + 1];
		IF g.former IS NULL THEN
			INSERT INTO segment.change (model_id, version, group_id, by_value, cluster, persona, event, size_after, from_clusters, into_clusters)
				SELECT m.id, new_version, g.group_id, g.by_value, p.cluster, p.persona, 'born', s.size, '{}', '{}'
				FROM segment.persona AS p JOIN @extschema@.cluster_stats(g.fitted) AS s ON s.cluster = p.number
				WHERE p.model_id = m.id AND p.version = new_version AND p.group_id = g.group_id;
		ELSE
			INSERT INTO segment.change AS c (model_id, version, group_id, by_value, cluster, persona, event, size_before, size_after, from_clusters, into_clusters, drift, note)
				SELECT m.id, new_version, g.group_id, g.by_value, e.cluster, e.persona, e.event, e.size_before, e.size_after, e.from_clusters, e.into_clusters, e.drift,
					nullif(concat_ws('; ', CASE WHEN g.by_profile AND e.event = 'kept' THEN 'matched by its profile' END, e.note), '')
				FROM segment.changes_between(m.id, g.group_id, g.former_version, new_version, g.from_number, g.into_number, g.rows, g.known) AS e;
		END IF;
	END LOOP;
	IF by_profile > 0 AND m.by_column IS NULL THEN
		RAISE NOTICE 'fewer than half of the rows lie where version % of model "%" has seen any: clusters are matched by their profiles', active_version, m.model;
	ELSIF by_profile > 0 THEN
		RAISE NOTICE 'in % of the groups fewer than half of the rows lie where model "%" has seen any: their clusters are matched by their profiles', by_profile, m.model;
	END IF;
	-- groups that have no rows any more
	INSERT INTO segment.change (model_id, version, group_id, by_value, cluster, persona, event, size_before, from_clusters, into_clusters)
		SELECT m.id, new_version, v.group_id, v.by_value, p.cluster, p.persona, 'died', s.size, '{}', '{}'
		FROM segment.version AS v
		JOIN segment.persona AS p ON p.model_id = v.model_id AND p.version = v.version AND p.group_id = v.group_id
		JOIN LATERAL @extschema@.cluster_stats(v.clustering) AS s ON s.cluster = p.number
		WHERE v.model_id = m.id AND v.version = active_version
			AND v.group_id NOT IN (SELECT n.group_id FROM segment.version AS n WHERE n.model_id = m.id AND n.version = new_version);
	RETURN QUERY
		SELECT c.cluster, c.persona, c.event, c.size_before, c.size_after, c.from_clusters, c.into_clusters, c.drift, c.note, c.by_value
		FROM segment.change AS c WHERE c.model_id = m.id AND c.version = new_version
		ORDER BY c.group_id, c.cluster;
END
$$;
COMMENT ON FUNCTION segment.refit_model(text, regclass, text) IS
	'segment.refit with the caller''s search_path as the last argument; to be called through segment.refit';

CREATE FUNCTION segment.refit(model text, source regclass DEFAULT NULL)
	RETURNS TABLE (cluster int, persona text, event text, size_before bigint, size_after bigint, from_clusters int[], into_clusters int[],
		drift float8, note text, by_value text)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	SELECT r.cluster, r.persona, r.event, r.size_before, r.size_after, r.from_clusters, r.into_clusters, r.drift, r.note, r.by_value
	FROM segment.refit_model(model, source, current_setting('search_path')) AS r;
END;
COMMENT ON FUNCTION segment.refit(text, regclass) IS
	'fits the current role''s model anew, with its own settings, on its source as it is now, and makes the result the active version, whose clusters keep their numbers and names. Returns what became of each cluster; no rows, and no new version, if the fit finds what it found before, as on the same rows in whatever order. '
	'source: fit on this relation from now on instead, which must have the features and the key (a table of this month, say); views that exist go on reading the former one, which a NOTICE says. '
	'k-means starts from scratch and from the former centroids; the former optimum is kept unless the other is better by more than 1 %, so the model is never worse than that against a fit from scratch. '
	'Clusters are matched by the rows of the source: so that as many as possible of those that lie where the former version has seen rows stay in their cluster (Kuhn 1955, doi:10.1002/nav.3800020109); or, where fewer than half of the rows lie there, by their z-scores. '
	'A cluster continues a former one if at least half of its rows come from there, or at least half of what that was came to it; the others are born, or died. A newborn gets the next number that no cluster of the model ever had, and a name by rules as in segment.fit() that no other has. '
	'event: kept, born or died; split: newborn clusters have a fifth or more of the rows that lie in its former place, and its share of all rows fell by at least half as much; merged: the reverse, with clusters that died. from_clusters, into_clusters: other clusters that gave or took a fifth of its rows or more. '
	'drift: how far the centroid moved, in the space of the former fit, as a multiple of the root mean square distance of its members to it then. note: says if the rules, or the description, would call it something else than before. '
	'A model by groups is refitted group by group (by_value), each as if it were a model of its own; groups in which nothing has changed are not in the report. A group that has no rows any more leaves the model, and its clusters died; those of a new group are born; a group that comes back continues the last version that had it. '
	'Two sessions that refit a model at once come one after the other. O(a fit, twice) and a scan. '
	'Errors: no such model (42704), or only shared (42501); no active version, or no usable row (55000); the source is gone (42P01), or lacks a feature or the key (42703, 42804); two personas that fit a newborn cluster equally well (21000)';

CREATE VIEW segment.changes WITH (security_invoker) AS
SELECT m.model, c.version, c.cluster, c.persona, c.event, c.size_before, c.size_after, c.from_clusters, c.into_clusters, c.drift, c.note, c.by_value, m.owner::text
FROM segment.change AS c JOIN segment.model AS m ON m.id = c.model_id
ORDER BY m.owner::text, m.model, c.version, c.group_id, c.cluster;
COMMENT ON VIEW segment.changes IS 'what segment.refit() returned, for each refit of each model that segment.models shows';
COMMENT ON COLUMN segment.changes.model IS 'name of the model';
COMMENT ON COLUMN segment.changes.version IS 'version that the refit made';
COMMENT ON COLUMN segment.changes.cluster IS 'cluster, 0-based';
COMMENT ON COLUMN segment.changes.persona IS 'its name then';
COMMENT ON COLUMN segment.changes.event IS 'kept, born, died, split or merged';
COMMENT ON COLUMN segment.changes.size_before IS 'rows in the version before; NULL: born';
COMMENT ON COLUMN segment.changes.size_after IS 'rows in this version; NULL: died';
COMMENT ON COLUMN segment.changes.from_clusters IS 'other clusters from each of which a fifth or more of its rows come';
COMMENT ON COLUMN segment.changes.into_clusters IS 'other clusters to each of which a fifth or more of its rows went';
COMMENT ON COLUMN segment.changes.drift IS 'how far the centroid moved, as a multiple of the root mean square distance of its members to it before; NULL: born or died';
COMMENT ON COLUMN segment.changes.note IS 'what else is to be said; mostly NULL';
COMMENT ON COLUMN segment.changes.by_value IS 'group; NULL: the model is not by groups';
COMMENT ON COLUMN segment.changes.owner IS 'role that fitted the model';
GRANT SELECT ON segment.changes TO PUBLIC;

CREATE FUNCTION segment.history(model text, by_value text DEFAULT NULL)
	RETURNS TABLE (version int, active boolean, fitted_at timestamptz, source text, previous int, k int, rows bigint, inertia float8,
		born int[], died int[], split int[], merged int[], drift float8)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT v.version, v.active, v.fitted_at, v.source, v.previous, v.k, v.rows, v.inertia, c.born, c.died, c.split, c.merged, c.drift
	FROM (
		SELECT g.model_id, g.version, g.active, g.fitted_at, g.source, g.previous, sum(s.k)::int AS k, sum(s.rows)::bigint AS rows,
			sum(@extschema@.cluster_inertia(g.clustering)) AS inertia
		FROM segment.version AS g
		CROSS JOIN LATERAL (
			SELECT count(*) AS k, sum(t.size) AS rows FROM @extschema@.cluster_stats(g.clustering) AS t) AS s
		WHERE g.model_id = segment.readable_model_id(history.model) AND (history.by_value IS NULL OR g.by_value = history.by_value)
		GROUP BY g.model_id, g.version, g.active, g.fitted_at, g.source, g.previous) AS v
	CROSS JOIN LATERAL (
		SELECT array_agg(c.cluster ORDER BY c.group_id, c.cluster) FILTER (WHERE c.event = 'born') AS born,
			array_agg(c.cluster ORDER BY c.group_id, c.cluster) FILTER (WHERE c.event = 'died') AS died,
			array_agg(c.cluster ORDER BY c.group_id, c.cluster) FILTER (WHERE c.event = 'split') AS split,
			array_agg(c.cluster ORDER BY c.group_id, c.cluster) FILTER (WHERE c.event = 'merged') AS merged,
			max(c.drift) AS drift
		FROM segment.change AS c
		WHERE c.model_id = v.model_id AND c.version = v.version AND (history.by_value IS NULL OR c.by_value = history.by_value)) AS c
	ORDER BY v.version;
END;
COMMENT ON FUNCTION segment.history(text, text) IS
	'versions of a model, the current role''s own or one shared with it, in their order: whether it is the active one, when and on what it was fitted, which version it continues, clusters, rows, inertia, '
	'and the clusters that were born, died, split or merged in it (NULL: none) and the largest drift, as segment.refit() defines them; all of it is in segment.changes. '
	'by_value: of a model by groups, the versions of that group alone; NULL: of all groups together, whose clusters then come one group after the other. Errors: no such model (42704), several of that name by other roles (42P09)';

CREATE FUNCTION segment.activate(model text, version int) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m CONSTANT segment.model := segment.locked_model(model);
	others text;
BEGIN
	PERFORM FROM segment.version AS v WHERE v.model_id = m.id AND v.version = activate.version;
	IF NOT FOUND THEN
		SELECT string_agg(v.version::text, ', ' ORDER BY v.version) INTO others
			FROM (SELECT DISTINCT g.version FROM segment.version AS g WHERE g.model_id = m.id) AS v;
		RAISE EXCEPTION 'model "%" has no version %', m.model, coalesce(version::text, 'NULL')
			USING ERRCODE = 'undefined_object', HINT = format('It has %s.', others);
	END IF;
	UPDATE segment.version AS v SET active = false WHERE v.model_id = m.id AND v.active AND v.version <> activate.version;
	UPDATE segment.version AS v SET active = true WHERE v.model_id = m.id AND NOT v.active AND v.version = activate.version;
END
$$;
COMMENT ON FUNCTION segment.activate(text, int) IS
	'makes a version of the current role''s model the active one, an earlier or a later one: views follow at once, in all groups. The next refit continues that version; numbers of versions and clusters go on from the highest. '
	'Errors: no such model or version (42704), or the model is only shared (42501)';

CREATE FUNCTION segment.rename(model text, cluster int, name text, by_value text DEFAULT NULL) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m CONSTANT segment.model := segment.locked_model(model);
	v segment.version;
	others text;
BEGIN
	IF coalesce(btrim(name), '') = '' OR char_length(name) > 200 THEN
		RAISE EXCEPTION 'a persona must have a name of 1 to 200 characters'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Any name will do that no other cluster has.';
	END IF;
	v := segment.group_of(m.id, by_value);
	PERFORM FROM segment.persona AS p
		WHERE p.model_id = m.id AND p.version = v.version AND p.group_id = v.group_id AND p.cluster = rename.cluster;
	IF NOT FOUND THEN
		SELECT string_agg(p.cluster::text, ', ' ORDER BY p.cluster) INTO others
			FROM segment.persona AS p WHERE p.model_id = m.id AND p.version = v.version AND p.group_id = v.group_id;
		RAISE EXCEPTION 'model "%" has no cluster %', m.model, coalesce(cluster::text, 'NULL')
			USING ERRCODE = 'undefined_object',
				HINT = format(CASE WHEN m.by_column IS NULL THEN 'Its active version has %s.' ELSE 'In that group, its active version has %s.' END, others);
	END IF;
	PERFORM FROM segment.persona AS p
		WHERE p.model_id = m.id AND p.version = v.version AND p.group_id = v.group_id AND p.cluster <> rename.cluster AND p.persona = name;
	IF FOUND THEN
		RAISE EXCEPTION 'another cluster of model "%" is called "%"', m.model, name
			USING ERRCODE = 'duplicate_object', HINT = 'Choose another name, or rename that one first.';
	END IF;
	UPDATE segment.persona AS p SET persona = name, pinned = true
		WHERE p.model_id = m.id AND p.version = v.version AND p.group_id = v.group_id AND p.cluster = rename.cluster;
END
$$;
COMMENT ON FUNCTION segment.rename(text, int, text, text) IS
	'gives a cluster of the active version of the current role''s model a name of one''s own, 1 to 200 characters, which later versions keep; views show it at once. by_value: the group whose cluster it is, if the model is by groups. '
	'Errors: no such model, group or cluster (42704), or the model is only shared (42501); the name is empty or too long (22023), another cluster has it (42710); no group is given where there are some (22004), or one where there are none (22023); no active version (55000)';

CREATE FUNCTION segment.rename_by_rules(m segment.model) RETURNS TABLE (cluster int, persona text, former text, by_value text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM segment.check_ruleset(m.ruleset, m.features);
	RETURN QUERY
		WITH former AS (
			SELECT v.version, v.group_id, v.by_value, v.clustering,
				array_agg(p.persona ORDER BY p.number) AS personas, array_agg(CASE WHEN p.pinned THEN p.persona END ORDER BY p.number) AS pinned
			FROM segment.version AS v
			JOIN segment.persona AS p ON p.model_id = v.model_id AND p.version = v.version AND p.group_id = v.group_id
			WHERE v.model_id = m.id AND v.active
			GROUP BY v.model_id, v.version, v.group_id
		), named AS (
			UPDATE segment.persona AS p SET persona = n.persona, ruleset = n.by_ruleset, note = n.note
			FROM former AS f CROSS JOIN LATERAL segment.name_clusters(f.clustering, m.features, m.ruleset, f.pinned) AS n
			WHERE p.model_id = m.id AND p.version = f.version AND p.group_id = f.group_id AND p.number = n.cluster AND NOT p.pinned
			RETURNING p.group_id, p.cluster, p.persona, f.personas[p.number + 1] AS former, f.by_value
		)
		SELECT n.cluster, n.persona, n.former, n.by_value FROM named AS n WHERE n.persona <> n.former ORDER BY n.group_id, n.cluster;
END
$$;
COMMENT ON FUNCTION segment.rename_by_rules(segment.model) IS
	'names the clusters of the active version of a model anew, given the model as it is to be; segment.apply_rules() defines the columns';

CREATE FUNCTION segment.apply_rules(model text) RETURNS TABLE (cluster int, persona text, former text, by_value text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY SELECT r.cluster, r.persona, r.former, r.by_value FROM segment.rename_by_rules(segment.locked_model(apply_rules.model)) AS r;
END
$$;
COMMENT ON FUNCTION segment.apply_rules(text) IS
	'names the clusters of the active version of the current role''s model anew, by the rules as they are now; names that segment.rename() gave stay. Returns the clusters whose name has changed, with the former one, and their group if the model is by groups; views show the new names at once. Without it, rules that are edited name newborn clusters only. '
	'Errors: no such model (42704), or only shared (42501); two personas that fit a cluster equally well (21000); its ruleset is gone (42704), or tests features that the model lacks (22023)';

CREATE FUNCTION segment.apply_rules(model text, ruleset text) RETURNS TABLE (cluster int, persona text, former text, by_value text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model := segment.locked_model(apply_rules.model);
BEGIN
	PERFORM segment.check_ruleset(apply_rules.ruleset, m.features);
	UPDATE segment.model AS u SET ruleset = apply_rules.ruleset WHERE u.id = m.id;
	m.ruleset := apply_rules.ruleset;
	RETURN QUERY SELECT r.cluster, r.persona, r.former, r.by_value FROM segment.rename_by_rules(m) AS r;
END
$$;
COMMENT ON FUNCTION segment.apply_rules(text, text) IS
	'the same by another ruleset, which is the model''s from now on; NULL: every rule whose features the model has. Errors as segment.apply_rules(model)';
