-- segment.charts: structure and data of the specifications; tests/t/130_report.pl checks them against the schema of
-- vega-lite, and looks at them in a browser.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT count(*) FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', k => 5);

-- title and specification agree; data apart from the drawing, every dataset that is drawn is there and no other is
SELECT name, title, spec ->> 'title' = title AS same_title, spec ->> '$schema' AS schema, spec::text LIKE '%"values"%' AS inline_data,
	(SELECT string_agg(format('%s: %s', d.key, jsonb_array_length(d.value)), ', ' ORDER BY d.key) FROM jsonb_each(spec -> 'datasets') d) AS datasets,
	(SELECT array_agg(DISTINCT u #>> '{}' ORDER BY u #>> '{}') FROM jsonb_path_query(spec - 'datasets', '$.**.data.name') u)
		= (SELECT array_agg(d.key ORDER BY d.key) FROM jsonb_each(spec -> 'datasets') d) AS all_drawn
FROM segment.charts('mall');

-- every customer is a point, with the persona that the view gives it
SELECT segment.create_view('mall', 'mall_personas');
SELECT count(*) AS differences FROM (
	SELECT p ->> 'persona', (p ->> 'x')::int, (p ->> 'y')::int, count(*)
	FROM segment.charts('mall') c, jsonb_array_elements(c.spec #> '{datasets,points}') p WHERE name = 'scatter' GROUP BY 1, 2, 3
	EXCEPT ALL
	SELECT persona, spending_score, annual_income, count(*) FROM mall_personas GROUP BY 1, 2, 3) d;
-- sizes and profile are those of the views
SELECT count(*) AS differences FROM (
	SELECT p ->> 'persona', (p ->> 'customers')::bigint, (p ->> 'share')::float8
	FROM segment.charts('mall') c, jsonb_array_elements(c.spec #> '{datasets,personas}') p WHERE name = 'sizes'
	EXCEPT SELECT persona, size, share FROM segment.personas WHERE model = 'mall') d;
SELECT count(*) AS differences FROM (
	SELECT p ->> 'persona', p ->> 'feature', (p ->> 'mean')::float8, (p ->> 'z')::float8, p ->> 'word'
	FROM segment.charts('mall') c, jsonb_array_elements(c.spec #> '{datasets,profile}') p WHERE name = 'profile'
	EXCEPT SELECT persona, feature, mean, z, word FROM segment.profile('mall')) d;
-- the bins of a distribution hold every customer once: counted again from their bounds
SELECT name, count(*) AS bins, sum((b ->> 'customers')::int) AS customers, bool_and((b ->> 'customers')::int = (
	SELECT count(*) FROM mall_personas v WHERE v.persona = b ->> 'persona'
		AND CASE name WHEN 'distribution of annual_income' THEN annual_income ELSE spending_score END >= (b ->> 'low')::float8
		AND CASE name WHEN 'distribution of annual_income' THEN annual_income ELSE spending_score END < (b ->> 'high')::float8)) AS right_counts
FROM segment.charts('mall'), jsonb_array_elements(spec #> '{datasets,bins}') b WHERE name LIKE 'distribution%' GROUP BY name ORDER BY name;

-- inertia and silhouette are those of segment.choose_k, and the model's number of clusters stands out
SELECT count(*) AS differences FROM (
	SELECT name, (p ->> 'k')::int, (p ->> 'inertia')::float8, (p ->> 'silhouette')::float8, (p ->> 'votes')::int, (p ->> 'model')::boolean
	FROM segment.charts('mall'), jsonb_array_elements(spec #> '{datasets,clusterings}') p
	EXCEPT SELECT name, k, inertia, silhouette, votes, k = 5
	FROM segment.choose_k('mall_customers', '{annual_income,spending_score}'), (VALUES ('elbow'), ('silhouette')) n(name)) d;

-- the dendrogram: 20 tips that together are all customers; the top is the last merge of the tree; lines cross nowhere but where
-- branches start, so that the tips below each merge are neighbours
SELECT count(*) AS tips, sum((t ->> 'customers')::int) AS customers
FROM segment.charts('mall'), jsonb_array_elements(spec #> '{datasets,tips}') t WHERE name = 'dendrogram';
WITH tree AS (SELECT hclust(cluster_sketch(annual_income, spending_score), 'ward', 'zscore') AS t FROM mall_customers),
	line AS (SELECT (l ->> 'x')::float8 AS x, (l ->> 'x2')::float8 AS x2, (l ->> 'y')::float8 AS y, (l ->> 'y2')::float8 AS y2, (l ->> 'customers')::int AS customers
		FROM segment.charts('mall'), jsonb_array_elements(spec #> '{datasets,lines}') l WHERE name = 'dendrogram')
SELECT (SELECT max(y2) FROM line) = (SELECT max(height) FROM tree, dendrogram_merges(t)) AS top,
	(SELECT array_agg(y ORDER BY y) FROM line WHERE x <> x2) = (SELECT array_agg(height ORDER BY height) FROM (
		SELECT height FROM tree, dendrogram_merges(t) ORDER BY step DESC LIMIT 19) h) AS heights,
	(SELECT count(*) FROM line a, line b WHERE a.x = a.x2 AND b.x <> b.x2 AND a.x > b.x AND a.x < b.x2 AND a.y < b.y AND a.y2 > b.y) AS crossings;
-- a chain of single linkage, whose inner nodes each have one leaf: 3 rows, 2 merges
CREATE TABLE chain AS SELECT i AS id, i * i AS a, 0 AS b FROM generate_series(1, 3) i;
SELECT count(*) FROM segment.fit('chain', 'chain', '{a,b}', 2, method => 'hclust', options => '{"linkage": "single"}', key => '{id}');
SELECT title, spec #> '{datasets,tips}' AS tips FROM segment.charts('chain') WHERE name = 'dendrogram';

-- one feature: no scatter; equal rows: no tree, and a bin of their own
CREATE TABLE constant AS SELECT i AS id, 7 AS a FROM generate_series(1, 10) i;
SELECT count(*) FROM segment.fit('constant', 'constant', '{a}', 2, key => '{id}');
SELECT name, spec #> '{datasets,bins}' AS bins FROM segment.charts('constant');

-- too little memory to cluster anew: the other charts, and why
SET client_min_messages = notice;
SET segment.max_memory = '1MB';
SELECT name FROM segment.charts('mall');
RESET segment.max_memory;
SET client_min_messages = warning;

-- rows without a number in every feature are no customers
CREATE TABLE gaps AS SELECT i AS id, CASE WHEN i % 5 > 0 THEN i % 10 END AS a, CASE WHEN i % 7 = 0 THEN 'NaN'::float8 ELSE i END AS b FROM generate_series(1, 70) i;
SELECT count(*) FROM segment.fit('gaps', 'gaps', '{a,b}', 3, key => '{id}');
SELECT jsonb_array_length(spec #> '{datasets,points}') = (SELECT count(*) FROM gaps WHERE a IS NOT NULL AND b <> 'NaN') AS all_others
FROM segment.charts('gaps') WHERE name = 'scatter';

-- more than 5,000 customers: a sample, the same whatever the order of the rows, which the title says
CREATE TABLE many AS SELECT i AS id, (i * 7919) % 10007 AS a, (i * 104729) % 5003 AS b FROM generate_series(1, 20000) i;
SELECT count(*) FROM segment.fit('many', 'many', '{a,b}', 3, key => '{id}');
CREATE TEMP TABLE before AS SELECT * FROM segment.charts('many');
SELECT title, jsonb_array_length(spec #> '{datasets,points}') AS points FROM before WHERE name = 'scatter';
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY hashint4(id);
DROP TABLE many;
ALTER TABLE shuffled RENAME TO many;
SELECT count(*) AS charts, count(*) FILTER (WHERE b.spec = c.spec) AS same FROM before b JOIN segment.charts('many') c USING (name);
-- shares of personas in the sample are those of all, but for chance: four standard errors
SELECT max(abs(s.share - p.share) / sqrt(p.share * (1 - p.share) / 5000)) < 4 AS fair
FROM (SELECT q ->> 'persona' AS persona, count(*) / 5000.0 AS share FROM before, jsonb_array_elements(spec #> '{datasets,points}') q WHERE name = 'scatter' GROUP BY 1) s
JOIN segment.personas p USING (persona) WHERE p.model = 'many';

-- names are values and titles, whatever they are
CREATE TABLE "odd ""table"" 😀" (id int PRIMARY KEY, "a.b[0]" int, "say ""hi"" \n 😀 %s" int, "</script>" int);
INSERT INTO "odd ""table"" 😀" SELECT i, i % 10, i * i % 17, i % 3 FROM generate_series(1, 60) i;
SELECT count(*) FROM segment.fit('odd', '"odd ""table"" 😀"', NULL, 3);
SELECT segment.rename('odd', 0, '</script><script>alert(1)</script>');
SELECT segment.rename('odd', 1, '"%1$s" \u003c '' 😀');
SELECT segment.rename('odd', 2, 'שלום');
SELECT name, title FROM segment.charts('odd') ORDER BY name;
SELECT spec #> '{concat,2,encoding,color,scale,domain}' AS domain, spec #> '{concat,2,layer,0,encoding,x,title}' IN ('"a.b[0]"', to_jsonb('say "hi" \n 😀 %s'::text), '"</script>"') AS x_title
FROM segment.charts('odd') WHERE name = 'scatter';

-- who moved, once there are two snapshots: the matrix of segment.migration
CREATE TABLE movers AS SELECT i AS id, i % 3 * 10 AS a, i % 3 * 7 AS b FROM generate_series(1, 30) i;
ALTER TABLE movers ADD PRIMARY KEY (id);
SELECT count(*) FROM segment.fit('movers', 'movers', NULL, 3);
SELECT count(*) AS before FROM segment.charts('movers') WHERE name = 'migration';
SELECT count(*) FROM segment.snapshot('movers');
SELECT count(*) AS one FROM segment.charts('movers') WHERE name = 'migration';
UPDATE movers SET a = 20, b = 14 WHERE id <= 6;
DELETE FROM movers WHERE id = 30;
SELECT count(*) FROM segment.snapshot('movers');
SELECT regexp_replace(title, '\d{4}-\d\d-\d\d', 'DATE', 'g') AS title, jsonb_array_length(spec #> '{datasets,flows}') AS flows FROM segment.charts('movers') WHERE name = 'migration';
SELECT count(*) AS differences FROM (
	SELECT coalesce(from_persona, 'no persona'), coalesce(to_persona, 'no persona'), customers, share FROM segment.migration('movers')
	EXCEPT SELECT f ->> 'from', f ->> 'to', (f ->> 'customers')::bigint, (f ->> 'share')::float8
	FROM segment.charts('movers'), jsonb_array_elements(spec #> '{datasets,flows}') f WHERE name = 'migration') d;

-- A group has the charts that a model of its rows alone has, but for the titles, which say which it is
CREATE VIEW women AS SELECT * FROM mall_customers WHERE gender = 'Female';
SELECT count(*) FROM segment.fit('by', 'mall_customers', '{annual_income,spending_score}', 4, by => 'gender');
SELECT count(*) FROM segment.fit('women', 'women', '{annual_income,spending_score}', 4, '{customer_id}');
SELECT g.name, g.title, g.spec ->> 'title' = g.title AS same_title, g.spec - '{title,description}'::text[] = a.spec - '{title,description}'::text[] AS same_chart
FROM segment.charts('by', 'Female') WITH ORDINALITY AS g FULL JOIN segment.charts('women') AS a USING (name) ORDER BY g.ordinality;
-- All groups together: each chart has the customers of the fit, by group and persona
SELECT name, title, spec ->> 'title' = title AS same_title, (SELECT string_agg(format('%s: %s', d.key, jsonb_array_length(d.value)), ', ') FROM jsonb_each(spec -> 'datasets') d) AS datasets
FROM segment.charts('by');
CREATE VIEW overview AS SELECT c.name, e."group", e.persona, e.customers, e.share, e.personas, e.groups
	FROM segment.charts('by') AS c, jsonb_each(spec -> 'datasets') AS d,
	jsonb_to_recordset(d.value) AS e("group" text, persona text, customers bigint, share float8, personas int, groups int);
SELECT count(*) AS differences FROM (
	(SELECT "group", customers, share, personas FROM overview WHERE name = 'groups'
	EXCEPT SELECT by_value, sum(size), sum(size) / 200::float8, count(*) FROM segment.personas WHERE model = 'by' GROUP BY 1)
	UNION ALL (SELECT "group" || ': ' || persona, customers, share, NULL::int FROM overview WHERE name IN ('shares', 'personas by group')
	EXCEPT SELECT by_value || ': ' || persona, size, share, NULL FROM segment.personas WHERE model = 'by')
	UNION ALL (SELECT persona, customers, share, groups FROM overview WHERE name = 'personas'
	EXCEPT SELECT persona, sum(size), sum(size) / 200::float8, count(*) FROM segment.personas WHERE model = 'by' GROUP BY 1)) AS d;
SELECT name, sum(customers), sum(share) FROM overview GROUP BY name ORDER BY name;
-- more groups and personas than can be told apart: those with the most customers, and the others as one
CREATE TABLE stores AS SELECT i AS id, sqrt(i)::int AS store, i * 7919 % 101 AS a, i * 7907 % 103 AS b, i * 6421 % 107 AS c FROM generate_series(1, 3000) AS i;
SELECT count(DISTINCT by_value) FROM segment.fit('stores', 'stores', '{a,b,c}', 4, '{id}', by => 'store');
DROP VIEW overview;
SELECT name, title, (SELECT string_agg(format('%s: %s', d.key, jsonb_array_length(d.value)), ', ') FROM jsonb_each(spec -> 'datasets') d) AS datasets FROM segment.charts('stores');
SELECT jsonb_array_length(spec #> '{encoding,color,scale,domain}') AS colours, spec #>> '{encoding,color,scale,domain,9}' AS last,
	(SELECT sum((p ->> 'customers')::int) FROM jsonb_array_elements(spec #> '{datasets,parts}') AS p)
		= (SELECT sum(n) FROM (SELECT count(*) AS n FROM stores GROUP BY store ORDER BY 1 DESC, store LIMIT 20) AS s) AS all_customers
FROM segment.charts('stores') WHERE name = 'personas by group';
SELECT (SELECT array_agg(g ->> 'group') FROM jsonb_array_elements(spec #> '{datasets,groups}') AS g)
	= ARRAY(SELECT store::text FROM stores GROUP BY store ORDER BY count(*) DESC, store LIMIT 20) AS largest FROM segment.charts('stores') WHERE name = 'groups';
-- who moved: of a group, to and from all others too; of all groups, by the names of the personas
SELECT customers FROM segment.snapshot('stores');
UPDATE stores SET store = 50 WHERE store = 49 AND id % 3 = 0;
UPDATE stores SET a = 100 - a WHERE store = 50 AND id % 5 = 0;
DELETE FROM stores WHERE store = 50 AND id % 11 = 0;
INSERT INTO stores SELECT i, 50, i % 101, i % 103, i % 107 FROM generate_series(3001, 3020) AS i;
SELECT customers FROM segment.snapshot('stores');
CREATE VIEW flows AS SELECT by_value, f ->> 'from' AS "from", f ->> 'to' AS "to", (f ->> 'customers')::numeric AS customers, (f ->> 'share')::float8 AS share
	FROM (VALUES (NULL), ('50')) AS g(by_value), segment.charts('stores', by_value) AS c, jsonb_array_elements(spec #> '{datasets,flows}') AS f WHERE c.name = 'migration';
WITH ends AS (
	SELECT CASE WHEN from_cluster IS NULL THEN 'no persona' WHEN from_by_value = '50' THEN from_persona ELSE 'other groups' END AS "from",
		CASE WHEN to_cluster IS NULL THEN 'no persona' WHEN to_by_value = '50' THEN to_persona ELSE 'other groups' END AS "to", customers
	FROM segment.migration('stores') WHERE '50' IN (from_by_value, to_by_value)
), expected AS (
	SELECT "from", "to", sum(customers), (sum(customers) / sum(sum(customers)) OVER (PARTITION BY "from"))::float8 FROM ends GROUP BY "from", "to"
), told AS (
	SELECT "from", "to", customers, share FROM flows WHERE by_value = '50'
)
SELECT (SELECT count(*) FROM told) AS flows, (SELECT count(*) FROM (TABLE told EXCEPT TABLE expected) AS d) + (SELECT count(*) FROM (TABLE expected EXCEPT TABLE told) AS d) AS differences;
SELECT sum(customers) = (SELECT sum(customers) FROM segment.migration('stores')) AS everybody, count(DISTINCT "from") AS from_names,
	(SELECT f.customers FROM flows AS f WHERE f.by_value IS NULL AND f."from" = 'no persona' ORDER BY 1 DESC LIMIT 1)
		= (SELECT sum(customers) FROM segment.migration('stores') WHERE from_cluster IS NULL GROUP BY to_persona ORDER BY 1 DESC LIMIT 1) AS who_came
FROM flows WHERE by_value IS NULL;
SELECT name, regexp_replace(title, '\d{4}-\d\d-\d\d', 'DATE', 'g') AS title, jsonb_array_length(spec #> '{encoding,x,sort}') AS places
FROM (VALUES (NULL), ('50')) AS g(by_value), segment.charts('stores', by_value) WHERE name = 'migration';
DROP VIEW flows;
-- a group whose column is gone has the charts of the model, as any other whose source is; one that nobody has seen has none
ALTER TABLE stores DROP COLUMN store;
RESET client_min_messages;
SELECT name FROM segment.charts('stores', '7');
SET client_min_messages = warning;
SELECT segment.charts('by', 'Nobody');
SELECT segment.charts('mall', 'Female');

-- without the source: what the model itself tells, and why
DROP TABLE "odd ""table"" 😀";
RESET client_min_messages;
SELECT name FROM segment.charts('odd');
SELECT segment.charts('no such model');
SELECT segment.charts(NULL);

-- bin_width: 1, 2 or 5 times a power of ten, of which 30 reach
SELECT low, high, segment.bin_width(low, high) FROM (VALUES (0::float8, 100::float8), (18, 70), (0, 1), (1e9, 1e9 + 1), (-1e300, 1e300), (5, 5)) v(low, high);

-- only the files of the report can be read, whatever the name
SELECT segment.asset('segment-report.css') LIKE '/* The page%' AS style;
SELECT segment.asset('../postgresql.conf');
SELECT segment.asset('segment.control');
SELECT segment.asset('');
SELECT segment.html('<a href="x">&''</a>');
SELECT segment.script_text('x = "</script>" + "</SCRIPT" + "<!--" + "<script" + "a<b"');
DROP VIEW women;
DROP TABLE mall_customers CASCADE;
DROP TABLE chain, constant, gaps, many, movers, stores;
SELECT segment.drop(model, true) FROM (VALUES ('mall'), ('chain'), ('constant'), ('gaps'), ('many'), ('by'), ('women'), ('stores'), ('movers'), ('odd')) m(model);
