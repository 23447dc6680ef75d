/** Which hosts files are written anew, and what they are to say. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Engine } from '../src/engine/index.ts';
import { createNetwork, renameContainer, runContainer } from '../src/engine/index.ts';
import { refreshHosts } from '../src/engine/lifecycle/hosts-files.ts';
import { KleenetError } from '../src/errors.ts';
import { newProcess, newWorld } from './support/engine.ts';

/** An engine whose platform tells what it is to write, as `CONTAINER: ADDRESS NAME, …`. */
function tellingEngine(): { readonly engine: Engine; readonly told: string[] } {
  const { engine } = newProcess(newWorld());
  const told: string[] = [];
  const { platform } = engine;
  const sandboxes: typeof platform.sandboxes = {
    ...platform.sandboxes,
    setHostsFiles(hosts) {
      for (const { container, entries } of hosts)
        told.push(
          `${container.name}: ${entries.map(({ address, names }) => `${address} ${names.join(' ')}`).join(', ')}`,
        );
      return Promise.resolve();
    },
  };
  return { engine: { ...engine, platform: { ...platform, sandboxes } }, told };
}

test("a rename reaches the container's own hosts file and those of its neighbours", async () => {
  const { engine, told } = tellingEngine();
  await createNetwork(engine, { name: 'lan', subnet: '10.1.0.0/24' });
  for (const name of ['a', 'b'])
    await runContainer(engine, { name, image: 'host', networks: [{ network: 'lan' }] }, 'detached');
  told.length = 0;
  await renameContainer(engine, 'a', 'c');
  assert.deepEqual(told.toSorted(), ['b: 10.1.0.1 c, 10.1.0.2 b', 'c: 10.1.0.1 c, 10.1.0.2 b']);
});

test('a rename reaches the hosts file of a container that is on no network', async () => {
  const { engine, told } = tellingEngine();
  await runContainer(engine, { name: 'a', image: 'host', driver: 'disabled' }, 'detached');
  told.length = 0;
  await renameContainer(engine, 'a', 'b');
  assert.deepEqual(told, ['b: ']);
});

test('what is done is done, however long another klee writes hosts files', async () => {
  const world = newWorld();
  const { engine, warnings } = newProcess(world);
  await createNetwork(engine, { name: 'lan', subnet: '10.1.0.0/24' });
  const lock = { key: 'hosts', mode: 'exclusive', purpose: 'another klee' } as const;
  const lockOfAnother = await world.locks.acquire({ ...lock, patience: 0 });
  const impatient: Engine = { ...engine, patience: 0 };
  const request = { name: 'a', image: 'host', networks: [{ network: 'lan' }] };
  await runContainer(impatient, request, 'detached');
  lockOfAnother.release();
  assert.match(
    warnings.join(),
    /^the names in running containers are not up to date: hosts is held/,
  );
});

/** Nets `one` and `two`, and containers `a` on both, `b` on `two`, and `c` on none; all of them run. */
async function neighbours(): Promise<{
  readonly engine: Engine;
  readonly told: string[];
  readonly ids: Readonly<Record<'one' | 'two' | 'a' | 'b' | 'c', string>>;
}> {
  const { engine, told } = tellingEngine();
  const run = async (name: string, networks: readonly string[]): Promise<string> => {
    const connections = networks.map((network) => ({ network }));
    const request = { name, image: 'host', driver: 'ipnet', networks: connections };
    return (await runContainer(engine, request, 'detached')).container.id;
  };
  const subnets = { subnet: '10.1.0.0/24', subnet6: 'fd01::/64' };
  const one = (await createNetwork(engine, { ...subnets, name: 'one' })).id;
  const two = (await createNetwork(engine, { name: 'two', subnet: '10.2.0.0/24' })).id;
  const ids = {
    one,
    two,
    a: await run('a', ['one', 'two']),
    b: await run('b', ['two']),
    c: await run('c', []),
  };
  told.length = 0;
  return { engine, told, ids };
}

test('a hosts file has the names of all networks, by address, first of the network that is preferred', async () => {
  const { engine, told, ids } = await neighbours();
  await refreshHosts(engine, { networks: [ids.one] });
  assert.deepEqual(told, ['a: 10.1.0.1 a, fd01::1 a, 10.2.0.1 a, 10.2.0.2 b']);
  const own = await engine.store.read(({ endpoints }) => endpoints.find(ids.two, ids.a));
  assert.ok(own !== undefined);
  await engine.store.write((tx) => tx.endpoints.update({ ...own, gatewayPriority: 9 }));
  await refreshHosts(engine, { networks: [ids.one] });
  assert.deepEqual(told.slice(1), ['a: 10.2.0.1 a, 10.2.0.2 b, 10.1.0.1 a, fd01::1 a']);
});

test('each concerned container is written once', async () => {
  const { engine, told, ids } = await neighbours();
  await refreshHosts(engine, { networks: [ids.one, ids.two], also: ids.a });
  assert.deepEqual(
    told.map((one) => one.slice(0, 1)),
    ['a', 'b'],
  );
  told.length = 0;
  await refreshHosts(engine, { networks: [ids.one], also: ids.c });
  assert.deepEqual(
    told.map((one) => one.slice(0, 1)),
    ['a', 'c'],
  );
});

for (const parts of [
  { state: 'starting' },
  { state: 'stopping' },
  { state: 'ended' },
  { bootId: 'earlier' },
] as const) {
  test(`nothing is written or locked for a run with ${JSON.stringify(parts)}`, async () => {
    const { engine, told, ids } = await neighbours();
    const run = await engine.store.read(({ runs }) => runs.byContainer(ids.a));
    assert.ok(run !== undefined);
    await engine.store.write((tx) => tx.runs.put({ ...run, ...parts }));
    const locks = { ...engine.locks, acquire: () => assert.fail('nothing is to be locked') };
    await refreshHosts({ ...engine, locks }, { networks: [ids.one] });
    assert.deepEqual(told, []);
  });
}

test('hosts files are written under one lock of the host, which is released', async () => {
  const { engine, told, ids } = await neighbours();
  const { locks, patience, purpose } = engine;
  const acquire: Engine['locks']['acquire'] = async (request, signal) => {
    assert.deepEqual(request, { key: 'hosts', mode: 'exclusive', purpose, patience });
    told.push('lock');
    const lock = await locks.acquire(request, signal);
    return {
      release() {
        told.push('unlock');
        lock.release();
      },
    };
  };
  const discard = (): void => assert.fail('the lock is kept');
  await refreshHosts({ ...engine, locks: { acquire, discard } }, { networks: [ids.one] });
  assert.deepEqual(
    told.map((one) => one.split(':')[0]),
    ['lock', 'a', 'unlock'],
  );
});

/** What the logger warns of. */
function warned(engine: Engine): { readonly engine: Engine; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const logger = { ...engine.logger, warn: (message: string) => void warnings.push(message) };
  return { engine: { ...engine, logger }, warnings };
}

test('a hosts file that cannot be written is told, and the lock is free again', async () => {
  const { engine, ids } = await neighbours();
  const { platform } = engine;
  const setHostsFiles = (): Promise<void> => Promise.reject(new Error('no space'));
  const sandboxes = { ...platform.sandboxes, setHostsFiles };
  const watched = warned({ ...engine, platform: { ...platform, sandboxes } });
  await refreshHosts(watched.engine, { networks: [ids.one] });
  assert.equal(watched.warnings.length, 1);
  assert.match(watched.warnings[0] ?? '', /not up to date: no space$/);
  const request = { key: 'hosts', mode: 'exclusive', purpose: 'a test', patience: 0 } as const;
  (await engine.locks.acquire(request)).release();
});

for (const [code, isTold] of [
  ['OBJECT_BUSY', true],
  ['DISK_FULL', true],
  ['INTERRUPTED', false],
] as const) {
  test(`${code} of the lock ${isTold ? 'is told, and undoes nothing' : 'is an error'}`, async () => {
    const { engine, told, ids } = await neighbours();
    const failure = new KleenetError(code, 'no lock');
    const locks = { ...engine.locks, acquire: () => Promise.reject(failure) };
    const watched = warned({ ...engine, locks });
    const refreshed = refreshHosts(watched.engine, { networks: [ids.one] });
    if (isTold) await refreshed;
    else await assert.rejects(refreshed, (error) => error === failure);
    assert.equal(watched.warnings.length, isTold ? 1 : 0);
    assert.deepEqual(told, []);
  });
}

/** The engine, counting how often tables are asked for something. */
function counting(engine: Engine): { readonly engine: Engine; readonly questions: () => number } {
  let questions = 0;
  const counted = <T extends object>(table: T): T =>
    new Proxy(table, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        questions += 1;
        return member.bind(target) as unknown;
      },
    });
  const { store } = engine;
  const read: typeof store.read = (work) =>
    store.read((snapshot) =>
      work({
        ...snapshot,
        unsettled: () => snapshot.unsettled(),
        containers: counted(snapshot.containers),
        endpoints: counted(snapshot.endpoints),
        members: counted(snapshot.members),
        runs: counted(snapshot.runs),
      }),
    );
  const asked: Engine = {
    ...engine,
    store: { ...store, read, write: (work) => store.write(work) },
  };
  return { engine: asked, questions: () => questions };
}

test('names of many containers on a network take as many questions as those of few', async () => {
  const { engine, told } = tellingEngine();
  const lan = await createNetwork(engine, { name: 'lan', subnet: '10.1.0.0/24' });
  const asked: number[] = [];
  for (const count of [2, 20]) {
    for (let index = 0; index < count; index += 1)
      await runContainer(engine, { image: 'host', networks: [{ network: 'lan' }] }, 'detached');
    told.length = 0;
    const { engine: counted, questions } = counting(engine);
    await refreshHosts(counted, { networks: [lan.id] });
    asked.push(questions());
  }
  assert.equal(told.length, 22);
  assert.ok(asked[0] !== undefined && asked[0] > 0, 'nothing was counted');
  assert.equal(asked[1], asked[0]);
});

test.run();
