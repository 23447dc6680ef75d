/** Processes of this machine. */
import { existsSync, readFileSync } from 'node:fs';

/** Whether a process has ended, though nothing may have asked for its status yet. */
export function isGone(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || /^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}
