/** Compares the desired rules with pf's. Pure. */
import type { Companions } from '../pfctl.ts';
import { NETWORKS_ANCHOR } from './render.ts';
import { labelIn, rulesIn } from './text.ts';

/** Differences, one sentence each. pf does not print rules as they were written: the label identifies them. */
export function filterProblems(text: string, filter: readonly string[]): readonly string[] {
  const label = labelIn(rulesIn(text));
  if (label === undefined || labelIn(filter) === label) return [];
  return [
    filter.length === 0
      ? `the firewall rules are missing in ${ANCHOR}`
      : `the firewall rules in ${ANCHOR} do not match the present networks and ports`,
  ];
}

/**
 * Members that the user added to bridges after the rules were loaded: their packets are dropped as if they came from
 * outside.
 */
export function cutOffProblems(
  members: readonly string[],
  filter: readonly string[],
): readonly string[] {
  const named = namesIn(filter);
  return members
    .filter((name) => filter.length > 0 && !named.has(name))
    .map(
      (name) =>
        `interface ${name} was made a member of a bridge of klee's after the firewall rules were loaded, and is cut off by them`,
    );
}

/** The interfaces that rules are about. */
function namesIn(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => / on "?([^!" ][^" ]*)"? /.exec(line)?.[1] ?? []));
}

/** Parts that were loaded together with the right filter rules, and have been removed since. */
export function companionProblems(text: string, loaded: Companions): readonly string[] {
  const wanted = rulesIn(text);
  const tables = new Set(loaded.tables);
  const named = tablesIn(text);
  return [
    ...(wanted.some(isTranslation) && loaded.translation.length === 0
      ? [`the rules for NAT and published ports are missing in ${ANCHOR}`]
      : []),
    ...named
      .filter((table) => !tables.has(table))
      .map((table) => `the firewall table ${table} is missing in ${ANCHOR}`),
    ...staleTables(text, loaded.tables).map(
      (table) => `the firewall table ${table} in ${ANCHOR} belongs to a network that is gone`,
    ),
  ];
}

/** Tables of klee's that the rules no longer name: pf keeps an anchor's tables when other rules are loaded. */
export function staleTables(text: string, loaded: readonly string[]): readonly string[] {
  const named = new Set(tablesIn(text));
  return loaded.filter((table) => table.startsWith('klee_') && !named.has(table));
}

function tablesIn(text: string): readonly string[] {
  return rulesIn(text).flatMap((line) => /^table <(.+?)>/.exec(line)?.[1] ?? []);
}

const ANCHOR = `the pf anchor ${NETWORKS_ANCHOR}`;

function isTranslation(line: string): boolean {
  return /^(?:no )?(?:nat|rdr)\b/.test(line);
}

/** An exemption from pf. */
export interface Skipped {
  /** The argument of `set skip on`: an interface or a group. */
  readonly setting: string;
  /** The members of such a group. */
  readonly interfaces: readonly string[];
}

/** Interfaces of the rules that pf skips: packets there pass unchecked. */
export function skippedProblems(text: string, skipped: readonly Skipped[]): readonly string[] {
  const named = namesIn(rulesIn(text));
  return skipped
    .filter(({ setting, interfaces }) => [setting, ...interfaces].some((name) => named.has(name)))
    .map(skippedSentence);
}

export function skippedSentence({ setting }: Skipped): string {
  return `'set skip on ${setting}' in the pf configuration exempts packets of containers from all rules: remove it, and write 'pass quick on ${setting}' below 'anchor "klee/*"' instead`;
}
