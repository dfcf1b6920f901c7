-- labels by density against scikit-learn's numbers, a suggested eps, and what must be refused
\set SHOW_CONTEXT never
CREATE SCHEMA dbscan;
SET search_path = dbscan, public;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- scikit-learn: 7 clusters and 27 customers of noise; 2 and 9; in three features 18, and clusters of 112, 34, 24, 8 and 4
SELECT label, count(*) FROM (SELECT dbscan_label(9, 6, annual_income, spending_score) OVER () AS label FROM mall) l GROUP BY 1 ORDER BY 1;
SELECT label, count(*) FROM (SELECT dbscan_label(12.5, 4, annual_income, spending_score) OVER () AS label FROM mall) l GROUP BY 1 ORDER BY 1;
SELECT label, count(*) FROM (SELECT dbscan_label(12.5, 4, age, annual_income, spending_score) OVER () AS label FROM mall) l GROUP BY 1 ORDER BY 1;
-- ids ascend by the mean, feature by feature
SELECT label, count(*), round(avg(annual_income), 2) AS income, round(avg(spending_score), 2) AS score
FROM (SELECT *, dbscan_label(9, 6, annual_income, spending_score) OVER () AS label FROM mall) l GROUP BY 1 ORDER BY 1;
-- four features go through a tree: with one that does not vary the labels are those of three
SELECT count(*) FILTER (WHERE three = four) AS same
FROM (SELECT dbscan_label(12.5, 4, age, annual_income, spending_score) OVER () AS three,
			 dbscan_label(12.5, 4, age, annual_income, spending_score, 7) OVER () AS four FROM mall) l;
-- a column given twice stretches distances by sqrt(2)
SELECT count(*) FILTER (WHERE once = twice) AS same
FROM (SELECT dbscan_label(5, 4, annual_income) OVER () AS once,
			 dbscan_label(5 * sqrt(2::float8), 4, annual_income, annual_income) OVER () AS twice FROM mall) l;
-- scaling: z-scores equal columns scaled by hand
SELECT count(*) FILTER (WHERE ours = by_hand) AS same, count(DISTINCT ours) AS labels
FROM (SELECT dbscan_label(ARRAY[annual_income, spending_score], 0.35, 5, scale => 'zscore') OVER () AS ours,
			 dbscan_label(0.35, 5, z_income, z_score) OVER () AS by_hand
	  FROM (SELECT *, (annual_income - avg(annual_income) OVER ()) / stddev_pop(annual_income) OVER () AS z_income,
				   (spending_score - avg(spending_score) OVER ()) / stddev_pop(spending_score) OVER () AS z_score
			FROM mall) scaled) x;
-- partitions are clustered by themselves, and the order of the window does not matter
SELECT gender, label, count(*)
FROM (SELECT gender, dbscan_label(9, 4, annual_income, spending_score) OVER (PARTITION BY gender ORDER BY age) AS label FROM mall) x
GROUP BY 1, 2 ORDER BY 1, 2;

-- a distance of just eps is within, on integers and where eps is the root of one
SELECT x, dbscan_label(2, 2, x) OVER () AS eps_2, dbscan_label(1.999, 2, x) OVER () AS below FROM (VALUES (0), (2), (4), (7)) v (x) ORDER BY x;
SELECT DISTINCT dbscan_label(sqrt(3::float8), 2, x, x, x) OVER () AS the_diagonal_of_a_cube FROM generate_series(1, 2) x;
-- min_points counts the row itself: of three rows at distance 1 the middle one has 3, the outer ones 2
SELECT m, array_agg(label ORDER BY x) AS labels
FROM (SELECT m, x, dbscan_label(1, m, x) OVER (PARTITION BY m) AS label FROM generate_series(1, 3) x, generate_series(1, 4) m) l
GROUP BY m ORDER BY m;
-- equal rows count one by one
SELECT x, dbscan_label(0.5, 3, x) OVER () AS label FROM (VALUES (1), (1), (1), (2), (2)) v (x) ORDER BY x;
-- a row between two clusters, dense in neither, goes to the nearer one: 5 is 2 from 3 and 1.5 from 6.5; if it is in the middle, as 10.5 is, to the first
SELECT label, array_agg(x ORDER BY x) AS rows
FROM (SELECT x, dbscan_label(2, 5, x) OVER () AS label
	  FROM unnest('{1,1.5,2,2.5,3, 5, 6.5,7,7.5,8,8.5, 10.5, 12.5,13,13.5,14,14.5}'::float8[]) x) l
GROUP BY label ORDER BY label;

-- eps 0: equal rows alone are near
SELECT x, dbscan_label(0, 2, x, x) OVER () AS two, dbscan_label(0, 1, x, x) OVER () AS one FROM (VALUES (1), (1), (2), (3), (3)) v (x) ORDER BY x;
-- eps infinite: all rows are near, and dense if they are min_points
SELECT DISTINCT dbscan_label('Infinity', 200, age, annual_income) OVER () AS enough, dbscan_label('Infinity', 201, age, annual_income) OVER () AS too_few FROM mall;
-- so small an eps that its square is 0, so large a one that its square is infinite
SELECT x, dbscan_label(1e-200, 2, x) OVER () AS tiny, dbscan_label(1e200, 2, x) OVER () AS huge FROM (VALUES (1), (1), (2)) v (x) ORDER BY x;
-- more min_points than rows: all is noise
SELECT DISTINCT dbscan_label(50, 2147483647, annual_income) OVER () AS label FROM mall;
-- min_points 1: every row is dense, none is noise
SELECT x, dbscan_label(1, 1, x) OVER () AS label FROM (VALUES (1), (2), (5), (9)) v (x) ORDER BY x;
-- more than 1,000 min_points are counted on a tree: two clusters of 1,500 rows each, 0.001 apart, and two rows alone
SELECT label, count(*), min(x), max(x)
FROM (SELECT x, dbscan_label(1, 1001, x, 0) OVER () AS label
	  FROM (SELECT i * 0.001 + CASE WHEN i > 1500 THEN 5 ELSE 0 END AS x FROM generate_series(1, 3000) i UNION ALL VALUES (50), (60)) g) l
GROUP BY 1 ORDER BY 1;

-- eps: zero or more, and given
SELECT dbscan_label(-1, 2, x) OVER () FROM generate_series(1, 3) x;
SELECT dbscan_label('NaN', 2, x) OVER () FROM generate_series(1, 3) x;
SELECT dbscan_label('-Infinity', 2, x) OVER () FROM generate_series(1, 3) x;
SELECT dbscan_label(NULL::float8, 2, x) OVER () FROM generate_series(1, 3) x;
-- min_points: one at least, and given
SELECT dbscan_label(1, 0, x) OVER () FROM generate_series(1, 3) x;
SELECT dbscan_label(1, -5, x) OVER () FROM generate_series(1, 3) x;
SELECT dbscan_label(1, NULL, x) OVER () FROM generate_series(1, 3) x;
-- scale: one of those there are
SELECT dbscan_label(ARRAY[x], 1, 2, scale => 'z-score') OVER () FROM generate_series(1, 3) x;
SELECT dbscan_label(ARRAY[x], 1, 2, scale => NULL) OVER () FROM generate_series(1, 3) x;
-- arrays of different length have no distance, a row is no array of arrays, and not an empty one
SELECT dbscan_label(CASE WHEN x = 2 THEN ARRAY[1, 2] ELSE ARRAY[x] END, 1, 2) OVER () FROM generate_series(1, 3) x;
SELECT dbscan_label(ARRAY[ARRAY[x, 1], ARRAY[x, 2]], 1, 2) OVER () FROM generate_series(1, 3) x;
SELECT dbscan_label('{}'::float8[], 1, 2) OVER () FROM generate_series(1, 3) x;
-- a window function needs a window
SELECT dbscan_label(1, 2, x) FROM generate_series(1, 3) x;
-- rows with a NULL, NaN or infinite feature have no place: no label, no part in the counts, and one NOTICE for each call
SELECT id, dbscan_label(2, 2, x, y) OVER (ORDER BY id) AS label, dbscan_label(ARRAY[x, y], 2, 2) OVER () AS from_array
FROM (VALUES (1, 1::float8, 1::float8), (2, NULL, 1), (3, 'NaN', 1), (4, 'Infinity', 1), (5, 1, '-Infinity'), (6, 9, 9), (7, 1, 2)) v (id, x, y) ORDER BY id;
-- nothing but such rows, and no rows at all
SELECT dbscan_label(1, 1, x) OVER () FROM (VALUES (NULL::float8), ('NaN')) v (x);
SELECT dbscan_label(1, 1, x) OVER () FROM generate_series(1, 0) x;
-- one row: a cluster if one row is enough
SELECT dbscan_label(1, 1, x) OVER () AS one, dbscan_label(1, 2, x) OVER () AS two FROM generate_series(7, 7) x;
-- all rows equal: one cluster, whatever eps is
SELECT DISTINCT dbscan_label(0, 50, 1.5, 2.5) OVER () AS zero, dbscan_label(3, 50, 1.5, 2.5) OVER () AS three FROM generate_series(1, 50);
-- -0 and 0 are the same value
SELECT dbscan_label(0, 2, x) OVER () AS label FROM (VALUES (0.0::float8), ('-0'::float8)) v (x);
-- a constant column has no part in distances
SELECT count(*) FILTER (WHERE alone = beside) AS same, count(*) AS rows
FROM (SELECT dbscan_label(3, 4, annual_income) OVER () AS alone, dbscan_label(3, 4, annual_income, 1e6) OVER () AS beside FROM mall) l;
-- 1,600 features: two groups, sqrt(800) apart
SELECT label, array_agg(i ORDER BY i) AS rows
FROM (SELECT i, dbscan_label((SELECT array_agg(CASE WHEN j <= 800 THEN (i % 2)::float8 ELSE 0 END ORDER BY j)
							  FROM generate_series(1, 1600) j), sqrt(799::float8), 2) OVER () AS label
	  FROM generate_series(1, 6) i) l
GROUP BY label ORDER BY label;
-- magnitudes at the ends of float8 are no different from others, eps being in their unit
SELECT unit, array_agg(label ORDER BY i) AS labels, array_agg(tree ORDER BY i) AS on_a_tree
FROM (SELECT unit, i, dbscan_label(3 * unit, 2, i * i * unit, i * unit) OVER (PARTITION BY unit) AS label,
			 dbscan_label(3 * unit, 2, i * i * unit, i * unit, 0, 0) OVER (PARTITION BY unit) AS tree
	  FROM generate_series(-3, 3) i, (VALUES (1::float8), (1e300), (1e-300), (4e-324)) v (unit)) l
GROUP BY unit ORDER BY unit;
-- the whole range at once
SELECT x, dbscan_label(1.1e307, 2, x) OVER () AS label FROM (VALUES (-1.7e308::float8), (-1.6e308), (1.6e308), (1.7e308)) v (x) ORDER BY x;
-- a large common part: 1e9 plus the small differences that make the clusters
SELECT count(*) FILTER (WHERE plain = shifted) AS same, count(DISTINCT plain) AS labels, count(*) AS rows
FROM (SELECT dbscan_label(0.04, 8, x, y) OVER () AS plain, dbscan_label(0.04, 8, 1e9 + x, 1e9 + y) OVER () AS shifted
	  FROM (SELECT (i * 37 % 101) / 128.0 AS x, (i * i % 89) / 128.0 AS y FROM generate_series(1, 500) i) g) l;
-- memory is asked for before it is taken
SET segment.max_memory = '4MB';
SELECT DISTINCT dbscan_label(1, 3, x, y) OVER () FROM (SELECT i AS x, sqrt(i) AS y FROM generate_series(1, 30000) i) g;
SELECT segment.dbscan_suggest_eps('mall', '{age}', 5);
RESET segment.max_memory;

-- a suggested eps; with min_points 1 every row is near enough to itself
SELECT m, round(segment.dbscan_suggest_eps('mall', '{annual_income,spending_score}', m)::numeric, 6) AS eps,
	   round(segment.dbscan_suggest_eps('mall', '{annual_income,spending_score}', m, scale => 'zscore')::numeric, 6) AS zscore
FROM unnest('{1,2,4,6,10,200}'::int[]) m;
-- by hand: of 0, 1, 2, 3, 4 and 9 the second nearest row, itself counted, is at 1, 1, 1, 1, 1 and 5: the knee is at 1
CREATE TABLE few AS SELECT x::float8 FROM unnest('{0,1,2,3,4,9}'::int[]) x;
SELECT segment.dbscan_suggest_eps('few', '{x}', 2);
CREATE TABLE twins AS SELECT x FROM few UNION ALL SELECT x FROM few;
-- of pairs the second row is at 0 everywhere, and of three the third is where it was the second
SELECT segment.dbscan_suggest_eps('twins', '{x}', 2) AS of_pairs, segment.dbscan_suggest_eps('twins', '{x}', 3) AS of_three;
-- rows of which 16,384 are asked, stored in any order
CREATE TABLE many AS SELECT (i * 7919 % 50021)::float8 / 50021 + CASE WHEN i % 1000 = 0 THEN 10 * i ELSE 0 END AS x FROM generate_series(1, 50000) i;
CREATE TABLE turned AS SELECT x FROM many ORDER BY x DESC;
SELECT segment.dbscan_suggest_eps('many', '{x}', 5) = segment.dbscan_suggest_eps('turned', '{x}', 5) AS same,
	   round(segment.dbscan_suggest_eps('many', '{x}', 5)::numeric, 6) AS eps;
-- hostile names, and a view whose function needs the caller's search_path
CREATE TABLE "many'; DROP TABLE mall --" AS SELECT x AS "x"", 0) FROM mall --" FROM few;
SELECT segment.dbscan_suggest_eps('"many''; DROP TABLE mall --"', ARRAY['x", 0) FROM mall --'], 2);
CREATE FUNCTION twice(float8) RETURNS float8 LANGUAGE plpgsql AS 'BEGIN RETURN $1 + (SELECT min(x) FROM few) + $1; END';
CREATE VIEW doubled AS SELECT twice(x) AS x FROM few;
SELECT segment.dbscan_suggest_eps('doubled', '{x}', 2);
-- rows without a place are counted; without any other there is nothing to suggest
CREATE TABLE holes (x float8);
SELECT segment.dbscan_suggest_eps('holes', '{x}', 2);
INSERT INTO holes VALUES (NULL), ('NaN');
SELECT segment.dbscan_suggest_eps('holes', '{x}', 2);
INSERT INTO holes VALUES (1), (3);
SELECT segment.dbscan_suggest_eps('holes', '{x}', 2);
-- more min_points than rows, none at all, NULL
SELECT segment.dbscan_suggest_eps('holes', '{x}', 3);
SELECT segment.dbscan_suggest_eps('holes', '{x}', 0);
SELECT segment.dbscan_suggest_eps('holes', '{x}', NULL);
SELECT segment.dbscan_suggest_eps('holes', NULL, 2);
SELECT segment.dbscan_suggest_eps(NULL, '{x}', 2);
SELECT segment.dbscan_suggest_eps('holes', '{x}', 2, scale => 'none ');
-- what there is not
SELECT segment.dbscan_suggest_eps('holes', '{y}', 2);
SELECT segment.dbscan_suggest_eps('mall', '{gender}', 2);
SELECT segment.dbscan_suggest_eps('mall_pkey', '{customer_id}', 2);

-- labels by density are no model
SELECT * FROM segment.fit('dense', 'mall', '{annual_income}', method => 'dbscan');
SELECT * FROM segment.fit('dense', 'mall', '{annual_income}', method => 'hdbscan');

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA dbscan CASCADE;
