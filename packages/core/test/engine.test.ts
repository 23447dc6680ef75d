import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import type { Container } from '../src/model.ts';
import type { ImagePlatform, ImageSource, SandboxPlatform } from '../src/platform.ts';
import { newProcess, newWorld } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('engine');

test('a lease begins with connecting and survives stop and start', async () => {
  const { engine } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24', subnet6: 'fd00::/64' });
  await core.runContainer(engine, { name: 'a', image: 'host', driver: 'ipnet' }, 'detached');
  const endpoint = await core.connect(engine, { network: 'net', container: 'a' });
  assert.deepEqual(endpoint.addresses, { ipv4: '10.1.0.1', ipv6: 'fd00::1' });
  await core.stopContainer(engine, 'a', 0);
  await core.startContainer(engine, 'a', 'detached');
  const { endpoints, state } = await core.inspectContainer(engine, 'a');
  assert.equal(state, 'running');
  assert.deepEqual(endpoints[0]?.endpoint.addresses, { ipv4: '10.1.0.1', ipv6: 'fd00::1' });
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('removing everything leaves the host as it was', async () => {
  const { engine, platform } = newProcess(newWorld());
  const before = await platform.inspect();
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  await core.runContainer(
    engine,
    { name: 'a', image: 'host', networks: [{ network: 'net' }] },
    'detached',
  );
  await core.runContainer(
    engine,
    { name: 'b', image: 'host', driver: 'vnet', networks: [{ network: 'net' }] },
    'detached',
  );
  await core.removeContainer(engine, 'a', { force: true });
  await core.removeNetwork(engine, 'net');
  await core.removeContainer(engine, 'b', { force: true });
  assert.deepEqual(await platform.inspect(), before);
});

test('a refused address changes nothing, and the message names the holder', async () => {
  const { engine } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24' });
  await core.createContainer(engine, {
    name: 'a',
    image: 'host',
    networks: [{ network: 'net', ip: '10.1.0.9' }],
  });
  await core.createContainer(engine, { name: 'b', image: 'host', driver: 'ipnet' });
  await refused(
    core.connect(engine, { network: 'net', container: 'b', ip: '10.1.0.9' }),
    'ADDRESS_IN_USE',
    /'a'/,
  );
  await refused(
    core.connect(engine, { network: 'net', container: 'b', ip: '10.2.0.9' }),
    'ADDRESS_OUT_OF_RANGE',
    /10\.1\.0\.0\/24/,
  );
  await refused(
    core.connect(engine, { network: 'net', container: 'b', ip: '10.1.0.255' }),
    'ADDRESS_RESERVED',
    /reserved/,
  );
  await refused(
    core.connect(engine, { network: 'net', container: 'b', ip6: 'fd00::1' }),
    'ADDRESS_FAMILY_MISSING',
    /IPv6/,
  );
  assert.deepEqual((await core.inspectContainer(engine, 'b')).endpoints, []);
});

test('an address of the host is reserved, and its route an overlap', async () => {
  const { engine } = newProcess(newWorld());
  await refused(
    core.createNetwork(engine, { name: 'net', subnet: '192.0.2.0/24' }),
    'SUBNET_OVERLAP',
    /ext0/,
  );
  await core.createNetwork(engine, {
    name: 'net',
    type: 'custom',
    interface: 'ext0',
    subnet: '192.0.2.0/24',
  });
  await core.createContainer(engine, { name: 'a', image: 'host', driver: 'ipnet' });
  await refused(
    core.connect(engine, { network: 'net', container: 'a', ip: '192.0.2.10' }),
    'ADDRESS_RESERVED',
    /host/,
  );
});

test('the driver decides about types, before any other reason', async () => {
  const { engine } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'loop', subnet: '10.1.0.0/30' });
  await core.createContainer(engine, { name: 'v', image: 'host', driver: 'vnet' });
  await core.createContainer(engine, { name: 'h', image: 'host' });
  await refused(
    core.connect(engine, { network: 'loop', container: 'v', ip: 'nonsense' }),
    'NETWORK_TYPE_UNSUPPORTED',
    /vnet.*loopback/,
  );
  await refused(
    core.connect(engine, { network: 'loop', container: 'h' }),
    'NETWORK_TYPE_UNSUPPORTED',
    /host/,
  );
});

test('a running vnet container is connected only while stopped, and disconnected at any time', async () => {
  const { engine } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'one', type: 'bridge', subnet: '10.1.0.0/24' });
  await core.createNetwork(engine, { name: 'two', type: 'bridge', subnet: '10.2.0.0/24' });
  await core.runContainer(
    engine,
    { name: 'v', image: 'host', driver: 'vnet', networks: [{ network: 'one' }] },
    'detached',
  );
  await refused(
    core.connect(engine, { network: 'two', container: 'v' }),
    'CONTAINER_RUNNING',
    /running/,
  );
  await core.disconnect(engine, { network: 'one', container: 'v' });
  await refused(core.disconnect(engine, { network: 'one', container: 'v' }), 'NOT_CONNECTED');
});

test('a full network says so, and a failed run leaves no container behind', async () => {
  const { engine } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'tiny', subnet: '10.1.0.0/30' });
  for (const name of ['a', 'b']) {
    await core.runContainer(
      engine,
      { name, image: 'host', networks: [{ network: 'tiny' }] },
      'detached',
    );
  }
  await refused(
    core.runContainer(
      engine,
      { name: 'c', image: 'host', networks: [{ network: 'tiny' }] },
      'detached',
    ),
    'POOL_EXHAUSTED',
    /tiny.*2/,
  );
  assert.equal((await core.listContainers(engine)).length, 2);
});

test('after a reboot a container starts with its network and address', async () => {
  const world = newWorld();
  const { engine, platform } = newProcess(world);
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  await core.runContainer(
    engine,
    { name: 'a', image: 'host', networks: [{ network: 'net' }] },
    'detached',
  );
  await platform.reboot();
  const after = newProcess(world);
  assert.equal((await core.inspectContainer(after.engine, 'a')).state, 'exited');
  await core.startContainer(after.engine, 'a', 'detached');
  const { endpoints } = await core.inspectContainer(after.engine, 'a');
  assert.equal(endpoints[0]?.endpoint.addresses.ipv4, '10.1.0.2');
  assert.deepEqual(await core.checkSystem(after.engine), []);
});

test('down and up: what is to start with the host runs again, with its address', async () => {
  const world = newWorld();
  const { engine, platform } = newProcess(world);
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  const options = { image: 'host', driver: 'vnet', networks: [{ network: 'net' }] };
  await core.runContainer(
    engine,
    { ...options, name: 'always', restart: 'on-startup' },
    'detached',
  );
  await core.runContainer(engine, { ...options, name: 'once' }, 'detached');
  assert.deepEqual(await core.systemDown(engine), []);
  const down = await platform.inspect();
  assert.deepEqual([Object.keys(down.sandboxes), down.firewall], [[], '']);
  assert.deepEqual(await core.checkSystem(engine), []);
  await platform.reboot();
  assert.deepEqual(await core.systemUp(engine), []);
  const states = (await core.listContainers(engine)).map(({ container, state }) => [
    container.name,
    state,
  ]);
  assert.deepEqual(states, [
    ['always', 'running'],
    ['once', 'exited'],
  ]);
  assert.equal(
    (await core.inspectContainer(engine, 'always')).endpoints[0]?.endpoint.addresses.ipv4,
    '10.1.0.2',
  );
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('a custom network is down as others are: nothing of it is missed, until a container uses it again', async () => {
  const world = newWorld();
  const { engine, platform } = newProcess(world);
  const custom = {
    name: 'lan',
    type: 'custom',
    interface: 'ext0',
    subnet: '192.0.2.0/24',
  } as const;
  await core.createNetwork(engine, custom);
  const options = { image: 'host', driver: 'ipnet', networks: [{ network: 'lan' }], name: 'box' };
  await core.runContainer(engine, options, 'detached');
  const flush = (): Promise<void> =>
    platform.tamper((state) => {
      state.firewall = '';
    });
  await flush();
  assert.equal((await core.checkSystem(engine)).length, 1, 'in use');
  assert.deepEqual(await core.systemDown(engine), []);
  assert.deepEqual(await core.checkSystem(engine), []);
  await core.startContainer(engine, 'box', 'detached');
  assert.notEqual((await platform.inspect()).firewall, '');
  assert.deepEqual(await core.checkSystem(engine), []);
  await platform.reboot();
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('what could not be cleaned up is parked, and free again once it could', async () => {
  const world = newWorld();
  const { engine } = newProcess(world);
  await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24' });
  await core.runContainer(
    engine,
    { name: 'a', image: 'host', networks: [{ network: 'net' }] },
    'detached',
  );
  const failing = newProcess(world, { faults: [{ step: 2, when: 'before', kind: 'fail' }] });
  await assert.rejects(core.stopContainer(failing.engine, 'a', 0));
  const again = newProcess(world, { faults: [{ step: 2, when: 'before', kind: 'fail' }] });
  await refused(core.startContainer(again.engine, 'a', 'detached'), 'PARKED');
  assert.match(
    (await core.inspectContainer(engine, 'a')).container.parked ?? '',
    /simulated failure/,
  );
  await core.startContainer(engine, 'a', 'detached');
  assert.equal((await core.inspectContainer(engine, 'a')).container.parked, undefined);
  assert.deepEqual(await core.checkSystem(engine), []);
});

for (const [name, triedBefore] of [
  ['at the first try', false],
  ['after a try that failed', true],
] as const) {
  test(`disconnect --force frees the lease of what cannot be cleaned up, ${name}`, async () => {
    const world = newWorld();
    const { engine } = newProcess(world);
    await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24' });
    await core.runContainer(
      engine,
      { name: 'a', image: 'host', networks: [{ network: 'net' }] },
      'detached',
    );
    const faults = Array.from(
      { length: 20 },
      (_, index) => ({ step: index + 1, when: 'before', kind: 'fail' }) as const,
    );
    const request = { network: 'net', container: 'a' };
    if (triedBefore)
      await assert.rejects(core.disconnect(newProcess(world, { faults }).engine, request));
    const forced = newProcess(world, { faults });
    await core.disconnect(forced.engine, { ...request, force: true });
    assert.match(forced.warnings.join(), /not cleaned up/);
    assert.deepEqual((await core.inspectNetwork(engine, 'net')).endpoints, []);
    const findings = await core.checkSystem(engine);
    assert.deepEqual(
      findings.map(({ kind, name: what }) => [kind, what]),
      [['claim', '10.1.0.1/32']],
    );
    assert.deepEqual((await core.repairSystem(engine)).remaining, []);
  });
}

test('jail parameters are refused where there are no jails', async () => {
  const { engine } = newProcess(newWorld());
  const request = { name: 'a', image: 'host', jailParameters: ['allow.raw_sockets'] };
  await refused(core.createContainer(engine, request), 'FEATURE_UNSUPPORTED', /jail/);
});

test('jail parameters are checked by the platform, before anything is changed', async () => {
  const { engine } = newProcess(newWorld());
  const asked: unknown[] = [];
  const sandboxes: SandboxPlatform = {
    ...engine.platform.sandboxes,
    checkJailParameters(parameters, stack) {
      asked.push([parameters, stack]);
      const bad = parameters.filter((parameter) => parameter.startsWith('exec.'));
      return bad.map((parameter) => ({ path: 'jailparam', message: `${parameter} is refused` }));
    },
  };
  const jailed = { ...engine, platform: { ...engine.platform, sandboxes } };
  const create = (jailParameters: readonly string[]): Promise<Container> =>
    core.createContainer(jailed, { name: 'a', image: 'host', driver: 'ipnet', jailParameters });
  await refused(create(['allow.mlock', 'exec.start=x']), 'INVALID_ARGUMENT', /exec\.start=x/);
  await refused(create(['exec.a', 'exec.b']), 'INVALID_ARGUMENT', /exec\.a.*exec\.b/);
  assert.deepEqual(await core.listContainers(jailed), []);
  assert.deepEqual((await create(['allow.mlock'])).jailParameters, ['allow.mlock']);
  await core.removeContainer(jailed, 'a');
  await create([]);
  assert.deepEqual(asked.at(-1), [['allow.mlock'], 'restricted']);
});

test('a downloaded image is a file of klee, another one is a path of the host', async () => {
  const { engine } = newProcess(newWorld());
  const sources: ImageSource[] = [];
  const images: ImagePlatform = {
    ...engine.platform.images,
    import(image, source, operation) {
      sources.push(source);
      return engine.platform.images.import(image, source, operation);
    },
  };
  const watched = { ...engine, platform: { ...engine.platform, images } };
  await core.importImage(watched, { name: 'a', source: '/etc' });
  await core.importImage(watched, { name: 'b', source: '/etc', origin: 'https://example.org/b' });
  assert.deepEqual(sources, [
    { path: '/etc', local: false },
    { path: '/etc', local: true },
  ]);
});

test('names may be ids and unique id prefixes', async () => {
  const { engine } = newProcess(newWorld());
  const { id } = await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24' });
  assert.equal((await core.inspectNetwork(engine, id)).network.name, 'net');
  assert.equal((await core.inspectNetwork(engine, id.slice(0, 6))).network.name, 'net');
  await refused(core.inspectNetwork(engine, 'nonet'), 'NETWORK_NOT_FOUND', /not found/);
});

test('names are taken once, and subnets too', async () => {
  const { engine } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24' });
  await refused(
    core.createNetwork(engine, { name: 'net', subnet: '10.2.0.0/24' }),
    'NAME_TAKEN',
    /net/,
  );
  await refused(
    core.createNetwork(engine, { name: 'other', subnet: '10.1.0.128/25' }),
    'SUBNET_OVERLAP',
    /net/,
  );
  await core.createNetwork(engine, { name: 'other', subnet: '10.1.0.128/25', allowOverlap: true });
});

test('repair mends what was changed behind our back', async () => {
  const { engine, platform } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  await core.runContainer(
    engine,
    { name: 'a', image: 'host', driver: 'vnet', networks: [{ network: 'net' }] },
    'detached',
  );
  await platform.tamper((state) => {
    for (const [key, { owner, sandbox, name }] of Object.entries(state.interfaces)) {
      if (owner !== '' && (sandbox !== '' || name.startsWith('kle'))) delete state.interfaces[key];
    }
  });
  assert.equal((await core.checkSystem(engine)).length, 1);
  const { repaired, remaining } = await core.repairSystem(engine);
  assert.deepEqual([repaired.length, remaining], [1, []]);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('repair lets the platform mend the stack of a container before its endpoints are attached', async () => {
  const { engine, platform } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  const { container } = await core.runContainer(
    engine,
    { name: 'a', image: 'host', driver: 'vnet', networks: [{ network: 'net' }] },
    'detached',
  );
  const isAttached = async (): Promise<boolean> =>
    Object.values((await platform.inspect()).interfaces).some(({ sandbox }) => sandbox !== '');
  await platform.tamper((state) => {
    for (const [key, { kind }] of Object.entries(state.interfaces))
      if (kind === 'pair') delete state.interfaces[key];
  });
  const mended: (readonly [string, boolean])[] = [];
  const sandboxes: SandboxPlatform = {
    ...platform.sandboxes,
    mend: async (spec) => void mended.push([spec.container.id, await isAttached()]),
  };
  const { remaining } = await core.repairSystem({
    ...engine,
    platform: { ...platform, sandboxes },
  });
  assert.deepEqual([remaining, mended], [[], [[container.id, false]]]);
  assert.ok(await isAttached());
});

test('a container that starts gets the gateway of its network back', async () => {
  const { engine, platform } = newProcess(newWorld());
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  await platform.tamper((state) => {
    for (const one of Object.values(state.interfaces))
      one.addresses = one.addresses.filter((address) => !address.startsWith('10.1.'));
  });
  assert.equal((await core.checkSystem(engine)).length, 1);
  await core.runContainer(
    engine,
    { name: 'a', image: 'host', driver: 'ipnet', networks: [{ network: 'net' }] },
    'detached',
  );
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('many connects at once give distinct addresses', async () => {
  const world = newWorld();
  const { engine } = newProcess(world);
  await core.createNetwork(engine, { name: 'net', subnet: '10.1.0.0/24' });
  const names = Array.from({ length: 32 }, (_, index) => `c${index}`);
  for (const name of names)
    await core.createContainer(engine, { name, image: 'host', driver: 'ipnet' });
  const made = await Promise.all(
    names.map((container) => core.connect(newProcess(world).engine, { network: 'net', container })),
  );
  assert.equal(new Set(made.map(({ addresses }) => addresses.ipv4)).size, 32);
});

test.run();
