/** Terminals of commands: the caller's own, which the runtime relays, or one that script(1) makes. */
import type { CallerTerminal } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { HostFiles } from './host-files.ts';
import { RELAY } from './scripts/embedded.ts';

/** How a command gets its terminal from the shell that runs the runtime. */
export interface Relay {
  /** Whether script(1) makes one without a keyboard. */
  readonly needed: boolean;
  /** As `ROWS COLUMNS`; empty without a window. */
  readonly size: string;
}

const NO_RELAY: Relay = { needed: false, size: '' };

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

/** The words of a relay for `run_on_terminal`. */
export function relayWords({ needed, size }: Relay): readonly [string, string] {
  return [needed ? RELAY.text : '', size];
}
