/** What `attach` sets on interfaces, and the routes that go with it. */
import { deepEqual } from 'node:assert/strict';
import { FAMILIES, heldAddresses } from '@kleenet/core/driver';
import type { AttachTarget } from '@kleenet/core/driver';
import type { Candidate } from '../candidate.ts';
import type { CaseDefinition } from '../definition.ts';
import { addressesInside, downInside, downOutside, wrongPrefixes } from '../findings.ts';
import { forEachVariant } from '../variants.ts';
import type { Variant } from '../variants.ts';
import { World } from '../world.ts';

/** Smaller than that of any interface that has not been told, and large enough for IPv6. */
const SMALL_MTU = 1380;

export const INTERFACE_CASES: readonly CaseDefinition[] = [
  {
    name: 'attach gives the container the families on a second network that it gives it on the first',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant, { networks: 2 });
        const klee = await world.process();
        const first = world.target({ network: 0 });
        await klee.attach(first);
        const held = addressesInside(await world.state(), first);
        const second = world.target({ network: 1, attached: [0] });
        await klee.attach(second);
        const inside = addressesInside(await world.state(), second);
        const families = FAMILIES.filter((family) => {
          const address = first.endpoint.addresses[family];
          return address !== undefined && held.includes(address);
        });
        deepEqual(
          families
            .flatMap((family) => second.endpoint.addresses[family] ?? [])
            .filter((address) => !inside.includes(address)),
          [],
          'not in the container',
        );
      }),
  },
  {
    name: 'attach gives each address the prefix length of its subnet, or its own of 32 or 128',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const { state, target } = await attached(candidate, variant);
        deepEqual(wrongPrefixes(state, target), []);
      }),
  },
  {
    name: 'attach brings up what has the addresses in the container',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const { state, target } = await attached(candidate, variant);
        deepEqual(downInside(state, target), [], 'down');
      }),
  },
  {
    name: 'attach brings up the other end on the host of what has the addresses in the container',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const { state, target } = await attached(candidate, variant);
        deepEqual(downOutside(state, target), [], 'down');
      }),
  },
  {
    name: 'attach makes no interface with a larger MTU than that of the network',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant, { mtu: SMALL_MTU });
        const target = world.target();
        const before = await world.state();
        await (await world.process()).attach(target);
        const inside = `${target.sandbox.name}/`;
        const made = Object.entries((await world.state()).interfaces).filter(
          ([key, { peer = '' }]) =>
            before.interfaces[key] === undefined &&
            (key.startsWith(inside) || peer.startsWith(inside)),
        );
        deepEqual(
          made
            .filter(([, { mtu }]) => mtu > SMALL_MTU)
            .map(([, { name, mtu }]) => `${name}: ${mtu}`),
          [],
          `the network has ${SMALL_MTU}`,
        );
      }),
  },
  {
    name: 'attach gives the container no default route by an internal network',
    group: 'attach',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const { internalOn, networkTypes } = candidate.capabilities;
        if (!(internalOn ?? networkTypes).includes(variant.type)) return;
        const { state, target } = await attached(candidate, variant, { internal: true });
        const { defaultRoutes } = state.sandboxes[target.sandbox.name] ?? {};
        deepEqual({ ...defaultRoutes }, {});
      }),
  },
  {
    name: 'attach makes a route on the host to each address behind a routed link of the sandbox',
    group: 'attach',
    needs: ['networks'],
    only: 'linux',
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const { state, target } = await attached(candidate, variant);
        const { link } = target.sandbox;
        const { interfaces } = state;
        const inside = addressesInside(state, target);
        const routes =
          link === undefined ? undefined : interfaces[`/${link.hostInterface}`]?.routes;
        if (routes === undefined) return;
        deepEqual(
          heldAddresses(target)
            .filter(({ address }) => inside.includes(address))
            .map(({ single }) => single)
            .filter((single) => !routes.includes(single)),
          [],
          `no route by ${link?.hostInterface}`,
        );
      }),
  },
];

/** A host with one endpoint, which is attached. */
async function attached(
  candidate: Candidate,
  variant: Variant,
  options: Parameters<typeof World.open>[2] = {},
): Promise<{ readonly state: Awaited<ReturnType<World['state']>>; readonly target: AttachTarget }> {
  const world = await World.open(candidate, variant, options);
  const target = world.target();
  await (await world.process()).attach(target);
  return { state: await world.state(), target };
}
