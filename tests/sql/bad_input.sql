-- What must be refused, and what must not: one case per line, with the reason why the answer is right
\set VERBOSITY default

-- k: at least one cluster
SELECT kmeans_label(0, x) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(-1, x) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(NULL::int, x) OVER () FROM generate_series(1, 3) x;
SELECT kmeans(0, x) FROM generate_series(1, 3) x;
SELECT kmeans(NULL::int, x) FROM generate_series(1, 3) x;
SELECT kmeans(x, x) FROM generate_series(1, 3) x;
SELECT hclust_label(0, x) OVER () FROM generate_series(1, 3) x;
-- one k for a partition: the columns before it, the commonest slip, would make a k of each row
SELECT kmeans_label(x, x, 2) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(CASE WHEN x < 3 THEN 2 END, x) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(ARRAY[x], 2, CASE WHEN x = 3 THEN 'zscore' ELSE 'none' END) OVER () FROM generate_series(1, 3) x;
-- which may be a column, a parameter or a query
SELECT kmeans_label(x, y) OVER (PARTITION BY x) FROM generate_series(1, 2) x, generate_series(1, 2) y;
SELECT kmeans_label(ARRAY[x], (SELECT count(*)::int - 1 FROM generate_series(1, 3)), lower('NO') || 'ne') OVER () FROM generate_series(1, 3) x;
-- a cut needs k or a height, not both and not neither
SELECT hclust_label(ARRAY[x]) OVER () FROM generate_series(1, 3) x;
SELECT hclust_label(ARRAY[x], 2, height => 1) OVER () FROM generate_series(1, 3) x;
SELECT hclust_label(ARRAY[x], height => -1) OVER () FROM generate_series(1, 3) x;
SELECT hclust_label(ARRAY[x], height => 'NaN') OVER () FROM generate_series(1, 3) x;
-- NULL is no option
SELECT kmeans_label(ARRAY[x], 2, scale => NULL) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(ARRAY[x], 2, seed => NULL) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(ARRAY[x], 2, n_init => NULL) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(ARRAY[x], 2, max_iter => NULL) OVER () FROM generate_series(1, 3) x;
SELECT hclust_label(ARRAY[x], 2, linkage => NULL) OVER () FROM generate_series(1, 3) x;
-- unknown names and values out of range
SELECT kmeans_label(ARRAY[x], 2, scale => 'z-score') OVER () FROM generate_series(1, 3) x;
SELECT hclust_label(ARRAY[x], 2, linkage => 'Ward') OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(ARRAY[x], 2, n_init => -1) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(ARRAY[x], 2, max_iter => 0) OVER () FROM generate_series(1, 3) x;
-- arrays of different length have no distance
SELECT kmeans_label(CASE WHEN x = 2 THEN ARRAY[1, 2] ELSE ARRAY[x] END, 2) OVER () FROM generate_series(1, 3) x;
SELECT kmeans(2, CASE WHEN x = 2 THEN ARRAY[1, 2] ELSE ARRAY[x] END) FROM generate_series(1, 3) x;
-- also when the odd one has a NULL
SELECT kmeans_label(CASE WHEN x = 2 THEN ARRAY[1, NULL] ELSE ARRAY[x] END, 2) OVER () FROM generate_series(1, 3) x;
-- a row is one array, not an array of arrays, and not an empty one
SELECT kmeans_label(ARRAY[ARRAY[x, 1], ARRAY[x, 2]], 2) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label('{}'::float8[], 2) OVER () FROM generate_series(1, 3) x;
-- a window function needs a window
SELECT kmeans_label(2, x) FROM generate_series(1, 3) x;

-- rows with a NULL, NaN or infinite feature have no place: no label, no part in the clusters, and one NOTICE
CREATE TABLE holes (id int, x float8, y float8);
INSERT INTO holes VALUES (1, 1, 1), (2, NULL, 1), (3, 'NaN', 1), (4, 'Infinity', 1), (5, 1, '-Infinity'), (6, 9, 9), (7, 1, 2);
SELECT id, kmeans_label(2, x, y) OVER w AS kmeans, hclust_label(2, x, y) OVER w AS hclust,
	   kmeans_label(ARRAY[x, y], 2) OVER w AS from_array
FROM holes WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT s.cluster, s.size, s.centroid FROM (SELECT kmeans(2, x, y) AS m FROM holes) f, cluster_stats(m) s;
-- one NOTICE for the query, not one for each partition
SELECT id, kmeans_label(1, x, y) OVER (PARTITION BY id) FROM holes ORDER BY id;
-- a NULL array is a row without features
SELECT kmeans_label(CASE WHEN x > 1 THEN ARRAY[x] END, 1) OVER () FROM generate_series(1, 3) x;
-- nothing but holes: no labels, and no clustering
SELECT id, kmeans_label(2, x) OVER () FROM holes WHERE id IN (2, 3);
SELECT kmeans(2, x) IS NULL AS nothing FROM holes WHERE id IN (2, 3);
DROP TABLE holes;

-- no rows: nothing to label, no clustering
SELECT kmeans_label(2, x) OVER () FROM generate_series(1, 0) x;
SELECT kmeans(2, x) IS NULL AS nothing FROM generate_series(1, 0) x;
-- one row is one cluster, itself
SELECT kmeans_label(1, x) OVER (), hclust_label(1, x) OVER () FROM generate_series(7, 7) x;
SELECT s.* FROM (SELECT kmeans(1, x) AS m FROM generate_series(7, 7) x) f, cluster_stats(m) s;
-- fewer rows than k, or fewer distinct ones: as many clusters as rows that differ
SELECT kmeans_label(5, x) OVER (), hclust_label(5, x) OVER () FROM generate_series(1, 3) x;
SELECT kmeans_label(5, x % 2) OVER () AS label FROM generate_series(1, 4) x;
-- all rows equal are one cluster, without inertia
SELECT DISTINCT kmeans_label(3, 1.5, 2.5) OVER () AS kmeans, hclust_label(3, 1.5, 2.5) OVER () AS hclust FROM generate_series(1, 50);
SELECT cluster_inertia(kmeans(3, 1.5, 2.5)) AS inertia FROM generate_series(1, 50);
-- -0 and 0 are the same value
SELECT DISTINCT kmeans_label(2, x) OVER () AS label FROM (VALUES (0.0::float8), ('-0'::float8)) v (x);

-- 1,600 features: the first 800 tell two groups apart
SELECT label, array_agg(i ORDER BY i) AS rows
FROM (SELECT i, kmeans_label((SELECT array_agg(CASE WHEN j <= 800 THEN (i % 2)::float8 ELSE 0 END ORDER BY j)
							  FROM generate_series(1, 1600) j), 2) OVER () AS label
	  FROM generate_series(1, 6) i) l
GROUP BY label ORDER BY label;

-- magnitudes at the ends of float8: squares would overflow or vanish, so the answer must be that for ordinary values
SELECT unit, array_agg(kmeans ORDER BY i) AS kmeans, array_agg(hclust ORDER BY i) AS hclust, array_agg(zscore ORDER BY i) AS zscore
FROM (SELECT unit, i, kmeans_label(3, i * i * unit) OVER (PARTITION BY unit) AS kmeans,
			 hclust_label(3, i * i * unit) OVER (PARTITION BY unit) AS hclust,
			 kmeans_label(ARRAY[i * i * unit], 3, scale => 'zscore') OVER (PARTITION BY unit) AS zscore
	  FROM generate_series(-6, 6) i, (VALUES (1::float8), (1e300), (1e-300), (4e-324)) v (unit)) l
GROUP BY unit ORDER BY unit;
-- the whole range at once: -1.7e308 and 1.7e308 are further apart than any float8 can say
SELECT x, kmeans_label(2, x) OVER () AS kmeans, hclust_label(2, x) OVER () AS hclust,
	   kmeans_label(ARRAY[x], 2, scale => 'zscore') OVER () AS zscore, kmeans_label(ARRAY[x], 2, scale => 'minmax') OVER () AS minmax,
	   kmeans_label(ARRAY[x], 2, scale => 'robust') OVER () AS robust, kmeans_label(ARRAY[x], 2, scale => 'log') OVER () AS log
FROM (VALUES (-1.7e308::float8), (-1.6e308), (1.6e308), (1.7e308)) v (x) ORDER BY x;

-- a large common part: 1e9 plus the small differences that make the clusters
SELECT count(*) FILTER (WHERE plain = offset_kmeans) AS kmeans, count(*) FILTER (WHERE plain_hclust = offset_hclust) AS hclust,
	   count(*) AS rows
FROM (SELECT kmeans_label(4, x, y) OVER () AS plain, kmeans_label(4, 1e9 + x, 1e9 + y) OVER () AS offset_kmeans,
			 hclust_label(4, x, y) OVER () AS plain_hclust, hclust_label(4, 1e9 + x, 1e9 + y) OVER () AS offset_hclust
	  FROM (SELECT (i * 37 % 101) / 128.0 AS x, (i * 53 % 89) / 128.0 AS y FROM generate_series(1, 500) i) g) l;
