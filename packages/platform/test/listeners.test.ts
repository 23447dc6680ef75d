import assert from 'node:assert/strict';
import { test } from 'uvu';
import { KleenetError } from '@kleenet/core/errors';
import { freebsdTestHost } from '@kleenet/freebsd-model';
import { parseListeners as parseSockstat } from '../src/freebsd/sockstat.ts';
import { readFacts } from '../src/linux/host.ts';
import { parseListeners, readListeners as readLinuxListeners } from '../src/linux/ss.ts';
import { hostFiles } from './support/host-files.ts';

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

test('what sockstat(1) prints of sockets that wait for packets', () => {
  // The first lines as FreeBSD 13.2 prints them.
  const text = `USER     COMMAND    PID   FD PROTO  LOCAL ADDRESS         FOREIGN ADDRESS      
root     nc         304   3  tcp4   10.2.3.2:4001         *:*
root     nc         45    3  tcp4   *:4000                *:*
www      a b        7     12 tcp46  *:8080                *:*
ntpd     ntpd       12345 20 udp6   fe80::1%lo0:123       *:*
root     sshd       900   4  tcp6   2001:db8:1111:2222:3333:4444:5555:6666:22 *:*
root     dhclient   33    5  udp4   *:*                   *:*
?        ?          ?     ?  tcp4   *:2049                *:*
`;
  assert.deepEqual(parseSockstat(text), [
    {
      protocol: 'tcp',
      port: 4001,
      families: ['ipv4'],
      address: '10.2.3.2',
      process: 'nc (pid 304)',
    },
    { protocol: 'tcp', port: 4000, families: ['ipv4'], process: 'nc (pid 45)' },
    { protocol: 'tcp', port: 8080, families: ['ipv4', 'ipv6'], process: 'a b (pid 7)' },
    {
      protocol: 'udp',
      port: 123,
      families: ['ipv6'],
      address: 'fe80::1',
      interface: 'lo0',
      process: 'ntpd (pid 12345)',
    },
    {
      protocol: 'tcp',
      port: 22,
      families: ['ipv6'],
      address: '2001:db8:1111:2222:3333:4444:5555:6666',
      process: 'sshd (pid 900)',
    },
  ]);
});

test('a FreeBSD host tells what listens, without multicast', async () => {
  const there = freebsdTestHost();
  there.host.state.listeners.push(
    { command: 'sshd', pid: 812, protocol: 'tcp4', local: '*:22' },
    { command: 'mdnsd', pid: 813, protocol: 'udp4', local: '224.0.0.251:5353' },
  );
  assert.deepEqual(await there.process().platform.listeners(), [
    { protocol: 'tcp', port: 22, families: ['ipv4'], process: 'sshd (pid 812)' },
  ]);
});

test('without ss(8) the host is degraded, and publishing is warned about', async () => {
  const warnings: string[] = [];
  const commands = {
    read: () => Promise.reject(new KleenetError('TOOL_MISSING', 'no ss')),
    change: () => assert.fail('nothing changes'),
    foreground: () => assert.fail('nothing runs'),
  };
  const logger = { debug: () => undefined, warn: (text: string) => void warnings.push(text) };
  assert.deepEqual(await readLinuxListeners(commands, logger), []);
  assert.match(warnings.join(), /^ss\(8\) is missing/);
  const files = hostFiles({
    find: (name) => Promise.resolve(name === 'ss' ? undefined : `/bin/${name}`),
  });
  const { status } = await readFacts({
    commands: { ...commands, read: () => Promise.resolve({ status: 0, stdout: '', stderr: '' }) },
    files,
    runtime: () => Promise.resolve({ name: 'runc', path: '/bin/runc', reason: 'there' }),
    firewall: { state: 'ready', reasons: [] },
  });
  assert.equal(status.state, 'degraded');
  assert.match(status.reasons.join(), /'ss' is not installed/);
});

test.run();
