/** Routing tables beside the first, beyond what was recorded. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { createFreebsdHost, freebsdTestHost } from '../src/index.ts';
import type { FreebsdHost } from '../src/index.ts';

function run(host: FreebsdHost, line: string): string {
  const { status, stdout, stderr } = host.run(line.split(' '));
  return `${status} ${stdout}${stderr}`;
}

function makeHost(): FreebsdHost {
  const host = createFreebsdHost();
  for (const line of ['sysctl -q net.fibs=2', 'ifconfig bridge create name net'])
    assert.match(run(host, line), /^0 /, line);
  return host;
}

test('a host has one table, and gets more, but never less', () => {
  const host = createFreebsdHost();
  assert.equal(run(host, 'sysctl -n net.fibs'), '0 1\n');
  assert.equal(run(host, 'sysctl net.fibs=3'), '0 net.fibs: 1 -> 3\n');
  assert.match(
    run(host, 'sysctl net.fibs=2'),
    /^1 net\.fibs: 3\nsysctl: net\.fibs=2: Capabilities insufficient/,
  );
  assert.equal(run(host, 'route -n get default -fib 3'), '64 route: invalid fib number: 3\n');
});

test('an interface shows its table, and a table that there is not is passed over with a warning', () => {
  const host = makeHost();
  assert.equal(
    run(host, 'ifconfig net fib 2'),
    '0 ifconfig: ioctl (SIOCSIFFIB): Invalid argument\n',
  );
  assert.doesNotMatch(run(host, 'ifconfig net'), /fib/);
  assert.equal(run(host, 'ifconfig net fib 1'), '0 ');
  assert.match(run(host, 'ifconfig net'), /^\tfib: 1$/m);
  run(host, 'ifconfig net fib 0');
  assert.doesNotMatch(run(host, 'ifconfig net'), /fib/);
});

test('the route to a network is in the table that the interface had with its address', () => {
  const host = makeHost();
  run(host, 'ifconfig net inet 10.1.0.1/24');
  run(host, 'ifconfig net fib 1');
  run(host, 'ifconfig net inet 10.2.0.1/24 alias');
  const where = (address: string, fib: number): string =>
    /interface: (\S+)/.exec(run(host, `route -n get ${address} -fib ${fib}`))?.[1] ?? 'nowhere';
  assert.deepEqual([where('10.1.0.9', 0), where('10.1.0.9', 1)], ['net', 'nowhere']);
  assert.deepEqual([where('10.2.0.9', 0), where('10.2.0.9', 1)], ['nowhere', 'net']);
});

test('a table has routes of its own, by its own interfaces and to links', () => {
  const host = makeHost();
  run(host, 'ifconfig net inet 10.1.0.1/24');
  assert.match(
    run(host, 'route -n add default 10.1.0.2 -fib 1'),
    /^1 add net default: gateway 10\.1\.0\.2 fib 1: Network is unreachable/,
  );
  const link = 'route -n add -inet 10.1.0.0/24 -iface net -fib 1';
  assert.equal(run(host, link), '0 add net 10.1.0.0: gateway net fib 1\n');
  assert.equal(run(host, link), '1 add net 10.1.0.0: gateway net fib 1: route already in table\n');
  assert.equal(
    run(host, 'route -n add default 10.1.0.2 -fib 1'),
    '0 add net default: gateway 10.1.0.2 fib 1\n',
  );
  assert.match(run(host, 'route -n get default'), /^255 /);
  assert.match(run(host, 'route -n get default -fib 1'), /gateway: 10\.1\.0\.2\n +fib: 1\n/);
  run(host, 'ifconfig net destroy');
  assert.match(run(host, 'route -n get default -fib 1'), /^255 /);
});

test('a projection has tables and their routes, and tampering takes them away', async () => {
  const testHost = freebsdTestHost();
  const { host } = testHost;
  for (const line of [
    'sysctl net.fibs=2',
    'ifconfig ext0 fib 1',
    'route -n add -inet 10.9.0.0/24 -iface ext0 -fib 1',
  ])
    assert.match(run(host, line), /^0 /, line);
  const { details } = (await testHost.inspect()).interfaces['/ext0'] ?? {};
  assert.deepEqual(details, { up: 'yes', fib: '1', 'route 10.9.0.0/24 fib 1': 'yes' });
  await testHost.tamper(({ interfaces }) => {
    const { details: told = {} } = interfaces['/ext0'] ?? {};
    delete told['fib'];
    delete told['route 10.9.0.0/24 fib 1'];
  });
  assert.doesNotMatch(run(host, 'ifconfig ext0'), /fib/);
  assert.match(run(host, 'route -n get 10.9.0.1 -fib 1'), /^255 /);
});

test.run();
