/** What a command works with. */
import type { CallerTerminal } from '@kleenet/core';
import type { OpenedEngine } from '@kleenet/host';
import type { Globals } from './command-line/globals.ts';
import type { Tables } from './command-line/options.ts';
import type { CommandTree } from './command-line/route.ts';
import type { Progress } from './download/progress.ts';
import type { Output } from './output.ts';
import type { PluginCatalog } from '@kleenet/host/plugins';
import type { PackagedPlugin, PluginInstaller } from '@kleenet/host/installer';

/** An engine that the command need not put away. */
export type OpenEngine = Omit<OpenedEngine, 'close'>;

/** What klee can be told to do. */
interface KnownCommands {
  readonly tree: CommandTree;
  readonly tables: (path: string) => Promise<Tables>;
}

export interface Context {
  readonly commands: KnownCommands;
  readonly globals: Globals;
  readonly output: Output;
  /** Where relative paths begin. */
  directory(): string;
  /** Opens state and platform, once. */
  open(): Promise<OpenEngine>;
  /** Looks for plugins, once. Loads no code. */
  plugins(): Promise<PluginCatalog>;
  /** The plugin in a folder, whether or not it is one of those. */
  pluginAt(directory: string): Promise<PackagedPlugin>;
  /** Adds and removes plugins where those of this user are. */
  installer(): Promise<PluginInstaller>;
  /** Prints the id of a new object; in a dry run there is none. */
  created(id: string): void;
  /** The terminal that klee was started on, if any. */
  callerTerminal(): Promise<CallerTerminal | undefined>;
  /** Shows how far a download is, on a terminal; nothing where there is none. */
  progress(): Promise<Progress>;
  /** Shows an error, and goes on: for commands that work on several objects. */
  report(error: unknown): void;
  /** From now on signals are passed to `receiver`, until the returned function is called. */
  forwardSignals(receiver: (name: string) => void): () => void;
  /** Asks on the terminal; true without asking where there is none. */
  confirm(question: string): Promise<boolean>;
  /** Asks on the terminal; undefined where there is none. */
  ask(question: string): Promise<boolean | undefined>;
}
