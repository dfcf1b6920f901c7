-- segment.score: a customer of given features against cluster_id() and its own arithmetic, groups, readers, and what is refused
\set SHOW_CONTEXT never
CREATE ROLE regress_segment_score;
CREATE ROLE regress_segment_score_guest;
CREATE SCHEMA score AUTHORIZATION regress_segment_score;
SET ROLE regress_segment_score;
SET search_path = score, public;
SET extra_float_digits = -6;
CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT cluster, persona FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', 5);
SELECT segment.create_view('mall', 'personas');
SELECT * FROM segment.score('mall', '{15,39}');
-- what it says of the customers that are there is what their view and segment.explain_customer say
SELECT count(*) AS customers, count(*) FILTER (WHERE s.cluster = v.cluster AND s.persona = v.persona AND s.distance = v.distance) AS as_in_the_view,
	count(*) FILTER (WHERE n.cluster = e.next_cluster AND n.distance = e.next_distance) AS next_as_explained
FROM personas AS v
CROSS JOIN LATERAL segment.score('mall', ARRAY[v.annual_income, v.spending_score]) AS s
CROSS JOIN LATERAL segment.score('mall', ARRAY[v.annual_income, v.spending_score]) AS n
CROSS JOIN LATERAL segment.explain_customer('mall', v.customer_id::text) AS e
WHERE s.rank = 1 AND n.rank = 2 AND e.rank = 1;
-- the distances are those to the centroids, by one's own hand: z-scored by the population's standard deviation
SELECT bool_and(abs(s.distance - sqrt(((60 - c.centroid[1]) / sd.income) ^ 2 + ((60 - c.centroid[2]) / sd.score) ^ 2)) < 1e-12) AS as_defined, count(*)
FROM segment.score('mall', '{60,60}') AS s
JOIN segment.persona AS p ON p.cluster = s.cluster AND p.model_id = segment.model_id('mall')
JOIN segment.version AS v ON v.model_id = p.model_id AND v.version = p.version
JOIN LATERAL cluster_stats(v.clustering) AS c ON c.cluster = p.number
CROSS JOIN (SELECT stddev_pop(annual_income) AS income, stddev_pop(spending_score) AS score FROM mall_customers) AS sd;
-- clusters keep their numbers when centroids change their order
UPDATE mall_customers SET annual_income = 150 - annual_income;
SELECT count(*) FROM segment.refit('mall');
SELECT count(*), count(*) FILTER (WHERE s.cluster = v.cluster AND s.persona = v.persona AND s.distance = v.distance) AS as_in_the_view
FROM personas AS v CROSS JOIN LATERAL segment.score('mall', ARRAY[v.annual_income, v.spending_score]) AS s WHERE s.rank = 1;
-- half-way between two centroids: the lower number first, as cluster_id() has it
CREATE TABLE line AS SELECT i AS id, x FROM (VALUES (1, 0), (2, 10)) AS v(i, x);
SELECT size FROM segment.fit('line', 'line', '{x}', 2, '{id}', scale => 'none');
SELECT rank, cluster, distance FROM segment.score('line', '{5}');
-- a mixture: the most probable first, which need not be the nearest
SELECT size FROM segment.fit('mixture', 'mall_customers', '{annual_income,spending_score,age}', 4, method => 'gmm');
SELECT segment.create_view('mixture', 'mixed');
SELECT count(*), count(*) FILTER (WHERE f.cluster = v.cluster AND f.distance = v.distance) AS as_in_the_view,
	count(*) FILTER (WHERE f.sorted AND abs(f.total - 1) < 1e-12) AS sorted, count(*) FILTER (WHERE f.distance > f.nearest) AS not_nearest
FROM mixed AS v CROSS JOIN LATERAL (
	SELECT min(s.cluster) FILTER (WHERE s.rank = 1) AS cluster, min(s.distance) FILTER (WHERE s.rank = 1) AS distance, min(s.distance) AS nearest,
		sum(s.probability) AS total, array_agg(s.probability ORDER BY s.rank) = array_agg(s.probability ORDER BY s.probability DESC) AS sorted
	FROM segment.score('mixture', ARRAY[v.annual_income, v.spending_score, v.age]) AS s) AS f;
-- far from everything one cluster has it all
SELECT rank, cluster, probability FROM segment.score('mixture', '{1e9,1e9,-1e9}') WHERE rank = 1;
-- groups: a customer of each by its own clusters
SELECT count(*) FROM segment.fit('gender', 'mall_customers', '{annual_income,spending_score}', 3, by => 'gender');
SELECT segment.create_view('gender', 'by_gender');
SELECT count(*), count(*) FILTER (WHERE s.cluster = v.cluster AND s.persona = v.persona AND s.distance = v.distance) AS as_in_the_view
FROM by_gender AS v CROSS JOIN LATERAL segment.score('gender', ARRAY[v.annual_income, v.spending_score], v.gender) AS s WHERE s.rank = 1;
SELECT segment.score('gender', '{1,2}');		-- of which group?
SELECT segment.score('gender', '{1,2}', 'Other');		-- no such group
SELECT segment.score('mall', '{1,2}', 'Female');		-- no groups at all
-- without a place
SELECT count(*) FROM segment.score('mall', '{1,NULL}');
SELECT count(*) FROM segment.score('mall', '{1,NaN}');
SELECT count(*) FROM segment.score('mall', '{-Infinity,1}');
SELECT count(*) FROM segment.score('mall', NULL);
-- refused
SELECT segment.score('mall', '{1}');		-- a feature is missing
SELECT segment.score('mall', '{}');		-- all are
SELECT segment.score('mall', '{1,2,3}');		-- one too many
SELECT segment.score('nobody', '{1,2}');
SELECT segment.score(NULL, '{1,2}');

-- who may see the model may score, and nobody else; no right on view or customers is needed
SET ROLE regress_segment_score_guest;
SELECT segment.score('mall', '{60,60}');
SET ROLE regress_segment_score;
SELECT segment.share('mall', 'regress_segment_score_guest');
CREATE TEMP TABLE told AS SELECT * FROM segment.score('mall', '{60,60}');
GRANT SELECT ON told TO regress_segment_score_guest;
SET ROLE regress_segment_score_guest;
SELECT count(*) AS told_the_same FROM segment.score('mall', '{60,60}') JOIN told USING (rank, cluster, persona, distance);

RESET ROLE;
SET client_min_messages = warning;
DROP TABLE told;
DROP SCHEMA score CASCADE;
DELETE FROM segment.model WHERE owner = 'regress_segment_score'::regrole;
DROP ROLE regress_segment_score, regress_segment_score_guest;
