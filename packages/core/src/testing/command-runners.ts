import { deepEqual, equal, fail } from 'node:assert/strict';
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '../command.ts';
import { KleenetError } from '../errors.ts';
import { changeInSteps } from './steps.ts';

/** One command with its answer. A JSON value, so that answers of a real host can be stored beside a test. */
export interface RecordedCommand {
  readonly method: 'read' | 'change' | 'foreground';
  readonly argv: Argv;
  /** Its standard input; absent for none. */
  readonly input?: string;
  /** The file that was its standard input. */
  readonly inputFile?: string;
  /** Default 0. */
  readonly status?: number;
  /** Default empty. */
  readonly stdout?: string;
  /** Default empty. */
  readonly stderr?: string;
}

/** A runner that forwards commands, and records them with their answers. */
export interface RecordingRunner extends CommandRunner {
  /** In the order in which they ended. */
  readonly recorded: readonly RecordedCommand[];
}

/** A runner that answers from a script. */
export interface ReplayRunner extends CommandRunner {
  /** Fails unless every command of the script was run. */
  assertDone(): void;
}

/** Makes a runner that runs commands with another one, and records a script for {@link createReplayRunner}. */
export function createRecordingRunner(commands: CommandRunner): RecordingRunner {
  const recorded: RecordedCommand[] = [];
  const record =
    (method: 'read' | 'change') =>
    async (argv: Argv, options: CommandOptions = {}): Promise<CommandResult> => {
      const result = await commands[method](argv, { ...options, accept: 'any' });
      recorded.push({ method, argv, ...inputOf(options), ...result });
      requireAccepted(argv, options, result);
      return result;
    };
  return {
    recorded,
    read: record('read'),
    change: record('change'),
    foreground(argv, options) {
      const command = commands.foreground(argv, options);
      const exited = command.exited.then((status) => {
        recorded.push({ method: 'foreground', argv, status });
        return status;
      });
      return { ...command, exited };
    },
  };
}

/**
 * Makes a runner that runs nothing: it answers the commands of `script`, which must come in this order, and fails with
 * an AssertionError at the first deviation. The steps of a change are commands of their own.
 */
export function createReplayRunner(script: readonly RecordedCommand[]): ReplayRunner {
  let position = 0;
  const next = (
    method: RecordedCommand['method'],
    argv: Argv,
    options: CommandOptions,
  ): RecordedCommand => {
    const expected = script[position];
    if (expected === undefined) fail(`the script is exhausted, but ${argv.join(' ')} was run`);
    const { status: _status, stdout: _stdout, stderr: _stderr, ...command } = expected;
    deepEqual(
      { method, argv, ...inputOf(options) },
      command,
      `command ${position + 1} of the script`,
    );
    position += 1;
    return expected;
  };
  const replay =
    (method: 'read' | 'change') =>
    async (argv: Argv, options: CommandOptions = {}): Promise<CommandResult> => {
      const { status = 0, stdout = '', stderr = '' } = next(method, argv, options);
      const result = { status, stdout, stderr };
      requireAccepted(argv, options, result);
      return result;
    };
  const [read, change] = [replay('read'), replay('change')];
  return {
    read,
    async change(argv, options = {}) {
      const { steps, ...others } = options;
      if (steps === undefined) return change(argv, options);
      const result = await changeInSteps(steps, (step) =>
        change(step, { ...others, accept: 'any' }),
      );
      requireAccepted(argv, options, result);
      return result;
    },
    foreground: (argv) => {
      const { status = 0 } = next('foreground', argv, {});
      return { exited: Promise.resolve(status), signal: () => undefined };
    },
    assertDone: () =>
      equal(position, script.length, `${script.length - position} commands were not run`),
  };
}

function inputOf({
  input,
  inputFile,
}: CommandOptions): Pick<RecordedCommand, 'input' | 'inputFile'> {
  return {
    ...(input === undefined ? {} : { input }),
    ...(inputFile === undefined ? {} : { inputFile }),
  };
}

function requireAccepted(
  argv: Argv,
  { accept = [0] }: CommandOptions,
  result: CommandResult,
): void {
  if (accept === 'any' || accept.includes(result.status)) return;
  throw new KleenetError('PLATFORM_COMMAND_FAILED', `${argv.join(' ')}: ${result.stderr.trim()}`, {
    details: { argv, ...result },
  });
}
