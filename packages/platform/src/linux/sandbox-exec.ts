/** Further commands in a running container, with exactly its restrictions. */
import { randomUUID } from 'node:crypto';
import type { CommandRunner, ExecRequest, SandboxSpec, Started } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import type { ContainerUser } from '../container/user.ts';
import { stderrOf } from '../runner/failures.ts';
import { sandboxName } from './names.ts';
import { runtimeCommand, startFailure } from './runtime.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { execCommand } from './supervisor.ts';
import { resolveUser } from './users.ts';

/** Says that the runtime may have failed, and left its messages in the log. */
const RUNTIME_FAILED = 125;

export async function runInSandbox(
  dependencies: SandboxDependencies,
  { container, run }: SandboxSpec,
  request: ExecRequest,
): Promise<Started> {
  const { commands, layout } = dependencies;
  const { path } = await dependencies.runtime();
  const user =
    request.user === '' || request.user === container.user
      ? undefined
      : await resolveUser(commands, layout.container(container.id).rootfs, request.user);
  const log = `${layout.run(container.id, run.id).bundle}/exec-${randomUUID()}.log`;
  const command = runtimeCommand(path, execWords(sandboxName(container.id), request, user), log);
  if (request.detached) {
    await execDetached(commands, request, log, command);
    return {};
  }
  const running = commands.foreground(execCommand('foreground', log, command), {
    stdin: request.stdin,
  });
  return {
    exited: running.exited.then((status) => judge(commands, request, log, status)),
    signal: (name) => running.signal(name),
  };
}

/** The runtime takes capabilities, environment and the rest from the container's own configuration. */
function execWords(
  name: string,
  request: ExecRequest,
  user: ContainerUser | undefined,
): readonly string[] {
  const terminal = request.terminal && !request.detached;
  return [
    'exec',
    ...(request.detached ? ['--detach'] : []),
    ...(terminal ? ['--tty', '--env', 'TERM=xterm'] : []),
    ...(user === undefined ? [] : userWords(user)),
    ...request.env.flatMap((entry) => ['--env', entry]),
    name,
    ...request.command,
  ];
}

function userWords({ uid, gid, additionalGids, home }: ContainerUser): readonly string[] {
  const groups = additionalGids.flatMap((other) => ['--additional-gids', String(other)]);
  return ['--user', `${uid}:${gid}`, ...groups, '--env', `HOME=${home}`];
}

async function execDetached(
  commands: CommandRunner,
  request: ExecRequest,
  log: string,
  command: readonly [string, ...string[]],
): Promise<void> {
  try {
    await commands.change(execCommand('detached', log, command));
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
    throw startFailure(stderrOf(error), request.command) ?? error;
  }
}

/** The command's own status, unless the runtime says that there was no command. */
async function judge(
  commands: CommandRunner,
  request: ExecRequest,
  log: string,
  status: number,
): Promise<number> {
  if (status !== RUNTIME_FAILED) return status;
  const { stdout } = await commands.read(['cat', log], { accept: [0, 1] });
  await commands.change(['rm', '-f', log]);
  const failure = startFailure(stdout, request.command);
  if (failure !== undefined) throw failure;
  return status;
}
