-- HDBSCAN* labels and outlier scores: numbers of scikit-learn and of Python's hdbscan, and what must and must not be refused
\set VERBOSITY default
SET segment.progress_interval = 0;

-- four heaps that nearly touch, and scattered rows, by arithmetic that every program does alike
CREATE FUNCTION u(i int, a int) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$ SELECT (i * a % 10007) / 10007.0::float8 $$;
CREATE TABLE points AS
SELECT i, CASE WHEN i % 5 = 4 THEN u(i, 1237) * 6 - 1 ELSE i % 5 % 2 * 2.2::float8 + 1.6::float8 * (u(i, 7919) + u(i, 6007) + u(i, 4001)) / 2 END AS x,
	   CASE WHEN i % 5 = 4 THEN u(i, 8171) * 6 - 1 ELSE i % 5 / 2 * 2.2::float8 + 1.6::float8 * (u(i, 3571) + u(i, 5303) + u(i, 9001)) / 2 END AS y
FROM generate_series(1, 600) i;

-- scikit-learn 1.9.1 says, in this order: 93 noise and 125 126 127 129, 104 and 122 122 124 128, 93 and 125 126 127 129,
-- 124 and 115 118 119 124; and the same noise, but also 125 126 128 128, 122 122 125 127 and 116 117 121 122, when the
-- rows are shuffled. The one to three rows that change are linked to two clusters at the height at which these part: here
-- they go with the nearer one. By
--   i = numpy.arange(1, 601); u = lambda a: (i * a % 10007) / 10007.0; g = i % 5
--   x = numpy.where(g == 4, u(1237) * 6 - 1, g % 2 * 2.2 + 1.6 * (u(7919) + u(6007) + u(4001)) / 2)
--   y = numpy.where(g == 4, u(8171) * 6 - 1, g // 2 * 2.2 + 1.6 * (u(3571) + u(5303) + u(9001)) / 2)
--   HDBSCAN(min_cluster_size=5, min_samples=5, copy=True).fit(numpy.column_stack([x, y])).labels_
SELECT min_cluster_size, min_samples, max(size) FILTER (WHERE label = -1) AS noise,
	   array_agg(size ORDER BY size) FILTER (WHERE label >= 0) AS clusters
FROM (SELECT min_cluster_size, min_samples, label, count(*) AS size
	  FROM (SELECT 5 AS min_cluster_size, 5 AS min_samples, hdbscan_label(5, x, y) OVER () AS label FROM points
			UNION ALL SELECT 10, 10, hdbscan_label(10, x, y) OVER () FROM points
			UNION ALL SELECT 15, 5, hdbscan_label(ARRAY[x, y], 15, 5) OVER () FROM points
			UNION ALL SELECT 25, 25, hdbscan_label(ARRAY[x, y], 25) OVER () FROM points) l
	  GROUP BY 1, 2, 3) s
GROUP BY 1, 2 ORDER BY 1, 2;

-- without core distances there are no ties in reals: all is as scikit-learn has it with min_samples=1, 65 noise, whose
-- ids sum up to 20806, and 5 5 5 6 6 123 127 127 131
SELECT label, count(*), sum(i) AS ids FROM (SELECT i, hdbscan_label(ARRAY[x, y], 5, 1) OVER () AS label FROM points) l GROUP BY 1 ORDER BY 1;

-- the clusters are numbered by their means, also under a scale
SELECT label, count(*), round(avg(x)::numeric, 3) AS x, round(avg(y)::numeric, 3) AS y
FROM (SELECT x, y, hdbscan_label(ARRAY[x, 1000 * y], 10, scale => 'zscore') OVER () AS label FROM points) l GROUP BY 1 ORDER BY 1;

-- hdbscan 0.8.44 of Python says: mean 0.35523610667, and 534: 0.9228825782, 49: 0.9212023079, 89: 0.9063276737,
-- 234: 0.9042291736, 349: 0.8998381761. Its min_samples does not count the row itself. By
--   hdbscan.HDBSCAN(min_cluster_size=10, min_samples=9, algorithm='prims_kdtree').fit(...).outlier_scores_
SELECT i, round(score::numeric, 10) AS score, round(avg(score) OVER ()::numeric, 10) AS mean
FROM (SELECT i, hdbscan_outlier(10, x, y) OVER () AS score FROM points) l ORDER BY score DESC, i LIMIT 5;
-- 0 to 1, and the same from an array
SELECT count(*) FILTER (WHERE one BETWEEN 0 AND 1) AS in_range, count(*) FILTER (WHERE one = two) AS same, min(one)
FROM (SELECT hdbscan_outlier(10, x, y) OVER () AS one, hdbscan_outlier(ARRAY[x, y], 10, min_samples => 10) OVER () AS two FROM points) l;

-- the customers of the seed: four of their five groups; the fifth, little income and little spending, is too thin
-- scikit-learn says 39 noise and 15 87 33 26: 7 rows that are linked by ties alone are noise there, as one event would have it
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER
SELECT label, count(*), round(avg(annual_income), 1) AS income, round(avg(spending_score), 1) AS spending
FROM (SELECT *, hdbscan_label(ARRAY[annual_income, spending_score], 10, 4) OVER () AS label FROM mall) l GROUP BY 1 ORDER BY 1;
SELECT gender, label, count(*) FROM (SELECT gender, hdbscan_label(6, annual_income, spending_score) OVER (PARTITION BY gender) AS label FROM mall) l
GROUP BY 1, 2 ORDER BY 1, 2;
-- rich customers are rare: the outliers
SELECT customer_id, annual_income, spending_score, round(score::numeric, 3) AS score
FROM (SELECT *, hdbscan_outlier(10, annual_income, spending_score) OVER () AS score FROM mall) l ORDER BY score DESC, customer_id LIMIT 4;

-- two heaps of equal rows, at any distance, have infinite density; the row between them, as near to both, goes with the
-- lower one, and is an outlier of score 1
SELECT x, hdbscan_label(2, x) OVER () AS label, hdbscan_outlier(2, x) OVER () AS outlier FROM (VALUES (1), (1), (5), (9), (9)) v (x) ORDER BY x;
-- rows stored twice count twice: with all sizes doubled everything is as before
SELECT count(*) AS rows, count(*) FILTER (WHERE once = twice) AS same
FROM (SELECT i, hdbscan_label(ARRAY[x, y], 10, 5) OVER () AS once FROM points) a
JOIN (SELECT DISTINCT i, hdbscan_label(ARRAY[x, y], 20, 10) OVER () AS twice FROM points, generate_series(1, 2)) b USING (i);
-- the frame and the order of the window do not matter
SELECT count(*) FILTER (WHERE one = two AND one = three) AS same
FROM (SELECT hdbscan_label(10, x, y) OVER () AS one, hdbscan_label(10, x, y) OVER (ORDER BY x DESC) AS two,
			 hdbscan_label(10, x, y) OVER (ORDER BY y ROWS 1 PRECEDING) AS three FROM points) l;

-- a cluster of one row would be every row
SELECT hdbscan_label(1, x) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_label(0, x) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_label(-5, x) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_outlier(1, x) OVER () FROM generate_series(1, 3) x;
-- a core distance reaches the row itself at least
SELECT hdbscan_label(ARRAY[x], 2, 0) OVER () FROM generate_series(1, 3) x;
-- NULL is no option, but for min_samples, where it is the default
SELECT hdbscan_label(NULL::int, x) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_label(ARRAY[x], NULL) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_label(ARRAY[x], 2, scale => NULL) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_label(ARRAY[x], 2, min_samples => NULL) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_outlier(NULL::int, x) OVER () FROM generate_series(1, 3) x;
-- there is no such scale
SELECT hdbscan_label(ARRAY[x], 2, scale => 'z') OVER () FROM generate_series(1, 3) x;
-- arrays of different length have no distance, arrays of arrays and empty ones are no rows
SELECT hdbscan_label(CASE WHEN x = 2 THEN ARRAY[1, 2] ELSE ARRAY[x] END, 2) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_label(ARRAY[ARRAY[x, 1], ARRAY[x, 2]], 2) OVER () FROM generate_series(1, 3) x;
SELECT hdbscan_label('{}'::float8[], 2) OVER () FROM generate_series(1, 3) x;
-- it is a window function
SELECT hdbscan_label(2, x) FROM generate_series(1, 3) x;

-- rows with a NULL, NaN or infinite feature take no part: no label, no score, and one NOTICE from each function
SELECT id, hdbscan_label(2, x) OVER () AS label, hdbscan_outlier(2, x) OVER () AS outlier
FROM (VALUES (1, 1::float8), (2, NULL), (3, 'NaN'), (4, 'Infinity'), (5, '-Infinity'), (6, 1.5), (7, 8), (8, 8.5)) v (id, x) ORDER BY id;
-- nothing but such rows
SELECT hdbscan_label(2, x) OVER () AS label, hdbscan_outlier(2, x) OVER () AS outlier FROM (VALUES (NULL::float8), ('NaN')) v (x);
-- no rows
SELECT hdbscan_label(2, x) OVER () FROM generate_series(1, 0) x;
-- one row is no cluster
SELECT hdbscan_label(2, x) OVER () AS label, hdbscan_outlier(2, x) OVER () AS outlier FROM generate_series(7, 7) x;
-- fewer rows than a cluster needs, or than a core distance reaches, are noise, for each partition on its own
SELECT part, array_agg(label) AS labels
FROM (SELECT part, hdbscan_label(3, x) OVER (PARTITION BY part) AS label
	  FROM (SELECT 'two rows' AS part, x FROM generate_series(1, 2) x
			UNION ALL SELECT 'two groups', x FROM unnest(ARRAY[1, 2, 3, 11, 12, 13]) x) p) l GROUP BY part ORDER BY part;
SELECT DISTINCT hdbscan_label(ARRAY[x], 2, 100) OVER () AS label, hdbscan_outlier(ARRAY[x], 2, 100) OVER () AS outlier FROM generate_series(1, 50) x;
SELECT DISTINCT hdbscan_label(2147483647, x) OVER () AS label, hdbscan_outlier(2147483647, x) OVER () AS outlier FROM generate_series(1, 50) x;
-- all rows equal, or equally spaced, are the whole, which is no cluster
SELECT DISTINCT hdbscan_label(3, 1.5, 2.5) OVER () AS label, hdbscan_outlier(3, 1.5, 2.5) OVER () AS outlier FROM generate_series(1, 50);
SELECT DISTINCT hdbscan_label(ARRAY[x], 3, 1) OVER () AS label, hdbscan_outlier(ARRAY[x], 3, 1) OVER () AS outlier FROM generate_series(1, 50) x;
-- a constant column says nothing, and a column twice says nothing new: distances grow by one factor
SELECT count(*) FILTER (WHERE plain = with_constant) AS constant, count(*) FILTER (WHERE plain = twice) AS twice, count(*) AS rows
FROM (SELECT hdbscan_label(10, x, y) OVER () AS plain, hdbscan_label(10, x, y, 7) OVER () AS with_constant,
			 hdbscan_label(10, x, y, x, y) OVER () AS twice FROM points) l;
-- a large common part, 1e9, in front of differences that float8 keeps whole
SELECT count(*) FILTER (WHERE plain = far) AS same, count(*) AS rows
FROM (SELECT hdbscan_label(8, x, y) OVER () AS plain, hdbscan_label(8, 1e9 + x, 1e9 + y) OVER () AS far
	  FROM (SELECT (i % 3 * 400 + i * 37 % 101) / 128.0 AS x, (i % 3 * 100 + i * 53 % 89) / 128.0 AS y FROM generate_series(1, 500) i) g) l;
-- magnitudes at the ends of float8 change nothing
SELECT unit, array_agg(label ORDER BY i) AS labels, round(max(outlier)::numeric, 12) AS most
FROM (SELECT unit, i, hdbscan_label(2, i * i * i * unit) OVER (PARTITION BY unit) AS label,
			 hdbscan_outlier(2, i * i * i * unit) OVER (PARTITION BY unit) AS outlier
	  FROM unnest(ARRAY[-6, -5, -1, 0, 1, 2, 5, 6]) i, (VALUES (1::float8), (1e300), (1e-300), (1e-322)) v (unit)) l
GROUP BY unit ORDER BY unit;
SELECT x, hdbscan_label(2, x) OVER () AS label, hdbscan_outlier(2, x) OVER () AS outlier
FROM (VALUES (-1.7e308::float8), (-1.6e308), (1.6e308), (1.7e308)) v (x) ORDER BY x;
-- 1,600 features: the first 800 tell two groups apart
SELECT label, array_agg(i ORDER BY i) AS rows
FROM (SELECT i, hdbscan_label((SELECT array_agg(CASE WHEN j <= 800 THEN (i % 2)::float8 ELSE i / 100.0 END ORDER BY j)
							   FROM generate_series(1, 1600) j), 2) OVER () AS label
	  FROM generate_series(1, 6) i) l
GROUP BY label ORDER BY label;

-- memory is asked for before it is taken; equal rows count once
SET segment.max_memory = '4MB';
SELECT DISTINCT hdbscan_label(3, x, y) OVER () FROM (SELECT i AS x, sqrt(i) AS y FROM generate_series(1, 30000) i) g;
SELECT DISTINCT hdbscan_outlier(3, x, y) OVER () FROM (SELECT i AS x, sqrt(i) AS y FROM generate_series(1, 30000) i) g;
SELECT count(DISTINCT label) FROM (SELECT hdbscan_label(20, x % 600) OVER () AS label FROM generate_series(1, 30000) x) l;
RESET segment.max_memory;

DROP TABLE points, mall;
DROP FUNCTION u;
