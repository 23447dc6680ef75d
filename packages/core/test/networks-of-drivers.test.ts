/** Networks that belong to a driver: their options, and who connects to them. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { NetworkDriver } from '../src/driver.ts';
import * as core from '../src/engine/index.ts';
import type { CreateNetworkRequest, Engine } from '../src/engine/index.ts';
import type { ErrorCode } from '../src/errors.ts';
import { buildNetwork } from '../src/testing.ts';
import { OWN, RESTRICTED, driverSource, newProcess, newWorld } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('networks of drivers');

/** It says nothing of networks. */
const PLAIN: NetworkDriver = {
  name: 'plain',
  capabilities: { ...OWN, families: ['ipv4'], internalOn: [], noIccOn: [] },
  dataPlanes: {},
  options: {},
  validateEndpoint: () => [],
};
const LAB: NetworkDriver = {
  ...PLAIN,
  name: 'lab',
  networkOptions: {
    vlan: {
      description: 'Number of the VLAN. Default: none.',
      check: (value) => (/^[1-9][0-9]*$/.test(value) ? undefined : 'is not a number'),
    },
    mode: { description: 'How. Default: open.', check: () => undefined },
  },
  validateNetwork: ({ options }) =>
    options['mode'] === 'closed' && options['vlan'] === undefined
      ? [{ path: 'driver-opt mode', message: 'closed needs a vlan' }]
      : [],
};
const OTHER: NetworkDriver = {
  ...LAB,
  name: 'other',
  capabilities: RESTRICTED,
  networkOptions: {},
};
const PLUGINS = [LAB, OTHER, PLAIN].map(driverSource);

function open(): Engine {
  return newProcess(newWorld(), { plugins: PLUGINS }).engine;
}

const NET: CreateNetworkRequest = {
  name: 'net',
  type: 'bridge',
  subnet: '10.1.0.0/24',
  driver: 'lab',
};

test('a network with a driver has its name and options', async () => {
  const engine = open();
  const made = await core.createNetwork(engine, {
    ...NET,
    driverOptions: ['vlan=7', 'mode=closed'],
  });
  const { network } = await core.inspectNetwork(engine, 'net');
  assert.deepEqual(network, made);
  assert.equal(network.driver, 'lab');
  assert.deepEqual(network.options, { vlan: '7', mode: 'closed' });
});

test('a network that its driver cannot keep inside, or apart, is refused when it is created', async () => {
  const capabilities = { ...OWN, internalOn: [], noIccOn: [] };
  const plugins = [driverSource({ ...LAB, capabilities })];
  const { engine } = newProcess(newWorld(), { plugins });
  for (const unkept of [{ internal: true }, { icc: false }])
    await refused(core.createNetwork(engine, { ...NET, ...unkept }), 'FEATURE_UNSUPPORTED');
  await core.createNetwork(engine, NET);
});

test('a network without a driver has neither', async () => {
  const engine = open();
  const { driver, ...request } = NET;
  const made = await core.createNetwork(engine, request);
  assert.ok(driver !== undefined && !('driver' in made));
  assert.deepEqual(made.options, {});
});

test('a driver that says nothing of networks has ones without options', async () => {
  const made = await core.createNetwork(open(), { ...NET, driver: 'plain' });
  assert.deepEqual([made.driver, made.options], ['plain', {}]);
});

const REFUSED: readonly (readonly [
  title: string,
  request: Partial<CreateNetworkRequest>,
  code: ErrorCode,
  message: RegExp,
])[] = [
  [
    'options without a driver',
    { driver: undefined as never, driverOptions: ['vlan=7'] },
    'INVALID_ARGUMENT',
    /not to belong to a driver/,
  ],
  [
    'an option that the driver does not know',
    { driverOptions: ['colour=red'] },
    'OPTION_UNKNOWN',
    /^driver lab knows no option "colour" of a network$/,
  ],
  [
    'an option of a driver without any',
    { driver: 'plain', driverOptions: ['vlan=7'] },
    'OPTION_UNKNOWN',
    /^driver plain knows no option "vlan" of a network$/,
  ],
  [
    'an option that only looks known',
    { driverOptions: ['toString=7'] },
    'OPTION_UNKNOWN',
    /"toString"/,
  ],
  [
    'what is not a pair',
    { driverOptions: ['vlan'] },
    'INVALID_ARGUMENT',
    /^"vlan" is not a driver/,
  ],
  ['a bad value', { driverOptions: ['vlan=x'] }, 'INVALID_ARGUMENT', /^vlan=x: is not a number$/],
  [
    'several at once, with what else is wrong',
    { subnet: '10.1.0.7/24', driverOptions: ['vlan=x', 'colour=red'] },
    'INVALID_ARGUMENT',
    /^subnet: .*; driver-opt: vlan=x: is not a number; driver-opt: driver lab knows no option "colour"/,
  ],
  [
    'what the driver refuses',
    { driverOptions: ['mode=closed'] },
    'INVALID_ARGUMENT',
    /^driver-opt mode: closed needs a vlan$/,
  ],
  ['an unknown driver', { driver: 'none' }, 'DRIVER_NOT_FOUND', /'none'/],
  [
    'another type',
    { type: 'loopback' },
    'NETWORK_TYPE_UNSUPPORTED',
    /^driver lab does not connect to loopback networks$/,
  ],
  [
    'a driver without networks',
    { driver: 'host' },
    'NETWORK_TYPE_UNSUPPORTED',
    /^driver host does not connect to networks$/,
  ],
  [
    'what it cannot keep inside',
    { internal: true },
    'FEATURE_UNSUPPORTED',
    /containers of the driver lab cannot be kept inside on bridge networks$/,
  ],
  [
    'what it cannot keep apart',
    { icc: false },
    'FEATURE_UNSUPPORTED',
    /containers of the driver lab cannot be kept from each other on bridge networks$/,
  ],
  [
    'another family',
    { subnet6: 'fd00::/64' },
    'FAMILY_UNSUPPORTED',
    /^driver lab does not support IPv6$/,
  ],
];

for (const [title, request, code, message] of REFUSED)
  test(`creating is refused, and changes nothing: ${title}`, async () => {
    const { engine, platform } = newProcess(newWorld(), { plugins: PLUGINS });
    const before = await platform.inspect();
    await refused(core.createNetwork(engine, { ...NET, ...request }), code, message);
    assert.deepEqual(await core.listNetworks(engine), []);
    assert.deepEqual(await platform.inspect(), before);
  });

test('a driver that is not for this platform, or cannot work on this host, is refused', async () => {
  const drivers = [{ name: 'lab', description: '', platforms: ['linux' as const] }];
  const { engine } = newProcess(newWorld(), { plugins: [{ ...driverSource(LAB), drivers }] });
  const platform = { ...engine.platform };
  delete platform.genericDataPlane;
  const elsewhere: Engine = { ...engine, platform };
  await refused(
    core.createNetwork(elsewhere, NET),
    'PLATFORM_UNSUPPORTED',
    /driver lab is for linux only/,
  );
  const broken: NetworkDriver = {
    ...LAB,
    dataPlanes: {
      memory: () =>
        Promise.resolve({
          status: () => Promise.resolve({ state: 'unavailable', reasons: ['no lab here'] }),
          plan: () => [],
          attach: () => Promise.resolve(),
          detach: () => Promise.resolve(),
          observe: () => Promise.resolve([]),
        }),
    },
  };
  const { engine: without } = newProcess(newWorld(), { plugins: [driverSource(broken)] });
  await refused(core.createNetwork(without, NET), 'DRIVER_UNAVAILABLE', /no lab here/);
  assert.deepEqual(await core.listNetworks(without), []);
});

test('only containers of its driver connect: at creation, stopped and running', async () => {
  const engine = open();
  await core.createNetwork(engine, NET);
  const networks = [{ network: 'net' }];
  const saying =
    /^network 'net' belongs to the driver lab, and container '[^']+' has the driver other$/;
  const stranger = { name: 's', image: 'host', driver: 'other' };
  await refused(core.createContainer(engine, { ...stranger, networks }), 'DRIVER_CONFLICT', saying);
  await refused(
    core.runContainer(engine, { ...stranger, networks }, 'detached'),
    'DRIVER_CONFLICT',
    saying,
  );
  assert.deepEqual(await core.listContainers(engine), []);
  await core.runContainer(engine, stranger, 'detached');
  const error = await refused(
    core.connect(engine, { network: 'net', container: 's' }),
    'DRIVER_CONFLICT',
    saying,
  );
  assert.match(error.hint ?? '', /--driver lab/);
  await core.runContainer(
    engine,
    { name: 'own', image: 'host', driver: 'lab', networks },
    'detached',
  );
  const { endpoints } = await core.inspectNetwork(engine, 'net');
  assert.deepEqual(
    endpoints.map(({ containerName }) => containerName),
    ['own'],
  );
});

test('a network of a driver can be built for tests', () => {
  const { driver, options } = buildNetwork({ driver: 'lab', options: { vlan: '7' } });
  assert.deepEqual([driver, options], ['lab', { vlan: '7' }]);
  assert.ok(!('driver' in buildNetwork()));
});

test.run();
