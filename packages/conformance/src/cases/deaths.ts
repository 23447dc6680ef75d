/** Leftovers for detach after a process died, or ran out of time. */
import { deepEqual } from 'node:assert/strict';
import { KleenetError } from '@kleenet/core/errors';
import type { Fault } from '@kleenet/core/testing';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import { forEachStep } from '../every-step.ts';
import type { StepTrial } from '../every-step.ts';
import type { World } from '../world.ts';

export const DEATH_CASES: readonly CaseDefinition[] = [
  {
    name: 'detach cleans up after a process that died at any step of attach',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'attach', async (trial) => {
        for (const when of MOMENTS) {
          const known = await leftBy(trial, (world) => fails('attach', world, trial, when));
          const left = await leftBy(trial, (world) => dies('attach', world, trial, when));
          deepEqual(without(known, left), [], `left over (${when})`);
        }
      }),
  },
  {
    name: 'detach cleans up after a process that died at any step of attach, by the claims alone',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'attach', async (trial) => {
        const left = await leftBy(trial, async (world) => {
          await dies('attach', world, trial, 'after');
          await world.destroySandboxes();
        });
        const more = left.filter((line) => line.startsWith('+'));
        deepEqual(without(trial.residue, more), [], 'left over');
      }),
  },
  {
    name: 'detach finishes what a process that died at any step of detach began',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'detach', async (trial) => {
        for (const when of MOMENTS) {
          const known = await leftBy(trial, (world) => fails('detach', world, trial, when));
          const left = await leftBy(trial, (world) => dies('detach', world, trial, when));
          const gone = known.filter((line) => line.startsWith('-'));
          deepEqual(
            [...without(known, left), ...without(left, gone)],
            [],
            `not as after a detach that failed there (${when})`,
          );
        }
      }),
  },
  {
    name: 'detach cleans up after an attach that ran out of time at any step',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'attach', async (trial) => {
        const known = await leftBy(trial, (world) => fails('attach', world, trial, 'before'));
        const left = await leftBy(trial, (world) => runsOutOfTime(world, trial));
        deepEqual(without(known, left), [], 'left over');
      }),
  },
];

const MOMENTS = ['before', 'after'] as const;

/**
 * Differences from the initial host once a later process has detached. Leftovers of a complete detach concern other
 * cases.
 */
async function leftBy(
  { open }: StepTrial,
  happen: (world: World) => Promise<void>,
): Promise<readonly string[]> {
  const world = await open();
  const before = await world.state();
  await happen(world);
  await (await world.process()).attempt('detach', world.target());
  return differences(before, await world.state());
}

async function fails(
  method: 'attach' | 'detach',
  world: World,
  { faults }: StepTrial,
  when: Fault['when'],
): Promise<void> {
  await (await world.process(faults('fail', when))).attempt(method, world.target());
}

/** Enough for everything that a driver tries after a failed step. */
const LATER_STEPS = 1000;

/** Later steps of the process have no effect: not even those that are meant to clean up. */
async function dies(
  method: 'attach' | 'detach',
  world: World,
  { step }: StepTrial,
  when: Fault['when'],
): Promise<void> {
  const onDeath = (): never => {
    throw new KleenetError('INTERNAL', 'the conformance kit lets the process die here');
  };
  const later = Array.from({ length: LATER_STEPS }, (_, index): Fault => ({
    step: step + 1 + index,
    kind: 'die',
    when: 'before',
    onDeath,
  }));
  const klee = await world.process([{ step, kind: 'die', when, onDeath }, ...later]);
  await klee.attempt(method, world.target());
}

/** Core raises the signal when the deadline expires, and soon abandons the call. */
async function runsOutOfTime(world: World, { faults, step }: StepTrial): Promise<void> {
  const klee = await world.process(faults('hang', 'before'));
  const deadline = new AbortController();
  const call = klee.attempt('attach', world.target(), deadline.signal);
  await klee.reach(step, call);
  deadline.abort(new KleenetError('DRIVER_TIMEOUT', 'out of time, by the conformance kit'));
  await call;
}

function without(known: readonly string[], lines: readonly string[]): readonly string[] {
  return lines.filter((line) => !known.includes(line));
}
