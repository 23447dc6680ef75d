/** Further commands in a running container. */
import { randomHex } from '@kleenet/core';
import type { CommandRunner, ExecRequest, SandboxSpec, Started } from '@kleenet/core';
import { jailName } from './names.ts';
import { readJail } from './jls.ts';
import { containerGone } from '../container/failures.ts';
import { change } from './run.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { entryOf, findCommand } from './sandbox-entry.ts';
import { enterArgv, execArgv, signalArgv } from './supervisor.ts';

export async function execInSandbox(
  { commands, layout }: SandboxDependencies,
  { container, run }: SandboxSpec,
  request: ExecRequest,
): Promise<Started> {
  const terminal = request.terminal && !request.detached;
  const user = request.user === '' ? container.user : request.user;
  const env = [...container.env, ...request.env];
  const wanted = { container, command: request.command, env, user, terminal };
  const entry = await entryOf(commands, wanted);
  if ((await findCommand(commands, entry, wanted)) === 'unknown')
    await requireJail(commands, jailName(container.id));
  if (request.detached) {
    await change(commands, ['daemon', '-f', ...enterArgv(entry)]);
    return {};
  }
  const pidFile = `${layout.run(container.id, run.id).directory}/exec-${randomHex(8)}`;
  const argv = execArgv(entry, pidFile, terminal);
  const { exited } = commands.foreground(argv, { stdin: request.stdin });
  return {
    exited,
    signal(name) {
      const signal = signalArgv(pidFile, name.replace(/^SIG/, ''));
      // A signal that comes too late is harmless.
      commands.change(signal, { accept: 'any' }).catch(() => undefined);
    },
  };
}

/** @throws KleenetError CONTAINER_NOT_RUNNING */
async function requireJail(commands: CommandRunner, jail: string): Promise<void> {
  if ((await readJail(commands, jail)) === undefined) throw containerGone({ jail });
}
