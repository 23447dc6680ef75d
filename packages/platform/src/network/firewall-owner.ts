/**
 * The rules of the firewall are one set for a network stack, and so one state directory has them. A mark on the host, which
 * goes with the boot as the rules do, says which one.
 */
import { access } from 'node:fs/promises';
import type { FirewallPlatform, OperationHost } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';

/** Where the host says which state directory has the rules. */
export interface OwnerMark {
  /** The directory; empty where none has them. */
  readonly read: () => Promise<string>;
  /** Takes the mark where it is as it was seen. Returns whose it is otherwise; empty when it was taken. */
  readonly take: (directory: string, seen: string, signal: AbortSignal) => Promise<string>;
  /** Lets go of the mark, if it is this directory's. */
  readonly leave: (directory: string, signal: AbortSignal) => Promise<void>;
}

/** A firewall that refuses to put the rules of one state directory in place of another's. */
export function ownedFirewall(
  firewall: FirewallPlatform,
  mark: OwnerMark,
  directory: string,
): FirewallPlatform {
  const nothing = firewall.render({ networks: [], published: [] });

  /**
   * The directory that the rules belong to, and what the mark says. A directory whose state is gone holds nothing any
   * more; one whose rules others have flushed does, since its containers may run.
   */
  async function look(): Promise<{ readonly holder: string | undefined; readonly said: string }> {
    const said = await mark.read();
    const isHeld = said === directory || (said !== '' && (await isThere(`${said}/kleenet.db`)));
    return { holder: isHeld ? said : undefined, said };
  }

  async function take(said: string, { signal }: OperationHost): Promise<void> {
    const holder = await mark.take(directory, said, signal);
    if (holder !== '') throw taken(holder, directory);
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
      if (rules === nothing && holder !== undefined) await mark.leave(directory, host.signal);
    },
    async clear(host) {
      const { holder } = await look();
      if (holder !== undefined && holder !== directory) return;
      await firewall.clear(host);
      if (holder !== undefined) await mark.leave(directory, host.signal);
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
      hint: `use one state directory for a host; with --root ${holder}, 'klee system down' releases the firewall`,
      details: { directory, holder },
    },
  );
}
