/** The argument of a transaction's function. */
import type { Snapshot, Transaction, Writes } from '@kleenet/core';
import type { Queries } from './database.ts';
import { leaseReadsOf, leaseWritesOf } from './leases.ts';
import { diskFull } from './disk.ts';
import { CONTAINER, ENDPOINT, IMAGE, type Kind, NETWORK } from './objects.ts';
import {
  claimReadsOf,
  claimWritesOf,
  endpointReadsOf,
  memberReadsOf,
  namedReadsOf,
  runReadsOf,
  runWritesOf,
  unsettledOf,
  writesOf as anyWritesOf,
} from './tables.ts';

interface Named {
  readonly id: string;
  readonly name?: string;
}

export function snapshotOf(queries: Queries): Snapshot {
  return {
    networks: namedReadsOf(queries, NETWORK),
    containers: namedReadsOf(queries, CONTAINER),
    images: namedReadsOf(queries, IMAGE),
    endpoints: endpointReadsOf(queries),
    members: memberReadsOf(queries),
    runs: runReadsOf(queries),
    claims: claimReadsOf(queries),
    leases: leaseReadsOf(queries),
    unsettled: () => unsettledOf(queries),
  };
}

/** @param hasRoom - whether objects may be added; without it only changes and removals are possible */
export function transactionOf(queries: Queries, hasRoom: boolean): Transaction {
  const reads = snapshotOf(queries);
  const writesOf = <T extends Named>(source: Queries, kind: Kind<T>): Writes<T> =>
    hasRoom ? anyWritesOf(source, kind) : { ...anyWritesOf(source, kind), insert: refuse };
  const refuse = (): never => {
    throw diskFull(queries.path, { path: queries.path });
  };
  return {
    ...reads,
    networks: { ...reads.networks, ...writesOf(queries, NETWORK) },
    containers: { ...reads.containers, ...writesOf(queries, CONTAINER) },
    images: { ...reads.images, ...writesOf(queries, IMAGE) },
    endpoints: { ...reads.endpoints, ...writesOf(queries, ENDPOINT) },
    runs: { ...reads.runs, ...runWritesOf(queries) },
    claims: { ...reads.claims, ...claimWritesOf(queries) },
    leases: { ...reads.leases, ...leaseWritesOf(queries) },
  };
}
