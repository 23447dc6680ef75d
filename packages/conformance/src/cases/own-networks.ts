/** Networks that belong to the driver: their options, and the methods that make and remove what they need. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Network } from '@kleenet/core/driver';
import type { Candidate } from '../candidate.ts';
import type { CaseDefinition } from '../definition.ts';
import { differences, hostAdditions } from '../differences.ts';
import { isCovered } from '../findings.ts';
import { naming } from '../naming.ts';
import { OwnNetworks, owned } from '../own-networks.ts';
import { checkClaims } from '../plan-check.ts';
import { forEachCostlyVariant, forEachVariant } from '../variants.ts';
import { World } from '../world.ts';
import { optionCases } from './options.ts';
import type { OptionKind } from './options.ts';

const NETWORKS: OptionKind = {
  described: 'the options of its networks are described, and their checks answer for any text',
  same: 'the check of an option of its networks gives the same answer to the same text',
  careful:
    'the check of an option of its networks refuses an empty text, white space at either end, and control characters',
  own: 'the options that its networks have in these cases are its own, and pass their checks',
  of: ({ driver: { networkOptions: known = {} }, networkOptions: given }) => ({ known, given }),
};

export const NETWORK_DECLARATION_CASES: readonly CaseDefinition[] = [
  ...optionCases('networks', ['ownNetworks'], NETWORKS),
  {
    name: 'validateNetwork accepts an ordinary network of each declared type, and is pure',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        for (const network of world.networks) isAccepted(candidate, owned(candidate, network));
      }),
  },
];

/** Unfrozen copies, so that a driver that changes its input is told so. */
function isAccepted({ driver }: Candidate, network: Network): void {
  const given = structuredClone(network);
  for (const time of ['an ordinary network is refused', 'the second answer is another'])
    deepEqual(driver.validateNetwork?.(given) ?? [], [], time);
  deepEqual(given, network, 'validateNetwork changes its input');
}

export const NETWORK_CASES: readonly CaseDefinition[] = [
  {
    name: 'planNetwork is pure, and plans what can be removed without the driver',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const own = await OwnNetworks.open(candidate, variant);
        const { plane } = (await own.process()).klee;
        const given = structuredClone(own.network);
        const planned = plane.planNetwork?.(given) ?? [];
        deepEqual(given, own.network, 'planNetwork changes its input');
        deepEqual(plane.planNetwork?.(given) ?? [], planned, 'planNetwork gives two answers');
        deepEqual(JSON.parse(JSON.stringify(planned)), planned, 'the plan is no JSON value');
        checkClaims(planned);
      }),
  },
  {
    name: 'what networkUp makes on the host is claimed',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const own = await OwnNetworks.open(candidate, variant);
        const before = await own.world.state();
        await (await own.process()).up();
        const made = hostAdditions(before, await own.world.state());
        const unclaimed = made.filter((one) => !isCovered(one, own.claims()));
        deepEqual(unclaimed, [], 'made without a claim');
      }),
  },
  {
    name: 'networkUp may be repeated, also when a part of it failed',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachUpStep(candidate, async ({ own, whole }) => {
        const klee = await own.process();
        await klee.up();
        await klee.up();
        deepEqual(differences(whole, await own.world.state()), []);
      }),
  },
  {
    name: 'networkDown leaves the host as it was before networkUp, whole or in part',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachUpStep(candidate, async ({ own, bare }) => {
        // Another process, which has nothing but the network and its claims.
        await (await own.process()).down();
        deepEqual(differences(bare, await own.world.state()), []);
      }),
  },
  {
    name: 'networkDown may be repeated, and changes nothing where nothing was made',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const own = await OwnNetworks.open(candidate, variant);
        const bare = await own.world.state();
        const klee = await own.process();
        await klee.down();
        deepEqual(differences(bare, await own.world.state()), [], 'where nothing was made');
        await klee.up();
        await klee.down();
        const once = await own.world.state();
        await klee.down();
        deepEqual(differences(once, await own.world.state()), [], 'when it is repeated');
      }),
  },
  {
    name: 'networkDown leaves other networks of the driver alone',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const own = await OwnNetworks.open(candidate, variant, 2);
        const klee = await own.process();
        const [first, second] = own.networks;
        await klee.up(first);
        const alone = await own.world.state();
        await klee.up(second);
        await klee.down(second);
        const lost = differences(alone, await own.world.state()).filter((one) => one[0] === '-');
        deepEqual(lost, [], 'gone with the other network');
      }),
  },
  {
    name: 'observeNetwork finds what is missing, and nothing else, and changes nothing',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const own = await OwnNetworks.open(candidate, variant);
        const bare = await own.world.state();
        const klee = await own.process();
        const before = await klee.problems();
        deepEqual(differences(bare, await own.world.state()), [], 'it changes the host');
        await klee.up();
        const whole = await own.world.state();
        deepEqual(await klee.problems(), [], 'it finds problems of a network that is up');
        deepEqual(differences(whole, await own.world.state()), [], 'it changes the host');
        if (differences(bare, whole).length === 0) return;
        ok(before.length > 0, 'it finds nothing before networkUp');
        await klee.down();
        ok((await klee.problems()).length > 0, 'it finds nothing after networkDown');
      }),
  },
  {
    name: 'networkUp and networkDown change nothing in a dry run',
    group: 'networks',
    needs: ['ownNetworks', 'networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const own = await OwnNetworks.open(candidate, variant);
        const bare = await own.world.state();
        await (await own.rehearsal()).up();
        deepEqual(differences(bare, await own.world.state()), [], 'networkUp');
        await (await own.process()).up();
        const whole = await own.world.state();
        await (await own.rehearsal()).down();
        deepEqual(differences(whole, await own.world.state()), [], 'networkDown');
      }),
  },
  {
    name: 'what it has for networks of its own and for checks is declared: networkOptions, hostChecks',
    group: 'networks',
    needs: ['networks'],
    run: (candidate) =>
      forEachVariant(candidate, async (variant) => {
        const world = await World.open(candidate, variant);
        const { plane } = await world.process();
        const has = (...methods: readonly (keyof typeof plane)[]): boolean =>
          methods.some((method) => plane[method] !== undefined);
        if (has('planNetwork', 'networkUp', 'networkDown', 'observeNetwork'))
          ok(candidate.driver.networkOptions !== undefined, 'it has no networkOptions');
        if (has('checkEndpoint', 'checkNetwork'))
          equal(candidate.capabilities.hostChecks, true, 'it does not declare hostChecks');
      }),
  },
];

interface UpTrial {
  /** After `networkUp`, which has failed at one of its steps, or at none. */
  readonly own: OwnNetworks;
  readonly bare: Awaited<ReturnType<World['state']>>;
  /** The host where it has not failed. */
  readonly whole: Awaited<ReturnType<World['state']>>;
}

/** Runs `check` after `networkUp` as a whole, and after it has failed at each of its steps. */
function forEachUpStep(
  candidate: Candidate,
  check: (trial: UpTrial) => Promise<void>,
): Promise<void> {
  return forEachCostlyVariant(candidate, async (variant) => {
    const own = await OwnNetworks.open(candidate, variant);
    const bare = await own.world.state();
    const klee = await own.process();
    await klee.up();
    const { steps } = klee.klee;
    const whole = await own.world.state();
    await check({ own, bare, whole });
    for (let step = 1; step <= steps; step += 1)
      await naming(`after networkUp has failed at step ${step} of ${steps}`, async () => {
        const broken = await OwnNetworks.open(candidate, variant);
        const failing = await broken.process([{ step, kind: 'fail', when: 'after' }]);
        const [outcome] = await Promise.allSettled([failing.up()]);
        if (outcome?.status === 'fulfilled') throw new Error('it hides that a step has failed');
        await check({ own: broken, bare, whole });
      });
  });
}
