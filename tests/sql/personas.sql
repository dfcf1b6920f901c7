-- Personas: words, rules, specificity, ties, and the names of clusters that no rule fits
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_personas;
CREATE SCHEMA personas AUTHORIZATION regress_segment_personas;
SET ROLE regress_segment_personas;
SET search_path = personas, public;

-- Every word begins where its bound says, and the bound belongs to the more extreme word
SELECT z, segment.z_word(z) FROM unnest('{-Infinity,-1.5,-1.49,-0.5,-0.49,0,0.49,0.5,1.49,1.5,Infinity,NULL}'::float8[]) AS z;
-- Three significant digits, but never less than the whole part
SELECT x, segment.short_number(x) FROM unnest(
	'{0,-0,1,-1,0.5,86.538,25.04,250.7,999.6,54321.9,0.0123456,-0.00098765,99.96,1e-7,1e-300,123456789012345,1e15,-1e300,NULL}'::float8[]) AS x;

-- The rules that come with the extension: everybody reads them, and nobody but the owner of the extension changes them
SELECT ruleset, persona, feature, min_z, max_z, owner FROM segment.persona_rules ORDER BY ruleset, persona, feature;
UPDATE segment.persona_rules SET min_z = 0 WHERE ruleset = 'mall';
DELETE FROM segment.persona_rules;
INSERT INTO segment.persona_rules (ruleset, persona, feature, min_z, owner) VALUES ('mall', 'Intruders', 'annual_income', 0, NULL);

-- Four corners and a middle, of nine rows each, make a model whose z-scores are easy to know: 0 and +-sqrt(5/4)
CREATE TABLE corners AS
	SELECT a + (i - 5) / 10.0 AS a, b, 1 AS c
	FROM (VALUES (0, 0), (0, 100), (50, 50), (100, 0), (100, 100)) AS p(a, b), generate_series(1, 9) AS i;

-- Without a rule: the features that are not average; a constant is always average
SELECT cluster, persona, profile FROM segment.fit('corners', 'corners', '{a,b,c}', 5);
SELECT cluster, feature, round(z::numeric, 3) AS z, word FROM segment.profile('corners') WHERE cluster < 2;
SELECT segment.drop('corners');

-- Rules of one's own, by a plain INSERT
INSERT INTO segment.persona_rules VALUES ('mine', 'Right', 'a', 0.5, NULL, 'to the right');
INSERT INTO segment.persona_rules (ruleset, persona, feature, min_z, max_z, note) VALUES ('mine', 'Left', 'a', NULL, -0.5, 'to the left');
SELECT ruleset, persona, feature, min_z, max_z, note, owner FROM segment.persona_rules WHERE owner IS NOT NULL ORDER BY persona;
-- Two clusters that share a name are told apart, in the order of the clusters; one that no rule fits is described
SELECT persona, size FROM segment.fit('corners', 'corners', '{a,b}', 5);
SELECT persona, note FROM segment.personas WHERE model = 'corners';
SELECT segment.drop('corners');

-- More features win over fewer
INSERT INTO segment.persona_rules VALUES ('mine', 'Upper Right', 'a', 0.5, NULL, NULL), ('mine', 'Upper Right', 'b', 0.5, NULL, 'to the upper right');
SELECT persona FROM segment.fit('corners', 'corners', '{a,b}', 5);
SELECT persona, note FROM segment.personas WHERE model = 'corners';
SELECT segment.drop('corners');
-- Among as many features, more bounds win
INSERT INTO segment.persona_rules VALUES ('mine', 'Right, Not Far', 'a', 0.5, 2);
SELECT persona FROM segment.fit('corners', 'corners', '{a,b}', 5);
SELECT segment.drop('corners');
-- All rows of a persona have to hold: one that wants a constant to be high never fits
INSERT INTO segment.persona_rules VALUES ('mine', 'Impossible', 'a', NULL, -0.5), ('mine', 'Impossible', 'b', -9, 9), ('mine', 'Impossible', 'c', 0.5, NULL);
SELECT persona FROM segment.fit('corners', 'corners', '{a,b,c}', 5);
SELECT segment.drop('corners');
-- A persona that tests a feature which the model lacks is passed over, not taken for less
SELECT persona FROM segment.fit('corners', 'corners', '{a}', 3);
SELECT segment.drop('corners');
DELETE FROM segment.persona_rules WHERE persona = 'Impossible';

-- A tie is an error that names both, and nothing is kept
INSERT INTO segment.persona_rules VALUES ('theirs', 'On the Right', 'a', 0.4, 3);
SELECT persona FROM segment.fit('corners', 'corners', '{a,b}', 5);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM segment.models;
-- unless they bear the same name
UPDATE segment.persona_rules SET persona = 'Right, Not Far' WHERE ruleset = 'theirs';
SELECT persona FROM segment.fit('corners', 'corners', '{a,b}', 5);
SELECT segment.drop('corners');
-- or a ruleset is named
UPDATE segment.persona_rules SET persona = 'On the Right' WHERE ruleset = 'theirs';
SELECT persona FROM segment.fit('corners', 'corners', '{a,b}', 5, ruleset => 'theirs');
SELECT ruleset FROM segment.models;
SELECT segment.drop('corners');

-- Rows of one's own in a ruleset that ships: they are a persona of their own, even under the same name
INSERT INTO segment.persona_rules VALUES ('mall', 'Steady Middle', 'annual_income', NULL, 0);
CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT persona, size FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', 5);
SELECT segment.drop('mall');
DELETE FROM segment.persona_rules WHERE owner IS NOT NULL;

-- A numbered name does not collide with one that a rule gives
INSERT INTO segment.persona_rules VALUES ('n', 'X', 'a', NULL, 0.5), ('n', 'X 2', 'a', 0.5, NULL), ('n', 'X 2', 'b', 0.5, NULL);
SELECT persona FROM segment.fit('corners', 'corners', '{a,b}', 5);
SELECT segment.drop('corners');
DELETE FROM segment.persona_rules WHERE owner IS NOT NULL;

-- Many features: a profile of the five that stand out the most, a name of the three
CREATE TABLE wide AS SELECT i AS id, i AS f1, -i AS f2, i % 7 AS f3, i * i AS f4, CASE WHEN i > 90 THEN 100 ELSE i % 2 END AS f5, i % 3 AS spare_time, i % 5 AS f7
	FROM generate_series(1, 100) AS i;
SELECT persona, profile FROM segment.fit('wide', 'wide', '{f1,f2,f3,f4,f5,spare_time,f7}', 3);
SELECT feature, round(z::numeric, 2) AS z, word FROM segment.profile('wide') WHERE cluster = 2;
SELECT segment.drop('wide');

-- Rules that make no sense
INSERT INTO segment.persona_rules VALUES ('r', 'P', 'a');
INSERT INTO segment.persona_rules VALUES ('r', 'P', 'a', 1, 0);
INSERT INTO segment.persona_rules VALUES ('r', 'P', 'a', 'NaN');
INSERT INTO segment.persona_rules VALUES ('r', 'P', 'a', NULL, 'NaN');
INSERT INTO segment.persona_rules VALUES ('', 'P', 'a', 1);
INSERT INTO segment.persona_rules VALUES ('r', '', 'a', 1);
INSERT INTO segment.persona_rules VALUES ('r', 'P', '', 1);
INSERT INTO segment.persona_rules VALUES ('r', NULL, 'a', 1);
INSERT INTO segment.persona_rules VALUES ('r', 'P', 'a', 1, NULL), ('r', 'P', 'a', NULL, 2);
SELECT count(*) AS own_rules FROM segment.persona_rules WHERE owner IS NOT NULL;

-- Rules that are edited after the fit name newborn clusters only, until segment.apply_rules(); a name that was pinned stays
INSERT INTO segment.persona_rules VALUES ('mine', 'Right', 'a', 0.5, NULL, 'to the right'), ('mine', 'Left', 'a', NULL, -0.5, 'to the left');
SELECT cluster, persona FROM segment.fit('corners', 'corners', '{a,b}', 5, ruleset => 'mine');
SELECT segment.rename('corners', 2, 'Centre');
-- names are swapped, of one cluster with another's, in one go
UPDATE segment.persona_rules SET min_z = CASE persona WHEN 'Left' THEN 0.5 END, max_z = CASE persona WHEN 'Right' THEN -0.5 END, note = 'mirrored' WHERE ruleset = 'mine';
SELECT persona, note FROM segment.personas WHERE model = 'corners';
SELECT * FROM segment.apply_rules('corners');
SELECT persona, note FROM segment.personas WHERE model = 'corners';
SELECT * FROM segment.apply_rules('corners');
-- another ruleset, that of the model from now on; every rule; a name that is pinned is not given twice
INSERT INTO segment.persona_rules VALUES ('other', 'Up', 'b', 0.5, NULL, NULL), ('other', 'Centre', 'b', NULL, -0.5, 'below');
SELECT * FROM segment.apply_rules('corners', 'other');
SELECT DISTINCT ruleset FROM segment.models;
SELECT * FROM segment.apply_rules('corners');
-- a tie changes nothing, nor do rulesets that are not there or do not apply
SELECT * FROM segment.apply_rules('corners', NULL);
SELECT * FROM segment.apply_rules('corners', 'none');
SELECT * FROM segment.apply_rules('corners', 'mall');
SELECT * FROM segment.apply_rules('nobody');
SELECT persona FROM segment.personas WHERE model = 'corners';
SELECT DISTINCT ruleset FROM segment.models;
-- without rules of one's own, and no ruleset, the profile names the clusters
DELETE FROM segment.persona_rules WHERE owner IS NOT NULL;
SELECT * FROM segment.apply_rules('corners');
SELECT * FROM segment.apply_rules('corners', NULL);
SELECT segment.drop('corners');
-- A ruleset for each model, whatever it is called; the same persona in both
INSERT INTO segment.persona_rules VALUES ('it''s "one"', 'P', 'a', 0.5, NULL, NULL), ('two', 'P', 'b', 0.5, NULL, NULL);
SELECT cluster, persona FROM segment.fit('one', 'corners', '{a,b}', 5, ruleset => 'it''s "one"');
SELECT cluster, persona FROM segment.fit('two', 'corners', '{a,b}', 5, ruleset => 'two');
SELECT model, ruleset FROM segment.models;
SELECT cluster, feature, rule, named_by FROM generate_series(3, 4) AS cluster CROSS JOIN LATERAL segment.explain('one', cluster) AS e WHERE feature = 'a';
SELECT segment.drop('one'), segment.drop('two');
DELETE FROM segment.persona_rules WHERE owner IS NOT NULL;

RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA personas CASCADE;
DROP ROLE regress_segment_personas;
