/** docs/mutants.md: the score of each folder, and the explanations. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Examined } from './examine.ts';
import { EXPLAINED } from './explained.ts';
import type { Explained } from './explained.ts';
import type { Mutant } from './mutant.ts';
import { HELD, TOP, areaOf, isBelow } from './places.ts';
import type { MutantRun } from './run.ts';

const PAGE = join(TOP, 'docs/mutants.md');
const MARKS = { scores: 'scores', explained: 'explained' } as const;

/** Rows of folders that the run did not touch stay as they are. */
export function writeScores(run: MutantRun): void {
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(
    PAGE,
    between(page, MARKS.scores, (old) => scoreTable(rowsOf(old), run)),
  );
}

/** The page with the explanations that there are; script/docs.mjs writes it. */
export function explainedPage(): string {
  return between(readFileSync(PAGE, 'utf8'), MARKS.explained, () => explanationTable(EXPLAINED));
}

/** Replaces what stands between `<!-- NAME -->` and `<!-- end of NAME -->`. */
export function between(page: string, name: string, make: (old: string) => string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const [before, rest] = splitAt(page, start);
  const [old, after] = splitAt(rest, end);
  return `${before}${start}${make(old)}${end}${after}`;
}

function splitAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new TypeError(`the page has no ${mark.trim()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

/** The lines of a table, by their first cell. */
function rowsOf(table: string): ReadonlyMap<string, string> {
  const lines = table.split('\n').filter((line) => /^\| (\*\*)?`/.test(line));
  return new Map(lines.map((line) => [line.split('`')[1] ?? '', line]));
}

export function scoreTable(old: ReadonlyMap<string, string>, run: MutantRun): string {
  const { open, explained } = run.sorted;
  const folders = new Set([...open, ...explained].map(({ file }) => folderOf(file)));
  const rows = new Map(old);
  for (const folder of folders) rows.set(folder, scoreRow(folder, run));
  const lines = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  return [
    '\n| sources | area | mutants | explained | tried | noticed by a test | by the compiler | survived |',
    '|---|---|---|---|---|---|---|---|',
    ...lines,
    '\n',
  ].join('\n');
}

function scoreRow(folder: string, { examined, sorted }: MutantRun): string {
  const isHere = ({ file }: Mutant): boolean => folderOf(file) === folder;
  const [open, explained] = [sorted.open.filter(isHere), sorted.explained.filter(isHere)];
  const tried = examined.filter(({ mutant }) => isHere(mutant));
  const count = (by: Examined['by']): number => tried.filter((one) => one.by === by).length;
  const numbers = [
    open.length + explained.length,
    explained.length,
    tried.length,
    count('test'),
    count('compiler'),
    count(undefined),
  ];
  const name = HELD.includes(folder) ? `**\`${folder}\`**` : `\`${folder}\``;
  return `| ${name} | ${areaOf(folder)} | ${numbers.join(' | ')} |`;
}

/** A held place, or else the folder directly below the sources of a package. */
function folderOf(file: string): string {
  const held = HELD.find((place) => isBelow(file, [place]));
  return held ?? file.split('/').slice(0, -1).slice(0, 4).join('/');
}

function explanationTable(list: readonly Explained[]): string {
  const rows = list.map(
    ({ file, within, code, becomes, why }) =>
      `| \`${file}\`${within === '' ? '' : ` \`${within}\``} | ${cell(code)} | ${becomes === undefined ? 'anything' : cell(becomes)} | ${why} |`,
  );
  return ['\n| where | code | becomes | why |', '|---|---|---|---|', ...rows, '\n'].join('\n');
}

function cell(code: string): string {
  return code === '' || code === ';' ? 'left out' : `\`\` ${code.replaceAll('|', '\\|')} \`\``;
}
