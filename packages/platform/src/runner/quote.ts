/** Command lines for people to read and paste. klee never executes these texts. */

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** A command line in the notation of sh(1). */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
