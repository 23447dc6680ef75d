/** Scripts of commands on FreeBSD hosts, for each stack of networks. */
import type { RecordedCommand } from '../../src/testing/command-runners.ts';

/** The subnets of a network of each stack. */
export const SUBNETS = {
  IPv4: { subnet: '10.10.36.0/24' },
  IPv6: { subnet6: 'fd00:36::/64' },
  'dual stack': { subnet: '10.10.36.0/24', subnet6: 'fd00:36::/64' },
} as const;

export type Stack = keyof typeof SUBNETS;

export const STACKS: readonly Stack[] = Object.keys(SUBNETS) as Stack[];

/** What the host answers to a command; success in silence where nothing is said. */
export type Answer = Omit<RecordedCommand, 'method' | 'argv'>;

export const read = (line: string, answer: Answer = {}): RecordedCommand =>
  command('read', line, answer);

export const change = (line: string, answer: Answer = {}): RecordedCommand =>
  command('change', line, answer);

function command(method: RecordedCommand['method'], line: string, answer: Answer): RecordedCommand {
  return { method, argv: line.split(' ') as [string], ...answer };
}

/** A host without pf: what guards the addresses of endpoints asks for it, and has nothing to do. */
export const NO_PF: RecordedCommand = read('pfctl -s info', {
  status: 1,
  stderr: 'pfctl: /dev/pf: No such file or directory\n',
});
