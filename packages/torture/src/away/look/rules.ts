/** The tables of nft(8): chains, each rule, sets and each of their elements. */
import { sure } from '../../world/processes.ts';
import { never, once } from './entry.ts';
import type { Entry, Way } from './entry.ts';

interface Body {
  readonly family: string;
  readonly table?: string;
  readonly name: string;
  readonly chain?: string;
  readonly handle?: number;
  readonly elem?: readonly unknown[];
  readonly [name: string]: unknown;
}

type Listed = Readonly<Partial<Record<'table' | 'chain' | 'rule' | 'set' | 'map', Body>>>;

/** Tables of the host, as klee makes none in a container. */
export async function firewall(): Promise<readonly Entry[]> {
  const listed = (
    JSON.parse(await sure(['nft', '-j', 'list', 'ruleset'])) as {
      readonly nftables: readonly Listed[];
    }
  ).nftables;
  return [
    ...listed.flatMap(({ table }) => (table === undefined ? [] : [tableEntry(table)])),
    ...listed.flatMap(({ chain }) => (chain === undefined ? [] : chainEntries(chain, listed))),
    ...listed.flatMap(({ rule }) => (rule === undefined ? [] : [ruleEntry(rule)])),
    ...listed.flatMap(({ set, map }) => {
      const kind = set === undefined ? 'map' : 'set';
      const body = set ?? map;
      return body === undefined ? [] : setEntries(kind, body);
    }),
  ];
}

function tableEntry({ family, name, handle: _, ...rest }: Body): Entry {
  return {
    key: `table ${family} ${name}`,
    value: JSON.stringify(rest),
    ways: () => [
      once('deleted', ['nft', 'delete', 'table', family, name]),
      once('made dormant', ['nft', `add table ${family} ${name} { flags dormant; }`]),
    ],
  };
}

function chainEntries(chain: Body, listed: readonly Listed[]): readonly Entry[] {
  const { family, table = '', name, handle: _, ...rest } = chain;
  const where = [family, table, name];
  const own = listed.flatMap(({ rule }) =>
    rule?.family === family && rule.table === table && rule.chain === name ? [rule] : [],
  );
  return [
    {
      key: `chain ${where.join(' ')}`,
      value: JSON.stringify(rest),
      ways: () => [
        ...(own.length === 0 ? [] : [once('flushed', ['nft', 'flush', 'chain', ...where])]),
        once('deleted', ['nft', 'flush', 'chain', ...where], ['nft', 'delete', 'chain', ...where]),
        once('beginning with another rule', ['nft', 'insert', 'rule', ...where, 'accept']),
      ],
    },
    { key: `order of ${where.join(' ')}`, value: own.map(textOf).join('\n'), ways: never },
  ];
}

function textOf({ handle: _, ...rest }: Body): string {
  return JSON.stringify(rest);
}

function ruleEntry(rule: Body): Entry {
  const { family, table = '', chain = '', handle } = rule;
  const where = [family, table, chain, 'handle', String(handle)];
  return {
    key: `rule of ${family} ${table} ${chain}: ${JSON.stringify(rule['expr'])}`,
    value: JSON.stringify(rule['comment'] ?? ''),
    ways: () => [
      once('deleted', ['nft', 'delete', 'rule', ...where]),
      once('replaced', ['nft', 'replace', 'rule', ...where, 'counter']),
    ],
  };
}

function setEntries(kind: 'set' | 'map', body: Body): readonly Entry[] {
  const { family, table = '', name, handle: _, elem = [], ...rest } = body;
  const where = [family, table, name];
  return [
    {
      key: `${kind} ${where.join(' ')}`,
      value: JSON.stringify(rest),
      ways: () => (elem.length === 0 ? [] : [once('flushed', ['nft', 'flush', kind, ...where])]),
    },
    ...elem.map((element) => ({
      key: `element of ${where.join(' ')}: ${JSON.stringify(element)}`,
      value: '',
      ways: (): readonly Way[] => [withoutElement({ family, table, name }, element)],
    })),
  ];
}

/** As JSON: that is how the element was read. */
function withoutElement(set: Readonly<Record<string, string>>, element: unknown): Way {
  const elem = [Array.isArray(element) ? element[0] : element];
  const input = JSON.stringify({ nftables: [{ delete: { element: { ...set, elem } } }] });
  return { what: 'deleted', commands: [{ argv: ['nft', '-j', '-f', '-'], input }] };
}
