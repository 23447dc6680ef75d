import assert from 'node:assert/strict';
import { test } from 'uvu';
import { parseListeners } from '../src/linux/ss.ts';

test('what ss(8) prints of sockets that wait for packets', () => {
  const text = `tcp LISTEN 0      128                     *:18080       *:* users:(("python3",pid=16332,fd=3))
tcp LISTEN 0      128                  [::]:18081    [::]:* users:(("a b",pid=7,fd=4),("other",pid=8,fd=4))
tcp LISTEN 0      128    [::ffff:127.0.0.1]:18082       *:*
udp UNCONN 0      0              0.0.0.0%lo:18083 0.0.0.0:* users:(("python3",pid=16332,fd=6))
udp UNCONN 0      0        [fe80::1]%eth0.5:546      [::]:*
udp UNCONN 0      0                    *%lo:18085       *:*
icmp6 UNCONN 0    0                       *:58          *:*
`;
  assert.deepEqual(parseListeners(text), [
    {
      protocol: 'tcp',
      port: 18080,
      families: ['ipv4', 'ipv6'],
      process: 'python3 (pid 16332)',
    },
    { protocol: 'tcp', port: 18081, families: ['ipv6'], process: 'a b (pid 7)' },
    { protocol: 'tcp', port: 18082, families: ['ipv4'], address: '127.0.0.1' },
    {
      protocol: 'udp',
      port: 18083,
      families: ['ipv4'],
      interface: 'lo',
      process: 'python3 (pid 16332)',
    },
    {
      protocol: 'udp',
      port: 546,
      families: ['ipv6'],
      address: 'fe80::1',
      interface: 'eth0.5',
    },
    { protocol: 'udp', port: 18085, families: ['ipv4', 'ipv6'], interface: 'lo' },
  ]);
});

test.run();
