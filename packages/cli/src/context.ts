/** What a command works with. */
import type { CallerTerminal, CommandRunner, Engine } from '@kleenet/core';
import type { Globals } from './command-line/globals.ts';
import type { Progress } from './download/progress.ts';
import type { StateHome } from './host/home.ts';
import type { Output } from './output.ts';
import type { PluginCatalog } from './plugins/catalog.ts';
import type { PluginInstaller } from './plugins/installer.ts';
import type { TestedPlugin } from './plugins/test.ts';

/** The engine and its use cases, loaded when a command needs them. */
export interface OpenEngine {
  readonly core: typeof import('@kleenet/core');
  readonly engine: Engine;
  /** Runs what has the user's terminal. */
  readonly commands: CommandRunner;
  /** The state directory. */
  readonly root: string;
  /** Whether that is where its networks and containers were made. */
  readonly home: StateHome;
}

export interface Context {
  readonly globals: Globals;
  readonly output: Output;
  /** Where relative paths begin. */
  directory(): string;
  /** Opens state and platform, once. */
  open(): Promise<OpenEngine>;
  /** Looks for plugins, once. Loads no code. */
  plugins(): Promise<PluginCatalog>;
  /** The plugin in a folder, whether or not it is one of those. */
  pluginAt(directory: string): Promise<TestedPlugin>;
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
