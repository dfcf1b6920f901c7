-- segment.describe against reference numbers of pandas, by the definitions in SQL, and on columns that are hard to describe
\set SHOW_CONTEXT never
CREATE SCHEMA describe;
SET search_path = describe, public;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- all columns, as a person reads them
SELECT column_name, type, rows, nulls, distinct_values AS "distinct", round(mean::numeric, 2) AS mean, round(sd::numeric, 2) AS sd, min, median, max, histogram
FROM segment.describe('mall');
SELECT column_name, q1, q3, not_finite, lowest, highest, distinct_error, quartile_error, estimate FROM segment.describe('mall');

-- the numbers of pandas, to the last digits: data/describe.csv is made by tests/reference/describe.py, which says how
CREATE TABLE samples (sample text, value float8);
CREATE TABLE reference (sample text, statistic text, value float8);
\copy samples FROM 'data/describe_values.csv' CSV HEADER
\copy reference FROM 'data/describe.csv' CSV HEADER
CREATE VIEW mall_efficiency AS SELECT *, spending_score / annual_income::float8 AS efficiency FROM mall;
CREATE FUNCTION figures(source regclass) RETURNS TABLE (name text, statistic text, value float8) LANGUAGE sql AS $$
	SELECT d.column_name, s.statistic, s.value FROM segment.describe(source) d,
		LATERAL (VALUES ('count', (d.rows - d.nulls - d.not_finite)::float8), ('distinct', d.distinct_values::float8), ('mean', d.mean), ('sd', d.sd),
			('min', d.min), ('q1', d.q1), ('median', d.median), ('q3', d.q3), ('max', d.max), ('skew', d.skew), ('kurtosis', d.kurtosis)) s (statistic, value)
$$;
SELECT r.statistic, count(*) AS compared, count(*) FILTER (WHERE f.value IS NOT DISTINCT FROM r.value OR abs(f.value - r.value) <= 1e-13 * abs(r.value) + 1e-14) AS same
FROM reference r JOIN figures('mall_efficiency') f ON r.sample = 'mall ' || f.name AND f.statistic = r.statistic GROUP BY 1 ORDER BY 1;
-- twenty random samples, some with ties or heavy tails, become the columns of one table
SELECT format('CREATE TABLE wide AS SELECT %s FROM (SELECT *, row_number() OVER (PARTITION BY sample) AS i FROM samples) s GROUP BY i',
	string_agg(format('max(value) FILTER (WHERE sample = %L) AS %I', sample, sample), ', ' ORDER BY sample)) FROM (SELECT DISTINCT sample FROM samples) s
\gexec
SELECT r.statistic, count(*) AS compared, count(*) FILTER (WHERE f.value IS NOT DISTINCT FROM r.value OR abs(f.value - r.value) <= 1e-11 * abs(r.value) + 1e-12) AS same
FROM reference r JOIN figures('wide') f ON r.sample = f.name AND f.statistic = r.statistic GROUP BY 1 ORDER BY 1;
-- users.md: spending efficiency has mean 1.068544, sd 0.973406 and goes from 0.012821 to 5.4
SELECT round(mean::numeric, 6) AS mean, round(sd::numeric, 6) AS sd, round(min::numeric, 6) AS min, max FROM segment.describe('mall_efficiency', '{efficiency}');

-- any type has a row; what has an order shows its ends, and what has a hash is told apart
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN cents AS numeric(12, 2) CHECK (value >= 0);
CREATE TABLE kinds (i2 int2, i8 int8, n numeric, r real, c cents, m mood, b boolean, t text, v varchar(20), d date, z timestamptz, j json, jb jsonb, a int[], u uuid, p point, y bytea, e interval, money money);
INSERT INTO kinds SELECT i, i * 10000000000, i / 7.0, i / 4.0, i, (enum_range(NULL::mood))[1 + i % 3], i % 3 = 0, repeat(chr(97 + i), 70), 'v' || i, date '2024-01-01' + i,
	timestamptz '2024-01-01 00:00:00+00' + i * interval '1 hour', to_json(i), to_jsonb(i % 4), ARRAY[i, 1], md5(i::text)::uuid, point(i, i), NULL, i * interval '1 day', i::money
FROM generate_series(0, 9) i;
SET timezone = 'UTC';
SELECT column_name, type, nulls, distinct_values AS "distinct", mean, lowest, highest FROM segment.describe('kinds');
-- some columns, in the order asked for
SELECT column_name, median, estimate FROM segment.describe('kinds', '{r,i2}');

-- names that want to be something else
CREATE TABLE "odd ""names""; --" ("""; drop table mall; --" int, "s" text, "%I $1" float8, "{a,b}" bool);
INSERT INTO "odd ""names""; --" VALUES (1, 'x', 2, true), (3, 'y', 5, false);
SELECT column_name, mean, distinct_values AS "distinct", lowest FROM segment.describe('"odd ""names""; --"');

-- NaN and infinite values are counted apart; one value has no sd, two no skew, three no kurtosis; constants have neither; -0 is 0
CREATE TABLE few (none float8, nan float8, one float8, two float8, three float8, four float8, same float8, zeros float8);
INSERT INTO few VALUES (NULL, 'NaN', 1, 1, 1, 1, 0.1, -0.0), (NULL, 'Infinity', NULL, 2, 2, 2, 0.1, 0), (NULL, '-Infinity', NULL, NULL, 4, 4, 0.1, 0), (NULL, 7, 'NaN', NULL, NULL, 8, 0.1, NULL);
SELECT column_name, rows, nulls, not_finite, distinct_values AS "distinct", mean, sd, min, median, max, skew, kurtosis, histogram FROM segment.describe('few');
-- no rows at all
SELECT column_name, rows, nulls, not_finite, distinct_values AS "distinct", mean, median, histogram, estimate FROM segment.describe('few') WHERE false;
TRUNCATE few;
SELECT column_name, rows, nulls, not_finite, distinct_values AS "distinct", mean, sd, min, median, max, histogram, estimate FROM segment.describe('few', '{one,none}');
TRUNCATE kinds;
SELECT column_name, rows, nulls, distinct_values AS "distinct", lowest FROM segment.describe('kinds', '{t,j,b}');

-- a large common part costs nothing: pandas' skew and kurtosis of 1e9 + x are off in the third digit, these are those of x
CREATE TABLE offsets AS SELECT x::float8, x + 1e9::float8 AS far, x * 1e300 / 1000 AS huge, x * 1e-300::float8 AS tiny FROM (SELECT (i * i) % 1009 AS x FROM generate_series(1, 1000) i) v;
SELECT column_name, mean, sd, median, skew, kurtosis FROM segment.describe('offsets');
INSERT INTO offsets (x) VALUES (1e308), (-1e308), (1.7e308), (-1.7e308);
SELECT mean, sd, min, q1, median, q3, max, skew, kurtosis, histogram FROM segment.describe('offsets', '{x}');

-- beyond 16,384 different values of numbers, and 65,536 of other types, quartiles and distinct values are estimates, within bounds: the true ones are close by
CREATE TABLE many AS SELECT i, sin(i) AS wave, exp(4 * sin(i * 1.7)) AS skewed, 1e9 + cos(i) AS far, CASE WHEN i % 2 = 0 THEN 0 ELSE sin(i) END AS half, md5(i::text) AS name, 1e300 * sin(i) AS huge
FROM generate_series(1, 100000) i;
SELECT column_name, distinct_values BETWEEN 0.97 * 100000 AND 1.03 * 100000 AS about, regexp_replace(estimate, '[0-9.e+-]*[0-9]', 'x', 'g') AS estimate FROM segment.describe('many', '{i,wave,skewed,far,name,huge}');
SELECT column_name, distinct_values BETWEEN 0.97 * 50001 AND 1.03 * 50001 AS about, q1 <> 0 AS q1, median FROM segment.describe('many', '{half}');
SELECT d.column_name, abs(d.q1 - t.q[1]) <= d.quartile_error AND abs(d.median - t.q[2]) <= d.quartile_error AND abs(d.q3 - t.q[3]) <= d.quartile_error AS bounded,
	d.quartile_error < (t.q[3] - t.q[1]) / 100 AS close, abs(d.mean - t.mean) <= 1e-9 * abs(t.mean) + 1e-12 AS mean, abs(d.sd / t.sd - 1) < 1e-9 AS sd
FROM segment.describe('many') d
JOIN (SELECT v.name, percentile_cont('{0.25,0.5,0.75}'::float8[]) WITHIN GROUP (ORDER BY v.x) AS q, max(c) + avg(x - c) AS mean, stddev(x - c) AS sd
	FROM many m, LATERAL (VALUES ('wave', m.wave, 0), ('skewed', m.skewed, 0), ('far', m.far, 1e9), ('half', m.half, 0)) v (name, x, c) GROUP BY v.name) t ON t.name = d.column_name ORDER BY 1;

-- the same rows give the same bits: shuffled, in partitions, and with workers
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY md5(i::text);
CREATE TABLE parted (LIKE many) PARTITION BY HASH (i);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO parted SELECT * FROM many;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM many;
CREATE TABLE first AS SELECT * FROM segment.describe('many');
SELECT count(*) AS rows FROM (TABLE first INTERSECT SELECT * FROM segment.describe('shuffled')) s;
SELECT count(*) AS rows FROM (TABLE first INTERSECT SELECT * FROM segment.describe('kept')) s;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 3;
ANALYZE shuffled;
EXPLAIN (COSTS OFF) SELECT segment.distribution_of(wave, 16384), segment.values_of(name) FROM shuffled;
SELECT count(*) AS rows FROM (TABLE first INTERSECT SELECT * FROM segment.describe('shuffled')) s;
SELECT count(*) AS rows FROM (TABLE first INTERSECT SELECT * FROM segment.describe('parted')) s;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- the caller's rights
CREATE ROLE regress_segment_describe;
GRANT USAGE ON SCHEMA describe TO regress_segment_describe;
SET ROLE regress_segment_describe;
SELECT column_name FROM segment.describe('mall');
RESET ROLE;

-- what is refused
SELECT * FROM segment.describe(NULL);				-- nothing to read
SELECT * FROM segment.describe('nowhere');			-- no such relation
SELECT * FROM segment.describe('mall_pkey');		-- an index has no rows
SELECT * FROM segment.describe('mall', '{ages}');	-- no such column
SELECT * FROM segment.describe('mall', '{}');		-- an empty list
SELECT * FROM segment.describe('mall', '{age,age}');	-- would be the same row twice
SELECT * FROM segment.describe('mall', '{age,NULL}');	-- NULL is no column
CREATE TABLE beyond AS SELECT 1e400::numeric AS x;
\set VERBOSITY sqlstate
SELECT * FROM segment.describe('beyond');			-- the server's own refusal of a number that no double holds

\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA describe CASCADE;
DROP ROLE regress_segment_describe;
