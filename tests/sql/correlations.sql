-- segment.correlations against reference numbers of SciPy, by the definitions in SQL, and on columns that are hard to correlate
\set SHOW_CONTEXT never
CREATE SCHEMA correlations;
SET search_path = correlations, public;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

SELECT a, b, round(r::numeric, 6) AS r, round(p::numeric, 6) AS p, round(log10_p::numeric, 3) AS log10_p, n, error FROM segment.correlations('mall', '{age,annual_income,spending_score}');
SELECT a, b, round(r::numeric, 6) AS r, round(p::numeric, 6) AS p, round(log10_p::numeric, 3) AS log10_p, n, error FROM segment.correlations('mall', method => 'spearman');

-- the numbers of SciPy, to the last digits: data/correlations.csv is made by tests/reference/describe.py, which says how
CREATE TABLE samples (sample text, value float8);
CREATE TABLE reference (a text, b text, method text, n bigint, r float8, p float8);
\copy samples FROM 'data/describe_values.csv' CSV HEADER
\copy reference FROM 'data/correlations.csv' CSV HEADER NULL ''
-- samples of unequal length leave gaps: each pair has rows of its own
SELECT format('CREATE TABLE wide AS SELECT %s FROM (SELECT *, row_number() OVER (PARTITION BY sample) AS i FROM samples) s GROUP BY i',
	string_agg(format('max(value) FILTER (WHERE sample = %L) AS %I', sample, sample), ', ' ORDER BY sample)) FROM (SELECT DISTINCT sample FROM samples) s
\gexec
SELECT f.method, count(*) AS pairs, count(DISTINCT f.n) > 10 AS unequal, count(*) FILTER (WHERE f.n = r.n) AS same_n, count(*) FILTER (WHERE abs(f.r - r.r) < 1e-14 OR f.r IS NULL AND r.r IS NULL) AS same_r,
	count(*) FILTER (WHERE abs(f.p / r.p - 1) < 1e-10 OR f.p IS NULL AND r.p IS NULL) AS same_p
FROM reference r JOIN (SELECT 'pearson' AS method, * FROM segment.correlations('wide') UNION ALL SELECT 'spearman', * FROM segment.correlations('wide', method => 'spearman')) f
	ON r.method = f.method AND (r.a, r.b) IN ((f.a, f.b), (f.b, f.a)) GROUP BY 1 ORDER BY 1;

-- pairwise complete rows, by the definition: NULL, NaN and infinite values leave a gap in their own pairs alone
CREATE TABLE gaps AS SELECT CASE WHEN i % 7 > 0 THEN i * i % 53 END::float8 AS x, CASE WHEN i % 5 = 1 THEN 'NaN'::float8 ELSE i * 31 % 47 END AS y,
	CASE WHEN i % 11 = 2 THEN 'Infinity'::float8 WHEN i % 11 = 3 THEN NULL ELSE i % 19 END AS z FROM generate_series(1, 300) i;
SELECT c.a, c.b, c.n, c.n = t.n AS same_n, abs(c.r - t.r) < 1e-14 AS same_r
FROM segment.correlations('gaps') c JOIN (SELECT a, b, count(*) AS n, corr(v.x, v.y) AS r
	FROM gaps g, LATERAL (VALUES ('x', 'y', g.x, g.y), ('x', 'z', g.x, g.z), ('y', 'z', g.y, g.z)) v (a, b, x, y) WHERE abs(v.x) < 1000 AND abs(v.y) < 1000 GROUP BY 1, 2) t USING (a, b);
SELECT c.a, c.b, c.n, c.n = t.n AS same_n, abs(c.r - t.r) < 1e-14 AS same_r
FROM segment.correlations('gaps', method => 'spearman') c JOIN (SELECT a, b, count(*) AS n, corr(rx, ry) AS r
	FROM (SELECT a, b, rank() OVER (PARTITION BY a, b ORDER BY v.x) + (count(*) OVER (PARTITION BY a, b, v.x) - 1) / 2.0 AS rx, rank() OVER (PARTITION BY a, b ORDER BY v.y) + (count(*) OVER (PARTITION BY a, b, v.y) - 1) / 2.0 AS ry
		FROM gaps g, LATERAL (VALUES ('x', 'y', g.x, g.y), ('x', 'z', g.x, g.z), ('y', 'z', g.y, g.z)) v (a, b, x, y) WHERE abs(v.x) < 1000 AND abs(v.y) < 1000) s GROUP BY 1, 2) t USING (a, b);

-- a straight line is 1 or -1 exactly, with p 0, and so is any rising curve by ranks; a constant has no correlation
CREATE TABLE lines AS SELECT i AS x, 1e9 - 3 * i AS falls, exp(i / 3.0) AS rises, 0.1 AS same FROM generate_series(1, 100) i;
SELECT a, b, round(r::numeric, 6) AS r, r IN (1, -1) AS straight, log10_p = '-Infinity' AS certain, n FROM segment.correlations('lines');
SELECT a, b, r, p, log10_p, n FROM segment.correlations('lines', method => 'spearman');
-- p is too small for a double, its logarithm is not: in R (log(2) + pt(-abs(t), 9998, log.p = TRUE)) / log(10) is -1503.178343 for r = 0.706516885787, and -1459.827638 for 0.699332628933
CREATE TABLE small AS SELECT i AS x, i + (i * 7919) % 10007 AS y FROM generate_series(1, 10000) i;
SELECT method, round(c.r::numeric, 12) AS r, c.p, round(c.log10_p::numeric, 6) AS log10_p FROM unnest('{pearson,spearman}'::text[]) method, LATERAL segment.correlations('small', method => method) c;
-- no, one, two and three rows: two make a line, but no p
CREATE TABLE short (x float8, y float8);
SELECT r, p, log10_p, n, error FROM segment.correlations('short') UNION ALL SELECT r, p, log10_p, n, error FROM segment.correlations('short', method => 'spearman');
INSERT INTO short VALUES (1, 2);
SELECT r, p, log10_p, n, error FROM segment.correlations('short') UNION ALL SELECT r, p, log10_p, n, error FROM segment.correlations('short', method => 'spearman');
INSERT INTO short VALUES (2, 1);
SELECT r, p, log10_p, n, error FROM segment.correlations('short') UNION ALL SELECT r, p, log10_p, n, error FROM segment.correlations('short', method => 'spearman');
INSERT INTO short VALUES (3, 1.5), (NULL, 4), ('NaN', 4);
SELECT r, round(p::numeric, 12) AS p, n, error FROM segment.correlations('short') UNION ALL SELECT r, round(p::numeric, 12), n, error FROM segment.correlations('short', method => 'spearman');
-- all values missing on one side
CREATE TABLE void AS SELECT i AS x, NULL::float8 AS y FROM generate_series(1, 5) i;
SELECT r, p, log10_p, n, error FROM segment.correlations('void') UNION ALL SELECT r, p, log10_p, n, error FROM segment.correlations('void', method => 'spearman');
-- a common part, and any size of numbers, changes nothing
CREATE TABLE sizes AS SELECT x::float8, y::float8, x + 1e9::float8 AS far, y * 1e300 / 1000 AS huge, y * 1e-300::float8 AS tiny, x * 3e-324::float8 AS least FROM (SELECT i * i % 1009 AS x, i * i * i % 1013 AS y FROM generate_series(1, 1000) i) v;
SELECT a, b, round(r::numeric, 12) AS r, round(p::numeric, 9) AS p FROM segment.correlations('sizes') ORDER BY 3, 1, 2;
SELECT a, b, round(r::numeric, 12) AS r, round(p::numeric, 9) AS p FROM segment.correlations('sizes', method => 'spearman') ORDER BY 3, 1, 2;

-- beyond 16,384 different pairs (4,681 where there are 21 pairs of columns) Spearman's is an estimate, within its bound of the true one; Pearson's never is
CREATE TABLE many AS SELECT i, sin(i) AS wave, sin(i) + sin(i * 1.3) AS waves, exp(3 * sin(i * 1.7) + sin(i)) AS skewed, 1e9 - sin(i) AS far, CASE WHEN i % 2 = 0 THEN 0 ELSE sin(i) END AS half, i % 90 AS age, CASE WHEN i % 3 = 0 THEN sin(i::float8 * i) END AS gap
FROM generate_series(1, 60000) i;
CREATE TABLE ranks AS SELECT a, b, corr(rx, ry) AS r, count(*) AS n
	FROM (SELECT v.a, v.b, rank() OVER (PARTITION BY a, b ORDER BY v.x) + (count(*) OVER (PARTITION BY a, b, v.x) - 1) / 2.0 AS rx, rank() OVER (PARTITION BY a, b ORDER BY v.y) + (count(*) OVER (PARTITION BY a, b, v.y) - 1) / 2.0 AS ry
		FROM many m, LATERAL (VALUES ('wave', 'waves', m.wave, m.waves), ('wave', 'skewed', m.wave, m.skewed), ('wave', 'far', m.wave, m.far), ('waves', 'half', m.waves, m.half), ('wave', 'age', m.wave, m.age), ('skewed', 'gap', m.skewed, m.gap)) v (a, b, x, y)
		WHERE v.x IS NOT NULL AND v.y IS NOT NULL) s GROUP BY 1, 2;
CREATE TABLE first AS SELECT * FROM segment.correlations('many', '{wave,waves,skewed,far,half,age,gap}', 'spearman');
SELECT a, b, c.n = t.n AS same_n, round(t.r::numeric, 3) AS truth, abs(c.r - t.r) <= c.error AS bounded, abs(c.r - t.r) < 0.01 AS close, c.error BETWEEN 1e-11 AND 0.1 AS useful FROM first c JOIN ranks t USING (a, b) ORDER BY 1, 2;
SELECT count(*) AS pairs, count(*) FILTER (WHERE error = 0) AS exact FROM segment.correlations('many', '{wave,waves,skewed,far,half,age,gap}');

-- the same rows give the same bits: shuffled, and with workers
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY md5(i::text);
SELECT count(*) AS rows FROM (TABLE first INTERSECT SELECT * FROM segment.correlations('shuffled', '{wave,waves,skewed,far,half,age,gap}', 'spearman')) s;
CREATE TABLE plain AS SELECT * FROM segment.correlations('many');
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 3;
ANALYZE shuffled;
EXPLAIN (COSTS OFF) SELECT segment.correlations_of(0, wave, waves) FROM shuffled;
SELECT count(*) AS rows FROM (TABLE first INTERSECT SELECT * FROM segment.correlations('shuffled', '{wave,waves,skewed,far,half,age,gap}', 'spearman')) s;
SELECT count(*) AS rows FROM (TABLE plain INTERSECT SELECT * FROM segment.correlations('shuffled')) s;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- names that want to be something else
CREATE TABLE "odd ""names""; --" ("""; drop table mall; --" int, "%I $1" float8);
INSERT INTO "odd ""names""; --" VALUES (1, 2), (3, 5), (4, 4);
SELECT a, b, round(r::numeric, 6) AS r FROM segment.correlations('"odd ""names""; --"');

-- what is refused
SELECT * FROM segment.correlations(NULL);					-- nothing to read
SELECT * FROM segment.correlations('mall', '{age,ages}');	-- no such column
SELECT * FROM segment.correlations('mall', '{age,gender}');	-- not a number
SELECT * FROM segment.correlations('mall', '{age}');		-- a column alone
SELECT * FROM segment.correlations('mall', '{age,age}');	-- would be 1
SELECT * FROM segment.correlations('mall', method => 'kendall');	-- would take all pairs of rows
SELECT * FROM segment.correlations('mall', method => 'pearsons');	-- unknown
SELECT * FROM segment.correlations('mall', method => NULL);	-- unknown as well
SELECT segment.correlations_of(0, age, annual_income) FROM mall;	-- the aggregate does not cast
SELECT segment.correlations_of(10, age::float8, annual_income::float8) FROM mall;	-- a sketch so small would say nothing
SELECT format('CREATE TABLE broad AS SELECT %s', string_agg(format('%s AS c%1$s', i), ', ')) FROM generate_series(1, 99) i
\gexec
SELECT * FROM segment.correlations('broad');				-- 4,851 pairs, and a function has 100 arguments
SET segment.max_memory = '10MB';
SELECT count(*) FROM segment.correlations('mall', method => 'spearman');	-- sketches that do not fit are asked for first
RESET segment.max_memory;

\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA correlations CASCADE;
