/** The mount table. Nothing is really mounted. */
import { Errno } from '../errno.ts';
import type { HostState, Mount } from '../state.ts';

export function addMount(state: HostState, wanted: Omit<Mount, 'fsid'>): void {
  const number = state.nextMount.toString(16).padStart(8, '0');
  state.mounts.push({ ...wanted, fsid: `${number}ff070000` });
  state.nextMount += 1;
}

/**
 * Removes the last mount on a path, or the one that the kernel knows by this name. One with another mount below it is
 * busy, also by force; one that the root of a jail is on, only without.
 *
 * @throws Errno EINVAL when nothing is mounted there, EBUSY
 */
export function removeMount(state: HostState, name: string, force: boolean): void {
  const { mounts, jails } = state;
  const at = mounts.findLastIndex(({ target, fsid }) => target === name || fsid === name);
  const found = mounts[at];
  if (found === undefined) throw new Errno('EINVAL');
  const { target } = found;
  const isOn = (path: string): boolean => path === target || isBelow(path, target);
  const covered = mounts.some((other, index) => index > at && other.target === target);
  const below = mounts.some((other) => isBelow(other.target, target));
  const rooted = !force && jails.some(({ path }) => isOn(path));
  if (!covered && (below || rooted)) throw new Errno('EBUSY');
  mounts.splice(at, 1);
}

/** The real path of a file: nullfs(5) shows a directory at another place. */
export function throughMounts(mounts: readonly Mount[], path: string): string {
  const shown = mounts.findLast(
    ({ type, target }) => type === 'nullfs' && (path === target || isBelow(path, target)),
  );
  return shown === undefined ? path : `${shown.source}${path.slice(shown.target.length)}`;
}

function isBelow(path: string, directory: string): boolean {
  return path !== directory && path.startsWith(directory === '/' ? directory : `${directory}/`);
}
