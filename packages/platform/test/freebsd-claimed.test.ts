/** What a driver that is gone has claimed on a FreeBSD host. */
import * as assert from 'node:assert/strict';
import type { Resource } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { suite } from 'uvu';
import { removeClaimed } from '../src/freebsd/claimed.ts';
import { createFreebsdHost } from '../src/testing/index.ts';
import type { FreebsdHost } from '../src/testing/index.ts';

const test = suite('claimed resources on FreeBSD');
const signal = new AbortController().signal;

function hostWith(...lines: readonly string[]): FreebsdHost {
  const host = createFreebsdHost();
  for (const line of lines) {
    const { status, stderr } = host.run(line.split(' '), '');
    assert.equal(status, 0, `${line}: ${stderr}`);
  }
  return host;
}

function interfaces(host: FreebsdHost): string {
  return host.run(['ifconfig', '-a'], '').stdout;
}

/** Removes them twice, as a retry would: both times the same is left. */
async function leftOf(
  host: FreebsdHost,
  ...claims: readonly Resource[]
): Promise<readonly Resource[]> {
  const first = await removeClaimed(host.commands, claims, { signal });
  assert.deepEqual(await removeClaimed(host.commands, claims, { signal }), first);
  return first;
}

test('an interface with our mark goes, and so does its other end in a jail', async () => {
  const host = hostWith(
    'ifconfig epair1000 create group klee description kleenet:endpoint:00aa11bb22cc',
    'jail -c name=v1 path=/jails/v1 vnet persist',
    'ifconfig epair1000b vnet v1',
  );
  const claim = { kind: 'interface', name: 'epair1000a', peer: 'epair1000b' };
  assert.deepEqual(await leftOf(host, claim), []);
  assert.doesNotMatch(interfaces(host), /epair/);
  assert.equal(host.run(['jexec', 'v1', 'ifconfig', '-l'], '').stdout, 'lo0\n');
});

test('an interface without our mark stays, and is told', async () => {
  const host = hostWith('ifconfig epair1000 create');
  const claim = { kind: 'interface', name: 'epair1000a' };
  assert.deepEqual(await leftOf(host, claim), [claim]);
  assert.match(interfaces(host), /^epair1000a: /m);
});

for (const [family, address, prefix] of [
  ['inet', '198.51.100.7', 32],
  ['inet6', '2001:db8::7', 128],
] as const) {
  test(`${family}: an address that stands alone on the claimed interface goes`, async () => {
    const host = hostWith(`ifconfig ext0 ${family} ${address}/${prefix} alias`);
    for (const name of [address, `${address}/${prefix}`])
      assert.deepEqual(await leftOf(host, { kind: 'address', name, interface: 'ext0' }), []);
    assert.ok(!interfaces(host).includes(address));
  });

  test(`${family}: an address with a subnet is the host's own`, async () => {
    const host = hostWith(`ifconfig ext0 ${family} ${address}/${prefix - 8} alias`);
    const claim = { kind: 'address', name: address, interface: 'ext0' };
    assert.deepEqual(await leftOf(host, claim), [claim]);
    assert.ok(interfaces(host).includes(address));
  });
}

test('what is gone with its interface is gone', async () => {
  const claims = [
    { kind: 'interface', name: 'epair1000a' },
    { kind: 'address', name: '198.51.100.7', interface: 'kln00aa11bb22cc' },
    { kind: 'address', name: '2001:db8::7', interface: 'kln00aa11bb22cc' },
  ];
  assert.deepEqual(await leftOf(hostWith(), ...claims), []);
});

test('what only the driver knows is left', async () => {
  const claims = [
    { kind: 'tunnel-peer', name: 'peer1' },
    { kind: 'address', name: '198.51.100.7' },
    { kind: 'directory', name: '/var/db/lab' },
  ];
  assert.deepEqual(await leftOf(hostWith(), ...claims), claims);
});

test('a failure is told, and keeps nothing else from being removed', async () => {
  const host = hostWith(
    'ifconfig ext0 inet 198.51.100.7/32 alias',
    'ifconfig epair1000 create group klee',
  );
  const commands: FreebsdHost['commands'] = {
    ...host.commands,
    change: (argv, options) =>
      argv[1] === 'epair1000a'
        ? Promise.resolve({ status: 1, stdout: '', stderr: 'ifconfig: no' })
        : host.commands.change(argv, options),
  };
  const claims = [
    { kind: 'interface', name: 'epair1000a' },
    { kind: 'address', name: '198.51.100.7', interface: 'ext0' },
  ];
  await assert.rejects(removeClaimed(commands, claims, { signal }), (error: unknown) =>
    hasCode(error, 'PLATFORM_COMMAND_FAILED'),
  );
  assert.ok(!interfaces(host).includes('198.51.100.7'));
});

test.run();
