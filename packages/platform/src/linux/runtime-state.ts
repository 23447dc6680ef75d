/** What the runtime says of one container: by its own state file where klee can read it, else by its list. */
import type { SandboxSpec } from '@kleenet/core';
import { UNREADABLE } from './host-files.ts';
import type { HostFiles } from './host-files.ts';
import { sandboxName } from './names.ts';
import { RUNTIME_STATE, listContainers } from './runtime.ts';
import type { RuntimeContainer } from './runtime.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';

/** The container of each run, or undefined where the runtime has none for it. */
export async function runtimeContainers(
  dependencies: SandboxDependencies,
  specs: readonly SandboxSpec[],
): Promise<readonly (RuntimeContainer | undefined)[]> {
  if (specs.length === 0) return [];
  const known = (await fromFiles(dependencies, specs)) ?? (await fromList(dependencies));
  const byBundle = new Map(known.map((one) => [one.bundle, one]));
  const bundles = specs.map(({ container, run }) => dependencies.layout.run(container.id, run.id));
  return bundles.map(({ bundle }) => byBundle.get(bundle));
}

async function fromList({
  commands,
  runtime,
}: SandboxDependencies): Promise<readonly RuntimeContainer[]> {
  return listContainers(commands, await runtime());
}

/**
 * Undefined if klee cannot read or understand all of them. However many there are: the runtime takes longer for each, because it
 * reads the same files.
 */
async function fromFiles(
  { files, runtime }: SandboxDependencies,
  specs: readonly SandboxSpec[],
): Promise<readonly RuntimeContainer[] | undefined> {
  if ((await runtime()).name !== 'runc') return undefined;
  const states = await Promise.all(
    specs.map(({ container }) => readState(files, sandboxName(container.id))),
  );
  const known = states.filter((state) => state !== UNREADABLE);
  return known.length < states.length ? undefined : known.filter((state) => state !== undefined);
}

/**
 * runc replaces the file as a whole, and asks /proc for the same. A folder without the file is of a runtime that is
 * only called runc, as crun is on some hosts, or of a container that is being made or removed: the list tells.
 */
async function readState(
  files: HostFiles,
  id: string,
): Promise<RuntimeContainer | undefined | typeof UNREADABLE> {
  const folder = `${RUNTIME_STATE}/${id}`;
  const text = await files.readPrivate(`${folder}/state.json`);
  if (text === undefined) return (await files.has(folder)) ? UNREADABLE : undefined;
  const state = text === UNREADABLE ? undefined : parseState(text);
  if (state === undefined) return UNREADABLE;
  const { pid, start, bundle } = state;
  const isAlive = isRunning((await files.read(`/proc/${pid}/stat`)) ?? '', start);
  return { id, pid, bundle, status: isAlive ? 'running' : 'stopped' };
}

interface State {
  readonly pid: number;
  /** In clock ticks since the host booted. */
  readonly start: number;
  readonly bundle: string;
}

/** What klee needs of runc's state.json (its package libcontainer, `State`); undefined without all of it. */
export function parseState(text: string): State | undefined {
  try {
    const {
      init_process_pid: pid,
      init_process_start: start,
      config,
    } = JSON.parse(text) as RuncState;
    const bundle = config?.labels?.find((label) => label.startsWith(BUNDLE));
    if (pid === undefined || start === undefined || bundle === undefined) return undefined;
    return { pid, start, bundle: bundle.slice(BUNDLE.length) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

const BUNDLE = 'bundle=';

interface RuncState {
  readonly init_process_pid?: number;
  readonly init_process_start?: number;
  readonly config?: { readonly labels?: readonly string[] };
}

/** Whether a process, by its /proc/PID/stat (proc_pid_stat(5)), is the one that began then, and has not ended. */
export function isRunning(procStat: string, start: number): boolean {
  // Its name, in parentheses, may have spaces and parentheses of its own.
  const [state = 'X', ...fields] = procStat.slice(procStat.lastIndexOf(')') + 2).split(' ');
  return !['Z', 'X'].includes(state) && Number(fields[18]) === start;
}
