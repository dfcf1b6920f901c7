# Many small groups: each costs the same memory whether there are 20,000 of them or 100,000, and gets the same model by any
# plan.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('groups');
$node->init;
$node->append_conf('postgresql.conf', q{
client_min_messages = warning
max_parallel_workers_per_gather = 0
hash_mem_multiplier = 1
jit = off
});
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
SELECT setseed(0.25);
CREATE UNLOGGED TABLE t100 AS SELECT i % 100000 AS store, random() * 100 AS a, random() * 1000 AS b FROM generate_series(1, 500000) i;
CREATE UNLOGGED TABLE t20 AS SELECT * FROM t100 WHERE store < 20000;
VACUUM ANALYZE t20; VACUUM ANALYZE t100;
});

# By hash, in as much memory as the planner dares to take (18 spills some groups, older ones none), and one after the other.
my %plan = (
	hash => { settings => q{SET work_mem = '1GB'; SET enable_sort = off;}, node => qr/HashAggregate/ },
	sort => { settings => q{SET work_mem = '4MB'; SET enable_hashagg = off;}, node => qr/GroupAggregate.*Sort/s });

for my $plan (sort keys %plan)
{
	like($node->safe_psql('postgres', "$plan{$plan}{settings} EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT store, cluster_sketch(a, b) FROM t100 GROUP BY store"),
		$plan{$plan}{node}, "the plan is that of $plan");
}
is($node->safe_psql('postgres', qq{
$plan{hash}{settings} CREATE TEMP TABLE by_hash AS SELECT store, kmeans(2, a, b) AS model, cluster_sketch(a, b) AS sketch FROM t20 GROUP BY store;
RESET ALL;
$plan{sort}{settings} CREATE TEMP TABLE by_sort AS SELECT store, kmeans(2, a, b) AS model, cluster_sketch(a, b) AS sketch FROM t20 GROUP BY store;
RESET ALL;
SELECT count(*), bool_and(h.model = s.model), bool_and(h.sketch = s.sketch), bool_and((SELECT sum(size) FROM cluster_stats(h.model)) = 5) FROM by_hash h JOIN by_sort s USING (store)}),
	'20000|t|t|t', 'the same models and sketches by hash and by sort');

# The most memory, in kB, of a session that makes the groups; it has read the table, which counts.
sub memory
{
	my ($plan, $aggregate, $table) = @_;
	my $answer = $node->safe_psql('postgres', qq{
$plan{$plan}{settings}
SELECT count(made) FROM (SELECT $aggregate AS made FROM $table GROUP BY store OFFSET 0) g;
SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s+(\\d+)')});
	my ($groups, $memory) = $answer =~ /^(\d+)\n(\d+)$/ or die "not two numbers: $answer";
	is("t" . $groups / 1000, $table, "$aggregate of $table by $plan: all groups");
	return $memory;
}

SKIP:
{
	skip('a process does not show its memory in /proc', 1) unless -e '/proc/self/status' && slurp_file('/proc/self/status') =~ /VmHWM/;

	for my $plan (sort keys %plan)
	{
		my %plain = map { $_ => memory($plan, 'avg(a + b)', $_) } 't20', 't100';
		for my $aggregate ('cluster_sketch(a, b)', 'kmeans(2, a, b)')
		{
			# beyond what avg takes; some MB come and go
			my %more = map { $_ => memory($plan, $aggregate, $_) - $plain{$_} } 't20', 't100';
			my $most = $plan eq 'hash' ? 5 * $more{t20} + 16384 : $more{t20} + 16384;
			note("$plan, $aggregate: $more{t20} kB more than avg with 20,000 groups, $more{t100} kB with 100,000");
			cmp_ok($more{t100}, '<', $most, "$aggregate by $plan: " . ($plan eq 'hash' ? 'memory is linear in the groups' : 'memory does not grow'));
			cmp_ok($more{t100}, '<', 100000 * 1.0, "$aggregate by $plan: no more than 1 kB a group of five rows");
		}
	}
}

# The aggregate that segment.fit uses stops before it takes more than it may, whatever the planner takes the groups for.
SKIP:
{
	skip('a process does not show its memory in /proc', 1) unless -e '/proc/self/status' && slurp_file('/proc/self/status') =~ /VmHWM/;

	my $answer = $node->safe_psql('postgres', q{
ALTER TABLE t100 ALTER store SET (n_distinct = 2); ANALYZE t100; SET enable_sort = off; SET work_mem = '1GB';
SELECT count(made) FROM (SELECT avg(a + b) AS made FROM (SELECT * FROM t100 WHERE store < 10) t GROUP BY store OFFSET 0) g;
SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s+(\\d+)');
DO $$
BEGIN
	PERFORM count(made) FROM (SELECT segment.sketch_within(ARRAY[a, b], 32 * 1048576) AS made FROM t100 GROUP BY store OFFSET 0) g;
	RAISE 'no limit';
EXCEPTION WHEN out_of_memory THEN
END $$;
SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\\s+(\\d+)')});
	my ($before, $after) = $answer =~ /^10\n(\d+)\n(\d+)$/ or die "not three numbers: $answer";
	note('32 MB of sketches allowed: ' . ($after - $before) . ' kB');
	cmp_ok($after - $before, '<', 32 * 1024 + 16384, 'sketches of 100,000 groups stop at the limit');
}

$node->stop;
done_testing();
