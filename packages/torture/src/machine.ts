/** What all machines have in common: they run for a time, and count what they tried and found. */

export interface MachineOptions {
  /** The same seed leads to the same cases. */
  readonly seed: number;
  /** Begins nothing after this time. */
  readonly seconds: number;
  /** The program `klee` that is tried, if it is another than that of this repository. */
  readonly klee?: string;
  /** The only system on which to work, for machines that work on several. */
  readonly on?: string;
  /** The words before each command of a real host, for machines that work on one. */
  readonly prefix?: readonly string[];
  /** Hears what is going on. */
  readonly log: (line: string) => void;
  /** Files and folders of sources, or sorts of faults, for machines that have those; all when there are none. */
  readonly only?: readonly string[];
  /** Files and folders of tests, for machines that run those; all when there are none. */
  readonly tests?: readonly string[];
  /** Whether a machine that has a page of results writes it anew. */
  readonly page?: boolean;
}

/** What was found, and how to find it again. */
export interface Fault {
  readonly kind: string;
  readonly seed: number;
  readonly text: string;
  /** The shortest case that shows it, to be pasted into a test. */
  readonly shortened: string;
}

export interface Result {
  /** What was tried: steps walked, packets tried, … */
  readonly tried: Readonly<Record<string, number>>;
  readonly faults: readonly Fault[];
}

export interface Machine {
  readonly name: string;
  /** The kinds of faults that it looks for. Those that it did not find are shown, too, as 0. */
  readonly kinds: readonly string[];
  run(options: MachineOptions): Promise<Result>;
}

/** Why a machine does not begin, or ends before its time, as the user is to read it. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
}
