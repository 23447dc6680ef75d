/** Containers on a FreeBSD host: a jail, a root file system, and a supervisor. */
import type {
  Container,
  HostsFile,
  ExecRequest,
  Launch,
  Operation,
  Sandbox,
  SandboxPlatform,
  SandboxSpec,
  SandboxState,
  Started,
} from '@kleenet/core';
import { hostsText } from '../container/hosts.ts';
import { HOST_IMAGE } from '../container/layout.ts';
import { checkJailParameters } from './jail-parameters.ts';
import { readJails } from './jls.ts';
import type { Jail } from './jls.ts';
import { logsArgv } from './logs.ts';
import { mountedBelow, readMountTable } from './mount-table.ts';
import { hostNames, writeHosts } from './name-resolution.ts';
import { jailName } from './names.ts';
import { createStorage, plainPath, removeTrees } from './root-fs.ts';
import { createSandbox, sandboxResources } from './sandbox-create.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { destroySandbox, stopCommand } from './sandbox-end.ts';
import { runInSandbox } from './sandbox-exec.ts';
import { startCommand } from './sandbox-start.ts';
import { overArgv, statusArgv } from './supervisor.ts';

export function createSandboxPlatform(dependencies: SandboxDependencies): SandboxPlatform {
  const { commands, layout } = dependencies;

  async function states(specs: readonly SandboxSpec[]): Promise<readonly SandboxState[]> {
    if (specs.length === 0) return [];
    const [jails, { stdout }] = await Promise.all([
      readJails(commands),
      commands.read(['ps', '-ax', '-o', 'jid', '-o', 'state'], { accept: [0, 1] }),
    ]);
    const busy = busyJails(stdout);
    const found = specs.map(({ container }) => stateOf(jails, busy, jailName(container.id)));
    if (!found.includes('running')) return found;
    const over = await runsOver();
    return specs.map(({ container, run }, index) =>
      over.has(layout.run(container.id, run.id).directory) ? 'stopped' : (found[index] ?? 'absent'),
    );
  }

  /** The directories of runs whose supervisors recorded their end, whatever is in their jails. */
  async function runsOver(): Promise<ReadonlySet<string>> {
    const { stdout } = await commands.read(overArgv(layout.containers));
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
    const missing = ['/dev', ...container.mounts.map(({ target }) => plainPath(target))].filter(
      (target) => !mounted.includes(`${rootfs.slice(directory.length)}${target}`),
    );
    return [
      ...(state === 'absent' ? [`jail ${jailName(container.id)} is missing`] : []),
      ...(state === 'running' ? [] : ['its command is not running']),
      ...missing.map((target) => `nothing is mounted at its ${target}`),
    ];
  }

  async function setHostsFiles(hosts: readonly HostsFile[], { signal }: Operation): Promise<void> {
    const concerned = hosts.filter(({ container }) => container.stack !== 'host');
    if (concerned.length === 0) return;
    const names = await hostNames(commands);
    const files = concerned.map(({ container, entries }) => ({
      path: layout.container(container.id).hosts,
      text: hostsText(container, entries, names),
      jail: jailName(container.id),
    }));
    await writeHosts(commands, files, signal);
  }

  return {
    checkJailParameters,
    describe: ({ id, stack }: Container): Sandbox => ({ name: jailName(id), stack }),
    plan: (spec: SandboxSpec) => sandboxResources(dependencies, spec),
    create: (spec: SandboxSpec, operation: Operation) =>
      createSandbox(dependencies, spec, operation),
    start: (spec: SandboxSpec, launch: Launch, operation: Operation): Promise<Started> =>
      startCommand(dependencies, spec, launch, operation),
    exec: (spec: SandboxSpec, request: ExecRequest): Promise<Started> =>
      runInSandbox(dependencies, spec, request),
    stop: (spec, signal, grace) => stopCommand(dependencies, spec, signal, grace),
    states,
    exitStatus,
    destroy: (spec, operation) => destroySandbox(dependencies, spec, operation),
    observe,
    planStorage: ({ id }: Container) => [
      { kind: 'directory', name: layout.container(id).directory },
    ],
    createStorage: async (container, { signal }) =>
      createStorage(commands, layout.container(container.id), {
        imageRoot:
          container.imageId === HOST_IMAGE ? undefined : layout.image(container.imageId).rootfs,
        hosts: hostsText(container, [], await hostNames(commands)),
        signal,
      }),
    setHostsFiles,
    removeStorage: ({ id }, { signal }) =>
      removeTrees(commands, [layout.container(id).directory], signal),
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
