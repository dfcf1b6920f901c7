# The README speaks of what there is: its reference tables against the catalogue, and its first screen against the server.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
});
my $readme = slurp_file('README.md');

# The functions that users call, as the catalogue has them: plain-column forms once, as "col, …".
my $actual = $node->safe_psql('postgres', q{
SELECT DISTINCT CASE WHEN n.nspname = 'segment' THEN 'segment.' ELSE '' END || p.proname || '(' ||
	regexp_replace(array_to_string(ARRAY(SELECT a.name FROM unnest(p.proargnames, p.proargmodes) WITH ORDINALITY AS a(name, mode, at)
		WHERE CASE WHEN p.proargmodes IS NULL THEN a.at <= p.pronargs ELSE a.mode IN ('i', 'b', 'v') END ORDER BY a.at), ', '), '\mf1(, f\d)*', 'col, …') || ') → ' ||
	CASE WHEN p.proretset THEN 'table' ELSE format_type(p.prorettype, NULL) END
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE e.extname = 'segment' AND NOT (p.proname IN ('cluster_id', 'cluster_distance') AND 'features' = ANY (p.proargnames))
  AND (n.nspname <> 'segment' OR p.proname IN ('fit', 'create_view', 'profile', 'drop', 'refit', 'history', 'activate', 'rename', 'share', 'unshare', 'dbscan_suggest_eps', 'lint', 'create_rfm_view', 'rfm_segment', 'encode', 'compare', 'snapshot', 'migration', 'movers', 'forget', 'apply_rules', 'health', 'explain', 'explain_customer', 'score', 'describe', 'correlations', 'choose_k', 'charts', 'report', 'story', 'keep_report'))
});
my %actual = map { $_ => 1 } split /\n/, $actual;
my %named;
while ($readme =~ /^\| `([a-z_.]+\([^`]*\))` → ([^|]*?) \|/mg)
{
	$named{"$1 → $2"} = 1;
}
is(join("\n", sort grep { !$named{$_} } keys %actual), '', 'every function is in the README');
is(join("\n", sort grep { !$actual{$_} } keys %named), '', 'the README names no function that is not there');

# Every view it names can be read.
while ($readme =~ /^\| `(segment\.\w+)` \|/mg)
{
	is($node->psql('postgres', "SELECT * FROM $1"), 0, "view $1");
}

# The queries of the first screen give the output that stands under them.
my ($screen) = $readme =~ /^(.*?)^## Try it/ms;
my @blocks = $screen =~ /^```sql\n(.*?)^```\n+```\n(.*?)^```/msg;
while (my ($queries, $shown) = splice @blocks, 0, 2)
{
	my ($status, $out, $err) = (0, '', '');
	IPC::Run::run(['psql', '-X', '-d', $node->connstr('postgres'), '-P', 'footer=off'], '<', \$queries, '>', \$out, '2>', \$err);
	$out =~ s/^ *create_view *\n-+\n.*\n\n//m;
	$out =~ s/\n+$/\n/;
	$shown =~ s/\n+$/\n/;
	is($out, $shown, 'a query of the first screen');
}

$node->stop;
done_testing();
