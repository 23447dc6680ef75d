/** Where a state directory lives is what its database says, and a host besides. */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { openStore } from '@kleenet/store-sqlite';
import type { StateStore } from '@kleenet/store-sqlite';
import { StateHome } from '../src/home.ts';

const uid = process.geteuid?.() ?? 0;
const base = realpathSync(mkdtempSync(join(tmpdir(), 'klee-home-')));
const [original, copy] = [join(base, 'original'), join(base, 'copy')];

test.after(() => rmSync(base, { recursive: true }));
test.before.each(async () => {
  for (const directory of [original, copy]) rmSync(directory, { recursive: true, force: true });
  await at(original, {}, (home) => home.require());
  cpSync(original, copy, { recursive: true });
  // Node 22 and later do not keep the mode.
  chmodSync(copy, 0o700);
});

interface Circumstances {
  readonly host?: string;
  readonly mayRecord?: boolean;
}

/** A process that works with a directory, on a host. */
async function at<T>(
  directory: string,
  { host = 'one', mayRecord = true }: Circumstances,
  work: (home: StateHome, store: StateStore) => Promise<T>,
): Promise<T> {
  const store = await openStore({ directory, uid });
  const home = new StateHome({
    store,
    directory,
    uid,
    mayRecord,
    identity: () =>
      Promise.resolve({ platform: 'linux', hostId: host, bootId: 'boot', commandPrefix: [] }),
    platformAt: () => assert.fail('nothing runs'),
    logger: { debug: () => undefined, warn: () => undefined },
  });
  try {
    return await work(home, store);
  } finally {
    store.close();
  }
}

function foreign(action: Promise<unknown>, where: RegExp): Promise<void> {
  return assert.rejects(action, (error) => {
    assert.ok(error instanceof KleenetError && hasCode(error, 'STATE_FOREIGN'), String(error));
    assert.match(error.message, where);
    assert.match(error.hint ?? '', /'klee system adopt'/);
    return true;
  });
}

test('a rehearsal records nothing, the first change does, and the next one finds it', async () => {
  rmSync(original, { recursive: true });
  await at(original, { mayRecord: false }, (home) => home.require());
  await at(original, {}, async (home, store) => {
    assert.equal(await store.home(), undefined);
    await home.require();
  });
  await at(original, {}, async (home, store) => {
    await home.require();
    const recorded = await store.home();
    assert.deepEqual([recorded?.host, recorded?.path], ['one', original]);
  });
});

test('another path is refused, on the same host and in a rehearsal, too', async () => {
  for (const mayRecord of [true, false])
    await foreign(
      at(copy, { mayRecord }, (home) => home.require()),
      /were made in .*\/original$/,
    );
  await at(original, {}, (home) => home.require());
});

test('the same path on another host is refused', async () => {
  await foreign(
    at(original, { host: 'two' }, (home) => home.require()),
    /were made on another host \(one\)$/,
  );
});

test('a refusal lasts for the process', async () => {
  await at(copy, {}, async (home) => {
    for (let tries = 0; tries < 2; tries++) await foreign(home.require(), /copied or moved/);
  });
});

test.run();
