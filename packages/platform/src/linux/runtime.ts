/** The OCI runtime: which one works on this host, and its commands. */
import { parseList } from '@kleenet/core';
import type { Argv, CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { commandNotExecutable, commandNotFound, containerGone } from '../container/failures.ts';
import type { HostFiles } from './host-files.ts';

/** The runtime's state directory: lost at reboot, and apart from that of the runtime's other users. */
export const RUNTIME_STATE = '/run/kleenet/runtime';

/** The control group of a container, in every hierarchy. */
export function controlGroup(containerId: string): string {
  return `/kleenet/${containerId}`;
}

export interface Runtime {
  readonly name: 'runc' | 'crun';
  readonly path: string;
  readonly reason: string;
}

/** The inputs of the choice: the installed runtimes, and whether cgroup v1 and v2 are mounted side by side. */
export interface RuntimeFacts {
  readonly runc: string | undefined;
  readonly crun: string | undefined;
  readonly hybridCgroups: boolean;
}

/** Chooses a runtime. crun refuses hybrid cgroups; runc supports every layout. */
export function chooseRuntime({ runc, crun, hybridCgroups }: RuntimeFacts): Runtime {
  if (runc !== undefined)
    return {
      name: 'runc',
      path: runc,
      reason: 'runc is installed, and works with every layout of cgroups',
    };
  if (crun !== undefined && !hybridCgroups)
    return { name: 'crun', path: crun, reason: 'runc is not installed' };
  throw new KleenetError(
    'TOOL_MISSING',
    crun === undefined
      ? 'no OCI runtime is installed'
      : 'the only OCI runtime here is crun, which refuses hosts with cgroup v1 and v2 side by side',
    { hint: "install the package 'runc'", details: { program: 'runc' } },
  );
}

/** Inspects the host, once. */
export function createRuntimeFinder(files: HostFiles): () => Promise<Runtime> {
  let found: Promise<Runtime> | undefined;
  return () => (found ??= findRuntime(files));
}

async function findRuntime(files: HostFiles): Promise<Runtime> {
  const runc = await files.find('runc');
  const crun = runc === undefined ? await files.find('crun') : undefined;
  const mounts = crun === undefined ? '' : ((await files.read('/proc/self/mounts')) ?? '');
  return chooseRuntime({ runc, crun, hybridCgroups: hasHybridCgroups(mounts) });
}

/** Whether a table of mounts (proc_pid_mounts(5)) has both kinds of cgroup file systems. */
export function hasHybridCgroups(mounts: string): boolean {
  const types = new Set(mounts.split('\n').map((line) => line.split(' ')[2]));
  return types.has('cgroup') && types.has('cgroup2');
}

/** A container in the runtime's present view. Process ids come from here only: the runtime checks them. */
export interface RuntimeContainer {
  readonly id: string;
  readonly pid: number;
  readonly status: 'creating' | 'created' | 'running' | 'paused' | 'stopped';
  readonly bundle: string;
}

/** The number of retries when a container disappeared while the runtime was listing. */
const LIST_TRIES = 50;

/** All containers of klee's that the runtime knows. */
export async function listContainers(
  commands: CommandRunner,
  { path }: Runtime,
): Promise<readonly RuntimeContainer[]> {
  const argv = runtimeCommand(path, ['list', '--format', 'json']);
  for (let tries = 1; tries < LIST_TRIES; tries++) {
    const { status, stdout, stderr } = await commands.read(argv, { accept: 'any' });
    if (status === 0) return parseContainers(stdout);
    if (!stderr.includes('no such file or directory')) break;
  }
  return parseContainers((await commands.read(argv)).stdout);
}

/** The answer to `list --format json`: a list, `null` or nothing. */
export function parseContainers(text: string): readonly RuntimeContainer[] {
  return parseList('the OCI runtime', text);
}

export function runtimeCommand(path: string, words: readonly string[], log?: string): Argv {
  return [path, '--root', RUNTIME_STATE, ...(log === undefined ? [] : ['--log', log]), ...words];
}

/** Whether a container has a command that is alive, or about to be. */
export function isLive({ status }: RuntimeContainer): boolean {
  return status !== 'stopped';
}

/** The error for a runtime's messages; undefined without any. */
export function startFailure(
  messages: string,
  command: readonly string[],
): KleenetError | undefined {
  const program = command[0] ?? '';
  const details = { command, messages: messages.trim() };
  if (
    /container (?:"[^"]*" )?does not exist|stopped container|container is not running/i.test(
      messages,
    )
  ) {
    return containerGone(details);
  }
  if (
    /executable file not found|exec: .*: (?:stat .*: )?no such file or directory/i.test(messages)
  ) {
    return commandNotFound(program, details);
  }
  if (/exec: .*: (?:permission denied|is a directory)|exec format error/i.test(messages)) {
    return commandNotExecutable(program, details);
  }
  const last = lastMessage(messages);
  if (last === undefined) return undefined;
  return new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `the OCI runtime could not start the command: ${last}`,
    { details },
  );
}

/** The text of the last line that a runtime logged, as `level=error msg="…"` or plain. */
function lastMessage(messages: string): string | undefined {
  const line = messages.trim().split('\n').at(-1);
  if (line === undefined || line === '') return undefined;
  const quoted = /msg=("(?:[^"\\]|\\.)*")/.exec(line)?.[1];
  return quoted === undefined ? line : (JSON.parse(quoted) as string);
}
