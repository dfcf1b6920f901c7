-- silhouettes against reference numbers of scikit-learn, and what must be refused or left out
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- the scores of k-means for k = 2 .. 10: 0.296897 0.467614 0.493196 0.553932 0.539761 0.528194 0.458513 0.4605 0.450566
SELECT k, (SELECT round(avg(s)::numeric, 6)
		   FROM (SELECT silhouette(cluster, annual_income, spending_score) OVER () AS s
				 FROM (SELECT *, kmeans_label(k, annual_income, spending_score) OVER () AS cluster FROM mall) l) v) AS score
FROM generate_series(2, 10) k;

-- array and columns agree to the bit, in every number of columns; the frame and the order of the window do not matter
SELECT bool_and(c1 = a1) AS one, bool_and(c3 = a3) AS three, bool_and(c8 = a8) AS eight, bool_and(c3 = ordered) AS ordered, bool_and(c3 = framed) AS framed
FROM (SELECT silhouette(l, age) OVER w AS c1, silhouette(ARRAY[age], l) OVER w AS a1,
			 silhouette(l, age, annual_income, spending_score) OVER w AS c3, silhouette(ARRAY[age, annual_income, spending_score], l) OVER w AS a3,
			 silhouette(l, age, age, age, age, age, age, age, annual_income) OVER w AS c8,
			 silhouette(ARRAY[age, age, age, age, age, age, age, annual_income], l) OVER w AS a8,
			 silhouette(l, age, annual_income, spending_score) OVER (ORDER BY customer_id) AS ordered,
			 silhouette(l, age, annual_income, spending_score) OVER (ORDER BY age, customer_id DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS framed
	  FROM (SELECT *, customer_id % 3 AS l FROM mall) m WINDOW w AS ()) v;

-- any labels of 0 or more will do: what counts is who shares one
SELECT bool_and(plain = renamed) AS same
FROM (SELECT silhouette(l, age, spending_score) OVER () AS plain, silhouette(2147483647 - 1000 * l, age, spending_score) OVER () AS renamed
	  FROM (SELECT *, customer_id % 4 AS l FROM mall) m) v;

-- partitions are scored by themselves
SELECT gender, round(avg(s)::numeric, 6) AS together, round(avg(apart)::numeric, 6) AS apart
FROM (SELECT gender, customer_id, silhouette(c, annual_income, spending_score) OVER (PARTITION BY gender) AS s
	  FROM (SELECT *, kmeans_label(4, annual_income, spending_score) OVER (PARTITION BY gender) AS c FROM mall) l) t
JOIN (SELECT customer_id, silhouette(c, annual_income, spending_score) OVER () AS apart
	  FROM (SELECT *, kmeans_label(4, annual_income, spending_score) OVER () AS c FROM mall WHERE gender = 'Male') l
	  UNION ALL
	  SELECT customer_id, silhouette(c, annual_income, spending_score) OVER ()
	  FROM (SELECT *, kmeans_label(4, annual_income, spending_score) OVER () AS c FROM mall WHERE gender = 'Female') l) a USING (customer_id)
GROUP BY gender ORDER BY gender;

-- by the definition, in SQL: distances of all pairs, their means by cluster, the least of the other clusters
WITH l AS MATERIALIZED (SELECT *, customer_id % 7 AS c FROM mall),
	 means AS (SELECT a.customer_id, a.c AS own, b.c,
					  sum(sqrt((a.age - b.age)::float8 ^ 2 + (a.annual_income - b.annual_income)::float8 ^ 2))
						/ (count(*) - CASE WHEN a.c = b.c THEN 1 ELSE 0 END) AS mean
			   FROM l a CROSS JOIN l b GROUP BY a.customer_id, a.c, b.c),
	 ab AS (SELECT customer_id, min(mean) FILTER (WHERE c = own) AS a, min(mean) FILTER (WHERE c <> own) AS b FROM means GROUP BY 1)
SELECT count(*) AS rows, count(*) FILTER (WHERE abs(s - (b - a) / greatest(a, b)) < 1e-12) AS same
FROM ab JOIN (SELECT customer_id, silhouette(c, age, annual_income) OVER () AS s FROM l) s USING (customer_id);

\set VERBOSITY default
-- four numbers one can follow: a = 1 and b = 11 for the first; a row that is a cluster alone has 0
SELECT x, silhouette(l, x) OVER () AS two, silhouette(x::int, x) OVER () AS alone
FROM (VALUES (0, 0), (0, 1), (1, 10), (1, 12)) v (l, x) ORDER BY x;
-- a row's copies are other rows, at distance 0: a = 0, b = 3; when b is 0 as well, so is the silhouette
SELECT l, x, silhouette(l, x) OVER () FROM (VALUES (0, 0), (0, 0), (1, 3), (1, 3)) v (l, x) ORDER BY l;
SELECT DISTINCT silhouette(i % 2, 1.5, 2.5) OVER () AS all_equal FROM generate_series(1, 50) i;
-- one cluster has no other to compare with: NULL, and one NOTICE for the query, not an error, for other partitions may have two
SELECT silhouette(0, x) OVER () FROM generate_series(1, 3) x;
SELECT silhouette(0, x) OVER () FROM generate_series(7, 7) x;
SELECT p, count(s) AS scored, count(*) AS rows
FROM (SELECT x % 4 AS p, silhouette(CASE WHEN x % 4 < 2 THEN 0 ELSE x % 3 END, x) OVER (PARTITION BY x % 4) AS s FROM generate_series(1, 40) x) v GROUP BY p ORDER BY p;
-- no rows, no silhouettes
SELECT silhouette(0, x) OVER () FROM generate_series(1, 0) x;
-- rows that are in no cluster, and rows without a place: NULL; the others are scored as if those were not there
CREATE TABLE holes (id int, label int, x float8, y float8);
INSERT INTO holes VALUES (1, 0, 1, 1), (2, 0, 1, 2), (3, 1, 9, 9), (4, 1, 9, 8),
	(5, NULL, 1, 1), (6, -1, 5, 5), (7, 0, NULL, 1), (8, 1, 'NaN', 1), (9, 0, 1, 'Infinity'), (10, -1, NULL, 1);
SELECT id, label, round((silhouette(label, x, y) OVER w)::numeric, 6) AS columns, round((silhouette(ARRAY[x, y], label) OVER w)::numeric, 6) AS from_array
FROM holes WINDOW w AS (ORDER BY id) ORDER BY id;
SELECT id, round((silhouette(label, x, y) OVER ())::numeric, 6) AS alone FROM holes WHERE id <= 4 ORDER BY id;
-- nothing but holes, or one cluster beside them
SELECT id, silhouette(label, x, y) OVER () FROM holes WHERE id > 4 ORDER BY id;
SELECT id, silhouette(label, x, y) OVER () FROM holes WHERE id IN (1, 2, 8) ORDER BY id;
-- a NULL array is a row without features
SELECT x, silhouette(CASE WHEN x > 1 THEN ARRAY[x] END, x % 2) OVER () FROM generate_series(1, 4) x ORDER BY x;
DROP TABLE holes;
-- arrays of different length have no distance
SELECT silhouette(CASE WHEN x = 2 THEN ARRAY[1, 2] ELSE ARRAY[x] END, x % 2) OVER () FROM generate_series(1, 3) x;
SELECT silhouette(CASE WHEN x = 2 THEN ARRAY[1, NULL] ELSE ARRAY[x] END, x % 2) OVER () FROM generate_series(1, 3) x;
-- a row is one array, not an array of arrays, and not an empty one
SELECT silhouette(ARRAY[ARRAY[x, 1], ARRAY[x, 2]], x % 2) OVER () FROM generate_series(1, 3) x;
SELECT silhouette('{}'::float8[], x % 2) OVER () FROM generate_series(1, 3) x;
-- a window function needs a window
SELECT silhouette(x % 2, x) FROM generate_series(1, 3) x;
-- 1,600 features, of which the first 800 tell two groups apart
SELECT i, silhouette((SELECT array_agg(CASE WHEN j <= 800 THEN (i % 2)::float8 ELSE 0 END ORDER BY j) FROM generate_series(1, 1600) j), i % 2) OVER () AS s
FROM generate_series(1, 4) i ORDER BY i;
-- magnitudes at the ends of float8: the same values as for ordinary ones, for they are ratios
SELECT unit, array_agg(round(s::numeric, 9) ORDER BY i) AS silhouettes
FROM (SELECT unit, i, silhouette(i % 2, i * i * unit) OVER (PARTITION BY unit) AS s
	  FROM generate_series(1, 4) i, (VALUES (1::float8), (1e300), (1e-300), (4e-324)) v (unit)) l GROUP BY unit ORDER BY unit;
SELECT x, silhouette(l, x) OVER () AS s FROM (VALUES (0, -1.7e308::float8), (0, -1.7e308), (1, 1.7e308), (1, 1.7e308)) v (l, x) ORDER BY x;
-- a large common part, which leaves the differences of these values as they are, changes nothing
SELECT max(abs(plain - far)) < 1e-14 AS same
FROM (SELECT silhouette(l, x, y) OVER () AS plain, silhouette(l, 1e9 + x, 1e9 + y) OVER () AS far
	  FROM (SELECT i % 3 AS l, (i * 37 % 101) / 128.0 AS x, (i * 53 % 89) / 128.0 AS y FROM generate_series(1, 500) i) g) v;
-- memory is asked for before it is taken
SET segment.max_memory = '1MB';
SELECT DISTINCT silhouette(x % 2, x) OVER () FROM generate_series(1, 30000) x;
RESET segment.max_memory;

-- More rows than are scored exactly: an estimate, said once, with the error that was measured. Two lattices that overlap are
-- so regular that a 64th of them, which is exact, has the same score.
SET segment.progress_interval = 0;
CREATE TABLE many AS SELECT i % 2 AS l, (i / 2) % 500 + (i % 2) * 400 AS x, (i / 1000) * 1.0 AS y FROM generate_series(0, 400999) i;
\set VERBOSITY terse
SELECT count(s) AS rows, round(avg(s)::numeric, 2) AS score FROM (SELECT silhouette(l, x, y) OVER () AS s FROM many) v;
SELECT count(s) AS rows, round(avg(s)::numeric, 2) AS score FROM (SELECT silhouette(l, x, y) OVER () AS s FROM many WHERE x::int % 8 = 3 AND y::int % 8 = 3) v;
-- distinct rows count: copies need no estimate
SELECT count(s) AS rows, round(avg(s)::numeric, 2) AS score FROM (SELECT silhouette(l, x, y) OVER () AS s FROM (SELECT * FROM many WHERE x::int % 8 = 3 AND y::int % 8 = 3) m, generate_series(1, 50)) v;
DROP TABLE many, mall;
