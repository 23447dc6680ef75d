/** The store on disks that take nothing more: full, without inodes, read-only. Mounts file systems of its own. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Store } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { sampleContainer, sampleNetwork } from '../../../core/test/support/samples.ts';
import { openLocks, openStore } from '../../src/index.ts';
import { uid } from '../support/place.ts';

/** Runs `work` on a small file system. */
async function onDisk(options: string, work: (directory: string) => Promise<void>): Promise<void> {
  const disk = mkdtempSync(join(tmpdir(), 'klee-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=700,${options}`, 'tmpfs', disk]);
  try {
    await work(join(disk, 'state'));
  } finally {
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  }
}

function fillUp(directory: string): void {
  assert.throws(() => {
    for (;;) appendFileSync(join(directory, 'filler'), Buffer.alloc(4096));
  }, /ENOSPC/);
}

async function fillStore(directory: string): Promise<Store> {
  const store = await openStore({ directory, uid });
  for (let i = 0; i < 40; i++) {
    await store.write(({ networks, containers }) => {
      networks.insert(sampleNetwork({ id: `a${i}`, name: `n${i}` }));
      containers.insert(sampleContainer({ id: `b${i}`, name: `c${i}` }));
    });
  }
  return store;
}

/** As a command does: it marks each object first, and removes it then; every one with a process of its own. */
async function removeAll(directory: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const store = await openStore({ directory, uid });
    const reason = 'a text that makes the record longer than it was '.repeat(20);
    await store.write(({ networks, containers }) => {
      networks.update(
        sampleNetwork({ id: `a${i}`, name: `n${i}`, state: 'removing', parked: reason }),
      );
      containers.update(
        sampleContainer({ id: `b${i}`, name: `c${i}`, state: 'removing', parked: reason }),
      );
    });
    await store.write(({ networks, containers }) => {
      networks.remove(`a${i}`);
      containers.remove(`b${i}`);
    });
    store.close();
  }
}

const isFull = (error: unknown): boolean => {
  assert.ok(hasCode(error, 'DISK_FULL'), String(error));
  assert.match(error.message, /^no space is left on the file system of \//);
  return true;
};

for (const round of ['once', 'twice']) {
  test(`a full disk: reading and removing work, adding says what is full, ${round}`, () =>
    onDisk('size=4m', async (directory) => {
      for (let i = 0; i < (round === 'once' ? 1 : 2); i++) {
        (await fillStore(directory)).close();
        fillUp(directory);
        const store = await openStore({ directory, uid });
        assert.equal(await store.read(({ networks }) => networks.list().length), 40);
        assert.deepEqual(await store.verify(), []);
        await assert.rejects(async () => {
          for (let n = 0; n < 1000; n++)
            await store.write(({ networks }) =>
              networks.insert(sampleNetwork({ id: `d${n}`, name: `m${n}` })),
            );
        }, isFull);
        const added = await store.read(({ networks }) => networks.list().length - 40);
        for (let n = 0; n < added; n++)
          await store.write(({ networks }) => networks.remove(`d${n}`));
        await removeAll(directory);
        assert.equal(await store.read(({ networks }) => networks.list().length), 0);
        assert.deepEqual(await store.verify(), []);
        store.close();
        rmSync(join(directory, 'filler'));
      }
    }));
}

test('a disk without inodes: reading, removing and locking what was locked before work', () =>
  onDisk('size=4m,nr_inodes=40', async (directory) => {
    (await fillStore(directory)).close();
    const locks = openLocks({ directory, uid, pid: process.pid });
    const request = { key: 'container-b1', mode: 'exclusive', purpose: 'test' } as const;
    (await locks.acquire({ ...request, patience: 0 })).release();
    assert.throws(() => {
      for (let i = 0; ; i++) writeFileSync(join(directory, `file${i}`), '');
    }, /ENOSPC/);
    const lock = await locks.acquire({ ...request, patience: 0 });
    const waiter = locks.acquire({ ...request, patience: 5000 });
    setTimeout(() => lock.release(), 200);
    (await waiter).release();
    await assert.rejects(
      locks.acquire({ ...request, key: 'container-new', patience: 0 }),
      (error) => hasCode(error, 'DISK_FULL') && error.message.startsWith('no inode is left on'),
    );
    await removeAll(directory);
  }));

test('a read-only disk: reading works, and everything else says why not', () =>
  onDisk('size=4m', async (directory) => {
    (await fillStore(directory)).close();
    const locks = openLocks({ directory, uid, pid: process.pid });
    const request = {
      key: 'container-b1',
      mode: 'exclusive',
      purpose: 'test',
      patience: 0,
    } as const;
    (await locks.acquire(request)).release();
    execFileSync('mount', ['-o', 'remount,ro', join(directory, '..')]);
    const store = await openStore({ directory, uid });
    assert.equal(await store.read(({ networks }) => networks.list().length), 40);
    assert.deepEqual(await store.verify(), []);
    (await locks.acquire(request)).release();
    for (const attempt of [
      () => store.write(({ networks }) => networks.remove('a1')),
      () => locks.acquire({ ...request, key: 'container-new' }),
    ]) {
      await assert.rejects(
        attempt,
        (error) => hasCode(error, 'STATE_READ_ONLY') || assert.fail(String(error)),
      );
    }
    store.close();
  }));

const database = (directory: string): string => join(directory, 'kleenet.db');
const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

test("a full disk that takes the blocks of the log's index: reading, removing, and the log afterwards", () =>
  onDisk('size=6m', async (directory) => {
    (await fillStore(directory)).close();
    const path = database(directory);
    // As the first process does that opens it; then the disk fills before it can go on.
    truncateSync(`${path}-shm`, 3);
    fillUp(directory);
    const store = await openStore({ directory, uid });
    assert.equal(await store.read(({ networks }) => networks.list().length), 40);
    assert.deepEqual(await store.verify(), []);
    store.close();
    assert.equal(size(`${path}-wal`), 0);
    await removeAll(directory);
    assert.equal(size(`${path}-wal`), 0);
    rmSync(join(directory, 'filler'));
    const later = await fillStore(directory);
    assert.deepEqual(await later.verify(), []);
    later.close();
    assert.ok(size(`${path}-wal`) > 1024 * 1024);
  }));

test('a disk that is filled whenever it has a block: reading and removing work', () =>
  onDisk('size=6m', async (directory) => {
    (await fillStore(directory)).close();
    fillUp(directory);
    const filler = spawn('sh', ['-c', 'while :; do cat /dev/zero >>filler 2>/dev/null; done'], {
      cwd: directory,
      stdio: 'ignore',
    });
    try {
      for (let i = 0; i < 20; i++) {
        const store = await openStore({ directory, uid });
        assert.equal(await store.read(({ networks }) => networks.list().length), 40);
        store.close();
      }
      await removeAll(directory);
      const store = await openStore({ directory, uid });
      assert.equal(await store.read(({ networks }) => networks.list().length), 0);
      assert.deepEqual(await store.verify(), []);
      store.close();
    } finally {
      const ended = once(filler, 'close');
      filler.kill('SIGKILL');
      await ended;
    }
  }));

test('what a commit adds to the database has its blocks before the log is copied into it', () =>
  onDisk('size=6m', async (directory) => {
    const store = await fillStore(directory);
    const path = database(directory);
    for (let i = 0; i < 30; i++) {
      await store.write(({ networks }) => {
        for (let n = 0; n < 20; n++)
          networks.insert(sampleNetwork({ id: `e${i}.${n}`, name: `o${i}.${n}` }));
      });
    }
    const before = size(path);
    store.close();
    fillUp(directory);
    await removeAll(directory);
    // Whatever is in the log by now goes into the file.
    execFileSync(process.execPath, [
      ...process.execArgv,
      '--input-type=module',
      '-e',
      `import { loadSqlite } from '${new URL('../../src/connection.ts', import.meta.url).href}';
       const file = (await loadSqlite()).open('${path}', 0);
       file.exec('PRAGMA journal_mode = DELETE');
       file.close();`,
    ]);
    assert.equal(size(path), before);
    const later = await openStore({ directory, uid });
    assert.equal(await later.read(({ networks }) => networks.list().length), 600);
    assert.deepEqual(await later.verify(), []);
    later.close();
  }));

test('a disk without inodes, whose log another program has deleted: reading and removing work', () =>
  onDisk('size=6m,nr_inodes=40', async (directory) => {
    (await fillStore(directory)).close();
    const path = database(directory);
    execFileSync('sqlite3', [path, 'PRAGMA wal_checkpoint(TRUNCATE)']);
    assert.ok(!existsSync(`${path}-wal`) && !existsSync(`${path}-shm`));
    assert.throws(() => {
      for (let i = 0; ; i++) writeFileSync(join(directory, `file${i}`), '');
    }, /ENOSPC/);
    await removeAll(directory);
    const store = await openStore({ directory, uid });
    assert.equal(await store.read(({ networks }) => networks.list().length), 0);
    store.close();
  }));

for (const [title, missing] of [
  ['without its log', ['-wal', '-shm']],
  ['without the index of its log', ['-shm']],
] as const) {
  test(`a copy on a read-only disk, ${title}, can be read, and is not written to`, () =>
    onDisk('size=6m', async (directory) => {
      const filled = await fillStore(directory);
      const path = database(directory);
      filled.close();
      if (missing.length > 1) execFileSync('sqlite3', [path, 'PRAGMA wal_checkpoint(TRUNCATE)']);
      else rmSync(`${path}-shm`);
      for (const end of missing) assert.ok(!existsSync(`${path}${end}`));
      execFileSync('mount', ['-o', 'remount,ro', join(directory, '..')]);
      const store = await openStore({ directory, uid });
      assert.equal(await store.read(({ networks }) => networks.list().length), 40);
      assert.deepEqual(await store.verify(), []);
      await assert.rejects(
        store.write(({ networks }) => networks.remove('a1')),
        (error) => hasCode(error, 'STATE_READ_ONLY') || assert.fail(String(error)),
      );
      assert.equal(await store.read(({ networks }) => networks.list().length), 40);
      // Nothing of the copy is kept.
      execFileSync('mount', ['-o', 'remount,rw', join(directory, '..')]);
      await store.write(({ networks }) => networks.remove('a1'));
      assert.equal(await store.read(({ networks }) => networks.list().length), 39);
      store.close();
    }));
}

test.run();
