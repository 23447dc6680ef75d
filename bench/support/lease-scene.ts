/** A store whose pool is filled as the allocator would have left it, and leases in it. */
import { familyOf, fromNumber, parseCidr, spanOf } from '../../packages/core/src/address/index.ts';
import { allocate, release, reservations } from '../../packages/core/src/allocator/index.ts';
import type { IpAddress } from '../../packages/core/src/address/types.ts';
import type { Pool } from '../../packages/core/src/model.ts';
import type { PoolKey, Store, Transaction } from '../../packages/core/src/store.ts';
import {
  sampleContainer,
  sampleEndpoint,
  sampleNetwork,
} from '../../packages/core/test/support/samples.ts';
import { openStore } from '../../packages/store-sqlite/src/index.ts';

const SUBNET = '10.0.0.0/8';
/** How many leases one transaction writes while a pool is filled. */
const BATCH = 20_000;

/** From the third address on, without gaps or with every second address free. */
export interface Fill {
  readonly leases: number;
  readonly step: 1 | 2;
}

export class LeaseScene {
  readonly store: Store;
  readonly #fill: Fill;
  readonly #pool: Pool = { subnet: parseCidr(SUBNET), gatewayOnHost: true, exclude: [] };
  readonly #key: PoolKey;
  readonly #owner: string;

  private constructor(store: Store, fill: Fill, networkId: string, owner: string) {
    this.store = store;
    this.#fill = fill;
    this.#key = { networkId, family: familyOf(SUBNET) };
    this.#owner = owner;
  }

  static async open(directory: string, fill: Fill): Promise<LeaseScene> {
    const store = await openStore({ directory, uid: process.geteuid?.() ?? -1 });
    const [network, container] = [sampleNetwork(), sampleContainer()];
    const endpoint = sampleEndpoint(network, container);
    await store.write((transaction) => {
      transaction.networks.insert(network);
      transaction.containers.insert(container);
      transaction.endpoints.insert(endpoint);
    });
    const scene = new LeaseScene(store, fill, network.id, endpoint.id);
    await scene.#insertAll();
    return scene;
  }

  /** The next search begins anywhere among the leases, so that it has to find its way past them. */
  moveCursor({ leases }: Transaction): void {
    const index = Math.floor(Math.random() * Math.max(1, this.#fill.leases));
    leases.setCursor(this.#key, this.#numberAt(index));
  }

  lease({ leases }: Transaction): IpAddress {
    return allocate(leases, {
      key: this.#key,
      networkName: 'bench',
      pool: this.#pool,
      reservations: reservations(this.#pool, this.#key.family, []),
      owner: this.#owner,
      describeOwner: (id) => id,
    });
  }

  release({ leases }: Transaction, address: IpAddress): void {
    if (!release(leases, this.#key, address, this.#owner))
      throw new Error(`${address} was not released`);
  }

  count(): Promise<number> {
    return this.store.read(({ leases }) => leases.count(this.#key));
  }

  async #insertAll(): Promise<void> {
    const { leases, step } = this.#fill;
    for (let done = 0; done < leases; done += BATCH) {
      const until = Math.min(done + BATCH, leases);
      await this.store.write((transaction) => this.#insert(transaction, done, until));
    }
    if (step === 2 || leases === 0) return;
    const span = { first: this.#numberAt(0), last: this.#numberAt(leases - 1) };
    await this.store.write((transaction) => transaction.leases.putSpan(this.#key, span));
  }

  #insert({ leases }: Transaction, from: number, until: number): void {
    const { networkId, family } = this.#key;
    for (let index = from; index < until; index += 1) {
      const number = this.#numberAt(index);
      const lease = { networkId, address: fromNumber(family, number), owner: this.#owner };
      leases.insert(this.#key, number, lease);
      if (this.#fill.step === 2) leases.putSpan(this.#key, { first: number, last: number });
    }
  }

  /** The number of the lease with this index. */
  #numberAt(index: number): bigint {
    return spanOf(this.#pool.subnet).first + 2n + BigInt(index * this.#fill.step);
  }
}
