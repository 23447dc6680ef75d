/**
 * The built-in image: the programs of the host, read-only, in a root file system that is discarded with the run. The
 * container sees a list of required files, instead of the host minus a list of secrets.
 */
import type { CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { ContainerPaths } from './layout.ts';
import { readMounts } from './mount.ts';
import type { Mounted } from './mount.ts';
import { runScript, scriptArgv } from './script.ts';

/** The host's directories of programs and their libraries. */
const PROGRAMS = ['bin', 'sbin', 'lib', 'libexec', 'rescue', 'usr'];

/** Possible separate file systems below these: nullfs(5) shows one file system only. */
const NESTED = ['usr/lib', 'usr/libexec', 'usr/local', 'usr/share'];

/** Private data of the host among its programs. */
const HIDDEN = [
  'usr/home',
  'usr/jails',
  'usr/local/bastille',
  'usr/local/etc',
  'usr/local/jails',
  'usr/local/pgsql',
];

/** Configuration below /etc that programs read, without secrets. */
const CONFIGURATION = [
  'csh.cshrc',
  'csh.login',
  'csh.logout',
  'group',
  'host.conf',
  'libmap.conf',
  'localtime',
  'login.conf',
  'login.conf.db',
  'netconfig',
  'networks',
  'nsswitch.conf',
  'os-release',
  'passwd',
  'profile',
  'protocols',
  'pwd.db',
  'rpc',
  'services',
  'shells',
  'ssl/cert.pem',
  'ssl/openssl.cnf',
  'termcap',
];

/**
 * Makes the root file system, and mounts the pairs of the further words, read-only. Leftovers of an earlier boot are
 * removed first: no process runs in them and nothing is mounted there, but a container may have changed them, so they
 * are not trusted.
 */
const MAKE = `
root=$1 programs=$2 configuration=$3
shift 3
umask 022
if [ -e "$root" ]; then
  rm -rf "$root" 2>/dev/null || { chflags -R 0 "$root" && rm -rf "$root"; } || exit
fi
mkdir -m 0755 "$root" || exit
cd "$root" || exit
mkdir dev etc etc/ssl home media mnt proc var || exit
mkdir -m 0700 root || exit
mkdir -m 1777 tmp var/tmp || exit
for name in cache crash db empty log mail run spool; do mkdir "var/$name" || exit; done
for name in $programs; do
  if [ -L "/$name" ]; then cp -RP "/$name" "$name"
  elif [ -d "/$name" ]; then mkdir "$name"
  fi || exit
done
for name in $configuration; do
  [ ! -f "/etc/$name" ] || cp "/etc/$name" "etc/$name" || exit
done
while [ $# -gt 1 ]; do
  mount -t nullfs -o ro "$1" "$2" || exit
  shift 2
done
`;

/** A part of the host, and its path in the container. */
interface View {
  readonly source: string;
  readonly target: string;
}

/** Prints which of these directories the host has, as real directories, not links. */
const LOOK = `
for name; do
  [ -L "/$name" ] || [ ! -d "/$name" ] || echo "$name"
done
`;

/** The parts of the host that a container of the built-in image sees, in mount order. */
export async function planHostImage(
  commands: CommandRunner,
  paths: ContainerPaths,
  dataDirectory: string,
  signal: AbortSignal,
): Promise<readonly View[]> {
  const [looked, mounts] = await Promise.all([
    commands.read(scriptArgv('look', LOOK, [...PROGRAMS, ...HIDDEN]), { signal }),
    readMounts(commands, { signal }),
  ]);
  return hostImageMounts(paths, dataDirectory, looked.stdout.split('\n'), mounts);
}

/** Decides about the mounts. Pure. @throws KleenetError FEATURE_UNSUPPORTED */
function hostImageMounts(
  { rootfs, empty }: ContainerPaths,
  dataDirectory: string,
  directories: readonly string[],
  mounts: readonly Mounted[],
): readonly View[] {
  const programs = PROGRAMS.filter((name) => directories.includes(name));
  const around = programs.find((name) => dataDirectory.startsWith(`/${name}/`));
  if (around !== undefined) {
    throw new KleenetError(
      'FEATURE_UNSUPPORTED',
      `the image 'host' shows /${around}, and the state directory ${dataDirectory} lies in it`,
      { hint: 'use a state directory elsewhere, with --root, or an imported image' },
    );
  }
  const separate = NESTED.filter((name) => mounts.some(({ target }) => target === `/${name}`));
  const hidden = HIDDEN.filter((name) => directories.includes(name));
  const show = (name: string, source: string): View => ({ source, target: `${rootfs}/${name}` });
  return [
    ...[...programs, ...separate].map((name) => show(name, `/${name}`)),
    ...hidden.map((name) => show(name, empty)),
  ];
}

/** Makes the root file system of a container of the built-in image, with everything but its devices. */
export async function makeHostRoot(
  commands: CommandRunner,
  paths: ContainerPaths,
  views: readonly View[],
  signal: AbortSignal,
): Promise<void> {
  const words = [
    paths.rootfs,
    PROGRAMS.join(' '),
    CONFIGURATION.join(' '),
    ...views.flatMap(({ source, target }) => [source, target]),
  ];
  await runScript(commands, scriptArgv('host-root', MAKE, words), {
    signal,
    refusal: { code: 'PLATFORM_COMMAND_FAILED', hint: 'see what the message says' },
  });
}
