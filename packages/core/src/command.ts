/** Running host commands: argv arrays only; the runner prepends the configured command prefix. */

/** A command line. The first word is the program; nothing is ever parsed by a shell. */
export type Argv = readonly [string, ...string[]];

/** How a command is run. */
export interface CommandOptions {
  /** Written to the command's standard input, which is empty otherwise. */
  readonly input?: string;
  /**
   * The path of a file where klee runs, in place of `input`: its content becomes the command's standard input, even
   * when the prefix leads to another machine.
   */
  readonly inputFile?: string;
  /** Exit statuses that are answers rather than failures. Default `[0]`. */
  readonly accept?: readonly number[] | 'any';
  /** Discards standard output, however long it is. */
  readonly discardOutput?: boolean;
  /** In milliseconds. Default 30,000. */
  readonly timeout?: number;
  /** Ends the command early. */
  readonly signal?: AbortSignal;
  /**
   * For a reading: the answer to the same command may serve that this klee already has, if klee has changed nothing
   * since. Not for waiting until something changes. Default false.
   */
  readonly shared?: boolean;
  /**
   * For a reading: it may be made by one program with others that are asked for at the same time. Default false.
   */
  readonly together?: boolean;
  /** For a change: the reading, with the same input, by which a dry run finds what the change would be refused for. */
  readonly rehearsal?: Argv;
  /**
   * For a change by a script that runs commands one after the other: these commands, which a dry run shows. The script ends with the
   * status of the first that fails, and says `klee: step N` after its messages.
   */
  readonly steps?: readonly Argv[];
  /**
   * For a change: the same effect without a program, for a host that klee itself runs on. It is ignored behind a command
   * prefix, and where it rejects, the command is run: so the change must be repeatable from any point.
   */
  readonly directly?: () => Promise<void>;
}

/** The exit status of a command, and its output. */
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
  /** Passes a signal on to the command and its children. */
  signal(name: string): void;
}

/** How a command on the user's terminal is run. */
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
  /** Runs a command that only reads. A dry run executes it, too. */
  read(argv: Argv, options?: CommandOptions): Promise<CommandResult>;
  /** Runs a command that changes the host. A dry run prints it instead, and reports status 0 and no output. */
  change(argv: Argv, options?: CommandOptions): Promise<CommandResult>;
  /** Starts a command on the user's own standard streams, in its own session. */
  foreground(argv: Argv, options: ForegroundOptions): ForegroundCommand;
}

/** Writes a line that `--debug` shows. */
export interface Logger {
  debug(message: string): void;
  /** Warns the user; the operation continues. */
  warn(message: string): void;
}

/** The time, replaceable in tests. */
export interface Clock {
  /** Now. */
  now(): Date;
  /** Resolves after `milliseconds`, or rejects with INTERRUPTED when the signal is raised. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
