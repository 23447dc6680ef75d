import { deepEqual, equal, ok } from 'node:assert/strict';
import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import type { Capabilities, Plugin } from '@kleenet/core/driver';
import { suite } from 'uvu';
import { conformanceCases, runConformance } from '../src/index.ts';
import {
  BROKEN_MANIFESTS,
  BROKEN_NEIGHBOURS,
  BROKEN_PLANES,
  BROKEN_VALIDATIONS,
} from './support/broken.ts';
import { OWN, RESTRICTED, reference, withPlane } from './support/reference.ts';

const test = suite('conformance');

function pluginOf(capabilities: Capabilities, apiVersion: number = API_VERSION): Plugin {
  return definePlugin({
    name: 'driver-reference',
    apiVersion,
    register: (registrar) => registrar.register(reference(capabilities)),
  });
}

for (const capabilities of [OWN, RESTRICTED]) {
  test(`a driver with a stack ${capabilities.stack} that keeps the contract passes`, async () => {
    const plugin = pluginOf(capabilities);
    const report = await runConformance(reference(capabilities), { plugin });
    deepEqual(report.failed, []);
    deepEqual(
      new Set(report.skipped.flatMap(({ reason }) => reason.split('; '))),
      new Set([
        'the driver has no data plane for freebsd',
        'the driver has no data plane for linux',
        ...(capabilities.mac ? [] : ['the driver does not declare mac']),
        ...(capabilities.gateway ? [] : ['the driver does not declare gateway on bridge networks']),
      ]),
    );
  });
}

test('a driver that makes its own data plane for each host passes', async () => {
  const { failed } = await runConformance(withPlane(() => ({})));
  deepEqual(failed, []);
});

test('a driver that connects to nothing is asked for its manifest only', async () => {
  const nothing: Capabilities = Object.freeze({
    stack: 'none',
    networkTypes: Object.freeze([]),
    families: Object.freeze([]),
    connectWhileRunning: false,
    disconnectWhileRunning: false,
    publishPorts: false,
    mac: false,
    gateway: false,
  });
  const { failed, passed, skipped } = await runConformance(reference(nothing));
  deepEqual(failed, []);
  equal(passed.length, 5);
  ok(skipped.some(({ reason }) => reason === 'the driver connects to no network'));
});

const broken = [...BROKEN_MANIFESTS, ...BROKEN_VALIDATIONS, ...BROKEN_PLANES, ...BROKEN_NEIGHBOURS];
for (const { fault, subject, fails } of broken) {
  test(`a driver that ${fault} fails the case that says so, and no other`, async () => {
    const { failed } = await runConformance(subject, { deadline: 1000 });
    deepEqual(
      failed.map(({ name }) => name),
      [fails],
      failed.map(({ name, error }) => `${name}: ${String(error)}`).join('\n'),
    );
  });
}

test('a plugin for another version of the contract fails', async () => {
  const plugin = pluginOf(OWN, API_VERSION + 1);
  const { failed } = await runConformance(reference(OWN), { plugin });
  deepEqual(
    failed.map(({ name }) => name),
    ['its plugin is for this version of the contract, and registers it'],
  );
});

test('every case is in exactly one list of the report, under a name of its own', async () => {
  const cases = conformanceCases(reference(RESTRICTED));
  const names = cases.map(({ name }) => name);
  const { passed, failed, skipped } = await runConformance(reference(RESTRICTED));
  equal(new Set(names).size, names.length);
  deepEqual(
    [...passed, ...[...failed, ...skipped].map(({ name }) => name)].toSorted(),
    names.toSorted(),
  );
});

test('every case that needs no other platform has a broken driver that fails it', () => {
  const tried = new Set(broken.map(({ fails }) => fails));
  const cases = conformanceCases(reference(OWN)).filter(({ group }) => group !== 'data planes');
  deepEqual(
    cases.map(({ name }) => name).filter((name) => !tried.has(name)),
    [],
  );
});

test.run();
