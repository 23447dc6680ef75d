/** Terminals of commands: the caller's own, which the runtime relays, or one that script(1) makes. */
import type { CallerTerminal } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { HostFiles } from './host-files.ts';

/** How a command gets its terminal from the shell that runs the runtime. */
export interface Relay {
  /** Whether script(1) makes one without a keyboard. */
  readonly needed: boolean;
  /** As `ROWS COLUMNS`; empty without a window. */
  readonly size: string;
}

export const NO_RELAY: Relay = { needed: false, size: '' };

/**
 * The runtime takes a terminal among its standard streams for the caller's, and puts it into raw mode. Where the
 * command does not read from it, that would only keep Ctrl-C from klee; where there is none, the runtime fails.
 */
export function relayFor(
  wanted: boolean,
  stdin: boolean,
  caller: CallerTerminal | undefined,
): Relay {
  if (!wanted || (stdin && caller?.input === true)) return NO_RELAY;
  return { needed: true, size: caller === undefined ? '' : `${caller.rows} ${caller.columns}` };
}

/** @throws KleenetError TOOL_MISSING */
export async function requireRelay(files: HostFiles, { needed }: Relay): Promise<void> {
  if (!needed || (await files.find('script')) !== undefined) return;
  throw new KleenetError('TOOL_MISSING', 'there is no script(1) here to make a terminal with', {
    hint: "install it (Debian has it in 'bsdutils'), or leave out --tty",
    details: { program: 'script' },
  });
}

/**
 * A function for shell scripts that runs a command: RELAY SIZE FIFO COMMAND…. script(1) takes one text for a shell; so
 * the words go by its environment, where no shell parses them, and the text is the same for all. Its standard input is
 * a FIFO that never ends: at an end of input it would type Ctrl-D.
 */
export const RUN_ON_TERMINAL: string = `
run_on_terminal() {
  relay=$1 size=$2 fifo=$3
  shift 3
  [ -n "$relay" ] || { "$@"; return; }
  mkfifo "$fifo" || return 125
  (
    count=0
    for word; do
      count=$((count + 1))
      export "KLEE_WORD_$count=$word"
    done
    export KLEE_WORDS="$count" KLEE_SIZE="$size" SHELL=/bin/sh
    exec script -qefc '
      count=0
      set -- $KLEE_SIZE
      [ $# = 0 ] || stty rows "$1" cols "$2"
      set --
      while [ "$count" -lt "$KLEE_WORDS" ]; do
        count=$((count + 1))
        eval "set -- \\"\\$@\\" \\"\\$KLEE_WORD_$count\\""
      done
      exec "$@"
    ' /dev/null 0<>"$fifo"
  )
  set -- "$?"
  rm -f "$fifo"
  return "$1"
}
`;

/** The words of a relay for `run_on_terminal`. */
export function relayWords({ needed, size }: Relay): readonly [string, string] {
  return [needed ? 'relay' : '', size];
}
