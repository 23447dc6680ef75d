/** The commands of one process: counted, and with faults. */
import type { CommandRunner } from '@kleenet/core/driver';
import { FaultySteps, SILENT_LOGGER } from '@kleenet/core/testing';
import type { Fault } from '@kleenet/core/testing';
import { LINUX_GUARD } from '@kleenet/platform/linux';
import {
  createCommandRunner,
  interrupted,
  quoteCommand,
  untilGivenUp,
} from '@kleenet/platform/runner';

/** Commands that change the host and are neither counted nor made to fail: those of the test itself. */
export function plainCommands(): CommandRunner {
  return createCommandRunner({
    commandPrefix: [],
    guard: LINUX_GUARD,
    environment: {},
    logger: SILENT_LOGGER,
  });
}

export interface CountedCommands {
  readonly commands: CommandRunner;
  /** How many steps were begun. */
  readonly steps: number;
}

/**
 * @param ready - before it nothing is run: the host is not there yet
 * @param pending - the changes under way, which a call may have given up waiting for
 */
export function countedCommands(
  inner: CommandRunner,
  ready: () => Promise<void>,
  faults: readonly Fault[],
  pending: Set<Promise<unknown>>,
): CountedCommands {
  const run: CommandRunner['change'] = (argv, options) => {
    const change = inner.change(argv, options);
    pending.add(change);
    const over = (): void => void pending.delete(change);
    change.then(over, over);
    return change;
  };
  const steps = new FaultySteps(faults);
  return {
    commands: {
      async read(argv, options = {}) {
        await ready();
        return inner.read(argv, options);
      },
      async change(argv, options = {}) {
        await ready();
        if (options.signal?.aborted === true) throw interrupted(argv, options.signal.reason);
        const step = {
          description: quoteCommand(argv),
          argv,
          hang: () => untilGivenUp(argv, options),
        };
        return steps.take(step, () => run(argv, options));
      },
      foreground: (argv, options) => inner.foreground(argv, options),
    },
    get steps() {
      return steps.begun;
    },
  };
}
