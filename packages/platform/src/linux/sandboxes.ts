/** Containers on a Linux host: a network namespace, a root file system, and an OCI runtime under a supervisor. */
import type {
  Argv,
  Container,
  ExecRequest,
  Launch,
  Operation,
  Resource,
  SandboxPlatform,
  SandboxSpec,
  SandboxState,
  Started,
} from '@kleenet/core';
import { settleAll } from '@kleenet/core';
import { hostsText } from '../container/hosts.ts';
import { HOST_IMAGE } from '../container/layout.ts';
import { scriptArgv } from '../runner/script.ts';
import { ipBatch, readLink } from './ip.ts';
import { logsArgv } from './logs.ts';
import { endSandbox } from './sandbox-end.ts';
import { runInSandbox } from './sandbox-exec.ts';
import { createInside, createOutside, describeSandbox, networkResources } from './sandbox-plan.ts';
import { startCommand } from './sandbox-start.ts';
import { stopCommand } from './sandbox-stop.ts';
import { mountHost, mountImage, mountPoints, preparePlaces } from './root-fs.ts';
import { hostNames, writeHostsCommands } from './name-resolution.ts';
import { isLive, listContainers } from './runtime.ts';
import type { RuntimeContainer } from './runtime.ts';
import { STORAGE } from './scripts/embedded.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';

export function createSandboxPlatform(dependencies: SandboxDependencies): SandboxPlatform {
  const { commands, files, layout } = dependencies;

  async function create(spec: SandboxSpec, operation: Operation): Promise<void> {
    await settleAll([makeNetworkStack(spec, operation), makeRootFileSystem(spec, operation)]);
  }

  async function makeNetworkStack(
    { container, run }: SandboxSpec,
    { signal }: Operation,
  ): Promise<void> {
    await ipBatch(commands, { lines: createOutside(run.sandbox, container.id), signal });
    await ipBatch(commands, { lines: createInside(run.sandbox), netns: run.sandbox.name, signal });
  }

  async function makeRootFileSystem(
    { container, run }: SandboxSpec,
    { signal }: Operation,
  ): Promise<void> {
    const paths = layout.container(container.id);
    const isHost = container.imageId === HOST_IMAGE;
    const { bundle } = layout.run(container.id, run.id);
    await commands.change(['mkdir', '-p', bundle, ...mountPoints(paths, isHost)], { signal });
    const mounts = isHost
      ? mountHost(paths)
      : mountImage(layout.image(container.imageId).rootfs, paths);
    for (const command of mounts) await commands.change(command, { signal });
    if (!isHost) await preparePlaces(commands, paths.rootfs, signal);
  }

  function plan({ container, run }: SandboxSpec): readonly Resource[] {
    const { rootfs, scratch } = layout.container(container.id);
    const mounts = container.imageId === HOST_IMAGE ? [rootfs, scratch] : [rootfs];
    return [
      ...networkResources(run.sandbox),
      ...mounts.map((name) => ({ kind: 'mount', name })),
      { kind: 'directory', name: layout.run(container.id, run.id).bundle },
    ];
  }

  async function states(specs: readonly SandboxSpec[]): Promise<readonly SandboxState[]> {
    if (specs.length === 0) return [];
    const known = await listContainers(commands, await dependencies.runtime());
    return specs.map(({ container, run }) =>
      stateOf(known, layout.run(container.id, run.id).bundle),
    );
  }

  async function exitStatus({ container, run }: SandboxSpec): Promise<number | undefined> {
    const { status } = layout.run(container.id, run.id);
    const { stdout } = await commands.read(['cat', status], { accept: [0, 1] });
    return /^\d+\n$/.test(stdout) ? Number(stdout) : undefined;
  }

  async function observe(spec: SandboxSpec): Promise<readonly string[]> {
    const { name, link } = spec.run.sandbox;
    const [[state], inside, outside] = await Promise.all([
      states([spec]),
      name === '' ? undefined : readLink(commands, 'lo', { netns: name }),
      link === undefined ? undefined : readLink(commands, link.hostInterface),
    ]);
    return [
      ...(state === 'running' ? [] : ['its command is not running']),
      ...(name === '' || inside !== undefined ? [] : [`network namespace ${name} is missing`]),
      ...(link === undefined || outside !== undefined
        ? []
        : [`interface ${link.hostInterface} is missing`]),
    ];
  }

  return {
    describe: describeSandbox,
    plan,
    create,
    start: (spec: SandboxSpec, launch: Launch, operation: Operation): Promise<Started> =>
      startCommand(dependencies, spec, launch, operation),
    exec: (spec: SandboxSpec, request: ExecRequest): Promise<Started> =>
      runInSandbox(dependencies, spec, request),
    stop: (spec, signal, grace) => stopCommand(dependencies, spec, signal, grace),
    states,
    exitStatus,
    destroy: (spec, operation) => endSandbox(dependencies, spec, operation),
    observe,
    planStorage: ({ id }: Container) => [
      { kind: 'directory', name: layout.container(id).directory },
    ],
    async createStorage(container, { signal }) {
      const { directory } = layout.container(container.id);
      await commands.change(storageArgv(directory), {
        input: hostsText(container, [], await hostNames(files)),
        signal,
      });
    },
    async setHostsFiles(hosts, { signal }) {
      const names = await hostNames(files);
      const texts = hosts.map(({ container, entries }) => ({
        path: layout.container(container.id).hosts,
        text: hostsText(container, entries, names),
      }));
      for (const { argv, input } of writeHostsCommands(texts))
        await commands.change(argv, { input, signal });
    },
    async removeStorage({ id }, { signal }) {
      await commands.change(['rm', '-rf', '--one-file-system', layout.container(id).directory], {
        signal,
      });
    },
    logs: (container, options) => logsArgv(layout, container, options),
  };
}

function storageArgv(directory: string): Argv {
  return scriptArgv(STORAGE, [directory]);
}

/** Whether the runtime has a live container with this run's bundle; each run has its own. */
function stateOf(known: readonly RuntimeContainer[], bundle: string): SandboxState {
  const found = known.find((candidate) => candidate.bundle === bundle);
  if (found === undefined) return 'absent';
  return isLive(found) ? 'running' : 'stopped';
}
