import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { removeLines } from '../src/linux/claimed.ts';

const test = suite('claimed resources');

const KNOWN = [
  [{ kind: 'interface', name: 'kle1' }, ['link delete dev kle1']],
  [{ kind: 'namespace', name: 'klee-0123456789ab' }, ['netns delete klee-0123456789ab']],
  [
    { kind: 'address', name: '10.0.0.1/32', interface: 'kln1' },
    ['address delete 10.0.0.1/32 dev kln1'],
  ],
  [
    { kind: 'route', name: 'fd00::1/128', device: 'klc1' },
    ['route delete fd00::1/128 dev klc1 proto 107'],
  ],
  [
    { kind: 'neighbour', name: '10.0.0.1', device: 'eth0' },
    [
      'neighbour replace 10.0.0.1 lladdr 02:00:00:00:00:00 dev eth0 nud permanent',
      'neighbour delete 10.0.0.1 dev eth0',
      'neighbour replace proxy 10.0.0.1 dev eth0',
      'neighbour delete proxy 10.0.0.1 dev eth0',
    ],
  ],
] as const;

for (const [resource, lines] of KNOWN)
  test(`a claimed ${resource.kind}`, () => assert.deepEqual(removeLines(resource), lines));

/** Another's words, or words that are more than one. */
const LEFT = [
  { kind: 'tunnel-peer', name: 'peer1', device: 'wg0' },
  { kind: 'directory', name: '/var/lib/lab' },
  { kind: 'sysctl', name: 'net/ipv4/ip_forward', old: '0' },
  { kind: 'interface', name: 'a b' },
  { kind: 'interface', name: 'eth0\nlink delete dev eth1' },
  { kind: 'interface', name: '' },
  { kind: 'namespace', name: 'another' },
  { kind: 'namespace', name: '../klee-0123456789ab' },
  { kind: 'address', name: '10.0.0.1/32' },
  { kind: 'address', name: 'all', interface: 'eth0' },
  { kind: 'route', name: 'default', device: 'eth0' },
  { kind: 'route', name: '10.0.0.1/32', device: 'eth0 table all' },
];

for (const resource of LEFT)
  test(`left alone: ${JSON.stringify(resource)}`, () =>
    assert.deepEqual(removeLines(resource), []));

test.run();
