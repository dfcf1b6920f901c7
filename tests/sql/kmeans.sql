-- k-means labels against reference numbers: scikit-learn (200 starts) and R (400 starts) agree on them
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- inertia for k = 1 .. 10 at the default options: 269981.28, 181363.595960, 106348.373062, 73679.789039,
-- 44448.455448, 37233.814511, 30227.606513, 24986.525641, 21794.8856, 19634.554629
WITH labelled AS (
	SELECT k, annual_income, spending_score,
		   kmeans_label(k, annual_income, spending_score) OVER (PARTITION BY k) AS cluster
	FROM mall, generate_series(1, 10) k
), clusters AS (
	SELECT k, cluster, count(*) * (var_pop(annual_income) + var_pop(spending_score)) AS inertia
	FROM labelled GROUP BY k, cluster
)
SELECT k, count(*) AS clusters, round(sum(inertia), 6) AS inertia FROM clusters GROUP BY k ORDER BY k;

-- sizes and centroids at k = 5, in canonical order
SELECT cluster, count(*), round(avg(annual_income), 3) AS income, round(avg(spending_score), 3) AS score
FROM (SELECT *, kmeans_label(5, annual_income, spending_score) OVER () AS cluster FROM mall) labelled
GROUP BY cluster ORDER BY cluster;

-- age and score: 28165.583567 at k = 4, 23810.462233 at k = 5
WITH labelled AS (
	SELECT k, age, spending_score, kmeans_label(k, age, spending_score) OVER (PARTITION BY k) AS cluster
	FROM mall, generate_series(4, 5) k
), clusters AS (
	SELECT k, cluster, count(*) * (var_pop(age) + var_pop(spending_score)) AS inertia
	FROM labelled GROUP BY k, cluster
)
SELECT k, round(sum(inertia), 6) AS inertia FROM clusters GROUP BY k ORDER BY k;

-- three features: 75350.779173 at k = 5, 58300.443322 at k = 6
WITH labelled AS (
	SELECT k, age, annual_income, spending_score,
		   kmeans_label(k, age, annual_income, spending_score) OVER (PARTITION BY k) AS cluster
	FROM mall, generate_series(5, 6) k
), clusters AS (
	SELECT k, cluster, count(*) * (var_pop(age) + var_pop(annual_income) + var_pop(spending_score)) AS inertia
	FROM labelled GROUP BY k, cluster
)
SELECT k, round(sum(inertia), 6) AS inertia FROM clusters GROUP BY k ORDER BY k;

-- z-scores: 65.5684 at k = 5; the scaled space is the same whether we scale or the caller does
SELECT round(cluster_inertia(segment.kmeans_fit(ARRAY[annual_income, spending_score], 5, 'zscore', 0, NULL, NULL))::numeric, 4)
	AS ours, round(cluster_inertia(kmeans(5, z_income, z_score))::numeric, 4) AS by_hand
FROM (SELECT annual_income, spending_score,
			 (annual_income - avg(annual_income) OVER ()) / stddev_pop(annual_income) OVER () AS z_income,
			 (spending_score - avg(spending_score) OVER ()) / stddev_pop(spending_score) OVER () AS z_score
	  FROM mall) scaled;

-- both forms, and every option by name
SELECT count(*) FILTER (WHERE plain = form) AS same_form, count(*) FILTER (WHERE plain = named) AS same_named,
	   count(*) AS rows
FROM (SELECT kmeans_label(5, annual_income, spending_score) OVER w AS plain,
			 kmeans_label(ARRAY[annual_income, spending_score], 5) OVER w AS form,
			 kmeans_label(features => ARRAY[annual_income, spending_score], k => 5, scale => 'none',
						  seed => 42, n_init => 20, max_iter => 50) OVER w AS named
	  FROM mall WINDOW w AS ()) x;

-- each scale, with the sizes it gives
SELECT scale, cluster, count(*) AS size
FROM (SELECT 'zscore' AS scale, kmeans_label(ARRAY[annual_income, spending_score], 5, scale => 'zscore') OVER () AS cluster FROM mall
	  UNION ALL SELECT 'minmax', kmeans_label(ARRAY[annual_income, spending_score], 5, scale => 'minmax') OVER () FROM mall
	  UNION ALL SELECT 'robust', kmeans_label(ARRAY[annual_income, spending_score], 5, scale => 'robust') OVER () FROM mall
	  UNION ALL SELECT 'log', kmeans_label(ARRAY[annual_income, spending_score], 5, scale => 'log') OVER () FROM mall) x
GROUP BY scale, cluster ORDER BY scale, cluster;

-- a partition is clustered by itself: the same labels as a query over that partition alone
SELECT gender, count(*) AS rows, count(*) FILTER (WHERE together = apart) AS same
FROM (SELECT customer_id, gender, kmeans_label(4, annual_income, spending_score) OVER (PARTITION BY gender) AS together
	  FROM mall) t
JOIN (SELECT customer_id, kmeans_label(4, annual_income, spending_score) OVER () AS apart FROM mall WHERE gender = 'Male'
	  UNION ALL
	  SELECT customer_id, kmeans_label(4, annual_income, spending_score) OVER () FROM mall WHERE gender = 'Female') a
USING (customer_id)
GROUP BY gender ORDER BY gender;

-- the frame and the order of the window do not matter: a label depends on the whole partition
SELECT count(*) FILTER (WHERE plain = ordered) AS ordered, count(*) FILTER (WHERE plain = framed) AS framed
FROM (SELECT kmeans_label(5, annual_income, spending_score) OVER () AS plain,
			 kmeans_label(5, annual_income, spending_score) OVER (ORDER BY age, customer_id) AS ordered,
			 kmeans_label(5, annual_income, spending_score)
				OVER (ORDER BY customer_id DESC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS framed
	  FROM mall) x;

-- the aggregate, and what it says of its clusters
SELECT s.cluster, s.size, s.share, s.centroid, round(s.inertia::numeric, 6) AS inertia, round(s.radius::numeric, 6) AS radius
FROM (SELECT kmeans(5, annual_income, spending_score) AS m FROM mall) fitted, cluster_stats(m) s;
SELECT gender, cluster_inertia(kmeans(3, annual_income, spending_score))::numeric(12, 4) AS inertia
FROM mall GROUP BY gender ORDER BY gender;

-- array and columns agree to the bit; so do all arities with their arrays
SELECT kmeans(3, age) = kmeans(3, ARRAY[age]) AS one,
	   kmeans(3, age, annual_income, spending_score) = kmeans(3, ARRAY[age, annual_income, spending_score]) AS three,
	   kmeans(3, age, age, age, age, age, age, age, annual_income)
		= kmeans(3, ARRAY[age, age, age, age, age, age, age, annual_income]) AS eight
FROM mall;

-- the model scores its own rows exactly as they were labelled
SELECT count(*) AS rows, count(*) FILTER (WHERE cluster_id(m, annual_income, spending_score) = cluster) AS same
FROM (SELECT *, kmeans_label(5, annual_income, spending_score) OVER () AS cluster FROM mall) l,
	 (SELECT kmeans(5, annual_income, spending_score) AS m FROM mall) f;

DROP TABLE mall;
