import { FAMILIES } from '../address/types.ts';
import { release } from '../allocator/index.ts';
import type { Endpoint } from '../model.ts';
import type { Transaction } from '../store.ts';
import { endpointOwner } from './attachment.ts';

/** Forgets an endpoint and frees its leases. What it had on the host is gone by then. */
export function deleteEndpoint(tx: Transaction, endpoint: Endpoint): void {
  for (const family of FAMILIES) {
    const address = endpoint.addresses[family];
    if (address !== undefined)
      release(tx.leases, { networkId: endpoint.networkId, family }, address, endpoint.id);
  }
  tx.claims.removeByOwner(endpointOwner(endpoint));
  tx.endpoints.remove(endpoint.id);
}
