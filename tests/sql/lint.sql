-- What is wrong with features and models, and what helps
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE TABLE customers (id int PRIMARY KEY, age int, income float8, flag int, code int, ticket int, tail float8, far float8, twin float8, gap float8, nothing float8, plan text);
INSERT INTO customers
SELECT i, 20 + i * 37 % 60, 1000 * (20 + i * 53 % 80), i % 2, 5, 5000 + i * 7 % 100, exp(i * 29 % 100 / 10.0), CASE i WHEN 50 THEN 200 WHEN 51 THEN -200 ELSE i * 41 % 10 END, 20.5 + i * 37 % 60 + i % 3 / 100.0,
	CASE WHEN i % 10 > 0 THEN i * 13 % 23 END, CASE i % 3 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' END::float8, CASE WHEN i % 4 = 0 THEN 'basic' ELSE 'plus' END FROM generate_series(1, 100) i;
-- every finding once, errors first
SELECT severity, finding, subject, what FROM segment.lint('customers');
-- each with the statement that helps
SELECT DISTINCT finding, remedy FROM segment.lint('customers') WHERE subject IN ('age', 'income', 'flag', 'gap', 'tail', 'plan') ORDER BY 1, 2;
-- nothing is wrong: no row
SELECT * FROM segment.lint('customers', '{age,far}') WHERE finding NOT IN ('outliers', 'dominates unscaled');
-- the remedies are SQL that runs
DO $$
DECLARE
	said record;
BEGIN
	FOR said IN SELECT DISTINCT ON (finding) finding, remedy FROM segment.lint('customers') WHERE finding <> 'identifier' LOOP
		EXECUTE CASE WHEN said.remedy LIKE 'CREATE%' OR said.remedy LIKE '%encode%' THEN said.remedy ELSE 'EXPLAIN ' || said.remedy END;
	END LOOP;
END $$;
SELECT count(*) AS filled FROM customers_filled WHERE gap_filled = (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) FROM customers) AND gap IS NULL;
SELECT count(*) AS encoded FROM encoded;
-- few rows
CREATE TABLE few AS SELECT age, income / 1000 AS income FROM customers LIMIT 15;
SELECT severity, finding, subject, what, remedy FROM segment.lint('few');
TRUNCATE few;
SELECT * FROM segment.lint('few');
CREATE TABLE words (word text);
SELECT * FROM segment.lint('words');

-- models: scaling counts, and so do segments
SELECT count(*) FROM segment.fit('money', 'customers', '{age,income}', 4, scale => 'none');
SELECT severity, finding, subject FROM segment.lint(model => 'money');
CREATE TABLE lopsided AS SELECT i AS id, CASE WHEN i = 1 THEN 1000 WHEN i < 20 THEN 50 ELSE 0 END + i * 7 % 5 AS x, i * 11 % 7 AS y FROM generate_series(1, 150) i;
SELECT count(*) FROM segment.fit('lopsided', 'lopsided', '{x,y}', 3, key => '{id}', scale => 'none');
SELECT severity, finding, subject, what, remedy FROM segment.lint(model => 'lopsided') WHERE finding LIKE '%segment';
-- the model is no longer true of what its source has become
UPDATE lopsided SET x = x + 100;
SELECT DISTINCT finding, remedy FROM segment.lint(model => 'lopsided') WHERE finding = 'no longer true';
ALTER TABLE lopsided DROP COLUMN y;
SELECT * FROM segment.lint(model => 'lopsided');
DROP TABLE lopsided;
SELECT * FROM segment.lint(model => 'lopsided');

-- hostile names
CREATE TABLE "it's; --" ("a'b" float8, "%I" float8);
INSERT INTO "it's; --" SELECT CASE WHEN i % 3 > 0 THEN i END, 7 FROM generate_series(1, 30) i;
SELECT finding, remedy FROM segment.lint('"it''s; --"');
-- what cannot be
SELECT * FROM segment.lint();
SELECT * FROM segment.lint('customers', '{plan}');
SELECT * FROM segment.lint('customers', '{shoe_size}');
SELECT * FROM segment.lint(model => 'nobody');

SELECT segment.drop('money'), segment.drop('lopsided');
DROP TABLE customers, few, words, "it's; --" CASCADE;
