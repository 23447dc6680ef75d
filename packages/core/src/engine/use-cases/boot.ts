/** Everything up after the host has booted, and everything down before it stops. */
import { isKleenetError } from '../../errors.ts';
import type { Network } from '../../model.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { syncFirewall } from '../host/firewall.ts';
import { withLocks } from '../records/locking.ts';
import { bringUp } from '../lifecycle/network-up.ts';
import { settle } from '../lifecycle/objects.ts';
import { listContainers } from './reports.ts';
import type { Finding } from '../requests/requests.ts';
import { startContainer } from './start-container.ts';
import { stopContainer } from './stop-container.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { networkOwner, ownerless } from '../records/claims.ts';
import { takeDown } from '../lifecycle/removal.ts';

/** The grace period of a command, in milliseconds. */
const STOP_GRACE = 10_000;

/**
 * Brings up all networks and the firewall, and starts the containers with the restart policy `on-startup`. Continues
 * after a failure. Returns the failures.
 */
export function systemUp(engine: Engine): Promise<readonly Finding[]> {
  return mendingOthers(engine, () => bringAllUp(engine));
}

async function bringAllUp(engine: Engine): Promise<readonly Finding[]> {
  await engine.platform.requirePrivilege();
  await sweep(engine);
  const failures: Finding[] = [];
  const networks = await engine.store.read((snapshot) => snapshot.networks.list());
  for (const network of networks) {
    await attempt(failures, 'network', network, () =>
      withLocks(engine, { networks: [network.id] }, () => bringUp(engine, [network])),
    );
  }
  await attempt(failures, 'firewall', { id: '', name: '' }, () => syncFirewall(engine));
  for (const { container, state, run } of await listContainers(engine)) {
    // Runs that ended with the host have not been reaped: locking the container reaps them.
    if (container.autoRemove && state !== 'running' && run?.state === 'running') {
      await attempt(failures, 'container', container, () =>
        settle(engine, { kind: 'container', id: container.id }),
      );
      continue;
    }
    if (container.restart === 'no' || state === 'running') continue;
    await attempt(failures, 'container', container, async () => {
      await startContainer(engine, container.id, 'detached');
    });
  }
  return failures;
}

/** Stops all containers and takes all networks and the firewall down. Leases stay. Returns the failures. */
export function systemDown(engine: Engine): Promise<readonly Finding[]> {
  return mendingOthers(engine, () => takeAllDown(engine));
}

async function takeAllDown(engine: Engine): Promise<readonly Finding[]> {
  await engine.platform.requirePrivilege();
  await sweep(engine);
  const failures: Finding[] = [];
  for (const { container } of await listContainers(engine)) {
    await attempt(failures, 'container', container, () =>
      stopContainer(engine, container.id, STOP_GRACE),
    );
  }
  const networks = await engine.store.read((snapshot) => snapshot.networks.list());
  for (const network of networks) {
    await attempt(failures, 'network', network, () =>
      withLocks(engine, { networks: [network.id], networkMode: 'exclusive' }, () =>
        rest(engine, network),
      ),
    );
  }
  await attempt(failures, 'firewall', { id: '', name: '' }, () =>
    engine.platform.firewall.clear({ ...ownerless(), signal: engine.signal }),
  );
  return failures;
}

/** Kernel settings stay when a network goes down. */
async function rest(engine: Engine, network: Network): Promise<void> {
  await takeDown(engine, network);
  await engine.store.write((tx) => {
    for (const { id, resource } of tx.claims.byOwner(networkOwner(network)))
      if (resource.kind !== 'sysctl') tx.claims.remove(id);
  });
}

async function attempt(
  failures: Finding[],
  kind: string,
  { id, name }: { readonly id: string; readonly name: string },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isKleenetError(error) || error.code === 'INTERRUPTED') throw error;
    failures.push({ kind, id, name, message: error.message });
  }
}
