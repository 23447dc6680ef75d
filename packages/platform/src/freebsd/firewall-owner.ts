/**
 * The state directory that owns the firewall, on FreeBSD: recorded in a file that is lost at reboot, like pf's rules
 * (rc(8), cleanvar).
 */
import type { CommandRunner, FirewallPlatform } from '@kleenet/core';
import { ownedFirewall as owned } from '../network/firewall-owner.ts';
import { read } from './run.ts';
import { scriptArgv } from '../runner/script.ts';
import { DISOWN, OWN, OWNER } from './scripts/embedded.ts';

const MARK = '/var/run/kleenet/firewall';

export interface OwnerDependencies {
  readonly commands: CommandRunner;
  /** The state directory. */
  readonly directory: string;
  /** The file of the mark; replaceable in tests. */
  readonly file?: string;
}

/** The firewall, and the readings that it makes before it loads rules. */
export interface ForeseeingFirewall extends FirewallPlatform {
  /** Never rejects. */
  readonly lookAhead?: (rules: string) => Promise<void>;
}

/** A firewall that refuses to replace the rules of another state directory. */
export function ownedFirewall(
  firewall: ForeseeingFirewall,
  { commands, directory, file = MARK }: OwnerDependencies,
): FirewallPlatform {
  const mark = {
    read: async () => (await read(commands, scriptArgv(OWNER, [file]))).stdout,
    take: async (taker: string, seen: string, signal: AbortSignal) =>
      (await commands.change(scriptArgv(OWN, [file, taker, seen]), { signal })).stdout,
    async leave(holder: string, signal: AbortSignal) {
      await commands.change(scriptArgv(DISOWN, [file, holder]), { signal });
    },
  };
  const own = owned(firewall, mark, directory);
  return {
    ...own,
    apply(rules, operation) {
      // Read with the mark, in one program.
      void firewall.lookAhead?.(rules);
      return own.apply(rules, operation);
    },
  };
}
