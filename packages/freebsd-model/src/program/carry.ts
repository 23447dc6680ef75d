/** How a command of a modelled host becomes a process: a script asks the model, and execs its answer. */
import { resolve } from 'node:path';

/**
 * Asks a program, whose first word is the state, so that a process keeps its id, and signals and terminals work without
 * help. The model's own output uses descriptor 7, and the text to exec arrives on descriptor 8.
 */
export function askProgram(program: readonly [string, string], statePath: string): string {
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

/**
 * Asks a server at a port of this machine, which is twenty times as fast. bash(1) has connections of its own. The words
 * are preceded by the number of the process, and followed by the input of pfctl(8); the answer is text to evaluate.
 */
export function askServer(port: number): string {
  return `#!/bin/bash
name=\${0##*/}
[ "$name" = carry ] || set -- "$name" "$@"
input=
case " $* " in *pfctl*' - '*) IFS= read -r -d '' input ;; esac
exec 7<>/dev/tcp/127.0.0.1/${port} || exit 127
printf '%s\\0' "$#" "$$" "$@" "$input" >&7
IFS= read -r -d '' answer <&7 || exit 127
exec 7>&-
eval "$answer"
`;
}
