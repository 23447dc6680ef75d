/** A command runner that prints the changes. */
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';

export interface DryRunnerOptions {
  /** Runs the commands that only read. */
  readonly commands: CommandRunner;
  readonly commandPrefix: readonly string[];
  /** Takes each command that would be run, with the text or else the file that it would get as standard input. */
  readonly show: (
    argv: readonly string[],
    input: string | undefined,
    inputFile: string | undefined,
  ) => void;
}

/** Reads through `commands`, and prints changes instead of making them. */
export function createDryRunner({
  commands,
  commandPrefix,
  show,
}: DryRunnerOptions): CommandRunner {
  const answer = (argv: Argv, { input, inputFile }: CommandOptions = {}): CommandResult => {
    show([...commandPrefix, ...argv], input, inputFile);
    return { status: 0, stdout: '', stderr: '' };
  };
  return {
    read: (argv, options) => commands.read(argv, options),
    async change(argv, options = {}) {
      const { rehearsal, steps = [argv], ...same } = options;
      if (rehearsal !== undefined) await commands.read(rehearsal, same);
      for (const step of steps) answer(step, options);
      return { status: 0, stdout: '', stderr: '' };
    },
    foreground(argv) {
      answer(argv);
      return { exited: Promise.resolve(0), signal: () => {} };
    },
  };
}
