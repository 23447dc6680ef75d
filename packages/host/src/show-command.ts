/** A command line as a dry run shows it: for people, in the notation of sh(1). Pure. */
import { quoteCommand } from '@kleenet/platform/runner';

/** What a command would get on its standard input. */
export interface CommandInput {
  readonly input?: string | undefined;
  readonly inputFile?: string | undefined;
}

/**
 * The lines of a command, its input below it. Scripts of several lines among its words are always the same and say
 * nothing new to somebody who wants to see what happens: only their length is shown, unless `verbose`.
 */
export function commandLines(
  argv: readonly string[],
  { input = '', inputFile }: CommandInput,
  verbose: boolean,
): readonly string[] {
  const command = quoteCommand(verbose ? argv : argv.map(withoutScript));
  const file = inputFile === undefined ? '' : ` <${quoteCommand([inputFile])}`;
  const lines = input.split('\n').filter((line) => line !== '');
  return [`${command}${file}`, ...lines.map((line) => `  ${line}`)];
}

function withoutScript(word: string): string {
  const lines = word.trim().split('\n').length;
  return lines === 1 ? word : `(${lines} lines)`;
}
