import * as assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { hasCode } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import { foreign } from '../src/memory/state.ts';
import { firewallIntents } from '../src/firewall/intents.ts';
import type { Image } from '../src/model.ts';
import type { SandboxSpec } from '../src/platform.ts';
import {
  MemoryLocks,
  MemoryStore,
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  buildRun,
  createRecordingLogger,
  createSimulatedPlatform,
  fileStorage,
  inProcessStorage,
} from '../src/testing.ts';
import type { Fault } from '../src/testing.ts';
import { CLAIMING } from './support/operations.ts';

const test = suite('simulated platform');
const bridge = buildNetwork({ name: 'bridge1', subnet6: 'fd00::/64', subnet: '10.1.0.0/24' });

function rejects(code: ErrorCode, message: RegExp, call: Promise<unknown>): Promise<void> {
  return assert.rejects(call, (error) => hasCode(error, code) && message.test(error.message));
}

const made: string[] = [];

test.after(async () => {
  for (const path of made) await rm(path, { recursive: true });
});

async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kleenet-'));
  made.push(path);
  return path;
}

function specOf(name: string, stack: 'own' | 'restricted' = 'restricted'): SandboxSpec {
  const container = buildContainer({ name, stack });
  return { container, run: buildRun(container) };
}

test('a new host has a loopback interface, and an uplink with an address and a route', async () => {
  const { interfaces, addresses, routes } = await createSimulatedPlatform().network();
  assert.deepEqual(interfaces, ['lo', 'ext0']);
  assert.deepEqual(
    addresses.map(({ interface: name, address, prefix }) => `${name} ${address}/${prefix}`),
    ['lo 127.0.0.1/8', 'lo ::1/128', 'ext0 192.0.2.10/24'],
  );
  assert.deepEqual(await routes(), [{ destination: '192.0.2.0/24', interface: 'ext0' }]);
});

test('a network puts its interface with the gateways on the host, once, and takes it away', async () => {
  const host = createSimulatedPlatform();
  const before = await host.inspect();
  assert.deepEqual(await host.networks.observe(bridge), [
    `interface ${bridge.interface} is missing`,
  ]);
  await host.networks.up(bridge, CLAIMING);
  await host.networks.up(bridge, CLAIMING);
  assert.deepEqual(await host.networks.observe(bridge), []);
  assert.deepEqual(host.networks.plan(bridge), [{ kind: 'interface', name: bridge.interface }]);
  const { routes } = await host.network();
  assert.deepEqual(
    (await routes()).map(({ destination }) => destination),
    ['192.0.2.0/24', '10.1.0.0/24', 'fd00::/64'],
  );
  await host.networks.down(bridge, [], CLAIMING);
  await host.networks.down(bridge, [], CLAIMING);
  assert.deepEqual(await host.inspect(), before);
});

test('an interface that klee did not make is neither taken over nor removed', async () => {
  const host = createSimulatedPlatform();
  await host.tamper((state) => {
    state.interfaces[`/${bridge.interface}`] = foreign({ name: bridge.interface, kind: 'bridge' });
  });
  const before = await host.inspect();
  await rejects('INTERFACE_IN_USE', /already there/, host.networks.up(bridge, CLAIMING));
  await host.networks.down(bridge, [], CLAIMING);
  assert.deepEqual(await host.inspect(), before);
});

test('a custom network needs its interface, and leaves it alone', async () => {
  const host = createSimulatedPlatform();
  const before = await host.inspect();
  const custom = buildNetwork({ name: 'lan', type: 'custom', subnet: '192.0.2.0/24' });
  await host.networks.up(custom, CLAIMING);
  await host.networks.down(custom, [], CLAIMING);
  assert.deepEqual(await host.inspect(), before);
  const nowhere = buildNetwork({ name: 'lan', type: 'custom', interface: 'em7' });
  await rejects('INTERFACE_NOT_FOUND', /em7/, host.networks.up(nowhere, CLAIMING));
});

test('the host refuses what kernels refuse', async () => {
  const host = createSimulatedPlatform();
  await host.networks.up(bridge, CLAIMING);
  const [one, two] = [specOf('one', 'own'), specOf('two', 'own')];
  for (const spec of [one, two]) await host.sandboxes.create(spec, CLAIMING);
  const plane = host.genericDataPlane?.({ stack: 'own' } as never);
  assert.ok(plane !== undefined);
  const target = (spec: SandboxSpec, network = bridge, parts: object = {}) => {
    const { container } = spec;
    const endpoint = { ...buildEndpoint({ network, container }), ...parts };
    return buildAttachTarget({ network, container, endpoint });
  };
  await plane.attach(target(one), CLAIMING);
  const { mac } = target(one).endpoint;
  const other = { addresses: {}, interface: 'eth1' };
  await rejects('ADDRESS_IN_USE', /10\.1\.0\.10/, plane.attach(target(two), CLAIMING));
  await plane.detach(target(two), CLAIMING);
  await rejects(
    'MAC_IN_USE',
    /already on kln/,
    plane.attach(target(two, bridge, { ...other, mac }), CLAIMING),
  );
  await rejects(
    'PLATFORM_COMMAND_FAILED',
    /is not a bridge/,
    plane.attach(target(two, { ...bridge, interface: 'ext0' }, { interface: 'eth2' }), CLAIMING),
  );
  await rejects(
    'INVALID_NAME',
    /15 characters/,
    plane.attach(target(two, bridge, { id: 'far-too-long-an-id', interface: 'eth3' }), CLAIMING),
  );
  await rejects(
    'PLATFORM_COMMAND_FAILED',
    /no sandbox/,
    plane.attach(target(specOf('gone', 'own')), CLAIMING),
  );
});

test('a stack of its own goes beside the host on an interface that is not a bridge', async () => {
  const host = createSimulatedPlatform();
  const custom = buildNetwork({ name: 'lan', type: 'custom', subnet: '192.0.2.0/24' });
  const spec = specOf('one', 'own');
  const { container } = spec;
  await host.sandboxes.create(spec, CLAIMING);
  const plane = host.genericDataPlane?.({ stack: 'own' } as never);
  const endpoint = buildEndpoint({ network: custom, container, host: 20 });
  const target = buildAttachTarget({ network: custom, container, endpoint });
  const before = await host.inspect();
  await plane?.attach(target, CLAIMING);
  const { interfaces } = await host.inspect();
  assert.equal(interfaces[`/kle${endpoint.id}`]?.bridge, 'ext0');
  assert.deepEqual(await plane?.observe([target]), [
    { endpointId: endpoint.id, problems: [], hostInterface: `kle${endpoint.id}` },
  ]);
  await plane?.detach(target, CLAIMING);
  assert.deepEqual(await host.inspect(), before);
});

test('two restricted sandboxes cannot see one address', async () => {
  const host = createSimulatedPlatform();
  await host.networks.up(bridge, CLAIMING);
  const plane = host.genericDataPlane?.({ stack: 'restricted' } as never);
  const attach = async (name: string): Promise<void> => {
    const spec = specOf(name);
    await host.sandboxes.create(spec, CLAIMING);
    const { container } = spec;
    const endpoint = buildEndpoint({ network: bridge, container });
    await plane?.attach(buildAttachTarget({ network: bridge, container, endpoint }), CLAIMING);
  };
  await attach('one');
  await rejects('ADDRESS_IN_USE', /klee-/, attach('two'));
});

test('a detached command runs until it is stopped, and a foreground one ends at once', async () => {
  const host = createSimulatedPlatform();
  const spec = specOf('one');
  const states = async () => (await host.sandboxes.states([spec]))[0];
  assert.equal(await states(), 'absent');
  await host.sandboxes.create(spec, CLAIMING);
  assert.equal(await states(), 'stopped');
  for (const [signal, status] of [
    ['TERM', 143],
    ['KILL', 137],
  ] as const) {
    await host.sandboxes.start(spec, { mode: 'detached', reap: ['true'] }, CLAIMING);
    assert.equal(await states(), 'running');
    await host.sandboxes.stop(spec, signal, 0);
    await host.sandboxes.stop(spec, 'TERM', 0);
    assert.equal(await host.sandboxes.exitStatus(spec), status);
  }
  const started = await host.sandboxes.start(
    spec,
    { mode: 'foreground', stdin: false, reap: ['true'] },
    CLAIMING,
  );
  assert.equal(await started.exited, 0);
  assert.equal(await states(), 'stopped');
});

test('exec is refused with a hint, and logs are empty', async () => {
  const { sandboxes } = createSimulatedPlatform();
  const spec = specOf('one');
  const request = {
    command: ['id'],
    env: [],
    user: '',
    terminal: false,
    stdin: false,
    detached: false,
  };
  await assert.rejects(
    sandboxes.exec(spec, request),
    (error) => hasCode(error, 'FEATURE_UNSUPPORTED') && error.hint !== undefined,
  );
  assert.deepEqual(sandboxes.logs(spec.container, {}), ['true']);
});

test('a sandbox belongs to its run: another one is neither shown nor removed', async () => {
  const host = createSimulatedPlatform();
  const spec = specOf('one');
  const later = { ...spec, run: buildRun(spec.container, 2) };
  await host.sandboxes.create(later, CLAIMING);
  assert.deepEqual(await host.sandboxes.states([spec, later]), ['absent', 'stopped']);
  await host.sandboxes.destroy(spec, CLAIMING);
  assert.deepEqual(await host.sandboxes.observe(later), []);
  await rejects('PLATFORM_COMMAND_FAILED', /already there/, host.sandboxes.create(spec, CLAIMING));
});

test('a reboot forgets what the kernel held, and keeps files', async () => {
  const host = createSimulatedPlatform();
  const spec = specOf('one');
  const { bootId } = await host.identity();
  const fresh = await host.inspect();
  await host.networks.up(bridge, CLAIMING);
  await host.sandboxes.createStorage({ container: spec.container, entries: [] }, CLAIMING);
  await host.sandboxes.create(spec, CLAIMING);
  await host.firewall.apply('rules', CLAIMING);
  await host.reboot();
  const after = await host.inspect();
  assert.notEqual((await host.identity()).bootId, bootId);
  assert.deepEqual(after, { ...fresh, bootId: after.bootId, storage: [spec.container.id] });
});

test('an image comes from a directory or an archive, and from nothing else', async () => {
  const tar = Buffer.alloc(512);
  tar.write('ustar', 257);
  const directory = await temporaryDirectory();
  await mkdir(join(directory, 'root'));
  await writeFile(join(directory, 'base.txz'), Buffer.from('fd377a585a00', 'hex'));
  await writeFile(join(directory, 'base.tar'), tar);
  await writeFile(join(directory, 'notes.txt'), 'no archive');
  const { images } = createSimulatedPlatform();
  const image = { id: '0123456789ab' } as Image;
  for (const name of ['base.txz', 'base.tar', 'root']) {
    assert.ok(
      (await images.import(image, { path: join(directory, name), local: false }, CLAIMING)) > 0,
    );
  }
  for (const name of ['notes.txt', 'missing']) {
    await rejects(
      'IMAGE_INVALID',
      /notes|missing/,
      images.import(image, { path: join(directory, name), local: false }, CLAIMING),
    );
  }
});

test('the firewall renders the same rules for the same intents, and notices others', async () => {
  const platform = createSimulatedPlatform();
  const { firewall } = platform;
  const store = new MemoryStore();
  await store.write((tx) => tx.networks.insert(bridge));
  const here = await platform.identity();
  const render = (): Promise<string> =>
    store.read((snapshot) => firewall.render(firewallIntents(snapshot, here)));
  const rules = await render();
  assert.equal(rules, await render());
  assert.match(rules, /10\.1\.0\.0\/24/);
  assert.equal((await firewall.observe(rules)).length, 1);
  await firewall.apply(rules, CLAIMING);
  assert.deepEqual(await firewall.observe(rules), []);
  await firewall.clear(CLAIMING);
  assert.deepEqual(await firewall.observe(''), []);
});

for (const when of ['before', 'after'] as const) {
  test(`a fault strikes ${when} its step takes effect`, async () => {
    const storage = inProcessStorage();
    const host = createSimulatedPlatform({ storage, faults: [{ step: 1, when, kind: 'fail' }] });
    await rejects('PLATFORM_COMMAND_FAILED', /simulated/, host.networks.up(bridge, CLAIMING));
    const { interfaces } = await host.network();
    assert.equal(interfaces.includes(bridge.interface), when === 'after');
    await host.networks.up(bridge, CLAIMING);
  });
}

test('a step that hangs ends with the signal', async () => {
  for (const when of ['before', 'after'] as const) {
    const interrupt = new AbortController();
    const host = createSimulatedPlatform({ faults: [{ step: 1, when, kind: 'hang' }] });
    const call = host.networks.up(bridge, { ...CLAIMING, signal: interrupt.signal });
    interrupt.abort(new Error('interrupted'));
    await assert.rejects(call, /interrupted/);
  }
});

test('a process that dies at a step leaves what was done', async () => {
  const onDeath = (): never => {
    throw new Error('dead');
  };
  const storage = inProcessStorage();
  const faults: Fault[] = [{ step: 2, when: 'before', kind: 'die', onDeath }];
  await assert.rejects(
    createSimulatedPlatform({ storage, faults }).networks.up(bridge, CLAIMING),
    /dead/,
  );
  const survivor = createSimulatedPlatform({ storage });
  assert.equal((await survivor.networks.observe(bridge)).length, 2);
});

test('a dry run shows the steps that the real run logs, and changes nothing', async () => {
  const logger = createRecordingLogger();
  const shown: string[] = [];
  const rehearsal = createSimulatedPlatform({ rehearse: (step) => void shown.push(step) });
  const before = await rehearsal.inspect();
  await rehearsal.networks.up(bridge, CLAIMING);
  await createSimulatedPlatform({ logger }).networks.up(bridge, CLAIMING);
  assert.deepEqual(
    logger.debugged,
    shown.map((step) => `+ ${step}`),
  );
  assert.equal(shown.length, 3);
  assert.deepEqual(await rehearsal.inspect(), before);
});

test('processes share a host that is kept in a file', async () => {
  const directory = await temporaryDirectory();
  const locks = new MemoryLocks();
  const open = () => createSimulatedPlatform({ storage: fileStorage({ directory, locks }) });
  const names = Array.from({ length: 8 }, (_, index) => `network${index}`);
  await Promise.all(
    names.map((name, index) =>
      open().networks.up(buildNetwork({ name, subnet: `10.1.${index}.0/24` }), CLAIMING),
    ),
  );
  assert.equal((await open().network()).interfaces.length, 2 + names.length);
});

test('a change that is refused leaves the file as it is', async () => {
  const directory = await temporaryDirectory();
  const storage = fileStorage({ directory, locks: new MemoryLocks() });
  const host = createSimulatedPlatform({ storage });
  await host.networks.up(bridge, CLAIMING);
  const read = () => readFile(join(directory, 'simulated-host.json'), 'utf8');
  const before = await read();
  await assert.rejects(
    host.tamper((state) => {
      state.interfaces = {};
      throw new Error('refused');
    }),
    /refused/,
  );
  assert.equal(await read(), before);
});

test('a damaged file is refused by name', async () => {
  const directory = await temporaryDirectory();
  const storage = fileStorage({ directory, locks: new MemoryLocks() });
  const host = createSimulatedPlatform({ storage });
  for (const text of [
    '',
    '{',
    '{}',
    'null',
    '{"bootId":"boot-1","interfaces":[],"sandboxes":{}}',
  ]) {
    await writeFile(join(directory, 'simulated-host.json'), text);
    await assert.rejects(
      host.identity(),
      (error) =>
        hasCode(error, 'DATABASE_DAMAGED') &&
        error.message.includes('simulated-host.json') &&
        error.hint !== undefined,
    );
  }
});

test.run();
