import { format as formatNow } from 'node:util';

/**
 * In the build, takes the place of `format` of node:util for yargs-parser, which asks for it whenever it is loaded. Bun needs 2 ms
 * to load node:util.
 */
export function format(text: string, ...values: readonly unknown[]): string {
  return formatNow(text, ...values);
}
