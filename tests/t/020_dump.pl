# pg_dump | psql carries models, personas, rules, snapshots and views: by the owner of the database without superuser, and by a superuser.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init;
$node->start;

sub as
{
	my ($role, $database, $sql) = @_;
	return $node->safe_psql($database, $sql, extra_params => [ '-U', $role ]);
}

# Dumps a database and restores it into a fresh one, stopping at the first error; returns the dump.
sub move
{
	my ($role, $from, $to) = @_;
	my $file = "${PostgreSQL::Test::Utils::tmp_check}/$to.sql";
	# what dumps do not carry before the objects that need it
	$node->safe_psql('postgres', "CREATE DATABASE $to OWNER boss");
	as('boss', $to, 'GRANT CREATE ON SCHEMA public TO alice');
	$node->command_ok([ 'pg_dump', '-U', $role, '-f', $file, '-d', $node->connstr($from) ], "$role dumps $from");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-U', $role, '-o', File::Spec->devnull, '-f', $file, '-d', $node->connstr($to) ],
		"$role restores it as $to");
	my $dump = slurp_file($file);
	$dump =~ s/^\\(un)?restrict .*\n//mg;
	return $dump;
}

$node->safe_psql('postgres', q{
CREATE ROLE boss LOGIN; CREATE ROLE alice LOGIN; CREATE ROLE carol LOGIN; CREATE ROLE reader LOGIN;
GRANT alice TO boss;
CREATE DATABASE shop OWNER boss;
});
as('boss', 'shop', q{
CREATE SCHEMA "Ext ension"; CREATE EXTENSION segment SCHEMA "Ext ension"; GRANT USAGE ON SCHEMA "Ext ension" TO alice, carol;
GRANT CREATE ON SCHEMA public TO alice;
CREATE TABLE customers AS SELECT i AS id, i % 10 + 100 * (i % 2) AS income, i / 3.0 AS score FROM generate_series(1, 100) AS i;
ALTER TABLE customers ADD PRIMARY KEY (id);
GRANT SELECT ON customers TO alice, carol;
INSERT INTO segment.persona_rules VALUES ('own', 'Bosses', 'income', 0.5, NULL, 'a note with ''quotes'' and a \ backslash');
SELECT segment.fit('first', 'customers', k => 2);
SELECT segment.drop('first');
SELECT segment.fit($$it's "mine"$$, 'customers', k => 2, ruleset => 'own');
SELECT segment.fit('tree', 'customers', '{income,score}', 5, method => 'hclust', scale => 'log', options => '{"linkage": "average"}');
SELECT segment.fit('mixture', 'customers', '{income,score}', 3, method => 'gmm', scale => 'robust', options => '{"covariance": "diag"}');
SELECT segment.create_view($$it's "mine"$$, 'personas');
GRANT SELECT ON personas TO reader;
});
as('alice', 'shop', q{
INSERT INTO segment.persona_rules VALUES ('own', 'Rich', 'income', 0.5, NULL, NULL);
CREATE TABLE short_lived AS SELECT * FROM customers;
SELECT segment.fit('gone', 'short_lived', '{income}', k => 2);
DROP TABLE short_lived;
SELECT segment.fit('mall', 'customers', k => 3);
SELECT segment.create_view('mall', '"Alice''s"');
CREATE VIEW next_month AS SELECT id, income + 5 * (id % 3) AS income, score * 1.5 AS score FROM customers WHERE id > 10;
SELECT segment.refit('mall', 'next_month');
SELECT segment.rename('mall', 0, 'it''s "pinned"');
SELECT segment.share('mall', 'reader');
CREATE TYPE weekday AS ENUM ('mon', 'tue');
CREATE TABLE calls AS SELECT CASE WHEN i % 2 = 0 THEN 'mon' ELSE 'tue' END::weekday AS "the day", i::numeric AS number, i % 7 AS x FROM generate_series(1, 40) AS i;
ALTER TABLE calls ADD PRIMARY KEY ("the day", number);
SELECT segment.fit('visits', 'calls', '{x}', k => 2);
SELECT segment.snapshot('mall'), segment.snapshot('visits');
CREATE OR REPLACE VIEW next_month AS SELECT id, income + 10 * (id % 4) AS income, score * 1.5 AS score FROM customers WHERE id > 10 AND id <> 20;
UPDATE calls SET x = 6 - x WHERE number < 7;
SELECT segment.snapshot('mall'), segment.snapshot('visits');
SELECT segment.keep_page(segment.model_id('mall'), NULL, 1, '<p>page</p>'), segment.keep_page(segment.model_id('mall'), 'a group', 1, '<p>its page</p>');
CREATE OR REPLACE VIEW next_month AS SELECT id, income + 5 * (id % 3) AS income, score * 1.5 AS score FROM customers WHERE id > 10;
GRANT SELECT ON "Alice's" TO reader;
CREATE VIEW upon AS SELECT persona, count(*) AS customers FROM "Alice's" GROUP BY 1;
GRANT SELECT ON upon TO reader;
CREATE TABLE visits AS SELECT i AS id, date '2026-11-20' + i % 4 AS day, i % 5 AS baskets, i % 7 AS minutes FROM generate_series(1, 200) AS i;
ALTER TABLE visits ADD PRIMARY KEY (id);
SET datestyle = 'SQL, DMY';
SELECT segment.fit('days', 'visits', k => 2, by => 'day');
SELECT segment.create_view('days', 'day_personas');
GRANT SELECT ON day_personas TO reader;
SELECT segment.snapshot('days');
DELETE FROM visits WHERE day = '2026-11-21';
UPDATE visits SET day = '2026-11-23' WHERE id = 1;
INSERT INTO visits SELECT 1000 + i, '2026-11-24', i, i FROM generate_series(1, 9) AS i;
SELECT segment.refit('days');
SELECT segment.rename('days', 1, 'opening day', '2026-11-24');
SELECT segment.snapshot('days');
});
# a role that is gone, whose models are not
as('carol', 'shop', q{SELECT segment.fit('orphan', 'customers', k => 2)});
$node->safe_psql('shop', 'DROP OWNED BY carol; DROP ROLE carol');

my $contents = q{
SELECT * FROM segment.model ORDER BY id;
SELECT * FROM segment.version ORDER BY 1, 2, 3;
SELECT * FROM segment.change ORDER BY 1, 2, 3, cluster;
SELECT * FROM segment.shares;
SELECT * FROM segment.persona ORDER BY 1, 2, 3, 4;
SELECT * FROM segment.persona_rules ORDER BY 1, 2, 3, owner::oid;
SELECT * FROM segment.personas;
SELECT * FROM segment.snapshot ORDER BY 1, 2;
SELECT * FROM segment.snapshot_persona ORDER BY 1, 2, 3, 4;
SELECT * FROM segment.report_kept ORDER BY 1, 2, 4;
SELECT model, m.* FROM (SELECT DISTINCT model FROM segment.snapshots) AS v, segment.migration(model) AS m;
SELECT model, m.* FROM (SELECT DISTINCT model FROM segment.snapshots) AS v, segment.movers(model) AS m;
SELECT p.tablename, p.policyname, p.cmd, p.qual, p.with_check, obj_description(c.oid, 'pg_class'), c.relrowsecurity, c.relreplident
FROM pg_policies AS p JOIN pg_class AS c ON c.oid = to_regclass(format('%I.%I', p.schemaname, p.tablename)) WHERE p.schemaname = 'segment' ORDER BY 1, 2;
SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class AS c WHERE c.relkind = 'v' AND c.relname ~ '^(personas|upon|Alice.s|day_personas|model_\d+)$' ORDER BY c.oid::regclass::text;
};
my $shared = q{SELECT * FROM segment.personas; SELECT version, cluster, event, drift FROM segment.changes; SELECT * FROM segment.history('mall'); SELECT * FROM segment.movers('mall')};
my $reads = q{SELECT * FROM personas ORDER BY id; SELECT * FROM "Alice's" ORDER BY id; SELECT * FROM upon ORDER BY 1; SELECT * FROM day_personas ORDER BY id};
my $before = as('boss', 'shop', $contents);
my $read_before = as('reader', 'shop', $reads);
my $shared_before = as('reader', 'shop', $shared);
like($shared_before, qr/it's "pinned".*kept.*public.next_month/s, 'a model is shared');
like($before, qr/it's "mine".*orphan.*Bosses.*a note with 'quotes'/s, 'there is something to carry');
like($read_before, qr/Bosses.*Rich.*opening day/s, 'and something to read');

my $dump = move('boss', 'shop', 'moved');
is(as('boss', 'moved', $contents), $before, 'the owner of the database carries everything');
is(as('reader', 'moved', $reads), $read_before, 'readers see what they saw');
is(as('reader', 'moved', $shared), $shared_before, 'and what is shared with them');
is(as('boss', 'moved', q{SELECT count(*) FROM segment.persona_rules WHERE owner IS NULL}), '10', 'shipped rules come once');
unlike($dump, qr/Cautious Earners/, 'and are not in the dump');

# Life goes on in the copy.
is(as('alice', 'moved', q{SELECT gone FROM segment.snapshot('mall'); SELECT gone, moved FROM segment.snapshot('visits'); SELECT count(*) FROM segment.movers('visits');
SELECT come, gone, moved FROM segment.snapshot('days')}),
	"0\n0|0\n0\n0|0|0", 'the next snapshots compare with those that came along');
is(as('alice', 'moved', q{SELECT * FROM segment.refit('mall'); SELECT * FROM segment.refit('days')}), '', 'the same rows are known again');
is(as('alice', 'moved', q{SET datestyle = 'German'; INSERT INTO visits SELECT i, '21.11.2026', i, i FROM generate_series(2001, 2009) AS i;
SELECT cluster, by_value FROM segment.refit('days') WHERE event = 'kept'}), "0|2026-11-21\n1|2026-11-21", 'a group that was away goes on where it was');
is(as('alice', 'moved', q{SELECT segment.activate('mall', 1); SELECT version, persona FROM segment.personas WHERE model = 'mall' AND cluster = 0;
SELECT segment.activate('mall', 2); SELECT version, persona FROM segment.personas WHERE model = 'mall' AND cluster = 0}) =~ /1\|low.*2\|it's "pinned"$/s, 1, 'versions and names of before can be had again');
as('alice', 'moved', q{SELECT segment.unshare('mall', 'reader')});
is(as('reader', 'moved', $shared =~ s/;.*//sr), '', 'a share can be taken back');
is(as('alice', 'moved', q{SELECT segment.fit('next', 'customers', k => 2); SELECT max(id) > 8 FROM segment.model}) =~ /t$/, 1, 'numbers of models continue');
is(as('alice', 'moved', q{SELECT segment.create_view('next', 'next_personas'); SELECT count(persona) FROM next_personas}), "next_personas\n100", 'new views are made');
my ($status, $out, $err) = $node->psql('moved', q{SELECT segment.create_view('gone', 'v')}, extra_params => [ '-U', 'alice' ]);
like($err, qr/the source of model "gone", public.short_lived, does not exist/, 'a source that is gone is named');
is(as('alice', 'moved', q{SELECT segment.drop('gone'); SELECT segment.drop('visits'); SELECT segment.drop('mall', cascade => true); SELECT string_agg(DISTINCT model, ',') FROM segment.models}), "\n\n\ndays,next", 'models are dropped, with their views');

# A superuser's restore makes the extension the superuser's; the gates follow.
$dump = move('postgres', 'shop', 'lifted');
is(as('postgres', 'lifted', $contents), $before, 'a superuser carries everything');
is(as('reader', 'lifted', $reads), $read_before, 'readers see what they saw');
is(as('reader', 'lifted', $shared), $shared_before, 'and what is shared with them');
is(as('postgres', 'lifted', q{SELECT DISTINCT relowner::regrole FROM pg_class WHERE relname ~ '^model_\d+$'}), 'postgres', "the gates are the superuser's");
is(as('postgres', 'lifted', q{SELECT DISTINCT relowner::regrole FROM pg_class WHERE relname ~ '^stays_\d+$'}), 'postgres', 'and so are the tables of stays');
is(as('alice', 'lifted', q{SELECT DISTINCT model FROM segment.models ORDER BY 1}), "days\ngone\nmall\nvisits", 'alice has her models');
is(as('alice', 'lifted', q{SELECT gone FROM segment.snapshot('mall'); SELECT gone, moved FROM segment.snapshot('visits')}), "0\n0|0", 'and takes snapshots');
is(as('alice', 'lifted', q{SELECT segment.drop('visits'); SELECT segment.drop('mall', cascade => true); SELECT DISTINCT model FROM segment.models ORDER BY 1}), "\n\ndays\ngone", 'and can drop them');
is(as('postgres', 'lifted', q{SELECT count(*) FROM pg_class WHERE relname ~ '^stays_\d+$'}), '1', 'with their snapshots');
is(as('boss', 'lifted', q{SELECT DISTINCT owner FROM segment.models ORDER BY 1}), "alice\nboss", 'the former owner of the extension sees no more than its own and those of its roles');

# A second dump is like the first.
my $again = move('boss', 'moved', 'moved_again');
unlike($again, qr/Cautious Earners/, 'nothing that ships gets into a second dump');
is(as('boss', 'moved_again', $contents), as('boss', 'moved', $contents), 'nothing is lost on the way');

$node->stop;
done_testing();
