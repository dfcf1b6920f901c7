-- segment.fit: checks what it is given, clusters, names the clusters, keeps the model. segment.drop: undoes it.
-- Everything is checked before the first row is read.

CREATE FUNCTION segment.base_columns(source regclass) RETURNS TABLE (name text, "position" int, type regtype)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	WITH RECURSIVE base AS (
		SELECT a.attname, a.attnum, a.atttypid AS type
		FROM pg_attribute AS a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT b.attname, b.attnum, t.typbasetype
		FROM base AS b JOIN pg_type AS t ON t.oid = b.type WHERE t.typtype = 'd'
	)
	SELECT b.attname::text, b.attnum::int, b.type::regtype FROM base AS b JOIN pg_type AS t ON t.oid = b.type
	WHERE t.typtype <> 'd';
END;
COMMENT ON FUNCTION segment.base_columns(regclass) IS
	'columns of a relation with their types; of a domain the type below it';

CREATE FUNCTION segment.numeric_columns(source regclass) RETURNS TABLE (name text, "position" int)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT b.name, b."position" FROM segment.base_columns(source) AS b
	WHERE b.type = ANY ('{int2,int4,int8,float4,float8,numeric}'::regtype[]);
END;
COMMENT ON FUNCTION segment.numeric_columns(regclass) IS
	'columns that can be features: smallint, integer, bigint, real, double precision, numeric, and domains over these';

CREATE FUNCTION segment.category_columns(source regclass) RETURNS TABLE (name text, "position" int)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT b.name, b."position" FROM segment.base_columns(source) AS b JOIN pg_type AS t ON t.oid = b.type
	WHERE t.typtype = 'e' OR b.type = ANY ('{bool,text,varchar,bpchar,name}'::regtype[]);
END;
COMMENT ON FUNCTION segment.category_columns(regclass) IS
	'columns whose values are categories: boolean, text, varchar, char, name, enums, and domains over these';

CREATE FUNCTION segment.primary_key(source regclass) RETURNS text[]
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_agg(a.attname::text ORDER BY k."position")
	FROM pg_index AS i
	CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, "position")
	JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
	WHERE i.indrelid = source AND i.indisprimary;
END;
COMMENT ON FUNCTION segment.primary_key(regclass) IS 'columns of the primary key in its order; NULL if there is none';

CREATE FUNCTION segment.check_source(source regclass) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	kind "char";
	hint CONSTANT text := 'Name a table, view, materialized view, partitioned or foreign table.';
BEGIN
	SELECT c.relkind INTO kind FROM pg_class AS c WHERE c.oid = source;
	IF kind IS NULL THEN
		RAISE EXCEPTION 'source must be a relation' USING ERRCODE = 'undefined_table', HINT = hint;
	ELSIF kind <> ALL ('{r,v,m,p,f}') THEN
		RAISE EXCEPTION '% has no rows to cluster', segment.qualified_name(source)
			USING ERRCODE = 'wrong_object_type', HINT = hint;
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_source(regclass) IS
	'an error unless the relation exists (42P01) and is a table, view, materialized view, partitioned or foreign table (42809)';

CREATE FUNCTION segment.check_columns(source regclass, columns text[], argument text) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	usage CONSTANT text := format('Write %s => ''{a,b}'', or leave it out.', argument);
	numbers text;
	wanted text;
	seen text[] := '{}';
BEGIN
	IF cardinality(columns) = 0 OR array_ndims(columns) > 1 THEN
		RAISE EXCEPTION '% must be a list of columns', argument USING ERRCODE = 'invalid_parameter_value', HINT = usage;
	END IF;
	FOREACH wanted IN ARRAY columns LOOP
		IF wanted IS NULL THEN
			RAISE EXCEPTION '% must not contain NULL', argument USING ERRCODE = 'null_value_not_allowed', HINT = usage;
		ELSIF wanted = ANY (seen) THEN
			RAISE EXCEPTION '% names column % twice', argument, quote_ident(wanted)
				USING ERRCODE = 'duplicate_column', HINT = 'Name every column once.';
		END IF;
		seen := seen || wanted;
		PERFORM FROM pg_attribute AS a
			WHERE a.attrelid = source AND a.attname::text = wanted AND a.attnum > 0 AND NOT a.attisdropped;
		IF NOT FOUND THEN
			SELECT string_agg(quote_ident(n.name), ', ' ORDER BY n."position") INTO numbers
				FROM segment.numeric_columns(source) AS n;
			RAISE EXCEPTION 'column % of % does not exist', quote_ident(wanted), segment.qualified_name(source)
				USING ERRCODE = 'undefined_column',
					HINT = coalesce('Its numeric columns are ' || numbers || '.', 'It has no numeric column.');
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION segment.check_columns(regclass, text[], text) IS
	'an error unless the list, given as the argument of that name, has columns of the relation, each once: empty or nested (22023), a NULL (22004), twice the same (42701), unknown (42703, with the numeric columns)';

CREATE FUNCTION segment.check_features(source regclass, features text[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wrong record;
BEGIN
	PERFORM segment.check_columns(source, features, 'features');
	SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type INTO wrong
		FROM unnest(features) WITH ORDINALITY AS f(name, "position")
		JOIN pg_attribute AS a ON a.attrelid = source AND a.attname::text = f.name
		WHERE f.name NOT IN (SELECT n.name FROM segment.numeric_columns(source) AS n)
		ORDER BY f."position" LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'column % of % is of type %, which is not a number',
				quote_ident(wrong.attname), segment.qualified_name(source), wrong.type
			USING ERRCODE = 'datatype_mismatch',
				HINT = 'Make a number of it in a view, and fit the view.';
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_features(regclass, text[]) IS
	'an error unless all features are numeric columns of the relation: as segment.check_columns, and a column of another type (42804)';

CREATE FUNCTION segment.method_options() RETURNS TABLE (method text, option text, type text)
	LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
	VALUES
		('kmeans', 'n_init', 'integer'),
		('kmeans', 'max_iter', 'integer'),
		('kmeans', 'passes', 'integer'),
		('hclust', 'linkage', 'string'),
		('hclust', 'height', 'number'),
		('gmm', 'covariance', 'string'),
		('gmm', 'n_init', 'integer'),
		('gmm', 'max_iter', 'integer');
END;
COMMENT ON FUNCTION segment.method_options() IS 'methods of segment.fit, and the options of each with their types in JSON';

CREATE FUNCTION segment.check_method(method text, k int, options jsonb) RETURNS void
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	methods text;
	allowed text;
	given record;
	given_type text;
BEGIN
	SELECT string_agg(o.option || ' (' || o.type || ')', ', ') INTO allowed
		FROM segment.method_options() AS o WHERE o.method = check_method.method;
	IF method IN ('dbscan', 'hdbscan') THEN
		RAISE EXCEPTION 'method % cannot be kept as a model: labels by density do not score new rows', method
			USING ERRCODE = 'feature_not_supported',
				HINT = format('Label the rows in a query with %s_label, or fit kmeans.', method);
	ELSIF allowed IS NULL THEN
		SELECT string_agg(DISTINCT o.method, ', ') INTO methods FROM segment.method_options() AS o;
		RAISE EXCEPTION 'unknown method %', coalesce('"' || method || '"', 'NULL')
			USING ERRCODE = 'invalid_parameter_value', HINT = format('Methods are %s.', methods);
	ELSIF coalesce(jsonb_typeof(options), 'null') <> 'object' THEN
		RAISE EXCEPTION 'options must be a JSON object'
			USING ERRCODE = 'invalid_parameter_value', HINT = format('Options of %s are %s.', method, allowed);
	END IF;

	FOR given IN
		SELECT j.key, j.value, o.type
		FROM jsonb_each(options) AS j
		LEFT JOIN segment.method_options() AS o ON o.option = j.key AND o.method = check_method.method
		ORDER BY j.key COLLATE "C"
	LOOP
		given_type := jsonb_typeof(given.value);
		IF given_type = 'number' AND given.type = 'integer'
			AND given.value::numeric % 1 = 0 AND given.value::numeric BETWEEN -2147483648 AND 2147483647
		THEN
			given_type := 'integer';
		END IF;
		IF given.type IS NULL THEN
			RAISE EXCEPTION 'method % has no option "%"', method, given.key
				USING ERRCODE = 'invalid_parameter_value', HINT = format('Options of %s are %s.', method, allowed);
		ELSIF given_type <> given.type THEN
			RAISE EXCEPTION 'option "%" must be of type %, not %', given.key, given.type, given.value
				USING ERRCODE = 'invalid_parameter_value', HINT = format('Options of %s are %s.', method, allowed);
		END IF;
	END LOOP;

	IF method = 'hclust' AND k IS NOT NULL AND options ? 'height' THEN
		RAISE EXCEPTION 'k and the option height exclude each other'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave out one of the two.';
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_method(text, int, jsonb) IS
	'an error for a method that gives no model (0A000), and unless the method is known, its options are known and of the right type, and no height is given with k (all 22023)';

CREATE FUNCTION segment.cluster_source(source regclass, features text[], k int, method text, scale text, seed bigint, options jsonb,
		search_path text, init float8[] DEFAULT NULL) RETURNS @extschema@.clustering
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	row_array text;
	query text;
	clustering @extschema@.clustering;
	has_rows boolean;
BEGIN
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	query := CASE method
		WHEN 'kmeans' THEN 'SELECT segment.kmeans_in_passes($8, $9, $1, $2, $3, $4, $5, $10, $12)'
		WHEN 'hclust' THEN 'SELECT segment.hclust_in_passes($8, $9, $1, $6, $7, $2)'
		WHEN 'gmm' THEN 'SELECT segment.gmm_in_passes($8, $9, $1, $11, $2, $3, $4, $5)'
	END;
	-- The functions that a view calls may need the caller's search_path; the query itself writes every name out.
	PERFORM set_config('search_path', cluster_source.search_path, true);
	EXECUTE query INTO clustering
		USING k, scale, seed, (options ->> 'n_init')::int, (options ->> 'max_iter')::int,
			(options ->> 'height')::float8, coalesce(options ->> 'linkage', 'ward'),
			row_array, segment.qualified_name(source), (options ->> 'passes')::int, coalesce(options ->> 'covariance', 'full'), init;
	IF clustering IS NULL THEN
		EXECUTE pg_catalog.format('SELECT EXISTS (SELECT FROM %s)', segment.qualified_name(source)) INTO has_rows;
	END IF;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	IF clustering IS NULL AND has_rows THEN
		RAISE EXCEPTION 'no row of % has a number in every feature', segment.qualified_name(source)
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Rows with NULL, NaN or infinity take no part: leave out features that are empty, or fill them in a view.';
	ELSIF clustering IS NULL THEN
		RAISE EXCEPTION '% has no rows', segment.qualified_name(source)
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Fill it before you fit a model on it.';
	END IF;
	RETURN clustering;
END
$$;
COMMENT ON FUNCTION segment.cluster_source(regclass, text[], int, text, text, bigint, jsonb, text, float8[]) IS
	'clusters the rows of the relation, read with that search_path; arguments are checked already. init: for k-means, k centroids to start from, one after the other; NULL: starts of its own. An error (55000) if it has no rows, or none with a number in every feature';

CREATE FUNCTION segment.cluster_versions(source regclass, by text, features text[], k int, method text, scale text, seed bigint,
		options jsonb, search_path text, former bigint DEFAULT NULL)
	RETURNS TABLE (by_value text, clustering @extschema@.clustering, "position" bigint, bin_edges float8[], tally float8[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF by IS NOT NULL THEN
		RETURN QUERY SELECT g.by_value, g.clustering, g."position", g.bin_edges, g.tally
			FROM segment.cluster_groups(source, by, features, k, method, scale, seed, options, search_path, former) AS g;
	ELSIF former IS NULL THEN
		RETURN QUERY SELECT NULL::text, segment.cluster_source(source, features, k, method, scale, seed, options, search_path), 0::bigint, NULL::float8[], NULL::float8[];
	ELSE
		RETURN QUERY SELECT NULL::text, segment.cluster_source(source, features, k, method, scale, seed, options, search_path, s.init), 0::bigint, NULL::float8[], NULL::float8[]
			FROM segment.starts(former, k) AS s;
	END IF;
END
$$;
COMMENT ON FUNCTION segment.cluster_versions(regclass, text, text[], int, text, text, bigint, jsonb, text, bigint) IS
	'what segment.fit() and segment.refit() find: segment.cluster_groups(), or without a column for groups the single row of segment.cluster_source(), none if it is to start from former centroids and there are not k of them';

CREATE FUNCTION segment.fit_model(model text, source regclass, features text[], k int, key text[], method text, scale text,
		seed bigint, by text, ruleset text, options jsonb, search_path text)
	RETURNS TABLE (cluster int, persona text, size bigint, share float8, profile text, by_value text)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
#variable_conflict use_column
DECLARE
	found_values text[];
	clusterings @extschema@.clustering[];
	edges text[];
	tallies text[];
	new_id bigint;
	empty bigint;
	taken CONSTANT text := format(
		'Bring it up to date with segment.refit(%1$L), fit under another name, or remove it first: SELECT segment.drop(%1$L).', fit_model.model);
BEGIN
	IF coalesce(btrim(fit_model.model), '') = '' OR char_length(fit_model.model) > 200 THEN
		RAISE EXCEPTION 'model must be a name of 1 to 200 characters'
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Any name will do, such as ''customers''.';
	ELSIF scale IS NULL OR seed IS NULL THEN
		RAISE EXCEPTION 'scale and seed must not be NULL'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave them out for scale => ''zscore'', seed => 0.';
	END IF;
	-- the lock ends a read-only transaction here, rather than after all the work
	PERFORM FROM segment.model AS m WHERE m.model = fit_model.model AND m.owner = current_user::regrole FOR KEY SHARE;
	IF FOUND THEN
		RAISE EXCEPTION 'model "%" exists already', fit_model.model
			USING ERRCODE = 'duplicate_object', HINT = taken;
	END IF;

	PERFORM segment.check_source(source);
	IF key IS NULL THEN
		key := segment.primary_key(source);
	ELSE
		PERFORM segment.check_columns(source, key, 'key');
	END IF;
	IF features IS NULL THEN
		SELECT array_agg(n.name ORDER BY n."position") INTO features
			FROM segment.numeric_columns(source) AS n WHERE n.name <> ALL (coalesce(key, '{}') || coalesce(by, ''));
		IF features IS NULL THEN
			RAISE EXCEPTION '% has no numeric column but its key%', segment.qualified_name(source), CASE WHEN by IS NOT NULL THEN ' and ' || quote_ident(by) ELSE '' END
				USING ERRCODE = 'undefined_column', HINT = 'Make numbers of its columns in a view, and fit the view.';
		ELSIF key IS NULL THEN
			-- The number of a customer is no feature, but a view or a materialized view cannot tell.
			RAISE NOTICE '% has no primary key: all its numeric columns are features, %', segment.qualified_name(source),
					(SELECT string_agg(quote_ident(f.name), ', ' ORDER BY f."position") FROM unnest(features) WITH ORDINALITY AS f(name, "position"))
				USING HINT = format('If one of them only identifies the customers, name it as the key, such as key => %L.', features[1:1]);
		END IF;
	ELSE
		PERFORM segment.check_features(source, features);
	END IF;
	IF by IS NOT NULL THEN
		PERFORM segment.check_by(source, by, features);
	END IF;
	PERFORM segment.check_method(method, k, options);
	PERFORM segment.check_ruleset(ruleset, features);
	IF k IS NULL AND NOT options ? 'height' THEN
		k := segment.chosen_k(source, features, method, scale, seed, options, search_path);
	END IF;

	SELECT array_agg(f.by_value ORDER BY f."position") FILTER (WHERE f.clustering IS NOT NULL),
			array_agg(f.clustering ORDER BY f."position") FILTER (WHERE f.clustering IS NOT NULL),
			array_agg(f.bin_edges::text ORDER BY f."position") FILTER (WHERE f.clustering IS NOT NULL),
			array_agg(f.tally::text ORDER BY f."position") FILTER (WHERE f.clustering IS NOT NULL), count(*) FILTER (WHERE f.clustering IS NULL)
		INTO found_values, clusterings, edges, tallies, empty
		FROM segment.cluster_versions(source, by, features, k, method, scale, seed, options, search_path) AS f;
	IF clusterings IS NULL THEN
		RAISE EXCEPTION 'no row of % has a value in % and a number in every feature', segment.qualified_name(source), quote_ident(by)
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Rows with NULL, NaN or infinity take no part: fill them in a view.';
	ELSIF empty > 0 THEN
		RAISE NOTICE '% of the groups by % % no row with a number in every feature, and no clusters', empty, quote_ident(by),
			CASE empty WHEN 1 THEN 'has' ELSE 'have' END;
	END IF;

	INSERT INTO segment.model AS m (model, source, features, key, method, scale, k, seed, by_column, ruleset, options, last_version)
		VALUES (fit_model.model, segment.qualified_name(source), features, key, method, scale, k, seed, by, ruleset, options, 1)
		ON CONFLICT DO NOTHING
		RETURNING m.id INTO new_id;
	IF new_id IS NULL THEN
		RAISE EXCEPTION 'model "%" was made by another session in the meantime', fit_model.model
			USING ERRCODE = 'duplicate_object', HINT = taken;
	END IF;
	INSERT INTO segment.version (model_id, version, group_id, by_value, active, source, clustering, scratch_hash, last_cluster, bin_edges, tally)
		SELECT new_id, 1, CASE WHEN by IS NULL THEN 0 ELSE f."position" END, f.by_value, true, segment.qualified_name(source), f.clustering,
			segment.clustering_hash_extended(f.clustering, 0), (SELECT max(s.cluster) FROM @extschema@.cluster_stats(f.clustering) AS s), b.bin_edges, b.tally
		FROM unnest(found_values, clusterings) WITH ORDINALITY AS f(by_value, clustering, "position")
		LEFT JOIN segment.baselines(source, by, features, found_values, clusterings, edges, tallies, search_path) AS b ON b."position" = f."position";
	IF method = 'hclust' THEN
		RAISE NOTICE 'new rows are scored by the nearest centroid; of the fitted rows, % %% lie nearer to the centroid of another cluster',
			round((SELECT sum((f.clustering::jsonb ->> 'disagreement')::float8 * s.rows) / sum(s.rows) FROM unnest(clusterings) AS f(clustering)
				CROSS JOIN LATERAL (SELECT sum(c.size)::float8 AS rows FROM @extschema@.cluster_stats(f.clustering) AS c) AS s)::numeric * 100, 1);
	END IF;
	-- What is inserted is not looked for in the tables again: the planner cannot know how many rows they have got.
	RETURN QUERY
		WITH fitted AS (
			SELECT CASE WHEN by IS NULL THEN 0 ELSE f."position" END AS group_id, f.by_value, f.clustering
			FROM unnest(found_values, clusterings) WITH ORDINALITY AS f(by_value, clustering, "position")
		), named AS (
			INSERT INTO segment.persona AS p (model_id, version, group_id, cluster, number, persona, ruleset, note)
			SELECT new_id, 1, f.group_id, n.cluster, n.cluster, n.persona, n.by_ruleset, n.note
			FROM fitted AS f CROSS JOIN LATERAL segment.name_clusters(f.clustering, features, ruleset) AS n
			RETURNING p.group_id, p.cluster, p.persona
		), measured AS (
			SELECT f.group_id, f.by_value, s.cluster, s.size, s.share, t.profile
			FROM fitted AS f
			CROSS JOIN LATERAL @extschema@.cluster_stats(f.clustering) AS s
			JOIN LATERAL segment.profile_texts(f.clustering, features) AS t ON t.cluster = s.cluster
		)
		SELECT n.cluster, n.persona, m.size, m.share, m.profile, m.by_value
		FROM named AS n JOIN measured AS m ON m.group_id = n.group_id AND m.cluster = n.cluster
		ORDER BY m.group_id, n.cluster;
END
$$;
COMMENT ON FUNCTION segment.fit_model(text, regclass, text[], int, text[], text, text, bigint, text, text, jsonb, text) IS
	'segment.fit with the caller''s search_path as the last argument; to be called through segment.fit';

CREATE FUNCTION segment.fit(
		model text,
		source regclass,
		features text[] DEFAULT NULL,
		k int DEFAULT NULL,
		key text[] DEFAULT NULL,
		method text DEFAULT 'kmeans',
		scale text DEFAULT 'zscore',
		seed bigint DEFAULT 0,
		by text DEFAULT NULL,
		ruleset text DEFAULT NULL,
		options jsonb DEFAULT '{}')
	RETURNS TABLE (cluster int, persona text, size bigint, share float8, profile text, by_value text)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	SELECT f.cluster, f.persona, f.size, f.share, f.profile, f.by_value
	FROM segment.fit_model(model, source, features, k, key, method, scale, seed, by, ruleset, options, current_setting('search_path')) AS f;
END;
COMMENT ON FUNCTION segment.fit(text, regclass, text[], int, text[], text, text, bigint, text, text, jsonb) IS
	'fits a model on the rows of a table, view, materialized view, partitioned or foreign table, keeps it under that name for the current role, and returns its personas, in the order of the clusters: '
	'size in rows, share of the rows that took part (0 to 1), and a line of means in the units of the input; by_value is the group, or NULL. '
	'features: numeric columns; NULL: all but the key and the column for groups. k: number of clusters; NULL: chosen, as a NOTICE says, from 2 to 10 by the votes of segment.choose_k, for gmm by BIC, for hclust by dendrogram_suggest_k (up to 20): from all rows together, by another scan, and kept by refits. key: columns that identify a customer; NULL: the primary key, if any. '
	'method: kmeans (options n_init, number of starts, default 0: as many as the size of the data asks for, max_iter, default 300, and passes, over a large table to polish the model, default 5) or hclust (k, or option height in the space of the scaled features; option linkage, default ward), which scores new rows by the nearest centroid and reports by NOTICE how many fitted rows that moves, '
	'or gmm, a mixture of Gaussians whose clusters are the rows that a component is the most probable for (options covariance: full, tied, diag or spherical, default full; n_init, default 20, and max_iter, default 2000). '
	'by: a column of any type that GROUP BY takes; the rows of each of its values are clustered by themselves, each group like a table of its own: the model of a group is what fitting its rows alone would give, scaling and names included. '
	'Clusters are numbered from 0 in each group; rows with NULL there take no part. The table is read once, for a sketch of each group; once more where rows lack a number in a feature, to count them, and once more for all groups whose distinct rows do not fit a sketch, of which very large ones (more than 300,000 rows, hclust 3,000,000) are then read by themselves, for which an index on the column helps. With option passes 0 kmeans clusters these by their sketches, without a scan of their own: less exactly than a table of its own would be, whose sketch is framed by another scan. NULL: all rows together. '
	'scale: none, zscore, minmax, robust or log. seed: of the random starts. ruleset: which rules of segment.persona_rules name the clusters; NULL: all whose features the model has. '
	'Rows with NULL, NaN or infinity in a feature take no part; a NOTICE counts them. Reads the source as the caller, with the caller''s search_path. '
	'Errors: the name is taken (42710); unknown source (42P01), column (42703) or ruleset (42704); a feature that is not a number, or a type without equality as by (42804); by among the features (42701); a bad option (22023); method dbscan or hdbscan, which do not score new rows (0A000); no usable row (55000); two personas that fit a cluster equally well (21000)';

CREATE FUNCTION segment.views_of(model_id bigint) RETURNS TABLE (view regclass)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2
BEGIN ATOMIC
	SELECT DISTINCT r.ev_class::regclass
	FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
	WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
		AND d.refobjid = to_regclass(segment.gate_name(model_id)) AND r.ev_class <> d.refobjid;
END;
COMMENT ON FUNCTION segment.views_of(bigint) IS
	'views of the model of that number: those that read its gate, as segment.create_view() makes them';

CREATE FUNCTION segment.drop(model text, cascade boolean DEFAULT false) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	dropped CONSTANT bigint := segment.model_id(model);
	views text;
BEGIN
	SELECT string_agg(
			segment.qualified_name(v.view) || CASE WHEN c.relowner = current_user::regrole THEN '' ELSE format(' (of role "%s")', pg_get_userbyid(c.relowner)) END,
			', ' ORDER BY segment.qualified_name(v.view) COLLATE "C")
		INTO views FROM segment.views_of(dropped) AS v JOIN pg_class AS c ON c.oid = v.view;
	IF views IS NOT NULL AND cascade IS NOT TRUE THEN
		RAISE EXCEPTION 'model "%" is used by views: %', model, views
			USING ERRCODE = 'dependent_objects_still_exist',
				HINT = format('Drop them first, or along with the model: SELECT segment.drop(%L, cascade => true).', model);
	ELSIF views IS NOT NULL THEN
		INSERT INTO segment.share_request (model_id, role, shared) VALUES (dropped, NULL, false);
	END IF;
	DELETE FROM segment.model AS m WHERE m.id = dropped;
END
$$;
COMMENT ON FUNCTION segment.drop(text, boolean) IS
	'drops a model of the current role with all its versions; cascade also drops the views made of it by segment.create_view(), and what depends on them, whosever they are: those of roles with which the model was shared, too, as DROP TABLE ... CASCADE would. '
	'Errors: no such model (42704); views use it and cascade is false (2BP01, which names them, and their owners)';
