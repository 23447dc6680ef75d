/** What tests read from the pages of the documentation. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The top of the repository. */
export const TOP: string = join(import.meta.dirname, '../../../..');

const SKIPPED = new Set(['node_modules', '.git', 'dist']);

/** All pages, as paths from the top. */
export function findPages(folder: string = ''): string[] {
  return readdirSync(join(TOP, folder), { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return findPages(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
}

/** One command of a page, and what the page says that it prints. */
export interface Step {
  readonly command: string;
  readonly output: readonly string[];
}

/** How blocks with commands are marked: those for Linux, and those for FreeBSD. */
export type Console = 'console' | 'console freebsd';

/** The commands of a page: lines with `$ ` in blocks with this mark. A line that ends with `\` goes on. */
export function stepsOf(page: string, mark: Console = 'console'): Step[] {
  const text = readFileSync(join(TOP, page), 'utf8');
  const blocks = text.matchAll(new RegExp(`^\`\`\`${mark}\\n(.*?)^\`\`\`$`, 'gms'));
  return [...blocks].flatMap(([, block = '']) => steps(block));
}

function steps(block: string): Step[] {
  const parts = block.split(/^\$ /m);
  if (parts[0] !== '') throw new Error(`a console block begins with output: ${parts[0]}`);
  return parts.slice(1).map((part) => {
    const [, command = '', output = ''] = /^((?:[^\n]*\\\n)*[^\n]*)\n(.*)$/s.exec(part) ?? [];
    return { command, output: output.split('\n').filter((line) => line.trim() !== '') };
  });
}

/** The line of the error that a step is to end with, if any. */
export function refusalOf({ output }: Step): RegExp | undefined {
  const line = output.find((text) => text.startsWith('error: '));
  return line === undefined ? undefined : new RegExp(`^${linePattern(line)}$`, 'm');
}

const ID = /[0-9a-f]{12}(?![0-9a-f])/g;

/** The ids that a step prints, as they stand in the page. */
export function idsOf({ output }: Step): string[] {
  return output.flatMap((line) => line.match(ID) ?? []);
}

/** A step's output as a pattern: `…` stands for anything, and so does every id (a group each) and point in time. */
export function patternOf({ output }: Step): RegExp {
  const lines = output.map((line) =>
    line.trim() === '…' ? '(?:.*\\n)*?' : `${linePattern(line)}\\s*\\n`,
  );
  return new RegExp(`^${lines.join('')}$`);
}

function linePattern(line: string): string {
  return line
    .trimEnd()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:]+(?:\\\.\d+)?Z/g, '\\S+')
    .replace(ID, '([0-9a-f]{12})')
    .replace(/\s+/g, '\\s+')
    .replaceAll('…', '.*');
}

/** Links to files of the repository, without their anchors. */
export function linksOf(page: string): string[] {
  const text = readFileSync(join(TOP, page), 'utf8')
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}
