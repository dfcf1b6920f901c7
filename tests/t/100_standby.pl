# A physical standby scores: all that reads works there, and what writes is refused by the server, before any work is done.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', 5);
SELECT segment.fit('mixture', 'mall_customers', '{annual_income,spending_score}', 5, method => 'gmm');
SELECT segment.fit('stores', 'mall_customers', '{annual_income,spending_score}', 2, by => 'gender');
SELECT segment.create_view('mall', 'personas');
SELECT segment.snapshot('mall'), segment.snapshot('stores');
CREATE TABLE models AS SELECT kmeans(3, age, annual_income) AS m, cluster_sketch(age, annual_income) AS s FROM mall_customers;
CREATE ROLE reader LOGIN; GRANT SELECT ON personas TO reader;
CREATE ROLE guest LOGIN; GRANT SELECT ON mall_customers TO guest; SELECT segment.share('mall', 'guest');
});
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

# What comes later arrives as well: a refit, a name, a new customer.
$primary->safe_psql('postgres', q{
UPDATE mall_customers SET annual_income = annual_income + 3 WHERE customer_id % 2 = 0;
SELECT segment.refit('mall'); SELECT segment.rename('mall', 4, 'Careful Savers');
INSERT INTO mall_customers VALUES (201, 'Female', 30, 90, 15);
UPDATE mall_customers SET gender = 'Male' WHERE customer_id = 3;
SELECT segment.snapshot('mall'), segment.snapshot('stores');
});
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'it is a standby');

my %read = (
	'a persona view' => q{SELECT * FROM personas ORDER BY customer_id},
	'segment.models and segment.personas' => q{SELECT * FROM segment.models; SELECT * FROM segment.personas},
	'segment.profile, segment.history, segment.changes' => q{SELECT * FROM segment.profile('mall'); SELECT * FROM segment.history('mall'); SELECT * FROM segment.changes},
	'segment.snapshots' => q{SELECT * FROM segment.snapshots},
	'segment.migration' => q{SELECT * FROM segment.migration('mall'); SELECT * FROM segment.migration('stores')},
	'segment.movers' => q{SELECT * FROM segment.movers('mall'); SELECT * FROM segment.movers('stores')},
	'segment.health' => q{SELECT * FROM segment.health('mall')},
	'segment.explain' => q{SELECT * FROM segment.explain('mall', 4)},
	'segment.explain_customer' => q{SELECT * FROM segment.explain_customer('mall', '201'); SELECT * FROM segment.explain_customer('mixture', '7')},
	'cluster_id of a stored model' => q{SELECT customer_id, cluster_id(m, age, annual_income), cluster_distance(m, age, annual_income) FROM mall_customers, models ORDER BY 1},
	'kmeans_label' => q{SELECT customer_id, kmeans_label(5, annual_income, spending_score) OVER () FROM mall_customers ORDER BY 1},
	'other labels' => q{SELECT customer_id, hclust_label(5, age, annual_income) OVER (), dbscan_label(9, 6, annual_income, spending_score) OVER (), hdbscan_label(10, annual_income, spending_score) OVER (), gmm_label(3, age, spending_score) OVER () FROM mall_customers ORDER BY 1},
	'kmeans of a stored sketch' => q{SELECT kmeans(s, 4), gmm(s, 2), hclust(s) FROM models},
);
for my $name (sort keys %read)
{
	my $there = $primary->safe_psql('postgres', $read{$name});
	isnt($there, '', "$name: there is something");
	is($standby->safe_psql('postgres', $read{$name}), $there, "$name: the same on the standby");
}
like($standby->safe_psql('postgres', q{SELECT persona FROM personas WHERE customer_id = 201}), qr/^Careful Savers$/, 'the latest names, and customers');
is($standby->safe_psql('postgres', 'SELECT count(persona) FROM personas', extra_params => [ '-U', 'reader' ]), '201', 'readers of the view read it');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM segment.health('mall')}, extra_params => [ '-U', 'guest' ]), '11', 'and those with whom the model is shared');
is($standby->safe_psql('postgres', q{SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT count(*), count(psi) FROM segment.health('mall')}), '11|9', 'with parallel workers, too');

# What writes
for my $call (
	q{fit('new', 'mall_customers', k => 3)}, q{refit('mall')}, q{rename('mall', 0, 'x')}, q{activate('mall', 1)}, q{apply_rules('mall')}, q{apply_rules('mall', NULL)},
	q{create_view('mall', 'v')}, q{drop('mall', true)}, q{snapshot('stores')}, q{forget('mall', 'infinity')}, q{share('mall', 'reader')}, q{unshare('mall', 'guest')})
{
	my ($status, $out, $err) = $standby->psql('postgres', "\\set VERBOSITY verbose\nSELECT segment.$call");
	like($err, qr/ERROR:  25006: cannot execute [A-Z ]+ in a read-only transaction/, "segment.$call is refused");
}
# fit is refused at its start: its source is not read
my ($status, $out, $err) = $primary->psql('postgres', q{CREATE VIEW slow AS SELECT customer_id, age + 0 * (SELECT count(*) FROM pg_sleep(100)) AS age FROM mall_customers});
$primary->wait_for_catchup($standby);
($status, $out, $err) = $standby->psql('postgres', q{SET statement_timeout = '60s'; SELECT segment.fit('slow', 'slow', '{age}', 3)});
like($err, qr/cannot execute SELECT FOR KEY SHARE in a read-only transaction/, 'and at once');

# After a promotion it goes on.
$standby->promote;
is($standby->safe_psql('postgres', q{SELECT count(*) FROM segment.refit('mall'); SELECT version FROM segment.history('mall') WHERE active}), "5\n3", 'promoted, it fits the next version');
$primary->stop;
$standby->stop;
done_testing();
