/** A container's storage, which outlives its runs: its writable layer, its log and its hosts file. */
import type { Container, HostsFile, Operation, Resource } from '@kleenet/core';
import { hostsText, hostsTexts } from '../container/hosts.ts';
import { scriptArgv } from '../runner/script.ts';
import type { Layout } from './layout.ts';
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
  await commands.change(scriptArgv(STORAGE, [layout.container(container.id).directory]), {
    input: hostsText(container, entries, await hostNames(files)),
    signal,
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
  const directories = containers.map(({ id }) => layout.container(id).directory);
  await commands.change(['rm', '-rf', '--one-file-system', ...directories], { signal });
}
