import type { IpAddress } from '../address/types.ts';
import type { Pool } from '../model.ts';
import type { PoolKey } from '../store.ts';
import type { Reservation } from './reservations.ts';

/** A request for an address: owner and pool. */
export interface AllocationRequest {
  readonly key: PoolKey;
  /** For messages. */
  readonly networkName: string;
  readonly pool: Pool;
  /** The result of `reservations` for the same pool. */
  readonly reservations: readonly Reservation[];
  /** The id of the endpoint that will hold the address. */
  readonly owner: string;
  /** This address and no other. It may lie outside the pool's range. */
  readonly requested?: IpAddress;
  /** Names the holder of an address in a message, for example `container web1`. */
  readonly describeOwner: (owner: string) => string;
}
