/** Answers of the host that one klee needs more than once, and asks for once. */
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';

/** A command runner that keeps the answers to shared readings. */
export interface SharedReadings {
  readonly commands: CommandRunner;
  /** Forgets all answers, so that readings that begin from now on are made anew. */
  readonly forget: () => void;
}

/** Keeps answers until a change begins, and those of readings that began during a change not at all. */
export function shareReadings(commands: CommandRunner): SharedReadings {
  const answers = new Map<string, Promise<CommandResult>>();
  let changes = 0;
  const forget = (): void => answers.clear();

  function share(argv: Argv, options: CommandOptions): Promise<CommandResult> {
    const { input = '', accept = [0] } = options;
    const key = JSON.stringify([argv, input, accept]);
    const known = answers.get(key);
    // It may have failed because its caller gave up.
    if (known !== undefined) return known.catch(() => commands.read(argv, options));
    const answer = commands.read(argv, options);
    if (changes > 0) return answer;
    answers.set(key, answer);
    answer.catch(() => {
      if (answers.get(key) === answer) answers.delete(key);
    });
    return answer;
  }

  async function changing<T>(work: () => Promise<T>): Promise<T> {
    forget();
    changes += 1;
    try {
      return await work();
    } finally {
      changes -= 1;
    }
  }

  return {
    forget,
    commands: {
      read: (argv, options = {}) =>
        options.shared === true ? share(argv, options) : commands.read(argv, options),
      change: (argv, options) => changing(() => commands.change(argv, options)),
      foreground(argv, options) {
        const command = commands.foreground(argv, options);
        forget();
        const exited = command.exited.finally(forget);
        return { exited, signal: (name) => command.signal(name) };
      },
    },
  };
}
