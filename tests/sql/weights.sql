-- Sketches merged with themselves stand for more rows than any table has: counts are exact, or refused, and never wrap
CREATE FUNCTION doubled(s cluster_sketch, times int) RETURNS cluster_sketch LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. times LOOP
		s := s || s;
	END LOOP;
	RETURN s;
END $$;
CREATE TABLE made (what text, once cluster_sketch);
INSERT INTO made
SELECT 'rows', cluster_sketch(ARRAY[x, x % 3], 100) FROM generate_series(1, 30) x UNION ALL
SELECT 'cells', cluster_sketch(ARRAY[x, x % 3], 8) FROM generate_series(1, 30) x UNION ALL
SELECT 'cells of a frame', cluster_sketch(ARRAY[x, x % 3], 8, '{-3,0}') FROM generate_series(1, 30) x;

-- 2^33 times as many rows of the same kind: the clusters are the same, as many times as large
SELECT what, i.lossless, i.rows, i.rows / 2 ^ 33 AS times, i.error_bound = o.error_bound AS same_bound
FROM made, doubled(once, 33) s, cluster_sketch_info(s) i, cluster_sketch_info(once) o;
SELECT what, c.size, c.size = o.size * 2 ^ 33 AS exact, c.centroid = o.centroid AS same_centroid, c.radius = o.radius AS same_radius, c.inertia = o.inertia * 2 ^ 33 AS inertia
FROM made, cluster_stats(kmeans(doubled(once, 33), 3)) c JOIN cluster_stats(kmeans(once, 3)) o USING (cluster) ORDER BY what DESC, cluster;
-- by the aggregate, too
SELECT what, (cluster_sketch_info(cluster_merge(s))).rows FROM made, doubled(once, 40) s, generate_series(1, 3) GROUP BY what ORDER BY what DESC;
-- one row among many
SELECT c.size FROM (SELECT cluster_sketch(ARRAY[x], 10) AS a, cluster_sketch(ARRAY[-x], 10) AS b FROM (VALUES (1)) v (x)) t, cluster_stats(kmeans(doubled(a, 52) || b, 2)) c;

-- k-means counts in float8: up to 2^53 rows, which is exact
SELECT what, (SELECT sum(size) FROM cluster_stats(kmeans(s, 3))) FROM made, doubled(once, 48) s ORDER BY what DESC;
SELECT kmeans(doubled(once, 49), 3) FROM made WHERE what = 'rows';
\echo :LAST_ERROR_SQLSTATE
SELECT kmeans(doubled(once, 49), 3) FROM made WHERE what = 'cells';

-- up to the last bigint: 2^62 + 2^61 + ... + 1 rows are 2^63 - 1
CREATE TABLE full_ AS
SELECT what, (SELECT cluster_merge(doubled(s, n)) FROM generate_series(0, 62) n) AS s
FROM (SELECT 'rows' AS what, cluster_sketch(ARRAY[x], 1) AS s FROM (VALUES (7)) v (x)) t;
SELECT i.rows, i.rows = 9223372036854775807 AS full, i.entries, i.lossless, i.error_bound FROM full_, cluster_sketch_info(s) i;
SELECT s = s::text::cluster_sketch AS text FROM full_;
SELECT kmeans(s, 1) FROM full_;
SELECT s || cluster_sketch(ARRAY[x], 1) FROM full_, (VALUES (7)) v (x) GROUP BY s;
\echo :LAST_ERROR_SQLSTATE
SELECT cluster_merge(s) FROM full_, generate_series(1, 2);
SELECT doubled(once, 58) IS NOT NULL AS most FROM made;
SELECT doubled(once, 59) FROM made WHERE what = 'rows';
SELECT doubled(once, 59) FROM made WHERE what = 'cells';
SELECT cluster_merge(doubled(once, 58)) IS NOT NULL FROM made, generate_series(1, 2) WHERE what = 'cells';
-- one row more, skipped or not, in an aggregate that begins with all of them
DO $$
BEGIN
	EXECUTE format('CREATE AGGREGATE more(float8) (SFUNC = segment.sketch_add, STYPE = cluster_sketch, FINALFUNC = segment.sketch_final, INITCOND = %L)',
				   (SELECT s::text FROM full_));
END $$;
SELECT more(7.0);
SELECT i.rows, i.skipped FROM (SELECT more(NULL) AS s) t, cluster_sketch_info(s) i;

-- rows that are skipped are counted, or refused, alike
DELETE FROM full_;
INSERT INTO full_ SELECT 'skipped', (SELECT cluster_merge(doubled(s, n)) FROM generate_series(0, 62) n)
FROM (SELECT cluster_sketch(x) AS s FROM (VALUES (NULL::float8)) v (x)) t;
SELECT i.rows, i.skipped FROM full_, cluster_sketch_info(s) i;
SELECT s || s FROM full_;
DO $$
BEGIN
	EXECUTE format('CREATE OR REPLACE AGGREGATE more(float8) (SFUNC = segment.sketch_add, STYPE = cluster_sketch, FINALFUNC = segment.sketch_final, INITCOND = %L)',
				   (SELECT s::text FROM full_));
END $$;
SELECT more(NULL);
SELECT i.rows, i.skipped FROM (SELECT more(7.0) AS s) t, cluster_sketch_info(s) i;

DROP AGGREGATE more(float8);
DROP TABLE made, full_;
DROP FUNCTION doubled;
