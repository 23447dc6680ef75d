/** What core hands to operations on the host. */
import assert from 'node:assert/strict';
import type { Operation, Resource } from '../../src/driver.ts';

const { signal } = new AbortController();

/** Takes every claim. */
export const CLAIMING: Operation = { signal, claim: () => Promise.resolve() };

/** For operations that have nothing to claim: whatever they make was planned. */
export const CLAIMLESS: Operation = {
  signal,
  claim: () => assert.fail('nothing is to be claimed'),
};

/** Takes every claim, and keeps it. */
export function keepingClaims(): { readonly operation: Operation; readonly claims: Resource[] } {
  const claims: Resource[] = [];
  return { operation: { signal, claim: async (resource) => void claims.push(resource) }, claims };
}
