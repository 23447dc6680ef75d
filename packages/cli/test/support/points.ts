/**
 * The points of a klee command at which it matters whether it still lives: after each commit and each host command.
 * Before the next one it has only looked, so that a death there leaves the same.
 */
import type { CommandRunner } from '@kleenet/core';
import type { Decorate } from '@kleenet/host';
import { watchedStore } from '../../../core/test/support/watched-store.ts';

/** What is called there. */
export interface Watch {
  /** After each commit, and each command that changes the host. */
  readonly point: () => void;
  /** Before each of them, and before each look at the state or the host. */
  readonly look: () => void;
}

/** Stands between klee and the world, and calls `watch`. */
export function watched({ point, look }: Watch): Decorate {
  return {
    store: (store) =>
      watchedStore(store, { beforeRead: look, beforeWrite: look, afterWrite: point }),
    commands: (commands) => watchedCommands(commands, point, look),
  };
}

function watchedCommands(
  commands: CommandRunner,
  point: () => void,
  look: () => void,
): CommandRunner {
  return {
    async read(argv, options) {
      look();
      return commands.read(argv, options);
    },
    async change(argv, options) {
      look();
      const result = await commands.change(argv, options);
      point();
      return result;
    },
    foreground(argv, options) {
      look();
      const started = commands.foreground(argv, options);
      point();
      return started;
    },
  };
}
