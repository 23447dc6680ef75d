/** A question on a terminal. */
import { createInterface } from 'node:readline';
import type { Signals } from './signals.ts';

interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks until there is an answer; end of input means no. While reading, the terminal is in raw mode, where Ctrl-C is a
 * character: readline(3) reports it as SIGINT, which then interrupts klee like the signal.
 * @throws KleenetError INTERRUPTED
 */
export async function askOn(
  terminal: Terminal,
  question: string,
  signals: Signals,
): Promise<boolean> {
  const reader = createInterface(terminal);
  reader.on('SIGINT', () => signals.receive('SIGINT'));
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      const interrupted = (): void => reject(signals.signal.reason);
      if (signals.signal.aborted) return interrupted();
      signals.signal.addEventListener('abort', interrupted, { once: true });
      reader.once('close', () => resolve(''));
      reader.question(`${question} [y/N] `, (line) => {
        signals.signal.removeEventListener('abort', interrupted);
        resolve(line);
      });
    });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    // The next output begins on a new line.
    terminal.output.write('\n');
    throw error;
  } finally {
    reader.close();
  }
}
