/** Removing a sandbox, in any state, from names alone. */
import { settleAll } from '@kleenet/core';
import type { CommandRunner, Operation, SandboxSpec } from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { confirmEnded, removeShallow } from './direct.ts';
import { ipRemove } from './ip-removals.ts';
import { sandboxName } from './names.ts';
import { isNotMounted } from './root-fs.ts';
import { RUNTIME_STATE, controlGroup } from './runtime.ts';
import { removeOutside } from './sandbox-plan.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { endArgv } from './supervisor.ts';

/** Ends what still runs first; then every step is tried, and all failures thrown. */
export async function destroySandbox(
  dependencies: SandboxDependencies,
  { container, run }: SandboxSpec,
  { signal }: Operation,
): Promise<void> {
  const { commands, layout } = dependencies;
  const paths = layout.run(container.id, run.id);
  const { rootfs, scratch } = layout.container(container.id);
  await endCommandIn(dependencies, { container, run }, signal);
  await settleAll([
    removeNetworkStack(dependencies, { container, run }, { signal }),
    unmount(commands, [rootfs, scratch], signal),
  ]);
  const rest = [paths.bundle, rootfs, scratch];
  await commands.change(['rm', '-rf', '--one-file-system', ...rest], {
    signal,
    directly: () => removeShallow(rest),
  });
}

/** The network stack alone, from names. */
export async function removeNetworkStack(
  { commands }: Pick<SandboxDependencies, 'commands'>,
  { run }: SandboxSpec,
  { signal }: Pick<Operation, 'signal'>,
): Promise<void> {
  await ipRemove(commands, { lines: removeOutside(run.sandbox), signal });
}

/** Without an installed runtime, no container of ours can run. */
async function endCommandIn(
  { commands, layout, runtime }: SandboxDependencies,
  { container, run }: SandboxSpec,
  signal: AbortSignal,
): Promise<void> {
  try {
    const paths = layout.run(container.id, run.id);
    const { path } = await runtime();
    const argv = endArgv({ runtime: path, paths, containerId: container.id, grace: 0 });
    const ending = {
      ...paths,
      state: `${RUNTIME_STATE}/${sandboxName(container.id)}`,
      controlGroup: controlGroup(container.id),
    };
    await commands.change(argv, { signal, directly: () => confirmEnded(ending) });
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
  }
}

/** A busy mount is detached, and freed with its last user. */
async function unmount(
  commands: CommandRunner,
  paths: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<void> {
  const { status, stderr } = await commands.change(['umount', ...paths], { accept: 'any', signal });
  if (status === 0 || isNotMounted(stderr)) return;
  const lazy = await commands.change(['umount', '--lazy', ...paths], { accept: 'any', signal });
  if (lazy.status === 0 || isNotMounted(lazy.stderr)) return;
  throw new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `cannot unmount ${paths.join(', ')}: ${lazy.stderr.trim()}`,
    {
      details: { argv: ['umount', '--lazy', ...paths], status: lazy.status, stderr: lazy.stderr },
    },
  );
}
