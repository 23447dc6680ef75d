/**
 * Processes of this machine that count as processes of a modelled jail: those that have the jail's file open as number
 * {@link MARKER}. It passes from a process to those that it starts.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { resolve } from 'node:path';
import type { HostState, Process } from '../state.ts';

/** A number that shells support, and scripts seldom use. */
export const MARKER = 9;

/** The file that processes of a jail have open. */
export function markerFile(statePath: string, jid: number): string {
  const directory = `${resolve(statePath)}.jails`;
  mkdirSync(directory, { recursive: true });
  const path = `${directory}/${jid}`;
  if (!existsSync(path)) writeFileSync(path, '');
  return path;
}

/** The jail of a process of this machine, by its number. */
export function jidOf(statePath: string, pid: number | 'self'): number | undefined {
  const target = linkOf(`/proc/${pid}/fd/${MARKER}`);
  const prefix = `${resolve(statePath)}.jails/`;
  return target?.startsWith(prefix) === true ? Number(target.slice(prefix.length)) : undefined;
}

/** All processes of jails. */
export function processesOf(statePath: string, { jails }: HostState): Process[] {
  if (jails.length === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((name) => {
      const jid = jidOf(statePath, Number(name));
      const command = jid === undefined ? '' : commandLine(name);
      if (jid === undefined || command === '' || !jails.some((jail) => jail.jid === jid)) return [];
      return [{ pid: Number(name), jid, command, ignores: [] }];
    })
    .toSorted((a, b) => a.pid - b.pid);
}

/** Processes may start and end during the scan. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** While a process replaces its program, it has a name only. Empty for one that has ended. */
function commandLine(pid: string): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trimEnd();
    return words === '' ? `[${readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()}]` : words;
  } catch (error) {
    if (isGone(error)) return '';
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code);
}
