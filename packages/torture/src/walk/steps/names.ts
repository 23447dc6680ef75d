/** The few names that walks use: few, so that steps meet each other. */
import fc from 'fast-check';
import type { Wish } from '../../model/state.ts';
import { addressIn, subnetOf } from '../../model/subnets.ts';

const NETWORK_NAMES = ['net1', 'net2', 'net3', 'net4'] as const;
const CONTAINER_NAMES = ['box1', 'box2', 'box3', 'box4', 'box5'] as const;

export const networkName: fc.Arbitrary<string> = fc.constantFrom(...NETWORK_NAMES);
export const containerName: fc.Arbitrary<string> = fc.constantFrom(...CONTAINER_NAMES);

/** Fixed values in a fifth of all, or else walks consist of refusals. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** Fixed addresses are few and low, so that they are taken, held back, or just the next one at times. */
const number = fc.constantFrom(1, 2, 3, 4, 6, 7, 9);

export const wish: fc.Arbitrary<Wish> = fc
  .record({
    network: networkName,
    ipv4: seldom(number),
    ipv6: seldom(number),
    priority: seldom(fc.constantFrom(-5, 10, 20)),
    mac: seldom(fc.constantFrom('02:00:00:00:77:01', '02:00:00:00:77:02')),
  })
  .map(withoutNothing);

/** Leaves out what is undefined: steps are printed. */
function withoutNothing({
  network,
  ipv4,
  ipv6,
  priority,
  mac,
}: {
  readonly [K in keyof Wish]-?: Wish[K] | undefined;
}): Wish {
  return {
    network: network ?? '',
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(priority === undefined ? {} : { priority }),
    ...(mac === undefined ? {} : { mac }),
  };
}

/** Pairs of a key and a value, for a network of this subnet. */
export function wishOptions({ ipv4, ipv6, priority, mac }: Wish, subnet: number): string[] {
  return [
    ...(ipv4 === undefined ? [] : ['ip', addressIn(subnetOf(subnet, 'ipv4'), ipv4)]),
    ...(ipv6 === undefined ? [] : ['ip6', addressIn(subnetOf(subnet, 'ipv6'), ipv6)]),
    ...(priority === undefined ? [] : ['gw-priority', String(priority)]),
    ...(mac === undefined ? [] : ['mac', mac]),
  ];
}
