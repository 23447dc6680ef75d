/** A container's root file system: overlayfs over an image, or over the host's own file system. */
import type { Argv, CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { OWN_FILES } from '../container/failures.ts';
import { scriptArgv } from '../runner/script.ts';
import type { ContainerPaths } from './layout.ts';
import { PLACES } from './scripts/embedded.ts';

/** Device nodes and set-user-id bits in a container's files never take effect, whoever opens them. */
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

/** Checks the runtime's mount points. @throws KleenetError PLATFORM_COMMAND_FAILED */
export async function preparePlaces(
  commands: CommandRunner,
  rootfs: string,
  signal: AbortSignal,
): Promise<void> {
  const argv = scriptArgv(PLACES, [rootfs]);
  const { status, stderr } = await commands.change(argv, { signal, accept: 'any' });
  if (status === 0) return;
  const said = /^klee: (.*)$/m.exec(stderr)?.[1] ?? `cannot prepare ${rootfs}: ${stderr.trim()}`;
  throw new KleenetError(OWN_FILES.code, said, {
    hint: OWN_FILES.hint,
    details: { argv, status, stderr },
  });
}

/** The message of umount(8) for a missing mount. */
export function isNotMounted(stderr: string): boolean {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '')
    .every((line) => /not mounted|no mount point specified|No such file or directory/.test(line));
}
