-- The same rows get the same labels: whatever order they lie in, however they are read, whoever stores them
-- however slow the machine is
SET segment.progress_interval = 0;
CREATE TABLE mall (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall FROM 'data/mall_customers.csv' CSV HEADER

-- each kind of label as one string over the customers, for tables in twenty random orders
CREATE FUNCTION all_labels(source regclass) RETURNS TABLE (kind text, labels text) LANGUAGE plpgsql AS $$
DECLARE
	call text;
BEGIN
	FOREACH call IN ARRAY ARRAY[
		'kmeans_label(5, annual_income, spending_score)',
		'kmeans_label(7, age, annual_income, spending_score)',
		'kmeans_label(ARRAY[age, annual_income], 4, scale => ''zscore'', seed => 99)',
		'kmeans_label(ARRAY[age, annual_income], 4, scale => ''log'')',
		'kmeans_label(ARRAY[age, annual_income], 4, scale => ''robust'')',
		'hclust_label(5, annual_income, spending_score)',
		'hclust_label(ARRAY[annual_income, spending_score], 5, ''single'')',
		'hclust_label(ARRAY[annual_income, spending_score], 5, ''complete'')',
		'hclust_label(ARRAY[annual_income, spending_score], 5, ''average'')',
		'hclust_label(ARRAY[annual_income, spending_score], 5, ''weighted'')',
		'hclust_label(ARRAY[annual_income, spending_score], 5, ''centroid'')',
		'hclust_label(ARRAY[annual_income, spending_score], 5, ''median'')',
		'dbscan_label(9, 6, annual_income, spending_score)',
		'dbscan_label(12.5, 4, age, annual_income, spending_score)',
		'dbscan_label(ARRAY[age, annual_income, spending_score, customer_id % 3], 0.9, 5, scale => ''zscore'')',
		'hdbscan_label(5, annual_income, spending_score)',
		'hdbscan_label(ARRAY[annual_income, spending_score], 8, 3, ''log'')',
		'hdbscan_outlier(8, age, annual_income, spending_score)',
		'silhouette(age % 5, annual_income, spending_score)',
		'gmm_label(5, annual_income, spending_score)',
		'gmm_label(ARRAY[age, annual_income, spending_score], 4, ''tied'', scale => ''robust'', seed => 99)',
		'gmm_label(ARRAY[age, annual_income], 4, ''diag'', scale => ''log'')',
		'gmm_label(ARRAY[age, annual_income], 4, ''spherical'')']
	LOOP
		kind := call;
		EXECUTE format('SELECT string_agg(label::text, '''' ORDER BY customer_id)
						FROM (SELECT customer_id, %s OVER () AS label FROM %s) l', call, source) INTO labels;
		RETURN NEXT;
	END LOOP;
END $$;

SET client_min_messages = warning;
CREATE TABLE seen AS SELECT 'as loaded'::text AS how, * FROM all_labels('mall');
DO $$
BEGIN
	FOR i IN 1 .. 20 LOOP
		CREATE TABLE shuffled AS SELECT * FROM mall ORDER BY random();
		INSERT INTO seen SELECT 'shuffle', * FROM all_labels('shuffled');
		DROP TABLE shuffled;
	END LOOP;
END $$;

-- a partitioned table, a small work_mem, duplicates spread over the table, a parallel plan
CREATE TABLE parted (LIKE mall) PARTITION BY HASH (customer_id);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO parted SELECT * FROM mall ORDER BY spending_score;
INSERT INTO seen SELECT 'partitions', * FROM all_labels('parted');
SET work_mem = '64kB';
INSERT INTO seen SELECT 'work_mem', * FROM all_labels('mall');
RESET work_mem;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
INSERT INTO seen SELECT 'parallel', * FROM all_labels('parted');
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
RESET client_min_messages;

SELECT kind, count(*) AS runs, count(DISTINCT labels) AS different FROM seen GROUP BY kind ORDER BY kind;

-- models too, to the last bit
SELECT count(*) AS runs, count(DISTINCT m) AS different
FROM (SELECT kmeans(6, age, annual_income, spending_score ORDER BY md5(customer_id::text || run)) AS m
	  FROM mall, generate_series(1, 20) run GROUP BY run) x;
SELECT count(*) AS runs, count(DISTINCT m) AS different
FROM (SELECT gmm(4, age, annual_income, spending_score ORDER BY md5(customer_id::text || run)) AS m
	  FROM mall, generate_series(1, 20) run GROUP BY run) x;
-- of cells, too
SELECT count(*) AS runs, count(DISTINCT m) AS different
FROM (SELECT gmm(cluster_sketch(ARRAY[age, annual_income, spending_score], 100 ORDER BY md5(customer_id::text || run)), 4) AS m
	  FROM mall, generate_series(1, 20) run GROUP BY run) x;

-- rows stored twice, or ten times, change no label: weights are exact
SELECT count(DISTINCT labels) AS different
FROM (SELECT times, string_agg(label::text, '' ORDER BY customer_id) FILTER (WHERE copy = 1) AS labels
	  FROM (SELECT times, copy, customer_id, kmeans_label(5, annual_income, spending_score) OVER (PARTITION BY times) AS label
			FROM (VALUES (1), (2), (10)) t (times), generate_series(1, 10) copy, mall WHERE copy <= times) l
	  GROUP BY times) x;

-- ties everywhere, and more rows than work_mem holds: points of a grid, whose distances are mostly equal, alone, in another
-- order, and as one partition among others that lie between them. The rows are wide, so that those of a partition spill.
CREATE TABLE grid AS SELECT i AS id, i * 37 % 30 AS x, i * 53 % 41 AS y, repeat('wide', 50) AS filler FROM generate_series(1, 4000) AS i;
CREATE FUNCTION grid_labels(how text, rows text) RETURNS TABLE (layout text, kind text, labels text) LANGUAGE plpgsql AS $$
BEGIN
	layout := how;
	FOREACH kind IN ARRAY '{kmeans,complete,average,weighted,centroid,median,ward,single}'::text[] LOOP
		EXECUTE format('SELECT md5(string_agg(label || left(filler, 1), '''' ORDER BY id) FILTER (WHERE part = 0))
						FROM (SELECT id, part, filler, %s OVER (PARTITION BY part) AS label FROM (%s) AS r) AS l',
					   CASE kind WHEN 'kmeans' THEN 'kmeans_label(12, x, y)' ELSE format('hclust_label(ARRAY[x, y], 12, %L)', kind) END,
					   rows) INTO labels;
		RETURN NEXT;
	END LOOP;
END $$;
SET client_min_messages = warning;
CREATE TABLE grid_seen AS SELECT * FROM grid_labels('alone', 'SELECT *, 0 AS part FROM grid');
INSERT INTO grid_seen SELECT * FROM grid_labels('shuffled', 'SELECT *, 0 AS part FROM grid ORDER BY random()');
SET work_mem = '64kB';
INSERT INTO grid_seen SELECT * FROM grid_labels('spilled', 'SELECT *, 0 AS part FROM grid ORDER BY random()');
INSERT INTO grid_seen SELECT * FROM grid_labels('among others', 'SELECT id, x * (1 + part) AS x, y + part AS y, filler, part
	FROM grid, generate_series(-1, 1) AS part ORDER BY id');
RESET work_mem;
RESET client_min_messages;
SELECT kind, count(*) AS runs, count(DISTINCT labels) AS different FROM grid_seen GROUP BY kind ORDER BY kind;

DROP FUNCTION all_labels, grid_labels;
DROP TABLE seen, parted, mall, grid, grid_seen;
