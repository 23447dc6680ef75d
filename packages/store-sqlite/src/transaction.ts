/** What the function of a transaction gets. */
import type { Snapshot, Transaction } from '@kleenet/core';
import type { Queries } from './database.ts';
import { leaseReadsOf, leaseWritesOf } from './leases.ts';
import { CONTAINER, ENDPOINT, IMAGE, NETWORK } from './objects.ts';
import {
  claimReadsOf,
  claimWritesOf,
  endpointReadsOf,
  namedReadsOf,
  runReadsOf,
  runWritesOf,
  unsettledOf,
  writesOf,
} from './tables.ts';

export function snapshotOf(queries: Queries): Snapshot {
  return {
    networks: namedReadsOf(queries, NETWORK),
    containers: namedReadsOf(queries, CONTAINER),
    images: namedReadsOf(queries, IMAGE),
    endpoints: endpointReadsOf(queries),
    runs: runReadsOf(queries),
    claims: claimReadsOf(queries),
    leases: leaseReadsOf(queries),
    unsettled: () => unsettledOf(queries),
  };
}

export function transactionOf(queries: Queries): Transaction {
  const reads = snapshotOf(queries);
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
