/** The log of a container, printed by the programs of the base system. */
import type { Argv, Container, LogsOptions } from '@kleenet/core';
import type { Layout } from './layout.ts';
import { jailName } from './names.ts';
import { scriptArgv } from './script.ts';

/** `LOG LINES`. */
const PRINT = `
[ -e "$1" ] || exit 0
exec tail -n "$2" "$1"
`;

/**
 * `LOG LINES JAIL`. The tail(1) of FreeBSD cannot be told when to end, so each round prints what has come. Whether the
 * jail still has processes is looked at first: what they had written by then is printed in the same round. A log that has
 * become shorter begins anew.
 */
const FOLLOW = `
log=$1 lines=$2 jail=$3
[ -e "$log" ] || exit 0
size() { wc -c <"$log" 2>/dev/null || echo 0; }
at=$(($(size)))
head -c "$at" "$log" | tail -n "$lines"
while :; do
  live=$(ps -J "$jail" -o pid= 2>/dev/null)
  end=$(($(size)))
  [ "$end" -ge "$at" ] || at=0
  [ "$end" = "$at" ] || tail -c "+$((at + 1))" "$log" | head -c "$((end - at))"
  at=$end
  [ -n "$live" ] || exit 0
  sleep 0.5
done
`;

export function logsArgv(layout: Layout, { id }: Container, { follow, tail }: LogsOptions): Argv {
  const words = [layout.container(id).log, tail === undefined ? '+1' : String(tail)];
  if (follow === undefined) return scriptArgv('logs', PRINT, words);
  return scriptArgv('follow', FOLLOW, [...words, jailName(id)]);
}
