import assert from 'node:assert/strict';
import { type ErrorCode, hasCode } from '../../../src/errors.ts';
import type { Container, Endpoint, Network } from '../../../src/model.ts';
import type { Store, Transaction } from '../../../src/store.ts';
import { sampleContainer, sampleEndpoint, sampleNetwork } from '../samples.ts';

/** Adds a test that gets an empty store. */
export type Check = (title: string, body: (store: Store) => Promise<void>) => void;

/** A container in a network. */
export interface Connected {
  readonly network: Network;
  readonly container: Container;
  readonly endpoint: Endpoint;
}

export async function connect(store: Store): Promise<Connected> {
  const [network, container] = [sampleNetwork(), sampleContainer()];
  const endpoint = sampleEndpoint(network, container);
  await store.write(({ networks, containers, endpoints }) => {
    networks.insert(network);
    containers.insert(container);
    endpoints.insert(endpoint);
  });
  return { network, container, endpoint };
}

/** Expects a write to fail with this code. */
export async function refused(
  store: Store,
  code: ErrorCode,
  work: (transaction: Transaction) => void,
): Promise<void> {
  await assert.rejects(
    store.write(work),
    (error) => hasCode(error, code) || assert.fail(String(error)),
  );
}
