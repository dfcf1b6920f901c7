-- Gaussian mixtures: gmm, what a mixture says of rows and of itself, and segment.fit(method => 'gmm')
\set SHOW_CONTEXT never
SET segment.progress_interval = 0;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER
CREATE TABLE m AS SELECT gmm(5, annual_income, spending_score) AS m FROM mall;

-- The best log-likelihood that scikit-learn finds in ten starts is -1755.4004
SELECT name, round(value::numeric, 4) AS value FROM m, cluster_fit_stats(m);
SELECT s.cluster, s.size, round(weight::numeric, 4) AS weight, ARRAY(SELECT round(x::numeric, 3) FROM unnest(centroid) x) AS mean,
	   ARRAY(SELECT round(x::numeric, 3) FROM unnest(covariance) x) AS covariance, array_dims(covariance)
FROM m, cluster_stats(m) s JOIN cluster_components(m) c USING (cluster);
-- bic is 2 * 1755.3443 and ln(200) for each of 4 weights, 10 means and 15 covariances
SELECT round((2 * 1755.34427329 + 29 * ln(200.0))::numeric, 4) AS bic;

-- A row's cluster is its most probable one, its size those of the rows, and gmm_label says the same
SELECT bool_and(cluster_id(m, annual_income, spending_score) = l.label) AS as_label,
	   bool_and((SELECT array_position(p, max(x)) - 1 FROM unnest(p) x) = l.label) AS most_probable,
	   bool_and(abs((SELECT sum(x) FROM unnest(p) x) - 1) < 1e-15) AS add_up_to_1, bool_and(0 <= ALL (p)) AS none_negative,
	   bool_and(p = cluster_probability(m, ARRAY[annual_income, spending_score])) AS as_array
FROM m, (SELECT *, gmm_label(5, annual_income, spending_score) OVER () AS label FROM mall) l, cluster_probability(m, annual_income, spending_score) p;
SELECT bool_and(s.size = r.count) AS sizes, bool_and(abs(s.inertia - r.inertia) < 1e-6) AS inertia, bool_and(abs(s.radius - r.radius) < 1e-12) AS radius
FROM m, cluster_stats(m) s JOIN
	 (SELECT cluster_id(m, annual_income, spending_score) AS cluster, count(*), sum(cluster_distance(m, annual_income, spending_score) ^ 2) AS inertia,
			 max(cluster_distance(m, annual_income, spending_score)) AS radius FROM m, mall GROUP BY 1) r USING (cluster);
-- The weights are the means of the probabilities
SELECT c.cluster, abs(c.weight - avg((cluster_probability(m, annual_income, spending_score))[cluster + 1])) < 1e-4 AS as_weight
FROM m, mall, cluster_components(m) c GROUP BY c.cluster, c.weight ORDER BY 1;

-- No place for what is no number; a row far away belongs to one component alone
SELECT cluster_probability(m, NULL, 1) IS NULL AS "null", cluster_probability(m, 'NaN', 1) IS NULL AS nan, cluster_probability(m, '-Infinity', 1) IS NULL AS infinite,
	   cluster_probability(m, ARRAY[1, NULL]) IS NULL AS null_element, cluster_probability(m, 1e300, -1e300) AS far, cluster_probability(m, 1e4, 1e4) AS less_far FROM m;

-- A value: its text and its jsonb form come back the same
SELECT m::text::clustering = m AS by_text, m::jsonb::clustering = m AS by_jsonb, m::jsonb - 'clusters' AS head,
	   (m::jsonb #> '{clusters,0}') - '{centroid,mean,spread,inertia,radius,factor}'::text[] AS first FROM m;
-- What no mixture is
DO $$
DECLARE
	good jsonb := '{"format": 1, "method": "gmm", "covariance": "full", "log_likelihood": -5, "entropy": 0.5, "iterations": 3, "converged": true, "floored": 0,
		"scale": "none", "offset": [0, 0], "unit": [1, 1], "clusters":
		[{"size": 1, "inertia": 0, "radius": 0, "centroid": [1, 1], "mean": [1, 1], "spread": [0, 0], "weight": 0.25, "factor": [1, 0, 1]},
		 {"size": 0, "inertia": 0, "radius": 0, "centroid": [2, 1], "mean": [2, 1], "spread": [0, 0], "weight": 0.75, "factor": [1, 0, 1]}]}';
	path text[];
	bad jsonb;
BEGIN
	PERFORM good::clustering;
	FOR path, bad IN VALUES
		('{covariance}'::text[], '"round"'::jsonb), ('{covariance}', NULL), ('{covariance}', '1'),
		('{log_likelihood}', '"Infinity"'), ('{log_likelihood}', NULL), ('{entropy}', '-1'), ('{entropy}', '"Infinity"'),
		('{iterations}', '-1'), ('{iterations}', '1.5'), ('{iterations}', '3000000000'), ('{converged}', '1'), ('{converged}', NULL), ('{floored}', '-1'),
		('{disagreement}', '0'), ('{clusters,0,weight}', '0'), ('{clusters,0,weight}', '0.5'), ('{clusters,0,weight}', NULL), ('{clusters,0,weight}', '-0.25'),
		('{clusters,0,factor}', '[1, 0]'), ('{clusters,0,factor}', '[1, 0, 0]'), ('{clusters,0,factor}', '[-1, 0, 1]'), ('{clusters,0,factor}', '[1, "Infinity", 1]'),
		('{clusters,0,size}', '0'), ('{clusters,0,size}', '-1'), ('{method}', '"kmeans"')
	LOOP
		BEGIN
			PERFORM (CASE WHEN bad IS NULL THEN good #- path ELSE jsonb_set(good, path, bad) END)::clustering;
			RAISE NOTICE '% % was taken', path, bad;
		EXCEPTION WHEN invalid_text_representation THEN
			RAISE NOTICE '% %: %', path, coalesce(bad::text, 'left out'), SQLERRM;
		END;
	END LOOP;
	FOREACH bad IN ARRAY ARRAY['"tied"', '"diag"', '"spherical"']::jsonb[] LOOP
		BEGIN
			PERFORM jsonb_set(jsonb_set(good, '{covariance}', bad), '{clusters,0,factor}', CASE bad WHEN '"spherical"' THEN '[1, 0, 2]' ELSE '[1, 0.5, 1]' END::jsonb)::clustering;
			RAISE NOTICE '% was taken', bad;
		EXCEPTION WHEN invalid_text_representation THEN
			RAISE NOTICE '%: %', bad, SQLERRM;
		END;
	END LOOP;
END $$;

-- Only a mixture has probabilities and components
SELECT cluster_probability(kmeans(2, age), 30) FROM mall;
SELECT cluster_components(kmeans(2, age)) FROM mall;
SELECT cluster_probability(m, 30) FROM m;
SELECT cluster_probability(m, ARRAY[1, 2, 3]) FROM m;

-- A sketch that keeps all rows gives the model of the rows, in every covariance; so does segment.fit's aggregate
SELECT c AS covariance, s.m = r.m AS of_rows, round(f.value::numeric, 3) AS log_likelihood
FROM unnest('{full,tied,diag,spherical}'::text[]) c,
	 LATERAL (SELECT gmm(cluster_sketch(annual_income, spending_score), 5, c) AS m FROM mall) s,
	 LATERAL (SELECT segment.gmm_fit(ARRAY[annual_income, spending_score], 5, c, 'none', 0, NULL, NULL) AS m FROM mall) r,
	 cluster_fit_stats(s.m) f WHERE f.name = 'log_likelihood';
SELECT gmm(5, ARRAY[annual_income, spending_score]) = (SELECT m FROM m) AS of_arrays FROM mall;
-- A change of scale changes neither the densities nor, with full covariances, the maximum
SELECT scale, round(f.value::numeric, 2) AS log_likelihood
FROM unnest('{none,zscore,minmax,robust}'::text[]) scale,
	 LATERAL (SELECT gmm(cluster_sketch(annual_income, spending_score), 5, scale => scale) AS m FROM mall) s,
	 cluster_fit_stats(s.m) f WHERE f.name = 'log_likelihood';

-- Cells: two features that depend on each other, in two groups. The sums of the rows are kept: weights, means and
-- covariances are those that EM finds on the rows, to a hundredth of a deviation and 2 % of a covariance
CREATE TABLE pairs AS
SELECT i, 10 * (i % 3 / 2) + x AS x, 10 * (i % 3 / 2) * 0.7 + 0.98 * x + 0.2 * y AS y
FROM (SELECT i, sqrt(-2 * ln((i * 7919 % 20011 + 1) / 20012.0)) * cos(2 * pi() * (i * 104729 % 19997) / 19997) AS x,
			 sqrt(-2 * ln((i * 7919 % 20011 + 1) / 20012.0)) * sin(2 * pi() * (i * 104729 % 19997) / 19997) AS y
	  FROM generate_series(1, 20000) i) s;
WITH models AS (
	SELECT segment.gmm_fit(ARRAY[x, y], 2, 'full', 'none', 0, NULL, NULL) AS of_rows, gmm(cluster_sketch(ARRAY[x, y], 400, '{-16,-16}'), 2) AS of_cells FROM pairs)
SELECT a.cluster, abs(a.weight - b.weight) < 0.001 AS weight, abs(c.centroid[1] - d.centroid[1]) < 0.01 AS mean,
	   (SELECT max(abs(x / y - 1)) FROM unnest(a.covariance, b.covariance) u (x, y)) < 0.02 AS covariance
FROM models, cluster_components(of_rows) a JOIN cluster_components(of_cells) b USING (cluster), cluster_stats(of_rows) c, cluster_stats(of_cells) d
WHERE c.cluster = a.cluster AND d.cluster = a.cluster ORDER BY 1;
-- Where covariances take no more than variances, what the cells say of the likelihood is at most that of the rows
SELECT covariance, f.value <= (SELECT sum((segment.gmm_terms(m, ARRAY[x, y]))[1]) FROM pairs) AS at_most, f.value > -1e5 AS near
FROM unnest('{diag,spherical}'::text[]) covariance,
	 LATERAL (SELECT gmm(cluster_sketch(ARRAY[x, y], 400, '{-16,-16}'), 2, covariance) AS m FROM pairs) s,
	 cluster_fit_stats(m) f WHERE f.name = 'log_likelihood';
-- Cells that are wide in one feature are told
SELECT cluster, size > 0 AS has_rows FROM (SELECT gmm(cluster_sketch(ARRAY[x, i * 7919 % 1000 / 1e6], 100, '{-20,-20}'), 2) AS m FROM pairs) s, cluster_stats(m);

-- Bad inputs: k must be 1 or more, the same for all rows; options must be known
SELECT gmm(0, x) FROM pairs;
SELECT gmm(NULL::int, x) FROM pairs;
SELECT gmm(i, x) FROM pairs;
SELECT gmm(cluster_sketch(x), 0) FROM pairs;
SELECT gmm(cluster_sketch(x), NULL) FROM pairs;
SELECT gmm(cluster_sketch(x), 2, 'round') FROM pairs;
SELECT gmm(cluster_sketch(x), 2, NULL) FROM pairs;
SELECT gmm(cluster_sketch(x), 2, scale => 'z-score') FROM pairs;
SELECT gmm(cluster_sketch(x), 2, seed => NULL) FROM pairs;
SELECT gmm(cluster_sketch(x), 2, n_init => -1) FROM pairs;
SELECT gmm(cluster_sketch(x), 2, max_iter => 0) FROM pairs;
-- a sketch that is NULL, or has no rows; no rows; none that can be used
SELECT gmm(NULL::cluster_sketch, 0);
SELECT gmm(NULL::cluster_sketch, 2) IS NULL AS of_null;
SELECT gmm(2, x) IS NULL AS no_rows FROM pairs WHERE i < 0;
SELECT gmm(2, nullif(x, x)) IS NULL AS no_number FROM pairs WHERE i <= 3;
SELECT gmm(cluster_sketch(ARRAY[nullif(x, x)]), 2) IS NULL AS no_number FROM pairs WHERE i <= 3;
-- more components than distinct rows: as many as rows
SELECT s.cluster, s.size, s.centroid FROM (SELECT gmm(5, x) AS m FROM (VALUES (1), (1), (2)) v (x)) f, cluster_stats(m) s;
-- a constant, and a column twice: the least covariance, and numbers all the same
SELECT s.cluster, s.size FROM (SELECT gmm(2, x, 7) AS m FROM (VALUES (1), (2), (3), (11), (12), (13)) v (x)) f, cluster_stats(m) s;
SELECT s.cluster, s.size FROM (SELECT gmm(2, x, x) AS m FROM (VALUES (1), (2), (3), (11), (12), (13)) v (x)) f, cluster_stats(m) s;
SELECT s.cluster, s.size, s.centroid FROM (SELECT gmm(3, 4.5) AS m FROM generate_series(1, 10)) f, cluster_stats(m) s;
-- the ends of the range
SELECT unit, s.cluster, s.size FROM unnest('{1e-300,1e-160,1e160,1e300}'::float8[]) unit,
	LATERAL (SELECT gmm(2, x * unit) AS m FROM (VALUES (1), (2), (3), (11), (12), (13)) v (x)) f, cluster_stats(m) s ORDER BY 1, 2;

-- segment.fit: the mall, named by the rules; views and profiles as for every model
SELECT * FROM segment.fit('mixture', 'mall', '{annual_income,spending_score}', 5, method => 'gmm');
SELECT model, method, k, rows, options, disagreement FROM segment.models;
SELECT cluster, feature, round(mean::numeric, 3) AS mean, round(z::numeric, 3) AS z, word FROM segment.profile('mixture');
SELECT segment.create_view('mixture', 'mixture_personas');
SELECT persona, count(*) FROM mixture_personas GROUP BY 1 ORDER BY 1;
SELECT cluster, size FROM segment.fit('diag', 'mall', '{annual_income,spending_score}', 5, method => 'gmm', options => '{"covariance": "diag", "n_init": 2, "max_iter": 200}');
SELECT * FROM segment.fit('x', 'mall', k => 2, method => 'gmm', options => '{"covariance": "round"}');
SELECT * FROM segment.fit('x', 'mall', k => 2, method => 'gmm', options => '{"covariance": 2}');
SELECT * FROM segment.fit('x', 'mall', k => 2, method => 'gmm', options => '{"linkage": "ward"}');

-- A table beyond what is held row by row: sizes, profile and likelihood are those of the rows, in units of columns that differ
CREATE TABLE many AS
SELECT i, 1000 * x AS income, 40 + y AS age FROM generate_series(1, 16) r, pairs, LATERAL (SELECT i + 20000 * r) t (n);
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY md5(i::text), income;
SELECT cluster, size FROM segment.fit('many', 'many', '{income,age}', 2, method => 'gmm');
SELECT s.cluster, s.size = r.count AS size_of_rows, abs(s.inertia / r.inertia - 1) < 1e-6 AS inertia_of_rows, s.radius = r.radius AS radius_of_rows
FROM segment.version v JOIN segment.model ON id = v.model_id AND model = 'many', cluster_stats(v.clustering) s,
	 LATERAL (SELECT count(*), sum(cluster_distance(v.clustering, income, age) ^ 2) AS inertia, max(cluster_distance(v.clustering, income, age)) AS radius
			  FROM many WHERE cluster_id(v.clustering, income, age) = s.cluster) r ORDER BY 1;
SELECT abs(f.value / (SELECT sum((segment.gmm_terms(v.clustering, ARRAY[income, age]))[1]) FROM many) - 1) < 1e-7 AS likelihood_of_rows
FROM segment.version v JOIN segment.model ON id = v.model_id AND model = 'many', cluster_fit_stats(v.clustering) f WHERE f.name = 'log_likelihood';
SET max_parallel_workers_per_gather = 0;
SELECT count(*) FROM segment.fit('shuffled', 'shuffled', '{income,age}', 2, method => 'gmm');
RESET max_parallel_workers_per_gather;
SELECT count(DISTINCT clustering) AS models FROM segment.version JOIN segment.model ON id = model_id WHERE model IN ('many', 'shuffled');
SELECT count(*) AS changes FROM segment.refit('many', 'shuffled');
-- what a stranger may hand to the parts
SELECT segment.gmm_measure(m, '{0}', ARRAY[(SELECT cluster_sketch(x, y) FROM pairs WHERE i = 20)], '{1}', '{}') FROM m;
SELECT segment.gmm_measure(m, '{0}', ARRAY[(SELECT cluster_sketch(x, y) FROM pairs WHERE i = 20)], '{1}', ARRAY[(SELECT cluster_sketch(x) FROM pairs WHERE i = 20)]) FROM m;
SELECT segment.gmm_measure(m, '{7}', ARRAY[(SELECT cluster_sketch(x, y) FROM pairs WHERE i = 20)], '{1}', ARRAY[(SELECT cluster_sketch(x, y) FROM pairs WHERE i = 20)]) FROM m;
SELECT segment.gmm_measure(kmeans(2, age, age), '{}', '{}', '{}', '{}') FROM mall;
SELECT segment.gmm_terms(kmeans(2, age), ARRAY[1]) FROM mall;
SELECT segment.gmm_terms(m, ARRAY[1, NULL]) IS NULL AS no_number, segment.gmm_terms(m, ARRAY[1e300, 1]) AS far FROM m;

SELECT segment.drop(model, cascade => true) FROM segment.models;
DROP TABLE mall, m, pairs, many, shuffled;
