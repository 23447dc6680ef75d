import type { AttachTarget, DataPlane } from '../driver.ts';
import type { SimulatedState } from './state.ts';

/** What kinds of stack differ in. */
export interface StackPlane extends Pick<DataPlane, 'plan' | 'attach' | 'detach'> {
  /** Differences between target and host, one sentence each. */
  problems(state: SimulatedState, target: AttachTarget): readonly string[];
  /** The host's end of the endpoint, where it has one of its own. */
  hostEnd(target: AttachTarget): string | undefined;
}
