/** A container's root file system: overlayfs over an image, or over the host's own file system. */
import type { Argv, CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { OWN_FILES } from '../container/failures.ts';
import { scriptArgv } from '../runner/script.ts';
import { makePlaces } from './direct.ts';
import type { ContainerPaths } from './layout.ts';
import { PLACES, SCRATCH_ROOT } from './scripts/embedded.ts';

/** Device nodes and set-user-id bits in a container's files never take effect, whoever opens them. */
const OVERLAY = 'nodev,nosuid';

/** The command that mounts a writable layer over an image's files. */
export function mountImage(rootfs: string, { upper, work, rootfs: target }: ContainerPaths): Argv {
  const layers = `lowerdir=${rootfs},upperdir=${upper},workdir=${work}`;
  return ['mount', '-t', 'overlay', '-o', `${OVERLAY},${layers}`, 'kleenet', target];
}

/**
 * The command that mounts a throw-away layer over the host's own files. The layer is on a tmpfs because overlayfs cannot
 * have its upper layer inside its lower one.
 */
export function mountHost({ scratch, rootfs }: ContainerPaths): Argv {
  return scriptArgv(SCRATCH_ROOT, [scratch, rootfs, `${OVERLAY},lowerdir=/`]);
}

/** The mount points to make first. */
export function mountPoints(paths: ContainerPaths, isHost: boolean): readonly string[] {
  return isHost ? [paths.rootfs, paths.scratch] : [paths.rootfs];
}

/** Checks the runtime's mount points. @throws KleenetError PLATFORM_COMMAND_FAILED */
export async function preparePlaces(
  commands: CommandRunner,
  rootfs: string,
  signal: AbortSignal,
): Promise<void> {
  const argv = scriptArgv(PLACES, [rootfs]);
  const { status, stderr } = await commands.change(argv, {
    signal,
    accept: 'any',
    directly: () => makePlaces(rootfs),
  });
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
