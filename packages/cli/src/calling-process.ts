/** What klee has of the process that it runs in. Only process.ts reads the process itself. */
import type { WriteStream } from 'node:tty';
import type { CallerTerminal } from '@kleenet/core';
import type { Decorate, Environment } from '@kleenet/host';
import type { PluginHost } from '@kleenet/host/plugins';
import type { Output } from './output.ts';
import type { Signals } from './signals.ts';

export interface CallingProcess {
  readonly words: readonly string[];
  readonly environment: Environment;
  /** The operating system, as Node names it. */
  readonly system: string;
  readonly pid: number;
  readonly uid: number;
  /** The name of the user, where the system knows one. */
  readonly user: () => string | undefined;
  readonly output: Output;
  readonly signals: Signals;
  /** The words that start this program again. */
  readonly self: readonly [string, ...string[]];
  /** Where relative paths begin. */
  readonly directory: () => string;
  /** What plugins need of the process; without it there are only those that klee comes with. */
  readonly pluginHost?: PluginHost;
  /** Asks a question on the terminal; undefined where there is none. */
  readonly ask: (question: string) => Promise<boolean | undefined>;
  /** The terminal among the standard streams. */
  readonly callerTerminal?: () => Promise<CallerTerminal | undefined>;
  /** Standard error, if it is a terminal. */
  readonly terminal?: () => WriteStream | undefined;
  readonly decorate?: Decorate;
  /** Called at the end of a command that has used the engine. */
  readonly whenOpened?: () => void;
}
