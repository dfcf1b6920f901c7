# Parallel workers take part in trees of many rows, and in silhouettes: the same labels with any number of them, in whatever
# surroundings, and nothing is left of them after an error.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('workers');
$node->init;
$node->append_conf('postgresql.conf', q{
max_worker_processes = 8
max_parallel_workers = 8
max_parallel_workers_per_gather = 2
jit = off
});
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
SELECT setseed(0.5);
CREATE TABLE points AS
SELECT id, id % 9 + random() + random() AS a, id % 7 + random() * random() AS b, random() + random() AS c
FROM generate_series(1, 70000) AS id;
CREATE TABLE more AS
SELECT id, id % 9 + random() + random() AS a, id % 7 + random() * random() AS b, random() + random() AS c
FROM generate_series(1, 600000) AS id;
CREATE TABLE few AS SELECT * FROM points LIMIT 10000;
ANALYZE;
});

# A digest of all labels; workers that a crew has are told at this level.
my $listen = "SET client_min_messages = debug1;\n";

sub digest
{
	my ($table, $linkage, $join) = (@_, '');
	return "SELECT md5(string_agg(label::text, ',' ORDER BY id)) FROM (SELECT id, hclust_label(ARRAY[a, b, c], 1000, '$linkage') OVER () AS label FROM $table) AS l $join;\n";
}

# The same of HDBSCAN*, and of its scores.
sub density_digest
{
	return "SELECT md5(string_agg(label || ' ' || score, ',' ORDER BY id)) FROM (SELECT id, hdbscan_label(5, a, b, c, a + b, b + c) OVER () AS label, hdbscan_outlier(5, a, b, c, a + b, b + c) OVER () AS score FROM points) AS l;\n";
}

# What a script says, and the crews that it had: "2/2" is two workers launched of two wanted.
sub run_script
{
	my ($script) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $listen . $script);
	is($status, 0, 'the script succeeds') or diag($err);
	return ($out, join(' ', map { s{ of }{/}r } $err =~ /DEBUG:  (\d of \d) parallel workers launched/g));
}

# Any number of workers
my %labels;
for my $linkage ('ward', 'single')
{
	for my $workers (0, 1, 2, 4)
	{
		my ($out, $crews) = run_script("SET max_parallel_workers_per_gather = $workers;\n" . digest('points', $linkage));
		is($crews, $workers ? "$workers/$workers" : '', "$linkage with $workers workers has them");
		$labels{$linkage} //= $out;
		is($out, $labels{$linkage}, "$linkage with $workers workers: the labels");
	}
}
isnt($labels{ward}, $labels{single}, 'these are two trees');
for my $workers (0, 1, 2, 4)
{
	my ($out, $crews) = run_script("SET max_parallel_workers_per_gather = $workers;\n" . density_digest());
	is($crews, $workers ? join(' ', ("$workers/$workers") x 4) : '', "HDBSCAN* with $workers workers has them, for core distances and for the tree");
	$labels{hdbscan} //= $out;
	is($out, $labels{hdbscan}, "HDBSCAN* with $workers workers: labels and scores");
}
my $ward = $labels{ward};

# Silhouettes of labels that leave no cluster out, exact ones and estimates
my $values = sub { "SELECT md5(string_agg(s::text, ',' ORDER BY id)) FROM (SELECT id, silhouette(id % 3, a, b, c) OVER () AS s FROM $_[0]) AS v;\n" };
for my $table ('points', 'more')
{
	my $expected;
	for my $workers (0, 1, 2, 4)
	{
		my ($out, $crews) = run_script("SET max_parallel_workers_per_gather = $workers;\n" . $values->($table));
		is($crews, $workers ? "$workers/$workers" : '', "silhouettes of $table with $workers workers have them");
		$expected //= $out;
		is($out, $expected, "silhouettes of $table with $workers workers: the values");
	}
}

for my $none ('max_parallel_workers', 'max_parallel_workers_per_gather')
{
	my ($out, $crews) = run_script("SET $none = 0;\n" . digest('points', 'ward'));
	is("$out $crews", "$ward ", "$none = 0: the leader does it alone");
}
is((run_script(digest('few', 'ward')))[1], '', 'few rows are not worth workers');

# Surroundings
my $gather = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;\n";
like($node->safe_psql('postgres', $gather . 'EXPLAIN ' . digest('points', 'ward')), qr/WindowAgg.*Gather/s, 'a plan that is parallel below the labels');
for my $around (
	['a query with a Gather', $gather . digest('points', 'ward'), '2/2'],
	['a Gather beside it', $gather . digest('points', 'ward', 'JOIN (SELECT id, count(*) FROM points GROUP BY id) AS r USING (id)'), '2/2'],
	['SERIALIZABLE READ ONLY', "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;\n" . digest('points', 'ward') . 'COMMIT;', '2/2'],
	['SERIALIZABLE with writes', "BEGIN ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE w AS SELECT 1 AS x;\n" . digest('points', 'ward') . "UPDATE w SET x = 2;\nCOMMIT;", '2/2'],
	['REPEATABLE READ, rows of this transaction', "BEGIN ISOLATION LEVEL REPEATABLE READ;\nCREATE TABLE r AS SELECT * FROM points;\nUPDATE r SET c = c;\n" . digest('r', 'ward') . "COMMIT;", '2/2'],
	['a temporary table', "CREATE TEMP TABLE mine AS SELECT * FROM points;\n" . digest('mine', 'ward'), '2/2'],
	['a cursor', "BEGIN;\nDECLARE c CURSOR FOR " . digest('points', 'ward') . "FETCH c;\nCOMMIT;", '2/2'])
{
	my ($what, $script, $want) = @$around;
	my ($out, $crews) = run_script($script);
	is("$out $crews", "$ward $want", $what);
}

my ($out, $crews) = run_script(q{
CREATE TABLE labelled (part int, id int, label int);
INSERT INTO labelled SELECT part, id, hclust_label(ARRAY[a, b, c], 1000) OVER (PARTITION BY part) FROM points, generate_series(1, 2) AS part;
SELECT DISTINCT md5(string_agg(label::text, ',' ORDER BY id)) FROM labelled GROUP BY part;
});
is("$out $crews", "$ward 2/2 2/2", 'INSERT ... SELECT, a crew for each partition');

($out, $crews) = run_script(q{
CREATE TABLE said (what text);
DO $$
DECLARE
	digest text;
BEGIN
	INSERT INTO said VALUES ('before');
	BEGIN
		INSERT INTO said VALUES ('within');
		SELECT md5(string_agg(label::text, ',' ORDER BY id)) INTO digest FROM (SELECT id, hclust_label(ARRAY[a, b, c], 1000) OVER () AS label FROM points) AS l;
		INSERT INTO said VALUES (digest);
		PERFORM 1 / 0;
	EXCEPTION WHEN division_by_zero THEN
		INSERT INTO said VALUES (digest);
	END;
	PERFORM segment.hclust_fit(ARRAY[a, b, c], 5, NULL, 'ward', 'zscore') FROM points;
	INSERT INTO said VALUES ('after');
END
$$;
SELECT string_agg(what, ' ') FROM said;
});
is("$out $crews", "before $ward after 2/2 2/2", 'PL/pgSQL that writes before and after, in a subtransaction, and the aggregate');

# The supply is used up.
my $holder = $node->background_psql('postgres', on_error_stop => 0);
$holder->{stdin} .= $gather . "SET parallel_leader_participation = off;\nSELECT count(pg_sleep(1)) FROM points;\n";
$holder->{run}->pump_nb;
my $workers = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'parallel worker'};
$node->poll_query_until('postgres', $workers, '2') or die 'nobody holds workers';
is(join(' ', run_script("SET max_parallel_workers = 2;\n" . digest('points', 'ward'))), "$ward 0/2", 'no worker is free: the leader does it alone');
is(join(' ', run_script("SET max_parallel_workers = 3;\n" . digest('points', 'ward'))), "$ward 1/2", 'one is free: the crew is smaller');
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND backend_type = 'client backend' AND pid <> pg_backend_pid()});
eval { $holder->quit };
$node->poll_query_until('postgres', $workers, '0') or die 'the workers are still held';

# Errors.  With this kind of shared memory its files can be seen, apart from those of other servers; the server keeps some
# small ones of its own.
$node->append_conf('postgresql.conf', "dynamic_shared_memory_type = mmap\n");
$node->restart;

sub large_segments
{
	return scalar grep { -s $_ >= 4 * 1024 * 1024 } glob($node->data_dir . '/pg_dynshmem/mmap.*');
}

my $long = 'SELECT count(DISTINCT label) FROM (SELECT hclust_label(5, a, b, c) OVER () AS label FROM more) AS l';
my $pid = q{(SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT count(DISTINCT label)%' AND backend_type = 'client backend')};

# Start the long query, do something to it when its workers work, and see how it ends.
sub disturb
{
	my ($disturbance, $query) = @_;
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->{stdin} .= "$query;\n\\echo ended\n";
	$session->{run}->pump_nb;
	$node->poll_query_until('postgres', $workers, '2') or die 'no workers';
	my $seen = large_segments();
	$node->safe_psql('postgres', $disturbance);
	my $begun = time;
	eval { $session->query_until(qr/ended/, '') };
	cmp_ok(time - $begun, '<', 2, 'it ends at once');
	my $err = $session->{stderr};
	my $alive = eval { $session->query('SELECT 40 + 2') };
	ok($node->poll_query_until('postgres', $workers, '0'), 'no worker is left');
	is("$seen " . large_segments(), '1 0', 'there was shared memory, and there is no more');
	eval { $session->quit };
	return ($err, $alive);
}

my ($err, $alive) = disturb("SELECT pg_cancel_backend($pid)", $long);
like($err, qr/ERROR:  canceling statement due to user request/, 'a cancel of the leader');
is($alive, '42', 'the session goes on');

($err, $alive) = disturb(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'parallel worker' LIMIT 1}, $long);
like($err, qr/ERROR:  terminating (connection|background worker "parallel worker") due to administrator command/, 'the end of a worker is an error');
is($alive, '42', 'the session goes on');

($err, $alive) = disturb(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'parallel worker' LIMIT 1}, $long);
like($err, qr/ERROR:  canceling statement due to user request.*parallel worker/s, 'so is the cancel of a worker');
is($alive, '42', 'the session goes on');

$long =~ s/^SELECT/PERFORM/;
($err, $alive) = disturb(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'parallel worker' LIMIT 1},
	"DO \$\$ BEGIN INSERT INTO said VALUES ('first'); BEGIN $long; EXCEPTION WHEN OTHERS THEN INSERT INTO said VALUES ('caught'); END; INSERT INTO said VALUES ('last'); END \$\$");
unlike($err, qr/ERROR/, 'an error in a subtransaction can be caught');
is($node->safe_psql('postgres', q{SELECT string_agg(what, ' ') FROM (SELECT * FROM said OFFSET 3) AS s}), 'first caught last', 'and writing goes on');
$long =~ s/^PERFORM/SELECT/;

($err, $alive) = disturb("SELECT pg_terminate_backend($pid)", $long);

(undef, undef, $err) = $node->psql('postgres', "SET statement_timeout = '1500ms';\n$long;\n", on_error_stop => 0);
like($err, qr/canceling statement due to statement timeout/, 'a timeout');
is(large_segments(), 0, 'no shared memory is left');
is($node->safe_psql('postgres', $workers), '0', 'no worker is left');
is(join(' ', run_script(digest('points', 'ward'))), "$ward 2/2", 'and everything goes on, in memory of this kind, too');

# Progress is the leader's to tell.
(undef, undef, $err) = $node->psql('postgres', "SET segment.progress_interval = '1ms';\n" . digest('points', 'ward'));
like($err, qr/NOTICE:  merging: \d+ % done after \d+ s$/m, 'progress');
unlike($err, qr/parallel worker/, 'workers keep quiet');

my $log = slurp_file($node->logfile);
unlike($log, qr/leaked parallel context|dynamic shared memory leak|PANIC|was terminated by signal/, 'the log is clean');

$node->stop;
done_testing();
