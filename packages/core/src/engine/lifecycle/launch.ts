/** Starting a container's command: one path for `start` and `run`, and the mirror of `endRun`. */
import type { Container, HostIdentity, Network, PublishedPort, Run } from '../../model.ts';
import { newId } from '../../names.ts';
import type { Launch, SandboxSpec, Started } from '../../platform.ts';
import type { Transaction } from '../../store.ts';
import { attach, attachTarget, attachTargets } from '../host/attachment.ts';
import type { Engine } from '../context.ts';
import { dataPlane } from '../host/drivers.ts';
import { assureFirewall, openPorts, requireFirewallOf } from '../host/firewall.ts';
import { requireHostPorts } from '../host/host-ports.ts';
import { hostEntries } from './hosts.ts';
import { bringUp } from './network-up.ts';
import { requireOwnAddresses } from '../host/overlapping.ts';
import { recoverContainer } from './recovery.ts';
import type { Attachment } from '../requests/requests.ts';
import { rollback } from '../records/rollback.ts';
import { containerOwner, endpointOwner, insertClaims, operationHost } from '../records/claims.ts';

export interface LaunchRequest {
  readonly containerId: string;
  readonly driver: string;
  /** The networks of its endpoints; the caller holds their locks shared. */
  readonly networks: readonly Network[];
  /** The ports that the container publishes. */
  readonly publishedPorts: readonly PublishedPort[];
  readonly attachment: Attachment;
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
  if (request.networks.length > 0) await (await dataPlane(engine, request.driver)).requireReady();
  await requireFirewallOf(engine, request.networks);
  await requireHostPorts(engine, request.publishedPorts, request.networks);
  await bringUp(engine, request.networks);
  if (request.networks.length > 0) await assureFirewall(engine);
  const spec = await recordIntent(engine, request);
  return rollback(
    engine,
    async () => {
      const started = await startSandbox(engine, spec, request.attachment);
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

async function recordIntent(engine: Engine, request: LaunchRequest): Promise<SandboxSpec> {
  const host = await engine.platform.identity();
  const plane = request.networks.length > 0 ? await dataPlane(engine, request.driver) : undefined;
  return engine.store.write((tx) => {
    const container = request.prepare(tx);
    requireOwnAddresses(tx, container, host);
    const run = newRun(engine, container, host);
    tx.runs.put(run);
    const owner = containerOwner(container);
    insertClaims(tx, owner, engine.platform.sandboxes.planStorage(container), host);
    insertClaims(tx, owner, engine.platform.sandboxes.plan({ container, run }), host);
    for (const target of attachTargets(tx, container, run, host)) {
      insertClaims(tx, endpointOwner(target.endpoint), plane?.plan(target) ?? [], host);
    }
    return { container, run };
  });
}

function newRun(engine: Engine, container: Container, host: HostIdentity): Run {
  const id = newId();
  return {
    id,
    containerId: container.id,
    state: 'starting',
    bootId: host.bootId,
    sandbox: engine.platform.sandboxes.describe(container, id),
    started: engine.clock.now().toISOString(),
  };
}

async function startSandbox(
  engine: Engine,
  spec: SandboxSpec,
  attachment: Attachment,
): Promise<Started> {
  const { container, run } = spec;
  const { sandboxes } = engine.platform;
  const host = operationHost(engine, containerOwner(container));
  await sandboxes.createStorage(container, host);
  const entries = await engine.store.read((snapshot) => hostEntries(snapshot, container));
  if (entries.length > 0) await sandboxes.setHosts([{ container, entries }], host);
  await sandboxes.create(spec, host);
  await attachAll(engine, spec);
  await openPorts(engine, container);
  return sandboxes.start(spec, launchMode(engine, container, run, attachment), host);
}

async function attachAll(engine: Engine, { container, run }: SandboxSpec): Promise<void> {
  const host = await engine.platform.identity();
  const endpoints = await engine.store.read((snapshot) =>
    snapshot.endpoints.byContainer(container.id),
  );
  for (const endpoint of endpoints) {
    const target = await engine.store.read((snapshot) =>
      attachTarget(snapshot, container, run, endpoint, host),
    );
    await attach(engine, target);
  }
}

function launchMode(
  engine: Engine,
  container: Container,
  run: Run,
  attachment: Attachment,
): Launch {
  const [program, ...rest] = engine.reap;
  const reap = [program, ...rest, container.id, run.id] as const;
  if (attachment === 'detached') return { mode: 'detached', reap };
  const terminal = attachment === 'foreground' ? {} : { terminal: attachment.terminal };
  return { mode: 'foreground', stdin: container.interactive, ...terminal, reap };
}
