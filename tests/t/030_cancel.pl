# Long work answers a cancel, and the session goes on afterwards with its memory back; it says how far it is, or keeps quiet.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('cancel');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
SELECT setseed(0.5);
CREATE TABLE wide AS SELECT random() AS a, random() AS b, random() AS c FROM generate_series(1, 300000);
CREATE TABLE deep AS SELECT * FROM wide LIMIT 15000;
CREATE TABLE tall AS SELECT random() AS a, random() AS b, random() AS c FROM generate_series(1, 1000000);
});

# Each of these takes many seconds when left alone.
my %long = (
	'reading and sorting' => 'SELECT DISTINCT kmeans_label(ARRAY[a, b, c], 2) OVER () FROM wide, generate_series(1, 30)',
	'k-means' => 'SELECT DISTINCT kmeans_label(50, a, b, c) OVER () FROM wide',
	'the k-means aggregate' => 'SELECT kmeans(500, a, b, c) FROM tall',
	'a tree in linear memory' => 'SELECT DISTINCT hclust_label(3, a, b, c) OVER () FROM tall',
	'a spanning tree' => q{SELECT DISTINCT hclust_label(ARRAY[a, b, c], 3, linkage => 'single') OVER () FROM tall},
	'core distances' => 'SELECT DISTINCT hdbscan_label(100, a, b, c) OVER () FROM tall',
	'core distances that reach far' => 'SELECT DISTINCT hdbscan_outlier(500000, a, b, c) OVER () FROM tall',
	'a spanning tree of mutual reachability' => 'SELECT DISTINCT hdbscan_label(ARRAY[a, b, c], 1000, min_samples => 2) OVER () FROM tall',
	'a tree of all distances' => q{SELECT DISTINCT hclust_label(ARRAY[a, b], 3, 'complete') OVER () FROM deep},
	'the aggregate of a tree' => q{SELECT dendrogram_suggest_k(hclust(ARRAY[a, b, c], 'ward')) FROM tall},
	'a cophenetic correlation' => q{SELECT dendrogram_cophenetic(hclust(ARRAY[a, b, c], 'ward')) FROM wide},
	'a tree with inversions' => q{SELECT DISTINCT hclust_label(ARRAY[a, b], 3, linkage => 'median') OVER () FROM deep},
	'silhouettes' => 'SELECT DISTINCT silhouette((a * 1e6)::int % 2, a, b, c) OVER () FROM (SELECT * FROM tall LIMIT 200000) t',
	'estimates of silhouettes' => 'SELECT DISTINCT silhouette((a * 1e6)::int % 2, a, b, c) OVER () FROM tall',
	'density on a grid' => 'SELECT DISTINCT dbscan_label(0.003, 1000, a, b) OVER () FROM tall',
	'density on a tree' => 'SELECT DISTINCT dbscan_label(0.1, 2000, a, b, c, a * b) OVER () FROM tall',
	'the knee of a density curve' => q{SELECT segment.dbscan_suggest_eps('tall', '{a,b,c}', 1000000)},
	'a mixture' => 'SELECT DISTINCT gmm_label(50, a, b, c) OVER () FROM wide',
	'a mixture of few rows and many features' => q{SELECT DISTINCT gmm_label((SELECT array_agg((i * j) % 101 / 7.0) FROM generate_series(1, 1000) j), 2) OVER () FROM generate_series(1, 20) i},
	'the aggregate of a mixture' => 'SELECT gmm(50, a, b, c) FROM wide',
	'the choice of k' => q{SELECT * FROM segment.choose_k('tall')},
	'the choice of k among many' => q{SELECT * FROM segment.choose_k('deep', k_max => 100)},
	'a fit' => q{SELECT * FROM segment.fit('long', 'wide', k => 50)});
for my $what (sort keys %long)
{
	my ($status, $out, $err) = $node->psql('postgres', qq{
SET statement_timeout = '200ms';
$long{$what};
RESET statement_timeout;
SELECT 'the session goes on', pg_size_pretty(sum(total_bytes)) <> '' FROM pg_backend_memory_contexts WHERE name LIKE 'segment%';
SELECT count(*) FROM (SELECT kmeans_label(3, a) OVER () FROM deep LIMIT 10) x;
}, on_error_stop => 0);
	like($err, qr/canceling statement due to statement timeout/, "$what is cancelled");
	is($out, "the session goes on|\n10", "the session goes on after $what, without its memory");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM segment.models'), '0', 'a cancelled fit leaves no model');

for my $interval ('1ms', '0')
{
	my (undef, undef, $err) = $node->psql('postgres', qq{
SET segment.progress_interval = '$interval';
SELECT DISTINCT kmeans_label(8, a, b, c) OVER () FROM wide;
});
	my $says = $err =~ /NOTICE:  [a-z -]+: (at work for \d+ s|\d+ % done after \d+ s)$/m;
	is($says ? 'progress' : 'quiet', $interval eq '0' ? 'quiet' : 'progress', "progress every $interval");
}

# A backend that is told to end does so in the middle of a tree.
my $session = $node->background_psql('postgres', on_error_stop => 0);
$session->{stdin} .= "SELECT DISTINCT hclust_label(ARRAY[a, b], 3, 'complete') OVER () FROM deep;\n";
$session->{run}->pump_nb;
$node->poll_query_until('postgres', q{
SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'SELECT DISTINCT hclust%' AND state = 'active'})
  or die 'the long query did not begin';
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT DISTINCT hclust%' AND pid <> pg_backend_pid()});
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE 'SELECT DISTINCT hclust%' AND pid <> pg_backend_pid()}),
	'a backend that is terminated ends');
eval { $session->quit };

$node->stop;
done_testing();
