import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Store } from '@kleenet/core';
import {
  addresses,
  sampleContainer,
  sampleEndpoint,
  sampleLease,
  sampleNetwork,
} from '../../core/test/support/samples.ts';
import { edit, inPlace, type Place } from './support/place.ts';

const SIX = '2001:db8::1:0:10.0.0.1';

/** SQL that a hand may run, and what verify says then. */
const faults: readonly (readonly [string, RegExp])[] = [
  [
    "DELETE FROM leases WHERE family = 'ipv4'",
    /10\.0\.0\.2 is an address of the endpoint, but not leased to it/,
  ],
  [
    "DELETE FROM leases WHERE family = 'ipv4'",
    /interval 0a000002 to 0a000003 is marked as leased, but the leases differ/,
  ],
  ["DELETE FROM lease_runs WHERE family = 'ipv6'", /ipv6 interval .* is leased, but not marked so/],
  [
    "UPDATE lease_runs SET last = 'ffffffff' WHERE family = 'ipv4'",
    /0a000002 to ffffffff is marked as leased/,
  ],
  [
    "UPDATE leases SET number = '0a000009' WHERE address = '10.0.0.3'",
    /lease of 10\.0\.0\.3 is stored under another number/,
  ],
  [
    "UPDATE leases SET address = 'nonsense' WHERE address = '10.0.0.3'",
    /lease of nonsense is stored under another number/,
  ],
  [
    "UPDATE endpoints SET data = json_remove(data, '$.addresses.ipv6')",
    /is leased to the endpoint, but is not one of its addresses/,
  ],
  [
    "UPDATE endpoints SET data = json_set(data, '$.addresses', 'x')",
    /an endpoint has no valid addresses/,
  ],
  [
    'PRAGMA foreign_keys = OFF; DELETE FROM networks',
    /a row of endpoints refers to a missing row of networks/,
  ],
];

for (const [sql, line] of faults) {
  test(`verify after: ${sql}`, () =>
    inPlace(async (place) => {
      const store = await fill(place);
      assert.deepEqual(await store.verify(), []);
      await edit(place, sql);
      assert.match((await store.verify()).join('\n'), line);
    }));
}

async function fill(place: Place): Promise<Store> {
  const store = await place.open();
  const [network, container, other] = [sampleNetwork(), sampleContainer(), sampleContainer()];
  const first = sampleEndpoint(network, container, { addresses: addresses('10.0.0.2', SIX) });
  const second = sampleEndpoint(network, other, { addresses: addresses('10.0.0.3') });
  const four = { networkId: network.id, family: 'ipv4' } as const;
  const six = { networkId: network.id, family: 'ipv6' } as const;
  const number = 0x20010db80000000000010000_0a000001n;
  await store.write(({ networks, containers, endpoints, leases }) => {
    networks.insert(network);
    containers.insert(container);
    containers.insert(other);
    endpoints.insert(first);
    endpoints.insert(second);
    leases.insert(four, 0x0a000002n, sampleLease(first, '10.0.0.2'));
    leases.insert(four, 0x0a000003n, sampleLease(second, '10.0.0.3'));
    leases.insert(six, number, sampleLease(first, SIX));
    leases.putSpan(four, { first: 0x0a000002n, last: 0x0a000003n });
    leases.putSpan(six, { first: number, last: number });
  });
  return store;
}

test.run();
