/** Runs commands on a model, counts those that change the host, and injects faults. */
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { FaultySteps, changeInSteps } from '@kleenet/core/testing';
import type { Fault } from '@kleenet/core/testing';
import {
  commandFailed,
  interrupted,
  quoteCommand,
  toolMissing,
  untilGivenUp,
} from '@kleenet/platform/runner';
import type { Answer } from './machine.ts';
import { lackingProgram } from './outside.ts';

export interface RunnerParts {
  readonly run: (argv: readonly string[], input?: string) => Answer;
  /** Injected faults, by step. */
  readonly faults: readonly Fault[];
  /** Programs that the host lacks. */
  readonly missing: readonly string[];
  readonly beforeChange?: (argv: readonly string[]) => void;
}

export class Runner {
  readonly commands: CommandRunner;
  readonly #parts: RunnerParts;
  readonly #steps: FaultySteps;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#steps = new FaultySteps(parts.faults);
    this.commands = {
      read: (argv, options = {}) => this.#read(argv, options),
      change: (argv, options = {}) => this.#change(argv, options),
      foreground: (argv) => ({
        exited: this.#change(argv, { accept: 'any' }).then(({ status }) => status),
        signal: () => undefined,
      }),
    };
  }

  get steps(): number {
    return this.#steps.begun;
  }

  async #read(argv: Argv, options: CommandOptions): Promise<CommandResult> {
    requireUninterrupted(argv, options);
    return this.#run(argv, options);
  }

  async #change(argv: Argv, options: CommandOptions): Promise<CommandResult> {
    const { steps, accept = [0], ...others } = options;
    if (steps === undefined) return this.#changeOnce(argv, options);
    // Each is a step, at which a fault may be.
    const result = await changeInSteps(steps, (step) =>
      this.#changeOnce(step, { ...others, accept: 'any' }),
    );
    if (accept === 'any' || accept.includes(result.status)) return result;
    throw commandFailed({ argv, ...result });
  }

  async #changeOnce(argv: Argv, options: CommandOptions): Promise<CommandResult> {
    requireUninterrupted(argv, options);
    const step = {
      description: quoteCommand(argv),
      argv,
      hang: () => untilGivenUp(argv, options),
    };
    return this.#steps.take(step, () => {
      this.#parts.beforeChange?.(argv);
      return this.#run(argv, options);
    });
  }

  #run(argv: Argv, { input, accept = [0] }: CommandOptions): CommandResult {
    if (this.#parts.missing.includes(argv[0])) throw toolMissing(argv[0]);
    const result = this.#parts.run(argv, input);
    const lacking = lackingProgram(result);
    if (lacking !== undefined) throw toolMissing(lacking);
    if (accept === 'any' || accept.includes(result.status)) return result;
    throw commandFailed({ argv, ...result });
  }
}

function requireUninterrupted(argv: Argv, { signal }: CommandOptions): void {
  if (signal?.aborted === true) throw interrupted(argv, signal.reason);
}
