# Asks answerer.pl COUNT times, one after the other, and prints how many answers came in a second.
use strict;
use warnings;
use Socket;
use Time::HiRes 'time';

my ($protocol, $address, $port, $count, $size) = @ARGV;
my $server = sockaddr_in($port, inet_aton($address));
my $ask = $protocol eq 'tcp' ? \&connection : exchange();
my $start = time;
$ask->() for 1 .. $count;
print $count / (time - $start), "\n";

# A new connection each, which is reset in the end: closed ones would soon use up the ports.
sub connection {
  socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
  setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) or die "setsockopt: $!";
  connect($socket, $server) or die "connect: $!";
  sysread($socket, my $byte, 1) or die "no answer: $!";
  close $socket;
}

# A packet, and the same packet back. A lost one ends it after five seconds.
sub exchange {
  my $packet = 'x' x $size;
  socket(my $socket, PF_INET, SOCK_DGRAM, 0) or die "socket: $!";
  setsockopt($socket, SOL_SOCKET, SO_RCVTIMEO, pack('l!l!', 5, 0)) or die "setsockopt: $!";
  connect($socket, $server) or die "connect: $!";
  return sub {
    send($socket, $packet, 0) or die "send: $!";
    defined recv($socket, my $answer, 65535, 0) or die "no answer: $!";
    $answer eq $packet or die 'another answer';
  };
}
