/** Signals: they interrupt klee, or are forwarded to a command on the user's terminal. */
import { KleenetError } from '@kleenet/core/errors';

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Receivers of signals. */
export class Signals {
  readonly #controller = new AbortController();
  readonly #note: (line: string) => void;
  #receiver: ((name: string) => void) | undefined;
  #interruptedBy: string | undefined;
  #failure: KleenetError | undefined;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  /** Raised by the first signal that is not forwarded. */
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
      // Leaving now would leave the host in an intermediate state.
      return this.#note('still cleaning up after the interruption; this ends by itself');
    }
    this.#interruptedBy = name;
    this.#controller.abort(new KleenetError('INTERRUPTED', `interrupted by ${name}`));
  }

  /** SIGWINCH: the terminal's window has a new size, which does not concern klee itself. */
  resize(): void {
    this.#receiver?.('SIGWINCH');
  }

  /** Aborts the work like a signal, for another reason. */
  fail(error: KleenetError): void {
    this.#failure ??= error;
    this.#controller.abort(error);
  }

  /** The reason of an abort that is not a signal. */
  get failure(): KleenetError | undefined {
    return this.#failure;
  }

  /** Forwards signals to `receiver` until the returned function is called. */
  forward(receiver: (name: string) => void): () => void {
    this.#receiver = receiver;
    return () => {
      this.#receiver = undefined;
    };
  }
}
