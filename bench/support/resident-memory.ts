/** Memory that only one process has, of everything in these namespaces but containers. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** In KiB. Containers have a pid namespace of their own. */
export function residentMemory(): number {
  const own = readlinkSync('/proc/self/ns/pid');
  const others = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  return others.reduce((total, pid) => total + privateMemory(pid, own), 0);
}

function privateMemory(pid: string, namespace: string): number {
  try {
    if (readlinkSync(`/proc/${pid}/ns/pid`) !== namespace) return 0;
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const sizes = text.matchAll(/^Private_\w+: +(\d+) kB$/gm);
    return [...sizes].reduce((total, [, size]) => total + Number(size), 0);
  } catch (error) {
    if (hasEnded(error)) return 0;
    throw error;
  }
}

/** It ended between the listing and the look. */
function hasEnded(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')
  );
}
