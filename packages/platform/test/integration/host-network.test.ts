/** What the host has near a subnet, told by a real ip(8): the same, and as much, however much else there is. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, HostNetwork } from '@kleenet/core';
import { ipBatch } from '@kleenet/platform/linux';
import { createWorld } from './host.ts';

const { commands, platform } = createWorld();
const NEAR: readonly Cidr[] = ['10.5.0.0/25' as Cidr, 'fd05::/64' as Cidr];

function add(first: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  return ipBatch(commands, {
    lines: numbers.flatMap((number) => [
      `link add name b${number} type bridge`,
      `link set dev b${number} addrgenmode none up`,
      `address add 10.${number}.0.1/24 dev b${number}`,
      `address add fd${String(number).padStart(2, '0')}::1/64 dev b${number} nodad`,
    ]),
  });
}

async function told(network: HostNetwork): Promise<readonly string[]> {
  const addresses = network.addresses.map((one) => `${one.address}/${one.prefix} ${one.interface}`);
  const routes = (await network.routes()).map((one) => `${one.destination} ${one.interface}`);
  return [...new Set([...addresses, ...routes])].toSorted();
}

test('only what overlaps the subnets is told, and routes around them', async () => {
  await add(4, 3);
  await ipBatch(commands, { lines: ['route add 10.0.0.0/9 via 10.4.0.9'] });
  const expected = [
    '10.0.0.0/9 b4',
    '10.5.0.0/24 b5',
    '10.5.0.1/24 b5',
    'fd05::/64 b5',
    'fd05::1/64 b5',
  ];
  assert.deepEqual(await told(await platform.network(NEAR)), expected);
  await add(20, 20);
  assert.deepEqual(await told(await platform.network(NEAR)), expected);
});

test('without subnets all is told, and of more subnets than a few', async () => {
  const all = await told(await platform.network());
  assert.ok(all.includes('10.4.0.0/24 b4') && all.includes('fd39::1/64 b39'));
  const many = Array.from({ length: 9 }, (_, index) => `10.5.${index}.0/24` as Cidr);
  assert.deepEqual(await told(await platform.network(many)), all);
});

test.run();
