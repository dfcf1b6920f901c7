# What tests that kill a server process share.
package Crash;
use strict;
use warnings FATAL => 'all';
use Exporter 'import';
our @EXPORT_OK = qw(kill_backend);

# Kills the process, and waits until the server has started anew: the entry of the process stays until then. Meanwhile psql may
# end before it has read a query, which breaks the pipe. Returns whether it has.
sub kill_backend
{
	my ($node, $pid) = @_;
	kill 'KILL', $pid;
	for (1 .. 1800)
	{
		local $SIG{PIPE} = 'IGNORE';
		my $entries = eval { $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE pid = $pid") } // '';
		return 1 if $entries eq '0';
		select(undef, undef, undef, 0.1);
	}
	return 0;
}

1;
