import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { LINK_GROUP } from '@kleenet/core/linux';
import { removeClaimed, removeLines } from '../src/linux/claimed.ts';
import { told } from './support/told.ts';

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
  { kind: 'namespace', name: 'klee-0123456789abc' },
  { kind: 'address', name: 'dev 10.0.0.1/32', interface: 'eth0' },
  { kind: 'address', name: '10.0.0.1/32' },
  { kind: 'address', name: 'all', interface: 'eth0' },
  { kind: 'route', name: 'default', device: 'eth0' },
  { kind: 'route', name: '10.0.0.1/32', device: 'eth0 table all' },
];

for (const resource of LEFT)
  test(`left alone: ${JSON.stringify(resource)}`, () =>
    assert.deepEqual(removeLines(resource), []));

/** What ip(8) lists: the group says which links are klee's. */
const LISTED = JSON.stringify([
  { ifname: 'kle1', group: LINK_GROUP },
  { ifname: 'eth0', group: 'default' },
]);
const OPERATION = { signal: new AbortController().signal };

test('interfaces without our mark, and what only a driver knows, are left', async () => {
  const commands = told([['ip', { stdout: LISTED }]]);
  const claimed = [
    { kind: 'interface', name: 'kle1' },
    { kind: 'interface', name: 'eth0' },
    { kind: 'interface', name: 'kle9' },
    { kind: 'address', name: '10.0.0.1/32', interface: 'eth0' },
    { kind: 'tunnel-peer', name: 'eth0' },
  ] as const;
  const left = await removeClaimed(commands, claimed, OPERATION);
  assert.deepEqual(left, [claimed[1], claimed[4]]);
  assert.match(commands.lines[0] ?? '', /^read .*link show/);
  const changes = commands.lines.filter((line) => line.startsWith('change'));
  assert.equal(changes.length, 1, 'one batch');
  for (const line of ['dev kle1 group ', 'dev kle9 group ', 'address delete 10.0.0.1/32'])
    assert.ok(changes[0]?.includes(line), line);
  assert.match(changes[0] ?? '', /link delete group \d+/);
  assert.equal(changes[0]?.includes('dev eth0 group'), false);
  assert.ok(commands.options.every(({ signal }) => signal === OPERATION.signal));
});

for (const [name, removed] of [
  ['eth0', false],
  ['kle1', true],
] as const)
  test(`one interface alone that is ${removed ? 'ours' : "another's"}`, async () => {
    const commands = told([['ip', { stdout: LISTED }]]);
    const claimed = [{ kind: 'interface', name }];
    assert.deepEqual(await removeClaimed(commands, claimed, OPERATION), removed ? [] : claimed);
    const changes = commands.lines.filter((line) => line.startsWith('change'));
    assert.equal(changes.length, removed ? 1 : 0);
  });

test("an address can be removed although another's interface has the same name", async () => {
  const listed = JSON.stringify([{ ifname: '10.0.0.1', group: 'default' }]);
  const commands = told([['ip', { stdout: listed }]]);
  const claimed = [
    { kind: 'interface', name: '10.0.0.1' },
    { kind: 'address', name: '10.0.0.1', interface: 'kln1' },
  ] as const;
  assert.deepEqual(await removeClaimed(commands, claimed, OPERATION), [claimed[0]]);
  assert.match(commands.lines.join(), /address delete 10\.0\.0\.1 dev kln1/);
});

test('of a container, interfaces are removed in its namespace, and nowhere else', async () => {
  const commands = told();
  const namespace = 'klee-0123456789ab';
  const claimed = [
    { kind: 'interface', name: 'eth0', namespace },
    { kind: 'interface', name: 'eth0', namespace: 'another' },
    { kind: 'interface', name: 'a b', namespace },
    { kind: 'tunnel-peer', name: 'peer1', namespace },
    { kind: 'address', name: '10.0.0.1/32', interface: 'eth0', namespace },
  ] as const;
  assert.deepEqual(await removeClaimed(commands, claimed, OPERATION), claimed.slice(1));
  assert.equal(commands.lines.length, 1);
  assert.ok(commands.lines[0]?.includes(namespace), commands.lines[0]);
  assert.ok(commands.lines[0]?.includes('link delete dev eth0'), commands.lines[0]);
  assert.equal(commands.options[0]?.signal, OPERATION.signal);
});

test('without claims the host is not asked', async () => {
  const commands = told();
  assert.deepEqual(await removeClaimed(commands, [], OPERATION), []);
  const addresses = [{ kind: 'address', name: 'all', interface: 'eth0' }] as const;
  assert.deepEqual(await removeClaimed(commands, addresses, OPERATION), addresses);
  assert.deepEqual(commands.lines, []);
});

test.run();
