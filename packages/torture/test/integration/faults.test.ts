/** One fault of a host command in a command of klee each; and the proof that the machine can find something. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A klee that calls every failure a success, and says nothing. */
const LYING = `
import { spawnSync } from 'node:child_process';
const { stdout } = spawnSync(process.execPath, [KLEE, ...process.argv.slice(2)], { stdio: ['ignore', 'pipe', 'ignore'] });
process.stdout.write(stdout);
`;

test('it is found when a command says that it is done, and is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'torture-lying-'));
  try {
    const klee = join(folder, 'klee.mjs');
    const real = join(import.meta.dirname, '../../../../bin/klee');
    writeFileSync(klee, LYING.replace('KLEE', JSON.stringify(real)));
    const only: HostFault = { key: 'ip', nth: 3, sort: 'cut' };
    const order = { scenario: 'network create, bridge', seed: 1, from: 0, count: 1, only, klee };
    const { finding } = await takeFaults(order, () => undefined);
    assert.equal(finding?.kind, 'wrong end', JSON.stringify(finding));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
