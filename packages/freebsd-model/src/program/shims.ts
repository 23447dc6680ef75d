/** Stand-ins for FreeBSD's programs, in a directory that comes first in PATH. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SHIMMED } from './program.ts';

export interface ShimOptions {
  readonly statePath: string;
  /** The words that start the model's program: Node.js and its file. */
  readonly program: readonly [string, string];
  /** Programs that the host lacks. */
  readonly missing: readonly string[];
}

/** The directory of a host's stand-ins. */
export function shimsOf(statePath: string): string {
  return `${resolve(statePath)}.bin`;
}

/**
 * Asks the model, and execs its answer, so that a process keeps its id, and signals and terminals work without help.
 * The model's own output uses descriptor 7, and the text to exec arrives on descriptor 8.
 */
function carryScript({ program, statePath }: ShimOptions): string {
  const words = [...program, resolve(statePath)].map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  return `#!/bin/sh
name=\${0##*/}
[ "$name" = carry ] || set -- "$name" "$@"
exec 7>&1
plan=$(${words.join(' ')} "$@" 8>&1 >&7 7>&-)
status=$?
[ -n "$plan" ] || exit "$status"
exec 7>&-
eval "$plan"
`;
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
export function makeShims(options: ShimOptions): readonly [string] {
  const directory = shimsOf(options.statePath);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const carry = `${directory}/carry`;
  writeFileSync(carry, carryScript(options), { mode: 0o755 });
  writeFileSync(`${directory}/rm`, RM, { mode: 0o755 });
  for (const name of SHIMMED) {
    if (!options.missing.includes(name)) symlinkSync(carry, `${directory}/${name}`);
  }
  return [carry];
}
