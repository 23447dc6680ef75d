/** A container's storage, which outlives its runs: its writable layer, its log and its hosts file. */
import type { Container, HostsFile, Operation, Resource } from '@kleenet/core';
import { hostsText, hostsTexts } from '../container/hosts.ts';
import { scriptArgv } from '../runner/script.ts';
import { makeStorage, removeShallow } from './direct.ts';
import type { ContainerPaths, Layout } from './layout.ts';
import { hostNames, staleHosts, writeHosts } from './name-resolution.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { STORAGE } from './scripts/embedded.ts';

export function planStorage(layout: Layout, { id }: Container): readonly Resource[] {
  return [{ kind: 'directory', name: layout.container(id).directory }];
}

export async function createStorage(
  { commands, files, layout }: SandboxDependencies,
  { container, entries }: HostsFile,
  { signal }: Operation,
): Promise<void> {
  const { directory } = layout.container(container.id);
  const input = hostsText(container, entries, await hostNames(files));
  await commands.change(scriptArgv(STORAGE, [directory]), {
    input,
    signal,
    directly: () => makeStorage(directory, input),
  });
}

export async function setHostsFiles(
  { commands, files, layout }: SandboxDependencies,
  hosts: readonly HostsFile[],
  { signal }: Operation,
): Promise<void> {
  const names = await hostNames(files);
  const texts = hostsTexts(hosts, names).map(({ container, text }) => ({
    path: layout.container(container.id).hosts,
    text,
  }));
  await writeHosts(commands, await staleHosts(files, texts), signal);
}

export function removeStorage(
  dependencies: SandboxDependencies,
  container: Container,
  operation: Operation,
): Promise<void> {
  return removeStorages(dependencies, [container], operation);
}

export async function removeStorages(
  { commands, layout }: SandboxDependencies,
  containers: readonly Container[],
  { signal }: Operation,
): Promise<void> {
  const paths = containers.map(({ id }) => layout.container(id));
  const directories = paths.map(({ directory }) => directory);
  await commands.change(['rm', '-rf', '--one-file-system', ...directories], {
    signal,
    ...(containers.length > FEW ? {} : { directly: () => removeShallow(shallow(paths)) }),
  });
}

/** How many directories klee removes itself: it takes longer for each than one program for all of them. */
const FEW = 8;

/** A container sees nothing of the work directory, but may have left a deep tree in the upper one. */
function shallow(paths: readonly ContainerPaths[]): readonly string[] {
  return paths.flatMap(({ work, directory }) => [work, directory]);
}
