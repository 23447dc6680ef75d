import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Stack } from '@kleenet/core';
import { buildContainer } from '@kleenet/core/testing';
import { canMount, checkJailParameters, jailParameters } from '../src/freebsd/jail-parameters.ts';

const check = (parameters: readonly string[], stack: Stack = 'restricted'): readonly string[] =>
  checkJailParameters(parameters, stack).map(({ path, message }) => {
    assert.equal(path, 'jailparam');
    return message;
  });

test('what concerns the inside of the jail may be set', () => {
  const allowed = [
    'allow.raw_sockets',
    'allow.raw_sockets=true',
    'allow.socket_af=1',
    'allow.quotas=0',
    'allow.nochflags',
    'allow.chflags=false',
    'allow.mount',
    'allow.mount.nullfs',
    'allow.mount.nonullfs',
    'enforce_statfs=1',
    'host.hostname=web.example.org',
    'host.domainname=example.org',
    'host.hostuuid=4ae6b3b0-9d2e-11ee-8c90-0242ac120002',
    'osrelease=13.2-RELEASE',
    'osreldate=1302001',
    'securelevel=2',
    'securelevel=-1',
    'sysvshm=new',
    'sysvmsg=disable',
    'ip4.nosaddrsel',
    'ip6.saddrsel=false',
    'linux=new',
    'linux.osrelease=5.15.0',
    'host=new',
  ];
  for (const parameter of allowed) assert.deepEqual(check([parameter]), [], parameter);
});

/** Each with a part of the reason. */
const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['name=x', /klee sets it/],
  ['jid=5', /klee sets it/],
  ['path=/', /klee sets it/],
  ['persist', /klee sets it/],
  ['nopersist', /klee sets it/],
  ['persist=false', /klee sets it/],
  ['vnet', /--driver/],
  ['vnet=inherit', /--driver/],
  ['vnet.interface=em0', /--network/],
  ['ip4=inherit', /--network/],
  ['ip6=inherit', /--network/],
  ['ip4.addr=10.0.0.1', /--network/],
  ['ip6.addr=em0|fd00::1/64', /--network/],
  ['interface=em0', /--network/],
  ['ip_hostname', /--network/],
  ['host=inherit', /host name of its own/],
  ['host', /needs a value/],
  ['sysvshm=shared', /wrong form/],
  ['command=/bin/sh', /after its image/],
  ['exec.start=/bin/sh /etc/rc', /as root on the host/],
  ['exec.prestart=rm -rf /', /as root on the host/],
  ['exec.prepare=rm -rf /', /as root on the host/],
  ['exec.clean', /as root on the host/],
  ['mount=/ /mnt nullfs rw 0 0', /--mount/],
  ['mount.devfs', /--mount/],
  ['mount.fstab=/etc/fstab', /--mount/],
  ['zfs.dataset=zroot/x', /--mount/],
  ['depend=other', /by itself/],
  ['stop.timeout=5', /klee stop --time/],
  ['sysvshm=inherit', /memory and messages of the host/],
  ['sysvsem=inherit', /memory and messages of the host/],
  ['allow.sysvipc', /memory and messages of the host/],
  ['devfs_ruleset=0', /ruleset 4/],
  ['allow.mount.devfs', /no others/],
  ['allow.dying', /klee sets it/],
  ['allow.nfsd', /NFS/],
  ['allow.settime', /clock is the host/],
  ['children.max=5', /would not see/],
  ['parent=0', /read-only/],
  ['cpuset.id=1', /read-only/],
  ['allow.everything', /does not know/],
  ['nosuch=1', /does not know/],
  ['toString', /NAME=VALUE/],
  ['constructor', /does not know/],
  ['hasownproperty=1', /does not know/],
  ['allow.raw_sockets=maybe', /true or false/],
  ['allow.raw_sockets=', /true or false/],
  ['enforce_statfs', /needs a value/],
  ['enforce_statfs=7', /wrong form/],
  ['osrelease=a,b', /wrong form/],
  ['host.hostname=a b', /wrong form/],
  ['host.hostname=', /wrong form/],
  ['', /NAME=VALUE/],
  ['-m', /NAME=VALUE/],
  ['=x', /NAME=VALUE/],
  ['ip4.addr+=10.0.0.1', /NAME=VALUE/],
  ['allow.raw_sockets\nexec.start=x', /NAME=VALUE/],
  ['osrelease=x\nexec.start=y', /NAME=VALUE/],
  ['allow.raw_sockets ', /NAME=VALUE/],
  ['*', /NAME=VALUE/],
  ['allow.*', /NAME=VALUE/],
];

for (const [parameter, reason] of REFUSED) {
  test(`refused, with the reason: ${JSON.stringify(parameter)}`, () => {
    const [message = '', ...others] = check([parameter]);
    assert.deepEqual(others, []);
    assert.match(message, reason);
    assert.ok(message.startsWith('the jail parameter "'), message);
  });
}

test('every problem is told, and none twice', () => {
  const messages = check(['name=x', 'allow.raw_sockets', 'allow.noraw_sockets', 'path=/']);
  assert.deepEqual(
    messages.map((message) => /"(.*)"/.exec(message)?.[1]),
    ['name=x', 'allow.noraw_sockets', 'path=/'],
  );
  assert.match(messages[1] ?? '', /given twice/);
  assert.equal(check([`x=${'y'.repeat(500)}`])[0]?.includes('y'.repeat(100)), false);
});

test('source addresses are chosen among those of the host only where there are some', () => {
  assert.deepEqual(check(['ip4.saddrsel'], 'host'), []);
  assert.match(check(['ip4.nosaddrsel'], 'own')[0] ?? '', /stack of its own/);
});

test('a host name that is given takes the place of the usual one', () => {
  const container = buildContainer({ jailParameters: ['host.hostname=x', 'allow.mlock'] });
  assert.deepEqual(jailParameters(container, '/r'), [
    `name=klee-${container.id}`,
    'path=/r',
    'devfs_ruleset=4',
    'persist',
    'host.hostname=x',
    'allow.mlock',
  ]);
});

test('a container can mount when it may', () => {
  for (const parameter of ['allow.mount', 'allow.mount=true', 'allow.mount.tmpfs'])
    assert.equal(canMount({ jailParameters: ['enforce_statfs=1', parameter] }), true);
  for (const parameters of [[], ['allow.mlock'], ['allow.nomount'], ['allow.mount=false']])
    assert.equal(canMount({ jailParameters: parameters }), false);
});

test.run();
