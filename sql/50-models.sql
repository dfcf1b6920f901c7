-- Managed models: where they are kept, and who may see them.
--
-- segment.model has a row per model, segment.version one per fit of it, segment.persona one per cluster of a version, and
-- segment.change one per cluster of a refit. A model that was fitted by groups (by => 'store') has a clustering, and so a row in
-- segment.version, for each of them: group_id tells them apart, which is 0 in all others. The rows belong to the role that
-- fitted the model. Four things see to that:
--
-- 1. The tables belong to the owner of the extension, so that pg_dump, run by the owner of the database, is not stopped by
--    row-level security. Every role may use them, and row-level security shows each role its own rows.
-- 2. The views and functions on top of them run with the rights of the caller (security_invoker; no SECURITY DEFINER but
--    the trigger functions, and segment.open_gate; each says why).
-- 3. A view made by segment.create_view needs more: whoever may read the view must see personas, and inside a view
--    current_user is the reader, to whom row-level security would show nothing. Such a view therefore reads the model
--    through a gate: a view of the active version of that one model, which belongs to the owner of the extension and which
--    only the owner of the model may read, and hence any view of the owner's. What protects it is an ordinary GRANT, which
--    the server checks as the owner of the view, and which pg_dump carries.
-- 4. To share a model is to grant SELECT on its gate: row-level security shows the rows of a model to those who may read its
--    gate, too. So the right to see a model is the server's own: it follows a role that is renamed, holds up DROP ROLE, goes
--    with DROP OWNED, and never falls to a later role that happens to get the same OID.

-- From here on a bare name means pg_catalog: CREATE EXTENSION looks into the extension's schema too, where somebody
-- else may have put an operator that fits better. Objects of segment's are written out.
SET LOCAL search_path = pg_catalog, pg_temp;

-- pg_dump restores the gates as ordinary views of this schema, in the name of the extension's owner.
GRANT CREATE ON SCHEMA segment TO @extowner@;

CREATE TABLE segment.model (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	owner		regrole NOT NULL DEFAULT current_user::regrole,
	model		text NOT NULL CHECK (char_length(model) BETWEEN 1 AND 200),
	source		text NOT NULL,
	features	text[] NOT NULL,
	key			text[],
	method		text NOT NULL,
	scale		text NOT NULL,
	k			int,
	seed		bigint NOT NULL,
	by_column	text,
	ruleset		text,
	options		jsonb NOT NULL,
	last_version int NOT NULL,
	last_snapshot int NOT NULL DEFAULT 0,
	UNIQUE (owner, model)
);
COMMENT ON TABLE segment.model IS
	'how each model is fitted, a row per model; every role sees its own (see the view segment.models)';
COMMENT ON COLUMN segment.model.id IS 'number of the model, never used again';
COMMENT ON SEQUENCE segment.model_id_seq IS 'numbers of the models';
COMMENT ON COLUMN segment.model.owner IS 'role that fitted the model';
COMMENT ON COLUMN segment.model.model IS 'name of the model, unique among those of its owner, at most 200 characters';
COMMENT ON COLUMN segment.model.source IS
	'relation that segment.refit() fits the model on, and of which segment.create_view() makes views, by its quoted and qualified name: a name survives a dump and tells what is gone, an OID does not';
COMMENT ON COLUMN segment.model.features IS 'columns that are clustered, in the order of the centroids';
COMMENT ON COLUMN segment.model.key IS 'columns that identify a customer; NULL: the source has no primary key';
COMMENT ON COLUMN segment.model.method IS 'kmeans, hclust or gmm';
COMMENT ON COLUMN segment.model.scale IS 'scaling of the features: none, zscore, minmax, robust or log';
COMMENT ON COLUMN segment.model.k IS 'number of clusters asked for, or chosen by the first fit; NULL: options has a height';
COMMENT ON COLUMN segment.model.seed IS 'seed of the random starts';
COMMENT ON COLUMN segment.model.by_column IS 'column by whose values the rows are put into groups, each clustered by itself; NULL: all rows together';
COMMENT ON COLUMN segment.model.ruleset IS 'ruleset that names the clusters; NULL: every rule whose features the model has';
COMMENT ON COLUMN segment.model.options IS 'options of the method, as given to segment.fit';
COMMENT ON COLUMN segment.model.last_version IS 'the highest number that a version ever had';
COMMENT ON COLUMN segment.model.last_snapshot IS 'the highest number that a snapshot ever had';

CREATE TABLE segment.version (
	model_id	bigint NOT NULL REFERENCES segment.model ON DELETE CASCADE,
	version		int NOT NULL CHECK (version > 0),
	group_id	int NOT NULL DEFAULT 0,
	by_value	text,
	previous	int CHECK (previous > 0),
	active		boolean NOT NULL,
	fitted_at	timestamptz NOT NULL DEFAULT now(),
	source		text NOT NULL,
	clustering	@extschema@.clustering NOT NULL,
	scratch_hash bigint NOT NULL,
	last_cluster int NOT NULL,
	bin_edges	float8[],
	tally		float8[],
	PRIMARY KEY (model_id, version, group_id),
	CONSTRAINT version_group CHECK ((group_id = 0) = (by_value IS NULL) AND group_id >= 0)
);
CREATE UNIQUE INDEX version_active ON segment.version (model_id, group_id) WHERE active;
COMMENT ON TABLE segment.version IS
	'what each fit of a model found, a row per model, version and group; every role sees the versions of its own models';
COMMENT ON COLUMN segment.version.model_id IS 'number of the model';
COMMENT ON COLUMN segment.version.version IS 'number of the version, from 1';
COMMENT ON COLUMN segment.version.group_id IS 'number of the group, from 1 and the same in every version; 0: the model is not by groups';
COMMENT ON COLUMN segment.version.by_value IS 'value of the rows of the group, as segment.by_text() writes it; NULL: the model is not by groups';
COMMENT ON COLUMN segment.version.previous IS 'version that was active before, whose clusters and names it carries on; NULL for the first';
COMMENT ON COLUMN segment.version.active IS 'whether views and functions use this version: one version of a model at most, with all its groups';
COMMENT ON COLUMN segment.version.fitted_at IS 'start of the transaction that fitted it';
COMMENT ON COLUMN segment.version.source IS 'relation that it was fitted on, by its quoted and qualified name';
COMMENT ON COLUMN segment.version.clustering IS 'the fitted clusters, by which rows are scored; their numbers in it are segment.persona.number';
COMMENT ON COLUMN segment.version.scratch_hash IS
	'hash of what a fit from scratch found on the rows, kept or not: a refit that finds the same has the same rows before it';
COMMENT ON COLUMN segment.version.last_cluster IS 'the highest number that a cluster of the group had up to this version: a new one gets the next of the highest';
COMMENT ON CONSTRAINT version_group ON segment.version IS 'a group has a value, and a model without groups none';
COMMENT ON COLUMN segment.version.bin_edges IS 'bins of each feature, about a tenth of the rows of the fit in each (see segment.bin_edges); NULL: not known';
COMMENT ON COLUMN segment.version.tally IS 'how many rows of the fit are in each cluster, and in each of these bins (see segment.tally): what segment.health() compares later rows with; NULL: not known, until segment.refit() takes it';
COMMENT ON INDEX segment.version_active IS 'at most one active version of a model';

CREATE TABLE segment.persona (
	model_id	bigint NOT NULL,
	version		int NOT NULL,
	group_id	int NOT NULL DEFAULT 0,
	cluster		int NOT NULL,
	number		int NOT NULL,
	persona		text NOT NULL CHECK (persona <> ''),
	pinned		boolean NOT NULL DEFAULT false,
	ruleset		text,
	note		text,
	PRIMARY KEY (model_id, version, group_id, cluster),
	UNIQUE (model_id, version, group_id, number),
	UNIQUE (model_id, version, group_id, persona) DEFERRABLE,		-- names are swapped by one UPDATE
	FOREIGN KEY (model_id, version, group_id) REFERENCES segment.version ON DELETE CASCADE
);
COMMENT ON TABLE segment.persona IS
	'names of the clusters, a row per cluster of a version; every role sees those of its own models (see the view segment.personas)';
COMMENT ON COLUMN segment.persona.model_id IS 'number of the model';
COMMENT ON COLUMN segment.persona.version IS 'number of the version';
COMMENT ON COLUMN segment.persona.group_id IS 'number of the group; 0: the model is not by groups';
COMMENT ON COLUMN segment.persona.cluster IS 'cluster, 0-based: the same for what segment.refit() takes for the same cluster in a later version, and never used again in its group';
COMMENT ON COLUMN segment.persona.number IS 'number of the cluster in the version''s clustering, where clusters are in the order of their centroids';
COMMENT ON COLUMN segment.persona.persona IS 'name of the cluster, unique in its version and group';
COMMENT ON COLUMN segment.persona.pinned IS 'whether segment.rename() gave the name';
COMMENT ON COLUMN segment.persona.ruleset IS 'ruleset whose rule gave the name, here or in the version that it is carried on from; NULL: no rule did, the name is made of the profile';
COMMENT ON COLUMN segment.persona.note IS 'what to do about these customers, from the rule that named them; NULL without such a rule';

CREATE TABLE segment.change (
	model_id	bigint NOT NULL REFERENCES segment.model ON DELETE CASCADE,
	version		int NOT NULL,
	group_id	int NOT NULL DEFAULT 0,
	by_value	text,
	cluster		int NOT NULL,
	persona		text NOT NULL,
	event		text NOT NULL CHECK (event IN ('kept', 'born', 'died', 'split', 'merged')),
	size_before	bigint,
	size_after	bigint,
	from_clusters int[] NOT NULL,
	into_clusters int[] NOT NULL,
	drift		float8,
	note		text,
	PRIMARY KEY (model_id, version, group_id, cluster)
);
COMMENT ON TABLE segment.change IS
	'what became of each cluster in each refit, a row per version and cluster of it or of the version before; every role sees those of its own models (see the view segment.changes)';
COMMENT ON COLUMN segment.change.model_id IS 'number of the model';
COMMENT ON COLUMN segment.change.version IS 'number of the version that the refit made';
COMMENT ON COLUMN segment.change.group_id IS 'number of the group, which the version may no longer have; 0: the model is not by groups';
COMMENT ON COLUMN segment.change.by_value IS 'value of the rows of the group; NULL: the model is not by groups';
COMMENT ON COLUMN segment.change.cluster IS 'cluster, 0-based';
COMMENT ON COLUMN segment.change.persona IS 'its name then';
COMMENT ON COLUMN segment.change.event IS 'kept, born, died, split or merged, as segment.refit() defines them';
COMMENT ON COLUMN segment.change.size_before IS 'rows in the version before; NULL: born';
COMMENT ON COLUMN segment.change.size_after IS 'rows in this version; NULL: died';
COMMENT ON COLUMN segment.change.from_clusters IS 'other clusters from each of which a fifth or more of its rows come';
COMMENT ON COLUMN segment.change.into_clusters IS 'other clusters to each of which a fifth or more of its rows went';
COMMENT ON COLUMN segment.change.drift IS 'how far the centroid moved, as a multiple of the root mean square distance of its members to it before; NULL: born or died';
COMMENT ON COLUMN segment.change.note IS 'what else is to be said; mostly NULL';

ALTER TABLE segment.model OWNER TO @extowner@;
ALTER TABLE segment.version OWNER TO @extowner@;
ALTER TABLE segment.persona OWNER TO @extowner@;
ALTER TABLE segment.change OWNER TO @extowner@;

ALTER TABLE segment.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE segment.version ENABLE ROW LEVEL SECURITY;
ALTER TABLE segment.persona ENABLE ROW LEVEL SECURITY;
ALTER TABLE segment.change ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION segment.gate_name(model_id bigint) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT 'segment.model_' || model_id::text;
END;
COMMENT ON FUNCTION segment.gate_name(bigint) IS
	'name of the gate through which views read the model of that number; the gate exists once segment.create_view() or segment.share() was called';

CREATE FUNCTION segment.is_shared(model_id bigint) RETURNS boolean
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT coalesce(has_table_privilege(to_regclass(segment.gate_name(model_id)), 'SELECT'), false);
END;
COMMENT ON FUNCTION segment.is_shared(bigint) IS
	'whether the current role may read the gate of the model of that number: its owner once the gate exists, those whom segment.share() named, and members of such roles';

CREATE POLICY own ON segment.model USING (pg_has_role(owner, 'USAGE'));
CREATE POLICY own ON segment.version
	USING (EXISTS (SELECT FROM segment.model AS m WHERE m.id = model_id AND pg_has_role(m.owner, 'USAGE')));
CREATE POLICY own ON segment.persona
	USING (EXISTS (SELECT FROM segment.model AS m WHERE m.id = model_id AND pg_has_role(m.owner, 'USAGE')));
CREATE POLICY own ON segment.change
	USING (EXISTS (SELECT FROM segment.model AS m WHERE m.id = model_id AND pg_has_role(m.owner, 'USAGE')));
CREATE POLICY shared ON segment.model FOR SELECT USING (segment.is_shared(id));
CREATE POLICY shared ON segment.version FOR SELECT USING (segment.is_shared(model_id));
CREATE POLICY shared ON segment.persona FOR SELECT USING (segment.is_shared(model_id));
CREATE POLICY shared ON segment.change FOR SELECT USING (segment.is_shared(model_id));
COMMENT ON POLICY own ON segment.model IS 'models are for their owner, and for roles that have the owner''s privileges';
COMMENT ON POLICY own ON segment.version IS 'versions are for those for whom the model is';
COMMENT ON POLICY own ON segment.persona IS 'personas are for those for whom the model is';
COMMENT ON POLICY own ON segment.change IS 'changes are for those for whom the model is';
COMMENT ON POLICY shared ON segment.model IS 'who may read the gate of a model sees the model';
COMMENT ON POLICY shared ON segment.version IS 'who may read the gate of a model sees its versions';
COMMENT ON POLICY shared ON segment.persona IS 'who may read the gate of a model sees its personas';
COMMENT ON POLICY shared ON segment.change IS 'who may read the gate of a model sees its changes';

-- Not id and owner: nobody takes the number of a model to come, or gives a model away.
GRANT SELECT, DELETE,
	INSERT (model, source, features, key, method, scale, k, seed, by_column, ruleset, options, last_version, last_snapshot),
	UPDATE (model, source, features, key, method, scale, k, seed, by_column, ruleset, options, last_version, last_snapshot) ON segment.model TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON segment.version, segment.persona, segment.change TO PUBLIC;

SELECT pg_extension_config_dump('segment.model', '');
SELECT pg_extension_config_dump('segment.model_id_seq', '');
SELECT pg_extension_config_dump('segment.version', '');
SELECT pg_extension_config_dump('segment.persona', '');
SELECT pg_extension_config_dump('segment.change', '');

-- The number of the caller's model of that name: for whatever changes a model.
CREATE FUNCTION segment.model_id(model text) RETURNS bigint
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_id bigint;
	others text;
BEGIN
	-- The owner is named because the extension's owner and superusers see the rows of every role.
	SELECT m.id INTO found_id FROM segment.model AS m
		WHERE m.model = model_id.model AND m.owner = current_user::regrole;
	IF found_id IS NULL THEN
		SELECT string_agg(m.owner::text, ', ' ORDER BY m.owner::text COLLATE "C") INTO others
			FROM segment.model AS m WHERE m.model = model_id.model AND NOT pg_has_role(m.owner, 'USAGE') AND segment.is_shared(m.id);
		IF others IS NOT NULL THEN
			RAISE EXCEPTION 'model "%" is shared with role "%", but not its own', model, current_user
				USING ERRCODE = 'insufficient_privilege', HINT = format('Its owner can change it: %s.', others);
		END IF;
		SELECT string_agg('"' || m.model || '"', ', ' ORDER BY m.model COLLATE "C") INTO others
			FROM segment.model AS m WHERE m.owner = current_user::regrole;
		RAISE EXCEPTION 'role "%" has no model %', current_user, coalesce('"' || model || '"', 'NULL')
			USING ERRCODE = 'undefined_object',
				HINT = coalesce('Its models are ' || others || '.', 'It has no model at all; segment.fit() makes one.');
	END IF;
	RETURN found_id;
END
$$;
COMMENT ON FUNCTION segment.model_id(text) IS
	'number of the current role''s model of that name; an error if it has none (42704, which lists those it has), or one of that name is only shared with it (42501)';

-- The number of the model that the caller means: for whatever reads a model.
CREATE FUNCTION segment.readable_model_id(model text) RETURNS bigint
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	own_id bigint;
	ids bigint[];
	owners text;
BEGIN
	SELECT max(m.id) FILTER (WHERE m.owner = current_user::regrole), array_agg(m.id),
			string_agg(m.owner::text, ', ' ORDER BY m.owner::text COLLATE "C")
		INTO own_id, ids, owners
		FROM segment.model AS m
		WHERE m.model = readable_model_id.model AND (pg_has_role(m.owner, 'USAGE') OR segment.is_shared(m.id));
	IF own_id IS NULL AND cardinality(ids) > 1 THEN
		RAISE EXCEPTION 'there are several models "%", by %', model, owners
			USING ERRCODE = 'ambiguous_alias',
				HINT = 'The views segment.models, segment.personas and segment.changes have a column owner to tell them apart.';
	END IF;
	RETURN coalesce(own_id, ids[1], segment.model_id(model));
END
$$;
COMMENT ON FUNCTION segment.readable_model_id(text) IS
	'number of the current role''s model of that name, or else of the one of a role whose privileges it has or that shared it; an error if there is none (42704) or there are several (42P09, which names their owners)';

-- Those who change one model come one after the other; each sees what the one before has done.
CREATE FUNCTION segment.locked_model(model text) RETURNS segment.model
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model;
BEGIN
	LOOP
		SELECT * INTO m FROM segment.model AS l WHERE l.id = segment.model_id(locked_model.model) FOR NO KEY UPDATE;
		EXIT WHEN FOUND;		-- otherwise it was dropped while we waited, and perhaps made again
	END LOOP;
	RETURN m;
END
$$;
COMMENT ON FUNCTION segment.locked_model(text) IS
	'the current role''s model of that name, locked until the transaction ends against whatever else changes it; errors as segment.model_id()';

CREATE FUNCTION segment.qualified_name(relation regclass) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT format('%I.%I', n.nspname, c.relname)
	FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE c.oid = relation;
END;
COMMENT ON FUNCTION segment.qualified_name(regclass) IS
	'name of the relation with its schema, quoted where needed, whatever the search_path; NULL if there is no such relation';

-- The relation that a model was fitted on, looked up by name now.
CREATE FUNCTION segment.source_of(model_id bigint) RETURNS regclass
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	m segment.model;
	relation regclass;
BEGIN
	SELECT * INTO STRICT m FROM segment.model WHERE id = model_id;
	relation := to_regclass(m.source);
	IF relation IS NULL THEN
		RAISE EXCEPTION 'the source of model "%", %, does not exist', m.model, m.source
			USING ERRCODE = 'undefined_table',
				HINT = 'Bring it back under that name, or drop the model with segment.drop() and fit another.';
	END IF;
	RETURN relation;
END
$$;
COMMENT ON FUNCTION segment.source_of(bigint) IS
	'relation that the model of that number was fitted on; an error (42P01) that names it if it is gone';

CREATE FUNCTION segment.open_gate(model_id bigint) RETURNS regclass
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	gate CONSTANT text := segment.gate_name(model_id);
	owner_name name;
BEGIN
	-- The lock makes a second session wait until the gate is there.
	SELECT r.rolname INTO STRICT owner_name
		FROM segment.model AS m JOIN pg_roles AS r ON r.oid = m.owner WHERE m.id = model_id
		FOR UPDATE OF m;
	-- security_barrier: no condition that a reader adds is tried on the rows of other models.
	IF to_regclass(gate) IS NULL THEN
		EXECUTE format(
			'CREATE VIEW %s WITH (security_barrier) AS '
			'SELECT p.cluster, p.persona, p.number, v.clustering, v.group_id, v.by_value '
			'FROM segment.version AS v JOIN segment.persona AS p '
			'ON p.model_id = v.model_id AND p.version = v.version AND p.group_id = v.group_id '
			'WHERE v.model_id = %s AND v.active', gate, model_id);
		EXECUTE format('COMMENT ON VIEW %s IS %L', gate,
			'the active version of one model, for the views that segment.create_view() made of it, and for those whom segment.share() named');
		EXECUTE format('COMMENT ON COLUMN %s.cluster IS %L', gate, 'cluster, 0-based');
		EXECUTE format('COMMENT ON COLUMN %s.persona IS %L', gate, 'name of the cluster');
		EXECUTE format('COMMENT ON COLUMN %s.number IS %L', gate, 'number of the cluster in the clustering');
		EXECUTE format('COMMENT ON COLUMN %s.clustering IS %L', gate, 'the fitted clusters, the same in every row of a group');
		EXECUTE format('COMMENT ON COLUMN %s.group_id IS %L', gate, 'number of the group; 0: the model is not by groups');
		EXECUTE format('COMMENT ON COLUMN %s.by_value IS %L', gate, 'value of the rows of the group; NULL: the model is not by groups');
	END IF;
	EXECUTE format('GRANT SELECT ON %s TO %I', gate, owner_name);
	RETURN gate::regclass;
END
$$;
COMMENT ON FUNCTION segment.open_gate(bigint) IS
	'makes the gate of the model of that number, if there is none, and lets the owner of the model read it; '
	'SECURITY DEFINER because the gate has to belong to the owner of the tables. Harmless in anybody''s hands: the rights go to the model''s owner only';
ALTER FUNCTION segment.open_gate(bigint) OWNER TO @extowner@;

CREATE FUNCTION segment.close_gate() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF to_regclass(segment.gate_name(OLD.id)) IS NOT NULL THEN
		EXECUTE format('DROP VIEW %s', segment.gate_name(OLD.id));
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION segment.close_gate() IS
	'trigger: a model takes its gate along, which fails while views read it; SECURITY DEFINER because the gate belongs to the owner of the tables';
ALTER FUNCTION segment.close_gate() OWNER TO @extowner@;
CREATE TRIGGER close_gate AFTER DELETE ON segment.model
	FOR EACH ROW EXECUTE FUNCTION segment.close_gate();
COMMENT ON TRIGGER close_gate ON segment.model IS 'drops the gate of a model that is dropped';

CREATE FUNCTION segment.adopt_gates() RETURNS trigger
	LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	gate record;
BEGIN
	FOR gate IN
		SELECT c.oid::regclass AS name, r.rolname AS reader
		FROM (SELECT DISTINCT n.model_id FROM new_versions AS n) AS v
		JOIN pg_class AS c ON c.oid = to_regclass(segment.gate_name(v.model_id))
		JOIN segment.model AS m ON m.id = v.model_id
		LEFT JOIN pg_roles AS r ON r.oid = m.owner
		WHERE c.relowner <> current_user::regrole
	LOOP
		EXECUTE format('ALTER VIEW %s OWNER TO CURRENT_USER', gate.name);
		-- the former owner of the gate had no need of a GRANT
		IF gate.reader IS NOT NULL THEN
			EXECUTE format('GRANT SELECT ON %s TO %I', gate.name, gate.reader);
		END IF;
	END LOOP;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION segment.adopt_gates() IS
	'trigger: when a superuser restores a dump, the extension and its tables become the superuser''s, but the gates keep their former owner, who may not read the tables any more. '
	'This gives the gates to the owner of the tables when the rows come in; SECURITY DEFINER because it acts for that owner';
ALTER FUNCTION segment.adopt_gates() OWNER TO @extowner@;
CREATE TRIGGER adopt_gates AFTER INSERT ON segment.version
	REFERENCING NEW TABLE AS new_versions FOR EACH STATEMENT EXECUTE FUNCTION segment.adopt_gates();
COMMENT ON TRIGGER adopt_gates ON segment.version IS 'gives restored gates to the owner of the tables';

-- Whoever may call a trigger function may put it on a table of its own, whose columns are of types of its own, and the casts of
-- these would run as the owner of the function. Triggers that exist need no such right.
REVOKE EXECUTE ON FUNCTION segment.close_gate(), segment.adopt_gates() FROM PUBLIC;
