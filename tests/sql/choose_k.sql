-- segment.choose_k against the numbers of scikit-learn, what it chooses, what it refuses; segment.fit without a k
\set SHOW_CONTEXT never
CREATE SCHEMA choose_k;
SET search_path = choose_k, public;
SET segment.progress_interval = 0;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- scikit-learn 1.9.1, for both scales X: KMeans(k, n_init=200, random_state=0).fit(X), its inertia_, silhouette_score,
-- calinski_harabasz_score and davies_bouldin_score of its labels; at k = 9, unscaled, R's better optimum (400 starts), to four digits.
-- bic by the formula in numpy: k * 3 * log(200) - 2 * (sum of n_c log(n_c / 200) - 200 log(2 pi s2) - (200 - k)), s2 = inertia / (2 (200 - k)).
CREATE TABLE reference (scale text, k int, inertia float8, silhouette float8, calinski_harabasz float8, davies_bouldin float8, bic float8);
INSERT INTO reference VALUES
	('none', 2, 181363.59595959596, 0.2968969163, 96.74654578, 1.256774385, 3888.934217),
	('none', 3, 106348.37306211118, 0.4676135816, 151.557009, 0.7152768202, 3789.400767),
	('none', 4, 73679.78903948836, 0.4931963109, 174.0644335, 0.7103644069, 3777.065241),
	('none', 5, 44448.4554479337, 0.5539319974, 247.3589934, 0.5725628996, 3691.556497),
	('none', 6, 37233.81451071001, 0.5397610306, 242.5376443, 0.6522434217, 3681.065809),
	('none', 7, 30227.606513152015, 0.5281944387, 255.133548, 0.7147045165, 3662.11666),
	('none', 8, 24986.52564064288, 0.458513362, 268.9391961, 0.7531836127, 3700.100976),
	('none', 9, 21794.8856, NULL, NULL, NULL, NULL),
	('none', 10, 19634.554629349983, 0.4505655747, 269.1732833, 0.7549073238, 3706.441151),
	('zscore', 2, 269.01679374906655, 0.29512063, 96.40541201, 1.29102391, 1283.118538),
	('zscore', 3, 157.70400815035947, 0.4665847442, 151.3351213, 0.7164821569, 1183.898522),
	('zscore', 4, 108.92131661364355, 0.4939069238, 174.5952146, 0.7095564966, 1170.32202),
	('zscore', 5, 65.5684081557168, 0.5546571631, 248.64932, 0.5722356162, 1083.959899),
	('zscore', 6, 55.057348270385994, 0.5398800927, 243.0878949, 0.6545674732, 1074.426896),
	('zscore', 7, 44.86475569922557, 0.5281492781, 254.6211797, 0.7147841166, 1054.875389),
	('zscore', 8, 37.14811697229111, 0.456720802, 267.9142202, 0.7579113679, 1095.629415),
	('zscore', 9, 32.33081392367577, 0.4594133278, 271.508841, 0.7575068264, 1090.67112),
	('zscore', 10, 29.061152995353442, 0.4505029622, 269.4638859, 0.7536548682, 1100.18357);
CREATE FUNCTION off(ours float8, theirs float8) RETURNS float8 LANGUAGE sql AS 'SELECT abs(ours / theirs - 1)';
SELECT scale, count(*), max(off(c.inertia, r.inertia)) < 1e-9 AS inertia, max(off(c.silhouette, r.silhouette)) < 1e-8 AS silhouette,
	max(off(c.calinski_harabasz, r.calinski_harabasz)) < 1e-8 AS calinski_harabasz,
	max(off(c.davies_bouldin, r.davies_bouldin)) < 1e-8 AS davies_bouldin, max(off(c.bic, r.bic)) < 1e-8 AS bic
FROM unnest('{none,zscore}'::text[]) AS s(scale)
CROSS JOIN LATERAL segment.choose_k('mall', '{annual_income,spending_score}', scale => s.scale) AS c
JOIN reference AS r USING (scale, k)
GROUP BY 1 ORDER BY 1;

-- 60 reference sets in numpy, uniform in the box along the principal axes, and KMeans on each (n_init=10) give these gaps:
-- ours are within twice the standard errors, for the sets are others
SELECT k, abs(gap - theirs) < 2 * gap_se AS near, gap_se BETWEEN 0.025 AND 0.06 AS se
FROM segment.choose_k('mall', '{annual_income,spending_score}', k_min => 1, scale => 'none') AS c
JOIN unnest('{0.6544,0.4533,0.5706,0.5353,0.811,0.7857,0.8246,0.8618,0.8588,0.8407}'::float8[]) WITH ORDINALITY AS g(theirs, k) USING (k)
ORDER BY k;

-- Five segments, though not all agree
SELECT k, round(inertia::numeric, 3) AS inertia, round(silhouette::numeric, 4) AS silhouette, round(calinski_harabasz::numeric, 2) AS ch,
	round(davies_bouldin::numeric, 4) AS db, round(gap::numeric, 3) AS gap, round(gap_se::numeric, 3) AS gap_se, round(bic::numeric, 1) AS bic,
	round(stability::numeric, 3) AS stability, votes, voters, chosen
FROM segment.choose_k('mall', '{annual_income,spending_score}');
SELECT verdict FROM segment.choose_k('mall', '{annual_income,spending_score}') WHERE chosen;
-- the votes are those of the rows shown: here k = 5 cannot win, and the elbow is measured from k = 1 all the same
SELECT k, votes, voters, chosen, verdict FROM segment.choose_k('mall', '{annual_income,spending_score}', 6, 8);
SELECT k, votes, verdict FROM segment.choose_k('mall', '{annual_income,spending_score}', 3, 3);
-- without features, all numbers but the key; silhouettes agree with the window function's
SELECT bool_and(abs(c.silhouette - (SELECT avg(s) FROM (SELECT silhouette(ARRAY[age, annual_income, spending_score], l) OVER () AS s
		FROM (SELECT *, kmeans_label(ARRAY[age, annual_income, spending_score], c.k) OVER () AS l FROM mall) AS m) AS v)) < 1e-12) AS same
FROM segment.choose_k('mall', scale => 'none') AS c;

-- One cluster is a choice where it is asked for: of the gap and BIC, for no other index is defined for it
CREATE TABLE cloud AS SELECT sqrt(-2 * ln(u)) * cos(2 * pi() * v) AS x, sqrt(-2 * ln(u)) * sin(2 * pi() * v) AS y
FROM (SELECT (i % 701 + 0.5) / 701 AS u, (i * 389 % 997 + 0.5) / 997 AS v FROM generate_series(1, 600) AS i) AS g;
SELECT k, silhouette IS NULL AS no_silhouette, calinski_harabasz IS NULL AS no_ch, davies_bouldin IS NULL AS no_db, stability IS NULL AS no_stability,
	gap IS NOT NULL AS has_gap, bic IS NOT NULL AS has_bic, voters
FROM segment.choose_k('cloud', k_min => 1, k_max => 3);
SELECT verdict LIKE '%by the gap statistic one cluster fits no worse than two' AS told FROM segment.choose_k('cloud') WHERE chosen;

-- Three clusters that nobody can miss, in every scale; a constant column changes nothing
CREATE TABLE three AS SELECT i AS id, i % 3 * 100 + i % 7 AS a, (i % 3) ^ 2 * 50 + i % 5 AS b, 7 AS c FROM generate_series(1, 210) AS i;
SELECT s AS scale, k, votes FROM unnest('{none,zscore,minmax,robust,log}'::text[]) AS s, segment.choose_k('three', '{a,b}', scale => s) WHERE chosen;
SELECT bool_and(x.inertia = y.inertia AND x.silhouette = y.silhouette AND x.votes = y.votes) AS same
FROM segment.choose_k('three', '{a,b}') AS x JOIN segment.choose_k('three', '{a,b,c}') AS y USING (k);

-- The same rows in another order, and in another relation: the same to the last bit; another seed draws other resamples
CREATE TABLE shuffled AS SELECT * FROM mall ORDER BY md5(customer_id::text);
CREATE VIEW a_view AS SELECT * FROM mall ORDER BY age;
SELECT count(*) AS rows, count(DISTINCT c) AS different
FROM (SELECT c FROM segment.choose_k('mall', '{annual_income,spending_score}') AS c
	UNION ALL SELECT c FROM segment.choose_k('shuffled', '{annual_income,spending_score}') AS c
	UNION ALL SELECT c FROM segment.choose_k('a_view', '{annual_income,spending_score}') AS c) AS u;
SELECT bool_and(x.inertia = y.inertia) AS same_inertia, bool_or(x.gap <> y.gap) AS other_gap
FROM segment.choose_k('mall', '{annual_income,spending_score}') AS x JOIN segment.choose_k('mall', '{annual_income,spending_score}', seed => 1) AS y USING (k);

-- More distinct rows than a sketch keeps: cells, which a NOTICE tells, and which find what is there in any order, with workers or without
CREATE TABLE many AS SELECT i, i % 4 * 10 + sin(i) * 3 AS a, (i % 4) % 3 * 10 + cos(i * 7) * 3 AS b FROM generate_series(1, 40000) AS i;
CREATE TABLE many_shuffled AS SELECT * FROM many ORDER BY md5(i::text);
SELECT k, votes, chosen FROM segment.choose_k('many', '{a,b}', k_max => 6);
SET client_min_messages = warning;
CREATE TABLE found AS SELECT c.* FROM segment.choose_k('many', '{a,b}', k_max => 5) AS c;
INSERT INTO found SELECT c.* FROM segment.choose_k('many_shuffled', '{a,b}', k_max => 5) AS c;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
INSERT INTO found SELECT c.* FROM segment.choose_k('many_shuffled', '{a,b}', k_max => 5) AS c;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
SELECT count(*), count(DISTINCT f) AS different FROM found AS f;
-- estimates are near what the rows themselves have
SELECT bool_and(abs(c.silhouette - (SELECT avg(s) FROM (SELECT silhouette(ARRAY[a, b], l) OVER () AS s
		FROM (SELECT *, kmeans_label(ARRAY[a, b], c.k) OVER () AS l FROM many) AS m) AS v)) < 0.001) AS silhouette,
	bool_and(abs(c.inertia / (SELECT cluster_inertia(kmeans(cluster_sketch(ARRAY[a, b], 50000), c.k)) FROM many) - 1) < 0.001) AS inertia
FROM segment.choose_k('many', '{a,b}', k_min => 4, k_max => 4, scale => 'none') AS c;
RESET client_min_messages;

-- Too little: no more clusters than distinct rows, and nothing is defined for as many clusters as rows
CREATE TABLE few AS SELECT x FROM generate_series(1, 4) AS x;
SELECT k, silhouette IS NULL AS no_silhouette, votes, chosen FROM segment.choose_k('few');
SELECT k, inertia, silhouette, votes, chosen, verdict FROM segment.choose_k('few', k_min => 7);
CREATE TABLE twice AS SELECT x FROM few UNION ALL SELECT x FROM few;
-- four places, each of two rows, are four clusters without any spread
SELECT k, inertia, silhouette, calinski_harabasz, davies_bouldin, gap, bic, votes FROM segment.choose_k('twice') WHERE k = 4;
CREATE TABLE constant AS SELECT 5 AS x, 7.25 AS y FROM generate_series(1, 30);
SELECT * FROM segment.choose_k('constant');
CREATE TABLE lonely AS SELECT 1 AS x;
SELECT * FROM segment.choose_k('lonely');
-- rows without a number in every feature take no part
CREATE TABLE gaps AS SELECT a::float8, b::float8 FROM three;
INSERT INTO gaps VALUES (NULL, 1), (1, 'NaN'), ('Infinity', 1);
SELECT k, votes FROM segment.choose_k('gaps') WHERE chosen;

-- A view whose function needs the caller's search_path, which stays as it was
CREATE FUNCTION ratio(m mall) RETURNS float8 LANGUAGE plpgsql STABLE AS
	$$ BEGIN RETURN (SELECT i.spending_score / i.annual_income::float8 FROM mall AS i WHERE i.customer_id = m.customer_id); END $$;
CREATE VIEW engineered AS SELECT ratio(m) FROM mall AS m;
SELECT count(*) FROM segment.choose_k('engineered');
SHOW search_path;

-- segment.fit without a k: the choice is told, kept with the model, and kept by refits
SELECT cluster, persona, size FROM segment.fit('mall', 'mall', '{annual_income,spending_score}');
SELECT model, k FROM segment.models;
INSERT INTO three SELECT i, 1000 + i % 7, 1000 + i % 5, 7 FROM generate_series(211, 280) AS i;
SELECT cluster, size FROM segment.fit('three', 'three', '{a,b}', key => '{id}');
DELETE FROM three WHERE id > 210;
SELECT count(*) FROM segment.refit('three');
SELECT model, version, k FROM segment.models WHERE model = 'three' ORDER BY version;
-- mixtures by BIC, trees by their largest gap; a height needs no k
SELECT cluster, size FROM segment.fit('mixture', 'three', '{a,b}', method => 'gmm', key => '{id}', options => '{"covariance": "spherical"}');
SELECT cluster, size FROM segment.fit('tree', 'three', '{a,b}', method => 'hclust', key => '{id}');
SELECT cluster, size FROM segment.fit('height', 'three', '{a,b}', method => 'hclust', key => '{id}', scale => 'none', options => '{"height": 50}');
SELECT cluster, size FROM segment.fit('constant', 'constant');
SELECT model, k FROM segment.models WHERE version = 1 ORDER BY model;
SELECT segment.drop(m.model) FROM segment.models AS m WHERE m.active;
-- one k for all groups
SELECT by_value, count(*) FROM segment.fit('groups', 'mall', '{annual_income,spending_score}', by => 'gender') GROUP BY 1 ORDER BY 1;
SELECT segment.drop('groups');

-- Bad input, before a row is read, and what to do about it
\set VERBOSITY default
CREATE FUNCTION refusal(arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	hint text;
BEGIN
	EXECUTE 'SELECT * FROM segment.choose_k(' || arguments || ')';
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || message || E'\n      ' || hint;
END
$$;
CREATE TABLE no_rows (x int);
CREATE TABLE no_numbers (x text);
CREATE TABLE no_use AS SELECT NULL::float8 AS x, i AS y FROM generate_series(1, 3) AS i;
CREATE TABLE huge AS SELECT i * 1e9 AS x FROM generate_series(1, 20000) AS i;
\pset format unaligned
\pset tuples_only on
-- a range that has no k
SELECT refusal($$'mall', k_min => 5, k_max => 4$$);
-- no cluster is no clustering
SELECT refusal($$'mall', k_min => 0$$);
SELECT refusal($$'mall', k_min => -3, k_max => -2$$);
-- NULL says nothing
SELECT refusal($$'mall', k_min => NULL$$);
SELECT refusal($$'mall', k_max => NULL$$);
SELECT refusal($$'mall', scale => NULL$$);
SELECT refusal($$'mall', seed => NULL$$);
SELECT refusal($$NULL$$);
SELECT refusal($$'mall', scale => 'metric'$$);
-- columns that are not there, not numbers, or not a list of columns
SELECT refusal($$'mall', '{income}'$$);
SELECT refusal($$'mall', '{gender}'$$);
SELECT refusal($$'mall', '{}'$$);
SELECT refusal($$'mall', '{age,NULL}'$$);
SELECT refusal($$'no_numbers'$$);
-- nothing to choose for
SELECT refusal($$'no_rows'$$);
SELECT refusal($$'no_use'$$);
-- too large for cells, and too many to be kept as they are
SELECT refusal($$'huge'$$);
-- too much memory, asked for before it is taken
SET segment.max_memory = '1500kB';
SELECT regexp_replace(refusal($$'many', '{a,b}'$$), '\d{6,}', 'N', 'g');
SET segment.max_memory = '100MB';
SELECT regexp_replace(refusal($$'many', '{a,b}', k_max => 2000000000$$), '\d{6,}', 'N', 'g');
RESET segment.max_memory;
\pset tuples_only off
\pset format aligned
-- the function behind it refuses the same, and finds nothing in nothing
SELECT * FROM segment.choose_k_of_sketch(NULL, 2, 10, 'zscore', 0);
SELECT * FROM segment.choose_k_of_sketch(NULL, 2, 1, 'zscore', 0);
SELECT k, votes FROM segment.choose_k_of_sketch((SELECT cluster_sketch(a, b) FROM three), 2, 4, 'zscore', 0) WHERE chosen;

\set ECHO errors
SET client_min_messages = warning;
DROP SCHEMA choose_k CASCADE;
