import type { Lease } from '../model.ts';
import type { LeaseReads, LeaseWrites, PoolKey, Span } from '../store.ts';
import { frozen } from '../frozen.ts';
import { type Journal, JournaledMap } from './journal.ts';
import { SortedSpans } from './sorted-spans.ts';
import { violated } from './tables.ts';

/** The leases of one pool. */
interface PoolLeases {
  readonly leases: JournaledMap<bigint, Lease>;
  readonly spans: SortedSpans;
}

/** The leases of all pools. */
export class LeaseTable implements LeaseReads, LeaseWrites {
  readonly #journal: Journal;
  readonly #check: (pool: PoolKey, lease: Lease) => void;
  readonly #pools: Map<string, PoolLeases>;
  readonly #cursors: JournaledMap<string, bigint>;

  /** @param check - throws when the lease may not be stored */
  constructor(
    journal: Journal,
    check: (pool: PoolKey, lease: Lease) => void,
    source: LeaseTable | undefined,
  ) {
    this.#journal = journal;
    this.#check = check;
    this.#cursors = new JournaledMap(journal, source === undefined ? undefined : source.#cursors);
    this.#pools = new Map();
    for (const [key, { leases, spans }] of source === undefined ? [] : source.#pools) {
      this.#pools.set(key, {
        leases: new JournaledMap(journal, leases),
        spans: new SortedSpans(journal, spans),
      });
    }
  }

  get(pool: PoolKey, address: bigint): Lease | undefined {
    return this.#pool(pool).leases.get(address);
  }

  byOwner(owner: string): readonly Lease[] {
    return [...this.#pools.values()].flatMap(({ leases }) =>
      leases.values().filter((lease) => lease.owner === owner),
    );
  }

  list(pool: PoolKey): readonly Lease[] {
    const entries = [...this.#pool(pool).leases.entries()];
    return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lease]) => lease);
  }

  count(pool: PoolKey): number {
    return this.#pool(pool).leases.size;
  }

  spanAtOrBelow(pool: PoolKey, address: bigint): Span | undefined {
    return this.#pool(pool).spans.atOrBelow(address);
  }

  cursor(pool: PoolKey): bigint | undefined {
    return this.#cursors.get(keyOf(pool));
  }

  insert(pool: PoolKey, address: bigint, lease: Lease): void {
    const { leases } = this.#pool(pool);
    if (leases.has(address)) throw violated(`${lease.address} is leased already`);
    this.#check(pool, lease);
    leases.set(address, frozen(lease));
  }

  remove(pool: PoolKey, address: bigint, owner: string): boolean {
    const { leases } = this.#pool(pool);
    if (leases.get(address)?.owner !== owner) return false;
    leases.delete(address);
    return true;
  }

  putSpan(pool: PoolKey, span: Span): void {
    this.#pool(pool).spans.put(span);
  }

  removeSpan(pool: PoolKey, first: bigint): void {
    this.#pool(pool).spans.remove(first);
  }

  setCursor(pool: PoolKey, address: bigint): void {
    this.#cursors.set(keyOf(pool), address);
  }

  /** Deletes the remaining data of a pool without leases when its network is removed. */
  dropPool(pool: PoolKey): void {
    this.#cursors.delete(keyOf(pool));
    this.#pool(pool).spans.clear();
  }

  #pool(pool: PoolKey): PoolLeases {
    const key = keyOf(pool);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const empty = {
      leases: new JournaledMap<bigint, Lease>(this.#journal),
      spans: new SortedSpans(this.#journal),
    };
    this.#pools.set(key, empty);
    return empty;
  }
}

function keyOf(pool: PoolKey): string {
  return `${pool.family} ${pool.networkId}`;
}
