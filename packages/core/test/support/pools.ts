/** Pools to allocate from, for tests of the allocator. */
import {
  familyOf,
  fromNumber,
  parseCidr,
  parseIpAddress,
  toNumber,
} from '../../src/address/index.ts';
import type { IpAddress } from '../../src/address/index.ts';
import { allocate, poolStats, release, reservations } from '../../src/allocator/index.ts';
import type { PoolStats } from '../../src/allocator/index.ts';
import { MemoryStore } from '../../src/memory-store/index.ts';
import type { Endpoint, Pool } from '../../src/model.ts';
import type { LeaseReads, LeaseWrites, PoolKey, Span, Store } from '../../src/store.ts';
import { sampleContainer, sampleEndpoint, sampleNetwork } from './samples.ts';

/** What a pool is made of, as text. */
export interface PoolParts {
  readonly gateway?: string;
  readonly range?: string;
  readonly exclude?: readonly string[];
  readonly host?: readonly string[];
}

export function makePool(subnet: string, { gateway, range, exclude = [] }: PoolParts = {}): Pool {
  return {
    subnet: parseCidr(subnet),
    gatewayOnHost: true,
    exclude: exclude.map((text) => parseCidr(text)),
    ...(gateway === undefined ? {} : { gateway: parseIpAddress(gateway) }),
    ...(range === undefined ? {} : { range: parseCidr(range) }),
  };
}

/** A network with one pool, and endpoints to lease to. */
export class PoolUnderTest {
  readonly key: PoolKey;
  readonly owners: readonly string[];
  readonly pool: Pool;
  readonly #leases: LeaseReads & LeaseWrites;
  readonly #endpoints: readonly Endpoint[];
  readonly #host: readonly IpAddress[];

  constructor(
    leases: LeaseReads & LeaseWrites,
    endpoints: readonly Endpoint[],
    subnet: string,
    parts: PoolParts = {},
  ) {
    this.#leases = leases;
    this.#endpoints = endpoints;
    this.#host = (parts.host ?? []).map(parseIpAddress);
    this.pool = makePool(subnet, parts);
    this.key = { networkId: endpoints[0]?.networkId ?? '', family: familyOf(subnet) };
    this.owners = endpoints.map(({ id }) => id);
  }

  allocate(requested?: string, owner: string = this.owners[0] ?? ''): IpAddress {
    return allocate(this.#leases, {
      key: this.key,
      networkName: 'testnet',
      pool: this.pool,
      reservations: reservations(this.pool, this.key.family, this.#host),
      owner,
      describeOwner: (id) => `container c${this.owners.indexOf(id)}`,
      ...(requested === undefined ? {} : { requested: parseIpAddress(requested) }),
    });
  }

  release(address: string, owner: string = this.owners[0] ?? ''): boolean {
    return release(this.#leases, this.key, parseIpAddress(address), owner);
  }

  stats(): PoolStats {
    const held = reservations(this.pool, this.key.family, this.#host);
    return poolStats(this.#leases, this.key, this.pool, held);
  }

  /** The same leases, of a network that has been changed since. */
  with(parts: PoolParts): PoolUnderTest {
    return new PoolUnderTest(this.#leases, this.#endpoints, this.pool.subnet, parts);
  }

  /** In descending order. */
  spans(): readonly Span[] {
    const found: Span[] = [];
    let span = this.#leases.spanAtOrBelow(this.key, 2n ** 128n);
    while (span !== undefined) {
      found.push(span);
      span = this.#leases.spanAtOrBelow(this.key, span.first - 1n);
    }
    return found;
  }

  /** The addresses that are leased, in ascending order. */
  leased(): readonly string[] {
    return this.#leases.list(this.key).map(({ address }) => address);
  }

  /** Breaks the index: the run that begins with an address is lost. */
  forgetRun(first: string): void {
    this.#leases.removeSpan(this.key, this.numberOf(first));
  }

  /** Breaks the index: an address that is not leased has a run. */
  inventRun(address: string): void {
    const number = this.numberOf(address);
    this.#leases.putSpan(this.key, { first: number, last: number });
  }

  numberOf(address: string): bigint {
    return toNumber(parseIpAddress(address));
  }

  textOf(number: bigint): IpAddress {
    return fromNumber(this.key.family, number);
  }
}

/** Makes a network with three endpoints, and hands a pool to `work`, all in one transaction. */
export function inPool<T>(
  subnet: string,
  parts: PoolParts,
  work: (pool: PoolUnderTest) => T,
  store: Store = new MemoryStore(),
): Promise<T> {
  return store.write(({ networks, containers, endpoints, leases }) => {
    const network = sampleNetwork();
    networks.insert(network);
    const connected = Array.from({ length: 3 }, () => {
      const container = sampleContainer();
      containers.insert(container);
      const endpoint = sampleEndpoint(network, container);
      endpoints.insert(endpoint);
      return endpoint;
    });
    return work(new PoolUnderTest(leases, connected, subnet, parts));
  });
}
