import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { test } from 'uvu';
import type { Cidr, HostAddress, IpAddress } from '@kleenet/core';
import { bears, parseInterfaces } from '../src/freebsd/ifconfig.ts';
import type { Interface, InterfaceAddress } from '../src/freebsd/ifconfig.ts';
import { takesJail } from '../src/freebsd/jexec.ts';
import { parseJails } from '../src/freebsd/jls.ts';
import { parseMounts } from '../src/freebsd/mount.ts';
import { jailName, mark, networkInterface } from '../src/freebsd/names.ts';
import { hiddenAddresses, hostRoutes, parseRoutes } from '../src/freebsd/netstat.ts';
import type { Route } from '../src/freebsd/netstat.ts';
import { parseDefaultRoute } from '../src/freebsd/route.ts';
import { hostRecords, printed } from './support/freebsd-records.ts';

test('a bridge is read with its addresses, members and flags', () => {
  const [bridge] = parseInterfaces(printed('ifconfig kbr0', '8.'));
  assert.deepEqual(bridge, {
    name: 'kbr0',
    flags: ['UP', 'BROADCAST', 'RUNNING', 'SIMPLEX', 'MULTICAST'],
    mtu: 1500,
    description: '',
    ether: 'ce:7f:6e:16:b8:39',
    hardware: '',
    several: false,
    groups: ['bridge'],
    addresses: [
      {
        family: 'ipv4',
        address: '10.4.6.1',
        prefix: 24,
        tentative: false,
        duplicated: false,
        deprecated: false,
      },
      {
        family: 'ipv6',
        address: 'fd00:4::1',
        prefix: 64,
        tentative: false,
        duplicated: false,
        deprecated: false,
      },
    ],
    members: [
      { name: 'epair1a', flags: ['LEARNING', 'DISCOVER', 'AUTOEDGE', 'AUTOPTP'] },
      { name: 'epair0a', flags: ['LEARNING', 'DISCOVER', 'AUTOEDGE', 'AUTOPTP'] },
    ],
    nd6: ['PERFORMNUD', 'NO_DAD'],
  });
});

test('marks are read, and bear witness only together', () => {
  const [network] = parseInterfaces(printed('ifconfig kleene0', '7.'));
  assert.ok(network);
  assert.equal(network.description, 'klee network 5f3a group web');
  assert.deepEqual(network.groups, ['lo', 'klee']);
  assert.ok(bears(network, 'klee network 5f3a group web'));
  assert.ok(!bears(network, mark('network', '0123456789ab')));
  assert.ok(!bears({ ...network, groups: ['lo'] }, 'klee network 5f3a group web'));
});

test('the hardware address of a card does not stand for the one that is set', () => {
  const command =
    'ifconfig epair0b -vnet klee-v1; ifconfig epair0b ether 02:aa:bb:cc:dd:01; ifconfig epair0b vnet klee-v1; jexec klee-v1 ifconfig epair0b';
  assert.equal(parseInterfaces(printed(command))[0]?.ether, '02:aa:bb:cc:dd:01');
});

test('every interface that any record shows is read, whatever form its addresses have', () => {
  const shown = hostRecords().filter(({ result }) =>
    / flags=\w+<|^\w+: flags=/.test(result.stdout),
  );
  assert.ok(shown.length > 60);
  for (const { command, result } of shown) {
    const heads = result.stdout.match(/^.+: flags=/gm) ?? [];
    const found = parseInterfaces(result.stdout);
    assert.deepEqual(
      found.map(({ name }) => `${name}: flags=`),
      heads,
      command,
    );
    const addresses = result.stdout.match(/^\tinet6? (?!fe80).*$/gm) ?? [];
    assert.equal(found.flatMap((one) => one.addresses).length, addresses.length, command);
    for (const one of found) {
      if (/mtu/.test(result.stdout)) assert.ok(one.mtu >= 72, command);
      for (const { family, prefix } of one.addresses)
        assert.ok(prefix >= 8 && prefix <= (family === 'ipv4' ? 32 : 128), command);
    }
  }
});

test('the forms that -f chooses say the same', () => {
  const forms = ['kleene0', '-f inet6:cidr kleene0', '-f inet6:cidr,inet:cidr kleene0'];
  const [plain, ...others] = forms.map(
    (form) => parseInterfaces(latest(`ifconfig ${form}`, '1.'))[0]?.addresses,
  );
  for (const other of others) assert.deepEqual(other, plain);
  assert.equal(
    parseInterfaces(printed('ifconfig -f inet:dotted kbr0'))[0]?.addresses[0]?.prefix,
    24,
  );
});

/** What the command printed when it was run last. */
function latest(command: string, section: string): string {
  const records = hostRecords().filter(
    (one) => one.command === command && one.section.startsWith(section),
  );
  return records.at(-1)?.result.stdout ?? '';
}

test('an address that is still checked, or is another host’s, is told from a usable one', () => {
  const text = [
    'em0: flags=8843<UP,BROADCAST> metric 0 mtu 1500',
    '\tinet6 fd00::5 prefixlen 128 tentative',
    '\tinet6 fd00::6 prefixlen 128 duplicated deprecated autoconf pltime 60 vltime 120',
    '\tinet6 fd00::7 prefixlen 64 autoconf',
    '\tinet 192.0.2.1 --> 192.0.2.2 netmask 0xfffffffc',
    '',
  ].join('\n');
  assert.deepEqual(
    parseInterfaces(text)[0]?.addresses.map(({ address, prefix, tentative, duplicated }) => [
      address,
      prefix,
      tentative,
      duplicated,
    ]),
    [
      ['fd00::5', 128, true, false],
      ['fd00::6', 128, false, true],
      ['fd00::7', 64, false, false],
      ['192.0.2.1', 30, false, false],
    ],
  );
});

const PLAIN = { noNullPrototype: true } as const;
const word = fc.stringMatching(/^[A-Za-z0-9_.]{1,12}$/);
const flag = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,12}$/);
const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
const mac = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
  .map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':'));

const address4 = fc.record(
  {
    family: fc.constant('ipv4' as const),
    address: octets.map((bytes) => bytes.join('.') as IpAddress),
    prefix: fc.integer({ min: 0, max: 32 }),
    tentative: fc.constant(false),
    duplicated: fc.constant(false),
    deprecated: fc.constant(false),
  },
  PLAIN,
);

const address6 = fc.record(
  {
    family: fc.constant('ipv6' as const),
    address: fc
      .array(fc.integer({ min: 1, max: 0xffff }), { minLength: 7, maxLength: 7 })
      .map((groups) => `fd00:${groups.map((group) => group.toString(16)).join(':')}` as IpAddress),
    prefix: fc.integer({ min: 0, max: 128 }),
    tentative: fc.boolean(),
    duplicated: fc.boolean(),
    deprecated: fc.boolean(),
  },
  PLAIN,
);

const someInterface: fc.Arbitrary<Interface> = fc.record(
  {
    name: word,
    flags: fc.array(flag),
    mtu: fc.integer({ min: 72, max: 65_535 }),
    description: fc.stringMatching(/^(?:[!-~](?:[ -~]{0,40}[!-~])?)?$/),
    ether: mac,
    hardware: fc.oneof(fc.constant(''), mac),
    several: fc.constant(false),
    groups: fc.array(word),
    addresses: fc.array(fc.oneof(address4, address6)),
    members: fc.array(fc.record({ name: word, flags: fc.array(flag) }, PLAIN)),
    nd6: fc.array(flag),
  },
  PLAIN,
);

/** As ifconfig(8) prints it; the prefix of an IPv4 address as it is by default, or as `-f inet:cidr` asks for. */
function show(one: Interface, cidr: boolean): string {
  return [
    `${one.name}: flags=8843<${one.flags.join(',')}> metric 0 mtu ${one.mtu}`,
    ...(one.description === '' ? [] : [`\tdescription: ${one.description}`]),
    '\toptions=8<VLAN_MTU>',
    `\tether ${one.ether}`,
    ...(one.hardware === '' ? [] : [`\thwaddr ${one.hardware}`]),
    ...one.addresses.map((address) => `\t${showAddress(address, cidr)}`),
    '\tinet6 fe80::1%lo0 prefixlen 64 scopeid 0x2',
    ...one.members.flatMap(({ name, flags }) => [
      `\tmember: ${name} flags=143<${flags.join(',')}>`,
      '\t        ifmaxaddr 0 port 3 priority 128 path cost 2000',
    ]),
    ...(one.groups.length === 0 ? [] : [`\tgroups: ${one.groups.join(' ')}`]),
    `\tnd6 options=21<${one.nd6.join(',')}>`,
    '',
  ].join('\n');
}

function showAddress(held: InterfaceAddress, cidr: boolean): string {
  const { family, address, prefix, tentative, duplicated, deprecated } = held;
  const state = `${tentative ? ' tentative' : ''}${duplicated ? ' duplicated' : ''}${deprecated ? ' deprecated' : ''}`;
  const keyword = family === 'ipv4' ? 'inet' : 'inet6';
  if (cidr) return `${keyword} ${address}/${prefix}${state}`;
  if (family === 'ipv6') return `inet6 ${address} prefixlen ${prefix}${state}`;
  const mask = 2 ** 32 - 2 ** (32 - prefix);
  return `inet ${address} netmask 0x${mask.toString(16).padStart(8, '0')} broadcast ${address}`;
}

test('whatever interfaces there are, what ifconfig prints of them is read back', () => {
  fc.assert(
    fc.property(fc.array(someInterface), fc.boolean(), (interfaces, cidr) => {
      const text = interfaces.map((one) => show(one, cidr)).join('');
      assert.deepEqual(parseInterfaces(text), interfaces);
    }),
  );
});

test('text of any kind makes no parser of interfaces fail', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.ok(Array.isArray(parseInterfaces(text)));
      assert.ok(Array.isArray(parseMounts(text)));
    }),
  );
});

test('jails are read with the addresses that they list, whichever form jls gave', () => {
  const [jail] = parseJails(printed('jls --libxo json -j c1 name ip4.addr', '3b.'));
  assert.deepEqual(jail?.addresses, { ipv4: ['10.2.3.1', '10.2.3.2'], ipv6: [] });
  const [own] = parseJails(printed('jls --libxo json -n -j v1'));
  assert.deepEqual(own, {
    name: 'v1',
    jid: 1,
    path: '/jails/base',
    dying: false,
    vnet: true,
    addresses: { ipv4: [], ipv6: [] },
  });
  assert.deepEqual(
    parseJails(printed('jls --libxo json -n')).map(({ name, vnet }) => [name, vnet]),
    [
      ['c1', false],
      ['c2', false],
    ],
  );
  assert.deepEqual(parseJails(printed('jls --libxo json -j nonexist')), []);
});

test('a jail that dies is told from one that lives, as text and as a truth value', () => {
  const line = (dying: unknown): string =>
    JSON.stringify({
      'jail-information': { jail: [{ jid: '7', name: 'd1', path: '/', dying, vnet: 'inherit' }] },
    });
  for (const [dying, expected] of [
    ['true', true],
    [true, true],
    ['false', false],
    [false, false],
  ] as const)
    assert.equal(parseJails(line(dying))[0]?.dying, expected);
});

test('whatever jails there are, what jls prints of them is read back', () => {
  const jail = fc.record(
    {
      name: word,
      jid: fc.integer({ min: 1 }),
      path: fc.string(),
      dying: fc.boolean(),
      vnet: fc.boolean(),
      addresses: fc.record(
        {
          ipv4: fc.array(address4.map(({ address }) => address)),
          ipv6: fc.array(address6.map(({ address }) => address)),
        },
        PLAIN,
      ),
    },
    PLAIN,
  );
  fc.assert(
    fc.property(fc.array(jail), (jails) => {
      const printedJails = jails.map(({ addresses, vnet, dying, jid, ...rest }) => ({
        ...rest,
        jid: String(jid),
        dying: String(dying),
        vnet: vnet ? 'new' : 'inherit',
        'ip4.addr': addresses.ipv4,
        'ip6.addr': addresses.ipv6,
      }));
      const text = JSON.stringify({ 'jail-information': { jail: printedJails } });
      assert.deepEqual(parseJails(text), jails);
    }),
  );
});

const OWN: readonly HostAddress[] = [
  { interface: 'kbr0', address: '10.4.6.1' as IpAddress, prefix: 24 },
  { interface: 'lo0', address: '127.0.0.1' as IpAddress, prefix: 8 },
  { interface: 'lo0', address: '::1' as IpAddress, prefix: 128 },
];

test('the routes of the host are told without default, own and link-local ones', () => {
  const routes = parseRoutes(printed('netstat --libxo json -rn', '6.'));
  assert.equal(routes.length, 9);
  assert.deepEqual(hostRoutes(routes, OWN), [
    { destination: '10.2.3.1/32', interface: 'kleene0' },
    { destination: '10.4.6.0/24', interface: 'kbr0' },
  ]);
});

test('routes that lead nowhere, multicast and the default are in nobody’s way', () => {
  const route = (destination: string, flags = 'U'): object => ({
    destination,
    gateway: 'link#1',
    flags,
    'interface-name': 'em0',
  });
  const entries = [
    route('default', 'UGS'),
    route('::/96', 'UGRS'),
    route('::ffff:0.0.0.0/96', 'UGRS'),
    route('fe80::/10', 'UGRS'),
    route('ff02::/16', 'UGRS'),
    route('224.0.0.0/4'),
    route('239.1.0.0/16'),
    route('10.9.0.0/16', 'UGSB'),
    route('10.8.0.0/16', 'UGS'),
    route('192.0.2.7', 'UHS'),
    route('2001:db8::/32', 'UGS'),
    route('2001:db8::9', 'UHS'),
    route('223.0.0.0/8'),
    route('10.0.0.0&0xff00ff00'),
  ];
  const text = JSON.stringify({
    statistics: {
      'route-information': { 'route-table': { 'rt-family': [{ 'rt-entry': entries }] } },
    },
  });
  assert.deepEqual(
    hostRoutes(parseRoutes(text), []).map(({ destination }) => destination),
    ['10.8.0.0/16', '192.0.2.7/32', '2001:db8::/32', '2001:db8::9/128', '223.0.0.0/8'],
  );
  assert.deepEqual(parseRoutes('{"statistics": {"route-information": {}}}'), []);
});

test('the default route of each family is read', () => {
  assert.deepEqual(
    parseDefaultRoute(
      printed('route -n get default', '7.') || latest('route -n get default', '7.'),
    ),
    {
      interface: 'kbr0',
      gateway: '10.4.6.200',
    },
  );
  assert.deepEqual(parseDefaultRoute(printed('jexec klee-v1 route -n get -inet6 default')), {
    interface: 'epair0b',
    gateway: 'fd00:4::1',
  });
  assert.equal(parseDefaultRoute(''), undefined);
});

test('mounts are read as recorded', () => {
  assert.deepEqual(parseMounts(printed('mount')), [
    { source: '/dev/vtbd0', target: '/', type: 'ufs' },
    { source: 'devfs', target: '/dev', type: 'devfs' },
    { source: 'devfs', target: '/jails/base/dev', type: 'devfs' },
  ]);
});

test('names fit the kernel, and are never taken for numbers', () => {
  assert.equal(networkInterface('0123456789ab', 'bridge').length, 15);
  assert.equal(jailName('012345678901'), 'klee-012345678901');
  assert.equal(mark('endpoint', '0123456789ab'), 'kleenet:endpoint:0123456789ab');
});

for (const [release, expected] of [
  ['13.2-RELEASE', false],
  ['13.2-RELEASE-p11', false],
  ['13.3-RELEASE', true],
  ['13.10-STABLE', true],
  ['14.0-CURRENT', true],
  ['14.3-RELEASE', true],
  ['15.0-RELEASE', true],
  ['12.4-RELEASE', false],
  ['', false],
] as const) {
  test(`ifconfig of ${release || 'an unknown release'} ${expected ? 'takes' : 'does not take'} -j`, () => {
    assert.equal(takesJail(release), expected);
  });
}

test('a route to a part of a network that leads elsewhere hides containers there', () => {
  const route = (destination: string, name: string): Route => ({
    destination,
    gateway: '192.0.2.1',
    flags: 'UGS',
    interface: name,
  });
  const routes = [
    route('default', 'ext0'),
    route('10.0.0.0/8', 'tun0'),
    route('10.1.0.0/24', 'bridge0'),
    route('10.1.0.128/25', 'tun0'),
    route('10.1.0.7', 'ext0'),
  ];
  const own = [{ interface: 'lo1', address: '10.1.0.130' as IpAddress, prefix: 32 }];
  const network = {
    interface: 'bridge0',
    pools: { ipv4: { subnet: '10.1.0.0/24' as Cidr, gatewayOnHost: false, exclude: [] } },
  };
  const asked = ['10.1.0.5', '10.1.0.7', '10.1.0.129', '10.1.0.130'] as IpAddress[];
  assert.deepEqual(hiddenAddresses({ routes, own }, network, asked), [
    "packets to 10.1.0.7 leave by ext0: the host's route to 10.1.0.7/32 hides the container",
    "packets to 10.1.0.129 leave by tun0: the host's route to 10.1.0.128/25 hides the container",
  ]);
});

test.run();
