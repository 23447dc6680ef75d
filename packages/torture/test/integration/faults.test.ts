/** Faults of host commands, of the disk and of files in commands of klee; and the proof that the machine can find something. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { HostFault } from '../../src/faults/findings.ts';
import { takeFaults } from '../../src/faults/take.ts';

/** Those of a row are put into one host, one after the other: to make a host takes longer. */
const FAULTS: Readonly<Record<string, readonly HostFault[]>> = {
  'half an answer, a firewall that fails once, and a command that is interrupted': [
    { key: 'ip', nth: 3, sort: 'cut' },
    { key: 'nft', nth: 1, sort: 'refused' },
    { key: 'ip', nth: 2, sort: 'interrupted' },
  ],
  'a bad disk, few descriptors, and a damaged database': [
    { key: 'disk', nth: 1, sort: 'disk-full' },
    { key: 'klee', nth: 6, sort: 'few-descriptors' },
    { key: 'kleenet.db', nth: 5, sort: 'overwritten' },
  ],
};

for (const [what, only] of Object.entries(FAULTS)) {
  test(`network create with ${what}: it says so, and is undone, or done`, async () => {
    const { finding, tried, missed } = await takeFaults(
      { scenario: 'network create, bridge', seed: 1, from: 0, count: 1, only },
      () => undefined,
    );
    assert.equal(finding, undefined, JSON.stringify(finding));
    const expected = Object.fromEntries(only.map(({ sort }) => [sort, 1]));
    assert.deepEqual([tried, missed], [expected, 0]);
  });
}

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
