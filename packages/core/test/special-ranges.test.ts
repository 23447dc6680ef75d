import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { networkSpec } from '../src/engine/requests/network-spec.ts';
import type { CreateNetworkRequest } from '../src/engine/requests/requests.ts';
import { isKleenetError } from '../src/errors.ts';

const test = suite('special ranges');

function refusal(request: Partial<CreateNetworkRequest>): string {
  try {
    networkSpec({ name: 'n', ...request });
  } catch (error) {
    assert.ok(isKleenetError(error), String(error));
    assert.equal(error.code, 'SUBNET_INVALID');
    assert.notEqual(error.hint ?? '', '');
    return error.message;
  }
  return assert.fail('nothing was refused');
}

/** Inside a range, all of it, around it, and in every spelling. */
const REFUSED: readonly [subnet: string, reason: RegExp][] = [
  ['0.0.0.0/30', /is in 0\.0\.0\.0\/8, .*this host/],
  ['0.0.0.0/31', /is in 0\.0\.0\.0\/8/],
  ['0.255.0.0/16', /is in 0\.0\.0\.0\/8/],
  ['0.0.0.0/0', /holds addresses of 0\.0\.0\.0\/8/],
  ['127.0.0.0/8', /loopback/],
  ['126.0.0.0/7', /holds addresses of 127\.0\.0\.0\/8/],
  ['169.254.1.0/24', /link-local/],
  ['169.254.1.1/32', /link-local/],
  ['169.254.0.0/16', /link-local/],
  ['169.254.77.0/24', /link-local/],
  ['168.0.0.0/6', /holds addresses of 169\.254\.0\.0\/16/],
  ['239.1.0.0/16', /multicast/],
  ['192.0.0.0/2', /holds addresses of 224\.0\.0\.0\/4/],
  ['240.0.0.0/8', /reserved/],
  ['255.255.255.255/32', /broadcast/],
  ['::/0', /holds addresses of ::\/128/],
  ['::/64', /holds addresses of ::\/128/],
  ['::/128', /unspecified/],
  ['::1/128', /loopback/],
  ['::10.1.0.0/112', /IPv4-compatible/],
  ['::a01:0/112', /IPv4-compatible/],
  ['::ffff:10.1.0.0/112', /IPv4-mapped/],
  ['0:0:0:0:0:FFFF:0A01:0000/112', /IPv4-mapped/],
  ['::ffff:0.0.0.0/96', /IPv4-mapped/],
  ['::fffe:0:0/95', /holds addresses of ::ffff:0\.0\.0\.0\/96/],
  ['::/80', /holds addresses of/],
  ['fe80::/64', /link-local/],
  ['febf::/16', /link-local/],
  ['fe80::/9', /holds addresses of fe80::\/10/],
  ['ff02::/16', /multicast/],
  ['f000::/4', /holds addresses of/],
];

for (const [subnet, reason] of REFUSED) {
  test(`refused: ${subnet}`, () => {
    const option = subnet.includes(':') ? 'subnet6' : 'subnet';
    for (const type of ['loopback', 'bridge'] as const)
      assert.match(refusal({ type, [option]: subnet }), reason);
    assert.match(refusal({ type: 'custom', interface: 'em0', [option]: subnet }), reason);
  });
}

const TAKEN: readonly string[] = [
  '1.0.0.0/8',
  '10.0.0.0/8',
  '10.0.0.0/31',
  '100.64.0.0/10',
  '128.0.0.0/8',
  '169.253.0.0/16',
  '169.255.0.0/16',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '223.255.255.0/24',
  '2000::/3',
  '2001:db8::/127',
  '64:ff9b::/96',
  'fc00::/7',
  'fec0::/10',
];

for (const subnet of TAKEN) {
  test(`taken: ${subnet}`, () => {
    const option = subnet.includes(':') ? 'subnet6' : 'subnet';
    const { pools } = networkSpec({ name: 'n', [option]: subnet });
    assert.equal((pools.ipv4 ?? pools.ipv6)?.subnet, subnet);
  });
}

test('a special range comes in by no other option', () => {
  const codes = [
    { ranges: ['169.254.1.0/24'] },
    { exclude: ['127.0.0.0/8'] },
    { exclude: ['::ffff:10.1.0.5'] },
    { gateway: '169.254.1.1' },
    { gateway: '::ffff:10.1.0.1' },
  ].map((request) => {
    try {
      networkSpec({ name: 'n', type: 'bridge', subnet: '10.1.0.0/24', ...request });
    } catch (error) {
      return isKleenetError(error) ? error.code : String(error);
    }
    return 'taken';
  });
  assert.deepEqual(codes, [
    'ADDRESS_OUT_OF_RANGE',
    'ADDRESS_OUT_OF_RANGE',
    'ADDRESS_OUT_OF_RANGE',
    'GATEWAY_OUT_OF_RANGE',
    'GATEWAY_OUT_OF_RANGE',
  ]);
});

test.run();
