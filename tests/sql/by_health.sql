-- segment.health of a model by groups: of each group what a model of its rows alone says, and a verdict on the whole
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_by_health;
CREATE ROLE regress_segment_by_health_guest;
CREATE SCHEMA by_health AUTHORIZATION regress_segment_by_health;
SET ROLE regress_segment_by_health;
SET search_path = by_health, public;
SET extra_float_digits = -6;

CREATE TABLE stores AS SELECT i AS id, 'S' || i % 5 AS store, (i * 7919 % 1009) / 10.0 AS a, (i % 7) ^ 2 AS b,
	(ARRAY['"; DROP TABLE stores; --', 'it''s', '%s $1 %1$I', ''])[1 + i % 4] AS "by; ""this"" --", (ARRAY[1.0, 1.00, 2.50])[1 + i % 3] AS number, date '2026-01-31' + i % 3 AS day
	FROM generate_series(1, 1000) AS i;
ALTER TABLE stores ADD PRIMARY KEY (id);
-- then and now: a store that drifts, rows without a number, without a store, a store that opens, one that closes
CREATE TABLE later AS SELECT id, store, CASE WHEN id % 5 = 1 THEN a + 60 WHEN id % 50 = 2 THEN NULL WHEN id % 50 = 7 THEN 'NaN' ELSE a END AS a, b, "by; ""this"" --", number, day FROM stores;
UPDATE later SET store = NULL WHERE id % 100 = 3;
UPDATE later SET store = 'S5' WHERE store = 'S4';

-- Bins, tally and health of each group, against a model of its rows
CREATE FUNCTION told(tally float8[]) RETURNS text LANGUAGE sql AS
	'SELECT (SELECT array_agg(r ORDER BY r.number) FROM segment.tally_rows(tally) AS r)::text || (SELECT array_agg((b.feature, round(b.mean::numeric, 6), b.bins) ORDER BY b.feature) FROM segment.tally_bins(tally) AS b)::text';
CREATE FUNCTION compare(by text, method text DEFAULT 'kmeans', scale text DEFAULT 'zscore', source regclass DEFAULT 'stores', later regclass DEFAULT 'later')
	RETURNS TABLE (groups bigint, same_bins bigint, same_tally bigint, lines bigint, differently bigint, alone bigint) LANGUAGE plpgsql AS $$
DECLARE
	wanted text;
BEGIN
	SET LOCAL client_min_messages = warning;
	PERFORM segment.fit('together', source, '{a,b}', 3, '{id}', method, scale, by => compare.by);
	CREATE TEMP TABLE said AS SELECT 'together' AS who, h.* FROM segment.health('together', later) AS h WHERE h.by_value <> 'S5';
	CREATE TEMP TABLE baselines AS SELECT 'together' AS who, v.by_value, v.bin_edges, v.tally FROM segment.version AS v JOIN segment.model AS m ON m.id = v.model_id WHERE m.model = 'together';
	FOR wanted IN SELECT DISTINCT by_value FROM segment.personas WHERE model = 'together' LOOP
		EXECUTE format('CREATE VIEW then_alone AS SELECT * FROM %s WHERE %I = %L', source, compare.by, wanted);
		EXECUTE format('CREATE VIEW now_alone AS SELECT * FROM %s WHERE %I = %L', later, compare.by, wanted);
		PERFORM segment.fit('alone', 'then_alone', '{a,b}', 3, '{id}', method, scale);
		INSERT INTO said SELECT 'alone', h.metric, h.subject, h.expected, h.actual, h.psi, h.retrain, h.reason, wanted FROM segment.health('alone', 'now_alone') AS h;
		INSERT INTO said SELECT 'group', h.* FROM segment.health('together', later, by_value => wanted) AS h;
		INSERT INTO baselines SELECT 'alone', wanted, v.bin_edges, v.tally FROM segment.version AS v JOIN segment.model AS m ON m.id = v.model_id WHERE m.model = 'alone';
		PERFORM segment.drop('alone');
		DROP VIEW then_alone, now_alone;
	END LOOP;
	-- names of models and relations are their own; the last digit of a mean is that of the order
	UPDATE said SET subject = NULL WHERE metric IN ('overall', 'rows');
	UPDATE said SET reason = replace(reason, 'by_health.now_alone', 'the group') WHERE metric = 'overall';
	SELECT count(*), count(*) FILTER (WHERE t.bin_edges = a.bin_edges), count(*) FILTER (WHERE told(t.tally) = told(a.tally))
		INTO groups, same_bins, same_tally FROM baselines AS t JOIN baselines AS a USING (by_value) WHERE t.who = 'together' AND a.who = 'alone';
	SELECT count(*) FILTER (WHERE who = 'together'), count(*) FILTER (WHERE who = 'alone') INTO lines, alone FROM said;
	SELECT count(*) INTO differently FROM (
		SELECT 1 FROM said AS s GROUP BY s.by_value, s.metric, s.subject, s.retrain, s.reason, round(s.expected::numeric, 6), round(s.actual::numeric, 6), round(s.psi::numeric, 6)
		HAVING count(DISTINCT s.who) <> 3) AS d;
	DROP TABLE said, baselines;
	PERFORM segment.drop('together');
	RETURN NEXT;
END $$;
SELECT * FROM compare('store');
SELECT * FROM compare('by; "this" --');
SELECT * FROM compare('number', scale => 'robust');
SELECT * FROM compare('day', 'gmm', 'none');
SELECT * FROM compare('store', 'hclust');
-- rows too many for a sketch to keep, and values too large for cells beside small groups
CREATE TABLE large AS SELECT i AS id, i % 20 = 0 AS small, (hashint4(i) & 65535) / 7.0 AS a, i % 1009 AS b FROM generate_series(1, 40000) AS i;
CREATE VIEW larger AS SELECT id, small, a * 1.1 AS a, b FROM large;
SELECT * FROM compare('small', source => 'large', later => 'larger');
CREATE TABLE vast AS SELECT id, small, a * 1e300 AS a, b FROM large;
SELECT * FROM compare('small', scale => 'none', source => 'vast', later => 'vast');

-- The verdict on the whole, and the groups, the worst first
SELECT count(*) FROM segment.fit('m', 'stores', '{a,b}', 3, by => 'store');
SELECT metric, subject, expected, actual, psi, retrain, reason FROM segment.health('m') WHERE by_value IS NULL;
SELECT metric, subject, expected, actual, psi, retrain, reason FROM segment.health('m', 'later') WHERE by_value IS NULL;
SELECT metric, actual, psi, retrain, reason, by_value FROM segment.health('m', 'later') WHERE by_value IS NOT NULL AND metric IN ('overall', 'rows');
SELECT metric, subject, retrain, by_value FROM segment.health('m', 'later') WHERE retrain;
SELECT metric, subject, expected, actual, psi, retrain, reason, by_value FROM segment.health('m', 'later', by_value => 'S2');
-- few that ask for it are not the whole
SELECT retrain, reason FROM segment.health('m', 'later', retrain_outside => 0.4) WHERE by_value IS NULL AND metric IN ('overall', 'groups');
-- nothing to tell
CREATE TABLE nothing AS SELECT * FROM stores WHERE false;
SELECT * FROM segment.health('m', 'nothing') LIMIT 4;
INSERT INTO nothing (id, store, a) VALUES (1, NULL, 1), (2, 'S1', NULL), (3, 'S9', NULL);
SELECT * FROM segment.health('m', 'nothing') LIMIT 12;

-- Values that are equal and not the same
DO $$
BEGIN
	PERFORM set_config('client_min_messages', 'warning', true);
	IF EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') THEN
		CREATE COLLATION blind (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
		CREATE TABLE towns AS SELECT i AS id, (ARRAY['Berlin', 'berlin', 'Rome'])[1 + i % 3] COLLATE blind AS town, i % 10 AS a FROM generate_series(1, 90) AS i;
		PERFORM segment.fit('towns', 'towns', '{a}', 2, '{id}', by => 'town');
		UPDATE towns SET town = upper(town);
		ASSERT (SELECT count(*) = 3 AND bool_and(h.reason = 'stable') FROM segment.health('towns') AS h WHERE h.metric = 'overall');
		ASSERT (SELECT array_agg((h.by_value, h.actual)::text) = '{"(,90)","(Berlin,60)","(Rome,30)"}' FROM segment.health('towns') AS h WHERE h.metric = 'rows');
		ASSERT (SELECT h.actual = 30 FROM segment.health('towns', by_value => 'rome') AS h WHERE h.metric = 'rows');
	END IF;
END $$;
CREATE TYPE mood AS ENUM ('sad', 'fine');
CREATE TABLE moods AS SELECT i AS id, (ARRAY['sad', 'fine'])[1 + i % 2]::mood AS mood, i % 10 AS a FROM generate_series(1, 90) AS i;
SELECT count(*) FROM segment.fit('moods', 'moods', '{a}', 2, '{id}', by => 'mood');
ALTER TYPE mood RENAME VALUE 'fine' TO 'well';
SELECT metric, subject, expected, actual, retrain, reason, by_value FROM segment.health('moods') WHERE metric IN ('overall', 'groups');

-- A refit takes the measure of its own rows; an earlier version that is active again is compared with its own
SELECT count(*) FROM segment.refit('m', 'later');
SELECT retrain, reason FROM segment.health('m') WHERE metric = 'overall' AND (by_value IS NULL OR retrain);
SELECT segment.activate('m', 1);
SELECT retrain, by_value FROM segment.health('m', 'later') WHERE metric = 'overall' AND retrain;
-- what was fitted before versions knew their rows does so after a refit, of the same rows too
UPDATE segment.version SET bin_edges = NULL, tally = NULL WHERE model_id = segment.model_id('m') AND by_value = 'S3';
SELECT * FROM segment.health('m');
SELECT metric, retrain FROM segment.health('m', by_value => 'S1') LIMIT 1;
SELECT count(*) FROM segment.refit('m', 'stores');
SELECT reason FROM segment.health('m') WHERE metric = 'overall' AND (by_value IS NULL OR by_value = 'S3');

-- Guests, and what is refused
GRANT USAGE ON SCHEMA by_health TO regress_segment_by_health_guest;
GRANT SELECT ON stores TO regress_segment_by_health_guest;
SELECT segment.share('m', 'regress_segment_by_health_guest');
SET ROLE regress_segment_by_health_guest;
SELECT retrain, reason FROM segment.health('m') WHERE metric = 'overall';
SELECT * FROM segment.health('m', 'later');
SET ROLE regress_segment_by_health;
SELECT * FROM segment.health('m', by_value => 'S9');
SELECT * FROM segment.health('m', by_value => 'S1', retrain_psi => 0);
SELECT count(*) FROM segment.fit('alike', 'stores', '{a}', 2);
SELECT * FROM segment.health('alike', by_value => 'S1');
ALTER TABLE later DROP COLUMN store;
SELECT * FROM segment.health('m', 'later');

-- Workers, and more groups than memory
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET segment.max_memory = '4MB'; SET work_mem = '64kB';
CREATE TABLE many AS SELECT i AS id, i % 2000 AS store, (hashint4(i) & 1023) AS a, i % 7 AS b FROM generate_series(1, 12000) AS i;
SELECT count(*) FROM segment.fit('many', 'many', '{a,b}', 2, '{id}', by => 'store');
-- six rows are too few to tell
UPDATE many SET a = a + 5000 WHERE store IN (7, 1999);
SELECT metric, retrain, reason FROM segment.health('many') WHERE by_value IS NULL AND metric <> 'rows';
SELECT count(*), count(DISTINCT by_value), string_agg(by_value, ', ') FILTER (WHERE retrain AND metric = 'overall') FROM segment.health('many');
SELECT count(*), count(DISTINCT by_value), bool_or(retrain), max(psi) FROM segment.health('m', 'stores');

RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA by_health CASCADE;
DELETE FROM segment.model WHERE owner = 'regress_segment_by_health'::regrole;
DROP ROLE regress_segment_by_health, regress_segment_by_health_guest;
