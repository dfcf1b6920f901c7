# A snapshot that does not come to its end leaves nothing behind: killed, or the server stopped at once, in the middle.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib $FindBin::Bin;
use Crash qw(kill_backend);
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

# Runs until the snapshot of the model waits, ends it as told, and looks at what is there.
sub ends_in_nothing
{
	my ($how, $end, $model, @queries) = @_;
	my @before = map { $node->safe_psql('postgres', $_) } @queries;
	my $holder = $node->background_psql('postgres');
	$holder->query_safe('SELECT pg_advisory_lock(1)');
	my $snapshot = $node->background_psql('postgres', on_error_stop => 0);
	$snapshot->query_until(qr/begun/, "\\echo begun\nSELECT segment.snapshot('$model');\n");
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'advisory'}) or die 'the snapshot does not begin';
	is($node->safe_psql('postgres', $queries[$_]), $before[$_], "$how: while it runs, nobody sees it") for 0 .. $#queries;
	$end->($node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory'}));
	eval { $holder->quit };
	eval { $snapshot->quit };
	$node->poll_query_until('postgres', 'SELECT true') or die 'no recovery';
	is($node->safe_psql('postgres', $queries[$_]), $before[$_], "$how: nothing of it is left") for 0 .. $#queries;
}
my %ends = (
	'killed' => sub { kill_backend($node, $_[0]) or die 'the server does not start anew' },
	'cancelled' => sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") },
	'stopped at once' => sub { $node->stop('immediate'); $node->start });
ends_in_nothing("the first snapshot, $_", $ends{$_}, 'model', $all) for sort keys %ends;
is($node->safe_psql('postgres', q{SELECT customers FROM segment.snapshot('model')}), '3000', 'then one is taken');
$node->safe_psql('postgres', 'UPDATE customers SET x = 20 - x WHERE id % 10 = 1; DELETE FROM customers WHERE id % 10 = 2');
ends_in_nothing("the second snapshot, $_", $ends{$_}, 'model', $all, $stays) for sort keys %ends;
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

# A model by groups, in the same way.
$node->safe_psql('postgres', q{
CREATE VIEW held_stores AS SELECT id, id % 4 AS store, wait_at(id, x) AS x, y FROM customers;
SELECT segment.fit('stores', 'held_stores', '{x,y}', 2, key => '{id}', by => 'store');
});
my $table = $node->safe_psql('postgres', q{SELECT segment.stays_name(segment.model_id('stores'))});
my $all_of_groups = qq{SELECT snapshot, customers, come, gone, moved FROM segment.snapshots WHERE model = 'stores'; SELECT last_snapshot FROM segment.model WHERE model = 'stores';
SELECT * FROM segment.snapshot_persona ORDER BY 1, 2, 3, 4; SELECT to_regclass('$table')};
my $stays_of_groups = qq{SELECT * FROM $table ORDER BY key_1, since; SELECT * FROM segment.migration('stores', (SELECT min(taken_at) FROM segment.snapshots WHERE model = 'stores'))};
ends_in_nothing("the first snapshot by groups, $_", $ends{$_}, 'stores', $all_of_groups) for sort keys %ends;
is($node->safe_psql('postgres', q{SELECT customers FROM segment.snapshot('stores')}), '2700', 'then one is taken');
$node->safe_psql('postgres', q{UPDATE customers SET y = 4 - y WHERE id % 10 = 1; CREATE OR REPLACE VIEW held_stores AS SELECT id, (id + (id % 100 = 3)::int) % 4 AS store, wait_at(id, x) AS x, y FROM customers;
SELECT segment.rename('stores', 0, 'Quiet', '2')});
ends_in_nothing("the second snapshot by groups, $_", $ends{$_}, 'stores', $all_of_groups, $stays_of_groups) for sort keys %ends;
is($node->safe_psql('postgres', q{SELECT customers, come, gone, moved > 30 FROM segment.snapshot('stores')}), '2700|0|0|t', 'then the second is taken');
is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT from_by_value) FROM segment.movers('stores') WHERE from_by_value <> to_by_value}), '30|1', 'in which customers changed groups');
is($node->safe_psql('postgres', q{SELECT by_value, persona, since, until FROM segment.snapshot_persona WHERE until = 2 OR since = 2 ORDER BY since}) =~ /^2\|[^|]*\|1\|2\n2\|Quiet\|2\|$/, 1, 'and a cluster got a name');

# Words that are equal whatever their case are one group, and one key.
SKIP:
{
	skip('this PostgreSQL is built without ICU', 2) if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) == 0;
	is($node->safe_psql('postgres', q{
CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE branches (store text COLLATE anycase, id int, x float8, PRIMARY KEY (store, id));
INSERT INTO branches SELECT CASE WHEN i % 2 = 0 THEN 'North' WHEN i % 3 = 0 THEN 'SOUTH' ELSE 'South' END, i, i FROM generate_series(1, 40) AS i;
SELECT count(*) FROM segment.fit('branches', 'branches', '{x}', 2, by => 'store');
SELECT customers, come, gone, moved FROM segment.snapshot('branches');
UPDATE branches SET store = CASE WHEN id = 2 THEN 'south' ELSE upper(store) END WHERE id <= 4;
SELECT customers, come, gone, moved FROM segment.snapshot('branches');
SELECT * FROM segment.movers('branches')}),
		"4\n40|40|0|0\n40|1|1|0\n(North,2)|0|low x|||North|\n(south,2)|||0|low x||SOUTH", 'a key with a case-insensitive column for groups');
	is($node->safe_psql('postgres', q{
CREATE TABLE words (id int PRIMARY KEY, word text COLLATE anycase, x float8);
INSERT INTO words SELECT i, (ARRAY['red', 'RED', 'blue'])[1 + i % 3], i FROM generate_series(1, 60) AS i;
SELECT count(*) FROM segment.fit('words', 'words', '{x}', 2, by => 'word');
SELECT customers FROM segment.snapshot('words');
UPDATE words SET word = CASE WHEN id = 3 THEN 'bLUE' WHEN word = 'red' THEN 'Red' ELSE 'Blue' END;
SELECT customers, come, gone, moved FROM segment.snapshot('words');
SELECT * FROM segment.movers('words')}), "4\n60\n60|0|0|1\n3|0|low x|0|low x|RED|blue", 'a case-insensitive column for groups');
}

$node->stop;
done_testing();
