/** Addresses that a driver learns while it attaches an endpoint. */
import { FAMILIES } from '../../address/types.ts';
import type { Family, IpAddress, PerFamily } from '../../address/types.ts';
import { release } from '../../allocator/index.ts';
import type { AttachTarget } from '../../driver.ts';
import { KleenetError } from '../../errors.ts';
import { vanished } from '../records/resolve.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { attachTarget } from './attach-target.ts';
import { leaseAddress, takenOnHost } from './lease-endpoint.ts';

/**
 * Leases addresses to an endpoint that is being attached, in place of the ones that it has in their families. The hosts files of
 * its network name the container by them as soon as the operation holds no locks.
 * @throws KleenetError ADDRESS_FAMILY_MISSING, ADDRESS_OUT_OF_RANGE, ADDRESS_IN_USE, ADDRESS_RESERVED
 */
export async function bindAddresses(
  engine: Engine,
  target: AttachTarget,
  wanted: PerFamily<IpAddress>,
): Promise<AttachTarget> {
  const { network } = target;
  const identity = await engine.platform.identity();
  const host = takenOnHost(engine.platform, await engine.platform.network(), [network]);
  return engine.store.write((tx) => {
    const { container, endpoint, run } = present(tx, target);
    const addresses: { [F in Family]?: IpAddress } = { ...endpoint.addresses };
    const given = FAMILIES.filter((family) => wanted[family] !== undefined);
    for (const family of given.filter((one) => wanted[one] !== endpoint.addresses[one])) {
      const requested = wanted[family];
      const held = endpoint.addresses[family];
      const pool = network.pools[family];
      if (pool === undefined) throw familyMissing(target, requested);
      const plan = { network, host, owner: endpoint.id, family, pool, requested };
      addresses[family] = leaseAddress(tx, plan);
      if (held !== undefined)
        release(tx.leases, { networkId: network.id, family }, held, endpoint.id);
      engine.rebound.add(network.id);
    }
    const now = { ...endpoint, addresses };
    tx.endpoints.update(now);
    return attachTarget(tx, container, run, now, identity);
  });
}

/** The records are those of this moment: the target is as old as the attachment. */
function present(snapshot: Snapshot, { container, endpoint, runId }: AttachTarget) {
  const holder = snapshot.containers.get(container.id);
  const own = snapshot.endpoints.get(endpoint.id);
  const run = snapshot.runs.byContainer(container.id);
  if (holder === undefined || own === undefined || run?.id !== runId)
    throw vanished('container', container.name);
  return { container: holder, endpoint: own, run };
}

function familyMissing(
  { network, container }: AttachTarget,
  address: IpAddress | undefined,
): KleenetError {
  return new KleenetError(
    'ADDRESS_FAMILY_MISSING',
    `container '${container.name}' was given the address ${address}, and network '${network.name}' has no subnet of that family`,
    {
      hint: 'create the network with a subnet of each family in which addresses are given',
      details: { network: network.name, address },
    },
  );
}
