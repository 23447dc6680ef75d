import { KleenetError } from '../errors.ts';
import type { Container } from '../model.ts';
import type { SandboxPlatform, SandboxSpec, SandboxState } from '../platform.ts';
import { removeSandbox, sandboxOf } from './kernel.ts';
import type { SimulatedState } from './state.ts';
import type { Steps } from './steps.ts';

/** The exit status that a shell reports for death by signal: 128 and the signal's number. */
const DEATH = { TERM: 143, KILL: 137 } as const;

/**
 * Containers of the simulated host run no programs. A detached one counts as running until it is stopped; one in the
 * foreground ends immediately, with status 0.
 */
export function simulatedSandboxes(steps: Steps): SandboxPlatform {
  return {
    describe: (container) => ({
      name: container.stack === 'host' ? '' : sandboxName(container),
      stack: container.stack,
    }),
    plan: ({ container }) => [{ kind: 'sandbox', name: sandboxName(container) }],
    async create({ container, run }, { signal }) {
      const name = sandboxName(container);
      await steps.take(`create sandbox ${name}`, signal, (state) => {
        const there = state.sandboxes[name];
        if (there !== undefined && there.runId !== run.id) {
          throw new KleenetError(
            'PLATFORM_COMMAND_FAILED',
            `a sandbox named ${name} is already there`,
          );
        }
        state.sandboxes[name] = there ?? {
          runId: run.id,
          stack: container.stack,
          state: 'created',
          addresses: [],
          defaultRoutes: {},
        };
      });
    },
    async start(spec, launch, { signal }, connected) {
      await connected;
      const foreground = launch.mode === 'foreground';
      await steps.take(`start the command in ${sandboxName(spec.container)}`, signal, (state) => {
        sandboxOf(state, sandboxName(spec.container)).state = foreground ? 'stopped' : 'running';
        if (foreground) state.exitStatuses[spec.run.id] = 0;
      });
      return foreground ? { exited: Promise.resolve(0) } : {};
    },
    exec: () =>
      Promise.reject(
        new KleenetError(
          'FEATURE_UNSUPPORTED',
          'containers of the simulated host run no programs',
          {
            hint: 'use --platform linux or freebsd to run commands for real',
          },
        ),
      ),
    async stop({ container, run }, signalName) {
      const status = signalName === 'KILL' ? DEATH.KILL : DEATH.TERM;
      await steps.take(
        `stop the command in ${sandboxName(container)}`,
        new AbortController().signal,
        (state) => {
          const sandbox = ofRun(state, { container, run });
          if (sandbox?.state !== 'running') return;
          sandbox.state = 'stopped';
          state.exitStatuses[run.id] = status;
        },
      );
    },
    states: (specs) => steps.look((state) => specs.map((spec) => sandboxState(state, spec))),
    exitStatus: ({ run }) => steps.look((state) => state.exitStatuses[run.id]),
    async destroy(spec, { signal }) {
      const name = sandboxName(spec.container);
      await steps.take(`remove sandbox ${name}`, signal, (state) => {
        if (ofRun(state, spec) !== undefined) removeSandbox(state, name);
        delete state.exitStatuses[spec.run.id];
      });
    },
    observe: (spec) =>
      steps.look((state) =>
        ofRun(state, spec) === undefined
          ? [`sandbox ${sandboxName(spec.container)} is missing`]
          : [],
      ),
    planStorage: (container) => [{ kind: 'directory', name: `containers/${container.id}` }],
    async createStorage({ container }, { signal }) {
      await steps.take(`create storage of ${container.id}`, signal, (state) => {
        if (!state.storage.includes(container.id)) state.storage.push(container.id);
      });
    },
    // The simulated platform has no name resolution.
    setHostsFiles: () => Promise.resolve(),
    async removeStorage(container, { signal }) {
      await steps.take(`remove storage of ${container.id}`, signal, (state) => {
        state.storage = state.storage.filter((id) => id !== container.id);
      });
    },
    async removeStorages(containers, { signal }) {
      const ids = new Set(containers.map(({ id }) => id));
      await steps.take(`remove storage of ${[...ids].join(', ')}`, signal, (state) => {
        state.storage = state.storage.filter((id) => !ids.has(id));
      });
    },
    logs: () => ['true'],
  };
}

function sandboxName(container: Container): string {
  return `klee-${container.id}`;
}

function ofRun(
  state: SimulatedState,
  { container, run }: SandboxSpec,
): SimulatedState['sandboxes'][string] | undefined {
  const sandbox = state.sandboxes[sandboxName(container)];
  return sandbox?.runId === run.id ? sandbox : undefined;
}

function sandboxState(state: SimulatedState, spec: SandboxSpec): SandboxState {
  const sandbox = ofRun(state, spec);
  if (sandbox === undefined) return 'absent';
  return sandbox.state === 'running' ? 'running' : 'stopped';
}
