-- segment.explain and segment.explain_customer: effects and changes against their definitions, keys of all kinds, and what is refused
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_explain;
CREATE SCHEMA explain AUTHORIZATION regress_segment_explain;
SET ROLE regress_segment_explain;
SET search_path = explain, public;
SET extra_float_digits = -6;
CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT cluster, persona FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score,age}', 5);
SELECT segment.create_view('mall', 'personas');

-- What sets a cluster apart, in order, and which rule says so
SELECT rank, feature, effect, effect_word, z, word, rule, named_by FROM segment.explain('mall', 4);
SELECT rank, feature, effect, effect_word, rule, named_by FROM segment.explain('mall', 1);
-- Cohen's d by its definition, from the rows themselves
SELECT p.cluster, bool_and(abs(e.effect - d.d) < 1e-9 AND abs(e.mean - d.mean) < 1e-9 AND abs(e.others_mean - d.others) < 1e-9) AS as_defined
FROM generate_series(0, 4) AS p(cluster) CROSS JOIN LATERAL segment.explain('mall', p.cluster) AS e
CROSS JOIN LATERAL (
	SELECT avg(x) FILTER (WHERE c) AS mean, avg(x) FILTER (WHERE NOT c) AS others,
		(avg(x) FILTER (WHERE c) - avg(x) FILTER (WHERE NOT c)) / sqrt((count(*) FILTER (WHERE c) * var_pop(x) FILTER (WHERE c)
			+ count(*) FILTER (WHERE NOT c) * var_pop(x) FILTER (WHERE NOT c)) / count(*)) AS d
	FROM (SELECT v.cluster = p.cluster AS c, (to_jsonb(v) ->> e.feature)::float8 AS x FROM personas AS v) AS r) AS d
GROUP BY p.cluster ORDER BY 1;
SELECT d, segment.effect_word(d) FROM unnest('{0,0.19,0.2,-0.49,0.5,0.8,1.2,-2,Infinity,-Infinity}'::float8[]) AS d;
-- names of other origin: pinned, made of the profile, a second cluster of the same rule, a rule that was changed since
SELECT segment.rename('mall', 4, 'Careful Savers');
SELECT DISTINCT named_by, rule FROM segment.explain('mall', 4);
INSERT INTO segment.persona_rules VALUES ('e', 'Elders', 'age', 0, NULL, NULL), ('e', 'Youth', 'age', NULL, -0.2, NULL);
SELECT cluster, persona FROM segment.fit('e', 'mall_customers', '{age,spending_score}', 4, ruleset => 'e');
SELECT cluster, feature, rule, named_by FROM generate_series(0, 3) AS cluster CROSS JOIN LATERAL segment.explain('e', cluster) AS e ORDER BY 1, 2;
UPDATE segment.persona_rules SET min_z = 3 WHERE persona = 'Elders';
SELECT feature, rule, named_by FROM segment.explain('e', 3);
DELETE FROM segment.persona_rules WHERE owner IS NOT NULL;
SELECT feature, rule, named_by FROM segment.explain('e', 3);
-- one cluster has no others; a constant sets nothing apart; where nothing varies within, everything does
SELECT size FROM segment.fit('one', 'mall_customers', '{age}', 1);
SELECT * FROM segment.explain('one', 0);
CREATE TABLE points AS SELECT i AS id, i % 2 * 10 AS a, 7 AS b, 1e300 * (i % 2) AS huge FROM generate_series(1, 10) AS i;
SELECT size FROM segment.fit('points', 'points', '{a,b,huge}', 2, '{id}');
SELECT rank, feature, mean, others_mean, effect, effect_word FROM segment.explain('points', 1);
SELECT segment.explain('mall', 5);
SELECT segment.explain('mall', NULL);
SELECT segment.explain('nobody', 0);
SELECT segment.cluster_contrast(clustering, -1) FROM segment.version LIMIT 1;

-- A customer: the two nearest personas, and what would move it
SELECT rank, feature, value, needed, change, persona, distance, next_persona, next_distance FROM segment.explain_customer('mall', '44');
SELECT cluster, persona, distance FROM personas WHERE customer_id = 44;
-- every fourth customer, all features: the value needed gives the next cluster, and one a little nearer does not
CREATE FUNCTION checked(model text, source regclass) RETURNS TABLE (customers bigint, features bigint, moves bigint, right_cluster bigint, right_next bigint, moved bigint, too_soon bigint)
LANGUAGE plpgsql AS $$
DECLARE
	names CONSTANT text := (SELECT array_to_string(m.features, ',') FROM segment.models AS m WHERE m.model = checked.model);
BEGIN
	RETURN QUERY EXECUTE format($q$
WITH m AS (SELECT v.clustering AS c, mm.features FROM segment.model AS mm JOIN segment.version AS v ON v.model_id = mm.id AND v.active WHERE mm.model = %L),
e AS (SELECT r.id, r.x, e.*, m.c, array_position(m.features, e.feature) AS at FROM m, (SELECT customer_id AS id, ARRAY[%s]::float8[] AS x FROM %s) AS r
	CROSS JOIN LATERAL segment.explain_customer(%L, r.id::text) AS e WHERE r.id %% 4 = 1)
SELECT count(DISTINCT id), count(*), count(needed), count(*) FILTER (WHERE cluster_id(c, x) = cluster),
	count(*) FILTER (WHERE next_cluster = (SELECT i FROM generate_series(0, (SELECT count(*)::int - 1 FROM cluster_stats(c))) AS i WHERE i <> e.cluster
		ORDER BY CASE WHEN probability IS NULL THEN (kmeans_distance(c, i, x)) ELSE -(cluster_probability(c, x))[i + 1] END, i LIMIT 1)),
	count(*) FILTER (WHERE cluster_id(c, x[:at - 1] || needed || x[at + 1:]) = next_cluster),
	count(*) FILTER (WHERE cluster_id(c, x[:at - 1] || (value + change * (1 - 1e-6)) || x[at + 1:]) = next_cluster)
FROM e $q$, model, names, source, model);
END $$;
-- by one's own hand: the distance to centroid i, in the fitted space
CREATE FUNCTION kmeans_distance(m clustering, i int, x float8[]) RETURNS float8 LANGUAGE sql AS $$
	SELECT sqrt(sum((CASE WHEN j ->> 'scale' = 'log' THEN asinh(v) - asinh(c) ELSE v - c END / (j #>> ARRAY['unit', (at - 1)::text])::float8) ^ 2))
	FROM (SELECT m::jsonb AS j, (SELECT centroid FROM cluster_stats(m) WHERE cluster = i) AS centroid) AS s, unnest(x, centroid) WITH ORDINALITY AS u(v, c, at) $$;
SELECT * FROM checked('mall', 'mall_customers');
SELECT size FROM segment.fit('log', 'mall_customers', '{annual_income,spending_score,age}', 6, scale => 'log');
SELECT * FROM checked('log', 'mall_customers');
SELECT size FROM segment.fit('tree', 'mall_customers', '{annual_income,spending_score}', 5, method => 'hclust', scale => 'minmax');
SELECT * FROM checked('tree', 'mall_customers');
SELECT size FROM segment.fit('mixture', 'mall_customers', '{annual_income,spending_score,age}', 4, method => 'gmm', scale => 'robust');
SELECT * FROM checked('mixture', 'mall_customers');
SELECT size FROM segment.fit('tied', 'mall_customers', '{annual_income,spending_score}', 4, method => 'gmm', options => '{"covariance": "tied"}');
SELECT * FROM checked('tied', 'mall_customers');
-- of a mixture: the most probable two
SELECT rank, feature, change, round(probability::numeric, 4) AS probability, round(next_probability::numeric, 4) AS next_probability FROM segment.explain_customer('mixture', '44');
-- no single change leads to a cluster behind another one; a model of one cluster has no next; a row just half-way is the lower one's
CREATE TABLE line AS SELECT i AS id, x, y FROM (VALUES (1, 0, 0), (2, 10, 0), (3, 20, 0), (4, 4, 90)) AS v(i, x, y);
SELECT size FROM segment.fit('line', 'line', '{x,y}', 4, '{id}', scale => 'none');
INSERT INTO line VALUES (5, 5, 0), (6, 15, 0), (7, -3, 0), (8, 9, 0);
SELECT id, feature, value, needed, change, cluster, next_cluster FROM generate_series(5, 8) AS id CROSS JOIN LATERAL segment.explain_customer('line', id::text) AS e ORDER BY 1, e.rank;
SELECT feature, value, needed, cluster, next_cluster, next_persona, next_distance FROM segment.explain_customer('one', '1');

-- Keys: of several columns, with all that can be in them
CREATE DOMAIN shop_number AS int CHECK (VALUE > 0);
CREATE TYPE tier AS ENUM ('gold', 'silver');
CREATE TABLE keyed (shop shop_number, name text, tier tier, day date, code char(4), x int, y float8, PRIMARY KEY (shop, name, tier, day, code));
INSERT INTO keyed SELECT 1 + i % 2, n, (ARRAY['gold', 'silver'])[1 + i % 2]::tier, '2026-01-31', 'ab', i, i * i
	FROM unnest(ARRAY['Jones', 'O''Brien, "Jr."', '{a,b}', 'back\slash', '', ' spaces ', 'NULL', '"; drop table x; --']) WITH ORDINALITY AS u(n, i);
SELECT size FROM segment.fit('keyed', 'keyed', '{x,y}', 2);
SELECT k.name, k.key, e.feature, e.value = k.x AS found
FROM (SELECT *, ARRAY[shop::text, name, tier::text, day::text, code] ::text AS key FROM keyed) AS k CROSS JOIN LATERAL segment.explain_customer('keyed', k.key) AS e
WHERE e.feature = 'x' ORDER BY k.x;
SELECT feature, value FROM segment.explain_customer('keyed', '{2,"Jones",silver,2026-01-31,ab}');
SELECT segment.explain_customer('keyed', '{3,Jones,silver,2026-01-31,ab}');		-- no such customer
SELECT segment.explain_customer('keyed', '{2,jones,silver,2026-01-31,ab}');		-- nor this one
SELECT segment.explain_customer('keyed', '{2,Jones}');		-- too short
SELECT segment.explain_customer('keyed', '{{2,Jones,silver,2026-01-31,ab}}');		-- nested
SELECT segment.explain_customer('keyed', '2,Jones');		-- no array
SELECT segment.explain_customer('keyed', '{two,Jones,silver,2026-01-31,ab}');		-- no number
SELECT segment.explain_customer('keyed', '{NULL,Jones,silver,2026-01-31,ab}');		-- a key is never NULL
SELECT segment.explain_customer('keyed', NULL);
-- one column: its text as it is, braces, quotes and all
CREATE TABLE named (name text PRIMARY KEY, x int);
INSERT INTO named VALUES ('{a,b}', 1), ('O''Brien, "Jr."', 2), ('', 3), ('a', 4);
SELECT size FROM segment.fit('named', 'named', '{x}', 2);
SELECT name, value FROM named CROSS JOIN LATERAL segment.explain_customer('named', name) ORDER BY 2;
SELECT segment.explain_customer('named', 'b');
SELECT segment.explain_customer('mall', 'seven');		-- no number
SELECT segment.explain_customer('mall', '201');
SELECT value FROM segment.explain_customer('mall', ' 007 ') WHERE feature = 'age';		-- a number is a number, however it is written
-- conditions that an index serves, but for types of one's own
SELECT segment.key_condition('keyed', '{shop,name,tier}'), segment.key_condition('mall_customers', '{customer_id}');

-- Customers without a place, sources without a key
INSERT INTO mall_customers VALUES (201, 'Female', NULL, 50, NULL);
SELECT segment.explain_customer('mall', '201');
CREATE VIEW v AS SELECT customer_id, age, CASE customer_id WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity' ELSE annual_income::float8 END AS "Annual Income" FROM mall_customers;
SELECT size FROM segment.fit('v', 'v', '{"Annual Income",age}', 3, '{customer_id}');
SELECT segment.explain_customer('v', '1');
SELECT segment.explain_customer('v', '2');
SELECT feature, value FROM segment.explain_customer('v', '3') ORDER BY feature;
SELECT size FROM segment.fit('keyless', 'v', '{age}', 3);
SELECT segment.explain_customer('keyless', '1');
SELECT size FROM segment.fit('ambiguous', 'mall_customers', '{annual_income}', 3, '{gender}');
SELECT segment.explain_customer('ambiguous', 'Female');
SELECT segment.explain_customer('nobody', '1');
ALTER TABLE mall_customers RENAME customer_id TO id;
SELECT segment.explain_customer('mall', '1');
ALTER TABLE mall_customers RENAME id TO customer_id;
SELECT segment.explain_row(clustering, '{1}') FROM segment.version WHERE model_id = (SELECT segment.model_id('mall'));
SELECT segment.explain_row(clustering, '{1,NULL,3}') FROM segment.version WHERE model_id = (SELECT segment.model_id('mall'));

RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA explain CASCADE;
DELETE FROM segment.model WHERE owner = 'regress_segment_explain'::regrole;
DROP ROLE regress_segment_explain;
