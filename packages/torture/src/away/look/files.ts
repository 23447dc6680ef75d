/** Mounts, files and the names of namespaces. */
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sure } from '../../world/processes.ts';
import { never, once } from './entry.ts';
import type { Entry } from './entry.ts';

/** The database and its locks are klee's memory, not what it made on the host. */
const MEMORY = /^(kleenet\.db|locks|lock|state)/;

export async function namespaces(): Promise<readonly Entry[]> {
  const shown = await sure(['ip', 'netns', 'list']);
  return (shown.match(/^\S+/gm) ?? []).map((name) => ({
    key: `namespace ${name}`,
    value: '',
    ways: () => [once('deleted', ['ip', 'netns', 'delete', name])],
  }));
}

export function mounts(state: string): readonly Entry[] {
  return mountsBelow(state).map(({ target, what }) => ({
    key: `mount ${target}`,
    value: what,
    ways: () => [once('unmounted', ['umount', '-l', target])],
  }));
}

function mountsBelow(state: string): readonly { target: string; what: string }[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter((words) => words[4]?.startsWith(state))
    .map((words) => ({ target: words[4] ?? '', what: withoutRun(words.slice(5).join(' ')) }));
}

/** Files of the state directory, without what is mounted there. */
export function files(state: string): readonly Entry[] {
  const mounted = new Set(mountsBelow(state).map(({ target }) => target));
  const below = (folder: string): readonly string[] =>
    readdirSync(join(state, folder)).flatMap((name) => {
      const path = join(folder, name);
      if (folder === '' && MEMORY.test(name)) return [];
      const isFolder = lstatSync(join(state, path)).isDirectory();
      return isFolder && !mounted.has(join(state, path)) ? [path, ...below(path)] : [path];
    });
  if (!existsSync(state)) return [];
  return below('').map((path) => ({
    key: `file ${withoutRun(path)}`,
    value: withoutRun(valueOf(join(state, path))),
    ways: never,
  }));
}

/** Each run has an id of its own. */
function withoutRun(text: string): string {
  return text.replaceAll(/run-[0-9a-f]+/g, 'run-…');
}

/** A start makes them anew. */
const OF_ONE_RUN = /log|life|status|[/]run-[0-9a-f]+[/](?:pid|config[.]json)$/;

function valueOf(path: string): string {
  const stat = lstatSync(path);
  const mode = stat.mode.toString(8);
  return stat.isFile() && !OF_ONE_RUN.test(path) ? `${mode} ${readFileSync(path, 'utf8')}` : mode;
}
