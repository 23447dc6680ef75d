/** The state directory that owns the firewall, on Linux: recorded in a file that is named after the network stack. */
import { readlink } from 'node:fs/promises';
import type { CommandRunner, FirewallPlatform } from '@kleenet/core';
import { ownedFirewall as owned } from '../network/firewall-owner.ts';
import { scriptArgv } from '../runner/script.ts';
import type { HostFiles } from './host-files.ts';
import { DISOWN, OWN } from './scripts/embedded.ts';

export interface OwnerDependencies {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  /** The state directory. */
  readonly directory: string;
  /** The path of the mark; replaceable in tests. */
  readonly marks?: string;
}

/** A firewall that refuses to replace the rules of another state directory. */
export function ownedFirewall(
  firewall: FirewallPlatform,
  { commands, files, directory, marks = '/run/kleenet' }: OwnerDependencies,
): FirewallPlatform {
  async function markFile(): Promise<string> {
    const stack = /\d+/.exec(await readlink('/proc/self/ns/net'))?.[0] ?? '0';
    return `${marks}/firewall-${stack}`;
  }

  const mark = {
    read: async () => (await files.read(await markFile())) ?? '',
    async take(taker: string, seen: string, signal: AbortSignal) {
      const argv = scriptArgv(OWN, [await markFile(), taker, seen]);
      return (await commands.change(argv, { signal })).stdout;
    },
    async leave(holder: string, signal: AbortSignal) {
      await commands.change(scriptArgv(DISOWN, [await markFile(), holder]), { signal });
    },
  };
  return owned(firewall, mark, directory);
}
