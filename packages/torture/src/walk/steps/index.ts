/** All kinds of steps, and walks of them. */
import fc from 'fast-check';
import { copyModel, emptyModel } from '../../model/state.ts';
import type { Model } from '../../model/state.ts';
import { connectContainer, disconnectContainer } from './connection.ts';
import { createContainer, runAndRemove, runContainer } from './container.ts';
import { createNetwork, pruneNetworks, removeNetwork } from './network.ts';
import {
  execInContainer,
  pruneContainers,
  removeByForce,
  removeContainer,
  renameContainer,
  restartContainer,
  startContainer,
  stopContainer,
} from './one-container.ts';
import {
  boot,
  bridgesFilter,
  portFreed,
  portTaken,
  repair,
  systemDown,
  systemUp,
} from './system.ts';
import { killContainer, killSupervisor, mishap, removeJail } from './happening.ts';
import { killedKind } from './killed.ts';
import type { System } from '../../world/world.ts';
import type { Step, StepKind } from './step.ts';

const COMMANDS: readonly StepKind<Step>[] = [
  wide(createNetwork),
  wide(removeNetwork),
  wide(runContainer),
  wide(createContainer),
  wide(runAndRemove),
  wide(startContainer),
  wide(stopContainer),
  wide(restartContainer),
  wide(removeContainer),
  wide(removeByForce),
  wide(renameContainer),
  wide(connectContainer),
  wide(disconnectContainer),
  wide(pruneNetworks),
  wide(pruneContainers),
  wide(systemDown),
  wide(systemUp),
  wide(repair),
];

const KINDS: readonly StepKind<Step>[] = [
  ...COMMANDS,
  wide(killedKind(COMMANDS)),
  wide(mishap),
  wide(killContainer),
  wide(killSupervisor),
  wide(execInContainer),
  wide(portTaken),
  wide(portFreed),
  wide(removeJail),
  wide(boot),
  wide(bridgesFilter),
];

/** Each kind is given its own steps only, as {@link kindOf} chooses it by the name. */
function wide<S extends Step>(kind: StepKind<S>): StepKind<Step> {
  return kind as unknown as StepKind<Step>;
}

export function kindOf(step: Step): StepKind<Step> {
  const kind = KINDS.find(({ name }) => name === step.do);
  if (kind === undefined) throw new Error(`there is no step '${step.do}'`);
  return kind;
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  ...KINDS.map(({ weight, arbitrary }) => ({ weight, arbitrary })),
);

/** Of the steps that would be refused, one in so many is taken: others find more. */
const REFUSED = 25;

/** A walk of a number of steps, each of which is possible when its turn comes; the same for the same seed. */
export function walkOf(seed: number, length: number, system: System = 'linux'): readonly Step[] {
  const sample = fc.sample(anyStep, { seed, numRuns: length * 20 });
  // On every fourth host.
  const candidates = [...(seed % 4 === 0 ? [{ do: bridgesFilter.name }] : []), ...sample].map(
    (step) => structuredClone(step),
  );
  const taken = possibleOf(candidates, system, (_, index) => index % REFUSED === 0);
  return taken.slice(0, length);
}

/** Leaves out the steps that make no sense at their place, and refused ones that are not wanted. */
export function possibleOf(
  steps: readonly Step[],
  system: System,
  wanted: (step: Step, index: number) => boolean = () => true,
): readonly Step[] {
  let model: Model = emptyModel(system);
  return steps.filter((step, index) => {
    const kind = kindOf(step);
    if (!kind.possible(model, step)) return false;
    const next = copyModel(model);
    if (kind.change(next, step).length > 0 && !wanted(step, index)) return false;
    model = next;
    return true;
  });
}
