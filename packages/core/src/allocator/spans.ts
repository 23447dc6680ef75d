/** Arithmetic of closed intervals of addresses. */
import type { Span } from '../store.ts';

/** How many addresses a span has. */
export function sizeOf(span: Span): bigint {
  return span.last - span.first + 1n;
}

/** The intersection of two spans; undefined when it is empty. */
export function intersect(a: Span, b: Span): Span | undefined {
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  return first > last ? undefined : { first, last };
}

/** The same addresses as disjoint spans in ascending order: overlapping spans become one. */
export function union(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => Number(a.first - b.first))) {
    const previous = merged.at(-1);
    if (previous === undefined || span.first > previous.last) {
      merged.push({ first: span.first, last: span.last });
    } else if (span.last > previous.last) {
      merged[merged.length - 1] = { first: previous.first, last: span.last };
    }
  }
  return merged;
}

/** The part of each span that lies inside `bounds`. */
export function clip(spans: readonly Span[], bounds: Span): readonly Span[] {
  return spans.flatMap((span) => intersect(span, bounds) ?? []);
}

/** How many addresses disjoint spans have together. */
export function totalSize(disjoint: readonly Span[]): bigint {
  return disjoint.reduce((total, span) => total + sizeOf(span), 0n);
}
