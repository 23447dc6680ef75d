/** Figures and names, as tables and curves show them. */
import type { Contestant, Goal, Row } from './row.ts';
import type { Spread } from './statistics.ts';

const NAMES: Readonly<Record<Contestant, string>> = {
  node: 'klee on Node',
  file: 'one file',
  podman: 'podman',
  docker: 'docker',
  plugins: 'CNI plugins',
  empty: '`node -e 0`',
  floor: 'floor',
};

export function nameOf(contestant: Contestant): string {
  return NAMES[contestant];
}

/** Three digits, or all before the point. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

/** A number of networks, containers, leases or bytes. */
export function pointText(point: number): string {
  return point.toLocaleString('en');
}

/** `12.3 (11.9–13.0)`: the median, and the quartiles where they differ from it. */
export function withSpread(spread: Spread | undefined): string {
  if (spread === undefined) return '–';
  const [low, median, high] = [spread.low, spread.median, spread.high].map(figure);
  return low === median && high === median ? `${median}` : `${median} (${low}–${high})`;
}

export function goalText({ limit, of }: Goal, { unit, moreIsBetter, points }: Row): string {
  const sign = moreIsBetter ? '≥' : '≤';
  if (of === 'unit') return `${sign} ${limit} ${unit}`;
  if (of === 'first point') return `${sign} ${limit} × that at ${points?.at[0] ?? 0}`;
  return `${sign} ${limit} × ${nameOf(of)}`;
}
