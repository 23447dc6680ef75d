/** Processes of jails, as far as they begin, get signals and end. */
import type { Machine } from '../machine.ts';
import type { HostState, Jail, Process } from '../state.ts';

/** The numbers of signals (signal(3)). */
const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  ALRM: 14,
  TERM: 15,
  USR1: 30,
  USR2: 31,
};

/** Signals that do not end a process by default. */
const HARMLESS: ReadonlySet<string> = new Set(['0', 'CONT', 'CHLD', 'WINCH', 'URG', 'INFO']);

/** The name of a signal, which may be given by its number or with `SIG`. */
export function signalName(text: string): string {
  const named = Object.entries(NUMBERS).find(([, number]) => String(number) === text);
  return named?.[0] ?? text.replace(/^SIG/, '');
}

export function startProcess(
  state: HostState,
  jail: Jail,
  command: string,
  parts: Partial<Pick<Process, 'statusFile' | 'ignores'>> = {},
): void {
  state.processes.push({ pid: state.nextPid, jid: jail.jid, command, ignores: [], ...parts });
  state.nextPid += 1;
}

/** Sends a signal; a process that it ends is removed. */
export function signalProcesses(
  machine: Machine,
  processes: readonly Process[],
  signal: string,
): void {
  const { state } = machine;
  for (const { pid } of processes) machine.signal(pid, signal);
  if (HARMLESS.has(signal)) return;
  const ended = processes.filter(({ ignores }) => signal === 'KILL' || !ignores.includes(signal));
  state.processes = state.processes.filter((one) => !ended.includes(one));
  for (const { statusFile } of ended) {
    if (statusFile !== undefined) state.files[statusFile] = `${128 + (NUMBERS[signal] ?? 15)}\n`;
  }
}
