/**
 * Permitted senders on the port of a bridge: elements of sets in the table `bridge klee`, which change with the port.
 * Loading the rules does not touch them, so concurrent changes cannot undo each other.
 */
import type { CommandRunner, IpAddress, MacAddress } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { stderrOf } from '../../runner/failures.ts';
import { nftLoad, nftTable } from '../nft.ts';
import { senderSetLines } from './bridge-table.ts';
import { firewallRefusal } from './probe.ts';
import { quoted } from './text.ts';

/** A port of a bridge with its endpoint. */
export interface GuardedPort {
  readonly interface: string;
  readonly mac: MacAddress;
  readonly addresses: readonly IpAddress[];
}

/** Permits the port to send from its addresses. May be repeated. Does nothing without a firewall. */
export async function guardPort(
  commands: CommandRunner,
  port: GuardedPort,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await nftLoad(commands, guardText(port), signal);
  } catch (error) {
    if (hasCode(error, 'TOOL_MISSING')) return;
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
    if ((await firewallRefusal(commands)) === undefined) throw error;
  }
}

/** Whether nft(8) is on the host, working or not, told by a reading that others share. */
export async function hasNft(commands: CommandRunner): Promise<boolean> {
  try {
    await nftTable(commands, 'bridge', 'klee');
    return true;
  } catch (error) {
    if (hasCode(error, 'TOOL_MISSING')) return false;
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
    return true;
  }
}

/** Removes the port's entries. Idempotent, even if the table is gone. */
export async function releasePort(
  commands: CommandRunner,
  port: GuardedPort,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await nftLoad(commands, releaseText(port), signal);
  } catch (error) {
    if (hasCode(error, 'TOOL_MISSING')) return;
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
    if (stderrOf(error).includes('No such file or directory')) return;
    if ((await firewallRefusal(commands)) === undefined) throw error;
  }
}

/** The permitted senders of a port. */
export interface PortState {
  readonly interface: string;
  /** Whether all of its own addresses are permitted. */
  readonly guarded: boolean;
  /** Other permitted senders, as elements of the sets. */
  readonly foreign: readonly string[];
}

/** The state of each port; none without a firewall. */
export async function portStates(
  commands: CommandRunner,
  ports: readonly GuardedPort[],
): Promise<readonly PortState[]> {
  if ((await firewallRefusal(commands)) !== undefined) return [];
  const there = await presentElements(commands);
  return ports.map((port) => {
    const own = new Set(elements(port).map(ownKey));
    return {
      interface: port.interface,
      guarded: [...own].every((key) => there.some((one) => one.key === key)),
      foreign: there.filter((one) => isForeign(one, port, own)).map(({ key }) => key),
    };
  });
}

/** Removes senders of a port that are not its own. */
export async function restrictPort(
  commands: CommandRunner,
  port: GuardedPort,
  signal?: AbortSignal,
): Promise<void> {
  if ((await firewallRefusal(commands)) !== undefined) return;
  const own = new Set(elements(port).map(ownKey));
  const foreign = (await presentElements(commands)).filter((one) => isForeign(one, port, own));
  if (foreign.length === 0) return;
  const text = foreign.map(
    ({ set, parts }) =>
      `delete element bridge klee ${set} { ${[quoted(port.interface), ...parts.slice(1)].join(' . ')} }`,
  );
  await nftLoad(commands, lines(text), signal);
}

/** An element of a sender set as the kernel has it. */
interface Present {
  readonly set: string;
  readonly parts: readonly string[];
  readonly key: string;
}

async function presentElements(commands: CommandRunner): Promise<readonly Present[]> {
  const table = await nftTable(commands, 'bridge', 'klee');
  return (table?.sets ?? []).flatMap(({ name, elem = [] }) =>
    elem.map((element) => {
      const parts = words(element);
      return { set: name, parts, key: `${name} ${parts.join(' . ')}` };
    }),
  );
}

function isForeign({ parts, key }: Present, port: GuardedPort, own: ReadonlySet<string>): boolean {
  return parts[0] === port.interface && !own.has(key);
}

function ownKey({ set, key }: Element): string {
  return `${set} ${plain(key)}`;
}

export function guardText(port: GuardedPort): string {
  const added = elements(port).map(({ set, key }) => `add element bridge klee ${set} { ${key} }`);
  return lines(['table bridge klee {', ...senderSetLines(), '}', ...added]);
}

/** Adding first makes the deletion of a missing element succeed. */
export function releaseText(port: GuardedPort): string {
  return lines(
    elements(port).flatMap(({ set, key }) => [
      `add element bridge klee ${set} { ${key} }`,
      `delete element bridge klee ${set} { ${key} }`,
    ]),
  );
}

interface Element {
  readonly set: string;
  readonly key: string;
}

function elements({ interface: name, mac, addresses }: GuardedPort): readonly Element[] {
  const port = quoted(name);
  return [
    { set: 'macs', key: `${port} . ${mac}` },
    { set: 'discovered_macs', key: `${port} . 0x${mac.replaceAll(':', '')}` },
    ...addresses.flatMap((address) =>
      address.includes(':')
        ? [
            { set: 'senders6', key: `${port} . ${mac} . ${address}` },
            { set: 'discovered_targets', key: `${port} . 0x${hexOf(address)}` },
          ]
        : [{ set: 'senders4', key: `${port} . ${mac} . ${address}` }],
    ),
  ];
}

/** The 128 bits of an IPv6 address. */
export function hexOf(address: string): string {
  const [first = [], last = []] = address.split('::').map(groupsOf);
  return [...first, ...Array<string>(8 - first.length - last.length).fill('0000'), ...last].join(
    '',
  );
}

/** The groups of four digits of one side of `::`; a dotted quad at its end is two of them (RFC 4291, 2.2). */
function groupsOf(part: string): readonly string[] {
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [group.padStart(4, '0')];
    const octets = group.split('.').map((octet) => Number(octet).toString(16).padStart(2, '0'));
    return [octets.slice(0, 2).join(''), octets.slice(2).join('')];
  });
}

/** An element as nft(8) writes it in JSON; it omits leading zeros. */
function words(element: unknown): readonly string[] {
  if (typeof element !== 'object' || element === null || !('concat' in element)) return [];
  return Array.isArray(element.concat) ? element.concat.map((part) => numeral(String(part))) : [];
}

function plain(key: string): string {
  return key.replaceAll('"', '').split(' . ').map(numeral).join(' . ');
}

function numeral(word: string): string {
  return /^0x[0-9a-f]+$|^[0-9]+$/.test(word) ? `0x${BigInt(word).toString(16)}` : word;
}

function lines(text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('');
}
