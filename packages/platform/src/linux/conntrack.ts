/** Typed wrapper around conntrack(8): ending tracked connections. */
import type { CommandOptions, CommandRunner, Flows, Logger, PublishedPort } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { stderrOf } from '../runner/failures.ts';
import { scriptArgv } from '../runner/script.ts';
import type { HostFiles } from './host-files.ts';
import { hostNetwork, ipRead } from './ip.ts';
import { FLOWS } from './scripts/embedded.ts';

export interface ConntrackDependencies {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  readonly logger: Logger;
}

/** The consequence of a missing conntrack(8), for people. */
const WITHOUT = 'connections of a removed container may continue to the next one with its address';

/** The fault of conntrack(8) on this host, if any; as a reason for `klee system info`. */
export async function conntrackRefusal(files: HostFiles): Promise<string | undefined> {
  if ((await files.find('conntrack')) !== undefined) return undefined;
  return `the program 'conntrack' is not installed (package 'conntrack'): ${WITHOUT}`;
}

/** Ends connections. Starts no process if the kernel tracks none. */
export async function endFlows(
  { commands, files, logger }: ConntrackDependencies,
  flows: Flows,
  signal?: AbortSignal,
): Promise<void> {
  const count = await files.read('/proc/sys/net/netfilter/nf_conntrack_count');
  if (count === undefined || count.trim() === '0') return;
  try {
    const lines = flows.of === 'ports' ? await portLines(commands, flows) : linesOf(flows);
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

/** Not if the kernel has no netlink interface to its connection table. */
async function works(commands: CommandRunner): Promise<boolean> {
  return (await commands.read(['conntrack', '-C'], { accept: 'any' })).status === 0;
}

/**
 * Connections that began at an address, and those with replies from it, which includes those translated to it. Replies
 * cannot be filtered by subnet.
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
 * exit 1 if nothing matches (conntrack(8)).
 */
async function remove(
  commands: CommandRunner,
  lines: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (lines.length === 0) return;
  // It prints each entry that it deletes, and there may be a million.
  const options = { discardOutput: true, ...(signal === undefined ? {} : { signal }) };
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

/** How often a removal is tried that is aborted each time: every time it gets further. */
const ATTEMPTS = 50;

/**
 * Status 1 also means failure, and then a second try is worthwhile. A removal is aborted, with the rest undone, when an
 * entry ends by itself before its turn: on a busy host that happens again and again.
 */
async function removeOne(
  commands: CommandRunner,
  line: string,
  options: CommandOptions,
): Promise<void> {
  const argv = ['conntrack', ...line.split(' ')] as const;
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    const { status, stderr } = await commands.change(argv, { ...options, accept: [0, 1] });
    if (status === 0 || NONE_MATCHES.test(stderr)) return;
    if (!ABORTED.test(stderr)) break;
  }
  try {
    await commands.change(argv, options);
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED') || !NONE_MATCHES.test(stderrOf(error)))
      throw error;
  }
}

const ABORTED = /such conntrack doesn't exist/;

const NONE_MATCHES = /\b0 flow entries have been deleted/;

/** Connections that began at one port of one address, with replies from one address. */
interface TrackedGroup {
  readonly protocol: string;
  readonly to: string;
  readonly toPort: number;
  readonly answeredBy: string;
}

/** Found by comparing: the same port on other hosts, which containers and the host use, is not affected. */
async function portLines(
  commands: CommandRunner,
  { ports, formerly }: PortFlows,
): Promise<readonly string[]> {
  // Shows whether a working conntrack(8) exists, which the surrounding shell does not.
  await commands.read(['conntrack', '-C']);
  const [objects, { stdout }] = await Promise.all([
    ipRead(commands, { lines: ['address show'] }),
    commands.read(scriptArgv(FLOWS, [ports.map(wordOf).join(' '), ...filterOf(ports)])),
  ]);
  const own = new Set<string>(hostNetwork(objects).addresses.map(({ address }) => address));
  const ending = parseGroups(stdout).filter((group) => isMeant(group, own, new Set(formerly)));
  return ending.map(lineOf);
}

type PortFlows = Extract<Flows, { of: 'ports' }>;

/** For one port, conntrack(8) filters itself. */
function filterOf(ports: readonly PublishedPort[]): readonly string[] {
  const [one, ...more] = ports;
  if (one === undefined || more.length > 0 || one.hostPorts[0] !== one.hostPorts[1]) return [];
  return ['-p', one.protocol, '--orig-port-dst', String(one.hostPorts[0])];
}

function wordOf({ protocol, hostPorts: [first, last] }: PublishedPort): string {
  return `${protocol}:${first}:${last}`;
}

function parseGroups(text: string): readonly TrackedGroup[] {
  return text.split('\n').flatMap((line) => {
    const [protocol = '', to = '', port, answeredBy] = line.split(' ');
    return answeredBy === undefined ? [] : [{ protocol, to, toPort: Number(port), answeredBy }];
  });
}

/**
 * Whether the host replies, which has all of 127.0.0.0/8 (RFC 1122, 3.2.1.3), or a container by an address where the
 * port no longer leads.
 */
function isMeant(
  { to, answeredBy }: TrackedGroup,
  own: ReadonlySet<string>,
  formerly: ReadonlySet<string>,
): boolean {
  if (!own.has(to) && !to.startsWith('127.')) return false;
  return answeredBy === to || formerly.has(answeredBy);
}

function lineOf({ protocol, to, toPort, answeredBy }: TrackedGroup): string {
  return `-D -f ${family(to)} -p ${protocol} -d ${to} -r ${answeredBy} --orig-port-dst ${toPort}`;
}
