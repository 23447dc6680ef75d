/**
 * Firewall entries for single endpoints, set by their drivers: attaching and detaching one changes its own anchor or
 * table entry, and reloads nothing.
 */
import type { CommandRunner, Endpoint, Network, Sandbox } from '@kleenet/core';
import { FAMILIES } from '@kleenet/core';
import { addToTable, deleteFromTable, flushRules, loadRules, readTable } from '../pfctl.ts';
import type { TableOfAnchor } from '../pfctl.ts';
import { exactProblems } from './exact.ts';
import { addressesOf, claimAddresses, leftAmong } from './left.ts';
import { requireMemberFilter } from './members.ts';
import { isPfLoaded, probePf } from './probe.ts';
import { NETWORKS_ANCHOR } from './render.ts';
import { unlessLocked } from './securelevel.ts';
import {
  AF,
  LABEL_MARK,
  interfaceWord,
  labelled,
  linesText,
  networkTable,
  not,
  passDiscovery,
} from './text.ts';

/** An endpoint in the view of drivers. */
export interface GuardTarget {
  readonly network: Network;
  readonly endpoint: Endpoint;
  readonly sandbox: Pick<Sandbox, 'name' | 'stack'>;
  /** The host's end of its epair, while it exists. */
  readonly hostInterface?: string;
}

/** The anchor of an endpoint. */
export function endpointAnchor({ id }: Pick<Endpoint, 'id'>): string {
  return `klee/endpoint-${id}`;
}

/**
 * Adds an endpoint to the firewall before it can send or receive. May be repeated. Does nothing if pf is not loaded;
 * rules loaded while pf is disabled take effect once it is enabled.
 */
export async function guardEndpoint(
  commands: CommandRunner,
  target: GuardTarget,
  signal?: AbortSignal,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const text = guardText(target);
  const holdsRules = await isPfLoaded(commands, signal);
  const sends = target.sandbox.stack === 'own' && (await hasRules(commands, signal));
  await Promise.all([
    holdsRules ? claimAddresses(commands, target, options) : undefined,
    sends ? requireMemberFilter(commands, options) : undefined,
  ]);
  if (text !== '' && (await isPfLoaded(commands, signal)))
    await loadRules(commands, endpointAnchor(target.endpoint), text, options);
  const table = tableOf(target);
  if (table !== undefined && (await hasRules(commands, signal)))
    await addToTable(commands, table, addressesOf(target.endpoint), options);
}

/** Removes an endpoint from the firewall. Idempotent; does nothing if pf is not loaded. */
export async function releaseEndpoint(
  commands: CommandRunner,
  target: GuardTarget,
  signal?: AbortSignal,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const table = tableOf(target);
  if ((!hasAnchor(target) && table === undefined) || !(await isPfLoaded(commands, signal))) return;
  await unlessLocked(async () => {
    if (hasAnchor(target)) await flushRules(commands, endpointAnchor(target.endpoint), options);
    if (table !== undefined)
      await deleteFromTable(commands, table, addressesOf(target.endpoint), options);
  });
}

/** The ids of endpoints whose firewall entries are wrong; none if the host has no usable pf. */
export async function unguardedEndpoints(
  commands: CommandRunner,
  targets: readonly GuardTarget[],
): Promise<readonly string[]> {
  if (targets.length === 0 || !(await hasRules(commands))) return [];
  const guarded = await Promise.all(targets.map((target) => isGuarded(commands, target)));
  return targets.filter((_, index) => guarded[index] !== true).map(({ endpoint }) => endpoint.id);
}

/** Whether the rules of networks are loaded here, or will be. */
async function hasRules(commands: CommandRunner, signal?: AbortSignal): Promise<boolean> {
  return (await probePf(commands, signal)).status.state !== 'unavailable';
}

async function isGuarded(commands: CommandRunner, target: GuardTarget): Promise<boolean> {
  const { endpoint, network } = target;
  const table = tableOf(target);
  const [problems, held, left] = await Promise.all([
    exactProblems(commands, endpointAnchor(endpoint), guardText(target)),
    table === undefined ? [] : readTable(commands, table),
    leftAmong(commands, network, addressesOf(endpoint)),
  ]);
  const known = new Set(held);
  return (
    problems.length === 0 &&
    left.length === 0 &&
    (table === undefined || addressesOf(endpoint).every((address) => known.has(address)))
  );
}

/** Whether the endpoint has its own rules, whatever their content. */
function hasAnchor({ network, sandbox }: GuardTarget): boolean {
  return sandbox.stack === 'own' || !network.icc;
}

/** The table with the addresses of a custom network's containers: the rest of its subnet is not klee's. */
function tableOf({ network }: GuardTarget): TableOfAnchor | undefined {
  if (network.type !== 'custom') return undefined;
  return { anchor: NETWORKS_ANCHOR, table: networkTable(network.id) };
}

/** The ruleset of an endpoint's anchor; empty when it needs none. Pure. */
export function guardText(target: GuardTarget): string {
  const { network, endpoint, sandbox, hostInterface } = target;
  const comment = `# ${addressesOf(endpoint).join(' ')} on network ${network.name}`;
  if (sandbox.stack === 'own')
    return hostInterface === undefined
      ? ''
      : labelled(linesText([comment, ...senderLines(endpoint, hostInterface)]));
  return network.icc ? '' : labelled(linesText([comment, ...itselfLines(network, endpoint)]));
}

/**
 * Senders through the host's end of an epair: only the endpoint, from its own addresses. It must not act as a router or
 * DHCP server for its neighbours, and of link-local addresses only neighbour discovery passes.
 */
function senderLines({ addresses }: Endpoint, hostInterface: string): readonly string[] {
  const on = `in quick on ${interfaceWord(hostInterface)}`;
  const { ipv4, ipv6 } = addresses;
  return [
    ...(ipv6 === undefined ? [] : [passDiscovery(on, { from: `{ ${ipv6}, fe80::/10, ::/128 }` })]),
    `block drop ${on} inet proto udp from any port 67 to any port 68`,
    `block drop ${on} inet6 proto udp from any port 547 to any port 546`,
    `block drop ${on} inet from ${ipv4 === undefined ? 'any' : not(ipv4)} to any`,
    `block drop ${on} inet6 from ${ipv6 === undefined ? 'any' : not(ipv6)} to any ${LABEL_MARK}`,
  ];
}

/**
 * A container on the host's stack reaches itself even if it reaches no neighbour, and the host reaches it from the
 * container's own address, because the host has that address.
 */
function itselfLines({ type, interface: name }: Network, endpoint: Endpoint): readonly string[] {
  const places = ['lo0', ...(type === 'loopback' ? [interfaceWord(name)] : [])];
  const lines = FAMILIES.flatMap((family) => {
    const address = endpoint.addresses[family];
    if (address === undefined) return [];
    return places.map(
      (place) => `pass quick on ${place} ${AF[family]} from ${address} to ${address}`,
    );
  });
  return lines.map((line, index) => (index === 0 ? `${line} ${LABEL_MARK}` : line));
}
