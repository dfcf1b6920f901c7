# The same rows give the same sketch, model, tree and labels, bit for bit: in any order, with any number of workers, in one
# scan or in parts merged in any way.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{SEGMENT_TEST_SEED} // 20250607;
note("seed $seed");
srand($seed);

my @workers = (0, 1, 2, 4);
my @groupings = ('one scan', 'thirds', 'a tree');

my $node = PostgreSQL::Test::Cluster->new('canonical');
$node->init;
$node->append_conf('postgresql.conf', q{
# workers are free, and save what a row costs
max_worker_processes = 16
max_parallel_workers = 16
parallel_setup_cost = 0
parallel_tuple_cost = 1
cpu_tuple_cost = 1
min_parallel_table_scan_size = 0
client_min_messages = warning
jit = off
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION segment');

# ---- what is made of the rows ----

# Each kind of data as aggregates of one table, so that a scan tests them all. "features" is what cluster_sketch gets after
# the rows' features; a model and a tree are made where k is given.
my %kinds = (
	integers => { features => 'ARRAY[i, j]', rest => ', 256', k => 4, linkage => 'complete' },
	gaussian => { features => 'ARRAY[g, h, g + h]', rest => ', 512', k => 3, linkage => 'average_squared' },
	log_normal => { features => 'ARRAY[l, m]', rest => ', 1024' },
	duplicates => { features => 'ARRAY[d, e]', rest => ', 500', k => 5, linkage => 'median', lossless => 1 },
	tiny => { features => 'ARRAY[z, y]', rest => ', 300', k => 3, linkage => 'single' },
	frame => { features => 'ARRAY[1e9 + g, m]', rest => q{, 400, '{-16,-12}'}, k => 3, linkage => 'ward' },
	frame_lossless => { features => 'ARRAY[1e9 + d, e]', rest => q{, 400, '{-16,-12}'}, lossless => 1 },
	default_size => { features => 'l, m', rest => '', lossless => 1 },
);
my @kinds = sort keys %kinds;

sub sketch { return "cluster_sketch($kinds{$_[0]}{features}$kinds{$_[0]}{rest})" }

# Parts that a tree merges
my $leaves = 6;

# A random expression that merges the elements of array "a" from $first to $last.
sub tree
{
	my ($a, $first, $last) = @_;
	return "$a\[$first]" if $first == $last;

	my $cut = $first + int(rand($last - $first));
	my ($left, $right) = (tree($a, $first, $cut), tree($a, $cut + 1, $last));
	($left, $right) = ($right, $left) if rand() < 0.5;
	return rand() < 0.5 ? "($left || $right)" : "(SELECT cluster_merge(x) FROM unnest(ARRAY[$left, $right]) x)";
}

# A query for the sketches of a table's rows, grouped in some way. Parallel is the innermost scan.
sub sketches
{
	my ($grouping, $table, @of) = @_;
	my $made = join ', ', map { sketch($_) . " AS $_" } @of;

	return "SELECT $made, kmeans(3, d, e) AS by_aggregate, gmm(2, g, h) AS mixture_by_aggregate FROM $table" if $grouping eq 'one scan';
	return 'SELECT ' . join(', ', map { "cluster_merge($_) AS $_" } @of) .
	  " FROM (SELECT $made FROM $table GROUP BY third) part" if $grouping eq 'thirds';
	return 'SELECT ' . join(', ', map { tree($_, 1, $leaves) . " AS $_" } @of) . ' FROM (SELECT ' .
	  join(', ', map { "array_agg($_) AS $_" } @of) . " FROM (SELECT $made FROM $table GROUP BY leaf) part) tree";
}

# A query for one line of digests, "what:digest": of all sketches and models, of the mixtures and trees made of the sketches
# @also, and of the aggregates' models.
sub digests
{
	my ($grouping, $table, $of, @also) = @_;
	my %what = map { $_ => "segment.sketch_send($_)" } @$of;

	$what{"model_$_"} = "segment.clustering_send(kmeans($_, $kinds{$_}{k}, n_init => 2))" for grep { $kinds{$_}{k} } @$of;
	$what{"mixture_$_"} = "segment.clustering_send(gmm($_, $kinds{$_}{k}, n_init => 3))" for @also;
	$what{"tree_$_"} = "segment.dendrogram_send(hclust($_, '$kinds{$_}{linkage}'))" for @also;
	$what{$_} = "segment.clustering_send($_)" for $grouping eq 'one scan' ? ('by_aggregate', 'mixture_by_aggregate') : ();
	return 'SELECT concat_ws(' . join(', ', q{' '}, map { "'$_:' || md5($what{$_})" } sort keys %what) .
	  ') FROM (' . sketches($grouping, $table, @$of) . " OFFSET 0) made;\n";
}

# A single worker alone would cost as much as no worker.
sub with_workers
{
	my ($workers, $leader) = @_;
	$leader ||= $workers == 1;
	return "SET max_parallel_workers_per_gather = $workers; SET parallel_leader_participation = " . ($leader ? 'on' : 'off') . ';';
}

# ---- the rows, and the same in other orders ----

sub make_rows
{
	my ($table, $rows) = @_;
	my $draw = rand();
	return qq{
SELECT setseed($draw);
CREATE TABLE $table AS
SELECT id, floor(random() * 60)::float8 AS i, floor(random() * 60)::float8 AS j, g, h, exp(g + 1) AS l, exp(2 * h) AS m,
	floor(random() * 20) AS d, floor(random() * 20) / 4 AS e,
	CASE floor(random() * 4) WHEN 0 THEN 0 WHEN 1 THEN '5e-324'::float8 * floor(random() * 50) WHEN 2 THEN -exp(g) ELSE exp(h) END AS z,
	CASE WHEN random() < 0.5 THEN 0 ELSE g / 1e6 END AS y
FROM (SELECT id, sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS g, sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS h
	FROM generate_series(1, $rows) id) r;
INSERT INTO $table SELECT id + $rows, i, j, g, h, l, m, d, e, z, y FROM $table WHERE id <= $rows / 10;
};
}

# Zeros get any sign, leaves any rows.
sub shuffle
{
	my ($from, $to) = @_;
	return qq{CREATE UNLOGGED TABLE $to AS
SELECT id, id % 3 AS third, floor(random() * $leaves)::int AS leaf, i, j, g, h, l, m, d, e, CASE WHEN z = 0 THEN z * (0.5 - random()) ELSE z END AS z, CASE WHEN y = 0 THEN y * (0.5 - random()) ELSE y END AS y
FROM $from ORDER BY random();
ANALYZE $to;
};
}

# Compare the digests of all shuffles, numbers of workers and groupings with those of the rows as they were made. k-means is
# made of all kinds each time; mixtures and trees, which take longer, of one kind in each shuffle.
sub hammer
{
	my ($table, $shuffles, @of) = @_;
	my @with_model = grep { $kinds{$_}{k} } @of;
	my $sql = with_workers(0, 1) . digests('one scan', $table, \@of, @with_model);
	my @runs;

	for my $n (1 .. $shuffles)
	{
		$sql .= shuffle($table, "shuffled_$table");
		for my $workers (@workers)
		{
			$sql .= with_workers($workers, $n % 2);
			for my $grouping (@groupings)
			{
				$sql .= digests($grouping, "shuffled_$table", \@of, @with_model ? $with_model[ $n % @with_model ] : ());
				push @runs, [ $workers, $grouping, $n ];
			}
		}
		$sql .= "DROP TABLE shuffled_$table;\n";
	}

	my ($expected, @found) = map { { split /[: ]/ } } grep { /:[0-9a-f]{32}/ } split /\n/, $node->safe_psql('postgres', $sql);
	is(scalar @found, scalar @runs, "$table: all runs answer");
	for my $workers (@workers)
	{
		for my $grouping (@groupings)
		{
			my @of_this = grep { $runs[$_][0] == $workers && $runs[$_][1] eq $grouping } 0 .. $#runs;
			my @different;
			for my $run (@of_this)
			{
				push @different, map { "$_ in shuffle $runs[$run][2]" } grep { $found[$run]{$_} ne $expected->{$_} } sort keys %{ $found[$run] };
			}
			is(join(', ', @different), '', "$table, $workers workers, $grouping: the same in " . scalar(@of_this) . ' shuffles');
		}
	}
	return;
}

$node->safe_psql('postgres', make_rows('few', 3000) . make_rows('many', 50000) . shuffle('few', 'plans'));

# Are the stages reached that are meant?
for my $kind (@kinds)
{
	my $lossless = $kinds{$kind}{lossless} ? 't' : 'f';
	is($node->safe_psql('postgres', "SELECT i.lossless FROM (SELECT " . sketch($kind) . " AS s FROM few) t, cluster_sketch_info(s) i"),
		$lossless, "$kind: " . ($lossless eq 't' ? 'rows' : 'cells'));
}
is($node->safe_psql('postgres', 'SELECT i.lossless FROM (SELECT cluster_sketch(l, m) AS s FROM many) t, cluster_sketch_info(s) i'), 'f', 'default size: cells');

# Do as many workers as are meant take part?
for my $grouping (@groupings)
{
	for my $workers (@workers)
	{
		my $plan = $node->safe_psql('postgres', with_workers($workers, 0) .
			'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ' . sketches($grouping, 'plans', @kinds));
		if ($workers == 0)
		{
			unlike($plan, qr/Gather/, "$grouping without workers");
		}
		else
		{
			like($plan, qr/Gather.*Workers Planned: $workers\n.*Workers Launched: $workers\n.*Partial.*Aggregate.*Parallel Seq Scan/s, "$grouping by $workers workers");
		}
	}
}

hammer('few', 50, grep { $_ ne 'default_size' } @kinds);
hammer('many', 3, 'default_size');

# Labels of each row, by the window function and by a model from a parallel scan
my $labels = $node->safe_psql('postgres', q{
CREATE TABLE labels (n int, by_window text, by_model text);
} . join('', map { shuffle('few', 's') . with_workers($workers[ $_ % @workers ], 0) . qq{
INSERT INTO labels SELECT $_, (SELECT md5(string_agg(label::text, ',' ORDER BY id)) FROM (SELECT id, kmeans_label(4, g, h) OVER () AS label FROM s) w),
	(SELECT md5(string_agg(cluster_id(model, g, h)::text, ',' ORDER BY id)) FROM s, (SELECT kmeans(4, g, h) AS model FROM s OFFSET 0) f);
DROP TABLE s;} } 1 .. 50) . q{
SELECT count(*), count(DISTINCT by_window), count(DISTINCT by_model), bool_and(by_window = by_model) FROM labels;});
is($labels, '50|1|1|t', 'labels: the same in 50 shuffles, by window function and by model');

# Trees of the rows themselves, ties and duplicates among them, and what they say
my $trees = $node->safe_psql('postgres', with_workers(2, 0) . q{
CREATE TABLE trees (linkage text, t dendrogram, says text);
} . join('', map { shuffle('few', 's') . q{
INSERT INTO trees SELECT linkage, t, concat(dendrogram_cut(t, 5), dendrogram_cophenetic(t), dendrogram_suggest_k(t))
FROM (SELECT linkage, hclust(CASE linkage WHEN 'ward' THEN ARRAY[g, h] WHEN 'average_squared' THEN ARRAY[z, y] ELSE ARRAY[d, e] END, linkage) AS t
	FROM s, unnest('{ward,single,complete,average,weighted,centroid,median,average_squared}'::text[]) linkage GROUP BY linkage) made;
DROP TABLE s;} } 1 .. 5) . q{
SELECT count(*), count(DISTINCT (linkage, md5(t::text))), count(DISTINCT (linkage, says)) FROM trees;});
is($trees, '40|8|8', 'trees: the same in five shuffles, by every linkage');

# A million rows of whole numbers, each many times: which of the ties comes first is not for their order to say.
my $integers = $node->safe_psql('postgres', with_workers(0, 1) . q{
CREATE UNLOGGED TABLE whole AS SELECT 18 + floor(random() * 40) AS age, floor(random() * 60) AS income, floor(random() * 20) AS score
FROM generate_series(1, 1000000);
SELECT count(*), count(DISTINCT heights), min(merges) > 40000 FROM (
	SELECT (SELECT md5(string_agg(height::text, ' ' ORDER BY step)) FROM dendrogram_merges(t)) AS heights, (SELECT count(*) FROM dendrogram_merges(t)) AS merges
	FROM (} . join(' UNION ALL ', (q{SELECT hclust(ARRAY[age, income, score], 'ward' ORDER BY random()) AS t FROM whole}) x 10) . q{) made) seen});
is($integers, '10|1|t', 'a million rows of integers: the same heights in ten shuffles');

$node->stop;
done_testing();
