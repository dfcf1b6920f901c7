# The binary form of a clustering comes from anywhere: whatever bytes it has, it is taken whole or refused with an error of
# its own, and what is taken works.
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
$node->safe_psql('postgres', qq{
CREATE EXTENSION segment;
CREATE TABLE good (m clustering);
INSERT INTO good SELECT kmeans(3, x, x * x) FROM generate_series(1, 50) x;
COPY good TO '$dir/good' (FORMAT binary);
CREATE TABLE taken (m clustering);
});
my $good = slurp_file("$dir/good");

# signature 11, flags 4, extension 4, column count 2, then the length of the value, 4, and the value; a trailer of 2
my ($head, $value, $trailer) = (substr($good, 0, 21), substr($good, 25, length($good) - 27), substr($good, -2));
my $runs = 3000;
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
		substr($bytes, int(rand(19)), 1) = chr(int(rand(256))) for 1 .. 1 + int(rand(3));
	}
	elsif ($kind == 2)		# cut short
	{
		$bytes = substr($bytes, 0, int(rand(length $bytes)));
	}
	elsif ($kind == 3)		# a number with all bits set, or none, or an extreme
	{
		my @numbers = ("\xff" x 8, "\0" x 8, "\x7f\xf0" . "\0" x 6, "\xff\xf0" . "\0" x 6, "\x80" . "\0" x 7, "\x7f\xef" . "\xff" x 6);
		substr($bytes, 19 + 8 * int(rand((length($bytes) - 19) / 8)), 8) = $numbers[rand @numbers];
	}
	else					# longer
	{
		$bytes .= chr(int(rand(256))) x (1 + int(rand(64)));
	}
	open(my $file, '>:raw', "$dir/bad.$run") or die $!;
	print $file $head, pack('N', length $bytes), $bytes, $trailer;
	close $file;
}
my $outcome = $node->safe_psql('postgres', qq{
CREATE TABLE outcome (run int, state text);
DO \$\$
BEGIN
	FOR run IN 1 .. $runs LOOP
		BEGIN
			EXECUTE format('COPY taken FROM %L (FORMAT binary)', '$dir/bad.' || run);
			INSERT INTO outcome VALUES (run, 'taken');
		EXCEPTION WHEN OTHERS THEN
			INSERT INTO outcome VALUES (run, SQLSTATE);
		END;
	END LOOP;
END \$\$;
SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM outcome;
});
# 08P01 message too short, 22P02 and 22P03 what it says, 54000 sizes beyond a value
like($outcome, qr/^(08P01 |22P02 |22P03 |54000 )*taken$/, "only errors of the type's own: $outcome");
is($node->safe_psql('postgres', q{
SELECT count(*) FROM taken WHERE m::text::clustering IS DISTINCT FROM m}), '0', 'what was taken survives its text form');
is($node->safe_psql('postgres', q{
SELECT count(*) FROM taken
WHERE jsonb_array_length(m::jsonb->'offset') = 2
  AND NOT (cluster_id(m, 3, 9) BETWEEN 0 AND jsonb_array_length(m::jsonb->'clusters') - 1 AND cluster_distance(m, 1e300, -1e300) >= 0)}),
	'0', 'and places rows');
is($node->safe_psql('postgres', q{
SELECT count(*) > 0 FROM taken, cluster_stats(m), cluster_profile(m)}), 't', 'and describes itself');

$node->stop;
done_testing();
