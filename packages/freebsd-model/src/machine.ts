/** The machine that the model's programs run on, and their results. */
import type { HostState, Jail, Stack } from './state.ts';

/** The host, and its external inputs. */
export interface Machine {
  readonly state: HostState;
  /** The host's own clock, in milliseconds since the epoch. */
  now(): number;
  /** Whether the host has this file or directory. */
  exists(path: string): boolean;
  /** The text of a file, or undefined when there is none. */
  readFile(path: string): string | undefined;
  /** Sends a signal to a process of a jail. */
  signal(pid: number, name: string): void;
}

/** One start of a program. */
export interface Call {
  /** Without the name of the program. */
  readonly args: readonly string[];
  readonly input: string;
  /** The jail that it runs in; undefined for the host. */
  readonly jail: Jail | undefined;
}

/** The result of a program. */
export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Program = (machine: Machine, call: Call) => Answer;

/** Success without output. */
export const DONE: Answer = { status: 0, stdout: '', stderr: '' };

export function printed(stdout: string): Answer {
  return { status: 0, stdout, stderr: '' };
}

export function failed(stderr: string, status = 1, stdout = ''): Answer {
  return { status, stdout, stderr: `${stderr}\n` };
}

/** The jail whose stack a process of this jail uses; 0 is the host. */
export function stackIdOf(jail: Jail | undefined): number {
  return jail?.vnet === true ? jail.jid : 0;
}

export function stackOf(state: HostState, jid: number): Stack {
  const stack = state.stacks[jid];
  if (stack === undefined) throw new TypeError(`jail ${jid} has no stack of its own`);
  return stack;
}
