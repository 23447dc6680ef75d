/** What a database says about the place that it was written in. Copies of the file take it along. */
import type { Queries } from './database.ts';
import { damaged } from './sqlite-errors.ts';

/** Where a state directory lives. */
export interface Home {
  /** Tells the directory from others; its copies have the same. */
  readonly id: string;
  /** The host that its networks and containers are on. */
  readonly host: string;
  /** The path of the directory, without links. */
  readonly path: string;
}

export function readHome(queries: Queries): Home | undefined {
  const row = queries.get('SELECT data FROM home');
  if (row === undefined) return undefined;
  const home: unknown = parse(String(row['data']));
  if (isHome(home)) return home;
  throw damaged(queries.path, 'its recorded location cannot be read');
}

export function writeHome(queries: Queries, home: Home): void {
  queries.run('DELETE FROM home');
  queries.run('INSERT INTO home (data) VALUES (?)', JSON.stringify(home));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isHome(value: unknown): value is Home {
  if (typeof value !== 'object' || value === null) return false;
  const { id, host, path } = value as Readonly<Record<string, unknown>>;
  return [id, host, path].every((member) => typeof member === 'string');
}
