/** What is attached again after rules were lost, and what becomes of failures there. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { attachAgain, mendingOthers } from '../src/engine/lifecycle/attach-again.ts';
import { KleenetError } from '../src/errors.ts';
import type { Operation } from '../src/driver.ts';
import type { Container } from '../src/model.ts';
import type { SandboxSpec } from '../src/platform.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { tellingEngine } from './support/telling.ts';

interface Scene {
  readonly engine: Engine;
  /** It tells what it mends, attaches and loads. */
  readonly later: Engine;
  readonly told: string[];
  readonly warnings: readonly string[];
  /** On both networks, on one, and on none; all of them run. */
  readonly containers: readonly [Container, Container, Container];
}

/** @param meet - called with the name of a container that is about to be attached; what it throws happens there */
async function scene(meet: (container: string) => void = () => undefined): Promise<Scene> {
  const world = newWorld();
  const { engine } = newProcess(world);
  await core.createNetwork(engine, { name: 'one', subnet: '10.1.0.0/24' });
  await core.createNetwork(engine, { name: 'two', subnet: '10.2.0.0/24' });
  const run = async (name: string, networks: readonly string[]): Promise<Container> => {
    const connections = networks.map((network) => ({ network }));
    const request = { name, image: 'host', driver: 'ipnet', networks: connections };
    return (await core.runContainer(engine, request, 'detached')).container;
  };
  const containers = [
    await run('both', ['one', 'two']),
    await run('single', ['one']),
    await run('alone', []),
  ] as const;
  const told: string[] = [];
  const another = newProcess(world);
  const telling = tellingEngine(another.engine, (call, ...given) => {
    if (call === 'attach') {
      const [{ container, network }] = given as [
        { container: { name: string }; network: { name: string } },
      ];
      told.push(`attach ${container.name} to ${network.name}`);
      meet(container.name);
    }
    if (/^firewall\.(apply|isLoaded)$/.test(call)) told.push(call);
  });
  const sandboxes = {
    ...telling.platform.sandboxes,
    mend: async ({ container, run: { state } }: SandboxSpec, { signal }: Operation) => {
      signal.throwIfAborted();
      told.push(`mend ${container.name}, which is ${state}`);
    },
  };
  const later = { ...telling, platform: { ...telling.platform, sandboxes } };
  return { engine, later, told, warnings: another.warnings, containers };
}

test('a container is mended, the rules are looked at, and every endpoint is attached', async () => {
  const { later, told, containers } = await scene();
  await attachAgain(later, containers[0].id);
  assert.deepEqual(told, [
    'mend both, which is running',
    'firewall.isLoaded',
    'attach both to one',
    'attach both to two',
  ]);
});

test('a container with one endpoint is attached under the rules, too', async () => {
  const { later, told, containers } = await scene();
  await attachAgain(later, containers[1].id);
  assert.deepEqual(told, [
    'mend single, which is running',
    'firewall.isLoaded',
    'attach single to one',
  ]);
});

test('rules that are gone are loaded before a container is attached again', async () => {
  const { engine, later, told, containers } = await scene();
  await engine.platform.firewall.clear({
    signal: engine.signal,
    claim: () => assert.fail('nothing is claimed'),
  });
  await attachAgain(later, containers[1].id);
  const [load, attach] = [told.indexOf('firewall.apply'), told.indexOf('attach single to one')];
  assert.ok(load !== -1 && load < attach, told.join());
});

test('a container on no network is mended, and the rules are left alone', async () => {
  const { later, told, containers } = await scene();
  await attachAgain(later, containers[2].id);
  assert.deepEqual(told, ['mend alone, which is running']);
});

test('a container that does not run is left alone', async () => {
  const { engine, later, told, containers } = await scene();
  for (const { name, id } of containers) {
    await core.stopContainer(engine, name, 0);
    await attachAgain(later, id);
  }
  assert.deepEqual(told, []);
});

/** These containers were cut off. */
function cutOff({ later, containers }: Scene): void {
  for (const { id } of containers) later.cutOff.add(id);
}

test('containers that were cut off are attached again after the operation, and only once', async () => {
  const found = await scene();
  const { later, told } = found;
  cutOff(found);
  const answer = await mendingOthers(later, async () => {
    await new Promise(setImmediate);
    told.push('operation');
    return 'done';
  });
  assert.equal(answer, 'done');
  const done = told.filter((one) => /^(attach|operation)/.test(one));
  assert.deepEqual(done, [
    'operation',
    'attach both to one',
    'attach both to two',
    'attach single to one',
  ]);
  await mendingOthers(later, () => Promise.resolve());
  assert.equal(told.filter((one) => one.startsWith('attach')).length, 3);
});

test('containers are attached again after an operation that failed, whose failure is told', async () => {
  const found = await scene();
  cutOff(found);
  const failure = new Error('it failed');
  await assert.rejects(
    mendingOthers(found.later, () => Promise.reject(failure)),
    (error) => error === failure,
  );
  assert.equal(found.told.filter((one) => one.startsWith('attach')).length, 3);
});

test('a container that is gone by then is passed over in silence', async () => {
  const found = await scene();
  cutOff(found);
  await core.removeContainer(found.engine, 'both', { force: true });
  await mendingOthers(found.later, () => Promise.resolve());
  assert.deepEqual(found.warnings, []);
  assert.ok(found.told.includes('attach single to one'), found.told.join());
});

test('a container that cannot be attached again is told, and the next one is', async () => {
  const found = await scene((container) => {
    if (container === 'both') throw new KleenetError('PLATFORM_COMMAND_FAILED', 'no such device');
  });
  cutOff(found);
  const answer = await mendingOthers(found.later, () => Promise.resolve('done'));
  assert.equal(answer, 'done');
  assert.equal(found.warnings.length, 1);
  const [{ id }] = found.containers;
  assert.match(found.warnings[0] ?? '', new RegExp(`container ${id} .*no such device`));
  assert.ok(found.told.includes('attach single to one'), found.told.join());
});

test('an interrupt ends the attaching, and says which container it was at', async () => {
  const found = await scene((container) => {
    if (container === 'both') throw new KleenetError('INTERRUPTED', 'interrupted');
  });
  cutOff(found);
  await mendingOthers(found.later, () => Promise.resolve());
  assert.equal(found.warnings.length, 1);
  assert.ok(!found.told.includes('attach single to one'), found.told.join());
});

test('a fault of klee is not passed over', async () => {
  const found = await scene();
  cutOff(found);
  const fault = new TypeError('a fault of klee');
  const store = { ...found.later.store, read: () => Promise.reject(fault) };
  await assert.rejects(
    mendingOthers({ ...found.later, store }, () => Promise.resolve()),
    (error) => error === fault,
  );
});

test.run();
