-- segment.snapshot: who was where. segment.migration, segment.movers: who went where.
--
-- Most customers are where they were last time. So what is kept is not customers per snapshot but stays: a customer, its
-- cluster, the snapshot that saw it there first, and the first one that no longer did. A snapshot compares the source with
-- the stays that are open, closes those that have ended and opens those that have begun; the rest costs nothing. At a
-- snapshot n a customer is where its stay has since <= n and until > n (or no until); without such a stay it was in no cluster.
-- The names that clusters had are kept in the same way, however many groups the model has.
--
-- Stays of a model are in a table of their own, with columns of the types that the source has: keys compare as they do there,
-- whatever their text looks like, in half the space, and with the model all of it goes at once. The table is made and dropped
-- by triggers of segment.snapshot and belongs to the owner of the extension, as the gates do (see 50-models.sql), so that
-- the owner of the database can dump it. Its row-level security asks once per statement, not once per row.
-- It has no index: all that reads it reads all of it.

CREATE TABLE segment.snapshot (
	model_id	bigint NOT NULL REFERENCES segment.model ON DELETE CASCADE,
	snapshot	int NOT NULL CHECK (snapshot > 0),
	taken_at	timestamptz NOT NULL,
	version		int NOT NULL,
	source		text NOT NULL,
	customers	bigint NOT NULL DEFAULT 0,
	come		bigint NOT NULL DEFAULT 0,
	gone		bigint NOT NULL DEFAULT 0,
	moved		bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (model_id, snapshot),
	UNIQUE (model_id, taken_at)
);
COMMENT ON TABLE segment.snapshot IS
	'when snapshots were taken, a row per model and snapshot; every role sees those of its own models (see the view segment.snapshots)';
COMMENT ON COLUMN segment.snapshot.model_id IS 'number of the model';
COMMENT ON COLUMN segment.snapshot.snapshot IS 'number of the snapshot, from 1, in the order of time';
COMMENT ON COLUMN segment.snapshot.taken_at IS 'when it was taken';
COMMENT ON COLUMN segment.snapshot.version IS 'version that was active';
COMMENT ON COLUMN segment.snapshot.source IS 'relation whose rows were scored, by its quoted and qualified name';
COMMENT ON COLUMN segment.snapshot.customers IS 'customers that were in a cluster';
COMMENT ON COLUMN segment.snapshot.come IS 'those of them that were in none at the snapshot before';
COMMENT ON COLUMN segment.snapshot.gone IS 'customers that were in a cluster at the snapshot before, and in none any more';
COMMENT ON COLUMN segment.snapshot.moved IS 'customers that were in another cluster at the snapshot before';

ALTER TABLE segment.snapshot OWNER TO @extowner@;
ALTER TABLE segment.snapshot ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON segment.snapshot
	USING (EXISTS (SELECT FROM segment.model AS m WHERE m.id = model_id AND pg_has_role(m.owner, 'USAGE')));
CREATE POLICY shared ON segment.snapshot FOR SELECT USING (segment.is_shared(model_id));
COMMENT ON POLICY own ON segment.snapshot IS 'snapshots are for those for whom the model is';
COMMENT ON POLICY shared ON segment.snapshot IS 'who may read the gate of a model sees its snapshots';
GRANT SELECT, INSERT, UPDATE, DELETE ON segment.snapshot TO PUBLIC;
SELECT pg_extension_config_dump('segment.snapshot', '');

CREATE TABLE segment.snapshot_persona (
	model_id	bigint NOT NULL REFERENCES segment.model ON DELETE CASCADE,
	group_id	int NOT NULL DEFAULT 0,
	cluster		int NOT NULL,
	since		int NOT NULL CHECK (since > 0),
	until		int CHECK (until > since),
	persona		text NOT NULL,
	by_value	text,
	PRIMARY KEY (model_id, group_id, cluster, since)
);
COMMENT ON TABLE segment.snapshot_persona IS
	'what clusters were called at snapshots, a row for as long as a cluster was there under a name; every role sees those of its own models';
COMMENT ON COLUMN segment.snapshot_persona.model_id IS 'number of the model';
COMMENT ON COLUMN segment.snapshot_persona.group_id IS 'number of the group; 0: the model is not by groups';
COMMENT ON COLUMN segment.snapshot_persona.cluster IS 'cluster, 0-based';
COMMENT ON COLUMN segment.snapshot_persona.since IS 'number of the first snapshot at which it had the name';
COMMENT ON COLUMN segment.snapshot_persona.until IS 'number of the first snapshot at which it no longer did, or was gone; NULL: it has it';
COMMENT ON COLUMN segment.snapshot_persona.persona IS 'the name';
COMMENT ON COLUMN segment.snapshot_persona.by_value IS 'value of the rows of the group; NULL: the model is not by groups';

ALTER TABLE segment.snapshot_persona OWNER TO @extowner@;
ALTER TABLE segment.snapshot_persona ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON segment.snapshot_persona
	USING (EXISTS (SELECT FROM segment.model AS m WHERE m.id = model_id AND pg_has_role(m.owner, 'USAGE')));
CREATE POLICY shared ON segment.snapshot_persona FOR SELECT USING (segment.is_shared(model_id));
COMMENT ON POLICY own ON segment.snapshot_persona IS 'names are for those for whom the model is';
COMMENT ON POLICY shared ON segment.snapshot_persona IS 'who may read the gate of a model sees the names that its clusters had';
GRANT SELECT, INSERT, UPDATE, DELETE ON segment.snapshot_persona TO PUBLIC;
SELECT pg_extension_config_dump('segment.snapshot_persona', '');

CREATE FUNCTION segment.stays_name(model_id bigint) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT 'segment.stays_' || model_id::text;
END;
COMMENT ON FUNCTION segment.stays_name(bigint) IS
	'name of the table of the stays of customers in the clusters of the model of that number, which exists while the model has snapshots: the key in the columns key_1, key_2 ..., group_id if the model is by groups, the cluster, since (the first snapshot that found the customer there) and until (the first that no longer did; NULL: it is there)';

-- Equality is that of the type's order, which its unique indexes use, too: that of citext, say, is not pg_catalog's. With the
-- search_path that it sets, format_type() qualifies every name.
CREATE FUNCTION segment.key_columns(relation regclass, key text[])
	RETURNS TABLE ("position" int, name text, type oid, type_name text, equals text)
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 1
	SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT k."position"::int, k.name, b.type::oid,
		format_type(b.type, -1) || coalesce(' COLLATE ' || quote_ident(n.nspname) || '.' || quote_ident(l.collname), ''),
		format('OPERATOR(%I.%s)', coalesce(e.schema, 'pg_catalog'), coalesce(e.name, '='))
	FROM unnest(key) WITH ORDINALITY AS k(name, "position")
	JOIN segment.base_columns(relation) AS b ON b.name = k.name
	JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum = b."position"
	LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
	LEFT JOIN pg_namespace AS n ON n.oid = l.collnamespace
	LEFT JOIN LATERAL (
		SELECT s.nspname AS schema, o.oprname AS name
		FROM pg_opclass AS c
		JOIN pg_am AS m ON m.oid = c.opcmethod AND m.amname = 'btree'
		JOIN pg_amop AS p ON p.amopfamily = c.opcfamily AND p.amoplefttype = b.type AND p.amoprighttype = b.type AND p.amopstrategy = 3
		JOIN pg_operator AS o ON o.oid = p.amopopr
		JOIN pg_namespace AS s ON s.oid = o.oprnamespace
		WHERE c.opcintype = b.type AND c.opcdefault) AS e ON true;
END;
COMMENT ON FUNCTION segment.key_columns(regclass, text[]) IS
	'columns of a relation that make a key: position in it, name, type (of a domain the type below it), the same in SQL with its collation, and the operator by which two values are the same';

CREATE FUNCTION segment.same_key(relation regclass, key_length int, a text, b text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(format('%s.%s %s %s.%s', a, k.name, k.equals, b, k.name), ' AND ' ORDER BY k."position")
	FROM segment.key_columns(relation, ARRAY(SELECT 'key_' || i FROM generate_series(1, key_length) AS i ORDER BY i)) AS k;
END;
COMMENT ON FUNCTION segment.same_key(regclass, int, text, text) IS
	'condition, in SQL, that rows of those two names, with the key columns of a table of stays, are of the same customer';

CREATE FUNCTION segment.key_text(key_length int, expression text) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format(CASE key_length WHEN 1 THEN '%s' ELSE 'ROW(%s)' END || '::pg_catalog.text',
		string_agg(replace(expression, 'key_n', 'key_' || i), ', ' ORDER BY i))
	FROM generate_series(1, key_length) AS i;
END;
COMMENT ON FUNCTION segment.key_text(int, text) IS
	'expression for the text of a key, given that of its column key_n: the text of the value, or of a row of them if there are several';

-- Is there a unique constraint that sees to it that each row of the relation has a key of its own?
CREATE FUNCTION segment.is_unique(relation regclass, key text[]) RETURNS boolean
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT EXISTS (
		SELECT FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid
		WHERE c.oid = relation AND (c.relkind = 'p' OR NOT c.relhassubclass)
			AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
			AND NOT EXISTS (
				SELECT FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k(attnum)
				LEFT JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum = k.attnum
				WHERE a.attname IS NULL OR NOT a.attnotnull OR a.attname::text <> ALL (key)));
END;
COMMENT ON FUNCTION segment.is_unique(regclass, text[]) IS
	'whether an index guarantees that these columns are never NULL and never the same in two rows';

CREATE FUNCTION segment.scoring_arguments(features text[]) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	-- The scoring functions take up to eight columns; an array costs some time per row.
	SELECT format(CASE WHEN cardinality(features) > 8 THEN 'ARRAY[%s]' ELSE '%s' END,
		string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position"))
	FROM unnest(features) WITH ORDINALITY AS f(name, "position");
END;
COMMENT ON FUNCTION segment.scoring_arguments(text[]) IS
	'features of a relation that goes by the name of s, as the last arguments of cluster_id() and cluster_distance()';

CREATE FUNCTION segment.open_stays() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	stays CONSTANT text := segment.stays_name(NEW.model_id);
	key text[];
	by_column text;
	columns text;
BEGIN
	IF to_regclass(stays) IS NOT NULL THEN
		IF (SELECT c.relowner <> current_user::regrole FROM pg_class AS c WHERE c.oid = to_regclass(stays)) THEN
			EXECUTE format('ALTER TABLE %s OWNER TO CURRENT_USER', stays);
		END IF;
		RETURN NULL;
	END IF;

	-- The source, looked up in the catalogue: the owner of the extension may have no right to its schema.
	SELECT m.key, m.by_column, string_agg(format('key_%s %s NOT NULL', k."position", k.type_name), ', ' ORDER BY k."position")
		INTO key, by_column, columns
		FROM segment.model AS m
		CROSS JOIN LATERAL parse_ident(m.source) AS source(name)
		JOIN pg_namespace AS n ON n.nspname::text = source.name[1]
		JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname::text = source.name[2]
		CROSS JOIN LATERAL segment.key_columns(c.oid, m.key) AS k
		WHERE m.id = NEW.model_id
		GROUP BY m.key, m.by_column;
	IF by_column IS NOT NULL THEN
		columns := columns || ', group_id int NOT NULL';
	END IF;
	BEGIN
		EXECUTE format('CREATE TABLE %s (%s, cluster int NOT NULL, since int NOT NULL, until int)', stays, columns);
	EXCEPTION WHEN insufficient_privilege THEN
		RAISE EXCEPTION 'the owner of the extension, "%", may not use the type of a key: %', current_user, sqlerrm
			USING ERRCODE = 'insufficient_privilege',
				HINT = 'Grant it USAGE on the type and on its schema, or cast the key in a view, and refit the model on that.';
	END;
	-- a publication of all tables would otherwise refuse to have stays closed
	EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', stays);
	EXECUTE format('COMMENT ON TABLE %s IS %L', stays, 'stays of customers in the clusters of one model');
	FOR i IN 1 .. cardinality(key) LOOP
		EXECUTE format('COMMENT ON COLUMN %s.key_%s IS %L', stays, i, format('key of the customer, column %s of the source', quote_ident(key[i])));
	END LOOP;
	IF by_column IS NOT NULL THEN
		EXECUTE format('COMMENT ON COLUMN %s.group_id IS %L', stays, 'number of the group');
	END IF;
	EXECUTE format('COMMENT ON COLUMN %s.cluster IS %L', stays, 'cluster, 0-based');
	EXECUTE format('COMMENT ON COLUMN %s.since IS %L', stays, 'number of the first snapshot that found the customer there');
	EXECUTE format('COMMENT ON COLUMN %s.until IS %L', stays, 'number of the first snapshot that no longer did; NULL: it is there');

	EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', stays);
	EXECUTE format('CREATE POLICY own ON %s USING (EXISTS (SELECT FROM segment.model AS m WHERE m.id = %s AND pg_has_role(m.owner, ''USAGE'')))',
		stays, NEW.model_id);
	EXECUTE format('CREATE POLICY shared ON %s FOR SELECT USING ((SELECT segment.is_shared(%s)))', stays, NEW.model_id);
	EXECUTE format('COMMENT ON POLICY own ON %s IS %L', stays, 'stays are for those for whom the model is');
	EXECUTE format('COMMENT ON POLICY shared ON %s IS %L', stays, 'who may read the gate of a model sees its stays');
	EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO PUBLIC', stays);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION segment.open_stays() IS
	'trigger: the first snapshot of a model brings the table of stays, and when a superuser restores a dump, it becomes the superuser''s, as the gates do (see segment.adopt_gates()); '
	'SECURITY DEFINER because the table has to belong to the owner of the extension. The policy of segment.snapshot has checked whose the model is';
ALTER FUNCTION segment.open_stays() OWNER TO @extowner@;
CREATE TRIGGER open_stays AFTER INSERT ON segment.snapshot
	FOR EACH ROW EXECUTE FUNCTION segment.open_stays();
COMMENT ON TRIGGER open_stays ON segment.snapshot IS 'makes the table of stays with the first snapshot';

CREATE FUNCTION segment.close_stays() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM FROM segment.snapshot AS s WHERE s.model_id = OLD.model_id;
	IF NOT FOUND AND to_regclass(segment.stays_name(OLD.model_id)) IS NOT NULL THEN
		EXECUTE format('DROP TABLE %s', segment.stays_name(OLD.model_id));
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION segment.close_stays() IS
	'trigger: the last snapshot of a model takes the table of stays along; SECURITY DEFINER because the table belongs to the owner of the extension';
ALTER FUNCTION segment.close_stays() OWNER TO @extowner@;
CREATE TRIGGER close_stays AFTER DELETE ON segment.snapshot
	FOR EACH ROW EXECUTE FUNCTION segment.close_stays();
COMMENT ON TRIGGER close_stays ON segment.snapshot IS 'drops the table of stays with the last snapshot';
-- as with the trigger functions of 50-models.sql
REVOKE EXECUTE ON FUNCTION segment.open_stays(), segment.close_stays() FROM PUBLIC;

-- Raises an error unless the key of the model is one that the source has, of the types that its stays have.
CREATE FUNCTION segment.check_key(m segment.model, source regclass) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	stays CONSTANT regclass := to_regclass(segment.stays_name(m.id));
	hint CONSTANT text := 'Cast it in a view, and refit the model on that.';
	wrong record;
BEGIN
	IF m.key IS NULL THEN
		RAISE EXCEPTION 'model "%" has no key', m.model
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = format('Fit it with key => ''{a,b}'', the columns that tell customers apart; %s has no primary key.', m.source);
	END IF;
	PERFORM segment.check_columns(source, m.key, 'key');
	BEGIN
		EXECUTE format('SELECT FROM %s AS s GROUP BY %s LIMIT 0', segment.qualified_name(source),
			(SELECT string_agg(format('s.%I', k.name), ', ') FROM unnest(m.key) AS k(name)));
	EXCEPTION WHEN undefined_function THEN
		RAISE EXCEPTION 'the key of model "%" cannot be compared: %', m.model, sqlerrm USING ERRCODE = 'datatype_mismatch', HINT = hint;
	END;
	SELECT k.name, format_type(k.type, -1) AS type, format_type(a.atttypid, -1) AS former INTO wrong
		FROM segment.key_columns(source, m.key) AS k
		JOIN pg_attribute AS a ON a.attrelid = stays AND a.attname = 'key_' || k."position" AND a.atttypid <> k.type
		ORDER BY k."position" LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'column % of % is of type %, and was of type % at former snapshots',
				quote_ident(wrong.name), segment.qualified_name(source), wrong.type, wrong.former
			USING ERRCODE = 'datatype_mismatch', HINT = hint || ' Or begin anew: segment.forget() forgets the former snapshots.';
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_key(segment.model, regclass) IS
	'an error unless the model has a key (55000), whose columns are those of the relation (42703), can be compared, and are of the types of the model''s former snapshots (42804)';

-- A hash table in pieces that the processor's cache holds takes little more than half the time of a large one, and less than sorting.
-- Not for a view, whose query may have other work to do.
CREATE FUNCTION segment.find_moves(query text) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET work_mem = '2MB' SET enable_mergejoin = off
AS $$
BEGIN
	EXECUTE pg_catalog.concat('CREATE TEMPORARY TABLE segment_moves ON COMMIT DROP AS ', query);
END
$$;
COMMENT ON FUNCTION segment.find_moves(text) IS
	'keeps the result of a query of segment.take_snapshot(), which alone should call this, and whose search_path it keeps, in a temporary table';

CREATE FUNCTION segment.changed_stays(stays text, customers text, count bigint) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_changed_stays' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
	-- both queries give all their rows to this function
	SET max_parallel_workers_per_gather = 0;
COMMENT ON FUNCTION segment.changed_stays(text, text, bigint) IS
	'which customers are not where their open stay is: rows of key, group_id, cluster (all three NULL: in none) and stay (NULL: came), as segment.take_snapshot(), which alone should call this, declares them. '
	'stays: query of the open stays, so many at most: key, of a type of fixed size whose values are equal if all their bits are, group_id, cluster, ctid; customers: query of the customers, none twice: key, group_id, cluster (NULL: in none). O(rows of both); memory as segment.roster_memory() says. Errors: other columns than these (42804), a NULL in a stay (22004), more stays than declared (XX001), a number of them that cannot be (22023), or is too much for segment.max_memory (54000)';

CREATE FUNCTION segment.roster_memory(count bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'segment_roster_memory' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment.roster_memory(bigint) IS
	'bytes that segment.changed_stays() takes for so many open stays; NULL: so many are too many for it';

CREATE FUNCTION segment.check_moves(m segment.model, source regclass) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	some_null CONSTANT text := string_agg('n.key_' || i || ' IS NULL', ' OR ') FROM generate_series(1, cardinality(m.key)) AS i;
	odd record;
BEGIN
	EXECUTE format('WITH nobody AS (DELETE FROM pg_temp.segment_moves AS n WHERE n.stay IS NULL AND (%s) RETURNING n.copies) SELECT sum(copies) AS rows FROM nobody',
		some_null) INTO odd;
	IF odd.rows > 0 THEN
		RAISE NOTICE '% rows of % take no part: their key is NULL', odd.rows, segment.qualified_name(source);
	END IF;
	EXECUTE format('SELECT %s AS key, n.copies FROM pg_temp.segment_moves AS n WHERE n.copies > 1 LIMIT 1',
		segment.key_text(cardinality(m.key), 'n.key_n')) INTO odd;
	IF odd.copies > 1 THEN
		RAISE EXCEPTION '% rows of % are of customer %', odd.copies, segment.qualified_name(source), odd.key
			USING ERRCODE = 'cardinality_violation',
				HINT = format('The key of model "%s" is (%s): make one row per customer of them in a view, and refit the model on that.',
					m.model, (SELECT string_agg(quote_ident(k.name), ', ' ORDER BY k."position") FROM unnest(m.key) WITH ORDINALITY AS k(name, "position")));
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_moves(segment.model, regclass) IS
	'takes rows without a key out of the moves that segment.take_snapshot() has found, with a NOTICE; an error if several rows have the same (21000)';

CREATE FUNCTION segment.end_stays(stays text, snapshot int) RETURNS void
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	-- each by its place, in the order of places, however many the planner expects
	SET search_path = pg_catalog, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
	EXECUTE format('UPDATE %s AS s SET until = $1 FROM (SELECT m.stay FROM pg_temp.segment_moves AS m WHERE m.stay IS NOT NULL ORDER BY m.stay) AS n WHERE s.ctid = n.stay', stays)
		USING snapshot;
END
$$;
COMMENT ON FUNCTION segment.end_stays(text, int) IS 'ends the stays that segment.take_snapshot() has found to be over at the snapshot of that number';

-- Not STRICT for nothing: such a function is not inlined, so that its rows, and not the tables, are what the planner sees of it.
CREATE FUNCTION segment.active_groups(model_id bigint) RETURNS TABLE (group_id int, by_value text, clustering @extschema@.clustering, clusters int[])
	LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 100
BEGIN ATOMIC
	-- an array has its elements in full, while what is stored elsewhere would be fetched for every row that it scores
	SELECT v.group_id, v.by_value, (ARRAY[v.clustering])[1], p.clusters
	FROM segment.version AS v
	JOIN (
		SELECT q.version, q.group_id, array_agg(q.cluster ORDER BY q.number) AS clusters
		FROM segment.persona AS q WHERE q.model_id = active_groups.model_id GROUP BY q.version, q.group_id) AS p
		ON p.version = v.version AND p.group_id = v.group_id
	WHERE v.model_id = active_groups.model_id AND v.active;
END;
COMMENT ON FUNCTION segment.active_groups(bigint) IS
	'what scores the rows of each group of the model of that number: the clustering of the active version, and the clusters that its numbers stand for; of a model without groups a single row';

CREATE FUNCTION segment.keep_names(model_id bigint, version int, snapshot int) RETURNS void
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	UPDATE segment.snapshot_persona AS k SET until = snapshot
		WHERE k.model_id = keep_names.model_id AND k.until IS NULL AND NOT EXISTS (
			SELECT FROM segment.persona AS p
			WHERE p.model_id = k.model_id AND p.version = keep_names.version AND p.group_id = k.group_id AND p.cluster = k.cluster AND p.persona = k.persona);
	INSERT INTO segment.snapshot_persona (model_id, group_id, cluster, since, persona, by_value)
		SELECT p.model_id, p.group_id, p.cluster, snapshot, p.persona, v.by_value
		FROM segment.persona AS p
		JOIN segment.version AS v ON v.model_id = p.model_id AND v.version = p.version AND v.group_id = p.group_id
		WHERE p.model_id = keep_names.model_id AND p.version = keep_names.version AND NOT EXISTS (
			SELECT FROM segment.snapshot_persona AS k
			WHERE k.model_id = p.model_id AND k.group_id = p.group_id AND k.cluster = p.cluster AND k.until IS NULL);
END;
COMMENT ON FUNCTION segment.keep_names(bigint, int, int) IS
	'keeps what the clusters of that version of a model are called at the snapshot of that number';

CREATE FUNCTION segment.take_snapshot(model text, search_path text,
		OUT taken_at timestamptz, OUT customers bigint, OUT come bigint, OUT gone bigint, OUT moved bigint)
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	m segment.model;
	active_version int;
	last segment.snapshot;
	this int;
	source regclass;
	is_unique boolean;
	is_view boolean;
	in_memory boolean;
	stays text;
	in_order boolean;
	clusters int[];
	place text;
	is_same text;
	score text;
	keys text;
	query text;
BEGIN
	m := segment.locked_model(take_snapshot.model);
	SELECT v.version INTO active_version FROM segment.version AS v WHERE v.model_id = m.id AND v.active LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'model "%" has no active version', m.model
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Choose one with segment.activate().';
	END IF;
	source := segment.source_of(m.id);
	PERFORM segment.check_key(m, source);
	PERFORM segment.check_features(source, m.features);
	IF m.by_column IS NOT NULL THEN
		PERFORM segment.check_by(source, m.by_column, m.features);
	END IF;
	is_unique := segment.is_unique(source, m.key);

	SELECT * INTO last FROM segment.snapshot AS s WHERE s.model_id = m.id ORDER BY s.snapshot DESC LIMIT 1;
	this := m.last_snapshot + 1;
	taken_at := greatest(clock_timestamp(), last.taken_at + interval '1 microsecond');
	UPDATE segment.model AS u SET last_snapshot = this WHERE u.id = m.id;
	INSERT INTO segment.snapshot (model_id, snapshot, taken_at, version, source)
		VALUES (m.id, this, taken_at, active_version, segment.qualified_name(source));
	PERFORM segment.keep_names(m.id, active_version, this);
	stays := segment.stays_name(m.id);

	-- Where customers are now. Until a refit changes their order, clusters are what they are numbered in the clustering.
	-- OFFSET: one evaluation of the cluster for a row, where it is read.
	SELECT bool_and(p.cluster = p.number), array_agg(p.cluster ORDER BY p.number) INTO in_order, clusters
		FROM segment.persona AS p WHERE p.model_id = m.id AND p.version = active_version;
	IF m.by_column IS NULL THEN
		place := 'cluster';
		is_same := 'n.cluster OPERATOR(pg_catalog.=) o.cluster';
		score := format(CASE WHEN in_order THEN '%2$s' ELSE '(%1$L::pg_catalog.int4[])[%2$s OPERATOR(pg_catalog.+) 1]' END, clusters,
			format('@extschema@.cluster_id((SELECT g.clustering FROM segment.active_groups(%s) AS g), %s)', m.id, segment.scoring_arguments(m.features)));
	ELSE
		place := 'group_id, cluster';
		is_same := 'n.cluster OPERATOR(pg_catalog.=) o.cluster AND n.group_id OPERATOR(pg_catalog.=) o.group_id';
		score := format(CASE WHEN in_order THEN '%s' ELSE 'g.clusters[%s OPERATOR(pg_catalog.+) 1]' END,
			format('@extschema@.cluster_id(g.clustering, %s)', segment.scoring_arguments(m.features)));
	END IF;
	SELECT string_agg('key_' || k."position", ', ' ORDER BY k."position"), format(
			CASE WHEN m.by_column IS NULL
				THEN 'SELECT %1$s, %2$s AS cluster FROM %3$s AS s OFFSET 0'
				ELSE 'SELECT %1$s, g.group_id, %2$s AS cluster FROM %3$s AS s LEFT JOIN segment.active_groups(%4$s) AS g ON %5$s OFFSET 0' END,
			string_agg(format('s.%I::%s AS key_%s', k.name, k.type_name, k."position"), ', ' ORDER BY k."position"),
			score, segment.qualified_name(source), m.id, segment.by_condition(source, m.by_column, 'g.by_value'))
		INTO keys, query
		FROM segment.key_columns(source, m.key) AS k;

	IF NOT is_unique THEN
		query := format('SELECT %1$s, %2$s, pg_catalog.count(*) AS copies FROM (%3$s) AS s GROUP BY %1$s', keys,
			CASE WHEN m.by_column IS NULL THEN '' ELSE 'pg_catalog.min(s.group_id) AS group_id, ' END || 'pg_catalog.min(s.cluster) AS cluster', query);
	END IF;

	-- Keys that are numbers are looked up in memory, if that is enough: in half the time of a join.
	in_memory := last.snapshot IS NOT NULL AND is_unique AND cardinality(m.key) = 1
		AND (SELECT k.type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'oid'::regtype, 'date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
			FROM segment.key_columns(source, m.key) AS k)
		AND coalesce(segment.roster_memory(last.customers) <= segment.memory_limit(), false);

	-- The functions that a view calls may need the caller's search_path; the queries themselves write every name out.
	IF last.snapshot IS NULL AND is_unique THEN
		query := format('INSERT INTO %1$s (%2$s, %3$s, since) SELECT %2$s, %3$s, %4$s FROM (%5$s) AS n WHERE n.cluster IS NOT NULL',
			stays, keys, place, this, query);
		PERFORM set_config('search_path', take_snapshot.search_path, true);
		EXECUTE query;
		GET DIAGNOSTICS customers = ROW_COUNT;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
		come := customers;
		gone := 0;
		moved := 0;
	ELSE
		-- Who is not where the last stay is; and, to be refused, keys that occur several times.
		IF in_memory THEN
			query := format('SELECT n.* FROM segment.changed_stays(%L, %L, %s) AS n(key_1 %s, group_id pg_catalog.int4, cluster pg_catalog.int4, stay pg_catalog.tid)',
				format('SELECT s.key_1, %s, s.cluster, s.ctid FROM %s AS s WHERE s.until IS NULL', CASE WHEN m.by_column IS NULL THEN '0' ELSE 's.group_id' END, stays),
				format('SELECT n.key_1, %s, n.cluster FROM (%s) AS n', CASE WHEN m.by_column IS NULL THEN '0' ELSE 'n.group_id' END, query),
				last.customers, (SELECT k.type_name FROM segment.key_columns(source, m.key) AS k));
		ELSIF last.snapshot IS NULL THEN
			query := format('SELECT n.*, NULL::pg_catalog.tid AS stay FROM (%s) AS n WHERE n.cluster IS NOT NULL', query);
		ELSE
			query := format('SELECT n.*, o.stay FROM (%s) AS n '
				'FULL JOIN (SELECT s.ctid AS stay, s.* FROM %s AS s WHERE s.until IS NULL) AS o ON %s '
				'WHERE (%s) IS NOT TRUE AND (n.cluster IS NOT NULL OR o.stay IS NOT NULL)',
				query, stays, segment.same_key(stays::regclass, cardinality(m.key), 'n', 'o'), is_same);
		END IF;
		IF NOT is_unique THEN
			query := query || ' OR n.copies OPERATOR(pg_catalog.>) 1';
		END IF;
		is_view := (SELECT c.relkind = 'v' FROM pg_class AS c WHERE c.oid = source);
		PERFORM set_config('search_path', take_snapshot.search_path, true);
		IF is_view OR in_memory THEN
			EXECUTE pg_catalog.concat('CREATE TEMPORARY TABLE segment_moves ON COMMIT DROP AS ', query);
		ELSE
			PERFORM segment.find_moves(query);
		END IF;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

		IF NOT is_unique THEN
			PERFORM segment.check_moves(m, source);
		END IF;
		SELECT count(*) FILTER (WHERE n.stay IS NULL), count(*) FILTER (WHERE n.cluster IS NULL), count(*) FILTER (WHERE n.stay IS NOT NULL AND n.cluster IS NOT NULL)
			INTO come, gone, moved FROM pg_temp.segment_moves AS n;
		PERFORM segment.end_stays(stays, this);
		EXECUTE format('INSERT INTO %1$s (%2$s, %3$s, since) SELECT %2$s, %3$s, $1 FROM pg_temp.segment_moves AS n WHERE n.cluster IS NOT NULL',
			stays, keys, place) USING this;
		DROP TABLE pg_temp.segment_moves;
		customers := coalesce(last.customers, 0) + come - gone;
	END IF;
	UPDATE segment.snapshot AS s SET customers = take_snapshot.customers, come = take_snapshot.come, gone = take_snapshot.gone, moved = take_snapshot.moved
		WHERE s.model_id = m.id AND s.snapshot = this;
END
$$;
COMMENT ON FUNCTION segment.take_snapshot(text, text) IS
	'segment.snapshot with the caller''s search_path as the last argument; to be called through segment.snapshot';

CREATE FUNCTION segment.snapshot(model text,
		OUT taken_at timestamptz, OUT customers bigint, OUT come bigint, OUT gone bigint, OUT moved bigint)
	LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT s.taken_at, s.customers, s.come, s.gone, s.moved
	FROM segment.take_snapshot(snapshot.model, current_setting('search_path')) AS s;
END;
COMMENT ON FUNCTION segment.snapshot(text) IS
	'keeps which customer of the source of the current role''s model is in which cluster now, by the active version, with the names that clusters have now. Returns when, how many customers are in a cluster, and how many came to one, left for none, or moved to another since the snapshot before. '
	'A customer without a number in every feature is in no cluster, as one that is not in the source, or whose group the active version does not have; one that is in another group of a model by groups has moved; rows whose key is NULL take no part, which a NOTICE says. '
	'Clusters are known by their lasting numbers, so a refit in between moves only those that it puts elsewhere. Only what has changed is stored; O(a scan of the source and one of what is stored, and a join of the two by hash or order, or, if the key is one number, date or time under a unique index, and segment.max_memory allows, a lookup in memory of 30 to 36 bytes per customer). '
	'Two sessions that take a snapshot of a model at once come one after the other. '
	'Errors: no such model (42704), or only shared (42501); it has no key, or no active version (55000); several rows of one customer (21000, which names it); the source is gone (42P01), or lacks a feature, the key or the column for groups (42703), or has them of another type (42804)';

CREATE FUNCTION segment.forget(model text, before timestamptz) RETURNS int
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m CONSTANT segment.model := segment.locked_model(model);
	kept int;
	forgotten int;
BEGIN
	IF before IS NULL THEN
		RAISE EXCEPTION 'before must not be NULL'
			USING ERRCODE = 'null_value_not_allowed', HINT = 'Write a time, such as now() - interval ''2 years'', or ''infinity'' for all.';
	END IF;
	SELECT min(s.snapshot) INTO kept FROM segment.snapshot AS s WHERE s.model_id = m.id AND s.taken_at >= before;
	IF kept IS NOT NULL THEN
		EXECUTE format('DELETE FROM %s WHERE until <= $1', segment.stays_name(m.id)) USING kept;
	END IF;
	DELETE FROM segment.snapshot_persona AS p WHERE p.model_id = m.id AND (kept IS NULL OR p.until <= kept);
	DELETE FROM segment.snapshot AS s WHERE s.model_id = m.id AND s.taken_at < before;
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	RETURN forgotten;
END
$$;
COMMENT ON FUNCTION segment.forget(text, timestamptz) IS
	'forgets the snapshots of the current role''s model that were taken before that time, and returns how many; ''infinity'': all. The others stay as they are. '
	'Errors: no such model (42704), or only shared (42501); no time (22004)';

CREATE VIEW segment.snapshots WITH (security_invoker) AS
SELECT m.model, s.snapshot, s.taken_at, s.version, s.source, s.customers, s.come, s.gone, s.moved, m.owner::text
FROM segment.snapshot AS s JOIN segment.model AS m ON m.id = s.model_id
ORDER BY m.owner::text, m.model, s.snapshot;
COMMENT ON VIEW segment.snapshots IS 'snapshots that segment.snapshot() took, of the models that segment.models shows';
COMMENT ON COLUMN segment.snapshots.model IS 'name of the model';
COMMENT ON COLUMN segment.snapshots.snapshot IS 'number of the snapshot, from 1, in the order of time';
COMMENT ON COLUMN segment.snapshots.taken_at IS 'when it was taken';
COMMENT ON COLUMN segment.snapshots.version IS 'version that was active';
COMMENT ON COLUMN segment.snapshots.source IS 'relation whose rows were scored, quoted and qualified';
COMMENT ON COLUMN segment.snapshots.customers IS 'customers that were in a cluster';
COMMENT ON COLUMN segment.snapshots.come IS 'those of them that were in none at the snapshot before';
COMMENT ON COLUMN segment.snapshots.gone IS 'customers that were in a cluster at the snapshot before, and in none any more';
COMMENT ON COLUMN segment.snapshots.moved IS 'customers that were in another cluster at the snapshot before';
COMMENT ON COLUMN segment.snapshots.owner IS 'role that fitted the model';
GRANT SELECT ON segment.snapshots TO PUBLIC;

CREATE FUNCTION segment.snapshot_at(model_id bigint, at timestamptz, before int DEFAULT NULL) RETURNS segment.snapshot
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found segment.snapshot;
	name text;
	first timestamptz;
BEGIN
	SELECT * INTO found FROM segment.snapshot AS s
		WHERE s.model_id = snapshot_at.model_id AND (at IS NULL OR s.taken_at <= at) AND (before IS NULL OR s.snapshot < before)
		ORDER BY s.snapshot DESC LIMIT 1;
	IF found.snapshot IS NULL THEN
		SELECT m.model, min(s.taken_at) INTO name, first
			FROM segment.model AS m LEFT JOIN segment.snapshot AS s ON s.model_id = m.id WHERE m.id = snapshot_at.model_id GROUP BY m.model;
		IF first IS NULL THEN
			RAISE EXCEPTION 'model "%" has no snapshots', name
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('Take one every night: SELECT segment.snapshot(%L).', name);
		ELSIF at IS NULL THEN
			RAISE EXCEPTION 'model "%" has no snapshot before that of %', name, first
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Two are needed to see who moved.';
		END IF;
		RAISE EXCEPTION 'model "%" has no snapshot of % or before', name, at
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('Its first is of %s; see segment.snapshots.', first);
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION segment.snapshot_at(bigint, timestamptz, int) IS
	'the snapshot by which the model of that number is known at that time, the last until then; NULL: the last of all. before: only those below that number. An error (55000) if there is none';

CREATE FUNCTION segment.snapshots_between(model_id bigint, since timestamptz, until timestamptz) RETURNS segment.snapshot[]
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	second segment.snapshot;
BEGIN
	IF until < since THEN
		RAISE EXCEPTION 'until, %, is before since, %', until, since
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Swap the two.';
	END IF;
	second := segment.snapshot_at(model_id, until);
	RETURN ARRAY[segment.snapshot_at(model_id, since, CASE WHEN since IS NULL THEN second.snapshot END), second];
END
$$;
COMMENT ON FUNCTION segment.snapshots_between(bigint, timestamptz, timestamptz) IS
	'the snapshots of the model of that number by which it is known at two times; until NULL: the last one; since NULL: the one before the other. Errors: there is none (55000), or the times are not in order (22023)';

CREATE FUNCTION segment.names_at(model_id bigint, snapshot int) RETURNS TABLE (group_id int, by_value text, cluster int, persona text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT p.group_id, p.by_value, p.cluster, p.persona
	FROM segment.snapshot_persona AS p
	WHERE p.model_id = names_at.model_id AND p.since <= names_at.snapshot AND (p.until > names_at.snapshot OR p.until IS NULL);
END;
COMMENT ON FUNCTION segment.names_at(bigint, int) IS
	'clusters of the model of that number at the snapshot of that number, with the names that they had then';

CREATE FUNCTION segment.stays_query(model_id bigint) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format(CASE WHEN m.by_column IS NULL THEN '(SELECT *, 0 AS group_id FROM %s)' ELSE '%s' END, segment.stays_name(m.id))
	FROM segment.model AS m WHERE m.id = stays_query.model_id;
END;
COMMENT ON FUNCTION segment.stays_query(bigint) IS
	'what to read for the stays of the model of that number with the column group_id, whether it is by groups or not';

-- Most customers are still where they were, by the same stay. Only the others are looked for at both times.
CREATE FUNCTION segment.moves_query(model_id bigint, columns text) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format(
		'SELECT %s, a.group_id AS from_group, a.cluster AS from_cluster, b.group_id AS to_group, b.cluster AS to_cluster '
		'FROM (SELECT * FROM %2$s AS s WHERE since <= $1 AND until > $1 AND until <= $2) AS a '
		'FULL JOIN (SELECT * FROM %2$s AS s WHERE since > $1 AND since <= $2 AND (until > $2 OR until IS NULL)) AS b ON %3$s',
		columns, segment.stays_query(m.id), segment.same_key(to_regclass(segment.stays_name(m.id)), cardinality(m.key), 'a', 'b'))
	FROM segment.model AS m WHERE m.id = moves_query.model_id;
END;
COMMENT ON FUNCTION segment.moves_query(bigint, text) IS
	'query of the customers of the model of that number who are not by the same stay where they are at snapshot $1 and at snapshot $2, but at one of them in some cluster: their stay at the former is a, at the latter b, whose groups and clusters are the last columns. columns: what to select before these';

CREATE FUNCTION segment.last_two_days(model_id bigint) RETURNS text[]
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT array_agg(to_char(l.taken_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') ORDER BY l.taken_at)
	FROM (SELECT s.taken_at FROM segment.snapshot AS s WHERE s.model_id = last_two_days.model_id ORDER BY s.taken_at DESC LIMIT 2) AS l
	HAVING count(*) = 2;
END;
COMMENT ON FUNCTION segment.last_two_days(bigint) IS
	'days (UTC) of the last two snapshots of the model of that number, which segment.migration() compares; NULL if there are not two';

CREATE FUNCTION segment.migration(model text, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
	RETURNS TABLE (from_cluster int, from_persona text, to_cluster int, to_persona text, customers bigint, share float8, from_by_value text, to_by_value text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 30
	-- the planner cannot know how many groups there are
	SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
AS $$
DECLARE
	of CONSTANT bigint := segment.readable_model_id(model);
	pair CONSTANT segment.snapshot[] := segment.snapshots_between(of, since, until);
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT m.from_cluster, a.persona, m.to_cluster, b.persona, m.customers::bigint, '
		'(m.customers / sum(m.customers) OVER (PARTITION BY m.from_group, m.from_cluster))::float8, a.by_value, b.by_value FROM ('
		'SELECT u.from_group, u.from_cluster, u.to_group, u.to_cluster, sum(u.customers) AS customers FROM ('
		'SELECT count(*) AS customers, s.group_id AS from_group, s.cluster AS from_cluster, s.group_id AS to_group, s.cluster AS to_cluster '
		'FROM %s AS s WHERE s.since <= $1 AND (s.until > $2 OR s.until IS NULL) GROUP BY s.group_id, s.cluster '
		'UNION ALL %s GROUP BY a.group_id, a.cluster, b.group_id, b.cluster) AS u GROUP BY u.from_group, u.from_cluster, u.to_group, u.to_cluster) AS m '
		'LEFT JOIN segment.names_at($3, $1) AS a ON a.group_id = m.from_group AND a.cluster = m.from_cluster '
		'LEFT JOIN segment.names_at($3, $2) AS b ON b.group_id = m.to_group AND b.cluster = m.to_cluster '
		'ORDER BY m.from_group, m.from_cluster, m.to_group, m.to_cluster',
		segment.stays_query(of), segment.moves_query(of, 'count(*)'))
		USING (pair[1]).snapshot, (pair[2]).snapshot, of;
END
$$;
COMMENT ON FUNCTION segment.migration(text, timestamptz, timestamptz) IS
	'who moved between two snapshots of a model, the current role''s own or one shared with it, as a matrix: a row for each two clusters between which customers went, or in which they stayed, with the names that these had then, in the order of the clusters; customers: how many, share: of all that were in the first (0 to 1). '
	'A cluster NULL: in none, that is, not in the source, without a number in every feature, or in a group that the model did not have; they are at the end. '
	'If the model is by groups, from_by_value and to_by_value are the groups of the two clusters, otherwise NULL: clusters are those of a group, in the order of the groups, and a customer whose group is another one has moved; the share is of all that were in the first cluster of the first group. '
	'since, until: times, each of which stands for the last snapshot until then; by default the last two snapshots. O(a scan of all stays, and a join of those that changed). '
	'Errors: no such model (42704), several of that name by other roles (42P09); no snapshot at these times (55000); until before since (22023)';

CREATE FUNCTION segment.movers(model text, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL)
	RETURNS TABLE (key text, from_cluster int, from_persona text, to_cluster int, to_persona text, from_by_value text, to_by_value text)
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
AS $$
DECLARE
	of CONSTANT bigint := segment.readable_model_id(model);
	pair CONSTANT segment.snapshot[] := segment.snapshots_between(of, since, until);
	key_length CONSTANT int := cardinality(m.key) FROM segment.model AS m WHERE m.id = of;
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT %s, m.from_cluster, a.persona, m.to_cluster, b.persona, a.by_value, b.by_value FROM ('
		'%s WHERE (a.group_id, a.cluster) IS DISTINCT FROM (b.group_id, b.cluster)) AS m '
		'LEFT JOIN segment.names_at($3, $1) AS a ON a.group_id = m.from_group AND a.cluster = m.from_cluster '
		'LEFT JOIN segment.names_at($3, $2) AS b ON b.group_id = m.to_group AND b.cluster = m.to_cluster '
		'ORDER BY m.from_group, m.from_cluster, m.to_group, m.to_cluster, %s',
		segment.key_text(key_length, 'm.key_n'),
		segment.moves_query(of, (SELECT string_agg(format('coalesce(a.key_%1$s, b.key_%1$s) AS key_%1$s', i), ', ' ORDER BY i) FROM generate_series(1, key_length) AS i)),
		(SELECT string_agg(format('m.key_%s', i), ', ' ORDER BY i) FROM generate_series(1, key_length) AS i))
		USING (pair[1]).snapshot, (pair[2]).snapshot, of;
END
$$;
COMMENT ON FUNCTION segment.movers(text, timestamptz, timestamptz) IS
	'the customers that are in other clusters, or in clusters of other groups, at one of two snapshots than at the other, as segment.migration() counts them; key: the text of their key, or of a row of its columns if it has several. In the order of the groups, the clusters and the keys. Arguments, by_value and errors as segment.migration()';
