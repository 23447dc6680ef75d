import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'uvu';
import { KleenetError } from '@kleenet/core/errors';
import { sampleNetwork } from '../../core/test/support/samples.ts';
import { runChild } from './support/child.ts';
import { fill, inPlace, refuses, uid } from './support/place.ts';

/** A user who owns nothing, for what root may do and others may not. */
const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const asRoot = (title: string, body: () => Promise<void>): void => {
  if (uid === 0) test(title, body);
  else test.skip(title, body);
};

test('reading, rehearsing and verifying what is not there leave no trace', () =>
  inPlace(async ({ directory, open }) => {
    const store = await open();
    assert.deepEqual(await store.read(({ networks }) => networks.list()), []);
    assert.deepEqual(await store.verify(), []);
    const rehearsal = await store.rehearse();
    await rehearsal.write(({ networks }) => networks.insert(sampleNetwork()));
    rehearsal.close();
    assert.ok(!existsSync(directory));
    mkdirSync(directory, { mode: 0o700 });
    assert.deepEqual(await store.read(({ networks }) => networks.list()), []);
    assert.deepEqual(readdirSync(directory), []);
  }));

test('a store that found nothing sees what another one writes later', () =>
  inPlace(async ({ open }) => {
    const [reader, writer] = [await open(), await open()];
    assert.deepEqual(await reader.read(({ networks }) => networks.list()), []);
    await writer.write(({ networks }) => networks.insert(sampleNetwork()));
    assert.equal(await reader.read(({ networks }) => networks.list().length), 1);
  }));

test('directory and files are private', () =>
  inPlace(async ({ directory, open }) => {
    const before = process.umask(0);
    try {
      await (await open()).write(({ networks }) => networks.insert(sampleNetwork()));
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    for (const name of readdirSync(directory)) {
      assert.equal(statSync(`${directory}/${name}`).mode & 0o777, 0o600, name);
    }
  }));

for (const mode of [0o755, 0o710, 0o702]) {
  test(`a directory with mode ${mode.toString(8)} is not trusted`, () =>
    inPlace(async (place) => {
      await fill(place);
      chmodSync(place.directory, mode);
      await refuses(place, 'STATE_UNTRUSTED');
    }));
}

test("only of a directory that is klee's is chmod suggested", () =>
  inPlace(async (place) => {
    const hint = async (): Promise<string | undefined> => {
      const error: unknown = await (await place.open()).read(() => {}).catch((thrown) => thrown);
      assert.ok(error instanceof KleenetError && error.code === 'STATE_UNTRUSTED', String(error));
      return error.hint;
    };
    mkdirSync(place.directory);
    writeFileSync(`${place.directory}/of-others`, '');
    chmodSync(place.directory, 0o755);
    assert.equal(await hint(), 'choose a directory that only klee uses with --root DIR');
    chmodSync(place.directory, 0o700);
    (await fill(place)).close();
    chmodSync(place.directory, 0o755);
    assert.equal(await hint(), `if its contents are yours, run: chmod 700 ${place.directory}`);
  }));

asRoot("another user's directory is not trusted", () =>
  inPlace(async (place) => {
    await fill(place);
    chownSync(place.directory, 65534, 65534);
    await refuses(place, 'STATE_UNTRUSTED');
  }),
);

const ATTEMPT = `
  const store = await openStore({ directory, uid });
  for (const attempt of [store.read(() => {}), store.write(() => {})]) {
    await attempt.then(() => say('done'), (error) => say(error.code + ': ' + error.hint));
  }`;

asRoot('a user who is not root is told to be root, or to go elsewhere', () =>
  inPlace(async ({ directory }) => {
    const outside = runChild(directory, ATTEMPT, { wrapper: NOBODY });
    assert.equal(await outside.line(), 'done', await outside.end());
    assert.match((await outside.line()) ?? '', /^PERMISSION_DENIED: run klee as root, or .*--root/);
    mkdirSync(directory, { mode: 0o700 });
    const closed = runChild(directory, ATTEMPT, { wrapper: NOBODY });
    assert.match((await closed.line()) ?? '', /^PERMISSION_DENIED: run klee as root, or .*--root/);
    await closed.end();
  }),
);

asRoot('a directory that its owner may not write to', () =>
  inPlace(async (place) => {
    const { directory } = place;
    (await fill(place)).close();
    execFileSync('chown', ['-R', '65534:65534', directory]);
    chmodSync(directory, 0o500);
    // What is there can be read, and written over.
    const child = runChild(directory, ATTEMPT, { wrapper: NOBODY });
    for (let i = 0; i < 2; i++) assert.equal(await child.line(), 'done');
    await child.end();
    rmSync(place.database);
    const beginner = runChild(directory, ATTEMPT, { wrapper: NOBODY });
    assert.equal(await beginner.line(), 'done');
    assert.match((await beginner.line()) ?? '', /^PERMISSION_DENIED: .*--root/);
    await beginner.end();
  }),
);

test('a file in place of the directory, and a directory in place of the file', () =>
  inPlace(async (place) => {
    writeFileSync(place.directory, '');
    await refuses(place, 'DATABASE_UNAVAILABLE');
    execFileSync('rm', [place.directory]);
    mkdirSync(place.database, { recursive: true });
    chmodSync(place.directory, 0o700);
    await refuses(place, 'DATABASE_UNAVAILABLE');
  }));

for (const name of ['containers', 'images']) {
  test(`a database that is missing or empty beside ${name} is not a new state`, () =>
    inPlace(async (place) => {
      const store = await fill(place);
      store.close();
      mkdirSync(`${place.directory}/${name}`);
      rmSync(place.database);
      // Nothing is there that the database has known of.
      assert.deepEqual(await (await place.open()).read(({ networks }) => networks.list()), []);
      mkdirSync(`${place.directory}/${name}/0123456789ab`);
      await refuses(place, 'DATABASE_MISSING');
      assert.equal(existsSync(place.database), false);
      writeFileSync(place.database, '', { mode: 0o600 });
      await refuses(place, 'DATABASE_MISSING');
      rmSync(`${place.directory}/${name}/0123456789ab`, { recursive: true });
      await (await place.open()).write(({ networks }) => networks.insert(sampleNetwork()));
    }));
}

test.run();
