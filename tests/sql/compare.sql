-- segment.compare: whether groups differ, test by test, in numbers and in a sentence
\set SHOW_CONTEXT never
\set VERBOSITY default
CREATE ROLE regress_segment_compare;
CREATE ROLE regress_segment_compare_reader;
CREATE SCHEMA compare AUTHORIZATION regress_segment_compare;
SET ROLE regress_segment_compare;
SET search_path = compare, public;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- Gender makes no significant difference, in anything
SELECT value, test, round(statistic::numeric, 6) AS statistic, round(df::numeric, 3) AS df, round(p::numeric, 6) AS p, effect, round(effect_size::numeric, 4) AS effect_size, size, n
FROM segment.compare('mall', 'spending_score', 'gender');
SELECT value, test, verdict FROM segment.compare('mall', '{age,annual_income,spending_score}', 'gender');
-- the aggregates say the same
SELECT bool_and(c.p = CASE c.test WHEN 'Welch t' THEN (t).p WHEN 'Mann-Whitney U' THEN (u).p ELSE (d).p END) AS same
FROM segment.compare('mall', 'age', 'gender') AS c, (SELECT welch_t(age, gender) AS t, mann_whitney(age, gender) AS u, ks_test(age, gender) AS d FROM mall) AS a;

-- the personas: of the features they were formed by, and of age, which had no part in it
SELECT persona FROM segment.fit('mall', 'mall', features => '{annual_income,spending_score}', k => 5);
SELECT segment.create_view('mall', 'personas');
SELECT value, test, round(statistic::numeric, 4) AS statistic, df, round(df2::numeric, 3) AS df2, p < 1e-10 AS tiny, effect, round(effect_size::numeric, 4) AS effect_size, size, groups, circular, verdict
FROM segment.compare('personas', '{age,annual_income,gender}', 'persona');
-- clusters by number, and the distance to them, which comes from the features
SELECT value, test, circular FROM segment.compare('personas', '{age,spending_score,distance,persona}', 'cluster');
-- through other views, and materialized ones
CREATE VIEW young AS SELECT * FROM personas WHERE age < 40;
CREATE MATERIALIZED VIEW kept AS SELECT persona, age, spending_score FROM young;
SELECT value, test, circular FROM segment.compare('kept', ARRAY['age', 'spending_score'], 'persona');
-- what segment.encode makes of a column is the column
SET client_min_messages = warning;
SELECT segment.encode('encoded', 'mall', '{gender,age}');
SELECT count(*) FROM segment.fit('encoded', 'encoded', features => '{gender_Female,gender_Male,age_scaled}', k => 3, key => '{customer_id}', scale => 'none');
SELECT segment.create_view('encoded', 'encoded_personas');
RESET client_min_messages;
SELECT value, test, circular FROM segment.compare('encoded_personas', '{gender,age,annual_income}', 'persona');
-- other groups of the same view are no clusters
SELECT DISTINCT circular FROM segment.compare('personas', 'spending_score', 'gender');
-- a column of that name is not enough
CREATE TABLE own_personas AS SELECT *, 'p' || customer_id % 3 AS persona FROM mall;
SELECT DISTINCT circular FROM segment.compare('own_personas', 'spending_score', 'persona');
-- who may read the view, but not see the model, is told that it is not known; sharing the model helps
GRANT USAGE ON SCHEMA compare TO regress_segment_compare_reader;
GRANT SELECT ON personas TO regress_segment_compare_reader;
SET ROLE regress_segment_compare_reader;
SELECT value, test, circular FROM segment.compare('personas', 'spending_score', 'persona');
SET ROLE regress_segment_compare;
SELECT segment.share('mall', 'regress_segment_compare_reader');
SET ROLE regress_segment_compare_reader;
SELECT value, test, circular FROM segment.compare('personas', 'spending_score', 'persona');
-- with the caller's rights
SELECT test FROM segment.compare('mall', 'age', 'gender');
SET ROLE regress_segment_compare;

-- several values: p is adjusted for their number, each kind of test by itself. p.adjust(c(0.0001, 0.02, 0.03, 0.04, 0.9), "holm") of R, and "BH"
SELECT segment.adjust_p('{0.0001,0.02,0.03,0.04,0.9}', 'holm') AS holm, segment.adjust_p('{0.0001,0.02,0.03,0.04,0.9}', 'bh') AS bh, segment.adjust_p('{0.04,NULL,0.0001}', 'none') AS none;
-- in any order, with ties, and without those that there are not: p.adjust(c(0.04, NA, 0.01, 0.04)) is 0.08 NA 0.03 0.08, and "BH" 0.04 NA 0.03 0.04
SELECT segment.adjust_p('{0.04,NULL,0.01,0.04}', 'holm') AS holm, segment.adjust_p('{0.04,NULL,0.01,0.04}', 'bh') AS bh;
CREATE TABLE several AS SELECT i, i % 2 = 0 AS treated, i + 15 * (i % 2) AS a, i * 7 % 101 + 15 * (i % 2) AS b, i * 13 % 101 AS c, CASE WHEN i * 31 % 100 < 50 + 20 * (i % 2) THEN 'yes' ELSE 'no' END AS d FROM generate_series(1, 100) i;
SELECT a.value, a.test, round(a.p::numeric, 6) AS p, round(a.p_adjusted::numeric, 6) AS holm, round(b.p_adjusted::numeric, 6) AS bh, n.p_adjusted = n.p AS none
FROM segment.compare('several', '{a,b,c,d}', 'treated') WITH ORDINALITY AS a(value, test, statistic, df, df2, p, log10_p, p_adjusted, effect, effect_size, size, groups, n, circular, verdict, "position")
JOIN segment.compare('several', '{a,b,c,d}', 'treated', adjust => 'bh') AS b USING (value, test) JOIN segment.compare('several', '{a,b,c,d}', 'treated', 'none') AS n USING (value, test) ORDER BY a."position";
SELECT value, verdict FROM segment.compare('several', '{a,d}', 'treated');

-- every kind of column: numbers of any type, categories of any type, domains; names that need quotes
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE DOMAIN amount AS numeric(10, 2);
CREATE TABLE "Odd ""names"" %s" ("Group %I" "char", "a 'b'" smallint, big bigint, price amount, flag boolean, mood mood, code varchar(3), blank char(2));
INSERT INTO "Odd ""names"" %s" SELECT CASE i % 3 WHEN 0 THEN 'x' ELSE 'y' END::"char", i, i * i, i / 7.0, i % 2 = 0, CASE WHEN i % 5 < 2 THEN 'low' ELSE 'high' END::mood, i % 4, i % 3 FROM generate_series(1, 30) i;
SELECT value, test, round(p::numeric, 4) AS p, verdict FROM segment.compare('"Odd ""names"" %s"', '{a ''b'',big,price,flag,mood,code,blank}', 'Group %I');

-- millions of rows make anything significant, and effect sizes tell what it is worth: values are never further apart than a twentieth
CREATE TABLE large AS SELECT i % 2 AS half, i % 1000 * 0.001 + 0.02 * (i % 2) AS x FROM generate_series(1, 400000) i;
SELECT test, p, round(log10_p::numeric, 2) AS log10_p, size, verdict FROM segment.compare('large', 'x', 'half');

-- no test where there is none to make
CREATE TABLE few (g text, x float8, c text);
SELECT value, test, p, groups, n, verdict FROM segment.compare('few', '{x,c}', 'g');
INSERT INTO few VALUES ('a', 1, 'u'), ('a', 2, 'v');
SELECT value, test, p, groups, n, verdict FROM segment.compare('few', '{x,c}', 'g');
INSERT INTO few VALUES ('b', 3, 'u');
SELECT value, test, p, groups, n, verdict FROM segment.compare('few', '{x,c}', 'g');
INSERT INTO few VALUES ('c', 3, 'u'), (NULL, 3, 'u'), ('c', NULL, NULL), ('c', 'NaN', 'u');
SELECT value, test, p, groups, n, verdict FROM segment.compare('few', '{x,c}', 'g');
UPDATE few SET c = 'u', x = 5;
SELECT value, test, p, groups, n, verdict FROM segment.compare('few', '{x,c}', 'g');

-- a view may need the caller's search_path
CREATE FUNCTION halve(x int) RETURNS int LANGUAGE sql AS 'SELECT x / 2';
CREATE FUNCTION quarter(x int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN halve(halve(x)); END';
CREATE VIEW halves AS SELECT quarter(age) AS q, gender FROM mall;
SELECT test, round(p::numeric, 4) AS p FROM segment.compare('halves', 'q', 'gender');

-- what is refused: a column that is not there, or twice, or NULL
SELECT * FROM segment.compare('mall', 'ages', 'gender');
SELECT * FROM segment.compare('mall', 'age', 'sex');
SELECT * FROM segment.compare('mall', '{age,age}', 'gender');
SELECT * FROM segment.compare('mall', '{age,NULL}', 'gender');
SELECT * FROM segment.compare('mall', '{}', 'gender');
SELECT * FROM segment.compare('mall', NULL::text, 'gender');
SELECT * FROM segment.compare('mall', NULL::text[], 'gender');
SELECT * FROM segment.compare('mall', 'age', NULL);
SELECT * FROM segment.compare(NULL, 'age', 'gender');
-- groups made by the value itself
SELECT * FROM segment.compare('mall', '{age,gender}', 'gender');
-- a day is neither number nor category
CREATE VIEW moments AS SELECT *, date '2026-01-01' + age AS since, point(age, age) AS place FROM mall;
SELECT * FROM segment.compare('moments', '{age,since}', 'gender');
-- but groups may be days; what has no order makes no groups
SELECT DISTINCT groups FROM segment.compare('moments', 'age', 'since');
SELECT * FROM segment.compare('moments', 'age', 'place');
-- an adjustment that there is not
SELECT * FROM segment.compare('mall', 'age', 'gender', adjust => 'bonferroni');
SELECT * FROM segment.compare('mall', 'age', 'gender', adjust => NULL);
-- an index has no rows
SELECT * FROM segment.compare('mall_pkey', 'age', 'gender');

SELECT segment.drop(m, cascade => true) FROM unnest('{mall,encoded}'::text[]) AS m;
RESET ROLE;
\set VERBOSITY terse
DROP SCHEMA compare CASCADE;
DROP ROLE regress_segment_compare, regress_segment_compare_reader;
