/** Ending a container's command. */
import { constants } from 'node:os';
import type { CommandRunner, SandboxSpec } from '@kleenet/core';
import { requireSignal } from '../container/signals.ts';
import { jailName } from './names.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { runScript } from './script.ts';
import { endArgv } from './supervisor.ts';
import type { EndRequest } from './supervisor.ts';

/** The additional time to end a command, in milliseconds. */
const MARGIN = 120_000;

const REFUSAL = {
  code: 'PLATFORM_COMMAND_FAILED',
  hint: 'see what they wait for: ps -ax -o jid,pid,state,wchan,command',
} as const;

export async function stopSandbox(
  { commands, layout }: SandboxDependencies,
  { container, run }: SandboxSpec,
  signal: string,
  grace: number,
): Promise<void> {
  const kills = requireSignal(signal) === constants.signals.SIGKILL;
  const request = { paths: layout.run(container.id, run.id), jail: jailName(container.id), grace };
  const asks = grace > 0 && !kills;
  await endCommand(commands, asks ? { ...request, signal: signal.replace(/^SIG/, '') } : request);
}

/** Ends every process of the jail. */
export async function endCommand(
  commands: CommandRunner,
  request: EndRequest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const timeout = request.grace + MARGIN;
  await runScript(commands, endArgv(request), { ...options, timeout, refusal: REFUSAL });
}
