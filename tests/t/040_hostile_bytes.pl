# The binary forms of our types come from anywhere: whatever bytes they have, they are taken whole or refused as what they
# are, and what is taken works.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{SEGMENT_TEST_SEED} // 20250101;
note("seed $seed");
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('hostile');
$node->init;
$node->start;
my $dir = $node->basedir;
$node->safe_psql('postgres', 'CREATE EXTENSION segment');

# Store a good value, damage its bytes in many ways, and read each; returns the outcomes, by SQLSTATE or "taken". What was
# taken is in a table taken_TYPE. "header" is the length of what comes before the numbers.
sub damage
{
	my ($type, $good_value, $header, $runs) = @_;

	$node->safe_psql('postgres', qq{
CREATE TABLE taken_$type (v $type);
COPY ($good_value) TO '$dir/good' (FORMAT binary);
});
	my $good = slurp_file("$dir/good");

	# signature 11, flags 4, extension 4, column count 2, then the length of the value, 4, and the value; a trailer of 2
	my ($head, $value, $trailer) = (substr($good, 0, 21), substr($good, 25, length($good) - 27), substr($good, -2));
	for my $run (1 .. $runs)
	{
		my $bytes = $value;
		my $kind = int(rand(5));
		if ($kind == 0)			# a few bytes anywhere
		{
			substr($bytes, int(rand(length $bytes)), 1) = chr(int(rand(256))) for 1 .. 1 + int(rand(4));
		}
		elsif ($kind == 1)		# in the header, where sizes are
		{
			substr($bytes, int(rand($header)), 1) = chr(int(rand(256))) for 1 .. 1 + int(rand(3));
		}
		elsif ($kind == 2)		# cut short
		{
			$bytes = substr($bytes, 0, int(rand(length $bytes)));
		}
		elsif ($kind == 3)		# a number with all bits set, or none, or an extreme
		{
			my @numbers = ("\xff" x 8, "\0" x 8, "\x7f\xf0" . "\0" x 6, "\xff\xf0" . "\0" x 6, "\x80" . "\0" x 7, "\x7f\xef" . "\xff" x 6);
			substr($bytes, $header + 8 * int(rand((length($bytes) - $header) / 8)), 8) = $numbers[rand @numbers];
		}
		else					# longer
		{
			$bytes .= chr(int(rand(256))) x (1 + int(rand(64)));
		}
		open(my $file, '>:raw', "$dir/bad.$run") or die $!;
		print $file $head, pack('N', length $bytes), $bytes, $trailer;
		close $file;
	}
	return $node->safe_psql('postgres', qq{
CREATE TEMP TABLE outcome (state text);
DO \$\$
BEGIN
	FOR run IN 1 .. $runs LOOP
		BEGIN
			EXECUTE format('COPY taken_$type FROM %L (FORMAT binary)', '$dir/bad.' || run);
			INSERT INTO outcome VALUES ('taken');
		EXCEPTION WHEN OTHERS THEN
			INSERT INTO outcome VALUES (SQLSTATE);
		END;
	END LOOP;
END \$\$;
SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM outcome;
});
}

my $outcome = damage('clustering', 'SELECT kmeans(3, x, x * x) FROM generate_series(1, 50) x', 61, 3000);
like($outcome, qr/^22P03 taken$/, "clustering: taken or refused as a binary form: $outcome");
is($node->safe_psql('postgres', 'SELECT count(*) FROM taken_clustering WHERE v::text::clustering IS DISTINCT FROM v'), '0',
	'what was taken survives its text form');
is($node->safe_psql('postgres', q{
SELECT count(*) FROM taken_clustering
WHERE jsonb_array_length(v::jsonb->'offset') = 2
  AND NOT (cluster_id(v, 3, 9) BETWEEN 0 AND jsonb_array_length(v::jsonb->'clusters') - 1 AND cluster_distance(v, 1e300, -1e300) >= 0)}),
	'0', 'and places rows');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM taken_clustering, cluster_stats(v), cluster_profile(v), cluster_fit_stats(v)'),
	't', 'and describes itself');

# a mixture, of which a row is weighed as well
$node->safe_psql('postgres', 'DROP TABLE taken_clustering');
$outcome = damage('clustering', 'SELECT gmm(3, x, x * x % 17) FROM generate_series(1, 50) x', 61, 3000);
like($outcome, qr/^22P03 taken$/, "mixture: taken or refused as a binary form: $outcome");
is($node->safe_psql('postgres', 'SELECT count(*) FROM taken_clustering WHERE v::text::clustering IS DISTINCT FROM v'), '0',
	'what was taken survives its text form');
is($node->safe_psql('postgres', q{
SELECT count(*) FROM taken_clustering, (VALUES (ARRAY[3, 9]), (ARRAY[1e300, -1e300])) r (x),
	LATERAL (SELECT min(p), max(p), sum(p), cluster_id(v, x) FROM unnest(cluster_probability(v, x)) p) p (least, most, total, id)
WHERE (least >= 0 AND abs(total - 1) < 1e-9 AND (cluster_probability(v, x))[id + 1] = most AND cluster_distance(v, x) >= 0) IS NOT TRUE}),
	'0', 'and places and weighs rows');
is($node->safe_psql('postgres', 'SELECT count(*) > 0 FROM taken_clustering, cluster_components(v), cluster_profile(v), cluster_fit_stats(v)'),
	't', 'and describes itself');

for my $kind (['rows', 100], ['cells', 20])
{
	my ($what, $size) = @$kind;
	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS taken_cluster_sketch');
	$outcome = damage('cluster_sketch', "SELECT cluster_sketch(ARRAY[x, x * x], $size) FROM generate_series(1, 50) x", 47, 3000);
	like($outcome, qr/^22P03 taken$/, "cluster_sketch of $what: taken or refused as a binary form: $outcome");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM taken_cluster_sketch WHERE v::text::cluster_sketch IS DISTINCT FROM v'), '0',
		'what was taken survives its text form');
	is($node->safe_psql('postgres', q{SELECT count(*) > 0 FROM taken_cluster_sketch, cluster_sketch_info(v)}), 't', 'and describes itself');
	is($node->safe_psql('postgres', q{
SET client_min_messages = warning;
DO $$
DECLARE
	s cluster_sketch;
BEGIN
	FOR s IN SELECT v FROM taken_cluster_sketch LOOP
		BEGIN
			PERFORM kmeans(s, 3), kmeans(s, 2, scale => 'log'), gmm(s, 2), s || s, cluster_merge(m) FROM (VALUES (s), (s)) t (m);
		EXCEPTION WHEN invalid_parameter_value OR numeric_value_out_of_range OR invalid_text_representation OR program_limit_exceeded THEN
			NULL;
		END;
	END LOOP;
END $$;
SELECT 'alive'}), 'alive', 'and is clustered and merged, or refused');
}

# heights near the end of float8, with inversions and without
for my $linkage ('single', 'median')
{
	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS taken_dendrogram');
	$outcome = damage('dendrogram', "SELECT hclust(cluster_sketch(x * 1e300, x % 5), '$linkage', 'robust') FROM generate_series(1, 25) x", 11, 3000);
	like($outcome, qr/^22P03 taken$/, "dendrogram by $linkage: taken or refused as a binary form: $outcome");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM taken_dendrogram WHERE v::text::dendrogram IS DISTINCT FROM v'), '0',
		'what was taken survives its text form');
	is($node->safe_psql('postgres', q{
SELECT count(*) > 100, count(*) FILTER (WHERE leaves <> merges + 1 OR cardinality(dendrogram_cut(v, 3)) <> leaves OR cardinality(dendrogram_cut(v, 1e3)) <> leaves
	OR 3 <> (SELECT count(DISTINCT c) FROM unnest(dendrogram_cut(v, 3)) c) OR dendrogram_suggest_k(v) NOT BETWEEN 1 AND 20
	OR dendrogram_inversions(v) NOT BETWEEN 0 AND merges OR dendrogram_cophenetic(v) NOT BETWEEN -1 AND 1)
FROM taken_dendrogram, LATERAL (SELECT count(*) AS leaves FROM dendrogram_leaves(v)) l, LATERAL (SELECT count(*) AS merges FROM dendrogram_merges(v)) m}),
		't|0', 'and is cut and read');
}

$node->stop;
done_testing();
