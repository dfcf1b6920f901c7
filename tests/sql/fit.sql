-- segment.fit and segment.drop: what they take, what they keep, what they refuse
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_fit;
CREATE SCHEMA fit AUTHORIZATION regress_segment_fit;
CREATE SCHEMA "Sch""ema; --" AUTHORIZATION regress_segment_fit;
SET ROLE regress_segment_fit;
SET search_path = fit, public;

CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER

-- The mall: sizes and means are those that scikit-learn and R agree on at k = 5
SELECT * FROM segment.fit('mall', 'mall_customers', features => '{annual_income,spending_score}', k => 5);
SELECT model, version, active, method, scale, k, features, key, source, ruleset, seed, options, rows,
	round(inertia::numeric, 4) AS inertia, disagreement, owner
FROM segment.models;
SELECT * FROM segment.personas WHERE model = 'mall';
SELECT cluster, persona, feature, round(mean::numeric, 3) AS mean, round(spread::numeric, 3) AS spread, round(z::numeric, 3) AS z, word
FROM segment.profile('mall');

-- No features: every numeric column but the key. The three-feature model has its own clusters and names
SELECT * FROM segment.fit('all', 'mall_customers', k => 4);
-- A key of one's own takes its columns out of the features; without a primary key there may be no key at all
CREATE VIEW keyless AS SELECT customer_id::bigint AS customer, annual_income::numeric, spending_score::real AS score, gender FROM mall_customers;
SELECT persona, size FROM segment.fit('keyed', 'keyless', k => 2, key => '{customer}');
SELECT persona, size FROM segment.fit('keyless', 'keyless', k => 2);
SELECT model, features, key, source FROM segment.models ORDER BY model;

-- Ward's tree cut at 5; four rows out of 200 lie nearer to the centroid of another cluster
SELECT * FROM segment.fit('ward', 'mall_customers', '{annual_income,spending_score}', 5, method => 'hclust', scale => 'none');
SELECT model, method, round(disagreement::numeric, 3) AS disagreement FROM segment.models WHERE model = 'ward';
-- The height that R gives for the fifth cluster from above is 245.655, that of the next merge 113.886
SELECT cluster, size FROM segment.fit('height', 'mall_customers', '{annual_income,spending_score}', method => 'hclust', scale => 'none', options => '{"height": 200}');
SELECT cluster, size FROM segment.fit('average', 'mall_customers', '{annual_income,spending_score}', 5, method => 'hclust', scale => 'none', options => '{"linkage": "average"}');
-- Options of k-means: they arrive, and are kept
SELECT cluster, size FROM segment.fit('options', 'mall_customers', '{annual_income,spending_score}', 5, seed => 7, options => '{"n_init": 1, "max_iter": 50}');
SELECT model, seed, options FROM segment.models WHERE model = 'options';

-- The same rows in another order, on another kind of relation: the same personas
CREATE VIEW a_view AS SELECT * FROM mall_customers ORDER BY gender, age;
CREATE MATERIALIZED VIEW a_matview AS SELECT * FROM mall_customers ORDER BY md5(customer_id::text);
CREATE TABLE a_partitioned (LIKE mall_customers) PARTITION BY HASH (customer_id);
CREATE TABLE part_0 PARTITION OF a_partitioned FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF a_partitioned FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO a_partitioned SELECT * FROM mall_customers;
CREATE TABLE a_parent (LIKE mall_customers);
CREATE TABLE a_child () INHERITS (a_parent);
INSERT INTO a_child SELECT * FROM mall_customers;
CREATE TEMP TABLE a_temporary AS SELECT * FROM mall_customers;
SELECT r AS source, count(*) AS personas
FROM unnest('{a_view,a_matview,a_partitioned,a_parent,a_temporary}'::text[]) AS r
CROSS JOIN LATERAL segment.fit(r, r::regclass, '{annual_income,spending_score}', 5)
GROUP BY r ORDER BY r;
SELECT count(DISTINCT v.clustering) AS models, count(DISTINCT p.all_names) AS sets_of_names
FROM segment.model AS m JOIN segment.version AS v ON v.model_id = m.id
JOIN LATERAL (SELECT array_agg(p.persona ORDER BY p.cluster) AS all_names FROM segment.persona AS p WHERE p.model_id = m.id) AS p ON true
WHERE m.model IN ('mall', 'a_view', 'a_matview', 'a_partitioned', 'a_parent', 'a_temporary');

-- A view whose function needs the caller's search_path
CREATE FUNCTION efficiency(c mall_customers) RETURNS float8 LANGUAGE plpgsql STABLE
	AS $$ BEGIN RETURN (SELECT m.spending_score / m.annual_income::float8 FROM mall_customers AS m WHERE m.customer_id = c.customer_id); END $$;
CREATE VIEW engineered AS SELECT c.customer_id, efficiency(c) FROM mall_customers AS c;
SELECT * FROM segment.fit('engineered', 'engineered', k => 3, key => '{customer_id}');
SHOW search_path;

-- Numbers of every type, domains among them; rows without a number in every feature take no part
CREATE DOMAIN score AS numeric(5, 2) CHECK (VALUE >= 0);
CREATE DOMAIN high_score AS score CHECK (VALUE < 1000);
CREATE TABLE types (id serial PRIMARY KEY, a smallint, b bigint, c real, d double precision, e numeric, f high_score, g text, h date, i boolean, j money);
INSERT INTO types (a, b, c, d, e, f) SELECT x, x, x, x, x, x FROM generate_series(1, 9) AS x;
INSERT INTO types (a, b, c, d, e, f) VALUES (NULL, 1, 1, 1, 1, 1), (1, 1, 'NaN', 1, 1, 1), (1, 1, 1, '-Infinity', 1, 1);
SELECT * FROM segment.fit('types', 'types', k => 3);
SELECT features, rows FROM segment.models WHERE model = 'types';
-- fewer distinct rows than clusters: as many clusters as rows
SELECT cluster, persona, profile FROM segment.fit('few', 'types', '{a}', k => 20, key => '{id}');
SELECT k FROM segment.models WHERE model = 'few';
-- one cluster, and rows that are all equal: nothing stands out
SELECT * FROM segment.fit('one', 'mall_customers', '{age}', k => 1);
CREATE TABLE constant AS SELECT 5 AS x, 7.25 AS y FROM generate_series(1, 3);
SELECT * FROM segment.fit('constant', 'constant', k => 1);
SELECT * FROM segment.profile('constant');

-- Hostile names
CREATE TABLE "Sch""ema; --"."T'able %s $1" (
	"Id" int PRIMARY KEY, "Annual Income" int, "; drop table x; --" int, "'quoted'" int, "a""b" int, "%I" int, "sélection" int, "select" int);
INSERT INTO "Sch""ema; --"."T'able %s $1" SELECT customer_id, annual_income, spending_score, age, age, age, age, age FROM mall_customers;
SELECT * FROM segment.fit($m$it's; "a" %s $1 \ model$m$, '"Sch""ema; --"."T''able %s $1"',
	ARRAY['Annual Income', '; drop table x; --'], k => 5);
SELECT model, features, key, source FROM segment.models WHERE model LIKE 'it''s%';
SELECT persona FROM segment.fit('every column', '"Sch""ema; --"."T''able %s $1"', k => 2);
SELECT segment.drop($m$it's; "a" %s $1 \ model$m$), segment.drop('every column');
DROP TABLE "Sch""ema; --"."T'able %s $1";
DROP SCHEMA "Sch""ema; --";

-- What is refused, and what the error says to do
CREATE FUNCTION refusal(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; hint text;
BEGIN
	EXECUTE 'SELECT ' || call;
	RAISE 'not refused';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN format(E'%s %s\n      %s', SQLSTATE, message, hint);
END $$;
CREATE TABLE empty (id int PRIMARY KEY, x int);
CREATE TABLE nulls AS SELECT NULL::int AS x, 1 AS y FROM generate_series(1, 3);
CREATE TABLE words (id int PRIMARY KEY, word text);
CREATE INDEX words_word ON words (word);
CREATE SEQUENCE counter;
\pset format unaligned
\pset tuples_only on
SELECT call || E'\n' || refusal('segment.fit(' || call || ')') FROM (VALUES
	(1, $$NULL, 'mall_customers', k => 5$$),
	(2, $$'', 'mall_customers', k => 5$$),
	(3, $$'   ', 'mall_customers', k => 5$$),
	(4, $$repeat('m', 201), 'mall_customers', k => 5$$),
	(5, $$'mall', 'mall_customers', k => 5$$),
	(6, $$'m', NULL, k => 5$$),
	(7, $$'m', 'nowhere', k => 5$$),
	(8, $$'m', 'words_word', k => 5$$),
	(9, $$'m', 'counter', k => 5$$),
	(10, $$'m', 4294967295::oid::regclass, k => 5$$),
	(11, $$'m', 'words', k => 5$$),
	(12, $$'m', 'empty', k => 5$$),
	(13, $$'m', 'nulls', k => 5$$),
	(14, $$'m', 'mall_customers', '{income}', 5$$),
	(15, $$'m', 'words', '{income}', 5$$),
	(16, $$'m', 'mall_customers', '{annual_income,gender}', 5$$),
	(17, $$'m', 'types', '{a,h}', 5$$),
	(18, $$'m', 'mall_customers', '{Age}', 5$$),
	(19, $$'m', 'mall_customers', '{ctid}', 5$$),
	(20, $$'m', 'mall_customers', '{}', 5$$),
	(21, $$'m', 'mall_customers', '{{age},{annual_income}}', 5$$),
	(22, $$'m', 'mall_customers', '{age,NULL}', 5$$),
	(23, $$'m', 'mall_customers', '{age,age}', 5$$),
	(24, $$'m', 'mall_customers', k => 5, key => '{customer}'$$),
	(25, $$'m', 'mall_customers', k => 5, key => '{}'$$),
	(26, $$'m', 'empty', '{x}'$$),
	(27, $$'m', 'mall_customers', k => 0$$),
	(28, $$'m', 'mall_customers', k => -1$$),
	(29, $$'m', 'mall_customers', k => 5, method => 'dbscan'$$),
	(30, $$'m', 'mall_customers', k => 5, method => NULL$$),
	(31, $$'m', 'mall_customers', k => 5, scale => 'logit'$$),
	(32, $$'m', 'mall_customers', k => 5, scale => NULL$$),
	(33, $$'m', 'mall_customers', k => 5, seed => NULL$$),
	(34, $$'m', 'mall_customers', k => 5, options => NULL$$),
	(35, $$'m', 'mall_customers', k => 5, options => '[]'$$),
	(36, $$'m', 'mall_customers', k => 5, options => '{"linkage": "ward"}'$$),
	(37, $$'m', 'mall_customers', k => 5, options => '{"n_init": 2.5}'$$),
	(38, $$'m', 'mall_customers', k => 5, options => '{"n_init": "2"}'$$),
	(39, $$'m', 'mall_customers', k => 5, options => '{"n_init": null}'$$),
	(40, $$'m', 'mall_customers', k => 5, options => '{"n_init": 3000000000}'$$),
	(41, $$'m', 'mall_customers', k => 5, options => '{"n_init": -1}'$$),
	(42, $$'m', 'mall_customers', k => 5, options => '{"max_iter": 0}'$$),
	(43, $$'m', 'nulls', '{x}', method => 'hclust'$$),
	(44, $$'m', 'mall_customers', k => 5, method => 'hclust', options => '{"height": 3}'$$),
	(45, $$'m', 'mall_customers', method => 'hclust', options => '{"height": "3"}'$$),
	(46, $$'m', 'mall_customers', method => 'hclust', options => '{"height": -3}'$$),
	(47, $$'m', 'mall_customers', k => 5, method => 'hclust', options => '{"linkage": "median''s"}'$$),
	(48, $$'m', 'mall_customers', k => 5, method => 'hclust', options => '{"linkage": 3}'$$),
	(49, $$'m', 'mall_customers', k => 5, ruleset => 'nowhere'$$),
	(50, $$'m', 'mall_customers', '{age}', 5, ruleset => 'mall'$$)
	) AS calls(n, call) ORDER BY n;
SELECT call || E'\n' || refusal(call) FROM (VALUES
	($$segment.drop('nowhere')$$), ($$segment.drop(NULL)$$), ($$segment.profile('nowhere')$$)) AS calls(call);
\pset tuples_only off
\pset format aligned
SELECT count(*) AS left_behind FROM segment.models WHERE model = 'm';

-- A fit belongs to its transaction
BEGIN;
SELECT count(*) FROM segment.fit('undone', 'mall_customers', k => 2);
SELECT count(*) FROM segment.fit(repeat('𝕞', 200), 'mall_customers', k => 2);
SELECT char_length(model) AS characters FROM segment.models ORDER BY 1 DESC LIMIT 1;
ROLLBACK;
SELECT count(*) AS undone FROM segment.models WHERE model = 'undone';
-- and a name is free again when its model is dropped
SELECT segment.drop('mall');
SELECT persona FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', 5, ruleset => 'mall');
SELECT model, ruleset FROM segment.models WHERE model = 'mall';

SELECT count(segment.drop(model, cascade => true)::text) AS dropped FROM segment.models WHERE owner = current_user;
SELECT (SELECT count(*) FROM segment.model) AS models, (SELECT count(*) FROM segment.version) AS versions, (SELECT count(*) FROM segment.persona) AS personas;
DROP TABLE a_temporary;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA fit CASCADE;
DROP ROLE regress_segment_fit;
