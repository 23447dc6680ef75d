/** The mounts in the directory of a container. */
import type { CommandRunner } from '@kleenet/core';
import { scriptArgv } from '../runner/script.ts';
import { MOUNTS } from './scripts/embedded.ts';

/** A mount below the directory. */
interface Entry {
  readonly target: string;
  /** The kernel's id of the file system; empty if mount(8) does not print it. */
  readonly fsid: string;
}

export async function readMountTable(
  commands: CommandRunner,
  directory: string,
  signal: AbortSignal,
): Promise<string> {
  const { stdout } = await commands.read(scriptArgv(MOUNTS, [directory]), {
    signal,
    together: true,
  });
  return stdout;
}

/**
 * The names for umount(8) of everything below the directory, the last mounted first.
 *
 * A path is a safe name as long as the container cannot mount: umount(8) searches the kernel's table before the file
 * system, where the path may lead elsewhere by now. A container that can mount may forge lines of the table through the
 * names of its mounts: for it only file system ids count, except ids that a mount elsewhere has, too.
 */
export function unmountNames(table: string, untrusted: boolean): readonly string[] {
  const [directory = '', ...lines] = table.split('\n');
  if (!directory.startsWith('/')) return [];
  const inside = lines.flatMap((line) => entryOf(line, directory));
  if (!untrusted) return inside.map(({ target }) => target).toReversed();
  const elsewhere = lines.filter((line) => entryOf(line, directory).length === 0);
  const outside = new Set(elsewhere.map(fsidOf));
  return inside
    .flatMap(({ fsid }) => (fsid === '' || outside.has(fsid) ? [] : [fsid]))
    .toReversed();
}

/** Mount points, as paths relative to the directory. */
export function mountedBelow(table: string): readonly string[] {
  const [directory = '', ...lines] = table.split('\n');
  return lines.flatMap((line) =>
    entryOf(line, directory).map(({ target }) => target.slice(directory.length)),
  );
}

function entryOf(line: string, directory: string): readonly Entry[] {
  const mounted = line.replace(/ \([^()]*\)$/, '');
  const start = mounted.lastIndexOf(` on ${directory}/`);
  if (start < 0 || mounted === line) return [];
  return [{ target: mounted.slice(start + ' on '.length), fsid: fsidOf(line) }];
}

function fsidOf(line: string): string {
  return /, fsid ([0-9a-f]{16})(?:, [^()]*)?\)$/.exec(line)?.[1] ?? '';
}
