# The text forms of clustering and cluster_sketch come from anywhere: whatever text, it is taken or refused as a bad value,
# and what is taken works. The JSON is read by the server's own parser, so this runs inside a server.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{SEGMENT_TEST_SEED} // 20250607;
note("seed $seed");
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('hostile_text');
$node->init;
$node->start;
my $dir = $node->basedir;
$node->safe_psql('postgres', 'CREATE EXTENSION segment');

# ---- damage ----

my @numbers = qw(0 -0 -0.0 1 -1 0.5 1.5 4.9e-324 -4.9e-324 1e-400 1e308 1.7976931348623157e308 -1e308 1e309 1e400 -1e400 1e131000
  9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775808 99999999999999999999999999999999999999);
my @values = (@numbers, qw(null true false [] {} [0] {"a":1} "Infinity" "-Infinity" "NaN" "1" NaN Infinity 0x10 1_000 .5 1. +1 01), '""', '"' . 'x' x 300 . '"');
my @keys = ('"format"', '"gmm"', '"full"', '"covariance"', '"weight"', '"converged"', '"log_likelihood"', '"clusters"', '"offset"', '"size"', '"centroid"', '"inertia_bounds"', '"disagreement"', '"kmeans"', '"hclust"', '"log"', '"robust"',
	'""', '"\u0000"', '"\ud800"', '"f\u006frmat"', '"\x{e9}"', '"Format"');

sub one_of { return $_[ rand @_ ] }

sub some_number
{
	return one_of(@numbers) if rand() < 0.3;
	return int(rand(100)) if rand() < 0.4;
	return sprintf '%.17g', (rand() < 0.3 ? -1 : 1) * exp(rand(60) - 30);
}

# JSON with one to three tokens changed, left out, doubled or exchanged, or a piece of it lost.
sub damage_json
{
	my @token = $_[0] =~ /"[^"]*"|-?[0-9][-+.0-9eE]*|true|false|[\[\]{}:,]/g;
	for (1 .. 1 + rand(3))
	{
		my $at = int(rand(@token));
		my $kind = int(rand(10));
		if ($kind < 4)			# numbers by numbers: these are often taken
		{
			my @number = grep { $token[$_] =~ /^-?[0-9]/ } 0 .. $#token;
			$token[ one_of(@number) ] = some_number() if @number;
		}
		elsif ($kind == 4) { $token[$at] = one_of(@values) }
		elsif ($kind == 5)
		{
			my @string = grep { $token[$_] =~ /^"/ } 0 .. $#token;
			$token[ one_of(@string) ] = one_of(@keys) if @string;
		}
		elsif ($kind == 6) { splice @token, $at, 1 + int(rand(3)) if @token > 5 }
		elsif ($kind == 7) { splice @token, $at, 0, @token[ $at .. ($at + 3 > $#token ? $#token : $at + 3) ] }
		elsif ($kind == 8)
		{
			my $other = int(rand(@token));
			@token[ $at, $other ] = @token[ $other, $at ];
		}
		else { $token[$at] = one_of('[' x 20000, '{"a":' x 20000, '[' x 200 . ']' x 200, ' ' x 1000, "\t", '/**/', ',') }
	}
	my $text = join '', @token;
	$text = substr($text, 0, int(rand(length $text))) if rand() < 0.05;
	return $text;
}

# Base64 with characters changed, lost or added.
sub damage_base64
{
	my $text = $_[0];
	for (1 .. 1 + rand(3))
	{
		my $at = int(rand(length $text));
		my $kind = int(rand(5));
		my $other = one_of('A' .. 'Z', 'a' .. 'z', 0 .. 9, '+', '/', '=', ' ', '-', "\x{e9}");
		if ($kind < 2) { substr($text, $at, 1) = $other }
		elsif ($kind == 2) { substr($text, $at, 1 + int(rand(5))) = '' }
		elsif ($kind == 3) { substr($text, $at, 0) = $other x (1 + int(rand(4))) }
		elsif ($kind == 4) { $text = substr($text, 0, $at) }
		$text = 'A' if $text eq '';
	}
	return $text;
}

# ---- what becomes of it ----

# Read damaged forms of values; the outcomes by SQLSTATE or "taken". What is taken is in table taken_TYPE.
sub outcomes
{
	my ($type, $damage, $runs, @good) = @_;

	open(my $file, '>:encoding(UTF-8)', "$dir/bad_$type") or die $!;
	for (1 .. $runs)
	{
		my $text = $damage->(one_of(@good));
		$text =~ s/([\\\t\n])/$1 eq "\\" ? "\\\\" : $1 eq "\t" ? "\\t" : "\\n"/ge;
		print $file "$text\n";
	}
	close $file;
	return $node->safe_psql('postgres', qq{
SET client_encoding = 'UTF8';
CREATE TABLE bad_$type (id int GENERATED ALWAYS AS IDENTITY, value text);
COPY bad_$type (value) FROM '$dir/bad_$type' (ENCODING 'UTF8');
CREATE TABLE taken_$type (id int, v $type);
CREATE TEMP TABLE outcome (state text);
DO \$\$
DECLARE
	bad record;
BEGIN
	FOR bad IN SELECT * FROM bad_$type LOOP
		BEGIN
			INSERT INTO taken_$type VALUES (bad.id, bad.value::${type});
			INSERT INTO outcome VALUES ('taken');
		EXCEPTION WHEN OTHERS THEN
			INSERT INTO outcome VALUES (SQLSTATE);
		END;
	END LOOP;
END \$\$;
SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM outcome;
SELECT count(*) * 100 >= $runs FROM taken_$type;
SELECT count(*) FROM taken_$type WHERE v::text::${type} IS DISTINCT FROM v OR v::text::${type}::text <> v::text;
COPY (SELECT id, v FROM taken_$type) TO '$dir/taken_$type' (FORMAT binary);
CREATE TEMP TABLE again (LIKE taken_$type);
COPY again FROM '$dir/taken_$type' (FORMAT binary);
SELECT count(*) FROM taken_$type t FULL JOIN again a USING (id) WHERE t.v IS DISTINCT FROM a.v;
});
}

my @clusterings = map { $node->safe_psql('postgres', "SELECT $_ FROM generate_series(1, 50) x") } 'kmeans(3, x, x * x)', 'kmeans(1, x)',
  q{kmeans(cluster_sketch(ARRAY[x % 7, x], 10), 3, scale => 'log')}, q{segment.hclust_fit(ARRAY[x, x % 5], 2, NULL, 'ward', 'robust')},
  'gmm(2, x, x * x % 17)', q{segment.gmm_fit(ARRAY[x, x * x % 17], 3, 'tied', 'zscore', 0, 1, 50)}, q{segment.gmm_fit(ARRAY[x, x * x % 17], 2, 'spherical', 'log', 0, 1, 50)};
my @trees = map { $node->safe_psql('postgres', "SELECT $_ FROM generate_series(1, 30) x") } q{hclust(ARRAY[x, x * x], 'ward')}, q{hclust(ARRAY[x % 7, x % 5, x % 3], 'centroid')},
  q{hclust(cluster_sketch(ARRAY[x], 10), 'single', 'log')};
my @sketches = map { $node->safe_psql('postgres', "SELECT $_ FROM generate_series(1, 50) x") } 'cluster_sketch(x, x * x)', 'cluster_sketch(ARRAY[x], 10)';

# 22P02 the text, 22003 a number no float8 or bigint can be, 22P05 a zero character, 54001 too deep
my ($states, $many, $texts, $binaries) = split /\n/, outcomes('clustering', \&damage_json, 4000, @clusterings);
like($states, qr/^(22003 |22P02 |22P05 |54001 )*taken$/, "clustering: taken or refused as a bad value: $states");
is($many, 't', 'many are taken');
is($texts, '0', 'what was taken survives its text form');
is($binaries, '0', 'and its binary form');
is($node->safe_psql('postgres', q{
SELECT count(*) FROM taken_clustering, LATERAL (SELECT array_agg(x * 1.5e300) AS row FROM generate_series(1, jsonb_array_length(v::jsonb->'offset')) x) r
WHERE NOT (cluster_id(v, row) BETWEEN 0 AND jsonb_array_length(v::jsonb->'clusters') - 1 AND cluster_distance(v, row) >= 0)}), '0', 'and places rows');
is($node->safe_psql('postgres', q{
SELECT count(*) > 10, bool_and((SELECT abs(sum(p) - 1) < 1e-9 AND min(p) >= 0 FROM unnest(cluster_probability(v, row)) p))
FROM taken_clustering, LATERAL (SELECT array_agg(x * 1.5e300) AS row FROM generate_series(1, jsonb_array_length(v::jsonb->'offset')) x) r
WHERE v::jsonb->>'method' = 'gmm'}), 't|t', 'a mixture weighs rows');
is($node->safe_psql('postgres', q{SELECT count(*) FROM taken_clustering, cluster_profile(v) WHERE z = 'NaN'}), '0', 'and describes itself');

# 22P02 no base64, 22P03 no sketch or no tree
for (['cluster_sketch', @sketches], ['dendrogram', @trees])
{
	my ($type, @good) = @$_;
	($states, $many, $texts, $binaries) = split /\n/, outcomes($type, \&damage_base64, 3000, @good);
	like($states, qr/^22P02 22P03 taken$/, "$type: taken or refused as a bad value: $states");
	is($many, 't', 'many are taken');
	is($texts, '0', 'what was taken survives its text form');
	is($binaries, '0', 'and its binary form');
}
is($node->safe_psql('postgres', q{SELECT count(*) FROM taken_dendrogram WHERE cardinality(dendrogram_cut(v, 2)) <> (SELECT count(*) FROM dendrogram_leaves(v))}), '0', 'and is cut');

$node->stop;
done_testing();
