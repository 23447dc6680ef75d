import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import type { Capabilities, Issue, NetworkDriver, Plugin } from '@kleenet/core/driver';
import { simulatedTestHost } from '@kleenet/core/testing';
import { suite } from 'uvu';
import { isCovered } from '../src/findings.ts';
import { conformanceCases, runConformance } from '../src/index.ts';
import { BROKEN_DRIVERS } from './support/broken/index.ts';
import { BROKEN_ON_FREEBSD } from './support/broken/on-freebsd.ts';
import { dressedAsFreebsd, onFreebsd } from './support/dressed.ts';
import { OWN, RESTRICTED, reference, withPlane } from './support/reference.ts';

const test = suite('conformance');

function pluginOf(capabilities: Capabilities, apiVersion: number = API_VERSION): Plugin {
  return definePlugin({
    name: 'driver-reference',
    apiVersion,
    register: (registrar) => registrar.register(reference(capabilities)),
  });
}

function packageOf(entry: object = {}, apiVersion: number = API_VERSION): object {
  const driver = { name: 'reference', description: 'It refers.', platforms: ['memory'], ...entry };
  return {
    kleenet: { plugin: './dist/index.js', apiVersion, drivers: [driver] },
    peerDependencies: { '@kleenet/core': '0.x' },
  };
}

/** Its members are those of its class, and need the instance itself. */
class ClassDriver implements NetworkDriver {
  readonly #driver = reference(OWN);

  get name(): string {
    return this.#driver.name;
  }

  get capabilities(): Capabilities {
    return this.#driver.capabilities;
  }

  get dataPlanes(): NetworkDriver['dataPlanes'] {
    return this.#driver.dataPlanes;
  }

  get options(): NetworkDriver['options'] {
    return this.#driver.options;
  }

  validateEndpoint(...given: Parameters<NetworkDriver['validateEndpoint']>): readonly Issue[] {
    return this.#driver.validateEndpoint(...given);
  }
}

for (const capabilities of [OWN, RESTRICTED]) {
  test(`a driver with a stack ${capabilities.stack} that keeps the contract passes`, async () => {
    const plugin = pluginOf(capabilities);
    const report = await runConformance(reference(capabilities), {
      plugin,
      packageJson: packageOf(),
    });
    deepEqual(report.failed, []);
    deepEqual(
      new Set(report.skipped.flatMap(({ reason }) => reason.split('; '))),
      new Set([
        'the driver has no data plane for freebsd',
        'the driver has no data plane for linux',
        'no host of freebsd was given',
        'no host of linux was given',
        ...(capabilities.mac ? [] : ['the driver does not declare mac']),
        ...(capabilities.gateway ? [] : ['the driver does not declare gateway on bridge networks']),
      ]),
    );
  });
}

test('a driver that is an instance of a class passes', async () => {
  const { failed } = await runConformance(new ClassDriver());
  deepEqual(failed, []);
});

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
  equal(passed.length, 7);
  ok(skipped.some(({ reason }) => reason === 'the driver connects to no network'));
});

for (const capabilities of [OWN, RESTRICTED]) {
  test(`a driver with a stack ${capabilities.stack} is tried on a given host, too`, async () => {
    const { failed, passed, skipped } = await runConformance(onFreebsd(reference(capabilities)), {
      hosts: { freebsd: dressedAsFreebsd },
    });
    deepEqual(failed, []);
    const there = passed.filter((name) => name.endsWith(' (freebsd)'));
    ok(there.includes('detach leaves the host as it was before attach (freebsd)'));
    // Whatever it is tried for on the simulated host, and nothing in its place.
    for (const name of there) ok(passed.includes(name.replace(/ \(freebsd\)$/, '')), name);
    const lacks = skipped.filter(({ name }) => name.endsWith(' (freebsd)'));
    deepEqual(
      lacks.filter(({ reason }) => !reason.startsWith('the driver does not declare')),
      [],
    );
  });
}

test('without a host of a platform the cases about it are skipped, and say so', async () => {
  const { skipped } = await runConformance(onFreebsd(reference(OWN)));
  const name = 'detach may be repeated (freebsd)';
  deepEqual(
    skipped.filter((one) => one.name === name),
    [{ name, reason: 'no host of freebsd was given' }],
  );
});

test('without a data plane for a platform its host is of no use, and it is said', async () => {
  const { skipped } = await runConformance(reference(OWN), {
    hosts: { freebsd: dressedAsFreebsd },
  });
  const name = 'detach may be repeated (freebsd)';
  deepEqual(
    skipped.filter((one) => one.name === name),
    [{ name, reason: 'the driver has no data plane for freebsd' }],
  );
});

test('a host of another platform than it was given for is refused', async () => {
  const { failed, passed } = await runConformance(onFreebsd(reference(OWN)), {
    hosts: { freebsd: simulatedTestHost },
  });
  deepEqual(
    passed.filter((name) => name.endsWith(' (freebsd)')),
    [],
  );
  ok(failed.length > 0);
  for (const { error } of failed) match(String(error), /given for freebsd is one of memory/);
});

for (const { fault, change, capabilities, fails, also = [] } of BROKEN_ON_FREEBSD) {
  test(`a driver that ${fault} on a given host fails the case there, and no other`, async () => {
    const { failed } = await runConformance(onFreebsd(reference(capabilities), change), {
      hosts: { freebsd: dressedAsFreebsd },
    });
    deepEqual(
      failed.map(({ name }) => name).toSorted(),
      [fails, ...also].map((name) => `${name} (freebsd)`).toSorted(),
      failed.map(({ name, error }) => `${name}: ${String(error)}`).join('\n'),
    );
  });
}

test('a claim covers what any of its details names', () => {
  const claims = [{ kind: 'interface', name: 'epair7a', peer: 'epair7b' }];
  ok(isCovered('epair7b', claims));
  ok(!isCovered('interface', claims));
  ok(isCovered('10.0.0.1/32', [{ kind: 'address', name: '10.0.0.1' }]));
});

for (const { fault, subject, fails, also = [] } of BROKEN_DRIVERS) {
  test(`a driver that ${fault} fails the case that says so, and no other`, async () => {
    const { failed } = await runConformance(subject, { deadline: 500 });
    deepEqual(
      failed.map(({ name }) => name).toSorted(),
      [fails, ...also].toSorted(),
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

test('a plugin with another name than its package fails', async () => {
  const packageJson = { ...packageOf(), name: 'driver-referenec' };
  const { failed } = await runConformance(reference(OWN), { plugin: pluginOf(OWN), packageJson });
  deepEqual(
    failed.map(({ name }) => name),
    ['its plugin is for this version of the contract, and registers it'],
  );
});

const described = 'its package.json describes it, for this version of the contract';
const named = 'its package.json names the platforms that it works on';
const known = 'its package.json says nothing in the field kleenet that klee does not know';
const peer =
  'its package.json leaves @kleenet/core to its users: a peer dependency, and none of its own';
const packages = [
  ['for another version of the contract', packageOf({}, API_VERSION + 1), [described]],
  ['without a description', packageOf({ description: '' }), [described]],
  ['with a platform that does not exist', packageOf({ platforms: ['plan9'] }), [named]],
  ['with a platform that it cannot work on', packageOf({ platforms: ['linux'] }), [named]],
  ['about another driver', packageOf({ name: 'other' }), [described, named]],
  ['with a field that does not exist', packageOf({ platform: 'memory' }), [known]],
  ['without core as a peer', { ...packageOf(), peerDependencies: {} }, [peer]],
  ['with a core of its own', { ...packageOf(), dependencies: { '@kleenet/core': '*' } }, [peer]],
] as const;
for (const [what, packageJson, fails] of packages) {
  test(`a package.json ${what} fails`, async () => {
    const { failed } = await runConformance(reference(OWN), { packageJson });
    deepEqual(
      failed.map(({ name }) => name),
      fails,
    );
  });
}

const options = 'the options that endpoints have in these cases are its own, and pass their checks';
for (const [what, endpointOptions, fails] of [
  ['that the driver takes', { color: 'green' }, []],
  ['that the driver does not know', { size: '1' }, [options]],
  ['that the driver refuses', { color: 'red' }, [options]],
] as const) {
  test(`endpoints with an option ${what} ${fails.length === 0 ? 'pass' : 'fail'}`, async () => {
    const { failed } = await runConformance(reference(RESTRICTED), { endpointOptions });
    deepEqual(
      failed.map(({ name }) => name),
      fails,
    );
  });
}

test('a driver that leaves out what it cannot do passes', async () => {
  const { networkTypes, families } = RESTRICTED;
  const { failed, skipped } = await runConformance(
    reference(Object.freeze({ stack: 'restricted', networkTypes, families })),
  );
  deepEqual(failed, []);
  ok(skipped.some(({ reason }) => reason.includes('does not declare connectWhileRunning')));
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
  const tried = new Set(BROKEN_DRIVERS.map(({ fails }) => fails));
  const cases = conformanceCases(reference(OWN)).filter(
    ({ group, name, needs }) =>
      group !== 'data planes' &&
      !needs.includes('freebsd') &&
      !needs.includes('linux') &&
      !needs.includes('plugin') &&
      !needs.includes('packageJson') &&
      // These are proved by options that do not fit.
      !name.startsWith('the options that endpoints have'),
  );
  deepEqual(
    cases.map(({ name }) => name).filter((name) => !tried.has(name)),
    [],
  );
});

test.run();
