/** What a walk is made of. A step is plain data, so that a walk can be printed, shortened and kept. */
import type { Arbitrary } from 'fast-check';
import type { Model } from '../../model/state.ts';
import type { World } from '../../world/world.ts';

/** A step as data. */
export interface Step {
  readonly do: string;
}

/** What a step found wrong by itself, beside what is looked at after every step. */
export type Trouble = string | undefined;

export interface StepKind<S extends Step> {
  readonly name: S['do'];
  /** How often it is taken, compared with the others. */
  readonly weight: number;
  readonly arbitrary: Arbitrary<S>;
  /** Whether the next free address may be another one than the model says: something was chosen and given back. */
  readonly adopts?: boolean;
  /** Whether it makes sense now. Others are left out of the walk. */
  possible(model: Model, step: S): boolean;
  /** Changes the model as the step must, or answers why it must be refused. */
  change(model: Model, step: S): readonly string[];
  /** Does it. `refusals` is what {@link change} answered. */
  act(world: World, step: S, refusals: readonly string[], before: Model): Promise<Trouble>;
}
