/** The command line of script/bench. */
import { parseArgs } from 'node:util';
import type { Row } from './row.ts';

export interface Order {
  readonly rows: ReadonlyMap<string, Row>;
  readonly rounds: number;
  readonly write: boolean;
  readonly list: boolean;
}

export class OrderError extends Error {}

export const USAGE = `usage: script/bench [OPTION…] [FILTER…]
  FILTER      measure the row of this name, or those whose name contains it, long ones included
  --rounds N  rounds of each row (default 20; rows that take long have fewer)
  --long      also the rows that take minutes
  --write     write bench/RESULTS.md and bench/curves; it takes all rows, and no FILTER
  --list      show the rows`;

export function readOrder(words: readonly string[], all: ReadonlyMap<string, Row>): Order {
  const { values, positionals: filters } = parse(words);
  if (!/^[1-9]\d*$/.test(values.rounds)) throw new OrderError('--rounds takes a number from 1');
  if (values.write && filters.length > 0)
    throw new OrderError('--write takes no FILTER: the page has all rows of one run');
  const unknown = filters.find((filter) => ![...all.keys()].some((id) => id.includes(filter)));
  if (unknown !== undefined) throw new OrderError(`no row matches '${unknown}'`);
  const chosen = [...all].filter(([id, row]) =>
    filters.length === 0
      ? values.long || values.write || values.list || !row.long
      : filters.some((filter) => (all.has(filter) ? id === filter : id.includes(filter))),
  );
  return {
    rows: new Map(chosen),
    rounds: Number(values.rounds),
    write: values.write,
    list: values.list,
  };
}

interface Words {
  readonly values: {
    readonly rounds: string;
    readonly long: boolean;
    readonly write: boolean;
    readonly list: boolean;
  };
  readonly positionals: readonly string[];
}

function parse(words: readonly string[]): Words {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '20' },
        long: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new OrderError(error instanceof Error ? error.message : String(error));
  }
}
