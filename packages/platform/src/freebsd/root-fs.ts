/**
 * A container's root file system, and mounts and files that klee puts into it. A container may have left anything there
 * while it ran, above all symbolic links that lead out of it: scripts check every part of a path before they use it.
 * They run while no process runs in the container.
 */
import type { Argv, CommandOptions, CommandRunner } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { OWN_FILES } from '../container/failures.ts';
import { IMPORT_TIMEOUT } from '../container/image-source.ts';
import { DEVFS_RULESET } from './jail-parameters.ts';
import { mountArgv } from './mount.ts';
import type { MountRequest } from './mount.ts';
import { change } from './run.ts';
import { scriptArgv } from '../runner/script.ts';
import type { Script } from '../runner/script.ts';
import { runScript } from './script.ts';
import { COPY, INSTALL, MOUNT, MOUNT_DEVFS } from './scripts/embedded.ts';

const NO_RESOLVER = 'klee: no resolver';

const OWN_TARGET = {
  code: 'INVALID_ARGUMENT',
  hint: 'mount a directory, at a path of the container that has no symbolic links in it',
} as const;

const RULES = {
  code: 'PLATFORM_COMMAND_FAILED',
  hint: 'load the rules: service devfs restart, and devfs_load_rulesets="YES" in /etc/rc.conf',
} as const;

/** The command that copies a tree into an empty directory. */
export function copyTreeArgv(from: string, to: string): Argv {
  return scriptArgv(COPY, [from, to]);
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
  script: Script,
  rootfs: string,
  target: string,
  request: Omit<MountRequest, 'target'>,
): Argv {
  const inside = plainPath(target);
  return scriptArgv(script, [
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
  const argv = scriptArgv(INSTALL, [rootfs, hosts ?? '']);
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
