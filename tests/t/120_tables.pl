# Four tables of other shapes than the mall's go the whole way: described, checked, clustered with a k that is chosen, compared and
# named. A seeded generator plants the segments, and the defects.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('tables');
$node->init;
$node->append_conf('postgresql.conf', "client_min_messages = warning\n");
$node->start;

# normal(): standard normal; a row's planted segment is "truth"
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE FUNCTION normal() RETURNS float8 LANGUAGE sql VOLATILE AS $$ SELECT sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) $$;
SELECT setseed(0.125);

-- Purchases: regulars who buy often, occasional buyers, those who bought once long ago, and a few big spenders
CREATE TABLE purchases AS
SELECT customer, timestamp '2025-12-31' - make_interval(hours => floor(24 * since * n)::int) AS at, round((spend * exp(0.3 * normal()))::numeric, 2) AS amount
FROM (SELECT c AS customer, round((ARRAY[40, 8, 2, 15])[1 + c % 4] * exp(0.25 * normal()) + 0.5)::int AS times,
		(ARRAY[5, 60, 300, 20])[1 + c % 4] * exp(0.3 * normal()) AS since, (ARRAY[20, 60, 15, 400])[1 + c % 4] * exp(0.2 * normal()) AS spend
	FROM generate_series(1, 2000) AS c OFFSET 0) AS customers, generate_series(1, times) AS n;
INSERT INTO purchases SELECT customer, at, -amount FROM purchases WHERE customer % 50 = 0 LIMIT 100;

-- Telecom: minutes, data and cost of three kinds of users; the bill is nearly the minutes again, and a flag splits at random
CREATE TABLE telecom AS
SELECT id, truth, minutes, gigabytes, 0.1 * minutes + 0.05 * normal() AS bill, floor(2 * random())::int AS paperless, 7 AS country_code
FROM (SELECT id, id % 3 AS truth, (ARRAY[100, 400, 150])[1 + id % 3] + 25 * normal() AS minutes, (ARRAY[2, 5, 40])[1 + id % 3] + 1.5 * normal() AS gigabytes
	FROM generate_series(1, 3000) AS id OFFSET 0) AS u;
ALTER TABLE telecom ADD PRIMARY KEY (id);

-- A bank: numbers and categories, some ages unknown; who has a mortgage is no feature, and depends on the segment
CREATE TABLE bank AS
SELECT id, truth, CASE WHEN random() < 0.1 THEN NULL ELSE age END AS age, balance, job, random() < (ARRAY[0.1, 0.6, 0.3])[1 + truth] AS mortgage, normal() AS noise
FROM (SELECT id, id % 3 AS truth, round((ARRAY[25, 45, 70])[1 + id % 3] + 4 * normal()) AS age, (ARRAY[1000, 8000, 20000])[1 + id % 3] + 900 * normal() AS balance,
		(ARRAY['student', 'employee', 'pensioner'])[1 + CASE WHEN random() < 0.9 THEN id % 3 ELSE floor(3 * random())::int END] AS job
	FROM generate_series(1, 3000) AS id OFFSET 0) AS c;
ALTER TABLE bank ADD PRIMARY KEY (id);

-- Web sessions: heavy tails, where the logarithm shows the segments
CREATE TABLE sessions AS
SELECT id, truth, exp((ARRAY[1, 4, 6])[1 + truth] + 0.5 * normal()) AS seconds, exp((ARRAY[0.5, 3.0, 1.0])[1 + truth] + 0.4 * normal()) AS pages, id + 1000 AS visitor
FROM (SELECT id, id % 3 AS truth FROM generate_series(1, 3000) AS id) AS s;
INSERT INTO sessions SELECT 3000 + n, 2, 10 ^ (5 + n), 1, 4000 + n FROM generate_series(1, 3) AS n;
});

# The answers of one statement, a line each.
sub lines { return split /\n/, $node->safe_psql('postgres', $_[0]) }

# What lint finds: "finding of subject" in its order.
sub findings { return join(', ', lines("SELECT finding || ' of ' || subject FROM segment.lint($_[0])")) }

# The share of the customers whose cluster is that of most of their planted segment.
sub agreement
{
	my ($view) = @_;
	return $node->safe_psql('postgres', "SELECT sum(most) / sum(all_of_them) FROM (SELECT max(n) AS most, sum(n) AS all_of_them FROM
		(SELECT truth, cluster, count(*) AS n FROM $view WHERE cluster IS NOT NULL GROUP BY 1, 2) c GROUP BY truth) t");
}

# ---- purchases ----

$node->safe_psql('postgres', q{
SELECT segment.create_rfm_view('rfm', 'purchases', 'customer', 'at', 'amount');
CREATE VIEW buyers AS SELECT *, customer % 4 AS truth FROM rfm;
});
is($node->safe_psql('postgres', q{SELECT count(*), min(n), max(distinct_values) > 1 FROM (SELECT column_name, rows AS n, distinct_values FROM segment.describe('rfm', '{recency,frequency,monetary}')) d}),
	'3|2000|t', 'purchases: described, a row for each customer');
is(findings(q{'rfm', '{recency,frequency,monetary}'}), 'dominates unscaled of monetary', 'purchases: money has another unit');
is($node->safe_psql('postgres', q{SELECT k FROM segment.choose_k('rfm', '{recency,frequency,monetary}', scale => 'log') WHERE chosen}), '4', 'purchases: four segments are chosen');
is(scalar(lines(q{SELECT persona FROM segment.fit('buyers', 'buyers', '{recency,frequency,monetary}', key => '{customer}', scale => 'log')})), 4, 'purchases: fit chooses as many');
$node->safe_psql('postgres', q{SELECT segment.create_view('buyers', 'buyer_personas')});
cmp_ok(agreement('buyer_personas'), '>', 0.98, 'purchases: the clusters are the planted segments');
is($node->safe_psql('postgres', q{SELECT count(DISTINCT segment) > 3 FROM buyer_personas}), 't', 'purchases: RFM segments of several names');

# ---- telecom ----

is(findings(q{'telecom', '{minutes,gigabytes,bill,paperless,country_code}'}), 'binary of paperless, constant of country_code, correlated of bill, dominates unscaled of minutes',
	'telecom: a flag, a constant and a column that says the same');
like($node->safe_psql('postgres', q{SELECT r FROM segment.correlations('telecom', '{minutes,bill}')}), qr/^0\.99/, 'telecom: minutes and bill go together');
is(findings(q{'telecom', '{minutes,gigabytes}'}), 'dominates unscaled of minutes', 'telecom: nothing else is wrong with the rest');
is($node->safe_psql('postgres', q{SELECT k FROM segment.choose_k('telecom', '{minutes,gigabytes}') WHERE chosen}), '3', 'telecom: three segments are chosen');
my @personas = lines(q{SELECT persona FROM segment.fit('telecom', 'telecom', '{minutes,gigabytes}')});
is(scalar(grep { length } @personas), 3, 'telecom: three names: ' . join(', ', @personas));
$node->safe_psql('postgres', q{SELECT segment.create_view('telecom', 'telecom_personas')});
cmp_ok(agreement('telecom_personas'), '>', 0.99, 'telecom: the clusters are the planted segments');
is(join(' ', lines(q{SELECT DISTINCT p < 0.01 FROM segment.compare('telecom_personas', 'paperless', 'persona')})), 'f', 'telecom: the flag differs by no segment');

# ---- bank ----

like(findings(q{'bank', '{age,balance}'}), qr/missing values of age/, 'bank: unknown ages are told');
like(findings(q{'bank'}), qr/category of job/, 'bank: so is a category that takes no part');
$node->safe_psql('postgres', q{SELECT segment.encode('bank_encoded', 'bank', '{age,balance,job}')});
is($node->safe_psql('postgres', q{SELECT k FROM segment.choose_k('bank_encoded', '{age_scaled,balance_scaled,job_student,job_employee,job_pensioner}', scale => 'none') WHERE chosen}),
	'3', 'bank: three segments are chosen');
is(scalar(lines(q{SELECT persona FROM segment.fit('bank', 'bank_encoded', '{age_scaled,balance_scaled,job_student,job_employee,job_pensioner}', 3, key => '{id}', scale => 'none')})), 3, 'bank: fitted');
$node->safe_psql('postgres', q{SELECT segment.create_view('bank', 'bank_personas')});
cmp_ok(agreement('bank_personas'), '>', 0.97, 'bank: the clusters are the planted segments');
is($node->safe_psql('postgres', q{SELECT count(*) FROM bank_personas WHERE (age IS NULL) <> (persona IS NULL)}), '0', 'bank: who has no age has no persona, and nobody else');
is(join(' ', lines(q{SELECT value, p < 1e-6 FROM segment.compare('bank_personas', '{mortgage,noise}'::text[], 'persona') WHERE test IN ('chi-square', 'Welch ANOVA') ORDER BY 1})),
	'mortgage|t noise|f', 'bank: mortgages differ by segment, noise does not');

# ---- sessions ----

like(findings(q{'sessions', '{seconds,pages,visitor}'}), qr/identifier of visitor.*skewed of seconds/, 'sessions: a number of the visitor, and a heavy tail');
is($node->safe_psql('postgres', q{SELECT skew > 10 AND max > 1e7 AND median < 1000 FROM segment.describe('sessions', '{seconds}')}), 't', 'sessions: described as skewed');
is($node->safe_psql('postgres', q{SELECT k FROM segment.choose_k('sessions', '{seconds,pages}', scale => 'log') WHERE chosen}), '3', 'sessions: three segments are chosen in the logarithm');
is(scalar(lines(q{SELECT persona FROM segment.fit('sessions', 'sessions', '{seconds,pages}', 3, key => '{id}', scale => 'log')})), 3, 'sessions: fitted');
$node->safe_psql('postgres', q{SELECT segment.create_view('sessions', 'session_personas')});
cmp_ok(agreement('session_personas'), '>', 0.97, 'sessions: the clusters are the planted segments');
my (undef, undef, $err) = $node->psql('postgres', q{SET client_min_messages = notice; SELECT segment.compare('session_personas', 'pages', 'persona')});
like($err, qr/formed by these values/, 'sessions: a comparison of a feature by the clusters is told to be circular');
is(findings(q{model => 'sessions'}), '', 'sessions: nothing is wrong with the model');

# personas of all models, as a BI tool reads them
is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT (model, persona)), bool_and(share > 0) FROM segment.personas}), '13|13|t', 'thirteen personas in four models');

$node->stop;
done_testing();
