import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { hasCode } from '@kleenet/core/errors';
import { sampleNetwork } from '../../core/test/support/samples.ts';
import { runChild } from './support/child.ts';
import { fill, inPlace, type Place } from './support/place.ts';

test('eight processes that make the database at once lose nothing', () =>
  inPlace(async ({ directory, open }) => {
    const children = Array.from({ length: 8 }, (_, child) =>
      runChild(
        directory,
        `const store = await openStore({ directory, uid });
         for (let i = 0; i < 20; i++) {
           const name = 'n-${child}-' + i;
           await store.write(({ networks }) => networks.insert(samples.sampleNetwork({ name, id: '${child}' + i })));
         }
         store.close();`,
      ),
    );
    const errors = await Promise.all(children.map((child) => child.end()));
    assert.deepEqual(errors.map(withoutWarning), Array(8).fill(''));
    const store = await open();
    assert.equal(await store.read(({ networks }) => networks.list().length), 160);
    assert.deepEqual(await store.verify(), []);
  }));

test('thirty-two writers that count one number miss no step', () =>
  inPlace(async ({ open }) => {
    const stores = await Promise.all(Array.from({ length: 32 }, () => open()));
    const network = sampleNetwork({ mtu: 0 });
    await stores[0]!.write(({ networks }) => networks.insert(network));
    await Promise.all(
      stores.map((store) =>
        store.write(({ networks }) => {
          const { mtu = 0 } = networks.get(network.id) ?? {};
          networks.update({ ...network, mtu: mtu + 1 });
        }),
      ),
    );
    assert.equal(await stores[0]!.read(({ networks }) => networks.get(network.id)?.mtu), 32);
  }));

test('a process that is killed in a transaction leaves nothing of it, and nobody waits for it', () =>
  inPlace(async ({ directory, open }) => {
    const store = await open();
    await store.write(({ networks }) => networks.insert(sampleNetwork({ name: 'before' })));
    const child = runChild(
      directory,
      `const store = await openStore({ directory, uid });
       await store.write(({ networks }) => networks.insert(samples.sampleNetwork({ id: 'c1', name: 'committed' })));
       await store.write(({ networks }) => {
         for (let i = 0; i < 500; i++) networks.insert(samples.sampleNetwork({ id: 'x' + i, name: 'lost-' + i }));
         say('inside');
         for (;;) ;
       });`,
    );
    assert.equal(await child.line(), 'inside');
    const impatient = await open(100);
    await assert.rejects(
      impatient.write(() => {}),
      (error) => hasCode(error, 'DATABASE_BUSY'),
    );
    const names = (): Promise<readonly string[]> =>
      store.read(({ networks }) =>
        networks
          .list()
          .map(({ name }) => name)
          .toSorted(),
      );
    assert.deepEqual(await names(), ['before', 'committed']);
    await child.kill();
    await store.write(({ networks }) => networks.insert(sampleNetwork({ name: 'after' })));
    assert.deepEqual(await names(), ['after', 'before', 'committed']);
    assert.deepEqual(await store.verify(), []);
  }));

test('what a process has committed stays when it is killed, at whatever moment', () =>
  inPlace(async ({ directory, open }) => {
    let acknowledged = 0;
    for (const [round, delay] of [3, 17, 40, 90, 150].entries()) {
      const child = runChild(
        directory,
        `const store = await openStore({ directory, uid });
         for (let i = 0; ; i++) {
           const id = '${round}x' + i;
           await store.write(({ networks }) => networks.insert(samples.sampleNetwork({ id, name: id })));
           say(id);
         }`,
      );
      const said: string[] = [];
      const first = await child.line();
      assert.ok(first !== undefined);
      said.push(first);
      setTimeout(() => child.process.kill('SIGKILL'), delay);
      for (let id = await child.line(); id !== undefined; id = await child.line()) said.push(id);
      const store = await open();
      const ids = await store.read(({ networks }) => networks.list().map(({ id }) => id));
      assert.deepEqual(
        said.filter((id) => !ids.includes(id)),
        [],
      );
      assert.deepEqual(await store.verify(), []);
      store.close();
      acknowledged += said.length;
    }
    assert.ok(acknowledged > 5, `${acknowledged} commits`);
  }));

/** Inserts a network in a process whose calls of fdatasync(2) fail. The result is what it says, and its calls on the log. */
async function insertRefused(place: Place, when: string): Promise<{ line: string; calls: string }> {
  const trace = `${place.directory}-trace`;
  const filter = `trace=fdatasync,write,pwrite64`;
  const inject = `inject=fdatasync:error=EIO:when=${when}`;
  const child = runChild(
    place.directory,
    `const store = await openStore({ directory, uid });
     const network = samples.sampleNetwork({ id: 'eeeeeeeeeeee', name: 'later' });
     try {
       await store.write(({ networks }) => networks.insert(network));
       say('committed');
     } catch ({ code, message }) { say(code + ': ' + message); }
     store.close();`,
    { wrapper: ['strace', '-f', '-qq', '-y', '-o', trace, '-e', filter, '-e', inject] },
  );
  const line = (await child.line()) ?? '';
  await child.end();
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((call) => call.includes('-wal>'));
  return { line, calls: calls.map((call) => /\w+(?=\()/.exec(call)?.[0]).join(' ') };
}

if (spawnSync('strace', ['--version']).status === 0) {
  test('a disk that refuses once to synchronise the log gets all of it again', () =>
    inPlace(async (place) => {
      (await fill(place)).close();
      const { line, calls } = await insertRefused(place, '1');
      assert.equal(line, 'committed');
      assert.match(calls, /fdatasync p?write(64)? fdatasync$/);
      const store = await place.open();
      assert.equal(await store.read(({ networks }) => networks.list().length), 2);
      assert.deepEqual(await store.verify(), []);
    }));

  test('a disk that refuses to synchronise the log: the caller is told, and later commits work', () =>
    inPlace(async (place) => {
      (await fill(place)).close();
      const { line } = await insertRefused(place, '1+');
      assert.match(line, /^DATABASE_UNAVAILABLE: the disk did not take the last change/);
      const store = await place.open();
      await store.write(({ networks }) => networks.insert(sampleNetwork()));
      assert.deepEqual(await store.verify(), []);
    }));
}

test('waiting for the database blocks nothing else', () =>
  inPlace(async ({ directory, open }) => {
    const store = await open(400);
    await store.write(() => {});
    const child = runChild(
      directory,
      `const store = await openStore({ directory, uid });
       await store.write(() => { say('inside'); for (;;) ; });`,
    );
    assert.equal(await child.line(), 'inside');
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await assert.rejects(
      store.write(() => {}),
      (error) => hasCode(error, 'DATABASE_BUSY') && error.hint !== undefined,
    );
    clearInterval(timer);
    await child.kill();
    assert.ok(longest < 200, `blocked for ${longest} ms`);
  }));

test("Node's notice that its SQLite is experimental reaches nobody who filters it", () =>
  inPlace(async ({ directory }) => {
    const child = runChild(
      directory,
      `process.removeAllListeners('warning');
       process.on('warning', (warning) => { if (!isSqliteWarning(warning)) console.error(warning.message); });
       const store = await openStore({ directory, uid });
       await store.write(() => {});
       process.emitWarning('another');
       await new Promise((resolve) => setTimeout(resolve, 20));
       store.close();`,
    );
    assert.equal(await child.end(), 'another\n');
  }));

function withoutWarning(errors: string): string {
  const lines = errors
    .split('\n')
    .filter((line) => !/ExperimentalWarning: SQLite|--trace-warnings/.test(line));
  return lines.join('\n');
}

test.run();
