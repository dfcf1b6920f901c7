# The report: charts that are what Vega-Lite's schema says, and a page that a browser shows as it should, whatever the names
# are. After a failure the pages and pictures of them are in tests/output/report.
use strict;
use warnings FATAL => 'all';
use File::Path;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $modules = 'report/node_modules';
my ($chromium) = grep { -x } map { ("$_/chromium", "$_/chromium-browser", "$_/google-chrome") } split /:/, $ENV{PATH};

my $node = PostgreSQL::Test::Cluster->new('report');
$node->init;
$node->start;
sub sql
{
	my ($query, @more) = @_;
	return $node->safe_psql('postgres', $query, @more);
}
sub refused
{
	my ($query, $error, $name, @more) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $query, @more);
	isnt($status, 0, "$name: status");
	like($err, $error, $name);
	return;
}

sql(q{
CREATE EXTENSION segment;
CREATE TABLE mall_customers (customer_id int PRIMARY KEY, gender text, age int, annual_income int, spending_score int);
\copy mall_customers FROM 'data/mall_customers.csv' CSV HEADER
SELECT segment.fit('mall', 'mall_customers', '{annual_income,spending_score}', 5);
CREATE ROLE guest LOGIN;
SELECT segment.share('mall', 'guest');
});

# A guest sees what the model tells, and the customers if he may read them.
my @guest = (extra_params => [ '-U', 'guest' ]);
is(sql(q{SELECT string_agg(name, ',') FROM segment.charts('mall')}, @guest), 'sizes,profile', 'a guest sees the charts of the model');
my (undef, undef, $notice) = $node->psql('postgres', q{SELECT count(*) FROM segment.charts('mall')}, @guest);
like($notice, qr/NOTICE:  charts of model "mall" that need its customers are left out: permission denied for table mall_customers/, 'and is told what is missing');
sql('GRANT SELECT ON mall_customers TO guest');
is(sql(q{SELECT count(*) FROM segment.charts('mall')}, @guest), sql(q{SELECT count(*) FROM segment.charts('mall')}), 'who may read the customers sees all charts');
is(sql(q{SELECT md5(string_agg(spec::text, '')) FROM segment.charts('mall')}, @guest), sql(q{SELECT md5(string_agg(spec::text, '')) FROM segment.charts('mall')}), 'and the same ones');
sql(q{SELECT segment.fit('genders', 'mall_customers', '{annual_income,spending_score}', 3, by => 'gender'); SELECT segment.share('genders', 'guest')});
is(sql(qq{SELECT md5(string_agg(spec::text, '')) FROM segment.charts($_)}, @guest), sql(qq{SELECT md5(string_agg(spec::text, '')) FROM segment.charts($_)}), "a guest sees the charts of $_")
	for q{'genders'}, q{'genders', 'Female'};
sql('CREATE ROLE stranger LOGIN');
refused(q{SELECT segment.charts('mall')}, qr/role "stranger" has no model "mall"/, 'a stranger sees nothing', extra_params => [ '-U', 'stranger' ]);

# Without the drawing libraries the page says what to do; the charts do without. The share folder is that of a throwaway server.
my $library = sql(q{SELECT setting || '/extension/segment-vega.min.js' FROM pg_config WHERE name = 'SHAREDIR'});
my $is_here = -e $library;
SKIP:
{
	skip 'the drawing libraries cannot be taken away', 3 if $is_here && !rename($library, "$library.away");
	refused(q{SELECT segment.report('mall')}, qr/segment-vega\.min\.js is not installed\n.*HINT:  .*make assets && make install/s, 'a missing library says what to do');
	is(sql(q{SELECT count(*) > 0 FROM segment.charts('mall')}), 't', 'charts are there without it');
	rename("$library.away", $library) or die "$library: $!" if $is_here;
}
if (!$is_here)
{
	note('the rest is skipped: the drawing libraries are not installed (make assets)');
	$node->stop;
	done_testing();
	exit;
}

# The nightly job keeps what segment.report makes.
is(sql(q{SELECT segment.keep_report('mall') IS NOT NULL}), 't', 'a report is kept');
is(sql(q{SELECT count(*) FROM segment.reports WHERE html = segment.report('mall')}), '1', 'as it was made');

my $folder = PostgreSQL::Test::Utils::tempdir();

sub page
{
	my ($name, $of) = @_;
	my $html = sql("SELECT segment.report($of)");
	open my $file, '>', "$folder/$name.html" or die "$folder/$name.html: $!";
	print $file $html;
	close $file;
	return $html;
}

# TAP of a program as tests of ours
sub node_tests
{
	my ($name, $input, @arguments) = @_;
	subtest $name => sub {
		my ($out, $err) = ('', '');
		IPC::Run::run([ 'node', @arguments ], '<', \$input, '>', \$out, '2>', \$err);
		my $count = 0;
		for (split /\n/, $out)
		{
			diag($1) if /^# (.*)/;
			next unless /^(not )?ok \d+ - (.*)/;
			ok(!$1, $2);
			$count++;
		}
		like($out, qr/^1\.\.$count$/m, 'the program came to its end') or diag($out, $err);
	};
	return;
}

# names that try to be something else
sql(q{
CREATE TABLE names (id int PRIMARY KEY, "<b>""quoted"" & 'single' 😀" int, "a.b[0]" int, "</script>" int);
INSERT INTO names SELECT customer_id, annual_income, spending_score, age FROM mall_customers;
SELECT segment.fit('names', 'names', NULL, 4);
SELECT segment.rename('names', 0, '</script><script>window.intruder = 1</script>');
SELECT segment.rename('names', 1, $$"quoted" & 'single' 😀 \u003c \n <!-- **bold** _so_ [link](http://a.b) | `code` &lt; <img src=x onerror=window.intruder=1> \$$);
SELECT segment.rename('names', 2, 'עברית <b>שלום</b>');
SELECT segment.rename('names', 3, repeat('long', 50));
SELECT segment.snapshot('names');
UPDATE names SET "</script>" = 100 - "</script>" WHERE id % 3 = 0;
DELETE FROM names WHERE id = 7;
SELECT segment.snapshot('names');
SELECT segment.refit('names');
CREATE TABLE groups AS SELECT *, (ARRAY['</script><script>window.intruder = 2</script>', 'עברית', repeat('x', 80)])[1 + id % 3] AS "the <b>by</b>" FROM names;
ALTER TABLE groups ADD PRIMARY KEY (id);
SELECT segment.fit('groups', 'groups', NULL, 4, by => 'the <b>by</b>');
SELECT segment.rename('groups', 0, '<i>"it"</i>', 'עברית');
SELECT segment.snapshot('groups');
UPDATE groups SET "the <b>by</b>" = 'עברית' WHERE id % 7 = 0;
SELECT segment.snapshot('groups');
CREATE TABLE many AS SELECT i AS id, (i * 7919) % 10007 AS a, (i * 104729) % 5003 AS b FROM generate_series(1, 20000) i;
SELECT segment.fit('many', 'many', '{a,b}', 3, key => '{id}');
});
# pages of models, of a group, and of a model by groups as a whole
my %pages = (mall => q{'mall'}, names => q{'names'}, many => q{'many'}, group => q{'groups', 'עברית'}, groups => q{'groups'});
is(sql("SELECT count(*) FROM segment.charts($pages{$_}) WHERE name = 'migration'"), '1', "a chart of who moved is among those of $_") for qw(names group groups);
my %html = map { $_ => page($_, $pages{$_}) } keys %pages;
for my $name (qw(names group groups))
{
	unlike($html{$name}, qr/<script>window\.intruder/, "page of $name: a name is no element of it");
	is(scalar(() = $html{$name} =~ /<\/script>/gi), scalar(() = $html{mall} =~ /<\/script>/gi), 'and ends no script');
}
is(sql(qq{SELECT segment.keep_report('groups', by_value => by_value) IS NOT NULL FROM (VALUES (NULL), ('עברית')) AS g(by_value)}), "t\nt", 'reports of a group and of all together are kept');
is(sql(q{SELECT string_agg(format('%s: %s', by_value, html LIKE '%<title>groups, the &lt;b&gt;by&lt;/b&gt; עברית</title>%'), ', ' ORDER BY by_value) FROM segment.reports WHERE model = 'groups'}),
	'עברית: t, : f', 'each as its own');
(my $elements = $html{mall}) =~ s/(<script[^>]*>).*?<\/script>/$1/gs;
unlike($elements, qr/(?:src|href)=(?!"data:)|url\(|\@import/, 'no element of the page names another file');
cmp_ok(length($html{many}), '<', 6_000_000, 'a page stays below 6 MB, however many customers there are');

SKIP:
{
	skip 'there is no node', 1 if system('node --version >/dev/null 2>&1') != 0;
	skip 'the modules that check are not here (make assets)', 1 unless -d "$modules/ajv";
	node_tests("charts of $_ against the schema", sql("SELECT jsonb_agg(to_jsonb(c)) FROM segment.charts($pages{$_}) c"), 'tests/report/validate.js', $modules)
		for sort keys %pages;
}
SKIP:
{
	skip 'there is no node', 1 if system('node --version >/dev/null 2>&1') != 0;
	skip 'there is no chromium', 1 unless $chromium;
	skip 'the modules that drive it are not here (make assets)', 1 unless -d "$modules/playwright-core";
	for my $name (sort keys %pages)
	{
		my $of = $pages{$name};
		my $by = $of =~ /, ('.*')/ ? $1 : 'NULL';
		# the whole of a model by groups has no points, and a line in its table for each group
		my $personas = $name eq 'groups'
		  ? q{SELECT jsonb_agg(p ORDER BY at) AS names, (SELECT jsonb_agg(left(by_value, 60) ORDER BY size DESC, by_value COLLATE "C") FROM (SELECT by_value, sum(size) AS size FROM segment.personas WHERE model = 'groups' GROUP BY 1) g) AS lines
				FROM segment.charts('groups'), jsonb_array_elements_text(spec #> '{encoding,color,scale,domain}') WITH ORDINALITY AS d(p, at) WHERE name = 'personas by group'}
		  : "SELECT jsonb_agg(persona ORDER BY cluster) AS names, jsonb_agg(persona ORDER BY size DESC, cluster) AS lines FROM segment.personas WHERE model = '" . ($name eq 'group' ? 'groups' : $name) . "' AND by_value IS NOT DISTINCT FROM $by";
		my $expected = sql(qq{
SELECT jsonb_build_object('story', segment.story($of), 'personas', p.names, 'lines', p.lines, 'charts', c.charts, 'points', c.points, 'first', c.first, 'second', c.second)
FROM ($personas) p,
	(SELECT count(*) AS charts, max(jsonb_array_length(spec #> '{datasets,points}')) AS points,
		sum(f.first) AS first, sum(f.second) AS second
	 FROM segment.charts($of) LEFT JOIN LATERAL (
		SELECT count(*) FILTER (WHERE q ->> 'persona' = spec #>> '{concat,2,encoding,color,scale,domain,0}') AS first,
			count(*) FILTER (WHERE q ->> 'persona' = spec #>> '{concat,2,encoding,color,scale,domain,1}') AS second
		FROM jsonb_array_elements(spec #> '{datasets,points}') q) f ON name = 'scatter') c});
		mkdir "$folder/$name";
		node_tests("the page of $name in a browser", $expected, 'tests/report/browse.js', "$folder/$name.html", "$folder/$name");
	}
}

$node->stop;
if (!Test::More->builder->is_passing)
{
	File::Path::make_path('tests/output/report');
	system('cp', '-R', glob("$folder/*"), 'tests/output/report');
}
done_testing();
