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

CREATE FUNCTION segment.story_changes(v segment.version, model text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	before segment.version;
	part text;
	told text[] := ARRAY['## What changed'];
	taken segment.snapshot;
	earlier segment.snapshot;
BEGIN
	IF v.previous IS NULL THEN
		told := told || format('Version %s continues no other: there is nothing to compare it with.', v.version);
	ELSE
		SELECT * INTO before FROM segment.version AS s WHERE s.model_id = v.model_id AND s.version = v.previous AND s.group_id = v.group_id;
		SELECT E'| Segment | | Customers before | Customers after | Centroid moved |\n| --- | --- | ---: | ---: | ---: |\n'
				|| string_agg(format('| %s | %s%s | %s | %s | %s |', segment.markdown(c.persona), c.event, ', ' || segment.markdown(c.note),
					c.size_before, c.size_after, segment.short_number(c.drift)), E'\n' ORDER BY c.cluster)
			INTO part FROM segment.change AS c WHERE c.model_id = v.model_id AND c.version = v.version AND c.group_id = v.group_id;
		told := told || format('Version %s continues version %s%s.', v.version, v.previous,
			', fitted on ' || to_char(before.fitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')) || part;
		told := told || 'How far a centroid moved is a multiple of the root mean square distance of its members to it before.'::text;
	END IF;

	SELECT * INTO taken FROM segment.snapshot AS s WHERE s.model_id = v.model_id ORDER BY s.snapshot DESC LIMIT 1;
	SELECT * INTO earlier FROM segment.snapshot AS s WHERE s.model_id = v.model_id AND s.snapshot < taken.snapshot ORDER BY s.snapshot DESC LIMIT 1;
	IF earlier.snapshot IS NOT NULL THEN
		told := told || format('Between the snapshots of %s and %s (UTC), %s moved to another segment, %s came, %s went.',
			to_char(earlier.taken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), to_char(taken.taken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
			segment.count_text(taken.moved, 'customer'), taken.come, taken.gone);
		SELECT string_agg(format('- from %s to %s: %s, %s of the former', segment.markdown(f.from_persona), segment.markdown(f.to_persona),
				segment.count_text(f.customers, 'customer'), segment.percent(f.share)), E'\n' ORDER BY f.customers DESC, f.from_cluster, f.to_cluster)
			INTO part FROM (
				SELECT * FROM segment.migration(story_changes.model) AS g WHERE g.from_cluster <> g.to_cluster
				ORDER BY g.customers DESC, g.from_cluster, g.to_cluster LIMIT 5) AS f;
		told := told || part;
	END IF;
	RETURN array_to_string(told, E'\n\n');
END
$$;
COMMENT ON FUNCTION segment.story_changes(segment.version, text) IS
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
	IF v.by_value IS NULL THEN
		SELECT h.retrain, h.reason INTO retrain, reason
			FROM segment.health_in(model, NULL, 0.25, 0.1, 0.05, search_path) AS h WHERE h.metric = 'overall';
	END IF;
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
	v := segment.group_of(m.id, by_value);
	RETURN concat_ws(E'\n\n',
		segment.story_beginning(v),
		CASE WHEN s.source IS NOT NULL THEN segment.story_number(v, s.source, story_of_model.search_path) END,
		segment.story_personas(v, s.source, story_of_model.search_path),
		segment.story_changes(v, model),
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
	'by_value: of a model by groups, the group that the story is about, of its customers alone. '
	'Reads the source as the caller, with the caller''s search_path: up to eight scans. '
	'Errors: no such model (42704), several of that name by other roles (42P09); a by_value that is no group (42704), or of a model without groups (22023); no active version (55000); those of reading the source';
