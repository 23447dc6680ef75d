/** What a driver that is gone has claimed on a FreeBSD host. */
import * as assert from 'node:assert/strict';
import type { Resource } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { suite } from 'uvu';
import { createFreebsdHost } from '@kleenet/freebsd-model';
import type { FreebsdHost } from '@kleenet/freebsd-model';
import { removeClaimed } from '../src/freebsd/claimed.ts';
import { told } from './support/told.ts';

const test = suite('claimed resources on FreeBSD');
const signal = new AbortController().signal;

function hostWith(...lines: readonly string[]): FreebsdHost {
  return prepared(createFreebsdHost(), lines);
}

function prepared(host: FreebsdHost, lines: readonly string[]): FreebsdHost {
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

/** A jail whose end of an epair has come home, as it does when an administrator removes the jail. */
function broughtHome(unit: number, name = 'eth0'): readonly string[] {
  return [
    `ifconfig epair${unit} create group klee description kleenet:endpoint:00aa11bb22cc`,
    `jail -c name=v${unit} path=/jails/v${unit} vnet persist`,
    `ifconfig epair${unit}b ether 02:11:22:33:44:${String(unit % 100).padStart(2, '0')}`,
    `ifconfig epair${unit}b vnet v${unit}`,
    `jexec v${unit} ifconfig epair${unit}b name ${name}`,
    `jail -r v${unit}`,
  ];
}

test('an epair is not destroyed while its end may be one of two interfaces of one name', async () => {
  const uplink = { name: 'eth0', ether: '02:00:5e:00:53:01', addresses: ['192.0.2.10/24'] };
  const host = prepared(createFreebsdHost({ interfaces: [uplink] }), broughtHome(1000));
  assert.match(interfaces(host), /^eth0: [^]*?\tether .*\n\tether /m);
  const claim = { kind: 'interface', name: 'epair1000a', peer: 'epair1000b' };
  const refused = removeClaimed(host.commands, [claim], { signal });
  await assert.rejects(refused, (error: unknown) => hasCode(error, 'INTERFACE_IN_USE'));
  assert.match(interfaces(host), /^epair1000a: /m);
  assert.equal(host.run(['ifconfig', 'eth0', 'name', 'up0'], '').status, 0);
  assert.deepEqual(await leftOf(host, claim), []);
  assert.match(interfaces(host), /^up0: /m);
  assert.doesNotMatch(interfaces(host), /epair|eth0/);
});

test('several ends that came home under one name go', async () => {
  const host = hostWith(...broughtHome(1000), ...broughtHome(1001));
  for (const unit of [1000, 1001])
    await leftOf(host, { kind: 'interface', name: `epair${unit}a`, peer: `epair${unit}b` });
  assert.doesNotMatch(interfaces(host), /epair|eth0/);
});

test('two interfaces of one name keep an epair from going, and nothing else', async () => {
  const uplink = { name: 'eth0', ether: '02:00:5e:00:53:01', addresses: ['192.0.2.10/24'] };
  const host = prepared(createFreebsdHost({ interfaces: [uplink] }), [
    ...broughtHome(1000),
    'ifconfig lo0 inet 198.51.100.7/32 alias',
  ]);
  const claim = { kind: 'address', name: '198.51.100.7/32', interface: 'lo0' };
  assert.deepEqual(await leftOf(host, claim), []);
  assert.ok(!interfaces(host).includes('198.51.100.7'));
});

test('what goes by itself at the same time is gone', async () => {
  const host = hostWith(
    'ifconfig ext0 inet 198.51.100.7/32 alias',
    'ifconfig epair1000 create group klee',
  );
  const gone: FreebsdHost['commands'] = {
    ...host.commands,
    change: async ([, name = '']) => ({
      status: 1,
      stdout: '',
      stderr:
        name === 'ext0'
          ? "ifconfig: ioctl (SIOCDIFADDR): Can't assign requested address\n"
          : `ifconfig: interface ${name} does not exist\n`,
    }),
  };
  const claims = [
    { kind: 'interface', name: 'epair1000a' },
    { kind: 'address', name: '198.51.100.7', interface: 'ext0' },
  ];
  assert.deepEqual(await removeClaimed(gone, claims, { signal }), []);
});

test('without claims the host is not asked', async () => {
  const commands = told();
  assert.deepEqual(await removeClaimed(commands, [], { signal }), []);
  assert.deepEqual(commands.lines, []);
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
