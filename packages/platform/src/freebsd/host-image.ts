/**
 * The built-in image: the programs of the host, read-only, in a root file system that is discarded with the run. The
 * container sees a list of required files, instead of the host minus a list of secrets.
 */
import type { CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { ContainerPaths } from './layout.ts';
import { readMounts } from './mount.ts';
import type { Mounted } from './mount.ts';
import { scriptArgv } from '../runner/script.ts';
import { runScript } from './script.ts';
import { HOST_ROOT, LOOK } from './scripts/embedded.ts';

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

/** A part of the host, and its path in the container. */
interface View {
  readonly source: string;
  readonly target: string;
}

/** The parts of the host that a container of the built-in image sees, in mount order. */
export async function planHostImage(
  commands: CommandRunner,
  paths: ContainerPaths,
  dataDirectory: string,
  signal: AbortSignal,
): Promise<readonly View[]> {
  const [looked, mounts] = await Promise.all([
    commands.read(scriptArgv(LOOK, [...PROGRAMS, ...HIDDEN]), { signal, together: true }),
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
  await runScript(commands, scriptArgv(HOST_ROOT, words), {
    signal,
    refusal: { code: 'PLATFORM_COMMAND_FAILED', hint: 'see what the message says' },
  });
}
