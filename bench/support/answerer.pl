# Answers on a port until it is ended: one byte to each TCP connection, and each UDP packet as it came.
use strict;
use warnings;
use Socket;

my ($protocol, $port) = @ARGV;
my $type = $protocol eq 'tcp' ? SOCK_STREAM : SOCK_DGRAM;
socket(my $socket, PF_INET, $type, 0) or die "socket: $!";
setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "setsockopt: $!";
bind($socket, sockaddr_in($port, INADDR_ANY)) or die "bind: $!";
if ($protocol eq 'tcp') {
  listen($socket, 1024) or die "listen: $!";
  while (accept(my $client, $socket)) {
    syswrite($client, '.');
    close $client;
  }
} else {
  while (defined(my $sender = recv($socket, my $packet, 65535, 0))) {
    send($socket, $packet, 0, $sender);
  }
}
die "$protocol: $!";
