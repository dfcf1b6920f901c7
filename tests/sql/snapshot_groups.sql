-- segment.snapshot, segment.migration, segment.movers, segment.forget of models by groups
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_group_moves;
CREATE SCHEMA group_moves AUTHORIZATION regress_segment_group_moves;
SET ROLE regress_segment_group_moves;
SET search_path = group_moves, public;

CREATE TABLE shop (id int PRIMARY KEY, store text, spending float8);
INSERT INTO shop SELECT i, CASE WHEN i <= 20 THEN 'Lyon' ELSE 'Nice' END, 100 * (i % 2) + i FROM generate_series(1, 40) AS i;
SELECT cluster, persona, size, by_value FROM segment.fit('shop', 'shop', '{spending}', 2, by => 'store');
SELECT segment.stays_name(id) AS stays FROM segment.model WHERE model = 'shop' \gset
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT attname, atttypid::regtype, attnotnull, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = :'stays'::regclass AND attnum > 0 ORDER BY attnum;
-- 1 goes to the other cluster of its store, 2 to the cluster of the same number of the other store, 3 to both; 4 is in a store
-- that the model does not know, 5 in none, 6 is not scored; 41 comes
UPDATE shop SET spending = 20 WHERE id = 1;
UPDATE shop SET store = 'Nice' WHERE id IN (2, 3);
UPDATE shop SET spending = 20 WHERE id = 3;
UPDATE shop SET store = 'Brest' WHERE id = 4;
UPDATE shop SET store = NULL WHERE id = 5;
UPDATE shop SET spending = NULL WHERE id = 6;
INSERT INTO shop VALUES (41, 'Nice', 30), (42, 'Brest', 30);
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT * FROM segment.migration('shop');
SELECT * FROM segment.movers('shop');
-- only those are stored
SELECT key_1, group_id, cluster, since, until FROM :stays WHERE until IS NOT NULL OR since > 1 ORDER BY key_1, since;
-- a store is new, another is gone, a cluster has another name, and a number that is not its place: those who were known keep theirs
DELETE FROM shop WHERE store = 'Lyon';
INSERT INTO shop SELECT i, 'Brest', i FROM generate_series(51, 60) AS i;
INSERT INTO shop SELECT i, 'Nice', -500 - i FROM generate_series(61, 90) AS i;
SELECT segment.rename('shop', 1, 'Regulars', 'Nice');
SELECT cluster, persona, event, by_value FROM segment.refit('shop');
SELECT customers, come, gone, moved FROM segment.snapshot('shop');
SELECT * FROM segment.migration('shop');
SELECT model, snapshot, version, customers, come, gone, moved FROM segment.snapshots;
-- names are kept for as long as they last
SELECT by_value, cluster, persona, since, until FROM segment.snapshot_persona ORDER BY group_id, cluster, since;
-- what is forgotten
SELECT segment.forget('shop', (SELECT taken_at FROM segment.snapshots WHERE snapshot = 3));
SELECT by_value, cluster, persona, since, until FROM segment.snapshot_persona ORDER BY group_id, cluster, since;
SELECT count(*) FROM :stays WHERE until IS NOT NULL;
SELECT segment.forget('shop', 'infinity');
SELECT to_regclass(:'stays') AS is_gone, (SELECT count(*) FROM segment.snapshot_persona) AS names;

-- By definition: the groups and clusters of every customer, kept whole, against what is made of the stays, for all pairs of
-- snapshots; customers change stores, stores open and close, and every third time the model is fitted anew
CREATE TABLE crowd (id int PRIMARY KEY, store int, x float8, y float8);
INSERT INTO crowd SELECT i, i % 4, i % 4 * 10 + i * 0.001, i % 5 * 10 FROM generate_series(1, 600) AS i;
SELECT count(*) FROM segment.fit('crowd', 'crowd', '{x,y}', 3, by => 'store');
SELECT segment.create_view('crowd', 'crowd_now');
CREATE TABLE whole (taken_at timestamptz, id int, store text, cluster int, persona text);
DO $$
BEGIN
	FOR t IN 1 .. 9 LOOP
		DELETE FROM crowd WHERE hashint4(id + t) % 11 = 0;
		UPDATE crowd SET x = hashint4(id * t) % 40 WHERE hashint4(id * 7 + t) % 9 = 0;
		UPDATE crowd SET x = NULL WHERE hashint4(id * 13 + t) % 23 = 0;
		UPDATE crowd SET store = abs(hashint4(id + 3 * t)) % (4 + t / 2) WHERE hashint4(id * 3 + t) % 8 = 0;
		UPDATE crowd SET store = NULL WHERE hashint4(id * 17 + t) % 29 = 0;
		UPDATE crowd SET store = 0 WHERE store = t % 7;
		INSERT INTO crowd SELECT i, i % 5, hashint4(i + t) % 40, i % 50 FROM generate_series(1, 800) AS i WHERE hashint4(i * 5 + t) % 10 = 0
			ON CONFLICT DO NOTHING;
		IF t % 3 = 0 THEN
			PERFORM segment.refit('crowd');
			PERFORM segment.rename('crowd', (SELECT min(cluster) FROM segment.personas WHERE model = 'crowd' AND by_value = '0'), 'First of ' || t, '0');
		ELSIF t = 8 THEN
			PERFORM segment.activate('crowd', 2);
		END IF;
		INSERT INTO whole SELECT s.taken_at, v.id, v.store::text, v.cluster, v.persona FROM segment.snapshot('crowd') AS s, crowd_now AS v WHERE v.cluster IS NOT NULL;
	END LOOP;
END $$;
SELECT version, count(*) AS groups, bool_and(p.cluster = p.number) AS all_in_place
FROM segment.version AS v JOIN segment.persona AS p USING (model_id, version, group_id) WHERE model_id = segment.model_id('crowd') GROUP BY version ORDER BY version;
CREATE FUNCTION compare(model text, whole regclass, OUT pairs bigint, OUT cells bigint, OUT wrong_cells bigint, OUT movers bigint, OUT wrong_movers bigint)
	LANGUAGE plpgsql AS $f$
BEGIN
	EXECUTE format($q$
WITH pair AS (SELECT a.taken_at AS since, b.taken_at AS until FROM (SELECT DISTINCT taken_at FROM %1$s) AS a JOIN (SELECT DISTINCT taken_at FROM %1$s) AS b ON a.taken_at <= b.taken_at),
truth AS MATERIALIZED (
	SELECT since, until, c.id, a.id IS NULL AND b.id IS NULL AS neither,
		a.store AS from_store, a.cluster AS from_cluster, a.persona AS from_persona, b.store AS to_store, b.cluster AS to_cluster, b.persona AS to_persona
	FROM pair CROSS JOIN (SELECT DISTINCT id FROM %1$s) AS c
	LEFT JOIN %1$s AS a ON a.taken_at = since AND a.id = c.id
	LEFT JOIN %1$s AS b ON b.taken_at = until AND b.id = c.id),
matrix AS (
	SELECT since, until, from_store, from_cluster, from_persona, to_store, to_cluster, to_persona, count(*) AS customers,
		count(*) / sum(count(*)) OVER (PARTITION BY since, until, from_store, from_cluster)::float8 AS share
	FROM truth WHERE NOT neither GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
ours AS (SELECT since, until, m.* FROM pair, segment.migration(%2$L, since, until) AS m),
movers AS (SELECT since, until, m.* FROM pair, segment.movers(%2$L, since, until) AS m)
SELECT (SELECT count(*) FROM pair), (SELECT count(*) FROM matrix),
	(SELECT count(*) FROM matrix AS m FULL JOIN ours AS o ON m.since = o.since AND m.until = o.until
			AND (coalesce(m.from_store, ''), coalesce(m.from_cluster, -1), coalesce(m.to_store, ''), coalesce(m.to_cluster, -1)) = (coalesce(o.from_by_value, ''), coalesce(o.from_cluster, -1), coalesce(o.to_by_value, ''), coalesce(o.to_cluster, -1))
		WHERE (m.customers, m.from_persona, m.to_persona) IS DISTINCT FROM (o.customers, o.from_persona, o.to_persona) OR abs(m.share - o.share) > 1e-15),
	(SELECT count(*) FROM movers),
	(SELECT count(*) FROM (SELECT * FROM truth WHERE (from_store, from_cluster) IS DISTINCT FROM (to_store, to_cluster)) AS t
		FULL JOIN movers AS m ON m.since = t.since AND m.until = t.until AND m.key = t.id::text
		WHERE m.key IS NULL OR t.id IS NULL OR (t.from_store, t.from_cluster, t.from_persona, t.to_store, t.to_cluster, t.to_persona)
			IS DISTINCT FROM (m.from_by_value, m.from_cluster, m.from_persona, m.to_by_value, m.to_cluster, m.to_persona))
$q$, whole, model) INTO pairs, cells, wrong_cells, movers, wrong_movers;
END $f$;
SELECT * FROM compare('crowd', 'whole');
-- what each snapshot says that it has found is what it has kept
SELECT count(*) AS snapshots, count(*) FILTER (WHERE s.customers <> w.customers OR s.come <> w.come OR s.gone <> w.gone OR s.moved <> w.moved) AS wrong
FROM segment.snapshots AS s
JOIN (
	SELECT taken_at, count(*) FILTER (WHERE is_in) AS customers, count(*) FILTER (WHERE is_in AND was IS NULL) AS come,
		count(*) FILTER (WHERE NOT is_in AND was IS NOT NULL) AS gone, count(*) FILTER (WHERE is_in AND was IS NOT NULL AND was <> place) AS moved
	FROM (
		SELECT t.taken_at, c.id, w.id IS NOT NULL AS is_in, ROW(w.store, w.cluster)::text AS place,
			lag(CASE WHEN w.id IS NOT NULL THEN ROW(w.store, w.cluster)::text END) OVER (PARTITION BY c.id ORDER BY t.taken_at) AS was
		FROM (SELECT DISTINCT taken_at FROM whole) AS t CROSS JOIN (SELECT DISTINCT id FROM whole) AS c
		LEFT JOIN whole AS w ON w.taken_at = t.taken_at AND w.id = c.id) AS h
	GROUP BY taken_at) AS w USING (taken_at) WHERE s.model = 'crowd';
-- the planner's choices change nothing
SET enable_hashjoin = off;
SELECT * FROM compare('crowd', 'whole');
RESET enable_hashjoin;

-- A source that cannot promise that a key occurs once; rows without a key, and a customer in two stores, who is refused
CREATE VIEW visitors AS SELECT nullif(id, 7) AS id, store, x, y FROM crowd WHERE id <= 100;
SELECT count(*) > 0 AS fitted FROM segment.fit('visitors', 'visitors', '{x,y}', 2, key => '{id}', by => 'store');
SELECT come = customers AS all_come, gone, moved FROM segment.snapshot('visitors');
UPDATE crowd SET store = (store + 1) % 4 WHERE id = (SELECT min(id) FROM crowd WHERE store < 3 AND x IS NOT NULL AND y IS NOT NULL AND id <> 7);
SELECT come, gone, moved FROM segment.snapshot('visitors');
CREATE OR REPLACE VIEW visitors AS SELECT id, store, x, y FROM crowd WHERE id <= 100 UNION ALL SELECT 9999, s, 1, 1 FROM generate_series(1, 2) AS s;
SELECT segment.snapshot('visitors');
SELECT count(*) FROM segment.snapshots WHERE model = 'visitors';

-- Groups by columns of any type: a column for groups that is the key, or part of it; labels that are renamed, dates and times
-- in other settings, numbers whose text has changed
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE typed (id int PRIMARY KEY, mood mood, day date, price numeric, at timestamptz, x float8);
INSERT INTO typed SELECT i, (ARRAY['sad', 'happy'])[1 + i % 2]::mood, date '2026-11-24' + i % 3, i % 2 + 0.5,
	'2026-11-25 12:00+00'::timestamptz + i % 2 * interval '1 hour', i FROM generate_series(1, 60) AS i;
SELECT by, count(*) AS clusters FROM unnest('{mood,day,price,at,id}'::text[]) AS by, LATERAL segment.fit(by, 'typed', '{x}', 2, by => by) GROUP BY by ORDER BY by;
SELECT model, s.customers FROM unnest('{mood,day,price,at,id}'::text[]) AS model, LATERAL segment.snapshot(model) AS s;
SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo';
ALTER TYPE mood RENAME VALUE 'happy' TO 'glad';
UPDATE typed SET price = price + 0.000, day = day + (id = 1)::int, at = at + (id = 2)::int * interval '1 hour';
SELECT model, s.customers, s.come, s.gone, s.moved
FROM unnest('{mood,day,price,at,id}'::text[]) AS model, LATERAL segment.snapshot(model) AS s;
SELECT model, m.key, m.from_by_value, m.from_cluster, m.to_by_value, m.to_cluster
FROM unnest('{day,price,at}'::text[]) AS model, LATERAL segment.movers(model) AS m;
SELECT from_by_value, to_by_value, count(*) FROM segment.movers('mood') GROUP BY 1, 2;
RESET DateStyle; RESET TimeZone;
CREATE TABLE branches (store text, id int, x float8, PRIMARY KEY (store, id));
INSERT INTO branches SELECT (ARRAY['North', 'South'])[1 + i % 2], i, i FROM generate_series(1, 40) AS i;
SELECT count(*) FROM segment.fit('branches', 'branches', '{x}', 2, by => 'store');
SELECT customers, come, gone, moved FROM segment.snapshot('branches');
UPDATE branches SET store = 'South' WHERE id = 2;
SELECT customers, come, gone, moved FROM segment.snapshot('branches');
SELECT * FROM segment.movers('branches');

-- More features than a scoring function has columns for; the column for groups is gone
CREATE TABLE wide AS SELECT i AS id, i % 2 AS store, i AS a, i AS b, i AS c, i AS d, i AS e, i AS f, i AS g, i AS h, i AS j FROM generate_series(1, 20) AS i;
ALTER TABLE wide ADD PRIMARY KEY (id);
SELECT count(*) FROM segment.fit('wide', 'wide', '{a,b,c,d,e,f,g,h,j}', k => 2, by => 'store');
SELECT customers, come, gone, moved FROM segment.snapshot('wide');
ALTER TABLE wide RENAME COLUMN store TO shop;
SELECT segment.snapshot('wide');

SELECT count(segment.drop(model, cascade => true)::text) FROM (SELECT DISTINCT model FROM segment.models) AS m;
SELECT (SELECT count(*) FROM segment.snapshot) AS snapshots, (SELECT count(*) FROM segment.snapshot_persona) AS names,
	(SELECT count(*) FROM pg_class WHERE relnamespace = 'segment'::regnamespace AND relname LIKE 'stays%') AS tables;

\set VERBOSITY terse
DROP SCHEMA group_moves CASCADE;
RESET ROLE;
DROP ROLE regress_segment_group_moves;
