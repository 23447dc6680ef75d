/** The state of pf: the main ruleset, anchors and tables. */
import { familyOf, toNumber } from '../address.ts';
import type { Pf, PfRuleset, PfTable } from '../state.ts';
import { emptyRuleset } from '../state.ts';
import type { Ruleset } from './ruleset.ts';

/** The ruleset of an anchor, or the main one for an empty name. */
export function rulesetOf(pf: Pf, anchor: string): PfRuleset | undefined {
  return anchor === '' ? pf.main : pf.anchors[anchor];
}

/**
 * Replaces the ruleset of an anchor. Tables without a list of addresses keep theirs, and tables of an anchor that the
 * new rules do not name stay. Skip settings of missing interfaces stay, because nothing removes them.
 *
 * @param there - the interfaces and groups of the host
 */
export function loadRuleset(
  pf: Pf,
  anchor: string,
  loaded: Ruleset,
  there: ReadonlySet<string>,
): void {
  const old = rulesetOf(pf, anchor) ?? emptyRuleset();
  const rules = { nat: byKind(loaded.nat), rules: [...loaded.rules] };
  const tables: Record<string, PfTable> = {};
  for (const [name, table] of Object.entries(old.tables))
    if (table.persist || anchor !== '') tables[name] = table;
  for (const { name, persist, addresses } of loaded.tables) {
    const kept = addresses ?? old.tables[name]?.addresses ?? [];
    if (persist || isReferred(rules, name)) tables[name] = { persist, addresses: sorted(kept) };
  }
  if (anchor === '') {
    pf.main = { ...rules, tables };
    pf.skip = [...new Set([...loaded.skip, ...pf.skip.filter((name) => !there.has(name))])];
  } else {
    // A table that is only referred to does not exist yet, but has its place.
    const kept = old.kept ?? Object.keys(tables).length + referred(rules).length > 0;
    pf.anchors[anchor] = { ...rules, tables, ...(kept ? { kept } : {}) };
    forgetEmpty(pf, anchor);
  }
  pf.names = [...new Set([...pf.names, ...namesIn([...rules.nat, ...rules.rules])])];
}

/** The interfaces and groups that rules are about. */
function namesIn(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) =>
    Array.from(
      line.matchAll(/ on (?:! )?([\w.-]+)|\((?!self)([\w.-]+)(?::\w+)?\)/g),
      ([, on, dynamic]) => on ?? dynamic ?? '',
    ),
  );
}

/** An anchor without rules disappears, unless it has had tables. */
function forgetEmpty(pf: Pf, anchor: string): void {
  const found = pf.anchors[anchor];
  if (found === undefined || found.kept === true) return;
  if (found.nat.length + found.rules.length === 0) delete pf.anchors[anchor];
}

const KINDS = ['nat', 'rdr', 'binat'];

/** pf keeps the kinds of translation apart. */
function byKind(lines: readonly string[]): string[] {
  const rank = (line: string): number =>
    KINDS.indexOf(/^(?:no )?(nat|rdr|binat)/.exec(line)?.[1] ?? '');
  return lines.toSorted((a, b) => rank(a) - rank(b));
}

function referred({ nat, rules }: Pick<PfRuleset, 'nat' | 'rules'>): readonly string[] {
  return [...nat, ...rules].flatMap((line) =>
    [...line.matchAll(/<(\w+)>/g)].map(([, name = '']) => name),
  );
}

function isReferred(rules: Pick<PfRuleset, 'nat' | 'rules'>, table: string): boolean {
  return referred(rules).includes(table);
}

/** Flushes rules of one kind. Tables stay; with its last rules, an anchor that never had any disappears. */
export function flush(pf: Pf, anchor: string, kind: 'nat' | 'rules'): void {
  const ruleset = rulesetOf(pf, anchor);
  if (ruleset === undefined) return;
  ruleset[kind] = [];
  if (anchor !== '') forgetEmpty(pf, anchor);
}

/** Deletes all tables; returns their number. */
export function flushTables(ruleset: PfRuleset): number {
  const count = Object.keys(ruleset.tables).length;
  ruleset.tables = {};
  return count;
}

/** Names of anchors, parents included: those of rulesets, and those that the main ruleset refers to. */
export function anchorNames(pf: Pf): readonly string[] {
  const mentioned = [...pf.main.nat, ...pf.main.rules].flatMap((line) => {
    const name = /anchor "([^"]+)"/.exec(line)?.[1]?.replace(/\/\*$/, '');
    return name === undefined ? [] : [name];
  });
  const all = [...mentioned, ...Object.keys(pf.anchors)].flatMap((name) => {
    const parts = name.split('/');
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  return [...new Set(all)].toSorted();
}

/** In the order of the kernel's tree: by number, IPv4 first. */
export function sorted(addresses: readonly string[]): string[] {
  return [...new Set(addresses)].toSorted((a, b) => {
    const [first, second] = [plain(a), plain(b)];
    if (familyOf(first) !== familyOf(second)) return familyOf(first) === 'ipv4' ? -1 : 1;
    return toNumber(first) < toNumber(second) ? -1 : 1;
  });
}

function plain(entry: string): string {
  return entry.replace(/^!/, '').replace(/\/.*$/, '');
}
