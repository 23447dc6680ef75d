import type { KleenetError } from '../../errors.ts';
import { inGroups, succeeding } from '../../kit/severally.ts';
import type { HostIdentity, Network } from '../../model.ts';
import type { Transaction } from '../../store.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { acquireNetworks } from '../records/locking.ts';
import { emptyNetwork, recoverNetwork } from '../lifecycle/recovery.ts';
import { forNamed, onlyOne, pruning } from '../records/outcomes.ts';
import type { Settle, Tell } from '../records/outcomes.ts';
import { resolveNetwork, vanished } from '../records/resolve.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { liveResources, networkOwner } from '../records/claims.ts';
import { eraseNetworks } from '../lifecycle/removal.ts';

/**
 * Disconnects every container from a network and removes it. Returns its id. Can be repeated until it is done.
 * @throws KleenetError NETWORK_NOT_FOUND, PLATFORM_COMMAND_FAILED
 */
export function removeNetwork(engine: Engine, reference: string): Promise<string> {
  return onlyOne((tell) => removeNetworks(engine, [reference], tell));
}

/** The same for several together: a failure does not stop the work on the others. */
export function removeNetworks(
  engine: Engine,
  references: readonly string[],
  tell: Tell,
): Promise<void> {
  const named = {
    references,
    before: () => sweep(engine),
    resolve: resolveNetwork,
    again: (reference: string): KleenetError => vanished('network', reference),
    work: async (ids: readonly string[], settle: Settle): Promise<void> => {
      await engine.platform.requirePrivilege();
      await removeAll(engine, ids, 'always', settle);
    },
  };
  return mendingOthers(engine, () => forNamed(engine, named, tell));
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
  if (unused.length === 0) return;
  await engine.platform.requirePrivilege();
  const ids = unused.map(({ id }) => id);
  await pruning(removed, (settle) => removeAll(engine, ids, 'if unused', settle));
}

/** Those with containers stay silently where only unused ones are to be removed. */
type When = 'always' | 'if unused';

/** How many are locked at the same time, and removed with one load of the firewall. */
const GROUP = 128;

async function removeAll(
  engine: Engine,
  ids: readonly string[],
  when: When,
  settle: Settle,
): Promise<void> {
  for (const group of inGroups(ids, GROUP)) {
    const wanted = group.map((id) => ({ id }));
    const held = await acquireNetworks(engine, wanted, 'exclusive', ({ id }, error) =>
      settle(id, error),
    );
    try {
      const locked = held.networks.map(({ id }) => id);
      await removeLocked(engine, locked, when, settle);
    } finally {
      held.release();
    }
  }
}

async function removeLocked(
  engine: Engine,
  ids: readonly string[],
  when: When,
  settle: Settle,
): Promise<void> {
  const failed = ({ id }: { readonly id: string }, error: unknown): void => settle(id, error);
  const present: Network[] = [];
  await succeeding(ids, settle, async (id) => {
    const network = await recoverNetwork(engine, id);
    if (network === undefined) settle(id);
    else present.push(network);
  });
  if (present.length === 0) return;
  const identity = await engine.platform.identity();
  const removing = await engine.store.write((tx) =>
    present
      .filter(({ id }) => when === 'always' || tx.endpoints.byNetwork(id).length === 0)
      .filter((network) => begins(tx, network, identity, failed)),
  );
  const empty = await emptied(engine, removing, failed);
  for (const { id } of await eraseNetworks(engine, empty, failed)) {
    engine.locks.discard(`network-${id}`);
    engine.locks.discard(`up-${id}`);
    settle(id);
  }
}

/** One after the other: emptying one works on several containers at the same time. */
async function emptied(
  engine: Engine,
  networks: readonly Network[],
  failed: (network: Network, error: unknown) => void,
): Promise<readonly Network[]> {
  const empty: Network[] = [];
  for (const network of networks) {
    try {
      await emptyNetwork(engine, network);
      empty.push(network);
    } catch (error) {
      failed(network, error);
    }
  }
  return empty;
}

/** Records the intent, unless the network is of another host. */
function begins(
  tx: Transaction,
  network: Network,
  identity: HostIdentity,
  failed: (network: Network, error: unknown) => void,
): boolean {
  try {
    liveResources(tx.claims.byOwner(networkOwner(network)), identity);
  } catch (error) {
    failed(network, error);
    return false;
  }
  tx.networks.update({ ...network, state: 'removing' });
  return true;
}
