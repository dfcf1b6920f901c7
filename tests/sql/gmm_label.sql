-- Gaussian mixtures as labels. Reference: scikit-learn's GaussianMixture, the best of 200 starts.
-- The time that it takes is told by no NOTICE here.
SET segment.progress_interval = 0;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- sizes and means of the labels at k = 5, in canonical order: those of the five segments, the middle one narrower
SELECT cluster, count(*), round(avg(annual_income), 3) AS income, round(avg(spending_score), 3) AS score
FROM (SELECT *, gmm_label(5, annual_income, spending_score) OVER () AS cluster FROM mall) labelled
GROUP BY cluster ORDER BY cluster;

-- the other covariances
SELECT covariance, array_agg(size ORDER BY cluster) AS sizes
FROM (SELECT covariance, cluster, count(*) AS size
	  FROM (SELECT 'full' AS covariance, gmm_label(ARRAY[annual_income, spending_score], 5) OVER () AS cluster FROM mall
			UNION ALL SELECT 'tied', gmm_label(ARRAY[annual_income, spending_score], 5, 'tied') OVER () FROM mall
			UNION ALL SELECT 'diag', gmm_label(ARRAY[annual_income, spending_score], 5, 'diag') OVER () FROM mall
			UNION ALL SELECT 'spherical', gmm_label(ARRAY[annual_income, spending_score], 5, 'spherical') OVER () FROM mall) l
	  GROUP BY covariance, cluster) s
GROUP BY covariance ORDER BY covariance;

-- both forms, and every option by name; other starts end at the same maximum
SELECT count(*) FILTER (WHERE plain = form) AS same_form, count(*) FILTER (WHERE plain = named) AS same_named,
	   count(*) AS rows
FROM (SELECT gmm_label(5, annual_income, spending_score) OVER w AS plain,
			 gmm_label(ARRAY[annual_income, spending_score], 5) OVER w AS form,
			 gmm_label(features => ARRAY[annual_income, spending_score], k => 5, covariance => 'full',
					   scale => 'none', seed => 42, n_init => 30, max_iter => 200) OVER w AS named
	  FROM mall WINDOW w AS ()) x;
-- a full covariance fits itself to any units, so a scale changes nothing here
SELECT count(*) FILTER (WHERE plain = zscore) AS zscore, count(*) FILTER (WHERE plain = minmax) AS minmax,
	   count(*) FILTER (WHERE plain = robust) AS robust, count(*) AS rows
FROM (SELECT gmm_label(5, annual_income, spending_score) OVER w AS plain,
			 gmm_label(ARRAY[annual_income, spending_score], 5, scale => 'zscore') OVER w AS zscore,
			 gmm_label(ARRAY[annual_income, spending_score], 5, scale => 'minmax') OVER w AS minmax,
			 gmm_label(ARRAY[annual_income, spending_score], 5, scale => 'robust') OVER w AS robust
	  FROM mall WINDOW w AS ()) x;
-- units of very different size are the same to it: income in cents of a cent, the score in millions
SELECT count(*) FILTER (WHERE plain = units) AS same, count(*) AS rows
FROM (SELECT gmm_label(5, annual_income, spending_score) OVER () AS plain,
			 gmm_label(5, annual_income * 1e4, spending_score * 1e-6) OVER () AS units
	  FROM mall) x;
-- every arity: the same as its array
SELECT count(*) FILTER (WHERE one = one_array) AS one, count(*) FILTER (WHERE three = three_array) AS three, count(*) AS rows
FROM (SELECT gmm_label(3, age) OVER () AS one, gmm_label(ARRAY[age], 3) OVER () AS one_array,
			 gmm_label(3, age, annual_income, spending_score) OVER () AS three,
			 gmm_label(ARRAY[age, annual_income, spending_score], 3) OVER () AS three_array
	  FROM mall) x;

-- a partition is clustered by itself: the same labels as a query over that partition alone
SELECT gender, count(*) AS rows, count(*) FILTER (WHERE together = apart) AS same
FROM (SELECT customer_id, gender, gmm_label(4, annual_income, spending_score) OVER (PARTITION BY gender) AS together
	  FROM mall) t
JOIN (SELECT customer_id, gmm_label(4, annual_income, spending_score) OVER () AS apart FROM mall WHERE gender = 'Male'
	  UNION ALL
	  SELECT customer_id, gmm_label(4, annual_income, spending_score) OVER () FROM mall WHERE gender = 'Female') a
USING (customer_id)
GROUP BY gender ORDER BY gender;

-- the order in which rows are stored, and the frame and order of the window, do not matter
CREATE TABLE shuffled AS SELECT * FROM mall ORDER BY md5(customer_id::text);
SELECT count(*) FILTER (WHERE m.plain = s.plain) AS stored, count(*) FILTER (WHERE m.plain = m.ordered) AS ordered,
	   count(*) FILTER (WHERE m.plain = m.framed) AS framed, count(*) AS rows
FROM (SELECT customer_id, gmm_label(5, annual_income, spending_score) OVER () AS plain,
			 gmm_label(5, annual_income, spending_score) OVER (ORDER BY age, customer_id) AS ordered,
			 gmm_label(5, annual_income, spending_score)
				OVER (ORDER BY customer_id DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS framed
	  FROM mall) m
JOIN (SELECT customer_id, gmm_label(5, annual_income, spending_score) OVER () AS plain FROM shuffled) s USING (customer_id);

-- the model labels its own rows as they were labelled
SELECT count(*) AS rows, count(*) FILTER (WHERE cluster_id(m, annual_income, spending_score) = cluster) AS same
FROM (SELECT *, gmm_label(5, annual_income, spending_score) OVER () AS cluster FROM mall) l,
	 (SELECT gmm(5, annual_income, spending_score) AS m FROM mall) f;

-- What must be refused, and what must not: one case per line, with the reason why the answer is right
\set VERBOSITY default
-- k: at least one component
SELECT gmm_label(0, x) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(-1, x) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(NULL::int, x) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], NULL) OVER () FROM generate_series(1, 3) x;
-- one k for a partition, and one of every option
SELECT gmm_label(x, x, 2) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], 2, CASE WHEN x = 3 THEN 'diag' ELSE 'full' END) OVER () FROM generate_series(1, 3) x;
-- NULL is no option
SELECT gmm_label(ARRAY[x], 2, covariance => NULL) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], 2, scale => NULL) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], 2, seed => NULL) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], 2, n_init => NULL) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], 2, max_iter => NULL) OVER () FROM generate_series(1, 3) x;
-- unknown names and values out of range
SELECT gmm_label(ARRAY[x], 2, covariance => 'VVV') OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], 2, scale => 'z-score') OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], 2, n_init => -1) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(ARRAY[x], 2, max_iter => 0) OVER () FROM generate_series(1, 3) x;
-- arrays of different length are not in one space, also when the odd one has a NULL
SELECT gmm_label(CASE WHEN x = 2 THEN ARRAY[1, 2] ELSE ARRAY[x] END, 2) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(CASE WHEN x = 2 THEN ARRAY[1, NULL] ELSE ARRAY[x] END, 2) OVER () FROM generate_series(1, 3) x;
-- a row is one array, not an array of arrays, and not an empty one
SELECT gmm_label(ARRAY[ARRAY[x, 1], ARRAY[x, 2]], 2) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label('{}'::float8[], 2) OVER () FROM generate_series(1, 3) x;
-- it is a window function
SELECT gmm_label(2, x) FROM generate_series(1, 3) x;
-- more than may be taken is refused before it is taken
SET segment.max_memory = '1MB';
SELECT gmm_label(100, x, x * x) OVER () FROM generate_series(1, 20000) x;
RESET segment.max_memory;

-- rows with a NULL, NaN or infinite feature have no place: no label, no part in the mixture, and one NOTICE
CREATE TABLE holes (id int, x float8, y float8);
INSERT INTO holes VALUES (1, 1, 1), (2, NULL, 1), (3, 'NaN', 1), (4, 'Infinity', 1), (5, 1, '-Infinity'), (6, 9, 9), (7, 1, 2),
	(8, 8, 9), (9, 9, 7), (10, 0, 1);
SELECT id, gmm_label(ARRAY[x, y], 2, 'spherical') OVER () FROM holes ORDER BY id;
-- a NULL array is a row without features
SELECT gmm_label(CASE WHEN x > 1 THEN ARRAY[x] END, 1) OVER () FROM generate_series(1, 3) x;
-- nothing but holes: no labels; no rows: nothing to label
SELECT id, gmm_label(2, x) OVER () FROM holes WHERE id IN (2, 3);
SELECT gmm_label(2, x) OVER () FROM generate_series(1, 0) x;
DROP TABLE holes;
-- one row is one component, itself, and has no variance
SELECT gmm_label(1, x) OVER () FROM generate_series(7, 7) x;
-- fewer rows than k, or fewer distinct ones: as many components as rows that differ
SELECT gmm_label(5, x) OVER () FROM generate_series(1, 3) x;
SELECT gmm_label(5, x % 2) OVER () AS label FROM generate_series(1, 4) x;
-- all rows equal are one component
SELECT DISTINCT gmm_label(3, 1.5, 2.5) OVER () AS label FROM generate_series(1, 50);
-- -0 and 0 are the same value
SELECT DISTINCT gmm_label(2, x) OVER () AS label FROM (VALUES (0.0::float8), ('-0'::float8)) v (x);
-- a constant column, and a column twice, tell nothing apart: the labels are those without them, and a NOTICE says so
SELECT count(*) FILTER (WHERE plain = constant) AS constant, count(*) FILTER (WHERE plain = twice) AS twice, count(*) AS rows
FROM (SELECT gmm_label(5, annual_income, spending_score) OVER () AS plain,
			 gmm_label(5, annual_income, spending_score, 42) OVER () AS constant,
			 gmm_label(5, annual_income, spending_score, annual_income) OVER () AS twice
	  FROM mall) x;
-- one NOTICE for the query, not one for each partition
SELECT gender, count(DISTINCT label) AS labels
FROM (SELECT gender, gmm_label(2, annual_income, 42) OVER (PARTITION BY gender) AS label FROM mall) x GROUP BY gender ORDER BY gender;
-- stopped before the maximum
SELECT count(DISTINCT label) AS labels
FROM (SELECT gmm_label(ARRAY[annual_income, spending_score], 5, n_init => 1, max_iter => 1) OVER () AS label FROM mall) x;

-- 1,600 features: the first 800 tell two groups apart, the others are noise
CREATE TABLE w AS
SELECT i, array_agg(CASE WHEN j <= 800 THEN i % 2 ELSE 0 END + (i * 37 + j * 53) % 101 / 1000.0 ORDER BY j)::float8[] AS wide
FROM generate_series(1, 12) i, generate_series(1, 1600) j GROUP BY i;
SELECT covariance, array_agg(label ORDER BY i) AS labels
FROM (SELECT 'diag' AS covariance, i, gmm_label(wide, 2, 'diag') OVER () AS label FROM w
	  UNION ALL SELECT 'spherical', i, gmm_label(wide, 2, 'spherical') OVER () FROM w) l
GROUP BY covariance ORDER BY covariance;

-- magnitudes at the ends of float8: squares would overflow or vanish, so the answer must be that for ordinary values
SELECT unit, array_agg(label ORDER BY i) AS label
FROM (SELECT unit, i, gmm_label(3, (i % 3 * 20 + i / 3) * unit) OVER (PARTITION BY unit) AS label
	  FROM generate_series(0, 11) i, (VALUES (1::float8), (1e300), (1e-300), (4e-324)) v (unit)) l
GROUP BY unit ORDER BY unit;
-- the whole range at once: -1.7e308 and 1.7e308 are further apart than any float8 can say
SELECT x, gmm_label(2, x) OVER () AS plain, gmm_label(ARRAY[x], 2, scale => 'zscore') OVER () AS zscore
FROM (VALUES (-1.7e308::float8), (-1.6e308), (-1.5e308), (1.5e308), (1.6e308), (1.7e308)) v (x) ORDER BY x;
-- a large common part: 1e9 plus the small differences that make the components
SELECT count(*) FILTER (WHERE plain = moved) AS same, count(*) AS rows
FROM (SELECT gmm_label(4, x, y) OVER () AS plain, gmm_label(4, 1e9 + x, 1e9 + y) OVER () AS moved
	  FROM (SELECT i % 4 + (i * 37 % 101) / 128.0 AS x, i % 4 * 3 % 5 + (i * 53 % 89) / 128.0 AS y
			FROM generate_series(1, 500) i) g) l;

DROP TABLE mall, shuffled, w;
