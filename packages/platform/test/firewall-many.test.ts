/** What rendering and comparing rules costs with many networks, in looks at each of them: never in time. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, NetworkIntent } from '@kleenet/core';
import { renderFirewall } from '../src/linux/firewall/render.ts';
import { INNER } from './support/network-intents.ts';

/** How often rendering may look at a member of a network, for all sets and rules together. */
const LOOKS = 90;

function network(index: number): NetworkIntent {
  return {
    ...INNER,
    id: String(index).padStart(12, '0'),
    interface: `kln${index}`,
    internal: false,
    nat: true,
    icc: true,
    subnets: { ipv4: `10.${index >> 8}.${index & 255}.0/24` as Cidr },
  };
}

test('each network is looked at once for each set, and not again for each rule', () => {
  let looks = 0;
  const networks = Array.from(
    { length: 100 },
    (_, index) =>
      new Proxy(network(index), {
        get: (target, name) => {
          looks += 1;
          return Reflect.get(target, name) as unknown;
        },
      }),
  );
  const rules = renderFirewall({ networks, published: [] });
  assert.ok(rules.includes('"kln99" . 10.0.99.0'), 'the rules lack a network');
  assert.ok(looks / networks.length <= LOOKS, `${looks / networks.length} looks at each network`);
});

test.run();
