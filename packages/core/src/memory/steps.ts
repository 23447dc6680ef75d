import type { Logger } from '../command.ts';
import { FaultySteps } from './faults.ts';
import type { Fault } from './faults.ts';
import type { SimulatedState } from './state.ts';
import type { HostStorage } from './storage.ts';

export interface StepOptions {
  readonly storage: HostStorage;
  readonly logger: Logger;
  readonly faults: readonly Fault[];
  /** For dry runs: receives each step, and none takes effect or fails. */
  readonly rehearse?: (step: string) => void;
}

/**
 * Every change of the simulated host is one step: it can be logged, counted, shown instead of executed, and made to
 * fail.
 */
export class Steps {
  readonly #options: StepOptions;
  readonly #steps: FaultySteps;

  constructor(options: StepOptions) {
    this.#options = options;
    this.#steps = new FaultySteps(options.rehearse === undefined ? options.faults : []);
  }

  /** How many steps were begun. */
  get taken(): number {
    return this.#steps.begun;
  }

  /** Reads; never a step. */
  look<T>(look: (state: SimulatedState) => T): Promise<T> {
    return this.#options.storage.read(look);
  }

  /** @throws KleenetError INTERRUPTED, the planned fault, and errors of `change` */
  async take(
    description: string,
    signal: AbortSignal,
    change: (state: SimulatedState) => void,
  ): Promise<void> {
    const { storage, logger, rehearse } = this.#options;
    signal.throwIfAborted();
    const step = {
      description,
      argv: ['simulated', description],
      hang: () => raised(signal),
    };
    if (rehearse !== undefined) return this.#steps.take(step, () => rehearse(description));
    logger.debug(`+ ${description}`);
    return this.#steps.take(step, () => storage.transact(change));
  }
}

function raised(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
