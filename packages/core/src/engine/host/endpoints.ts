import { FAMILIES } from '../../address/types.ts';
import { release } from '../../allocator/index.ts';
import type { Endpoint } from '../../model.ts';
import type { Transaction } from '../../store.ts';
import { endpointOwner } from '../records/claims.ts';

/** Forgets an endpoint and frees its leases. What it had on the host is gone by then. */
export function deleteEndpoint(tx: Transaction, endpoint: Endpoint): void {
  tx.claims.removeByOwner(endpointOwner(endpoint));
  abandonEndpoint(tx, endpoint);
}

/** The same, when the host could not be cleaned: the claims stay, for `klee system check` to show what is left. */
export function abandonEndpoint(tx: Transaction, endpoint: Endpoint): void {
  for (const family of FAMILIES) {
    const address = endpoint.addresses[family];
    if (address !== undefined)
      release(tx.leases, { networkId: endpoint.networkId, family }, address, endpoint.id);
  }
  tx.endpoints.remove(endpoint.id);
}
