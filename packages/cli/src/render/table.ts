/** Columns with two blanks between them: easy to read, and to cut with awk. */
import { printable } from './printable.ts';
import { isNarrow } from './width.ts';

const GAP = '  ';

/** Lines for a heading and rows of cells; wide characters take two columns. */
export async function renderTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string[]> {
  const lines = [heading, ...rows].map((cells) => cells.map((cell) => printable(cell)));
  const measure = await measureFor(lines);
  const widths = heading.map((_, column) =>
    Math.max(...lines.map((cells) => measure(cells[column] ?? ''))),
  );
  return lines.map((cells) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - measure(cell)))
      .join(GAP)
      .trimEnd(),
  );
}

/** The tables of character widths cost more than the rest of a listing: they are loaded on demand. */
async function measureFor(
  lines: readonly (readonly string[])[],
): Promise<(text: string) => number> {
  if (lines.every((cells) => cells.every(isNarrow))) return (text) => text.length;
  const { default: stringWidth } = await import('string-width');
  return stringWidth;
}
