import type { Logger } from '../command.ts';
import { KleenetError } from '../errors.ts';
import type { SimulatedState } from './state.ts';
import type { HostStorage } from './storage.ts';

/** Where something goes wrong. */
interface FaultPlace {
  /** Steps are counted from 1, over the life of the platform object. */
  readonly step: number;
  /** Whether the step has taken effect by then. */
  readonly when: 'before' | 'after';
}

/**
 * What goes wrong at one step. `fail`: it throws PLATFORM_COMMAND_FAILED. `hang`: it does not go on until the signal
 * is raised. `die`: `onDeath` is called, which ends the process or throws what nobody catches.
 */
export type Fault = FaultPlace &
  ({ readonly kind: 'fail' | 'hang' } | { readonly kind: 'die'; readonly onDeath: () => never });

export interface StepOptions {
  readonly storage: HostStorage;
  readonly logger: Logger;
  readonly faults: readonly Fault[];
  /** For dry runs: is shown each step, and none takes effect. */
  readonly rehearse?: (step: string) => void;
}

/** Every change of the simulated host is one step: it can be logged, counted, shown instead of done, and made to fail. */
export class Steps {
  readonly #options: StepOptions;
  #taken = 0;

  constructor(options: StepOptions) {
    this.#options = options;
  }

  /** How many steps were begun. */
  get taken(): number {
    return this.#taken;
  }

  /** Reads; never a step. */
  look<T>(look: (state: SimulatedState) => T): Promise<T> {
    return this.#options.storage.read(look);
  }

  /** @throws KleenetError INTERRUPTED, what the fault plan says, and what `change` throws */
  async take(
    description: string,
    signal: AbortSignal,
    change: (state: SimulatedState) => void,
  ): Promise<void> {
    const { storage, logger, rehearse } = this.#options;
    signal.throwIfAborted();
    this.#taken += 1;
    const step = this.#taken;
    if (rehearse !== undefined) {
      rehearse(description);
      return;
    }
    logger.debug(`+ ${description}`);
    await this.#meetFault(step, 'before', description, signal);
    await storage.transact(change);
    await this.#meetFault(step, 'after', description, signal);
  }

  async #meetFault(
    step: number,
    when: Fault['when'],
    description: string,
    signal: AbortSignal,
  ): Promise<void> {
    const fault = this.#options.faults.find(
      (candidate) => candidate.step === step && candidate.when === when,
    );
    if (fault === undefined) return;
    if (fault.kind === 'die') fault.onDeath();
    if (fault.kind === 'hang') await raised(signal);
    throw new KleenetError('PLATFORM_COMMAND_FAILED', `simulated failure: ${description}`, {
      details: { argv: ['simulated', description], status: 1, stderr: 'simulated failure' },
    });
  }
}

function raised(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
