/** Containers on a FreeBSD host: a jail, a root file system, and a supervisor. */
import type {
  Container,
  ExecRequest,
  Operation,
  SandboxPlatform,
  SandboxSpec,
  SandboxState,
  Started,
} from '@kleenet/core';
import { checkJailParameters } from './jail-parameters.ts';
import { readJails } from './jls.ts';
import type { Jail } from './jls.ts';
import { mountedBelow, readMountTable } from './mount-table.ts';
import { jailName } from './names.ts';
import { createSandbox } from './sandbox-create.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { destroySandbox } from './sandbox-destroy.ts';
import { execInSandbox } from './sandbox-exec.ts';
import { logsArgv } from './sandbox-logs.ts';
import { describeSandbox, mountTargets, planSandbox } from './sandbox-plan.ts';
import { startSandbox } from './sandbox-start.ts';
import { stopSandbox } from './sandbox-stop.ts';
import {
  createStorage,
  planStorage,
  removeStorage,
  removeStorages,
  setHostsFiles,
} from './sandbox-storage.ts';
import { overArgv, statusArgv } from './supervisor.ts';

export function createSandboxPlatform(dependencies: SandboxDependencies): SandboxPlatform {
  const { commands, layout } = dependencies;

  async function states(specs: readonly SandboxSpec[]): Promise<readonly SandboxState[]> {
    if (specs.length === 0) return [];
    const options = { shared: true, together: true };
    const [jails, { stdout }, over] = await Promise.all([
      readJails(commands, { shared: true }),
      commands.read(['ps', '-ax', '-o', 'jid', '-o', 'state'], { ...options, accept: [0, 1] }),
      runsOver(),
    ]);
    const busy = busyJails(stdout);
    return specs.map(({ container, run }) => {
      const found = stateOf(jails, busy, jailName(container.id));
      const isOver = over.has(layout.run(container.id, run.id).directory);
      return isOver && found === 'running' ? 'stopped' : found;
    });
  }

  /** The directories of runs whose supervisors recorded their end, whatever is in their jails. */
  async function runsOver(): Promise<ReadonlySet<string>> {
    const { stdout } = await commands.read(overArgv(layout.containers), {
      shared: true,
      together: true,
    });
    const ends = stdout.split('\n').filter((end) => end !== '');
    return new Set(ends.map((end) => `${layout.containers}/${end}`));
  }

  async function exitStatus({ container, run }: SandboxSpec): Promise<number | undefined> {
    const argv = statusArgv(layout.run(container.id, run.id), jailName(container.id));
    const { stdout } = await commands.read(argv, { accept: [0, 1] });
    return /^\d+\n$/.test(stdout) ? Number(stdout) : undefined;
  }

  async function observe(spec: SandboxSpec): Promise<readonly string[]> {
    const { container } = spec;
    const signal = new AbortController().signal;
    const { directory, rootfs } = layout.container(container.id);
    const [state] = await states([spec]);
    const mounted = mountedBelow(await readMountTable(commands, directory, signal));
    const missing = mountTargets(container).filter(
      (target) => !mounted.includes(`${rootfs.slice(directory.length)}${target}`),
    );
    return [
      ...(state === 'absent' ? [`jail ${jailName(container.id)} is missing`] : []),
      ...(state === 'running' ? [] : ['its command is not running']),
      ...missing.map((target) => `nothing is mounted at its ${target}`),
    ];
  }

  return {
    checkJailParameters,
    describe: describeSandbox,
    plan: (spec: SandboxSpec) => planSandbox(layout, spec),
    create: (spec: SandboxSpec, operation: Operation) =>
      createSandbox(dependencies, spec, operation),
    start: async (spec, launch, operation, connected): Promise<Started> => {
      await connected;
      return startSandbox(dependencies, spec, launch, operation);
    },
    exec: (spec: SandboxSpec, request: ExecRequest): Promise<Started> =>
      execInSandbox(dependencies, spec, request),
    stop: (spec, signal, grace) => stopSandbox(dependencies, spec, signal, grace),
    states,
    exitStatus,
    destroy: (spec, operation) => destroySandbox(dependencies, spec, operation),
    observe,
    planStorage: (container: Container) => planStorage(layout, container),
    createStorage: (storage, operation) => createStorage(dependencies, storage, operation),
    setHostsFiles: (hosts, operation) => setHostsFiles(dependencies, hosts, operation),
    removeStorage: (container, operation) => removeStorage(dependencies, container, operation),
    removeStorages: (containers, operation) => removeStorages(dependencies, containers, operation),
    logs: (container, options) => logsArgv(layout, container, options),
  };
}

/** The ids of jails with a live process, in the output of `ps -ax -o jid -o state`. */
function busyJails(text: string): ReadonlySet<number> {
  const lines = text.matchAll(/^\s*(\d+)\s+[^\sZ]/gm);
  return new Set(Array.from(lines, ([, jid]) => Number(jid)));
}

function stateOf(jails: readonly Jail[], busy: ReadonlySet<number>, wanted: string): SandboxState {
  const jail = jails.find(({ name }) => name === wanted);
  if (jail === undefined) return 'absent';
  return busy.has(jail.jid) ? 'running' : 'stopped';
}
