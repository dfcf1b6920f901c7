-- segment.health: the index by its definition, what it says of rows that changed, and of sources that are not what they were
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_health;
CREATE SCHEMA health AUTHORIZATION regress_segment_health;
SET ROLE regress_segment_health;
SET search_path = health, public;
SET extra_float_digits = -6;

-- The index: 0.5 ln(0.75/0.25) by hand; it is symmetric; an empty bin counts as half a row, or 0.0001; empty in both, as nothing
SELECT segment.psi('{25,75}', '{75,25}') AS psi, 0.5 * ln(3.0) * 2 AS by_hand, segment.psi('{75,25}', '{25,75}') AS reversed;
SELECT segment.psi('{0,100}', '{10,90}') AS half_a_row, (0.1 - 0.005) * ln(0.1 / 0.005) + (0.9 - 1) * ln(0.9) AS by_hand;
SELECT segment.psi('{0,1000000}', '{100000,900000}') AS "0.0001", (0.1 - 0.0001) * ln(0.1 / 0.0001) + (0.9 - 1) * ln(0.9) AS by_hand;
SELECT segment.psi('{0,5,0}', '{0,7,0}') AS nothing, segment.psi_by_chance('{0,5,0}', '{0,7,0}') AS one_bin;
-- chance: the 0.999 quantile of chi-square with 9 degrees of freedom is 27.877; the approximation is within a hundredth
SELECT segment.psi_by_chance(array_fill(10, ARRAY[10]), array_fill(100, ARRAY[10])) / (1 / 100.0 + 1 / 1000.0) AS quantile;

CREATE TABLE customers AS SELECT i AS id, (i * 7919 % 10007) / 10.0 AS money, i % 3 AS visits, 5 AS shop, (i % 4 = 0)::int * (i % 10) AS spent
	FROM generate_series(1, 3000) AS i;
ALTER TABLE customers ADD PRIMARY KEY (id);
SELECT cluster, size FROM segment.fit('m', 'customers', '{money,visits,shop,spent}', 4);

-- Bins: deciles; of few values, a bin for each; a constant, and 0 that many have, have a bin below them for what is new
SELECT (bin_edges)[1:1] AS money, (SELECT array_agg(percentile_disc ORDER BY p)
	FROM generate_series(1, 9) AS p CROSS JOIN LATERAL (SELECT percentile_disc(p / 10.0) WITHIN GROUP (ORDER BY money) FROM customers) AS d) AS deciles
FROM segment.version;
SELECT bin_edges[2:4] FROM segment.version;
SELECT b.* FROM segment.version, segment.tally_bins(tally) AS b;
SELECT t.* FROM segment.version, segment.tally_rows(tally) AS t;

-- The rows of the fit: nothing has changed, and every figure says so exactly
SELECT * FROM segment.health('m');

-- One feature moves for some: by definition
CREATE TABLE moved AS SELECT id, CASE WHEN id % 2 = 0 THEN money + 300 ELSE money END AS money, visits, shop, spent FROM customers;
SELECT metric, subject, expected, actual, psi, retrain, reason FROM segment.health('m', 'moved');
WITH placed AS (SELECT (SELECT count(*) FROM segment.version AS v, unnest(v.bin_edges[1:1]) AS e WHERE e > -'Infinity'::float8 AND e < r.x) AS bin, r.now
	FROM (SELECT money::float8, false FROM customers UNION ALL SELECT money, true FROM moved) AS r(x, now)),
share AS (SELECT bin, count(*) FILTER (WHERE NOT now) / 3000.0::float8 AS e, count(*) FILTER (WHERE now) / 3000.0::float8 AS a FROM placed GROUP BY bin)
SELECT sum((a - e) * ln(a / e)) AS psi_of_money FROM share;
-- thresholds of one's own
SELECT metric, subject, psi, retrain, reason FROM segment.health('m', 'moved', retrain_psi => 2, watch_psi => 1, retrain_outside => 1) WHERE metric IN ('overall', 'outside') OR psi > 1;
SELECT metric, subject, psi, retrain, reason FROM segment.health('m', 'customers', retrain_outside => 0) WHERE metric IN ('overall', 'outside');
SELECT * FROM segment.health('m', retrain_psi => 0);
SELECT * FROM segment.health('m', watch_psi => 0.3);
SELECT * FROM segment.health('m', retrain_psi => 'NaN');
SELECT * FROM segment.health('m', retrain_psi => NULL);
SELECT * FROM segment.health('m', retrain_outside => -0.1);

-- A constant that is none any more, in either direction; zeros that become negative
CREATE TABLE grown AS SELECT id, money, visits, CASE WHEN id % 10 = 0 THEN 6 ELSE 5 END AS shop, spent FROM customers;
SELECT subject, expected, actual, psi, retrain, reason FROM segment.health('m', 'grown') WHERE subject = 'shop';
UPDATE grown SET shop = 4 WHERE shop = 6;
SELECT subject, expected, actual, psi, retrain, reason FROM segment.health('m', 'grown') WHERE subject = 'shop';
UPDATE grown SET spent = -1 WHERE id % 5 = 1;
SELECT subject, expected, actual, psi, retrain, reason FROM segment.health('m', 'grown') WHERE subject = 'spent';

-- Rows beyond all that the fit has seen
CREATE TABLE beyond AS SELECT id, CASE WHEN id % 10 = 0 THEN 5000 ELSE money END AS money, visits, shop, spent FROM customers;
SELECT metric, subject, actual, psi, retrain, reason FROM segment.health('m', 'beyond') WHERE metric IN ('overall', 'outside') OR retrain;

-- Rows without a number: a bin of their own in each feature, and no cluster
CREATE TABLE gaps AS SELECT id, CASE id % 50 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' ELSE money::float8 END AS money,
	CASE WHEN id % 50 = 0 THEN NULL ELSE visits END AS visits, shop, spent FROM customers;
SELECT metric, subject, expected, actual, psi, retrain, reason FROM segment.health('m', 'gaps') WHERE metric IN ('overall', 'feature') OR subject IS NULL;
-- a model fitted on such rows has them in its baseline
SELECT sum(size) FROM segment.fit('gaps', 'gaps', '{money,visits}', 3, '{id}');
SELECT * FROM segment.health('gaps');

-- Few rows: chance alone gives large figures, which call for nothing
CREATE TABLE few AS SELECT * FROM customers WHERE id % 100 = 7;
SELECT metric, subject, psi, retrain, reason FROM segment.health('m', 'few') WHERE reason IS NOT NULL;
SELECT size FROM segment.fit('few', 'few', '{money}', 3);
CREATE TABLE moved_few AS SELECT id, CASE WHEN id % 300 = 7 THEN money / 3 ELSE money END AS money FROM few;
CREATE TABLE others AS SELECT * FROM customers WHERE id % 100 = 8;
SELECT * FROM segment.health('few', 'others');
SELECT psi > 0.1 AS large, retrain, reason FROM segment.health('few', 'moved_few') WHERE metric = 'overall';

-- A mixture, a tree, a model in logarithms, of one cluster, of few distinct rows
SELECT size FROM segment.fit('mixture', 'customers', '{money,visits}', 2, method => 'gmm', options => '{"covariance": "diag"}');
SELECT metric, subject, expected, actual, psi, retrain FROM segment.health('mixture');
CREATE VIEW first AS SELECT * FROM customers WHERE id <= 500;
SELECT size FROM segment.fit('tree', 'first', '{money,visits}', 4, '{id}', method => 'hclust', options => '{"linkage": "average"}');
-- shares are those of scoring, so that the rows of the fit look as they did
SELECT metric, subject, expected, actual, psi, retrain FROM segment.health('tree') WHERE metric IN ('overall', 'outside', 'cluster');
SELECT size FROM segment.fit('log', 'customers', '{money,spent}', 3, scale => 'log');
SELECT count(*), bool_or(retrain), max(psi), max(actual) FILTER (WHERE metric = 'outside') AS outside FROM segment.health('log');
SELECT size FROM segment.fit('one', 'customers', '{money}', 1);
SELECT metric, psi, retrain, reason FROM segment.health('one', 'moved') WHERE metric IN ('overall', 'feature');
-- the largest numbers there are: no overflow
CREATE TABLE huge AS SELECT i AS id, (i - 50) * 3e306 AS x FROM generate_series(0, 100) AS i;
SELECT size FROM segment.fit('huge', 'huge', '{x}', 2, '{id}');
SELECT metric, expected, actual, psi, retrain FROM segment.health('huge');
-- and too many of them for the cells of a sketch
CREATE TABLE vast AS SELECT i AS id, (i - 10000) * 1e300 AS x FROM generate_series(1, 20000) AS i;
SELECT size FROM segment.fit('vast', 'vast', '{x}', 2, '{id}', scale => 'none');
SELECT metric, psi, retrain FROM segment.health('vast');

-- A refit takes the measure of its own rows
SELECT event FROM segment.refit('few', 'others');
SELECT metric, subject, psi, retrain, reason FROM segment.health('few') WHERE metric IN ('overall', 'rows', 'feature');
SELECT segment.activate('few', 1);
SELECT psi > 0 AS compared_with_version_1 FROM segment.health('few') WHERE metric = 'feature';

-- Workers, order and plan change nothing but, perhaps, the last digit of a mean
CREATE TABLE many AS SELECT i AS id, (i * 7919 % 100003) / 7.0 AS x, i % 5 AS y FROM generate_series(1, 60000) AS i;
SELECT size FROM segment.fit('many', 'many', '{x,y}', 3, '{id}');
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY x % 10, y;
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*), max(abs(psi)) AS psi, max(abs(actual - expected)) AS difference FROM segment.health('many', 'shuffled');
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- Sources that are not what they were
TRUNCATE few;
SELECT * FROM segment.health('m', 'few');
INSERT INTO few VALUES (1, NULL, 1, 1, 1);
SELECT * FROM segment.health('m', 'few');
ALTER TABLE few ALTER money TYPE numeric, ALTER visits TYPE float8;		-- another number is a number
SELECT metric, retrain FROM segment.health('m', 'few') LIMIT 1;
ALTER TABLE few ALTER money TYPE text;
SELECT * FROM segment.health('m', 'few');
ALTER TABLE few DROP money;
SELECT * FROM segment.health('m', 'few');
DROP TABLE huge;
SELECT * FROM segment.health('huge');
SELECT * FROM segment.health('nobody');
SELECT * FROM segment.health(NULL);
SELECT * FROM segment.health('m', 0);
-- a hostile column, and features that need more than eight columns
CREATE TABLE wide AS SELECT i AS id, i AS "a""; drop table x; --", i % 2 AS b, i % 3 AS c, i % 4 AS d, i % 5 AS e, i % 6 AS f, i % 7 AS g, i % 8 AS h, i % 9 AS i FROM generate_series(1, 100) AS i;
SELECT size FROM segment.fit('wide', 'wide', NULL, 2, '{id}');
SELECT metric, subject, psi FROM segment.health('wide') WHERE metric = 'feature';

-- The parts, given nonsense
SELECT segment.tally(clustering, '{{1,2}}', '{1,2,3,4}') FROM segment.version WHERE model_id = (SELECT segment.model_id('m'));
SELECT segment.tally(clustering, bin_edges, '{1}') FROM segment.version WHERE model_id = (SELECT segment.model_id('m'));
SELECT segment.tally(clustering, NULL, '{1,2,3,4}') FROM segment.version WHERE model_id = (SELECT segment.model_id('m'));
SELECT segment.tally_add('{1,2}', clustering, bin_edges, '{1,2,3,4}') FROM segment.version WHERE model_id = (SELECT segment.model_id('m'));
SELECT segment.tally_combine('{1,2}', '{1,2,3}');
SELECT segment.tally_combine('{}', '{}');
SELECT segment.bin_edges(cluster_sketch(NULL::float8)) IS NULL;
UPDATE segment.version SET tally = NULL WHERE model_id = segment.model_id('m');
SELECT * FROM segment.health('m');

RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA health CASCADE;
DELETE FROM segment.model WHERE owner = 'regress_segment_health'::regrole;
DROP ROLE regress_segment_health;
