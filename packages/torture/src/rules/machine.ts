/** The machine `rules`: leaves out each line of the firewall and each entry of the confinement, and looks whether anything notices. */
import { join } from 'node:path';
import { inNamespaces } from '../in-namespaces.ts';
import type { Machine, MachineOptions, Result } from '../machine.ts';
import { DRIVERS } from './confinement/confinement.ts';
import { FINDING_KINDS } from './findings.ts';
import type { Outcome } from './findings.ts';
import { SCENARIOS } from './firewall/firewall.ts';
import { inTurn } from '../order.ts';
import type { RulesOrder } from './rules-main.ts';

export const rulesMachine: Machine = { name: 'rules', kinds: FINDING_KINDS, run };

/** Each is tried on a host of its own. */
const PARTS: readonly string[] = [
  ...SCENARIOS.map(({ name }) => name),
  ...DRIVERS.map((driver) => `confinement of ${driver}`),
];

async function run({ seed, seconds, klee, log }: MachineOptions): Promise<Result> {
  const end = Date.now() + seconds * 1000;
  const tried: Record<string, number> = { parts: 0, 'of parts': PARTS.length };
  const faults: Result['faults'][number][] = [];
  const other = klee === undefined ? {} : { klee };
  const parts = inTurn(PARTS, seed, (name) => name.split(' ')[0] ?? '');
  for (const [index, part] of parts.entries()) {
    const left = (end - Date.now()) / 1000;
    if (left <= 0) break;
    log(`the part '${part}'`);
    const order = { part, seed, seconds: left / (parts.length - index), ...other };
    const { tried: counts, found } = await tryPart(order, log);
    tried['parts'] = (tried['parts'] ?? 0) + 1;
    for (const [name, count] of Object.entries(counts)) tried[name] = (tried[name] ?? 0) + count;
    for (const { kind, text } of found)
      faults.push({ kind, seed, text, shortened: `${part}: ${text}` });
  }
  return { tried, faults };
}

/** Tries one part, on a host in namespaces of its own. */
export function tryPart(order: RulesOrder, log: (line: string) => void): Promise<Outcome> {
  return inNamespaces(join(import.meta.dirname, 'rules-main.ts'), order, log);
}
