/** What a driver makes of steps that fail, hang or are the last ones of a process. */
import { deepEqual, ok } from 'node:assert/strict';
import { KleenetError, hasCode, isKleenetError } from '@kleenet/core/errors';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import { forEachStep } from '../every-step.ts';
import type { StepTrial } from '../every-step.ts';
import type { Candidate } from '../candidate.ts';

export const FAULT_CASES: readonly CaseDefinition[] = [
  {
    name: 'attach throws a KleenetError when a step fails',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) => throwsTyped(candidate, 'attach'),
  },
  {
    name: 'detach throws a KleenetError when a step fails',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) => throwsTyped(candidate, 'detach'),
  },
  {
    name: 'detach cleans up after attach failed at any step',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'attach', async ({ open, faults, residue }) => {
        for (const when of ['before', 'after'] as const) {
          const world = await open();
          const before = await world.state();
          await (await world.process(faults('fail', when))).attempt('attach', world.target());
          await (await world.process()).detach(world.target());
          const left = differences(before, await world.state());
          deepEqual(
            left.filter((line) => !residue.includes(line)),
            [],
            `left over (${when})`,
          );
        }
      }),
  },
  {
    name: 'detach finishes what a detach that failed at any step began',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'detach', async ({ open, faults, whole }) => {
        for (const when of ['before', 'after'] as const) {
          const world = await open();
          await (await world.process(faults('fail', when))).attempt('detach', world.target());
          await (await world.process()).detach(world.target());
          deepEqual(
            differences(whole, await world.state()),
            [],
            `not as after one detach (${when})`,
          );
        }
      }),
  },
  {
    name: 'detach tries every step before it throws what went wrong',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'detach', async ({ open, faults, steps }) => {
        const world = await open();
        const klee = await world.process(faults('fail', 'after'));
        await klee.attempt('detach', world.target());
        ok(klee.steps >= steps, `of ${steps} steps it took ${klee.steps}`);
      }),
  },
  {
    name: 'attach ends soon after the signal is raised',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'attach', (trial) => endsWhenInterrupted(trial, 'attach')),
  },
  {
    name: 'detach ends soon after the signal is raised',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'detach', (trial) => endsWhenInterrupted(trial, 'detach')),
  },
];

/** Unless the driver got to the same end in another way. */
function throwsTyped(candidate: Candidate, method: 'attach' | 'detach'): Promise<void> {
  return forEachStep(candidate, method, async ({ open, faults, whole }) => {
    const world = await open();
    const klee = await world.process(faults('fail', 'before'));
    const error = await thrownBy(klee[method](world.target()));
    if (error === undefined)
      deepEqual(differences(whole, await world.state()), [], 'it does not throw');
    else ok(isKleenetError(error), `it throws ${String(error)}`);
  });
}

async function thrownBy(call: Promise<void>): Promise<unknown> {
  const [outcome] = await Promise.allSettled([call]);
  return outcome.status === 'rejected' ? outcome.reason : undefined;
}

/** Such a call cannot have succeeded: the step never ended. */
async function endsWhenInterrupted(
  { open, faults, step }: StepTrial,
  method: 'attach' | 'detach',
): Promise<void> {
  const world = await open();
  const klee = await world.process(faults('hang', 'before'));
  const interrupt = new AbortController();
  const call = klee[method](world.target(), interrupt.signal);
  const ended = thrownBy(call);
  await klee.reach(step, call);
  interrupt.abort(new KleenetError('INTERRUPTED', 'interrupted by the conformance kit'));
  const error = await ended;
  ok(hasCode(error, 'INTERRUPTED'), error === undefined ? 'it does not throw' : String(error));
}
