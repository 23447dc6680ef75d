/** Starting a container's command under its supervisor. */
import type { CommandRunner, Launch, Operation, SandboxSpec, Started } from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { containerCommand } from '../container/command.ts';
import type { RunPaths } from './layout.ts';
import { jailName } from './names.ts';
import { runScript } from './script.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { entryOf, execFailure, findCommand } from './sandbox-entry.ts';
import type { EntryRequest } from './sandbox-entry.ts';
import { awaitArgv, launchArgv, statusArgv, superviseArgv } from './supervisor.ts';
import type { SuperviseRequest } from './supervisor.ts';

/** The exit status of a supervisor that could not run its command. */
const SUPERVISOR_FAILED = 125;

/** The exit status of waiting for a command that may still begin. */
const NOT_YET = 2;

/** In milliseconds. A busy host is slow, for example when many containers start at once. */
const START_TIMEOUT = 180_000;

const REFUSAL = {
  code: 'PLATFORM_COMMAND_FAILED',
  hint: 'klee container logs may show why; try again when the host is less busy',
} as const;

type Supervised = Omit<SuperviseRequest, 'mode' | 'terminal'>;

export async function startSandbox(
  dependencies: SandboxDependencies,
  { container, run }: SandboxSpec,
  launch: Launch,
  { signal }: Operation,
): Promise<Started> {
  const { commands, layout } = dependencies;
  const command = containerCommand(container);
  // Without a terminal of the caller there is none to pass on.
  const terminal = container.terminal && launch.mode === 'foreground';
  const wanted = { container, command, env: container.env, user: container.user, terminal, signal };
  const entry = await entryOf(commands, wanted);
  const found = await findCommand(commands, entry, wanted);
  const request: Supervised = {
    paths: layout.run(container.id, run.id),
    jail: jailName(container.id),
    log: layout.container(container.id).log,
    logLimit: dependencies.logLimit,
    entry,
    reap: reapWords(dependencies, launch),
  };
  if (launch.mode === 'foreground')
    return startForeground(commands, { ...request, mode: 'foreground', terminal }, launch, signal);
  const options = { signal, timeout: START_TIMEOUT, refusal: REFUSAL };
  await runScript(commands, launchArgv(request), options);
  if (found === 'unknown') await refuseIfNeverRun(commands, request, wanted);
  return {};
}

/**
 * A supervisor runs behind the command prefix, usually as root, but the state to reap belongs to the caller. If the
 * prefix leads to another machine there is no such user, or no klee: the next command reaps then.
 */
function reapWords(
  { commandPrefix, caller }: SandboxDependencies,
  { reap }: Launch,
): readonly string[] {
  if (commandPrefix.length === 0) return reap;
  return caller === undefined ? [] : ['daemon', '-f', '-u', caller, ...reap];
}

async function startForeground(
  commands: CommandRunner,
  request: SuperviseRequest,
  { stdin }: Extract<Launch, { mode: 'foreground' }>,
  signal: AbortSignal,
): Promise<Started> {
  const { paths, jail } = request;
  const { exited } = commands.foreground(superviseArgv(request), { stdin });
  await begun(commands, paths, jail, exited, signal);
  return {
    exited,
    signal: (name) => signalJail(commands, jail, name),
  };
}

/** Resolves once the command runs, or has already ended. */
async function begun(
  commands: CommandRunner,
  paths: RunPaths,
  jail: string,
  exited: Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  const waiting = new AbortController();
  const news = commands.read(awaitArgv(paths, jail), {
    accept: 'any',
    timeout: START_TIMEOUT,
    signal: AbortSignal.any([signal, waiting.signal]),
  });
  try {
    const [first] = await Promise.race([news.then((result) => [result]), exited.then(() => [])]);
    if (first?.status === 0) return;
    if (first?.status === NOT_YET) throw notBegun('the command does not begin');
    if ((await exited) === SUPERVISOR_FAILED) await requireStatus(commands, paths, jail);
  } finally {
    waiting.abort();
    await Promise.allSettled([news]);
  }
}

/** A command that itself ends with this status is distinguished by its recorded status. */
async function requireStatus(
  commands: CommandRunner,
  paths: RunPaths,
  jail: string,
): Promise<void> {
  const { status } = await commands.read(statusArgv(paths, jail), { accept: [0, 1] });
  if (status !== 0) throw notBegun('the supervisor of the command has ended early');
}

function notBegun(message: string): KleenetError {
  return new KleenetError(REFUSAL.code, message, { hint: REFUSAL.hint });
}

/** Like a terminal: every process of the container gets the signal. Never sent to a process of this machine. */
function signalJail(commands: CommandRunner, jail: string, name: string): void {
  const argv = ['pkill', `-${name.replace(/^SIG/, '')}`, '-j', jail] as const;
  // A signal that comes too late is harmless.
  commands.change(argv, { accept: 'any' }).catch(() => undefined);
}

/** jexec's message about a command that it could not run is then the last line of the log. */
async function refuseIfNeverRun(
  commands: CommandRunner,
  { log }: Supervised,
  { command }: EntryRequest,
): Promise<void> {
  const failure = execFailure(await lastLines(commands, log), command);
  if (failure !== undefined) throw failure;
}

async function lastLines(commands: CommandRunner, log: string): Promise<string> {
  try {
    const { stdout } = await commands.read(['tail', '-n', '2', log], { accept: 'any' });
    return stdout;
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return '';
  }
}
