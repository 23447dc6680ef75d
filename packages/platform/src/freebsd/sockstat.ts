/** What waits for packets at a port of the host, as sockstat(1) says it. */
import type { CommandRunner, HostListener, IpAddress } from '@kleenet/core';
import { read } from './run.ts';

/**
 * Those of the host's own processes: what a jail listens on is at the jail's addresses, though sockstat(1) may show it as
 * waiting everywhere. Wide, as long addresses may be cut otherwise.
 */
export async function readListeners(commands: CommandRunner): Promise<readonly HostListener[]> {
  const { stdout } = await read(commands, ['sockstat', '-46lw', '-j', '0']);
  return parseListeners(stdout).filter(
    ({ address }) => address === undefined || !MULTICAST.test(address),
  );
}

const MULTICAST = /^(?:22[4-9]|23[0-9])\.|^ff/;

/** User, program, process, descriptor, protocol, and the local address with its port. */
const LINE = /^\S+\s+(\S.*?)\s+(\d+)\s+\d+\s+(tcp|udp)(4|6|46)\s+(\S+?)(?:%(\S+))?:(\d+)\s/;

const FAMILIES = { '4': ['ipv4'], '6': ['ipv6'], '46': ['ipv4', 'ipv6'] } as const;

/** Reads the lines of `sockstat -46lw`; others, such as its heading, are passed over. */
export function parseListeners(text: string): readonly HostListener[] {
  return text.split('\n').flatMap((line) => {
    const [, program, pid, protocol, digits, local, device, port] = LINE.exec(line) ?? [];
    if (protocol !== 'tcp' && protocol !== 'udp') return [];
    return [
      {
        protocol,
        port: Number(port),
        families: FAMILIES[digits as keyof typeof FAMILIES],
        ...(local === '*' ? {} : { address: local as IpAddress }),
        ...(device === undefined ? {} : { interface: device }),
        process: `${program} (pid ${pid})`,
      },
    ];
  });
}
