import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@kleenet/core';
import { type ErrorCode, hasCode } from '@kleenet/core/errors';
import {
  sampleContainer,
  sampleEndpoint,
  sampleNetwork,
} from '../../../core/test/support/samples.ts';
import { loadSqlite } from '../../src/connection.ts';
import { openStore } from '../../src/index.ts';

/** The user that the tests run as. */
export const uid = process.geteuid?.() ?? -1;

/** A state directory of its own for one test, which need not be there. */
export interface Place {
  readonly directory: string;
  readonly database: string;
  readonly open: (patience?: number) => Promise<Store>;
}

/** A store with a network, a container, and the endpoint between them. */
export async function fill({ open }: Place): Promise<Store> {
  const store = await open();
  const [network, container] = [sampleNetwork(), sampleContainer()];
  await store.write(({ networks, containers, endpoints }) => {
    networks.insert(network);
    containers.insert(container);
    endpoints.insert(sampleEndpoint(network, container));
  });
  return store;
}

/** Runs SQL as a hand with another program would. */
export async function edit({ database }: Place, sql: string): Promise<void> {
  const connection = (await loadSqlite()).open(database, 1000);
  try {
    connection.exec(sql);
  } finally {
    connection.close();
  }
}

/** Expects a new store to refuse whatever it is asked for. */
export async function refuses({ open }: Place, code: ErrorCode): Promise<void> {
  const store = await open();
  for (const attempt of [store.read(() => {}), store.write(() => {}), store.rehearse()]) {
    await assert.rejects(attempt, (error) => hasCode(error, code) || assert.fail(String(error)));
  }
}

/** Where files are in memory, if anywhere: for tests with thousands of commits, which are not about the speed of a disk. */
export const IN_MEMORY: string = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Runs `work` in a new place, and removes the place. */
export async function inPlace(
  work: (place: Place) => Promise<void>,
  parent: string = tmpdir(),
): Promise<void> {
  const base = mkdtempSync(join(parent, 'klee-store-'));
  // For the tests that try it as another user.
  chmodSync(base, 0o755);
  const directory = join(base, 'state');
  const stores: Store[] = [];
  try {
    await work({
      directory,
      database: join(directory, 'kleenet.db'),
      async open(patience = 10_000) {
        const store = await openStore({ directory, uid, patience });
        stores.push(store);
        return store;
      },
    });
  } finally {
    for (const store of stores) store.close();
    rmSync(base, { recursive: true, force: true });
  }
}
