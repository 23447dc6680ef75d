/** Faults of host commands, of the disk and of files in commands of klee; and the proof that the machine can find something. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { HostFault } from '../../src/faults/findings.ts';
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

const OF_THE_STATE: readonly HostFault[] = [
  { key: 'disk', nth: 1, sort: 'disk-full' },
  { key: 'klee', nth: 6, sort: 'few-descriptors' },
  { key: 'kleenet.db', nth: 5, sort: 'overwritten' },
];

test('a command on a bad disk, with few descriptors or damaged files says so, and is done later', async () => {
  const { finding, tried, missed } = await takeFaults(
    { scenario: 'network create, bridge', seed: 1, from: 0, count: 1, only: OF_THE_STATE },
    () => undefined,
  );
  assert.equal(finding, undefined, JSON.stringify(finding));
  assert.deepEqual([Object.keys(tried).length, missed], [OF_THE_STATE.length, 0]);
});

/** A klee that begins anew when its database is not one any more. */
const FORGETFUL = `
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
const root = process.env.KLEE_ROOT;
const database = root + '/kleenet.db';
if (existsSync(database) && !readFileSync(database, 'latin1').startsWith('SQLite'))
  rmSync(root, { recursive: true });
process.exit(spawnSync(process.execPath, [KLEE, ...process.argv.slice(2)], { stdio: 'inherit' }).status);
`;

test('it is found when klee forgets everything with a damaged database', async () => {
  await withKlee(FORGETFUL, async (klee) => {
    const only: HostFault = { key: 'kleenet.db', nth: 2, sort: 'foreign' };
    const order = { scenario: 'network create, bridge', seed: 1, from: 0, count: 1, only, klee };
    const { finding } = await takeFaults(order, () => undefined);
    assert.equal(finding?.kind, 'wrong end', JSON.stringify(finding));
  });
});

/** A klee that calls every failure a success, and says nothing. */
const LYING = `
import { spawnSync } from 'node:child_process';
const { stdout } = spawnSync(process.execPath, [KLEE, ...process.argv.slice(2)], { stdio: ['ignore', 'pipe', 'ignore'] });
process.stdout.write(stdout);
`;

test('it is found when a command says that it is done, and is not', async () => {
  await withKlee(LYING, async (klee) => {
    const only: HostFault = { key: 'ip', nth: 3, sort: 'cut' };
    const order = { scenario: 'network create, bridge', seed: 1, from: 0, count: 1, only, klee };
    const { finding } = await takeFaults(order, () => undefined);
    assert.equal(finding?.kind, 'wrong end', JSON.stringify(finding));
  });
});

/** With a program in place of klee, whose text has the path of the real one as KLEE. */
async function withKlee(text: string, work: (klee: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-klee-'));
  try {
    const klee = join(folder, 'klee.mjs');
    const real = join(import.meta.dirname, '../../../../bin/klee');
    writeFileSync(klee, text.replace('KLEE,', `${JSON.stringify(real)},`));
    await work(klee);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.run();
