/** Stand-ins for FreeBSD's programs, in a directory that comes first in PATH. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SHIMMED } from './program.ts';

export interface ShimOptions {
  readonly statePath: string;
  /** How the model is asked: a script that gets the words of a command, and becomes what comes of them. */
  readonly carry: string;
  /** Programs that the host lacks. */
  readonly missing: readonly string[];
}

/** The directory of a host's stand-ins. */
export function shimsOf(statePath: string): string {
  return `${resolve(statePath)}.bin`;
}

/** GNU's rm has a long name for FreeBSD's -x. */
const RM = `#!/bin/sh
case $1 in
  -*x*)
    flags=$(printf %s "$1" | tr -d x)
    shift
    exec /bin/rm "$flags" --one-file-system "$@"
    ;;
esac
exec /bin/rm "$@"
`;

/** Makes the directory; returns the command prefix for klee to work on the host. */
export function makeShims({ statePath, carry: script, missing }: ShimOptions): readonly [string] {
  const directory = shimsOf(statePath);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const carry = `${directory}/carry`;
  writeFileSync(carry, script, { mode: 0o755 });
  writeFileSync(`${directory}/rm`, RM, { mode: 0o755 });
  for (const name of SHIMMED) {
    if (!missing.includes(name)) symlinkSync(carry, `${directory}/${name}`);
  }
  return [carry];
}
