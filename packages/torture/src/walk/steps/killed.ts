import fc from 'fast-check';
import { copyModel } from '../../model/state.ts';
import type { Ended } from '../../world/processes.ts';
import type { World } from '../../world/world.ts';
import { codeOf } from './command.ts';
import type { Step, StepKind } from './step.ts';

interface Killed {
  readonly do: 'klee killed';
  readonly step: Step;
  /** In milliseconds, after which klee is killed. */
  readonly after: number;
}

/** What a command that is given again is refused with, when it had come to its end before it was killed. */
const DONE: Readonly<Record<string, readonly string[]>> = {
  'create network': ['NAME_TAKEN'],
  'remove network': ['NETWORK_NOT_FOUND'],
  run: ['NAME_TAKEN'],
  create: ['NAME_TAKEN'],
  start: ['CONTAINER_RUNNING'],
  stop: [],
  restart: [],
  'remove container': ['CONTAINER_NOT_FOUND'],
  'remove by force': ['CONTAINER_NOT_FOUND'],
  connect: ['ALREADY_CONNECTED'],
  disconnect: ['NOT_CONNECTED'],
  rename: ['CONTAINER_NOT_FOUND'],
  'prune networks': [],
  'prune containers': [],
  'system up': [],
  'system down': [],
  repair: [],
};

/** A command is killed at some time, and given again: then it is done, once. */
export function killedKind(kinds: readonly StepKind<Step>[]): StepKind<Killed> {
  const own = kinds.filter(({ name }) => Object.hasOwn(DONE, name));
  const kindOf = (step: Step): StepKind<Step> | undefined =>
    own.find(({ name }) => name === step.do);
  return {
    name: 'klee killed',
    weight: 8,
    adopts: true,
    arbitrary: fc.record({
      do: fc.constant('klee killed'),
      step: fc.oneof(...own.map(({ weight, arbitrary }) => ({ weight, arbitrary }))),
      after: fc.integer({ min: 100, max: 2_500 }),
    }),
    possible(model, { step }) {
      const kind = kindOf(step);
      return (
        kind !== undefined &&
        kind.possible(model, step) &&
        kind.change(copyModel(model), step).length === 0
      );
    },
    change: (model, { step }) => kindOf(step)?.change(model, step) ?? [],
    act: async (world, { step, after }, refusals, before) =>
      kindOf(step)?.act(mortalKlee(world, after, DONE[step.do] ?? []), step, refusals, before),
  };
}

/** klee as it is, but the first command is killed after a time, and given again. Refused with `done`, it was done before. */
function mortalKlee(world: World, after: number, done: readonly string[]): World {
  return {
    ...world,
    async klee(words): Promise<Ended> {
      const first = await world.kleeKilled(words, after);
      if (first.status !== null) return first;
      const again = await world.klee(words);
      const wasDone = done.includes(codeOf(again.stderr) ?? '');
      return wasDone ? { ...again, status: 0 } : again;
    },
  };
}
