import assert from 'node:assert/strict';
import { test } from 'uvu';
import { parseCidr, parseIpAddress } from '../src/address/index.ts';
import { firstAssignable, gatewayFor, reservations } from '../src/allocator/index.ts';
import { hasCode, type KleenetError } from '../src/errors.ts';
import { inPool, makePool, type PoolParts, type PoolUnderTest } from './support/pools.ts';
import { refusal } from './support/refusals.ts';

function take(pool: PoolUnderTest, count: number): readonly string[] {
  return Array.from({ length: count }, () => pool.allocate());
}

/** Leases until the pool is exhausted. */
function drain(pool: PoolUnderTest): {
  readonly taken: readonly string[];
  readonly end: KleenetError;
} {
  const taken: string[] = [];
  for (;;) {
    try {
      taken.push(pool.allocate());
    } catch (error) {
      if (hasCode(error, 'POOL_EXHAUSTED')) return { taken, end: error };
      throw error;
    }
  }
}

test('the first assignable address, and the automatic gateway', () => {
  for (const [subnet, first] of [
    ['0.0.0.0/0', '0.0.0.1'],
    ['128.0.0.0/1', '128.0.0.1'],
    ['10.0.0.0/24', '10.0.0.1'],
    ['10.0.0.4/30', '10.0.0.5'],
    ['10.0.0.4/31', '10.0.0.4'],
    ['10.0.0.4/32', '10.0.0.4'],
    ['255.255.255.255/32', '255.255.255.255'],
    ['::/0', '::1'],
    ['fd00:ffff:ffff:ffff::/64', 'fd00:ffff:ffff:ffff::1'],
    ['fd00::4/126', 'fd00::5'],
    ['fd00::4/127', 'fd00::4'],
    ['fd00::4/128', 'fd00::4'],
  ] as const) {
    assert.equal(firstAssignable(parseCidr(subnet)), first);
    assert.equal(gatewayFor(parseCidr(subnet), 'auto'), first);
    assert.equal(gatewayFor(parseCidr(subnet), 'none'), undefined);
    assert.equal(gatewayFor(parseCidr(subnet), parseIpAddress(first)), first);
  }
});

test('a manual gateway is an address of the subnet that a host can have', () => {
  for (const [subnet, gateway] of [
    ['10.0.0.0/24', '10.0.0.254'],
    ['10.0.0.0/31', '10.0.0.1'],
    ['fd00::/64', 'fd00::ffff:ffff:ffff:ffff'],
    ['fd00::/127', 'fd00::'],
  ] as const) {
    assert.equal(gatewayFor(parseCidr(subnet), parseIpAddress(gateway)), gateway);
  }
  for (const [subnet, gateway, reason] of [
    ['10.0.0.0/24', '10.0.1.1', /outside/],
    ['10.0.0.0/24', '9.255.255.255', /outside/],
    ['10.0.0.0/24', '10.0.0.0', /network address/],
    ['10.0.0.0/24', '10.0.0.255', /broadcast/],
    ['10.0.0.0/24', '::a00:1', /family/],
    ['10.0.0.4/32', '10.0.0.5', /outside/],
    ['fd00::/64', 'fd00::', /anycast/],
    ['fd00::/64', 'fe80::1', /outside/],
    ['::/0', '10.0.0.1', /family/],
  ] as const) {
    const choose = (): unknown => gatewayFor(parseCidr(subnet), parseIpAddress(gateway));
    const error = refusal(choose, 'GATEWAY_OUT_OF_RANGE');
    assert.match(error.message, reason);
    assert.deepEqual(error.details, { gateway, subnet });
    assert.ok(
      error.message.includes(subnet) && error.hint?.includes(firstAssignable(parseCidr(subnet))),
    );
  }
});

test('what is held back, and why', () => {
  const reasons = (subnet: string, parts: PoolParts = {}): readonly string[] => {
    const pool = makePool(subnet, parts);
    const family = subnet.includes(':') ? 'ipv6' : 'ipv4';
    const host = (parts.host ?? []).map(parseIpAddress);
    return reservations(pool, family, host).map(
      ({ first, last, reason }) => `${first.toString(16)}-${last.toString(16)} ${reason}`,
    );
  };
  assert.deepEqual(reasons('10.0.0.0/31'), []);
  assert.deepEqual(reasons('10.0.0.1/32'), []);
  assert.deepEqual(reasons('fd00::/127'), []);
  assert.deepEqual(reasons('::1/128'), []);
  assert.deepEqual(reasons('0.0.0.0/0'), [
    '0-0 it is the network address',
    'ffffffff-ffffffff it is the broadcast address',
  ]);
  assert.deepEqual(reasons('::/0'), ['0-0 it is the subnet-router anycast address']);
  // As a number, 10.0.0.5 is in this subnet.
  assert.equal(reasons('::/64', { host: ['10.0.0.5'], exclude: ['10.0.0.0/8'] }).length, 1);
  const parts: PoolParts = {
    gateway: '10.0.0.1',
    exclude: ['10.0.0.8/29', '10.0.0.7/32', '10.0.0.0/8', '11.0.0.0/8', '::/0'],
    host: ['10.0.0.1', '10.0.0.9', '10.0.1.1', '::1'],
  };
  assert.deepEqual(reasons('10.0.0.0/28', parts), [
    'a000000-a000000 it is the network address',
    'a00000f-a00000f it is the broadcast address',
    'a000001-a000001 it is the gateway',
    'a000001-a000001 the host itself has it',
    'a000009-a000009 the host itself has it',
    'a000008-a00000f it is in 10.0.0.8/29, which is excluded',
    'a000007-a000007 it is excluded',
    'a000000-a00000f it is in 10.0.0.0/8, which is excluded',
  ]);
});

test('the first addresses of new pools', async () => {
  for (const [subnet, parts, expected] of [
    ['10.0.0.0/24', {}, ['10.0.0.1', '10.0.0.2']],
    ['10.0.0.0/24', { gateway: '10.0.0.1' }, ['10.0.0.2', '10.0.0.3']],
    ['10.0.0.0/24', { gateway: '10.0.0.2' }, ['10.0.0.1', '10.0.0.3']],
    ['10.0.0.0/24', { host: ['10.0.0.1', '10.0.0.3'] }, ['10.0.0.2', '10.0.0.4']],
    ['10.0.0.0/24', { exclude: ['10.0.0.0/25', '10.0.0.128/31'] }, ['10.0.0.130', '10.0.0.131']],
    ['10.0.0.0/24', { range: '10.0.0.64/30' }, ['10.0.0.64', '10.0.0.65']],
    ['10.0.0.0/24', { range: '10.0.0.0/30' }, ['10.0.0.1', '10.0.0.2']],
    ['10.0.0.0/31', {}, ['10.0.0.0', '10.0.0.1']],
    ['0.0.0.0/0', {}, ['0.0.0.1', '0.0.0.2']],
    ['128.0.0.0/1', {}, ['128.0.0.1', '128.0.0.2']],
    ['::/0', {}, ['::1', '::2']],
    ['8000::/1', {}, ['8000::1', '8000::2']],
    ['fd00:ffff:ffff:ffff::/64', {}, ['fd00:ffff:ffff:ffff::1', 'fd00:ffff:ffff:ffff::2']],
    ['fd00::/127', {}, ['fd00::', 'fd00::1']],
    [
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127',
      {},
      ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ],
  ] as const) {
    assert.deepEqual(await inPool(subnet, parts, (pool) => take(pool, 2)), expected, subnet);
  }
});

test('a pool has as many addresses as it should, and says so at its end', async () => {
  for (const [subnet, parts, count] of [
    ['10.0.0.0/24', {}, 254],
    ['10.0.0.0/24', { gateway: '10.0.0.1' }, 253],
    ['10.0.0.0/29', { gateway: '10.0.0.1', host: ['10.0.0.1', '10.0.0.6'] }, 4],
    ['10.0.0.0/30', {}, 2],
    ['10.0.0.0/31', {}, 2],
    ['10.0.0.0/31', { gateway: '10.0.0.0' }, 1],
    ['10.0.0.9/32', {}, 1],
    ['10.0.0.9/32', { gateway: '10.0.0.9' }, 0],
    ['10.0.0.0/24', { exclude: ['10.0.0.0/24'] }, 0],
    ['255.255.255.248/29', {}, 6],
    ['fd00::/120', {}, 255],
    ['fd00::/126', { gateway: 'fd00::1' }, 2],
    ['fd00::/127', {}, 2],
    ['fd00::9/128', {}, 1],
    ['fd00::9/128', { gateway: 'fd00::9' }, 0],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124', {}, 15],
  ] as const) {
    await inPool(subnet, parts, (pool) => {
      const { taken, end } = drain(pool);
      assert.equal(new Set(taken).size, count, subnet);
      assert.deepEqual(pool.leased().toSorted(), taken.toSorted());
      assert.match(
        end.message,
        subnet.includes(':') ? /no free IPv6 address/ : /no free IPv4 address/,
      );
      assert.match(end.message, new RegExp(`network testnet: ${count} of `));
      const family = subnet.includes(':') ? 'ipv6' : 'ipv4';
      const leased = String(count);
      assert.deepEqual(end.details, { network: 'testnet', family, subnet, leased });
      assert.match(end.hint ?? '', count === 0 ? /^use a network/ : /^disconnect .*, or use a/);
      assert.equal(pool.stats().free, 0n);
    });
  }
});

test('a full range says that it is the range, and what is free beside it', async () => {
  const parts = { gateway: '10.0.0.1', range: '10.0.0.0/30' };
  await inPool('10.0.0.0/24', parts, (pool) => {
    pool.allocate('10.0.0.200');
    const { taken, end } = drain(pool);
    assert.deepEqual(taken, ['10.0.0.2', '10.0.0.3']);
    assert.match(end.message, /2 of 4 in the range 10\.0\.0\.0\/30 are leased, 2 reserved/);
    assert.match(end.hint ?? '', /outside the range.* 250$/);
    assert.equal(end.details['range'], '10.0.0.0/30');
    assert.deepEqual(pool.stats(), {
      size: 256n,
      reserved: 3n,
      leased: 3n,
      free: 250n,
      freeInRange: 0n,
    });
    assert.equal(pool.allocate('10.0.0.4'), '10.0.0.4');
    const halves = [128, 64, 32, 16, 8].map(
      (from) => `10.0.0.${from}/${24 + Math.log2(256 / from)}`,
    );
    const rest = pool.with({ ...parts, exclude: [...halves, '10.0.0.6/31'] });
    assert.equal(rest.stats().free, 1n);
    assert.match(refusal(() => rest.allocate(), 'POOL_EXHAUSTED').hint ?? '', /outside.* 1$/);
  });
});

test('the next address is looked for up to the end of the range, and then from its start', async () => {
  await inPool('10.0.0.0/24', { range: '10.0.0.4/30' }, (pool) => {
    assert.deepEqual(take(pool, 3), ['10.0.0.4', '10.0.0.5', '10.0.0.6']);
    assert.ok(pool.release('10.0.0.4'));
    assert.deepEqual(take(pool, 2), ['10.0.0.7', '10.0.0.4']);
    assert.ok(pool.release('10.0.0.5'));
    // The only one that is free is the one that was chosen last.
    for (let times = 0; times < 2; times += 1) {
      assert.equal(pool.allocate(), '10.0.0.5');
      assert.ok(pool.release('10.0.0.5'));
    }
  });
});

test('a range that has been changed since the last choice is kept to', async () => {
  await inPool('10.0.0.0/24', { range: '10.0.0.64/30' }, (pool) => {
    take(pool, 2);
    for (const range of ['10.0.0.128/30', '10.0.0.4/30']) {
      const first = range.replace('/30', '');
      assert.equal(pool.with({ range }).allocate(), first);
    }
  });
});

test('an address is not used again at once, and requests do not move the rest', async () => {
  await inPool('10.0.0.0/29', {}, (pool) => {
    assert.deepEqual(take(pool, 2), ['10.0.0.1', '10.0.0.2']);
    assert.equal(pool.allocate('10.0.0.5'), '10.0.0.5');
    assert.ok(pool.release('10.0.0.2'));
    assert.deepEqual(take(pool, 3), ['10.0.0.3', '10.0.0.4', '10.0.0.6']);
    assert.equal(pool.allocate(), '10.0.0.2');
    assert.ok(pool.release('10.0.0.1'));
    assert.ok(pool.release('10.0.0.5'));
    assert.deepEqual(take(pool, 2), ['10.0.0.5', '10.0.0.1']);
  });
});

test('what was asked for and cannot be had is named with the reason', async () => {
  const parts: PoolParts = {
    gateway: '10.0.0.1',
    host: ['10.0.0.20', '10.0.0.30'],
    exclude: ['10.0.0.64/26'],
    range: '10.0.0.128/25',
  };
  await inPool('10.0.0.0/24', parts, (pool) => {
    assert.equal(pool.allocate('10.0.0.10', pool.owners[1]), '10.0.0.10');
    const inUse = refusal(() => pool.allocate('10.0.0.10'), 'ADDRESS_IN_USE');
    assert.match(inUse.message, /10\.0\.0\.10 .*container c1/);
    assert.deepEqual(inUse.details, {
      network: 'testnet',
      address: '10.0.0.10',
      owner: pool.owners[1],
    });
    assert.notEqual(inUse.hint, undefined);
    for (const outside of ['10.0.1.0', '9.255.255.255', '0.0.0.0', '255.255.255.255']) {
      const error = refusal(() => pool.allocate(outside), 'ADDRESS_OUT_OF_RANGE');
      assert.match(error.message, /10\.0\.0\.0\/24/);
      const subnet = '10.0.0.0/24';
      assert.deepEqual(error.details, { network: 'testnet', subnet, address: outside });
    }
    for (const [address, reason] of [
      ['10.0.0.0', /reserved.*network address/],
      ['10.0.0.255', /reserved.*broadcast address/],
      ['10.0.0.1', /reserved.*gateway/],
      ['10.0.0.20', /reserved.*host itself/],
      ['10.0.0.64', /reserved.*10\.0\.0\.64\/26.*excluded/],
      ['10.0.0.127', /reserved.*excluded/],
    ] as const) {
      const error = refusal(() => pool.allocate(address), 'ADDRESS_RESERVED');
      assert.match(error.message, reason);
      const { reason: told, ...details } = error.details;
      assert.deepEqual(details, { network: 'testnet', address });
      assert.ok(error.message.endsWith(`: ${String(told)}`), error.message);
    }
    const other = refusal(() => pool.allocate('fd00::5'), 'ADDRESS_FAMILY_MISSING');
    assert.match(other.message, /IPv6.*IPv4/);
    const asked = { network: 'testnet', subnet: '10.0.0.0/24', address: 'fd00::5' };
    assert.deepEqual(other.details, asked);
    assert.deepEqual(pool.leased(), ['10.0.0.10']);
    assert.equal(pool.allocate(), '10.0.0.128');
  });
});

test('a lease names its holder even where the host or an exclusion has come to hold the address', async () => {
  await inPool('10.0.0.0/24', {}, (pool) => {
    pool.allocate('10.0.0.5', pool.owners[2]);
    const later = pool.with({ host: ['10.0.0.5'], exclude: ['10.0.0.4/30'] });
    assert.match(refusal(() => later.allocate('10.0.0.5'), 'ADDRESS_IN_USE').message, /c2/);
    assert.equal(later.allocate(), '10.0.0.1');
  });
});

test('only the owner releases, and only once', async () => {
  await inPool('fd00::/64', {}, (pool) => {
    const address = pool.allocate();
    assert.equal(pool.release(address, pool.owners[1]), false);
    assert.equal(pool.release('fd00::2'), false);
    assert.equal(pool.release('10.0.0.1'), false);
    assert.deepEqual(pool.leased(), [address]);
    assert.equal(pool.release(address), true);
    assert.equal(pool.release(address), false);
    assert.deepEqual([pool.leased(), pool.spans()], [[], []]);
  });
});

test('an address of the other family is not the one with the same number', async () => {
  await inPool('::/64', {}, (pool) => {
    const same = pool.textOf(pool.numberOf('10.0.0.1'));
    pool.allocate(same);
    assert.equal(pool.release('10.0.0.1'), false);
    assert.deepEqual(pool.leased(), [same]);
  });
});

test('leased spans grow at both ends, join, and are cut', async () => {
  await inPool('255.255.255.248/29', {}, (pool) => {
    const spans = (): string =>
      pool
        .spans()
        .map(({ first, last }) => `${first & 7n}-${last & 7n}`)
        .join(' ');
    const steps = [
      ['allocate', 3, '3-3'],
      ['allocate', 5, '5-5 3-3'],
      ['allocate', 4, '3-5'],
      ['allocate', 6, '3-6'],
      ['allocate', 2, '2-6'],
      ['release', 4, '5-6 2-3'],
      ['release', 2, '5-6 3-3'],
      ['release', 6, '5-5 3-3'],
      ['release', 3, '5-5'],
      ['release', 5, ''],
    ] as const;
    for (const [step, offset, expected] of steps) {
      pool[step](`255.255.255.${248 + offset}`);
      assert.equal(spans(), expected, `${step} ${offset}`);
    }
  });
});

test('stats of whole families, and of leases that came to be reserved', async () => {
  await inPool('::/0', {}, (pool) => {
    take(pool, 3);
    const size = 2n ** 128n;
    const free = size - 4n;
    assert.deepEqual(pool.stats(), { size, reserved: 1n, leased: 3n, free, freeInRange: free });
    const half = 2n ** 127n;
    assert.deepEqual(pool.with({ exclude: ['::/1'] }).stats(), {
      size,
      reserved: half - 3n,
      leased: 3n,
      free: half,
      freeInRange: half,
    });
  });
  await inPool('10.0.0.0/24', { range: '10.0.0.0/28' }, (pool) => {
    take(pool, 4);
    const exclude = ['10.0.0.2/31', '10.0.0.0/30'];
    assert.deepEqual(pool.with({ range: '10.0.0.0/28', exclude }).stats(), {
      size: 256n,
      reserved: 2n,
      leased: 4n,
      free: 250n,
      freeInRange: 11n,
    });
  });
});

test('leases in several places of a range are counted, and those that came to be reserved', async () => {
  const range = '10.0.0.0/28';
  await inPool('10.0.0.0/24', { range }, (pool) => {
    for (const last of [2, 4, 5, 9, 14, 15, 16, 200]) pool.allocate(`10.0.0.${last}`);
    assert.equal(pool.stats().freeInRange, 16n - 1n - 6n);
    // The address before a leased one is another's.
    const { reserved, leased, free } = pool.with({ host: ['10.0.0.4', '10.0.0.3'] }).stats();
    assert.deepEqual([reserved, leased, free], [3n, 8n, 245n]);
  });
});

for (const [what, damage] of [
  [
    'does not have a lease',
    (pool: PoolUnderTest): void => {
      pool.allocate('10.0.0.5');
      pool.forgetRun('10.0.0.5');
      pool.release('10.0.0.5');
    },
  ],
  [
    'has an address that is not leased',
    (pool: PoolUnderTest): void => {
      pool.inventRun('10.0.0.5');
      pool.allocate('10.0.0.5');
    },
  ],
] as const)
  test(`an index that ${what} is not made worse`, async () => {
    let key: PoolUnderTest['key'] | undefined;
    const work = (pool: PoolUnderTest): void => {
      ({ key } = pool);
      damage(pool);
    };
    await assert.rejects(inPool('10.0.0.0/24', {}, work), (error) => {
      assert.ok(hasCode(error, 'DATABASE_DAMAGED'));
      assert.deepEqual(error.details, key);
      return true;
    });
  });

test.run();
