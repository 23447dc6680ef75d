/** Making a sandbox: its network stack, and the container's root file system. */
import { settleAll } from '@kleenet/core';
import type { Operation, SandboxSpec } from '@kleenet/core';
import { HOST_IMAGE } from '../container/layout.ts';
import { makeDirectories } from './direct.ts';
import { ipBatch } from './ip.ts';
import { mountHost, mountImage, mountPoints, preparePlaces } from './root-fs.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { createInside, createOutside } from './sandbox-plan.ts';

export async function createSandbox(
  dependencies: SandboxDependencies,
  spec: SandboxSpec,
  operation: Operation,
): Promise<void> {
  await settleAll([
    makeNetworkStack(dependencies, spec, operation),
    makeRootFileSystem(dependencies, spec, operation),
  ]);
}

/** The network stack alone: what the endpoints of the container are attached to. */
export async function makeNetworkStack(
  { commands }: Pick<SandboxDependencies, 'commands'>,
  { container, run }: SandboxSpec,
  { signal }: Operation,
): Promise<void> {
  await ipBatch(commands, { lines: createOutside(run.sandbox, container.id), signal });
  await ipBatch(commands, { lines: createInside(run.sandbox), netns: run.sandbox.name, signal });
}

async function makeRootFileSystem(
  { commands, layout }: SandboxDependencies,
  { container, run }: SandboxSpec,
  { signal }: Operation,
): Promise<void> {
  const paths = layout.container(container.id);
  const isHost = container.imageId === HOST_IMAGE;
  const { bundle } = layout.run(container.id, run.id);
  const places = [bundle, ...mountPoints(paths, isHost)];
  await commands.change(['mkdir', '-p', ...places], {
    signal,
    directly: () => makeDirectories(places),
  });
  const mount = isHost
    ? mountHost(paths)
    : mountImage(layout.image(container.imageId).rootfs, paths);
  await commands.change(mount, { signal });
  if (!isHost) await preparePlaces(commands, paths.rootfs, signal);
}
