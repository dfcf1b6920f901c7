-- What make demo shows: from 200 customers to named segments. Runs in a database of its own, from the top of the checkout.
\pset footer off
\pset null '-'
SET client_min_messages = warning;

CREATE EXTENSION segment;
CREATE TABLE mall_customers (
  customer_id int PRIMARY KEY,
  gender text,
  age int,
  annual_income int,    -- thousands of dollars a year
  spending_score int    -- 1 to 100, given by the mall
);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
ANALYZE mall_customers;

\echo
\echo '== 1. Five segments by income and spending: k-means in one query =='
\echo
\set ECHO queries
SELECT cluster, count(*) AS customers,
       round(avg(annual_income), 1) AS avg_income, round(avg(spending_score), 1) AS avg_score
FROM (SELECT *, kmeans_label(5, annual_income, spending_score) OVER () AS cluster
      FROM mall_customers) AS labelled
GROUP BY cluster ORDER BY cluster;
\set ECHO none

\echo '== 2. Does another method see the same? The tree of Ward, cut at five =='
\echo
CREATE TEMP TABLE labels AS
SELECT customer_id,
       kmeans_label(5, annual_income, spending_score) OVER () AS kmeans,
       hclust_label(5, annual_income, spending_score) OVER () AS ward
FROM mall_customers;

SELECT kmeans AS "k-means",
       count(*) FILTER (WHERE ward = 0) AS "Ward 0", count(*) FILTER (WHERE ward = 1) AS "Ward 1",
       count(*) FILTER (WHERE ward = 2) AS "Ward 2", count(*) FILTER (WHERE ward = 3) AS "Ward 3",
       count(*) FILTER (WHERE ward = 4) AS "Ward 4"
FROM labels GROUP BY kmeans ORDER BY kmeans;

-- The adjusted Rand index counts pairs of customers that both methods keep together, less what chance would give:
-- 1 is the same partition, 0 is chance.
WITH cells AS (SELECT kmeans, ward, count(*)::float8 AS n FROM labels GROUP BY GROUPING SETS ((kmeans, ward), (kmeans), (ward), ())),
     pairs AS (
       SELECT sum(n * (n - 1) / 2) FILTER (WHERE kmeans IS NOT NULL AND ward IS NOT NULL) AS both_methods,
              sum(n * (n - 1) / 2) FILTER (WHERE kmeans IS NOT NULL AND ward IS NULL) AS by_kmeans,
              sum(n * (n - 1) / 2) FILTER (WHERE kmeans IS NULL AND ward IS NOT NULL) AS by_ward,
              sum(n * (n - 1) / 2) FILTER (WHERE kmeans IS NULL AND ward IS NULL) AS every
       FROM cells)
SELECT (SELECT round(100.0 * count(*) FILTER (WHERE kmeans = ward) / count(*), 1) || ' %' FROM labels) AS "customers in the same cluster",
       round(((both_methods - by_kmeans * by_ward / every)
              / ((by_kmeans + by_ward) / 2 - by_kmeans * by_ward / every))::numeric, 3) AS "adjusted Rand index"
FROM pairs;

\echo '== 3. Age and spending: four segments =='
\echo
SELECT cluster, count(*) AS customers, min(age) || ' to ' || max(age) AS ages,
       round(avg(age), 1) AS avg_age, round(avg(spending_score), 1) AS avg_score
FROM (SELECT *, kmeans_label(4, age, spending_score) OVER () AS cluster FROM mall_customers) AS labelled
GROUP BY cluster ORDER BY cluster;

\echo '== 4. Spending efficiency: an engineered feature belongs in a view =='
\echo
\set ECHO queries
CREATE VIEW spending_efficiency AS
SELECT *, spending_score / annual_income::float8 AS efficiency FROM mall_customers;

SELECT cluster, count(*) AS customers, round(avg(efficiency)::numeric, 2) AS avg_efficiency,
       round(min(efficiency)::numeric, 2) AS lowest, round(max(efficiency)::numeric, 2) AS highest,
       round(avg(annual_income), 1) AS avg_income
FROM (SELECT *, kmeans_label(3, efficiency) OVER () AS cluster FROM spending_efficiency) AS labelled
GROUP BY cluster ORDER BY cluster;
\set ECHO none

\echo '== 5. Spending by gender =='
\echo
SELECT gender, n AS customers, round(mean, 2) AS mean, round(sd, 2) AS sd,
       round(mean - lag(mean) OVER w, 2) AS difference,
       round((mean - lag(mean) OVER w) / sqrt(sd * sd / n + lag(sd * sd / n) OVER w), 2) AS "in standard errors"
FROM (SELECT gender, count(*) AS n, avg(spending_score) AS mean, stddev_samp(spending_score) AS sd
      FROM mall_customers GROUP BY gender) AS by_gender
WINDOW w AS (ORDER BY gender)
ORDER BY gender;
\echo 'Below two standard errors: no difference worth a campaign.'
\echo

\echo '== 6. Personas: fit once, keep the model, let the rules name the segments =='
\echo
\set ECHO queries
SELECT * FROM segment.fit('mall', 'mall_customers', features => '{annual_income,spending_score}', k => 5);
\set ECHO none

\echo '== 7. The view for your dashboards: every customer with persona and distance =='
\echo
\set ECHO queries
SELECT segment.create_view('mall', 'mall_personas');
SELECT * FROM mall_personas ORDER BY customer_id LIMIT 10;
\set ECHO none

\if :{?report}
\echo '== 8. The report: one page to send around, interactive, with nothing to install =='
\echo
\! mkdir -p tests/output
\pset tuples_only on
\pset format unaligned
\o :report
\set ECHO queries
SELECT segment.report('mall');
\set ECHO none
\o
\pset tuples_only off
\pset format aligned
\echo
\echo 'It is in' :report 'now: open it in a browser.'
\echo
\endif

\echo '== Where to go on =='
\echo
\echo 'README.md explains every function. To use them in a server of your own:'
\echo
\echo '    make && sudo make install        # PG_CONFIG=/path/to/pg_config chooses among several servers'
\echo '    psql -c "CREATE EXTENSION segment"'
\echo
\echo 'The server of this demo is removed now; nothing is left running.'
