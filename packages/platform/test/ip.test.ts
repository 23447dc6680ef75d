import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { CommandRunner } from '@kleenet/core';
import { parseIp } from '@kleenet/core/linux';
import { hostNetwork, ipBatch, ipRemove } from '@kleenet/platform/linux';
import { hostRoutes, parseFailures } from '../src/linux/ip.ts';

/** What iproute2 6.1 prints for `address show` and `route show table all`. */
const RECORDED = `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP"],"mtu":65536,"group":"default","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8},{"family":"inet6","local":"::1","prefixlen":128}]},{"ifindex":2,"ifname":"eth0","flags":["UP"],"mtu":1500,"address":"02:00:5e:10:00:01","addr_info":[{"family":"inet","local":"192.0.2.7","prefixlen":24}]}]
[{"type":"unicast","dst":"default","gateway":"192.0.2.1","dev":"eth0","table":"main","flags":[]},{"type":"unicast","dst":"192.0.2.0/24","dev":"eth0","table":"main","flags":[]},{"dst":"10.0.0.9","dev":"eth0","flags":[]},{"type":"unreachable","dst":"10.1.0.0/24","table":"main","metric":4096,"flags":[]},{"type":"local","dst":"192.0.2.7","dev":"eth0","table":"local","flags":[]},{"type":"unicast","dst":"2001:db8::5","dev":"eth0","table":"main","flags":[]}]
`;

test('what the host has is told without default, local and unreachable routes', () => {
  assert.deepEqual(hostNetwork(parseIp(RECORDED)), {
    interfaces: ['lo', 'eth0'],
    addresses: [
      { interface: 'lo', address: '127.0.0.1', prefix: 8 },
      { interface: 'lo', address: '::1', prefix: 128 },
      { interface: 'eth0', address: '192.0.2.7', prefix: 24 },
    ],
    macs: [{ interface: 'eth0', mac: '02:00:5e:10:00:01' }],
  });
  assert.deepEqual(hostRoutes(parseIp(RECORDED)), [
    { destination: '192.0.2.0/24', interface: 'eth0' },
    { destination: '10.0.0.9/32', interface: 'eth0' },
    { destination: '2001:db8::5/128', interface: 'eth0' },
  ]);
});

test('nothing read is nothing there', () => {
  assert.deepEqual(parseIp('\n[]\n[ ]\n'), []);
});

test('failures of a forced batch are paired with their lines', () => {
  const stderr =
    'Cannot find device "a"\nCommand failed -:1\nRTNETLINK answers: No such process\nCommand failed -:3\n';
  assert.deepEqual(parseFailures(stderr, ['link delete dev a', 'x', 'route delete y']), [
    { line: 'link delete dev a', message: 'Cannot find device "a"' },
    { line: 'route delete y', message: 'RTNETLINK answers: No such process' },
  ]);
});

test('a failure before the first line fails all lines', () => {
  const stderr = 'Cannot open network namespace "n": No such file or directory\n';
  assert.deepEqual(
    parseFailures(stderr, ['a', 'b']).map(({ line }) => line),
    ['a', 'b'],
  );
});

/** Answers every command with one recorded result. */
function replay(status: number, stderr: string): CommandRunner & { readonly seen: unknown[] } {
  const seen: unknown[] = [];
  const answer: CommandRunner['change'] = (argv, options) => {
    seen.push([argv, options?.input]);
    return Promise.resolve({ status, stdout: '', stderr });
  };
  return {
    seen,
    read: answer,
    change: answer,
    foreground: () => assert.fail('not in the foreground'),
  };
}

test('removing what is gone succeeds, another failure is thrown', async () => {
  await ipRemove(replay(1, 'Cannot find device "a"\nCommand failed -:1\n'), {
    lines: ['link delete dev a'],
  });
  for (const gone of [
    'Cannot open network namespace "n": No such file or directory\n',
    'setting the network namespace "n" failed: Invalid argument\n',
  ])
    for (const line of ['x', 'neighbour delete y dev z']) {
      const commands = replay(1, gone);
      await ipRemove(commands, { lines: [line], netns: 'n' });
      assert.equal(commands.seen.length, 1);
    }
  await assert.rejects(
    ipRemove(replay(2, 'RTNETLINK answers: Operation not permitted\nCommand failed -:1\n'), {
      lines: ['link delete dev a'],
    }),
    /Operation not permitted/,
  );
});

/** Iproute2 6.1: a neighbour that is not there ends the batch, and nothing says at which line. */
test('a batch that a missing neighbour has ended is brought to its end', async () => {
  const answers = [
    { status: 2, stderr: 'RTNETLINK answers: No such file or directory\n' },
    { status: 2, stderr: 'RTNETLINK answers: No such file or directory\n' },
    { status: 0, stderr: '' },
  ];
  const seen: (string | undefined)[] = [];
  const commands: CommandRunner = {
    ...replay(0, ''),
    change: (_, options) => {
      seen.push(options?.input);
      return Promise.resolve({
        stdout: '',
        ...(answers[seen.length - 1] ?? assert.fail('enough')),
      });
    },
  };
  await ipRemove(commands, {
    lines: ['neighbour delete a', 'route delete b', 'neighbour delete c', 'address delete d'],
  });
  assert.deepEqual(seen, [
    'route delete b\naddress delete d\nneighbour delete a\nneighbour delete c\n',
    'neighbour delete a\n',
    'neighbour delete c\n',
  ]);
});

test('a batch is one process, in its namespace, and none when there is nothing to do', async () => {
  const commands = replay(0, '');
  await ipBatch(commands, { lines: ['a b', 'c'], netns: 'n' });
  await ipBatch(commands, { lines: [] });
  assert.deepEqual(commands.seen, [[['ip', '-netns', 'n', '-batch', '-'], 'a b\nc\n']]);
});

test('a line that ip would read as more than one is refused', async () => {
  for (const line of ['a\nb', 'a#b', 'a\\b', 'a"b'])
    await assert.rejects(ipBatch(replay(0, ''), { lines: [line] }), TypeError);
});

test.run();
