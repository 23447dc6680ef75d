/**
 * The state directory that owns the firewall, on FreeBSD: recorded in a file that is lost at reboot, like pf's rules
 * (rc(8), cleanvar).
 */
import type { CommandRunner, FirewallPlatform } from '@kleenet/core';
import { ownedFirewall as owned } from '../network/firewall-owner.ts';
import { read } from './run.ts';
import { scriptArgv } from './script.ts';

const MARK = '/var/run/kleenet/firewall';

const LOOK = '[ ! -e "$1" ] || cat "$1"';

/**
 * MARK DIRECTORY SEEN: two state directories may want the mark concurrently. A link is only made where none exists; the
 * seen one is moved away first, and put back if it differs by then. Prints the owner if the mark was not taken.
 */
const TAKE = `
mkdir -p "\${1%/*}" && printf %s "$2" >"$1.$$" || exit
if [ -n "$3" ] && mv "$1" "$1.$$.old" 2>/dev/null; then
  [ "$(cat "$1.$$.old")" = "$3" ] || ln "$1.$$.old" "$1"
  rm -f "$1.$$.old"
fi
ln "$1.$$" "$1" 2>/dev/null
rm -f "$1.$$"
found=$(cat "$1") || exit
[ "$found" = "$2" ] || printf %s "$found"
`;

/** MARK DIRECTORY: releases the mark. */
const LEAVE = '[ "$(cat "$1" 2>/dev/null)" != "$2" ] || rm -f "$1"';

export interface OwnerDependencies {
  readonly commands: CommandRunner;
  /** The state directory. */
  readonly directory: string;
  /** The file of the mark; replaceable in tests. */
  readonly file?: string;
}

/** A firewall that refuses to replace the rules of another state directory. */
export function ownedFirewall(
  firewall: FirewallPlatform,
  { commands, directory, file = MARK }: OwnerDependencies,
): FirewallPlatform {
  const mark = {
    read: async () => (await read(commands, scriptArgv('owner', LOOK, [file]))).stdout,
    take: async (taker: string, seen: string, signal: AbortSignal) =>
      (await commands.change(scriptArgv('own', TAKE, [file, taker, seen]), { signal })).stdout,
    async leave(holder: string, signal: AbortSignal) {
      await commands.change(scriptArgv('disown', LEAVE, [file, holder]), { signal });
    },
  };
  return owned(firewall, mark, directory);
}
