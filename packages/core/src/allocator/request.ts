import { spanOf } from '../address/cidr.ts';
import { FAMILY_NAMES, familyOf } from '../address/ip.ts';
import type { IpAddress } from '../address/types.ts';
import { KleenetError } from '../errors.ts';
import type { Pool } from '../model.ts';
import type { LeaseReads, PoolKey } from '../store.ts';
import { leasedWithin } from './leased-spans.ts';
import type { Reservation } from './reservations.ts';
import { sizeOf } from './spans.ts';
import type { PoolStats } from './stats.ts';
import { poolStats } from './stats.ts';

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

/** Why an address was not leased, in words. */

const CHOOSE_OTHER = 'request another address, or none to get a free one';

/** The requested address is of the other family. */
export function familyMissing(
  { key, networkName, pool }: AllocationRequest,
  requested: IpAddress,
): KleenetError {
  const wanted = FAMILY_NAMES[key.family];
  const given = FAMILY_NAMES[familyOf(requested)];
  const message = `${requested} is an ${given} address, and the subnet ${pool.subnet} of network ${networkName} is ${wanted}`;
  return new KleenetError('ADDRESS_FAMILY_MISSING', message, {
    hint: `ask for an ${wanted} address in ${pool.subnet}`,
    details: { network: networkName, subnet: pool.subnet, address: requested },
  });
}

/** The requested address is outside the subnet. */
export function outOfRange(
  { networkName, pool }: AllocationRequest,
  requested: IpAddress,
): KleenetError {
  const message = `${requested} is outside the subnet ${pool.subnet} of network ${networkName}`;
  return new KleenetError('ADDRESS_OUT_OF_RANGE', message, {
    hint: `ask for an address in ${pool.subnet}`,
    details: { network: networkName, subnet: pool.subnet, address: requested },
  });
}

/** The requested address is leased to `holder`. */
export function inUse(
  request: AllocationRequest,
  requested: IpAddress,
  holder: string,
): KleenetError {
  const { networkName, describeOwner } = request;
  const message = `${requested} is in use in network ${networkName}: ${describeOwner(holder)} has it`;
  return new KleenetError('ADDRESS_IN_USE', message, {
    hint: CHOOSE_OTHER,
    details: { network: networkName, address: requested, owner: holder },
  });
}

/** The requested address is held back. */
export function reserved(
  { networkName }: AllocationRequest,
  requested: IpAddress,
  reason: string,
): KleenetError {
  return new KleenetError(
    'ADDRESS_RESERVED',
    `${requested} is reserved in network ${networkName}: ${reason}`,
    {
      hint: CHOOSE_OTHER,
      details: { network: networkName, address: requested, reason },
    },
  );
}

/** Nothing is left to choose from. */
export function exhausted(leases: LeaseReads, request: AllocationRequest): KleenetError {
  const { key, networkName, pool, reservations } = request;
  const bounds = spanOf(pool.range ?? pool.subnet);
  const place = pool.range === undefined ? pool.subnet : `the range ${pool.range}`;
  const size = sizeOf(bounds);
  const leased = leasedWithin(leases, key, bounds);
  const message =
    `no free ${FAMILY_NAMES[key.family]} address is left in network ${networkName}: ` +
    `${leased} of ${size} in ${place} are leased, ${size - leased} reserved`;
  return new KleenetError('POOL_EXHAUSTED', message, {
    hint: wayOut(request, poolStats(leases, key, pool, reservations)),
    details: {
      network: networkName,
      family: key.family,
      subnet: pool.subnet,
      ...(pool.range === undefined ? {} : { range: pool.range }),
      leased: String(leased),
    },
  });
}

function wayOut({ networkName, pool }: AllocationRequest, { free, leased }: PoolStats): string {
  if (free > 0n) return `ask for an address outside the range; free in ${pool.subnet}: ${free}`;
  const larger = 'use a network with a larger subnet';
  return leased === 0n ? larger : `disconnect a container from ${networkName}, or ${larger}`;
}
