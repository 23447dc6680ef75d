/** Ending a container's command. */
import type { SandboxSpec } from '@kleenet/core';
import { requireSignal } from '../container/signals.ts';
import { isLive } from './runtime.ts';
import { runtimeContainers } from './runtime-state.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { endArgv } from './supervisor.ts';

/** The additional time to end a command. */
const MARGIN = 30_000;

export async function stopSandbox(
  dependencies: SandboxDependencies,
  spec: SandboxSpec,
  signal: string,
  grace: number,
): Promise<void> {
  const { commands, layout } = dependencies;
  requireSignal(signal);
  const runtime = await dependencies.runtime();
  const paths = layout.run(spec.container.id, spec.run.id);
  const [found] = await runtimeContainers(dependencies, [spec]);
  if (found === undefined) return;
  const asks = isLive(found) && grace > 0 && (await notices(dependencies, found.pid, signal));
  const request = { runtime: runtime.path, paths, containerId: spec.container.id, grace };
  const argv = endArgv(asks ? { ...request, signal } : request);
  await commands.change(argv, { timeout: grace + MARGIN });
}

/** In milliseconds: how long the process may still be the runtime's own, which becomes the command after its hooks. */
const BEGINNING_PATIENCE = 2000;
const BEGINNING_INTERVAL = 20;

/** Whether a signal is useful: a process that cannot receive it would cost the whole grace period. */
async function notices(
  { files, clock }: SandboxDependencies,
  pid: number,
  signal: string,
): Promise<boolean> {
  for (let waited = 0; ; waited += BEGINNING_INTERVAL) {
    const status = (await files.read(`/proc/${pid}/status`)) ?? '';
    if (!isRuntime(status) || waited >= BEGINNING_PATIENCE) return noticesSignal(status, signal);
    await clock.sleep(BEGINNING_INTERVAL);
  }
}

/** Whether the process is runc's, which catches signals and passes none on. A program that calls itself so only waits. */
export function isRuntime(procStatus: string): boolean {
  return /^Name:\s*runc:\[/m.test(procStatus);
}

/**
 * Whether the process will notice the signal, from its /proc/PID/status (proc_pid_status(5)). The first process of a
 * pid namespace gets only signals that it catches (pid_namespaces(7)); one that it blocks it may be waiting for.
 */
export function noticesSignal(procStatus: string, signal: string): boolean {
  const bit = 1n << BigInt(requireSignal(signal) - 1);
  return ['SigCgt', 'SigBlk'].some((field) => (signalMask(procStatus, field) & bit) !== 0n);
}

function signalMask(procStatus: string, field: string): bigint {
  const digits = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(procStatus)?.[1];
  return digits === undefined ? 0n : BigInt(`0x${digits}`);
}
