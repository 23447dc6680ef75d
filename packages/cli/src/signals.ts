/** Signals from outside: they interrupt klee, or go on to a command that has the user's terminal. */
import { KleenetError } from '@kleenet/core/errors';

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** What to do with signals that arrive. */
export class Signals {
  readonly #controller = new AbortController();
  readonly #note: (line: string) => void;
  #receiver: ((name: string) => void) | undefined;
  #interruptedBy: string | undefined;
  #failure: KleenetError | undefined;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  /** Raised by the first signal that nobody else receives. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The signal that interrupted klee, if any. */
  get interruptedBy(): string | undefined {
    return this.#interruptedBy;
  }

  receive(name: string): void {
    if (this.#receiver !== undefined) return this.#receiver(name);
    if (this.#interruptedBy !== undefined) {
      // Leaving now would leave things half-done on the host.
      return this.#note('still cleaning up after the interruption; this ends by itself');
    }
    this.#interruptedBy = name;
    this.#controller.abort(new KleenetError('INTERRUPTED', `interrupted by ${name}`));
  }

  /** The window of the terminal has another size, which is not news for klee itself. */
  resize(): void {
    this.#receiver?.('SIGWINCH');
  }

  /** Ends what is going on as a signal would, for another reason. */
  fail(error: KleenetError): void {
    this.#failure ??= error;
    this.#controller.abort(error);
  }

  /** What ended klee, other than a signal. */
  get failure(): KleenetError | undefined {
    return this.#failure;
  }

  /** Hands signals to `receiver` until the returned function is called. */
  forward(receiver: (name: string) => void): () => void {
    this.#receiver = receiver;
    return () => {
      this.#receiver = undefined;
    };
  }
}
