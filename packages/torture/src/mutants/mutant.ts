/** One small change of a source file, which some test should notice. */
import { createHash } from 'node:crypto';

export interface Mutant {
  /** Stays the same as long as the code in question does, wherever it moves in its file. */
  readonly id: string;
  readonly file: string;
  /** The function around it, or `''` at the top of the file. */
  readonly within: string;
  readonly kind: string;
  /** The code and its replacement, each in one line. */
  readonly code: string;
  readonly becomes: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A replacement of a part of a source file. */
export interface Change {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function applied(source: string, { start, end, text }: Change): string {
  return source.slice(0, start) + text + source.slice(end);
}

export function oneLine(code: string): string {
  return code.replaceAll(/\s+/g, ' ').trim();
}

export function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

/** The order in which a seed takes mutants. A mutant keeps its place when code beside it changes. */
export function inOrder(mutants: readonly Mutant[], seed: number): Mutant[] {
  const rank = new Map(mutants.map(({ id }) => [id, digest(String(seed), id)]));
  const rankOf = ({ id }: Mutant): string => rank.get(id) ?? '';
  return mutants.toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
}

export function show({ file, line, within, kind, code, becomes }: Mutant): string {
  const place = within === '' ? 'at the top' : `in ${within}`;
  return `${file}:${line}, ${place} (${kind})\n  - ${code}\n  + ${becomes}`;
}
