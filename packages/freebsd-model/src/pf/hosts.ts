/** Hosts, ports and interfaces in the rules of pf.conf(5). */
import type { Family } from '@kleenet/core';
import { ADDRESS_BITS, familyOf, parseAddress } from '../address.ts';
import type { Stack } from '../state.ts';
import { PfError, syntaxError } from './tokens.ts';
import type { Cursor } from './tokens.ts';

/** A host as pfctl shows it. */
export interface Host {
  readonly text: string;
  readonly not: boolean;
  /** Its family; absent if any is possible. */
  readonly family?: Family;
  /** Whether it may stand for several addresses, of which one is chosen for each connection. */
  readonly several?: boolean;
}

export const ANY: Host = { text: 'any', not: false };

/** A place in a rule with a list of hosts. */
export function parseHosts(cursor: Cursor, stack: Stack): readonly Host[] {
  return cursor.list(() => parseHost(cursor, stack)).flat();
}

function parseHost(cursor: Cursor, stack: Stack): readonly Host[] {
  const not = cursor.accept('!');
  if (cursor.accept('any')) return [ANY];
  if (cursor.accept('<')) {
    const name = cursor.word();
    cursor.expect('>');
    return [{ text: `<${name}>`, not }];
  }
  if (cursor.accept('(')) {
    const name = cursor.word();
    cursor.expect(')');
    return [{ text: `(${name})`, not, several: !/[0-9]:0$/.test(name) }];
  }
  return addressesOf(cursor.word(), stack).map((host) => ({ ...host, not }));
}

/** An address or subnet, or all addresses of an interface. @throws PfError */
function addressesOf(word: string, stack: Stack): readonly Omit<Host, 'not'>[] {
  const [plain = '', width] = word.split('/', 2);
  const address = parseAddress(plain);
  if (address !== undefined) {
    const family = familyOf(address);
    const single = width === undefined || Number(width) === ADDRESS_BITS[family];
    return [{ text: single ? address : `${address}/${width}`, family }];
  }
  const named = stack.interfaces.filter(({ name }) => word === 'self' || name === word);
  const found = named.flatMap(({ addresses }) =>
    addresses.map(({ address: text, family }) => ({ text, family })),
  );
  if (found.length > 0) return found;
  throw new PfError(`\0no IP address found for ${word}\0could not parse host specification`);
}

export function showHost({ text, not }: Host): string {
  return not ? `! ${text}` : text;
}

/** Port names of services(5), as far as our rules are likely to use them. */
const SERVICES: Readonly<Record<string, number>> = {
  ssh: 22,
  smtp: 25,
  domain: 53,
  http: 80,
  ntp: 123,
  https: 443,
  'http-alt': 8080,
};

const SERVICE_NAMES = new Map(Object.entries(SERVICES).map(([name, port]) => [port, name]));

/** Ports as pfctl shows them, for example `= http` or `5000:5010`. */
export function parsePorts(cursor: Cursor): readonly string[] {
  return cursor.list(() => {
    const operator = cursor.oneOf(['=', '!=', '<', '<=', '>', '>=']) ?? '=';
    const word = cursor.word();
    if (/^\d+:\d+$/.test(word)) return word;
    return `${operator} ${SERVICE_NAMES.get(portNumber(word)) ?? String(portNumber(word))}`;
  });
}

/** The first port of what {@link parsePorts} answers, and how many there are. */
export function portSpan(shown: string): { readonly first: number; readonly count: number } {
  const [first = 0, last = first] = shown.replace(/^\S+ /, '').split(':').map(portNumber);
  return { first, count: last - first + 1 };
}

export function portNumber(word: string): number {
  const port = SERVICES[word] ?? Number(word);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw syntaxError();
  return port;
}
