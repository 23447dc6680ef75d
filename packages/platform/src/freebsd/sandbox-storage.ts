/** A container's storage, which outlives its runs: its root file system, its log and its hosts file. */
import type { CommandRunner, Container, HostsFile, Operation, Resource } from '@kleenet/core';
import { hostsText, hostsTexts } from '../container/hosts.ts';
import { IMPORT_TIMEOUT } from '../container/image-source.ts';
import { HOST_IMAGE } from '../container/layout.ts';
import { scriptArgv } from '../runner/script.ts';
import type { ContainerPaths, Layout } from './layout.ts';
import { hostNames, writeHosts } from './name-resolution.ts';
import { jailName } from './names.ts';
import { removeTrees } from './root-fs.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { runScript } from './script.ts';
import { STORAGE } from './scripts/embedded.ts';

const COPYING = {
  code: 'PLATFORM_COMMAND_FAILED',
  hint: 'see what tar(1) says',
} as const;

export function planStorage(layout: Layout, { id }: Container): readonly Resource[] {
  return [{ kind: 'directory', name: layout.container(id).directory }];
}

export async function createStorage(
  { commands, layout }: SandboxDependencies,
  { container, entries }: HostsFile,
  { signal }: Operation,
): Promise<void> {
  const { id, imageId } = container;
  await makeStorage(commands, layout.container(id), {
    imageRoot: imageId === HOST_IMAGE ? undefined : layout.image(imageId).rootfs,
    hosts: hostsText(container, entries, await hostNames(commands)),
    signal,
  });
}

/** Makes the files: a copy of the image, if there is one, and a hosts file with this text. */
export async function makeStorage(
  commands: CommandRunner,
  { directory }: ContainerPaths,
  request: {
    readonly imageRoot: string | undefined;
    readonly hosts: string;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  await runScript(commands, scriptArgv(STORAGE, [directory, request.imageRoot ?? '']), {
    input: request.hosts,
    signal: request.signal,
    timeout: IMPORT_TIMEOUT,
    refusal: COPYING,
  });
}

export async function setHostsFiles(
  { commands, layout }: SandboxDependencies,
  hosts: readonly HostsFile[],
  { signal }: Operation,
): Promise<void> {
  const concerned = hosts.filter(({ container }) => container.stack !== 'host');
  if (concerned.length === 0) return;
  const names = await hostNames(commands);
  const files = hostsTexts(concerned, names).map(({ container, text }) => ({
    path: layout.container(container.id).hosts,
    text,
    jail: jailName(container.id),
  }));
  await writeHosts(commands, files, signal);
}

export function removeStorage(
  { commands, layout }: SandboxDependencies,
  { id }: Container,
  { signal }: Operation,
): Promise<void> {
  return removeTrees(commands, [layout.container(id).directory], signal);
}

export async function removeStorages(
  { commands, layout }: SandboxDependencies,
  containers: readonly Container[],
  { signal }: Operation,
): Promise<void> {
  const [first, ...more] = containers.map(({ id }) => layout.container(id).directory);
  if (first !== undefined) await removeTrees(commands, [first, ...more], signal);
}
