/** Containers whose plugin was removed or broke while they had something on the host. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Capabilities, DataPlane } from '../src/driver.ts';
import * as core from '../src/engine/index.ts';
import { createSimulatedPlatform } from '../src/memory/index.ts';
import type { PluginSource } from '../src/plugin.ts';
import { OWN, RESTRICTED, newProcess, newWorld, pluginSource } from './support/engine.ts';
import type { Process, World } from './support/engine.ts';
import { mortal } from './support/mortal.ts';
import { refused } from './support/refusals.ts';

const test = suite('lost driver');

/** A network, and one running container on it, of a third-party driver. */
async function given(world: World, plugin: PluginSource): Promise<void> {
  const { engine } = newProcess(world, { plugins: [plugin] });
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  const networks = [{ network: 'net' }];
  await core.runContainer(
    engine,
    { name: 'a', image: 'host', driver: 'lab', networks },
    'detached',
  );
}

/** What is wrong with the plugin afterwards. */
const LOSSES: readonly (readonly [
  name: string,
  plugins: readonly PluginSource[],
  reason: RegExp,
])[] = [
  ['gone', [], /no driver is named 'lab'/],
  [
    'broken',
    [{ ...pluginSource('lab', OWN), load: () => Promise.reject(new Error('boom')) }],
    /driver-lab 1\.0\.0 cannot be loaded: boom/,
  ],
  [
    'of another contract',
    [{ ...pluginSource('lab', OWN), apiVersion: 99 }],
    /driver-lab 1\.0\.0 is written for driver contract 99/,
  ],
  [
    'without its data plane',
    [pluginSource('lab', OWN, { memory: () => Promise.reject(new Error('boom')) })],
    /driver-lab 1\.0\.0 failed in loading its data plane: boom/,
  ],
];

const STACKS: readonly (readonly [name: string, capabilities: Capabilities])[] = [
  ['own', OWN],
  ['restricted', RESTRICTED],
];

for (const [loss, plugins, reason] of LOSSES) {
  for (const [stack, capabilities] of STACKS) {
    test(`a plugin that is ${loss}, with stack ${stack}: listed, stopped, disconnected, removed`, async () => {
      const world = newWorld();
      const before = await newProcess(world).platform.inspect();
      await given(world, pluginSource('lab', capabilities));
      const later = (): Process => newProcess(world, { plugins });
      const [listed] = await core.listContainers(later().engine);
      assert.equal(
        [listed?.container.name, listed?.state, listed?.container.driver].join(),
        'a,running,lab',
      );
      assert.equal((await core.inspectNetwork(later().engine, 'net')).endpoints.length, 1);
      const findings = await core.checkSystem(later().engine);
      assert.equal(findings.length, 1);
      assert.match(findings[0]?.message ?? '', reason);
      const refusal = core.disconnect(later().engine, { network: 'net', container: 'a' });
      await refused(refusal, 'CONTAINER_RUNNING', reason);
      const stopping = later();
      await core.stopContainer(stopping.engine, 'a', 0);
      assert.equal(stopping.warnings.length, 1);
      assert.match(stopping.warnings[0] ?? '', /'a' was detached without its driver lab/);
      assert.deepEqual(await core.checkSystem(later().engine), []);
      await core.disconnect(later().engine, { network: 'net', container: 'a' });
      assert.deepEqual((await core.inspectNetwork(later().engine, 'net')).endpoints, []);
      await core.removeContainer(later().engine, 'a');
      await core.removeNetwork(later().engine, 'net');
      assert.deepEqual(await later().platform.inspect(), before);
    });

    test(`a plugin that is ${loss}, with stack ${stack}: a running container is removed by force`, async () => {
      const world = newWorld();
      await given(world, pluginSource('lab', capabilities));
      const { engine, platform } = newProcess(world, { plugins });
      await core.removeContainer(engine, 'a', { force: true });
      assert.deepEqual(await core.checkSystem(engine), []);
      const { sandboxes, interfaces } = await platform.inspect();
      assert.deepEqual(sandboxes, {});
      const network = (await core.inspectNetwork(engine, 'net')).network.interface;
      assert.deepEqual(
        Object.keys(interfaces).toSorted(),
        [`/${network}`, '/ext0', '/lo'].toSorted(),
      );
      assert.deepEqual(interfaces[`/${network}`]?.addresses, ['10.1.0.1/24']);
    });
  }
}

test('a running container is disconnected by force, as far as the host goes', async () => {
  const world = newWorld();
  await given(world, pluginSource('lab', OWN));
  const { engine, platform } = newProcess(world, { plugins: [] });
  await core.disconnect(engine, { network: 'net', container: 'a', force: true });
  assert.deepEqual((await core.inspectNetwork(engine, 'net')).endpoints, []);
  assert.deepEqual(
    Object.values((await platform.inspect()).interfaces).filter(({ kind }) => kind === 'pair'),
    [],
  );
});

test('what has its plugin back is detached by it', async () => {
  const world = newWorld();
  await given(world, pluginSource('lab', OWN));
  const back = newProcess(world, { plugins: [pluginSource('lab', OWN)] });
  await core.disconnect(back.engine, { network: 'net', container: 'a' });
  assert.deepEqual(back.warnings, []);
});

for (const [stack, capabilities] of STACKS) {
  test(`a start that was killed at any point is undone without the plugin, with stack ${stack}`, async () => {
    const plugins = [pluginSource('lab', capabilities)];
    for (let point = 1; ; point++) {
      const world = newWorld();
      const { engine, platform } = newProcess(world, { plugins });
      const before = await platform.inspect();
      await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
      const networks = [{ network: 'net' }];
      await core.createContainer(engine, { name: 'a', image: 'host', driver: 'lab', networks });
      const doomed = mortal(world, point);
      const start = core.startContainer(
        newProcess(doomed.world, { plugins }).engine,
        'a',
        'detached',
      );
      await Promise.allSettled([start]);
      if (!doomed.dead()) {
        assert.ok(point > 4, 'no point was found to kill at');
        return;
      }
      const later = newProcess(world, { plugins: [] });
      await core.removeContainer(later.engine, 'a', { force: true });
      assert.deepEqual(await core.checkSystem(later.engine), [], `killed at ${point}`);
      await core.removeNetwork(later.engine, 'net');
      assert.deepEqual(await later.platform.inspect(), before, `killed at ${point}`);
    }
  });
}

test('starting without the driver is refused, and changes nothing', async () => {
  const world = newWorld();
  await given(world, pluginSource('lab', OWN));
  const { engine, platform } = newProcess(world, { plugins: [] });
  await core.stopContainer(engine, 'a', 0);
  const before = await platform.inspect();
  await refused(core.startContainer(engine, 'a', 'detached'), 'DRIVER_NOT_FOUND', /'lab'/);
  await refused(core.connect(engine, { network: 'net', container: 'a' }), 'DRIVER_NOT_FOUND');
  assert.deepEqual(await platform.inspect(), before);
});

/** A driver that claims what no platform knows how to remove, and an interface that it did not make. */
const ODD: DataPlane = {
  status: () => Promise.resolve({ state: 'ready', reasons: [] }),
  plan: () => [
    { kind: 'tunnel-peer', name: 'peer1' },
    { kind: 'interface', name: 'ext0' },
  ],
  attach: () => Promise.resolve(),
  detach: () => Promise.resolve(),
  observe: (targets) =>
    Promise.resolve(targets.map(({ endpoint }) => ({ endpointId: endpoint.id, problems: [] }))),
};

test('what core cannot remove, or what is not ours, is left alone and shown by check', async () => {
  const world = newWorld();
  await given(world, pluginSource('lab', OWN, { memory: () => Promise.resolve(ODD) }));
  const { engine, platform, warnings } = newProcess(world, { plugins: [] });
  await core.removeContainer(engine, 'a', { force: true });
  assert.match(warnings.join(), /tunnel-peer peer1, interface ext0 may be left/);
  assert.ok((await platform.inspect()).interfaces['/ext0'] !== undefined);
  const findings = await core.checkSystem(engine);
  assert.deepEqual(findings.map(({ kind, name }) => `${kind} ${name}`).toSorted(), [
    'claim ext0',
    'claim peer1',
  ]);
  await core.repairSystem(engine);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('the simulated host removes what was claimed, once or twice', async () => {
  const platform = createSimulatedPlatform();
  const host = { signal: new AbortController().signal, claim: () => Promise.resolve() };
  await platform.tamper(({ interfaces }) => {
    const made = {
      kind: 'pair' as const,
      sandbox: '',
      owner: 'e1',
      bridge: '',
      mac: '',
      mtu: 1500,
    };
    interfaces['/kle1'] = { ...made, name: 'kle1', addresses: ['10.0.0.1/32', '10.0.0.2/32'] };
    interfaces['/kle2'] = { ...made, name: 'kle2', addresses: [] };
  });
  const resources = [
    { kind: 'address', name: '10.0.0.1/32', interface: 'kle1' },
    { kind: 'interface', name: 'kle2' },
    { kind: 'address', name: '10.0.0.9/32' },
  ];
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await platform.removeResources(resources, host), resources.slice(2));
    const { interfaces } = await platform.inspect();
    assert.deepEqual(interfaces['/kle1']?.addresses, ['10.0.0.2/32']);
    assert.equal(interfaces['/kle2'], undefined);
  }
});

test.run();
