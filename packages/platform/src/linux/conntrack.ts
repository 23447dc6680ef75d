/** Typed wrapper around conntrack(8): ending connections that the kernel remembers. */
import type { CommandOptions, CommandRunner, Flows, Logger, PublishedPort } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { stderrOf } from '../runner/failures.ts';
import type { HostFiles } from './host-files.ts';
import { hostNetwork, ipRead } from './ip.ts';

export interface ConntrackDependencies {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  readonly logger: Logger;
}

/** What is lost without conntrack(8), for people. */
const WITHOUT =
  'connections of a container that is gone may go on with the next one that has its address';

/** What conntrack(8) is missing on this host, if anything; as a reason for `klee system info`. */
export async function conntrackRefusal(files: HostFiles): Promise<string | undefined> {
  if ((await files.find('conntrack')) !== undefined) return undefined;
  return `the program 'conntrack' is not installed (package 'conntrack'): ${WITHOUT}`;
}

/** Ends connections. Starts no process where the kernel remembers none. */
export async function endFlows(
  { commands, files, logger }: ConntrackDependencies,
  flows: Flows,
  signal?: AbortSignal,
): Promise<void> {
  const count = await files.read('/proc/sys/net/netfilter/nf_conntrack_count');
  if (count === undefined || count.trim() === '0') return;
  try {
    const lines = flows.of === 'ports' ? await portLines(commands, flows.ports) : linesOf(flows);
    await remove(commands, lines, signal);
  } catch (error) {
    if (hasCode(error, 'TOOL_MISSING')) {
      logger.warn(`conntrack(8) is missing, and ${WITHOUT}: install conntrack`);
      return;
    }
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED') || (await works(commands))) throw error;
    logger.warn(`conntrack(8) does not work here, and ${WITHOUT}: ${error.message}`);
  }
}

/** Not where the kernel has no netlink interface to what it remembers. */
async function works(commands: CommandRunner): Promise<boolean> {
  return (await commands.read(['conntrack', '-C'], { accept: 'any' })).status === 0;
}

/**
 * Those that began at an address, and those whose answers come from it: with that, also the ones that were translated
 * to it. A subnet cannot be looked for in the answers.
 */
export function linesOf(flows: Exclude<Flows, { of: 'ports' }>): readonly string[] {
  if (flows.of === 'addresses')
    return flows.addresses.flatMap((address) =>
      ['-s', '-r'].map((side) => `-D -f ${family(address)} ${side} ${address}`),
    );
  return flows.subnets.flatMap((subnet) =>
    ['-s', '-d'].map((side) => `-D -f ${family(subnet)} ${side} ${subnet}`),
  );
}

function family(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/**
 * All lines with one process. Older versions of conntrack(8) read no lines (1.4.6), and take one process each; those
 * end with status 1 where nothing matches (conntrack(8)).
 */
async function remove(
  commands: CommandRunner,
  lines: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (lines.length === 0) return;
  const options = signal === undefined ? {} : { signal };
  try {
    await commands.change(['conntrack', '-R', '-'], {
      ...options,
      input: lines.map((line) => `${line}\n`).join(''),
    });
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
    for (const line of lines) await removeOne(commands, line, options);
  }
}

/**
 * Status 1 is also that of a failure; and a dump during which an entry goes away may be given up with the rest undone, so
 * that it is worth a second try.
 */
async function removeOne(
  commands: CommandRunner,
  line: string,
  options: CommandOptions,
): Promise<void> {
  const argv = ['conntrack', ...line.split(' ')] as const;
  const { status, stderr } = await commands.change(argv, { ...options, accept: [0, 1] });
  if (status === 0 || NONE_MATCHES.test(stderr)) return;
  try {
    await commands.change(argv, options);
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED') || !NONE_MATCHES.test(stderrOf(error)))
      throw error;
  }
}

const NONE_MATCHES = /\b0 flow entries have been deleted/;

/** A connection as it began, and where its answers come from. */
interface TrackedFlow {
  readonly protocol: string;
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly answeredBy: string;
}

/** Found by looking: the same port of other hosts, which containers and the host use, is none of ours. */
async function portLines(
  commands: CommandRunner,
  ports: readonly PublishedPort[],
): Promise<readonly string[]> {
  const [objects, ...listed] = await Promise.all([
    ipRead(commands, { lines: ['address show'] }),
    ...['ipv4', 'ipv6'].map((of) => commands.read(['conntrack', '-L', '-f', of])),
  ]);
  const own = new Set<string>(hostNetwork(objects).addresses.map(({ address }) => address));
  const flows = parseFlows(listed.map(({ stdout }) => stdout).join('\n'));
  return flows.filter((flow) => wasTakenByHost(flow, ports, own)).map(lineOf);
}

/** The first half of each line of `conntrack -L` is the direction that the connection began with. */
export function parseFlows(text: string): readonly TrackedFlow[] {
  const lines = text.matchAll(
    /^(tcp|udp) .*?\bsrc=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*\bsrc=(\S+) dst=/gm,
  );
  return [...lines].map(
    ([, protocol = '', from = '', to = '', fromPort, toPort, answeredBy = '']) => ({
      protocol,
      from,
      to,
      fromPort: Number(fromPort),
      toPort: Number(toPort),
      answeredBy,
    }),
  );
}

/** Whether the host answers a connection that began at one of the ports. It has all of 127.0.0.0/8 (RFC 1122, 3.2.1.3). */
export function wasTakenByHost(
  { protocol, to, toPort, answeredBy }: TrackedFlow,
  ports: readonly PublishedPort[],
  own: ReadonlySet<string>,
): boolean {
  const translated = answeredBy !== to;
  if (translated || !(own.has(to) || to.startsWith('127.'))) return false;
  return ports.some(
    ({ protocol: published, hostPorts: [first, last] }) =>
      published === protocol && toPort >= first && toPort <= last,
  );
}

function lineOf({ protocol, from, to, fromPort, toPort }: TrackedFlow): string {
  return `-D -f ${family(to)} -p ${protocol} -s ${from} -d ${to} --orig-port-src ${fromPort} --orig-port-dst ${toPort}`;
}
