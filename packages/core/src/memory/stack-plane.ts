import type { AttachTarget, DataPlane } from '../driver.ts';
import type { SimulatedState } from './state.ts';

/** The differences between the kinds of stack. */
export interface StackPlane extends Pick<DataPlane, 'plan' | 'attach' | 'detach'> {
  /** Differences between target and host, one sentence each. */
  problems(state: SimulatedState, target: AttachTarget): readonly string[];
  /** The host's end of the endpoint, for stacks that have one. */
  hostEnd(target: AttachTarget): string | undefined;
}
