-- Personas: words for profiles, rules that name clusters, and the names of clusters that no rule fits.
--
-- These run for every cluster of every group, of which there may be tens of thousands. So they are queries that the planner can
-- make part of the caller's, which it does with SQL functions that are not STRICT.

CREATE FUNCTION segment.z_word(z float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN z <= -1.5 THEN 'very low'
		WHEN z <= -0.5 THEN 'low'
		WHEN z < 0.5 THEN 'average'
		WHEN z < 1.5 THEN 'high'
		WHEN z >= 1.5 THEN 'very high'
	END;
END;
COMMENT ON FUNCTION segment.z_word(float8) IS
	'word for a z-score: very low (-1.5 and less), low (-0.5 and less), average, high (0.5 and more), very high (1.5 and more)';

-- The magnitude by comparisons: a logarithm is slow in numeric, and in float8 not the same on every machine.
CREATE FUNCTION segment.short_number(x float8) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE
		WHEN x = 0 THEN '0'
		WHEN abs(x) < 1e-6 OR abs(x) >= 1e15 THEN x::text
		ELSE trim_scale(round(x::numeric, 8 - width_bucket(abs(x), '{1e-5,1e-4,1e-3,1e-2,0.1,1,10,100}'::float8[])))::text
	END;
END;
COMMENT ON FUNCTION segment.short_number(float8) IS
	'number for the eye: three significant digits, but never less than the whole part (0.0123, 86.5, 54321)';

-- What each cluster looks like; everything below is made of it.
CREATE FUNCTION segment.portrait(clustering @extschema@.clustering, features text[])
	RETURNS TABLE (cluster int, "position" int, feature text, mean float8, spread float8, z float8, word text, prominence int)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 20
BEGIN ATOMIC
	SELECT p.cluster, p.feature, features[p.feature], p.mean, p.spread, p.z, segment.z_word(p.z),
		row_number() OVER (PARTITION BY p.cluster ORDER BY abs(p.z) DESC, p.feature)::int
	FROM @extschema@.cluster_profile(clustering) AS p;
END;
COMMENT ON FUNCTION segment.portrait(@extschema@.clustering, text[]) IS
	'per cluster and feature: mean and population standard deviation of the members in units of the input, z-score of the mean against everybody, '
	'the word for it, and the rank of the feature by |z| in its cluster (1: what sets the cluster apart the most; ties in the order of the features)';

CREATE FUNCTION segment.profile_texts(clustering @extschema@.clustering, features text[])
	RETURNS TABLE (cluster int, profile text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT p.cluster,
		string_agg(format('%s %s (%s)', p.feature, segment.short_number(p.mean), p.word), ', ' ORDER BY p.prominence)
	FROM segment.portrait(clustering, features) AS p
	WHERE p.prominence <= 5
	GROUP BY p.cluster;
END;
COMMENT ON FUNCTION segment.profile_texts(@extschema@.clustering, text[]) IS
	'one line per cluster: its mean in up to five features, those that set it apart the most first, each with a word for its z-score';

CREATE TABLE segment.persona_rules (
	ruleset		text NOT NULL CHECK (ruleset <> ''),
	persona		text NOT NULL CHECK (persona <> ''),
	feature		text NOT NULL CHECK (feature <> ''),
	min_z		float8 CHECK (min_z <> 'NaN'),
	max_z		float8 CHECK (max_z <> 'NaN'),
	note		text,
	owner		regrole DEFAULT current_user::regrole,
	UNIQUE NULLS NOT DISTINCT (owner, ruleset, persona, feature),
	CONSTRAINT persona_rules_bound CHECK (min_z IS NOT NULL OR max_z IS NOT NULL),
	CONSTRAINT persona_rules_order CHECK (min_z <= max_z)
);
COMMENT ON TABLE segment.persona_rules IS
	'rules that name clusters: a persona fits a cluster whose mean lies within the bounds of every row of that persona. Of the personas that fit, the one that tests the most features wins, '
	'among those the one with the most bounds; two that are equal in both are an error of segment.fit(), which names them. Rules that are changed later name newborn clusters, and all others by segment.apply_rules(). Every role sees, adds and changes its own rules, and sees those that come with the extension, which it cannot change';
COMMENT ON COLUMN segment.persona_rules.ruleset IS 'rules that are used together; segment.fit(..., ruleset => ...) names one, NULL stands for all';
COMMENT ON COLUMN segment.persona_rules.persona IS 'name for the cluster';
COMMENT ON COLUMN segment.persona_rules.feature IS 'feature that is tested, once per persona; a persona is passed over if the model lacks one of its features';
COMMENT ON COLUMN segment.persona_rules.min_z IS 'least z-score of the cluster''s mean against everybody, inclusive; NULL: no lower bound';
COMMENT ON COLUMN segment.persona_rules.max_z IS 'greatest z-score of the cluster''s mean against everybody, inclusive; NULL: no upper bound. One of the bounds is needed';
COMMENT ON COLUMN segment.persona_rules.note IS 'what to do about these customers, for segment.personas; of several rows of a persona, that of the first feature (by name) that has one';
COMMENT ON COLUMN segment.persona_rules.owner IS 'role that made the rule; NULL: it comes with the extension';

INSERT INTO segment.persona_rules (ruleset, persona, feature, min_z, max_z, note, owner) VALUES
	('mall', 'High-Value Customers', 'annual_income', 0.5, NULL,
		'They earn well and spend freely: early access, a loyalty tier, personal service. The costliest ones to lose.', NULL),
	('mall', 'High-Value Customers', 'spending_score', 0.5, NULL, NULL, NULL),
	('mall', 'Cautious Earners', 'annual_income', 0.5, NULL,
		'They could spend more and do not: quality, guarantees and advice win them, discounts do not. The largest untapped budget.', NULL),
	('mall', 'Cautious Earners', 'spending_score', NULL, -0.5, NULL, NULL),
	('mall', 'Steady Middle', 'annual_income', -0.5, 0.5,
		'Average in both, and the most numerous: reliable offers, bundles and small steps up. Keep them at little cost.', NULL),
	('mall', 'Steady Middle', 'spending_score', -0.5, 0.5, NULL, NULL),
	('mall', 'Aspiring Spenders', 'annual_income', NULL, -0.5,
		'They spend beyond their income: trends, limited editions, payment in instalments offered with care.', NULL),
	('mall', 'Aspiring Spenders', 'spending_score', 0.5, NULL, NULL, NULL),
	('mall', 'Budget Shoppers', 'annual_income', NULL, -0.5,
		'They have little and watch it: entry prices, coupons, essentials. Cheap channels only.', NULL),
	('mall', 'Budget Shoppers', 'spending_score', NULL, -0.5, NULL, NULL);

ALTER TABLE segment.persona_rules OWNER TO @extowner@;
ALTER TABLE segment.persona_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON segment.persona_rules USING (pg_has_role(owner, 'USAGE'));
CREATE POLICY shipped ON segment.persona_rules FOR SELECT USING (owner IS NULL);
COMMENT ON POLICY own ON segment.persona_rules IS 'rules are for their owner, and for roles that have the owner''s privileges';
COMMENT ON POLICY shipped ON segment.persona_rules IS 'everybody reads the rules that come with the extension';
GRANT SELECT, DELETE,
	INSERT (ruleset, persona, feature, min_z, max_z, note),
	UPDATE (ruleset, persona, feature, min_z, max_z, note) ON segment.persona_rules TO PUBLIC;

-- CREATE EXTENSION brings the shipped rules: in a dump, they would come twice.
SELECT pg_extension_config_dump('segment.persona_rules', 'WHERE owner IS NOT NULL');

CREATE FUNCTION segment.matching_rules(clustering @extschema@.clustering, features text[], ruleset text)
	RETURNS TABLE (cluster int, persona text, by_ruleset text, note text, features_tested int, bounds int)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT p.cluster, r.persona, r.ruleset,
		(array_agg(r.note ORDER BY r.feature COLLATE "C") FILTER (WHERE r.note IS NOT NULL))[1],
		count(*)::int, (count(r.min_z) + count(r.max_z))::int
	FROM (
		SELECT a.*, count(*) OVER (PARTITION BY a.owner, a.ruleset, a.persona) AS features_of_persona
		FROM segment.persona_rules AS a
		-- The owner is named because the extension's owner and superusers see the rules of every role.
		WHERE (a.owner IS NULL OR a.owner = current_user::regrole)
			AND (matching_rules.ruleset IS NULL OR a.ruleset = matching_rules.ruleset)) AS r
	JOIN segment.portrait(clustering, features) AS p
		ON p.feature = r.feature
		AND p.z >= coalesce(r.min_z, '-Infinity') AND p.z <= coalesce(r.max_z, 'Infinity')
	GROUP BY p.cluster, r.owner, r.ruleset, r.persona, r.features_of_persona
	HAVING count(*) = r.features_of_persona;
END;
COMMENT ON FUNCTION segment.matching_rules(@extschema@.clustering, text[], text) IS
	'personas that fit each cluster by the rules of the current role and of the extension (of one ruleset, or NULL: of all), and how specific each is';

-- Raises an error unless the ruleset has a rule that the features allow to test.
CREATE FUNCTION segment.check_ruleset(ruleset text, features text[]) RETURNS void
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	needed text;
	others text;
BEGIN
	IF ruleset IS NULL THEN
		RETURN;
	END IF;
	SELECT string_agg(DISTINCT r.feature COLLATE "C", ', ') INTO needed
		FROM segment.persona_rules AS r
		WHERE r.ruleset = check_ruleset.ruleset AND (r.owner IS NULL OR r.owner = current_user::regrole);
	IF needed IS NULL THEN
		SELECT string_agg(DISTINCT '"' || r.ruleset || '"' COLLATE "C", ', ') INTO others
			FROM segment.persona_rules AS r WHERE r.owner IS NULL OR r.owner = current_user::regrole;
		RAISE EXCEPTION 'ruleset "%" does not exist', ruleset
			USING ERRCODE = 'undefined_object',
				HINT = format('There are %s; rules of your own go into segment.persona_rules.', coalesce(others, 'none'));
	END IF;
	PERFORM FROM segment.persona_rules AS r
		WHERE r.ruleset = check_ruleset.ruleset AND (r.owner IS NULL OR r.owner = current_user::regrole)
		GROUP BY r.owner, r.persona
		HAVING bool_and(r.feature = ANY (features));
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no rule of ruleset "%" applies: they test %', ruleset, needed
			USING ERRCODE = 'invalid_parameter_value',
				HINT = format('The model has %s. Add features, or leave the ruleset out.', array_to_string(features, ', '));
	END IF;
END
$$;
COMMENT ON FUNCTION segment.check_ruleset(text, text[]) IS
	'an error unless the ruleset exists (42704) and has a persona whose features are all among those given (22023); NULL always passes';

CREATE FUNCTION segment.described_names(clustering @extschema@.clustering, features text[])
	RETURNS TABLE (cluster int, persona text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT p.cluster, coalesce(
		string_agg(p.word || ' ' || replace(p.feature, '_', ' '), ', ' ORDER BY p."position")
			FILTER (WHERE p.word <> 'average' AND p.prominence <= 3),
		'average customers')
	FROM segment.portrait(clustering, features) AS p
	GROUP BY p.cluster;
END;
COMMENT ON FUNCTION segment.described_names(@extschema@.clustering, text[]) IS
	'names made of the profile, such as "high annual income, low spending score": the features that are not average, at most the three that set the cluster apart the most, '
	'in the order of the model; "average customers" if all are average';

CREATE FUNCTION segment.fitting_names(clustering @extschema@.clustering, features text[], ruleset text)
	RETURNS TABLE (cluster int, personas text[], by_ruleset text, note text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT d.cluster, coalesce(b.personas, ARRAY[d.persona]), b.by_ruleset, b.note
	FROM segment.described_names(clustering, features) AS d
	LEFT JOIN (
		SELECT r.cluster, array_agg(DISTINCT r.persona COLLATE "C") AS personas, min(r.by_ruleset COLLATE "C") AS by_ruleset, min(r.note COLLATE "C") AS note
		FROM (
			SELECT m.cluster, m.persona, m.by_ruleset, m.note,
				rank() OVER (PARTITION BY m.cluster ORDER BY m.features_tested DESC, m.bounds DESC) AS rank
			FROM segment.matching_rules(clustering, features, ruleset) AS m) AS r
		WHERE r.rank = 1
		GROUP BY r.cluster) AS b ON b.cluster = d.cluster;
END;
COMMENT ON FUNCTION segment.fitting_names(@extschema@.clustering, text[], text) IS
	'for each cluster the most specific of the personas whose rules fit it, or a description (by_ruleset NULL); several personas where they fit equally well';

CREATE FUNCTION segment.refuse_tie(cluster int, personas text[]) RETURNS text
	LANGUAGE plpgsql STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION 'personas % fit cluster % equally well', (SELECT string_agg('"' || p || '"', ' and ') FROM unnest(personas) AS p), cluster
		USING ERRCODE = 'cardinality_violation',
			HINT = 'Make one of them more specific in segment.persona_rules, by a further feature or bound, or name one ruleset.';
END
$$;
COMMENT ON FUNCTION segment.refuse_tie(int, text[]) IS 'an error (21000): the personas fit the cluster equally well';

CREATE FUNCTION segment.distinct_names(names text[], given text[]) RETURNS text[]
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	name text;
	copy int;
BEGIN
	FOR i IN 1 .. cardinality(names) LOOP
		CONTINUE WHEN given[i] IS NOT NULL;
		name := names[i];
		copy := 1;
		-- A numbered name must not be one that a later cluster has by itself.
		WHILE name = ANY (names[:i - 1]) OR name = ANY (coalesce(given, '{}')) OR (copy > 1 AND name = ANY (names)) LOOP
			copy := copy + 1;
			name := names[i] || ' ' || copy;
		END LOOP;
		names[i] := name;
	END LOOP;
	RETURN names;
END
$$;
COMMENT ON FUNCTION segment.distinct_names(text[], text[]) IS
	'the names, of which the second that is the same gets " 2" and so on; those that are given, at the same place in the other array, stay, and no other gets them';

CREATE FUNCTION segment.name_clusters(clustering @extschema@.clustering, features text[], ruleset text DEFAULT NULL, given text[] DEFAULT NULL)
	RETURNS TABLE (cluster int, persona text, by_ruleset text, note text)
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
	SELECT c.cluster, c.persona, c.by_ruleset, c.note
	FROM (
		SELECT array_agg(n.cluster) AS clusters, segment.distinct_names(array_agg(n.persona), given) AS personas,
			array_agg(n.by_ruleset) AS rulesets, array_agg(n.note) AS notes
		FROM (
			SELECT f.cluster, CASE WHEN given[f.cluster + 1] IS NOT NULL THEN given[f.cluster + 1]
					WHEN cardinality(f.personas) > 1 THEN segment.refuse_tie(f.cluster, f.personas)
					ELSE f.personas[1] END AS persona, f.by_ruleset, f.note
			FROM segment.fitting_names(clustering, features, ruleset) AS f
			ORDER BY f.cluster) AS n) AS a
	CROSS JOIN LATERAL unnest(a.clusters, a.personas, a.rulesets, a.notes) AS c(cluster, persona, by_ruleset, note);
END;
COMMENT ON FUNCTION segment.name_clusters(@extschema@.clustering, text[], text, text[]) IS
	'a name for each cluster: of the personas whose rules fit it the most specific one, otherwise a description; of clusters that would share a name the second gets " 2" and so on. '
	'given: names that clusters have already, in the order of the clusters, NULL for those to be named; no other cluster gets them. The ruleset is checked already (see segment.check_ruleset). '
	'An error if two personas fit a cluster to be named equally well (21000)';
