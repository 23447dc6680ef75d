/** Fault injection for tests: on the simulated host, and on models of real ones. */
import { KleenetError } from '../errors.ts';

/** The position of a fault. */
interface FaultPlace {
  /** Steps are counted from 1, over the life of the object that takes them. */
  readonly step: number;
  /** Whether the step has already taken effect. */
  readonly when: 'before' | 'after';
}

/**
 * The fault of one step. `fail`: it throws PLATFORM_COMMAND_FAILED. `hang`: it blocks until the signal is raised.
 * `die`: `onDeath` is called, which ends the process or throws an error that is never caught.
 */
export type Fault = FaultPlace &
  ({ readonly kind: 'fail' | 'hang' } | { readonly kind: 'die'; readonly onDeath: () => never });

/** The properties of a step that faults need. */
export interface FaultyStep {
  /** For people. */
  readonly description: string;
  /** The command that fails. */
  readonly argv: readonly string[];
  /** Blocks like a command that does not end, and rejects when the host gives up. */
  readonly hang: () => Promise<never>;
}

/** Counts the steps of one process, each of which changes the host, and injects the planned faults. */
export class FaultySteps {
  readonly #faults: readonly Fault[];
  #begun = 0;

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  /** How many steps were begun. */
  get begun(): number {
    return this.#begun;
  }

  /** @throws the planned fault of this step, and errors of `change` */
  async take<T>(step: FaultyStep, change: () => T | Promise<T>): Promise<T> {
    this.#begun += 1;
    const number = this.#begun;
    await this.#meet(number, 'before', step);
    const changed = await change();
    await this.#meet(number, 'after', step);
    return changed;
  }

  async #meet(number: number, when: Fault['when'], step: FaultyStep): Promise<void> {
    const fault = this.#faults.find((one) => one.step === number && one.when === when);
    if (fault === undefined) return;
    if (fault.kind === 'die') fault.onDeath();
    if (fault.kind === 'hang') await step.hang();
    throw new KleenetError('PLATFORM_COMMAND_FAILED', `simulated failure: ${step.description}`, {
      details: { argv: step.argv, status: 1, stderr: 'simulated failure' },
    });
  }
}
