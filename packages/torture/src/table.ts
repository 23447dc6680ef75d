/** The table at the end: what was tried, and what was found. Pure. */
import type { Machine, Result } from './machine.ts';

export interface Row {
  readonly machine: Machine;
  readonly result: Result;
}

export function table(rows: readonly Row[]): string {
  return rows.flatMap(linesOf).join('\n');
}

function linesOf({ machine, result }: Row): string[] {
  const found = new Map(machine.kinds.map((kind) => [kind, 0]));
  for (const { kind } of result.faults) found.set(kind, (found.get(kind) ?? 0) + 1);
  const entries = [...Object.entries(result.tried), ...found];
  const width = Math.max(...entries.map(([what]) => what.length));
  return [
    machine.name,
    ...entries.map(([what, count]) => `  ${what.padEnd(width)}  ${String(count).padStart(8)}`),
  ];
}
