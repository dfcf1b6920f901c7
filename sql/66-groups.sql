-- Clustering of a relation by groups: the rows of each value of a column by themselves, in one scan of the whole.

CREATE FUNCTION segment.equality_of(type regtype, "collation" oid, OUT base regtype, OUT operator regoperator, OUT is_same boolean,
		OUT is_ordered boolean)
	AS 'MODULE_PATHNAME', 'segment_equality_of' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.equality_of(regtype, oid) IS
	'how GROUP BY compares values of a type, with that collation: the type under its domains, the operator (NULL: it cannot), whether values that are equal are the same in every bit, and whether they can be sorted';

CREATE FUNCTION segment.sketch_add_within(@extschema@.cluster_sketch, features float8[], memory bigint) RETURNS @extschema@.cluster_sketch
	AS 'MODULE_PATHNAME', 'segment_sketch_add_within' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment.sketch_add_within(@extschema@.cluster_sketch, float8[], bigint) IS 'Transition function of segment.sketch_within.';
CREATE AGGREGATE segment.sketch_within(features float8[], memory bigint) (
	SFUNC = segment.sketch_add_within, STYPE = @extschema@.cluster_sketch, SSPACE = 8192, COMBINEFUNC = segment.sketch_combine,
	FINALFUNC = segment.sketch_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.sketch_within(float8[], bigint) IS
	'cluster_sketch(features), for many groups at once: an error (53200) when the sketches that a process holds come to take more than so many bytes; NULL: no limit';

CREATE FUNCTION segment.memory_limit() RETURNS bigint
	AS 'MODULE_PATHNAME', 'segment_memory_limit' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.memory_limit() IS 'segment.max_memory in bytes';

-- The text of a value is kept, and made a value again later, by a session with other settings.
CREATE FUNCTION segment.by_text(value anyelement) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp SET datestyle = ISO, YMD SET intervalstyle = postgres SET timezone = 'UTC'
	SET extra_float_digits = 1 SET bytea_output = hex
AS 'SELECT value::text';
COMMENT ON FUNCTION segment.by_text(anyelement) IS
	'a value of the column that makes groups as text: the same whatever the settings of the session, dates as 2026-11-25, times in UTC; numbers of type numeric are written without zeros at their end instead';

CREATE FUNCTION segment.by_condition(source regclass, by text, given text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		-- a label that was renamed is no error, but a group that is gone
		WHEN t.typtype = 'e' THEN format('s.%I::pg_catalog.text OPERATOR(pg_catalog.=) %s', a.attname, given)
		ELSE format('s.%I OPERATOR(%I.%s) (%s)::%I.%I%s', a.attname, o.nspname, o.oprname, given, n.nspname, t.typname,
			(SELECT format(' COLLATE %I.%I', cn.nspname, c.collname)
			FROM pg_collation AS c JOIN pg_namespace AS cn ON cn.oid = c.collnamespace WHERE c.oid = a.attcollation AND c.collname <> 'default')) END
	FROM pg_attribute AS a
	CROSS JOIN LATERAL segment.equality_of(a.atttypid, a.attcollation) AS e
	JOIN pg_type AS t ON t.oid = e.base
	JOIN pg_namespace AS n ON n.oid = t.typnamespace
	JOIN (SELECT p.oid, p.oprname, pn.nspname FROM pg_operator AS p JOIN pg_namespace AS pn ON pn.oid = p.oprnamespace) AS o ON o.oid = e.operator
	WHERE a.attrelid = source AND a.attname = by AND a.attnum > 0 AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION segment.by_condition(regclass, text, text) IS
	'SQL by which the column of that name of a row s belongs to a group, whose value as text an SQL expression gives; NULL if there is no such column, or its type has no equality';

CREATE FUNCTION segment.rows_of_group(source regclass, by text, by_value text) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN by IS NULL THEN segment.qualified_name(source)
		ELSE format('(SELECT s.* FROM %s AS s WHERE %s)', segment.qualified_name(source), segment.by_condition(source, by, quote_literal(by_value))) END;
END;
COMMENT ON FUNCTION segment.rows_of_group(regclass, text, text) IS
	'the rows of a relation that belong to a group, whose value is given as text, as they can stand after FROM in SQL; by NULL: all of them';

-- Of equal values that are not the same, such as words in a case-insensitive collation, the least text stands for all.
CREATE FUNCTION segment.group_text(source regclass, by text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format(CASE
			WHEN e.base = 'numeric'::regtype THEN 'pg_catalog.trim_scale(s.%I)::pg_catalog.text'
			WHEN e.is_same THEN 'segment.by_text(s.%I)'
			ELSE 'pg_catalog.min(segment.by_text(s.%I) COLLATE pg_catalog."C")' END, a.attname)
	FROM pg_attribute AS a CROSS JOIN LATERAL segment.equality_of(a.atttypid, a.attcollation) AS e
	WHERE a.attrelid = source AND a.attname = by AND a.attnum > 0 AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION segment.group_text(regclass, text) IS
	'SQL for the text of the value of a group, where rows s are grouped by the column of that name';

CREATE FUNCTION segment.check_by(source regclass, by text, features text[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	type text;
	others text;
BEGIN
	SELECT format_type(a.atttypid, a.atttypmod) INTO type
		FROM pg_attribute AS a WHERE a.attrelid = source AND a.attname::text = by AND a.attnum > 0 AND NOT a.attisdropped;
	IF NOT FOUND THEN
		SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO others
			FROM pg_attribute AS a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
		RAISE EXCEPTION 'column % of % does not exist', quote_ident(by), source::text
			USING ERRCODE = 'undefined_column', HINT = coalesce('Its columns are ' || others || '.', 'It has no columns.');
	ELSIF by = ANY (features) THEN
		RAISE EXCEPTION 'column % is among the features, and the same for all rows of a group', quote_ident(by)
			USING ERRCODE = 'duplicate_column', HINT = 'Leave it out of the features, or leave out by.';
	ELSIF segment.by_condition(source, by, 'NULL') IS NULL THEN
		RAISE EXCEPTION 'column % of % is of type %, whose values cannot be told apart', quote_ident(by), source::text, type
			USING ERRCODE = 'datatype_mismatch', HINT = 'Make text of it in a view, and fit the view.';
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_by(regclass, text, text[]) IS
	'an error unless the relation has the column (42703), it is not among the features (42701), and its type has an equality (42804)';

CREATE FUNCTION segment.former_groups(model_id bigint) RETURNS SETOF segment.version
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT DISTINCT ON (v.group_id) v.*
	FROM segment.version AS v WHERE v.model_id = former_groups.model_id
	ORDER BY v.group_id, v.active DESC, v.version DESC;
END;
COMMENT ON FUNCTION segment.former_groups(bigint) IS
	'what a refit of the model of that number continues, a row per group: the active version, or, for a group that it does not have, the last that has it';

CREATE FUNCTION segment.starts(model_id bigint, k int) RETURNS TABLE (by_value text, init float8[])
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT v.by_value, array_agg(c.x ORDER BY s.cluster, c."position")
	FROM segment.former_groups(model_id) AS v
	CROSS JOIN LATERAL @extschema@.cluster_stats(v.clustering) AS s
	CROSS JOIN LATERAL unnest(s.centroid) WITH ORDINALITY AS c(x, "position")
	GROUP BY v.by_value
	HAVING count(DISTINCT s.cluster) = k;
END;
COMMENT ON FUNCTION segment.starts(bigint, int) IS
	'centroids of the groups that segment.former_groups() returns, one after the other, where there are k of them';

-- What the model of a group is, is said by segment.kmeans_in_passes() and its like for the rows of the group; here is only
-- how to get there without as many scans as there are groups. One scan makes a sketch of each group, which is all that is needed
-- while the distinct rows fit. Groups with more of them, of which there cannot be many, are sorted, and held one after the other;
-- those that are too large for that are read by themselves.
--
-- Nobody knows beforehand how much memory the sketches take. They are made by hash, those of all groups at a time: groups that
-- come late wait on disk when half of what is allowed is taken, and those that are there may grow into the other half. If
-- that does not suffice it is found out early, and the rows are sorted.
CREATE FUNCTION segment.cluster_groups(source regclass, by text, features text[], k int, method text, scale text, seed bigint, options jsonb,
		search_path text, former bigint DEFAULT NULL)
	RETURNS TABLE (by_value text, clustering @extschema@.clustering, "position" bigint, bin_edges float8[], tally float8[])
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100
	SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 SET enable_hashagg = on SET enable_sort = on
AS $$
#variable_conflict use_column
DECLARE
	source_name CONSTANT text := segment.qualified_name(source);
	condition CONSTANT text := segment.by_condition(source, by, 'g.by_value');
	most_held CONSTANT bigint := CASE method WHEN 'hclust' THEN 3000000 ELSE 300000 END;
	n_init CONSTANT int := (options ->> 'n_init')::int;
	max_iter CONSTANT int := (options ->> 'max_iter')::int;
	height CONSTANT float8 := (options ->> 'height')::float8;
	passes CONSTANT int := (options ->> 'passes')::int;
	variant CONSTANT text := coalesce(options ->> 'linkage', options ->> 'covariance', CASE method WHEN 'hclust' THEN 'ward' ELSE 'full' END);
	row_array text;
	grouped text;
	sketch text;
	no_sketch CONSTANT text := 'NULL::@extschema@.cluster_sketch';
	sketched text;
	held text;
	whole text;
	workers CONSTANT int := current_setting('max_parallel_workers_per_gather');
	memory bigint := segment.memory_limit() / CASE workers WHEN 0 THEN 1 ELSE 2 * (1 + workers) END;	-- the leader merges what all have
	usual_memory CONSTANT text := current_setting('work_mem');
	all_values text[];
	missing bigint;
	sketched_values text[];
	sketched_edges text[];
	sketched_tallies text[];
	found_values text[];
	clusterings @extschema@.clustering[];
	pending_values text[];
	pending_rows bigint[];
	more_values text[];
	more @extschema@.clustering[];
	one @extschema@.clustering;
	init float8[];
	single text;
BEGIN
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(features) WITH ORDINALITY AS f(name, "position");
	SELECT format('%s AS by_value, %s AS rank', segment.group_text(source, by),
			CASE WHEN e.is_ordered AND a.attcollation = 0 THEN format('s.%I', a.attname) ELSE 'NULL::pg_catalog.int4' END)
		INTO grouped
		FROM pg_attribute AS a CROSS JOIN LATERAL segment.equality_of(a.atttypid, a.attcollation) AS e
		WHERE a.attrelid = source AND a.attname::text = by;
	sketched := CASE method
		WHEN 'kmeans' THEN '@extschema@.kmeans(g.sketch, $1, $2, $3, coalesce($4, 0), coalesce($5, 300), i.init)'
		WHEN 'gmm' THEN '@extschema@.gmm(g.sketch, $1, $6, $2, $3, coalesce($4, 0), coalesce($5, 2000))'
		WHEN 'hclust' THEN 'segment.hclust_of_sketch(g.sketch, $1, $7, $6, $2)'
	END;
	held := format(CASE method
		WHEN 'kmeans' THEN 'segment.kmeans_fit(%s, $1, $2, $3, $4, $5, i.init)'
		WHEN 'gmm' THEN 'segment.gmm_fit(%s, $1, $6, $2, $3, $4, $5)'
		WHEN 'hclust' THEN 'segment.hclust_fit(%s, $1, $7, $6, $2)'
	END, row_array);
	whole := CASE method
		WHEN 'kmeans' THEN 'SELECT segment.kmeans_in_passes($9, $10, $1, $2, $3, $4, $5, $8, $11)'
		WHEN 'gmm' THEN 'SELECT segment.gmm_in_passes($9, $10, $1, $6, $2, $3, $4, $5)'
		WHEN 'hclust' THEN 'SELECT segment.hclust_in_passes($9, $10, $1, $7, $6, $2)'
	END;

	-- The functions that a view calls may need the caller's search_path; from here on every name is written out.
	PERFORM set_config('search_path', cluster_groups.search_path, true);
	sketch := pg_catalog.format('segment.sketch_within(%s, $9) FILTER (WHERE s.%I IS NOT NULL)', row_array, by);
	PERFORM pg_catalog.set_config('work_mem',
		greatest(memory OPERATOR(pg_catalog./) (2 OPERATOR(pg_catalog.*) pg_catalog.current_setting('hash_mem_multiplier')::float8)::bigint,
			pg_catalog.pg_size_bytes(usual_memory)) OPERATOR(pg_catalog./) 1024 OPERATOR(pg_catalog.||) 'kB', true);
	LOOP
		BEGIN
			EXECUTE pg_catalog.format(
				'SELECT pg_catalog.array_agg(f.by_value) FILTER (WHERE f.by_value IS NOT NULL), pg_catalog.sum(f.row_count) FILTER (WHERE f.by_value IS NULL), '
				'pg_catalog.array_agg(f.by_value) FILTER (WHERE f.is_done), pg_catalog.array_agg(f.found) FILTER (WHERE f.is_done), '
				'pg_catalog.array_agg(f.by_value) FILTER (WHERE NOT f.is_done), pg_catalog.array_agg(f.row_count) FILTER (WHERE NOT f.is_done), '
				'pg_catalog.array_agg(f.by_value) FILTER (WHERE f.bin_edges IS NOT NULL), pg_catalog.array_agg(f.bin_edges) FILTER (WHERE f.bin_edges IS NOT NULL), '
				'pg_catalog.array_agg(f.tally) FILTER (WHERE f.bin_edges IS NOT NULL) '
				'FROM (SELECT h.by_value, h.row_count, h.is_done, h.found, h.bin_edges::pg_catalog.text, '
				'segment.tally_of_sketch(h.found, h.bin_edges, h.sketch)::pg_catalog.text AS tally '
				'FROM (SELECT g.by_value, g.rank, g.sketch, coalesce(p.rows, g.row_count) AS row_count, '
				'CASE WHEN g.by_value IS NOT NULL THEN coalesce(p.is_enough, false) END AS is_done, CASE WHEN p.is_enough THEN %1$s END AS found, %7$s AS bin_edges '
				'FROM (SELECT %2$s, %3$s AS sketch, pg_catalog.count(*) AS row_count FROM %4$s AS s GROUP BY s.%5$I OFFSET 0) AS g '
				'LEFT JOIN LATERAL (SELECT i.rows, i.lossless OR $10 AS is_enough FROM @extschema@.cluster_sketch_info(g.sketch) AS i) AS p ON true '
				'%6$s OFFSET 0) AS h ORDER BY h.rank, h.by_value COLLATE pg_catalog."C") AS f',
				sketched, grouped, sketch, source_name, by,
				CASE WHEN former IS NULL THEN 'CROSS JOIN (SELECT NULL::pg_catalog.float8[]) AS i(init)'
					ELSE 'JOIN segment.starts($8, $1) AS i ON i.by_value OPERATOR(pg_catalog.=) g.by_value' END,
				CASE WHEN former IS NULL THEN 'segment.bin_edges(g.sketch)' ELSE 'NULL::pg_catalog.float8[]' END)
				INTO all_values, missing, found_values, clusterings, pending_values, pending_rows, sketched_values, sketched_edges, sketched_tallies
				USING k, scale, seed, n_init, max_iter, variant, height, former, memory, coalesce(passes OPERATOR(pg_catalog.=) 0, false);
			EXIT;
		EXCEPTION
			WHEN out_of_memory THEN
				IF memory IS NULL THEN
					RAISE;
				END IF;
				memory := NULL;			-- one sketch after the other
				PERFORM pg_catalog.set_config('work_mem', usual_memory, true), pg_catalog.set_config('enable_hashagg', 'off', true);
			WHEN numeric_value_out_of_range THEN
				IF sketch OPERATOR(pg_catalog.=) no_sketch THEN
					RAISE;
				END IF;
				sketch := no_sketch;	-- too large for cells without a frame: all the rows are held, once they are counted
		END;
	END LOOP;
	PERFORM pg_catalog.set_config('work_mem', usual_memory, true);
	IF missing OPERATOR(pg_catalog.>) 0 AND former IS NULL THEN
		RAISE NOTICE '% % of % took no part: % is NULL', missing, CASE missing WHEN 1 THEN 'row' ELSE 'rows' END, source_name, pg_catalog.quote_ident(by);
	END IF;
	IF all_values IS NULL THEN
		RETURN;
	END IF;
	-- one group at a time is held
	PERFORM pg_catalog.set_config('enable_hashagg', 'off', true);
	EXECUTE pg_catalog.format(
		'SELECT pg_catalog.array_agg(f.by_value), pg_catalog.array_agg(f.found) FROM (SELECT g.by_value, %1$s AS found '
		'FROM (SELECT u.* FROM ROWS FROM (pg_catalog.unnest($8), pg_catalog.unnest($9)) AS u(by_value, row_count) WHERE u.row_count OPERATOR(pg_catalog.<=) $10) AS g '
		'%2$s JOIN %3$s AS s ON %4$s GROUP BY g.by_value) AS f',
		held, CASE WHEN former IS NULL THEN 'CROSS JOIN (SELECT NULL::pg_catalog.float8[]) AS i(init)'
			ELSE 'JOIN segment.starts($11, $1) AS i ON i.by_value OPERATOR(pg_catalog.=) g.by_value' END, source_name, condition)
		INTO more_values, more USING k, scale, seed, n_init, max_iter, variant, height, pending_values, pending_rows, most_held, former;
	PERFORM pg_catalog.set_config('enable_hashagg', 'on', true);
	found_values := found_values OPERATOR(pg_catalog.||) more_values;
	clusterings := clusterings OPERATOR(pg_catalog.||) more;
	FOR i IN 1 .. coalesce(pg_catalog.cardinality(pending_values), 0) LOOP
		CONTINUE WHEN pending_rows[i] OPERATOR(pg_catalog.<=) most_held;
		IF former IS NOT NULL THEN
			SELECT s.init INTO init FROM segment.starts(former, k) AS s WHERE s.by_value OPERATOR(pg_catalog.=) pending_values[i];
			CONTINUE WHEN NOT FOUND;
		END IF;
		single := segment.rows_of_group(source, by, pending_values[i]);
		EXECUTE whole INTO one
			USING k, scale, seed, n_init, max_iter, variant, height, passes, row_array, single, init;
		found_values := found_values OPERATOR(pg_catalog.||) pending_values[i];
		clusterings := clusterings OPERATOR(pg_catalog.||) one;
	END LOOP;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	RETURN QUERY
		SELECT f.by_value, f.clustering, a."position", s.bin_edges::float8[], s.tally::float8[]
		FROM unnest(found_values, clusterings) AS f(by_value, clustering)
		JOIN unnest(all_values) WITH ORDINALITY AS a(by_value, "position") ON a.by_value = f.by_value
		LEFT JOIN unnest(sketched_values, sketched_edges, sketched_tallies) AS s(by_value, bin_edges, tally) ON s.by_value = f.by_value
		ORDER BY a."position";
END
$$;
COMMENT ON FUNCTION segment.cluster_groups(regclass, text, text[], int, text, text, bigint, jsonb, text, bigint) IS
	'clusters the rows of each value of a column by themselves, as segment.cluster_source() would if they were all there is; arguments are checked already. A row per value that is not NULL, whose clustering is NULL if none of its rows has a number in every feature, in the order of the values, or of their texts where that depends on a collation. bin_edges and tally: the bins of its rows, where there was a sketch of them and no former, and what these rows look like to the clustering, where the sketch has them all (see segment.bin_edges, segment.tally_of_sketch). '
	'former: for k-means, number of a model whose centroids to start from (see segment.former_groups), in those groups that have k; NULL: starts of its own. '
	'One scan, which makes a sketch of each group and counts its rows. Groups whose distinct rows do not fit a sketch, which says how many rows they have, need more: those of up to 300,000 rows (hclust: 3,000,000) one scan and sort all together, any larger one is then read by itself, as segment.kmeans_in_passes() reads a table; '
	'with option passes 0 they are clustered by the cells of their sketch. If values are too large for cells (see cluster_sketch), all groups count as not fitting. '
	'Memory: the results, and the sketches of all groups, within segment.max_memory in all processes together: if they come to take more, the scan begins anew, the rows are sorted on disk, and there is one sketch at a time.';

CREATE FUNCTION segment.check_active(m segment.model) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM FROM segment.version AS v WHERE v.model_id = m.id AND v.active;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'model "%" has no active version', m.model
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Choose one with segment.activate().';
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_active(segment.model) IS 'an error unless the model has an active version (55000)';

-- Groups are found by the text that is kept of their value, and where the value is written otherwise, as it is compared in the
-- source: 07 is 7, and in a case-insensitive collation berlin is Berlin.
CREATE FUNCTION segment.group_of(model_id bigint, by_value text) RETURNS segment.version
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model;
	v segment.version;
	found_group int;
	others text;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS s WHERE s.id = group_of.model_id;
	IF m.by_column IS NULL AND by_value IS NOT NULL THEN
		RAISE EXCEPTION 'model "%" is not by groups', m.model
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave by_value out.';
	ELSIF m.by_column IS NOT NULL AND by_value IS NULL THEN
		RAISE EXCEPTION 'model "%" is by %: its clusters are those of a group', m.model, quote_ident(m.by_column)
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Say which: by_value => ..., as in segment.personas.';
	END IF;
	SELECT * INTO v FROM segment.version AS s
		WHERE s.model_id = m.id AND s.active AND s.by_value IS NOT DISTINCT FROM group_of.by_value;
	IF FOUND THEN
		RETURN v;
	END IF;
	PERFORM segment.check_active(m);

	BEGIN
		EXECUTE (
			SELECT format('SELECT s.group_id FROM (SELECT v.group_id, v.by_value::%s AS %I FROM segment.version AS v WHERE v.model_id = $1 AND v.active) AS s WHERE %s',
				format_type(e.base, -1), a.attname, segment.by_condition(a.attrelid, m.by_column, '$2'))
			FROM pg_attribute AS a CROSS JOIN LATERAL segment.equality_of(a.atttypid, a.attcollation) AS e
			WHERE a.attrelid = to_regclass(m.source) AND a.attname::text = m.by_column AND a.attnum > 0 AND NOT a.attisdropped)
			INTO found_group USING m.id, by_value;
	EXCEPTION WHEN data_exception OR insufficient_privilege THEN
		-- no text of such a value, or no column to compare it as
	END;
	SELECT * INTO v FROM segment.version AS s WHERE s.model_id = m.id AND s.active AND s.group_id = found_group;
	IF FOUND THEN
		RETURN v;
	END IF;
	SELECT string_agg('"' || left(s.by_value, 40) || '"', ', ' ORDER BY s.group_id) FILTER (WHERE s.rank <= 5)
			|| CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) ELSE '' END
		INTO others
		FROM (SELECT g.*, row_number() OVER (ORDER BY g.group_id) AS rank FROM segment.version AS g WHERE g.model_id = m.id AND g.active) AS s;
	RAISE EXCEPTION 'model "%" has no group "%"', m.model, by_value
		USING ERRCODE = 'undefined_object',
			HINT = format('The groups of its active version, by %I, are %s.', m.by_column, others);
END
$$;
COMMENT ON FUNCTION segment.group_of(bigint, text) IS
	'the active version of the model of that number: of a model by groups that of the group whose value is given as text, as segment.by_text() writes it or in any other way that the column''s type reads as an equal value; of a model without groups, for NULL, the only one. '
	'Errors: no group is given where there are some (22004), or one where there are none (22023); no such group (42704, which names some); no active version (55000)';

CREATE FUNCTION segment.group_name(v segment.version) RETURNS text
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT m.by_column || ' ' || left(v.by_value, 60) FROM segment.model AS m WHERE m.id = v.model_id;
END;
COMMENT ON FUNCTION segment.group_name(segment.version) IS
	'what titles call a group, such as store Berlin; long values are cut; NULL without groups';
