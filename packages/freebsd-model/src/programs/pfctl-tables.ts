/** The tables of pfctl(8): `-T`. */
import { failed } from '../machine.ts';
import type { Answer } from '../machine.ts';
import { rulesetOf, sorted } from '../pf/kernel.ts';
import { canonicalEntry } from '../pf/ruleset.ts';
import { PfError } from '../pf/tokens.ts';
import { isLater } from '../releases.ts';
import type { HostState, Pf } from '../state.ts';
import { emptyRuleset } from '../state.ts';

const NO_TABLE = 'pfctl: Table does not exist.';

export function commandTable(
  { pf, release }: HostState,
  anchor: string,
  name: string,
  verb: string,
  words: readonly string[],
): Answer {
  const old = rulesetOf(pf, anchor)?.tables[name];
  const later = isLater(release);
  if (verb === 'show') {
    if (old === undefined) return failed(later ? NO_TABLE : 'pfctl: Unknown error: -1.', 255);
    return { status: 0, stdout: old.addresses.map(entryLine).join(''), stderr: '' };
  }
  if (verb === 'kill') return kill(pf, anchor, name);
  try {
    const entries = words.map(canonicalEntry);
    if (verb === 'add') return add(pf, anchor, name, entries);
    if (old === undefined) return failed(NO_TABLE, 255);
    const present = entries.filter((entry) => old.addresses.includes(entry));
    const left = verb === 'delete' ? old.addresses.filter((entry) => !entries.includes(entry)) : [];
    put(pf, anchor, name, old.persist, verb === 'replace' ? entries : left);
    return said(
      verb === 'delete' ? `${present.length}/${entries.length} addresses deleted.` : 'done.',
    );
  } catch (error) {
    if (!(error instanceof PfError)) throw error;
    return failed(error.message.split('\0')[1] ?? error.message);
  }
}

function kill(pf: Pf, anchor: string, name: string): Answer {
  const ruleset = rulesetOf(pf, anchor);
  if (ruleset?.tables[name] === undefined) return said('0 table deleted.');
  delete ruleset.tables[name];
  return said('1 table deleted.');
}

/** Creates a missing table. */
function add(pf: Pf, anchor: string, name: string, entries: readonly string[]): Answer {
  const old = rulesetOf(pf, anchor)?.tables[name];
  const fresh = entries.filter((entry) => old?.addresses.includes(entry) !== true);
  put(pf, anchor, name, old?.persist ?? true, [...(old?.addresses ?? []), ...fresh]);
  const created = old === undefined ? '1 table created.\n' : '';
  return said(`${created}${fresh.length}/${entries.length} addresses added.`);
}

function put(
  pf: Pf,
  anchor: string,
  name: string,
  persist: boolean,
  addresses: readonly string[],
): void {
  const ruleset = rulesetOf(pf, anchor) ?? (pf.anchors[anchor] ??= emptyRuleset());
  ruleset.kept = true;
  ruleset.tables[name] = { persist, addresses: sorted(addresses) };
}

function said(text: string): Answer {
  return { status: 0, stdout: '', stderr: `${text}\n` };
}

function entryLine(entry: string): string {
  return entry.startsWith('!') ? `  ${entry}\n` : `   ${entry}\n`;
}
