import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { withLocks } from '../records/locking.ts';
import { emptyNetwork, recoverNetwork } from '../lifecycle/recovery.ts';
import { resolveNetwork, vanished } from '../records/resolve.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { liveResources, networkOwner } from '../records/claims.ts';
import { eraseNetwork } from '../lifecycle/removal.ts';

/**
 * Disconnects every container from a network and removes it. Returns its id. Can be repeated until it is done.
 * @throws KleenetError NETWORK_NOT_FOUND, PLATFORM_COMMAND_FAILED
 */
export function removeNetwork(engine: Engine, reference: string): Promise<string> {
  return mendingOthers(engine, () => removeNamed(engine, reference));
}

async function removeNamed(engine: Engine, reference: string): Promise<string> {
  await sweep(engine);
  const { id } = await engine.store.read((snapshot) => resolveNetwork(snapshot, reference));
  await engine.platform.requirePrivilege();
  await removeById(engine, id);
  return id;
}

/**
 * Removes networks without containers, and reports the id of each removed one. Stopped containers count as connected.
 */
export function pruneNetworks(engine: Engine, removed: (id: string) => void): Promise<void> {
  return mendingOthers(engine, () => removeUnused(engine, removed));
}

async function removeUnused(engine: Engine, removed: (id: string) => void): Promise<void> {
  await sweep(engine);
  const unused = await engine.store.read((snapshot) =>
    snapshot.networks.list().filter(({ id }) => snapshot.endpoints.byNetwork(id).length === 0),
  );
  if (unused.length > 0) await engine.platform.requirePrivilege();
  for (const { id } of unused) {
    if (await removeById(engine, id, { unusedOnly: true })) removed(id);
  }
}

function removeById(
  engine: Engine,
  id: string,
  options: { readonly unusedOnly?: boolean } = {},
): Promise<boolean> {
  return withLocks(engine, { networks: [id], networkMode: 'exclusive' }, async () => {
    const network = await recoverNetwork(engine, id);
    if (network === undefined) return true;
    const used = await engine.store.read((snapshot) => snapshot.endpoints.byNetwork(id).length > 0);
    if (used && options.unusedOnly === true) return false;
    const identity = await engine.platform.identity();
    await engine.store.write((tx) => {
      // Refuses another host's network before anything is changed.
      liveResources(tx.claims.byOwner(networkOwner(network)), identity);
      if (tx.networks.get(id) === undefined) throw vanished('network', network.name);
      tx.networks.update({ ...network, state: 'removing' });
    });
    await emptyNetwork(engine, network);
    await eraseNetwork(engine, network);
    engine.locks.discard(`network-${id}`);
    engine.locks.discard(`up-${id}`);
    return true;
  });
}
