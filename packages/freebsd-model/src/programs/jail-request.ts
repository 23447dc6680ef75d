/** The `name=value` words of jail(8). */
import type { Family } from '@kleenet/core';
import { familyOf, parseAddress } from '../address.ts';
import { JailRefusal, sortedAddresses } from '../kernel/jails.ts';
import type { Machine } from '../machine.ts';
import { findParameter, PSEUDO_PARAMETERS } from './jail-parameters.ts';

export interface JailRequest {
  /** Empty when none is given. */
  readonly name: string;
  readonly jid?: number;
  readonly path?: string;
  readonly vnet?: 'new' | 'inherit';
  readonly persist: boolean;
  readonly modes: { readonly ip4?: string; readonly ip6?: string };
  readonly addresses: { readonly [F in Family]?: readonly string[] };
  /** Addresses to add to an interface first, with their prefix length. */
  readonly aliases: readonly { readonly interface: string; readonly address: string }[];
  readonly vnetInterfaces: readonly string[];
  readonly mountDevfs: boolean;
  /** The others, by name. */
  readonly parameters: Record<string, string>;
}

/** Lists, to which a repeated parameter appends. */
const ADDED = new Set(['ip4.addr', 'ip6.addr', 'vnet.interface']);

const MODES = ['disable', 'new', 'inherit'];

/** @throws JailRefusal */
export function parseRequest(machine: Machine, words: readonly string[]): JailRequest {
  const values = new Map<string, string>();
  for (const word of words) {
    const [name, value] = splitWord(word);
    refuseUnknown(name, value);
    if (name === 'name' && values.has('name'))
      throw new JailRefusal('cannot redefine parameter "name".');
    const before = ADDED.has(name) ? values.get(name) : undefined;
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  const jid = values.get('jid');
  const path = values.get('path');
  const vnet = values.get('vnet');
  const lists = { ipv4: addressList(values, 'ip4.addr'), ipv6: addressList(values, 'ip6.addr') };
  return {
    name: values.get('name') ?? '',
    ...(jid === undefined ? {} : { jid: Number(jid) }),
    ...(path === undefined ? {} : { path: path.startsWith('/') ? path : `/${path}` }),
    ...(vnet === undefined ? {} : { vnet: vnet === 'inherit' ? 'inherit' : 'new' }),
    persist: values.get('persist') === 'true',
    modes: modesOf(values),
    addresses: Object.fromEntries(
      Object.entries(lists)
        .filter(([, list]) => list !== undefined)
        .map(([family, list]) => [
          family,
          sortedAddresses((list ?? []).map(({ address }) => address)),
        ]),
    ),
    aliases: [...(lists.ipv4 ?? []), ...(lists.ipv6 ?? [])].flatMap((item) => aliasOf(item)),
    vnetInterfaces: (values.get('vnet.interface') ?? '').split(',').filter((name) => name !== ''),
    mountDevfs: values.get('mount.devfs') === 'true',
    parameters: Object.fromEntries([...values].filter(([name]) => isOther(name))),
  };
}

/** A flag without a value is true, and a `no` before its last part makes it false. */
function splitWord(word: string): readonly [string, string] {
  const equals = word.indexOf('=');
  if (equals !== -1) {
    const [name, value] = [word.slice(0, equals), word.slice(equals + 1)];
    if (findParameter(name)?.kind !== 'flag') return [name, value];
    return [name, value === '0' || value === 'false' ? 'false' : 'true'];
  }
  const positive = word.replace(/(^|\.)no([^.]+)$/, '$1$2');
  if (findParameter(word) === undefined && findParameter(positive)?.kind === 'flag')
    return [positive, 'false'];
  return [word, findParameter(word)?.kind === 'mode' ? 'new' : 'true'];
}

function refuseUnknown(name: string, value: string): void {
  if (name === 'command' || name.startsWith('exec.')) {
    throw new JailRefusal(`${name}: the model runs no commands of jail(8)`);
  }
  const parameter = findParameter(name);
  if (parameter === undefined && !PSEUDO_PARAMETERS.has(name)) {
    throw new JailRefusal(`unknown parameter: ${name}`);
  }
  if (parameter?.kind === 'mode' && !MODES.includes(value)) {
    throw new JailRefusal(`${name}: unknown jailsys value "${value}"`);
  }
}

interface ListedAddress {
  readonly address: string;
  readonly prefix?: string;
  readonly interface?: string;
}

/** `ADDRESS`, `ADDRESS/PREFIX` or `INTERFACE|ADDRESS/PREFIX`, with commas between them. */
function addressList(
  values: ReadonlyMap<string, string>,
  name: 'ip4.addr' | 'ip6.addr',
): readonly ListedAddress[] | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  const fallback = values.get('interface');
  const family = name === 'ip4.addr' ? 'ipv4' : 'ipv6';
  return text
    .split(',')
    .filter((item) => item !== '')
    .map((item) => {
      const [rest = '', named] = item.split('|', 2).toReversed();
      const [plain = '', prefix] = rest.split('/', 2);
      const address = parseAddress(plain);
      if (address === undefined || familyOf(address) !== family) {
        throw new JailRefusal(
          `${name}: not an ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address: ${item}`,
        );
      }
      const on = named ?? fallback;
      return {
        address,
        ...(prefix === undefined ? {} : { prefix }),
        ...(on === undefined ? {} : { interface: on }),
      };
    });
}

function aliasOf({ address, prefix, interface: on }: ListedAddress): JailRequest['aliases'] {
  if (on === undefined) return [];
  const width = prefix ?? (familyOf(address) === 'ipv4' ? '32' : '128');
  return [{ interface: on, address: `${address}/${width}` }];
}

function modesOf(values: ReadonlyMap<string, string>): JailRequest['modes'] {
  const [ip4, ip6] = [values.get('ip4'), values.get('ip6')];
  return { ...(ip4 === undefined ? {} : { ip4 }), ...(ip6 === undefined ? {} : { ip6 }) };
}

const APART = new Set(['name', 'jid', 'path', 'vnet', 'ip4', 'ip6', 'ip4.addr', 'ip6.addr']);

function isOther(name: string): boolean {
  return !APART.has(name) && !PSEUDO_PARAMETERS.has(name);
}
