-- Categories as numbers, on the scale of the numbers beside them
\set SHOW_CONTEXT never
CREATE TYPE tariff AS ENUM ('small', 'medium', 'large');
CREATE TABLE subscribers (age int, id int PRIMARY KEY, spend numeric, vip boolean, plan tariff, town text, since date);
COMMENT ON COLUMN subscribers.since IS 'first day';
INSERT INTO subscribers
SELECT 20 + i * 37 % 50, i, i * i % 71 / 10.0, i % 10 = 0, (ARRAY['small', 'medium', 'large']::tariff[])[1 + i % 3], (ARRAY['Bonn', 'O''Fallon', 'Rome'])[1 + i % 7 % 3], '2024-01-01'
FROM generate_series(1, 60) i;
-- every number and category but the key, which comes first, and what is neither; the NOTICE says how to fit it
SELECT segment.encode('encoded', 'subscribers');
SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'encoded'::regclass ORDER BY attnum;
SELECT id, age, round(age_scaled::numeric, 6) AS age_scaled, vip_true, plan_large, plan_medium, plan_small, "town_Bonn", "town_O'Fallon", "town_Rome" FROM encoded ORDER BY id LIMIT 3;
-- numbers have mean 0 and deviation 1
SELECT abs(avg(age_scaled)) < 1e-12 AS mean_0, abs(stddev_pop(age_scaled) - 1) < 1e-12 AS deviation_1, abs(stddev_pop(spend_scaled) - 1) < 1e-12 AS spend_too FROM encoded;
-- a mismatch costs what a number costs on average: 2, squared, over all pairs
SELECT round(avg((a.age_scaled - b.age_scaled) ^ 2)::numeric, 12) AS age, round(avg((a.spend_scaled - b.spend_scaled) ^ 2)::numeric, 12) AS spend,
	avg((a.plan_large - b.plan_large) ^ 2 + (a.plan_medium - b.plan_medium) ^ 2 + (a.plan_small - b.plan_small) ^ 2) FILTER (WHERE a.plan <> b.plan) AS plan,
	avg((a.vip_true - b.vip_true) ^ 2 + (a.vip_false - b.vip_false) ^ 2) FILTER (WHERE a.vip <> b.vip) AS vip
FROM encoded a, encoded b;
-- frozen: a row that comes later moves nobody, an unknown town is no town, and NULL is not known
INSERT INTO subscribers VALUES (1000, 61, 0, NULL, 'small', 'Oslo', NULL);
SELECT id, round(age_scaled::numeric, 6) AS age_scaled, vip_true, "town_Bonn" + "town_O'Fallon" + "town_Rome" AS towns FROM encoded WHERE id IN (1, 61) ORDER BY id;
DELETE FROM subscribers WHERE id = 61;
-- some features, in the order given; it fits, and its view has the columns that people read
SELECT segment.encode('some', 'subscribers', '{plan,age}');
SELECT cluster, size FROM segment.fit('subscribers', 'some', '{plan_large,plan_medium,plan_small,age_scaled}', 3, key => '{id}', scale => 'none');
SELECT segment.create_view('subscribers', 'subscriber_personas');
SELECT count(DISTINCT plan) AS plans_in_each FROM subscriber_personas GROUP BY cluster ORDER BY cluster;
-- shuffled rows give the same view
CREATE TABLE shuffled AS SELECT id, age / 7.0::float8 AS age FROM subscribers ORDER BY md5(id::text);
CREATE TABLE sorted AS SELECT id, age / 7.0::float8 AS age FROM subscribers ORDER BY age;
SELECT segment.encode('shuffled_encoded', 'shuffled', '{age}'), segment.encode('sorted_encoded', 'sorted', '{age}');
SELECT count(*) FROM (SELECT * FROM shuffled_encoded EXCEPT SELECT * FROM sorted_encoded) x;

-- a constant is 0, a column of NULLs stays NULL, NaN and infinity stay as they are and do not spoil the rest; no rows: nothing to see
CREATE TABLE edges (c float8, n float8, x float8, t text);
INSERT INTO edges VALUES (7, NULL, 1, 'a'), (7, NULL, 3, 'a'), (7, NULL, 'NaN', NULL), (7, NULL, 'Infinity', '');
SELECT segment.encode('edges_encoded', 'edges');
SELECT * FROM edges_encoded;
DROP VIEW edges_encoded;
TRUNCATE edges;
SELECT segment.encode('edges_encoded', 'edges');
SELECT * FROM edges_encoded;
-- hostile names and values
CREATE TABLE "odd"";--" ("c';" text, "%s" text);
INSERT INTO "odd"";--" VALUES ('''; DROP TABLE subscribers; --', '%I'), ('"', E'a\nb');
SELECT segment.encode('odd_encoded', '"odd"";--"');
SELECT count(*) FROM odd_encoded;

-- what cannot be
SELECT segment.encode('x', 'subscribers', '{since}');
SELECT segment.encode('x', 'subscribers', '{shoe_size}');
SELECT segment.encode('x', 'subscribers', '{age,age}');
SELECT segment.encode('x', 'subscribers', '{}');
SELECT segment.encode('encoded', 'subscribers');
SELECT segment.encode('x', NULL);
CREATE TABLE wordy AS SELECT i::text AS word, 1 AS word_7 FROM generate_series(1, 51) i;
SELECT segment.encode('x', 'wordy', '{word}');
DELETE FROM wordy WHERE word = '1';
SELECT segment.encode('x', 'wordy', '{word}');
UPDATE wordy SET word = repeat('w', 60);
SELECT segment.encode('x', 'wordy', '{word}');
CREATE TABLE nothing (at date);
SELECT segment.encode('x', 'nothing');

SELECT segment.drop('subscribers', cascade => true);
SET client_min_messages = warning;
DROP TABLE subscribers, shuffled, sorted, edges, "odd"";--", wordy, nothing CASCADE;
DROP TYPE tariff;
