/** Listening sockets of the host, from ss(8). */
import type { CommandRunner, HostListener, IpAddress, Logger } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import type { HostFiles } from './host-files.ts';

/** The consequence of a missing ss(8), for people. */
const WITHOUT = 'a published port may take the packets of a program of the host';

/** The fault of ss(8) on this host, if any; as a reason for `klee system info`. */
export async function listenersRefusal(files: HostFiles): Promise<string | undefined> {
  if ((await files.find('ss')) !== undefined) return undefined;
  return `the program 'ss' is not installed (package 'iproute2'): ${WITHOUT}`;
}

/** Without ss(8) it warns the user, and returns none. */
export async function readListeners(
  commands: CommandRunner,
  logger: Logger,
): Promise<readonly HostListener[]> {
  try {
    const { stdout } = await commands.read(['ss', '-Hlntup']);
    return listenersIn(stdout);
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    logger.warn(`ss(8) is missing, and ${WITHOUT}: install iproute2`);
    return [];
  }
}

function listenersIn(stdout: string): readonly HostListener[] {
  return parseListeners(stdout).filter(({ address }) => !isSpared(address));
}

/**
 * Published ports concern the host's own addresses, including 127.0.0.0/8, but not ::1: Linux has no translation from
 * there.
 */
function isSpared(address: string | undefined): boolean {
  return address === '::1' || (address !== undefined && MULTICAST.test(address));
}

const MULTICAST = /^(?:22[4-9]|23[0-9])\.|^ff/;

/** Protocol, state, two lengths, the local address with an optional interface, the peer, and the processes. */
const LINE =
  /^(tcp|udp)\s+\S+\s+\d+\s+\d+\s+(\S+?)(?:%(\S+?))?:(\d+)\s+\S+(?:\s+users:\(\("(.*?)",pid=(\d+))?/;

/** Reads the lines of `ss -Hlntup`; others are skipped. */
export function parseListeners(text: string): readonly HostListener[] {
  return text.split('\n').flatMap((line) => {
    const [, protocol, local = '', device, port, program, pid] = LINE.exec(line) ?? [];
    if (protocol !== 'tcp' && protocol !== 'udp') return [];
    return [
      {
        protocol,
        port: Number(port),
        ...place(local),
        ...(device === undefined ? {} : { interface: device }),
        ...(program === undefined ? {} : { process: `${program} (pid ${pid})` }),
      },
    ];
  });
}

/** `*` serves both families with one socket, `[::]` only IPv6; IPv4 may be written as mapped into IPv6. */
function place(local: string): Pick<HostListener, 'families' | 'address'> {
  if (local === '*') return { families: ['ipv4', 'ipv6'] };
  if (local === '0.0.0.0') return { families: ['ipv4'] };
  if (local === '[::]') return { families: ['ipv6'] };
  const address = local.replace(/^\[(?:::ffff:(?=\d+\.))?|\]$/g, '') as IpAddress;
  return { families: [address.includes(':') ? 'ipv6' : 'ipv4'], address };
}
