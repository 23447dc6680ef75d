/** The notation of nft(8): writing sets and chains, and parsing them from our own text. Pure. */
import type { Family } from '@kleenet/core';

/** The notation of each family. */
export const WORDS: Readonly<
  Record<Family, { readonly ip: string; readonly type: string; readonly suffix: string }>
> = {
  ipv4: { ip: 'ip', type: 'ipv4_addr', suffix: '4' },
  ipv6: { ip: 'ip6', type: 'ipv6_addr', suffix: '6' },
};

/** A named set or map. */
export interface SetText {
  readonly name: string;
  /** For example `ipv4_addr`, or for a map `inet_service : ipv4_addr`. */
  readonly type: string;
  /** Whether elements may be prefixes or wildcards. */
  readonly interval?: boolean;
  readonly elements: readonly string[];
}

export interface ChainText {
  readonly name: string;
  /** For a base chain: its hook. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

/** The beginning of the line with the elements of a set. */
const ELEMENTS = '\t\telements = { ';

export function setLines({ name, type, interval = false, elements }: SetText): readonly string[] {
  return [
    `\t${type.includes(' : ') ? 'map' : 'set'} ${name} {`,
    `\t\ttype ${type}`,
    ...(interval ? ['\t\tflags interval'] : []),
    ...(elements.length === 0 ? [] : [`${ELEMENTS}${elements.join(', ')} }`]),
    '\t}',
  ];
}

export function chainLines({ name, hook, rules }: ChainText): readonly string[] {
  return [
    `\tchain ${name} {`,
    ...(hook === undefined ? [] : [`\t\ttype ${hook}; policy accept;`]),
    ...rules.map((rule) => `\t\t${rule}`),
    '\t}',
  ];
}

/** An interface name or comment. nft(8) cannot escape a quote inside quotes. */
export function quoted(text: string): string {
  if (/["\\\n]/.test(text))
    throw new TypeError(`not to be quoted for nft(8): ${JSON.stringify(text)}`);
  return `"${text}"`;
}

/** The sizes of each chain and set of our table. */
export interface TableShape {
  /** The number of rules, by chain. */
  readonly chains: ReadonlyMap<string, number>;
  /** The elements, by set or map. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
}

/** Parses the output of {@link setLines} and {@link chainLines} for one table. */
export function shapeOf(text: string, table: string): TableShape {
  const chains = new Map<string, number>();
  const sets = new Map<string, readonly string[]>();
  for (const [, kind, name = '', body = ''] of bodyOf(text, table).matchAll(
    /^\t(chain|set|map) (\S+) \{\n((?:\t\t.*\n)*)\t\}$/gm,
  )) {
    const lines = body.split('\n').filter((line) => line !== '');
    if (kind === 'chain')
      chains.set(name, lines.filter((line) => !line.startsWith('\t\ttype ')).length);
    else sets.set(name, elementsOf(lines));
  }
  return { chains, sets };
}

/** Empty for a table that the text does not have. */
function bodyOf(text: string, table: string): string {
  const [, rest = ''] = text.split(`table ${table} {\n`);
  return rest.slice(0, rest.indexOf('\n}\n'));
}

function elementsOf(lines: readonly string[]): readonly string[] {
  const line = lines.find((one) => one.startsWith(ELEMENTS));
  return line?.slice(ELEMENTS.length, -' }'.length).split(', ') ?? [];
}
