/**
 * Storage of the state. Not open to plugins; an interface so that engine and allocator can be read and tested without
 * SQLite, and so that leases can move to a shared service later.
 */
import type { Family } from './address/types.ts';
import type { Claim, Container, Endpoint, Image, Lease, Network, Owner, Run } from './model.ts';

/** Objects that have an id. `list` is ordered by creation, then id. */
export interface ReadTable<T> {
  get(id: string): T | undefined;
  list(): readonly T[];
}

/** Objects that also have a unique name. */
export interface NamedReadTable<T> extends ReadTable<T> {
  byName(name: string): T | undefined;
  /** At most `limit` (default 2: enough to know that a prefix is ambiguous) objects whose id starts with `prefix`. */
  byIdPrefix(prefix: string, limit?: number): readonly T[];
}

export interface Writes<T> {
  /** @throws KleenetError NAME_TAKEN or CONSTRAINT_VIOLATED */
  insert(value: T): void;
  /** Replaces the object of the same id. @throws KleenetError NAME_TAKEN, CONSTRAINT_VIOLATED (no such object too) */
  update(value: T): void;
  /**
   * Removes the object; does nothing when it does not exist. @throws KleenetError CONSTRAINT_VIOLATED while referred to
   */
  remove(id: string): void;
}

export interface EndpointReads extends ReadTable<Endpoint> {
  byNetwork(networkId: string): readonly Endpoint[];
  /** In the order of connection; see {@link Endpoint.order}. */
  byContainer(containerId: string): readonly Endpoint[];
  find(networkId: string, containerId: string): Endpoint | undefined;
}

/** What there is of all containers on a network, each by one query: a network may have thousands of them. In no order. */
export interface MemberReads {
  containers(networkId: string): readonly Container[];
  /** Their last runs. */
  runs(networkId: string): readonly Run[];
  /** All of their endpoints, also on other networks. */
  endpoints(networkId: string): readonly Endpoint[];
}

export interface RunReads {
  /** The last run of a container. */
  byContainer(containerId: string): Run | undefined;
  list(): readonly Run[];
}

export interface RunWrites {
  /** Stores a run in place of the container's last one. */
  put(run: Run): void;
}

export interface ClaimReads {
  byOwner(owner: Owner): readonly Claim[];
  list(): readonly Claim[];
}

export interface ClaimWrites {
  insert(claim: Claim): void;
  remove(id: string): void;
  removeByOwner(owner: Owner): void;
}

/** A closed interval of numeric addresses. */
export interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** The addresses of one family of a network. */
export interface PoolKey {
  readonly networkId: string;
  readonly family: Family;
}

/**
 * The leases of all pools. Addresses are numbers here: the order of a pool is their numeric order.
 *
 * Beside the leases each pool has the *spans* that are leased: maximal, without a gap. The allocator keeps
 * them, the store only holds them. They make "the first free address from here" one look-up, however full the pool is.
 */
export interface LeaseReads {
  /** The lease of one address. */
  get(pool: PoolKey, address: bigint): Lease | undefined;
  byOwner(owner: string): readonly Lease[];
  /** Leases in numeric order. */
  list(pool: PoolKey): readonly Lease[];
  count(pool: PoolKey): number;
  /** The leased span with the greatest `first` that is not above `address`. O(log n). */
  spanAtOrBelow(pool: PoolKey, address: bigint): Span | undefined;
  /** The address that was last chosen automatically. */
  cursor(pool: PoolKey): bigint | undefined;
}

export interface LeaseWrites {
  /** @throws KleenetError CONSTRAINT_VIOLATED when the address is leased */
  insert(pool: PoolKey, address: bigint, lease: Lease): void;
  /** Removes the lease if `owner` holds it. Returns whether it did. */
  remove(pool: PoolKey, address: bigint, owner: string): boolean;
  putSpan(pool: PoolKey, span: Span): void;
  removeSpan(pool: PoolKey, first: bigint): void;
  setCursor(pool: PoolKey, address: bigint): void;
}

/** A read transaction: one consistent view of the state. */
export interface Snapshot {
  readonly networks: NamedReadTable<Network>;
  readonly containers: NamedReadTable<Container>;
  readonly images: NamedReadTable<Image>;
  readonly endpoints: EndpointReads;
  readonly members: MemberReads;
  readonly runs: RunReads;
  readonly claims: ClaimReads;
  readonly leases: LeaseReads;
  /**
   * The objects in the middle of an operation: networks, containers and images that are not `ready`, endpoints that
   * are not `connected`, and containers whose run is `starting` or `stopping`. Each object once.
   */
  unsettled(): readonly Owner[];
}

/** Additional methods of a write transaction. */
export interface Transaction extends Snapshot {
  readonly networks: NamedReadTable<Network> & Writes<Network>;
  readonly containers: NamedReadTable<Container> & Writes<Container>;
  readonly images: NamedReadTable<Image> & Writes<Image>;
  readonly endpoints: EndpointReads & Writes<Endpoint>;
  readonly runs: RunReads & RunWrites;
  readonly claims: ClaimReads & ClaimWrites;
  readonly leases: LeaseReads & LeaseWrites;
}

/**
 * Transactions are functions, so that one cannot be left open. The function is synchronous: it cannot await anything
 * else while it holds the database.
 */
export interface Store {
  /** @throws KleenetError DATABASE_DAMAGED, DATABASE_NEWER, DATABASE_BUSY, DATABASE_UNAVAILABLE */
  read<T>(work: (snapshot: Snapshot) => T): Promise<T>;
  /** Commits durably when `work` returns; rolls back when it throws, and throws the same. Serialised across processes. */
  write<T>(work: (transaction: Transaction) => T): Promise<T>;
  /** A store over the same state with private writes that are discarded when it is closed. For dry runs. */
  rehearse(): Promise<Store>;
  /** The database's own integrity checks: one line for each problem. */
  verify(): Promise<readonly string[]>;
  close(): void;
}

/** The mode of a lock. */
export type LockMode = 'shared' | 'exclusive';

/** A held lock. Released explicitly, or by the death of the process. */
export interface Lock {
  release(): void;
}

export interface LockRequest {
  /** The lock's name, valid as a file name: `network-ID`, `container-ID`, `firewall`. */
  readonly key: string;
  readonly mode: LockMode;
  /** Shown to waiting processes, for example `klee network connect testnet container1`. */
  readonly purpose: string;
  /** How long to wait, in milliseconds; 0 to try once. */
  readonly patience: number;
}

/** Locks between processes. The operating system releases them when their process dies. */
export interface Locks {
  /** @throws KleenetError OBJECT_BUSY after the patience is used up; the message names the holder */
  acquire(request: LockRequest, signal?: AbortSignal): Promise<Lock>;
  /** Deletes a lock's file after its object is removed. */
  discard(key: string): void;
}
