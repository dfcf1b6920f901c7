-- A table with more rows than are held one by one: clustered by sketches, then polished by passes over the rows
-- however slow the machine is
SET segment.progress_interval = 0;
CREATE TABLE customers AS
SELECT i AS id, 1950 + i * 7 % 55 + (i * 31 % 1000) / 1000.0 AS birth, exp(sin(i) * 2 + 8) AS income, abs(cos(i * 1.7)) AS rate
FROM generate_series(1, 310000) i;
UPDATE customers SET rate = NULL WHERE id <= 10;
CREATE TABLE shuffled AS SELECT * FROM customers ORDER BY md5(id::text);

SELECT cluster, persona, size, round(share::numeric, 4) AS share FROM segment.fit('customers', 'customers', features => '{birth,income,rate}', k => 4);
-- sizes and inertia are those of the rows, to the rounding of units of 2^-16 standard deviations
SELECT s.cluster, s.size, count(*) = s.size AS size_of_rows,
	   abs(sum(cluster_distance(v.clustering, c.birth, c.income, c.rate) ^ 2) / s.inertia - 1) < 1e-7 AS inertia_of_rows,
	   max(cluster_distance(v.clustering, c.birth, c.income, c.rate)) = s.radius AS radius_of_rows
FROM segment.version v, cluster_stats(v.clustering) s, customers c
WHERE cluster_id(v.clustering, c.birth, c.income, c.rate) = s.cluster
GROUP BY s.cluster, s.size, s.inertia, s.radius ORDER BY s.cluster;
-- the rows themselves, all held, are clustered no better than by a share of 1e-4
SELECT cluster_inertia(v.clustering) / cluster_inertia(f.m) - 1 < 1e-4 AS as_good_as_the_rows
FROM segment.version v, (SELECT segment.kmeans_fit(ARRAY[birth, income, rate], 4, 'zscore', 0, NULL, NULL) AS m FROM customers) f;
-- another order of the rows, with parallel workers or without: the same model, to the last bit
SET max_parallel_workers_per_gather = 0;
SELECT count(*) FROM segment.fit('shuffled', 'shuffled', features => '{birth,income,rate}', k => 4);
RESET max_parallel_workers_per_gather;
SELECT count(DISTINCT clustering) AS models FROM segment.version;
-- without passes the model is that of the cells, with bounds
SELECT count(*) FROM segment.fit('cells', 'customers', features => '{birth,income,rate}', k => 4, options => '{"passes": 0}');
SELECT (SELECT value FROM cluster_fit_stats(clustering) WHERE name = 'inertia_lower') < cluster_inertia(clustering) AS bounds
FROM segment.version JOIN segment.model ON id = model_id WHERE model = 'cells';
-- values beyond what cells take without a frame; few distinct ones among many rows
CREATE VIEW large_values AS SELECT id, CASE WHEN id % 3 = 0 THEN 1e15 ELSE 2e15 END + id AS v FROM customers WHERE id <= 30000;
SELECT cluster, size FROM segment.fit('large', 'large_values', features => '{v}', k => 2);
CREATE VIEW few_values AS SELECT id, id % 5 * 1e20 AS v FROM customers;
SELECT cluster, size FROM segment.fit('few', 'few_values', features => '{v}', k => 2);
-- what a stranger may hand to the parts
SELECT segment.kmeans_measure(clustering, '{0}', ARRAY[(SELECT cluster_sketch(rate) FROM customers WHERE id = 20)], '{1}') FROM segment.version LIMIT 1;
SELECT segment.kmeans_measure(clustering, '{0,1}', ARRAY[(SELECT cluster_sketch(birth, income, rate) FROM customers WHERE id = 20)], '{1}') FROM segment.version LIMIT 1;
SELECT segment.kmeans_measure(clustering, '{9}', ARRAY[(SELECT cluster_sketch(birth, income, rate) FROM customers WHERE id = 20)], '{1}') FROM segment.version LIMIT 1;
SELECT segment.kmeans_measure(clustering, '{0}', ARRAY[(SELECT cluster_sketch(birth, income, rate) FROM customers WHERE id = 20)], '{1}') IS NULL AS clusters_without_rows FROM segment.version LIMIT 1;
SELECT segment.sketch_frame(s) FROM (SELECT cluster_sketch(x, 0, x * 1e-9) AS s FROM generate_series(1, 100) x) t;

SELECT segment.drop(model) FROM segment.models;
DROP VIEW large_values, few_values;
DROP TABLE customers, shuffled;
