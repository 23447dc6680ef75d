/** Starting a container's command: one path for `start` and `run`, and the mirror of `endRun`. */
import type { Container, HostIdentity, Network, PublishedPort, Run } from '../../model.ts';
import { begun } from '../../kit/begun.ts';
import { newId } from '../../names.ts';
import type { Launch, SandboxSpec, Started } from '../../platform.ts';
import type { Transaction } from '../../store.ts';
import { attachTarget, attachTargets } from '../host/attach-target.ts';
import { attach } from '../host/attachment.ts';
import type { Engine } from '../context.ts';
import { dataPlane } from '../host/drivers.ts';
import { assureFirewall, lookAtRules, openPorts, requireFirewallOf } from '../host/firewall.ts';
import { requireHostPorts } from '../host/host-ports.ts';
import { hostsEntries } from './hosts-entries.ts';
import { bringUp } from './network-up.ts';
import { requireOwnAddresses } from '../host/overlapping.ts';
import { recoverContainer } from './recovery.ts';
import type { StreamMode } from '../requests/requests.ts';
import { rollback } from '../records/rollback.ts';
import { containerOwner, endpointOwner, insertClaims, operationFor } from '../records/claims.ts';

export interface LaunchRequest {
  readonly containerId: string;
  readonly driver: string;
  /** The networks of its endpoints; the caller holds their locks shared. */
  readonly networks: readonly Network[];
  /** The ports that the container publishes. */
  readonly publishedPorts: readonly PublishedPort[];
  readonly streams: StreamMode;
  /** Reads or creates the container in the transaction that records the intent to start it. */
  readonly prepare: (tx: Transaction) => Container;
}

export interface Launched {
  readonly container: Container;
  readonly run: Run;
  readonly started: Started;
}

/**
 * Starts a container. The caller holds its lock. A failure rolls back: a container in state `creating` is removed,
 * another one is stopped.
 */
export async function launch(engine: Engine, request: LaunchRequest): Promise<Launched> {
  if (request.networks.length > 0) await prepareNetworks(engine, request);
  const spec = await recordIntent(engine, request);
  return rollback(
    engine,
    async () => {
      const started = await startSandbox(engine, spec, request.streams);
      const container: Container = { ...spec.container, state: 'ready' };
      const run: Run = { ...spec.run, state: 'running' };
      await engine.store.write((tx) => {
        tx.runs.put(run);
        if (spec.container.state !== 'ready') tx.containers.update(container);
      });
      return { container, run, started };
    },
    () => recoverContainer(engine, request.containerId, { orphans: 'none' }),
  );
}

async function prepareNetworks(
  engine: Engine,
  { driver, networks, publishedPorts }: LaunchRequest,
): Promise<void> {
  const rules = lookAtRules(engine);
  await (await dataPlane(engine, driver)).requireReady();
  await requireFirewallOf(engine, networks);
  await requireHostPorts(engine, publishedPorts, networks);
  await bringUp(engine, networks);
  await assureFirewall(engine, rules);
}

async function recordIntent(engine: Engine, request: LaunchRequest): Promise<SandboxSpec> {
  const identity = await engine.platform.identity();
  const plane = request.networks.length > 0 ? await dataPlane(engine, request.driver) : undefined;
  return engine.store.write((tx) => {
    const container = request.prepare(tx);
    requireOwnAddresses(tx, container, identity);
    const run = newRun(engine, container, identity);
    tx.runs.put(run);
    const owner = containerOwner(container);
    insertClaims(tx, owner, engine.platform.sandboxes.planStorage(container), identity);
    insertClaims(tx, owner, engine.platform.sandboxes.plan({ container, run }), identity);
    for (const target of attachTargets(tx, container, run, identity)) {
      insertClaims(tx, endpointOwner(target.endpoint), plane?.plan(target) ?? [], identity);
    }
    return { container, run };
  });
}

function newRun(engine: Engine, container: Container, identity: HostIdentity): Run {
  const id = newId();
  return {
    id,
    containerId: container.id,
    state: 'starting',
    bootId: identity.bootId,
    sandbox: engine.platform.sandboxes.describe(container, id),
    started: engine.clock.now().toISOString(),
  };
}

async function startSandbox(
  engine: Engine,
  spec: SandboxSpec,
  streams: StreamMode,
): Promise<Started> {
  const { container, run } = spec;
  const { sandboxes } = engine.platform;
  const operation = operationFor(engine, containerOwner(container));
  const entries = await engine.store.read((snapshot) => hostsEntries(snapshot, container));
  await sandboxes.createStorage({ container, entries }, operation);
  await sandboxes.create(spec, operation);
  const connected = begun(connectAll(engine, spec));
  const mode = launchMode(engine, container, run, streams);
  try {
    return await sandboxes.start(spec, mode, operation, connected);
  } finally {
    // Nothing may go on while a failure is undone.
    await Promise.allSettled([connected]);
  }
}

async function connectAll(engine: Engine, spec: SandboxSpec): Promise<void> {
  await attachAll(engine, spec);
  await openPorts(engine, spec.container);
}

async function attachAll(engine: Engine, { container, run }: SandboxSpec): Promise<void> {
  const identity = await engine.platform.identity();
  const endpoints = await engine.store.read((snapshot) =>
    snapshot.endpoints.byContainer(container.id),
  );
  for (const endpoint of endpoints) {
    const target = await engine.store.read((snapshot) =>
      attachTarget(snapshot, container, run, endpoint, identity),
    );
    await attach(engine, target);
  }
}

function launchMode(engine: Engine, container: Container, run: Run, streams: StreamMode): Launch {
  const [program, ...rest] = engine.reap;
  const reap = [program, ...rest, container.id, run.id] as const;
  if (streams === 'detached') return { mode: 'detached', reap };
  const terminal = streams === 'foreground' ? {} : { terminal: streams.terminal };
  return { mode: 'foreground', stdin: container.interactive, ...terminal, reap };
}
