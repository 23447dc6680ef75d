/**
 * What leasing and releasing one address costs, by how full the pool is. It should cost the same in an empty pool and
 * in one with a million leases.
 *
 *     node --conditions=@kleenet/source --import tsx bench/allocator.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { familyOf, fromNumber, parseCidr, spanOf } from '../packages/core/src/address/index.ts';
import { allocate, release, reservations } from '../packages/core/src/allocator/index.ts';
import type { Pool } from '../packages/core/src/model.ts';
import type { PoolKey, Store, Transaction } from '../packages/core/src/store.ts';
import {
  sampleContainer,
  sampleEndpoint,
  sampleNetwork,
} from '../packages/core/test/support/samples.ts';
import { openStore } from '../packages/store-sqlite/src/index.ts';

/** How many leases one transaction writes while a pool is filled. */
const BATCH = 100_000;
/** How often each pool is timed. The pools take turns, so that other load on the machine falls on all of them. */
const ROUNDS = 80;
/** How many pairs of lease and release are timed together: one takes microseconds. */
const GROUP = 50;

/** A pool that is filled from its third address on, without gaps or with every second address free. */
interface Fill {
  readonly leases: number;
  readonly step: 1 | 2;
}

interface Scene {
  readonly store: Store;
  readonly key: PoolKey;
  readonly pool: Pool;
  readonly owner: string;
  readonly fill: Fill;
}

/** What one lease and its release took, in microseconds. */
interface Sample {
  /** As one of many pairs in a transaction: the allocator and the look-ups of the store. */
  readonly paired: number;
  /** In a transaction of its own, with its durable commit. */
  readonly committed: number;
}

const SUBNETS: readonly string[] = ['10.0.0.0/8', 'fd00:ffff:ffff:ffff::/64'];
const FILLS: readonly Fill[] = [
  { leases: 0, step: 1 },
  { leases: 1_000, step: 1 },
  { leases: 60_000, step: 1 },
  { leases: 1_000_000, step: 1 },
  { leases: 500, step: 2 },
  { leases: 500_000, step: 2 },
];

const directory = mkdtempSync(join(tmpdir(), 'klee-bench-'));
try {
  for (const subnet of SUBNETS) await benchmark(subnet);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function benchmark(subnet: string): Promise<void> {
  const scenes: Scene[] = [];
  for (const fill of FILLS) scenes.push(await setUp(subnet, fill));
  const samples: Sample[][] = scenes.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, scene] of scenes.entries()) samples[index]?.push(await measure(scene));
  }
  report(subnet, samples);
  for (const { store } of scenes) store.close();
}

function report(subnet: string, samples: readonly (readonly Sample[])[]): void {
  // The first rounds run before the compiler has seen the code.
  const settled = samples.map((rounds) => rounds.slice(ROUNDS / 4));
  const paired = settled.map((rounds) => median(rounds.map((sample) => sample.paired)));
  const committed = settled.map((rounds) => median(rounds.map((sample) => sample.committed)));
  print([`\n${subnet}`]);
  print(['leases', 'runs', 'lease+release', 'ratio', 'with commit', 'ratio']);
  for (const [index, { leases, step }] of FILLS.entries()) {
    const runs = step === 1 ? Math.min(leases, 1) : leases;
    print([String(leases), String(runs), ...compare(paired, index), ...compare(committed, index)]);
  }
}

/** A time, and its ratio to that of the empty pool. */
function compare(times: readonly number[], index: number): readonly string[] {
  const time = times.at(index) ?? NaN;
  const empty = times.at(0) ?? NaN;
  return [`${time.toFixed(1)} us`, (time / empty).toFixed(2)];
}

/** Writes leases and runs as the allocator would have left them. */
async function setUp(subnet: string, fill: Fill): Promise<Scene> {
  const store = await openStore({
    directory: join(directory, `${familyOf(subnet)}-${fill.leases}`),
    uid: process.geteuid?.() ?? -1,
  });
  const pool: Pool = { subnet: parseCidr(subnet), gatewayOnHost: true, exclude: [] };
  const [network, container] = [sampleNetwork(), sampleContainer()];
  const endpoint = sampleEndpoint(network, container);
  const key: PoolKey = { networkId: network.id, family: familyOf(subnet) };
  await store.write((transaction) => {
    transaction.networks.insert(network);
    transaction.containers.insert(container);
    transaction.endpoints.insert(endpoint);
  });
  const scene: Scene = { store, key, pool, owner: endpoint.id, fill };
  for (let done = 0; done < fill.leases; done += BATCH) {
    const until = Math.min(done + BATCH, fill.leases);
    await store.write((transaction) => insertLeases(transaction, scene, done, until));
  }
  if (fill.step === 1 && fill.leases > 0) {
    const run = { first: numberAt(scene, 0), last: numberAt(scene, fill.leases - 1) };
    await store.write(({ leases }) => leases.putRun(key, run));
  }
  return scene;
}

function insertLeases({ leases }: Transaction, scene: Scene, from: number, until: number): void {
  const { key, owner, fill } = scene;
  for (let index = from; index < until; index += 1) {
    const number = numberAt(scene, index);
    const address = fromNumber(key.family, number);
    leases.insert(key, number, { networkId: key.networkId, address, owner });
    if (fill.step === 2) leases.putRun(key, { first: number, last: number });
  }
}

/** The number of the lease with this index. */
function numberAt({ pool, fill }: Scene, index: number): bigint {
  return spanOf(pool.subnet).first + 2n + BigInt(index * fill.step);
}

async function measure(scene: Scene): Promise<Sample> {
  const paired = await scene.store.write((transaction) => {
    const started = performance.now();
    for (let index = 0; index < GROUP; index += 1) leaseAndRelease(transaction, scene);
    return ((performance.now() - started) * 1000) / GROUP;
  });
  const started = performance.now();
  await scene.store.write((transaction) => leaseAndRelease(transaction, scene));
  return { paired, committed: (performance.now() - started) * 1000 };
}

/** Begins its search anywhere among the leases, so that it has to find its way past them. */
function leaseAndRelease({ leases }: Transaction, scene: Scene): void {
  const { key, pool, owner, fill } = scene;
  leases.setCursor(key, numberAt(scene, Math.floor(Math.random() * Math.max(1, fill.leases))));
  const address = allocate(leases, {
    key,
    networkName: 'bench',
    pool,
    reservations: reservations(pool, key.family, []),
    owner,
    describeOwner: (id) => id,
  });
  if (!release(leases, key, address, owner)) throw new Error(`${address} was not released`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b).at(values.length / 2) ?? NaN;
}

function print(cells: readonly string[]): void {
  process.stdout.write(`${cells.map((cell) => cell.padStart(15)).join('')}\n`);
}
