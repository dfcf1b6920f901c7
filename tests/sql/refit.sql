-- segment.refit and what goes with it: what survives, what is reported, what is refused
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_refit;
CREATE SCHEMA refit AUTHORIZATION regress_segment_refit;
SET ROLE regress_segment_refit;
SET search_path = refit, public;

-- The largest sum of weights is not the greedy one: 9 + 9, not 10 + 0; no weight, no pair; rows or columns are left over
SELECT w, segment.match_clusters(w::float8[]) FROM unnest(ARRAY['{{10,9},{9,0}}', '{{0,0},{0,1}}', '{{-1}}', '{{3,2,1}}', '{{1},{3},{2}}', '{{5,5},{5,5}}']) AS w;
SELECT segment.match_clusters(NULL);

CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income float8, spending_score float8);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT cluster, persona, size FROM segment.fit('mall', 'mall_customers', features => '{annual_income,spending_score}', k => 5);
SELECT segment.create_view('mall', 'mall_personas');

-- The same rows, the same rows in another order, more rows that take no part: nothing changes
CREATE TABLE model_before AS SELECT * FROM segment.version;
SELECT * FROM segment.refit('mall');
CREATE TABLE shuffled AS SELECT * FROM mall_customers ORDER BY md5(customer_id::text);
INSERT INTO shuffled VALUES (201, 'Male', 30, 'NaN', 5), (202, 'Male', 30, NULL, 5);
SELECT * FROM segment.refit('mall', 'shuffled');
SELECT * FROM segment.refit('mall', 'mall_customers');
SELECT count(*) AS versions, count(*) FILTER (WHERE v = b) AS untouched FROM segment.version AS v, model_before AS b;
SELECT model, source FROM segment.models;

-- A year later everybody earns a little more, and those who earn most and spend least spend even less: numbers and names stay
UPDATE mall_customers SET annual_income = annual_income + 2;
UPDATE mall_customers SET spending_score = spending_score / 2 WHERE annual_income > 72 AND spending_score < 40;
SELECT cluster, persona, event, size_before, size_after, from_clusters, into_clusters, round(drift::numeric, 4) AS drift, note FROM segment.refit('mall');
SELECT persona, count(*) FROM mall_personas GROUP BY 1 ORDER BY 1;

-- drift, by its definition: distances in the space of the former fit, against the root mean square distance there
WITH v AS (SELECT v.version, v.clustering, s.* FROM segment.version AS v, cluster_stats(v.clustering) AS s),
scale AS (SELECT (clustering::jsonb #>> '{unit,0}')::float8 AS income, (clustering::jsonb #>> '{unit,1}')::float8 AS score FROM segment.version WHERE version = 1)
SELECT c.cluster, abs(c.drift - sqrt(((b.centroid[1] - a.centroid[1]) / income) ^ 2 + ((b.centroid[2] - a.centroid[2]) / score) ^ 2) / sqrt(a.inertia / a.size)) < 1e-12 AS as_defined
FROM segment.change AS c
JOIN segment.persona AS pa ON pa.version = 1 AND pa.cluster = c.cluster JOIN v AS a ON a.version = 1 AND a.cluster = pa.number
JOIN segment.persona AS pb ON pb.version = 2 AND pb.cluster = c.cluster JOIN v AS b ON b.version = 2 AND b.cluster = pb.number, scale
ORDER BY 1;

-- The canonical numbers change places as an average changes: poor spenders earn more than poor savers now. Names do not.
UPDATE mall_customers SET annual_income = annual_income + 6 WHERE annual_income < 42 AND spending_score > 55;
SELECT cluster, persona, event, size_after, note FROM segment.refit('mall');
SELECT cluster, number, persona FROM segment.persona WHERE version = 3 ORDER BY 1;
SELECT cluster, persona, size, profile FROM segment.personas;
SELECT cluster, persona, count(*) FROM mall_personas GROUP BY 1, 2 ORDER BY 1;
SELECT cluster, persona, feature, word FROM segment.profile('mall') WHERE cluster < 2;

-- The poor spenders leave, others come who have much of both. Number 0 is not given to anybody again.
DELETE FROM mall_customers WHERE annual_income < 50 AND spending_score > 55;
INSERT INTO mall_customers SELECT 300 + i, 'Female', 30, 180 + i % 5, 150 + i % 7 FROM generate_series(1, 30) AS i;
SELECT cluster, persona, event, size_before, size_after, from_clusters, into_clusters, note FROM segment.refit('mall');
SELECT cluster, persona, count(*) FROM mall_personas GROUP BY 1, 2 ORDER BY 1;
-- and they leave again, as the others come back
DELETE FROM mall_customers WHERE customer_id > 300;
INSERT INTO mall_customers SELECT 400 + i, 'Male', 25, 26 + i % 5, 80 + i % 7 FROM generate_series(1, 22) AS i;
SELECT cluster, persona, event, size_before, size_after, from_clusters, into_clusters FROM segment.refit('mall');

-- Another unit: hardly a row lies where the model has seen any, but who is high, and who is low, has not changed
UPDATE mall_customers SET annual_income = annual_income * 1000;
SELECT cluster, persona, event, size_before, size_after, note FROM segment.refit('mall');
UPDATE mall_customers SET annual_income = annual_income / 1000;

-- A mixture: the same rows, in whatever order, change nothing; then numbers and names stay as they drift, die, are born and change their unit
CREATE TABLE mixed (customer_id int PRIMARY KEY, gender text, age int, annual_income float8, spending_score float8);
\copy mixed FROM 'data/mall_customers.csv' CSV HEADER
SELECT cluster, persona, size FROM segment.fit('mixture', 'mixed', '{annual_income,spending_score}', 5, method => 'gmm');
CREATE TABLE mixture_before AS SELECT * FROM segment.version WHERE model_id = segment.model_id('mixture');
CREATE TABLE mixed_again AS SELECT * FROM mixed ORDER BY md5(customer_id::text);
SELECT * FROM segment.refit('mixture');
SELECT count(*) FROM segment.refit('mixture', 'mixed_again');
SELECT count(*) AS versions, count(*) FILTER (WHERE v = b) AS untouched FROM segment.version AS v JOIN mixture_before AS b USING (model_id);
SELECT count(*) FROM segment.refit('mixture', 'mixed');
UPDATE mixed SET annual_income = annual_income + 2;
UPDATE mixed SET spending_score = spending_score / 2 WHERE annual_income > 72 AND spending_score < 40;
SELECT cluster, persona, event, size_before, size_after, round(drift::numeric, 4) AS drift FROM segment.refit('mixture');
-- the poor spenders earn more than the poor savers now
UPDATE mixed SET annual_income = annual_income + 6 WHERE annual_income < 42 AND spending_score > 55;
SELECT cluster, persona, event, size_before, size_after FROM segment.refit('mixture');
SELECT cluster, number FROM segment.persona WHERE model_id = segment.model_id('mixture') AND version = 3 ORDER BY 1;
DELETE FROM mixed WHERE annual_income < 50 AND spending_score > 55;
INSERT INTO mixed SELECT 300 + i, 'Female', 30, 180 + i % 5, 150 + i % 7 FROM generate_series(1, 30) AS i;
SELECT cluster, persona, event, size_before, size_after FROM segment.refit('mixture');
UPDATE mixed SET annual_income = annual_income * 1000;
SELECT cluster, persona, event, note FROM segment.refit('mixture');
SELECT * FROM segment.refit('mixture');
SELECT version, k, rows, born, died FROM segment.history('mixture');
-- a component that is the most probable for no row goes on as such
SELECT segment.match_by_rows(m, m, '{0,2}', '{0,2}', '{20,70}', '{20,70}')
FROM (SELECT clustering::jsonb AS j FROM segment.version WHERE model_id = segment.model_id('mixture') AND active) AS f,
	LATERAL (SELECT jsonb_set(j, '{clusters,1}', (j #> '{clusters,1}') || jsonb_build_object('size', 0, 'inertia', 0, 'radius', 0, 'spread', '{0,0}'::int[], 'mean', j #> '{clusters,1,centroid}'))::clustering AS m) AS e;
SELECT segment.drop('mixture');

-- Back to an earlier version, and on from there: versions and clusters go on from the highest numbers
SELECT segment.activate('mall', 4);
SELECT cluster, persona FROM segment.personas;
SELECT persona, count(*) FROM mall_personas GROUP BY 1 ORDER BY 1;
SELECT cluster, persona, event FROM segment.refit('mall');
SELECT version, active, source, previous, k, rows, round(inertia::numeric, 3) AS inertia, born, died, split, merged, drift > 0 AS has_drift FROM segment.history('mall');
SELECT segment.activate('mall', 7);
SELECT version FROM segment.personas GROUP BY 1;
SELECT model, version, cluster, persona, event FROM segment.changes WHERE event <> 'kept';

-- A name of one's own stays, whatever the rules say; the others' names are taken
SELECT segment.rename('mall', 3, 'Whales'), segment.rename('mall', 2, 'it''s "%s" \ $1');
SELECT segment.rename('mall', 3, repeat('𝕏', 200));
SELECT segment.rename('mall', 3, 'Whales');
SELECT cluster, persona, pinned FROM segment.persona JOIN segment.version USING (model_id, version) WHERE active ORDER BY 1;
UPDATE mall_customers SET annual_income = annual_income + 1 WHERE customer_id % 2 = 0;
SELECT cluster, persona, event FROM segment.refit('mall');
SELECT cluster, persona, pinned FROM segment.persona JOIN segment.version USING (model_id, version) WHERE active ORDER BY 1;
SELECT persona, count(*) FROM mall_personas GROUP BY 1 ORDER BY 1;

-- Split, merged, died, born: four round groups, of which the first two meet as the last falls apart
CREATE TABLE groups (id int PRIMARY KEY, g int, x float8, y float8);
INSERT INTO groups SELECT 400 * g + i, g, (ARRAY[0, 12, 0, 30])[g] + r * cos(i * 2.4), (ARRAY[0, 0, 20, 20])[g] + r * sin(i * 2.4)
FROM generate_series(1, 4) AS g, generate_series(1, 400) AS i, LATERAL (SELECT 1.5 * sqrt(-2 * ln((i - 0.5) / 400)) AS r) AS r;
SELECT cluster, persona, size FROM segment.fit('groups', 'groups', '{x,y}', 4, scale => 'none');
UPDATE groups SET x = x + CASE g WHEN 1 THEN 6 WHEN 2 THEN -6 WHEN 4 THEN 10 * (id % 2) - 5 ELSE 0 END;
SELECT cluster, persona, event, size_before, size_after, from_clusters, into_clusters FROM segment.refit('groups');
-- The third group leaves. Others come who are nearest to the cluster that split, and more: but it loses none, so it is kept
DELETE FROM groups WHERE g = 3;
INSERT INTO groups SELECT 5000 + i, 5, 60 + (i % 10) / 10.0, 40 FROM generate_series(1, 500) AS i;
SELECT cluster, persona, event, size_before, size_after, from_clusters, into_clusters FROM segment.refit('groups');
-- A few rows, all different, all changed: every cluster is a row, and has some room to move
CREATE TABLE few (id int PRIMARY KEY, x int);
INSERT INTO few VALUES (1, 0), (2, 1), (3, 50), (4, 100);
SELECT cluster, size FROM segment.fit('few', 'few', k => 3, scale => 'none');
UPDATE few SET x = x + 1;
SELECT cluster, event, size_after, drift FROM segment.refit('few');
-- fewer distinct rows than clusters, and more again
UPDATE few SET x = 1 WHERE x < 60;
SELECT cluster, event, size_before, size_after FROM segment.refit('few');
INSERT INTO few VALUES (5, 500);
SELECT cluster, event, size_before, size_after FROM segment.refit('few');

-- A tree is made anew; its clusters are matched all the same
SELECT cluster, size FROM segment.fit('ward', 'mall_customers', '{annual_income,spending_score}', 5, method => 'hclust', scale => 'none');
SELECT * FROM segment.refit('ward');
UPDATE mall_customers SET annual_income = annual_income + 1;
SELECT cluster, event, size_before, size_after FROM segment.refit('ward');
SELECT cluster, size FROM segment.fit('height', 'mall_customers', '{annual_income,spending_score}', method => 'hclust', scale => 'none', options => '{"height": 200}');
DELETE FROM mall_customers WHERE annual_income < 50 AND spending_score < 40;
SELECT cluster, event, size_before, size_after FROM segment.refit('height');

-- A view, a function of the caller's search_path, a hostile name; views of the former source are named
CREATE FUNCTION twice(x float8) RETURNS float8 LANGUAGE plpgsql AS $$ BEGIN RETURN 2 * half_of_four() * x / 2; END $$;
CREATE FUNCTION half_of_four() RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE VIEW "Next month's ""view""; --" AS SELECT customer_id, twice(annual_income) / 2 AS annual_income, spending_score FROM mall_customers;
SELECT cluster, event, size_after FROM segment.refit('mall', '"Next month''s ""view""; --"');
SELECT model, version, source FROM segment.models WHERE model = 'mall' AND version > 7;
SELECT source FROM segment.model WHERE model = 'mall';
SELECT segment.create_view('mall', 'next_personas');
SELECT persona, count(*) FROM next_personas GROUP BY 1 ORDER BY 1;

-- Rules for newborn clusters only: a tie, or a ruleset that is gone, does not stop what needs no name
CREATE TABLE corners AS SELECT a + (i - 5) / 10.0 AS a, b, i FROM (VALUES (0, 0), (0, 100), (100, 0), (100, 100)) AS p(a, b), generate_series(1, 9) AS i;
INSERT INTO segment.persona_rules VALUES ('mine', 'Right', 'a', 0.5, NULL, 'to the right');
SELECT cluster, persona FROM segment.fit('corners', 'corners', '{a,b}', 4, ruleset => 'mine');
INSERT INTO segment.persona_rules VALUES ('mine', 'Wrong', 'a', 0.4, NULL, NULL);
UPDATE corners SET a = a + 1;
SELECT cluster, persona, event, note FROM segment.refit('corners');
UPDATE corners SET a = a + 400, b = 900 WHERE a > 50 AND b > 50;
SELECT cluster, persona, event, note FROM segment.refit('corners');
DELETE FROM segment.persona_rules WHERE persona = 'Wrong';
SELECT cluster, persona, event, note FROM segment.refit('corners');
SELECT cluster, persona, note FROM segment.personas WHERE model = 'corners';
DELETE FROM segment.persona_rules;
UPDATE corners SET a = a + 1;
SELECT cluster, persona, event, note FROM segment.refit('corners');

-- k-means from given centroids leads to the optimum beside them, here the poor one of two; NULL stands for none
SELECT cluster_inertia(segment.kmeans_fit(ARRAY[x, y], 2, 'none', 0, NULL, NULL, '{0.6,0,0.6,1}')) AS across,
	cluster_inertia(segment.kmeans_fit(ARRAY[x, y], 2, 'none', 0, NULL, NULL, NULL)) AS best
FROM unnest('{0,1.2}'::float8[]) AS x, unnest('{0,1}'::float8[]) AS y;

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
CREATE TABLE unlike (customer_id int, annual_income int);
CREATE TABLE keyless AS SELECT annual_income, spending_score FROM mall_customers;
CREATE TABLE words AS SELECT customer_id, annual_income, 'a' AS spending_score FROM mall_customers;
CREATE TABLE empty (LIKE mall_customers);
CREATE TABLE gone AS SELECT * FROM mall_customers;
SELECT count(*) FROM segment.fit('gone', 'gone', '{age}', 2);
DROP TABLE gone;
SELECT count(*) FROM segment.fit('idle', 'mall_customers', '{age}', 2);
UPDATE segment.version SET active = false WHERE model_id = segment.model_id('idle');
\pset format unaligned
\pset tuples_only on
SELECT refusal(call) FROM (VALUES
	(1, $$segment.refit('nowhere')$$),
	(2, $$segment.refit(NULL)$$),
	(3, $$segment.refit('mall', 'unlike')$$),
	(4, $$segment.refit('mall', 'keyless')$$),
	(5, $$segment.refit('mall', 'words')$$),
	(6, $$segment.refit('mall', 'empty')$$),
	(7, $$segment.refit('mall', 4294967295::oid::regclass)$$),
	(8, $$segment.refit('gone')$$),
	(9, $$segment.refit('idle')$$),
	(10, $$segment.history('nowhere')$$),
	(11, $$segment.activate('nowhere', 1)$$),
	(12, $$segment.activate('mall', 0)$$),
	(13, $$segment.activate('corners', NULL)$$),
	(14, $$segment.rename('nowhere', 1, 'x')$$),
	(15, $$segment.rename('mall', 0, 'x')$$),
	(16, $$segment.rename('mall', NULL, 'x')$$),
	(17, $$segment.rename('mall', 3, '')$$),
	(18, $$segment.rename('mall', 3, '  ')$$),
	(19, $$segment.rename('mall', 3, NULL)$$),
	(20, $$segment.rename('mall', 3, repeat('x', 201))$$),
	(21, $$segment.rename('mall', 2, 'Whales')$$),
	(22, $$segment.share('nowhere', 'regress_segment_refit')$$),
	(23, $$segment.share('mall', 'regress_segment_nobody')$$),
	(24, $$segment.share('mall', 4294967295::oid::regrole)$$),
	(25, $$segment.share('mall', NULL)$$),
	(26, $$segment.unshare('mall', NULL)$$),
	(27, $$segment.match_clusters('{1,2}')$$),
	(28, $$segment.match_clusters('{{1,NULL}}')$$),
	(29, $$segment.match_clusters('{{1,NaN}}')$$),
	(30, $$segment.match_clusters('{{1,-Infinity}}')$$),
	(31, $$segment.centroid_distances((SELECT clustering FROM segment.version WHERE model_id = segment.model_id('mall') LIMIT 1), (SELECT clustering FROM segment.version WHERE model_id = segment.model_id('few') LIMIT 1))$$),
	(32, $$segment.match_clusters('{}')$$),
	(33, $$segment.kmeans_fit(ARRAY[x], 2, 'none', 0, NULL, NULL, '{1,2,3}') FROM few$$),
	(34, $$segment.kmeans_fit(ARRAY[x], 2, 'none', 0, NULL, NULL, '{1,NaN}') FROM few$$)) AS calls(n, call) ORDER BY n;
\pset tuples_only off
\pset format aligned
SELECT segment.activate('idle', 1);
SELECT * FROM segment.refit('idle');

SELECT count(segment.drop(model, cascade => true)::text) AS dropped FROM segment.model;
SELECT (SELECT count(*) FROM segment.version) AS versions, (SELECT count(*) FROM segment.persona) AS personas, (SELECT count(*) FROM segment.change) AS changes;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA refit CASCADE;
DROP ROLE regress_segment_refit;
