/** Behaviour of a driver when steps fail, hang or are the last ones of a process. */
import { deepEqual, ok } from 'node:assert/strict';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import type { SimulatedState } from '@kleenet/core/testing';
import type { CaseDefinition } from '../definition.ts';
import { differences } from '../differences.ts';
import { forEachRead, forEachStep } from '../every-step.ts';
import type { ReadTrial, StepTrial } from '../every-step.ts';
import type { Candidate } from '../candidate.ts';
import { Reads } from '../reads.ts';
import { shown, typed } from '../thrown.ts';
import type { World } from '../world.ts';

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
          const klee = await world.process(faults('fail', when));
          await klee.attempt('attach', world.target());
          await klee.detach(world.target());
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
    name: 'detach in another process removes as much as in the one that attached, or failed to',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'attach', async ({ open, faults }) => {
        const leaves = async (process: 'same' | 'other'): Promise<SimulatedState> => {
          const world = await open();
          const first = await world.process(faults('fail', 'after'));
          await first.attempt('attach', world.target());
          const last = process === 'same' ? first : await world.process();
          await last.attempt('detach', world.target());
          return world.state();
        };
        deepEqual(differences(await leaves('same'), await leaves('other')), []);
      }),
  },
  {
    name: 'detach finishes what a detach that failed or was interrupted at any step began',
    group: 'faults',
    needs: ['networks'],
    run: (candidate) =>
      forEachStep(candidate, 'detach', async (trial) => {
        for (const when of ['before', 'after'] as const) {
          const world = await trial.open();
          const klee = await world.process(trial.faults('fail', when));
          await klee.attempt('detach', world.target());
          await finishes(trial, world, `failed ${when} it`);
        }
        const world = await trial.open();
        await interrupted(trial, world, 'detach');
        await finishes(trial, world, 'interrupted');
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
  ...(['attach', 'detach'] as const).map((method): CaseDefinition => ({
    name: `${method} ends soon after the signal is raised while it reads the host`,
    group: 'faults',
    needs: ['networks'],
    run: (candidate) => forEachRead(candidate, method, (trial) => endsWhenReadHangs(trial, method)),
  })),
];

/** A driver may have been able to do without what it read. */
async function endsWhenReadHangs(
  { read, open }: ReadTrial,
  method: 'attach' | 'detach',
): Promise<void> {
  const world = await open();
  const klee = await world.process([], new Reads(read));
  const interrupt = new AbortController();
  const call = klee[method](world.target(), interrupt.signal);
  const ended = Promise.allSettled([call]);
  await klee.reachRead(read, call);
  interrupt.abort(new KleenetError('INTERRUPTED', 'interrupted by the conformance kit'));
  const [outcome] = await ended;
  if (outcome.status === 'rejected') typed(outcome.reason);
}

/** A later process detaches, and the host equals its state after one detach without a fault. */
async function finishes({ whole }: StepTrial, world: World, after: string): Promise<void> {
  await (await world.process()).detach(world.target());
  const left = differences(whole, await world.state());
  deepEqual(left, [], `not as after one detach (${after})`);
}

/** Unless the driver reached the same end in another way. */
function throwsTyped(candidate: Candidate, method: 'attach' | 'detach'): Promise<void> {
  return forEachStep(candidate, method, async ({ open, faults, whole }) => {
    const world = await open();
    const klee = await world.process(faults('fail', 'before'));
    const [outcome] = await Promise.allSettled([klee[method](world.target())]);
    if (outcome.status === 'rejected') typed(outcome.reason);
    else deepEqual(differences(whole, await world.state()), [], 'it does not throw');
  });
}

/** Such a call cannot have succeeded: the step never ended. */
async function endsWhenInterrupted(trial: StepTrial, method: 'attach' | 'detach'): Promise<void> {
  const outcome = await interrupted(trial, await trial.open(), method);
  ok(outcome.status === 'rejected', 'it does not throw');
  ok(hasCode(outcome.reason, 'INTERRUPTED'), `it throws ${shown(outcome.reason)}`);
}

/** Calls the method, which hangs at the step, and then raises the signal. */
async function interrupted(
  { faults, step }: StepTrial,
  world: World,
  method: 'attach' | 'detach',
): Promise<PromiseSettledResult<void>> {
  const klee = await world.process(faults('hang', 'before'));
  const interrupt = new AbortController();
  const call = klee[method](world.target(), interrupt.signal);
  const ended = Promise.allSettled([call]);
  await klee.reach(step, call);
  interrupt.abort(new KleenetError('INTERRUPTED', 'interrupted by the conformance kit'));
  const [outcome] = await ended;
  return outcome;
}
