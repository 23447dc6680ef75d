/** The data plane of any driver on the simulated host: it depends only on the declared kind of stack. */
import type { AttachTarget, Capabilities, DataPlane, Observation } from '../driver.ts';
import { ownStack } from './own-stack.ts';
import { restrictedStack } from './restricted-stack.ts';
import type { StackPlane } from './stack-plane.ts';
import type { SimulatedState } from './state.ts';
import type { Steps } from './steps.ts';

/**
 * The data plane for a kind of stack. Containers on `host` and `none` have no endpoints, so it is never called for
 * them.
 */
export function genericDataPlane(steps: Steps, { stack }: Capabilities): DataPlane {
  const plane = stack === 'own' ? ownStack(steps) : restrictedStack(steps);
  return {
    status: () => Promise.resolve({ state: 'ready', reasons: [] }),
    plan: (target) => plane.plan(target),
    attach: (target, operation) => plane.attach(target, operation),
    detach: (target, operation) => plane.detach(target, operation),
    observe: (targets) =>
      steps.look((state) => targets.map((target) => observation(plane, state, target))),
  };
}

function observation(plane: StackPlane, state: SimulatedState, target: AttachTarget): Observation {
  const hostInterface = plane.hostEnd(target);
  return {
    endpointId: target.endpoint.id,
    problems: plane.problems(state, target),
    ...(hostInterface === undefined ? {} : { hostInterface }),
  };
}
