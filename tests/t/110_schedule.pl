# The nightly job of the README, by the real pg_cron and a role that is no superuser: refit, snapshot, refresh. And what is left
# of a job that fails at its last statement: nothing.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $sharedir = `"$ENV{PG_CONFIG}" --sharedir`;
chomp $sharedir;
plan skip_all => 'pg_cron is not installed' unless -e "$sharedir/extension/pg_cron.control";

my $node = PostgreSQL::Test::Cluster->new('schedule');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'shop'\ncron.host = '" . $node->host . "'");
$node->start;

sub as
{
	my ($role, $sql) = @_;
	return $node->safe_psql('shop', $sql, extra_params => [ '-U', $role ]);
}

$node->safe_psql('postgres', 'CREATE ROLE boss LOGIN; CREATE ROLE marketing LOGIN');
$node->safe_psql('postgres', 'CREATE DATABASE shop OWNER boss');
# only pg_cron itself takes a superuser
$node->safe_psql('shop', 'CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO marketing');
as('boss', 'CREATE EXTENSION segment; GRANT CREATE ON DATABASE shop TO marketing');
as('marketing', q{
CREATE SCHEMA marketing;
CREATE TABLE marketing.mall_customers (id int PRIMARY KEY, income float8);
INSERT INTO marketing.mall_customers SELECT i, i % 3 * 40 + i % 7 FROM generate_series(1, 300) AS i;
CREATE TABLE marketing.others AS SELECT * FROM marketing.mall_customers;
});
for my $model ('mall', 'failing')
{
	as('marketing', qq{
SELECT segment.fit('$model', 'marketing.mall_customers', '{income}', k => 3);
SELECT segment.create_view('$model', 'marketing.${model}_personas');
CREATE MATERIALIZED VIEW marketing.${model}_today AS SELECT * FROM marketing.${model}_personas;
SELECT segment.snapshot('$model');
});
}
as('marketing', q{
CREATE VIEW marketing.halves AS SELECT id, 1 / (id % 2) AS x FROM marketing.others;
CREATE MATERIALIZED VIEW marketing.never AS SELECT * FROM marketing.halves WITH NO DATA;
UPDATE marketing.mall_customers SET income = income + 3;
UPDATE marketing.mall_customers SET income = income + 40 WHERE id % 30 = 3;
});
my $job = q{SELECT segment.refit('%1$s'); SELECT segment.snapshot('%1$s'); REFRESH MATERIALIZED VIEW marketing.%2$s};
my $schedule = q{SELECT cron.schedule('%1$s', '* * * * *', $$} . $job . '$$)';
as('marketing', sprintf($schedule, 'mall', 'mall_today') . ';' . sprintf($schedule, 'failing', 'never'));
is(as('marketing', 'SELECT jobname, username FROM cron.job ORDER BY 1'), "failing|marketing\nmall|marketing", 'the jobs are of a role that is no superuser');

# The shortest schedule of all versions of pg_cron is a minute.
my $done = q{SELECT count(DISTINCT jobid) = 2 FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')};
$node->poll_query_until('shop', $done) or diag 'the jobs do not run';
as('marketing', q{SELECT cron.unschedule(jobname) FROM cron.job});
is($node->safe_psql('shop', q{SELECT DISTINCT j.command ~ 'never', j.status FROM cron.job_run_details AS j WHERE status IN ('succeeded', 'failed') ORDER BY 1}), "f|succeeded\nt|failed",
	'one succeeds, the other fails')
	or diag $node->safe_psql('shop', 'SELECT * FROM cron.job_run_details');
is(as('marketing', q{SELECT version, active FROM segment.history('mall')}), "1|f\n2|t", 'the model was fitted anew');
is(as('marketing', q{SELECT snapshot, version, customers, moved FROM segment.snapshots WHERE model = 'mall' AND snapshot <= 2}), "1|1|300|0\n2|2|300|10", 'then it was seen who moved');
is(as('marketing', q{SELECT count(*) FROM (SELECT * FROM marketing.mall_today EXCEPT SELECT * FROM marketing.mall_personas) AS d}), '0', 'and the materialized view is up to date');
is(as('marketing', q{SELECT (SELECT count(*) FROM segment.history('failing')), (SELECT count(*) FROM segment.snapshots WHERE model = 'failing')}), '1|1', 'of the job that failed nothing is left');

$node->stop;
done_testing();
