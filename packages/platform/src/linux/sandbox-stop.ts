/** Ending a container's command. */
import { KleenetError } from '@kleenet/core/errors';
import type { SandboxSpec } from '@kleenet/core';
import { isLive, listContainers } from './runtime.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { noticesSignal, signalNumber } from './stop-plan.ts';
import { endArgv } from './supervisor.ts';

/** The additional time to end a command. */
const MARGIN = 30_000;

export async function stopCommand(
  dependencies: SandboxDependencies,
  spec: SandboxSpec,
  signal: string,
  grace: number,
): Promise<void> {
  const { commands, layout } = dependencies;
  if (signalNumber(signal) === undefined) {
    throw new KleenetError('INVALID_ARGUMENT', `there is no signal '${signal}'`, {
      hint: 'give a name such as TERM',
    });
  }
  const runtime = await dependencies.runtime();
  const paths = layout.run(spec.container.id, spec.run.id);
  const found = (await listContainers(commands, runtime)).find(
    ({ bundle }) => bundle === paths.bundle,
  );
  if (found === undefined) return;
  const asks = isLive(found) && grace > 0 && (await notices(dependencies, found.pid, signal));
  const request = { runtime: runtime.path, paths, containerId: spec.container.id, grace };
  const argv = endArgv(asks ? { ...request, signal } : request);
  await commands.change(argv, { timeout: grace + MARGIN });
}

/** Whether a signal is useful: a process that cannot receive it would cost the whole grace period. */
async function notices(
  { files }: SandboxDependencies,
  pid: number,
  signal: string,
): Promise<boolean> {
  return noticesSignal((await files.read(`/proc/${pid}/status`)) ?? '', signal);
}
