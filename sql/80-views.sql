-- segment.create_view: a view of the source in which every row has its persona.

CREATE FUNCTION segment.passed_columns(source regclass, key text[])
	RETURNS TABLE (name text, "position" bigint, is_key boolean, comment text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT a.attname::text, row_number() OVER (ORDER BY k."position", a.attnum), k."position" IS NOT NULL, col_description(source, a.attnum)
	FROM pg_attribute AS a
	LEFT JOIN unnest(key) WITH ORDINALITY AS k(name, "position") ON k.name = a.attname
	WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION segment.passed_columns(regclass, text[]) IS
	'columns of a relation in the order in which a view of it has them: the key, which may be NULL, and then the others as they come; with their comments';

CREATE FUNCTION segment.view_query(model_id bigint) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model;
	source CONSTANT regclass := segment.source_of(model_id);
	source_columns text;
	taken text;
	missing text;
	condition text;
BEGIN
	SELECT * INTO STRICT m FROM segment.model WHERE id = model_id;

	SELECT string_agg(format('s.%I', c.name), ', ' ORDER BY c."position"),
			string_agg(quote_ident(c.name), ', ' ORDER BY c."position") FILTER (WHERE c.name IN ('cluster', 'persona', 'distance'))
		INTO source_columns, taken
		FROM segment.passed_columns(source, m.key) AS c;
	IF taken IS NOT NULL THEN
		RAISE EXCEPTION '% already has columns that the view adds: %', segment.qualified_name(source), taken
			USING ERRCODE = 'duplicate_column',
				HINT = 'The view adds cluster, persona and distance: rename those of the source in a view of it, and fit that view.';
	END IF;

	SELECT string_agg(quote_ident(f.name), ', ' ORDER BY f."position") INTO missing
		FROM unnest(m.features) WITH ORDINALITY AS f(name, "position")
		WHERE f.name NOT IN (SELECT n.name FROM segment.numeric_columns(source) AS n);
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION '% has lost features of model "%": %', segment.qualified_name(source), m.model, missing
			USING ERRCODE = 'undefined_column',
				HINT = 'Bring them back as numbers, or drop the model with segment.drop() and fit another.';
	END IF;

	IF m.by_column IS NOT NULL THEN
		PERFORM segment.check_by(source, m.by_column, NULL);
		condition := segment.by_condition(source, m.by_column, 'b.by_value');
		-- As below; but each row is scored by the clustering of its group, which comes by a hash join as well.
		RETURN format(
			'SELECT %1$s, p.cluster, p.persona, c.distance '
			'FROM %2$s AS s '
			'LEFT JOIN %4$s AS b ON b.number = 0 AND %6$s '
			'LEFT JOIN LATERAL (SELECT '
			'%3$s.cluster_id(b.clustering, %5$s) AS number, '
			'%3$s.cluster_distance(b.clustering, %5$s) AS distance) AS c ON true '
			'LEFT JOIN %4$s AS p ON p.group_id = b.group_id AND p.number = c.number',
			source_columns, segment.qualified_name(source), '@extschema@', segment.gate_name(model_id), segment.scoring_arguments(m.features), condition);
	END IF;

	-- The left joins keep the rows that cannot be scored, and they make the plan. The planner folds the first one into the
	-- scan of the source but keeps its outputs as values of their own, so that cluster_id() runs once for a row, however
	-- often the cluster is used. The personas come by a hash join, of which the planner knows how many there are. The
	-- clustering is read once, before the scan. Parallel workers can do all of it, and conditions reach the source's indexes.
	RETURN format(
		'SELECT %1$s, p.cluster, p.persona, c.distance '
		'FROM %2$s AS s '
		'LEFT JOIN LATERAL (SELECT '
		'%3$s.cluster_id((SELECT g.clustering FROM %4$s AS g LIMIT 1), %5$s) AS number, '
		'%3$s.cluster_distance((SELECT g.clustering FROM %4$s AS g LIMIT 1), %5$s) AS distance) AS c ON true '
		'LEFT JOIN %4$s AS p ON p.number = c.number',
		source_columns, segment.qualified_name(source), '@extschema@', segment.gate_name(model_id), segment.scoring_arguments(m.features));
END
$$;
COMMENT ON FUNCTION segment.view_query(bigint) IS
	'query of a view of the model of that number: the columns of its source, those of the key first, cluster, persona, distance. '
	'Errors: the source is gone (42P01), lacks a feature or the column for groups (42703), or has a column of those names (42701)';

CREATE FUNCTION segment.view_target(view text, of regclass, default_schema text) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name name[];
	target text;
	-- as CREATE VIEW does, a view of a temporary table is temporary
	temporary CONSTANT boolean := (SELECT c.relpersistence = 't' FROM pg_class AS c WHERE c.oid = of);
BEGIN
	BEGIN
		name := parse_ident(view)::name[];
	EXCEPTION WHEN invalid_parameter_value THEN
		-- reported below
	END;
	IF cardinality(name) IS DISTINCT FROM 1 AND cardinality(name) IS DISTINCT FROM 2 THEN
		RAISE EXCEPTION '% is not a name for a view', coalesce('"' || view || '"', 'NULL')
			USING ERRCODE = 'invalid_name',
				HINT = 'Write it as in SQL: ''name'' or ''schema.name'', with double quotes around a part that needs them.';
	END IF;
	IF cardinality(name) = 1 THEN
		name := array_prepend(CASE WHEN temporary THEN 'pg_temp' ELSE default_schema END::name, name);
	ELSIF temporary AND name[1] <> 'pg_temp' THEN
		RAISE EXCEPTION 'the source is temporary, and so is a view of it: it cannot be in schema "%"', name[1]
			USING ERRCODE = 'invalid_table_definition', HINT = 'Write its name without a schema, or take a table that stays.';
	END IF;
	IF name[1] IS NULL THEN
		RAISE EXCEPTION 'no schema to make the view in'
			USING ERRCODE = 'invalid_schema_name', HINT = 'Write the view as ''schema.name'', or set search_path.';
	ELSIF name[1] <> 'pg_temp' AND to_regnamespace(quote_ident(name[1])) IS NULL THEN
		RAISE EXCEPTION 'schema "%" does not exist', name[1]
			USING ERRCODE = 'invalid_schema_name', HINT = 'Create it first, or choose another one for the view.';
	END IF;
	target := format('%I.%I', name[1], name[2]);
	IF to_regclass(target) IS NOT NULL THEN
		RAISE EXCEPTION 'relation % exists already', target
			USING ERRCODE = 'duplicate_table', HINT = 'Drop it first, or choose another name for the view.';
	END IF;
	RETURN target;
END
$$;
COMMENT ON FUNCTION segment.view_target(text, regclass, text) IS
	'quoted and qualified name of a view to be made of that relation, as CREATE VIEW resolves it with that schema as the current one. '
	'Errors: the name is no name (42602) or taken (42P07); there is no schema for it (3F000); the relation is temporary and the schema is not (42P16)';

CREATE FUNCTION segment.create_view_in(model text, view text, default_schema text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	of CONSTANT bigint := segment.readable_model_id(model);
	query CONSTANT text := segment.view_query(of);
	source CONSTANT regclass := segment.source_of(of);
	target CONSTANT text := segment.view_target(view, source, default_schema);
	m segment.model;
	passed record;
BEGIN
	PERFORM segment.open_gate(of);
	EXECUTE format('CREATE VIEW %s AS %s', target, query);
	SELECT * INTO STRICT m FROM segment.model WHERE id = of;
	EXECUTE format('COMMENT ON VIEW %s IS %L', target,
		format('rows of %s with their personas by the active version of model "%s"', segment.qualified_name(source), model));
	FOR passed IN SELECT c.name, c.is_key, c.comment FROM segment.passed_columns(source, m.key) AS c ORDER BY c."position" LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, passed.name, coalesce(passed.comment,
			CASE WHEN passed.is_key THEN format('key of %s', segment.qualified_name(source))
				WHEN passed.name = ANY (m.features) THEN format('feature of model "%s"', model)
				WHEN passed.name = m.by_column THEN format('group of model "%s"', model)
				ELSE format('column of %s', segment.qualified_name(source)) END));
	END LOOP;
	EXECUTE format('COMMENT ON COLUMN %s.cluster IS %L', target,
		CASE WHEN m.by_column IS NULL THEN 'cluster whose centroid is nearest, 0-based; NULL if a feature is NULL, NaN or infinite'
			ELSE format('cluster of the group (by %I), whose centroid is nearest, 0-based; NULL if a feature is NULL, NaN or infinite, or the group is not in the model', m.by_column) END);
	EXECUTE format('COMMENT ON COLUMN %s.persona IS %L', target, 'name of the cluster');
	EXECUTE format('COMMENT ON COLUMN %s.distance IS %L', target,
		format('Euclidean distance to the centroid, in the space the model was fitted in (scale %s)', m.scale));
	RETURN target::regclass;
END
$$;
COMMENT ON FUNCTION segment.create_view_in(text, text, text) IS
	'segment.create_view with the caller''s current schema as the last argument; to be called through segment.create_view';

CREATE FUNCTION segment.create_view(model text, view text) RETURNS regclass
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT segment.create_view_in(create_view.model, create_view.view, current_schema()::text);
END;
COMMENT ON FUNCTION segment.create_view(text, text) IS
	'makes a view of the source of a model, the current role''s own or one shared with it, and returns it: every column of the source, those of the key first, then cluster (0-based), persona, and distance (to the centroid, in the space the model was fitted in), all three NULL if a feature is NULL, NaN or infinite. '
	'A model by groups scores a row by the clusters of its group; the three are NULL for a group that the active version does not have. '
	'A column has the comment that it has in the source, or else one that says whether it is part of the key or a feature. '
	'The name is resolved as in CREATE VIEW. Rows are scored when the view is read, by the version of the model that is active then; a query scores each row once, O(clusters * features), in parallel workers too. '
	'The view belongs to the current role, and GRANT SELECT on it is all that a reader needs. '
	'Errors: no such model (42704), several of that name by other roles (42P09); the source is gone (42P01), lacks a feature (42703) or has columns of those names (42701); the name is no name (42602), taken (42P07), or there is no schema for it (3F000); the source is temporary and the schema is not (42P16)';
