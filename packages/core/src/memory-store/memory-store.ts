import { KleenetError } from '../errors.ts';
import type { Snapshot, Store, Transaction } from '../store.ts';
import { State } from './state.ts';

/** A store in the memory of one process, with the rules of the real one. For tests. */
export class MemoryStore implements Store {
  readonly #state: State;
  #closed = false;

  /** @internal */
  constructor(state: State = new State()) {
    this.#state = state;
  }

  async read<T>(work: (snapshot: Snapshot) => T): Promise<T> {
    await this.#turn();
    return work(this.#state);
  }

  async write<T>(work: (transaction: Transaction) => T): Promise<T> {
    await this.#turn();
    return this.#state.journal.run(() => work(this.#state));
  }

  async rehearse(): Promise<Store> {
    await this.#turn();
    return new MemoryStore(new State(this.#state));
  }

  async verify(): Promise<readonly string[]> {
    await this.#turn();
    return [];
  }

  close(): void {
    this.#closed = true;
  }

  /** Waits until no other transaction is active: one that is requested inside another begins after it. */
  async #turn(): Promise<void> {
    await Promise.resolve();
    if (this.#closed) throw new KleenetError('DATABASE_UNAVAILABLE', 'the store is closed');
  }
}
