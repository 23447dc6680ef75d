/** Listening sockets of the host, from sockstat(1). */
import type { CommandRunner, HostListener, IpAddress } from '@kleenet/core';
import { read } from './run.ts';

/**
 * Sockets of the host's own processes: a jail's listeners are at the jail's addresses, though sockstat(1) may show them
 * as wildcards. Wide output, because long addresses may be cut otherwise.
 */
export async function readListeners(commands: CommandRunner): Promise<readonly HostListener[]> {
  const { stdout } = await read(commands, ['sockstat', '-46lw', '-j', '0']);
  return parseListeners(stdout).filter(
    ({ address }) => address === undefined || !MULTICAST.test(address),
  );
}

/** A socket, listening or not. */
interface Socket extends HostListener {
  readonly process: string;
  readonly pid: string;
}

/** A socket that is bound to an address. */
export interface HeldSocket {
  readonly address: IpAddress;
  /** The program's name with its process id. */
  readonly process: string;
}

/**
 * The sockets bound to one of these addresses, except those of one jail that may be there. Closed TCP connections that
 * linger have no process, and send no data of a program.
 */
export async function readSocketsAt(
  commands: CommandRunner,
  addresses: readonly IpAddress[],
  { exceptIn, ...options }: { readonly exceptIn?: string; readonly signal?: AbortSignal } = {},
): Promise<readonly HeldSocket[]> {
  const { stdout } = await read(commands, ['sockstat', '-46w'], options);
  const bound = parseSockets(stdout).filter(
    ({ pid, protocol }) => pid !== UNKNOWN || protocol === 'udp',
  );
  const there = bound.flatMap(({ address, process, pid }) =>
    address !== undefined && addresses.includes(address) ? [{ address, process, pid }] : [],
  );
  if (there.length === 0 || exceptIn === undefined) return there;
  const own = await commands.read(['ps', '-ax', '-J', exceptIn, '-o', 'pid='], {
    ...options,
    accept: 'any',
  });
  const pids = new Set(own.stdout.split('\n').map((line) => line.trim()));
  return there
    .filter(({ pid }) => !pids.has(pid))
    .map(({ address, process }) => ({ address, process }));
}

/** The process of a socket that no process has open: it may be passed between processes. */
const UNKNOWN = '?';

const MULTICAST = /^(?:22[4-9]|23[0-9])\.|^ff/;

/** User, program, process, descriptor, protocol, and the local address with its port. */
const LINE = /^\S+\s+(\S.*?)\s+(\d+|\?)\s+[\d?]+\s+(tcp|udp)(4|6|46)\s+(\S+?)(?:%(\S+))?:(\d+)\s/;

const FAMILIES = { '4': ['ipv4'], '6': ['ipv6'], '46': ['ipv4', 'ipv6'] } as const;

/** Reads the lines of `sockstat -46lw`; others, such as its heading, are skipped. */
export function parseListeners(text: string): readonly HostListener[] {
  return parseSockets(text)
    .filter(({ pid }) => pid !== UNKNOWN)
    .map(({ pid: _pid, ...listener }) => listener);
}

function parseSockets(text: string): readonly Socket[] {
  return text.split('\n').flatMap((line) => {
    const [, program, pid, protocol, digits, local, device, port] = LINE.exec(line) ?? [];
    if (pid === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return [];
    return [
      {
        protocol,
        port: Number(port),
        families: FAMILIES[digits as keyof typeof FAMILIES],
        ...(local === '*' ? {} : { address: local as IpAddress }),
        ...(device === undefined ? {} : { interface: device }),
        process: pid === UNKNOWN ? 'a socket without a process' : `${program} (pid ${pid})`,
        pid,
      },
    ];
  });
}
