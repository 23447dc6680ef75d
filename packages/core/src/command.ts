/** How host commands are run: argv arrays only, in front of which the runner puts the configured command prefix. */

/** A command line. The first word is the program; nothing is ever parsed by a shell. */
export type Argv = readonly [string, ...string[]];

/** How a command is run. */
export interface CommandOptions {
  /** Written to the command's standard input, which is empty otherwise. */
  readonly input?: string;
  /**
   * The path of a file where klee runs, in place of `input`: the command finds its content on its standard input, also
   * when the prefix leads to another machine.
   */
  readonly inputFile?: string;
  /** Exit statuses that are an answer, not a failure. Default `[0]`. */
  readonly accept?: readonly number[] | 'any';
  /** Standard output is thrown away as it comes, however long it is. */
  readonly discardOutput?: boolean;
  /** In milliseconds. Default 30,000. */
  readonly timeout?: number;
  /** Ends the command early. */
  readonly signal?: AbortSignal;
}

/** How a command ended, and what it said. */
export interface CommandResult {
  /** 128 + n when signal n ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that has the user's terminal or standard streams. */
export interface ForegroundCommand {
  /** Resolves with the exit status (128 + n after signal n). */
  readonly exited: Promise<number>;
  /** Passes a signal on to the command and what it started. */
  signal(name: string): void;
}

/** What a command on the user's terminal is given. */
export interface ForegroundOptions {
  /** Whether standard input is passed through; otherwise it is empty. */
  readonly stdin: boolean;
}

/**
 * Runs commands on the host. All methods throw
 * PLATFORM_COMMAND_FAILED (status not accepted; `details`: argv, status, stdout, stderr),
 * PLATFORM_COMMAND_TIMEOUT, TOOL_MISSING (no such program) and INTERRUPTED (the signal was raised).
 */
export interface CommandRunner {
  /** Runs a command that only looks. It runs in a dry run, too. */
  read(argv: Argv, options?: CommandOptions): Promise<CommandResult>;
  /** Runs a command that changes the host. In a dry run it is shown instead, and answers status 0 and no output. */
  change(argv: Argv, options?: CommandOptions): Promise<CommandResult>;
  /** Starts a command on the user's own standard streams, in a session of its own. */
  foreground(argv: Argv, options: ForegroundOptions): ForegroundCommand;
}

/** Writes what `--debug` shows. */
export interface Logger {
  debug(message: string): void;
  /** Something that the user should know, though the operation goes on. */
  warn(message: string): void;
}

/** The time, replaceable in tests. */
export interface Clock {
  /** Now. */
  now(): Date;
  /** Resolves after `milliseconds`, or rejects with INTERRUPTED when the signal is raised. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
