-- segment.create_view: what the view shows, where it is made, what it refuses, how it is planned
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_views;
CREATE SCHEMA views AUTHORIZATION regress_segment_views;
CREATE SCHEMA "Other Views" AUTHORIZATION regress_segment_views;
SET ROLE regress_segment_views;
SET search_path = views, public;

CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT persona FROM segment.fit('mall', 'mall_customers', features => '{annual_income,spending_score}', k => 5);

-- Every column of the source, then cluster, persona, distance; each with its comment
SELECT segment.create_view('mall', 'mall_personas');
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, col_description(a.attrelid, a.attnum) AS comment
FROM pg_attribute AS a WHERE a.attrelid = 'mall_personas'::regclass ORDER BY a.attnum;
SELECT obj_description('mall_personas'::regclass);
SELECT persona, count(*), round(avg(age), 1) AS age, round(avg(annual_income), 3) AS income, round(avg(spending_score), 3) AS score,
	round(avg(distance)::numeric, 3) AS distance
FROM mall_personas GROUP BY persona ORDER BY persona;
SELECT * FROM mall_personas ORDER BY customer_id LIMIT 5;
-- k-means places the rows of its fit where it found them
SELECT count(*) AS moved
FROM (SELECT *, kmeans_label(ARRAY[annual_income, spending_score], 5, scale => 'zscore') OVER () AS label FROM mall_personas) AS labelled
WHERE cluster <> label;
-- the distance is that of the scaled space
WITH scale AS (SELECT stddev_pop(annual_income) AS income, stddev_pop(spending_score) AS score FROM mall_customers)
SELECT max(abs(distance - sqrt(((annual_income - i.mean) / scale.income) ^ 2 + ((spending_score - s.mean) / scale.score) ^ 2))) < 1e-12 AS as_defined
FROM mall_personas AS v
JOIN segment.profile('mall') AS i ON i.cluster = v.cluster AND i.feature = 'annual_income'
JOIN segment.profile('mall') AS s ON s.cluster = v.cluster AND s.feature = 'spending_score', scale;

-- The key comes first, in its own order, wherever the source has it; a column takes its comment along, or gets one
CREATE TABLE purchases (amount int, store text, day date, visits int, customer int, region text, PRIMARY KEY (customer, day));
COMMENT ON COLUMN purchases.amount IS 'in dollars; the buyer''s';
COMMENT ON COLUMN purchases.day IS 'of the purchase';
INSERT INTO purchases SELECT i, 'store ' || i % 2, '2026-01-01'::date + i, i * i % 7, i / 2, NULL FROM generate_series(1, 20) AS i;
SELECT count(*) FROM segment.fit('purchases', 'purchases', '{amount,visits}', 2, by => 'store');
SELECT segment.create_view('purchases', 'purchases_personas');
SELECT a.attname, col_description(a.attrelid, a.attnum) AS comment
FROM pg_attribute AS a WHERE a.attrelid = 'purchases_personas'::regclass ORDER BY a.attnum;
-- of a source without a key, as they come
CREATE VIEW keyless AS SELECT amount, customer FROM purchases;
COMMENT ON COLUMN keyless.customer IS 'who';
SELECT count(*) FROM segment.fit('keyless', 'keyless', '{amount}', 2);
SELECT segment.create_view('keyless', 'keyless_personas');
SELECT a.attname, col_description(a.attrelid, a.attnum) AS comment
FROM pg_attribute AS a WHERE a.attrelid = 'keyless_personas'::regclass ORDER BY a.attnum;

-- A customer who comes after the fit is scored, one who is changed is scored anew, one without a feature has no persona
INSERT INTO mall_customers VALUES (201, 'Female', 30, 120, 90), (202, 'Male', 40, NULL, 90), (203, 'Female', 50, 15, NULL);
SELECT customer_id, annual_income, spending_score, cluster, persona, round(distance::numeric, 6) AS distance
FROM mall_personas WHERE customer_id > 200 ORDER BY 1;
UPDATE mall_customers SET spending_score = 5 WHERE customer_id = 201;
SELECT customer_id, cluster, persona, round(distance::numeric, 6) AS distance FROM mall_personas WHERE customer_id = 201;
SELECT count(*), count(persona) AS with_persona FROM mall_personas;
SELECT count(*) FROM mall_personas WHERE persona = 'Cautious Earners';
SELECT customer_id FROM mall_personas WHERE persona IS NULL ORDER BY 1;
DELETE FROM mall_customers WHERE customer_id > 200;

-- The view follows the active version and the names of the model, and need not be made again
BEGIN;
UPDATE segment.persona SET persona = 'Big Spenders' WHERE persona = 'High-Value Customers';
SELECT persona, count(*) FROM mall_personas GROUP BY 1 ORDER BY 1;
INSERT INTO segment.version (model_id, version, active, source, scratch_hash, last_cluster, clustering)
	SELECT v.model_id, 2, false, 'mall', 0, 7, segment.kmeans_fit(ARRAY[c.annual_income, c.spending_score], 2, 'none', 0, NULL, NULL)
	FROM mall_customers AS c, segment.version AS v GROUP BY v.model_id;
INSERT INTO segment.persona (model_id, version, cluster, number, persona) SELECT model_id, 2, 7 - c, c, 'half ' || c FROM segment.model AS m(model_id), generate_series(0, 1) AS c;
UPDATE segment.version SET active = false WHERE version = 1;
UPDATE segment.version SET active = true WHERE version = 2;
SELECT persona, count(*) FROM mall_personas GROUP BY 1 ORDER BY 1;
SELECT version, cluster, persona, size FROM segment.personas;
SELECT version, active, k FROM segment.models;
ROLLBACK;
SELECT persona, count(*) FROM mall_personas GROUP BY 1 ORDER BY 1;

-- More than eight features, and features of every numeric type
CREATE TABLE many AS SELECT i AS id, i::int2 AS a, i::int8 AS b, i::real AS c, i::numeric AS d, i::float8 AS e, i AS f, -i AS g, i AS h, i * i AS i, i % 3 AS j
	FROM generate_series(1, 60) AS i;
SELECT cluster, size FROM segment.fit('many', 'many', k => 3, key => '{id}');
SELECT segment.create_view('many', 'many_personas');
SELECT cluster, count(*), min(id), max(id) FROM many_personas GROUP BY 1 ORDER BY 1;
UPDATE many SET c = 'NaN' WHERE id = 1;
UPDATE many SET d = NULL WHERE id = 2;
SELECT id, cluster, persona, distance FROM many_personas WHERE id < 3 ORDER BY 1;

-- A tree's view scores by the nearest centroid
SELECT cluster, size FROM segment.fit('ward', 'mall_customers', '{annual_income,spending_score}', 5, method => 'hclust', scale => 'none');
SELECT segment.create_view('ward', 'ward_personas');
SELECT cluster, count(*) FROM ward_personas GROUP BY 1 ORDER BY 1;

-- Views of views, and of a temporary table
CREATE VIEW spenders AS SELECT * FROM mall_personas WHERE spending_score > 60;
SELECT persona, count(*) FROM spenders GROUP BY 1 ORDER BY 1;
CREATE VIEW engineered AS SELECT customer_id, annual_income * 12 AS "Yearly; income", spending_score / 100.0 AS "share ""spent""" FROM mall_customers;
SELECT persona, profile FROM segment.fit('engineered', 'engineered', k => 2, key => '{customer_id}');
SELECT segment.create_view('engineered', '"Other Views"."Yearly ""personas"""');
SELECT * FROM "Other Views"."Yearly ""personas""" ORDER BY customer_id LIMIT 2;
CREATE TEMP TABLE fleeting AS SELECT * FROM mall_customers;
SELECT size FROM segment.fit('fleeting', 'fleeting', '{age}', 2);
SELECT regexp_replace(segment.create_view('fleeting', 'fleeting_personas')::text, '.*[.]', '') AS view;
SELECT relpersistence FROM pg_class WHERE relname = 'fleeting_personas';
SELECT segment.create_view('fleeting', 'views.fleeting_personas');

-- The name is resolved as in CREATE VIEW
SELECT segment.create_view('mall', 'MiXeD'), segment.create_view('mall', '"MiXeD"'), segment.create_view('mall', '"Other Views".plain');
SET search_path = "Other Views", views, public;
SELECT segment.create_view('mall', 'mall_personas');
SET search_path = views, public;
DROP SCHEMA "Other Views" CASCADE;

-- What is refused, and what the error says to do
CREATE FUNCTION refusal(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; hint text;
BEGIN
	EXECUTE 'SELECT ' || call;
	RAISE 'not refused';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN format(E'%s\n%s %s\n      %s', call, SQLSTATE, message, hint);
END $$;
CREATE VIEW taken AS SELECT customer_id AS "distance", age AS persona, spending_score FROM mall_customers;
SELECT count(*) FROM segment.fit('taken', 'taken', '{persona}', 2);
CREATE TABLE gone AS SELECT * FROM mall_customers;
SELECT count(*) FROM segment.fit('gone', 'gone', '{age,annual_income}', 2);
DROP TABLE gone;
CREATE TABLE lost AS SELECT * FROM mall_customers;
SELECT count(*) FROM segment.fit('lost', 'lost', '{age,annual_income,spending_score}', 2);
ALTER TABLE lost DROP COLUMN age, ALTER COLUMN spending_score TYPE text;
\pset format unaligned
\pset tuples_only on
SELECT refusal(call) FROM (VALUES
	(1, $$segment.create_view('nowhere', 'v')$$),
	(2, $$segment.create_view(NULL, 'v')$$),
	(3, $$segment.create_view('mall', NULL)$$),
	(4, $$segment.create_view('mall', '')$$),
	(5, $$segment.create_view('mall', 'v; DROP TABLE mall_customers; --')$$),
	(6, $$segment.create_view('mall', '1st')$$),
	(7, $$segment.create_view('mall', 'a.b.c')$$),
	(8, $$segment.create_view('mall', 'nowhere.v')$$),
	(9, $$segment.create_view('mall', 'mall_personas')$$),
	(10, $$segment.create_view('mall', 'views.mall_customers')$$),
	(11, $$segment.create_view('taken', 'v')$$),
	(12, $$segment.create_view('gone', 'v')$$),
	(13, $$segment.create_view('lost', 'v')$$)) AS calls(n, call) ORDER BY n;
SET search_path = nowhere;
SELECT views.refusal($$segment.create_view('mall', 'v')$$);
SET search_path = views, public;
\pset tuples_only off
\pset format aligned

-- A model that views use is dropped with them, or not at all
SELECT segment.drop('mall');
SELECT count(*) FROM segment.models WHERE model = 'mall';
DO $$ BEGIN
	DELETE FROM segment.model WHERE model = 'mall';
EXCEPTION WHEN dependent_objects_still_exist THEN
	RAISE NOTICE '%', regexp_replace(SQLERRM, '\d+', 'n');
END $$;
SELECT segment.drop('mall', cascade => true);
SELECT to_regclass('mall_personas') AS view, to_regclass('spenders') AS view_of_the_view, to_regclass('mall_customers') AS source;
-- whose views are gone already: so is the gate
SELECT segment.create_view('many', 'many_again');
DROP VIEW many_personas, many_again;
SELECT segment.drop('many');
-- models without a source can be dropped
SELECT segment.drop('gone'), segment.drop('lost'), segment.drop('taken');
DROP VIEW fleeting_personas;
SELECT segment.drop('fleeting'), segment.drop('engineered');

-- The plan: parallel workers score each row once, in the scan, whatever is made of the cluster above; conditions reach the
-- index of the source
CREATE TABLE planned (id int PRIMARY KEY, x int, y int);
INSERT INTO planned SELECT i, i % 100, i % 77 FROM generate_series(1, 1000) AS i;
ANALYZE planned;
SELECT size FROM segment.fit('planned', 'planned', k => 2);
SELECT segment.create_view('planned', 'planned_personas');
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
		IF line ~ 'Scan.* on views|Output: s.id, .* cluster_id|[(]s.id = 7[)]' THEN
			-- $1 is (InitPlan 1).col1 since 17
			RETURN NEXT btrim(regexp_replace(regexp_replace(line, '[$]\d+|[(]InitPlan \d+[)][.]col\d+', '$n', 'g'), 'public[.]', '', 'g'));
		END IF;
	END LOOP;
END $$;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT plan('SELECT * FROM planned_personas');
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT plan('SELECT persona FROM planned_personas WHERE id = 7');
SELECT id, cluster, persona FROM planned_personas WHERE id = 7;

DROP TABLE fleeting;
SELECT count(segment.drop(model, cascade => true)::text) AS dropped FROM segment.models;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA views CASCADE;
DROP ROLE regress_segment_views;
