/** Further commands in a running container, with its exact restrictions. */
import { randomHex, parseObject } from '@kleenet/core';
import type { CommandRunner, ExecRequest, SandboxSpec, Started } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { variableName } from '../container/command.ts';
import type { ContainerUser } from '../container/user.ts';
import { stderrOf } from '../runner/failures.ts';
import { scriptArgv } from '../runner/script.ts';
import { sandboxName } from './names.ts';
import { runtimeCommand, startFailure } from './runtime.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { consoleSize } from './oci-config.ts';
import type { OciConfig } from './oci-config.ts';
import { WRITE } from './scripts/embedded.ts';
import { execArgv, execDetachedArgv } from './supervisor.ts';
import { relayFor, requireRelay } from './terminal.ts';
import { resolveUser } from './users.ts';

/** The status for a possible failure of the runtime, whose messages are in the log. */
const RUNTIME_FAILED = 125;

export async function execInSandbox(
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
  const log = `${layout.run(container.id, run.id).bundle}/exec-${randomHex(8)}.log`;
  const name = sandboxName(container.id);
  const wanted = request.terminal && !request.detached;
  const relay = relayFor(wanted, request.stdin, request.callerTerminal);
  await requireRelay(dependencies.files, relay);
  const words = wanted
    ? await processWords(dependencies, { container, run }, request, user, `${log}.process`)
    : execWords(request, user);
  const command = runtimeCommand(
    path,
    ['exec', ...words, name, ...(wanted ? [] : request.command)],
    log,
  );
  if (request.detached) {
    await execDetached(commands, request, log, command);
    return {};
  }
  const running = commands.foreground(execArgv(log, command, relay), {
    stdin: request.stdin,
  });
  return {
    exited: running.exited.then((status) => judge(commands, request, log, status)),
    signal: (received) => running.signal(received),
  };
}

/** The runtime takes capabilities, environment and the rest from the container's own configuration. */
function execWords(request: ExecRequest, user: ContainerUser | undefined): readonly string[] {
  return [
    ...(request.detached ? ['--detach'] : []),
    ...(user === undefined ? [] : userWords(user)),
    ...request.env.flatMap((entry) => ['--env', entry]),
  ];
}

/** The terminal's size can only be passed in a complete process description: the container's own, with changes. */
async function processWords(
  { commands, layout }: SandboxDependencies,
  { container, run }: SandboxSpec,
  request: ExecRequest,
  user: ContainerUser | undefined,
  file: string,
): Promise<readonly string[]> {
  const { stdout } = await commands.read(['cat', layout.run(container.id, run.id).config]);
  const { process } = parseObject<Pick<OciConfig, 'process'>>('cat', stdout);
  const { consoleSize: _, ...usual } = process;
  const given = [
    'TERM=xterm',
    ...(user === undefined ? [] : [`HOME=${user.home}`]),
    ...request.env,
  ];
  const described: OciConfig['process'] = {
    ...usual,
    terminal: true,
    ...consoleSize(request.callerTerminal),
    ...(user === undefined ? {} : { user: idsOf(user) }),
    args: request.command,
    env: mergeEnvironment(process.env, given),
  };
  await commands.change(scriptArgv(WRITE, [file]), {
    input: JSON.stringify(described),
  });
  return ['--process', file];
}

function idsOf({ uid, gid, additionalGids }: ContainerUser): OciConfig['process']['user'] {
  return { uid, gid, additionalGids };
}

/** The later value of a name counts. */
function mergeEnvironment(usual: readonly string[], given: readonly string[]): readonly string[] {
  const all = new Map([...usual, ...given].map((entry) => [variableName(entry), entry]));
  return [...all.values()];
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
    await commands.change(execDetachedArgv(log, command));
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
    throw startFailure(stderrOf(error), request.command) ?? error;
  }
}

/** The command's own status, unless the runtime reports that there was no command. */
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
