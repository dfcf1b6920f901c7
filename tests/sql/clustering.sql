-- The type clustering: text form, casts, order, and what it refuses
CREATE TABLE model AS
SELECT 1 AS id, kmeans(2, x, y) AS m FROM (VALUES (1, 2), (2, 1), (8, 9), (9, 7)) v (x, y);
SELECT jsonb_pretty(m::jsonb) FROM model;

-- text and jsonb bring back the same value, whatever the numbers
INSERT INTO model SELECT 2, segment.kmeans_fit(ARRAY[x / 3.0, exp(x), 1e300 / x], 3, 'log', 7, NULL, NULL) FROM generate_series(1, 30) x;
INSERT INTO model SELECT 3, segment.hclust_fit(ARRAY[x * 1e-300, x * 0.1], 3, NULL, 'average', 'minmax') FROM generate_series(1, 30) x;
INSERT INTO model SELECT 4, kmeans(2, x * 1e300) FROM generate_series(1, 30) x;
SELECT id, m = m::text::clustering AS text, m = (m::jsonb)::clustering AS jsonb, cluster_inertia(m) = 'Infinity' AS beyond_float8 FROM model ORDER BY id;

-- a key for grouping, distinct, sorting, btree and hash indexes, generated columns
SELECT count(*), count(DISTINCT m), count(DISTINCT segment.clustering_hash(m)) FROM (SELECT m FROM model UNION ALL SELECT m FROM model) x;
SELECT a.id, b.id, a.m < b.m AS lt, a.m <= b.m AS le, a.m = b.m AS eq, a.m <> b.m AS ne, a.m >= b.m AS ge, a.m > b.m AS gt
FROM model a, model b WHERE a.id = 1 AND b.id <= 2 ORDER BY b.id;
CREATE INDEX ON model (m);
CREATE INDEX ON model USING hash (m);
SET enable_seqscan = off; SET enable_bitmapscan = off;
SELECT id FROM model WHERE m = (SELECT m FROM model WHERE id = 2);
RESET enable_seqscan; RESET enable_bitmapscan;
CREATE TABLE customer (x float8, y float8, cluster int GENERATED ALWAYS AS (cluster_id(
'{"format": 1, "method": "kmeans", "scale": "none", "offset": [0, 0], "unit": [1, 1], "clusters": [
 {"size": 2, "inertia": 1, "radius": 0.7, "centroid": [1.5, 1.5], "mean": [1.5, 1.5], "spread": [0.5, 0.5]},
 {"size": 2, "inertia": 2.5, "radius": 1.1, "centroid": [8.5, 8], "mean": [8.5, 8], "spread": [0.5, 1]}]}'::clustering, x, y)) STORED);
INSERT INTO customer VALUES (0, 0), (10, 10), (NULL, 1);
SELECT * FROM customer ORDER BY x;
DROP TABLE customer;

-- scoring: the nearest centroid, the lowest of equals, Euclidean distance; NULL where there is no place
SELECT x, y, cluster_id(m, x, y), cluster_distance(m, x, y), cluster_id(m, ARRAY[x, y]) AS from_array
FROM model, (VALUES (1.5::float8, 1.5::float8), (4.5, 5.5), (5, 4.75), (NULL, 1), ('NaN', 1), (1, '-Infinity'), (1e308, 1e308)) v (x, y)
WHERE id = 1;
SELECT cluster_id(m, ARRAY[1, NULL]) IS NULL AS null_element, cluster_id(NULL, 1, 2) IS NULL AS null_model,
	   cluster_distance(m, NULL::float8[]) IS NULL AS null_array FROM model WHERE id = 1;
SELECT cluster_id(m, 1) FROM model WHERE id = 1;
SELECT cluster_id(m, ARRAY[1, 2, 3]) FROM model WHERE id = 1;
SELECT cluster_id(m, ARRAY[ARRAY[1, 2]]) FROM model WHERE id = 1;
-- a different model in every row
SELECT id, cluster_id(m, ARRAY[5, 5, 5]) FROM model WHERE id = 2 UNION ALL SELECT id, cluster_id(m, ARRAY[5, 5]) FROM model WHERE id IN (1, 3) ORDER BY 1;
-- a model that is stored out of line
CREATE TABLE large AS SELECT kmeans(50, x, x * x, sin(x)) AS m FROM generate_series(1, 500) x;
SELECT pg_column_size(m) > 2000 AS out_of_line, count(*) AS rows, count(DISTINCT cluster_id(m, x, x * x, sin(x))) AS clusters
FROM large, generate_series(1, 500) x GROUP BY 1;
DROP TABLE large;
-- the profile: means and spreads in input units, z against everybody
SELECT p.cluster, p.feature, p.mean, p.spread, round(p.z::numeric, 6) AS z FROM model, cluster_profile(m) p WHERE id = 1;
-- under log the centroid is not the mean
SELECT round(s.centroid[1]::numeric, 4) AS centroid, p.mean
FROM (SELECT segment.kmeans_fit(ARRAY[x], 1, 'log', 0, NULL, NULL) AS m FROM (VALUES (1), (10), (1000)) v (x)) f,
	 cluster_stats(m) s, cluster_profile(m) p;
DROP TABLE model;

-- damaged and hostile text: an error that says what is wrong
SELECT ''::clustering;
SELECT 'null'::clustering;
SELECT '[]'::clustering;
SELECT '{}'::clustering;
CREATE FUNCTION variant(path text, value jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	good jsonb := '{"format": 1, "method": "kmeans", "scale": "none", "offset": [0], "unit": [1], "clusters":
		[{"size": 2, "inertia": 1, "radius": 1, "centroid": [1], "mean": [1], "spread": [1]}]}';
	state text; message text;
BEGIN
	IF value IS NULL THEN good := good #- path::text[]; ELSE good := jsonb_set(good, path::text[], value); END IF;
	RETURN (good::clustering)::text;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
	RETURN state || ': ' || message;
END $$;
SELECT path, left(value::text, 24) AS value, left(variant(path, value), 100) AS outcome
FROM (VALUES ('{format}', '1'::jsonb), ('{format}', '2'), ('{format}', '"1"'), ('{format}', NULL), ('{method}', '"dbscan"'), ('{method}', '1'),
	('{method}', '"hclust"'), ('{disagreement}', '0.5'), ('{scale}', '"none "'), ('{scale}', NULL), ('{extra}', '1'), ('{offset}', '[]'), ('{offset}', '[0, 0]'),
	('{offset}', '["a"]'), ('{offset}', '[null]'), ('{offset}', '[[0]]'), ('{offset}', '{}'), ('{offset}', '["Infinity"]'), ('{unit}', '[0]'), ('{unit}', '[-1]'),
	('{unit}', '[1e-400]'), ('{unit}', '[1e400]'), ('{clusters}', '[]'), ('{clusters}', '{}'), ('{clusters}', '[1]'), ('{clusters}', '[[]]'), ('{clusters,0,size}', '0'), ('{clusters,0,size}', '-5'),
	('{clusters,0,size}', '1.4'), ('{clusters,0,size}', '9223372036854775807'), ('{clusters,0,size}', '9223372036854775808'), ('{clusters,0,size}', '"2"'),
	('{clusters,0,inertia}', '-1'), ('{clusters,0,inertia}', '"Infinity"'), ('{clusters,0,inertia}', '"NaN"'), ('{clusters,0,radius}', NULL), ('{clusters,0,centroid}', '["Infinity"]'),
	('{clusters,0,centroid}', '[-0.0]'), ('{clusters,0,centroid}', '[1, 2]'), ('{clusters,0,mean}', 'true'), ('{clusters,0,spread}', '[-1]'), ('{clusters,0,name}', '"x"')) v (path, value);
SELECT left(variant('{clusters}', (repeat('[', 5000) || repeat(']', 5000))::jsonb), 60) AS nested;
DROP FUNCTION variant;
-- sizes that do not fit an int8 together
SELECT '{"format": 1, "method": "kmeans", "scale": "none", "offset": [0], "unit": [1], "clusters": [
 {"size": 9223372036854775807, "inertia": 1, "radius": 1, "centroid": [1], "mean": [1], "spread": [1]},
 {"size": 1, "inertia": 1, "radius": 1, "centroid": [1], "mean": [1], "spread": [1]}]}'::clustering;
