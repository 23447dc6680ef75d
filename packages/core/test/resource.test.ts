import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { knownResource } from '../src/driver.ts';
import type { Resource } from '../src/driver.ts';
import { missingDetails, survivesReboot } from '../src/resource.ts';

const test = suite('resources');

/** One of each kind, as it may stand in a database. */
const KNOWN: readonly Resource[] = [
  { kind: 'interface', name: 'kle1' },
  { kind: 'interface', name: 'epair7a', peer: 'epair7b' },
  { kind: 'interface', name: 'eth0', namespace: 'klee-0123456789ab' },
  { kind: 'address', name: '10.0.0.1/32', interface: 'kln1' },
  { kind: 'route', name: '10.0.0.1/32', interface: 'klc1' },
  { kind: 'route', name: '10.0.0.0/24', type: 'unreachable' },
  { kind: 'neighbour', name: '10.0.0.1', interface: 'kln1' },
  { kind: 'namespace', name: 'klee-0123456789ab' },
  { kind: 'jail', name: 'klee-0123456789ab' },
  { kind: 'sandbox', name: 'klee-0123456789ab' },
  { kind: 'mount', name: '/var/lib/kleenet/containers/1/rootfs' },
  { kind: 'directory', name: '/var/lib/kleenet/containers/1' },
  { kind: 'sysctl', name: 'net/ipv4/ip_forward', scope: 'host', value: '1', old: '0' },
];

for (const resource of KNOWN)
  test(`${JSON.stringify(resource)} is known, and stays as it is`, () => {
    assert.equal(knownResource(resource), resource);
    assert.deepEqual(JSON.parse(JSON.stringify(resource)), resource);
  });

test('earlier records say device for the interface', () => {
  for (const kind of ['route', 'neighbour', 'address']) {
    const resource = { kind, name: '10.0.0.1', device: 'klc1' };
    assert.deepEqual(knownResource(resource), { ...resource, interface: 'klc1' });
  }
});

test('the name that is meant for it comes before the earlier one', () => {
  const resource = { kind: 'route', name: '10.0.0.1/32', device: 'old', interface: 'new' };
  assert.equal(knownResource(resource), resource);
});

test('a kind that is not known belongs to its driver, whatever it says', () => {
  for (const kind of ['tunnel-peer', 'Interface', 'constructor', '__proto__']) {
    assert.equal(knownResource({ kind, name: 'x', interface: 'wg0' }), undefined);
    assert.deepEqual(missingDetails({ kind, name: 'x' }), []);
  }
});

test('a known kind that is not said in full is not known', () => {
  for (const [resource, missing] of [
    [{ kind: 'address', name: '10.0.0.1/32' }, ['interface']],
    [{ kind: 'neighbour', name: '10.0.0.1' }, ['interface']],
    [{ kind: 'route', name: '10.0.0.1/32' }, ['interface']],
    [{ kind: 'sysctl', name: 'net/ipv4/ip_forward' }, ['scope', 'old']],
  ] as const) {
    assert.equal(knownResource(resource), undefined);
    assert.deepEqual(missingDetails(resource), missing);
  }
});

test('only directories survive a reboot', () => {
  assert.deepEqual(
    KNOWN.filter(survivesReboot).map(({ kind }) => kind),
    ['directory'],
  );
});

test.run();
