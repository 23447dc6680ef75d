/** Removing a sandbox, in any state, from names alone. */
import type { CommandRunner, Container, Operation, SandboxSpec } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { HOST_IMAGE } from '../container/layout.ts';
import { canMount } from './jail-parameters.ts';
import { removeJail } from './jail.ts';
import { jailName } from './names.ts';
import { removeTrees } from './root-fs.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { endCommand } from './sandbox-stop.ts';
import { readMountTable, unmountNames } from './mount-table.ts';

/** Nothing is removed while a process runs in it, or a mount exists in it. */
export async function destroySandbox(
  { commands, layout }: SandboxDependencies,
  { container, run }: SandboxSpec,
  { signal }: Operation,
): Promise<void> {
  const paths = layout.run(container.id, run.id);
  const jail = jailName(container.id);
  const { rootfs, directory } = layout.container(container.id);
  await endCommand(commands, { paths, jail, grace: 0 }, { signal });
  await removeJail(commands, jail, { signal });
  await unmountAll(commands, directory, container, signal);
  const scratch = container.imageId === HOST_IMAGE ? [rootfs] : [];
  await removeTrees(commands, [paths.directory, ...scratch], signal);
}

/**
 * A dying jail keeps its root busy for about a minute; a forced unmount works immediately, and no process of the jail
 * is left to need it.
 */
async function unmountAll(
  commands: CommandRunner,
  directory: string,
  container: Container,
  signal: AbortSignal,
): Promise<void> {
  for (const force of [[], ['-f']]) {
    const table = await readMountTable(commands, directory, signal);
    const names = unmountNames(table, canMount(container));
    if (names.length === 0) return;
    const options = { accept: 'any', signal } as const;
    const { status } = await commands.change(['umount', ...force, ...names], options);
    if (status === 0) return;
  }
  const left = unmountNames(await readMountTable(commands, directory, signal), false);
  if (left.length === 0) return;
  throw new KleenetError('PLATFORM_COMMAND_FAILED', `cannot unmount ${left.join(', ')}`, {
    hint: 'see what still uses it, for example another mount on top: mount, fstat',
    details: { mounts: left },
  });
}
