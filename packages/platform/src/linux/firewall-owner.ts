/**
 * The tables of the firewall are one for a network stack, and so one state directory has them. Which one is in a file
 * that goes with the boot, as the tables do, and is named after the stack.
 */
import { access, readlink } from 'node:fs/promises';
import type { CommandRunner, FirewallPlatform, OperationHost } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { HostFiles } from './host-files.ts';

export interface OwnerDependencies {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  /** The state directory. */
  readonly directory: string;
  /** Where the mark is; replaceable in tests. */
  readonly marks?: string;
}

/** Two state directories may want the mark at once. Put beside its place first: who reads it finds all of it. */
const LOCKED = `
mkdir -p "\${1%/*}" && exec 9>"$1.lock" && flock 9 || exit
found=$(cat -- "$1" 2>/dev/null)
`;

/** MARK DIRECTORY FREE: takes the mark where it is as it was seen; prints whose it is otherwise. */
const TAKE = `${LOCKED}
[ "$found" = "$2" ] || [ "$found" = "$3" ] || { printf %s "$found"; exit 0; }
printf %s "$2" >"$1.new" && mv -- "$1.new" "$1"
`;

/** MARK DIRECTORY: lets go of the mark. */
const LEAVE = `${LOCKED}
[ "$found" != "$2" ] || rm -f -- "$1"
`;

/** A firewall that refuses to put the rules of one state directory in place of another's. */
export function ownedFirewall(
  firewall: FirewallPlatform,
  { commands, files, directory, marks = '/run/kleenet' }: OwnerDependencies,
): FirewallPlatform {
  const nothing = firewall.render({ networks: [], published: [] });

  async function markFile(): Promise<string> {
    const stack = /\d+/.exec(await readlink('/proc/self/ns/net'))?.[0] ?? '0';
    return `${marks}/firewall-${stack}`;
  }

  /**
   * The directory that the rules belong to, and what the mark says. A directory whose state is gone holds nothing any
   * more; one whose rules others have flushed does, since its containers may run.
   */
  async function look(): Promise<{ readonly holder: string | undefined; readonly said: string }> {
    const said = (await files.read(await markFile())) ?? '';
    const isHeld = said === directory || (said !== '' && (await isThere(`${said}/kleenet.db`)));
    return { holder: isHeld ? said : undefined, said };
  }

  async function take(said: string, { signal }: OperationHost): Promise<void> {
    const argv = ['sh', '-c', TAKE, 'sh', await markFile(), directory, said] as const;
    const { stdout: holder } = await commands.change(argv, { signal });
    if (holder !== '') throw taken(holder, directory);
  }

  async function leave({ signal }: OperationHost): Promise<void> {
    await commands.change(['sh', '-c', LEAVE, 'sh', await markFile(), directory], { signal });
  }

  return {
    ...firewall,
    async apply(rules, host) {
      const { holder, said } = await look();
      if (holder !== undefined && holder !== directory) {
        // There is nothing of ours to take away.
        if (rules === nothing) return;
        throw taken(holder, directory);
      }
      if (rules !== nothing && holder === undefined) await take(said, host);
      await firewall.apply(rules, host);
      if (rules === nothing && holder !== undefined) await leave(host);
    },
    async clear(host) {
      const { holder } = await look();
      if (holder !== undefined && holder !== directory) return;
      await firewall.clear(host);
      if (holder !== undefined) await leave(host);
    },
  };
}

/** What may not be looked at is there. */
async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

function taken(holder: string, directory: string): KleenetError {
  return new KleenetError(
    'STATE_FOREIGN',
    `the firewall of this host belongs to the state directory ${holder}, and not to ${directory}`,
    {
      hint: `use one state directory for a host; with --root ${holder}, 'klee system down' lets go of the firewall`,
      details: { directory, holder },
    },
  );
}
