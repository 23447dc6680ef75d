/** Drivers that were written for contract 1 keep working while it grows: an early one, which never changes. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import { conformanceCases } from '@kleenet/conformance';
import { API_VERSION } from '@kleenet/core/driver';
import type { NetworkDriver, Plugin } from '@kleenet/core/driver';
import { PluginWorld } from './support/plugins.ts';

const FIXTURE = join(import.meta.dirname, 'fixtures/driver-macvlan');
const parsed = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURE, name), 'utf8'));

const { default: plugin, macvlan } = (await import(
  pathToFileURL(join(FIXTURE, 'lib/index.js')).href
)) as { readonly default: Plugin; readonly macvlan: NetworkDriver };
const recorded = parsed('cases.json') as readonly string[];
const cases = conformanceCases(macvlan, { plugin, packageJson: parsed('package.json') });

const test = suite('a driver of the first days of contract 1');

test('the contract is still that one', () => {
  equal(API_VERSION, 1);
});

test('the kit still has every case that it passed then', () => {
  const names = new Set(cases.map(({ name }) => name));
  ok(recorded.length > 50);
  deepEqual(
    recorded.filter((name) => !names.has(name)),
    [],
  );
});

for (const { name, skip, run } of cases) {
  if (!recorded.includes(name)) continue;
  test(name, async () => {
    equal(skip, undefined);
    await run();
  });
}

test('klee adds it from its directory, and runs a container with it', async () => {
  const world = new PluginWorld();
  try {
    // klee takes it from where a user has it, who has no repository around it.
    const folder = join(world.folder, 'source');
    cpSync(FIXTURE, folder, { recursive: true });
    equal(await world.ok(['plugin', 'add', '--yes', folder]), 'kleenet-driver-macvlan');
    match(await world.ok('plugin ls'), /kleenet-driver-macvlan +0\.1\.0 +macvlan .* usable$/m);
    await world.ok('run -d --name a --driver macvlan host sleep 60');
    match(await world.ok('container ls'), /\ba +.*running/);
    await world.ok('container rm -f a');
    equal(await world.ok('system check'), '');
  } finally {
    world.remove();
  }
});

test.run();
