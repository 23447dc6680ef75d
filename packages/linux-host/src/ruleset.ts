/** The rules of nft(8) as text: a section for each table, chain, set and element, and a line for each rule. Pure. */
import type { NftObject } from './reading.ts';

interface Rule {
  readonly line: string;
  readonly place: { readonly family: unknown; readonly table: unknown; readonly chain: unknown };
  readonly handle: unknown;
}

export function firewallText(ruleset: readonly NftObject[]): string {
  const rules = rulesOf(ruleset);
  return ruleset
    .flatMap((object) => sectionsOf(object, rules))
    .map(({ title, lines }) => [title, ...lines].join('\n'))
    .join('\n');
}

interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

function sectionsOf(object: NftObject, rules: readonly Rule[]): readonly Section[] {
  const [first] = Object.entries(object);
  if (first === undefined) return [];
  const [kind, value] = first;
  if (kind === 'metainfo' || kind === 'rule') return [];
  const { handle: _handle, elem, ...rest } = value;
  const own = rules.filter(({ place }) => kind === 'chain' && isIn(place, value));
  return [
    { title: `${kind} ${JSON.stringify(rest)}`, lines: own.map(({ line }) => `  ${line}`) },
    ...(Array.isArray(elem) ? elem : []).map((one) => ({
      title: elementTitle(value, one),
      lines: [],
    })),
  ];
}

function isIn({ family, table, chain }: Rule['place'], value: NftObject[string]): boolean {
  return value['family'] === family && value['table'] === table && value['name'] === chain;
}

function elementTitle(set: NftObject[string], element: unknown): string {
  const { family, table, name } = set;
  return `element ${JSON.stringify({ family, table, name, elem: [lasting(element)] })}`;
}

function rulesOf(ruleset: readonly NftObject[]): readonly Rule[] {
  return ruleset.flatMap(({ rule }) => {
    if (rule === undefined) return [];
    const { family, table, chain, handle, expr, comment } = rule;
    const line = JSON.stringify(lasting({ comment, expr }));
    return [{ line, place: { family, table, chain }, handle }];
  });
}

/** Without what counts, or runs out. */
function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'expires' && name !== 'packets' && name !== 'bytes')
      .map(([name, member]) => [name, lasting(member)]),
  );
}

/**
 * The commands for nft(8), in JSON, that take away what a text of the rules does not have any more. Only removal is
 * possible.
 */
export function rulesetRemovals(
  ruleset: readonly NftObject[],
  before: string,
  after: string,
): readonly object[] {
  const kept = new Set(after.split('\n'));
  const gone = before.split('\n').filter((line) => line !== '' && !kept.has(line));
  const removals = gone.filter((line) => !line.startsWith(' ')).map(removalOf);
  const lines = new Set(gone.map((line) => line.trim()));
  const rules = rulesOf(ruleset).filter(({ line }) => lines.has(line));
  const all: readonly Removal[] = [
    ...rules.map(({ place, handle }) => ({ kind: 'rule', of: { ...place, handle } })),
    ...['element', 'chain', 'map', 'set'].flatMap((kind) =>
      removals.filter((one) => one.kind === kind),
    ),
  ];
  const tables = removals.filter(({ kind }) => kind === 'table');
  // With its table all else of it goes.
  const rest = all.filter(
    ({ of }) =>
      !tables.some((one) => one.of['name'] === of['table'] && one.of['family'] === of['family']),
  );
  return [...rest, ...tables].map(({ kind, of }) => ({ delete: { [kind]: of } }));
}

interface Removal {
  readonly kind: string;
  readonly of: Readonly<Record<string, unknown>>;
}

function removalOf(title: string): Removal {
  const space = title.indexOf(' ');
  const kind = title.slice(0, space);
  const { family, table, name, elem } = JSON.parse(title.slice(space + 1)) as Removal['of'];
  if (kind === 'element') return { kind, of: { family, table, name, elem } };
  return { kind, of: { family, ...(kind === 'table' ? {} : { table }), name } };
}
