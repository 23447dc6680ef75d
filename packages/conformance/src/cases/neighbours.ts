/** One endpoint beside others, and beside foreign resources. */
import { deepEqual } from 'node:assert/strict';
import type { AttachTarget } from '@kleenet/core/driver';
import type { SimulatedInterface, SimulatedState } from '@kleenet/core/testing';
import type { Candidate } from '../candidate.ts';
import type { CaseDefinition } from '../definition.ts';
import { differences, hostAdditions, losses } from '../differences.ts';
import { addressesAnywhere } from '../findings.ts';
import { naming } from '../naming.ts';
import type { Process } from '../process.ts';
import { typed } from '../thrown.ts';
import { forEachCostlyVariant, forEachVariant } from '../variants.ts';
import type { Variant } from '../variants.ts';
import { World } from '../world.ts';

export const NEIGHBOUR_CASES: readonly CaseDefinition[] = [
  {
    name: 'a container is on several networks, and leaves each without harm to the others',
    group: 'neighbours',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant, { networks: 3 });
        const klee = await world.process();
        await klee.attach(world.target({ network: 0 }));
        await klee.attach(world.target({ network: 1, attached: [0] }));
        await klee.attach(world.target({ network: 2, attached: [0, 1] }));
        await allWell(klee, [
          world.target({ network: 0, attached: [1, 2] }),
          world.target({ network: 1, attached: [0, 2] }),
          world.target({ network: 2, attached: [0, 1] }),
        ]);
        await leave(world, klee, world.target({ network: 1, attached: [0, 2] }));
        await allWell(klee, [
          world.target({ network: 0, attached: [2] }),
          world.target({ network: 2, attached: [0] }),
        ]);
        await leave(world, klee, world.target({ network: 0, attached: [2] }));
        await allWell(klee, [world.target({ network: 2 })]);
      }),
  },
  {
    name: 'several containers are attached and detached concurrently on one network',
    group: 'neighbours',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant, { containers: 6 });
        const klee = await world.process();
        const targets = (): AttachTarget[] =>
          [0, 1, 2, 3, 4, 5].map((container) => world.target({ container }));
        await Promise.all(targets().map((target) => klee.attach(target)));
        await allWell(klee, targets());
        const [stays, ...others] = targets();
        await Promise.all(others.map((target) => leave(world, klee, target)));
        if (stays !== undefined) await allWell(klee, [stays]);
      }),
  },
  {
    name: 'the default route leaves by the network of the highest priority, and moves on when that is left',
    group: 'neighbours',
    needs: ['networks', 'gateway'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        if (variant.type !== 'bridge') return;
        const priorities = [0, 10, 5];
        const world = await World.open(candidate, variant, { networks: 3 });
        const klee = await world.process();
        const at = (network: number, attached: number[]): AttachTarget =>
          world.target({ network, attached, priorities });
        await klee.attach(at(0, []));
        await klee.attach(at(1, [0]));
        await klee.attach(at(2, [0, 1]));
        await leavesBy(world, at(1, []));
        await klee.detach(at(1, [0, 2]));
        await leavesBy(world, at(2, []));
      }),
  },
  {
    name: 'foreign resources stay unchanged, whatever is attached beside them',
    group: 'neighbours',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        await world.tamper((state) => addForeign(state, world.target()));
        const before = await world.state();
        const klee = await world.process();
        for (const method of ['attach', 'detach'] as const) {
          await klee[method](world.target());
          const touched = losses(before, await world.state());
          deepEqual(touched, [], `changed by ${method}`);
        }
      }),
  },
  {
    name: 'an interface that has the name but not the mark is refused, and stays as it is',
    group: 'neighbours',
    needs: ['networks'],
    run: (candidate) =>
      forEachCostlyVariant(candidate, async (variant) => {
        for (const name of await interfacesOf(candidate, variant)) {
          const world = await World.open(candidate, variant);
          await naming(name, () => refusesForeign(world, name));
        }
      }),
  },
];

async function allWell(klee: Process, targets: readonly AttachTarget[]): Promise<void> {
  deepEqual(
    await klee.problems(...targets),
    targets.map(() => []),
    'observe finds fault',
  );
}

async function leave(world: World, klee: Process, target: AttachTarget): Promise<void> {
  await klee.detach(target);
  const held = addressesAnywhere(await world.state());
  const wanted: readonly string[] = Object.values(target.endpoint.addresses);
  deepEqual(
    wanted.filter((address) => held.includes(address)),
    [],
    'the host still has its addresses',
  );
}

/** By its interface; endpoints that share one differ in the address that packets come from. */
async function leavesBy(world: World, { sandbox, endpoint }: AttachTarget): Promise<void> {
  const { defaultRoutes, defaultSources } = (await world.state()).sandboxes[sandbox.name] ?? {};
  if (sandbox.link !== undefined) {
    deepEqual({ ...defaultSources }, { ...endpoint.addresses });
    return;
  }
  const families = Object.keys(endpoint.addresses);
  deepEqual(
    { ...defaultRoutes },
    Object.fromEntries(families.map((family) => [family, endpoint.interface])),
  );
}

/** A foreign interface, a foreign port on our bridge, and a foreign address beside ours. */
function addForeign(state: SimulatedState, { network }: AttachTarget): void {
  state.interfaces['/other0'] = foreign('other0');
  const shared = state.interfaces[`/${network.interface}`];
  if (shared === undefined) return;
  shared.addresses.push('198.51.100.7/32');
  if (shared.kind === 'bridge')
    state.interfaces['/other1'] = { ...foreign('other1'), bridge: shared.name, mtu: shared.mtu };
}

function foreign(name: string): SimulatedInterface {
  return {
    name,
    kind: 'uplink',
    sandbox: '',
    owner: '',
    bridge: '',
    mac: '',
    mtu: 9000,
    addresses: [],
  };
}

/** The interfaces of the host that an attach makes, and a detach removes. */
async function interfacesOf(candidate: Candidate, variant: Variant): Promise<readonly string[]> {
  const world = await World.open(candidate, variant);
  const before = await world.state();
  const klee = await world.process();
  await klee.attach(world.target());
  const made = hostAdditions(before, await world.state()).filter((one) => !one.includes('/'));
  await klee.detach(world.target());
  const { interfaces } = await world.state();
  return made.filter((name) => interfaces[`/${name}`] === undefined);
}

/** A driver with flexible names may use another one instead. */
async function refusesForeign(world: World, name: string): Promise<void> {
  await world.tamper((state) => {
    state.interfaces[`/${name}`] = foreign(name);
  });
  const before = await world.state();
  const klee = await world.process();
  const [attached] = await Promise.allSettled([klee.attach(world.target())]);
  if (attached.status === 'rejected') typed(attached.reason);
  else await allWell(klee, [world.target()]);
  deepEqual(losses(before, await world.state()), [], 'changed by attach');
  await klee.detach(world.target());
  deepEqual(differences(before, await world.state()), [], 'it is not as it was');
}
