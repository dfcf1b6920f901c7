-- What the tests of BI tools and dashboards look at: the customers of the mall, two models of them, and three snapshots between
-- which some customers change. Runs in an empty database, from the top of the checkout.
SET client_min_messages = warning;

CREATE EXTENSION segment;
CREATE TABLE mall_customers (
	customer_id int PRIMARY KEY,
	gender text,
	age int,
	annual_income int,
	spending_score int
);
COMMENT ON TABLE mall_customers IS 'customers of a mall';
COMMENT ON COLUMN mall_customers.customer_id IS 'number of the customer';
COMMENT ON COLUMN mall_customers.gender IS 'Female or Male';
COMMENT ON COLUMN mall_customers.age IS 'in years';
COMMENT ON COLUMN mall_customers.annual_income IS 'thousands of dollars a year';
COMMENT ON COLUMN mall_customers.spending_score IS '1 to 100, given by the mall';
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
ANALYZE mall_customers;

-- By income and spending, with the five names of the ruleset mall
SELECT count(*) AS personas FROM segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', 5) \gset
SELECT segment.create_view('mall', 'mall_personas') AS view \gset
-- By age and spending; one name is hard to show
SELECT count(*) AS personas FROM segment.fit('mall by age', 'mall_customers', '{age,spending_score}', 4) \gset
SELECT segment.rename('mall by age', 0, $$O'Brien & "Söhne" <b>50 %</b> 😀 שלום</script>$$) AS name \gset
SELECT segment.create_view('mall by age', '"Mall by age"') AS view \gset

SELECT segment.snapshot('mall') AS snapshot, segment.snapshot('mall by age') AS snapshot2 \gset
-- Some come to money and others spend less, one goes, one comes.
UPDATE mall_customers SET annual_income = annual_income + 40 WHERE customer_id % 10 = 0 AND annual_income < 60;
UPDATE mall_customers SET spending_score = 100 - spending_score WHERE customer_id % 15 = 0;
DELETE FROM mall_customers WHERE customer_id = 7;
INSERT INTO mall_customers VALUES (201, 'Female', 33, 90, 85);
SELECT segment.snapshot('mall') AS snapshot, segment.snapshot('mall by age') AS snapshot2 \gset
UPDATE mall_customers SET spending_score = spending_score / 2 WHERE customer_id % 12 = 0;
SELECT segment.snapshot('mall') AS snapshot, segment.snapshot('mall by age') AS snapshot2 \gset
-- Newer than all snapshots: a customer without a persona, for income is not known.
INSERT INTO mall_customers VALUES (202, 'Male', 51, NULL, 40);
