-- The tree of a clustering as a value: made once, then cut, read and compared as one likes
-- however slow the machine is
SET segment.progress_interval = 0;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- the segments of the mall: into how many does the tree fall?
CREATE TABLE tree AS SELECT hclust(ARRAY[annual_income, spending_score], 'ward') AS t FROM mall;
SELECT dendrogram_suggest_k(t) FROM tree;
-- because there the heights jump most, from 113.9 to 245.7; the heights are those of R (ward.D2) and SciPy
SELECT round(height::numeric, 3) AS height, size FROM tree, dendrogram_merges(t) ORDER BY step DESC LIMIT 6;
-- five segments, numbered by their centroids
SELECT cluster, sum(weight) AS customers, round(sum(weight * features[1])::numeric / sum(weight), 3) AS income,
	   round(sum(weight * features[2])::numeric / sum(weight), 3) AS score
FROM tree, unnest(dendrogram_cut(t, 5)) WITH ORDINALITY c (cluster, leaf) JOIN LATERAL dendrogram_leaves(t) USING (leaf)
GROUP BY cluster ORDER BY cluster;
-- who is in which: customers that are equal are one leaf
SELECT count(*) AS customers, count(DISTINCT leaf) AS leaves, sum(cluster) AS sum
FROM tree, unnest(dendrogram_cut(t, 5)) WITH ORDINALITY c (cluster, leaf) JOIN LATERAL dendrogram_leaves(t) USING (leaf)
	JOIN mall ON features = ARRAY[annual_income, spending_score]::float8[];
-- cut at a height: just above one of the heights there is one cluster less than just below
SELECT height, (SELECT count(DISTINCT c) FROM tree, unnest(dendrogram_cut(t, height => h.height)) c) AS clusters
FROM (VALUES (405.6605), (405.6595), (394.8605), (394.8595), (262.5635), (262.5625), (245.6555), (245.6545), (113.8865),
			 (113.8855), ('Infinity'), (0)) h (height);
-- an integer is a number of clusters, anything with a point a height
SELECT dendrogram_cut(t, 5) = dendrogram_cut(t, k => 5) AS count, dendrogram_cut(t, 150.0) = dendrogram_cut(t, height => 150) AS height,
	   dendrogram_cut(t, 5) = dendrogram_cut(t, height => 150) AS same_cut, dendrogram_cut(t, 5) = dendrogram_cut(t, 5.0) AS same_number
FROM tree;

-- a tree to follow by hand: rows 0, 3, 10, 11 and 40, the second twice and the last three times, as R's
-- hclust(dist(c(0, 3, 10, 11, 40)), "single") has it. 10 and 11 merge first, so that step 3 joins steps 1 and 2 in that
-- order although 0 is the first leaf; the last step joins leaf 5, which comes before the step.
CREATE TABLE few AS SELECT hclust(ARRAY[x], 'single') AS t FROM (VALUES (11), (3), (40), (0), (40), (10), (3), (40)) v (x);
SELECT l.* FROM few, dendrogram_leaves(t) l;
SELECT m.* FROM few, dendrogram_merges(t) m;
SELECT dendrogram_cut(t, 1) AS k1, dendrogram_cut(t, 2) AS k2, dendrogram_cut(t, 3) AS k3, dendrogram_cut(t, 5) AS k5,
	   dendrogram_cut(t, height => 2.9) AS below_3, dendrogram_cut(t, height => 3) AS at_3 FROM few;
-- heights 1 3 7 29: the largest factor is 29/7, which leaves two
SELECT dendrogram_suggest_k(t), dendrogram_inversions(t) FROM few;

-- every linkage: all rows are in the last merge, n - 1 merges; heights ascend but for centroid and median, which is told
CREATE TABLE trees AS
SELECT linkage, hclust(ARRAY[annual_income, spending_score], linkage) AS t
FROM mall, unnest('{ward,single,complete,average,weighted,centroid,median,average_squared}'::text[]) linkage GROUP BY linkage;
CREATE TABLE merges AS SELECT linkage, m.* FROM trees, dendrogram_merges(t) m;
SELECT linkage, dendrogram_suggest_k(t) AS suggest_k, dendrogram_inversions(t) AS inversions, count(step) AS merges, max(size) AS rows,
	   count(*) FILTER (WHERE height < before) AS falls
FROM trees JOIN (SELECT *, lag(height) OVER (PARTITION BY linkage ORDER BY step) AS before FROM merges) m USING (linkage)
GROUP BY linkage, t ORDER BY linkage;
-- each leaf and each step but the last is merged once
SELECT linkage, count(*) AS parts, count(DISTINCT id) AS different, min(id), max(id)
FROM merges, LATERAL (VALUES (left_id), (right_id)) p (id) GROUP BY linkage ORDER BY linkage;

-- a cut is what hclust_label gives, for every linkage and k
SELECT linkage, count(*) AS labels, count(*) FILTER (WHERE label IS DISTINCT FROM cluster) AS different
FROM (SELECT linkage, k, ARRAY[annual_income, spending_score]::float8[] AS features,
			 hclust_label(ARRAY[annual_income, spending_score], k, linkage) OVER (PARTITION BY linkage, k) AS label
	  FROM mall, trees, generate_series(1, 8) k) w
LEFT JOIN (SELECT linkage, k, features, cluster
		   FROM trees, generate_series(1, 8) k, unnest(dendrogram_cut(t, k)) WITH ORDINALITY c (cluster, leaf) JOIN LATERAL dendrogram_leaves(t) USING (leaf)) c
	USING (linkage, k, features)
GROUP BY linkage ORDER BY linkage;

-- the cophenetic correlation, again from the merges alone: two customers meet in the step that has one on its left and the
-- other on its right, and equal ones at 0
WITH RECURSIVE side AS (
	SELECT linkage, step, height, is_left, id FROM merges, LATERAL (VALUES (true, left_id), (false, right_id)) p (is_left, id)
	UNION ALL
	SELECT s.linkage, s.step, s.height, s.is_left, p.id
	FROM side s JOIN merges m ON m.linkage = s.linkage AND m.step = s.id, LATERAL (VALUES (m.left_id), (m.right_id)) p (id)
), customer AS MATERIALIZED (
	SELECT linkage, customer_id, leaf, features FROM trees, dendrogram_leaves(t) JOIN mall ON features = ARRAY[annual_income, spending_score]::float8[]
), pair AS (
	SELECT s.linkage, s.height, sqrt((a.features[1] - b.features[1]) ^ 2 + (a.features[2] - b.features[2]) ^ 2) AS distance
	FROM side s JOIN side o ON o.linkage = s.linkage AND o.step = s.step AND s.is_left AND NOT o.is_left
		JOIN customer a ON a.linkage = s.linkage AND a.leaf = -s.id JOIN customer b ON b.linkage = o.linkage AND b.leaf = -o.id
	WHERE s.id < 0 AND o.id < 0
	UNION ALL
	SELECT a.linkage, 0, 0 FROM customer a JOIN customer b USING (linkage, leaf) WHERE a.customer_id < b.customer_id
)
SELECT linkage, count(*) AS pairs, abs(corr(distance, height) - dendrogram_cophenetic(t)) < 1e-10 AS same
FROM pair JOIN trees USING (linkage) GROUP BY linkage, t ORDER BY linkage;

-- and from SciPy 1.17.1. Many distances of the customers tie, and then the tree depends on who breaks ties: the heights of single
-- linkage alone do not. With a little of the age and the number added nothing ties that matters. Each value by
--   x = [(float(r['annual_income']) + float(r['age']) / 100, float(r['spending_score']) + float(r['customer_id']) / 1000)
--        for r in csv.DictReader(open('data/mall_customers.csv'))]
--   scipy.cluster.hierarchy.cophenet(scipy.cluster.hierarchy.linkage(x, method), scipy.spatial.distance.pdist(x))[0]
SELECT linkage, round(dendrogram_cophenetic(t)::numeric, 11) AS ours, scipy
FROM trees JOIN (VALUES ('ward', 0.71792983924), ('single', 0.72307032781)) v (linkage, scipy) USING (linkage);
SELECT method, scipy, round(dendrogram_cophenetic(t)::numeric, 11) AS ours
FROM (SELECT method, scipy, hclust(ARRAY[annual_income + age / 100.0, spending_score + customer_id / 1000.0], method) AS t
	  FROM mall, (VALUES ('ward', 0.71782645550), ('single', 0.72248172205), ('complete', 0.66558233745), ('average', 0.72106715554),
				  ('weighted', 0.67189278936), ('centroid', 0.71626988262), ('median', 0.66919703003)) v (method, scipy)
	  GROUP BY method, scipy) x ORDER BY method;
-- it does not see the unit, however large or small the rows: a power of two changes no tie; none where distances or heights do not vary: one row, two,
-- the corners of a simplex
SELECT f, abs(dendrogram_cophenetic(hclust(ARRAY[annual_income * f, spending_score * f], 'average')) - (SELECT dendrogram_cophenetic(t) FROM trees WHERE linkage = 'average')) < 1e-10 AS same
FROM mall, (SELECT 2::float8 ^ e AS f FROM unnest('{-1060,-1000,-520,1000}'::int[]) e) u GROUP BY f ORDER BY f;
SELECT dendrogram_cophenetic(hclust(ARRAY[x], 'ward')) AS one, dendrogram_cophenetic(hclust(ARRAY[x], 'ward')) AS equal_rows FROM (VALUES (1), (1), (1)) v (x);
SELECT dendrogram_cophenetic(hclust(ARRAY[x], 'ward')) AS two FROM (VALUES (1), (3)) v (x);
SELECT linkage, dendrogram_cophenetic(hclust(x, linkage)) AS simplex
FROM (VALUES ('{0.1,0,0,0}'::float8[]), ('{0,0.1,0,0}'), ('{0,0,0.1,0}'), ('{0,0,0,0.1}')) v (x), (VALUES ('ward'), ('average'), ('centroid')) l (linkage) GROUP BY linkage ORDER BY linkage;

-- of a sketch: while it is lossless, the same tree; ward and no scaling are the defaults
SELECT count(*) AS linkages, bool_and(t = hclust(s, linkage)) AS same FROM trees, (SELECT cluster_sketch(annual_income, spending_score) AS s FROM mall) k;
SELECT t = hclust(s) AS same FROM tree, (SELECT cluster_sketch(annual_income, spending_score) AS s FROM mall) k;
-- of cells: a leaf is a cell at its mean, and stands for its rows; heights are close to those of the rows
CREATE TABLE cells AS SELECT s, hclust(s) AS t FROM (SELECT cluster_sketch(ARRAY[annual_income, spending_score], 100) AS s FROM mall) k;
SELECT count(*) BETWEEN 20 AND 100 AS fits, count(*) = (SELECT entries FROM cells, cluster_sketch_info(s)) AS entries, sum(weight) AS rows,
	   round(sum(features[1] * weight)::numeric / sum(weight), 2) AS income, (SELECT round(avg(annual_income), 2) FROM mall) AS true_income
FROM cells, dendrogram_leaves(t);
SELECT cluster, sum(weight) BETWEEN 18 AND 88 AS plausible FROM cells, unnest(dendrogram_cut(t, 5)) WITH ORDINALITY c (cluster, leaf) JOIN LATERAL dendrogram_leaves(t) USING (leaf)
GROUP BY cluster ORDER BY cluster;
SELECT dendrogram_suggest_k(t), round(max(height)::numeric / 405.660, 1) AS top_height FROM cells, dendrogram_merges(t) GROUP BY t;
-- scaled: leaves stay in the units of the input, heights are those of rows scaled by hand
SELECT count(*) AS merges, bool_and(abs(a.height - b.height) <= 1e-9 * b.height) AS same_heights
FROM (SELECT hclust(cluster_sketch(i, s), scale => 'zscore') AS in_units,
			 hclust(ARRAY[(i - mean_i) / sd_i, (s - mean_s) / sd_s], 'ward') AS by_hand
	  FROM (SELECT i, s, avg(i) OVER () AS mean_i, avg(s) OVER () AS mean_s, stddev_pop(i) OVER () AS sd_i, stddev_pop(s) OVER () AS sd_s
			FROM (SELECT annual_income + age / 100::float8 AS i, spending_score + customer_id / 1000::float8 AS s FROM mall) untied) z) x,
	 dendrogram_merges(in_units) a JOIN LATERAL dendrogram_merges(by_hand) b USING (step);
SELECT scale, features, round(height::numeric, 6) AS top
FROM (SELECT scale, hclust(cluster_sketch(annual_income, spending_score), 'complete', scale) AS t FROM mall, unnest('{none,zscore,minmax,robust,log}'::text[]) scale GROUP BY scale) x,
	 dendrogram_leaves(t) l, dendrogram_merges(t) m WHERE leaf = 1 AND size = 200 ORDER BY scale;

-- the same rows in any order give the same bytes
SELECT linkage, count(*) AS ways, count(DISTINCT t::text) AS texts, bool_and(t = (SELECT o.t FROM trees o WHERE o.linkage = x.linkage)) AS same
FROM (SELECT linkage, n, hclust(ARRAY[annual_income, spending_score], linkage ORDER BY md5(customer_id::text || n)) AS t
	  FROM mall, trees, generate_series(1, 10) n GROUP BY linkage, n) x GROUP BY linkage ORDER BY linkage;
SELECT hclust(ARRAY[-x, 0::float8], 'ward') = hclust(ARRAY[-x, -0::float8], 'ward') AS zeros_are_equal FROM generate_series(-3, 3) x;

-- a value to store, index, group by and sort
SELECT count(*) AS rows, count(DISTINCT t) AS different FROM (SELECT t FROM trees UNION ALL SELECT t FROM tree UNION ALL SELECT t FROM few) x;
SELECT count(*) FROM (SELECT t FROM trees UNION SELECT t FROM tree) x;
SELECT array_agg(linkage ORDER BY linkage) AS linkages FROM (SELECT linkage, t FROM trees UNION ALL SELECT 'stored', t FROM tree) x GROUP BY t HAVING count(*) > 1;
SELECT count(*) FROM trees a JOIN trees b USING (t);
CREATE INDEX ON trees USING hash (t);
CREATE INDEX ON few (t);
INSERT INTO few SELECT hclust(ARRAY[x], 'ward') FROM generate_series(1, 4) x;
SET enable_seqscan = off; SET enable_bitmapscan = off;
SELECT linkage FROM trees WHERE t = (SELECT t FROM tree);
SELECT count(*) FROM few WHERE t = (SELECT hclust(ARRAY[x], 'ward') FROM generate_series(1, 4) x);
SELECT count(*) AS ordered FROM (SELECT t, lag(t) OVER (ORDER BY t) AS before FROM few) x WHERE before < t;
RESET enable_seqscan; RESET enable_bitmapscan;
-- text brings back the same value, which pg_dump relies on, and so does binary COPY; heights beyond float8 too
INSERT INTO trees SELECT 'sketch, ' || scale, hclust(cluster_sketch(annual_income, age), 'centroid', scale) FROM mall, unnest('{zscore,minmax,robust,log}'::text[]) scale GROUP BY scale;
INSERT INTO trees SELECT 'extreme', hclust(ARRAY[x, y], 'ward') FROM unnest('{-1.7e308,0,5e-324,1.7e308}'::float8[]) x, unnest('{-1.7e308,1.7e308}'::float8[]) y;
INSERT INTO trees SELECT 'one', hclust(ARRAY[-0.0::float8], 'median');
SELECT max(height) AS height, dendrogram_cophenetic(t) AS cophenetic, dendrogram_cut(t, 2) AS cut, dendrogram_cut(t, height => 'Infinity') AS all FROM trees, dendrogram_merges(t) WHERE linkage = 'extreme' GROUP BY t;
SELECT count(*) AS trees, count(*) FILTER (WHERE t::text::dendrogram = t AND t::text::dendrogram::text = t::text) AS same FROM trees;
CREATE TABLE copied (LIKE trees);
\copy trees TO 'results/dendrogram.copy' (FORMAT binary)
\copy copied FROM 'results/dendrogram.copy' (FORMAT binary)
SELECT count(*) AS trees, count(*) FILTER (WHERE c.t = t.t AND c.t::text = t.t::text) AS same FROM trees t JOIN copied c USING (linkage);
-- stored out of line
SELECT pg_column_size(t) > 2000 AS large, cardinality(dendrogram_cut(t, 7)) AS leaves FROM tree;

-- rows without a place take no part, and it is said; without any row there is no tree
SELECT dendrogram_cut(hclust(x, 'average'), 2) FROM (VALUES ('{1,2}'::float8[]), (NULL), ('{3,NaN}'), ('{NULL,4}'), ('{3,5}'), ('{Infinity,1}'), ('{9,9}')) v (x);
SELECT hclust(x, 'average') IS NULL AS none FROM (VALUES ('{1,2}'::float8[])) v (x) WHERE false;
SELECT hclust(x, 'average') IS NULL AS none FROM (VALUES ('{1,NaN}'::float8[]), (NULL)) v (x);
SELECT hclust(cluster_sketch(x)) IS NULL AS no_sketch, hclust(NULL::cluster_sketch) IS NULL AS null_sketch FROM generate_series(1, 3) x WHERE x > 3;
SELECT hclust(cluster_sketch(x)) IS NULL AS only_nulls FROM (VALUES (NULL::float8), ('NaN')) v (x);
-- one row, or many that are equal: a leaf, and no merges
SELECT l.*, dendrogram_cut(t, 1) AS cut, dendrogram_cut(t, height => 0) AS at_0, dendrogram_suggest_k(t) AS suggest_k, dendrogram_inversions(t) AS inversions, (SELECT count(*) FROM dendrogram_merges(t)) AS merges
FROM (SELECT hclust(ARRAY[7, x], 'complete') AS t FROM (VALUES (1), (1), (1)) v (x)) y, dendrogram_leaves(t) l;
-- more clusters than leaves: as many as leaves, and it is said
SELECT dendrogram_cut(t, 6) FROM few WHERE dendrogram_inversions(t) = 0 AND (SELECT count(*) FROM dendrogram_leaves(t)) = 5;
SELECT dendrogram_cut(hclust(ARRAY[x], 'single'), 2147483647) FROM generate_series(1, 3) x;
-- where scaling makes rows equal they merge first, at height 0
SELECT m.* FROM (SELECT hclust(cluster_sketch(x), 'single', 'zscore') AS t FROM (VALUES (0), (1), (2), (1e300)) v (x)) z, dendrogram_merges(t) m;
-- NULL in, NULL out
SELECT dendrogram_cut(NULL, 2) IS NULL AS tree, dendrogram_cut(t, NULL::int) IS NULL AS k, dendrogram_cut(t, height => NULL) IS NULL AS height, dendrogram_cophenetic(NULL) IS NULL AS cophenetic,
	   (SELECT count(*) FROM dendrogram_leaves(NULL)) AS leaves, (SELECT count(*) FROM dendrogram_merges(NULL)) AS merges FROM tree;

-- what cannot be
SELECT dendrogram_cut(t, 0) FROM tree;
SELECT dendrogram_cut(t, -1) FROM tree;
SELECT dendrogram_cut(t, height => -1) FROM tree;
SELECT dendrogram_cut(t, height => 'NaN') FROM tree;
SELECT hclust(ARRAY[age], 'wards') FROM mall;
SELECT hclust(ARRAY[age], 'Ward') FROM mall;
SELECT hclust(ARRAY[age], '') FROM mall;
SELECT hclust(ARRAY[age], NULL) FROM mall;
SELECT hclust(cluster_sketch(age), 'ward.D2') FROM mall;
SELECT hclust(cluster_sketch(age), NULL) FROM mall;
SELECT hclust(cluster_sketch(age), 'ward', 'z') FROM mall;
SELECT hclust(CASE WHEN customer_id = 3 THEN ARRAY[age] ELSE ARRAY[age, age] END, 'ward') FROM mall;
SELECT hclust(ARRAY[ARRAY[age, age]], 'ward') FROM mall;
SELECT hclust('{}'::float8[], 'ward') FROM mall;
SET segment.max_memory = '1MB';
SELECT hclust(ARRAY[x], 'complete') FROM generate_series(1, 1000) x;
SELECT hclust(ARRAY[x], 'ward') FROM generate_series(1, 20000) x;
RESET segment.max_memory;

-- damaged text: no base64, or bytes of no tree. These are the bytes of 'few': three numbers of a byte, two of four, offset,
-- unit, five weights, five rows, four merges of two names and a height
SELECT ''::dendrogram;
SELECT 'tree'::dendrogram;
SELECT '!'::dendrogram;
SELECT 'AQAAAAAA'::dendrogram;
SELECT (t::text || 'A')::dendrogram FROM tree;
CREATE FUNCTION variant(at int, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	good bytea; state text; message text;
BEGIN
	SELECT decode(t::text, 'base64') INTO good FROM few WHERE dendrogram_cut(t, 2) = '{0,0,0,0,1}';
	RETURN left(replace(encode(overlay(good PLACING bytes FROM at + 1), 'base64'), E'\n', '')::dendrogram::text, 10);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
	RETURN state || ': ' || message;
END $$;
SELECT what, variant(at, bytes) AS outcome
FROM (VALUES ('nothing', 0, ''::bytea), ('format 2', 0, '\x02'), ('linkage 8', 1, '\x08'), ('scale 5', 2, '\x05'), ('no leaves', 3, '\x00000000'), ('-1 leaves', 3, '\xffffffff'),
	('6 leaves', 3, '\x00000006'), ('2^31 - 1 leaves', 3, '\x7fffffff'), ('no features', 7, '\x00000000'), ('2 features', 7, '\x00000002'), ('offset NaN', 11, '\x7ff8000000000000'),
	('unit 0', 19, '\x0000000000000000'), ('unit Infinity', 19, '\x7ff0000000000000'), ('weight 0', 27, '\x0000000000000000'), ('weight -1', 35, '\xffffffffffffffff'),
	('weight 2^53', 43, '\x0020000000000000'), ('row NaN', 67, '\x7ff8000000000000'), ('row Infinity', 99, '\x7ff0000000000000'), ('row -0', 67, '\x8000000000000000'), ('rows descend', 67, '\x4010000000000000'),
	('name 5', 107, '\x0000000200000005'), ('name -1', 107, '\xffffffff00000003'), ('higher first', 107, '\x0000000300000002'), ('twice the same', 107, '\x0000000200000002'),
	('gone', 123, '\x0000000000000003'), ('height -1', 115, '\xbff0000000000000'), ('height NaN', 115, '\x7ff8000000000000'), ('height 0', 115, '\x0000000000000000'), ('heights fall', 131, '\x3fe0000000000000'),
	('heights fall, but by centroid', 1, '\x05')) v (what, at, bytes);
DROP FUNCTION variant;
DROP TABLE mall, tree, few, trees, merges, cells, copied;

-- a k that is a bigint, such as a count, is a k and not a height
SELECT dendrogram_cut(t, count(*)) = dendrogram_cut(t, 4) AS as_k, dendrogram_cut(t, 9000000000) = '{0,1,2,3}' AS each_leaf
FROM (SELECT hclust(ARRAY[x], 'ward') AS t FROM (VALUES (1.0::float8), (2), (4), (8)) v (x)) s, generate_series(1, 4) GROUP BY t;
