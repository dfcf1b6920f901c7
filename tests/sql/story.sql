-- segment.story: every number of it computed again from the rows, names that stay text, and what it leaves out
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_segment_story;
CREATE ROLE regress_segment_story_guest;
CREATE SCHEMA story AUTHORIZATION regress_segment_story;
GRANT USAGE ON SCHEMA story TO regress_segment_story_guest;
SET ROLE regress_segment_story;
SET search_path = story, public;
\pset format unaligned
\pset tuples_only on
CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT count(*) FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', 5);
SELECT segment.create_view('mall', 'personas');
CREATE FUNCTION told(model text) RETURNS TABLE (line text) LANGUAGE sql AS
	$$ SELECT regexp_replace(l, '\d{4}-\d\d-\d\d', 'DATE', 'g') FROM regexp_split_to_table(segment.story(model), E'\n') WITH ORDINALITY AS t(l, at) ORDER BY at $$;
SELECT line FROM told('mall');

-- the same from the rows, by the definitions of the text books
CREATE FUNCTION recomputed() RETURNS TABLE (line text) LANGUAGE sql AS $q$
	WITH long AS (
		SELECT cluster, persona, feature, x FROM personas CROSS JOIN LATERAL (VALUES ('annual_income', annual_income::float8), ('spending_score', spending_score)) AS f(feature, x)
	), contrast AS (
		SELECT p.cluster, l.feature, avg(x) FILTER (WHERE l.cluster = p.cluster) AS mean, avg(x) FILTER (WHERE l.cluster <> p.cluster) AS others,
			sqrt((count(*) FILTER (WHERE l.cluster = p.cluster) * var_pop(x) FILTER (WHERE l.cluster = p.cluster)
				+ count(*) FILTER (WHERE l.cluster <> p.cluster) * var_pop(x) FILTER (WHERE l.cluster <> p.cluster)) / count(*)) AS sd
		FROM (SELECT DISTINCT cluster FROM personas) AS p CROSS JOIN long AS l GROUP BY p.cluster, l.feature
	), gender AS (
		SELECT DISTINCT ON (cluster) cluster, gender, count(*) / sum(count(*)) OVER (PARTITION BY cluster) AS share FROM personas GROUP BY cluster, gender ORDER BY cluster, count(*) DESC, gender
	)
	SELECT format('%s segments of %s customers of story.mall_customers, told apart by annual_income and spending_score. Version %s, fitted on DATE (UTC) by kmeans, scale zscore.',
		count(DISTINCT cluster), count(*), (SELECT max(version) FROM segment.models)) FROM personas
	UNION ALL
	SELECT format('Of the variance of the customers, the segments explain %s.', string_agg(format('%s %% in %s', round(e.share, 1), e.feature), ' and ' ORDER BY e.share DESC))
	FROM (SELECT w.feature, 100 * (1 - sum(w.n * w.v) / (max(t.n) * max(t.v)))::numeric AS share FROM (SELECT feature, cluster, count(*) AS n, var_pop(x) AS v FROM long GROUP BY 1, 2) AS w
		JOIN (SELECT feature, count(*) AS n, var_pop(x) AS v FROM long GROUP BY 1) AS t ON t.feature = w.feature GROUP BY 1) AS e
	UNION ALL
	SELECT format('| %s | %s | %s %% |', persona, count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 1)) FROM personas GROUP BY persona
	UNION ALL
	SELECT format('How many segments there should be, as indices of the customers see it: %s.', verdict)
	FROM segment.choose_k('mall_customers', '{annual_income,spending_score}') WHERE chosen AND k = 5
	UNION ALL
	SELECT format('%s customers, %s %% of all. What sets them apart: %s.', n, round(100.0 * n / sum(n) OVER (), 1),
		(SELECT string_agg(format('%s %s, against %s of all others (a %s difference)', feature, trim_scale(round(mean::numeric, 1)), trim_scale(round(others::numeric, 1)), segment.effect_word((mean - others) / sd)),
			'; ' ORDER BY abs((mean - others) / sd) DESC) FROM contrast AS c WHERE c.cluster = p.cluster AND abs(mean - others) >= 0.2 * sd))
	FROM (SELECT cluster, count(*) AS n FROM personas GROUP BY cluster) AS p
	UNION ALL
	SELECT format('Who they are: age %s on average, everybody %s; gender most often %s, %s %%, everybody %s %%.', trim_scale(round(avg(p.age), 1)),
		(SELECT trim_scale(round(avg(age), 1)) FROM personas), g.gender, round(100 * g.share, 1), (SELECT round(100.0 * count(*) FILTER (WHERE e.gender = g.gender) / count(*), 1) FROM personas AS e))
	FROM personas AS p JOIN gender AS g USING (cluster) GROUP BY cluster, g.gender, g.share
$q$;
SELECT count(*) AS lines_as_computed FROM recomputed();
SELECT line FROM recomputed() EXCEPT SELECT line FROM told('mall');
SELECT line FROM told('mall') WHERE line ~ '\d' EXCEPT SELECT line FROM recomputed();

-- a year later: what changed, and who moved
SELECT customers FROM segment.snapshot('mall');
CREATE TABLE former AS SELECT customer_id, cluster, persona FROM personas;
CREATE TABLE former_sizes AS SELECT cluster, count(*) AS n FROM former GROUP BY cluster;
UPDATE mall_customers SET spending_score = 100 - spending_score WHERE customer_id % 9 = 0;
DELETE FROM mall_customers WHERE customer_id % 50 = 7;
INSERT INTO mall_customers SELECT i, 'Female', 40, 60, 50 FROM generate_series(300, 310) AS i;
SELECT count(*) FROM segment.refit('mall');
SELECT customers FROM segment.snapshot('mall');
WITH moved AS (SELECT f.cluster AS a, p.cluster AS b, f.persona AS from_persona, p.persona AS to_persona FROM former AS f FULL JOIN personas AS p USING (customer_id)),
expected AS (
	SELECT line FROM recomputed()
	UNION ALL SELECT 'Version 1 continues no other: there is nothing to compare it with.'
	UNION ALL SELECT 'Version 2 continues version 1, fitted on DATE.'
	UNION ALL
	SELECT format('| %s | %s | %s | %s | %s |', p.persona, c.event, f.n, count(*), segment.short_number(c.drift))
	FROM personas AS p JOIN former_sizes AS f USING (cluster) JOIN segment.changes AS c USING (cluster) WHERE c.model = 'mall' AND c.version = 2 GROUP BY cluster, p.persona, f.n, c.event, c.drift
	UNION ALL
	SELECT format('Between the snapshots of DATE and DATE (UTC), %s customers moved to another segment, %s came, %s went.',
		count(*) FILTER (WHERE a <> b), count(*) FILTER (WHERE a IS NULL), count(*) FILTER (WHERE b IS NULL)) FROM moved
	UNION ALL
	SELECT format('- from %s to %s: %s customers, %s %% of the former', from_persona, to_persona, count(*), round(100.0 * count(*) / (SELECT n FROM former_sizes WHERE cluster = a), 1))
	FROM moved WHERE a <> b GROUP BY a, b, from_persona, to_persona
), story AS (SELECT line FROM told('mall'))
SELECT 'not recomputed: ' || line FROM (SELECT line FROM story WHERE line ~ '\d' EXCEPT SELECT line FROM expected) AS d
UNION ALL SELECT 'changes told: ' || count(*)::text FROM story JOIN expected USING (line) WHERE line ~ '^\| .* \| kept|^- from|^Between|^Version';
SELECT line FROM told('mall') WITH ORDINALITY AS t(line, at) WHERE at >= (SELECT min(at) FROM told('mall') WITH ORDINALITY AS t(line, at) WHERE line = '## What changed') ORDER BY at;

-- names are text, whatever they look like
SELECT segment.rename('mall', 0, E'<script>alert(1)</script> *bold* a|b\n# c _d_ e_f &lt; ~g~ $h$ 5.5 % of: all');
SELECT segment.rename('mall', 1, E'\t- www.a.com :b: http://c.d `e` f\\n [g](h) \u2028 \u0645\u0631\u062d\u0628\u0627 "x" ''y''');
SELECT line FROM told('mall') WHERE line ~ 'script|www';
CREATE TABLE "<b>" ("a|b" float8, "*c*" float8, "__d__" text, "e" text, id int, unknown text, big float8);
INSERT INTO "<b>" SELECT i % 2 * 10 + i % 3, 7, CASE WHEN i % 2 = 1 THEN E'<i>\nx' END, i::text, i, NULL, CASE i % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' WHEN 2 THEN 1e300 ELSE 5 END::float8 FROM generate_series(1, 60) AS i;
SELECT count(*) FROM segment.fit('<m>', '"<b>"', '{a|b,*c*}', 2, '{id}');
SELECT line FROM told('<m>') WHERE line <> '';

-- one cluster; other methods; the number that was asked for is not what the indices say
SELECT count(*) FROM segment.fit('one', 'mall_customers', '{age}', 1);
SELECT line FROM told('one') WHERE line ~ 'segment|others';
SELECT count(*) FROM segment.fit('tree', 'mall_customers', '{annual_income,spending_score}', 5, method => 'hclust');
SELECT line FROM told('tree') WITH ORDINALITY AS t(line, at) WHERE line ~ 'fitted|How many|explain|distrust|warning' ORDER BY at;
SELECT count(*) FROM segment.fit('three', 'mall_customers', '{annual_income,spending_score}', 3);
SELECT line FROM told('three') WHERE line LIKE 'How many%';
-- what lint and health say is told
CREATE TABLE skewed AS SELECT i AS id, exp(i % 97 / 8.0) AS spent, i * 13 % 31 AS visits FROM generate_series(1, 300) AS i;
SELECT count(*) FROM segment.fit('skewed', 'skewed', '{spent,visits}', 3, '{id}');
UPDATE skewed SET visits = visits + 100;
SELECT line FROM told('skewed') WITH ORDINALITY AS t(line, at) WHERE at > (SELECT min(at) FROM told('skewed') WITH ORDINALITY AS t(line, at) WHERE line LIKE '## What to%') AND line <> '' ORDER BY at;
-- a view that needs the caller's search_path
CREATE FUNCTION doubled(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
CREATE FUNCTION quadrupled(x int) RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN doubled(doubled(x)); END';
CREATE VIEW seen AS SELECT customer_id, quadrupled(age) AS age4, annual_income FROM mall_customers;
SELECT count(*) FROM segment.fit('seen', 'seen', '{annual_income}', 2, '{customer_id}');
SELECT line FROM told('seen') WHERE line LIKE 'Who%';

-- a guest who may not read the source, or not even look into its schema, gets what needs no source
SELECT segment.share('mall', 'regress_segment_story_guest');
SET ROLE regress_segment_story_guest;
SELECT line FROM regexp_split_to_table(segment.story('mall'), E'\n') AS line WHERE line ~ '^(# |How|Who|The source|2|-)';
RESET ROLE;
REVOKE USAGE ON SCHEMA story FROM regress_segment_story_guest;
SET ROLE regress_segment_story_guest;
SELECT line FROM regexp_split_to_table(segment.story('mall'), E'\n') AS line WHERE line LIKE 'The source%';
SET ROLE regress_segment_story;
-- an empty source, one that has lost a feature, none
TRUNCATE skewed;
SELECT line FROM told('skewed') WITH ORDINALITY AS t(line, at) WHERE line ~ 'How many|now|no rows|Who' ORDER BY at;
ALTER TABLE skewed DROP COLUMN visits;
SELECT line FROM told('skewed') WHERE line LIKE 'The source%';
DROP TABLE skewed;
SELECT line FROM told('skewed') WHERE line LIKE 'The source%';
-- A group has the story that a model of its rows alone has, but for what it is called
CREATE VIEW women AS SELECT customer_id, age, annual_income, spending_score FROM mall_customers WHERE gender = 'Female';
SELECT count(*) FROM segment.fit('by', 'mall_customers', '{annual_income,spending_score}', 4, by => 'gender');
SELECT count(*) FROM segment.fit('women', 'women', '{annual_income,spending_score}', 4, '{customer_id}');
DROP FUNCTION told;
CREATE FUNCTION told(model text, by_value text DEFAULT NULL) RETURNS TABLE (line text) LANGUAGE sql AS
	$$ SELECT regexp_replace(l, '\d{4}-\d\d-\d\d', 'DATE', 'g') FROM regexp_split_to_table(segment.story(model, by_value), E'\n') WITH ORDINALITY AS t(l, at) ORDER BY at $$;
SELECT count(*) AS lines, count(*) FILTER (WHERE g.line = w.line) AS the_same
FROM told('by', 'Female') WITH ORDINALITY AS g(line, at) FULL JOIN told('women') WITH ORDINALITY AS w(line, at) USING (at);
SELECT g.line AS "group", w.line AS alone
FROM told('by', 'Female') WITH ORDINALITY AS g(line, at) FULL JOIN told('women') WITH ORDINALITY AS w(line, at) USING (at) WHERE g.line IS DISTINCT FROM w.line;
-- All groups together: every number again, from the rows that the view gives a persona, and from segment.changes
CREATE TABLE visits AS SELECT i AS id, sqrt(i)::int AS store, i * 7919 % 101 + sqrt(i) AS a, i * 7907 % 103 AS b FROM generate_series(1, 1800) AS i;
ALTER TABLE visits ADD PRIMARY KEY (id);
SELECT count(DISTINCT by_value) FROM segment.fit('visits', 'visits', '{a,b}', 4, by => 'store');
SELECT segment.create_view('visits', 'visitors');
CREATE FUNCTION recomputed_groups() RETURNS TABLE (line text) LANGUAGE sql AS $q$
	WITH g AS (
		SELECT store, count(*) AS n, count(DISTINCT persona) AS segments, row_number() OVER (ORDER BY count(*) DESC, store) AS rank FROM visitors GROUP BY store
	), c AS (
		SELECT store, persona, count(*) AS n, count(*)::numeric / sum(count(*)) OVER (PARTITION BY store) AS share FROM visitors GROUP BY store, persona
	), p AS (
		SELECT persona, count(*) AS n, count(DISTINCT store) AS groups, count(*)::numeric / sum(count(*)) OVER () AS share,
			row_number() OVER (ORDER BY count(*) DESC, persona COLLATE "C") AS rank FROM visitors GROUP BY persona
	), long AS (
		SELECT store, feature, x FROM visitors CROSS JOIN LATERAL (VALUES ('a', a::float8), ('b', b)) AS f(feature, x)
	), mean AS (
		SELECT *, avg(x) OVER (PARTITION BY store, feature) AS in_store FROM long
	)
	SELECT format('%s groups by store, each clustered by itself, with a story of its own: %s segments of %s customers of story.visits, told apart by a and b. Version %s, fitted on DATE (UTC) by kmeans, scale zscore.',
		count(*), sum(segments), sum(n), (SELECT max(version) FROM segment.models WHERE model = 'visits')) FROM g
	UNION ALL
	SELECT format('Of the variance of the customers, the groups explain %s.', string_agg(format('%s %% in %s', round(100 * share::numeric, 1), feature), ' and ' ORDER BY share DESC))
	FROM (SELECT feature, var_pop(in_store) / var_pop(x) AS share FROM mean GROUP BY feature) AS v
	UNION ALL
	SELECT format('The largest group, store %s, has %s customers, the smallest, store %s, has %s customers; half of the groups have %s or fewer.',
		(SELECT store FROM g WHERE rank = 1), max(n), (SELECT store FROM g ORDER BY rank DESC LIMIT 1), min(n), percentile_disc(0.5) WITHIN GROUP (ORDER BY n)) FROM g
	UNION ALL
	SELECT format('| %s | %s | %s %% | %s | %s, %s %% |', store, n, round(100.0 * n / (SELECT sum(n) FROM g), 1), segments, persona, round(100 * share, 1))
	FROM (SELECT DISTINCT ON (g.store) g.*, c.persona, c.share FROM g JOIN c USING (store) JOIN segment.personas AS k ON k.model = 'visits' AND k.by_value = g.store::text AND k.persona = c.persona
		WHERE rank <= 10 ORDER BY g.store, c.n DESC, k.cluster) AS t
	UNION ALL SELECT format('And %s more groups, of %s customers.', count(*), sum(n)) FROM g WHERE rank > 10
	UNION ALL
	SELECT format('Of %s names, %s are in every group, %s are in one only.', count(*), count(*) FILTER (WHERE groups = (SELECT count(*) FROM g)), count(*) FILTER (WHERE groups = 1)) FROM p
	UNION ALL
	SELECT format('| %s | %s | %s | %s %% | %s %%, %s |', persona, groups, p.n, round(100 * p.share, 1), round(100 * t.share, 1), t.store)
	FROM p CROSS JOIN LATERAL (SELECT c.store, c.share FROM c JOIN g USING (store) WHERE c.persona = p.persona ORDER BY c.share DESC, g.rank LIMIT 1) AS t WHERE rank <= 15
	UNION ALL SELECT format('And %s more names, of %s customers.', count(*), sum(n)) FROM p WHERE rank > 15 HAVING count(*) > 0
	UNION ALL
	(SELECT format('- store %s: %s %% of its %s customers would be of another persona; %s %% are %s there, %s %% of all', store, round(100 * distance, 1), n, round(100 * share, 1), persona, round(100 * all_share, 1))
	FROM (
		SELECT DISTINCT ON (g.store) g.store, g.n, g.rank, t.distance, c.persona, c.share, p.share AS all_share
		FROM g JOIN c USING (store) JOIN p USING (persona) JOIN segment.personas AS k ON k.model = 'visits' AND k.by_value = g.store::text AND k.persona = c.persona
		JOIN LATERAL (SELECT sum(abs(coalesce(w.share, 0) - q.share)) / 2 AS distance FROM p AS q LEFT JOIN c AS w ON w.persona = q.persona AND w.store = g.store) AS t ON true
		WHERE g.n >= 30 ORDER BY g.store, c.share - p.share DESC, k.cluster) AS d
	ORDER BY distance DESC, rank LIMIT 5)
	UNION ALL SELECT 'Of the groups of 30 customers or more, those that would have to change the most to be spread over the personas as all customers are:'
	UNION ALL
	SELECT format('- In %s %s there are fewer than ten customers per feature: others would give other segments (%s ...).', count(*), 'groups', (SELECT string_agg(store::text, ', ') FROM (SELECT store FROM g WHERE n < 20 ORDER BY rank LIMIT 5) AS l))
	FROM g WHERE n < 20
	UNION ALL
	SELECT format('- In %s there are fewer segments than the 4 that were asked for: too few customers differ (%s).', CASE count(*) WHEN 1 THEN '1 group' ELSE count(*) || ' groups' END, string_agg(store::text, ', ' ORDER BY rank)) FROM g WHERE segments < 4
$q$;
SELECT count(*) AS lines_as_computed FROM recomputed_groups();
SELECT line FROM recomputed_groups() EXCEPT SELECT line FROM told('visits');
SELECT line FROM told('visits') WHERE line ~ '\d' EXCEPT SELECT line FROM recomputed_groups();
SELECT line FROM told('visits') WITH ORDINALITY AS t(line, at) WHERE line <> '' ORDER BY at;
-- stores that change, open and close, and customers who go from one to the other
SELECT customers FROM segment.snapshot('visits');
CREATE TABLE visited AS SELECT id, store, cluster, persona FROM visitors;
UPDATE visits SET a = a + 50 WHERE id % 9 < 3 AND store IN (39, 41);
UPDATE visits SET a = a + 500 WHERE id % 9 = 1 AND store = 40;
DELETE FROM visits WHERE store = 20;
INSERT INTO visits SELECT 5000 + i, 1000, i, i % 7 FROM generate_series(1, 50) AS i;
UPDATE visits SET store = 40 WHERE id % 9 < 3 AND store = 38;
SELECT count(DISTINCT by_value) FROM segment.refit('visits');
SELECT customers FROM segment.snapshot('visits');
CREATE VIEW moves AS SELECT f.store AS from_store, f.cluster AS from_cluster, f.persona AS from_persona, t.store AS to_store, t.cluster AS to_cluster, t.persona AS to_persona
	FROM visited AS f FULL JOIN visitors AS t USING (id);
WITH c AS (
	SELECT by_value, count(*) FILTER (WHERE event = 'born') AS born, count(*) FILTER (WHERE event = 'died') AS died, count(*) FILTER (WHERE event = 'split') AS split,
		count(*) FILTER (WHERE event = 'merged') AS merged, max(drift) AS drift
	FROM segment.changes WHERE model = 'visits' GROUP BY by_value
), expected AS (
	SELECT line FROM recomputed_groups()
	UNION ALL
	SELECT format('Version 2 continues version 1, fitted on DATE. Groups that are new: 1, that changed: %s, that did not: %s, that are gone: 1. Segments born: %s, died: %s, split: %s, merged: %s.',
		count(*) - 2, (SELECT count(DISTINCT store) FROM visits) - count(*) + 1, sum(born), sum(died), sum(split), sum(merged)) FROM c
	UNION ALL
	SELECT format('Between the snapshots of DATE and DATE (UTC), %s customers moved to another segment (%s of them in another group), %s came, %s went.',
		count(*) FILTER (WHERE (from_store, from_cluster) <> (to_store, to_cluster)), count(*) FILTER (WHERE from_store <> to_store),
		count(*) FILTER (WHERE from_store IS NULL), count(*) FILTER (WHERE to_store IS NULL)) FROM moves
	UNION ALL
	(SELECT format('- from %s (%s) to %s (%s): %s customers, %s %% of the former', from_persona, from_store, to_persona, to_store, n, round(100.0 * n / (SELECT count(*) FROM visited AS v WHERE v.store = from_store AND v.cluster = from_cluster), 1))
	FROM (SELECT from_persona, from_store, from_cluster, to_persona, to_store, to_cluster, count(*) AS n FROM moves WHERE (from_store, from_cluster) <> (to_store, to_cluster) GROUP BY 1, 2, 3, 4, 5, 6) AS m
	ORDER BY n DESC, from_store, from_cluster, to_store, to_cluster LIMIT 5)
	UNION ALL SELECT format('| %s | %s | %s | %s | %s | %s |', by_value, born, died, split, merged, segment.short_number(drift)) FROM c WHERE by_value NOT IN ('20', '1000')
)
SELECT 'not recomputed: ' || line FROM (SELECT line FROM told('visits') WHERE line ~ '\d' EXCEPT SELECT line FROM expected) AS d
UNION ALL SELECT 'not told: ' || line FROM (SELECT line FROM expected EXCEPT SELECT line FROM told('visits')) AS d;
SELECT line FROM told('visits') WITH ORDINALITY AS t(line, at)
WHERE at >= (SELECT min(at) FROM told('visits') WITH ORDINALITY AS t(line, at) WHERE line = '## What changed') AND line <> '' ORDER BY at;
SELECT line FROM told('visits', '40') WHERE line ~ '^Between|^- from'
EXCEPT (
	SELECT format('Between the snapshots of DATE and DATE (UTC), %s customers moved to another segment, %s came (%s of them from other groups), %s went (%s of them to other groups).',
		count(*) FILTER (WHERE from_store = 40 AND to_store = 40 AND from_cluster <> to_cluster),
		count(*) FILTER (WHERE to_store = 40 AND from_store IS DISTINCT FROM 40), count(*) FILTER (WHERE to_store = 40 AND from_store <> 40),
		count(*) FILTER (WHERE from_store = 40 AND to_store IS DISTINCT FROM 40), count(*) FILTER (WHERE from_store = 40 AND to_store <> 40)) FROM moves
	UNION ALL
	SELECT format('- from %s to %s: %s, %s %% of the former', from_persona, to_persona, segment.count_text(n, 'customer'), round(100.0 * n / (SELECT count(*) FROM visited AS v WHERE v.store = 40 AND v.cluster = from_cluster), 1))
	FROM (SELECT from_persona, from_cluster, to_persona, to_cluster, count(*) AS n FROM moves WHERE from_store = 40 AND to_store = 40 GROUP BY 1, 2, 3, 4) AS m);
SELECT line FROM told('visits', '40') WHERE line ~ '^Between|^- from';
-- of a group that is new, of one that has not changed
SELECT store, line FROM (VALUES ('1000'), ('7')) AS g(store), told('visits', store) WHERE line LIKE 'Version%';
-- a group, or all, of somebody else's model
SELECT segment.share('visits', 'regress_segment_story_guest');
SET ROLE regress_segment_story_guest;
SELECT line FROM regexp_split_to_table(segment.story('visits'), E'\n') AS line WHERE line ~ '^(#|The source)';
SELECT line FROM regexp_split_to_table(segment.story('visits', '7'), E'\n') AS line WHERE line ~ '^(#|The source)';
SET ROLE regress_segment_story;
-- names and values are text
CREATE VIEW marked AS SELECT id, a, b, CASE store WHEN 40 THEN E'<i>\n| *a*' ELSE '_' || store || '_' END AS "<by>|" FROM visits WHERE store >= 39;
SELECT count(DISTINCT by_value) FROM segment.fit('marked', 'marked', '{a,b}', 2, '{id}', by => '<by>|');
SELECT segment.rename('marked', 0, E'<b> | *x*', E'<i>\n| *a*');
SELECT line FROM told('marked') WHERE line ~ '<';
SELECT line FROM told('marked', E'<i>\n| *a*') WHERE line ~ '<';
-- one group
CREATE VIEW single AS SELECT id, a, b, 'one' AS store FROM visits WHERE store = 40;
SELECT count(*) FROM segment.fit('single', 'single', '{a,b}', 1, '{id}', by => 'store');
SELECT line FROM told('single') WITH ORDINALITY AS t(line, at) WHERE line <> '' ORDER BY at;
-- what has no story
SELECT segment.story('by', 'Nobody');
SELECT segment.story('mall', 'Female');
SELECT segment.story('nobody');
SELECT segment.story(NULL);

RESET ROLE;
DROP SCHEMA story CASCADE;
DELETE FROM segment.model WHERE owner = 'regress_segment_story'::regrole;
DROP ROLE regress_segment_story, regress_segment_story_guest;
