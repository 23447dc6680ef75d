/** A container's root file system: overlayfs over an image, or over the host's own file system. */
import type { Argv, CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { OWN_FILES } from '../container/failures.ts';
import type { ContainerPaths } from './layout.ts';

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

/** In bytes: the size limit of container files that a runtime reads. */
const MAX_READ = 4 * 1024 * 1024;

/**
 * Makes the places of /dev, /proc and /sys, which must be directories of the container's own: the runtime makes links
 * and removes files below /dev by paths, so that a link would take it to the host's. Other links it follows as the
 * container would, and so does `resolve`, one part of a path after the other. The runtime reads passwd and group of
 * every container, and would wait for a FIFO. An image may have put anything there, and so may a container while it
 * ran; nothing runs in it now.
 */
const PLACES = `
root=$1
refuse() { echo "klee: $1 in the container is $2" >&2; exit 1; }
resolve() {
  rest=$1/ at= links=0
  while [ -n "$rest" ]; do
    name=\${rest%%/*} rest=\${rest#*/}
    case $name in
      '' | .) continue ;;
      ..) at=\${at%/*}; continue ;;
    esac
    if [ -L "$root$at/$name" ]; then
      links=$((links + 1))
      [ "$links" -le 40 ] || return
      target=$(readlink "$root$at/$name" && echo .) || return
      rest=\${target%??}/$rest
      case $target in /*) at= ;; esac
    else
      at=$at/$name
    fi
  done
  found=$root$at
}
for name in dev proc sys; do
  path=$root/$name
  if [ -L "$path" ]; then refuse "/$name" 'a symbolic link'
  elif [ -d "$path" ]; then continue
  elif [ -e "$path" ]; then refuse "/$name" 'not a directory'
  else mkdir -m 0755 "$path" || exit
  fi
done
for file in passwd group hosts resolv.conf; do
  resolve "etc/$file" || refuse "/etc/$file" 'a link that leads nowhere'
  [ -e "$found" ] || continue
  [ ! -d "$found" ] || refuse "/etc/$file" 'a directory'
  case $file in hosts | resolv.conf) continue ;; esac
  [ -f "$found" ] || refuse "/etc/$file" 'not a file'
  [ "$(stat -c %s "$found")" -le ${MAX_READ} ] || refuse "/etc/$file" 'longer than 4 MiB'
done
`;

/** Checks the runtime's mount points. @throws KleenetError PLATFORM_COMMAND_FAILED */
export async function preparePlaces(
  commands: CommandRunner,
  rootfs: string,
  signal: AbortSignal,
): Promise<void> {
  const argv = ['sh', '-c', PLACES, 'klee-places', rootfs] as const;
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
