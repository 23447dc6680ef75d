/** Caching of facts that do not change while klee runs. */
import type { CommandRunner } from '@kleenet/core';

/** Asks once for each command runner; a failure is not cached. */
export function once<T>(ask: (commands: CommandRunner) => Promise<T>): typeof ask {
  const answers = new WeakMap<CommandRunner, Promise<T>>();
  return (commands) => {
    const known = answers.get(commands);
    if (known !== undefined) return known;
    const answer = ask(commands);
    answers.set(commands, answer);
    answer.catch(() => answers.delete(commands));
    return answer;
  };
}
