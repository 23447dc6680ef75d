import { FAMILIES } from '../../address/types.ts';
import { release } from '../../allocator/index.ts';
import type { Endpoint } from '../../model.ts';
import type { Snapshot, Transaction } from '../../store.ts';
import { endpointOwner } from '../records/claims.ts';

/** An endpoint with the addresses that its driver has bound meanwhile. */
export function latest(snapshot: Snapshot, endpoint: Endpoint): Endpoint {
  const { addresses } = snapshot.endpoints.get(endpoint.id) ?? endpoint;
  return { ...endpoint, addresses };
}

/** Deletes an endpoint and frees its leases. Its resources on the host are already gone. */
export function deleteEndpoint(tx: Transaction, endpoint: Endpoint): void {
  tx.claims.removeByOwner(endpointOwner(endpoint));
  abandonEndpoint(tx, endpoint);
}

/** The same when cleaning the host failed: the claims stay, so that `klee system check` lists what remains. */
export function abandonEndpoint(tx: Transaction, endpoint: Endpoint): void {
  for (const family of FAMILIES) {
    const address = endpoint.addresses[family];
    if (address !== undefined)
      release(tx.leases, { networkId: endpoint.networkId, family }, address, endpoint.id);
  }
  tx.endpoints.remove(endpoint.id);
}
