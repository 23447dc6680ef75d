/** What core hands to operations on the host. */
import assert from 'node:assert/strict';
import type { Resource } from '../../src/driver.ts';
import type { OperationHost } from '../../src/platform.ts';

const { signal } = new AbortController();

/** Takes every claim. */
export const CLAIMING: OperationHost = { signal, claim: () => Promise.resolve() };

/** For operations that have nothing to claim: whatever they make was planned. */
export const CLAIMLESS: OperationHost = {
  signal,
  claim: () => assert.fail('nothing is to be claimed'),
};

/** Takes every claim, and keeps it. */
export function keepingClaims(): { readonly host: OperationHost; readonly claims: Resource[] } {
  const claims: Resource[] = [];
  return { host: { signal, claim: async (resource) => void claims.push(resource) }, claims };
}
