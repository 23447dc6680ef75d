import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { FirewallPlatform, IpAddress, MacAddress } from '@kleenet/core';
import { guardPort } from '@kleenet/platform/linux';
import { INNER } from '../support/network-intents.ts';
import { createWorld } from './host.ts';
import type { World } from './host.ts';

const PORT = {
  interface: 'kle1',
  mac: '02:00:00:00:00:01' as MacAddress,
  addresses: ['10.1.0.2' as IpAddress],
};

/** Whether there were rules, and the differences afterwards. */
async function applied({ platform, operation }: World): Promise<readonly [boolean, number]> {
  const { firewall }: { readonly firewall: FirewallPlatform } = platform;
  const rules = firewall.render({ networks: [INNER], published: [] });
  const wereThere = await firewall.apply(rules, operation);
  return [wereThere, (await firewall.observe(rules)).length];
}

test('loading tells whether there were rules, whatever is left of them', async () => {
  const world = createWorld();
  const { commands, platform, operation } = world;
  try {
    assert.deepEqual(await applied(world), [false, 0]);
    assert.deepEqual(await applied(world), [true, 0]);
    for (const family of ['inet', 'bridge']) {
      await commands.change(['nft', 'delete', 'table', family, 'klee']);
      assert.deepEqual(await applied(world), [false, 0]);
    }
    await commands.change(['nft', 'flush', 'ruleset']);
    await guardPort(commands, PORT);
    assert.deepEqual(await applied(world), [false, 0]);
    assert.deepEqual(await applied(world), [true, 0]);
  } finally {
    await platform.firewall.clear(operation);
  }
});

test.run();
