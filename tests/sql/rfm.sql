-- RFM: from purchases to customers with scores and the usual segment names
SET timezone = 'UTC';
CREATE TABLE purchases (customer int, at timestamptz, amount numeric(10,2));
COMMENT ON COLUMN purchases.customer IS 'number of the customer';
INSERT INTO purchases VALUES
	(1, '2024-12-30 12:00', 100), (1, '2024-12-01', 50), (1, '2024-11-01', 25.50),	-- three, the last a day before that of 2
	(2, '2024-12-31 12:00', 10),													-- the last of all
	(3, '2024-06-01', 500), (3, '2024-06-02', -500),								-- a return: one purchase, no value, and not the last day
	(4, '2023-01-01', 70), (4, '2023-02-01', 70),
	(5, '2024-12-31 11:59', 30),													-- less than a day before the last: 0 days
	(6, '2024-12-31', -5),															-- returns only: no customer
	(NULL, '2024-12-31', 1), (7, NULL, 1), (7, 'infinity', 1), (7, '2024-12-31', NULL), (7, '2024-12-31', 'NaN');	-- these take no part
SELECT segment.create_rfm_view('rfm', 'purchases', 'customer', 'at', 'amount');
-- recency in whole days before the last purchase; of five customers each fifth is one, and equal frequencies (1 thrice) have equal scores
SELECT * FROM rfm ORDER BY customer;
SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'rfm'::regclass ORDER BY attnum;
SELECT obj_description('rfm'::regclass);
-- as of a day: later purchases do not count, not even for the customers who are there
SELECT segment.create_rfm_view('rfm_then', 'purchases', 'customer', 'at', 'amount', '2024-12-15');
SELECT * FROM rfm_then ORDER BY customer;
-- a day means the same in every time zone
SET timezone = 'Asia/Tokyo';
SELECT * FROM rfm_then ORDER BY customer;
RESET timezone;

-- every cell of the grid: eleven names
SELECT r, string_agg(rpad(segment.rfm_segment(r, fm, fm), 19), '' ORDER BY fm) AS "frequency and value 1 to 5" FROM generate_series(5, 1, -1) r, generate_series(1, 5) fm GROUP BY r ORDER BY r DESC;
SELECT count(DISTINCT segment.rfm_segment(r, f, m)), count(segment.rfm_segment(r, f, m)) FROM generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m;
-- the mean of frequency and value, rounded up; a score that is none
SELECT segment.rfm_segment(5, 1, 2) AS mean_of_1_and_2, segment.rfm_segment(5, 2, 1) AS turned, segment.rfm_segment(6, 1, 1) IS NULL AS six, segment.rfm_segment(0, 1, 1) IS NULL AS zero, segment.rfm_segment(5, 9, 9) IS NULL AS nine;

-- against the definition, with days, floats and ties; the order of the purchases does not matter, floats or not
SELECT setseed(0.5);
CREATE TABLE many AS SELECT floor(random() * 400)::text AS who, date '2024-01-01' + floor(300 * random() ^ 2)::int AS day, round((exp(random() * 6) - 10)::numeric, 2)::float8 AS amount FROM generate_series(1, 3000);
CREATE TABLE shuffled AS SELECT * FROM many ORDER BY random();
SELECT segment.create_rfm_view('rfm_many', 'many', 'who', 'day', 'amount', '2024-11-01');
SELECT segment.create_rfm_view('rfm_shuffled', 'shuffled', 'who', 'day', 'amount', '2024-11-01');
WITH c AS (
	SELECT who, date '2024-11-01' - max(day) FILTER (WHERE amount >= 0) AS days, count(*) FILTER (WHERE amount >= 0) AS times, sum(amount::numeric) AS value
	FROM many GROUP BY who HAVING bool_or(amount >= 0))
SELECT count(*), bool_and(v.recency = c.days AND v.frequency = c.times AND v.monetary = c.value::float8) AS counts,
	bool_and(v.r = 1 + 5 * (SELECT count(*) FROM c o WHERE o.days > c.days) / (SELECT count(*) FROM c)
		 AND v.f = 1 + 5 * (SELECT count(*) FROM c o WHERE o.times < c.times) / (SELECT count(*) FROM c)
		 AND v.m = 1 + 5 * (SELECT count(*) FROM c o WHERE o.value < c.value) / (SELECT count(*) FROM c)) AS scores,
	bool_and(v.segment = segment.rfm_segment(v.r, v.f, v.m)) AS segments
FROM c FULL JOIN rfm_many v USING (who);
SELECT count(*) FROM (SELECT * FROM rfm_many EXCEPT SELECT * FROM rfm_shuffled) x;
-- no two values of money are equal here: fifths of equal size
SELECT m, count(*) FROM rfm_many GROUP BY m ORDER BY m;
-- one scan of the purchases
CREATE FUNCTION scans(query text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	RETURN regexp_count(plan::text, 'Scan"[^}]*"Relation Name"');
END $$;
SELECT scans('SELECT count(segment) FROM rfm_many');

-- joined to the customers, it feeds a fit
CREATE TABLE customers AS SELECT DISTINCT who, length(who) * 10 AS age FROM many;
CREATE VIEW customers_rfm AS SELECT * FROM customers JOIN rfm_many USING (who);
SELECT cluster, size > 0 AS has_rows FROM segment.fit('buyers', 'customers_rfm', '{recency,frequency,monetary}', 3, key => '{who}', scale => 'log');
SELECT segment.create_view('buyers', 'buyer_personas');
SELECT count(*), count(persona) FROM buyer_personas;

-- names of any kind, domains, a foreign purpose: a partitioned table, a materialized view
CREATE DOMAIN euro AS numeric(12, 2) CHECK (VALUE > -1000);
CREATE TABLE "odd ""table""; --" ("who"";" text, "when'" date, "%I" euro) PARTITION BY RANGE ("when'");
CREATE TABLE odd_part PARTITION OF "odd ""table""; --" DEFAULT;
INSERT INTO "odd ""table""; --" VALUES ('x', '2024-01-01', 5), ('y', '2024-01-03', 6);
SELECT segment.create_rfm_view('"an ""odd"" view"', '"odd ""table""; --"', 'who";', 'when''', '%I');
SELECT * FROM "an ""odd"" view" ORDER BY 1;
CREATE MATERIALIZED VIEW kept AS SELECT * FROM purchases;
SELECT segment.create_rfm_view('pg_temp.rfm_kept', 'kept', 'customer', 'at', 'amount');
SELECT count(*) FROM rfm_kept;
-- nothing bought, nobody there; one customer is the first fifth of all
CREATE TABLE empty (LIKE purchases);
SELECT segment.create_rfm_view('rfm_empty', 'empty', 'customer', 'at', 'amount');
SELECT count(*) FROM rfm_empty;
INSERT INTO empty VALUES (1, '2024-01-01', 0);
SELECT * FROM rfm_empty;

-- what cannot be
\set SHOW_CONTEXT never
SELECT segment.create_rfm_view('rfm', 'purchases', 'customer', 'at', 'amount');
SELECT segment.create_rfm_view('x', 'purchases', 'who', 'at', 'amount');
SELECT segment.create_rfm_view('x', 'purchases', NULL, 'at', 'amount');
SELECT segment.create_rfm_view('x', 'purchases', 'customer', 'amount', 'at');
SELECT segment.create_rfm_view('x', 'purchases', 'customer', NULL, 'amount');
SELECT segment.create_rfm_view('x', 'many', 'amount', 'day', 'who');
SELECT segment.create_rfm_view('x', 'purchases', 'customer', 'at', 'amount', 'infinity');
SELECT segment.create_rfm_view('x', NULL, 'customer', 'at', 'amount');
SELECT segment.create_rfm_view('nowhere.x', 'purchases', 'customer', 'at', 'amount');
SELECT segment.create_rfm_view('1 2', 'purchases', 'customer', 'at', 'amount');
ALTER TABLE empty RENAME customer TO r;
SELECT segment.create_rfm_view('x', 'empty', 'r', 'at', 'amount');

SELECT segment.drop('buyers', cascade => true);
DROP TABLE purchases, many, shuffled, customers, empty, "odd ""table""; --" CASCADE;
DROP DOMAIN euro;
DROP FUNCTION scans;
