-- segment.explain and segment.explain_customer of a model by groups: what they say of a group is what they say of a model of its rows alone
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_by_explain;
CREATE ROLE regress_segment_by_explain_guest;
CREATE SCHEMA by_explain AUTHORIZATION regress_segment_by_explain;
SET ROLE regress_segment_by_explain;
SET search_path = by_explain, public;
SET extra_float_digits = -6;

CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT count(*) FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score,age}', 5, by => 'gender');
SELECT rank, feature, effect, effect_word, z, word, rule, named_by FROM segment.explain('mall', 0, 'Female');
SELECT rank, feature, value, needed, change, cluster, persona, distance, next_cluster, next_persona, next_distance, by_value FROM segment.explain_customer('mall', '44');

-- of a group as of its rows alone: every cluster, every fifth customer
CREATE FUNCTION compare(source regclass, by text, k int, method text DEFAULT 'kmeans')
	RETURNS TABLE (groups int, clusters bigint, explained bigint, differently bigint, customers bigint, placed bigint, otherwise bigint) LANGUAGE plpgsql AS $$
DECLARE
	wanted text;
BEGIN
	SET LOCAL client_min_messages = warning;
	PERFORM segment.fit('together', source, '{annual_income,spending_score}', k, '{customer_id}', method, by => compare.by);
	groups := 0;
	CREATE TEMP TABLE said AS SELECT ''::text AS of, 'x' AS who, 0 AS at, e.* FROM segment.explain('mall', 0, 'Male') AS e WHERE false;
	CREATE TEMP TABLE moved AS SELECT ''::text AS of, 'x' AS who, ''::text AS id, e.* FROM segment.explain_customer('mall', '1') AS e WHERE false;
	FOR wanted IN SELECT DISTINCT by_value FROM segment.personas WHERE model = 'together' LOOP
		groups := groups + 1;
		EXECUTE format('CREATE VIEW alone AS SELECT * FROM %s WHERE %I = %L', source, compare.by, wanted);
		PERFORM segment.fit('alone', 'alone', '{annual_income,spending_score}', k, '{customer_id}', method);
		INSERT INTO said SELECT wanted, w.who, p.cluster, e.* FROM (VALUES ('alone', NULL), ('together', wanted)) AS w(who, by_value)
			JOIN segment.personas AS p ON p.model = w.who AND p.by_value IS NOT DISTINCT FROM w.by_value CROSS JOIN LATERAL segment.explain(w.who, p.cluster, w.by_value) AS e;
		INSERT INTO moved SELECT wanted, w.who, a.customer_id::text, e.* FROM (VALUES ('alone'), ('together')) AS w(who)
			CROSS JOIN alone AS a CROSS JOIN LATERAL segment.explain_customer(w.who, a.customer_id::text) AS e WHERE a.customer_id % 5 = 1;
		PERFORM segment.drop('alone');
		DROP VIEW alone;
	END LOOP;
	UPDATE moved SET by_value = of WHERE who = 'alone';
	SELECT count(DISTINCT (s.of, s.at)), count(*) FILTER (WHERE s.who = 'together') INTO clusters, explained FROM said AS s;
	SELECT count(*) INTO differently FROM (SELECT to_jsonb(s) - 'who' FROM said AS s GROUP BY 1 HAVING count(*) <> 2) AS d;
	SELECT count(DISTINCT m.id), count(*) FILTER (WHERE m.who = 'together') INTO customers, placed FROM moved AS m;
	SELECT count(*) INTO otherwise FROM (SELECT to_jsonb(m) - 'who' FROM moved AS m GROUP BY 1 HAVING count(*) <> 2) AS d;
	DROP TABLE said, moved;
	PERFORM segment.drop('together');
	RETURN NEXT;
END $$;
SELECT * FROM compare('mall_customers', 'gender', 5);
SELECT * FROM compare('mall_customers', 'gender', 3, 'gmm');
CREATE VIEW decades AS SELECT *, age / 10 * 10 AS decade FROM mall_customers;
SELECT * FROM compare('decades', 'decade', 3, 'hclust');

-- Groups that are hard to write
CREATE TYPE mood AS ENUM ('sad', 'fine');
CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE hostile AS
	SELECT i AS id, i % 5 AS a, (i % 3) ^ 2 AS b, (ARRAY['"; DROP TABLE hostile; --', 'it''s', '%s $1 %1$I', '', '{a,"b"}'])[1 + i % 5] AS "by; ""this"" --",
		(ARRAY['Berlin', 'berlin', 'BERLIN', 'Rome'])[1 + i % 4] COLLATE blind AS town, CASE WHEN i % 6 = 0 THEN 1.0 ELSE i % 3 + 1.00 END AS number,
		date '2026-01-31' + i % 2 AS day, (ARRAY['sad', 'fine'])[1 + i % 2]::mood AS mood
	FROM generate_series(1, 200) AS i;
ALTER TABLE hostile ADD PRIMARY KEY (id);
CREATE FUNCTION by_column(name text) RETURNS TABLE (by_value text, explained bigint, customers bigint) LANGUAGE plpgsql AS $$
BEGIN
	PERFORM segment.fit(name, 'hostile', '{a,b}', 2, by => name);
	SET LOCAL datestyle = 'SQL, DMY';
	RETURN QUERY SELECT p.by_value, (SELECT count(*) FROM segment.explain(name, 0, p.by_value)), c.customers
		FROM segment.personas AS p LEFT JOIN (
			SELECT e.by_value, count(*) AS customers FROM hostile AS h CROSS JOIN LATERAL segment.explain_customer(name, h.id::text) AS e WHERE e.rank = 1 GROUP BY 1) AS c
			ON c.by_value = p.by_value
		WHERE p.model = name AND p.cluster = 0 ORDER BY p.by_value COLLATE "C";
END $$;
SELECT * FROM by_column('by; "this" --');
SELECT * FROM by_column('town');
SELECT * FROM by_column('number');
SELECT * FROM by_column('day');
SELECT * FROM by_column('mood');

-- What is refused
SELECT segment.explain('mall', 0);
SELECT segment.explain('mall', 0, 'Unknown');
SELECT segment.explain('mall', 5, 'Male');
SELECT count(*) FROM segment.fit('alike', 'mall_customers', '{age}', 2);
SELECT segment.explain('alike', 0, 'Male');
SELECT DISTINCT by_value FROM segment.explain_customer('alike', '1');
-- a customer without a group, in one that the model has not, without a number; one that moves
INSERT INTO mall_customers VALUES (201, NULL, 30, 50, 50), (202, '', 30, 50, 50), (203, 'Male', NULL, 50, 50);
SELECT segment.explain_customer('mall', '201');
SELECT segment.explain_customer('mall', '202');
SELECT segment.explain_customer('mall', '203');
UPDATE mall_customers SET gender = CASE gender WHEN 'Male' THEN 'Female' ELSE 'Male' END WHERE customer_id = 44;
SELECT DISTINCT cluster, persona, by_value FROM segment.explain_customer('mall', '44');
UPDATE mall_customers SET gender = CASE gender WHEN 'Male' THEN 'Female' ELSE 'Male' END WHERE customer_id = 44;
-- the active version decides
SELECT count(*) FROM segment.refit('mall');
SELECT DISTINCT persona, by_value FROM segment.explain_customer('mall', '202');
SELECT segment.activate('mall', 1);
SELECT segment.explain('mall', 0, '');
SELECT DISTINCT cluster, persona, by_value FROM segment.explain_customer('mall', '44');
-- guests
GRANT USAGE ON SCHEMA by_explain TO regress_segment_by_explain_guest;
GRANT SELECT ON mall_customers TO regress_segment_by_explain_guest;
SELECT segment.share('mall', 'regress_segment_by_explain_guest');
SET ROLE regress_segment_by_explain_guest;
SELECT feature, word FROM segment.explain('mall', 0, 'Male');
SELECT DISTINCT cluster, persona, by_value FROM segment.explain_customer('mall', '44');
SET ROLE regress_segment_by_explain;
ALTER TABLE mall_customers RENAME gender TO sex;
SELECT segment.explain_customer('mall', '44');

RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA by_explain CASCADE;
DELETE FROM segment.model WHERE owner = 'regress_segment_by_explain'::regrole;
DROP ROLE regress_segment_by_explain, regress_segment_by_explain_guest;
