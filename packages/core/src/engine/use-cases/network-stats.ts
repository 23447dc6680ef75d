import { contains, toNumber } from '../../address/index.ts';
import { FAMILIES } from '../../address/types.ts';
import { poolStats, reservations } from '../../allocator/index.ts';
import type { Engine } from '../context.ts';
import type { PoolReport } from '../requests/requests.ts';
import { resolveNetwork } from '../records/resolve.ts';

/** How a network's addresses are used, by family. @throws KleenetError NETWORK_NOT_FOUND */
export async function networkStats(
  engine: Engine,
  reference: string,
): Promise<readonly PoolReport[]> {
  const { addresses } = await engine.platform.network();
  return engine.store.read((snapshot) => {
    const network = resolveNetwork(snapshot, reference);
    return FAMILIES.flatMap((family) => {
      const pool = network.pools[family];
      if (pool === undefined) return [];
      const key = { networkId: network.id, family };
      const ofHost = addresses
        .map(({ address }) => address)
        .filter(
          (address) =>
            contains(pool.subnet, address) &&
            snapshot.leases.get(key, toNumber(address)) === undefined,
        );
      const stats = poolStats(snapshot.leases, key, pool, reservations(pool, family, ofHost));
      return {
        family,
        subnet: pool.subnet,
        size: String(stats.size),
        reserved: String(stats.reserved),
        leased: String(stats.leased),
        free: String(stats.free),
      };
    });
  });
}
