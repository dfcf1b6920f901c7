# Who may see and do what: models, rules and personas are for the role that made them, and for whom it lets read a view.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('roles');
$node->init;
$node->start;

sub as
{
	my ($role, $sql) = @_;
	return $node->safe_psql('shop', $sql, extra_params => [ '-U', $role ]);
}

sub refused
{
	my ($role, $sql, $error, $name) = @_;
	my ($status, $out, $err) = $node->psql('shop', $sql, extra_params => [ '-U', $role ]);
	like($err, $error, $name);
	isnt($status, 0, "$name: status");
	return;
}

# The owner of the database is no superuser, and makes the extension, in a schema that is not public.
$node->safe_psql('postgres', q{
CREATE ROLE boss LOGIN; CREATE ROLE alice LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE reader LOGIN; CREATE ROLE outsider LOGIN;
CREATE ROLE analysts; GRANT analysts TO bob;
CREATE DATABASE shop OWNER boss;
});
as('boss', q{
CREATE SCHEMA "Ext ension"; CREATE EXTENSION segment SCHEMA "Ext ension"; GRANT USAGE ON SCHEMA "Ext ension" TO alice, bob, analysts;
GRANT CREATE ON DATABASE shop TO alice, bob;
});
is(as('boss', q{SELECT rolsuper FROM pg_roles WHERE rolname = current_user}), 'f', 'no superuser is needed');
for my $role (qw(alice bob))
{
	as($role, qq{
CREATE SCHEMA $role;
SET search_path = $role;
CREATE TABLE customers AS SELECT i AS id, i % 10 + 100 * (i % 2) AS income, i % 7 AS score FROM generate_series(1, 100) AS i;
ALTER TABLE customers ADD PRIMARY KEY (id);
GRANT USAGE ON SCHEMA $role TO PUBLIC;
});
}
as('alice', q{
SET search_path = alice;
INSERT INTO segment.persona_rules VALUES ('secret', 'Secretly Rich', 'income', 0.5, NULL, 'for alice alone');
SELECT segment.fit('mall', 'customers', k => 2);
SELECT segment.create_view('mall', 'personas');
GRANT SELECT ON personas TO reader;
});
as('bob', q{
SET search_path = bob;
SELECT segment.fit('mall', 'customers', '{score}', k => 3);
});

# Two roles, one name
is(as('alice', q{SELECT model, k, owner FROM segment.models}), 'mall|2|alice', 'alice sees her model');
is(as('bob', q{SELECT model, k, owner FROM segment.models}), 'mall|3|bob', 'bob sees his, of the same name');
is(as('alice', q{SELECT string_agg(persona, ', ') FROM segment.personas}), 'low income, Secretly Rich', "alice's rules name her clusters");
unlike(as('bob', q{SELECT persona FROM segment.personas}), qr/Rich/, "and not bob's");
is(as('bob', q{SELECT count(*) FROM segment.persona_rules WHERE owner IS NOT NULL}), '0', "bob does not see alice's rules");
is(as('bob', q{SELECT count(*) FROM segment.persona_rules WHERE ruleset = 'mall'}), '10', 'but those of the extension');

# A role with nothing but SELECT on the view, not even the right to look into the schema of the extension
my $read = q{SELECT persona, count(*), count(cluster), count(distance) FROM alice.personas GROUP BY 1 ORDER BY 1};
my $personas = "Secretly Rich|50|50|50\nlow income|50|50|50";
is(as('alice', $read), $personas, 'the owner of the view sees personas');
is(as('reader', $read), $personas, 'who may SELECT from the view sees personas');
is(as('reader', qq{SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0; $read}), $personas, 'parallel workers do too');
is(as('reader', q{SELECT (SELECT count(*) FROM segment.models) + (SELECT count(*) FROM segment.personas) + (SELECT count(*) FROM segment.model)
	+ (SELECT count(*) FROM segment.version) + (SELECT count(*) FROM segment.persona)}), '0', 'but nothing of the model itself');
my $gate = as('alice', q{SELECT segment.gate_name(segment.model_id('mall'))});
refused('reader', "SELECT * FROM $gate", qr/permission denied for view model_/, 'the gate is closed to the reader');
as('alice', q{CREATE VIEW alice.rich AS SELECT id, persona FROM alice.personas WHERE persona LIKE '%Rich'; GRANT SELECT ON alice.rich TO outsider});
is(as('outsider', q{SELECT persona, count(*) FROM alice.rich GROUP BY 1}), 'Secretly Rich|50', 'a view of the view is enough');
as('alice', q{INSERT INTO alice.customers VALUES (101, 108, 3), (102, NULL, 3)});
is(as('reader', q{SELECT id, persona FROM alice.personas WHERE id > 100 ORDER BY 1}), "101|Secretly Rich\n102|", 'a new customer is scored for the reader');

# A role without rights
refused('outsider', q{SELECT * FROM alice.personas}, qr/permission denied for view personas/, 'no right to the view, no personas');
refused('outsider', "SELECT * FROM $gate", qr/permission denied for view model_/, 'the gate is closed to others');
refused('bob', "SELECT * FROM $gate", qr/permission denied for view model_/, 'to those with models of their own, too');
is(as('bob', qq{SELECT segment.open_gate(1), segment.open_gate(2); SELECT has_table_privilege('$gate', 'SELECT')}),
	"segment.model_1|segment.model_2\nf", 'opening the gate of another gives no right to it');
is(as('outsider', q{SELECT (SELECT count(*) FROM segment.models) + (SELECT count(*) FROM segment.personas) + (SELECT count(*) FROM segment.model)
	+ (SELECT count(*) FROM segment.version) + (SELECT count(*) FROM segment.persona) + (SELECT count(*) FROM segment.persona_rules WHERE owner IS NOT NULL)}),
	'0', 'no models, no personas, no rules');
refused('outsider', q{SELECT * FROM segment.profile('mall')}, qr/role "outsider" has no model "mall"/, 'no profile');
refused('outsider', q{SELECT segment.create_view('mall', 'v')}, qr/has no model "mall"/, 'no view');
refused('outsider', q{SELECT segment.drop('mall', true)}, qr/has no model "mall"/, 'no drop');
as('boss', 'GRANT USAGE ON SCHEMA "Ext ension" TO outsider');
refused('outsider', q{SELECT * FROM segment.fit('m', 'alice.customers', k => 2)}, qr/permission denied for table customers/, 'no fit of a table that it may not read');
# A leaky condition is not tried on rows that the policies or the gate hide
my $leak = q{CREATE FUNCTION pg_temp.leak(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE 'leak: %', $1; RETURN true; END $$;};
my ($status, $out, $err) = $node->psql('shop', "$leak SELECT count(*) FROM segment.model WHERE pg_temp.leak(model);
SELECT count(*) FROM segment.version WHERE pg_temp.leak(clustering); SELECT count(*) FROM segment.persona WHERE pg_temp.leak(persona);
SELECT count(*) FROM segment.persona_rules WHERE pg_temp.leak(persona) AND ruleset = 'secret'", extra_params => [ '-U', 'outsider' ]);
is($out, "0\n0\n0\n0", 'a leaky condition sees no rows');
unlike($err, qr/leak: .*(alice|Secretly|format)/, 'and leaks none');
($status, $out, $err) = $node->psql('shop', "$leak SELECT count(*) FROM $gate WHERE pg_temp.leak(persona)", extra_params => [ '-U', 'alice' ]);
is(scalar(() = $err =~ /leak:/g), 2, "a leaky condition on the gate sees its own model's two personas");

# Rows of others are not written either, nor is the future taken away from anybody
is(as('outsider', q{WITH d AS (DELETE FROM segment.model RETURNING 1), p AS (DELETE FROM segment.persona RETURNING 1), r AS (DELETE FROM segment.persona_rules RETURNING 1)
SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM p), (SELECT count(*) FROM r)}), '0|0|0', 'an outsider deletes nothing');
is(as('outsider', q{WITH u AS (UPDATE segment.persona SET persona = 'x' RETURNING 1) SELECT count(*) FROM u}), '0', 'and changes nothing');
refused('outsider', q{INSERT INTO segment.persona (model_id, version, cluster, number, persona) VALUES (1, 1, 7, 7, 'x')},
	qr/violates row-level security policy/, 'no persona is added to a model of another');
refused('outsider', q{INSERT INTO segment.persona_rules (ruleset, persona, feature, min_z, owner) VALUES ('r', 'p', 'f', 0, 'alice')},
	qr/permission denied for table persona_rules/, 'no rule is slipped to another');
refused('alice', q{UPDATE segment.model SET owner = 'bob'}, qr/permission denied for table model/, 'no model is given away');
refused('outsider', q{INSERT INTO segment.model (id, model, source, features, method, scale, seed, options, last_version) OVERRIDING SYSTEM VALUE
VALUES (1000, 'm', 's', '{a}', 'kmeans', 'none', 0, '{}', 1)}, qr/permission denied for table model/, 'no number is taken in advance');
refused('outsider', q{TRUNCATE segment.model CASCADE}, qr/permission denied/, 'no TRUNCATE');
refused('outsider', q{CREATE FUNCTION segment.fit() RETURNS int LANGUAGE sql AS 'SELECT 1'}, qr/permission denied for schema segment/, 'nothing is put into the schema');

# The trigger functions run as the owner of the extension: on a table of another's they would take its casts along.
as('bob', q{CREATE TYPE bob.number AS (x bigint);
CREATE FUNCTION bob.lift(bob.number) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE 'cast as %', current_user; END $$;
CREATE CAST (bob.number AS bigint) WITH FUNCTION bob.lift(bob.number) AS IMPLICIT;
CREATE TABLE bob.bait (id bob.number, model_id bob.number)});
refused('bob', q{CREATE TRIGGER t AFTER DELETE ON bob.bait FOR EACH ROW EXECUTE FUNCTION segment.close_gate()},
	qr/permission denied for function segment.close_gate/, 'close_gate is no trigger for the tables of others');
refused('bob', q{CREATE TRIGGER t AFTER INSERT ON bob.bait REFERENCING NEW TABLE AS new_versions FOR EACH STATEMENT EXECUTE FUNCTION segment.adopt_gates()},
	qr/permission denied for function segment.adopt_gates/, 'nor is adopt_gates');
is($node->safe_psql('shop', q{SELECT count(*) FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE p.prosecdef AND p.prorettype = 'trigger'::regtype AND has_function_privilege('public', p.oid, 'EXECUTE')}), '0', 'no trigger function with rights of its own is for everybody');

# The owner of the extension is no better off than alice when it names clusters, but may look after everything.
as('boss', q{CREATE SCHEMA boss; CREATE TABLE boss.customers AS SELECT i AS id, i % 10 + 100 * (i % 2) AS income FROM generate_series(1, 100) AS i;
SELECT segment.fit('mall', 'boss.customers', '{income}', k => 2)});
is(as('boss', q{SELECT string_agg(persona, ', ' ORDER BY cluster) FROM segment.personas WHERE owner = 'boss'}), 'low income, high income', "the owner's clusters are not named by alice's rules");
is(as('boss', q{SELECT owner, model FROM segment.models}), "alice|mall\nbob|mall\nboss|mall", 'the owner of the extension sees all models');
as('boss', q{SELECT segment.drop('mall')});
is(as('boss', q{SELECT owner, model FROM segment.models}), "alice|mall\nbob|mall", 'and drops its own');
is(as('alice', q{WITH u AS (UPDATE segment.persona_rules SET note = 'x' RETURNING persona) SELECT * FROM u}), 'Secretly Rich', 'UPDATE reaches own rules only');
is(as('alice', q{WITH d AS (DELETE FROM segment.persona_rules RETURNING persona) SELECT * FROM d}), 'Secretly Rich', 'so does DELETE');
is(as('alice', q{SELECT count(*) FROM segment.persona_rules}), '10', 'the rules of the extension are still there');

# A model that is shared is seen, and scores by views of the reader's own; only its owner changes it.
$node->safe_psql('shop', 'CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA "Ext ension" TO guest; GRANT SELECT ON alice.customers TO guest, outsider');
my $seen = q{SELECT (SELECT count(*) FROM segment.models), (SELECT count(*) FROM segment.personas), (SELECT count(*) FROM segment.changes)};
as('alice', q{UPDATE alice.customers SET income = income + 1; SELECT segment.refit('mall'); SELECT segment.share('mall', 'guest'); SELECT segment.share('mall', 'guest')});
is(as('guest', $seen), '2|2|2', 'a guest sees versions, personas and changes of the shared model');
is(as('guest', q{SELECT DISTINCT persona FROM segment.profile('mall') ORDER BY 1}), "Secretly Rich\nlow income", 'its profile');
is(as('guest', q{SELECT version, active FROM segment.history('mall')}), "1|f\n2|t", 'its history');
is(as('guest', q{SELECT retrain, reason FROM segment.health('mall') WHERE metric = 'overall'}), 'f|stable', 'its health, of a source that it may read');
is(as('guest', q{SELECT feature, rule, named_by FROM segment.explain('mall', 1) ORDER BY rank LIMIT 1}), 'income||rule "Secretly Rich" of ruleset "secret"', 'why a cluster has its name, but not the rules of another role');
is(as('alice', q{SELECT feature, rule, named_by FROM segment.explain('mall', 1) ORDER BY rank LIMIT 1}), 'income||rule "Secretly Rich" of ruleset "secret"', 'which its owner has deleted here');
is(as('guest', q{SELECT DISTINCT persona FROM segment.explain_customer('mall', '7')}), 'Secretly Rich', 'and where a customer is');
refused('bob', q{SELECT * FROM segment.health('mall', 'alice.customers')}, qr/permission denied for table customers|column income|no model/, 'who may not read the rows does not tell their health');
is(as('guest', q{SELECT segment.create_view('mall', 'pg_temp.mine') IS NOT NULL; SELECT persona, count(*) FROM pg_temp.mine GROUP BY 1 ORDER BY 1}),
	"t\nSecretly Rich|51\nlow income|50\n|1", 'and scores a table that it may read');
is(as('guest', q{SELECT * FROM segment.shares}), 'mall|guest|alice', 'it is told with whom');
is(as('bob', $seen), '1|3|0', 'others see nothing of it');
is(as('bob', q{SELECT count(*) FROM segment.shares}), '0', 'nor with whom it is shared');
for my $call ("refit('mall')", "apply_rules('mall')", "apply_rules('mall', NULL)", "activate('mall', 1)", "rename('mall', 0, 'x')", "drop('mall', true)", "share('mall', 'outsider')", "unshare('mall', 'guest')")
{
	refused('guest', "SELECT segment.$call", qr/model "mall" is shared with role "guest", but not its own\nHINT:  Its owner can change it: alice\./, "segment.$call");
}
is(as('guest', q{WITH d AS (DELETE FROM segment.model RETURNING 1), p AS (UPDATE segment.persona SET persona = 'x' RETURNING 1),
v AS (UPDATE segment.version SET active = false RETURNING 1), c AS (DELETE FROM segment.change RETURNING 1)
SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM p), (SELECT count(*) FROM v), (SELECT count(*) FROM c)}), '0|0|0|0', 'nor do statements change anything');
refused('guest', q{SELECT * FROM segment.model FOR UPDATE; INSERT INTO segment.persona (model_id, version, cluster, number, persona) VALUES (1, 1, 7, 7, 'x')},
	qr/violates row-level security policy/, 'or add to it');
refused('guest', q{INSERT INTO segment.share_request SELECT id, 'outsider', true FROM segment.model}, qr/violates row-level security policy/, 'no request to share it is slipped in');
refused('guest', q{INSERT INTO segment.share_request SELECT id, NULL, false FROM segment.model}, qr/violates row-level security policy/, 'no request to drop the views of a model is slipped in');
refused('outsider', q{INSERT INTO segment.share_request VALUES (1, 'outsider', true)}, qr/violates row-level security policy/, 'by nobody');
refused('bob', q{CREATE TABLE bob.requests (model_id bigint, role regrole, shared boolean);
CREATE TRIGGER t AFTER INSERT ON bob.requests FOR EACH ROW EXECUTE FUNCTION segment.carry_out_share()},
	qr/permission denied for function segment.carry_out_share|permission denied for function carry_out_share/, 'or on a table of their own');
($status, $out, $err) = $node->psql('shop', "GRANT SELECT ON $gate TO outsider", extra_params => [ '-U', 'guest' ]);
like($err, qr/no privileges were granted|permission denied/, 'the right is not passed on');
# names: one's own model first, then the only one there is
as('bob', q{SELECT segment.share('mall', 'guest')});
refused('guest', q{SELECT * FROM segment.profile('mall')}, qr/there are several models "mall", by alice, bob/, 'two that are shared are told apart');
as('alice', q{SELECT segment.share('mall', 'bob'), segment.share('mall', 'alice')});
is(as('bob', q{SELECT count(DISTINCT cluster) FROM segment.profile('mall')}), '3', "one's own model comes first");
as('bob', q{SELECT segment.unshare('mall', 'guest')});
as('alice', q{SELECT segment.unshare('mall', 'bob'), segment.unshare('mall', 'bob'), segment.unshare('mall', 'alice'), segment.unshare('mall', 'outsider')});
is(as('alice', "SELECT count(*) FROM alice.personas WHERE persona IS NOT NULL"), '101', "the owner's own right stays");
is(as('bob', $seen), '1|3|0', 'a right that is taken back is gone');
# a group's members see what is shared with it
as('alice', q{SELECT segment.share('mall', 'analysts')});
is(as('bob', q{SELECT owner, model FROM segment.models WHERE active}), "alice|mall\nbob|mall", 'members see what is shared with their group');
as('alice', q{SELECT segment.unshare('mall', 'analysts')});
# a view of the guest's fails once the right is gone
$node->safe_psql('shop', 'CREATE SCHEMA guest AUTHORIZATION guest; GRANT USAGE ON SCHEMA guest TO alice');
as('guest', q{SELECT segment.create_view('mall', 'guest.mine')});
as('alice', q{SELECT segment.unshare('mall', 'guest')});
refused('guest', 'SELECT * FROM guest.mine', qr/permission denied for view model_/, "a guest's view fails without the right");
is(as('guest', $seen), '0|0|0', 'and nothing is seen');
refused('alice', q{SELECT segment.drop('mall')}, qr/model "mall" is used by views: alice.personas, guest.mine \(of role "guest"\)\nHINT:  Drop them first, or along/, "an owner is told of a guest's view");
# it does not hold up its owner, no more than a view of a table would
as('guest', 'CREATE VIEW guest.upon AS SELECT persona, count(*) FROM guest.mine GROUP BY 1; CREATE MATERIALIZED VIEW guest.kept AS SELECT 1 AS x; CREATE VIEW guest.other AS SELECT 1 AS x');
as('alice', q{SELECT segment.fit('short', 'alice.customers', k => 2); SELECT segment.share('short', 'guest')});
as('guest', q{SELECT segment.create_view('short', 'guest.short'); CREATE MATERIALIZED VIEW guest.shorter AS SELECT * FROM guest.short});
my ($dropped, undef, $told) = $node->psql('shop', q{SELECT segment.drop('short', cascade => true)}, extra_params => [ '-U', 'alice' ]);
is($dropped, 0, 'with cascade the owner drops what is built on the model');
like($told, qr/drop cascades to 2 other objects\nDETAIL:  drop cascades to view guest.short\ndrop cascades to materialized view guest.shorter/, 'and is told what went');
is(as('guest', q{SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'guest'::regnamespace AND relkind IN ('v', 'm')}), 'kept,mine,other,upon', 'nothing else went');
is(as('boss', q{SELECT count(*) FROM pg_class WHERE relname = 'model_' || (SELECT max(model_id) + 1 FROM segment.version)}), '0', 'nor is a gate left');
refused('outsider', q{INSERT INTO segment.share_request VALUES (1, NULL, false)}, qr/violates row-level security policy/, 'by nobody');
as('guest', 'DROP VIEW guest.mine CASCADE; DROP VIEW guest.other; DROP MATERIALIZED VIEW guest.kept');
# a role that goes, and another that comes under its name
as('alice', q{SELECT segment.share('mall', 'guest')});
($status, $out, $err) = $node->psql('shop', 'DROP SCHEMA guest; REVOKE ALL ON SCHEMA "Ext ension" FROM guest; REVOKE ALL ON alice.customers FROM guest; DROP ROLE guest');
like($err, qr/privileges for view segment.model_/, 'a share stands against DROP ROLE');
$node->safe_psql('shop', 'DROP OWNED BY guest; DROP ROLE guest; CREATE ROLE guest LOGIN');
is(as('guest', $seen), '0|0|0', 'a later role of that name sees nothing');
is(as('boss', q{SELECT (SELECT count(*) FROM segment.shares), (SELECT count(*) FROM segment.share_request)}), '0|0', 'nothing is left of it');
as('alice', q{SELECT segment.activate('mall', 1); UPDATE alice.customers SET income = income - 1});

# Snapshots are for those for whom the model is; the table of stays is a table of the extension's owner.
is(as('alice', q{SELECT customers, come, gone, moved FROM segment.snapshot('mall')}), '101|101|0|0', 'a snapshot');
as('alice', q{UPDATE alice.customers SET income = income + 200 WHERE id = 10});
is(as('alice', q{SELECT customers, come, gone, moved FROM segment.snapshot('mall')}), '101|0|0|1', 'and another');
as('alice', q{UPDATE alice.customers SET income = income - 200 WHERE id = 10});
my $stays = as('alice', q{SELECT segment.stays_name(segment.model_id('mall'))});
my $moves = q{SELECT (SELECT count(*) FROM segment.snapshots), (SELECT sum(customers) FROM segment.migration('mall') WHERE to_persona IS NOT NULL), (SELECT string_agg(key, ',') FROM segment.movers('mall'))};
is(as('alice', $moves), '2|101|10', 'she sees who moved');
is(as('boss', "SELECT count(*) FROM $stays"), '102', 'the owner of the extension sees the stays');
is(as('boss', "SELECT tableowner FROM pg_tables WHERE schemaname || '.' || tablename = '$stays'"), 'boss', 'whose table it is');
is(as('outsider', "SELECT (SELECT count(*) FROM segment.snapshots), (SELECT count(*) FROM segment.snapshot), (SELECT count(*) FROM segment.snapshot_persona), (SELECT count(*) FROM $stays)"), '0|0|0|0', 'others see nothing');
refused('outsider', q{SELECT * FROM segment.migration('mall')}, qr/role "outsider" has no model "mall"/, 'no migration');
refused('outsider', q{SELECT * FROM segment.movers('mall')}, qr/role "outsider" has no model "mall"/, 'no movers');
refused('outsider', qq{INSERT INTO $stays (key_1, cluster, since) VALUES (1, 1, 1)}, qr/violates row-level security policy/, 'no stay is slipped in');
refused('outsider', q{INSERT INTO segment.snapshot (model_id, snapshot, taken_at, version, source) VALUES (1, 9, now(), 1, 's')},
	qr/violates row-level security policy/, 'nor a snapshot');
refused('outsider', q{INSERT INTO segment.snapshot_persona (model_id, cluster, since, persona) VALUES (1, 9, 1, 's')}, qr/violates row-level security policy/, 'nor a name');
is(as('outsider', qq{WITH d AS (DELETE FROM segment.snapshot RETURNING 1), s AS (DELETE FROM $stays RETURNING 1), u AS (UPDATE $stays SET until = 1 RETURNING 1), n AS (DELETE FROM segment.snapshot_persona RETURNING 1)
SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM s), (SELECT count(*) FROM u), (SELECT count(*) FROM n)}), '0|0|0|0', 'and none is deleted or changed');
refused('outsider', "TRUNCATE $stays", qr/permission denied/, 'or all');
($status, $out, $err) = $node->psql('shop', "$leak SELECT count(*) FROM $stays WHERE pg_temp.leak(key_1)", extra_params => [ '-U', 'outsider' ]);
is("$out$err", '0', 'a leaky condition sees no stays');
# a guest sees who moved, and changes nothing
as('alice', q{SELECT segment.share('mall', 'guest')});
is(as('guest', $moves), '2|101|10', 'a guest sees who moved');
refused('guest', qq{SELECT segment.$_}, qr/model "mall" is shared with role "guest", but not its own/, "segment.$_") for "snapshot('mall')", "forget('mall', 'infinity')";
refused('guest', qq{INSERT INTO $stays (key_1, cluster, since) VALUES (1, 1, 1)}, qr/violates row-level security policy/, 'but slips in no stay');
is(as('guest', qq{WITH d AS (DELETE FROM segment.snapshot RETURNING 1), s AS (DELETE FROM $stays RETURNING 1) SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM s)}),
	'0|0', 'and deletes none');
as('alice', q{SELECT segment.unshare('mall', 'guest')});
is(as('guest', "SELECT (SELECT count(*) FROM segment.snapshots), (SELECT count(*) FROM $stays)"), '0|0', 'without the share it sees nothing');
for my $trigger (qw(open_stays close_stays))
{
	refused('bob', "CREATE TRIGGER t AFTER INSERT ON bob.bait FOR EACH ROW EXECUTE FUNCTION segment.$trigger()",
		qr/permission denied for function segment.$trigger/, "$trigger is no trigger for the tables of others");
}
# a source, and then a type, that the owner of the extension may not use
as('alice', q{CREATE SCHEMA private; CREATE TABLE private.visitors AS SELECT id, income FROM alice.customers; SELECT segment.fit('private', 'private.visitors', '{income}', 2, '{id}')});
is(as('alice', q{SELECT customers FROM segment.snapshot('private'); SELECT segment.drop('private')}), "101\n", 'a source in a schema that is closed');
as('alice', q{CREATE TYPE private.code AS ENUM ('a', 'b'); CREATE TABLE private.customers (code private.code PRIMARY KEY, x int);
INSERT INTO private.customers VALUES ('a', 1), ('b', 2); SELECT segment.fit('private', 'private.customers', k => 2)});
refused('alice', q{SELECT segment.snapshot('private')}, qr/the owner of the extension, "boss", may not use the type of a key: permission denied for schema private\nHINT:  Grant it USAGE/,
	'a key of a type in a schema that is closed');
is(as('alice', q{GRANT USAGE ON SCHEMA private TO boss; SELECT customers FROM segment.snapshot('private'); SELECT segment.drop('private')}), "2\n", 'or open');
is(as('alice', qq{SELECT count(*) FROM pg_tables WHERE schemaname = 'segment' AND tablename LIKE 'stays%'}), '1', 'a model that is dropped takes its stays along');

# Groups: SET ROLE makes models of the group, whose members see them
as('bob', q{SET ROLE analysts; SET search_path = bob; CREATE TEMP TABLE t AS SELECT i AS x FROM generate_series(1, 10) AS i;
SELECT segment.fit('group', 't', k => 2)});
is(as('bob', q{SELECT model, owner FROM segment.models ORDER BY 1}), "group|analysts\nmall|bob", 'a member sees the models of its group');
is(as('alice', q{SELECT DISTINCT model FROM segment.models}), 'mall', 'others do not');
as('bob', q{SET ROLE analysts; SELECT segment.drop('group')});

# A role that is renamed keeps its models; one that is dropped takes its rights along
$node->safe_psql('postgres', 'ALTER ROLE alice RENAME TO alicia');
is(as('alicia', $read), "Secretly Rich|51|51|51\nlow income|50|50|50\n|1|0|0", 'after RENAME the views work');
is(as('alicia', q{SELECT DISTINCT model, owner FROM segment.models}), 'mall|alicia', 'and the models are there');
is(as('alicia', $moves), '2|101|10', 'and the snapshots');
($status, $out, $err) = $node->psql('shop', 'DROP ROLE alicia');
like($err, qr/privileges for view segment.model_/, 'a role with views is not dropped by mistake');
as('alicia', q{SELECT segment.drop('mall', cascade => true)});
refused('reader', $read, qr/relation "alice.personas" does not exist/, 'dropped views are gone');
$node->safe_psql('shop', 'DROP OWNED BY alicia; DROP ROLE alicia');
is(as('bob', q{SELECT model FROM segment.models}), 'mall', 'the others go on');

# DROP EXTENSION leaves nothing, unless views need it
as('bob', q{SET search_path = bob; SELECT segment.create_view('mall', 'personas')});
refused('boss', 'DROP EXTENSION segment', qr/view bob.personas depends on/, 'views hold the extension');
as('boss', 'DROP EXTENSION segment CASCADE');
is(as('boss', q{SELECT to_regnamespace('segment') IS NULL, to_regclass('bob.personas') IS NULL, to_regclass('bob.customers')}), 't|t|bob.customers', 'with CASCADE all of it goes');
as('boss', 'CREATE EXTENSION segment SCHEMA public');
as('bob', q{SET search_path = bob; SELECT segment.fit('mall', 'customers', '{score}', k => 3); SELECT segment.snapshot('mall')});
refused('boss', 'DROP EXTENSION segment', qr/table segment.stays_1 depends on schema segment/, 'snapshots hold the extension, too');
as('bob', q{SELECT segment.forget('mall', 'infinity')});
as('boss', 'DROP EXTENSION segment');
is(as('boss', q{SELECT to_regnamespace('segment') IS NULL}), 't', 'models alone do not hold the extension');

$node->stop;
done_testing();
