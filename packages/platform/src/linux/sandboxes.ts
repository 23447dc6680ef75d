/** Containers on a Linux host: a network namespace, a root file system, and an OCI runtime under a supervisor. */
import type {
  Container,
  ExecRequest,
  Operation,
  SandboxPlatform,
  SandboxSpec,
  SandboxState,
  Started,
} from '@kleenet/core';
import { UNREADABLE } from './host-files.ts';
import { isLive } from './runtime.ts';
import type { RuntimeContainer } from './runtime.ts';
import { runtimeContainers } from './runtime-state.ts';
import { createSandbox } from './sandbox-create.ts';
import type { SandboxDependencies } from './sandbox-dependencies.ts';
import { destroySandbox } from './sandbox-destroy.ts';
import { execInSandbox } from './sandbox-exec.ts';
import { logsArgv } from './sandbox-logs.ts';
import { mendStack, stackProblems } from './sandbox-mend.ts';
import { describeSandbox, planSandbox } from './sandbox-plan.ts';
import { startSandbox } from './sandbox-start.ts';
import { stopSandbox } from './sandbox-stop.ts';
import {
  createStorage,
  planStorage,
  removeStorage,
  removeStorages,
  setHostsFiles,
} from './sandbox-storage.ts';

export function createSandboxPlatform(dependencies: SandboxDependencies): SandboxPlatform {
  const { commands, files, layout } = dependencies;

  async function states(specs: readonly SandboxSpec[]): Promise<readonly SandboxState[]> {
    return (await runtimeContainers(dependencies, specs)).map(stateOf);
  }

  async function exitStatus({ container, run }: SandboxSpec): Promise<number | undefined> {
    const { status } = layout.run(container.id, run.id);
    const text = await readStatus(status);
    return /^\d+\n$/.test(text) ? Number(text) : undefined;
  }

  async function readStatus(path: string): Promise<string> {
    const text = await files.readPrivate(path);
    if (text !== UNREADABLE) return text ?? '';
    return (await commands.read(['cat', path], { accept: [0, 1] })).stdout;
  }

  async function observe(spec: SandboxSpec): Promise<readonly string[]> {
    const [[state], problems] = await Promise.all([
      states([spec]),
      stackProblems(commands, spec.run.sandbox),
    ]);
    return [...(state === 'running' ? [] : ['its command is not running']), ...problems];
  }

  return {
    describe: describeSandbox,
    plan: (spec: SandboxSpec) => planSandbox(layout, spec),
    create: (spec: SandboxSpec, operation: Operation) =>
      createSandbox(dependencies, spec, operation),
    start: (spec, launch, operation, connected = Promise.resolve()): Promise<Started> =>
      startSandbox(dependencies, { ...spec, launch, connected }, operation),
    exec: (spec: SandboxSpec, request: ExecRequest): Promise<Started> =>
      execInSandbox(dependencies, spec, request),
    stop: (spec, signal, grace) => stopSandbox(dependencies, spec, signal, grace),
    states,
    exitStatus,
    destroy: (spec, operation) => destroySandbox(dependencies, spec, operation),
    observe,
    mend: (spec, operation) => mendStack(dependencies, spec, operation),
    planStorage: (container: Container) => planStorage(layout, container),
    createStorage: (storage, operation) => createStorage(dependencies, storage, operation),
    setHostsFiles: (hosts, operation) => setHostsFiles(dependencies, hosts, operation),
    removeStorage: (container, operation) => removeStorage(dependencies, container, operation),
    removeStorages: (containers, operation) => removeStorages(dependencies, containers, operation),
    logs: (container, options) => logsArgv(layout, container, options),
  };
}

function stateOf(found: RuntimeContainer | undefined): SandboxState {
  if (found === undefined) return 'absent';
  return isLive(found) ? 'running' : 'stopped';
}
