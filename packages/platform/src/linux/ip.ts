/** Typed wrapper around ip(8) of iproute2: batches of changes, and what its JSON says. */
import type {
  CommandResult,
  CommandRunner,
  HostAddress,
  HostNetwork,
  HostRoute,
  IpAddress,
  MacAddress,
} from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { isGone as saysGone, links, neighbours, parseIp, routes } from '@kleenet/core/linux';
import type { IpLink, IpNeighbour, IpObject, IpRoute } from '@kleenet/core/linux';
import { asCidr } from '../network/destination.ts';
import { stderrOf } from '../runner/failures.ts';

/** Changes that one `ip -batch` process makes, in order. */
export interface IpBatch {
  /** Commands without the leading `ip`. No word may be empty or contain white space. */
  readonly lines: readonly string[];
  /** The named network namespace to make them in; the host's when absent or empty. */
  readonly netns?: string;
  readonly signal?: AbortSignal;
  /** For a reading: without the details of each interface, such as thirty settings of a bridge. */
  readonly brief?: boolean;
  /** For a reading: as {@link CommandOptions.shared}. */
  readonly shared?: boolean;
  /** For a reading: as {@link CommandOptions.together}. */
  readonly together?: boolean;
}

/** A failed line of a batch, and the message of ip(8) or the kernel. */
export interface IpFailure {
  readonly line: string;
  readonly message: string;
}

/** Makes changes, up to the first that fails. @throws KleenetError PLATFORM_COMMAND_FAILED */
export async function ipBatch(commands: CommandRunner, batch: IpBatch): Promise<void> {
  if (batch.lines.length === 0) return;
  await commands.change(['ip', ...inNamespace(batch.netns), '-batch', '-'], {
    input: batchText(batch.lines),
    ...(batch.signal === undefined ? {} : { signal: batch.signal }),
  });
}

/**
 * Makes every change, even after failures, and returns the failed ones. A missing namespace fails every line. Changes
 * of neighbours come last.
 */
export async function ipBatchForced(
  commands: CommandRunner,
  batch: IpBatch,
): Promise<readonly IpFailure[]> {
  if (batch.lines.length === 0) return [];
  const final = batch.lines.filter(mayEndBatch);
  const lines = [...batch.lines.filter((line) => !mayEndBatch(line)), ...final];
  const { status, stderr } = await force(commands, { ...batch, lines });
  if (status === 0) return [];
  if (final.length === 0 || !endedEarly(stderr)) return parseFailures(stderr, lines);
  const failures = [...failedLines(stderr, lines)];
  for (const line of final) {
    const single = await force(commands, { ...batch, lines: [line] });
    if (single.status !== 0) failures.push(...parseFailures(single.stderr, [line]));
  }
  return failures;
}

function force(commands: CommandRunner, { lines, netns, signal }: IpBatch): Promise<CommandResult> {
  return commands.change(['ip', ...inNamespace(netns), '-force', '-batch', '-'], {
    input: batchText(lines),
    accept: 'any',
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A failed change of a neighbour ends ip(8), even with `-force` (iproute2 6.1, ipneigh.c). */
function mayEndBatch(line: string): boolean {
  return /^neigh(?:bour)? /.test(line);
}

/** Whether there was a message after the last known failed line, other than about the namespace. */
function endedEarly(stderr: string): boolean {
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  return (
    last !== '' && !FAILED_LINE.test(last) && !/(?:open|setting the) network namespace/.test(last)
  );
}

/** Whether a removal failed because the object was missing. */
export function isGone({ message }: Pick<IpFailure, 'message'>): boolean {
  return saysGone(message);
}

/** Reads with one `ip -j -batch` process; the answers to all lines come as one list. */
export async function ipRead(
  commands: CommandRunner,
  batch: IpBatch,
): Promise<readonly IpObject[]> {
  const answer = await commands.read(
    ['ip', ...inNamespace(batch.netns), '-j', ...(batch.brief ? [] : ['-d']), '-batch', '-'],
    {
      input: batchText(batch.lines),
      shared: batch.shared ?? false,
      ...(batch.signal === undefined ? {} : { signal: batch.signal }),
    },
  );
  const known = parsed.get(answer) ?? parseIp(answer.stdout);
  parsed.set(answer, known);
  return known;
}

/** What shared answers say: a host with hundreds of networks says it in a megabyte, which each of them looks at. */
const parsed = new WeakMap<CommandResult, readonly IpObject[]>();

/** One interface with its addresses, or undefined when there is none (or no such namespace). */
export async function readLink(
  commands: CommandRunner,
  name: string,
  options: Omit<IpBatch, 'lines'> = {},
): Promise<IpLink | undefined> {
  try {
    return links(await ipRead(commands, { ...options, lines: [`address show dev ${name}`] }))[0];
  } catch (error) {
    if (hasCode(error, 'PLATFORM_COMMAND_FAILED') && saysGone(stderrOf(error))) return undefined;
    throw error;
  }
}

/** The permanent neighbours in the output. */
export function permanentNeighbours(objects: readonly IpObject[]): readonly IpNeighbour[] {
  return neighbours(objects).filter(({ state }) => state?.includes('PERMANENT') === true);
}

/** The proxied addresses in the output. */
export function proxied(objects: readonly IpObject[]): readonly string[] {
  return objects.flatMap((object) => ('proxy' in object ? [object.dst] : []));
}

/** The host facts for core, from `address show`. */
export function hostNetwork(objects: readonly IpObject[]): Omit<HostNetwork, 'routes'> {
  return {
    interfaces: links(objects).map(({ ifname }) => ifname),
    addresses: links(objects).flatMap(hostAddresses),
    macs: links(objects).flatMap(({ ifname, address }) =>
      address === undefined ? [] : [{ interface: ifname, mac: address as MacAddress }],
    ),
  };
}

/** Those for core, from `route show table all`. */
export function hostRoutes(objects: readonly IpObject[]): readonly HostRoute[] {
  return routes(objects).flatMap(hostRoute);
}

function hostAddresses({ ifname, addr_info: addresses = [] }: IpLink): readonly HostAddress[] {
  return addresses.flatMap(({ local, prefixlen }) =>
    local === undefined || prefixlen === undefined
      ? []
      : [{ interface: ifname, address: local as IpAddress, prefix: prefixlen }],
  );
}

/** Reachable routes of the main table (which ip(8) names only with details), without default routes. */
function hostRoute({ dst, type = 'unicast', dev, table = 'main' }: IpRoute): readonly HostRoute[] {
  if (dst === 'default' || type !== 'unicast' || dev === undefined || table !== 'main') return [];
  return [{ destination: asCidr(dst), interface: dev }];
}

/** Pairs each `Command failed -:N` of ip(8) with the message before it. */
export function parseFailures(stderr: string, lines: readonly string[]): readonly IpFailure[] {
  const failures = failedLines(stderr, lines);
  if (failures.length > 0) return failures;
  const message = stderr
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .join(' ');
  return lines.map((line) => ({ line, message }));
}

const FAILED_LINE = /^Command failed .*:(\d+)$/;

function failedLines(stderr: string, lines: readonly string[]): readonly IpFailure[] {
  const failures: IpFailure[] = [];
  let said: string[] = [];
  for (const text of stderr.split('\n')) {
    const number = FAILED_LINE.exec(text)?.[1];
    if (number !== undefined) {
      failures.push({ line: lines[Number(number) - 1] ?? '', message: said.join(' ') });
      said = [];
    } else if (text.trim() !== '') {
      said.push(text.trim());
    }
  }
  return failures;
}

/** The words that make ip(8) work in a namespace. */
export function inNamespace(netns: string | undefined): readonly string[] {
  return netns === undefined || netns === '' ? [] : ['-netns', netns];
}

/** The input of `ip -batch`. */
export function batchText(lines: readonly string[]): string {
  const broken = lines.find((line) => /[\n\r#\\"']/.test(line));
  if (broken !== undefined)
    throw new TypeError(`not one line of ip -batch: ${JSON.stringify(broken)}`);
  return `${lines.join('\n')}\n`;
}
