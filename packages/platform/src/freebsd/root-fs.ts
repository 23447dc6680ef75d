/**
 * A container's root file system, and mounts and files that klee puts into it. A container may have left anything there
 * while it ran, above all symbolic links that lead out of it: scripts check every part of a path before they use it.
 * They run while no process runs in the container.
 */
import type { Argv, CommandOptions, CommandRunner } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { OWN_FILES } from '../container/failures.ts';
import { OTHERS } from '../container/hosts.ts';
import { IMPORT_TIMEOUT } from '../container/image-source.ts';
import { DEVFS_RULESET } from './jail-parameters.ts';
import type { ContainerPaths } from './layout.ts';
import { mountArgv } from './mount.ts';
import type { MountRequest } from './mount.ts';
import { change } from './run.ts';
import { runScript, scriptArgv } from './script.ts';

/**
 * Copies a tree exactly: hard links, flags, owners and modes. A pipeline reports the status of its last command only.
 */
const COPY = `
copy() {
  failed=$(
    {
      { tar -c -f - -C "$1" . || echo failed >&3; } |
        tar -x -p --numeric-owner -f - -C "$2" || echo failed >&3
    } 3>&1 >&2
  )
  [ -z "$failed" ]
}
`;

/**
 * Makes what a container keeps between runs. A copy of the image that was not completed is begun anew: whoever comes
 * first after that has the container's lock. What runs of an earlier boot have left goes away.
 */
const STORAGE = `
dir=$1 image=$2
umask 022
${COPY}
mkdir -p -m 0700 "$dir" && mkdir -p -m 0755 "$dir/empty" && : >>"$dir/log" && cat >"$dir/hosts" || exit
rm -rf "$dir"/run-* || exit
[ -n "$image" ] && [ ! -e "$dir/copied" ] || exit 0
if [ -e "$dir/rootfs" ]; then
  rm -rf "$dir/rootfs" 2>/dev/null || { chflags -R 0 "$dir/rootfs" && rm -rf "$dir/rootfs"; } || exit
fi
mkdir -m 0755 "$dir/rootfs" && copy "$image" "$dir/rootfs" && : >"$dir/copied"
`;

/** Copies a directory into another one. */
const COPY_TREE = `
${COPY}
copy "$1" "$2"
`;

/** Makes a directory of a container, without following links of the container. */
const DIRECTORY = `
root=$1 path=$1 rest=$2/
shift 2
while [ -n "$rest" ]; do
  name=\${rest%%/*} rest=\${rest#*/}
  case $name in '' | .) continue ;; esac
  path=$path/$name
  inside=\${path#"$root"}
  [ ! -L "$path" ] || { echo "klee: $inside in the container is a symbolic link" >&2; exit 1; }
  [ -d "$path" ] && continue
  [ ! -e "$path" ] || { echo "klee: $inside in the container is not a directory" >&2; exit 1; }
  mkdir -m 0755 "$path" || exit
done
[ "$path" != "$root" ] || { echo "klee: nothing is mounted at the root of a container" >&2; exit 1; }
`;

/** Mounts, and verifies the place: processes that share a directory could have moved it meanwhile. */
const MOUNT = `
source=$1
shift
[ -z "$source" ] || [ -d "$source" ] || { echo "klee: $source is not a directory of the host" >&2; exit 1; }
${DIRECTORY}
"$@" || exit
real=$(cd "$root" && pwd -P) || exit
case $(mount) in
  *" on $real$inside ("*) ;;
  *) echo "klee: $inside of the container was moved while it was mounted on: see mount(8)" >&2; exit 1 ;;
esac
`;

/** Devices that a jail must not have. A host without loaded devfs rules shows them all. */
const MOUNT_DEVFS = `
${MOUNT}
for device in "$path"/*; do
  case \${device##*/} in
    mem | kmem | io | pci | mdctl | devctl* | geom* | xpt* | pass[0-9]* | ada[0-9]* | da[0-9]* | nda[0-9]* | \\
      nvd[0-9]* | nvme[0-9]* | vtbd[0-9]* | md[0-9]* | cd[0-9]* | ad[0-9]* | mmcsd[0-9]*)
      umount "$path"
      echo "klee: the rules of devfs do not hide \${device##*/} from jails" >&2
      exit 1
      ;;
  esac
done
`;

const NO_RESOLVER = 'klee: no resolver';

/**
 * Puts files of the host in place of the container's, as new files. Of a hosts file that has klee's part already, what
 * programs of the container have written stays. A loopback address of the host is the container's own inside, where
 * nothing answers: servers of names at one are left out, but for a container on the host's stack.
 */
const INSTALL = `
reachable() {
  sed -e '/^[[:space:]]*nameserver[[:space:]]*127\\./d' -e '/^[[:space:]]*nameserver[[:space:]]*[0:]*:[fF]*:127\\./d' \\
    -e '/^[[:space:]]*nameserver[[:space:]]*[0:]*:0*1[[:space:]]/d' -e '/^[[:space:]]*nameserver[[:space:]]*[0:]*:0*1$/d' "$1"
}
servers() { "$1" /etc/resolv.conf | sed -n '/^[[:space:]]*nameserver/p'; }
${OTHERS}
hosts=$2 kept=
set -- "$1" etc
${DIRECTORY}
umask 022
set -C
if [ -n "$hosts" ] && [ ! -L "$path/hosts" ] && [ -f "$path/hosts" ] && grep -q '^# klee: begin' "$path/hosts"; then
  kept=$(others "$path/hosts")
fi
place() {
  [ -f "$1" ] || return 0
  [ -L "$path/$2" ] || [ ! -d "$path/$2" ] || {
    echo "klee: /etc/$2 in the container is a directory" >&2
    return 1
  }
  rm -f "$path/$2" && $3 "$1" >"$path/$2"
}
[ -z "$hosts" ] || place "$hosts" hosts cat || exit
[ -z "$kept" ] || printf '%s\\n' "$kept" >>"$path/hosts" || exit
resolvers=cat
[ -z "$hosts" ] || resolvers=reachable
place /etc/resolv.conf resolv.conf "$resolvers" || exit
[ -f /etc/resolv.conf ] && [ -n "$(servers cat)" ] && [ -z "$(servers "$resolvers")" ] && echo '${NO_RESOLVER}'
exit 0
`;

const OWN_TARGET = {
  code: 'INVALID_ARGUMENT',
  hint: 'mount a directory, at a path of the container that has no symbolic links in it',
} as const;

const RULES = {
  code: 'PLATFORM_COMMAND_FAILED',
  hint: 'load the rules: service devfs restart, and devfs_load_rulesets="YES" in /etc/rc.conf',
} as const;

const COPYING = {
  code: 'PLATFORM_COMMAND_FAILED',
  hint: 'see what tar(1) says',
} as const;

/** The command that makes what a container keeps; the text of its hosts file is its standard input. */
function storageArgv({ directory }: ContainerPaths, imageRoot: string | undefined): Argv {
  return scriptArgv('storage', STORAGE, [directory, imageRoot ?? '']);
}

export async function createStorage(
  commands: CommandRunner,
  paths: ContainerPaths,
  request: {
    readonly imageRoot: string | undefined;
    readonly hosts: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  await runScript(commands, storageArgv(paths, request.imageRoot), {
    input: request.hosts,
    signal: request.signal,
    timeout: IMPORT_TIMEOUT,
    refusal: COPYING,
  });
}

/** The command that copies a tree into an empty directory. */
export function copyTreeArgv(from: string, to: string): Argv {
  return scriptArgv('copy', COPY_TREE, [from, to]);
}

/** Mounts a file system at a path of a container, on behalf of its user. */
export async function mountInside(
  commands: CommandRunner,
  rootfs: string,
  target: string,
  request: Omit<MountRequest, 'target'>,
  signal: AbortSignal,
): Promise<void> {
  await runScript(commands, mountInsideArgv(MOUNT, rootfs, target, request), {
    signal,
    refusal: OWN_TARGET,
  });
}

/** Gives a container its devices, and verifies that they are a jail's. */
export async function mountDevices(
  commands: CommandRunner,
  rootfs: string,
  signal: AbortSignal,
): Promise<void> {
  const request = {
    type: 'devfs',
    source: 'devfs',
    options: [`ruleset=${DEVFS_RULESET}`],
  } as const;
  const argv = mountInsideArgv(MOUNT_DEVFS, rootfs, '/dev', request);
  await runScript(commands, argv, { signal, refusal: RULES });
}

function mountInsideArgv(
  script: string,
  rootfs: string,
  target: string,
  request: Omit<MountRequest, 'target'>,
): Argv {
  const inside = plainPath(target);
  return scriptArgv('mount', script, [
    request.type === 'nullfs' ? request.source : '',
    rootfs,
    inside.slice(1),
    ...mountArgv({ ...request, target: `${rootfs}${inside}` }),
  ]);
}

/** An absolute path as mount(8) shows it. */
export function plainPath(path: string): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  return `/${names.join('/')}`;
}

/**
 * Puts the host's resolv.conf and, if given, a hosts file into a container. Returns whether the container can reach any
 * of the host's name servers, if there are any.
 */
export async function installFiles(
  commands: CommandRunner,
  rootfs: string,
  hosts: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly resolves: boolean }> {
  const argv = scriptArgv('install', INSTALL, [rootfs, hosts ?? '']);
  const { stdout } = await runScript(commands, argv, { signal, refusal: OWN_FILES });
  return { resolves: !stdout.includes(NO_RESOLVER) };
}

/** Removes trees, including files with protecting flags, but never crosses into another file system. */
export async function removeTrees(
  commands: CommandRunner,
  paths: readonly [string, ...string[]],
  signal?: AbortSignal,
): Promise<void> {
  const options = { timeout: IMPORT_TIMEOUT, ...(signal === undefined ? {} : { signal }) };
  const { reason } = await change(commands, ['rm', '-rfx', ...paths], {
    ...options,
    tolerate: ['denied'],
  });
  if (reason === undefined) return;
  await clearFlags(commands, paths, options);
  await change(commands, ['rm', '-rfx', ...paths], options);
}

/** If chflags(1) is missing, the following removal reports protected files. */
async function clearFlags(
  commands: CommandRunner,
  paths: readonly string[],
  options: CommandOptions,
): Promise<void> {
  try {
    await change(commands, ['chflags', '-R', '0', ...paths], { ...options, accept: 'any' });
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
  }
}
