/** A program that klee starts, whichever runtime klee has. */
import { constants } from 'node:os';

/** Takes what a program prints. */
export type Sink = (chunk: Uint8Array) => void;

export type Output = 'ignore' | 'inherit' | Sink;

export interface ProgramRequest {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A text, or a descriptor. A program that does not read it all is not at fault. */
  readonly stdin: 'ignore' | 'inherit' | number | { readonly text: string };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Its descriptors from 3 on. */
  readonly further: readonly number[];
}

/** A program that leads a session, and with it a process group, of its own. */
export interface Program {
  /** Undefined where it could not be started: then `exited` is rejected. */
  readonly pid: number | undefined;
  /** Rejected with the error of the system, which has a `code`. */
  readonly exited: Promise<ProgramEnd>;
  /** Fulfilled when everything that it printed has been taken. What it started may hold its output for longer than it lives. */
  readonly closed: Promise<void>;
}

export interface ProgramEnd {
  /** The status that a shell would show: 128 + n after signal n. */
  readonly status: number;
  readonly wasKilled: boolean;
}

export function programEnd(
  status: number | null,
  signal: NodeJS.Signals | null | undefined,
): ProgramEnd {
  if (typeof signal !== 'string') return { status: status ?? 128, wasKilled: false };
  return { status: 128 + constants.signals[signal], wasKilled: true };
}
