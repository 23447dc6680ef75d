import { deepEqual, equal, match, ok } from 'node:assert/strict';
import type { Capabilities, Issue, NetworkDriver } from '@kleenet/core/driver';
import { simulatedTestHost } from '@kleenet/core/testing';
import { suite } from 'uvu';
import { isCovered } from '../src/findings.ts';
import { conformanceCases, runConformance } from '../src/index.ts';
import { BROKEN_DRIVERS } from './support/broken/index.ts';
import { BROKEN_OWN_NETWORKS } from './support/broken/own-networks.ts';
import { dressedAs, onPlatform } from './support/dressed.ts';
import { withHooks } from './support/own-networks.ts';
import { packageOf, pluginOf } from './support/packaged.ts';
import { OWN, RESTRICTED, reference, withPlane } from './support/reference.ts';
import { failsAsSaid } from './support/trying.ts';

const test = suite('conformance');

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
        'the driver does not declare networkOptions',
        'the driver does not declare hostChecks',
        'no import was watched: importPlugin does that in a test of your own',
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

test('a driver with networks of its own and checks of the host passes', async () => {
  const { failed, passed } = await runConformance(withHooks(), { networkOptions: { vlan: '7' } });
  deepEqual(failed, []);
  for (const { fails } of BROKEN_OWN_NETWORKS) ok(passed.includes(fails), fails);
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
  equal(passed.length, 8);
  ok(skipped.some(({ reason }) => reason === 'the driver connects to no network'));
});

for (const capabilities of [OWN, RESTRICTED]) {
  test(`a driver with a stack ${capabilities.stack} is tried on a given host, too`, async () => {
    const { failed, passed, skipped } = await runConformance(
      onPlatform(
        withPlane(() => ({}), capabilities),
        'freebsd',
      ),
      {
        hosts: { freebsd: dressedAs('freebsd') },
      },
    );
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
  const { skipped } = await runConformance(
    onPlatform(
      withPlane(() => ({})),
      'freebsd',
    ),
  );
  const name = 'detach may be repeated (freebsd)';
  deepEqual(
    skipped.filter((one) => one.name === name),
    [{ name, reason: 'no host of freebsd was given' }],
  );
});

test('without a data plane for a platform its host is of no use, and it is said', async () => {
  const { skipped } = await runConformance(reference(OWN), {
    hosts: { freebsd: dressedAs('freebsd') },
  });
  const name = 'detach may be repeated (freebsd)';
  deepEqual(
    skipped.filter((one) => one.name === name),
    [{ name, reason: 'the driver has no data plane for freebsd' }],
  );
});

test('a host of another platform than it was given for is refused', async () => {
  const { failed, passed } = await runConformance(
    onPlatform(
      withPlane(() => ({})),
      'freebsd',
    ),
    {
      hosts: { freebsd: simulatedTestHost },
    },
  );
  deepEqual(
    passed.filter((name) => name.endsWith(' (freebsd)')),
    [],
  );
  ok(failed.length > 0);
  for (const { error } of failed) match(String(error), /given for freebsd is one of memory/);
});

test('a claim covers what any of its details names', () => {
  const claims = [{ kind: 'interface', name: 'epair7a', peer: 'epair7b' }];
  ok(isCovered('epair7b', claims));
  ok(!isCovered('interface', claims));
  ok(isCovered('10.0.0.1/32', [{ kind: 'address', name: '10.0.0.1' }]));
});

for (const broken of BROKEN_DRIVERS.filter(({ on }) => on === undefined)) {
  test(`a driver that ${broken.fault} fails the case that says so, and no other`, () =>
    failsAsSaid(broken));
}

test('endpoints may have options', async () => {
  const { failed } = await runConformance(reference(RESTRICTED), {
    endpointOptions: { color: 'green' },
  });
  deepEqual(failed, []);
});

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

test('every case has a broken driver that fails it', () => {
  const tried = new Set(BROKEN_DRIVERS.map(({ fails }) => fails));
  const cases = conformanceCases(reference(OWN)).filter(
    // Those have theirs in a file of their own.
    ({ needs }) => !needs.includes('freebsd host') && !needs.includes('linux host'),
  );
  deepEqual(
    cases.map(({ name }) => name).filter((name) => !tried.has(name)),
    [],
  );
});

test.run();
