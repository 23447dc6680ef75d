/**
 * Interfaces and addresses in rules that only the host knows. Rendered rules have placeholders, so that the same state
 * always gives the same text.
 */
import type { CommandRunner, Family, PerFamily } from '@kleenet/core';
import { readInterfaces } from '../ifconfig.ts';
import type { Interface, InterfaceAddress } from '../ifconfig.ts';
import { GROUP } from '../names.ts';
import { readDefaultRoute } from '../route.ts';
import { interfaceWord, linesText } from './text.ts';

/** The host's interfaces and addresses, as far as rules name them. */
export interface Uplinks {
  /** The interface of the default route of each family. */
  readonly defaults: PerFamily<string>;
  readonly interfaces: readonly Interface[];
}

const DIGIT: Readonly<Record<Family, string>> = { ipv4: '4', ipv6: '6' };

/** An outgoing interface of the host: the named one, or that of the default route. */
export function uplinkWord(family: Family, name: string | undefined): string {
  return name === undefined ? `$uplink${DIGIT[family]}` : interfaceWord(name);
}

/** The same, for a rule that excludes klee's own interfaces. */
export function foreignWord(family: Family, name: string | undefined): string {
  return name === undefined ? `$foreign${DIGIT[family]}` : `$foreign(${name})`;
}

/**
 * The host's own address there. For IPv4, pf finds it itself: the first one, because aliases of containers come later.
 * For IPv6, the first one is link-local, so another one has to be named.
 */
export function sourceWord(family: Family, name: string | undefined): string {
  if (name === undefined) return `$source${DIGIT[family]}`;
  return family === 'ipv4' ? firstAddressOf(name) : `$source6(${name})`;
}

/** Foreign members of a bridge: interfaces that the user added. One rule for each. */
export function membersWord(bridge: string): string {
  return `$members(${bridge})`;
}

const MARK = /\$(?<what>uplink|foreign|source|members)(?<digit>[46]?)(?:\((?<name>.+?)\))?/;

/** Reads the values of the placeholders in a text. */
export async function readUplinks(
  commands: CommandRunner,
  text: string,
  options: { readonly signal?: AbortSignal; readonly shared?: boolean } = {},
): Promise<Uplinks> {
  if (!MARK.test(text)) return { defaults: {}, interfaces: [] };
  const needs = (family: Family): boolean =>
    new RegExp(`\\$(?:uplink|foreign|source)${DIGIT[family]}(?!\\()`).test(text);
  const [ipv4, ipv6, interfaces] = await Promise.all([
    needs('ipv4') ? readDefaultRoute(commands, 'ipv4', options) : undefined,
    needs('ipv6') ? readDefaultRoute(commands, 'ipv6', options) : undefined,
    readInterfaces(commands, options),
  ]);
  return {
    defaults: {
      ...(ipv4 === undefined ? {} : { ipv4: ipv4.interface }),
      ...(ipv6 === undefined ? {} : { ipv6: ipv6.interface }),
    },
    interfaces,
  };
}

/**
 * Replaces placeholders by the host's interfaces and addresses. Omits a rule whose interface or address is missing, and
 * duplicates.
 */
export function resolveUplinks(text: string, uplinks: Uplinks): string {
  const lines = text.split('\n').filter((line) => line !== '');
  return linesText([...new Set(lines.flatMap((line) => resolveLine(line, uplinks)))]);
}

function resolveLine(line: string, uplinks: Uplinks): readonly string[] {
  const mark = MARK.exec(line);
  if (mark === null) return [line];
  return meanings(mark.groups ?? {}, uplinks).flatMap((word) =>
    resolveLine(
      line.replace(mark[0], () => word),
      uplinks,
    ),
  );
}

function meanings(
  { what, digit, name }: Readonly<Record<string, string | undefined>>,
  { defaults, interfaces }: Uplinks,
): readonly string[] {
  const named = name ?? defaults[digit === '6' ? 'ipv6' : 'ipv4'];
  const there = interfaces.find((found) => found.name === named);
  if (named === undefined) return [];
  if (what === 'source') return digit === '6' ? firstGlobal(there) : [firstAddressOf(named)];
  if (what === 'members') return foreignMembers(there, interfaces).map(interfaceWord);
  return what === 'foreign' && isOnOurSide(named, interfaces) ? [] : [interfaceWord(named)];
}

function foreignMembers(
  bridge: Interface | undefined,
  interfaces: readonly Interface[],
): readonly string[] {
  const ours = new Set(interfaces.filter(isOurs).map(({ name }) => name));
  return (bridge?.members ?? []).map(({ name }) => name).filter((name) => !ours.has(name));
}

/** Foreign members of those bridges that a text has placeholders for. */
export function markedMembers(text: string, { interfaces }: Uplinks): readonly string[] {
  const bridges = [...text.matchAll(/\$members\((.+?)\)/g)].map(([, bridge]) => bridge);
  return [...new Set(bridges)].flatMap((bridge) =>
    foreignMembers(
      interfaces.find(({ name }) => name === bridge),
      interfaces,
    ),
  );
}

function firstAddressOf(name: string): string {
  return interfaceWord(name) === name ? `(${name}:0)` : `("${name}:0")`;
}

/**
 * Prefers a global address over a unique local one (RFC 4193), not deprecated, and an IPv6 address with a prefix below
 * /128; container aliases are /128.
 */
function firstGlobal(there: Interface | undefined): readonly string[] {
  const usable = (there?.addresses ?? []).filter(
    ({ family, duplicated, tentative }) => family === 'ipv6' && !duplicated && !tentative,
  );
  const rank = ({ address, prefix, deprecated }: InterfaceAddress): number =>
    (prefix === 128 ? 4 : 0) + (deprecated ? 2 : 0) + (/^f[cd]/i.test(address) ? 1 : 0);
  const [best] = usable.toSorted((a, b) => rank(a) - rank(b));
  return best === undefined ? [] : [best.address];
}

/** An interface of klee's own, or a member of a bridge of klee's: its neighbours are in the network. */
function isOnOurSide(name: string, interfaces: readonly Interface[]): boolean {
  return interfaces
    .filter(isOurs)
    .some((found) => [found, ...found.members].some((one) => one.name === name));
}

function isOurs({ groups }: Interface): boolean {
  return groups.includes(GROUP);
}
