/**
 * Whether an anchor has exactly the rules of a text. pf rewrites rules; `pfctl -nv` prints the text in the same form,
 * without loading it.
 */
import type { CommandRunner } from '@kleenet/core';
import { expandRules, readCompanions, readFilter, readTable } from '../pfctl.ts';
import { rulesIn } from './text.ts';

/** A ruleset in pf's own form. */
export interface AnchorContent {
  readonly filter: readonly string[];
  readonly translation: readonly string[];
  /** The addresses that the text gives to each table. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
}

/** Differences between a text and its anchor, one sentence each. For tables with dynamic content, see `guard.ts`. */
export async function exactProblems(
  commands: CommandRunner,
  anchor: string,
  text: string,
): Promise<readonly string[]> {
  if (rulesIn(text).length === 0) return [];
  const expanded = await expandRules(commands, anchor, text);
  if ('refused' in expanded)
    return [`pf no longer takes the rules of the pf anchor ${anchor}: ${expanded.refused}`];
  const wanted = parseExpansion(expanded.lines);
  const names = [...wanted.tables.keys()];
  const [filter, { translation }, ...contents] = await Promise.all([
    readFilter(commands, anchor),
    readCompanions(commands, anchor),
    ...names.map((table) => readTable(commands, { anchor, table })),
  ]);
  const tables = new Map(names.map((name, index) => [name, contents[index] ?? []]));
  return contentProblems(anchor, wanted, { filter, translation, tables });
}

/** The output of `pfctl -nv`, sorted by kind. Tables that pf generates are compared through the rules that use them. */
export function parseExpansion(lines: readonly string[]): AnchorContent {
  return {
    filter: lines.filter((line) => /^(?:pass|block|anchor)\b/.test(line)),
    translation: lines.filter((line) => /^(?:no )?(?:nat|rdr|binat)\b/.test(line)),
    tables: new Map(
      lines.flatMap((line) => {
        const [, name, list] = /^table <(.+?)>[^{]*\{(.*)\}/.exec(line) ?? [];
        if (name === undefined || list === undefined || OF_PF.test(name)) return [];
        return [[name, words(list)] as const];
      }),
    ),
  };
}

/** A table that pf generates from rules that differ in an address only; its name varies. */
const OF_PF = /\b__automatic_[0-9a-f]+_(\d+)/;

/** Both directions: missing and additional lines. Pure. */
export function contentProblems(
  anchor: string,
  wanted: AnchorContent,
  found: AnchorContent,
): readonly string[] {
  const where = `the pf anchor ${anchor}`;
  return [
    ...lineProblems('rule', where, wanted.filter, found.filter),
    ...lineProblems('translation', where, wanted.translation, found.translation),
    ...[...wanted.tables].flatMap(([name, addresses]) => {
      const held = found.tables.get(name) ?? [];
      const [missing, more] = [without(addresses, held), without(held, addresses)];
      return [
        ...missing.map((one) => `the firewall table ${name} in ${where} lacks ${one}`),
        ...more.map(
          (one) => `the firewall table ${name} in ${where} has ${one}, which is not klee's`,
        ),
      ];
    }),
  ];
}

/** The first matching rule counts, so the order matters. */
function lineProblems(
  what: string,
  where: string,
  wanted: readonly string[],
  found: readonly string[],
): readonly string[] {
  const [want, have] = [wanted.map(named), found.map(named)];
  const [missing, more] = [without(want, have), without(have, want)];
  if (missing.length + more.length === 0 && want.join('\n') !== have.join('\n'))
    return [`the firewall rules in ${where} are in another order, or some are there twice`];
  return [
    ...missing.map((line) => `${where} lacks the ${what}: ${line}`),
    ...more.map((line) => `${where} has a ${what} that is not klee's: ${line}`),
  ];
}

function named(line: string): string {
  return line.replaceAll(new RegExp(OF_PF, 'g'), '__automatic_$1');
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
}

function words(list: string): readonly string[] {
  return list.split(/[\s,]+/).filter((word) => word !== '');
}
