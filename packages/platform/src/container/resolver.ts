/** Which servers of names a container can ask that does not share its host's network stack. Pure. */
import { BlockList, isIPv6 } from 'node:net';
import type { Container } from '@kleenet/core';

/** Addresses that mean the reader's own machine, IPv4 ones in IPv6 notation among them. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const SERVER = /^[ \t]*nameserver[ \t]+([^ \t\n]+)/;

/** The addresses of servers in a text of resolv.conf(5), as they are written there. */
export function serversIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => serverIn(line) ?? []);
}

/** A text of resolv.conf(5) without the servers at loopback addresses: inside they are the container's own. */
export function withoutLoopback(text: string): string {
  return text
    .split('\n')
    .filter((line) => !isLoopback(serverIn(line) ?? ''))
    .join('\n');
}

function serverIn(line: string): string | undefined {
  return SERVER.exec(line)?.[1];
}

/** Resolvers take an IPv4 address in any form of inet_aton(3): 127.1, too. */
function isLoopback(server: string): boolean {
  return server.startsWith('127.') || (isIPv6(server) && LOOPBACK.check(server, 'ipv6'));
}

/** What its user is told of a container that is left without any server. */
export function noServersWarning({ name }: Pick<Container, 'name'>): string {
  return `container '${name}' cannot resolve external names: the host's /etc/resolv.conf lists name servers at loopback addresses only, which inside the container are its own`;
}
