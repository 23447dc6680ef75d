/**
 * The tables of the firewall are one for a network stack, and so one state directory has them. Which one is in a file
 * that goes with the boot, as the tables do, and is named after the stack.
 */
import { access, readlink } from 'node:fs/promises';
import type { CommandRunner, FirewallPlatform, OperationHost } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { HostFiles } from './host-files.ts';
import { nftTable } from './nft.ts';

export interface OwnerDependencies {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  /** The state directory. */
  readonly directory: string;
}

/** Puts it beside its place first: who reads it finds all of it. */
const TAKE = 'mkdir -p "${1%/*}" && printf %s "$2" >"$1.$$" && mv "$1.$$" "$1"';

/** A firewall that refuses to put the rules of one state directory in place of another's. */
export function ownedFirewall(
  firewall: FirewallPlatform,
  { commands, files, directory }: OwnerDependencies,
): FirewallPlatform {
  const nothing = firewall.render({ networks: [], published: [] });

  async function markFile(): Promise<string> {
    const stack = /\d+/.exec(await readlink('/proc/self/ns/net'))?.[0] ?? '0';
    return `/run/kleenet/firewall-${stack}`;
  }

  /** The directory that the rules belong to. One that is gone holds nothing any more, nor does one without rules. */
  async function owner(): Promise<string | undefined> {
    const path = await files.read(await markFile());
    if (path === undefined || path === directory) return path;
    const isHeld =
      (await isThere(`${path}/kleenet.db`)) &&
      (await nftTable(commands, 'inet', 'klee')) !== undefined;
    return isHeld ? path : undefined;
  }

  async function leave({ signal }: OperationHost): Promise<void> {
    await commands.change(['rm', '-f', await markFile()], { signal });
  }

  return {
    ...firewall,
    async apply(rules, host) {
      const holder = await owner();
      if (holder !== undefined && holder !== directory) {
        // There is nothing of ours to take away.
        if (rules === nothing) return;
        throw taken(holder, directory);
      }
      if (rules !== nothing && holder === undefined) {
        const argv = ['sh', '-c', TAKE, 'sh', await markFile(), directory] as const;
        await commands.change(argv, { signal: host.signal });
      }
      await firewall.apply(rules, host);
      if (rules === nothing && holder !== undefined) await leave(host);
    },
    async clear(host) {
      const holder = await owner();
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
