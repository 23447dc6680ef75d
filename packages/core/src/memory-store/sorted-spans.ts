import type { Span } from '../store.ts';
import type { Journal } from './journal.ts';

/** Spans by their first address, in ascending order. */
export class SortedSpans {
  readonly #journal: Journal;
  readonly #spans: Span[];

  constructor(journal: Journal, source?: SortedSpans) {
    this.#journal = journal;
    this.#spans = source === undefined ? [] : [...source.#spans];
  }

  /** The span with the greatest `first` that is not above `address`. O(log n). */
  atOrBelow(address: bigint): Span | undefined {
    return this.#spans[this.#countUpTo(address) - 1];
  }

  /** Stores a span, in place of one with the same `first`. */
  put(span: Span): void {
    const count = this.#countUpTo(span.first);
    const replaces = this.#spans[count - 1]?.first === span.first;
    this.#splice(replaces ? count - 1 : count, replaces ? 1 : 0, {
      first: span.first,
      last: span.last,
    });
  }

  /** Removes the span with this `first`, if there is one. */
  remove(first: bigint): void {
    const count = this.#countUpTo(first);
    if (this.#spans[count - 1]?.first === first) this.#splice(count - 1, 1);
  }

  clear(): void {
    this.#splice(0, this.#spans.length);
  }

  #splice(index: number, removeCount: number, ...added: readonly Span[]): void {
    const before = this.#spans.slice(index, index + removeCount);
    this.#journal.record(() => this.#spans.splice(index, added.length, ...before));
    this.#spans.splice(index, removeCount, ...added.map((span) => Object.freeze(span)));
  }

  /** How many spans have a `first` that is not above `address`. */
  #countUpTo(address: bigint): number {
    let [low, high] = [0, this.#spans.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const span = this.#spans[middle];
      if (span !== undefined && span.first <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
