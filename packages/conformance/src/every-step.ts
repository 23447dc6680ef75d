/** Injects a fault at every step of attach or detach on the host. */
import type { Fault, SimulatedState } from '@kleenet/core/testing';
import type { Candidate } from './candidate.ts';
import { differences } from './differences.ts';
import { naming } from './naming.ts';
import { forEachCostlyVariant } from './variants.ts';
import type { Variant } from './variants.ts';
import { World } from './world.ts';

/** One step, and the results of a run without a fault. */
export interface StepTrial {
  /** From 1. */
  readonly step: number;
  /** How many steps the method takes. */
  readonly steps: number;
  /** The host after the method ended without a fault. */
  readonly whole: SimulatedState;
  /** Leftovers of a complete attach and detach on the host: none, if another case passes. */
  readonly residue: readonly string[];
  /** A fresh world for calling the method; for detach, an attached one. */
  readonly open: () => Promise<World>;
  /** For the process in which the method fails at this step. */
  readonly faults: (kind: 'fail' | 'hang', when: Fault['when']) => readonly Fault[];
}

/** Runs `check` for each variant and each step of the method. */
export function forEachStep(
  candidate: Candidate,
  method: 'attach' | 'detach',
  check: (trial: StepTrial) => Promise<void>,
): Promise<void> {
  return forEachCostlyVariant(candidate, async (variant) => {
    const residue = await residueOf(candidate, variant);
    const open = (): Promise<World> => openFor(candidate, variant, method);
    const world = await open();
    const klee = await world.process();
    await klee[method](world.target());
    const { steps } = klee;
    const whole = await world.state();
    for (let step = 1; step <= steps; step += 1) {
      const faults: StepTrial['faults'] = (kind, when) => [{ step, kind, when }];
      await naming(`step ${step} of ${method}`, () =>
        check({ step, steps, whole, residue, open, faults }),
      );
    }
  });
}

/** One read of the host, which hangs. */
export interface ReadTrial {
  /** From 1. */
  readonly read: number;
  /** As of a {@link StepTrial}. */
  readonly open: () => Promise<World>;
}

/** Runs `check` for each variant and each read of the method. */
export function forEachRead(
  candidate: Candidate,
  method: 'attach' | 'detach',
  check: (trial: ReadTrial) => Promise<void>,
): Promise<void> {
  return forEachCostlyVariant(candidate, async (variant) => {
    const open = (): Promise<World> => openFor(candidate, variant, method);
    const world = await open();
    const klee = await world.process();
    await klee[method](world.target());
    for (let read = 1; read <= klee.reads; read += 1)
      await naming(`read ${read} of ${method}`, () => check({ read, open }));
  });
}

/**
 * Leftovers of a complete attach and detach on the host. Other cases tolerate them, so that a leaking driver fails one
 * case, not most of them.
 */
export async function residueOf(
  candidate: Candidate,
  variant: Variant,
): Promise<readonly string[]> {
  const world = await World.open(candidate, variant);
  const before = await world.state();
  const klee = await world.process();
  await klee.attach(world.target());
  await klee.detach(world.target());
  return differences(before, await world.state());
}

async function openFor(
  candidate: Candidate,
  variant: Variant,
  method: 'attach' | 'detach',
): Promise<World> {
  const world = await World.open(candidate, variant);
  if (method === 'detach') await (await world.process()).attach(world.target());
  return world;
}
