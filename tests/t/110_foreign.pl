# Data from elsewhere: purchases in a file, read by file_fdw, and customers on another server, read by postgres_fdw, are
# sources like any table.
use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('foreign');
$node->init;
$node->start;
if ($node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name IN ('file_fdw', 'postgres_fdw')}) != 2)
{
	plan skip_all => 'file_fdw and postgres_fdw come with contrib, which is not installed';
}

my $file = PostgreSQL::Test::Utils::tempdir() . '/purchases.csv';
append_to_file($file, "customer,at,amount\n" . join('', map { join(',', $_ % 40, sprintf('2024-%02d-%02d', 1 + $_ * 7 % 12, 1 + $_ * 11 % 28), $_ * 13 % 97 + 0.5) . "\n" } 1 .. 400));

$node->safe_psql('postgres', qq{
CREATE EXTENSION segment;
CREATE DATABASE elsewhere;
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE purchases (customer int, at date, amount numeric) SERVER files OPTIONS (filename '$file', format 'csv', header 'true');
CREATE EXTENSION postgres_fdw;
});
$node->safe_psql('elsewhere', q{
CREATE TABLE customers (id int PRIMARY KEY, age int, income int);
INSERT INTO customers SELECT i, 20 + i * 7 % 50, 20 + i * 31 % 90 FROM generate_series(0, 39) i;
});
my $options = sprintf(q{host '%s', port '%s', dbname 'elsewhere'}, $node->host, $node->port);
$node->safe_psql('postgres', qq{
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS ($options);
CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere;
CREATE FOREIGN TABLE customers (id int, age int, income int) SERVER elsewhere;
});

# purchases from the file, customers from the other server, and a fit of both
is($node->safe_psql('postgres', q{
SELECT segment.create_rfm_view('rfm', 'purchases', 'customer', 'at', 'amount');
SELECT count(*), sum(frequency), sum(monetary) FROM rfm;
}), "rfm\n40|400|" . $node->safe_psql('postgres', 'SELECT sum(amount)::float8 FROM purchases'), 'all purchases of the file are in the view');
is($node->safe_psql('postgres', q{
CREATE VIEW buyers AS SELECT c.*, r.recency, r.frequency, r.monetary FROM customers c JOIN rfm r ON r.customer = c.id;
SELECT sum(size) FROM segment.fit('buyers', 'buyers', '{age,income,recency,monetary}', 4, key => '{id}');
SELECT segment.create_view('buyers', 'buyer_personas');
SELECT count(*), count(persona), count(DISTINCT cluster) FROM buyer_personas;
}), "40\nbuyer_personas\n40|40|4", 'joined to customers on another server they are clustered');

# a foreign table is clustered as its rows would be here
is($node->safe_psql('postgres', q{
CREATE TABLE here AS SELECT * FROM customers;
SELECT sum(size) FROM segment.fit('there', 'customers', '{age,income}', 3, key => '{id}');
SELECT sum(size) FROM segment.fit('here', 'here', '{age,income}', 3, key => '{id}');
SELECT count(DISTINCT clustering) FROM segment.version JOIN segment.model m ON m.id = model_id WHERE m.model IN ('here', 'there');
}), "40\n40\n1", 'a foreign table gives the model of its rows');
is($node->safe_psql('postgres', q{SELECT count(*) FROM segment.refit('there')}), '0', 'and is fitted again');

# what goes wrong elsewhere is told as it is
unlink $file;
my (undef, undef, $err) = $node->psql('postgres', 'SELECT count(*) FROM rfm');
like($err, qr/could not open file .*purchases\.csv/, 'a file that is gone is named');
$node->safe_psql('elsewhere', 'DROP TABLE customers');
(undef, undef, $err) = $node->psql('postgres', q{SELECT segment.refit('there')});
like($err, qr/relation "public.customers" does not exist/, 'so is a table that is gone');
is($node->safe_psql('postgres', q{SELECT count(*) FROM segment.models WHERE model = 'there'}), '1', 'the model stays as it was');

$node->stop;
done_testing();
