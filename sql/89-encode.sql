-- segment.encode: a view in which categories are numbers, on the scale of the numbers beside them.

CREATE FUNCTION segment.encode_in(view text, source regclass, features text[], default_schema text, search_path text) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	most_values CONSTANT int := 50;
	relation CONSTANT text := segment.qualified_name(source);
	key CONSTANT text[] := segment.primary_key(source);
	target text;
	feature record;
	mean float8;
	deviation float8;
	"values" text[];
	passed record;
	new_columns text[] := '{}';
	expressions text := '';
	wrong text;
	name text;
BEGIN
	PERFORM segment.check_source(source);
	IF features IS NULL THEN
		SELECT array_agg(n.name ORDER BY n."position") INTO features
			FROM (SELECT * FROM segment.numeric_columns(source) UNION ALL SELECT * FROM segment.category_columns(source)) AS n
			WHERE n.name <> ALL (coalesce(key, '{}'));
		IF features IS NULL THEN
			RAISE EXCEPTION '% has no column of numbers or categories but its key', relation
				USING ERRCODE = 'undefined_column', HINT = 'Make some in a view of it, and encode the view.';
		END IF;
	ELSE
		PERFORM segment.check_columns(source, features, 'features');
		SELECT f.name INTO wrong FROM unnest(features) AS f(name)
			WHERE f.name NOT IN (SELECT n.name FROM segment.numeric_columns(source) AS n)
				AND f.name NOT IN (SELECT c.name FROM segment.category_columns(source) AS c) LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'column % of % is neither a number nor a category', quote_ident(wrong), relation
				USING ERRCODE = 'datatype_mismatch', HINT = 'Make a number or a text of it in a view, and encode the view.';
		END IF;
	END IF;
	target := segment.view_target(view, source, default_schema);

	FOR feature IN
		SELECT f.name, f.name IN (SELECT c.name FROM segment.category_columns(source) AS c) AS is_category
		FROM unnest(features) WITH ORDINALITY AS f(name, "position") ORDER BY f."position"
	LOOP
		-- The functions that a view calls may need the caller's search_path; the queries themselves write every name out.
		PERFORM set_config('search_path', encode_in.search_path, true);
		IF feature.is_category THEN
			EXECUTE pg_catalog.format(
				'SELECT pg_catalog.array_agg(v.value ORDER BY v.value COLLATE pg_catalog."C") FROM (SELECT DISTINCT s.%1$I::pg_catalog.text COLLATE pg_catalog."C" AS value '
				'FROM %2$s AS s WHERE s.%1$I IS NOT NULL LIMIT %3$s) AS v', feature.name, relation, most_values + 1) INTO "values";
		ELSE
			-- numeric, because sums of floats depend on the order of the rows
			EXECUTE pg_catalog.format(
				'SELECT pg_catalog.avg(v.x)::pg_catalog.float8, pg_catalog.stddev_pop(v.x)::pg_catalog.float8 FROM (SELECT s.%I::pg_catalog.numeric AS x FROM %s AS s) AS v '
				'WHERE v.x OPERATOR(pg_catalog.<) ''Infinity'' AND v.x OPERATOR(pg_catalog.>) ''-Infinity''', feature.name, relation) INTO mean, deviation;
		END IF;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

		IF NOT feature.is_category THEN
			name := feature.name || '_scaled';
			new_columns := new_columns || name;
			expressions := expressions || format(', (s.%I::float8 - %L::float8) / %L::float8 AS %I', feature.name,
				coalesce(mean, 0), coalesce(nullif(deviation, 0), 1), name);
			CONTINUE;
		END IF;
		IF cardinality("values") > most_values THEN
			RAISE EXCEPTION 'column % of % has more than % values', quote_ident(feature.name), relation, most_values
				USING ERRCODE = 'program_limit_exceeded',
					HINT = 'Leave it out, or put its rare values together in a view, and encode the view.';
		END IF;
		FOR name IN SELECT v.value FROM unnest("values") WITH ORDINALITY AS v(value, "position") ORDER BY v."position" LOOP
			expressions := expressions || format(', (s.%I::text COLLATE "C" = %L)::int4::float8 AS %I', feature.name,
				name, feature.name || '_' || name);
			new_columns := new_columns || (feature.name || '_' || name);
		END LOOP;
	END LOOP;

	SELECT c.name INTO wrong FROM unnest(new_columns) AS c(name) WHERE octet_length(c.name) > 63 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the name of column % would be too long', quote_ident(wrong)
			USING ERRCODE = 'name_too_long', HINT = 'Give the column or its values shorter names in a view, and encode the view.';
	END IF;
	SELECT min(c.name) INTO wrong FROM (
		SELECT unnest(new_columns) UNION ALL
		SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped) AS c(name)
		GROUP BY c.name HAVING count(*) > 1 ORDER BY c.name LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the view would have two columns %', quote_ident(wrong)
			USING ERRCODE = 'duplicate_column', HINT = 'Rename a column in a view, and encode the view.';
	END IF;

	EXECUTE format('CREATE VIEW %s AS SELECT %s%s FROM %s AS s', target,
		(SELECT string_agg(format('s.%I', c.name), ', ' ORDER BY c."position") FROM segment.passed_columns(source, key) AS c), expressions, relation);
	EXECUTE format('COMMENT ON VIEW %s IS %L', target, format('rows of %s with features as numbers of one scale', relation));
	FOR passed IN SELECT c.name, c.is_key, c.comment FROM segment.passed_columns(source, key) AS c ORDER BY c."position" LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, passed.name,
			coalesce(passed.comment, format('%s of %s', CASE WHEN passed.is_key THEN 'key' ELSE 'column' END, relation)));
	END LOOP;
	FOREACH name IN ARRAY new_columns LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, name,
			CASE WHEN name IN (SELECT f.name || '_scaled' FROM unnest(features) AS f(name))
				THEN 'value less the mean, in standard deviations, by the rows that were there when the view was made'
				ELSE '1 for this category, 0 for any other, NULL if unknown' END);
	END LOOP;
	RAISE NOTICE 'the features of % are %', target, (SELECT string_agg(quote_ident(c.name), ', ') FROM unnest(new_columns) AS c(name))
		USING HINT = format('They are on one scale: segment.fit(..., %L, features => %L, %sscale => ''none'').', target, new_columns,
			'key => ' || quote_literal(key) || ', ');
	RETURN target::regclass;
END
$$;
COMMENT ON FUNCTION segment.encode_in(text, regclass, text[], text, text) IS
	'segment.encode with the caller''s current schema and search_path as the last arguments; to be called through segment.encode';

CREATE FUNCTION segment.encode(view text, source regclass, features text[] DEFAULT NULL) RETURNS regclass
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT segment.encode_in(encode.view, source, features, current_schema()::text, current_setting('search_path'));
END;
COMMENT ON FUNCTION segment.encode(text, regclass, text[]) IS
	'makes a view with every column of a table, view, materialized view, partitioned or foreign table, the primary key first, and its features as numbers of one scale, and returns it; a NOTICE names them, for segment.fit(..., features => ..., scale => ''none''). '
	'features: columns of numbers, and of categories (boolean, text, varchar, char, name, enum) with at most 50 values; NULL: all but the primary key. '
	'A number x becomes x_scaled, (x - mean) / population standard deviation, 0 if it does not vary. A category c becomes a column c_value for each of its values, 1 or 0; NULL stays NULL, and a value that comes later is 0 everywhere. '
	'So two rows of different categories are as far from each other, sqrt(2), as two rows drawn at random are along a number (root mean square). '
	'Means, deviations and values are those of the rows that are there now, so that a model of the view scores new rows as it did old ones; one scan per feature. Gower 1971, doi:10.2307/2528823, weighs kinds of features likewise. '
	'Errors: unknown source (42P01) or column (42703), a column that is neither (42804), twice the same (42701), more values (54000), a name too long (42622); the name of the view as for segment.create_view';
