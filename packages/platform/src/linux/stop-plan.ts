/** Whether a signal can end the first process of a container. Pure. */
import { constants } from 'node:os';

/** The number of a signal given as `TERM` or `SIGTERM`, or undefined when there is none of that name. */
export function signalNumber(name: string): number | undefined {
  const full = name.startsWith('SIG') ? name : `SIG${name}`;
  return (constants.signals as Readonly<Record<string, number>>)[full];
}

/**
 * Whether the process will notice the signal, from its /proc/PID/status (proc_pid_status(5)). The first process of a
 * pid namespace gets only signals that it catches (pid_namespaces(7)); one that it blocks it may be waiting for.
 */
export function noticesSignal(procStatus: string, signal: string): boolean {
  const number = signalNumber(signal);
  if (number === undefined) return false;
  const bit = 1n << BigInt(number - 1);
  return ['SigCgt', 'SigBlk'].some((field) => (signalMask(procStatus, field) & bit) !== 0n);
}

function signalMask(procStatus: string, field: string): bigint {
  const digits = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(procStatus)?.[1];
  return digits === undefined ? 0n : BigInt(`0x${digits}`);
}
