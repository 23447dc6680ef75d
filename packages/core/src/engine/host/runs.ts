/** The end of a container's command: cleaning up after the run, whichever process notices first. */
import type { Container, HostIdentity, Run } from '../../model.ts';
import type { SandboxSpec } from '../../platform.ts';
import { survivesReboot } from '../../resource.ts';
import type { Transaction } from '../../store.ts';
import { attachTargets } from './attach-target.ts';
import { detach } from './attachment.ts';
import type { Engine } from '../context.ts';
import { withdrawPorts } from './firewall.ts';
import { tryAll } from '../../kit/index.ts';
import { cleanupFor, containerOwner, endpointOwner } from '../records/claims.ts';

/**
 * Ends a run: detaches every endpoint, destroys the sandbox, and records the exit status. Works for a run that never
 * started completely as well as for one whose command ended long ago. Idempotent. The caller holds the container's
 * lock.
 */
export async function endRun(engine: Engine, container: Container, run: Run): Promise<void> {
  const exitCode = await engine.platform.sandboxes.exitStatus({ container, run });
  await takeRunDown(engine, container, run);
  const ended = engine.clock.now().toISOString();
  await engine.store.write((tx) => {
    recordEnd(tx, container, { ...run, ended, ...(exitCode === undefined ? {} : { exitCode }) });
  });
}

/** The same, but records no end: for a container that is removed, and its run with it. */
export async function takeRunDown(engine: Engine, container: Container, run: Run): Promise<void> {
  const identity = await engine.platform.identity();
  await tryAll([
    ...(container.publishedPorts.length > 0 ? [() => closePorts(engine, container, run)] : []),
    ...(run.bootId === identity.bootId
      ? [() => dismantle(engine, { container, run }, identity)]
      : []),
  ]);
}

/** The rules follow the recorded state, so that a concurrent process cannot open the ports again. */
async function closePorts(engine: Engine, container: Container, run: Run): Promise<void> {
  await engine.store.write((tx) => {
    tx.runs.put({ ...run, state: 'stopping' });
  });
  await withdrawPorts(engine, container);
}

/** Removes the run's resources from the host; tries every step even when one fails. */
async function dismantle(engine: Engine, spec: SandboxSpec, identity: HostIdentity): Promise<void> {
  const { container, run } = spec;
  const targets = await engine.store.read((snapshot) =>
    attachTargets(snapshot, container, run, identity),
  );
  await tryAll([
    ...targets.toReversed().map((target) => () => detach(engine, target)),
    () => engine.platform.sandboxes.destroy(spec, cleanupFor(engine, containerOwner(container))),
  ]);
}

function recordEnd(tx: Transaction, container: Container, run: Run): void {
  tx.runs.put({ ...run, state: 'ended' });
  for (const endpoint of tx.endpoints.byContainer(container.id))
    tx.claims.removeByOwner(endpointOwner(endpoint));
  for (const claim of tx.claims.byOwner(containerOwner(container))) {
    if (!survivesReboot(claim.resource)) tx.claims.remove(claim.id);
  }
}
