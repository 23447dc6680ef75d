/** The plugin as listings and discovery see it, before its code is loaded. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { API_VERSION } from '@kleenet/core/driver';
import type { NetworkDriver } from '@kleenet/core/driver';
import type { CaseDefinition } from '../definition.ts';

const CORE = '@kleenet/core';
const FIELDS = ['plugin', 'apiVersion', 'drivers', 'privileges'];
const DRIVER_FIELDS = ['name', 'description', 'platforms'];
const PLATFORMS: readonly string[] = ['freebsd', 'linux', 'memory'];

export const PACKAGE_CASES: readonly CaseDefinition[] = [
  {
    name: 'its plugin is for this version of the contract, and registers it',
    group: 'manifest',
    needs: ['plugin'],
    async run({ driver, plugin }) {
      equal(plugin?.apiVersion, API_VERSION);
      const registered: NetworkDriver[] = [];
      plugin?.register({ register: (one) => void registered.push(one) });
      const names = registered.map(({ name }) => name);
      ok(names.includes(driver.name), `it registers ${names.join(', ') || 'nothing'}`);
    },
  },
  {
    name: 'its plugin has the name of its package',
    group: 'manifest',
    needs: ['plugin', 'packageJson'],
    async run({ plugin, packageJson }) {
      const { name = plugin?.name } = members(packageJson);
      equal(plugin?.name, name);
    },
  },
  {
    name: 'its package.json describes it, for this version of the contract',
    group: 'manifest',
    needs: ['packageJson'],
    async run({ driver, packageJson }) {
      const { apiVersion, plugin } = members(members(packageJson)['kleenet']);
      equal(apiVersion, API_VERSION);
      match(String(plugin), /^\.\//, 'kleenet.plugin is not a path within the package');
      match(String(entryOf(driver, packageJson)['description']), /^\S.*\.$/, 'is not a sentence');
    },
  },
  {
    name: 'its package.json names the platforms that it works on',
    group: 'manifest',
    needs: ['packageJson'],
    async run({ driver, capabilities, packageJson }) {
      const platforms = list(entryOf(driver, packageJson)['platforms']).map(String);
      const unknown = platforms.filter((platform) => !PLATFORMS.includes(platform));
      deepEqual(unknown, [], 'unknown platforms');
      if (capabilities.networkTypes.length === 0) return;
      // Core has a data plane for memory, so a manifest may list it without one.
      const real = (names: readonly string[]): readonly string[] =>
        names.filter((name) => name !== 'memory').toSorted();
      deepEqual(
        real(platforms),
        real(Object.keys(driver.dataPlanes)),
        'it has data planes for others',
      );
    },
  },
  {
    name: 'its package.json says nothing in the field kleenet that klee does not know',
    group: 'manifest',
    needs: ['packageJson'],
    async run({ packageJson }) {
      const field = members(members(packageJson)['kleenet']);
      deepEqual(unknownIn(field, FIELDS), [], 'klee refuses them');
      for (const driver of list(field['drivers']).map(members))
        deepEqual(unknownIn(driver, DRIVER_FIELDS), [], 'klee refuses them of a driver');
    },
  },
  {
    name: 'its package.json leaves @kleenet/core to its users: a peer dependency, and none of its own',
    group: 'manifest',
    needs: ['packageJson'],
    async run({ packageJson }) {
      const { peerDependencies, dependencies } = members(packageJson);
      const range = members(peerDependencies)[CORE];
      ok(typeof range === 'string' && range !== '', `peerDependencies has no ${CORE}`);
      ok(!(CORE in members(dependencies)), `dependencies has ${CORE}`);
    },
  },
];

/** The driver's declaration in package.json. */
function entryOf(driver: NetworkDriver, packageJson: unknown): Readonly<Record<string, unknown>> {
  const { drivers } = members(members(packageJson)['kleenet']);
  const entries = list(drivers)
    .map(members)
    .filter(({ name }) => name === driver.name);
  equal(entries.length, 1, `kleenet.drivers has ${entries.length} entries for ${driver.name}`);
  return members(entries[0]);
}

function unknownIn(
  object: Readonly<Record<string, unknown>>,
  known: readonly string[],
): readonly string[] {
  return Object.keys(object).filter((name) => !known.includes(name));
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
