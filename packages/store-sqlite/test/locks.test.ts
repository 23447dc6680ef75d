import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import type { LockMode, LockRequest, Locks } from '@kleenet/core';
import { hasCode, isKleenetError } from '@kleenet/core/errors';
import { openLocks } from '../src/index.ts';
import { type Child, runChild } from './support/child.ts';
import { inPlace, uid } from './support/place.ts';

const KEY = 'network-0123456789ab';

test('in one process: exclusive excludes, shared shares, release frees, and may be repeated', () =>
  withLocks(async (locks) => {
    const one = await locks.acquire(request('shared'));
    const two = await locks.acquire(request('shared'));
    await isBusy(locks.acquire(request('exclusive')));
    one.release();
    await isBusy(locks.acquire(request('exclusive')));
    two.release();
    const alone = await locks.acquire(request('exclusive'));
    one.release();
    await isBusy(locks.acquire(request('exclusive')));
    await isBusy(locks.acquire(request('shared')));
    (await locks.acquire({ ...request('exclusive'), key: 'another' })).release();
    alone.release();
    alone.release();
    (await locks.acquire(request('exclusive'))).release();
  }));

test('between processes: the holder is named, and its death releases', () =>
  withLocks(async (locks, directory) => {
    for (const mode of ['exclusive', 'shared'] as const) {
      const child = await holder(directory, mode, 'klee network connect testnet web');
      const fault = await isBusy(locks.acquire(request('exclusive', 30)));
      assert.match(
        fault,
        new RegExp(
          `${KEY} is held by klee network connect testnet web \\(process ${child.process.pid}, since 20`,
        ),
      );
      if (mode === 'shared') (await locks.acquire(request('shared'))).release();
      else await isBusy(locks.acquire(request('shared')));
      await child.kill();
      (await locks.acquire(request('exclusive'))).release();
    }
  }));

test('something else in the place of a lock is refused, and says what helps', () =>
  withLocks(async (locks, directory) => {
    const folder = `${directory}/locks/${KEY}`;
    for (const put of [
      (path: string) => writeFileSync(path, 'not a lock '.repeat(1000)),
      (path: string) => mkdirSync(path),
    ]) {
      (await locks.acquire(request('exclusive'))).release();
      rmSync(`${folder}/lock`);
      put(`${folder}/lock`);
      for (const mode of ['exclusive', 'shared'] as const) {
        await assert.rejects(locks.acquire(request(mode)), (error) => {
          assert.ok(hasCode(error, 'DATABASE_UNAVAILABLE'), String(error));
          assert.match(error.message, /lock .*\/lock cannot be used: it is not an empty file/);
          assert.equal(error.hint?.includes(`rm -r ${folder}/lock`), true);
          return true;
        });
      }
      rmSync(`${folder}/lock`, { recursive: true });
      (await locks.acquire(request('exclusive'))).release();
    }
  }));

test('something else in the place of the gate keeps no process out', () =>
  withLocks(async (locks, directory) => {
    const gate = `${directory}/locks/${KEY}/gate`;
    for (const put of [
      () => writeFileSync(gate, 'not a gate '.repeat(1000)),
      () => mkdirSync(gate),
    ]) {
      (await locks.acquire(request('exclusive'))).release();
      put();
      (await locks.acquire(request('shared'))).release();
      const lock = await locks.acquire(request('shared'));
      const waiting = locks.acquire(request('exclusive', 5_000));
      setTimeout(() => lock.release(), 50);
      (await waiting).release();
      rmSync(gate, { recursive: true });
    }
  }));

test('the note of a killed holder is not shown once another one has the lock', () =>
  withLocks(async (locks, directory) => {
    const dead = await holder(directory, 'shared', 'the dead');
    await dead.kill();
    const alive = await holder(directory, 'shared', 'the living');
    const fault = await isBusy(locks.acquire(request('exclusive')));
    assert.match(fault, /the living/);
    assert.doesNotMatch(fault, /the dead/);
    await alive.kill();
  }));

test('notes of sharers that are gone do not pile up, and those of the living stay', () =>
  withLocks(async (locks, directory) => {
    const shared = { key: KEY, mode: 'shared', purpose: 'test', patience: 0 } as const;
    const living = await locks.acquire(shared);
    const folder = `${directory}/locks/${KEY}`;
    for (let i = 0; i < 9; i++) writeFileSync(`${folder}/shared-${2 ** 30}-${i}.note`, '{}');
    (await locks.acquire(shared)).release();
    const notes = readdirSync(folder).filter((name) => name.endsWith('.note'));
    assert.equal(notes.length, 1);
    living.release();
  }));

test('notes that make no sense are passed over', () =>
  withLocks(async (locks, directory) => {
    const lock = await locks.acquire({ ...request('shared'), purpose: 'mine' });
    for (const [index, text] of ['', '{', '[]', 'null', '{"purpose":1}'].entries()) {
      writeFileSync(`${directory}/locks/${KEY}/shared-${process.pid}-${1000 + index}.note`, text);
    }
    assert.match(
      await isBusy(locks.acquire(request('exclusive'))),
      /is held by mine \(process \d+, since [^)]*\)$/,
    );
    lock.release();
  }));

test('waiting ends with the patience, and takes no longer', () =>
  withLocks(async (locks) => {
    const lock = await locks.acquire(request('exclusive'));
    const start = performance.now();
    await isBusy(locks.acquire(request('shared', 150)));
    const took = performance.now() - start;
    assert.ok(took >= 149 && took < 600, `${took} ms`);
    lock.release();
  }));

test('who waits gets the lock when it is released', () =>
  withLocks(async (locks) => {
    const lock = await locks.acquire(request('exclusive'));
    const waiting = locks.acquire(request('exclusive', 2000));
    await sleep(30);
    lock.release();
    (await waiting).release();
  }));

test('a signal ends the wait with its reason, and leaves nothing locked', () =>
  withLocks(async (locks) => {
    const lock = await locks.acquire(request('shared'));
    const reason = new Error('interrupted');
    const controller = new AbortController();
    const waiting = locks.acquire(request('exclusive', 5000), controller.signal);
    setTimeout(() => controller.abort(reason), 40);
    const start = performance.now();
    await assert.rejects(waiting, (error) => error === reason);
    assert.ok(performance.now() - start < 1000);
    await assert.rejects(
      locks.acquire(request('shared'), controller.signal),
      (error) => error === reason,
    );
    // The gate that it had shut is open again.
    (await locks.acquire(request('shared'))).release();
    lock.release();
  }));

test('a stream of shared holders does not starve an exclusive waiter', () =>
  withLocks(async (locks) => {
    let stop = false;
    const stream = async (delay: number): Promise<void> => {
      await sleep(delay);
      while (!stop) {
        const lock = await locks.acquire(request('shared', 5000));
        await sleep(60);
        lock.release();
      }
    };
    const streams = [stream(0), stream(20), stream(40)];
    await sleep(80);
    const start = performance.now();
    const lock = await locks.acquire(request('exclusive', 3000));
    const took = performance.now() - start;
    lock.release();
    stop = true;
    await Promise.all(streams);
    assert.ok(took < 1500, `${took} ms`);
  }));

test('a waiter that is killed leaves no gate shut', () =>
  withLocks(async (locks, directory) => {
    const lock = await locks.acquire(request('shared'));
    const waiter = runChild(
      directory,
      `const locks = openLocks({ directory, uid, pid: process.pid });
       setTimeout(() => say('waiting'), 100);
       await locks.acquire({ key: '${KEY}', mode: 'exclusive', purpose: 'x', patience: 60000 });`,
    );
    assert.equal(await waiter.line(), 'waiting');
    await isBusy(locks.acquire(request('shared')));
    await waiter.kill();
    (await locks.acquire(request('shared'))).release();
    lock.release();
  }));

test('six processes that count in a file under the lock miss no step', () =>
  withLocks(async (_locks, directory) => {
    const counter = `${directory}.count`;
    writeFileSync(counter, '0');
    const children = Array.from({ length: 6 }, () =>
      runChild(
        directory,
        `import { readFileSync, writeFileSync } from 'node:fs';
         const locks = openLocks({ directory, uid, pid: process.pid });
         for (let i = 0; i < 10; i++) {
           const lock = await locks.acquire({ key: '${KEY}', mode: 'exclusive', purpose: 'count', patience: 20000 });
           const count = Number(readFileSync('${counter}', 'utf8'));
           await new Promise((resolve) => setTimeout(resolve, 1));
           writeFileSync('${counter}', String(count + 1));
           lock.release();
         }
         say('done');`,
      ),
    );
    const lines = await Promise.all(children.map((child) => child.line()));
    assert.deepEqual(lines, Array(6).fill('done'));
    await Promise.all(children.map((child) => child.end()));
    assert.equal(readFileSync(counter, 'utf8'), '60');
  }));

test('a lock outlives the object that stands for it', () =>
  withLocks(async (locks, directory) => {
    const child = runChild(
      directory,
      `const locks = openLocks({ directory, uid, pid: process.pid });
       await locks.acquire({ key: '${KEY}', mode: 'exclusive', purpose: 'x', patience: 0 });
       for (let i = 0; i < 50; i++) { new Array(1e5).fill({}); await new Promise(setImmediate); }
       globalThis.gc();
       await new Promise(setImmediate);
       say('held');
       await heard();`,
      { flags: ['--expose-gc'] },
    );
    assert.equal(await child.line(), 'held');
    await isBusy(locks.acquire(request('exclusive')));
    await child.end();
  }));

test('discard removes the files, and the key can be used again', () =>
  withLocks(async (locks, directory) => {
    const lock = await locks.acquire(request('exclusive'));
    locks.discard(KEY);
    lock.release();
    locks.discard(KEY);
    assert.ok(!existsSync(`${directory}/locks/${KEY}`));
    (await locks.acquire(request('exclusive'))).release();
  }));

test('a released lock leaves no note and no open file, and neither does one that was refused', () =>
  withLocks(async (locks, directory) => {
    const lock = await locks.acquire(request('shared'));
    const useAll = async (): Promise<void> => {
      await isBusy(locks.acquire(request('exclusive', 5)));
      (await locks.acquire(request('shared'))).release();
    };
    // As long as a lock of the file is held, SQLite keeps one closed descriptor of it back, and uses it again.
    await useAll();
    const before = openFiles();
    for (let i = 0; i < 20; i++) await useAll();
    assert.equal(openFiles(), before);
    lock.release();
    assert.deepEqual(readdirSync(`${directory}/locks/${KEY}`), ['lock']);
    assert.equal(statSync(`${directory}/locks`).mode & 0o777, 0o700);
  }));

test('a key that is not a file name is a mistake of the caller', () =>
  withLocks(async (locks) => {
    for (const key of ['', '..', '../x', 'a/b', '.hidden', 'a\0b', 'x'.repeat(200)]) {
      await assert.rejects(locks.acquire({ ...request('shared'), key }), TypeError, key);
      assert.throws(() => locks.discard(key), TypeError);
    }
  }));

function openFiles(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

function request(mode: LockMode, patience = 0): LockRequest {
  return { key: KEY, mode, purpose: 'a test', patience };
}

function withLocks(work: (locks: Locks, directory: string) => Promise<void>): Promise<void> {
  return inPlace(({ directory }) =>
    work(openLocks({ directory, uid, pid: process.pid }), directory),
  );
}

async function holder(directory: string, mode: LockMode, purpose: string): Promise<Child> {
  const child = runChild(
    directory,
    `const locks = openLocks({ directory, uid, pid: process.pid });
     await locks.acquire({ key: '${KEY}', mode: '${mode}', purpose: '${purpose}', patience: 0 });
     say('held');
     await heard();`,
  );
  assert.equal(await child.line(), 'held');
  return child;
}

/** The message of the refusal. */
async function isBusy(attempt: Promise<unknown>): Promise<string> {
  let message = '';
  await assert.rejects(attempt, (error) => {
    message = isKleenetError(error) ? error.message : '';
    return hasCode(error, 'OBJECT_BUSY') || assert.fail(String(error));
  });
  return message;
}

test.run();
