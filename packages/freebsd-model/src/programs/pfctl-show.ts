/** pfctl(8)'s reports on pf as a whole. Pure. */
import type { Pf, Stack } from '../state.ts';

const STATES = ['searches', 'inserts', 'removals'];

const COUNTERS = [
  'match',
  'bad-offset',
  'fragment',
  'short',
  'normalize',
  'memory',
  'bad-timestamp',
  'congestion',
  'ip-option',
  'proto-cksum',
  'state-mismatch',
  'state-insert',
  'state-limit',
  'src-limit',
  'synproxy',
  'map-failed',
];

/** Nothing is counted: no packet is ever sent. There is no rate in the first second. */
export function showInfo({ enabled, since }: Pf, now: number): readonly string[] {
  const seconds = Math.floor((now - since) / 1000);
  const rate = enabled && seconds === 0 ? ''.padStart(14) : '0.0/s'.padStart(16);
  const count = (name: string): string => `  ${name.padEnd(25)} ${'0'.padStart(14)} ${rate}`;
  const status = `Status: ${enabled ? 'Enabled' : 'Disabled'}${since === 0 ? '' : ` for ${duration(seconds)}`}`;
  return [
    `${status.padEnd(44)} ${'Debug: Urgent'.padStart(14)}`,
    '',
    `${'State Table'.padEnd(27)} ${'Total'.padStart(14)} ${'Rate'.padStart(16)}`,
    `  ${'current entries'.padEnd(25)} ${'0'.padStart(14)} ${''.padStart(14)}`,
    ...STATES.map(count),
    'Counters',
    ...COUNTERS.map(count),
  ];
}

function duration(seconds: number): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24];
  return `${days} days ${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Interfaces and groups, including missing ones that rules have used, and which of them pf skips. */
export function showInterfaces(
  stack: Stack,
  { skip, names: known }: Pf,
  verbose: boolean,
): readonly string[] {
  const { interfaces } = stack;
  const there = interfaces.flatMap(({ name, groups }) => [name, ...groups]);
  const skipped = new Set([
    ...skip,
    ...interfaces
      .filter(({ groups }) => groups.some((group) => skip.includes(group)))
      .map(({ name }) => name),
  ]);
  const names = new Set(['all', ...there, ...known, ...skip]);
  return [...names]
    .toSorted()
    .map((name) => `${name}${verbose && skipped.has(name) ? ' (skip)' : ''}`);
}
