/** Drivers that cannot work on the platform at hand are refused before anything is made for a container. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { NetworkDriver, PlatformName } from '../src/driver.ts';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import type { Platform } from '../src/platform.ts';
import { OWN, newProcess, newWorld, pluginSource } from './support/engine.ts';
import type { World } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const PLANE: NetworkDriver['dataPlanes'] = {
  linux: () => Promise.reject(new Error('it is not asked for its data plane')),
};

interface Parts {
  readonly declared: readonly PlatformName[];
  readonly dataPlanes?: NetworkDriver['dataPlanes'];
  readonly networkTypes?: readonly 'bridge'[];
}

/** The simulated host of a world, by the name of a platform that has no data plane of its own. */
function onLinux(
  world: World,
  { declared, dataPlanes = {}, networkTypes = ['bridge'] }: Parts,
): Engine {
  const source = pluginSource('lab', { ...OWN, networkTypes }, dataPlanes);
  const drivers = [{ name: 'lab', description: '', platforms: declared }];
  const { engine } = newProcess(world, { plugins: [{ ...source, drivers }] });
  const parts = Object.entries(engine.platform).filter(([name]) => name !== 'genericDataPlane');
  return { ...engine, platform: { ...(Object.fromEntries(parts) as Platform), name: 'linux' } };
}

const LAB = { name: 'a', image: 'host', driver: 'lab' };

const containersOf = ({ store }: Engine): Promise<readonly unknown[]> =>
  store.read((snapshot) => snapshot.containers.list());

const REFUSED = [
  [
    'is for memory alone',
    { declared: ['memory'] },
    'PLATFORM_UNSUPPORTED',
    /^driver lab is for memory only, and this host is linux$/,
    /KLEE_PLATFORM=memory.*data plane for linux/,
  ],
  [
    'is for two other platforms',
    { declared: ['freebsd', 'memory'] },
    'PLATFORM_UNSUPPORTED',
    /^driver lab is for freebsd and memory only, and this host is linux$/,
    /KLEE_PLATFORM=memory/,
  ],
  [
    'has code that its package.json does not declare',
    { declared: ['memory'], dataPlanes: PLANE },
    'PLUGIN_INVALID',
    /^plugin driver-lab 1\.0\.0 does not declare its driver lab for linux, but its code has a data plane for linux$/,
    /add linux to the driver's platforms in package\.json$/,
  ],
  [
    'is declared, and lacks the code',
    { declared: ['linux', 'memory'] },
    'PLUGIN_INVALID',
    /^plugin driver-lab 1\.0\.0 declares its driver lab for linux, but its code has no data plane for linux$/,
    /take linux out of the driver's platforms in package\.json, or add the data plane$/,
  ],
] as const;

for (const [title, parts, code, message, hint] of REFUSED) {
  test(`a driver that ${title}: create and run refuse it, and make nothing`, async () => {
    const engine = onLinux(newWorld(), parts);
    for (const make of [
      () => core.createContainer(engine, LAB),
      () => core.runContainer(engine, LAB, 'detached'),
    ]) {
      const error = await refused(make(), code, message);
      assert.match(error.hint ?? '', hint);
      assert.equal(error.details['platform'], 'linux');
    }
    assert.deepEqual(await containersOf(engine), []);
  });

  test(`a driver that ${title}: a container made before is not connected`, async () => {
    const world = newWorld();
    const { engine: simulated } = newProcess(world, { plugins: [pluginSource('lab', OWN)] });
    await core.createContainer(simulated, LAB);
    await core.createNetwork(simulated, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
    const engine = onLinux(world, parts);
    await refused(core.connect(engine, { network: 'net', container: 'a' }), code, message);
    assert.deepEqual(await engine.store.read((snapshot) => snapshot.endpoints.list()), []);
  });
}

test('a driver whose package.json and code agree is accepted', async () => {
  const engine = onLinux(newWorld(), { declared: ['linux'], dataPlanes: PLANE });
  assert.equal((await core.createContainer(engine, LAB)).driver, 'lab');
});

test('a driver that connects to no network needs no data plane', async () => {
  const engine = onLinux(newWorld(), { declared: ['memory'], networkTypes: [] });
  assert.equal((await core.createContainer(engine, LAB)).driver, 'lab');
});

test('the simulated host takes a driver for other platforms', async () => {
  const { engine } = newProcess(newWorld(), { plugins: [pluginSource('lab', OWN, PLANE)] });
  assert.equal((await core.createContainer(engine, LAB)).driver, 'lab');
});

test.run();
