/** Readings that are asked for at the same time, made by few programs: starting each takes longer than most of them. */
import { availableParallelism } from 'node:os';
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { scriptArgv } from './script.ts';
import { EACH } from './scripts/embedded.ts';

interface Reading {
  readonly argv: Argv;
  readonly options: CommandOptions;
  readonly settle: (answer: Promise<CommandResult>) => void;
}

/** How many readings are worth a shell of their own. */
const FEW = 16;

/**
 * A command runner that makes readings with `together` by few shells, at most one for each processor. What a reading says
 * there is its answer, also when it fails; where its caller takes a failure for no answer, it is made again by itself, with its
 * own deadline and messages.
 */
export function gatherReadings(commands: CommandRunner): CommandRunner {
  let waiting: Reading[] = [];

  function begin(): void {
    const all = waiting;
    waiting = [];
    const shells = Math.min(availableParallelism(), Math.ceil(all.length / FEW));
    const size = Math.ceil(all.length / shells);
    for (let first = 0; first < all.length; first += size) answer(all.slice(first, first + size));
  }

  function answer(readings: readonly Reading[]): void {
    const answers = readings.length === 1 ? undefined : readTogether(commands, readings);
    for (const [index, { argv, options, settle }] of readings.entries())
      settle(
        answerOf(answers, index).then((known) =>
          known !== undefined && isAnswer(known, options) ? known : commands.read(argv, options),
        ),
      );
  }

  return {
    read(argv, options = {}) {
      if (!canBeGathered(options)) return commands.read(argv, options);
      return new Promise((resolve) => {
        if (waiting.length === 0) setImmediate(begin);
        waiting.push({ argv, options, settle: resolve });
      });
    },
    change: (argv, options) => commands.change(argv, options),
    foreground: (argv, options) => commands.foreground(argv, options),
  };
}

/** The shell gives each command whole lines. */
function canBeGathered({ together, input = '', inputFile, timeout }: CommandOptions): boolean {
  return (
    together === true &&
    inputFile === undefined &&
    timeout === undefined &&
    (input === '' || input.endsWith('\n'))
  );
}

/** Exit statuses that may be the shell's own: a program is missing, cannot be run, or was killed by one of the signals. */
const OF_THE_SHELL = { first: 126, last: 128 + 64 };

function isAnswer({ status }: CommandResult, { accept = [0], signal }: CommandOptions): boolean {
  if (signal?.aborted === true) return false;
  if (OF_THE_SHELL.first <= status && status <= OF_THE_SHELL.last) return false;
  return accept === 'any' || accept.includes(status);
}

type Answers = readonly (CommandResult | undefined)[];

async function answerOf(
  answers: Promise<Answers> | undefined,
  index: number,
): Promise<CommandResult | undefined> {
  return (await answers)?.[index];
}

async function readTogether(
  commands: CommandRunner,
  readings: readonly Reading[],
): Promise<Answers> {
  const words = readings.flatMap(({ argv, options: { input = '' } }) => [
    input.slice(0, -1),
    String(argv.length),
    ...argv,
  ]);
  try {
    const { stdout } = await commands.read(scriptArgv(EACH, words), signalOf(readings));
    return answersIn(stdout, readings.length);
  } catch {
    // Too slow together, for example, or too long for a command line: each tells by itself what is wrong.
    return [];
  }
}

/** One that is given up ends the shell, and the others are made by themselves. */
function signalOf(readings: readonly Reading[]): CommandOptions {
  const signals = new Set(readings.flatMap(({ options: { signal } }) => signal ?? []));
  return signals.size === 0 ? {} : { signal: AbortSignal.any([...signals]) };
}

/** None if an answer has a NUL itself: then it is unclear which is whose. */
function answersIn(output: string, count: number): Answers {
  const parts = output.split('\0');
  if (parts.length !== 3 * count + 1) return [];
  return Array.from({ length: count }, (_, index) => {
    const [stdout = '', status, said = ''] = parts.slice(3 * index);
    return { status: Number(status), stdout, stderr: said === '' ? '' : `${said}\n` };
  });
}
