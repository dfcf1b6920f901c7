-- segment.snapshot, segment.migration, segment.movers, segment.forget
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_moves;
CREATE SCHEMA moves AUTHORIZATION regress_segment_moves;
SET ROLE regress_segment_moves;
SET search_path = moves, public;

CREATE TABLE shop (id int PRIMARY KEY, spending float8);
INSERT INTO shop SELECT i, 100 * (i % 3) + i FROM generate_series(1, 30) AS i;
SELECT cluster, persona, size FROM segment.fit('shop', 'shop', '{spending}', 3);
SELECT segment.stays_name(id) AS stays FROM segment.model WHERE model = 'shop' \gset

-- Nothing to compare yet, then one snapshot, then two that are the same
SELECT * FROM segment.migration('shop');
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
DO $$ BEGIN PERFORM segment.migration('shop'); EXCEPTION WHEN object_not_in_prerequisite_state THEN RAISE NOTICE '%', regexp_replace(sqlerrm, 'of 2.*|of [A-Z].*', 'of ...'); END $$;
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT * FROM segment.migration('shop');
SELECT * FROM segment.movers('shop');
SELECT count(*) AS stays, count(until) AS closed FROM :stays;

-- 1 leaves, 2 is not scored any more, 3 moves, 31 comes, 32 is in no cluster: only those four are stored
DELETE FROM shop WHERE id = 1;
UPDATE shop SET spending = NULL WHERE id = 2;
UPDATE shop SET spending = 200 WHERE id = 3;
INSERT INTO shop VALUES (31, 7), (32, 'NaN');
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT * FROM segment.migration('shop');
SELECT * FROM segment.movers('shop');
SELECT * FROM :stays WHERE until IS NOT NULL OR since > 1 ORDER BY key_1, since;
-- all comes back to what it was: between the first and the last nobody moved but 31, who came and is gone
INSERT INTO shop VALUES (1, 101);
UPDATE shop SET spending = 202 WHERE id = 2;
UPDATE shop SET spending = 3 WHERE id = 3;
UPDATE shop SET spending = 'Infinity' WHERE id = 31;
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT * FROM segment.movers('shop');
SELECT * FROM segment.movers('shop', since => (SELECT taken_at FROM segment.snapshots WHERE snapshot = 1));
SELECT from_cluster, to_cluster, customers, share FROM segment.migration('shop', (SELECT min(taken_at) FROM segment.snapshots), 'infinity');
-- a time stands for the last snapshot until then; one and the same is no move
SELECT from_cluster, to_cluster, customers FROM segment.migration('shop', until => (SELECT taken_at FROM segment.snapshots WHERE snapshot = 4) - interval '1 microsecond');
SELECT from_cluster, to_cluster, customers FROM segment.migration('shop', (SELECT taken_at FROM segment.snapshots WHERE snapshot = 3), (SELECT taken_at FROM segment.snapshots WHERE snapshot = 3));
SELECT count(*) FROM segment.movers('shop', 'infinity');
SELECT model, snapshot, version, source, customers, come, gone, moved, owner FROM segment.snapshots;

-- Names are those of their time, numbers last: over a rename, and a refit in which a cluster dies and another is born
SELECT segment.rename('shop', 1, 'Regulars');
INSERT INTO shop SELECT i, 5000 + i FROM generate_series(101, 120) AS i;
SELECT cluster, persona, event FROM segment.refit('shop');
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT * FROM segment.migration('shop');
SELECT * FROM segment.movers('shop') WHERE from_cluster IS NOT NULL LIMIT 3;
SELECT segment.activate('shop', 1);
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT * FROM segment.migration('shop');
SELECT snapshot, version FROM segment.snapshots;

-- What is forgotten, and what stays: all that is known of the later ones
CREATE TABLE known AS SELECT * FROM segment.migration('shop', (SELECT taken_at FROM segment.snapshots WHERE snapshot = 4));
SELECT segment.forget('shop', (SELECT taken_at FROM segment.snapshots WHERE snapshot = 4));
SELECT snapshot FROM segment.snapshots;
SELECT count(*) FROM known AS k FULL JOIN segment.migration('shop', (SELECT min(taken_at) FROM segment.snapshots)) AS m ON m = k WHERE m IS NULL OR k IS NULL;
SELECT count(*) AS ended_before FROM :stays WHERE until <= 4;
DO $$ BEGIN PERFORM segment.movers('shop', '2001-01-01'); EXCEPTION WHEN object_not_in_prerequisite_state THEN RAISE NOTICE '%', sqlerrm; END $$;
SELECT segment.forget('shop', 'infinity'), to_regclass(:'stays') AS is_gone;
SELECT segment.forget('shop', 'infinity');
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT snapshot FROM segment.snapshots;

-- By definition: the clusters of every customer, kept whole, against what is made of the stays, for all pairs of snapshots
CREATE TABLE crowd (id int, store text, x float8, y float8, PRIMARY KEY (store, id));
INSERT INTO crowd SELECT i, 'store ' || i % 3, i % 4 * 10 + i * 0.001, i % 5 * 10 FROM generate_series(1, 500) AS i;
SELECT count(*) FROM segment.fit('crowd', 'crowd', '{x,y}', 6);
SELECT segment.create_view('crowd', 'crowd_now');
CREATE TABLE whole (taken_at timestamptz, id int, store text, cluster int, persona text);
DO $$
BEGIN
	FOR t IN 1 .. 8 LOOP
		DELETE FROM crowd WHERE hashint4(id + t) % 11 = 0;
		UPDATE crowd SET x = hashint4(id * t) % 40 WHERE hashint4(id * 7 + t) % 9 = 0;
		UPDATE crowd SET x = NULL WHERE hashint4(id * 13 + t) % 23 = 0;
		INSERT INTO crowd SELECT i, 'store ' || i % 3, hashint4(i + t) % 40, i % 50 FROM generate_series(1, 700) AS i WHERE hashint4(i * 5 + t) % 10 = 0
			ON CONFLICT DO NOTHING;
		IF t % 3 = 0 THEN
			PERFORM segment.refit('crowd');
		END IF;
		INSERT INTO whole SELECT s.taken_at, v.id, v.store, v.cluster, v.persona FROM segment.snapshot('crowd') AS s, crowd_now AS v WHERE v.cluster IS NOT NULL;
	END LOOP;
END $$;
WITH pair AS (SELECT a.taken_at AS since, b.taken_at AS until FROM (SELECT DISTINCT taken_at FROM whole) AS a JOIN (SELECT DISTINCT taken_at FROM whole) AS b ON a.taken_at <= b.taken_at),
truth AS MATERIALIZED (
	SELECT since, until, a.id IS NULL AND b.id IS NULL AS neither, coalesce(a.store, b.store) AS store, coalesce(a.id, b.id) AS id,
		a.cluster AS from_cluster, a.persona AS from_persona, b.cluster AS to_cluster, b.persona AS to_persona
	FROM pair CROSS JOIN (SELECT DISTINCT id, store FROM whole) AS c
	LEFT JOIN whole AS a ON a.taken_at = since AND (a.id, a.store) = (c.id, c.store)
	LEFT JOIN whole AS b ON b.taken_at = until AND (b.id, b.store) = (c.id, c.store)),
matrix AS (
	SELECT since, until, from_cluster, from_persona, to_cluster, to_persona, count(*) AS customers,
		count(*) / sum(count(*)) OVER (PARTITION BY since, until, from_cluster)::float8 AS share
	FROM truth WHERE NOT neither GROUP BY 1, 2, 3, 4, 5, 6),
ours AS (SELECT since, until, m.* FROM pair, segment.migration('crowd', since, until) AS m),
movers AS (SELECT since, until, m.* FROM pair, segment.movers('crowd', since, until) AS m)
SELECT (SELECT count(*) FROM pair) AS pairs,
	(SELECT count(*) FROM matrix) AS cells,
	(SELECT count(*) FROM matrix AS m FULL JOIN ours AS o ON (m.since, m.until, coalesce(m.from_cluster, -1), coalesce(m.to_cluster, -1)) = (o.since, o.until, coalesce(o.from_cluster, -1), coalesce(o.to_cluster, -1))
		WHERE (m.customers, m.from_persona, m.to_persona) IS DISTINCT FROM (o.customers, o.from_persona, o.to_persona) OR abs(m.share - o.share) > 1e-15) AS wrong_cells,
	(SELECT count(*) FROM movers) AS movers,
	(SELECT count(*) FROM (SELECT since, until, ROW(store, id)::text AS key, from_cluster, from_persona, to_cluster, to_persona FROM truth WHERE from_cluster IS DISTINCT FROM to_cluster) AS t
		FULL JOIN movers AS m ON m.since = t.since AND m.until = t.until AND m.key = t.key
		WHERE (t.from_cluster, t.from_persona, t.to_cluster, t.to_persona) IS DISTINCT FROM (m.from_cluster, m.from_persona, m.to_cluster, m.to_persona) OR m.key IS NULL OR t.key IS NULL) AS wrong_movers;

-- Keys of any type and name, equal as their type says, whatever their text is
CREATE TYPE country AS ENUM ('fr', 'de');
CREATE DOMAIN number AS numeric(10,2) CHECK (VALUE > 0);
CREATE TABLE odd ("key_1" country, "cluster" number, "it's; DROP TABLE shop; --" timestamptz, since text COLLATE "C", "x"" y" float8,
	PRIMARY KEY ("key_1", "cluster", "it's; DROP TABLE shop; --", since));
INSERT INTO odd SELECT c, i, '2026-01-01 00:00+00'::timestamptz + i * interval '1 day', 'a "quoted", (odd) one', i FROM unnest('{fr,de}'::country[]) AS c, generate_series(1, 5) AS i;
SELECT count(*) FROM segment.fit('odd', 'odd', ARRAY['x" y'], 2);
SELECT customers, come, gone, moved FROM segment.snapshot('odd');
SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo';
ALTER TYPE country RENAME VALUE 'de' TO 'at';
UPDATE odd SET "x"" y" = 5 WHERE "cluster" = 1 AND key_1 = 'at';
SELECT customers, come, gone, moved FROM segment.snapshot('odd');
SELECT * FROM segment.movers('odd');
RESET DateStyle; RESET TimeZone;

-- More features than a scoring function has columns for
CREATE TABLE wide AS SELECT i AS id, i AS a, i AS b, i AS c, i AS d, i AS e, i AS f, i AS g, i AS h, i AS j FROM generate_series(1, 20) AS i;
ALTER TABLE wide ADD PRIMARY KEY (id);
SELECT count(*) FROM segment.fit('wide', 'wide', k => 2);
SELECT customers, come, gone, moved FROM segment.snapshot('wide');

-- A view cannot promise that a key occurs once, nor can a table that others inherit: so it is counted
CREATE VIEW visitors AS SELECT nullif(id, 30) AS id, spending FROM shop WHERE id <= 30 UNION ALL SELECT NULL, 9;
SELECT count(*) FROM segment.fit('visitors', 'visitors', '{spending}', 3, key => '{id}');
SELECT customers, come, gone, moved FROM segment.snapshot('visitors');
UPDATE shop SET spending = 300 WHERE id = 3;
SELECT customers, come, gone, moved FROM segment.snapshot('visitors');
CREATE OR REPLACE VIEW visitors AS SELECT id, spending FROM shop WHERE id <= 30 UNION ALL SELECT 7, 9;
SELECT segment.snapshot('visitors');
SELECT count(*) FROM segment.fit('twice', 'visitors', '{spending}', 3, key => '{id}');
SELECT segment.snapshot('twice');
SELECT count(*) AS half_taken FROM segment.snapshots WHERE model = 'twice';
CREATE TABLE parent (id int PRIMARY KEY, x float8);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent VALUES (1, 1), (2, 2);
INSERT INTO child VALUES (2, 3), (4, 4);
SELECT count(*) FROM segment.fit('parent', 'parent', k => 2);
SELECT segment.snapshot('parent');
DELETE FROM child WHERE id = 2;
SELECT customers, come, gone, moved FROM segment.snapshot('parent');
CREATE TABLE parts (id int, region int, x float8, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2);
INSERT INTO parts SELECT i / 2, i % 2 + 1, i FROM generate_series(1, 20) AS i;
SELECT count(*) FROM segment.fit('parts', 'parts', '{x}', k => 2);
SELECT customers, come, gone, moved FROM segment.snapshot('parts');
-- part of the key alone does not say that it is unique
SELECT segment.is_unique('parts', '{region,id}'), segment.is_unique('parts', '{id}'), segment.is_unique('parts', '{id,region,x}'), segment.is_unique('parent', '{id}'), segment.is_unique('visitors', '{id}');
-- a function of the view finds what the caller's search_path has
CREATE FUNCTION double(x float8) RETURNS float8 LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT max(x * 2) FROM shop WHERE id = 3); END $$;
CREATE VIEW doubled AS SELECT id, double(spending) AS spending FROM shop;
SELECT cluster, event FROM segment.refit('visitors', 'doubled') WHERE event = 'born';
SELECT customers > 30 AS everybody FROM segment.snapshot('visitors');

-- What is refused
SELECT segment.snapshot('nobody');
SELECT segment.snapshot(NULL);
SELECT segment.forget('nobody', 'infinity');
SELECT segment.forget('shop', NULL);
SELECT segment.migration('nobody');
SELECT segment.movers('shop', '2026-01-02', '2026-01-01');
CREATE TABLE keyless AS SELECT * FROM shop;
SELECT count(*) FROM segment.fit('keyless', 'keyless', '{spending}', 2);
SELECT segment.snapshot('keyless');
CREATE TABLE pointed AS SELECT point(id, id) AS p, spending FROM shop;
SELECT count(*) FROM segment.fit('pointed', 'pointed', '{spending}', 2, key => '{p}');
SELECT segment.snapshot('pointed');
-- the source has another type of key, no key, no feature; it is gone
ALTER TABLE wide ALTER COLUMN id TYPE bigint;
SELECT segment.snapshot('wide');
ALTER TABLE wide RENAME COLUMN id TO number;
SELECT segment.snapshot('wide');
ALTER TABLE wide RENAME COLUMN number TO id;
ALTER TABLE wide ALTER COLUMN id TYPE int;
SELECT customers, come, gone, moved FROM segment.snapshot('wide');
ALTER TABLE wide ALTER COLUMN a TYPE text;
SELECT segment.snapshot('wide');
DROP TABLE wide;
SELECT segment.snapshot('wide');
-- but what was remains to be seen
SELECT from_cluster, to_cluster, customers FROM segment.migration('wide');
UPDATE segment.version SET active = false WHERE model_id = segment.model_id('shop');
SELECT segment.snapshot('shop');
-- a table of the name that the snapshot needs for a moment is not touched
SELECT segment.activate('shop', 1);
CREATE TEMP TABLE segment_moves (x int);
SELECT segment.snapshot('shop');
DROP TABLE segment_moves;
BEGIN;
SELECT customers FROM segment.snapshot('shop');
SELECT customers FROM segment.snapshot('shop');
SELECT count(*) FROM segment.snapshots WHERE model = 'shop';
ROLLBACK;
SELECT count(*) FROM segment.snapshots WHERE model = 'shop';

-- The comparison in memory takes queries from anybody, and rows only of the columns that a snapshot gives it
SELECT * FROM segment.changed_stays($$SELECT 1, 0, 0, '(0,1)'::tid$$, 'SELECT 1, 0, 1', 1) AS m(key int, group_id int, cluster int, stay tid);
SELECT * FROM segment.changed_stays('SELECT 1', 'SELECT 1', 1) AS m(key text);		-- a text is no address
SELECT * FROM segment.changed_stays('SELECT 1', 'SELECT 1', 1) AS m(key int, group_id int, cluster int, stay tid);		-- columns beyond the first
SELECT * FROM segment.changed_stays($$SELECT 'x', 0, 0, '(0,1)'::tid$$, $$SELECT 'x', 0, 1$$, 1) AS m(key text, group_id int, cluster int, stay tid);		-- a key that is no number
SELECT * FROM segment.changed_stays('SELECT 1, 0, 0, NULL::tid', 'SELECT 1, 0, 1', 1) AS m(key int, group_id int, cluster int, stay tid);		-- the place of no stay
SELECT * FROM segment.changed_stays($$SELECT i, 0, 0, '(0,1)'::tid FROM generate_series(1, 2) AS i$$, 'SELECT 1, 0, 1', 1) AS m(key int, group_id int, cluster int, stay tid);		-- more than there is room for
SELECT * FROM segment.changed_stays($$SELECT 1, 0, 0, '(0,1)'::tid$$, 'SELECT 1, 0, 1', -1) AS m(key int, group_id int, cluster int, stay tid);		-- fewer than none

-- Dropped models take their snapshots along
SELECT count(segment.drop(model, cascade => true)::text) FROM (SELECT DISTINCT model FROM segment.models) AS m;
SELECT count(*) FROM segment.snapshot;
SELECT count(*) FROM pg_class WHERE relnamespace = 'segment'::regnamespace AND relname LIKE 'stays%';

\set VERBOSITY terse
DROP SCHEMA moves CASCADE;
RESET ROLE;
DROP ROLE regress_segment_moves;
