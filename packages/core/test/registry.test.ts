import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { BUILTIN_PLUGIN } from '../src/builtin/drivers.ts';
import { API_VERSION, capabilitiesOn, definePlugin } from '../src/driver.ts';
import type { Network, NetworkDriver, Registrar } from '../src/driver.ts';
import { KleenetError, hasCode } from '../src/errors.ts';
import type { ErrorCode } from '../src/errors.ts';
import type { PluginSource } from '../src/plugin.ts';
import { DriverRegistry } from '../src/registry.ts';
import { raise } from './support/refusals.ts';

const test = suite('DriverRegistry');

function driverNamed(name: string): NetworkDriver {
  return {
    name,
    capabilities: { stack: 'own', networkTypes: ['bridge'], families: ['ipv4'] },
    dataPlanes: {},
    options: {},
    validateEndpoint: () => [],
  };
}

function source(
  name: string,
  drivers: readonly string[],
  overrides: Partial<PluginSource> = {},
): PluginSource {
  return {
    name,
    version: '1.0.0',
    apiVersion: API_VERSION,
    drivers: drivers.map((driver) => ({ name: driver, description: '', platforms: [] })),
    load: () =>
      Promise.resolve(
        plugin((registrar) => drivers.forEach((driver) => registrar.register(driverNamed(driver)))),
      ),
    ...overrides,
  };
}

function plugin(register: (registrar: Registrar) => unknown): unknown {
  return { name: 'p', apiVersion: API_VERSION, register };
}

/** A registry whose one plugin declares the driver `a` and loads as given. */
function loading(load: () => unknown): DriverRegistry {
  const sources = [source('bad', ['a'], { load: async () => load() })];
  return new DriverRegistry(sources, { loadDeadline: 30 });
}

function refuses(registry: DriverRegistry, code: ErrorCode, message: RegExp): Promise<void> {
  return assert.rejects(registry.driver('a'), (error) => {
    assert.ok(hasCode(error, code), String(error));
    assert.match(error.message, message);
    return true;
  });
}

test('lists drivers without loading any code', () => {
  const registry = new DriverRegistry([
    BUILTIN_PLUGIN,
    source('p', ['zeta', 'alpha'], { load: () => Promise.reject(new Error('loaded')) }),
  ]);
  assert.deepEqual(
    registry.list().map(({ name }) => name),
    ['alpha', 'disabled', 'host', 'zeta'],
  );
});

test('loads a plugin once, however many of its drivers are asked for', async () => {
  let loads = 0;
  const one = source('p', ['a', 'b']);
  const registry = new DriverRegistry([{ ...one, load: () => ((loads += 1), one.load()) }]);
  const [a, b] = await Promise.all([registry.driver('a'), registry.driver('b')]);
  assert.deepEqual([a.name, b.name, loads], ['a', 'b', 1]);
});

test('names what it knows when a driver is unknown', async () => {
  const registry = new DriverRegistry([BUILTIN_PLUGIN]);
  await assert.rejects(registry.driver('lolnet'), (error) => {
    assert.ok(hasCode(error, 'DRIVER_NOT_FOUND'));
    assert.match(error.message, /lolnet/);
    assert.match(error.hint ?? '', /disabled, host/);
    return true;
  });
});

test('says why a driver cannot be used whose plugin is skipped', async () => {
  const rejected = { plugin: 'p', version: '3.0.0', reason: 'others can write it' };
  const registry = new DriverRegistry([BUILTIN_PLUGIN], {
    rejected: [{ ...rejected, code: 'PLUGIN_UNTRUSTED', drivers: ['a'] }],
  });
  await refuses(registry, 'PLUGIN_UNTRUSTED', /'a'.*p 3\.0\.0.*others can write it/);
  assert.equal(registry.rejected.length, 1);
});

test('the first plugin of a driver name wins, and the other is reported', async () => {
  const registry = new DriverRegistry([source('first', ['a']), source('second', ['a', 'b'])]);
  assert.deepEqual(registry.rejected, [
    { plugin: 'second', version: '1.0.0', reason: "driver 'a' is already offered by first" },
  ]);
  assert.equal((await registry.driver('b')).name, 'b');
  assert.equal(registry.list().find(({ name }) => name === 'a')?.plugin, 'first');
  assert.equal((await registry.driver('a')).origin.plugin, 'first');
});

test('refuses another major version of the contract, by name and version', async () => {
  const declared = new DriverRegistry([source('old', ['a'], { apiVersion: 99 })]);
  await refuses(declared, 'API_VERSION_UNSUPPORTED', /old 1\.0\.0 .*99/);
  const exported = loading(() => ({ apiVersion: 99, register: () => assert.fail('called') }));
  await refuses(exported, 'API_VERSION_UNSUPPORTED', /bad 1\.0\.0 .*99/);
});

test('whatever happens while a plugin loads is an error with its name and version', async () => {
  const hostile = {
    get apiVersion(): number {
      throw new Error('boom');
    },
  };
  const cases: readonly [() => unknown, RegExp][] = [
    [() => Promise.reject(new Error('boom')), /bad 1\.0\.0 cannot be loaded: boom/],
    [() => Promise.reject('boom'), /bad 1\.0\.0 cannot be loaded: boom/],
    [() => hostile, /bad 1\.0\.0 cannot be read: boom/],
    ...[undefined, null, 7, 'plugin', [], {}, { apiVersion: 1 }, () => undefined].map(
      (junk): [() => unknown, RegExp] => [
        () => junk,
        /bad 1\.0\.0 has no default export made by definePlugin/,
      ],
    ),
    [() => plugin(() => undefined), /bad 1\.0\.0 declares the driver 'a' but does not register it/],
    [() => plugin(() => raise('boom')), /bad 1\.0\.0 failed in register: boom/],
    [() => plugin(() => Promise.reject(new Error('boom'))), /bad 1\.0\.0 has an asynchronous/],
    [() => registering(undefined), /bad 1\.0\.0 registers a driver without a name/],
    [() => registering({ name: 1 }), /bad 1\.0\.0 registers a driver without a name/],
    [() => registering(driverNamed('ipnet')), /bad 1\.0\.0 registers "ipnet", which its manifest/],
  ];
  for (const [load, message] of cases) await refuses(loading(load), 'PLUGIN_INVALID', message);
});

function registering(driver: unknown): unknown {
  return plugin((registrar) => registrar.register(driver as NetworkDriver));
}

test('a plugin that does not load in time is left behind', () =>
  refuses(
    loading(() => new Promise(() => undefined)),
    'DRIVER_TIMEOUT',
    /bad 1\.0\.0 did not load within 0\.03 seconds/,
  ));

test('typed errors of whoever found the plugin pass through', () =>
  refuses(
    loading(() => Promise.reject(new KleenetError('PLUGIN_UNTRUSTED', 'others can write it'))),
    'PLUGIN_UNTRUSTED',
    /others can write it/,
  ));

test('one plugin cannot register a driver twice, and nothing of it is used then', async () => {
  const twice = plugin((registrar) => {
    registrar.register(driverNamed('a'));
    registrar.register(driverNamed('a'));
  });
  await refuses(
    loading(() => twice),
    'DRIVER_CONFLICT',
    /bad 1\.0\.0 registers the driver 'a' twice/,
  );
});

test('nobody registers a driver once register has returned', async () => {
  let kept: Registrar | undefined;
  const registry = loading(() =>
    plugin((registrar) => {
      kept = registrar;
      registrar.register(driverNamed('a'));
    }),
  );
  const { capabilities } = await registry.driver('a');
  assert.throws(
    () => kept?.register({ ...driverNamed('a'), capabilities: { ...capabilities, stack: 'host' } }),
    (error) => hasCode(error, 'PLUGIN_INVALID'),
  );
  assert.equal((await registry.driver('a')).capabilities.stack, 'own');
});

test('a driver that does not keep the contract is refused with all that is wrong', async () => {
  const driver = {
    name: 'a',
    capabilities: { stack: 'odd', networkTypes: ['bridge'], families: ['ipv4'] },
    dataPlanes: { linux: 'soon' },
    options: { size: { description: 'n' } },
  };
  await refuses(
    loading(() => registering(driver)),
    'PLUGIN_INVALID',
    /driver a of plugin bad 1\.0\.0/,
  );
  await refuses(
    loading(() => registering(driver)),
    'PLUGIN_INVALID',
    /capabilities: stack is none of .*; dataPlanes: linux is not a function; options: size has no check; validateEndpoint: /,
  );
  for (const capabilities of [
    undefined,
    [],
    { stack: 'own', networkTypes: 'bridge', families: [] },
    { stack: 'own', networkTypes: ['tunnel'], families: [] },
    { stack: 'own', networkTypes: [], families: ['ipx'] },
    { stack: 'own', networkTypes: [], families: [], mac: 'yes' },
  ]) {
    const odd = { ...driverNamed('a'), capabilities };
    await refuses(
      loading(() => registering(odd)),
      'PLUGIN_INVALID',
      /capabilities: /,
    );
  }
});

test('a driver that is refused is told which part of it is wrong', async () => {
  for (const [parts, message] of [
    [{ capabilities: [] }, /capabilities: the value is not an object/],
    [{ capabilities: { stack: 'x' } }, /stack is none of own, restricted, host, none$/],
    [{ capabilities: { stack: 'own', networkTypes: 'all' } }, /: networkTypes is not an array/],
    [{ capabilities: { ...OPEN, families: 'all' } }, /: families is not an array/],
    [
      { capabilities: { ...OPEN, networkTypes: ['bridge'], internalOn: ['custom'] } },
      /: an entry of internalOn is none of bridge/,
    ],
    [{ capabilities: { ...OPEN, noIccOn: 'all' } }, /: noIccOn is not an array/],
    [{ capabilities: { ...OPEN, networkTypes: ['x'] } }, /: an entry of networkTypes is none of/],
    [{ capabilities: { ...OPEN, families: ['x'] } }, /: an entry of families is none of/],
    [{ capabilities: { ...OPEN, gateway: 1 } }, /: gateway is not a boolean/],
    [{ platformCapabilities: [] }, /platformCapabilities: the value is not an object/],
    [{ platformCapabilities: { linux: 1 } }, /platformCapabilities: linux is not an object/],
    [{ dataPlanes: [] }, /dataPlanes: the value is not an object/],
    [{ dataPlanes: { freebsd: 1 } }, /dataPlanes: freebsd is not a function/],
    [{ options: [] }, /options: the value is not an object/],
    [{ options: { size: 1 } }, /options: size is not an object/],
    [{ options: { size: { check: () => undefined } } }, /options: size has no description/],
    [{ options: { size: { description: '' } } }, /options: size has no check/],
    [{ validateEndpoint: 1 }, /validateEndpoint: it is not a function/],
  ] as const) {
    const refused = loading(() => registering({ ...driverNamed('a'), ...parts }));
    await refuses(refused, 'PLUGIN_INVALID', message);
  }
});

const OPEN = { stack: 'own', networkTypes: [], families: [] };

test('a refusal has the origin and all problems as data', async () => {
  const odd = { ...driverNamed('a'), dataPlanes: 1, options: 1 };
  await assert.rejects(loading(() => registering(odd)).driver('a'), (error) => {
    assert.ok(hasCode(error, 'PLUGIN_INVALID'));
    const { problems, ...rest } = error.details;
    assert.deepEqual(rest, { driver: 'a', plugin: 'bad', version: '1.0.0' });
    assert.equal((problems as readonly string[]).length, 2);
    return true;
  });
});

test('every kind of stack is known', async () => {
  for (const stack of ['own', 'restricted', 'host', 'none']) {
    const driver = { ...driverNamed('a'), capabilities: { ...OPEN, stack } };
    const { capabilities } = await loading(() => registering(driver)).driver('a');
    assert.equal(capabilities.stack, stack);
  }
});

test('what the check of an option says of a value is passed on', async () => {
  for (const answer of ['it is too large', undefined]) {
    const check = (text: string): string | undefined => (text === '7' ? answer : 'called wrongly');
    const driver = { ...driverNamed('a'), options: { size: { description: 'n', check } } };
    const { options } = await loading(() => registering(driver)).driver('a');
    assert.equal(options['size']?.check('7'), answer);
    assert.equal(options['size']?.description, 'n');
  }
});

test('flags that a driver leaves out are false, and what it changes later changes nothing', async () => {
  const driver = driverNamed('a');
  const capabilities = { ...driver.capabilities };
  const registry = loading(() => registering({ ...driver, capabilities }));
  const checked = await registry.driver('a');
  Object.assign(capabilities, { stack: 'host', mac: true, networkTypes: ['custom'] });
  assert.deepEqual(checked.capabilities, {
    stack: 'own',
    networkTypes: ['bridge'],
    families: ['ipv4'],
    connectWhileRunning: false,
    disconnectWhileRunning: false,
    publishPorts: false,
    mac: false,
    gateway: false,
    lateBinding: false,
    internalOn: ['bridge'],
    noIccOn: ['bridge'],
    hostChecks: false,
  });
});

const network = { name: 'n', labels: { a: 'b' } } as unknown as Network;
const request = { addresses: {}, gatewayPriority: 0, options: {} };

test('validation and option checks that fail or answer junk are errors with the name of the plugin', async () => {
  const failed = (error: unknown): boolean =>
    hasCode(error, 'DRIVER_FAILED') && /driver a of plugin bad 1\.0\.0/.test(error.message);
  for (const answer of [undefined, 'fine', [7], [{ path: 'x' }], Promise.resolve([])]) {
    const odd = {
      ...driverNamed('a'),
      validateEndpoint: () => answer,
      options: { size: { description: '', check: () => answer ?? null } },
    };
    const driver = await loading(() => registering(odd)).driver('a');
    assert.throws(() => driver.validateEndpoint(network, request), failed);
    if (answer !== 'fine') assert.throws(() => driver.options['size']?.check('1'), failed);
  }
  const thrower = { ...driverNamed('a'), validateEndpoint: () => raise('boom') };
  const driver = await loading(() => registering(thrower)).driver('a');
  assert.throws(() => driver.validateEndpoint(network, request), failed);
});

test('a driver cannot change what it is asked about', async () => {
  const meddler = {
    ...driverNamed('a'),
    validateEndpoint(asked: { labels: Record<string, string> }) {
      asked.labels['a'] = 'changed';
      return [];
    },
  };
  const driver = await loading(() => registering(meddler)).driver('a');
  assert.throws(
    () => driver.validateEndpoint(network, request),
    (error) => hasCode(error, 'DRIVER_FAILED'),
  );
  assert.equal(network.labels['a'], 'b');
});

test('methods of a driver are called on the driver, also when it is a class', async () => {
  class Lab {
    readonly name = 'a';
    readonly capabilities = driverNamed('a').capabilities;
    readonly dataPlanes = {};
    readonly options = {};
    readonly #issue = { path: 'mtu', message: 'too large' };
    validateEndpoint(): readonly object[] {
      return [this.#issue];
    }
  }
  const driver = await loading(() => registering(new Lab())).driver('a');
  assert.deepEqual(driver.validateEndpoint(network, request), [
    { path: 'mtu', message: 'too large' },
  ]);
});

test('definePlugin of any copy of core does: what counts is the shape', async () => {
  const made = definePlugin({
    name: 'bad',
    apiVersion: API_VERSION,
    register: (registrar) => registrar.register(driverNamed('a')),
  });
  assert.equal((await loading(() => ({ ...made })).driver('a')).name, 'a');
});

test('refuses a second driver for a container', () => {
  const registry = new DriverRegistry([]);
  registry.requireSame({ name: 'c', driver: 'ipnet' }, 'ipnet');
  assert.throws(
    () => registry.requireSame({ name: 'c', driver: 'ipnet' }, 'vnet'),
    (error) => hasCode(error, 'DRIVER_CONFLICT') && /'c'.*ipnet.*vnet/.test(error.message),
  );
});

test('a driver can differ on a platform, and only there', async () => {
  const driver = {
    ...driverNamed('a'),
    platformCapabilities: { linux: { gateway: true, families: ['ipv6'] as const } },
  };
  const checked = await loading(() => registering(driver)).driver('a');
  assert.deepEqual(capabilitiesOn(checked, 'linux'), {
    ...checked.capabilities,
    gateway: true,
    families: ['ipv6'],
  });
  assert.deepEqual(capabilitiesOn(checked, 'freebsd'), checked.capabilities);
  for (const platformCapabilities of [7, { linux: 7 }, { linux: { gateway: 'yes' } }]) {
    const odd = { ...driverNamed('a'), platformCapabilities } as never;
    await refuses(
      loading(() => registering(odd)),
      'PLUGIN_INVALID',
      /platformCapabilities: /,
    );
  }
});

test.run();
