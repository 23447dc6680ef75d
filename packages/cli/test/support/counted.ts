/** How many programs of the host and how many commits a klee command takes. */
import type { Argv, CommandOptions, CommandRunner } from '@kleenet/core';
import type { Decorate } from '@kleenet/host';
import { watchedStore } from '../../../core/test/support/watched-store.ts';

interface Counted {
  readonly decorate: Decorate;
  /** `12 programs, 3 commits` */
  readonly counts: () => string;
}

/** @param host - takes the place of the runner of the host's own programs */
function counted(host?: CommandRunner): Counted {
  let [programs, commits, last] = [0, 0, ''];
  const count = (argv: Argv, options: CommandOptions = {}): void => {
    const said = JSON.stringify([argv, options.input]);
    // A look that is repeated while something takes its time is one.
    if (said !== last) programs += 1;
    last = said;
  };
  /** What klee does itself takes no program. */
  const uncounted = (options: CommandOptions = {}): CommandOptions => {
    const { directly } = options;
    if (directly === undefined) return options;
    return { ...options, directly: () => directly().then(() => void (programs -= 1)) };
  };
  return {
    counts: () => `${programs} programs, ${commits} commits`,
    decorate: {
      store: (store) =>
        watchedStore(store, {
          beforeRead: () => undefined,
          beforeWrite: () => undefined,
          afterWrite: () => void (commits += 1),
        }),
      commands: (own) => {
        const commands = host ?? own;
        return {
          read: (argv, options) => (count(argv, options), commands.read(argv, options)),
          change: (argv, options) => {
            count(argv, options);
            return commands.change(argv, uncounted(options));
          },
          foreground: (argv, options) => (count(argv), commands.foreground(argv, options)),
        };
      },
    },
  };
}

/** What a user does, from an empty host on. Each comes after those before it. */
const USE_CASES: readonly string[] = [
  'network create -t bridge --subnet 10.91.0.0/24 n1',
  'network create -t bridge --subnet 10.92.0.0/24 n2',
  'run -d --name a -l ipnet -n n1 host sleep 600',
  'run -d --name v -l vnet -n n1 host sleep 600',
  'network connect n2 a',
  'network disconnect n2 a',
  'system check',
  'container ls',
  'network ls',
  'container stop -t 0 a',
  'network connect n2 a',
  'network disconnect n2 a',
  'container start a',
  'container rm -f a',
  'container rm -f v',
  'network rm n2',
  'network rm n1',
];

/** One line for each. */
export async function countsOf(
  run: (words: string, decorate: Decorate) => Promise<{ readonly status: number }>,
  host: () => CommandRunner | undefined = () => undefined,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const words of USE_CASES) {
    const { decorate, counts } = counted(host());
    const { status } = await run(words, decorate);
    lines.push(`${words}: ${counts()}${status === 0 ? '' : `, failed with ${status}`}`);
  }
  return lines;
}
