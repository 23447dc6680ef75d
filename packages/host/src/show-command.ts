/** A command line as a dry run shows it: for people, in the notation of sh(1). Pure. */
import { quoteCommand } from '@kleenet/platform/runner';

/** The standard input of a command. */
export interface CommandInput {
  readonly input?: string | undefined;
  readonly inputFile?: string | undefined;
}

/**
 * The lines of a command, its input below it. Multi-line scripts among its words never vary and would only distract:
 * they appear as their length, unless `verbose`.
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
