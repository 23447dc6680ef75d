/** A container's root file system: overlayfs over an image, or over the host's own file system. Pure. */
import type { Argv } from '@kleenet/core';
import type { ContainerPaths } from './layout.ts';

/** Devices and set-user-id programs never count in a container's files, whoever reaches them. */
const OVERLAY = 'nodev,nosuid';

/** The commands that mount a writable layer over an image's files, in order. */
export function mountImage(rootfs: string, paths: ContainerPaths): readonly Argv[] {
  return [overlay(rootfs, paths.upper, paths.work, paths.rootfs)];
}

/**
 * The commands that mount a throw-away layer over the host's own files, in order. The layer is on a tmpfs because
 * overlayfs cannot have its upper layer inside its lower one.
 */
export function mountHost(paths: ContainerPaths): readonly Argv[] {
  const [upper, work] = [`${paths.scratch}/upper`, `${paths.scratch}/work`];
  return [
    ['mount', '-t', 'tmpfs', '-o', 'mode=0700,nodev,nosuid', 'kleenet', paths.scratch],
    ['mkdir', '-m', '0755', upper, work],
    overlay('/', upper, work, paths.rootfs),
  ];
}

/** The mount points to make first. */
export function mountPoints(paths: ContainerPaths, isHost: boolean): readonly string[] {
  return isHost ? [paths.rootfs, paths.scratch] : [paths.rootfs];
}

function overlay(lower: string, upper: string, work: string, target: string): Argv {
  return [
    'mount',
    '-t',
    'overlay',
    '-o',
    `${OVERLAY},lowerdir=${lower},upperdir=${upper},workdir=${work}`,
    'kleenet',
    target,
  ];
}

/** What umount(8) says of a mount that is not there. */
export function isNotMounted(stderr: string): boolean {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '')
    .every((line) => /not mounted|no mount point specified|No such file or directory/.test(line));
}
