-- segment.explain, segment.explain_customer: why a cluster has its name, and why a customer is where it is.

CREATE FUNCTION segment.cluster_contrast(m @extschema@.clustering, cluster int,
		OUT feature int, OUT mean float8, OUT others_mean float8, OUT effect float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_cluster_contrast' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION segment.cluster_contrast(@extschema@.clustering, int) IS
	'per feature (counted from 1) the mean of the members of a cluster, by its number in the clustering, that of all others, and Cohen''s d: their difference over the pooled standard deviation of both, population ones (Cohen 1988, doi:10.4324/9780203771587); Infinity where neither varies. NULL if there are no others. O(clusters * features). An error for a cluster that is not there (22023)';

CREATE FUNCTION segment.explain_row(m @extschema@.clustering, features float8[],
		OUT feature int, OUT value float8, OUT needed float8, OUT step float8, OUT cluster int, OUT distance float8, OUT probability float8,
		OUT next int, OUT next_distance float8, OUT next_probability float8)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'segment_explain_row' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION segment.explain_row(@extschema@.clustering, float8[]) IS
	'per feature (counted from 1) the value of a row and the nearest value that, all others being the same, puts it into the next cluster, NULL if none does; step, how far that is in the fitted space; and, the same for all features, its cluster and the next, by number, with distances to their centroids in the fitted space and, of a mixture, probabilities. '
	'The next cluster is the one whose centroid is second nearest or, of a mixture, the second most probable. No rows for a NULL, NaN or infinite feature. O(clusters^2 * features^2), of a mixture features^3. An error for a row of another length (2202E)';

CREATE FUNCTION segment.effect_word(d float8) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN abs(d) < 0.2 THEN 'negligible'
		WHEN abs(d) < 0.5 THEN 'small'
		WHEN abs(d) < 0.8 THEN 'medium'
		WHEN abs(d) < 1.2 THEN 'large'
		WHEN abs(d) < 2 THEN 'very large'
		ELSE 'huge'
	END;
END;
COMMENT ON FUNCTION segment.effect_word(float8) IS
	'word for a standardised mean difference of either sign: negligible (below 0.2), small (from there), medium (0.5), large (0.8), very large (1.2), huge (2). Cohen 1988, doi:10.4324/9780203771587; Sawilowsky 2009, doi:10.22237/jmasm/1257035100';

CREATE FUNCTION segment.bounds_text(min_z float8, max_z float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN max_z IS NULL THEN format('z >= %s', min_z)
		WHEN min_z IS NULL THEN format('z <= %s', max_z)
		ELSE format('%s <= z <= %s', min_z, max_z) END;
END;
COMMENT ON FUNCTION segment.bounds_text(float8, float8) IS 'what a row of segment.persona_rules asks for, in words';

CREATE FUNCTION segment.explain(model text, cluster int, by_value text DEFAULT NULL)
	RETURNS TABLE (rank int, feature text, mean float8, others_mean float8, effect float8, effect_word text, z float8, word text, rule text, named_by text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	of CONSTANT bigint := segment.readable_model_id(explain.model);
	v CONSTANT segment.version := segment.group_of(of, explain.by_value);
	m segment.model;
	p segment.persona;
	rule_persona text;
	others text;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS s WHERE s.id = of;
	SELECT * INTO p FROM segment.persona AS s
		WHERE s.model_id = of AND s.version = v.version AND s.group_id = v.group_id AND s.cluster = explain.cluster;
	IF NOT FOUND THEN
		SELECT string_agg(s.cluster::text, ', ' ORDER BY s.cluster) INTO others
			FROM segment.persona AS s WHERE s.model_id = of AND s.version = v.version AND s.group_id = v.group_id;
		RAISE EXCEPTION 'model "%" has no cluster %', m.model, coalesce(explain.cluster::text, 'NULL')
			USING ERRCODE = 'undefined_object',
				HINT = format(CASE WHEN m.by_column IS NULL THEN 'Its active version has %s.' ELSE 'In that group, its active version has %s.' END, others);
	END IF;
	-- a second cluster that a rule fits has a number after the name
	SELECT max(r.persona) INTO rule_persona FROM segment.persona_rules AS r
		WHERE r.ruleset = p.ruleset AND NOT p.pinned AND (r.owner IS NULL OR r.owner = m.owner)
			AND p.persona IN (r.persona, r.persona || substring(p.persona FROM ' \d+$'));
	RETURN QUERY
		SELECT row_number() OVER (ORDER BY abs(c.effect) DESC, abs(f.z) DESC, f."position")::int,
			f.feature, c.mean, c.others_mean, c.effect, segment.effect_word(c.effect), f.z, f.word,
			(SELECT string_agg(segment.bounds_text(r.min_z, r.max_z)
					|| CASE WHEN f.z >= coalesce(r.min_z, '-Infinity') AND f.z <= coalesce(r.max_z, 'Infinity') THEN '' ELSE ', which does not hold' END,
					' or ' ORDER BY r.owner NULLS LAST)
				FROM segment.persona_rules AS r
				WHERE r.ruleset = p.ruleset AND r.persona = rule_persona AND r.feature = f.feature AND (r.owner IS NULL OR r.owner = m.owner)),
			CASE WHEN p.pinned THEN 'pinned by segment.rename()'
				WHEN p.ruleset IS NULL THEN 'its profile: no rule fitted'
				ELSE format('rule "%s" of ruleset "%s"', coalesce(rule_persona, p.persona), p.ruleset) END
		FROM segment.portrait(v.clustering, m.features) AS f
		JOIN segment.cluster_contrast(v.clustering, p.number) AS c ON c.feature = f."position"
		WHERE f.cluster = p.number
		ORDER BY 1;
END
$$;
COMMENT ON FUNCTION segment.explain(text, int, text) IS
	'why a cluster of the active version of a model, the current role''s own or one shared with it, has its name: a row per feature, that which sets it apart the most first: means of its members and of all others in the units of the input, '
	'effect, Cohen''s d (their difference over the pooled standard deviation of the two, of the population; Cohen 1988, doi:10.4324/9780203771587; Infinity where neither varies, NULL if there are no others) with a word for it (see segment.effect_word), z and word as in segment.profile(); '
	'rule: what the rule that named it asks of the feature, as it is now and where the current role sees it; named_by, the same in all rows: that rule, the profile (no rule fitted), or segment.rename(). A cluster that goes on from version to version has its name from the version in which it was born. '
	'by_value: the group whose cluster it is, if the model is by groups; everybody and all others are then those of the group. '
	'Errors: no such model, group or cluster (42704), several models of that name by other roles (42P09); no group is given where there are some (22004), or one where there are none (22023); no active version (55000)';

-- How a key is compared: as its own type where the server has an equality for it, so that an index serves, otherwise as text.
CREATE FUNCTION segment.key_condition(relation regclass, key text[]) RETURNS text
	LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(
		CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace AND t.typname <> ALL ('{json,xml,point,box,circle,path,polygon,line,lseg}')
			THEN format('s.%I OPERATOR(pg_catalog.=) ($1)[%s]::pg_catalog.%I', k.name, k."position", t.typname)
			ELSE format('s.%I::pg_catalog.text OPERATOR(pg_catalog.=) ($1)[%s]', k.name, k."position") END,
		' AND ' ORDER BY k."position")
	FROM unnest(key) WITH ORDINALITY AS k(name, "position")
	JOIN segment.base_columns(relation) AS b ON b.name = k.name
	JOIN pg_type AS t ON t.oid = b.type;
END;
COMMENT ON FUNCTION segment.key_condition(regclass, text[]) IS
	'condition on a row s of the relation that the columns of the key are those of a text[] $1';

CREATE FUNCTION segment.explain_customer_in(model text, key text, search_path text)
	RETURNS TABLE (rank int, feature text, value float8, needed float8, change float8, cluster int, persona text, distance float8, probability float8,
		next_cluster int, next_persona text, next_distance float8, next_probability float8, by_value text)
	LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 10
	SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	of CONSTANT bigint := segment.readable_model_id(explain_customer_in.model);
	m segment.model;
	v segment.version;
	relation regclass;
	parts text[];
	example text;
	row_array text;
	grouping text := 'NULL::pg_catalog.int4, NULL::pg_catalog.text';
	matches int;
	customer float8[];
	missing text;
	found_group int;
	value text;
BEGIN
	SELECT * INTO STRICT m FROM segment.model AS s WHERE s.id = of;
	PERFORM FROM segment.version AS s WHERE s.model_id = of AND s.active;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'model "%" has no active version', m.model
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Choose one with segment.activate().';
	ELSIF m.key IS NULL THEN
		RAISE EXCEPTION 'model "%" has no key, by which a customer could be found', m.model
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Its source has no primary key: fit it with key => ''{customer_id}'', or whatever identifies a customer.';
	END IF;
	relation := segment.source_of(of);
	PERFORM segment.check_features(relation, m.features);
	PERFORM segment.check_columns(relation, m.key, 'key');
	IF m.by_column IS NOT NULL THEN
		PERFORM segment.check_by(relation, m.by_column, m.features);
		grouping := format('(SELECT g.group_id FROM segment.version AS g WHERE g.model_id OPERATOR(pg_catalog.=) $2 AND g.active AND %s), segment.by_text(s.%I)',
			segment.by_condition(relation, m.by_column, 'g.by_value'), m.by_column);
	END IF;

	example := CASE WHEN cardinality(m.key) > 1
		THEN format('The key has %s columns, %s: write it as an array of them, such as {7,"Jones, Jr."}.',
			cardinality(m.key), array_to_string(m.key, ', '))
		ELSE format('The key is %s.', m.key[1]) END;
	IF cardinality(m.key) = 1 OR explain_customer_in.key IS NULL THEN
		parts := ARRAY[explain_customer_in.key];
	ELSE
		BEGIN
			parts := explain_customer_in.key::text[];
		EXCEPTION WHEN invalid_text_representation THEN
			-- reported below
		END;
		IF cardinality(parts) IS DISTINCT FROM cardinality(m.key) OR array_ndims(parts) <> 1 THEN
			RAISE EXCEPTION '"%" is not a key of model "%"', explain_customer_in.key, m.model
				USING ERRCODE = 'invalid_parameter_value', HINT = example;
		END IF;
	END IF;
	SELECT format('ARRAY[%s]', string_agg(format('s.%I::pg_catalog.float8', f.name), ', ' ORDER BY f."position")) INTO row_array
		FROM unnest(m.features) WITH ORDINALITY AS f(name, "position");
	PERFORM set_config('search_path', explain_customer_in.search_path, true);
	EXECUTE pg_catalog.format(
		'SELECT pg_catalog.count(*), pg_catalog.array_agg(c.features), pg_catalog.min(c.group_id), pg_catalog.min(c.value COLLATE pg_catalog."C") '
		'FROM (SELECT %s, %s FROM %s AS s WHERE %s LIMIT 2) AS c(features, group_id, value)',
		row_array, grouping, segment.qualified_name(relation), segment.key_condition(relation, m.key)) INTO matches, customer, found_group, value USING parts, of;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	IF matches = 0 THEN
		RAISE EXCEPTION '% has no customer %', segment.qualified_name(relation), coalesce('"' || explain_customer_in.key || '"', 'NULL')
			USING ERRCODE = 'no_data_found', HINT = example;
	ELSIF matches > 1 THEN
		RAISE EXCEPTION 'several rows of % have the key "%"', segment.qualified_name(relation), explain_customer_in.key
			USING ERRCODE = 'cardinality_violation', HINT = format('%s It does not identify a customer: fit the model with one that does.', example);
	END IF;
	customer := ARRAY(SELECT c.x FROM unnest(customer) WITH ORDINALITY AS c(x, at) ORDER BY c.at);		-- an array of one array so far
	SELECT string_agg(format('%s is %s', quote_ident(m.features[c.at]), coalesce(c.x::text, 'NULL')), ', ' ORDER BY c.at) INTO missing
		FROM unnest(customer) WITH ORDINALITY AS c(x, at) WHERE c.x IS NULL OR c.x IN ('NaN', 'Infinity', '-Infinity');
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'customer "%" is in no cluster: %', explain_customer_in.key, missing
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'A row needs a number in every feature to be placed.';
	ELSIF m.by_column IS NOT NULL AND found_group IS NULL THEN
		RAISE EXCEPTION 'customer "%" is in no cluster: %', explain_customer_in.key,
				CASE WHEN value IS NULL THEN format('%I is NULL', m.by_column) ELSE format('model "%s" has no group "%s"', m.model, left(value, 40)) END
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = CASE WHEN value IS NULL THEN 'A row needs a group to be placed.' ELSE 'segment.refit() makes clusters for groups that are new.' END;
	END IF;
	SELECT * INTO STRICT v FROM segment.version AS s WHERE s.model_id = of AND s.active AND s.group_id = coalesce(found_group, 0);

	RETURN QUERY
		SELECT row_number() OVER (ORDER BY abs(e.step), e.feature)::int,
			m.features[e.feature], e.value, e.needed, e.needed - e.value, a.cluster, a.persona, e.distance, e.probability,
			b.cluster, b.persona, e.next_distance, e.next_probability, v.by_value
		FROM segment.explain_row(v.clustering, customer) AS e
		JOIN segment.persona AS a ON a.model_id = of AND a.version = v.version AND a.group_id = v.group_id AND a.number = e.cluster
		LEFT JOIN segment.persona AS b ON b.model_id = of AND b.version = v.version AND b.group_id = v.group_id AND b.number = e.next
		ORDER BY 1;
END
$$;
COMMENT ON FUNCTION segment.explain_customer_in(text, text, text) IS
	'segment.explain_customer with the caller''s search_path as the last argument; to be called through segment.explain_customer';

CREATE FUNCTION segment.explain_customer(model text, key text)
	RETURNS TABLE (rank int, feature text, value float8, needed float8, change float8, cluster int, persona text, distance float8, probability float8,
		next_cluster int, next_persona text, next_distance float8, next_probability float8, by_value text)
	LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
	SELECT e.rank, e.feature, e.value, e.needed, e.change, e.cluster, e.persona, e.distance, e.probability,
		e.next_cluster, e.next_persona, e.next_distance, e.next_probability, e.by_value
	FROM segment.explain_customer_in(model, key, current_setting('search_path')) AS e;
END;
COMMENT ON FUNCTION segment.explain_customer(text, text) IS
	'why a customer of the source of a model, the current role''s own or one shared with it, is where it is: a row per feature, that which takes the smallest change (in the fitted space) to move the customer into the next persona first. '
	'key: the customer''s key as text; of several columns an array of them as text, in the order of the key: {7,"Jones, Jr."}, as ARRAY[store::text, name]::text gives it. '
	'value: of the feature, in its own units; needed: the nearest value that, all other features being the same, moves the customer into the next persona, and change the way there; NULL if no value does, or none that is not a thousand times as far away as the next centroid. Clusters are scored as by cluster_id(), with this value they give the next one. '
	'cluster, persona and distance, and next_..., the same in all rows: the two clusters whose centroids are nearest, with distances in the fitted space; of a mixture the two most probable ones, with their probabilities (NULL otherwise). A model of one cluster has no next one. '
	'by_value: the group that the customer is in, if the model is by groups; both clusters are of that group. '
	'Errors: no such model (42704), several of that name by other roles (42P09); it has no key, or no active version, or the customer has no number in a feature, or is in no group that the model has (55000); no such customer (P0002), several (21000); an array that is none, or has another length (22023), a part that is not of its column''s type (22P02 and others); the source is gone (42P01), lacks a feature, the key or the column for groups (42703, 42804)';
