import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { BUILTIN_PLUGIN } from '../src/builtin/drivers.ts';
import { API_VERSION, definePlugin } from '../src/driver.ts';
import type { NetworkDriver } from '../src/driver.ts';
import { hasCode } from '../src/errors.ts';
import { DriverRegistry } from '../src/registry.ts';
import type { PluginSource } from '../src/registry.ts';

const test = suite('DriverRegistry');

async function driverNamed(name: string): Promise<NetworkDriver> {
  const host = await new DriverRegistry([BUILTIN_PLUGIN]).driver('host');
  return { ...host, name };
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
    load: async () => {
      const made = await Promise.all(drivers.map(driverNamed));
      return definePlugin({
        name,
        apiVersion: API_VERSION,
        register: (registrar) => {
          for (const driver of made) registrar.register(driver);
        },
      });
    },
    ...overrides,
  };
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

test('the first plugin of a driver name wins, and the other is reported', async () => {
  const registry = new DriverRegistry([source('first', ['a']), source('second', ['a', 'b'])]);
  assert.deepEqual(registry.rejected, [
    { plugin: 'second', version: '1.0.0', reason: "driver 'a' is already offered by first" },
  ]);
  assert.equal((await registry.driver('b')).name, 'b');
  assert.equal(registry.list().find(({ name }) => name === 'a')?.plugin, 'first');
});

test('refuses another major version of the contract, by name and version', async () => {
  const registry = new DriverRegistry([source('old', ['a'], { apiVersion: 99 })]);
  await assert.rejects(registry.driver('a'), (error) => {
    assert.ok(hasCode(error, 'API_VERSION_UNSUPPORTED'));
    assert.match(error.message, /old 1\.0\.0 .*99/);
    return true;
  });
});

test('a plugin that throws, or does not register what it declares, is an error with its name', async () => {
  const thrown = new DriverRegistry([
    source('bad', ['a'], { load: () => Promise.reject(new Error('boom')) }),
  ]);
  await assert.rejects(
    thrown.driver('a'),
    (error) => hasCode(error, 'PLUGIN_INVALID') && /bad 1\.0\.0.*boom/.test(error.message),
  );
  const silent = source('silent', ['a'], {
    load: () =>
      Promise.resolve(
        definePlugin({ name: 'silent', apiVersion: API_VERSION, register: () => undefined }),
      ),
  });
  await assert.rejects(new DriverRegistry([silent]).driver('a'), (error) =>
    hasCode(error, 'PLUGIN_INVALID'),
  );
});

test('refuses a second driver for a container', () => {
  const registry = new DriverRegistry([]);
  registry.requireSame({ name: 'c', driver: 'ipnet' }, 'ipnet');
  assert.throws(
    () => registry.requireSame({ name: 'c', driver: 'ipnet' }, 'vnet'),
    (error) => hasCode(error, 'DRIVER_CONFLICT') && /'c'.*ipnet.*vnet/.test(error.message),
  );
});

test.run();
