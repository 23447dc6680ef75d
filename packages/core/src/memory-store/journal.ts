/**
 * The undo log of one transaction. Every change records its inverse first; outside a transaction that is refused, so a
 * transaction object cannot write after its function has returned.
 */
export class Journal {
  #undo: (() => void)[] = [];
  #open = false;

  /**
   * Runs `work` as a transaction: undoes its changes when it throws.
   *
   * @throws TypeError when `work` is asynchronous
   */
  run<T>(work: () => T): T {
    this.#open = true;
    try {
      const result = work();
      if (result instanceof Promise)
        throw new TypeError('the function of a transaction must not be async');
      return result;
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo();
      throw error;
    } finally {
      this.#undo = [];
      this.#open = false;
    }
  }

  /** Records how to undo the change that follows. @throws TypeError outside a transaction */
  record(undo: () => void): void {
    if (!this.#open) throw new TypeError('this is not a write transaction, or it is over');
    this.#undo.push(undo);
  }
}

/** A map whose changes are undone with their transaction. */
export class JournaledMap<K, V> {
  readonly #journal: Journal;
  readonly #entries: Map<K, V>;

  constructor(journal: Journal, source?: JournaledMap<K, V>) {
    this.#journal = journal;
    this.#entries = new Map(source?.entries());
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  values(): readonly V[] {
    return [...this.#entries.values()];
  }

  entries(): readonly (readonly [K, V])[] {
    return [...this.#entries];
  }

  set(key: K, value: V): void {
    this.#recordInverse(key);
    this.#entries.set(key, value);
  }

  delete(key: K): void {
    this.#recordInverse(key);
    this.#entries.delete(key);
  }

  #recordInverse(key: K): void {
    const before = this.#entries.get(key);
    this.#journal.record(() => {
      if (before === undefined) this.#entries.delete(key);
      else this.#entries.set(key, before);
    });
  }
}
