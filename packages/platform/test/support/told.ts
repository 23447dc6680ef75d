/** A runner that runs nothing: it keeps what it is told in a short form, and answers what the test says. */
import { KleenetError } from '@kleenet/core/errors';
import type { CommandOptions, CommandResult, CommandRunner } from '@kleenet/core';

/** What a command answers, by a part of its short form; the first that fits counts. */
export type Answers = readonly (readonly [part: string, answer: Partial<CommandResult>])[];

export interface Told extends CommandRunner {
  /** `read …`, `change …` and `foreground …`, in order; a script by its name in brackets. */
  readonly lines: readonly string[];
  /** The signals that were sent to foreground commands. */
  readonly options: readonly CommandOptions[];
}

export function told(answers: Answers = [], foregroundStatus = 0): Told {
  const lines: string[] = [];
  const options: CommandOptions[] = [];
  const run =
    (method: 'read' | 'change') =>
    async (argv: readonly string[], wanted: CommandOptions = {}): Promise<CommandResult> => {
      const text = short(argv);
      const input = wanted.input === undefined ? '' : ` <<${JSON.stringify(wanted.input)}`;
      const file = wanted.inputFile === undefined ? '' : ` <${wanted.inputFile}`;
      lines.push(`${method} ${text}${input}${file}`);
      options.push(wanted);
      const [, answer] = answers.find(([part]) => text.includes(part)) ?? ['', {}];
      const result = { status: 0, stdout: '', stderr: '', ...answer };
      const { accept = [0] } = wanted;
      if (accept === 'any' || accept.includes(result.status)) return result;
      throw new KleenetError('PLATFORM_COMMAND_FAILED', `${text}: ${result.stderr}`, {
        details: { argv, ...result },
      });
    };
  return {
    lines,
    options,
    read: run('read'),
    change: run('change'),
    foreground(argv, { stdin }) {
      lines.push(`foreground${stdin ? ' with stdin' : ''} ${short(argv)}`);
      return {
        exited: Promise.resolve(foregroundStatus),
        signal: () => lines.push('signalled here'),
      };
    },
  };
}

/** Whether a command was given, in its short form or the beginning of it, whatever else was. */
export function given({ lines }: Pick<Told, 'lines'>, command: string): boolean {
  return lines.some((line) => line === command || line.startsWith(`${command} `));
}

/** A command line with the names of scripts in place of their text, and without what one hands on to another shell. */
export function short(argv: readonly string[]): string {
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (/^(?:\/bin\/)?sh$/.test(word) && argv[index + 1] === '-c') {
      words.push(`[${argv[index + 3]?.split(' ')[0]}]`);
      // A marked script has its text behind its name.
      index += argv[index + 2]?.includes('eval "$script"') === true ? 4 : 3;
    } else if (word === '') words.push("''");
    else words.push(word.includes('\n') ? '(text)' : word);
  }
  return words.join(' ');
}
