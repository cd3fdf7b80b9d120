# Mail::DKIM verifies messages: prints for each signature the file, the algorithm and what came of it.
# The first argument is a file of TXT records, a name and a text a line; nobody is asked for any other.
use strict;
use warnings;
use Mail::DKIM::Verifier;
use Mail::DKIM::DNS;
use Net::DNS;

package Records {
    sub new { my ($class, %text) = @_; return bless {%text}, $class }
    sub errorstring { return 'NOERROR' }
    sub send {
        my ($self, $name) = @_;
        my $answer = Net::DNS::Packet->new($name, 'TXT');
        $answer->push(answer => Net::DNS::RR->new(owner => $name, type => 'TXT', txtdata => [$self->{$name}]))
            if exists $self->{$name};
        return $answer;
    }
}

my ($records, @messages) = @ARGV;
open my $lines, '<', $records or die "$records: $!";
Mail::DKIM::DNS::resolver(Records->new(map { chomp; split / /, $_, 2 } <$lines>));
for my $path (@messages) {
    my $judge = Mail::DKIM::Verifier->new;
    open my $message, '<:raw', $path or die "$path: $!";
    $judge->PRINT($_) while <$message>;
    $judge->CLOSE;
    print join("\t", $path, $_->algorithm, $_->result), "\n" for $judge->signatures;
}
