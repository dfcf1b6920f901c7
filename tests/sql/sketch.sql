-- Sketches: one pass, bounded, and the same bytes whatever the order of the rows
-- however slow the machine is
SET segment.progress_interval = 0;
SET segment.max_memory = '256MB';
CREATE TABLE small AS SELECT i % 20 AS x, i % 7 AS y FROM generate_series(1, 1000) i;

-- lossless while the distinct rows fit: 140 of them here
SELECT i.rows, i.entries, i.skipped, i.dimensions, i.lossless, i.size, i.error_bound
FROM (SELECT cluster_sketch(x, y) AS s FROM small) t, cluster_sketch_info(s) i;
-- beyond, cells: never more than the size, and an error bound above 0
SELECT i.rows, i.entries <= i.size AS fits, i.lossless, i.size, i.error_bound[1] > 0 AND i.error_bound[1] < 10 AS bound
FROM (SELECT cluster_sketch(ARRAY[x, y], 50) AS s FROM small) t, cluster_sketch_info(s) i;
-- rows without a place are counted, not summarised; no row at all, no sketch
SELECT i.rows, i.skipped FROM (SELECT cluster_sketch(v) AS s FROM (VALUES (1::float8), (NULL), ('NaN'), ('Infinity'), (2)) t (v)) t, cluster_sketch_info(s) i;
SELECT i.rows, i.skipped FROM (SELECT cluster_sketch(v) AS s FROM (VALUES (NULL::float8[]), ('{1,NULL}'), ('{1,2}')) t (v)) t, cluster_sketch_info(s) i;
SELECT cluster_sketch(x) IS NULL AS nothing, cluster_sketch(NULL::float8[]) IS NULL AS only_nulls FROM small WHERE x < 0;

-- the same bytes: any order, any plan, any grouping of merges, columns or arrays
CREATE TABLE wide (id int, a float8, b float8, c float8);
INSERT INTO wide SELECT i, exp(sin(i) * 5), (i * 7919 % 10007) / 13.0, CASE WHEN i % 2 = 0 THEN 0 ELSE cos(i) * 1e-3 END FROM generate_series(1, 60000) i;
INSERT INTO wide SELECT id, a, b, -c FROM wide WHERE c = 0 AND id < 2000;	-- -0 is 0
CREATE TABLE seen (how text, s cluster_sketch);
INSERT INTO seen SELECT 'as stored', cluster_sketch(a, b, c) FROM wide;
INSERT INTO seen SELECT 'array', cluster_sketch(ARRAY[a, b, c]) FROM wide;
INSERT INTO seen SELECT 'descending', cluster_sketch(a, b, c ORDER BY a DESC) FROM wide;
INSERT INTO seen SELECT 'shuffle ' || n, (SELECT cluster_sketch(a, b, c) FROM (SELECT * FROM wide ORDER BY md5(id::text || n)) w) FROM generate_series(1, 5) n;
INSERT INTO seen SELECT 'thirds', cluster_merge(s) FROM (SELECT cluster_sketch(a, b, c) AS s FROM wide GROUP BY id % 3) t;
INSERT INTO seen SELECT 'hundreds', cluster_merge(s ORDER BY md5(g::text)) FROM (SELECT id % 100 AS g, cluster_sketch(a, b, c) AS s FROM wide GROUP BY 1) t;
INSERT INTO seen SELECT 'tree', cluster_merge(s) FROM (SELECT cluster_merge(s) AS s FROM (SELECT id % 64 AS g, cluster_sketch(a, b, c) AS s FROM wide GROUP BY 1) t GROUP BY g % 5) t;
INSERT INTO seen SELECT 'operator', (SELECT cluster_sketch(a, b, c) FROM wide WHERE id < 100) || (SELECT cluster_sketch(a, b, c) FROM wide WHERE id >= 100);
INSERT INTO seen SELECT 'operator, turned', (SELECT cluster_sketch(a, b, c) FROM wide WHERE id >= 100) || (SELECT cluster_sketch(a, b, c) FROM wide WHERE id < 100);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT cluster_sketch(a, b, c) FROM wide;
SET max_parallel_workers_per_gather = 1;
CREATE TABLE p1 AS SELECT cluster_sketch(a, b, c) AS s, kmeans(4, a, b, c) AS m FROM wide;
SET max_parallel_workers_per_gather = 4;
CREATE TABLE p4 AS SELECT cluster_sketch(a, b, c) AS s, kmeans(4, a, b, c) AS m FROM wide;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE p0 AS SELECT cluster_sketch(a, b, c) AS s, kmeans(4, a, b, c) AS m FROM wide;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET parallel_leader_participation;
INSERT INTO seen SELECT '0 workers', s FROM p0 UNION ALL SELECT '1 worker', s FROM p1 UNION ALL SELECT '4 workers', s FROM p4;
INSERT INTO seen SELECT 'text', s::text::cluster_sketch FROM p0;
SELECT count(*) AS ways, count(DISTINCT s) AS different, count(DISTINCT s::text) AS texts, count(DISTINCT segment.cluster_sketch_hash(s)) AS hashes FROM seen;
SELECT p0.m = p1.m AND p0.m = p4.m AS same_model FROM p0, p1, p4;

-- k-means on a sketch: on a lossless one it is k-means of the rows
SELECT kmeans(cluster_sketch(x, y), 3) = kmeans(3, x, y) AS same, kmeans(cluster_sketch(x, y), 3, scale => 'zscore', seed => 5)
	= segment.kmeans_fit(ARRAY[x, y], 3, 'zscore', 5, NULL, NULL) AS with_options FROM small;
-- on cells the bounds hold the inertia of the rows
SELECT cluster_inertia(m) BETWEEN lower AND upper AS inertia_within, truth BETWEEN lower AND upper AS truth_within, upper < 1.01 * truth AS upper_is_close
FROM (SELECT m, (SELECT value FROM cluster_fit_stats(m) WHERE name = 'inertia_lower') AS lower,
			 (SELECT value FROM cluster_fit_stats(m) WHERE name = 'inertia_upper') AS upper,
			 (SELECT sum(cluster_distance(m, a, b, c) ^ 2) FROM wide) AS truth
	  FROM (SELECT m FROM p0 OFFSET 0) f) t;
SELECT m = m::text::clustering AS text_keeps_bounds, m::jsonb ? 'inertia_bounds' AS has_bounds FROM p0;
-- started from centroids of the caller's, it descends from there
SELECT (s).centroid FROM (SELECT cluster_stats(kmeans(cluster_sketch(x), 2, init => '{0,100}')) AS s FROM (VALUES (1), (2), (98), (99)) v (x)) t;
-- a frame keeps small differences on a large common part, in every feature's own unit
SELECT i.lossless, i.entries > 50 AS entries, i.error_bound[1] < 0.1 AS first, i.error_bound[2] < 100 AS second
FROM (SELECT cluster_sketch(ARRAY[1e9 + a / 100, b], 2000, '{-18,-9}') AS s FROM wide) t, cluster_sketch_info(s) i;
-- many small groups
SELECT count(*) AS groups, sum(rows) AS rows FROM (SELECT (cluster_sketch_info(cluster_sketch(a, b))).rows FROM wide GROUP BY id % 5000) g;

-- what cannot be
SELECT cluster_sketch(ARRAY[x, y], 0) FROM small;
SELECT cluster_sketch(ARRAY[x, y], NULL) FROM small;
SELECT cluster_sketch(ARRAY[x, y], 2000000) FROM small;
SELECT cluster_sketch(ARRAY[x, y], 1000000000) FROM small;
SELECT cluster_sketch(ARRAY[x, y], 100, NULL) FROM small;
SELECT cluster_sketch(ARRAY[x, y], 100, '{1}') FROM small;
SELECT cluster_sketch(ARRAY[x, y], 100, '{1,NULL}') FROM small;
SELECT cluster_sketch(ARRAY[x, y], 100, '{1,2000}') FROM small;
SELECT cluster_sketch(CASE WHEN x = 3 THEN ARRAY[x] ELSE ARRAY[x, y] END) FROM small;
SELECT cluster_sketch(ARRAY[x * 1e15], 10) FROM small;
SELECT cluster_sketch(ARRAY[x * 1e15], 10, '{0}') IS NOT NULL AS with_a_frame FROM small;
SELECT cluster_sketch(x) || cluster_sketch(x, y) FROM small;
SELECT cluster_sketch(ARRAY[x], 10) || cluster_sketch(ARRAY[x], 11) FROM small;
SELECT cluster_sketch(ARRAY[x], 10, '{1}') || cluster_sketch(ARRAY[x], 10, '{2}') FROM small;
SELECT cluster_merge(s) FROM (SELECT cluster_sketch(x) AS s FROM small UNION ALL SELECT cluster_sketch(x, y) FROM small) t;
SELECT segment.sketch_add(s, 1.0) FROM (SELECT cluster_sketch(x) AS s FROM small) t;
SELECT segment.sketch_combine(s, s) FROM (SELECT cluster_sketch(x) AS s FROM small) t;
SELECT kmeans(cluster_sketch(x), 0) FROM small;
SELECT kmeans(cluster_sketch(x), 2, init => '{1,2,3}') FROM small;
SELECT kmeans(cluster_sketch(x), 2, init => '{1,NaN}') FROM small;
SELECT kmeans(NULL::cluster_sketch, 2) IS NULL AS no_sketch;
SELECT 'x'::cluster_sketch;
SELECT ''::cluster_sketch;
SELECT 'AQAAAAAA'::cluster_sketch;

-- an aggregate of somebody's own that begins with a finished sketch
DO $$
BEGIN
	EXECUTE format('CREATE AGGREGATE more(float8) (SFUNC = segment.sketch_add, STYPE = cluster_sketch, FINALFUNC = segment.sketch_final, INITCOND = %L)',
				   (SELECT cluster_sketch(x)::text FROM small));
END $$;
SELECT i.rows, i.entries FROM (SELECT more(x + 0.5) AS s FROM small) t, cluster_sketch_info(s) i;
DROP AGGREGATE more(float8);

DROP TABLE small, wide, seen, p0, p1, p4;
