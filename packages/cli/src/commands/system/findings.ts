import type { Finding } from '@kleenet/core';
import type { Context } from '../../context.ts';
import { printable } from '../../render/printable.ts';
import { showList } from '../../render/show.ts';

/** Prints findings: a sentence for each, and nothing if there are none. */
export async function showFindings(
  context: Context,
  findings: readonly Finding[],
  prefix: string = '',
): Promise<void> {
  const { format, quiet } = context.globals;
  if ((format ?? 'table') !== 'table' || quiet === true) {
    return await showList(context, { columns: [], id: ({ id }) => id }, findings.map(findingView));
  }
  for (const { kind, name, id, message } of findings) {
    context.output.print(printable(`${prefix}${kind} ${name || id}: ${message}`));
  }
}

export interface FindingView {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly message: string;
}

/** A sample finding, to check a format with. */
export const SAMPLE_FINDING: FindingView = { kind: '', id: '', name: '', message: '' };

export function findingView({ kind, id, name, message }: Finding): FindingView {
  return { kind, id, name, message };
}
