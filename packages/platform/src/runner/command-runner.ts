/** The command runner: prefix, deadline, failures and logging around one child process. */
import type { Argv, CommandOptions, CommandResult, CommandRunner, Logger } from '@kleenet/core';
import { hasCode, isKleenetError } from '@kleenet/core/errors';
import {
  DEFAULT_TIMEOUT,
  commandFailed,
  missingProgram,
  prefixMissing,
  toolMissing,
} from './failures.ts';
import { runForeground } from './foreground.ts';
import type { Children } from './orphans.ts';
import { runProcess } from './process.ts';
import { quoteCommand } from './quote.ts';
import { scriptArgv } from './script.ts';
import { SIGNAL_GROUP } from './scripts/embedded.ts';

/** Directories of host tools that a user's PATH may lack. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandRunnerOptions {
  /** Before every command, for example `['doas']`. */
  readonly commandPrefix: readonly string[];
  /**
   * Before every changing command, after the prefix: a program that makes the command die with klee. Omitted if the
   * host does not have it.
   */
  readonly guard?: readonly string[];
  /** Held by every changing command, on hosts where commands survive klee. */
  readonly children?: Children;
  /** The environment that commands get, besides a complete PATH and the C locale. */
  readonly environment: Environment;
  readonly logger: Logger;
}

/** Makes a runner of real commands. */
export function createCommandRunner(options: CommandRunnerOptions): CommandRunner {
  const { commandPrefix, logger } = options;
  const path = [options.environment['PATH'], SYSTEM_PATH].filter(Boolean).join(':');
  /** Output that klee parses is in the C locale; output of the user's own commands is not. */
  const userEnvironment: Environment = { ...options.environment, PATH: path };
  const environment: Environment = { ...userEnvironment, LC_ALL: 'C' };
  let guard = options.guard ?? [];

  async function run(
    before: readonly string[],
    argv: Argv,
    wanted: CommandOptions,
    hold?: number,
  ): Promise<CommandResult> {
    const { input, inputFile, discardOutput = false, signal } = wanted;
    const { timeout = DEFAULT_TIMEOUT, accept = [0] } = wanted;
    const words = [...commandPrefix, ...before, ...argv];
    const kill = (group: number): void => signalGroup(group, 'KILL');
    const streams = { input, inputFile, discardOutput, hold };
    const request = { argv: words, environment, ...streams, timeout, signal, kill };
    const { wasKilled, ...result } = await runProcess(request).catch((error: unknown) => {
      throw isMissing(error, commandPrefix[0]) ? prefixMissing(commandPrefix) : error;
    });
    const missing = missingProgram({ argv, ...result });
    if (missing !== undefined) throw toolMissing(missing);
    // One that was killed may have done any part of its work, whatever it has said of the rest.
    if (accept === 'any' ? wasKilled : !accept.includes(result.status))
      throw commandFailed({ argv, ...result });
    return result;
  }

  async function runGuarded(argv: Argv, wanted: CommandOptions): Promise<CommandResult> {
    const hold = (wanted.steps ?? [argv]).some(entersJail)
      ? undefined
      : await options.children?.hold();
    try {
      return await run(guard, argv, wanted, hold);
    } catch (error) {
      const [program] = guard;
      if (program === undefined || !isMissing(error, program)) throw error;
      guard = [];
      return run([], argv, wanted, hold);
    }
  }

  /** Undefined where the command is to be run. */
  async function changeDirectly(wanted: CommandOptions): Promise<CommandResult | undefined> {
    const { directly, signal } = wanted;
    if (directly === undefined || commandPrefix.length > 0 || signal?.aborted === true)
      return undefined;
    try {
      await directly();
      return { status: 0, stdout: '', stderr: '' };
    } catch (error) {
      logger.debug(`running the program after all: ${String(error)}`);
      return undefined;
    }
  }

  function signalGroup(group: number, signal: string): void {
    sendSignal(group, signal).catch((error: unknown) => {
      logger.debug(
        `cannot signal process group ${group}: ${isKleenetError(error) ? error.message : 'unknown error'}`,
      );
    });
  }

  /**
   * The process group is local, but the prefix may lead to another machine, where its number belongs to another
   * process. Only a group that belongs to another user by now must be signalled through the prefix.
   */
  async function sendSignal(group: number, signal: string): Promise<void> {
    const argv = scriptArgv(SIGNAL_GROUP, [signal.replace(/^SIG/, ''), String(group)]);
    const nothing = { input: undefined, inputFile: undefined, signal: undefined };
    const { stderr } = await runProcess({
      ...nothing,
      argv,
      environment,
      timeout: DEFAULT_TIMEOUT,
      kill: () => {},
    });
    if (commandPrefix.length > 0 && /not permitted/i.test(stderr))
      await run([], argv, { accept: 'any' });
  }

  function log(argv: Argv, { input, inputFile }: CommandOptions = {}): void {
    const from = inputFile === undefined ? '' : ` <${quoteCommand([inputFile])}`;
    const text = input === undefined ? '' : ` <<'.'\n${input}\n.`;
    logger.debug(`+ ${quoteCommand([...commandPrefix, ...argv])}${from}${text}`);
  }

  return {
    read(argv, wanted = {}) {
      log(argv, wanted);
      return run([], argv, wanted);
    },
    async change(argv, wanted = {}) {
      log(argv, wanted);
      return (await changeDirectly(wanted)) ?? runGuarded(argv, wanted);
    },
    foreground(argv, { stdin }) {
      log(argv);
      return runForeground({
        argv: [...commandPrefix, ...argv],
        environment: userEnvironment,
        stdin,
        signalGroup,
      });
    },
  };
}

/**
 * A program of a jail could hold the lock as long as it likes, and block clean-up. There is no need to wait for it: it
 * ends with its jail.
 */
function entersJail([program]: Argv): boolean {
  return program === 'jexec';
}

function isMissing(error: unknown, program: string | undefined): boolean {
  return (
    program !== undefined && hasCode(error, 'TOOL_MISSING') && error.details['program'] === program
  );
}
