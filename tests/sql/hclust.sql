-- hierarchical labels against reference numbers of SciPy, R and fastcluster
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- sizes at k = 5: Ward 21 23 32 39 85, average 3 21 36 38 102, single 1 1 2 3 193
SELECT linkage, array_agg(size ORDER BY size) AS sizes
FROM (
	SELECT linkage, cluster, count(*) AS size
	FROM (SELECT 'ward' AS linkage, hclust_label(5, annual_income, spending_score) OVER () AS cluster FROM mall
		  UNION ALL SELECT 'average', hclust_label(ARRAY[annual_income, spending_score], 5, linkage => 'average') OVER () FROM mall
		  UNION ALL SELECT 'single', hclust_label(ARRAY[annual_income, spending_score], 5, linkage => 'single') OVER () FROM mall) l
	GROUP BY linkage, cluster) s
GROUP BY linkage ORDER BY linkage;

-- the top heights of Ward's tree are 405.660, 394.860, 262.563, 245.655 and 113.886:
-- a cut just above one of them gives one cluster less than a cut just below
SELECT height, (SELECT count(DISTINCT cluster)
				FROM (SELECT hclust_label(ARRAY[annual_income, spending_score], height => h.height) OVER () AS cluster FROM mall) c)
	AS clusters
FROM (VALUES (405.6605), (405.6595), (394.8605), (394.8595), (262.5635), (262.5625), (245.6555), (245.6545),
			 (113.8865), (113.8855)) h (height);

-- the ids ascend by centroid
SELECT cluster, count(*), round(avg(annual_income), 3) AS income, round(avg(spending_score), 3) AS score
FROM (SELECT *, hclust_label(5, annual_income, spending_score) OVER () AS cluster FROM mall) labelled
GROUP BY cluster ORDER BY cluster;

-- every linkage, by name; centroid and median have inversions, which are told
SELECT cluster, count(*) FROM (SELECT hclust_label(ARRAY[annual_income, spending_score], 5, linkage => 'complete') OVER () AS cluster FROM mall) x GROUP BY 1 ORDER BY 1;
SELECT cluster, count(*) FROM (SELECT hclust_label(ARRAY[annual_income, spending_score], 5, linkage => 'weighted') OVER () AS cluster FROM mall) x GROUP BY 1 ORDER BY 1;
SELECT cluster, count(*) FROM (SELECT hclust_label(ARRAY[annual_income, spending_score], 5, linkage => 'centroid') OVER () AS cluster FROM mall) x GROUP BY 1 ORDER BY 1;
SELECT cluster, count(*) FROM (SELECT hclust_label(ARRAY[annual_income, spending_score], 5, linkage => 'median') OVER () AS cluster FROM mall) x GROUP BY 1 ORDER BY 1;

-- an inversion one can follow: the corners of a nearly equilateral triangle with sides 10, 10.0499 and 10.0499;
-- the first two merge at 10 and their middle is then 9 from the third. At height 9.5 the merge at 9 counts at 10,
-- as otherwise it would join what is not joined itself; at height 10 all is one cluster.
CREATE TABLE triangle (name text, x float8, y float8);
INSERT INTO triangle VALUES ('left', 0, 0), ('right', 10, 0), ('top', 5, 9);
SELECT name, hclust_label(ARRAY[x, y], linkage => 'centroid', height => 9.5) OVER () AS at_9_5,
	   hclust_label(ARRAY[x, y], linkage => 'centroid', height => 10) OVER () AS at_10,
	   hclust_label(ARRAY[x, y], 2, linkage => 'centroid') OVER () AS at_two
FROM triangle ORDER BY name;
DROP TABLE triangle;

-- partitions are clustered by themselves
SELECT gender, cluster, count(*)
FROM (SELECT gender, hclust_label(3, annual_income, spending_score) OVER (PARTITION BY gender) AS cluster FROM mall) x
GROUP BY 1, 2 ORDER BY 1, 2;

-- scaling: Ward on z-scores equals Ward on columns scaled by hand
SELECT count(*) FILTER (WHERE ours = by_hand) AS same
FROM (SELECT hclust_label(ARRAY[annual_income, spending_score], 5, scale => 'zscore') OVER () AS ours,
			 hclust_label(5, z_income, z_score) OVER () AS by_hand
	  FROM (SELECT *, (annual_income - avg(annual_income) OVER ()) / stddev_pop(annual_income) OVER () AS z_income,
				   (spending_score - avg(spending_score) OVER ()) / stddev_pop(spending_score) OVER () AS z_score
			FROM mall) scaled) x;

-- memory is asked for before it is taken: the bytes and the remedy are named, by linkages that store all distances ...
SELECT DISTINCT hclust_label(ARRAY[x, y], 3, 'complete') OVER () FROM (SELECT i AS x, i % 7 AS y FROM generate_series(1, 30000) i) g;
-- ... and by those that do not
SELECT label, count(*) FROM (SELECT hclust_label(3, x, y) OVER () AS label FROM (SELECT i AS x, sqrt(i) AS y FROM generate_series(1, 30000) i) g) l GROUP BY 1 ORDER BY 1;
SET segment.max_memory = '4MB';
SELECT DISTINCT hclust_label(3, x, y) OVER () FROM (SELECT i AS x, sqrt(i) AS y FROM generate_series(1, 30000) i) g;
-- equal rows count once: 30,000 rows of 600 values need as little as the values
SELECT label, count(*) FROM (SELECT hclust_label(3, sqrt(x % 600)) OVER () AS label FROM generate_series(1, 30000) x) l GROUP BY 1 ORDER BY 1;
RESET segment.max_memory;

DROP TABLE mall;
