/**
 * The firewall's rules exist once per network stack, so one state directory owns them. A mark on the host, which is
 * lost at reboot like the rules, names the owner.
 */
import { access } from 'node:fs/promises';
import type { FirewallPlatform, Operation } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';

/** The host's record of the owner. */
export interface OwnerMark {
  /** The directory; empty without an owner. */
  readonly read: () => Promise<string>;
  /** Takes the mark if it is unchanged. Returns its owner otherwise; empty on success. */
  readonly take: (directory: string, seen: string, signal: AbortSignal) => Promise<string>;
  /** Releases the mark, if it is this directory's. */
  readonly leave: (directory: string, signal: AbortSignal) => Promise<void>;
}

/** A firewall that refuses to replace the rules of another state directory. */
export function ownedFirewall(
  firewall: FirewallPlatform,
  mark: OwnerMark,
  directory: string,
): FirewallPlatform {
  const nothing = firewall.render({ networks: [], published: [] });

  /**
   * The owner of the rules, and the content of the mark. A directory without state owns nothing any more; one whose
   * rules were flushed still does, because its containers may run.
   */
  async function look(): Promise<{ readonly holder: string | undefined; readonly said: string }> {
    const said = await mark.read();
    const isHeld = said === directory || (said !== '' && (await isThere(`${said}/kleenet.db`)));
    return { holder: isHeld ? said : undefined, said };
  }

  async function take(said: string, { signal }: Operation): Promise<void> {
    const holder = await mark.take(directory, said, signal);
    if (holder !== '') throw taken(holder, directory);
  }

  return {
    ...firewall,
    hasLoaded: async () => (await mark.read()) === directory,
    async apply(rules, operation) {
      const { holder, said } = await look();
      if (holder !== undefined && holder !== directory) {
        // There is nothing of ours to remove.
        if (rules === nothing) return false;
        throw taken(holder, directory);
      }
      if (rules !== nothing && holder === undefined) await take(said, operation);
      const wereThere = await firewall.apply(rules, operation);
      if (rules === nothing && holder !== undefined) await mark.leave(directory, operation.signal);
      return wereThere;
    },
    async clear(operation) {
      const { holder } = await look();
      if (holder !== undefined && holder !== directory) return;
      await firewall.clear(operation);
      if (holder !== undefined) await mark.leave(directory, operation.signal);
    },
  };
}

/** An inaccessible path counts as existing. */
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
