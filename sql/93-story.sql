-- segment.story: a model as a page that a manager reads, in Markdown. Every number is read from the model or its source.

CREATE FUNCTION segment.markdown(value text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	-- An underscore within a word, and a colon before a space, mean nothing there.
	SELECT regexp_replace(btrim(regexp_replace(value, '[[:cntrl:][:space:]\u0085\u2028\u2029]+', ' ', 'g')),
		'[\\`*{}\[\]<>#|~$&@]|(?<![[:alnum:]])_|_(?![[:alnum:]])|:(?=\S)|(?<=www)\.', '\\\&', 'gi');
END;
COMMENT ON FUNCTION segment.markdown(text) IS
	'text as Markdown (CommonMark, or GitHub''s), in which it stays text, on one line, wherever in a line but at its start';

CREATE FUNCTION segment.markdown_list(items text[]) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN cardinality(items) > 1
		THEN array_to_string(items[:cardinality(items) - 1], ', ') || ' and ' || items[cardinality(items)] ELSE items[1] END;
END;
COMMENT ON FUNCTION segment.markdown_list(text[]) IS 'items of a sentence: a, b and c; NULL for none';

CREATE FUNCTION segment.count_text(number bigint, unit text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format('%s %s%s', number, unit, CASE number WHEN 1 THEN '' ELSE 's' END);
END;
COMMENT ON FUNCTION segment.count_text(bigint, text) IS 'a number of things: 1 customer, 2 customers';

-- The relation that a story may read: it goes without, if there is none.
CREATE FUNCTION segment.readable_source(m segment.model, OUT source regclass, OUT obstacle text)
	LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	BEGIN
		source := to_regclass(m.source);
		IF source IS NULL THEN
			obstacle := 'is gone';
		ELSIF NOT has_table_privilege(source, 'SELECT') THEN
			obstacle := format('may not be read by role "%s"', current_user);
		ELSIF EXISTS (SELECT FROM unnest(m.features) AS f(name) WHERE f.name NOT IN (SELECT n.name FROM segment.numeric_columns(source) AS n)) THEN
			obstacle := 'has lost features of the model';
		ELSIF segment.by_condition(source, m.by_column, 'NULL') IS NULL AND m.by_column IS NOT NULL THEN
			obstacle := 'has lost the column of the groups';
		END IF;
	EXCEPTION WHEN insufficient_privilege THEN		-- its schema may not even be looked into
		obstacle := format('may not be read by role "%s"', current_user);
	END;
	IF obstacle IS NOT NULL THEN
		source := NULL;
	END IF;
END
$$;
COMMENT ON FUNCTION segment.readable_source(segment.model) IS
	'source of the model if the current role may read it, and its features and groups are there; otherwise NULL, and what stands against it';

CREATE FUNCTION segment.persona_columns(v segment.version, source regclass, search_path text)
	RETURNS TABLE (cluster int, column_name text, "position" int, mean float8, everybody_mean float8, everybody_sd float8,
		category text, share float8, everybody_share float8)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 50
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	most_categories CONSTANT int := 50;
	m segment.model;
	names text[];
	number_values text;
	category_values text;
	numbers int[];
	positions int[];
	categories text[];
	counts bigint[];
	means float8[];
	variances float8[];
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS s WHERE s.id = v.model_id;
	SELECT array_agg(c.name ORDER BY c."position"),
			string_agg(CASE WHEN c.is_number THEN format('s.%I::pg_catalog.float8', c.name) ELSE 'NULL' END, ', ' ORDER BY c."position"),
			string_agg(CASE WHEN c.is_number THEN 'NULL' ELSE format('s.%I::pg_catalog.text COLLATE pg_catalog."C"', c.name) END, ', ' ORDER BY c."position")
		INTO names, number_values, category_values
		FROM (
			SELECT n.name, n."position", true AS is_number FROM segment.numeric_columns(source) AS n
			UNION ALL
			SELECT n.name, n."position", false FROM segment.category_columns(source) AS n) AS c
		WHERE c.name <> ALL (m.features || coalesce(m.key, segment.primary_key(source), '{}') || coalesce(m.by_column, ''));
	IF names IS NULL THEN
		RETURN;
	END IF;

	-- A line per value: one scan serves all columns. Numbers that cannot be squared count as missing, as NaN and infinity do.
	-- The functions that a view calls may need the caller's search_path; the query itself writes every name out.
	PERFORM set_config('search_path', persona_columns.search_path, true);
	EXECUTE pg_catalog.format(
		'WITH grouped AS MATERIALIZED (SELECT r.number, u."position", u.category, '
		'pg_catalog.count(*) AS customers, pg_catalog.avg(u.x) AS mean, pg_catalog.var_pop(u.x) AS variance '
		'FROM (SELECT @extschema@.cluster_id($1, %1$s) AS number, ARRAY[%2$s]::pg_catalog.float8[] AS numbers, ARRAY[%3$s]::pg_catalog.text[] AS categories '
		'FROM %4$s AS s) AS r '
		'CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(r.numbers), pg_catalog.unnest(r.categories)) WITH ORDINALITY AS u(x, category, "position") '
		'WHERE u.category IS NOT NULL OR pg_catalog.abs(u.x) OPERATOR(pg_catalog.<) 1e150 '
		'GROUP BY r.number, u."position", u.category), '
		'kept AS (SELECT g."position" FROM grouped AS g GROUP BY g."position" HAVING pg_catalog.count(DISTINCT g.category) OPERATOR(pg_catalog.<=) $2) '
		'SELECT pg_catalog.array_agg(g.number), pg_catalog.array_agg(g."position"), pg_catalog.array_agg(g.category), '
		'pg_catalog.array_agg(g.customers), pg_catalog.array_agg(g.mean), pg_catalog.array_agg(g.variance) '
		'FROM grouped AS g JOIN kept AS k ON k."position" OPERATOR(pg_catalog.=) g."position" WHERE g.number IS NOT NULL',
		segment.scoring_arguments(m.features), number_values, category_values, segment.rows_of_group(source, m.by_column, v.by_value))
		INTO numbers, positions, categories, counts, means, variances USING v.clustering, most_categories;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	RETURN QUERY
		WITH g AS (
			SELECT * FROM unnest(numbers, positions, categories, counts, means, variances) AS u(number, "position", category, customers, mean, variance)
		), everybody AS (
			SELECT g."position", sum(g.customers)::float8 AS customers, sum(g.customers * g.mean) / sum(g.customers) AS mean FROM g GROUP BY g."position"
		), spread AS (
			SELECT g."position", sqrt(sum(g.customers * (g.variance + (g.mean - e.mean) ^ 2) / e.customers)) AS sd
			FROM g JOIN everybody AS e ON e."position" = g."position" WHERE g.category IS NULL GROUP BY g."position"
		), shares AS (
			SELECT g.number, g."position", g.category, g.customers,
				g.customers / sum(g.customers) OVER (PARTITION BY g.number, g."position") AS share,
				sum(g.customers) OVER (PARTITION BY g."position", g.category) / sum(g.customers) OVER (PARTITION BY g."position") AS everybody_share
			FROM g WHERE g.category IS NOT NULL
		)
		SELECT p.cluster, names[c."position"], c."position", c.mean, c.everybody_mean, c.sd, c.category, c.share, c.everybody_share
		FROM (
			SELECT g.number, g."position", g.mean, e.mean AS everybody_mean, s.sd, NULL AS category, NULL::float8 AS share, NULL::float8 AS everybody_share
			FROM g JOIN everybody AS e ON e."position" = g."position" JOIN spread AS s ON s."position" = g."position" WHERE g.category IS NULL
			UNION ALL
			(SELECT DISTINCT ON (s.number, s."position") s.number, s."position", NULL, NULL, NULL, s.category, s.share::float8, s.everybody_share::float8
			FROM shares AS s ORDER BY s.number, s."position", s.customers DESC, s.category COLLATE "C")) AS c
		JOIN segment.persona AS p ON p.model_id = m.id AND p.version = v.version AND p.group_id = v.group_id AND p.number = c.number
		ORDER BY p.cluster, c."position";
END
$$;
COMMENT ON FUNCTION segment.persona_columns(segment.version, regclass, text) IS
	'per cluster of a version, or of a group of it, and column that is neither a feature nor of the key, nor makes the groups: of numbers the mean, and mean and population standard deviation of everybody who is in a cluster; of categories (of up to 50 values, see segment.category_columns) the most frequent one, ties by the least text, and its share (0 to 1) of those who have a value, there and of everybody. '
	'NULL, NaN, infinite numbers and those of 1e150 and more take no part. One scan, with that search_path; O(rows * columns)';

CREATE FUNCTION segment.story_number(v segment.version, source regclass, search_path text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model;
	found_k int;
	best record;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS s WHERE s.id = v.model_id;
	IF m.method <> 'kmeans' THEN
		RETURN NULL;
	END IF;
	SELECT count(*) INTO found_k FROM @extschema@.cluster_stats(v.clustering) AS c;
	SELECT c.k, c.verdict INTO best
		FROM segment.choose_k_of_sketch(
			segment.sketch_of_rows(segment.rows_of_group(source, m.by_column, v.by_value), concat_ws(', ', segment.qualified_name(source), segment.group_name(v)),
				m.features, search_path),
			2, greatest(10, found_k), m.scale, m.seed) AS c WHERE c.chosen;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	RETURN format('How many segments there should be, as indices of the customers see it: %s.%s', segment.markdown(best.verdict),
		CASE WHEN best.k <> found_k THEN format(' The model has %s all the same.', found_k) ELSE '' END);
EXCEPTION WHEN object_not_in_prerequisite_state OR numeric_value_out_of_range OR program_limit_exceeded THEN
	RETURN format('How many segments there should be cannot be told: %s.', segment.markdown(SQLERRM));
END
$$;
COMMENT ON FUNCTION segment.story_number(segment.version, regclass, text) IS
	'part of segment.story(): what segment.choose_k() says to the number of clusters of a k-means model, or why it cannot; NULL for other methods, to which its indices do not speak';

CREATE FUNCTION segment.story_beginning(v segment.version) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	WITH c AS (
		SELECT * FROM segment.clusters_of(v)
	), explained AS (
		SELECT f.feature, f."position", sum(c.share * f.z * f.z) AS share
		FROM c JOIN segment.model AS m ON m.id = v.model_id
		JOIN LATERAL segment.portrait(v.clustering, m.features) AS f ON f.cluster = c.number
		GROUP BY f.feature, f."position" ORDER BY 3 DESC, 2 LIMIT 5
	)
	SELECT concat_ws(E'\n\n',
		'# ' || segment.markdown(concat_ws(', ', m.model, segment.group_name(v))),
		format('%s of %s of %s, told apart by %s. Version %s, fitted on %s (UTC) by %s, scale %s.',
			segment.count_text(s.k, 'segment'), segment.count_text(s.customers, 'customer'), segment.markdown(concat_ws(', ', v.source, segment.group_name(v))),
			(SELECT segment.markdown_list(array_agg(segment.markdown(f.name) ORDER BY f."position")) FROM unnest(m.features) WITH ORDINALITY AS f(name, "position")),
			v.version, to_char(v.fitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), m.method, m.scale),
		(SELECT format('Of the variance of the customers, the segments explain %s.',
				segment.markdown_list(array_agg(format('%s in %s', segment.percent(e.share), segment.markdown(e.feature)) ORDER BY e.share DESC, e."position")))
			FROM explained AS e),
		(SELECT E'| Segment | Customers | Share |\n| --- | ---: | ---: |\n'
				|| string_agg(format('| %s | %s | %s |', segment.markdown(c.persona), c.size, segment.percent(c.share)), E'\n' ORDER BY c.size DESC, c.cluster)
			FROM c))
	FROM segment.model AS m
	CROSS JOIN LATERAL (
		SELECT count(*) AS k, sum(c.size)::bigint AS customers FROM c) AS s
	WHERE m.id = v.model_id;
END;
COMMENT ON FUNCTION segment.story_beginning(segment.version) IS
	'part of segment.story(): the number of segments, the share of the variance of each feature (of five at most) that lies between them, and their sizes';

CREATE FUNCTION segment.story_personas(v segment.version, source regclass, search_path text) RETURNS text
	LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
	WITH others AS MATERIALIZED (
		SELECT o.*, row_number() OVER (PARTITION BY o.cluster, o.category IS NULL
				ORDER BY abs(o.mean - o.everybody_mean) / nullif(o.everybody_sd, 0) DESC NULLS LAST, abs(o.share - o.everybody_share) DESC, o."position") AS rank
		FROM segment.persona_columns(v, story_personas.source, story_personas.search_path) AS o
		WHERE story_personas.source IS NOT NULL
	)
	SELECT string_agg(concat_ws(E'\n\n',
			'## ' || segment.markdown(p.persona),
			format('%s, %s of all. %s', segment.count_text(p.size, 'customer'), segment.percent(p.share),
				CASE WHEN p.size = p.customers THEN 'There are no others.'
					ELSE coalesce((
						SELECT 'What sets them apart: '
							|| string_agg(format('%s %s, against %s of all others (a %s difference)', segment.markdown(m.features[e.feature]),
								segment.short_number(e.mean), segment.short_number(e.others_mean), segment.effect_word(e.effect)),
								'; ' ORDER BY e.rank) || '.'
						FROM (
							SELECT x.*, row_number() OVER (ORDER BY abs(x.effect) DESC, x.feature) AS rank
							FROM segment.cluster_contrast(v.clustering, p.number) AS x) AS e
						WHERE abs(e.effect) >= 0.2 AND e.rank <= 5), 'No feature sets them apart.') END),
			(SELECT 'Who they are: ' || string_agg(
					CASE WHEN o.category IS NULL
						THEN format('%s %s on average, everybody %s', segment.markdown(o.column_name),
							segment.short_number(o.mean), segment.short_number(o.everybody_mean))
						ELSE format('%s most often %s, %s, everybody %s', segment.markdown(o.column_name), segment.markdown(left(o.category, 60)),
							segment.percent(o.share), segment.percent(o.everybody_share)) END,
					'; ' ORDER BY o.category IS NOT NULL, o.rank) || '.'
				FROM others AS o WHERE o.cluster = p.cluster AND o.rank <= 5),
			'Suggestion: ' || segment.markdown(p.note)), E'\n\n' ORDER BY p.cluster)
	FROM segment.model AS m
	CROSS JOIN (SELECT c.*, sum(c.size) OVER () AS customers FROM segment.clusters_of(v) AS c) AS p
	WHERE m.id = v.model_id;
END;
COMMENT ON FUNCTION segment.story_personas(segment.version, regclass, text) IS
	'part of segment.story(): per persona its share, up to five features that set it apart (as segment.explain() ranks them, but for negligible ones), up to five numbers and five categories of the other columns of the source, those that differ the most from everybody''s (NULL: without), and the note of its rule';

CREATE FUNCTION segment.story_moves(m segment.model, by_value text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	is_whole CONSTANT boolean := m.by_column IS NOT NULL AND by_value IS NULL;
	times CONSTANT text[] := segment.last_two_days(m.id);
	told text;
BEGIN
	IF times IS NULL THEN
		RETURN NULL;
	END IF;
	WITH flow AS MATERIALIZED (
		-- is_from, is_to: a cluster of those that the story is about; others are those of other groups
		SELECT g.*, g.from_cluster IS NOT NULL AND (story_moves.by_value IS NULL OR g.from_by_value = story_moves.by_value) AS is_from,
			g.to_cluster IS NOT NULL AND (story_moves.by_value IS NULL OR g.to_by_value = story_moves.by_value) AS is_to,
			coalesce(g.from_by_value <> g.to_by_value, false) AS is_other_group
		FROM segment.migration(m.model) AS g
	), s AS (
		SELECT coalesce(sum(f.customers) FILTER (WHERE f.is_from AND f.is_to AND (f.from_cluster <> f.to_cluster OR f.is_other_group)), 0)::bigint AS moved,
			coalesce(sum(f.customers) FILTER (WHERE f.is_from AND f.is_to AND f.is_other_group), 0) AS moved_groups,
			coalesce(sum(f.customers) FILTER (WHERE f.is_to AND NOT f.is_from), 0) AS come, coalesce(sum(f.customers) FILTER (WHERE f.is_to AND NOT f.is_from AND f.is_other_group), 0) AS come_groups,
			coalesce(sum(f.customers) FILTER (WHERE f.is_from AND NOT f.is_to), 0) AS gone, coalesce(sum(f.customers) FILTER (WHERE f.is_from AND NOT f.is_to AND f.is_other_group), 0) AS gone_groups
		FROM flow AS f
	)
	SELECT concat_ws(E'\n\n',
			format('Between the snapshots of %s and %s (UTC), %s moved to another segment%s, %s came%s, %s went%s.', times[1], times[2],
				segment.count_text(s.moved, 'customer'), CASE WHEN is_whole THEN format(' (%s of them in another group)', s.moved_groups) END,
				s.come, CASE WHEN story_moves.by_value IS NOT NULL THEN format(' (%s of them from other groups)', s.come_groups) END,
				s.gone, CASE WHEN story_moves.by_value IS NOT NULL THEN format(' (%s of them to other groups)', s.gone_groups) END),
			(SELECT string_agg(format('- from %s to %s: %s, %s of the former',
					segment.markdown(concat(f.from_persona, CASE WHEN is_whole THEN format(' (%s)', left(f.from_by_value, 60)) END)),
					segment.markdown(concat(f.to_persona, CASE WHEN is_whole THEN format(' (%s)', left(f.to_by_value, 60)) END)),
					segment.count_text(f.customers, 'customer'), segment.percent(f.share)), E'\n' ORDER BY f.customers DESC, f.place)
				FROM (
					SELECT g.*, row_number() OVER () AS place FROM flow AS g
					WHERE g.is_from AND g.is_to AND (g.from_cluster <> g.to_cluster OR g.is_other_group)
					ORDER BY g.customers DESC, place LIMIT 5) AS f))
		INTO told FROM s;
	RETURN told;
END
$$;
COMMENT ON FUNCTION segment.story_moves(segment.model, text) IS
	'part of segment.story(): of the last two snapshots, who came, went and moved, with the five largest moves; of a group, or of a model as a whole; NULL without two snapshots';

CREATE FUNCTION segment.story_changes(m segment.model, v segment.version) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	before segment.version;
	part text;
	told text[] := ARRAY['## What changed'];
BEGIN
	IF v.previous IS NULL THEN
		told := told || format('Version %s continues no other: there is nothing to compare it with.', v.version);
	ELSE
		SELECT * INTO before FROM segment.version AS s WHERE s.model_id = v.model_id AND s.version = v.previous AND s.group_id = v.group_id;
		SELECT E'| Segment | | Customers before | Customers after | Centroid moved |\n| --- | --- | ---: | ---: | ---: |\n'
				|| string_agg(format('| %s | %s%s | %s | %s | %s |', segment.markdown(c.persona), c.event, ', ' || segment.markdown(c.note),
					c.size_before, c.size_after, segment.short_number(c.drift)), E'\n' ORDER BY c.cluster)
			INTO part FROM segment.change AS c WHERE c.model_id = v.model_id AND c.version = v.version AND c.group_id = v.group_id;
		told := told || format('Version %s continues version %s%s.%s', v.version, v.previous,
				coalesce(', fitted on ' || to_char(before.fitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), CASE WHEN v.by_value IS NOT NULL THEN ', which does not have this group' END), CASE WHEN part IS NULL THEN ' Nothing has changed in this group.' END)
			|| (part || E'\n\nHow far a centroid moved is a multiple of the root mean square distance of its members to it before.');
	END IF;

	RETURN array_to_string(told || segment.story_moves(m, v.by_value), E'\n\n');
END
$$;
COMMENT ON FUNCTION segment.story_changes(segment.model, segment.version) IS
	'part of segment.story(): what became of each segment of the version before, and, of the last two snapshots, who came, went and moved, with the five largest moves';

CREATE FUNCTION segment.story_doubts(v segment.version, model text, source regclass, obstacle text, search_path text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	retrain boolean;
	reason text;
	findings text;
BEGIN
	IF source IS NULL THEN
		RETURN format(E'## What to distrust\n\nThe source %s: whether the model is still true of it cannot be told, nor who the customers are by its other columns.',
			segment.markdown(obstacle));
	END IF;
	SELECT h.retrain, h.reason INTO retrain, reason
		FROM segment.health_in(model, NULL, 0.25, 0.1, 0.05, search_path, v.by_value) AS h WHERE h.metric = 'overall';
	SELECT string_agg(format('- %s (%s), %s: %s', l.finding, l.severity, segment.markdown(l.subject), segment.markdown(l.what)), E'\n' ORDER BY l.at)
		INTO findings
		FROM (SELECT f.*, row_number() OVER () AS at FROM segment.lint_in(NULL, NULL, model, search_path, v.by_value) AS f) AS l
		WHERE l.finding <> 'no longer true';		-- as health says
	RETURN concat_ws(E'\n\n', '## What to distrust',
		'Customers as they are now, against those that the model was fitted on: ' || segment.markdown(reason)
			|| CASE WHEN retrain THEN '. A new fit is called for.' ELSE '.' END,
		coalesce(findings, 'Nothing was found wrong with the features or the segments.'));
END
$$;
COMMENT ON FUNCTION segment.story_doubts(segment.version, text, regclass, text, text) IS
	'part of segment.story(): what segment.health() and segment.lint() say; of a source that cannot be read, what stands against it';

-- A model by groups as a whole. However many groups there are, this is a page.
CREATE FUNCTION segment.variance_between_groups(model_id bigint) RETURNS TABLE ("position" int, feature text, share float8)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 5
BEGIN ATOMIC
	WITH c AS (
		SELECT v.group_id, s.size, p.feature AS "position", p.mean, p.spread, max(greatest(abs(p.mean), p.spread)) OVER (PARTITION BY p.feature) AS unit
		FROM segment.version AS v
		CROSS JOIN LATERAL @extschema@.cluster_stats(v.clustering) AS s
		JOIN LATERAL @extschema@.cluster_profile(v.clustering) AS p ON p.cluster = s.cluster
		WHERE v.model_id = variance_between_groups.model_id AND v.active
	), centred AS (
		-- by the largest number, for squares to be numbers; below 1e-100 of it they are of no account
		SELECT c."position", c.size, c.spread / nullif(c.unit, 0) AS spread, c.mean / nullif(c.unit, 0) AS mean,
			sum(c.size * (c.mean / nullif(c.unit, 0))) OVER in_group / sum(c.size) OVER in_group AS group_mean,
			sum(c.size * (c.mean / nullif(c.unit, 0))) OVER of_all / sum(c.size) OVER of_all AS all_mean
		FROM c
		WINDOW in_group AS (PARTITION BY c."position", c.group_id), of_all AS (PARTITION BY c."position")
	), summed AS (
		SELECT d."position", sum(d.size * greatest(abs(d.group_mean - d.all_mean), 1e-100) ^ 2) AS between_groups,
			sum(d.size * (greatest(d.spread, 1e-100) ^ 2 + greatest(abs(d.mean - d.all_mean), 1e-100) ^ 2)) AS total, sum(d.size)::float8 AS customers
		FROM centred AS d GROUP BY d."position"
	)
	SELECT s."position", m.features[s."position"], least(1, s.between_groups / s.total)
	FROM summed AS s JOIN segment.model AS m ON m.id = variance_between_groups.model_id
	WHERE s.total > 1e-28 * s.customers
	ORDER BY 3 DESC, 1;
END;
COMMENT ON FUNCTION segment.variance_between_groups(bigint) IS
	'share of the variance of each feature, of the customers of the fit, that lies between the groups of the active version of the model of that number, the largest first; features that do not vary are left out';

CREATE FUNCTION segment.story_groups(m segment.model) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH c AS (
		SELECT * FROM segment.clusters_of_groups(m.id)
	), g AS MATERIALIZED (
		SELECT c.group_rank, segment.markdown(left(c.by_value, 60)) AS name, c.customers, c.customers / sum(c.customers) OVER () AS share, count(*) AS segments,
			(array_agg(c.persona ORDER BY c.size DESC, c.cluster))[1] AS largest, max(c.share) AS largest_share
		FROM c GROUP BY c.group_rank, c.by_value, c.customers
	), s AS (
		SELECT count(*) AS groups, sum(g.segments)::bigint AS segments, sum(g.customers)::bigint AS customers,
			percentile_disc(0.5) WITHIN GROUP (ORDER BY g.customers) AS median,
			(array_agg(g.name ORDER BY g.group_rank))[1] AS largest, max(g.customers) AS most, (array_agg(g.name ORDER BY g.group_rank DESC))[1] AS smallest, min(g.customers) AS least,
			count(*) FILTER (WHERE g.group_rank > 10) AS others, sum(g.customers) FILTER (WHERE g.group_rank > 10) AS of_others
		FROM g
	)
	SELECT concat_ws(E'\n\n',
		'# ' || segment.markdown(m.model),
		format('%s by %s, each clustered by itself, with a story of its own: %s of %s of %s, told apart by %s. Version %s, fitted on %s (UTC) by %s, scale %s.',
			segment.count_text(s.groups, 'group'), segment.markdown(m.by_column), segment.count_text(s.segments, 'segment'), segment.count_text(s.customers, 'customer'),
			segment.markdown(v.source),
			(SELECT segment.markdown_list(array_agg(segment.markdown(f.name) ORDER BY f."position")) FROM unnest(m.features) WITH ORDINALITY AS f(name, "position")),
			v.version, to_char(v.fitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), m.method, m.scale),
		(SELECT format('Of the variance of the customers, the groups explain %s.',
				segment.markdown_list(array_agg(format('%s in %s', segment.percent(e.share), segment.markdown(e.feature)) ORDER BY e.share DESC, e."position")))
			FROM (SELECT * FROM segment.variance_between_groups(m.id) AS b LIMIT 5) AS e WHERE s.groups > 1 HAVING count(*) > 0),
		CASE WHEN s.groups > 1 THEN format('The largest group, %1$s %2$s, has %3$s, the smallest, %1$s %4$s, has %5$s; half of the groups have %6$s or fewer.', segment.markdown(m.by_column),
			s.largest, segment.count_text(s.most, 'customer'), s.smallest, segment.count_text(s.least, 'customer'), s.median) END,
		(SELECT '| ' || segment.markdown(m.by_column) || E' | Customers | Share | Segments | Largest segment |\n| --- | ---: | ---: | ---: | --- |\n'
				|| string_agg(format('| %s | %s | %s | %s | %s, %s |', g.name, g.customers, segment.percent(g.share::float8), g.segments,
					segment.markdown(g.largest), segment.percent(g.largest_share)), E'\n' ORDER BY g.group_rank)
			FROM g WHERE g.group_rank <= 10),
		CASE WHEN s.others > 0 THEN format('And %s, of %s.', segment.count_text(s.others, 'more group'), segment.count_text(s.of_others::bigint, 'customer')) END)
	FROM s CROSS JOIN (SELECT * FROM segment.version AS a WHERE a.model_id = m.id AND a.active ORDER BY a.group_id LIMIT 1) AS v;
END;
COMMENT ON FUNCTION segment.story_groups(segment.model) IS
	'part of segment.story() of a model by groups: how many there are, the share of the variance of each feature (of five at most) that lies between them, the largest and the smallest, and a line for each of the ten largest';

CREATE FUNCTION segment.story_spread(m segment.model) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH c AS MATERIALIZED (
		SELECT k.*, sum(k.size) OVER (PARTITION BY k.persona) / sum(k.size) OVER () AS all_share FROM segment.clusters_of_groups(m.id) AS k
	), p AS MATERIALIZED (
		SELECT c.persona_rank AS rank, c.persona, count(*) AS groups, sum(c.size)::bigint AS customers, c.all_share::float8 AS share, max(c.share) AS most,
			(array_agg(c.by_value ORDER BY c.share DESC, c.group_rank))[1] AS most_in
		FROM c GROUP BY c.persona_rank, c.persona, c.all_share
	), s AS (
		SELECT count(*) AS names, (SELECT max(c.group_rank) FROM c) AS groups, count(*) FILTER (WHERE p.groups = 1) AS in_one,
			count(*) FILTER (WHERE p.groups = (SELECT max(c.group_rank) FROM c)) AS in_all,
			count(*) FILTER (WHERE p.rank > 15) AS others, sum(p.customers) FILTER (WHERE p.rank > 15) AS of_others
		FROM p
	), d AS (
		SELECT c.group_rank, c.by_value, c.customers, (1 - sum(least(c.share, c.all_share)))::float8 AS distance,
			(array_agg(c.persona ORDER BY c.share - c.all_share DESC, c.cluster))[1] AS persona,
			(array_agg(c.share ORDER BY c.share - c.all_share DESC, c.cluster))[1] AS share,
			(array_agg(c.all_share ORDER BY c.share - c.all_share DESC, c.cluster))[1]::float8 AS all_share
		FROM c WHERE c.customers >= 30 GROUP BY c.group_rank, c.by_value, c.customers
		ORDER BY 4 DESC, 1 LIMIT 5
	)
	SELECT concat_ws(E'\n\n',
		'## Personas',
		format('Of %s, %s in every group, %s in one only.', segment.count_text(s.names, 'name'),
			format('%s %s', s.in_all, CASE s.in_all WHEN 1 THEN 'is' ELSE 'are' END), format('%s %s', s.in_one, CASE s.in_one WHEN 1 THEN 'is' ELSE 'are' END)),
		(SELECT E'| Persona | Groups | Customers | Share | Largest share of a group |\n| --- | ---: | ---: | ---: | --- |\n'
				|| string_agg(format('| %s | %s | %s | %s | %s, %s |', segment.markdown(p.persona), p.groups, p.customers, segment.percent(p.share),
					segment.percent(p.most), segment.markdown(left(p.most_in, 60))), E'\n' ORDER BY p.rank)
			FROM p WHERE p.rank <= 15),
		CASE WHEN s.others > 0 THEN format('And %s, of %s.', segment.count_text(s.others, 'more name'), segment.count_text(s.of_others::bigint, 'customer')) END,
		(SELECT E'## Groups that differ the most\n\n'
				'Of the groups of 30 customers or more, those that would have to change the most to be spread over the personas as all customers are:' || E'\n\n'
				|| string_agg(format('- %s %s: %s of its %s would be of another persona; %s are %s there, %s of all', segment.markdown(m.by_column), segment.markdown(left(d.by_value, 60)), segment.percent(d.distance),
					segment.count_text(d.customers, 'customer'), segment.percent(d.share), segment.markdown(d.persona), segment.percent(d.all_share)),
					E'\n' ORDER BY d.distance DESC, d.group_rank)
			FROM d WHERE s.groups > 1 HAVING count(*) > 0))
	FROM s;
END;
COMMENT ON FUNCTION segment.story_spread(segment.model) IS
	'part of segment.story() of a model by groups: how its personas, by their names, spread over the groups, a line for each of the 15 with the most customers; and up to five groups, of 30 customers or more, that differ the most from all customers, by the share of them that would have to be of another persona (the total variation distance of the shares)';

CREATE FUNCTION segment.story_changes_of_groups(m segment.model) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH v AS (
		SELECT a.group_id, a.version, a.previous FROM segment.version AS a WHERE a.model_id = m.id AND a.active
	), at AS (
		SELECT max(v.version) AS version, max(v.previous) AS previous FROM v
	), before AS (
		SELECT b.group_id, b.fitted_at FROM segment.version AS b JOIN at ON b.version = at.previous WHERE b.model_id = m.id
	), changed AS MATERIALIZED (
		SELECT c.group_id, c.by_value, count(*) FILTER (WHERE c.event = 'born') AS born, count(*) FILTER (WHERE c.event = 'died') AS died,
			count(*) FILTER (WHERE c.event = 'split') AS split, count(*) FILTER (WHERE c.event = 'merged') AS merged, max(c.drift) AS drift,
			c.group_id IN (SELECT v.group_id FROM v) AS is_there, c.group_id IN (SELECT b.group_id FROM before AS b) AS was_there
		FROM segment.change AS c JOIN at ON c.version = at.version WHERE c.model_id = m.id
		GROUP BY c.group_id, c.by_value
	), s AS (
		SELECT count(*) FILTER (WHERE d.is_there AND NOT d.was_there) AS new, count(*) FILTER (WHERE NOT d.is_there) AS gone,
			count(*) FILTER (WHERE d.is_there AND d.was_there) AS changed,
			(SELECT count(*) FROM v) - count(*) FILTER (WHERE d.is_there) AS unchanged,
			coalesce(sum(d.born), 0) AS born, coalesce(sum(d.died), 0) AS died, coalesce(sum(d.split), 0) AS split, coalesce(sum(d.merged), 0) AS merged
		FROM changed AS d
	)
	SELECT concat_ws(E'\n\n', '## What changed',
		CASE WHEN at.previous IS NULL THEN format('Version %s continues no other: there is nothing to compare it with.', at.version)
			ELSE format('Version %s continues version %s%s. Groups that are new: %s, that changed: %s, that did not: %s, that are gone: %s. Segments born: %s, died: %s, split: %s, merged: %s.',
				at.version, at.previous, ', fitted on ' || to_char((SELECT max(b.fitted_at) FROM before AS b) AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
				s.new, s.changed, s.unchanged, s.gone, s.born, s.died, s.split, s.merged) END,
		(SELECT E'Groups that changed the most:\n\n| ' || segment.markdown(m.by_column) || E' | Born | Died | Split | Merged | Centroids moved |\n| --- | ---: | ---: | ---: | ---: | ---: |\n'
				|| string_agg(format('| %s | %s | %s | %s | %s | %s |', segment.markdown(left(d.by_value, 60)), d.born, d.died, d.split, d.merged, segment.short_number(d.drift)),
					E'\n' ORDER BY d.born + d.died + d.split + d.merged DESC, d.drift DESC NULLS LAST, d.group_id)
			FROM (SELECT * FROM changed AS x WHERE x.is_there AND x.was_there
				ORDER BY x.born + x.died + x.split + x.merged DESC, x.drift DESC NULLS LAST, x.group_id LIMIT 5) AS d HAVING count(*) > 0)
			|| E'\n\nHow far centroids moved is the largest of the group, as a multiple of the root mean square distance of their members to them before.',
		segment.story_moves(m, NULL))
	FROM at CROSS JOIN s;
END;
COMMENT ON FUNCTION segment.story_changes_of_groups(segment.model) IS
	'part of segment.story() of a model by groups: how many are new, gone and changed since the version before, and the five that changed the most: by segments that were born, died, split or merged, then by drift; and who moved';

CREATE FUNCTION segment.story_doubts_of_groups(m segment.model, obstacle text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	WITH g AS (
		SELECT c.group_rank, c.by_value, c.customers, count(*) AS segments, max(c.share) AS largest
		FROM segment.clusters_of_groups(m.id) AS c GROUP BY c.group_rank, c.by_value, c.customers
	), doubt AS (
		SELECT d.rank, d.what, count(*) AS groups, (array_agg(segment.markdown(left(g.by_value, 60)) ORDER BY g.group_rank))[1:5] AS names
		FROM g CROSS JOIN LATERAL (VALUES
			(1, 'one segment has more than 60 % of the customers, and says little about each', g.largest > 0.6),
			(2, 'there are fewer than ten customers per feature: others would give other segments', g.customers < 10 * cardinality(m.features)),
			(3, format('there are fewer segments than the %s that were asked for: too few customers differ', m.k), g.segments < m.k)) AS d(rank, what, doubtful)
		WHERE d.doubtful GROUP BY d.rank, d.what
	)
	SELECT concat_ws(E'\n\n', '## What to distrust',
		'The source ' || segment.markdown(obstacle) || ': whether the model is still true of it cannot be told.',
		coalesce((
			SELECT string_agg(format('- In %s %s (%s%s).', segment.count_text(d.groups, 'group'), d.what, array_to_string(d.names, ', '), CASE WHEN d.groups > 5 THEN ' ...' ELSE '' END),
				E'\n' ORDER BY d.rank)
			FROM doubt AS d), 'Nothing was found wrong with the segments of the groups.'));
END;
COMMENT ON FUNCTION segment.story_doubts_of_groups(segment.model, text) IS
	'part of segment.story() of a model by groups: in how many of them a segment is too large, customers are too few, or segments are fewer than asked for, with the five largest of these groups; of a source that cannot be read, what stands against it';

CREATE FUNCTION segment.story_of_model(model text, by_value text, search_path text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model;
	v segment.version;
	s record;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS l WHERE l.id = segment.readable_model_id(story_of_model.model);
	SELECT * INTO s FROM segment.readable_source(m);
	IF m.by_column IS NOT NULL AND by_value IS NULL THEN
		PERFORM segment.check_active(m);
		RETURN concat_ws(E'\n\n', segment.story_groups(m), segment.story_spread(m), segment.story_changes_of_groups(m),
			segment.story_doubts_of_groups(m, s.obstacle)) || E'\n';
	END IF;
	v := segment.group_of(m.id, by_value);
	RETURN concat_ws(E'\n\n',
		segment.story_beginning(v),
		CASE WHEN s.source IS NOT NULL THEN segment.story_number(v, s.source, story_of_model.search_path) END,
		segment.story_personas(v, s.source, story_of_model.search_path),
		segment.story_changes(m, v),
		segment.story_doubts(v, model, s.source, s.obstacle, story_of_model.search_path)) || E'\n';
END
$$;
COMMENT ON FUNCTION segment.story_of_model(text, text, text) IS
	'segment.story with the caller''s search_path as the last argument; to be called through segment.story';

CREATE FUNCTION segment.story(model text, by_value text DEFAULT NULL) RETURNS text
	LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT segment.story_of_model(story.model, story.by_value, current_setting('search_path'));
END;
COMMENT ON FUNCTION segment.story(text, text) IS
	'page about a model, the current role''s own or one shared with it, in Markdown (CommonMark with tables), for people who never saw the database: how many segments, of k-means what segment.choose_k() says to that, the share of the variance of each feature that lies between them, and their sizes; '
	'a paragraph per persona: share, up to five features that set it apart, in the units of the input, of the customers as they are now means and most frequent categories of up to five others of the columns against everybody''s, and the note of the rule that named it; what became of the segments of the version before, and who moved between the last two snapshots; and what to distrust, by segment.health() and segment.lint(). '
	'Every number is read from the model or its source. Names are text in it, whatever they look like. Of a source that is gone, that the current role may not read, or that has lost features, the story says so, and leaves out what needs it. '
	'by_value: of a model by groups, the group that the story is about, of its customers alone. NULL: of such a model as a whole, a page, however many groups there are: how many and how large, the share of the variance of each feature that lies between them, a line for each of the ten largest; how the personas, by their names, spread over them, and the groups that differ the most from all customers; what changed since the version before, and who moved; in which groups a segment is too large or customers are too few. It reads the model alone. '
	'Reads the source as the caller, with the caller''s search_path: up to eight scans. '
	'Errors: no such model (42704), several of that name by other roles (42P09); a by_value that is no group (42704), or of a model without groups (22023); no active version (55000); those of reading the source';
