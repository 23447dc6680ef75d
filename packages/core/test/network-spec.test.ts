import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { networkSpec } from '../src/engine/requests/network-spec.ts';
import type { CreateNetworkRequest } from '../src/engine/requests/requests.ts';
import { isKleenetError } from '../src/errors.ts';

const test = suite('networkSpec');

function refusal(request: Partial<CreateNetworkRequest>): {
  code: string;
  message: string;
  hint: string;
} {
  try {
    networkSpec({ name: 'n', ...request });
  } catch (error) {
    assert.ok(isKleenetError(error), String(error));
    return { code: error.code, message: error.message, hint: error.hint ?? '' };
  }
  return assert.fail('nothing was refused');
}

test('a loopback network has no gateway', () => {
  const { type, pools } = networkSpec({ name: 'n', subnet: '10.1.0.0/24' });
  assert.equal(type, 'loopback');
  assert.deepEqual(pools, { ipv4: { subnet: '10.1.0.0/24', gatewayOnHost: false, exclude: [] } });
});

test('a bridge network has the first address of each family as its gateway, on the host', () => {
  const { pools } = networkSpec({
    name: 'n',
    type: 'bridge',
    subnet: '10.1.0.0/24',
    subnet6: 'fd00::/64',
  });
  assert.equal(pools.ipv4?.gateway, '10.1.0.1');
  assert.equal(pools.ipv4?.gatewayOnHost, true);
  assert.equal(pools.ipv6?.gateway, 'fd00::1');
});

test('a manual gateway is not put on the host, and an empty one is none', () => {
  const manual = networkSpec({
    name: 'n',
    type: 'bridge',
    subnet: '10.1.0.0/24',
    gateway: '10.1.0.9',
  });
  assert.equal(manual.pools.ipv4?.gateway, '10.1.0.9');
  assert.equal(manual.pools.ipv4?.gatewayOnHost, false);
  const none = networkSpec({ name: 'n', type: 'bridge', subnet: '10.1.0.0/24', gateway: '' });
  assert.equal(none.pools.ipv4?.gateway, undefined);
});

test('ranges and exclusions go to the family that they belong to', () => {
  const { pools } = networkSpec({
    name: 'n',
    subnet: '10.1.0.0/24',
    subnet6: 'fd00::/64',
    ranges: ['10.1.0.128/25', 'fd00::100/120'],
    exclude: ['10.1.0.7', 'fd00::/120'],
  });
  assert.equal(pools.ipv4?.range, '10.1.0.128/25');
  assert.deepEqual(pools.ipv4?.exclude, ['10.1.0.7/32']);
  assert.equal(pools.ipv6?.range, 'fd00::100/120');
  assert.deepEqual(pools.ipv6?.exclude, ['fd00::/120']);
});

const REFUSED: readonly [string, Partial<CreateNetworkRequest>, string, RegExp][] = [
  ['loopback', { subnet: '127.0.0.0/24' }, 'SUBNET_INVALID', /loopback/],
  ['multicast', { subnet: '224.0.0.0/24' }, 'SUBNET_INVALID', /multicast/],
  ['IPv6 link-local', { subnet6: 'fe80::/64' }, 'SUBNET_INVALID', /link-local/],
  ['no subnet', {}, 'SUBNET_INVALID', /needs a subnet/],
  ['host bits', { subnet: '10.1.0.5/24' }, 'SUBNET_INVALID', /10\.1\.0\.0\/24/],
  ['no CIDR', { subnet: '10.1.0.0' }, 'SUBNET_INVALID', /prefix/],
  ['IPv6 as --subnet', { subnet: 'fd00::/64' }, 'SUBNET_INVALID', /IPv6/],
  ['IPv4 as --subnet6', { subnet6: '10.0.0.0/8' }, 'SUBNET_INVALID', /IPv4/],
  ['prefix too long', { subnet: '10.0.0.0/33' }, 'SUBNET_INVALID', /prefix/],
  ['empty name', { name: '', subnet: '10.1.0.0/24' }, 'INVALID_NAME', /not a valid network name/],
  [
    'slash in the name',
    { name: 'a/b', subnet: '10.1.0.0/24' },
    'INVALID_NAME',
    /not a valid network name/,
  ],
  [
    'long name',
    { name: 'n'.repeat(65), subnet: '10.1.0.0/24' },
    'INVALID_NAME',
    /not a valid network name/,
  ],
  [
    'long interface',
    { interface: 'i'.repeat(16), subnet: '10.1.0.0/24' },
    'INVALID_NAME',
    /interface name/,
  ],
  [
    'custom without interface',
    { type: 'custom', subnet: '10.1.0.0/24' },
    'INVALID_ARGUMENT',
    /needs an interface/,
  ],
  [
    'gateway outside',
    { type: 'bridge', subnet: '10.1.0.0/24', gateway: '10.2.0.1' },
    'GATEWAY_OUT_OF_RANGE',
    /outside/,
  ],
  [
    'gateway outside, loopback',
    { subnet: '10.1.0.0/24', gateway: '10.2.0.1' },
    'GATEWAY_OUT_OF_RANGE',
    /outside/,
  ],
  [
    'gateway is broadcast',
    { type: 'bridge', subnet: '10.1.0.0/24', gateway: '10.1.0.255' },
    'GATEWAY_OUT_OF_RANGE',
    /broadcast/,
  ],
  [
    'range outside',
    { subnet: '10.1.0.0/24', ranges: ['10.2.0.0/25'] },
    'ADDRESS_OUT_OF_RANGE',
    /outside 10\.1\.0\.0\/24/,
  ],
  [
    'two ranges of a family',
    { subnet: '10.1.0.0/24', ranges: ['10.1.0.0/25', '10.1.0.128/25'] },
    'INVALID_ARGUMENT',
    /one range/,
  ],
  [
    'exclusion of no address',
    { subnet: '10.1.0.0/24', exclude: ['x'] },
    'ADDRESS_INVALID',
    /not an/,
  ],
  [
    'exclusion of the other family',
    { subnet: '10.1.0.0/24', exclude: ['fd00::1'] },
    'ADDRESS_OUT_OF_RANGE',
    /subnet6/,
  ],
  ['MTU too small for IPv6', { subnet6: 'fd00::/64', mtu: 1000 }, 'INVALID_ARGUMENT', /MTU/],
  ['MTU is not a number', { subnet: '10.1.0.0/24', mtu: Number.NaN }, 'INVALID_ARGUMENT', /MTU/],
  ['label without =', { subnet: '10.1.0.0/24', labels: ['x'] }, 'INVALID_ARGUMENT', /label/],
];

for (const [name, request, code, message] of REFUSED) {
  test(`refused: ${name}`, () => {
    const found = refusal(request);
    assert.equal(found.code, code);
    assert.match(found.message, message);
    assert.notEqual(found.hint, '');
  });
}

test('several problems are reported together', () => {
  const { code, message } = refusal({ name: 'a/b', subnet: '10.1.0.5/24', mtu: 1 });
  assert.equal(code, 'INVALID_ARGUMENT');
  assert.match(message, /name: .*subnet: .*mtu: /);
});

test.run();
