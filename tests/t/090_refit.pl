# Models that live: a year of months that drift, merge, split, die and are born, against the generator's truth; the same rows
# in another order, small and large; and a refit that is killed in the middle.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib $FindBin::Bin;
use Crash qw(kill_backend);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('refit');
$node->init;
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;

# Uniform and normal numbers that depend on a customer and a stream alone (Box and Muller, doi:10.1214/aoms/1177706645).
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE FUNCTION uniform(id bigint, stream int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS 'SELECT ((hashint8extended(id, stream) >> 11) & 9007199254740991) / 9007199254740992.0::float8';
CREATE FUNCTION normal(id bigint, stream int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS 'SELECT sqrt(-2 * ln(1 - uniform(id, stream))) * cos(2 * pi() * uniform(id, stream + 1000))';

-- Where the groups are, month by month: they drift. In month 4, a becomes one with b, and d falls into d and e. In month 8,
-- f leaves, and g comes from nowhere. k-means with a fixed k can make a cluster only where it can do without another.
CREATE TABLE centre AS
	SELECT m AS month, g AS name, x + m * dx - CASE WHEN g = 'd' AND m >= 4 THEN 5 ELSE 0 END AS x, y + m * dy AS y
	FROM generate_series(0, 11) AS m, (VALUES ('a', 0, 0, 0.2, 0.1), ('b', 12, 0, 0, 0.1), ('c', 0, 14, -0.2, 0.3), ('d', 14, 15, 0.2, 0.2),
		('e', 19, 15, 0.2, 0.2), ('f', 30, 22, 0.1, 0.3), ('g', -25, -15, 0, 0), ('h', 28, 5, 0.3, 0)) AS g(g, x, y, dx, dy);
UPDATE centre SET x = 5 + month * 0.1, y = month * 0.1 WHERE name = 'a' AND month >= 4;

CREATE TABLE truth (id int, month int, name text);
INSERT INTO truth SELECT id, 0, CASE WHEN id <= 30000 THEN 'a' WHEN id <= 40000 THEN 'b' WHEN id <= 55000 THEN 'c' WHEN id <= 75000 THEN 'd' WHEN id <= 90000 THEN 'h' ELSE 'f' END
	FROM generate_series(1, 100000) AS id;
-- One customer in a hundred moves on to another group in a month. In month 4, those of b become customers of a, the larger of
-- the two, and have moved: one number is left for both. Of d, those who fall to e have moved.
DO $$
BEGIN
	FOR m IN 1 .. 11 LOOP
		INSERT INTO truth SELECT id, m, CASE WHEN uniform(id, m) < 0.01 THEN (ARRAY['a', CASE WHEN m < 4 THEN 'b' ELSE 'a' END, 'c', 'd', 'h'])[1 + floor(uniform(id, m + 50) * 5)::int]
			WHEN m = 4 AND name = 'b' THEN 'a' WHEN m = 4 AND name = 'd' AND uniform(id, 77) < 0.45 THEN 'e' ELSE name END
			FROM truth WHERE month = m - 1 AND NOT (m = 8 AND name = 'f');
		IF m = 8 THEN
			INSERT INTO truth SELECT id, 8, 'g' FROM generate_series(100001, 108000) AS id;
		END IF;
	END LOOP;
	FOR m IN 0 .. 11 LOOP
		EXECUTE format('CREATE TABLE month_%1$s AS SELECT id, name, x + 1.5 * normal(id, %1$s * 7 + 100) AS x, y + 1.5 * normal(id, %1$s * 7 + 103) AS y
			FROM truth JOIN centre USING (month, name) WHERE month = %1$s', m);
	END LOOP;
END $$;
CREATE TABLE seen (id int, month int, name text, cluster int);
SELECT segment.fit('model', 'month_0', '{x,y}', 6);
});
my %events;
for my $month (0 .. 11)
{
	$events{$month} = $node->safe_psql('postgres', "SELECT cluster, event, from_clusters, into_clusters FROM segment.refit('model', 'month_$month') WHERE event <> 'kept'") if $month > 0;
	$node->safe_psql('postgres', "SELECT segment.create_view('model', 'now'); INSERT INTO seen SELECT id, $month, name, cluster FROM now; DROP VIEW now");
}
my $of = sub { return $node->safe_psql('postgres', "SELECT mode() WITHIN GROUP (ORDER BY cluster) FROM seen WHERE month = $_[0] AND name = '$_[1]'") };
my ($large, $small, $splitting, $leaving) = map { $of->(0, $_) } qw(a b d f);
is($events{4}, join("\n", sort("$large|merged|{$small}|{}", "$small|died|{}|{$large}", "$splitting|split|{}|{6}", "6|born|{$splitting}|{}")), 'in month 4 a and b are one, and d falls into two');
is($events{8}, "$leaving|died|{}|{}\n7|born|{}|{}", 'in month 8 f leaves, and g is born, of nobody');
is(join(',', grep { $events{$_} ne '' } sort { $a <=> $b } keys %events), '4,8', 'in other months nothing happens') or diag explain \%events;
is($of->(11, 'e') . $of->(11, 'g'), '67', 'newborn clusters keep their numbers');
# of all who stayed in their group
is($node->safe_psql('postgres', q{
SELECT min(stable) >= 0.99 FROM (
	SELECT avg((a.cluster = b.cluster)::int) AS stable FROM seen AS a JOIN seen AS b ON b.id = a.id AND b.month = a.month + 1 AND b.name = a.name
	GROUP BY b.month) AS months}), 't', 'in every month 99 % of the customers who stayed keep their number');
note($node->safe_psql('postgres', q{SELECT b.month, count(*) AS stayed, round(100 * avg((a.cluster = b.cluster)::int), 3) AS percent FROM seen AS a JOIN seen AS b ON b.id = a.id AND b.month = a.month + 1 AND b.name = a.name GROUP BY 1 ORDER BY 1}));
is($node->safe_psql('postgres', q{SELECT count(*), max(version), string_agg(version::text, ',') FILTER (WHERE active) FROM segment.history('model')}), '12|12|12', 'a version a month');
is($node->safe_psql('postgres', q{SELECT count(*) FROM (SELECT cluster FROM segment.persona GROUP BY 1 HAVING count(DISTINCT persona) > 1) AS renamed}), '0', 'no cluster changes its name');

# Shuffled copies: held in memory, and beyond 300,000 rows by a sketch and passes.
$node->safe_psql('postgres', q{
CREATE TABLE again AS SELECT * FROM month_11 ORDER BY md5(id::text);
CREATE TABLE large AS SELECT i AS id, x + i / 400000.0 AS x, y FROM month_3, generate_series(1, 400000, 100001) AS i;
CREATE TABLE large_again AS SELECT * FROM large ORDER BY hashfloat8(x), y;
SELECT segment.fit('large', 'large', '{x,y}', 6);
CREATE TABLE before AS SELECT v.* FROM segment.version AS v WHERE active;
});
is($node->safe_psql('postgres', q{SELECT count(*) > 300000 FROM large}), 't', 'the large table is one');
is($node->safe_psql('postgres', q{SELECT * FROM segment.refit('model', 'again'); SELECT * FROM segment.refit('large', 'large_again'); SELECT * FROM segment.refit('large')}), '', 'shuffled rows: nothing to report');
is($node->safe_psql('postgres', q{SELECT count(*) FROM segment.version AS v JOIN before AS b ON v = b WHERE v.active}), '2', 'and the models are what they were, byte for byte');
$node->safe_psql('postgres', q{UPDATE large SET x = x + 1; SELECT * FROM segment.refit('large', 'large')});
is($node->safe_psql('postgres', q{SELECT count(*), count(*) FILTER (WHERE event = 'kept') FROM segment.changes WHERE model = 'large'}), '6|6', 'large tables are followed, too');
is($node->safe_psql('postgres', q{SELECT * FROM segment.refit('large')}), '', 'and known again after that');

# Killed in the middle, by a signal that no code can answer, while a view is read.
$node->safe_psql('postgres', q{
CREATE TABLE wide AS SELECT i AS id, uniform(i, 1) AS x, uniform(i, 2) AS y, uniform(i, 3) AS z FROM generate_series(1, 5000) AS i;
SELECT segment.fit('killed', 'wide', '{x,y,z}', 3); SELECT segment.create_view('killed', 'killed_personas');
CREATE FUNCTION wait_here(x float8) RETURNS float8 LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN x; END $$;
CREATE VIEW held AS SELECT id, x + 0.1 AS x, y, wait_here(z) AS z FROM wide;
});
my $all = q{SELECT v.version, v.active, v.clustering, p.cluster, p.persona FROM segment.version AS v JOIN segment.persona AS p USING (model_id, version) JOIN segment.model AS m ON m.id = v.model_id
WHERE m.model = 'killed' ORDER BY 1, 4; SELECT source, last_version FROM segment.model WHERE model = 'killed'; SELECT persona, count(*) FROM killed_personas GROUP BY 1 ORDER BY 1};
my $before = $node->safe_psql('postgres', $all);
my $holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(1)');
my $refit = $node->background_psql('postgres', on_error_stop => 0);
$refit->query_until(qr/begun/, "\\echo begun\nSELECT count(*) FROM segment.refit('killed', 'held');\n");
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'advisory'}) or die 'the refit does not begin';
is($node->safe_psql('postgres', $all), $before, 'while it runs, the former version is all there is');
my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory'});
ok(kill_backend($node, $pid), 'the server starts anew');
is($node->safe_psql('postgres', $all), $before, 'after it was killed, too');
eval { $holder->quit };
eval { $refit->quit };
is($node->safe_psql('postgres', q{SELECT count(*) FROM segment.refit('killed', 'held'); SELECT version FROM segment.history('killed') WHERE active}), "3\n2", 'and the next one works');
is($node->safe_psql('postgres', q{SELECT count(DISTINCT persona) FROM killed_personas}), '3', 'the view follows');

$node->stop;
done_testing();
