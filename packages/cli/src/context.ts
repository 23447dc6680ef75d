/** The services that a command uses. */
import type { CallerTerminal } from '@kleenet/core';
import type { OpenedEngine, OpenedReader } from '@kleenet/host';
import type { Globals } from './command-line/globals.ts';
import type { Tables } from './command-line/options.ts';
import type { CommandTree } from './command-line/route.ts';
import type { Progress } from './download/progress.ts';
import type { Output } from './output.ts';
import type { PluginCatalog } from '@kleenet/host/plugins';
import type { PackagedPlugin, PluginInstaller } from '@kleenet/host/installer';

/** An engine that the caller closes, not the command. */
export type OpenEngine = Omit<OpenedEngine, 'close'>;

/** The settings of klee. */
interface KnownCommands {
  readonly tree: CommandTree;
  readonly tables: (path: string) => Promise<Tables>;
}

export interface Context {
  readonly commands: KnownCommands;
  readonly globals: Globals;
  readonly output: Output;
  /** The base of relative paths. */
  directory(): string;
  /** Opens state and platform, once. A command uses either this or `look`. */
  open(): Promise<OpenEngine>;
  /** Opens the state to show it, once, without the code that changes it. */
  look(): Promise<Omit<OpenedReader, 'close'>>;
  /** Searches for plugins, once. Loads no code. */
  plugins(): Promise<PluginCatalog>;
  /**
   * The plugin in a folder, whether or not klee uses it.
   *
   * @param asUser - this process has no more rights than an ordinary user, whatever its user is called
   */
  pluginAt(directory: string, asUser?: boolean): Promise<PackagedPlugin>;
  /** The words that start this program again. */
  readonly self: readonly [string, ...string[]];
  /** Raised when the user interrupts. */
  readonly signal: AbortSignal;
  /** Adds and removes plugins in this user's plugin directory. */
  installer(): Promise<PluginInstaller>;
  /** Prints the id of a new object; a dry run creates none. */
  created(id: string): void;
  /** The terminal that klee was started on, if any. */
  callerTerminal(): Promise<CallerTerminal | undefined>;
  /** Shows the progress of a download on a terminal; does nothing without one. */
  progress(): Promise<Progress>;
  /** Shows an error and continues: for commands on several objects. */
  report(error: unknown): void;
  /** Passes signals to `receiver` until the returned function is called. */
  forwardSignals(receiver: (name: string) => void): () => void;
  /** Asks on the terminal; true without asking if there is none. */
  confirm(question: string): Promise<boolean>;
  /** Asks on the terminal; undefined if there is none. */
  ask(question: string): Promise<boolean | undefined>;
}
