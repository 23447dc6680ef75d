import assert from 'node:assert/strict';
import { test } from 'uvu';
import {
  compareAddresses,
  contains,
  containsCidr,
  familyOf,
  fromNumber,
  generateMac,
  hostCidr,
  overlaps,
  parseCidr,
  parseIpAddress,
  parseMacAddress,
  prefixLength,
  spanOf,
  toNumber,
} from '../src/address/index.ts';
import { newId, parseInterfaceName, parseName } from '../src/names.ts';
import { refusal } from './support/refusals.ts';

/** Text that is neither an address nor a subnet, nor a name, in any place. */
const nonsense: readonly string[] = [
  '',
  ' ',
  '/',
  '.',
  ':',
  '%',
  '\0',
  'localhost',
  '1.2.3',
  '1.2.3.',
  '.1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.999',
  '1.2.3.-4',
  '1.2.3.4e0',
  '1,2,3,4',
  '0x7f.0.0.1',
  '2130706433',
  '010.0.0.1',
  '1.2.3.04',
  '1.2.3.00',
  ' 1.2.3.4',
  '1.2.3.4 ',
  '1.2.3.4\n',
  '1.2.3.4\0',
  '\u0661.2.3.4',
  '\uff11.2.3.4',
  '1\u30022.3.4',
  '1.2.3.4,5.6.7.8',
  '1.2.3.4:80',
  '1.2.3.4%em0',
  '::1%',
  'fe80::1%em0',
  'fe80::1%25em0',
  '[::1]',
  '::1::',
  ':::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  '1::2::3',
  '::00001',
  '::g',
  ':1:2:3:4:5:6:7',
  '::ffff:1.2.3',
  '::ffff:01.2.3.4',
  '::ffff:1.2.3.256',
  '::1.2.3.4:5',
  'a'.repeat(100_000),
  '1.'.repeat(100_000),
  '\u202e1.2.3.4',
  '\ud800',
];

test('addresses have one canonical form', () => {
  for (const [text, canonical] of [
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['10.10.36.122', '10.10.36.122'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['00ab::0001', 'ab::1'],
    ['FD00:FFFF:FFFF:FFFF::A', 'fd00:ffff:ffff:ffff::a'],
    // RFC 5952 4.2.2: one group of zeros stays
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    // RFC 5952 4.2.3: the longest run of zeros, the first of equals
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    // RFC 5952 5: the dotted quad in IPv4-mapped addresses, and in no others
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['0:0:0:0:0:FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:0:0', '::ffff:0.0.0.0'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::192.0.2.1', '::c000:201'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ] as const) {
    assert.equal(parseIpAddress(text), canonical, text);
  }
});

test('what is not an address is refused', () => {
  for (const text of [...nonsense, '1.2.3.4/32', '::/0', '1.2.3.4/']) {
    const error = refusal(() => parseIpAddress(text), 'ADDRESS_INVALID');
    assert.ok(error.message.length < 800, 'a message is short');
    assert.doesNotMatch(
      error.message,
      /[\p{Cc}\p{Cf}\p{Cs}]/u,
      'a message cannot control a terminal',
    );
  }
});

test('a hint says what was probably meant', () => {
  for (const [text, hint] of [
    ['fe80::1%em0', /leave out the zone: fe80::1$/],
    ['10.0.0.1/24', /leave out the prefix length: 10\.0\.0\.1$/],
    ['010.0.00.1', /leading zeros: 10\.0\.0\.1$/],
    [' ::1\n', /white space/],
    ['nonsense', /10\.0\.0\.1.*fd00::1/],
  ] as const) {
    assert.match(refusal(() => parseIpAddress(text), 'ADDRESS_INVALID').hint ?? '', hint);
  }
});

test('addresses are numbers, and numbers addresses', () => {
  for (const [text, number] of [
    ['0.0.0.0', 0n],
    ['10.0.0.1', 0x0a000001n],
    ['255.255.255.255', 2n ** 32n - 1n],
    ['::', 0n],
    ['::ffff:0.0.0.1', 0xffff_0000_0001n],
    ['fd00:ffff:ffff:ffff::', 0xfd00_ffff_ffff_ffff_0000_0000_0000_0000n],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 2n ** 128n - 1n],
  ] as const) {
    const address = parseIpAddress(text);
    assert.equal(toNumber(address), number);
    assert.equal(fromNumber(familyOf(address), number), text);
  }
  for (const [family, number] of [
    ['ipv4', -1n],
    ['ipv4', 2n ** 32n],
    ['ipv6', -1n],
    ['ipv6', 2n ** 128n],
  ] as const) {
    assert.throws(() => fromNumber(family, number), TypeError);
  }
});

test('addresses sort by family, then by number', () => {
  const sorted = ['0.0.0.0', '9.0.0.0', '10.0.0.0', '255.0.0.0', '::', '::9', '::10', 'ff::'];
  const shuffled = ['ff::', '10.0.0.0', '::', '255.0.0.0', '::10', '0.0.0.0', '::9', '9.0.0.0'];
  assert.deepEqual(shuffled.map(parseIpAddress).toSorted(compareAddresses), sorted);
  assert.equal(compareAddresses(parseIpAddress('::1'), parseIpAddress('0::1')), 0);
});

test('subnets have one canonical form, and bounds', () => {
  for (const [text, canonical, first, last] of [
    ['0.0.0.0/0', '0.0.0.0/0', 0n, 2n ** 32n - 1n],
    ['128.0.0.0/1', '128.0.0.0/1', 2n ** 31n, 2n ** 32n - 1n],
    ['10.0.0.0/8', '10.0.0.0/8', 0x0a00_0000n, 0x0aff_ffffn],
    ['10.0.0.4/30', '10.0.0.4/30', 0x0a00_0004n, 0x0a00_0007n],
    ['10.0.0.4/31', '10.0.0.4/31', 0x0a00_0004n, 0x0a00_0005n],
    ['255.255.255.255/32', '255.255.255.255/32', 2n ** 32n - 1n, 2n ** 32n - 1n],
    ['0:0::0/0', '::/0', 0n, 2n ** 128n - 1n],
    ['8000::/1', '8000::/1', 2n ** 127n, 2n ** 128n - 1n],
    [
      'FD00:FFFF:FFFF:FFFF:0::/64',
      'fd00:ffff:ffff:ffff::/64',
      0xfd00_ffff_ffff_ffff_0000_0000_0000_0000n,
      0xfd00_ffff_ffff_ffff_ffff_ffff_ffff_ffffn,
    ],
    ['::ffff:c000:200/120', '::ffff:192.0.2.0/120', 0xffff_c000_0200n, 0xffff_c000_02ffn],
    ['::2/127', '::2/127', 2n, 3n],
    ['::1/128', '::1/128', 1n, 1n],
  ] as const) {
    const cidr = parseCidr(text);
    assert.equal(cidr, canonical);
    assert.deepEqual(spanOf(cidr), { first, last });
    assert.equal(prefixLength(cidr), Number(text.split('/')[1]));
  }
});

test('what is not a subnet is refused', () => {
  const wrong = [
    '/24',
    '10.0.0.0/',
    '10.0.0.0//24',
    '10.0.0.0/24/24',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/08',
    '10.0.0.0/00',
    '10.0.0.0/8.0',
    '10.0.0.0/1e1',
    '10.0.0.0/ 8',
    '10.0.0.0/8 ',
    '10.0.0.0/8\n',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/99999999999999999999',
    '10.0.0/24',
    '10/8',
    '010.0.0.0/8',
    '::/129',
    '::/1000',
    'fe80::%em0/64',
    'fe80::/64%em0',
    '::/0/0',
  ];
  for (const text of [...nonsense, ...nonsense.map((one) => `${one}/24`), ...wrong]) {
    const error = refusal(() => parseCidr(text), 'SUBNET_INVALID');
    assert.ok(error.message.length < 800);
    assert.ok(error.hint !== undefined, text);
  }
});

test('for host bits and for a missing prefix length the right subnet is given', () => {
  for (const [text, suggestion] of [
    ['10.0.0.5/24', '10.0.0.0/24'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['10.0.0.1/31', '10.0.0.0/31'],
    ['fd00:ffff:ffff:ffff::1/64', 'fd00:ffff:ffff:ffff::/64'],
    ['::1/127', '::/127'],
    ['ffff::/1', '8000::/1'],
  ] as const) {
    const error = refusal(() => parseCidr(text), 'SUBNET_INVALID');
    assert.ok(error.message.includes(`did you mean ${suggestion}?`), error.message);
    assert.deepEqual(error.details, { value: text, suggestion });
  }
  const error = refusal(() => parseCidr('10.0.0.5'), 'SUBNET_INVALID');
  assert.match(error.hint ?? '', /10\.0\.0\.0\/24.*10\.0\.0\.5\/32/);
  assert.match(refusal(() => parseCidr('fd00::5'), 'SUBNET_INVALID').hint ?? '', /fd00::\/64/);
});

test('a subnet of the other family is refused, and told so', () => {
  assert.equal(parseCidr('10.0.0.0/8', 'ipv4'), '10.0.0.0/8');
  assert.match(
    refusal(() => parseCidr('10.0.0.0/8', 'ipv6'), 'SUBNET_INVALID').message,
    /IPv4.*IPv6/,
  );
  assert.match(
    refusal(() => parseCidr('fd00::/8', 'ipv4'), 'SUBNET_INVALID').message,
    /IPv6.*IPv4/,
  );
});

test('subnets hold addresses and subnets, and overlap', () => {
  for (const [outer, address, expected] of [
    ['10.0.0.0/24', '10.0.0.0', true],
    ['10.0.0.0/24', '10.0.0.255', true],
    ['10.0.0.0/24', '10.0.1.0', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::', false],
    ['::/0', '0.0.0.0', false],
    ['::/0', '::ffff:1.2.3.4', true],
    ['0.0.0.0/0', '::ffff:1.2.3.4', false],
    ['fd00::/127', 'fd00::2', false],
  ] as const) {
    assert.equal(
      contains(parseCidr(outer), parseIpAddress(address)),
      expected,
      `${outer} ${address}`,
    );
  }
  for (const [a, b, inside, common] of [
    ['10.0.0.0/8', '10.1.0.0/16', true, true],
    ['10.1.0.0/16', '10.0.0.0/8', false, true],
    ['10.0.0.0/8', '10.0.0.0/8', true, true],
    ['10.0.0.0/25', '10.0.0.128/25', false, false],
    ['0.0.0.0/0', '::/0', false, false],
    ['::/0', '::/128', true, true],
    ['::/1', '8000::/1', false, false],
  ] as const) {
    assert.equal(containsCidr(parseCidr(a), parseCidr(b)), inside, `${a} ${b}`);
    assert.equal(overlaps(parseCidr(a), parseCidr(b)), common, `${a} ${b}`);
  }
  assert.equal(hostCidr(parseIpAddress('10.0.0.1')), '10.0.0.1/32');
  assert.equal(hostCidr(parseIpAddress('FD00::1')), 'fd00::1/128');
});

test('MAC addresses are those of one interface', () => {
  assert.equal(parseMacAddress('02:00:5E:10:00:01'), '02:00:5e:10:00:01');
  assert.equal(parseMacAddress('AA-bb-CC-00-00-01'), 'aa:bb:cc:00:00:01');
  for (const text of [
    '',
    '02:00:5e:10:00',
    '02:00:5e:10:00:01:02',
    '02:00:5e:10:00:1',
    '02:00:5e:10:00:0g',
    '02:00-5e:10:00:01',
    '0200.5e10.0001',
    '02005e100001',
    '02:00:5e:10:00:01\n',
    ' 02:00:5e:10:00:01',
    '01:00:5e:00:00:01',
    'ff:ff:ff:ff:ff:ff',
    '33:33:00:00:00:01',
    '00:00:00:00:00:00',
  ]) {
    assert.ok(refusal(() => parseMacAddress(text), 'INVALID_ARGUMENT').hint, text);
  }
});

test('a generated MAC address belongs to its id, and is locally administered', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => `endpoint-${index}`);
  const macs = ids.map(generateMac);
  assert.equal(new Set(macs).size, ids.length);
  for (const [index, mac] of macs.entries()) {
    assert.equal(parseMacAddress(mac), mac);
    assert.match(mac, /^[0-9a-f]2:/);
    assert.equal(generateMac(ids[index] ?? ''), mac);
  }
});

test('names of objects', () => {
  for (const name of ['a', '0', 'web-1', 'FreeBSD-13.2-RELEASE', 'a_b.c', 'a'.repeat(64)]) {
    assert.equal(parseName('network', name), name);
  }
  const wrong = [
    '-a',
    '.a',
    '_a',
    '..',
    'a b',
    'a/b',
    'a:b',
    'ä',
    'a\n',
    '\na',
    'a'.repeat(65),
    '$(a)',
  ];
  for (const name of [...wrong, '', ' ', '\0', '\u0661', '\ud800']) {
    const error = refusal(() => parseName('network', name), 'INVALID_NAME');
    assert.match(error.message, /network name/);
  }
});

test('names of interfaces', () => {
  for (const name of ['a', 'em0', 'em0.100', 'br-0a1b2c3d4e5f', '_x', 'abcdefghijklmno']) {
    assert.equal(parseInterfaceName(name), name);
  }
  const wrong = [
    '',
    '.',
    '..',
    '-em0',
    'em 0',
    'em/0',
    'em:0',
    'em%d',
    'em0\n',
    'abcdefghijklmnop',
    'é',
    '*',
    '"',
  ];
  for (const name of wrong) refusal(() => parseInterfaceName(name), 'INVALID_NAME');
});

test('ids are 12 hex digits, and differ', () => {
  const ids = Array.from({ length: 1000 }, newId);
  for (const id of ids) assert.match(id, /^[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
});

test.run();
