/** The process that klee runs in. Only process.ts accesses the process itself. */
import type { WriteStream } from 'node:tty';
import type { CallerTerminal } from '@kleenet/core';
import type { Decorate, Environment } from '@kleenet/host';
import type { PluginEnvironment } from '@kleenet/host/plugins';
import type { Output } from './output.ts';
import type { Signals } from './signals.ts';

export interface CallingProcess {
  readonly words: readonly string[];
  readonly environment: Environment;
  /** The operating system, as Node names it. */
  readonly system: string;
  readonly pid: number;
  readonly uid: number;
  /** The name of the user, if the system knows one. */
  readonly user: () => string | undefined;
  readonly output: Output;
  readonly signals: Signals;
  /** The words that start this program again. */
  readonly self: readonly [string, ...string[]];
  /** The base of relative paths. */
  readonly directory: () => string;
  /** The services of the process for plugins; without it only built-in plugins are available. */
  readonly pluginHost?: PluginEnvironment;
  /** Asks a question on the terminal; undefined without one. */
  readonly ask: (question: string) => Promise<boolean | undefined>;
  /** The terminal among the standard streams. */
  readonly callerTerminal?: () => Promise<CallerTerminal | undefined>;
  /** Standard error, if it is a terminal. */
  readonly terminal?: () => WriteStream | undefined;
  readonly decorate?: Decorate;
  /** Called at the end of a command that has used the engine or has shown help. */
  readonly whenDone?: () => void;
}
