/** Making a sandbox: the container's root file system, and an empty jail on it. */
import type { Container, Operation, SandboxSpec } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { HOST_IMAGE } from '../container/layout.ts';
import { noServersWarning } from '../container/resolver.ts';
import { makeHostRoot, planHostImage } from './host-image.ts';
import { jailParameters } from './jail-parameters.ts';
import { createJail } from './jail.ts';
import { jailTools } from './jexec.ts';
import { jailName } from './names.ts';
import { installFiles, mountDevices, mountInside } from './root-fs.ts';
import { change } from './run.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';

/** In milliseconds: the deadline for a container's own program to bring its loopback interface up. */
const LOOPBACK_TIMEOUT = 10_000;

export async function createSandbox(
  dependencies: SandboxDependencies,
  { container, run }: SandboxSpec,
  { signal }: Operation,
): Promise<void> {
  const { commands, layout } = dependencies;
  const { rootfs } = layout.container(container.id);
  await change(commands, ['mkdir', '-p', layout.run(container.id, run.id).directory], { signal });
  await makeRootFileSystem(dependencies, container, signal);
  await createJail(commands, jailParameters(container, rootfs), { signal });
  if (container.stack === 'own') await bringLoopbackUp(dependencies, container, signal);
}

/** Mounts of the user come last: they may cover klee's files. */
async function makeRootFileSystem(
  { commands, layout, logger }: SandboxDependencies,
  container: Container,
  signal: AbortSignal,
): Promise<void> {
  const paths = layout.container(container.id);
  const { rootfs, hosts } = paths;
  if (container.imageId === HOST_IMAGE) {
    const views = await planHostImage(commands, paths, layout.directory, signal);
    await makeHostRoot(commands, paths, views, signal);
  }
  await mountDevices(commands, rootfs, signal);
  const own = container.stack === 'host' ? undefined : hosts;
  const { resolves } = await installFiles(commands, rootfs, own, signal);
  if (!resolves && container.stack !== 'none') logger.warn(noServersWarning(container));
  for (const { source, target, readOnly } of container.mounts) {
    const request = { type: 'nullfs', source, options: readOnly ? ['ro'] : [] } as const;
    await mountInside(commands, rootfs, target, request, signal);
  }
}

/** Until 13.2 this needs a program of the container; a container without it has no 127.0.0.1. */
async function bringLoopbackUp(
  { commands, logger }: SandboxDependencies,
  { id, name }: Container,
  signal: AbortSignal,
): Promise<void> {
  const tools = await jailTools(commands);
  const argv = tools.inside(jailName(id), ['ifconfig', 'lo0', 'inet', '127.0.0.1/8', 'up']);
  try {
    await change(commands, argv, { signal, timeout: LOOPBACK_TIMEOUT });
  } catch (error) {
    if (!hasCode(error, 'COMMAND_NOT_FOUND', 'COMMAND_NOT_EXECUTABLE')) throw error;
    logger.warn(`container '${name}' has no ifconfig: its loopback interface stays down`);
  }
}
