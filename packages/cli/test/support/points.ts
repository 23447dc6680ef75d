/**
 * The points of a klee command at which it matters whether it still lives: after each commit and each host command.
 * Before the next one it has only looked, so that a death there leaves the same.
 */
import type { CommandRunner, Store } from '@kleenet/core';
import type { Decorate } from '@kleenet/host';

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
    store: (store) => watchedStore(store, point, look),
    commands: (commands) => watchedCommands(commands, point, look),
  };
}

function watchedStore(store: Store, point: () => void, look: () => void): Store {
  return {
    read: (work) => (look(), store.read(work)),
    async write(work) {
      look();
      const answer = await store.write(work);
      point();
      return answer;
    },
    rehearse: () => store.rehearse(),
    verify: () => store.verify(),
    close: () => store.close(),
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
