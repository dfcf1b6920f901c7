# The extension in a schema of its own: pg_upgrade carries it, its types in tables, models, rules and history; and it can be
# dropped and made again elsewhere. By the owner of the database, who is no superuser.
use strict;
use warnings FATAL => 'all';
use Cwd;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = PostgreSQL::Test::Cluster->new('old');
$old->init;
$old->start;

sub as
{
	my ($node, $role, $sql) = @_;
	return $node->safe_psql('shop', $sql, extra_params => [ '-U', $role ]);
}

$old->safe_psql('postgres', 'CREATE ROLE boss LOGIN; CREATE ROLE alice LOGIN; CREATE ROLE reader LOGIN; CREATE DATABASE shop OWNER boss');
as($old, 'boss', q{
CREATE SCHEMA crm; CREATE EXTENSION segment SCHEMA crm; GRANT USAGE ON SCHEMA crm TO alice;
CREATE SCHEMA alice AUTHORIZATION boss; GRANT ALL ON SCHEMA alice TO alice; GRANT USAGE ON SCHEMA alice TO reader;
INSERT INTO segment.persona_rules VALUES ('own', 'Rich', 'income', 0.5, NULL, NULL);
});
as($old, 'alice', q{
CREATE TABLE alice.customers AS SELECT i AS id, 'store ' || i % 3 AS store, i % 10 + 100 * (i % 2) AS income, i / 3.0 AS score FROM generate_series(1, 300) AS i;
ALTER TABLE alice.customers ADD PRIMARY KEY (id);
-- values of every type, in a column, a default, a generated column, indexes, a domain, a view
CREATE DOMAIN alice.two_clusters AS crm.clustering CHECK (crm.cluster_inertia(value) > 0);
CREATE TABLE alice.stored AS SELECT store, crm.kmeans(2, income, score) AS model, crm.cluster_sketch(income, score) AS sketch,
	crm.hclust(ARRAY[income, score]::float8[], 'ward') AS tree FROM alice.customers GROUP BY store;
ALTER TABLE alice.stored ADD UNIQUE (model), ADD inertia float8 GENERATED ALWAYS AS (crm.cluster_inertia(model)) STORED, ADD checked alice.two_clusters;
UPDATE alice.stored SET checked = model;
CREATE INDEX ON alice.stored USING hash (sketch);
CREATE VIEW alice.scored AS SELECT c.id, crm.cluster_id(s.model, c.income, c.score) AS cluster FROM alice.customers AS c JOIN alice.stored AS s USING (store);
CREATE AGGREGATE alice.merged(crm.cluster_sketch) (SFUNC = segment.sketch_combine, STYPE = crm.cluster_sketch, FINALFUNC = segment.sketch_final);
INSERT INTO segment.persona_rules VALUES ('own', 'Wealthy', 'income', 0.5, NULL, NULL);
SELECT segment.fit('mall', 'alice.customers', '{income,score}', 2, ruleset => 'own');
SELECT segment.create_view('mall', 'alice.personas'); GRANT SELECT ON alice.personas TO reader;
SELECT segment.fit('stores', 'alice.customers', k => 2, by => 'store');
SELECT segment.create_view('stores', 'alice.store_personas'); GRANT SELECT ON alice.store_personas TO reader;
SELECT segment.share('mall', 'reader');
UPDATE alice.customers SET score = score + 50 WHERE id > 200;
SELECT segment.refit('mall'), segment.refit('stores');
SELECT segment.rename('mall', 0, 'renamed');
CREATE TABLE alice.passing AS SELECT * FROM alice.customers;
SELECT segment.fit('gone', 'alice.passing', '{income}', k => 2);
DROP TABLE alice.passing;
});
my $contents = q{
SELECT * FROM segment.model ORDER BY id; SELECT * FROM segment.version ORDER BY 1, 2, 3; SELECT * FROM segment.persona ORDER BY 1, 2, 3, 4;
SELECT * FROM segment.change ORDER BY 1, 2, 3, cluster; SELECT * FROM segment.shares; SELECT * FROM segment.persona_rules ORDER BY 1, 2, 3;
SELECT * FROM segment.personas; SELECT * FROM segment.history('mall'); SELECT * FROM segment.history('stores');
SELECT * FROM alice.stored ORDER BY store; SELECT * FROM alice.scored ORDER BY id; SELECT crm.cluster_sketch_info(alice.merged(sketch)) FROM alice.stored;
SELECT count(*) FROM alice.stored AS a JOIN alice.stored AS b ON a.model OPERATOR(crm.=) b.model;
};
my $reads = q{SELECT * FROM alice.personas ORDER BY id; SELECT * FROM alice.store_personas ORDER BY id; SELECT * FROM segment.personas};
my ($before, $read_before) = (as($old, 'alice', $contents), as($old, 'reader', $reads));
like($before, qr/renamed.*Wealthy/s, 'there is something to carry');
like($read_before, qr/renamed/, 'and something to read');

# pg_upgrade does what it does between versions: pg_dump --schema-only --binary-upgrade of each database, and the files as they are.
my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
my $bin = $old->config_data('--bindir');
$old->stop;
my $here = getcwd;
chdir ${PostgreSQL::Test::Utils::tmp_check};
command_ok([ 'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $bin, '-B', $bin, '-s', $new->host, '-p', $old->port, '-P', $new->port ],
	'pg_upgrade');
chdir $here;
$new->start;
is(as($new, 'alice', $contents), $before, 'everything is there');
is(as($new, 'reader', $reads), $read_before, 'readers see what they saw');
# pg_upgrade makes the superuser the owner of every extension, but not of what belongs to it
is($new->safe_psql('shop', q{SELECT n.nspname, c.relowner::regrole FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace, pg_class AS c
WHERE e.extname = 'segment' AND c.oid = 'segment.model'::regclass}), 'crm|boss', 'in its schema, the tables of their owner');
is(as($new, 'alice', q{SELECT * FROM segment.refit('mall'); SELECT * FROM segment.refit('stores')}), '', 'the same rows are known again');
is(as($new, 'alice', q{SELECT segment.unshare('mall', 'reader'); SELECT count(*) FROM segment.fit('next', 'alice.customers', '{income}', 2); SELECT max(id) > 3 FROM segment.model}), "\n2\nt", 'life goes on');
is(as($new, 'alice', q{SELECT segment.activate('mall', 1); SELECT count(*) FROM alice.personas WHERE persona = 'renamed'}), "\n0", 'earlier versions can be had again');
my ($status, $out, $err) = $new->psql('shop', q{SELECT segment.refit('gone')}, extra_params => [ '-U', 'alice' ]);
like($err, qr/the source of model "gone", alice.passing, does not exist/, 'a source that is gone is named');

# Dropped, and made again in another schema
($status, $out, $err) = $new->psql('shop', q{DROP EXTENSION segment});
like($err, qr/cannot drop extension segment because other objects depend on it.*alice.stored/s, 'what depends on it holds it');
$new->safe_psql('shop', q{DROP EXTENSION segment CASCADE});
is($new->safe_psql('shop', q{SELECT count(*) FROM pg_namespace WHERE nspname = 'segment'}), '0', 'nothing is left of it');
is(as($new, 'alice', q{SELECT count(*) FROM alice.customers; SELECT count(*) FROM alice.stored}), "300\n3", 'but the tables are');
as($new, 'boss', q{CREATE SCHEMA elsewhere; CREATE EXTENSION segment SCHEMA elsewhere; GRANT USAGE ON SCHEMA elsewhere TO alice});
is(as($new, 'alice', q{SELECT count(*) FROM segment.models; SELECT count(*) FROM segment.fit('mall', 'alice.customers', '{income,score}', 2);
SELECT segment.create_view('mall', 'alice.personas'); SELECT count(persona) FROM alice.personas; SELECT count(*) FROM segment.refit('mall')}), "0\n2\npersonas\n300\n0", 'it works in another schema');
is(as($new, 'boss', q{SELECT count(*) FROM segment.persona_rules}), '10', 'with the rules that ship');

$new->stop;
done_testing();
