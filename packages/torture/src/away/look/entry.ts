/** What a host has, as entries that can be compared and taken away. */

/** How something is taken away or changed behind klee's back. */
export interface Way {
  /** Follows the name of the entry: `deleted`, `set to 1`, … */
  readonly what: string;
  readonly commands: readonly Command[];
}

interface Command {
  readonly argv: readonly string[];
  readonly input?: string;
}

export interface Entry {
  /** Says what it is, also after its value has changed. */
  readonly key: string;
  readonly value: string;
  /** The key of the same attribute of an interface that nothing has configured. */
  readonly plain?: string;
  /** None where it follows something else. The value that it had before, or that a plain interface has, is passed. */
  readonly ways: (old: string) => readonly Way[];
}

export type Look = ReadonlyMap<string, Entry>;

/** Where entries are: on the host, or in a network namespace. */
export interface Place {
  readonly namespace?: string;
  /** The interfaces that nothing has configured, by what they are. */
  readonly plain: Readonly<Record<'bridge' | 'port' | 'end', string>>;
}

export const never = (): readonly Way[] => [];

export function once(what: string, ...commands: readonly (readonly string[])[]): Way {
  return { what, commands: commands.map((argv) => ({ argv })) };
}

/** Begins a command of ip(8) or bridge(8) in a place. */
export function at(program: 'ip' | 'bridge', { namespace }: Place): readonly string[] {
  return namespace === undefined ? [program] : [program, '-n', namespace];
}

/** Begins the key of an entry. */
export function named({ namespace }: Place, what: string): string {
  return namespace === undefined ? what : `in ${namespace}: ${what}`;
}
