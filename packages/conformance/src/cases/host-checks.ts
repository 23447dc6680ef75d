/** `checkEndpoint` and `checkNetwork`: questions to the host before anything is recorded. */
import { deepEqual, equal } from 'node:assert/strict';
import type { Issue } from '@kleenet/core/driver';
import type { Candidate } from '../candidate.ts';
import { within } from '../deadline.ts';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import { owned } from '../own-networks.ts';
import { UNDISTURBED } from '../process.ts';
import { forEachVariant } from '../variants.ts';
import { World } from '../world.ts';

export const CHECK_CASES: readonly CaseDefinition[] = [
  {
    name: 'checks accept an ordinary endpoint and network on a host where attach works',
    group: 'checks',
    needs: ['hostChecks', 'networks'],
    run: (candidate) =>
      forEachChecked(candidate, async (issues) => deepEqual(await issues(), [], 'it is refused')),
  },
  {
    name: 'checks take no step on the host',
    group: 'checks',
    needs: ['hostChecks', 'networks'],
    run: (candidate) =>
      forEachChecked(candidate, async (issues, world, steps) => {
        const before = await world.state();
        // The answer concerns another case.
        await Promise.allSettled([issues()]);
        deepEqual(differences(before, await world.state()), [], 'the host has changed');
        equal(steps(), 0, 'steps on the host');
      }),
  },
  {
    name: 'checks answer with issues and do not throw when the interface of the network is gone',
    group: 'checks',
    needs: ['hostChecks', 'networks'],
    run: (candidate) =>
      forEachChecked(candidate, async (issues, world) => {
        await world.takeInterfacesAway();
        for (const issue of await issues()) {
          const { path, message } = issue;
          equal(typeof path, 'string', 'an issue has no path');
          equal(typeof message === 'string' && message !== '', true, 'an issue has no message');
        }
      }),
  },
];

type Issues = () => Promise<readonly Issue[]>;

/** Each check of the driver, in a world of its own. */
function forEachChecked(
  candidate: Candidate,
  check: (issues: Issues, world: World, steps: () => number) => Promise<void>,
): Promise<void> {
  return forEachVariant(candidate, async (variant) => {
    for (const method of ['checkEndpoint', 'checkNetwork'] as const) {
      const world = await World.open(candidate, variant);
      const klee = await world.process();
      const { plane } = klee;
      if (plane[method] === undefined) continue;
      const { network, endpoint } = world.target();
      const request = {
        addresses: endpoint.addresses,
        gatewayPriority: 0,
        options: endpoint.options,
      };
      const { signal } = UNDISTURBED;
      const issues: Issues = () =>
        within(
          candidate.deadline,
          method,
          (method === 'checkEndpoint'
            ? plane.checkEndpoint?.(network, request, { signal })
            : plane.checkNetwork?.(owned(candidate, network), { signal })) ?? Promise.resolve([]),
        );
      await check(issues, world, () => klee.steps);
    }
  });
}
