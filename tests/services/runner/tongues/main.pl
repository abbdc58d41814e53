use strict;
no warnings 'recursion';

sub deep { my $n = shift; return $n == 0 ? 0 : 1 + deep($n - 1); }
sub fall { my $n = shift; return fall($n + 1) + 1; }

my ($word, $a1, $b1) = split ' ', <STDIN>;
if ($word eq 'sum') { print $a1 + $b1; }
elsif ($word eq 'deep') { print deep($a1); }
elsif ($word eq 'throw') { die "thrown"; }
elsif ($word eq 'loop') { 1 while 1; }
elsif ($word eq 'hog') { my @all; while (1) { push @all, 'x' x (1 << 20) . scalar(@all); } }
elsif ($word eq 'given') { print "[$_]" for @ARGV; open my $map, '<', 'map/a.txt'; print <$map>; }
elsif ($word eq 'fall') { fall(0); }
