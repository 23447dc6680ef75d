/** Readings that are asked for at the same time, made by few programs: starting each takes longer than most of them. */
import { availableParallelism } from 'node:os';
import type { Argv, CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { scriptArgv } from './script.ts';
import { EACH } from './scripts/embedded.ts';

interface Reading {
  readonly argv: Argv;
  readonly options: CommandOptions;
  readonly settle: (answer: Promise<CommandResult>) => void;
}

/**
 * A command runner that makes readings with `together` by one shell for each processor. A reading that fails there is made
 * again by itself, with its own deadline and messages.
 */
export function gatherReadings(commands: CommandRunner): CommandRunner {
  let waiting: Reading[] = [];

  function begin(): void {
    const all = waiting;
    waiting = [];
    const size = Math.ceil(all.length / availableParallelism());
    for (let first = 0; first < all.length; first += size) answer(all.slice(first, first + size));
  }

  function answer(readings: readonly Reading[]): void {
    const answers = readings.length === 1 ? undefined : readTogether(commands, readings);
    for (const [index, { argv, options, settle }] of readings.entries())
      settle(answerOf(answers, index).then((known) => known ?? commands.read(argv, options)));
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
function canBeGathered({ together, input = '', inputFile, signal }: CommandOptions): boolean {
  return (
    together === true &&
    inputFile === undefined &&
    signal === undefined &&
    (input === '' || input.endsWith('\n'))
  );
}

type Answers = readonly (CommandResult | undefined)[];

async function answerOf(
  answers: Promise<Answers> | undefined,
  index: number,
): Promise<CommandResult | undefined> {
  return (await answers)?.[index];
}

/** The answers of those that succeed. */
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
    return answersIn((await commands.read(scriptArgv(EACH, words))).stdout, readings.length);
  } catch (error) {
    // Too slow together, for example, or too long for a command line: each tells by itself what is wrong.
    if (hasCode(error, 'INTERRUPTED')) throw error;
    return [];
  }
}

/** None if an answer has a NUL itself: then it is unclear which is whose. */
function answersIn(stdout: string, count: number): Answers {
  const parts = stdout.split('\0');
  if (parts.length !== 2 * count + 1) return [];
  return Array.from({ length: count }, (_, index) =>
    parts[2 * index + 1] === '0'
      ? { status: 0, stdout: parts[2 * index] ?? '', stderr: '' }
      : undefined,
  );
}
