/** The settings of this process's own network namespace: reading them takes no other process. */
import { readFileSync, readdirSync } from 'node:fs';

/** By file, below `/proc/sys` or `/sys`. */
export function hostSettings(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const family of ['ipv4', 'ipv6']) {
    const places = namesIn(`/proc/sys/net/${family}/conf`);
    for (const file of places.flatMap((place) => filesOf(`net/${family}/conf/${place}`)))
      take(found, '/proc/sys', file);
  }
  for (const name of namesIn('/sys/class/net'))
    take(found, '/sys', `class/net/${name}/addr_assign_type`);
  return found;
}

function filesOf(folder: string): readonly string[] {
  return namesIn(`/proc/sys/${folder}`).map((name) => `${folder}/${name}`);
}

/** An interface may go away meanwhile. */
const ABSENT: readonly string[] = ['ENOENT', 'ENODEV', 'ENOTDIR', 'EINVAL'];

/** EACCES of files that can only be written, EIO of a secret that was not set. */
const UNREADABLE: readonly string[] = [...ABSENT, 'EACCES', 'EPERM', 'EIO'];

function namesIn(folder: string): readonly string[] {
  return unless(ABSENT, () => readdirSync(folder)) ?? [];
}

function take(found: Map<string, string>, root: string, file: string): void {
  const text = unless(UNREADABLE, () => readFileSync(`${root}/${file}`, 'utf8'));
  if (text !== undefined) found.set(file, text.trim());
}

function unless<T>(codes: readonly string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return undefined;
  }
}
