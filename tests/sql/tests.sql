-- welch_t, mann_whitney, ks_test, anova, kruskal_wallis, chi_square: R's numbers, and what must be refused or left out
\set VERBOSITY default
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- Gender makes no significant difference: means 48.511 (M) and 51.527 (F), t -0.804878, p 0.421998; U 4697.5, p 0.571279;
-- D 0.135552, p 0.2546643107, which is exact and takes the ties into account; F 0.670837, p 0.413745; H 0.321942, p 0.570443
SELECT round(statistic::numeric, 6) AS t, round(df::numeric, 4) AS df, round(p::numeric, 6) AS p, round(effect_size::numeric, 4) AS d,
	   group1, group2, n1, n2, round(mean1::numeric, 3) AS mean1, round(mean2::numeric, 3) AS mean2
FROM (SELECT (welch_t(spending_score, gender)).* FROM mall) t;
SELECT statistic AS u, df, round(p::numeric, 6) AS p, round(effect_size::numeric, 6) AS r FROM (SELECT (mann_whitney(spending_score, gender)).* FROM mall) t;
SELECT round(statistic::numeric, 6) AS d, df, round(p::numeric, 10) AS p, effect_size = statistic AS same FROM (SELECT (ks_test(spending_score, gender)).* FROM mall) t;
SELECT round(pooled_f::numeric, 6) AS f, df, pooled_df2, round(pooled_p::numeric, 6) AS p, round(statistic::numeric, 6) AS welch_f, round(df2::numeric, 4) AS welch_df2,
	   round(t.p::numeric, 6) AS welch_p, round(effect_size::numeric, 6) AS eta_squared, groups, n
FROM (SELECT (anova(spending_score, gender)).* FROM mall) t;
SELECT round(statistic::numeric, 6) AS h, df, round(p::numeric, 6) AS p, round(effect_size::numeric, 6) AS epsilon_squared, groups, n
FROM (SELECT (kruskal_wallis(spending_score, gender)).* FROM mall) t;
-- two by two: 28 of 112 women and 24 of 88 men are older than 48, where one expects 29.12 and 22.88
SELECT gender, count(*) FILTER (WHERE age > 48) AS older, count(*) FILTER (WHERE age <= 48) AS younger FROM mall GROUP BY 1 ORDER BY 1;
SELECT round(statistic::numeric, 6) AS chi_square, df, round(p::numeric, 6) AS p, round(effect_size::numeric, 6) AS v, rows, columns, n, least_expected
FROM (SELECT (chi_square(gender, age > 48)).* FROM mall) t;

-- 20 random data sets, with ties, unequal sizes and heavy tails: statistic, degrees and p of R to 1e-10, relatively
CREATE TABLE sets (set int, grp int, value float8);
\copy sets FROM 'data/group_values.csv' CSV HEADER
CREATE TABLE r (set int, test text, statistic float8, df float8, df2 float8, p float8);
\copy r FROM 'data/group_tests.csv' CSV HEADER
CREATE TABLE ours AS
	SELECT set, 'welch_t' AS test, statistic, df, NULL::float8 AS df2, p, log10_p FROM (SELECT set, (welch_t(value, grp)).* FROM sets WHERE set <= 12 GROUP BY set) t
	UNION ALL SELECT set, 'mann_whitney', statistic, df, NULL, p, log10_p FROM (SELECT set, (mann_whitney(value, grp)).* FROM sets WHERE set <= 12 GROUP BY set) t
	UNION ALL SELECT set, CASE WHEN n1 * n2 < 10000 THEN 'ks_test' ELSE 'ks_test_limit' END, statistic, df, NULL, p, log10_p
		FROM (SELECT set, (ks_test(value, grp)).* FROM sets WHERE set <= 12 GROUP BY set) t
	UNION ALL SELECT set, 'anova', statistic, df, df2, p, log10_p FROM (SELECT set, (anova(value, grp)).* FROM sets GROUP BY set) t
	UNION ALL SELECT set, 'pooled', pooled_f, df, pooled_df2, pooled_p, pooled_log10_p FROM (SELECT set, (anova(value, grp)).* FROM sets GROUP BY set) t
	UNION ALL SELECT set, 'kruskal_wallis', statistic, df, NULL, p, log10_p FROM (SELECT set, (kruskal_wallis(value, grp)).* FROM sets GROUP BY set) t
	UNION ALL SELECT set, 'chi_square', statistic, df, NULL, p, log10_p FROM (SELECT set, (chi_square(abs(round(value))::numeric % 4, grp)).* FROM sets GROUP BY set) t;
CREATE FUNCTION near(a float8, b float8) RETURNS boolean LANGUAGE sql AS $$ SELECT a IS NOT DISTINCT FROM b OR abs(a - b) <= 1e-10 * abs(b) $$;
-- (R sums Kolmogorov's limit until its terms are below 1e-6)
SELECT test, count(*) AS sets, count(*) FILTER (WHERE near(o.statistic, r.statistic)) AS statistics, count(*) FILTER (WHERE near(o.df, r.df) AND near(o.df2, r.df2)) AS degrees,
	   count(*) FILTER (WHERE CASE test WHEN 'ks_test_limit' THEN abs(o.p - r.p) < 1e-6 ELSE near(o.p, r.p) END) AS ps, count(*) FILTER (WHERE near(o.p, 10 ^ o.log10_p)) AS logs
FROM r FULL JOIN ours o USING (set, test) GROUP BY test ORDER BY test;

-- the same bits in any order of the rows; values and groups of other types are converted, and groups have the order of their type
SELECT count(DISTINCT t) AS results FROM (
	SELECT welch_t(value, grp) AS t FROM sets WHERE set = 7 UNION ALL
	SELECT welch_t(value, grp ORDER BY value) FROM sets WHERE set = 7 UNION ALL
	SELECT welch_t(value, grp::numeric ORDER BY md5(value::text)) FROM sets WHERE set = 7) u;
SELECT count(DISTINCT t) AS results FROM (SELECT anova(value, grp ORDER BY md5(value::text || salt)) AS t FROM sets, generate_series(1, 5) salt WHERE set = 20 GROUP BY salt) u;
SELECT count(DISTINCT t) AS results FROM (SELECT kruskal_wallis(value, grp ORDER BY md5(value::text || salt)) AS t FROM sets, generate_series(1, 5) salt WHERE set = 18 GROUP BY salt) u;
SELECT count(DISTINCT t) AS results FROM (SELECT chi_square(round(value), grp ORDER BY md5(value::text || salt)) AS t FROM sets, generate_series(1, 5) salt WHERE set = 19 GROUP BY salt) u;
SELECT (welch_t(x, g)).group1, (welch_t(x, g)).group2, (welch_t(x, g)).statistic > 0 AS second_is_higher FROM (VALUES (1, 10), (2, 10), (0, 9), (1, 9)) v (x, g);
SELECT (welch_t(x, g)).group1, (welch_t(x, g)).group2 FROM (VALUES (1, '10'), (2, '10'), (0, '9'), (1, '9')) v (x, g);
SELECT (welch_t(x, g)).group1, (welch_t(x, g)).group2 FROM (VALUES (1, true), (2, true), (0, false), (1, false)) v (x, g);
SELECT (mann_whitney(x, g)).group1, (mann_whitney(x, g)).group2 FROM (VALUES (1, date '2026-02-01'), (2, '2025-12-31')) v (x, g);
-- 1.0 and 1.00 are one number, and one group
SELECT (anova(x, g)).groups FROM (VALUES (1, 1.0), (2, 1.00), (3, 2)) v (x, g);
-- long values, from out of line storage
CREATE TABLE long_names AS SELECT i AS x, repeat(md5((i % 2)::text), 500) AS g FROM generate_series(1, 100) i;
SELECT statistic, p, n1, n2, length(group1) FROM (SELECT (mann_whitney(x, g)).* FROM long_names) t;

-- parallel workers: the same bits again
CREATE TABLE many AS SELECT i % 1000 * 0.1 + (i % 2) * 0.7 AS x, i % 2 = 1 AS g, CASE i % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE 'long name of a group ' || i % 5 END AS h FROM generate_series(1, 60000) i;
ALTER TABLE many SET (parallel_workers = 2);
CREATE VIEW results AS SELECT welch_t(x, g) AS a, mann_whitney(x, g) AS b, ks_test(x, g) AS c, anova(x, h) AS d, kruskal_wallis(x, h) AS e, chi_square(h, g) AS f FROM many;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE alone AS SELECT * FROM results;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT welch_t(x, g), kruskal_wallis(x, h), chi_square(h, g) FROM many;
SELECT count(*) AS same FROM alone JOIN results USING (a, b, c, d, e, f);
RESET ALL;
SELECT (b).statistic, round((b).log10_p::numeric, 4) AS log10_p, round((e).statistic::numeric, 4) AS h, (f).df FROM alone;
\set VERBOSITY default

-- p where there are millions of rows: below what a double holds, log10_p goes on. Half of the rows are 0 and half 1 in one group, and
-- a tenth of a standard deviation more in the other: t is 0.1 / sqrt(4 / n) = 50 and 158
SELECT n, round(statistic::numeric, 3) AS t, p, round(log10_p::numeric, 4) AS log10_p, round(effect_size::numeric, 4) AS d
FROM (SELECT n, (welch_t(x, g)).* FROM (VALUES (1000), (1000000)) s (n), LATERAL (SELECT i % 2 + 0.05 * (i / 2 % 2) AS x, i / 2 % 2 AS g FROM generate_series(1, n) i) v GROUP BY n) t;
SELECT p, round(log10_p::numeric, 4) AS log10_p FROM (SELECT (chi_square(i % 2, i % 2 + (i % 10) / 9)).* FROM generate_series(1, 100000) i) t;

-- two groups are meant: a third is an error that says what to do
SELECT welch_t(x, x % 3) FROM generate_series(1, 9) x;
SELECT mann_whitney(x, x % 3) FROM generate_series(1, 9) x;
SELECT ks_test(x, x % 3) FROM generate_series(1, 9) x;
-- one group, or none: no test, but what there is is told; not an error, for other stores may have both
SELECT welch_t(x, 1) FROM generate_series(1, 3) x;
SELECT mann_whitney(x, 1) FROM generate_series(1, 3) x;
SELECT ks_test(x, 1) FROM generate_series(1, 3) x;
SELECT anova(x, 1) FROM generate_series(1, 3) x;
SELECT kruskal_wallis(x, 1) FROM generate_series(1, 3) x;
SELECT chi_square(x, 1) FROM generate_series(1, 3) x;
SELECT welch_t(x, x), mann_whitney(x, x), ks_test(x, x), anova(x, x), kruskal_wallis(x, x), chi_square(x, x) FROM generate_series(1, 0) x;
SELECT s, (welch_t(x, g)).p IS NULL AS undecided FROM (VALUES ('north', 1, 1), ('north', 2, 1), ('south', 1, 1), ('south', 2, 1), ('south', 3, 2), ('south', 5, 2), ('west', 1, 2)) v (s, x, g) GROUP BY s ORDER BY s;
-- a group of one row has no variance, but ranks
SELECT welch_t(x, x = 3) FROM generate_series(1, 3) x;
SELECT anova(x, x = 3) FROM generate_series(1, 3) x;
SELECT mann_whitney(x, x = 3) FROM generate_series(1, 3) x;
SELECT ks_test(x, x = 3) FROM generate_series(1, 3) x;
SELECT mann_whitney(x, x) FROM generate_series(1, 2) x;
-- constants: the means of two different constants differ, but by how many standard errors?  One constant group is enough for Welch's t
SELECT welch_t(7, x % 2) FROM generate_series(1, 10) x;
SELECT welch_t(x % 2, x % 2) FROM generate_series(1, 10) x;
SELECT welch_t(CASE WHEN x < 5 THEN 7 ELSE x END, x < 5) FROM generate_series(1, 10) x;
SELECT anova(CASE WHEN x < 5 THEN 7 ELSE x END, x < 5) FROM generate_series(1, 10) x;
-- equal values are not higher than each other: p is 1
SELECT mann_whitney(7, x % 2) FROM generate_series(1, 10) x;
SELECT ks_test(7, x % 2) FROM generate_series(1, 10) x;
SELECT kruskal_wallis(7, x % 2) FROM generate_series(1, 10) x;
-- NULL, NaN and infinite values, and NULL groups, take no part; one NOTICE for the query
CREATE TABLE holes (x float8, g text);
INSERT INTO holes VALUES (1, 'a'), (2, 'a'), (4, 'b'), (5, 'b'), (NULL, 'a'), ('NaN', 'b'), ('Infinity', 'a'), ('-Infinity', 'c'), (3, NULL), (NULL, NULL);
SELECT (t).n1, (t).n2, (t).mean1, (t).mean2 FROM (SELECT welch_t(x, g) AS t FROM holes OFFSET 0) h;
SELECT (t).statistic, (t).p FROM (SELECT mann_whitney(x, g) AS t FROM holes OFFSET 0) h;
SELECT (t).groups, (t).n FROM (SELECT kruskal_wallis(x, g) AS t FROM holes OFFSET 0) h;
SELECT (t).rows, (t).columns, (t).n FROM (SELECT chi_square(x, g) AS t FROM holes OFFSET 0) h;
SELECT welch_t(x, g) IS NULL AS nothing FROM holes WHERE g IS NULL;
SELECT welch_t(NULL, 'a'::text);
-- magnitudes at the ends of float8: t, F, U, D and H do not depend on the unit
SELECT unit, array_agg(DISTINCT round((w).statistic::numeric, 9)) AS t, array_agg(DISTINCT round((w).p::numeric, 9)) AS p, array_agg(round((a).statistic::numeric, 9)) AS f,
	   array_agg((m).statistic) AS u, array_agg(round((k).p::numeric, 9)) AS ks
FROM (SELECT unit, welch_t(x * unit, g) AS w, anova(x * unit, g) AS a, mann_whitney(x * unit, g) AS m, ks_test(x * unit, g) AS k
	  FROM (VALUES (1, 1), (2, 1), (4, 1), (3, 2), (9, 2), (5, 2), (7, 2)) v (x, g), (VALUES (1::float8), (1e307), (-1e307), (1e-300), (4e-322)) u (unit) GROUP BY unit) s GROUP BY unit ORDER BY unit;
SELECT (w).mean1, (w).mean2, (w).p FROM (SELECT welch_t(x, x > 0) AS w FROM (VALUES (-1.7e308), (-1.6e308), (1.7e308), (1.6e308)) v (x)) s;
-- a large common part changes nothing where the differences of the values stay as they are
SELECT welch_t(x, g) = welch_t(1e9 + x, g) AS means_differ, (welch_t(x, g)).statistic = (welch_t(1e9 + x, g)).statistic AS same_t, (anova(x, g)).statistic = (anova(1e9 + x, g)).statistic AS same_f
FROM (SELECT (i * 37 % 101) / 128.0 AS x, i % 2 AS g FROM generate_series(1, 500) i) v;
-- groups need = and an order, which a point has not; text always works
SELECT welch_t(1, point(x, x)) FROM generate_series(1, 3) x;
SELECT (welch_t(x, point(x % 2, 0)::text)).group1 FROM generate_series(1, 4) x;
-- one cannot be guessed
SELECT welch_t(1, 'a');
-- memory is asked for before it is taken
SET segment.max_memory = '1MB';
SELECT mann_whitney(x, x % 2) FROM generate_series(1, 100000) x;
SELECT kruskal_wallis(x, x % 2) FROM generate_series(1, 25000) x;
SELECT anova(x, x % 1000) FROM generate_series(1, 2000) x;
SELECT chi_square(x, x) FROM generate_series(1, 100000) x;
SELECT kruskal_wallis(x, x) FROM generate_series(1, 100000) x;
RESET segment.max_memory;
DROP VIEW results;
DROP TABLE mall, sets, r, ours, long_names, many, alone, holes;
DROP FUNCTION near;
