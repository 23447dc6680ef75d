/** The command line of script/bench. */
import { parseArgs } from 'node:util';
import type { Row } from './row.ts';

export interface Order {
  readonly rows: ReadonlyMap<string, Row>;
  /** The rows that are left out, by name. */
  readonly leftOut: readonly string[];
  readonly rounds: number;
  readonly most: number;
  readonly write: boolean;
  readonly list: boolean;
}

export class OrderError extends Error {}

export const USAGE = `usage: script/bench [OPTION…] [FILTER…]
  FILTER      measure the row of this name, or those whose name contains it, long ones included
  --rounds N  rounds of each row (default 20; rows that take long have fewer)
  --at-most N so many networks and containers and no more: shows whether a long row works
  --long      also the rows that take minutes
  --write     write bench/RESULTS.md and bench/curves from the rows that this run measures
  --list      show the rows`;

export function readOrder(words: readonly string[], all: ReadonlyMap<string, Row>): Order {
  const { values, positionals: filters } = parse(words);
  if (!/^[1-9]\d*$/.test(values.rounds)) throw new OrderError('--rounds takes a number from 1');
  const most = values['at-most'];
  if (most !== undefined && !/^[1-9]\d*$/.test(most))
    throw new OrderError('--at-most takes a number from 1');
  const unknown = filters.find((filter) => ![...all.keys()].some((id) => id.includes(filter)));
  if (unknown !== undefined) throw new OrderError(`no row matches '${unknown}'`);
  const chosen = [...all].filter(([id, row]) =>
    filters.length === 0
      ? values.long || values.list || !row.long
      : filters.some((filter) => (all.has(filter) ? id === filter : id.includes(filter))),
  );
  const measured = new Set(chosen.map(([id]) => id));
  return {
    leftOut: [...all.keys()].filter((id) => !measured.has(id)),
    rows: new Map(chosen.map(([id, row]) => [id, withMost(row, Number(most ?? Infinity))])),
    rounds: Number(values.rounds),
    most: Number(most ?? Infinity),
    write: values.write,
    list: values.list,
  };
}

/** With larger points left out, but for the first. */
function withMost(row: Row, most: number): Row {
  const { points } = row;
  if (points === undefined) return row;
  const at = points.at.filter((point, index) => index === 0 || point <= most);
  return { ...row, points: { ...points, at } };
}

interface Words {
  readonly values: {
    readonly rounds: string;
    readonly 'at-most'?: string | undefined;
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
        'at-most': { type: 'string' },
        long: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new OrderError(error instanceof Error ? error.message : String(error));
  }
}
