/** The formats of results: a table for people, JSON for programs, a template for scripts, ids alone. */
import { KleenetError } from '@kleenet/core/errors';
import type { Context } from '../context.ts';
import type { Output } from '../output.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';

/** How objects of one kind are listed. */
export interface Listing<T> {
  /** Each with its heading and its cell; the first one is the id. */
  readonly columns: readonly (readonly [heading: string, cell: (view: T) => string])[];
  /** The output of `--quiet`. */
  id(view: T): string;
}

type Format =
  | { readonly kind: 'table' | 'json' }
  | { readonly kind: 'template'; readonly template: string };

/** Shows a list of objects; as a table by default. */
export async function showList<T>(
  { output, globals }: Pick<Context, 'output' | 'globals'>,
  listing: Listing<T>,
  views: readonly T[],
): Promise<void> {
  const format = parseFormat(globals.format ?? 'table');
  if (globals.quiet === true) return views.forEach((view) => output.print(listing.id(view)));
  if (format.kind === 'json') return output.print(toJson(views));
  if (format.kind === 'template') return await showTemplate(output, format.template, views);
  const rows = views.map((view) => listing.columns.map(([, cell]) => cell(view)));
  const lines = await renderTable(
    listing.columns.map(([heading]) => heading),
    rows,
  );
  lines.forEach((line) => output.print(line));
}

/**
 * Shows objects in full; as JSON by default.
 *
 * @param asked - the number of requested objects: for one, JSON is an object, for more an array
 */
export async function showObjects<T extends object>(
  { output, globals }: Pick<Context, 'output' | 'globals'>,
  views: readonly T[],
  asked: number,
  id: (view: T) => string,
): Promise<void> {
  const format = parseFormat(globals.format ?? 'json');
  if (globals.quiet === true) return views.forEach((view) => output.print(id(view)));
  if (format.kind === 'json') return output.print(toJson(asked === 1 ? views[0] : views));
  if (format.kind === 'template') return await showTemplate(output, format.template, views);
  for (const view of views) await showProperties(output, view);
}

async function showProperties(output: Output, view: object): Promise<void> {
  const rows = flatten('', view);
  const lines = await renderTable(['PROPERTY', 'VALUE'], rows);
  lines.forEach((line) => output.print(line));
}

function flatten(prefix: string, value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [
      [
        prefix,
        value === null || typeof value === 'object' ? '' : `${value as string | number | boolean}`,
      ],
    ];
  }
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return [[prefix, value.join(' ')]];
  return Object.entries(value).flatMap(([key, member]) =>
    flatten(prefix === '' ? key : `${prefix}.${key}`, member),
  );
}

/**
 * Refuses an unusable `--format`.
 *
 * @param sample - an object that it will show, if known
 * @throws KleenetError INVALID_ARGUMENT
 */
export async function requireFormat(text: string, sample?: object): Promise<void> {
  const format = parseFormat(text);
  if (format.kind !== 'template') return;
  const { compileTemplate } = await import('./template.ts');
  const render = compileTemplate(format.template);
  if (sample !== undefined) render(sample);
}

async function showTemplate(
  output: Output,
  template: string,
  views: readonly unknown[],
): Promise<void> {
  const { compileTemplate } = await import('./template.ts');
  const render = compileTemplate(template);
  views.map(render).forEach((text) => output.print(printable(text, { keepLines: true })));
}

/** @throws KleenetError INVALID_ARGUMENT */
function parseFormat(text: string): Format {
  if (text === 'table' || text === 'json') return { kind: text };
  if (text.includes('{{')) return { kind: 'template', template: text };
  throw new KleenetError(
    'INVALID_ARGUMENT',
    `option --format takes table, json or a template, not ${JSON.stringify(text)}`,
    {
      hint: "a template names properties in double braces: --format '{{id}} {{name}}'",
    },
  );
}

function toJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
