import type { CommandOptions, CommandRunner } from '@kleenet/core/driver';

/** The commands of one process that only read the host: counted, and one of them may hang until it is given up. */
export class Reads {
  readonly #hanging: number | undefined;
  #begun = 0;

  /** @param hanging - the read that hangs, from 1. Default: none */
  constructor(hanging?: number) {
    this.#hanging = hanging;
  }

  /** How many were begun. */
  get begun(): number {
    return this.#begun;
  }

  through(commands: CommandRunner): CommandRunner {
    return {
      read: async (argv, options) => {
        this.#begun += 1;
        if (this.#begun === this.#hanging) await raised(options);
        return commands.read(argv, options);
      },
      change: (argv, options) => commands.change(argv, options),
      foreground: (argv, options) => commands.foreground(argv, options),
    };
  }
}

/** Without a signal that can be raised, never. */
function raised({ signal }: CommandOptions = {}): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted === true) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
