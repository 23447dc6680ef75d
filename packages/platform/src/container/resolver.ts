/** The name servers that a container with its own network stack can reach. Pure. */
import { BlockList, isIPv6 } from 'node:net';
import type { Container } from '@kleenet/core';

const SERVER = /^[ \t]*nameserver[ \t]+([^ \t\n]+)/;

/** The addresses of name servers in a text of resolv.conf(5), in their original notation. */
export function serversIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => serverIn(line) ?? []);
}

/** A text of resolv.conf(5) without the servers at loopback addresses: inside a container they are its own. */
export function withoutLoopback(text: string): string {
  return text
    .split('\n')
    .filter((line) => !isLoopback(serverIn(line) ?? ''))
    .join('\n');
}

function serverIn(line: string): string | undefined {
  return SERVER.exec(line)?.[1];
}

/** Resolvers accept an IPv4 address in any form of inet_aton(3), such as 127.1. Bun needs 4 ms to load node:net. */
function isLoopback(server: string): boolean {
  return (
    server.startsWith('127.') ||
    (server.includes(':') && isIPv6(server) && loopback().check(server, 'ipv6'))
  );
}

/** Loopback addresses, including IPv4 ones in IPv6 notation. */
function loopback(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  return list;
}

/** The warning for a container without any name server. */
export function noServersWarning({ name }: Pick<Container, 'name'>): string {
  return `container '${name}' cannot resolve external names: the host's /etc/resolv.conf lists name servers at loopback addresses only, which inside the container are its own`;
}
