/** The state directory that owns the firewall, on Linux: recorded in a file that is named after the network stack. */
import { readlink } from 'node:fs/promises';
import type { CommandRunner, FirewallPlatform } from '@kleenet/core';
import { ownedFirewall as owned } from '../network/firewall-owner.ts';
import type { HostFiles } from './host-files.ts';

export interface OwnerDependencies {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  /** The state directory. */
  readonly directory: string;
  /** The path of the mark; replaceable in tests. */
  readonly marks?: string;
}

/**
 * Two state directories may want the mark concurrently. It is written beside its place first, so that a reader finds it
 * complete.
 */
const LOCKED = `
mkdir -p "\${1%/*}" && exec 9>"$1.lock" && flock 9 || exit
found=$(cat -- "$1" 2>/dev/null)
`;

/** MARK DIRECTORY FREE: takes the mark if it is unchanged; prints its owner otherwise. */
const TAKE = `${LOCKED}
[ "$found" = "$2" ] || [ "$found" = "$3" ] || { printf %s "$found"; exit 0; }
printf %s "$2" >"$1.new" && mv -- "$1.new" "$1"
`;

/** MARK DIRECTORY: releases the mark. */
const LEAVE = `${LOCKED}
[ "$found" != "$2" ] || rm -f -- "$1"
`;

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
      const argv = ['sh', '-c', TAKE, 'sh', await markFile(), taker, seen] as const;
      return (await commands.change(argv, { signal })).stdout;
    },
    async leave(holder: string, signal: AbortSignal) {
      await commands.change(['sh', '-c', LEAVE, 'sh', await markFile(), holder], { signal });
    },
  };
  return owned(firewall, mark, directory);
}
