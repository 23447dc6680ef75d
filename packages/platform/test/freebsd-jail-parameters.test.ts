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

/** The boolean parameters of jail(8) that change nothing outside of a jail. */
const BOOLEANS =
  'chflags extattr mlock quotas raw_sockets read_msgbuf reserved_ports set_hostname setaudit socket_af suser ' +
  'unprivileged_parent_tampering unprivileged_proc_debug vmm mount mount.fdescfs mount.fusefs mount.linprocfs ' +
  'mount.linsysfs mount.nullfs mount.procfs mount.tmpfs mount.zfs';

test('what a process may do inside of the jail may be set, and taken away', () => {
  const allowed = BOOLEANS.split(' ').map((name) => `allow.${name}`);
  for (const name of [...allowed, 'ip4.saddrsel', 'ip6.saddrsel']) {
    const negative = name.replace(/[a-z_]+$/, 'no$&');
    const values = ['true', 'false', '1', '0'].map((value) => `${name}=${value}`);
    for (const parameter of [name, negative, ...values])
      assert.deepEqual(check([parameter]), [], parameter);
    for (const value of ['', 'yes', '2', 'inherit', 'true,', ',false', '01'])
      assert.match(check([`${name}=${value}`])[0] ?? '', /true or false/);
  }
});

/** Parameters with values, some of which jail(8) takes; each value is as long as it may be, where it has a limit. */
const VALUED: Readonly<Record<string, readonly string[]>> = {
  enforce_statfs: ['0', '1', '2'],
  host: ['new'],
  'host.domainname': ['', 'example.org', 'a'.repeat(255)],
  'host.hostid': ['0', '4294967295'],
  'host.hostname': ['w', 'web_1.example.org', 'a'.repeat(255)],
  'host.hostuuid': ['4ae6b3b0-9d2e-11EE-8c90-0242ac120002', 'a'.repeat(63)],
  linux: ['new', 'inherit', 'disable'],
  'linux.osname': ['Linux', 'a'.repeat(64)],
  'linux.osrelease': ['5.15.0', 'a'.repeat(64)],
  'linux.oss_version': ['198144', '1'.repeat(10)],
  osreldate: ['1302001', '1'.repeat(10)],
  osrelease: ['13.2-RELEASE', 'a'.repeat(31)],
  securelevel: ['-1', '0', '1', '2', '3'],
  sysvmsg: ['new', 'disable'],
  sysvsem: ['new', 'disable'],
  sysvshm: ['new', 'disable'],
};
const LIMITED = /^(\d{10}|a{31,})$/;

for (const [name, values] of Object.entries(VALUED))
  test(`${name} takes its values, with nothing before, behind or beyond`, () => {
    for (const value of values) {
      assert.deepEqual(check([`${name}=${value}`]), [], value);
      for (const wrong of [`,${value}`, `${value},`, ` ${value}`])
        assert.match(check([`${name}=${wrong}`])[0] ?? '', /wrong form/, wrong);
      if (!LIMITED.test(value)) continue;
      assert.match(check([`${name}=${value}${value[0]}`])[0] ?? '', /wrong form/, value);
    }
    assert.match(check([name])[0] ?? '', /needs a value/);
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
  ['noip_hostname', /--network/],
  ['novnet', /--driver/],
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
  ['sysvmsg=inherit', /memory and messages of the host/],
  ['enforce_statfs=inherit', /wrong form/],
  ['allow.sysvipc', /memory and messages of the host/],
  ['devfs_ruleset=0', /ruleset 4/],
  ['allow.mount.devfs', /no others/],
  ['allow.dying', /klee sets it/],
  ['allow.nfsd', /NFS/],
  ['allow.settime', /clock is the host/],
  ['allow.adjtime', /clock is the host/],
  ['allow.routing', /driver vnet/],
  ['allow.noraw', /does not know/],
  ['allow.nomount.tmpfs', /does not know/],
  ['allow.nosysvipc', /does not know/],
  ['nohost', /does not know/],
  ['allow.nomount=false', /without, or allow.mount=/],
  ['allow.nomount=', /without, or allow.mount=/],
  ['children.max=5', /would not see/],
  ['parent=0', /read-only/],
  ['dying', /read-only/],
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

test('no other parameter is about addresses of the host, and no long text is repeated whole', () => {
  assert.deepEqual(check(['allow.mlock'], 'own'), []);
  assert.deepEqual(check(['ip6.saddrsel=0'], 'none'), []);
  const [message = ''] = check([`x=${'y'.repeat(58)}`]);
  assert.ok(message.includes(`"x=${'y'.repeat(58)}"`), message);
  const [cut = ''] = check([`x=${'y'.repeat(59)}`]);
  assert.ok(cut.includes(`"x=${'y'.repeat(58)}…"`), cut);
});

/** The parameters of jail(8) that decide about addresses, by stack. */
const ADDRESSING: readonly (readonly [Stack, ...string[]])[] = [
  ['own', 'vnet'],
  ['restricted'],
  ['host', 'ip4=inherit', 'ip6=inherit'],
  ['none', 'ip4=disable', 'ip6=disable'],
];
for (const [stack, ...expected] of ADDRESSING)
  test(`a jail has a name, a host name, and the addresses of its stack: ${stack}`, () => {
    const container = buildContainer({ stack, name: 'web', jailParameters: ['allow.mlock'] });
    assert.deepEqual(jailParameters(container, '/r'), [
      `name=klee-${container.id}`,
      'path=/r',
      'host.hostname=web',
      'devfs_ruleset=4',
      'persist',
      ...expected,
      'allow.mlock',
    ]);
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
  // The last is refused now; containers that were made before may have it, and it gives what it seems to take.
  for (const parameter of [
    'allow.mount',
    'allow.mount=true',
    'allow.mount.tmpfs',
    'allow.nomount=false',
  ])
    assert.equal(canMount({ jailParameters: ['enforce_statfs=1', parameter] }), true);
  for (const parameters of [
    [],
    ['allow.mlock'],
    ['allow.nomount'],
    ['allow.mount=false'],
    ['allow.mount=0'],
  ])
    assert.equal(canMount({ jailParameters: parameters }), false);
});

test.run();
