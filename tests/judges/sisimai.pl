# Says what Sisimai reads in each mail that is named: one JSON object per mail.
use strict;
use warnings;
use JSON;
use Sisimai;

my %said;
for my $path (@ARGV) {
    my $found = Sisimai->make($path) || [];
    $said{$path} = [ map { { reason => $_->reason, code => $_->deliverystatus, soft => $_->softbounce,
        recipient => $_->recipient->address, feedback => $_->feedbacktype } } @$found ];
}
print JSON->new->canonical->encode(\%said);
