-- segment.fit(..., by => column): a clustering for each value of a column, kept and refitted as one model
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_by;
CREATE ROLE regress_segment_by_reader;
CREATE SCHEMA by_groups AUTHORIZATION regress_segment_by;
SET ROLE regress_segment_by;
SET search_path = by_groups, public;

CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT cluster, persona, size, round(share::numeric, 3) AS share, profile, by_value
FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', 3, by => 'gender');
SELECT model, version, active, method, k, features, key, rows, by_column, groups FROM segment.models;
SELECT cluster, persona, size, by_value FROM segment.personas;
SELECT cluster, persona, feature, round(mean::numeric, 2) AS mean, round(z::numeric, 2) AS z, word, by_value FROM segment.profile('mall');
-- features are by default all numbers but key and groups
SELECT DISTINCT by_value FROM segment.fit('aged', 'mall_customers', k => 2, by => 'age', scale => 'none') WHERE by_value < '20' ORDER BY 1;
SELECT features, groups FROM segment.models WHERE model = 'aged';
-- in the order of the values, not of their texts
SELECT by_value FROM segment.fit('youngest', 'mall_customers', '{spending_score}', 1, by => 'annual_income') LIMIT 3;
SELECT segment.drop('aged'), segment.drop('youngest');

-- What is in a group is what fitting its rows alone finds, in every bit, names included. 16,384 distinct rows fit a sketch, up
-- to 300,000 rows are held, and beyond these there are passes.
CREATE TABLE large AS
	SELECT i AS id, CASE WHEN i <= 310000 THEN 'passes' WHEN i <= 335000 THEN 'held' ELSE 'sketch' END AS store,
		(hashint4(i) & 65535) / 655.36 + 40 * (i % 3) AS a, (hashint4(i + 1000000) & 65535) / 65.536 AS b
	FROM generate_series(1, 336000) AS i;
CREATE FUNCTION compare(source regclass, by text, k int, method text DEFAULT 'kmeans', scale text DEFAULT 'zscore', options jsonb DEFAULT '{}')
	RETURNS TABLE (groups bigint, same_models bigint, same_names bigint) LANGUAGE plpgsql AS $$
DECLARE
	value text;
BEGIN
	PERFORM set_config('client_min_messages', 'warning', true);
	PERFORM segment.fit('together', source, '{a,b}', k, '{id}', method, scale, by => compare.by, options => options);
	FOR value IN SELECT DISTINCT by_value FROM segment.personas WHERE model = 'together' LOOP
		EXECUTE format('CREATE VIEW alone AS SELECT * FROM %s WHERE %I = %L', source, compare.by, value);
		PERFORM segment.fit('alone ' || value, 'alone', '{a,b}', k, '{id}', method, scale, options => options);
		DROP VIEW alone;
	END LOOP;
	RETURN QUERY
		SELECT count(*), count(*) FILTER (WHERE a.clustering = t.clustering), count(*) FILTER (WHERE ap.names = tp.names)
		FROM segment.model AS tm JOIN segment.version AS t ON t.model_id = tm.id
		JOIN segment.model AS am ON am.model = 'alone ' || t.by_value JOIN segment.version AS a ON a.model_id = am.id
		CROSS JOIN LATERAL (SELECT array_agg(p.persona ORDER BY p.cluster) AS names FROM segment.persona AS p WHERE p.model_id = a.model_id) AS ap
		CROSS JOIN LATERAL (SELECT array_agg(p.persona ORDER BY p.cluster) AS names FROM segment.persona AS p WHERE p.model_id = t.model_id AND p.group_id = t.group_id) AS tp
		WHERE tm.model = 'together';
	PERFORM segment.drop(m.model) FROM segment.models AS m WHERE m.model LIKE 'alone %' OR m.model = 'together';
	PERFORM set_config('client_min_messages', 'notice', true);
END $$;
SELECT * FROM compare('large', 'store', 3, options => '{"n_init": 1, "max_iter": 5, "passes": 2}');
CREATE TABLE small AS SELECT * FROM large WHERE id > 334000;
INSERT INTO small VALUES (1, 'few', 1, 1), (2, 'few', 2, 2), (3, 'few', 1, 1), (4, 'one', 5, 5), (5, 'few', 'NaN', 1);
SELECT * FROM compare('small', 'store', 4, 'kmeans', 'robust', '{"n_init": 3}');
SELECT * FROM compare('small', 'store', 4, 'hclust', 'minmax', '{"linkage": "single"}');
SELECT * FROM compare('small', 'store', NULL, 'hclust', 'none', '{"height": 100}');
SELECT * FROM compare('small', 'store', 3, 'gmm', 'log', '{"covariance": "diag"}');
CREATE TABLE held AS SELECT * FROM large WHERE id > 310000;
SELECT * FROM compare('held', 'store', 3, 'gmm', options => '{"n_init": 1, "max_iter": 5}');
-- values too large for cells, in one group, so the rows of all are held; other groups may be as small as they like
CREATE TABLE giant AS SELECT * FROM small UNION ALL SELECT i, 'giant', i * 1e300, i FROM generate_series(1, 100) AS i;
SELECT * FROM compare('giant', 'store', 3);
-- by workers
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT * FROM compare('small', 'store', 3);
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
DROP TABLE large, held, giant;

-- What takes no part is said once: rows without a group or a feature, groups without a row
CREATE TABLE gaps (id int PRIMARY KEY, store text, a float8, b float8);
INSERT INTO gaps SELECT i, 'full', i, i % 7 FROM generate_series(1, 20) AS i;
INSERT INTO gaps VALUES (21, NULL, 1, 1), (22, NULL, 2, 2), (23, 'full', NULL, 1), (24, 'empty', NULL, 1), (25, 'empty', 'Infinity', 1),
	(26, 'one', 1, 1), (27, 'two', 1, 1), (28, 'two', 2, 1), (29, '', 3, 3), (30, 'NULL', 4, 4);
SELECT cluster, size, by_value FROM segment.fit('gaps', 'gaps', k => 3, by => 'store');
SELECT segment.create_view('gaps', 'gaps_personas');
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'gaps_personas'::regclass AND attname IN ('store', 'cluster') ORDER BY attnum;
SELECT id, store, cluster, persona FROM gaps_personas WHERE id > 20 ORDER BY id;
-- a customer of a store that the model does not know has no persona, and one that moves to another store is scored there
INSERT INTO gaps VALUES (31, 'new', 1, 1);
UPDATE gaps SET store = 'two' WHERE id = 1;
SELECT id, store, cluster, persona FROM gaps_personas WHERE id IN (1, 31) ORDER BY id;
-- rows are scored as by the clustering of their group
SELECT count(*), bool_and(g.cluster = p.cluster), bool_and(g.distance = cluster_distance(v.clustering, g.a, g.b))
FROM gaps_personas AS g JOIN segment.version AS v ON v.by_value = g.store AND v.model_id = segment.model_id('gaps')
JOIN segment.persona AS p USING (model_id, version, group_id) WHERE p.number = cluster_id(v.clustering, g.a, g.b);

-- Refit: each group by itself; those without change are not in the report
CREATE TABLE visits (id int PRIMARY KEY, store text, a float8, b float8);
INSERT INTO visits SELECT i, (ARRAY['Berlin', 'Lyon', 'Rome'])[1 + i % 3], 10 * (i % 2) + (i % 5) / 10.0, 30 * (i / 100) + (i % 11) / 10.0 FROM generate_series(0, 299) AS i;
SELECT cluster, size, by_value FROM segment.fit('visits', 'visits', k => 6, by => 'store');
SELECT segment.create_view('visits', 'visits_personas');
CREATE TABLE versions_before AS SELECT * FROM segment.version WHERE model_id = segment.model_id('visits');
SELECT * FROM segment.refit('visits');
CREATE TABLE shuffled AS SELECT * FROM visits ORDER BY md5(id::text);
CREATE VIEW shuffled_visits AS SELECT * FROM shuffled;
SELECT count(*) FROM segment.refit('visits', 'shuffled_visits');
SELECT segment.refit('visits', 'visits');
SELECT count(*) AS versions, count(*) FILTER (WHERE v = b) AS untouched FROM segment.version AS v JOIN versions_before AS b USING (model_id, version, group_id);
SELECT segment.rename('visits', 2, 'Regulars', 'Lyon');
-- In Lyon a cluster goes where nobody was, and comes first in the order of centroids; Rome closes, Oslo opens
UPDATE visits SET a = a - 20 WHERE store = 'Lyon' AND b BETWEEN 20 AND 50 AND a > 5;
DELETE FROM visits WHERE store = 'Rome';
INSERT INTO visits SELECT 1000 + i, 'Oslo', i % 6, i % 6 FROM generate_series(1, 60) AS i;
SELECT cluster, persona, event, size_before, size_after, from_clusters, into_clusters, by_value FROM segment.refit('visits');
SELECT cluster, persona, size, by_value FROM segment.personas WHERE model = 'visits';
SELECT store, count(*), count(persona) FROM visits_personas GROUP BY 1 ORDER BY 1;
-- Rome opens again, and goes on where it was
INSERT INTO visits SELECT id, store, a, b + 0.1 FROM shuffled WHERE store = 'Rome';
SELECT cluster, event, size_before, size_after, round(drift::numeric, 2) AS drift, by_value FROM segment.refit('visits');
SELECT version, active, previous, k, rows, born, died, split, merged FROM segment.history('visits');
SELECT version, active, previous, k, rows, born, died, split, merged FROM segment.history('visits', 'Rome');
SELECT version, by_value, count(*), min(cluster), max(cluster) FROM segment.changes WHERE model = 'visits' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT model, version, k, rows, groups FROM segment.models WHERE model = 'visits';
-- a cluster that is born in a group gets the next number of that group
UPDATE visits SET a = 500 + id % 3, b = 500 + id % 2 WHERE store = 'Oslo' AND a > 3;
SELECT cluster, event, by_value FROM segment.refit('visits');
-- back, in all groups at once
SELECT segment.activate('visits', 1);
SELECT DISTINCT version, by_value FROM segment.personas WHERE model = 'visits' ORDER BY 2;
SELECT store, count(*), count(persona) FROM visits_personas GROUP BY 1 ORDER BY 1;
SELECT segment.activate('visits', 3);

-- Trees and mixtures are refitted, too
SELECT count(*) FROM segment.fit('tree', 'shuffled', '{a,b}', 3, '{id}', 'hclust', by => 'store');
SELECT count(*) FROM segment.fit('mixture', 'shuffled', '{a,b}', 3, '{id}', 'gmm', by => 'store');
SELECT (SELECT count(*) FROM segment.refit('tree')) AS tree, (SELECT count(*) FROM segment.refit('mixture')) AS mixture;
UPDATE shuffled SET b = b + 1 WHERE store = 'Rome';
SELECT cluster, event, by_value FROM segment.refit('tree');
SELECT cluster, event, by_value FROM segment.refit('mixture');

-- Where nearly all has moved, clusters are matched by their profiles, group by group
UPDATE shuffled SET a = a * 1000, b = b * 1000 WHERE store <> 'Lyon';
SELECT segment.fit('moving', 'visits', '{a,b}', 4, by => 'store') IS NULL AS x LIMIT 1;
SELECT DISTINCT event, note, by_value FROM segment.refit('moving', 'shuffled') ORDER BY 3, 1, 2;

-- A column of any type that has an equality, whatever the settings when it is read
CREATE TYPE mood AS ENUM ('sad', 'fine', 'happy');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TABLE typed AS
	SELECT i AS id, i % 10 + (i % 3) * 5 AS a, i % 7 AS b, (i % 3 + 1)::int2 AS "int2", (i % 3 + 1)::positive AS "domain", (i % 3) * 1.50 AS "numeric", (i % 3) / 3.0::float8 AS "float8",
		date '2026-01-31' + i % 3 AS "date", timestamptz '2026-01-31 12:00Z' + i % 3 * interval '1 hour' AS "timestamptz", (i % 3 + 1) * interval '1 day -2 hours' AS "interval",
		(ARRAY['sad', 'fine', 'happy'])[1 + i % 3]::mood AS "enum", ('Store ' || i % 3) COLLATE "C" AS "text", ('S' || i % 3)::varchar(9) AS "varchar", ('S' || i % 3)::char(9) AS "char",
		i % 3 = 1 AS "bool", md5((i % 3)::text)::uuid AS "uuid", decode(md5((i % 3)::text), 'hex') AS "bytea", ARRAY[i % 3, 1] AS "array", int4range(i % 3, 10) AS "range",
		jsonb_build_object('a', i % 3) AS "jsonb", json_build_object('a', i % 3) AS "json text", point(i % 3, 0) AS "point"
	FROM generate_series(1, 90) AS i;
UPDATE typed SET "numeric" = 1.500 WHERE id % 6 = 1;
UPDATE typed SET "float8" = '-0' WHERE id % 6 = 0;
CREATE FUNCTION by_type(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
	result text;
BEGIN
	SET LOCAL datestyle = 'SQL, DMY'; SET LOCAL timezone = 'America/New_York'; SET LOCAL intervalstyle = sql_standard; SET LOCAL bytea_output = escape; SET LOCAL extra_float_digits = 0;
	SELECT string_agg(DISTINCT f.by_value, ', ') INTO result FROM segment.fit(name, 'typed', '{a,b}', 2, '{id}', by => name) AS f;
	PERFORM segment.create_view(name, 'typed_' || name);
	SET LOCAL datestyle = 'Postgres, MDY'; SET LOCAL timezone = 'Asia/Tokyo'; SET LOCAL intervalstyle = iso_8601;
	EXECUTE format('SELECT count(persona) || '' of '' || count(*) FROM %I', 'typed_' || name) INTO answer;
	RETURN format('%s: %s, refit %s', result, answer, (SELECT count(*) FROM segment.refit(name)));
EXCEPTION WHEN datatype_mismatch THEN
	RETURN SQLERRM;
END $$;
SELECT attname, by_type(attname::text) FROM pg_attribute WHERE attrelid = 'typed'::regclass AND attnum > 3 ORDER BY attnum;
-- a label that is renamed is another group
ALTER TYPE mood RENAME VALUE 'fine' TO 'well';
SELECT enum, count(*), count(persona) FROM typed_enum GROUP BY 1 ORDER BY 1;
SELECT DISTINCT event, by_value FROM segment.refit('enum') ORDER BY 2;
SELECT enum, count(*), count(persona) FROM typed_enum GROUP BY 1 ORDER BY 1;

-- A group is found by a text of any equal value, read in the settings of the session
SET datestyle = 'SQL, DMY';
SELECT name, given, (segment.group_of(segment.model_id(name), given)).by_value FROM (VALUES
	('int2', ' 03 '), ('domain', '+2'), ('numeric', '15e-1'), ('float8', '0'), ('date', '1/2/2026'), ('timestamptz', '2026-01-31 22:30+09:30'),
	('interval', '44 hours'), ('bool', 'yes'), ('uuid', upper(md5('1'))), ('array', '{ 1, 1 }'), ('range', '(0,9]'), ('jsonb', '{"a": 1.0}'),
	('char', 'S1      '), ('enum', 'well')) AS g(name, given);
RESET datestyle;
-- and where the collation takes several for one, if the server has such a one
DO $$
BEGIN
	PERFORM set_config('client_min_messages', 'warning', true);
	IF EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') THEN
		CREATE COLLATION blind (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
		CREATE TABLE cases AS SELECT i AS id, i % 4 AS a, (ARRAY['Berlin', 'BERLIN', 'Łódź'])[1 + i % 3] COLLATE blind AS city FROM generate_series(1, 30) AS i;
		PERFORM segment.fit('city', 'cases', '{a}', 1, '{id}', by => 'city');
		ASSERT (segment.group_of(segment.model_id('city'), 'berlin')).by_value = 'BERLIN';
		ASSERT (segment.group_of(segment.model_id('city'), 'ŁÓDŹ')).by_value = 'Łódź';
	END IF;
END $$;

-- Values and names as they come
CREATE TABLE hostile AS
	SELECT i AS id, i % 5 AS a, i % 3 AS b, CASE i % 8 WHEN 0 THEN '"; DROP TABLE hostile; --' WHEN 1 THEN 'it''s' WHEN 2 THEN E'back\\slash \r\n\t line' WHEN 3 THEN repeat('long ', 40000)
		WHEN 4 THEN '%s %1$I $1' WHEN 5 THEN '' WHEN 6 THEN 'Zürich 北京' ELSE '{a,"b"}' END AS "by; ""this"" --"
	FROM generate_series(1, 160) AS i;
SELECT left(quote_literal(by_value), 30) AS by_value, length(by_value), count(*), sum(size) FROM segment.fit('hostile', 'hostile', '{a,b}', 2, by => 'by; "this" --') GROUP BY by_value ORDER BY 1, 2;
SELECT segment.create_view('hostile', 'hostile_personas');
SELECT count(*), count(persona) FROM hostile_personas;
SELECT count(*) FROM segment.refit('hostile');
UPDATE hostile SET a = a + 1;
SELECT count(*), count(DISTINCT by_value), min(event), max(event) FROM segment.refit('hostile');
SELECT segment.rename('hostile', 0, 'Quoted', 'it''s'), segment.rename('hostile', 0, 'Long', repeat('long ', 40000));
SELECT persona, count(*) FROM hostile_personas WHERE persona IN ('Quoted', 'Long') GROUP BY 1 ORDER BY 1;

-- A thousand groups
CREATE TABLE thousand AS SELECT i AS id, i % 1000 AS store, (i / 1000) * 10 + i % 7 AS a, i % 11 AS b FROM generate_series(0, 9999) AS i;
ALTER TABLE thousand ADD PRIMARY KEY (id);
SELECT count(*), count(DISTINCT by_value), sum(size) FROM segment.fit('thousand', 'thousand', k => 2, by => 'store');
SELECT segment.create_view('thousand', 'thousand_personas');
SELECT count(*), count(persona) FROM thousand_personas;
UPDATE thousand SET a = a + 1 WHERE store = 500;
SELECT count(*), min(by_value) FROM segment.refit('thousand');
-- the same by sort, where the sketches of all groups together would take more memory than they may
SET max_parallel_workers_per_gather = 2; SET segment.max_memory = '4MB';
SELECT count(s) FROM (SELECT segment.sketch_within(ARRAY[a, b], segment.memory_limit() / 6) AS s FROM thousand GROUP BY store OFFSET 0) AS t;
SELECT count(*), count(DISTINCT by_value), sum(size) FROM segment.fit('sorted', 'thousand', k => 2, by => 'store');
RESET segment.max_memory; RESET max_parallel_workers_per_gather;
SELECT count(*) AS models FROM (
	SELECT v.by_value, v.clustering FROM segment.version AS v JOIN segment.model AS m ON m.id = v.model_id WHERE m.model IN ('thousand', 'sorted') AND v.active GROUP BY 1, 2) AS v;
-- The table is read once, and once more for all groups that do not fit a sketch together, but with passes 0; from the start
-- where the memory did not suffice
CREATE SEQUENCE rows_read;
CREATE VIEW counted AS SELECT * FROM thousand WHERE nextval('rows_read') > 0;
CREATE VIEW counted_large AS SELECT id / 20000 AS store, sin(id) AS a, cos(id) AS b FROM generate_series(0, 39999) AS id WHERE nextval('rows_read') > 0;
CREATE FUNCTION scans(source regclass, method text, options jsonb DEFAULT '{}') RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	row_count bigint;
BEGIN
	PERFORM set_config('client_min_messages', 'warning', true);
	EXECUTE format('SELECT count(*) FROM %s', source) INTO row_count;
	PERFORM setval('rows_read', 1, false);
	PERFORM segment.cluster_groups(source, 'store', '{a,b}', 2, method, 'zscore', 0, options, current_setting('search_path'));
	RETURN round((nextval('rows_read') - 1)::numeric / row_count, 2);
END $$;
SELECT scans('counted', 'kmeans') AS kmeans, scans('counted', 'hclust') AS hclust, scans('counted', 'gmm') AS gmm;
SELECT scans('counted_large', 'kmeans', '{"n_init": 1}') AS kmeans, scans('counted_large', 'kmeans', '{"n_init": 1, "passes": 0}') AS passes_0,
	scans('counted_large', 'hclust') AS hclust, scans('counted_large', 'gmm', '{"n_init": 1, "max_iter": 2}') AS gmm;
ALTER TABLE thousand ALTER store SET (n_distinct = 2);
ANALYZE thousand;
SET segment.max_memory = '4MB';
SELECT scans('counted', 'kmeans') BETWEEN 1.01 AND 1.99 AS begun_anew;
RESET segment.max_memory;
ALTER TABLE thousand ALTER store RESET (n_distinct);
-- groups and names come by hash joins, and conditions reach the index of the source
ANALYZE thousand;
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ 'Hash Cond.*(store|number)|thousand' THEN RETURN NEXT btrim(line, ' ->'); END IF;
	END LOOP;
END $$;
SELECT plan('SELECT * FROM thousand_personas');
SELECT plan('SELECT persona FROM thousand_personas WHERE id = 7');

-- Others see what is shared with them, and views
GRANT USAGE ON SCHEMA by_groups TO regress_segment_by_reader;
GRANT SELECT ON gaps_personas, gaps TO regress_segment_by_reader;
SELECT segment.share('gaps', 'regress_segment_by_reader');
SET ROLE regress_segment_by_reader;
SELECT store, count(persona) FROM by_groups.gaps_personas GROUP BY 1 ORDER BY 1;
SELECT model, by_column, groups FROM segment.models;
SELECT count(*), count(DISTINCT by_value) FROM segment.personas;
SELECT segment.rename('gaps', 0, 'mine', 'full');
SET ROLE regress_segment_by;

-- What is refused
CREATE FUNCTION refusal(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; hint text;
BEGIN
	EXECUTE 'SELECT ' || call;
	RAISE 'not refused';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN format(E'%s\n%s %s\n      %s', call, SQLSTATE, message, hint);
END $$;
SET client_min_messages = warning;
CREATE TABLE lost AS SELECT * FROM gaps;
SELECT count(*) FROM segment.fit('lost', 'lost', '{a,b}', 2, by => 'store');
ALTER TABLE lost DROP COLUMN store;
SELECT segment.rename('lost', 0, 'x', 'full');
CREATE TABLE none AS SELECT NULL::text AS store, 1 AS a;
CREATE TABLE useless AS SELECT 'x' AS store, NULL::int AS a;
CREATE TABLE nothing AS SELECT id, store FROM thousand;
ALTER TABLE nothing ADD PRIMARY KEY (id);
\pset format unaligned
\pset tuples_only on
SELECT refusal(call) FROM (VALUES
	-- no such column
	(1, $$segment.fit('m', 'gaps', '{a}', 2, by => 'shop')$$),
	-- all rows of a group are alike in it
	(2, $$segment.fit('m', 'thousand', '{a,store}', 2, by => 'store')$$),
	-- nothing is left to cluster
	(3, $$segment.fit('m', 'nothing', k => 2, by => 'store')$$),
	-- no equality
	(4, $$segment.fit('m', 'typed', '{a}', 2, by => 'point')$$),
	-- all that fit refuses without groups
	(5, $$segment.fit('m', 'useless', '{a}', by => 'store')$$),
	(6, $$segment.fit('m', 'gaps', '{a}', 2, method => 'dbscan', by => 'store')$$),
	(7, $$segment.fit('m', 'gaps', '{a}', 0, by => 'store')$$),
	(8, $$segment.fit('m', 'gaps', '{a}', 2, scale => 'huge', by => 'store')$$),
	-- no row has a group, or a number
	(9, $$segment.fit('m', 'none', '{a}', 2, by => 'store')$$),
	(10, $$segment.fit('m', 'useless', '{a}', 2, by => 'store')$$),
	-- the column for groups is gone
	(11, $$segment.refit('lost')$$),
	(12, $$segment.create_view('lost', 'lost_personas')$$),
	-- a cluster is one of a group
	(13, $$segment.rename('visits', 0, 'x')$$),
	(14, $$segment.rename('visits', 0, 'x', 'Madrid')$$),
	(15, $$segment.rename('visits', 77, 'x', 'Lyon')$$),
	(16, $$segment.rename('visits', 0, 'Regulars', 'Lyon')$$),
	(17, $$segment.activate('visits', 9)$$),
	(23, $$segment.rename('thousand', 0, 'x', '1000')$$),
	(24, $$segment.rename('thousand', 0, 'x', 'one')$$),
	(25, $$segment.rename('text', 0, 'x', 'store 1')$$),
	-- without the column, only its text tells a group
	(26, $$segment.rename('lost', 0, 'x', 'FULL')$$),
	(19, $$segment.snapshot('lost')$$),
	-- a group is given where there are none
	(18, $$segment.rename('alike', 0, 'x', 'Lyon')$$)) AS calls(n, call), (SELECT count(*) FROM segment.fit('alike', 'visits', '{a}', 2)) AS made ORDER BY n;
\pset tuples_only off
\pset format aligned

SELECT count(segment.drop(model, cascade => true)::text) > 0 AS dropped FROM (SELECT DISTINCT model FROM segment.models) AS m;
SELECT (SELECT count(*) FROM segment.version) AS versions, (SELECT count(*) FROM segment.persona) AS personas, (SELECT count(*) FROM segment.change) AS changes;
RESET ROLE;
DROP SCHEMA by_groups CASCADE;
DROP ROLE regress_segment_by, regress_segment_by_reader;
