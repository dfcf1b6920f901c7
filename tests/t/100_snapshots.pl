# A snapshot that does not come to its end leaves nothing behind: killed, or the server stopped at once, in the middle.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('snapshots');
$node->init;
# what has not reached the log is lost with the server
$node->append_conf('postgresql.conf', "restart_after_crash = on\nfsync = on");
$node->start;

# The source waits for a lock at the last of its rows: so far has a snapshot come when it is stopped.
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE TABLE customers (id int PRIMARY KEY, x float8, y float8);
INSERT INTO customers SELECT i, i % 3 * 10, i % 5 FROM generate_series(1, 3000) AS i;
CREATE FUNCTION wait_at(id int, x float8) RETURNS float8 LANGUAGE plpgsql VOLATILE AS
	$$ BEGIN IF id = 3000 THEN PERFORM pg_advisory_xact_lock_shared(1); END IF; RETURN x; END $$;
CREATE VIEW held AS SELECT id, wait_at(id, x) AS x, y FROM customers;
SELECT segment.fit('model', 'held', '{x,y}', 3, key => '{id}');
});
my $all = q{SELECT snapshot, customers, come, gone, moved FROM segment.snapshots; SELECT last_snapshot FROM segment.model;
SELECT to_regclass('segment.stays_1')};
my $stays = q{SELECT * FROM segment.stays_1 ORDER BY key_1, since; SELECT * FROM segment.migration('model', (SELECT min(taken_at) FROM segment.snapshots))};

# Runs until the snapshot waits, ends it as told, and looks at what is there.
sub ends_in_nothing
{
	my ($how, $end, @queries) = @_;
	my @before = map { $node->safe_psql('postgres', $_) } @queries;
	my $holder = $node->background_psql('postgres');
	$holder->query_safe('SELECT pg_advisory_lock(1)');
	my $snapshot = $node->background_psql('postgres', on_error_stop => 0);
	$snapshot->query_until(qr/begun/, "\\echo begun\nSELECT segment.snapshot('model');\n");
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'advisory'}) or die 'the snapshot does not begin';
	is($node->safe_psql('postgres', $queries[$_]), $before[$_], "$how: while it runs, nobody sees it") for 0 .. $#queries;
	$end->($node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory'}));
	eval { $holder->quit };
	eval { $snapshot->quit };
	$node->poll_query_until('postgres', 'SELECT true') or die 'no recovery';
	is($node->safe_psql('postgres', $queries[$_]), $before[$_], "$how: nothing of it is left") for 0 .. $#queries;
}
my %ends = (
	'killed' => sub { kill 'KILL', $_[0] },
	'cancelled' => sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") },
	'stopped at once' => sub { $node->stop('immediate'); $node->start });
ends_in_nothing("the first snapshot, $_", $ends{$_}, $all) for sort keys %ends;
is($node->safe_psql('postgres', q{SELECT customers FROM segment.snapshot('model')}), '3000', 'then one is taken');
$node->safe_psql('postgres', 'UPDATE customers SET x = 20 - x WHERE id % 10 = 1; DELETE FROM customers WHERE id % 10 = 2');
ends_in_nothing("the second snapshot, $_", $ends{$_}, $all, $stays) for sort keys %ends;
is($node->safe_psql('postgres', q{SELECT customers, come, gone, moved FROM segment.snapshot('model')}), '2700|0|300|200', 'then the second is taken');

# One that is complete survives.
my @before = map { $node->safe_psql('postgres', $_) } $all, $stays;
$node->stop('immediate');
$node->start;
is_deeply([ map { $node->safe_psql('postgres', $_) } $all, $stays ], \@before, 'what is complete survives');

# A publication of all tables does not stand in the way of stays that end.
$node->safe_psql('postgres', q{ALTER SYSTEM SET wal_level = 'logical'});
$node->restart;
$node->safe_psql('postgres', q{CREATE PUBLICATION everything FOR ALL TABLES; UPDATE customers SET x = 20 - x WHERE id % 10 = 3});
is($node->safe_psql('postgres', q{SELECT moved > 0 FROM segment.snapshot('model')}), 't', 'a publication of all tables is no hindrance');
is($node->safe_psql('postgres', q{SELECT segment.forget('model', 'infinity')}), '3', 'nor when they are forgotten');

$node->stop;
done_testing();
