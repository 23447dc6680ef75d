/** `validateEndpoint`: the driver's answer before anything is changed. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import type { EndpointRequest, Network } from '@kleenet/core/driver';
import { World } from '../world.ts';
import type { Candidate } from '../candidate.ts';
import type { CaseDefinition } from '../definition.ts';
import { outcomeOf } from '../thrown.ts';
import { forEachVariant } from '../variants.ts';

export const VALIDATION_CASES: readonly CaseDefinition[] = [
  {
    name: 'validateEndpoint accepts an ordinary endpoint on every network that the driver declares',
    group: 'validation',
    needs: ['networks'],
    run: (candidate) =>
      forEachQuestion(candidate, (network, request) => {
        deepEqual(candidate.driver.validateEndpoint(network, request), []);
      }),
  },
  {
    name: 'validateEndpoint gives the same answer to the same question',
    group: 'validation',
    needs: ['networks'],
    run: (candidate) =>
      forEachQuestion(candidate, (network, request) => {
        for (const question of [request, outlandish(request)]) {
          const ask = (): unknown =>
            outcomeOf(() =>
              candidate.driver.validateEndpoint(
                structuredClone(network),
                structuredClone(question),
              ),
            );
          deepEqual(ask(), ask());
        }
      }),
  },
  {
    name: 'validateEndpoint leaves its input as it is',
    group: 'validation',
    needs: ['networks'],
    run: (candidate) =>
      forEachQuestion(candidate, (network, request) => {
        const given = structuredClone({ network, request });
        candidate.driver.validateEndpoint(given.network, given.request);
        deepEqual(given, { network, request });
      }),
  },
  {
    name: 'validateEndpoint answers requests that it cannot fulfil with issues, and does not throw',
    group: 'validation',
    needs: ['networks'],
    run: (candidate) =>
      forEachQuestion(candidate, (network, request) => {
        const issues = candidate.driver.validateEndpoint(
          structuredClone(network),
          outlandish(request),
        );
        ok(Array.isArray(issues), 'the answer is not a list');
        for (const issue of issues) {
          equal(typeof issue.path, 'string', 'an issue has no path');
          ok(issue.message.length > 0, 'an issue has no message');
        }
      }),
  },
];

/** Unfrozen copies, so that a driver that changes its input fails exactly the case about that. */
function forEachQuestion(
  candidate: Candidate,
  check: (network: Network, request: EndpointRequest) => void,
): Promise<void> {
  return forEachVariant(candidate, async (variant) => {
    const world = await World.open(candidate, variant);
    const { network, endpoint } = world.target();
    check(structuredClone(network), {
      addresses: { ...endpoint.addresses },
      gatewayPriority: 0,
      options: { ...endpoint.options },
    });
  });
}

/** Valid input, as core guarantees, but as unusual as possible. */
function outlandish(request: EndpointRequest): EndpointRequest {
  return { ...structuredClone(request), addresses: {}, gatewayPriority: -2_147_483_648 };
}
