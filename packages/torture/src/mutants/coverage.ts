/** Which tests run which code: from V8's ranges in the JavaScript to places in the TypeScript. */
import type { Range } from './worker.ts';

/** Places of a source, in order, each with whether the code from there on ran. */
export type Places = readonly (readonly [offset: number, ran: boolean])[];

/** What V8 says of the JavaScript of a file, at the places of its TypeScript that its source map names. */
export function placesOf(
  ranges: readonly Range[],
  texts: { readonly code: string; readonly source: string; readonly mappings: string },
): Places {
  const lines = { code: lineStarts(texts.code), source: lineStarts(texts.source) };
  const ran = new Map<number, boolean>();
  for (const { from, to } of mapped(texts.mappings)) {
    const offset = (lines.source[to.line] ?? 0) + to.column;
    const count = countAt(ranges, (lines.code[from.line] ?? 0) + from.column);
    ran.set(offset, (ran.get(offset) ?? false) || count > 0);
  }
  return [...ran].sort(([a], [b]) => a - b);
}

/** Whether something between two places ran. */
export function ranWithin(places: Places, start: number, end: number): boolean {
  const next = places.findIndex(([offset]) => offset > start);
  const first = next === -1 ? places.length - 1 : Math.max(next - 1, 0);
  for (let index = first; index < places.length; index += 1) {
    const [offset, ran] = places[index] ?? [end, false];
    if (offset >= end && index > first) return false;
    if (ran) return true;
  }
  return false;
}

/** The count of the innermost range. What is in no function runs when the file is loaded. */
function countAt(ranges: readonly Range[], offset: number): number {
  let innermost: Range | undefined;
  for (const range of ranges) {
    const [start, end] = range;
    if (offset < start || offset >= end) continue;
    if (innermost === undefined || end - start <= innermost[1] - innermost[0]) innermost = range;
  }
  return innermost?.[2] ?? 1;
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** The pairs of places of a source map of one source: https://tc39.es/ecma426/ */
function mapped(mappings: string): readonly { readonly from: Place; readonly to: Place }[] {
  const pairs: { from: Place; to: Place }[] = [];
  let [line, column] = [0, 0];
  for (const [index, segments] of mappings.split(';').entries()) {
    let from = 0;
    for (const segment of segments.split(',')) {
      const [forward = 0, , down, right] = numbersOf(segment);
      from += forward;
      if (down === undefined || right === undefined) continue;
      line += down;
      column += right;
      pairs.push({ from: { line: index, column: from }, to: { line, column } });
    }
  }
  return pairs;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 VLQ: five bits in each digit, the lowest first; the lowest bit of a number is its sign. */
function numbersOf(segment: string): readonly number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit >= 32) continue;
    numbers.push((value & 1) === 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
