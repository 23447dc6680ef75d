/** One fault of a host command in a command of klee each. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { HostFault } from '../../src/faults/calls.ts';
import { takeFaults } from '../../src/faults/take.ts';

const FAULTS: readonly (readonly [string, string, HostFault])[] = [
  ['a command that prints a half', 'network create, bridge', { key: 'ip', nth: 3, sort: 'cut' }],
  ['a firewall that fails once', 'network create, bridge', { key: 'nft', nth: 1, sort: 'refused' }],
  [
    'a command that hangs and is interrupted',
    'network create, bridge',
    { key: 'ip', nth: 2, sort: 'interrupted' },
  ],
];

for (const [what, scenario, only] of FAULTS) {
  test(`${scenario} with ${what} is undone, or done`, async () => {
    const { finding, tried, missed } = await takeFaults(
      { scenario, seed: 1, from: 0, count: 1, only },
      () => undefined,
    );
    assert.equal(finding, undefined, JSON.stringify(finding));
    assert.deepEqual([tried, missed], [{ [only.sort]: 1 }, 0]);
  });
}

test.run();
