/**
 * The log of a container: `log`, and `log.1` with older output. Both scripts use the hosts' own programs and POSIX sh,
 * and get their parameters as arguments.
 */
import type { LogsOptions } from '@kleenet/core';

/** In bytes: the default size limit of one container's log. */
export const LOG_LIMIT: number = 16 * 1024 * 1024;

/** In bytes: the block size of dd(1). */
const BLOCK = 8192;

/** The number of blocks to drop before the disk is tried again. */
const DROPPED = 16;

/** A log has two files; with less space than this fraction of one of them, starting dd(1) is not worthwhile. */
const LEAST_PART = 16;

/**
 * The arguments of `keep_log`: the maximum size of either file, and the number of free blocks below which it is not
 * written.
 */
export function limitWords(limit: number): readonly [string, string] {
  const half = Math.floor(limit / 2);
  return [String(half), String(Math.max(1, Math.floor(half / BLOCK / LEAST_PART)))];
}

/** A function for shell scripts that prints the size of a file, or 0 if it cannot be read. */
const SIZE = `
size() {
  found=$(wc -c 2>/dev/null <"$1") || found=0
  echo "$((found))"
}
`;

/**
 * Functions for shell scripts. `keep_log LOG HALF LEAST` writes its standard input to the log until it ends. dd(1) writes
 * what it has read at once, reads no more than it writes, and tells an end of input (the numbers of whole and of other
 * blocks are 0) from everything else. What cannot be written, on a full disk, is read and dropped, so that the command goes
 * on. A writer that is killed is replaced.
 *
 * `open_output FIFO LOG HALF LEAST` starts it in the background, with descriptor 5 for the command to write to. It is open
 * for both directions: a command that has it gets no SIGPIPE, whatever becomes of the writer. `close_output` waits until all
 * is written, but not for ever: a process elsewhere may have got hold of the descriptor.
 */
export const KEEP_LOG: string = `
${SIZE}
write_log() {
  while :; do
    count=$((($2 - $(size "$1")) / ${BLOCK}))
    if [ "$count" -lt "$3" ] && mv -f "$1" "$1.1"; then count=$(($2 / ${BLOCK})); fi
    { [ "$count" -ge "$3" ] && said=$(LC_ALL=C dd bs=${BLOCK} count="$count" 2>&1 >>"$1"); } ||
      said=$(LC_ALL=C dd bs=${BLOCK} count=${DROPPED} 2>&1 >/dev/null) || return
    case $said in '0+0 records in'*) return 0 ;; esac
  done
}
keep_log() {
  trap '' HUP INT QUIT TERM USR1 USR2 ALRM WINCH
  until (write_log "$@"); do sleep 1; done
}
open_output() {
  true >>"$2" && mkfifo -m 600 "$1" && exec 5<>"$1" 6<"$1" && rm -f "$1" || return
  shift
  # A redirection of a function would keep copies of what it replaces, and with them the pipe open for ever.
  (
    exec <&6 >/dev/null 2>&1 3>&- 5>&- 6<&-
    keep_log "$@"
  ) &
  keeper=$!
  exec 6<&-
}
close_output() {
  exec 5>&-
  for pause in 0.01 0.02 0.05 0.1 0.2 0.5 1 1 1 1 1 1 1 1; do
    kill -0 "$keeper" 2>/dev/null || break
    sleep "$pause"
  done
}
`;

/**
 * Prints a log: LOG LINES FOLLOW. Both files are opened before the first is read, and it is looked whether they are still
 * those that have the names; an open file keeps its number for itself. What follows is read from the open file to its end
 * before the next one is opened. `going` says whether more may come, and is asked before the last look. A log that others
 * have cut begins anew.
 */
const PRINT = `
number() { ls -i "$1" 2>/dev/null | { read -r number _; echo "$number"; }; }
${SIZE}
open_log() {
  while :; do
    at=$(number "$log") before=$(number "$log.1")
    exec 5</dev/null 6</dev/null
    [ -z "$at" ] || command exec 5<"$log" || continue
    [ -z "$before" ] || command exec 6<"$log.1" || continue
    [ "$at $before" != "$(number "$log") $(number "$log.1")" ] || return 0
  done 2>/dev/null
}
open_log
had=$(size "$log")
{ cat <&6 && cat <&5; } | tail -n "$lines" || exit
while [ -n "$follow" ]; do
  going && more=yes || more=
  has=$(size "$log")
  now=$(number "$log")
  if [ "$now" = "$at" ] && [ "$has" -lt "$had" ]; then exec 5<"$log"; fi
  had=$has
  cat <&5 || exit
  if [ -n "$now" ] && [ "$now" != "$at" ]; then
    # What is written to a file that is put aside right now comes with the second look.
    last=$at
    open_log
    [ -z "$last" ] || [ "$before" = "$last" ] || cat <&6 || exit
    cat <&5 || exit
    had=0
  fi
  [ -n "$more" ] || exit 0
  sleep 0.3
done
`;

/** The script that prints a log, whose words are LOG, LINES and those that `going` needs: none when it is not followed. */
export function printScript(going: string): string {
  return `log=$1 lines=$2 follow=\${3:-}\n${going}\n${PRINT}`;
}

/** The first words of {@link printScript}. */
export function printWords(log: string, { tail }: LogsOptions): readonly [string, string] {
  return [log, tail === undefined ? '+1' : String(tail)];
}
